//! Storage words: what is read together lies in one slot, most significant byte first.
//!
//! | bytes | 0–3 | 4–8 | 9–11 | 12–31 |
//! |---|---|---|---|---|
//! | [`Head`] | nonce | time of the last rebalance, s | rest after it, s | the vault |
//!
//! | bytes | 0 | 1–4 | 5–9 | 10–14 | 15–31 |
//! |---|---|---|---|---|---|
//! | [`Opening`] | 1 | policy's nonce | time of the opening, s | paused until, s | 0 |
//!
//! | bytes | 0–6 | 7–13 | 14–21 | 22–26 | 27–31 |
//! |---|---|---|---|---|---|
//! | [`Budgets`] | loss used, WAD | yearly loss used, WAD | turnover used, WAD | as of, s | schedule runs from, s |
//!
//! All three are written at construction, so that not even the first rebalance writes to an empty slot.

use alloy_primitives::{Address, U256};
pub use ballast_math::auction::Opening;
use ballast_math::{
    budget::{self, YEAR_S},
    guard::Refusal,
    ramp::bps_to_wad,
    MathError,
};

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

    /// From when on the next rebalance may be, seconds: a rest is no longer than the longest cooldown in force, `most`.
    ///
    /// # Source
    /// Invariant 27: a guardian's cooldown ends with its act, also where something was traded meanwhile.
    pub fn next_at(&self, most: u64) -> u64 {
        self.last_at.saturating_add(most.min(u64::from(self.rest)))
    }
}

/// Packs an opening; what does not fit is cut, and the opening then holds under no policy.
pub fn opening_to_word(opening: Opening) -> U256 {
    let [_, _, _, _, n0, n1, n2, n3] = opening.policy_nonce.to_be_bytes();
    let [_, _, _, t0, t1, t2, t3, t4] = opening.at.min(MAX_TIME_S).to_be_bytes();
    let [_, _, _, p0, p1, p2, p3, p4] = opening.paused_until.to_be_bytes();
    let mut word = [0; 32];
    let (used, _) = word.split_at_mut(15);
    used.copy_from_slice(&[1, n0, n1, n2, n3, t0, t1, t2, t3, t4, p0, p1, p2, p3, p4]);
    U256::from_be_bytes(word)
}

/// Unpacks an opening.
pub fn opening_from_word(word: U256) -> Opening {
    let [_, n0, n1, n2, n3, t0, t1, t2, t3, t4, p0, p1, p2, p3, p4, ..] = word.to_be_bytes::<32>();
    Opening {
        at: u64::from_be_bytes([0, 0, 0, t0, t1, t2, t3, t4]),
        policy_nonce: u64::from_be_bytes([0, 0, 0, 0, n0, n1, n2, n3]),
        paused_until: u64::from_be_bytes([0, 0, 0, p0, p1, p2, p3, p4]),
    }
}

/// Most that fits in 56 bits, WAD: 7.2 % of NAV; the buckets of losses are at most 5 %.
const MAX_LOSS_WAD: u64 = 0xff_ffff_ffff_ffff;

/// What is used of the budgets, all as of one moment, and since when the schedule runs.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Budgets {
    /// {wad} of NAV.
    pub loss: u64,
    /// {wad} of NAV, in the year's bucket.
    pub yearly: u64,
    /// {wad} of NAV.
    pub turnover: u64,
    /// Seconds.
    pub at: u64,
    /// Seconds: construction, or the last rebalance that ended a trigger.
    pub schedule_from: u64,
}

impl Budgets {
    /// Unpacks.
    pub fn from_word(word: U256) -> Self {
        let [l0, l1, l2, l3, l4, l5, l6, y0, y1, y2, y3, y4, y5, y6, rest @ ..] =
            word.to_be_bytes::<32>();
        let [u0, u1, u2, u3, u4, u5, u6, u7, a0, a1, a2, a3, a4, s0, s1, s2, s3, s4] = rest;
        Self {
            loss: u64::from_be_bytes([0, l0, l1, l2, l3, l4, l5, l6]),
            yearly: u64::from_be_bytes([0, y0, y1, y2, y3, y4, y5, y6]),
            turnover: u64::from_be_bytes([u0, u1, u2, u3, u4, u5, u6, u7]),
            at: u64::from_be_bytes([0, 0, 0, a0, a1, a2, a3, a4]),
            schedule_from: u64::from_be_bytes([0, 0, 0, s0, s1, s2, s3, s4]),
        }
    }

