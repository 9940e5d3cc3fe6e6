//! Which weights hold at this moment?

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{add, half_up, mul, same_assets, sub, MathError, WAD, WAD_PER_BPS};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// `{wad} = {bps} * 1e14`, exact.
///
/// # Errors
///
/// [`MathError::Overflow`].
pub fn bps_to_wad(bps: U256) -> Result<U256, MathError> {
    // {wad} = {bps} * {wad/bps}
    mul(bps, WAD_PER_BPS)
}

/// Weights on the way from one target to the next, in {wad}, linear in time:
/// `w_i = (from_i * (end - now) + to_i * (now - start)) / (end - start)`.
///
/// `from` until `start`, `to` from `end` on. No assets have no weights.
///
/// # Rounding
///
/// Each down; what is left of one goes to the largest of `to`, the first of equals, so that the sum is
/// exactly [`WAD`] at every moment.
///
/// # Errors
///
/// [`MathError::WeightsSum`] unless `from` and `to` each sum to [`WAD`],
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 5; invariant 18.
pub fn effective_weights(
    from_wad: &[U256],
    to_wad: &[U256],
    start: u64,
    end: u64,
    now: u64,
) -> Result<Vec<U256>, MathError> {
    same_assets(from_wad.len(), to_wad.len())?;
    if to_wad.is_empty() {
        return Ok(Vec::new());
    }
    if sum(from_wad)? != WAD || sum(to_wad)? != WAD {
        return Err(MathError::WeightsSum);
    }
    if now >= end {
        return Ok(to_wad.to_vec());
    }
    if now <= start {
        return Ok(from_wad.to_vec());
    }
    // start < now < end
    let gone = seconds(now, start)?;
    let left = seconds(end, now)?;
    let span = seconds(end, start)?;

    let mut weights = Vec::with_capacity(to_wad.len());
    let mut missing = WAD;
    let (mut largest, mut most) = (0, U256::ZERO);
    for (index, (from, to)) in from_wad.iter().zip(to_wad).enumerate() {
        // {wad * s} = {wad} * {s} + {wad} * {s}
        let mixed = add(mul(*from, left)?, mul(*to, gone)?)?;
        // {wad} = {wad * s} / {s}
        let weight = mul_div_down(mixed, U256::ONE, span)?;
        missing = sub(missing, weight)?;
        weights.push(weight);
        if *to > most {
            (largest, most) = (index, *to);
        }
    }
    if let Some(weight) = weights.get_mut(largest) {
        *weight = add(*weight, missing)?;
    }
    Ok(weights)
}

/// The weights without the excluded assets, {wad}: those are 0, the others as large against one another as
/// before, and all of them sum to exactly [`WAD`].
///
/// `w_i' = w_i * WAD / Σ w_j` over the assets that remain. Nothing excluded changes nothing.
///
/// # Rounding
///
/// Each down; what is left of one goes to the largest that remains, the first of equals.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when nothing with a weight remains, [`MathError::WeightsSum`] unless
/// the weights sum to [`WAD`], [`MathError::LengthMismatch`], [`MathError::TooManyAssets`],
/// [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 7.4; invariants 18 and 23.
pub fn weights_without(weights_wad: &[U256], excluded: &[bool]) -> Result<Vec<U256>, MathError> {
    same_assets(weights_wad.len(), excluded.len())?;
    if sum(weights_wad)? != WAD {
        return Err(MathError::WeightsSum);
    }
    let mut weights: Vec<U256> = Vec::with_capacity(weights_wad.len());
    for (weight, out) in weights_wad.iter().zip(excluded) {
        weights.push(if *out { U256::ZERO } else { *weight });
    }
    let remaining = sum(&weights)?;
    if remaining == WAD {
        return Ok(weights);
    }
    let mut missing = WAD;
    let (mut largest, mut most) = (0, U256::ZERO);
    for (index, weight) in weights.iter_mut().enumerate() {
        if *weight > most {
            (largest, most) = (index, *weight);
        }
        // {wad} = {wad} * {wad} / {wad}
        *weight = mul_div_down(*weight, WAD, remaining)?;
        missing = sub(missing, *weight)?;
    }
    if let Some(weight) = weights.get_mut(largest) {
        *weight = add(*weight, missing)?;
    }
    Ok(weights)
}

/// Seconds of a day.
const DAY_S: U256 = U256::from_limbs([86_400, 0, 0, 0]);

/// How fast a ramp moves the targets: `{bps/day} = ½ Σ |to_i - from_i| * {s/day} / duration`.
///
/// A ramp that moves nothing has no speed, however short it is.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a ramp of no length that moves something,
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 5.
pub fn speed_bps_per_day_up(
    from_wad: &[U256],
    to_wad: &[U256],
    duration: u64,
) -> Result<U256, MathError> {
    same_assets(from_wad.len(), to_wad.len())?;
    let moved = from_wad
        .iter()
        .zip(to_wad)
        .try_fold(U256::ZERO, |total, (from, to)| {
            add(total, from.abs_diff(*to))
        })?;
    // {wad}: what leaves one asset arrives at another.
    let turnover = half_up(moved)?;
    if turnover.is_zero() {
        return Ok(U256::ZERO);
    }
    // {wad * s/bps} = {s} * {wad/bps}
    let divisor = mul(U256::from_limbs([duration, 0, 0, 0]), WAD_PER_BPS)?;
    // {bps/day} = {wad} * {s/day} / {wad * s/bps}
    mul_div_up(turnover, DAY_S, divisor)
}

fn sum(weights: &[U256]) -> Result<U256, MathError> {
    weights
        .iter()
        .try_fold(U256::ZERO, |total, weight| add(total, *weight))
}

fn seconds(later: u64, earlier: u64) -> Result<U256, MathError> {
    let passed = later.checked_sub(earlier).ok_or(MathError::Overflow)?;
    Ok(U256::from_limbs([passed, 0, 0, 0]))
}
