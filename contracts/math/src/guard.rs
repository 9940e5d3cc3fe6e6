//! Did the trade stay within its bounds?
//!
//! A guard that cannot compute its bound refuses.

use crate::basket::{target_value_down, target_value_up, Basket};
use crate::mul_div::mul_div_up;
use crate::plan::{rate_buy_up, Snapshot};
use crate::{add, price, same_assets, sub, MathError, BPS, EPSILON_WAD};
use alloc::vec;
use ruint::aliases::U256;

/// A value, and the bound that refused it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Refusal {
    /// What was found.
    pub got: U256,
    /// The least or the most that would have passed; the guard says which.
    pub bound: U256,
}

/// Why a whole-basket guard did not pass.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum GuardError {
    /// Refused: the asset's place, and the numbers.
    Refused(usize, Refusal),
    /// No answer.
    Math(MathError),
}

impl From<MathError> for GuardError {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}

/// Why [`progress`] did not pass.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum ProgressError {
    /// The distance did not fall: {wad} before and after.
    NoProgress {
        /// {wad}, rounded down.
        before: U256,
        /// {wad}, rounded up.
        after: U256,
    },
    /// It fell by less than was asked: {wad}.
    TooSmall(Refusal),
}

/// Was enough value bought? `counted >= asked`, both in {value}: what was bought as
/// [`counted_down`](crate::auction::counted_down) counts it, what was sold as
/// [`asked_up`](crate::auction::asked_up) does.
///
/// # Errors
///
/// [`Refusal`] with what was bought and what was asked.
///
/// # Source
///
/// Invariants 9, 10 and 24.
pub fn value_kept(asked_up: U256, counted_down: U256) -> Result<(), Refusal> {
    if counted_down < asked_up {
        return Err(Refusal {
            got: counted_down,
            bound: asked_up,
        });
    }
    Ok(())
}

/// What an asset may overshoot its target by, `{value} = max(1e15, value of one unit)`.
///
/// # Rounding
///
/// Up: one unit must be able to move.
///
/// # Errors
///
/// None today: the value of one unit is below 256 bits.
pub fn epsilon_up(price_d36: U256) -> Result<U256, MathError> {
    Ok(EPSILON_WAD.max(price::value_up(U256::ONE, price_d36)?))
}

/// Is an asset that was sold still at its target, less epsilon? `value + ε >= target`, in {value}.
///
/// # Errors
///
/// [`Refusal`] with the value and the target.
pub fn sold_not_below(value: U256, target: U256, epsilon: U256) -> Result<(), Refusal> {
    if target.saturating_sub(value) > epsilon {
        return Err(Refusal {
            got: value,
            bound: target,
        });
    }
    Ok(())
}

/// Is an asset that was bought no further than its target, plus epsilon? `value <= target + ε`.
///
/// # Errors
///
/// [`Refusal`] with the value and the target.
pub fn bought_not_above(value: U256, target: U256, epsilon: U256) -> Result<(), Refusal> {
    if value.saturating_sub(target) > epsilon {
        return Err(Refusal {
            got: value,
            bound: target,
        });
    }
    Ok(())
}

/// Did any asset cross its target by more than epsilon, at the NAV before the trade?
///
/// `snapshot` and `basket` are from before. `sold` and `counted` are {tok} in the order of assets, zero
/// where nothing moved; `counted` is what was bought, without what was bought beyond the worth of what was sold for it.
///
/// # Rounding
///
/// Against the trade: a sold asset's value down and its target up, a bought asset's the other way.
///
/// # Errors
///
/// [`GuardError::Refused`] with the asset, its value and its target; [`MathError::LengthMismatch`],
/// [`MathError::TooManyAssets`], [`MathError::Overflow`], also when more was sold than held.
///
/// # Source
///
/// DESIGN section 7.4; invariant 12.
pub fn no_overshoot(
    snapshot: &Snapshot<'_>,
    basket: &Basket,
    sold: &[U256],
    counted: &[U256],
) -> Result<(), GuardError> {
    same_assets(snapshot.held.len(), snapshot.prices.len())?;
    same_assets(snapshot.held.len(), snapshot.weights.len())?;
    same_assets(snapshot.held.len(), sold.len())?;
    same_assets(snapshot.held.len(), counted.len())?;
    let assets = snapshot
        .held
        .iter()
        .zip(snapshot.prices)
        .zip(snapshot.weights);
    let moves = sold.iter().zip(counted);
    for (index, (((held, price_d36), weight), (sold, counted))) in assets.zip(moves).enumerate() {
        let refuse = |refusal| GuardError::Refused(index, refusal);
        if !sold.is_zero() {
            // {value} = {tok} * D36{value/tok} / D36
            let value = price::value_down(sub(*held, *sold)?, *price_d36)?;
            let target = target_value_up(basket.nav, *weight)?;
            sold_not_below(value, target, epsilon_up(*price_d36)?).map_err(refuse)?;
        }
        if !counted.is_zero() {
            // {value} = {tok} * D36{value/tok} / D36
            let value = price::value_up(add(*held, *counted)?, *price_d36)?;
            let target = target_value_down(basket.nav, *weight)?;
            bought_not_above(value, target, epsilon_up(*price_d36)?).map_err(refuse)?;
        }
    }
    Ok(())
}

