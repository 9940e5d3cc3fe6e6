//! What the vault writes to others, and reads from them, in Solidity's encoding.
//!
//! One encoder for calldata, events and errors of every shape. Alloy's would be another one a shape;
//! the tests compare the two.

use alloc::vec::Vec;
use alloy_primitives::{Address, Bytes, B256, U256};

const WORD: usize = 32;

/// The words, one after the other.
#[inline(never)]
pub(crate) fn packed(words: &[B256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(192);
    for word in words {
        push(&mut data, word);
    }
    data
}

/// The answer's word number `index`, if it is that long.
pub(crate) fn word(answer: &[u8], index: usize) -> Option<B256> {
    answer
        .chunks_exact(WORD)
        .nth(index)
        .and_then(|w| B256::try_from(w).ok())
}

/// A number as a word.
#[inline(never)]
pub(crate) fn number(value: U256) -> B256 {
    B256::new(value.to_be_bytes())
}

/// A word as a number.
#[inline(never)]
pub(crate) fn to_number(word: B256) -> U256 {
    U256::from_be_bytes(word.0)
}

/// A word as an address, whatever stands above its 20 bytes.
pub(crate) fn to_address(word: B256) -> Address {
    Address::from_word(word)
}

/// One value of those to encode: by reference, so that a use is a pointer and not a conversion.
pub(crate) enum Value<'a> {
    /// `bytes32`.
    Word(&'a B256),
    /// `uint256`.
    Number(&'a U256),
    /// `address`.
    Account(&'a Address),
    /// `address[]`.
    Addresses(&'a [Address]),
    /// `uint256[]`.
    Numbers(&'a [U256]),
    /// `bytes`.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// How many elements follow in the tail, if there is one: the length word says it.
    fn len(&self) -> Option<usize> {
        match self {
            Self::Word(_) | Self::Number(_) | Self::Account(_) => None,
            Self::Addresses(list) => Some(list.len()),
            Self::Numbers(list) => Some(list.len()),
            Self::Bytes(bytes) => Some(bytes.len()),
        }
    }

    /// The word in the head, where the tail is `offset` bytes away from the first head.
    fn head(&self, offset: usize) -> B256 {
        match self {
            Self::Word(word) => **word,
            Self::Number(value) => number(**value),
            Self::Account(account) => account.into_word(),
            _ => number(U256::from(offset)),
        }
    }
}

/// Appends the values as Solidity encodes the arguments of a function: heads, then tails.
#[inline(never)]
pub(crate) fn encode(out: &mut Vec<u8>, values: &[Value<'_>]) {
    let mut tails = Vec::new();
    let heads = values.len().saturating_mul(WORD);
    for value in values {
        let head = value.head(heads.saturating_add(tails.len()));
        out.extend_from_slice(head.as_slice());
        if let Some(len) = value.len() {
            push(&mut tails, &number(U256::from(len)));
        }
        match value {
            Value::Addresses(list) => {
                for account in *list {
                    push(&mut tails, &account.into_word());
                }
            }
            Value::Numbers(list) => {
                for value in *list {
                    push(&mut tails, &number(*value));
                }
            }
            Value::Bytes(bytes) => {
                for chunk in bytes.chunks(WORD) {
                    let mut word = B256::ZERO;
                    for (to, from) in word.iter_mut().zip(chunk) {
                        *to = *from;
                    }
                    push(&mut tails, &word);
                }
            }
            Value::Word(_) | Value::Number(_) | Value::Account(_) => {}
        }
    }
    out.extend_from_slice(&tails);
}

#[inline(never)]
fn push(out: &mut Vec<u8>, word: &B256) {
    out.extend_from_slice(word.as_slice());
}

/// What can be encoded.
pub(crate) trait AsValue {
    fn value(&self) -> Value<'_>;
}

impl AsValue for Address {
    fn value(&self) -> Value<'_> {
        Value::Account(self)
    }
}

impl AsValue for U256 {
    fn value(&self) -> Value<'_> {
        Value::Number(self)
    }
}

impl AsValue for B256 {
    fn value(&self) -> Value<'_> {
        Value::Word(self)
    }
}

impl AsValue for Vec<Address> {
    fn value(&self) -> Value<'_> {
        Value::Addresses(self)
    }
}

impl AsValue for Vec<U256> {
    fn value(&self) -> Value<'_> {
        Value::Numbers(self)
    }
}

impl AsValue for Bytes {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;

    #[test]
    fn encode_writes_what_alloy_writes() {
        let addresses: Vec<Address> = (1..4).map(Address::repeat_byte).collect();
        let numbers: Vec<U256> = vec![U256::from(7), U256::MAX];
        let none: Vec<U256> = vec![];
        for length in [0, 1, 31, 32, 33, 65] {
            let bytes = Bytes::from(vec![0xee; length]);
            let mut out = Vec::new();
            encode(
                &mut out,
                &[
                    addresses.value(),
                    U256::from(5).value(),
                    numbers.value(),
                    none.value(),
                    bytes.value(),
                ],
            );
            let alloy = (
                addresses.clone(),
                U256::from(5),
                numbers.clone(),
                none.clone(),
                bytes,
            )
                .abi_encode_params();
            assert_eq!(out, alloy, "{length}");
        }
    }
}
