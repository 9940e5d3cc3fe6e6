//! Refusals of the fillers.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    ("FillerApproveFailed", "{token:token} refuses an approval, or tells no allowance.", "take another route for this token"),
    ("FillerCallFailed", "Call {index:number} to {target:account} failed: {reason:error}.", "quote the venue again, or take another route"),
    ("FillerDataLength", "The route's data have {given:number} bytes, and {wanted:number} are wanted.", "build the route for as many trades as are made"),
    ("FillerLengthMismatch", "Lists that describe the same trades have {a:number} and {b:number} entries.", "give both the same length"),
    ("FillerPatchOutside", "Call {index:number} would have its amount written at {patch:number}, outside of its {length:number} bytes.", "correct the offset of the amount in the calldata"),
    ("FillerReturnFailed", "{token:token} could not be sent to the vault.", "the token does not move: take it out of the trade"),
    ("FillerSwapFailed", "The venue refuses trade {index:number}: {reason:error}.", "quote the venue again, or take another route"),
    ("FillerTargetForbidden", "Call {index:number} is to {target:account}, which may not be called: no code, the filler itself, or somebody who keeps allowances.", "call the venue's router"),
    ("FillerUnknownTrade", "Call {index:number} is for trade {trade:number}, and there are {trades:number}.", "number the trades from 0"),
];
