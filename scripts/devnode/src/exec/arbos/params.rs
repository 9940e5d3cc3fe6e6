//! The Stylus parameters as ArbOS keeps them: one word.

use super::super::pricing::{Params, PARAMS};
use alloy::primitives::U256;

impl Params {
    /// The word that ArbOS keeps them in.
    pub(crate) fn pack(&self) -> U256 {
        let mut word = Vec::with_capacity(32);
        word.extend(self.version.to_be_bytes());
        word.extend(&self.ink_price.to_be_bytes()[1..]);
        word.extend(self.max_stack_depth.to_be_bytes());
        word.extend(self.free_pages.to_be_bytes());
        word.extend(self.page_gas.to_be_bytes());
        word.extend(self.page_limit.to_be_bytes());
        word.extend([
            self.min_init_gas,
            self.min_cached_init_gas,
            self.init_cost_scalar,
            self.cached_cost_scalar,
        ]);
        word.extend(self.expiry_days.to_be_bytes());
        word.extend(self.keepalive_days.to_be_bytes());
        word.extend(self.block_cache_size.to_be_bytes());
        word.extend(self.max_wasm_size.to_be_bytes());
        word.push(self.max_fragments);
        word.resize(32, 0);
        U256::from_be_slice(&word)
    }

    /// The parameters in a word.
    pub(crate) fn unpack(word: U256) -> Self {
        let word: [u8; 32] = word.to_be_bytes();
        let u16_at = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let u32_at =
            |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        Self {
            version: u16_at(0),
            ink_price: u32::from_be_bytes([0, word[2], word[3], word[4]]),
            max_stack_depth: u32_at(5),
            free_pages: u16_at(9),
            page_gas: u16_at(11),
            page_ramp: PARAMS.page_ramp,
            page_limit: u16_at(13),
            min_init_gas: word[15],
            min_cached_init_gas: word[16],
            init_cost_scalar: word[17],
            cached_cost_scalar: word[18],
            expiry_days: u16_at(19),
            keepalive_days: u16_at(21),
            block_cache_size: u16_at(23),
            max_wasm_size: u32_at(25),
            max_fragments: word[29],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    #[test]
    fn the_word_of_the_parameters_is_nitro_s() {
        // version 3 | ink price 10,000 in three bytes | stack 22,000 | free pages 2 | page gas 1,000
        // | page limit 128 | 69 | 11 | 50 | 50 | 365 days | 31 days | 32 programs | 256 KiB | 4
        let word = b256!("0003002710000055f0000203e80080450b3232016d001f002000040000040000");
        assert_eq!(PARAMS.pack(), U256::from_be_bytes(word.0));
        assert_eq!(Params::unpack(U256::from_be_bytes(word.0)), PARAMS);
    }
}
