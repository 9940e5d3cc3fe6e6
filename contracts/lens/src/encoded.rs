//! An answer of many arrays, encoded by one loop. The library's encoder of a tuple expands anew for every member: of
//! twenty-one arrays it makes a function that a chain refuses to activate.

use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::{abi::token::PackedSeqToken, private::SolTypeValue, SolType, Word};
use ballast_interfaces::words as abi;
use core::marker::PhantomData;
use stylus_sdk::abi::{AbiType, ConstString};

/// The encoding of several values; `T` is the tuple that they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded<T>(Vec<u8>, PhantomData<T>);

/// The Solidity type of [`Encoded`].
pub struct EncodedType<T>(PhantomData<T>);

impl<T> Encoded<T> {
    /// Encodes arrays of words, and a last one of bytes.
    #[inline(never)]
    pub(crate) fn new(columns: &[&[U256]], last: &[Vec<u8>]) -> Self {
        let heads = columns.len().saturating_add(1);
        let mut data = Vec::new();
        // Where each array lies: behind the heads, one after the other, each with its length before it.
        let mut offset = heads.saturating_mul(abi::WORD);
        for column in columns {
            push(&mut data, offset);
            let words = column.len().saturating_add(1);
            offset = offset.saturating_add(words.saturating_mul(abi::WORD));
        }
        push(&mut data, offset);
        for column in columns {
            push(&mut data, column.len());
            for number in *column {
                data.extend_from_slice(&abi::bytes(*number));
            }
        }
        // The same again within: heads that are counted from behind the length.
        push(&mut data, last.len());
        let mut offset = last.len().saturating_mul(abi::WORD);
        for item in last {
            push(&mut data, offset);
            let bytes = item.len().next_multiple_of(abi::WORD);
            offset = offset.saturating_add(bytes).saturating_add(abi::WORD);
        }
        for item in last {
            push(&mut data, item.len());
            data.extend_from_slice(item);
            let whole = data.len().next_multiple_of(abi::WORD);
            data.resize(whole, 0);
        }
        Self(data, PhantomData)
    }

    /// The bytes, as Solidity would return them.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

fn push(data: &mut Vec<u8>, number: usize) {
    data.extend_from_slice(&abi::bytes(U256::from(number)));
}

impl<T: AbiType + 'static> AbiType for Encoded<T> {
    type SolType = EncodedType<T>;
    const ABI: ConstString = T::ABI;
    const EXPORT_ABI_ARG: ConstString = T::EXPORT_ABI_ARG;
    const EXPORT_ABI_RET: ConstString = T::EXPORT_ABI_RET;
    const CAN_BE_CALLDATA: bool = false;
}

impl<T: AbiType + 'static> SolType for EncodedType<T> {
    type RustType = Encoded<T>;
    type Token<'a> = PackedSeqToken<'a>;
    const SOL_NAME: &'static str = <T::SolType as SolType>::SOL_NAME;
    const ENCODED_SIZE: Option<usize> = None;
    const PACKED_ENCODED_SIZE: Option<usize> = None;

    fn valid_token(_: &Self::Token<'_>) -> bool {
        true
    }

    fn detokenize(token: Self::Token<'_>) -> Self::RustType {
        Encoded(token.into_vec(), PhantomData)
    }

    fn abi_encode<E: ?Sized + SolTypeValue<Self>>(rust: &E) -> Vec<u8> {
        rust.stv_to_tokens().into_vec()
    }
}

impl<T: AbiType + 'static> SolTypeValue<EncodedType<T>> for Encoded<T> {
    fn stv_to_tokens(&self) -> PackedSeqToken<'_> {
        PackedSeqToken(&self.0)
    }

    fn stv_abi_encode_packed_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn stv_eip712_data_word(&self) -> Word {
        alloy_primitives::keccak256(&self.0)
    }
}

#[cfg(feature = "export-abi")]
impl<T> stylus_sdk::abi::export::internal::InnerTypes for Encoded<T> {}
