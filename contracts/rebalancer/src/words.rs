//! Storage words: what is read together lies in one slot, most significant byte first.
//!
//! | bytes | 0–3 | 4–8 | 9–11 | 12–31 |
//! |---|---|---|---|---|
//! | [`Head`] | nonce | time of the last rebalance, s | rest after it, s | the vault |
//!
//! The vault stands in it from construction on, so that not even the first rebalance writes to an empty slot.

use alloy_primitives::{Address, U256};

/// Longest rest that fits, seconds: 194 days; the policy's ceiling on cooldowns is 30.
pub const MAX_REST_S: u32 = 0xff_ffff;
/// Latest time that fits, seconds since 1970: 40 bits.
const MAX_TIME_S: u64 = 0xff_ffff_ffff;

/// The vault, how many rebalances there were, when the last was, and for how long there is none after it.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Head {
    /// The vault.
    pub vault: Address,
    /// Rebalances so far.
    pub nonce: u32,
    /// Seconds; the latest time that fits for any later one.
    pub last_at: u64,
    /// Seconds; [`MAX_REST_S`] for any longer one.
    pub rest: u32,
}

impl Head {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [n0, n1, n2, n3, t0, t1, t2, t3, t4, r0, r1, r2, vault @ ..] = word.to_be_bytes::<32>();
        Self {
            vault: Address::new(vault),
            nonce: u32::from_be_bytes([n0, n1, n2, n3]),
            last_at: u64::from_be_bytes([0, 0, 0, t0, t1, t2, t3, t4]),
            rest: u32::from_be_bytes([0, r0, r1, r2]),
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [n0, n1, n2, n3] = self.nonce.to_be_bytes();
        let [_, _, _, t0, t1, t2, t3, t4] = self.last_at.min(MAX_TIME_S).to_be_bytes();
        let [_, r0, r1, r2] = self.rest.min(MAX_REST_S).to_be_bytes();
        let mut word = self.vault.into_word().0;
        let (clock, _) = word.split_at_mut(12);
        clock.copy_from_slice(&[n0, n1, n2, n3, t0, t1, t2, t3, t4, r0, r1, r2]);
        U256::from_be_bytes(word)
    }

    /// From when on the next rebalance may be, seconds.
    pub fn next_at(&self) -> u64 {
        self.last_at.saturating_add(u64::from(self.rest))
    }
}
