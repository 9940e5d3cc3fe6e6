//! Has an asset drifted far enough to act?

use crate::basket::{deviation, drift, Basket};
use crate::{add, half_down, mul, same_assets, MathError, WAD_PER_BPS};
use ruint::aliases::U256;

/// The asset that is outside its band by the largest ratio.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Worst {
    /// Its place in the arrays.
    pub index: usize,
    /// Whether its drift exceeds its effective band: the only field that decides.
    pub outside: bool,
    /// {wad}: size of its drift, rounded down.
    pub drift_wad: U256,
    /// {wad}: its effective band, rounded down.
    pub band_wad: U256,
    /// {bps}: size of its drift, rounded down, to be shown.
    pub drift_bps: U256,
    /// {bps}: its effective band, rounded down, to be shown.
    pub band_bps: U256,
}

/// Band that applies to a weight, `{wad} = min(band, w / 2)`, for w > 0 and without the half otherwise.
///
/// # Rounding
///
/// Down: the half of an odd weight.
///
/// # Errors
///
/// [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 7.1.
pub fn effective_band_wad(band_bps: U256, weight_wad: U256) -> Result<U256, MathError> {
    // {wad} = {bps} * {wad/bps}
    let band = mul(band_bps, WAD_PER_BPS)?;
    if weight_wad.is_zero() {
        return Ok(band);
    }
    Ok(band.min(half_down(weight_wad)))
}

/// [`effective_band_wad`] in {bps}.
///
/// # Rounding
///
/// Down.
///
/// # Errors
///
/// [`MathError::Overflow`].
pub fn effective_band_bps(band_bps: U256, weight_wad: U256) -> Result<U256, MathError> {
    to_bps_down(effective_band_wad(band_bps, weight_wad)?)
}

/// Which asset is outside its band by the largest ratio of drift to band; the first of equals.
///
/// A band of zero means that none was set, as on an asset without a target: it never asks for a
/// rebalance by itself, or the dust that rounding leaves behind would keep one always due.
///
/// # Rounding
///
/// Drifts and bands down, compared in {wad}; a drift equal to its band is inside.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::LengthMismatch`] also when there is
/// no asset, [`MathError::TooManyAssets`], [`MathError::Overflow`].
pub fn outside(
    basket: &Basket,
    weights_wad: &[U256],
    bands_bps: &[U256],
) -> Result<Worst, MathError> {
    same_assets(weights_wad.len(), bands_bps.len())?;
    let drifts = drift(basket, weights_wad)?;
    if drifts.is_empty() {
        return Err(MathError::LengthMismatch);
    }
    let (mut index, mut drift_wad, mut band_wad) = (0, U256::ZERO, U256::ZERO);
    let mut found = false;
    let rows = drifts
        .iter()
        .zip(weights_wad.iter().zip(bands_bps))
        .enumerate();
    for (place, (gap, (weight, band_bps))) in rows {
        if band_bps.is_zero() {
            continue;
        }
        let size = gap.size();
        let band = effective_band_wad(*band_bps, *weight)?;
        // size / band > drift / band_wad, with no division: both sides {wad * wad}
        if !found || mul(size, band_wad)? > mul(drift_wad, band)? {
            (index, drift_wad, band_wad, found) = (place, size, band, true);
        }
    }
    Ok(Worst {
        index,
        outside: found && drift_wad > band_wad,
        drift_wad,
        band_wad,
        drift_bps: to_bps_down(drift_wad)?,
        band_bps: to_bps_down(band_wad)?,
    })
}

/// Whether any asset is outside its band: `outside` as [`outside`] decides it, with no division and no name.
///
/// # Errors
///
/// As [`outside`].
pub fn any_outside(
    basket: &Basket,
    weights_wad: &[U256],
    bands_bps: &[U256],
) -> Result<bool, MathError> {
    same_assets(weights_wad.len(), bands_bps.len())?;
    same_assets(weights_wad.len(), basket.values.len())?;
    if weights_wad.is_empty() {
        return Err(MathError::LengthMismatch);
    }
    if basket.nav.is_zero() {
        return Err(MathError::DivisionByZero);
    }
    for (value, (weight, band_bps)) in basket.values.iter().zip(weights_wad.iter().zip(bands_bps)) {
        if band_bps.is_zero() {
            continue;
        }
        // {wad}: the least drift beyond the band
        let beyond = add(effective_band_wad(*band_bps, *weight)?, U256::ONE)?;
        // ⌊deviation / NAV⌋ >= beyond  <=>  deviation >= beyond * NAV, both {value * wad}
        if deviation(*value, *weight, basket.nav)?.size() >= mul(beyond, basket.nav)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `{bps} = ⌊{wad} / {wad/bps}⌋`.
fn to_bps_down(wad: U256) -> Result<U256, MathError> {
    crate::mul_div::mul_div_down(wad, U256::ONE, WAD_PER_BPS)
}