/// Did the distance fall, and by enough? `before - after >= ⌈planned turnover * share⌉`, all in {wad}.
///
/// # Rounding
///
/// The least fall up. Pass the distance before rounded down, after and turnover rounded up.
///
/// # Errors
///
/// [`ProgressError`] with the numbers.
///
/// # Source
///
/// DESIGN section 7.4; invariant 12.
pub fn progress(
    before_wad: U256,
    after_wad: U256,
    planned_turnover_wad: U256,
    min_progress_bps: U256,
) -> Result<(), ProgressError> {
    let fall = match before_wad.checked_sub(after_wad) {
        Some(fall) if !fall.is_zero() => fall,
        _ => {
            return Err(ProgressError::NoProgress {
                before: before_wad,
                after: after_wad,
            })
        }
    };
    // {wad} = {wad} * {bps} / BPS
    match mul_div_up(planned_turnover_wad, min_progress_bps, BPS) {
        Ok(bound) if fall >= bound => Ok(()),
        Ok(bound) => Err(ProgressError::TooSmall(Refusal { got: fall, bound })),
        Err(_) => Err(ProgressError::TooSmall(Refusal {
            got: fall,
            bound: U256::MAX,
        })),
    }
}

/// The trades of a rebalance as parallel arrays; `sells` and `buys` are places in the order of assets.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Rates<'a> {
    /// Asset sold by each trade.
    pub sells: &'a [usize],
    /// Asset bought by each trade.
    pub buys: &'a [usize],
    /// {sell tok}: sent to the filler for each trade.
    pub amounts: &'a [U256],
    /// D36{buy tok/sell tok}: the keeper's least rate of each trade, zero for none.
    pub min_rates_d36: &'a [U256],
}

/// Was every asset bought at the least rates or better? For each distinct asset bought,
/// `bought >= Σ ⌈sold_k * rate_k / D36⌉`, in {buy tok}.
///
/// `sold` and `bought` are measured, in the order of assets. What came back of a sold asset reduces its
/// last trades first, so that a partial fill is held to the first rates.
///
/// # Rounding
///
/// The least up, each trade.
///
/// # Errors
///
/// [`GuardError::Refused`] with the asset, what was bought and the least;
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`], also when more
/// was sold than sent.
///
/// # Source
///
/// DESIGN section 7.4.
pub fn rates(trades: Rates<'_>, sold: &[U256], bought: &[U256]) -> Result<(), GuardError> {
    same_assets(sold.len(), bought.len())?;
    let count = trades.amounts.len();
    if trades.sells.len() != count
        || trades.buys.len() != count
        || trades.min_rates_d36.len() != count
    {
        return Err(MathError::LengthMismatch.into());
    }
    // {tok}: sent, then what came back
    let mut back = vec![U256::ZERO; sold.len()];
    for (sell, amount) in trades.sells.iter().zip(trades.amounts) {
        let slot = back.get_mut(*sell).ok_or(MathError::LengthMismatch)?;
        *slot = add(*slot, *amount)?;
    }
    for (slot, sold) in back.iter_mut().zip(sold) {
        *slot = sub(*slot, *sold)?;
    }
    // {tok}
    let mut least = vec![U256::ZERO; bought.len()];
    let rows = trades
        .sells
        .iter()
        .zip(trades.buys)
        .zip(trades.amounts.iter().zip(trades.min_rates_d36));
    for ((sell, buy), (amount, min_rate_d36)) in rows.rev() {
        let returned = back.get_mut(*sell).ok_or(MathError::LengthMismatch)?;
        let unsold = (*returned).min(*amount);
        *returned = sub(*returned, unsold)?;
        let slot = least.get_mut(*buy).ok_or(MathError::LengthMismatch)?;
        // {buy tok} = {sell tok} * D36{buy tok/sell tok} / D36
        *slot = add(*slot, rate_buy_up(sub(*amount, unsold)?, *min_rate_d36)?)?;
    }
    for (index, (got, bound)) in bought.iter().zip(&least).enumerate() {
        if got < bound {
            return Err(GuardError::Refused(
                index,
                Refusal {
                    got: *got,
                    bound: *bound,
                },
            ));
        }
    }
    Ok(())
}
