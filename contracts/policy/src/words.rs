//! Storage words: what is read together lies in one slot, least significant limb first.
//!
//! | word | limb 0 | limb 1 | limb 2 | limb 3 |
//! |---|---|---|---|---|
//! | `Head` | mandate's account | the same | its last u32, nonce u32 | paused until u40, flags u8, guarded u16 |
//! | `Act` | value, low | value, high | since | until |
//! | limits, first word | ids 0, 1 | 2, 3 | 5, 6 | 7, 8, each u32 |
//! | limits, second word | id 4, low | id 4, high | 9, 10 | 11, 12, each u32 |
//! | limits, third word | 13, 14 | 15, u32 | | |
//!
//! Nothing here is ever moved.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{constants::limit, guardian::Pause};

/// Latest end of a pause, seconds: what the head has room for, some 34,000 years from now.
pub const MAX_PAUSED_UNTIL: u64 = (1 << 40) - 1;

/// What every reader of the rules needs first.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Head {
    /// The account that holds the [`crate::mandate::Mandate`]; zero before the first.
    pub mandate: Address,
    /// Changes of targets and limits so far.
    pub nonce: u32,
    /// Until when rebalancing rests, seconds; at most [`MAX_PAUSED_UNTIL`].
    pub paused_until: u64,
    /// `interfaces::constants::flag`.
    pub flags: u8,
    /// Bit `id`: the guardian has tightened that limit, perhaps no longer in force.
    pub guarded: u16,
}

impl Head {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [low, middle, mixed, rest] = word.into_limbs();
        let (top, nonce) = quarters(mixed);
        let mandate = U256::from_limbs([low, middle, u64::from(top), 0]);
        let [p0, p1, p2, p3, p4, flags, g0, g1] = rest.to_le_bytes();
        Self {
            mandate: Address::from_word(mandate.into()),
            nonce,
            paused_until: u64::from_le_bytes([p0, p1, p2, p3, p4, 0, 0, 0]),
            flags,
            guarded: u16::from_le_bytes([g0, g1]),
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [low, middle, top, _] = U256::from_be_bytes(self.mandate.into_word().0).into_limbs();
        let (top, _) = quarters(top);
        let paused_until = self.paused_until.min(MAX_PAUSED_UNTIL);
        let [p0, p1, p2, p3, p4, ..] = paused_until.to_le_bytes();
        let [g0, g1] = self.guarded.to_le_bytes();
        let rest = u64::from_le_bytes([p0, p1, p2, p3, p4, self.flags, g0, g1]);
        U256::from_limbs([low, middle, join(top, self.nonce), rest])
    }
}

/// The guardian's last act on one subject.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Act {
    /// The limit that it set; nothing for a pause.
    pub value: u128,
    /// When it began, seconds.
    pub since: u64,
    /// When it ends, seconds.
    pub until: u64,
}

impl Act {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [low, high, since, until] = word.into_limbs();
        Self {
            value: u128::from(high) << 64 | u128::from(low),
            since,
            until,
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let (low, high) = halves(self.value);
        U256::from_limbs([low, high, self.since, self.until])
    }

    /// When it began and ends, to which the rule of pauses applies.
    pub fn pause(self) -> Pause {
        Pause {
            since: self.since,
            until: self.until,
        }
    }

    /// From when the guardian may act on the subject anew: it rests as long as it was declared to last.
    pub fn allowed_from(self) -> u64 {
        self.pause().allowed_from()
    }
}

/// All limits that governance set, unpacked.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Limits {
    /// Every limit but [`limit::MIN_NOTIONAL_WAD`], in the order of ids.
    lanes: [u32; LANES],
    notional: u128,
}

/// Limits of 32 bits.
const LANES: usize = limit::LIMIT_COUNT - 1;

impl Limits {
    /// Unpacks.
    pub fn from_words([first, second, third]: [U256; 3]) -> Self {
        let [a, b, c, d] = first.into_limbs().map(quarters);
        let [low, high, e, f] = second.into_limbs();
        let (e, f) = (quarters(e), quarters(f));
        let [g, h, ..] = third.into_limbs().map(quarters);
        Self {
            lanes: [
                a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1, e.0, e.1, f.0, f.1, g.0, g.1, h.0,
            ],
            notional: u128::from(high) << 64 | u128::from(low),
        }
    }

    /// Packs.
    pub fn to_words(self) -> [U256; 3] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = self.lanes;
        let (low, high) = halves(self.notional);
        [
            U256::from_limbs([join(a, b), join(c, d), join(e, f), join(g, h)]),
            U256::from_limbs([low, high, join(i, j), join(k, l)]),
            U256::from_limbs([join(m, n), join(o, 0), 0, 0]),
        ]
    }

    /// The limit `id`, 0 for one that there is not.
    pub fn get(&self, id: usize) -> u128 {
        match id {
            limit::MIN_NOTIONAL_WAD => self.notional,
            _ => self.lanes.get(lane(id)).map_or(0, |v| u128::from(*v)),
        }
    }

    /// Sets the limit `id`; `None` when it has no place, or the value does not fit in it.
    pub fn set(&mut self, id: usize, value: u128) -> Option<()> {
        match id {
            limit::MIN_NOTIONAL_WAD => self.notional = value,
            _ => *self.lanes.get_mut(lane(id))? = u32::try_from(value).ok()?,
        }
        Some(())
    }
}

/// Where limit `id` lies among those of 32 bits.
fn lane(id: usize) -> usize {
    match id.checked_sub(1) {
        Some(before) if id > limit::MIN_NOTIONAL_WAD => before,
        _ => id,
    }
}

fn halves(value: u128) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value.to_le_bytes();
    (
        u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        u64::from_le_bytes([i, j, k, l, m, n, o, p]),
    )
}

fn quarters(limb: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = limb.to_le_bytes();
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
