//! What is held, how far is it from its targets, what did a trade move and lose?

use crate::mul_div::{mul_div_down, mul_div_exact, mul_div_up};
use crate::{add, mul, price, same_assets, sub, MathError, BPS, WAD};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// What is held, valued at one price snapshot.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Basket {
    /// {value}: of each asset, rounded down.
    pub values: Vec<U256>,
    /// {value}: their sum.
    pub nav: U256,
}

/// Where a number stands against its target.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum Gap {
    /// Above, by so much.
    Over(U256),
    /// Below, by so much.
    Under(U256),
    /// Exactly on it.
    On,
}

impl Gap {
    /// The distance, in whatever the gap is measured in.
    pub const fn size(self) -> U256 {
        match self {
            Self::Over(size) | Self::Under(size) => size,
            Self::On => U256::ZERO,
        }
    }
}

impl Basket {
    /// Values every holding: `{value_i} = ⌊{tok_i} * D36{value/tok_i} / D36⌋`, `{nav} = Σ {value_i}`.
    ///
    /// # Rounding
    ///
    /// Each asset down.
    ///
    /// # Errors
    ///
    /// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
    ///
    /// # Source
    ///
    /// DESIGN section 3, NAV.
    pub fn new(held: &[U256], prices_d36: &[U256]) -> Result<Self, MathError> {
        same_assets(held.len(), prices_d36.len())?;
        let mut values = Vec::with_capacity(held.len());
        let mut nav = U256::ZERO;
        for (amount, price_d36) in held.iter().zip(prices_d36) {
            let value = price::value_down(*amount, *price_d36)?;
            // {value} = {value} + {value}
            nav = add(nav, value)?;
            values.push(value);
        }
        Ok(Self { values, nav })
    }

    /// Values one holding anew, as [`Basket::new`] would with all of them.
    ///
    /// # Rounding
    ///
    /// Down.
    ///
    /// # Errors
    ///
    /// [`MathError::LengthMismatch`] for an index outside the assets, [`MathError::Overflow`].
    pub fn revalue(&mut self, index: usize, held: U256, price_d36: U256) -> Result<(), MathError> {
        let value = self
            .values
            .get_mut(index)
            .ok_or(MathError::LengthMismatch)?;
        let now = price::value_down(held, price_d36)?;
        // {value} = {value} - {value} + {value}
        self.nav = add(sub(self.nav, *value)?, now)?;
        *value = now;
        Ok(())
    }

    /// Gap of each asset to its exact target, in {value}: `value_i - w_i * NAV / WAD`.
    ///
    /// # Rounding
    ///
    /// Towards zero: trading by a gap never crosses the target.
    ///
    /// # Errors
    ///
    /// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
    pub fn gaps(&self, weights_wad: &[U256]) -> Result<Vec<Gap>, MathError> {
        same_assets(self.values.len(), weights_wad.len())?;
        let mut gaps = Vec::with_capacity(weights_wad.len());
        for (value, weight) in self.values.iter().zip(weights_wad) {
            // {value} = {value * wad} / WAD
            let size = |size| mul_div_down(size, U256::ONE, WAD);
            gaps.push(match deviation(*value, *weight, self.nav)? {
                Gap::Over(over) => Gap::Over(size(over)?).settled(),
                Gap::Under(under) => Gap::Under(size(under)?).settled(),
                Gap::On => Gap::On,
            });
        }
        Ok(gaps)
    }
}

impl Gap {
    /// No gap when nothing is left of it.
    fn settled(self) -> Self {
        if self.size().is_zero() {
            return Self::On;
        }
        self
    }
}

/// How far a value is from its exact target, `{value * wad} = {value} * WAD - {wad} * {nav}`.
///
/// # Rounding
///
/// None: the result is exact.
///
/// # Errors
///
/// [`MathError::Overflow`] for a value or NAV above 2^256 / WAD.
pub(crate) fn deviation(value: U256, weight_wad: U256, nav: U256) -> Result<Gap, MathError> {
    Ok(excess(mul(value, WAD)?, mul(nav, weight_wad)?))
}

/// `x - y` rounded towards zero, where `x` is `floor`, plus a fraction if `inexact`.
fn gap_to_floor(floor: U256, inexact: bool, y: U256) -> Gap {
    if let Some(over) = floor.checked_sub(y) {
        return if over.is_zero() {
            Gap::On
        } else {
            Gap::Over(over)
        };
    }
    let under =
        y.saturating_sub(floor)
            .saturating_sub(U256::from_limbs([u64::from(inexact), 0, 0, 0]));
    if under.is_zero() {
        Gap::On
    } else {
        Gap::Under(under)
    }
}

/// `{wad} = ⌊{value} * WAD / {nav}⌋`.
///
/// # Rounding
///
/// Down.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::Overflow`].
pub fn weight_wad_down(value: U256, nav: U256) -> Result<U256, MathError> {
    mul_div_down(value, WAD, nav)
}

/// `{value} = ⌊{nav} * {wad} / WAD⌋`.
///
/// # Rounding
///
/// Down: the bound of an asset that is bought.
///
/// # Errors
///
/// [`MathError::Overflow`].
pub fn target_value_down(nav: U256, weight_wad: U256) -> Result<U256, MathError> {
    mul_div_down(nav, weight_wad, WAD)
}

/// `{value} = ⌈{nav} * {wad} / WAD⌉`.
///
/// # Rounding
///
/// Up: the bound of an asset that is sold.
///
/// # Errors
///
/// [`MathError::Overflow`].
pub fn target_value_up(nav: U256, weight_wad: U256) -> Result<U256, MathError> {
    mul_div_up(nav, weight_wad, WAD)
}

