//! What are two feeds worth together, and do two prices agree?

use crate::mul_div::mul_div_down;
use crate::price::price_d36;
use crate::{add, mul, sub, MathError, BPS};
use ruint::aliases::U256;

/// Seconds of a year of 365 days.
pub const YEAR_S: U256 = U256::from_limbs([31_536_000, 0, 0, 0]);

/// The most that a ratio may be, which was `ratio` at `since`:
/// `cap = ratio + ⌊ratio * {bps/year} * {s} / (BPS * {s/year})⌋`, linear in time.
///
/// # Rounding
///
/// Down: against whoever brings the greater ratio.
///
/// # Errors
///
/// [`MathError::Overflow`] when the cap exceeds 256 bits, or `now` is before `since`.
///
/// # Source
///
/// Aave's CAPO, with ratio and time taken from one round so that they cannot be out of step.
pub fn ratio_cap_down(
    ratio: U256,
    since: u64,
    now: u64,
    growth_bps: u32,
) -> Result<U256, MathError> {
    let passed = now.checked_sub(since).ok_or(MathError::Overflow)?;
    // {bps * s / year} = {bps/year} * {s}
    let grown = mul(U256::from(growth_bps), U256::from(passed))?;
    // {ratio} = {ratio} * {bps * s / year} / ({bps} * {s/year})
    add(ratio, mul_div_down(ratio, grown, mul(BPS, YEAR_S)?)?)
}

/// Value of the smallest unit of a token whose feed tells a ratio to another asset, priced by a second feed:
/// `D36{value/tok} = ratio * base * 10^(54 - ratio_decimals - base_decimals - token_decimals)`.
///
/// # Rounding
///
/// None: the result is exact.
///
/// # Errors
///
/// [`MathError::Overflow`] when the decimals sum to more than 54 or the price exceeds 256 bits.
pub fn composite_d36(
    ratio: U256,
    ratio_decimals: u8,
    base: U256,
    base_decimals: u8,
    token_decimals: u8,
) -> Result<U256, MathError> {
    let decimals = ratio_decimals
        .checked_add(base_decimals)
        .ok_or(MathError::Overflow)?;
    // {value/whole tok} = {whole base/whole tok} * {value/whole base}
    price_d36(mul(ratio, base)?, decimals, token_decimals)
}

/// Whether two prices are within `limit_bps` of one another: `|a - b| ≤ ⌊min(a, b) * limit / BPS⌋`.
///
/// # Rounding
///
/// What is allowed, down.
///
/// # Errors
///
/// [`MathError::Overflow`] only for a limit of more than a whole.
pub fn agree(a: U256, b: U256, limit_bps: u32) -> Result<bool, MathError> {
    let (less, more) = if a < b { (a, b) } else { (b, a) };
    // D36{value/tok} = D36{value/tok} * {bps} / {bps}
    let allowed = mul_div_down(less, U256::from(limit_bps), BPS)?;
    Ok(sub(more, less)? <= allowed)
}
