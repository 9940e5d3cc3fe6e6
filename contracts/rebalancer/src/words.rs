//! Storage words: what is read together lies in one slot.
//!
//! | bits | 0–63 | 64–127 | 128–191 | 192–255 |
//! |---|---|---|---|---|
//! | [`Clock`] | nonce | time of the last rebalance, s | earliest time of the next, s | free |

use alloy_primitives::U256;

/// How many rebalances there were, when the last was, and from when on the next may be.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Clock {
    /// Rebalances so far.
    pub nonce: u64,
    /// Seconds.
    pub last_at: u64,
    /// Seconds.
    pub next_at: u64,
    /// Bits not used yet, kept as they are.
    pub spare: u64,
}

impl Clock {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [nonce, last_at, next_at, spare] = word.into_limbs();
        Self {
            nonce,
            last_at,
            next_at,
            spare,
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        U256::from_limbs([self.nonce, self.last_at, self.next_at, self.spare])
    }
}
