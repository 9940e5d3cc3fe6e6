//! Errors of the lens, as `docs/specification.md` lists them.

use alloc::vec::Vec;
use alloy_sol_types::sol;
use ballast_interfaces::errors;

sol! {
    /// The vault does not list the asset.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error LensNotConstituent(address token);
    /// A number does not fit, or the programs disagree on how many assets there are.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error LensMathOverflow();
    /// A program answered something else than its interface says.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error LensUnreadable(address program);
}

errors! {
    /// Why the lens itself refuses.
    pub enum Refusal {
        LensNotConstituent { token },
        LensMathOverflow {},
        LensUnreadable { program },
    }
}

/// Why a view fails: the lens's own refusal, or what another program said, byte for byte.
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub enum Error {
    /// The lens's own.
    Own(Refusal),
    /// Another program's.
    Passed(Vec<u8>),
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        match error {
            Error::Own(refusal) => refusal.into(),
            Error::Passed(data) => data,
        }
    }
}

#[allow(deprecated)] // the type that `sol_interface!` answers
impl From<stylus_sdk::call::Error> for Error {
    fn from(error: stylus_sdk::call::Error) -> Self {
        Self::Passed(error.into())
    }
}

impl From<ballast_math::MathError> for Error {
    fn from(_: ballast_math::MathError) -> Self {
        Self::Own(LensMathOverflow {}.into())
    }
}

#[cfg(feature = "export-abi")]
impl stylus_sdk::abi::export::internal::InnerTypes for Error {
    fn inner_types() -> Vec<stylus_sdk::abi::export::internal::InnerType> {
        Refusal::inner_types()
    }
}