/// `value - target`, exact, both in {value}.
pub fn excess(value: U256, target: U256) -> Gap {
    gap_to_floor(value, false, target)
}

/// Drift of each asset, in {wad} of NAV: `value_i / NAV - w_i`.
///
/// # Rounding
///
/// Towards zero: nobody may act on a fraction.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::LengthMismatch`],
/// [`MathError::TooManyAssets`], [`MathError::Overflow`].
pub fn drift(basket: &Basket, weights_wad: &[U256]) -> Result<Vec<Gap>, MathError> {
    same_assets(basket.values.len(), weights_wad.len())?;
    let mut drifts = Vec::with_capacity(weights_wad.len());
    for (value, weight) in basket.values.iter().zip(weights_wad) {
        drifts.push(drift_of(*value, *weight, basket.nav)?);
    }
    Ok(drifts)
}

/// Drift of one asset, in {wad} of NAV: `value / NAV - w`.
///
/// # Rounding
///
/// Towards zero.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::Overflow`].
pub fn drift_of(value: U256, weight_wad: U256, nav: U256) -> Result<Gap, MathError> {
    // {wad} = {value} * WAD / {value}
    let (held, inexact) = mul_div_exact(value, WAD, nav)?;
    Ok(gap_to_floor(held, inexact, weight_wad))
}

/// The asset that drifted furthest, in {wad} of NAV; the first of equals.
///
/// # Rounding
///
/// As [`drift`].
///
/// # Errors
///
/// As [`drift`]; [`MathError::LengthMismatch`] when there is no asset.
pub fn worst_drift(basket: &Basket, weights_wad: &[U256]) -> Result<(usize, Gap), MathError> {
    let mut worst = None;
    for (index, gap) in drift(basket, weights_wad)?.into_iter().enumerate() {
        if worst.is_none_or(|(_, most): (usize, Gap)| gap.size() > most.size()) {
            worst = Some((index, gap));
        }
    }
    worst.ok_or(MathError::LengthMismatch)
}

/// Distance to the targets, `{wad} = ½ Σ |value_i / NAV - w_i|`: the turnover that would reach them.
///
/// # Rounding
///
/// Down, once. For the distance *before* a trade.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::LengthMismatch`],
/// [`MathError::TooManyAssets`], [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 3, distance.
pub fn distance_wad_down(
    values: &[U256],
    weights_wad: &[U256],
    nav: U256,
) -> Result<U256, MathError> {
    Ok(distance(values, weights_wad, nav)?.0)
}

/// Distance to the targets, `{wad} = ½ Σ |value_i / NAV - w_i|`.
///
/// # Rounding
///
/// Up, once. For the distance *after* a trade.
///
/// # Errors
///
/// As [`distance_wad_down`].
pub fn distance_wad_up(
    values: &[U256],
    weights_wad: &[U256],
    nav: U256,
) -> Result<U256, MathError> {
    let (floor, inexact) = distance(values, weights_wad, nav)?;
    add(floor, U256::from_limbs([u64::from(inexact), 0, 0, 0]))
}

/// The distance rounded down, and whether anything was cut off: one division for all assets.
fn distance(values: &[U256], weights_wad: &[U256], nav: U256) -> Result<(U256, bool), MathError> {
    same_assets(values.len(), weights_wad.len())?;
    // {value * wad}
    let mut sum = U256::ZERO;
    for (value, weight) in values.iter().zip(weights_wad) {
        sum = add(sum, deviation(*value, *weight, nav)?.size())?;
    }
    // {wad} = {value * wad} / (2 * {value})
    mul_div_exact(sum, U256::ONE, add(nav, nav)?)
}

/// What a rebalance moved, `{bps} = ½ ({sold} + {bought}) * BPS / {nav}`.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::Overflow`].
///
/// # Source
///
/// DESIGN section 3, turnover.
pub fn turnover_bps(sold_value: U256, bought_value: U256, nav: U256) -> Result<U256, MathError> {
    // {value}
    let both = add(sold_value, bought_value)?;
    // {value}: twice NAV, because one unit of turnover moves both sides
    let twice = add(nav, nav)?;
    // {bps} = {value} * BPS / {value}
    mul_div_up(both, BPS, twice)
}

/// What a rebalance cost, `{bps} = ({nav before} - {nav after}) * BPS / {nav before}`; zero on a gain.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// None today; kept fallible as every formula that divides.
pub fn loss_bps(nav_before: U256, nav_after: U256) -> Result<U256, MathError> {
    match nav_before.checked_sub(nav_after) {
        // {bps} = {value} * BPS / {value}
        Some(loss) if !loss.is_zero() => mul_div_up(loss, BPS, nav_before),
        _ => Ok(U256::ZERO),
    }
}

/// What a rebalance cost, `{wad} = ({nav before} - {nav after}) * WAD / {nav before}`; zero on a gain.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// None today; kept fallible as every formula that divides.
pub fn loss_wad_up(nav_before: U256, nav_after: U256) -> Result<U256, MathError> {
    match nav_before.checked_sub(nav_after) {
        // {wad} = {value} * WAD / {value}
        Some(loss) if !loss.is_zero() => mul_div_up(loss, WAD, nav_before),
        _ => Ok(U256::ZERO),
    }
}

/// What part of NAV a value is, `{wad} = ⌈{value} * WAD / {nav}⌉`.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::Overflow`].
pub fn part_wad_up(value: U256, nav: U256) -> Result<U256, MathError> {
    mul_div_up(value, WAD, nav)
}
