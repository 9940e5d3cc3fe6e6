//! Errors of the filler, as `docs/specification.md` lists them.

use alloy_sol_types::sol;
use ballast_interfaces::{
    errors,
    filling::{FillerApproveFailed, FillerDataLength, FillerLengthMismatch, FillerReturnFailed},
};

sol! {
    /// Call `index` is for a trade that there is not.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerUnknownTrade(uint256 index, uint256 trade, uint256 trades);
    /// Nothing may be called there: no code, the filler itself, or somebody who keeps allowances.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerTargetForbidden(uint256 index, address target);
    /// The amount would be written over the end of the calldata.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerPatchOutside(uint256 index, uint256 patch, uint256 length);
    /// Call `index` reverted; `reason` is what it said, cut after 512 bytes.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerCallFailed(uint256 index, address target, bytes reason);
}

errors! {
    /// Why the filler refuses.
    pub enum Error {
        FillerUnknownTrade { index, trade, trades },
        FillerTargetForbidden { index, target },
        FillerPatchOutside { index, patch, length },
        FillerCallFailed { index, target; reason },
        FillerLengthMismatch { a, b },
        FillerDataLength { given, wanted },
        FillerApproveFailed { token },
        FillerReturnFailed { token },
    }
}
