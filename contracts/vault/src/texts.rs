//! Name and symbol: word 0 is the length in bytes, the bytes follow.
//!
//! The SDK's string brings a division of 256-bit numbers and the strings of panics, 8 KB in all, for what
//! is written once.

use alloc::{string::String, vec::Vec};
use alloy_primitives::{B256, U256};
use ballast_interfaces::slot::Slot;
use stylus_sdk::storage::StorageMap;

use crate::words::{number, to_number};

/// A text in storage.
pub(crate) type Text = StorageMap<U256, Slot<B256>>;

const WORD: usize = 32;

/// Writes a text, once.
#[inline(never)]
pub(crate) fn write(to: &mut Text, text: &str) {
    to.setter(U256::ZERO).set(number(U256::from(text.len())));
    for (i, chunk) in (1_u64..).zip(text.as_bytes().chunks(WORD)) {
        let mut word = B256::ZERO;
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        to.setter(U256::from(i)).set(word);
    }
}

/// Reads its bytes.
#[inline(never)]
pub(crate) fn read(from: &Text) -> Vec<u8> {
    let [length, ..] = to_number(from.get(U256::ZERO)).into_limbs();
    let length = usize::try_from(length).unwrap_or(0);
    let mut bytes = Vec::with_capacity(length.saturating_add(WORD));
    let mut i = 1_u64;
    while bytes.len() < length {
        bytes.extend_from_slice(from.get(U256::from(i)).as_slice());
        i = i.saturating_add(1);
    }
    bytes.truncate(length);
    bytes
}

/// Reads it.
pub(crate) fn text(from: &Text) -> String {
    // What was written was a string.
    String::from_utf8(read(from)).unwrap_or_default()
}
