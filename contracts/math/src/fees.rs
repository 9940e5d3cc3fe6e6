//! What do those who run the treasury get of it, in shares?

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{half_down, mul, sub, MathError, BPS};
use ruint::aliases::U256;

/// {s} of a year, as the management fee counts it: 365 days.
pub const YEAR_S: u64 = 365 * 24 * 60 * 60;

/// {bps * s} of one whole for one year: 10,000 * [`YEAR_S`].
const WHOLE: U256 = U256::from_limbs([10_000 * YEAR_S, 0, 0, 0]);

/// Shares that a management fee makes of a supply over a time,
/// `{share} = ⌊{share} * f / (1 - f)⌋` with `f = {bps} * {s} / (10,000 * year)`.
///
/// So the new shares are the fraction `f` of the supply that they are part of: the fee is a part of what is
/// held, whatever the number of shares. That fraction grows with time as a line does, up to one half.
///
/// Splitting the time never makes more: after any number of accruals the fraction is
/// `1 - Π(1 - f_k) <= Σ f_k`, and rounding down keeps it so to the unit. Poking often makes less, by at most `(Σ f)^2 / 2`
/// of the whole: 2 bps a year at a fee of 200 bps.
///
/// # Rounding
///
/// Down, against the recipient.
///
/// # Errors
///
/// [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 4; invariants 3 and 4.
pub fn streamed_down(supply: U256, rate_bps: u64, elapsed_s: u64) -> Result<U256, MathError> {
    // {bps * s} = {bps} * {s}
    let part = mul(U256::from(rate_bps), U256::from(elapsed_s))?.min(half_down(WHOLE));
    // {share} = {share} * {bps * s} / {bps * s}
    mul_div_down(supply, part, sub(WHOLE, part)?)
}

/// The fee on minting or redeeming shares, `{share} = ⌈{share} * {bps} / 10,000⌉`.
///
/// Splitting a call never makes it cheaper: the sum of what is rounded up is at least the sum rounded up.
///
/// # Rounding
///
/// Up, against the person calling. At most the shares themselves while the rate is at most one.
///
/// # Errors
///
/// [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 4; invariant 7.
pub fn toll_up(shares: U256, rate_bps: u64) -> Result<U256, MathError> {
    // {share} = {share} * {bps} / {bps}
    mul_div_up(shares, U256::from(rate_bps), BPS)
}
