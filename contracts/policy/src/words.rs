//! Storage words: what is read together lies in one slot, least significant limb first.
//!
//! | word | limb 0 | limb 1 | limb 2 | limb 3 |
//! |---|---|---|---|---|
//! | `Head` | start | end | paused until | nonce u32, assets u8, flags u8, guarded u16 |
//! | `Asset` | from, WAD | to, WAD | band u32, index u8, flags u8, u16 free | free |
//! | `Act` | value, low | value, high | since | until |
//! | limits, first word | ids 0, 1 | 2, 3 | 5, 6 | 7, 8, each u32 |
//! | limits, second word | id 4, low | id 4, high | 9, 10 | 11, 12, each u32 |
//!
//! What is free stands ready for weight caps, floors and quarantine; nothing here is ever moved.

use alloy_primitives::U256;
use ballast_interfaces::{constants::limit, guardian::Pause};

/// What every reader of the rules needs.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Head {
    /// When the ramp starts, seconds.
    pub start: u64,
    /// When the ramp has ended, seconds.
    pub end: u64,
    /// Until when rebalancing rests, seconds.
    pub paused_until: u64,
    /// Changes of targets and limits so far.
    pub nonce: u32,
    /// Length of the token list.
    pub assets: u8,
    /// `interfaces::constants::flag`.
    pub flags: u8,
    /// Bit `id`: the guardian has tightened that limit, perhaps no longer in force.
    pub guarded: u16,
}

impl Head {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [start, end, paused_until, rest] = word.into_limbs();
        let [n0, n1, n2, n3, assets, flags, g0, g1] = rest.to_le_bytes();
        Self {
            start,
            end,
            paused_until,
            nonce: u32::from_le_bytes([n0, n1, n2, n3]),
            assets,
            flags,
            guarded: u16::from_le_bytes([g0, g1]),
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [n0, n1, n2, n3] = self.nonce.to_le_bytes();
        let [g0, g1] = self.guarded.to_le_bytes();
        let rest = u64::from_le_bytes([n0, n1, n2, n3, self.assets, self.flags, g0, g1]);
        U256::from_limbs([self.start, self.end, self.paused_until, rest])
    }
}

/// Flag of [`Asset`]: the last `setTargets` named it.
pub const NAMED: u8 = 1;

/// One asset's target; all zero for a token that has none.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Asset {
    /// Weight at the start of the ramp, WAD.
    pub from: u64,
    /// Weight at its end, WAD.
    pub to: u64,
    /// Band, bps; never 0 for a token in the list.
    pub band: u32,
    /// Place in the token list.
    pub index: u8,
    /// [`NAMED`].
    pub flags: u8,
    /// Bits not used yet, kept as they are.
    pub spare: u16,
    /// Bits not used yet, kept as they are.
    pub spare_limb: u64,
}

impl Asset {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [from, to, mid, spare_limb] = word.into_limbs();
        let [b0, b1, b2, b3, index, flags, s0, s1] = mid.to_le_bytes();
        Self {
            from,
            to,
            band: u32::from_le_bytes([b0, b1, b2, b3]),
            index,
            flags,
            spare: u16::from_le_bytes([s0, s1]),
            spare_limb,
        }
    }

    /// Packs.
    pub fn to_word(self) -> U256 {
        let [b0, b1, b2, b3] = self.band.to_le_bytes();
        let [s0, s1] = self.spare.to_le_bytes();
        let mid = u64::from_le_bytes([b0, b1, b2, b3, self.index, self.flags, s0, s1]);
        U256::from_limbs([self.from, self.to, mid, self.spare_limb])
    }

    /// Whether the token is in the list.
    pub fn is_member(self) -> bool {
        self.band != 0
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
    lanes: [u32; 8],
    notional: u128,
    more: [u32; 4],
}

impl Limits {
    /// Unpacks.
    pub fn from_words(first: U256, second: U256) -> Self {
        let [a, b, c, d] = first.into_limbs().map(quarters);
        let [low, high, e, f] = second.into_limbs();
        let (e, f) = (quarters(e), quarters(f));
        Self {
            lanes: [a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1],
            notional: u128::from(high) << 64 | u128::from(low),
            more: [e.0, e.1, f.0, f.1],
        }
    }

    /// Packs.
    pub fn to_words(self) -> (U256, U256) {
        let [a, b, c, d, e, f, g, h] = self.lanes;
        let [i, j, k, l] = self.more;
        let (low, high) = halves(self.notional);
        (
            U256::from_limbs([join(a, b), join(c, d), join(e, f), join(g, h)]),
            U256::from_limbs([low, high, join(i, j), join(k, l)]),
        )
    }

    /// The limit `id`, 0 for one that is not stored yet.
    pub fn get(&self, id: usize) -> u128 {
        match id {
            limit::MIN_NOTIONAL_WAD => self.notional,
            _ => lane(id)
                .and_then(|i| self.lanes.get(i))
                .map_or(0, |v| u128::from(*v)),
        }
    }

    /// Sets the limit `id`; `None` when it has no place, or the value does not fit in it.
    pub fn set(&mut self, id: usize, value: u128) -> Option<()> {
        match id {
            limit::MIN_NOTIONAL_WAD => self.notional = value,
            _ => *self.lanes.get_mut(lane(id)?)? = u32::try_from(value).ok()?,
        }
        Some(())
    }
}

/// Where in the first word limit `id` lies.
fn lane(id: usize) -> Option<usize> {
    match id {
        limit::MAX_SLIPPAGE_BPS
        | limit::COOLDOWN_S
        | limit::SLICE_COOLDOWN_S
        | limit::MIN_PROGRESS_BPS => Some(id),
        limit::MIN_DRIFT_BPS => Some(4),
        limit::MAX_TURNOVER_BPS => Some(5),
        _ => None,
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
