//! Numbers as words of Solidity's ABI, limb by limb: byte by byte, as the library does it, is metered ten times as dear.

use stylus_sdk::alloy_primitives::U256;

/// Bytes of a word.
pub const WORD: usize = 32;
/// Bytes of a limb.
const LIMB: usize = 8;

/// The word of a number, most significant byte first.
pub fn bytes(number: U256) -> [u8; WORD] {
    let mut word = [0; WORD];
    let (chunks, _) = word.as_chunks_mut::<LIMB>();
    for (chunk, limb) in chunks.iter_mut().rev().zip(number.into_limbs()) {
        *chunk = limb.to_be_bytes();
    }
    word
}

/// The number of a word.
pub fn number(word: [u8; WORD]) -> U256 {
    let mut limbs = [0; 4];
    let (chunks, _) = word.as_chunks::<LIMB>();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u64::from_be_bytes(*chunk);
    }
    U256::from_limbs(limbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_number_are_what_the_library_says() {
        let numbers = (0..256).map(|bit| U256::from(1) << bit);
        let more = [U256::ZERO, U256::MAX, U256::from_limbs([1, 2, 3, u64::MAX])];
        for x in numbers.chain(more) {
            assert_eq!(bytes(x), x.to_be_bytes::<WORD>());
            assert_eq!(number(bytes(x)), x);
        }
    }
}
