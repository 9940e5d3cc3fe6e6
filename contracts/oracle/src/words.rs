//! Words of the [`crate::table`], most significant byte first.
//!
//! | word | bytes 0–1 | 2–3 | 4–5 | 6 | 7 | 8–11 | 12–31 |
//! |---|---|---|---|---|---|---|---|
//! | `Source` | parts that follow | phase | lag, bps | token decimals | feed decimals | heartbeat, s | feed |
//! | `Sequencer` | free | free | free | free | free | grace, s | feed |
//! | `Second`, 1st | limit, bps | confidence, bps | free | free | token is first | window or age, s | pool or Pyth |
//!
//! `Bounds` holds the least answer in its low half and the greatest in its high half; `Cap` the ratio in its high
//! half, then its time (8 bytes), its growth (4) and 4 that are free. The second word of `Second` is Pyth's id of
//! the price, or the address of the pool's other token.

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
    /// Which parts follow in the table.
    pub parts: u16,
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
            parts: u16::from_be_bytes([s0, s1]),
        }
    }

    /// Packs.
    pub fn to_bytes(self) -> [u8; 32] {
        let [s0, s1] = self.parts.to_be_bytes();
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

/// How far a ratio may have grown: linearly from what its own feed said at a time that it said too.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Cap {
    /// The ratio at listing, as its feed answered it.
    pub ratio: u128,
    /// When that answer was given, seconds.
    pub since: u64,
    /// Greatest growth a year, bps of `ratio`.
    pub growth_bps: u32,
}

impl Cap {
    /// Unpacks.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let Bounds { min, max } = Bounds::from_bytes(bytes);
        let [s0, s1, s2, s3, s4, s5, s6, s7, g0, g1, g2, g3, ..] = min.to_be_bytes();
        Self {
            ratio: max,
            since: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            growth_bps: u32::from_be_bytes([g0, g1, g2, g3]),
        }
    }

    /// Packs.
    pub fn to_bytes(self) -> [u8; 32] {
        let rest = u128::from(self.since) << 64 | u128::from(self.growth_bps) << 32;
        let words = Bounds {
            min: rest,
            max: self.ratio,
        };
        words.to_bytes()
    }
}

/// The source that must agree with the first: a pool of Uniswap V3 or a price of Pyth.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Second {
    /// The pool, or Pyth.
    pub source: Address,
    /// Pyth's id of the price; the pool's other token, which is an address: twelve bytes of zero.
    pub id: [u8; 32],
    /// Over how many seconds the pool's price is a mean, or how old Pyth's may be.
    pub seconds: u32,
    /// How far the two may be apart, bps of the less.
    pub limit_bps: u16,
    /// Pyth's widest confidence, bps of its price; 0 for a pool.
    pub confidence_bps: u16,
    /// Whether the token is the pool's token 0.
    pub is_first: bool,
}

impl Second {
    /// The pool's other token; none for Pyth.
    pub fn quote(&self) -> Option<Address> {
        (self.confidence_bps == 0).then(|| Address::from_word(self.id.into()))
    }

    /// Unpacks.
    pub fn from_words(first: [u8; 32], id: [u8; 32]) -> Self {
        let word = Source::from_bytes(first);
        Self {
            source: word.feed,
            id,
            seconds: word.heartbeat,
            limit_bps: word.parts,
            confidence_bps: word.phase,
            is_first: word.feed_decimals != 0,
        }
    }

    /// Packs its first word; the second is `id`.
    pub fn to_bytes(self) -> [u8; 32] {
        Source {
            feed: self.source,
            heartbeat: self.seconds,
            parts: self.limit_bps,
            phase: self.confidence_bps,
            feed_decimals: u8::from(self.is_first),
            ..Source::default()
        }
        .to_bytes()
    }
}

/// What volatility an asset is expected to have, and at which nothing is traded; bps a year, in 8 bytes.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Mood {
    /// The reference.
    pub reference_bps: u32,
    /// The breaker; 0 for none.
    pub max_bps: u32,
}

impl Mood {
    /// Unpacks.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        let [r0, r1, r2, r3, m0, m1, m2, m3] = bytes;
        Self {
            reference_bps: u32::from_be_bytes([r0, r1, r2, r3]),
            max_bps: u32::from_be_bytes([m0, m1, m2, m3]),
        }
    }

    /// Packs.
    pub fn to_bytes(self) -> [u8; 8] {
        let [r0, r1, r2, r3] = self.reference_bps.to_be_bytes();
        let [m0, m1, m2, m3] = self.max_bps.to_be_bytes();
        [r0, r1, r2, r3, m0, m1, m2, m3]
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
