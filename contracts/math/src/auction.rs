//! What must a trade bring, this far into an opening?
//!
//! A price may be off by the lag of its feed. At the opening a rebalance must pay even if every price is:
//! each asset counts at the end of its lag that is worse for the keeper. From there both the lags and
//! what is kept of the value give way, evenly over the ramp, down to the greatest slippage: the first
//! keeper for whom a trade pays makes it, and competition, not the contract, finds the price.
//!
//! The bound stands on assets, not on trades. What is sold is marked up, what is bought is marked down,
//! and sums are compared: so it needs no rule for which trade a returned amount belonged to, and paying
//! in a laggard what another trade owed in a steady asset gains nothing.
//!
//! Selling i for j, the allowed slippage starts at `-(lag_i + lag_j)` or less and ends at `max`. In between it
//! is linear but for `lag_j * max`, since the lag of what is bought is taken of what is bought.

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{add, price, same_assets, MathError, BPS, WAD};
use ruint::aliases::U256;

/// One whole in parts per billion: what the factors of the bound are counted in.
pub const PPB: U256 = U256::from_limbs([ONE, 0, 0, 0]);
/// {bps}: least share of the best plan's turnover by which the distance falls at an opening.
pub const FIRST_PROGRESS_BPS: U256 = U256::from_limbs([5_000, 0, 0, 0]);

/// {ppb}
const ONE: u64 = 1_000_000_000;
/// {ppb/bps}
const PPB_PER_BPS: u64 = 100_000;

/// How much of the way from the opening to the end of its ramp is still to go.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Moment {
    /// {ppb}: [`PPB`] at the opening, zero from the end of the ramp on.
    left: u64,
}

impl Moment {
    /// The opening itself, and whenever there is none.
    pub const START: Self = Self { left: ONE };
    /// The end of the ramp and later.
    pub const END: Self = Self { left: 0 };

    /// `{ppb} = ⌈({ramp s} - {passed s}) * PPB / {ramp s}⌉`; a ramp of no length has ended.
    ///
    /// # Rounding
    ///
    /// Up: closer to the opening, which asks for more.
    pub fn of(passed_s: u64, ramp_s: u64) -> Self {
        match ramp_s.checked_sub(passed_s) {
            None | Some(0) => Self::END,
            Some(left) => Self {
                left: left.checked_mul(ONE).map_or(ONE, |x| x.div_ceil(ramp_s)),
            },
        }
    }

    /// Share of the best plan's turnover by which the distance must fall,
    /// `{bps} = floor + ⌈(first - floor) * left / PPB⌉`, with [`FIRST_PROGRESS_BPS`] first.
    ///
    /// # Rounding
    ///
    /// Up.
    ///
    /// # Errors
    ///
    /// None: the sum is at most the larger of the two.
    ///
    /// # Source
    ///
    /// DESIGN section 7.4: thin markets are served in slices, but not at once.
    pub fn progress_bps_up(self, floor_bps: U256) -> Result<U256, MathError> {
        let span = FIRST_PROGRESS_BPS.saturating_sub(floor_bps);
        // {bps} = {bps} + {bps} * {ppb} / PPB
        add(floor_bps, mul_div_up(span, small(self.left), PPB)?)
    }
}

/// What a rebalance is held to at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Terms {
    /// {ppb}: as [`Moment`]'s.
    left: u64,
    /// {ppb}: least share of the sold value that must come back, lags apart.
    base: u64,
}

impl Terms {
    /// `{ppb} base = PPB - max + ⌈max * left / PPB⌉`.
    ///
    /// # Rounding
    ///
    /// Up.
    ///
    /// # Errors
    ///
    /// [`MathError::Overflow`] for a slippage above one.
    ///
    /// # Source
    ///
    /// DESIGN section 7.3.
    pub fn new(moment: Moment, max_slippage_bps: U256) -> Result<Self, MathError> {
        let max = ppb(max_slippage_bps)?;
        // {ppb} = {ppb} - {ppb} + {ppb}
        let base = ONE
            .checked_sub(max)
            .and_then(|least| least.checked_add(share_up(max, moment.left)?))
            .ok_or(MathError::Overflow)?;
        Ok(Self {
            left: moment.left,
            base,
        })
    }

    /// What one unit of sold value counts for, `{ppb} = base + ⌈lag * left / PPB⌉`.
    ///
    /// # Rounding
    ///
    /// Up.
    ///
    /// # Errors
    ///
    /// [`MathError::Overflow`] for a lag above one.
    pub fn sell_ppb_up(self, lag_bps: U256) -> Result<U256, MathError> {
        let lag = share_up(ppb(lag_bps)?, self.left).ok_or(MathError::Overflow)?;
        // {ppb} = {ppb} + {ppb}
        self.base
            .checked_add(lag)
            .map(small)
            .ok_or(MathError::Overflow)
    }

    /// What one unit of bought value counts for, `{ppb} = PPB - ⌈lag * left / PPB⌉`.
    ///
    /// # Rounding
    ///
    /// Down.
    ///
    /// # Errors
    ///
    /// [`MathError::Overflow`] for a lag above one.
    pub fn buy_ppb_down(self, lag_bps: U256) -> Result<U256, MathError> {
        let lag = share_up(ppb(lag_bps)?, self.left).ok_or(MathError::Overflow)?;
        // {ppb} = {ppb} - {ppb}
        ONE.checked_sub(lag).map(small).ok_or(MathError::Overflow)
    }

