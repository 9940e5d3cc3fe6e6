//! Has an asset drifted far enough to act?

use crate::basket::{deviation, drift, Basket};
use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{add, half_down, mul, same_assets, MathError, WAD, WAD_PER_BPS};
use alloc::vec::Vec;
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

/// The effective band of an asset for which none was set: no drift exceeds it.
pub const NO_BAND: U256 = U256::MAX;

/// What a band is multiplied by in a storm, `{wad} = min(max(stress, 1), cap)`.
///
/// # Errors
///
/// [`MathError::Overflow`] for a cap above 2^256 / 1e14.
///
/// # Source
///
/// DESIGN section 7.1: `clamp(σ_i / σ_ref_i, 1, cap)`; a stress of zero means that no reference is set.
pub fn stretch_wad(stress_wad: U256, cap_bps: U256) -> Result<U256, MathError> {
    // {wad} = {bps} * {wad/bps}
    let cap = mul(cap_bps, WAD_PER_BPS)?;
    Ok(stress_wad.min(cap).max(WAD))
}

/// Band that applies to a weight, `{wad} = min(⌈band * stretch / WAD⌉, ⌊w / 2⌋)`, for w > 0 and without the
/// half otherwise. [`NO_BAND`] where none was set.
///
/// # Rounding
///
/// The band up, against whoever wants to trade; the half of an odd weight down.
///
/// # Errors
///
/// [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 7.1.
pub fn effective_band_wad(
    band_bps: U256,
    weight_wad: U256,
    stretch_wad: U256,
) -> Result<U256, MathError> {
    if band_bps.is_zero() {
        return Ok(NO_BAND);
    }
    // {wad} = {bps} * {wad/bps}
    let band = mul(band_bps, WAD_PER_BPS)?;
    let band = if stretch_wad == WAD {
        band
    } else {
        // {wad} = {wad} * {wad} / WAD
        mul_div_up(band, stretch_wad, WAD)?
    };
    if weight_wad.is_zero() {
        return Ok(band);
    }
    Ok(band.min(half_down(weight_wad)))
}

/// [`effective_band_wad`] of every asset under its stress.
///
/// # Errors
///
/// As [`effective_band_wad`] and [`stretch_wad`]; [`MathError::LengthMismatch`], [`MathError::TooManyAssets`].
pub fn effective_bands(
    bands_bps: &[U256],
    weights_wad: &[U256],
    stress_wad: &[U256],
    cap_bps: U256,
) -> Result<Vec<U256>, MathError> {
    same_assets(bands_bps.len(), weights_wad.len())?;
    same_assets(bands_bps.len(), stress_wad.len())?;
    let mut bands = Vec::with_capacity(bands_bps.len());
    for (band, (weight, stress)) in bands_bps.iter().zip(weights_wad.iter().zip(stress_wad)) {
        let stretch = stretch_wad(*stress, cap_bps)?;
        bands.push(effective_band_wad(*band, *weight, stretch)?);
    }
    Ok(bands)
}

/// Half of every effective band: what drifts must be back in for an opening to be closed.
///
/// # Rounding
///
/// Down.
pub fn halves_down(bands_wad: &[U256]) -> Vec<U256> {
    let half = |band: &U256| match *band {
        NO_BAND => NO_BAND,
        band => half_down(band),
    };
    bands_wad.iter().map(half).collect()
}

/// An effective band to be shown, `{bps} = ⌊{wad} / {wad/bps}⌋`; zero for [`NO_BAND`].
///
/// # Errors
///
/// None today; kept fallible as every formula that divides.
pub fn shown_bps_down(band_wad: U256) -> Result<U256, MathError> {
    match band_wad {
        NO_BAND => Ok(U256::ZERO),
        band => to_bps_down(band),
    }
}

/// Which asset is outside its band by the largest ratio of drift to band; the first of equals.
///
/// `bands_wad` are effective. Where none was set, as on an asset without a target, it is [`NO_BAND`] and never asks
/// for a rebalance by itself, or the dust that rounding leaves behind would keep one always due.
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
    bands_wad: &[U256],
) -> Result<Worst, MathError> {
    same_assets(weights_wad.len(), bands_wad.len())?;
    let drifts = drift(basket, weights_wad)?;
    if drifts.is_empty() {
        return Err(MathError::LengthMismatch);
    }
    let (mut index, mut drift_wad, mut band_wad) = (0, U256::ZERO, U256::ZERO);
    let mut found = false;
    for (place, (gap, band)) in drifts.iter().zip(bands_wad).enumerate() {
        if *band == NO_BAND {
            continue;
        }
        let size = gap.size();
        // size / band > drift / band_wad, with no division: both sides {wad * wad}
        if !found || mul(size, band_wad)? > mul(drift_wad, *band)? {
            (index, drift_wad, band_wad, found) = (place, size, *band, true);
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
    bands_wad: &[U256],
) -> Result<bool, MathError> {
    same_assets(weights_wad.len(), bands_wad.len())?;
    same_assets(weights_wad.len(), basket.values.len())?;
    if weights_wad.is_empty() {
        return Err(MathError::LengthMismatch);
    }
    if basket.nav.is_zero() {
        return Err(MathError::DivisionByZero);
    }
    for (value, (weight, band)) in basket.values.iter().zip(weights_wad.iter().zip(bands_wad)) {
        if *band == NO_BAND {
            continue;
        }
        // {wad}: the least drift beyond the band
        let beyond = add(*band, U256::ONE)?;
        // ⌊deviation / NAV⌋ >= beyond  <=>  deviation >= beyond * NAV, both {value * wad}
        if deviation(*value, *weight, basket.nav)?.size() >= mul(beyond, basket.nav)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `{bps} = ⌊{wad} / {wad/bps}⌋`.
fn to_bps_down(wad: U256) -> Result<U256, MathError> {
    mul_div_down(wad, U256::ONE, WAD_PER_BPS)
}
