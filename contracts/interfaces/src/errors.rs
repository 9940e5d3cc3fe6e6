//! A program's refusals, encoded by one small function instead of one large one for each error.
//!
//! The SDK's `SolidityError` expands the ABI encoder anew for every error: 28 KB of a program's WASM for
//! 27 errors. All of a program's errors whose arguments are single words share [`revert`] instead.

use alloc::vec::Vec;
use stylus_sdk::alloy_primitives::{Address, B256, I256, U256};

/// An argument that takes one word of an error's ABI encoding.
pub enum Word<'a> {
    /// `address`
    Address(&'a Address),
    /// `bytes32`
    Bytes(&'a B256),
    /// `uint256`
    Number(&'a U256),
    /// `int256`
    Signed(&'a I256),
}

impl<'a> From<&'a Address> for Word<'a> {
    fn from(value: &'a Address) -> Self {
        Self::Address(value)
    }
}

impl<'a> From<&'a B256> for Word<'a> {
    fn from(value: &'a B256) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a U256> for Word<'a> {
    fn from(value: &'a U256) -> Self {
        Self::Number(value)
    }
}

impl<'a> From<&'a I256> for Word<'a> {
    fn from(value: &'a I256) -> Self {
        Self::Signed(value)
    }
}

impl Word<'_> {
    /// Its 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        match *self {
            Self::Address(value) => value.into_word().0,
            Self::Bytes(value) => value.0,
            Self::Number(value) => value.to_be_bytes(),
            Self::Signed(value) => value.into_raw().to_be_bytes(),
        }
    }
}

/// The bytes of a custom error: its selector and its arguments.
#[inline(never)]
pub fn revert(selector: [u8; 4], words: &[Word<'_>]) -> Vec<u8> {
    // At most four words follow a selector so far.
    let mut data = Vec::with_capacity(132);
    data.extend_from_slice(&selector);
    for word in words {
        data.extend_from_slice(&word.bytes());
    }
    data
}

/// The same with a last argument of `bytes`.
#[inline(never)]
pub fn with_reason(mut data: Vec<u8>, reason: &[u8]) -> Vec<u8> {
    // The reason begins after the words and after the word that says so.
    let words = data.len().saturating_sub(4);
    for number in [words.saturating_add(32), reason.len()] {
        data.extend_from_slice(&U256::from(number).to_be_bytes::<32>());
    }
    data.extend_from_slice(reason);
    let end = data.len().saturating_sub(4).next_multiple_of(32);
    data.resize(end.saturating_add(4), 0);
    data
}

/// Declares an enum of Solidity errors whose arguments are single words: `errors! { pub enum Error { Name { argument }, .. } }`.
/// After a semicolon may stand a last argument of `bytes`: `Name { argument; reason }`.
///
/// Each variant holds the `sol!` error of its name. When the ABI is exported, the SDK's derive is used instead,
/// because it knows how to print them.
#[macro_export]
macro_rules! errors {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($error:ident { $($field:ident),* $(; $reason:ident)? }),* $(,)? }) => {
        $(#[$meta])*
        #[cfg_attr(feature = "export-abi", derive(stylus_sdk::prelude::SolidityError))]
        #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, Clone, PartialEq, Eq))]
        // Each variant is the error of its name.
        #[allow(missing_docs, clippy::enum_variant_names)]
        $vis enum $name {
            $($error($error)),*
        }

        $(
            #[cfg(not(feature = "export-abi"))]
            impl From<$error> for $name {
                fn from(error: $error) -> Self {
                    Self::$error(error)
                }
            }
        )*

        #[cfg(not(feature = "export-abi"))]
        impl From<$name> for alloc::vec::Vec<u8> {
            #[allow(non_snake_case)]
            fn from(error: $name) -> Self {
                match &error {
                    $($name::$error($error { $($field,)* $($reason)? }) => {
                        let data = $crate::errors::revert(
                            <$error as stylus_sdk::alloy_sol_types::SolError>::SELECTOR,
                            &[$($crate::errors::Word::from($field)),*],
                        );
                        $(let data = $crate::errors::with_reason(data, $reason);)?
                        data
                    }),*
                }
            }
        }
    };
}
