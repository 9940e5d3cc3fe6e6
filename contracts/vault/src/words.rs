//! Calldata of whole words, and answers read back word by word.
//!
//! The vault asks only what fits in words; alloy's coders for it would cost more code than this.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

const WORD: usize = 32;

/// A selector, then the words.
pub(crate) fn calldata(selector: [u8; 4], words: &[B256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(100);
    data.extend_from_slice(&selector);
    data.extend_from_slice(&packed(words));
    data
}

/// The words, one after the other.
pub(crate) fn packed(words: &[B256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(192);
    for word in words {
        data.extend_from_slice(word.as_slice());
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
pub(crate) fn number(value: U256) -> B256 {
    B256::new(value.to_be_bytes())
}

/// A word as a number.
pub(crate) fn to_number(word: B256) -> U256 {
    U256::from_be_bytes(word.0)
}

/// A word as an address, whatever stands above its 20 bytes.
pub(crate) fn to_address(word: B256) -> Address {
    Address::from_word(word)
}
