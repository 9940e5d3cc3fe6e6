//! Errors of the filler, as `docs/specification.md` lists them.

use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    /// Two arrays that describe the same trades differ in length.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerLengthMismatch(uint256 a, uint256 b);
    /// `data` is not three bytes of pool fee a trade.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerDataLength(uint256 given, uint256 wanted);
    /// The router refused trade `index`; `reason` is what it said, cut after 512 bytes.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerSwapFailed(uint256 index, bytes reason);
    /// The token refused an approval, or does not tell an allowance.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerApproveFailed(address token);
    /// What was not sold could not be sent back.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerReturnFailed(address token);
}

/// Why the filler refuses.
#[derive(SolidityError)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
#[allow(missing_docs, clippy::enum_variant_names)] // each variant is the error of its name above
pub enum Error {
    FillerLengthMismatch(FillerLengthMismatch),
    FillerDataLength(FillerDataLength),
    FillerSwapFailed(FillerSwapFailed),
    FillerApproveFailed(FillerApproveFailed),
    FillerReturnFailed(FillerReturnFailed),
}
