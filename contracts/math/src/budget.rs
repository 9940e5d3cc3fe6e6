//! How much may still be lost, or moved?
//!
//! A leaky bucket: what is used of a budget leaks out of it evenly, a whole budget each period. It needs
//! two numbers, what is used and since when, and bounds every window of time without remembering any:
//! in a window of length T at most `budget * (1 + T / period)` is spent, wherever it begins.

use crate::guard::Refusal;
use crate::mul_div::mul_div_down;
use crate::{add, half_down, MathError};
use ruint::aliases::U256;

/// Seconds of the year that the yearly budget is about: 365 days.
pub const YEAR_S: u64 = 365 * 24 * 60 * 60;

/// What is still used of a budget, `{wad} = max(0, {used} - ⌊{budget} * {passed s} / {period s}⌋)`.
///
/// # Rounding
///
/// What leaks down: asking often leaks no more than asking once.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a period of zero; [`MathError::Overflow`].
pub fn used_up(
    used_wad: U256,
    budget_wad: U256,
    passed_s: u64,
    period_s: u64,
) -> Result<U256, MathError> {
    // {wad} = {wad} * {s} / {s}
    let leaked = mul_div_down(budget_wad, seconds(passed_s), seconds(period_s))?;
    Ok(used_wad.saturating_sub(leaked))
}

/// Uses more of a budget, `{wad} = {used} + {amount}`, and answers what is used then.
///
/// Nothing is always allowed, also when a budget was lowered below what is used. There is no way to give back.
///
/// # Errors
///
/// [`Refusal`] with the amount and what is left, when it is more than that.
///
/// # Source
///
/// DESIGN section 7.4; invariant 11.
pub fn spend(used_wad: U256, amount_wad: U256, budget_wad: U256) -> Result<U256, Refusal> {
    let left = left(used_wad, budget_wad);
    match add(used_wad, amount_wad) {
        Ok(used) if amount_wad <= left => Ok(used),
        _ => Err(Refusal {
            got: amount_wad,
            bound: left,
        }),
    }
}

/// What is left of a budget, {wad}; zero when it was lowered below what is used.
pub const fn left(used_wad: U256, budget_wad: U256) -> U256 {
    budget_wad.saturating_sub(used_wad)
}

/// The level of the bucket that lets out at most `most` in any window of one period: half of it, since
/// `most / 2 * (1 + period / period) = most`.
///
/// # Rounding
///
/// Down.
pub fn level_within_a_period_down(most_wad: U256) -> U256 {
    half_down(most_wad)
}

const fn seconds(s: u64) -> U256 {
    U256::from_limbs([s, 0, 0, 0])
}