    /// How much of the greatest slippage is given up already, `{bps} = ⌈(PPB - base) / {ppb/bps}⌉`.
    ///
    /// # Rounding
    ///
    /// Up, to be shown.
    pub fn released_bps_up(self) -> U256 {
        small(ONE.saturating_sub(self.base).div_ceil(PPB_PER_BPS))
    }
}

/// What selling one unit of value must buy of another asset, `{wad} = ⌈{sell ppb} * WAD / {buy ppb}⌉`.
///
/// More than [`WAD`] is a required gain: at an opening it is at least `WAD + lag_i + lag_j`.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a bought asset that counts for nothing.
pub fn kept_wad_up(sell_ppb: U256, buy_ppb: U256) -> Result<U256, MathError> {
    mul_div_up(sell_ppb, WAD, buy_ppb)
}

/// What must be bought for what was sold, lags of the bought assets apart:
/// `{value} = Σ ⌈⌈{tok_i} * D36{value/tok_i} / D36⌉ * {ppb_i} / PPB⌉`.
///
/// # Rounding
///
/// Each term up.
///
/// # Errors
///
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
///
/// # Source
///
/// Invariants 9, 10 and 24.
pub fn asked_up(sold: &[U256], prices_d36: &[U256], sell_ppb: &[U256]) -> Result<U256, MathError> {
    weighted(sold, prices_d36, sell_ppb, |tok, price_d36, ppb| {
        // {value} = {value} * {ppb} / PPB
        mul_div_up(price::value_up(tok, price_d36)?, ppb, PPB)
    })
}

/// What the bought assets count for, `{value} = Σ ⌊⌊{tok_i} * D36{value/tok_i} / D36⌋ * {ppb_i} / PPB⌋`.
///
/// # Rounding
///
/// Each term down.
///
/// # Errors
///
/// As [`asked_up`].
pub fn counted_down(
    bought: &[U256],
    prices_d36: &[U256],
    buy_ppb: &[U256],
) -> Result<U256, MathError> {
    weighted(bought, prices_d36, buy_ppb, |tok, price_d36, ppb| {
        // {value} = {value} * {ppb} / PPB
        mul_div_down(price::value_down(tok, price_d36)?, ppb, PPB)
    })
}

fn weighted(
    amounts: &[U256],
    prices_d36: &[U256],
    ppb: &[U256],
    count: impl Fn(U256, U256, U256) -> Result<U256, MathError>,
) -> Result<U256, MathError> {
    same_assets(amounts.len(), prices_d36.len())?;
    same_assets(amounts.len(), ppb.len())?;
    let mut sum = U256::ZERO;
    for (amount, (price_d36, ppb)) in amounts.iter().zip(prices_d36.iter().zip(ppb)) {
        if !amount.is_zero() {
            sum = add(sum, count(*amount, *price_d36, *ppb)?)?;
        }
    }
    Ok(sum)
}

/// When an opening was made, and what its maker saw of the policy.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Opening {
    /// Seconds; zero for none.
    pub at: u64,
    /// The policy's nonce then.
    pub policy_nonce: u64,
    /// Until when rebalancing was paused, as the policy said then; seconds.
    pub paused_until: u64,
}

impl Opening {
    /// When it is void for its age, seconds: it holds through the second before.
    pub fn until(&self, ramp_s: u64, hold_s: u64) -> u64 {
        self.at.saturating_add(ramp_s).saturating_add(hold_s)
    }

    /// Whether it holds: made, not too old, under the policy and the pause of `today` (whose `at` is now).
    ///
    /// A clock that went back makes it void.
    ///
    /// # Source
    ///
    /// DESIGN section 7.2.
    pub fn holds(&self, today: &Self, ramp_s: u64, hold_s: u64) -> bool {
        self.at != 0
            && self.at <= today.at
            && today.at < self.until(ramp_s, hold_s)
            && self.policy_nonce == today.policy_nonce
            && self.paused_until == today.paused_until
    }

    /// Whether nothing has shaken the market since: neither sequencer nor breaker, last heard of at
    /// `calm_since`, seconds.
    pub fn is_calm(&self, calm_since: u64) -> bool {
        self.at >= calm_since
    }
}

/// `{ppb} = {bps} * {ppb/bps}`, at most one whole.
fn ppb(bps: U256) -> Result<u64, MathError> {
    if bps > BPS {
        return Err(MathError::Overflow);
    }
    let [low, ..] = *bps.as_limbs();
    low.checked_mul(PPB_PER_BPS).ok_or(MathError::Overflow)
}

/// `{ppb} = ⌈{ppb} * {ppb} / PPB⌉`; both are at most one whole, so the product fits.
fn share_up(part: u64, of: u64) -> Option<u64> {
    Some(part.checked_mul(of)?.div_ceil(ONE))
}

const fn small(x: u64) -> U256 {
    U256::from_limbs([x, 0, 0, 0])
}
