//! Storage words: what is read together lies in one slot, most significant byte first.
//!
//! | word | bytes 0–1 | 2–3 | 4–5 | 6 | 7 | 8–11 | 12–31 |
//! |---|---|---|---|---|---|---|---|
//! | `Source` | free | phase | lag, bps | token decimals | feed decimals | heartbeat, s | feed |
//! | `Sequencer` | free | free | free | free | free | grace, s | feed |
//!
//! `Bounds` holds the least answer in its low half and the greatest in its high half.

use alloy_primitives::{Address, U256};

/// Where a token's price comes from; all zero for a token without a feed.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Source {
    /// The feed.
    pub feed: Address,
    /// How often the feed updates at least, seconds.
    pub heartbeat: u32,
    /// The feed's decimals at listing.
    pub feed_decimals: u8,
    /// The token's decimals at listing.
    pub token_decimals: u8,
    /// The feed's deviation threshold, bps.
    pub lag_bps: u16,
    /// The proxy's phase when `feed_decimals` were last seen; 0 when it has none.
    pub phase: u16,
    /// Bits not used yet, kept as they are.
    pub spare: u16,
}

impl Source {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [s0, s1, p0, p1, l0, l1, token_decimals, feed_decimals, h0, h1, h2, h3, feed @ ..] =
            word.to_be_bytes::<32>();
        Self {
            feed: Address::new(feed),
            heartbeat: u32::from_be_bytes([h0, h1, h2, h3]),
            feed_decimals,
            token_decimals,
            lag_bps: u16::from_be_bytes([l0, l1]),
            phase: u16::from_be_bytes([p0, p1]),
            spare: u16::from_be_bytes([s0, s1]),
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [s0, s1] = self.spare.to_be_bytes();
        let [p0, p1] = self.phase.to_be_bytes();
        let [l0, l1] = self.lag_bps.to_be_bytes();
        let [h0, h1, h2, h3] = self.heartbeat.to_be_bytes();
        let mut word = self.feed.into_word().0;
        let (head, _) = word.split_at_mut(12);
        for (byte, value) in head.iter_mut().zip([
            s0,
            s1,
            p0,
            p1,
            l0,
            l1,
            self.token_decimals,
            self.feed_decimals,
            h0,
            h1,
            h2,
            h3,
        ]) {
            *byte = value;
        }
        U256::from_be_bytes(word)
    }

    /// Whether the token has a feed.
    pub fn is_set(&self) -> bool {
        !self.feed.is_zero()
    }
}

/// Between which answers a feed is believed, both exclusive.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Bounds {
    /// Answers up to this are refused.
    pub min: u128,
    /// Answers from this on are refused.
    pub max: u128,
}

impl Bounds {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [a, b, c, d] = word.into_limbs();
        Self {
            min: u128::from(b) << 64 | u128::from(a),
            max: u128::from(d) << 64 | u128::from(c),
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [a, b, ..] = U256::from(self.min).into_limbs();
        let [c, d, ..] = U256::from(self.max).into_limbs();
        U256::from_limbs([a, b, c, d])
    }
}

/// The sequencer's uptime feed; none while the address is zero.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Sequencer {
    /// The feed.
    pub feed: Address,
    /// For how long after a restart nothing is priced, seconds.
    pub grace: u32,
}

impl Sequencer {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let source = Source::from_word(word);
        Self {
            feed: source.feed,
            grace: source.heartbeat,
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        Source {
            feed: self.feed,
            heartbeat: self.grace,
            ..Source::default()
        }
        .to_word()
    }
}
