//! Words of the [`crate::table`], most significant byte first.
//!
//! | word | bytes 0–1 | 2–3 | 4–5 | 6 | 7 | 8–11 | 12–31 |
//! |---|---|---|---|---|---|---|---|
//! | `Source` | free | phase | lag, bps | token decimals | feed decimals | heartbeat, s | feed |
//! | `Sequencer` | free | free | free | free | free | grace, s | feed |
//!
//! `Bounds` holds the least answer in its low half and the greatest in its high half.

use alloy_primitives::Address;

/// Where a token's price comes from.
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
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let [s0, s1, p0, p1, l0, l1, token_decimals, feed_decimals, h0, h1, h2, h3, feed @ ..] =
            bytes;
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
    pub fn to_bytes(self) -> [u8; 32] {
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
        word
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
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let (max, min) = bytes.split_at(16);
        let number = |half: &[u8]| half.first_chunk().copied().map_or(0, u128::from_be_bytes);
        Self {
            min: number(min),
            max: number(max),
        }
    }

    /// Packs.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (max, min) = bytes.split_at_mut(16);
        max.copy_from_slice(&self.max.to_be_bytes());
        min.copy_from_slice(&self.min.to_be_bytes());
        bytes
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
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let source = Source::from_bytes(bytes);
        Self {
            feed: source.feed,
            grace: source.heartbeat,
        }
    }

    /// Packs.
    pub fn to_bytes(self) -> [u8; 32] {
        Source {
            feed: self.feed,
            heartbeat: self.grace,
            ..Source::default()
        }
        .to_bytes()
    }
}