    /// Packs; what does not fit is the most that does: as much used as can be told.
    pub fn to_word(self) -> U256 {
        let [_, l0, l1, l2, l3, l4, l5, l6] = self.loss.min(MAX_LOSS_WAD).to_be_bytes();
        let [_, y0, y1, y2, y3, y4, y5, y6] = self.yearly.min(MAX_LOSS_WAD).to_be_bytes();
        let [u0, u1, u2, u3, u4, u5, u6, u7] = self.turnover.to_be_bytes();
        let [_, _, _, a0, a1, a2, a3, a4] = self.at.min(MAX_TIME_S).to_be_bytes();
        let [_, _, _, s0, s1, s2, s3, s4] = self.schedule_from.min(MAX_TIME_S).to_be_bytes();
        U256::from_be_bytes([
            l0, l1, l2, l3, l4, l5, l6, y0, y1, y2, y3, y4, y5, y6, u0, u1, u2, u3, u4, u5, u6, u7,
            a0, a1, a2, a3, a4, s0, s1, s2, s3, s4,
        ])
    }
}

/// One leaky bucket at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    /// {wad}
    used: U256,
    /// {wad}
    level: U256,
}

impl Bucket {
    /// What is still used at `passed` seconds after `used` was.
    fn new(used: u64, level: U256, passed: u64, period_s: u64) -> Result<Self, MathError> {
        let used = budget::used_up(U256::from(used), level, passed, period_s)?;
        Ok(Self { used, level })
    }

    /// {wad}
    pub(crate) fn left(&self) -> U256 {
        budget::left(self.used, self.level)
    }

    /// Uses more of it.
    pub(crate) fn spend(&mut self, amount_wad: U256) -> Result<(), Refusal> {
        self.used = budget::spend(self.used, amount_wad, self.level)?;
        Ok(())
    }

    fn to_lane(self) -> u64 {
        u64::try_from(self.used).unwrap_or(u64::MAX)
    }
}

/// The three buckets at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Buckets {
    pub(crate) loss: Bucket,
    pub(crate) yearly: Bucket,
    pub(crate) turnover: Bucket,
}

/// Levels and periods of the budgets, as the policy says them.
pub(crate) struct Levels {
    /// {bps}
    pub(crate) loss_bps: U256,
    /// Seconds.
    pub(crate) loss_period_s: u64,
    /// {bps}
    pub(crate) yearly_loss_bps: U256,
    /// {bps}
    pub(crate) turnover_bps: U256,
    /// Seconds.
    pub(crate) turnover_period_s: u64,
}

impl Buckets {
    /// What is left of what was used, after all that leaked until `now`.
    ///
    /// # Source
    /// Invariant 11.
    #[inline(never)]
    pub(crate) fn at(budgets: &Budgets, levels: &Levels, now: u64) -> Result<Self, MathError> {
        let passed = now.saturating_sub(budgets.at);
        let bucket = |used, bps, period| Bucket::new(used, bps_to_wad(bps)?, passed, period);
        // Half of what a year may lose, refilled in a year: no window of a year loses more.
        let year = budget::level_within_a_period_down(bps_to_wad(levels.yearly_loss_bps)?);
        Ok(Self {
            loss: bucket(budgets.loss, levels.loss_bps, levels.loss_period_s)?,
            yearly: Bucket::new(budgets.yearly, year, passed, YEAR_S)?,
            turnover: bucket(
                budgets.turnover,
                levels.turnover_bps,
                levels.turnover_period_s,
            )?,
        })
    }

    /// {wad}: what a rebalance may lose now.
    pub(crate) fn loss_left(&self) -> U256 {
        self.loss.left().min(self.yearly.left())
    }

    /// What to keep of them.
    pub(crate) fn kept(&self, at: u64, schedule_from: u64) -> Budgets {
        Budgets {
            loss: self.loss.to_lane(),
            yearly: self.yearly.to_lane(),
            turnover: self.turnover.to_lane(),
            at,
            schedule_from,
        }
    }
}
