//! How much of what came at once has flowed in by now?

use crate::mul_div::mul_div_down;
use crate::MathError;
use ruint::aliases::U256;

/// What flows out of a rest between its last touch and now, `{tok} = ⌊{tok} * (now - last) / (end - last)⌋`;
/// all of it from `end` on, nothing up to `last`.
///
/// However often it is touched, never more has flowed at any moment than along the straight line, and at
/// `end` everything has: each touch leaves at least what the line has left at that moment.
///
/// # Rounding
///
/// Down: what has not flowed belongs to those who stay.
///
/// # Errors
///
/// None: the result is at most `rest`. Kept fallible as every formula that divides.
///
/// # Source
///
/// DESIGN section 4, absorb.
pub fn flowed_down(rest: U256, last_s: u64, end_s: u64, now_s: u64) -> Result<U256, MathError> {
    if now_s >= end_s {
        return Ok(rest);
    }
    let gone = now_s.saturating_sub(last_s);
    let span = end_s.saturating_sub(last_s);
    // {tok} = {tok} * {s} / {s}
    mul_div_down(rest, U256::from(gone), U256::from(span))
}
