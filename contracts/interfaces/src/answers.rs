//! Several values answered as Solidity answers them.
//!
//! The SDK encodes a tuple that a function returns as *one* value: with a dynamic member an offset word
//! stands in front that no Solidity caller expects (`returns (address[], uint256[])` cannot be decoded).
//! [`Answers`] leaves it out. Return `Answers((a, b))` wherever one of several answers is an array,
//! a string or bytes; several static values need nothing.

use alloc::vec::Vec;
use alloy_sol_types::{
    abi::{self, TokenSeq},
    private::SolTypeValue,
    SolType, Word,
};
use core::marker::PhantomData;
use stylus_sdk::abi::{AbiType, ConstString};

/// What a function answers when it answers several values: a tuple, encoded as Solidity's return values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers<T>(pub T);

/// The Solidity type of [`Answers`].
pub struct AnswersType<S>(PhantomData<S>);

impl<T: AbiType> AbiType for Answers<T>
where
    T: SolTypeValue<T::SolType> + 'static,
    for<'a> <T::SolType as SolType>::Token<'a>: TokenSeq<'a>,
{
    type SolType = AnswersType<T::SolType>;
    const ABI: ConstString = T::ABI;
    const EXPORT_ABI_ARG: ConstString = T::EXPORT_ABI_ARG;
    const EXPORT_ABI_RET: ConstString = T::EXPORT_ABI_RET;
    const CAN_BE_CALLDATA: bool = false;
}

impl<S: SolType> SolType for AnswersType<S>
where
    for<'a> S::Token<'a>: TokenSeq<'a>,
{
    type RustType = Answers<S::RustType>;
    type Token<'a> = S::Token<'a>;
    const SOL_NAME: &'static str = S::SOL_NAME;
    const ENCODED_SIZE: Option<usize> = S::ENCODED_SIZE;
    const PACKED_ENCODED_SIZE: Option<usize> = S::PACKED_ENCODED_SIZE;

    fn valid_token(token: &Self::Token<'_>) -> bool {
        S::valid_token(token)
    }

    fn detokenize(token: Self::Token<'_>) -> Self::RustType {
        Answers(S::detokenize(token))
    }

    fn abi_encode<E: ?Sized + SolTypeValue<Self>>(rust: &E) -> Vec<u8> {
        abi::encode_params(&rust.stv_to_tokens())
    }
}

impl<T, S: SolType> SolTypeValue<AnswersType<S>> for Answers<T>
where
    T: SolTypeValue<S>,
    for<'a> S::Token<'a>: TokenSeq<'a>,
{
    fn stv_to_tokens(&self) -> S::Token<'_> {
        self.0.stv_to_tokens()
    }

    fn stv_abi_encode_packed_to(&self, out: &mut Vec<u8>) {
        self.0.stv_abi_encode_packed_to(out);
    }

    fn stv_eip712_data_word(&self) -> Word {
        self.0.stv_eip712_data_word()
    }
}

#[cfg(feature = "export-abi")]
impl<T> stylus_sdk::abi::export::internal::InnerTypes for Answers<T> {}

/// Decodes several values whose first is dynamic, whether or not the SDK's offset word stands in front.
///
/// The first word of Solidity's own encoding is the offset of the first value: at least 64 when there
/// are two. The SDK's is 32. What follows it is Solidity's encoding.
pub(crate) fn decode<S: SolType>(returned: &[u8]) -> alloy_sol_types::Result<S::RustType>
where
    for<'a> S::Token<'a>: TokenSeq<'a>,
{
    const ONE_VALUE: Word = Word::with_last_byte(32);
    let answers = returned
        .strip_prefix(ONE_VALUE.as_slice())
        .unwrap_or(returned);
    S::abi_decode_params(answers, true)
}
