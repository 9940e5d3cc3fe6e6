//! Which trades reach the targets, and what must each at least buy?

use crate::basket::{distance_wad_down, Basket};
use crate::clamp::{ClampError, Useful};
use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{add, mul, sub, MathError, BPS, D36, EPSILON_WAD, WAD};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// One price snapshot of the treasury; three arrays in the same order of assets.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Snapshot<'a> {
    /// {tok}: recorded holdings.
    pub held: &'a [U256],
    /// D36{value/tok}
    pub prices: &'a [U256],
    /// {wad}: target weights.
    pub weights: &'a [U256],
}

/// Sell an amount of one asset for another.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Trade {
    /// Place of the asset sold.
    pub sell: usize,
    /// Place of the asset bought.
    pub buy: usize,
    /// {sell tok}, rounded down.
    pub amount: U256,
    /// {value} of `amount`, rounded up.
    pub value: U256,
}

/// Trades that bring the treasury to its targets, as far as the limits allow.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Plan {
    /// In the order in which they were found: largest gap first. At most n - 1.
    pub trades: Vec<Trade>,
    /// {value}: Σ of the trades' values.
    pub sold_value: U256,
    /// {wad}: distance to the targets now, rounded down.
    pub distance_wad: U256,
    /// {value}
    pub nav: U256,
}

impl Plan {
    /// Turnover of the plan, `{wad} = {sold value} * WAD / {nav}`: by so much the distance falls at fair
    /// prices.
    ///
    /// # Rounding
    ///
    /// Up: the progress that is asked for.
    ///
    /// # Errors
    ///
    /// [`MathError::DivisionByZero`] when NAV is zero, [`MathError::Overflow`].
    pub fn turnover_wad_up(&self) -> Result<U256, MathError> {
        mul_div_up(self.sold_value, WAD, self.nav)
    }
}

/// The best plan: the largest excess is sold for the largest deficit until one side is exhausted.
///
/// Each trade reaches the target of one side, so there are at most n - 1. The distance falls by the
/// turnover. Nothing below [`EPSILON_WAD`] or one unit of either token is traded: no venue fills dust at
/// a fair price, and one trade that cannot be filled fails them all. An empty basket has an empty plan.
///
/// # Rounding
///
/// Gaps towards zero, amounts down, values up: no target is crossed, no limit exceeded.
///
/// # Errors
///
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`];
/// [`MathError::DivisionByZero`] when an asset that should be bought has a price of zero.
///
/// # Source
///
/// DESIGN section 7.5.
pub fn plan(
    snapshot: &Snapshot<'_>,
    max_turnover_bps: U256,
    min_notional: U256,
) -> Result<Plan, MathError> {
    let basket = Basket::new(snapshot.held, snapshot.prices)?;
    let useful = Useful::new(snapshot, &basket)?;
    plan_of(snapshot, &basket, useful, max_turnover_bps, min_notional)
}

/// [`plan`] of a basket that was valued, and of what is useful of it, both at this snapshot.
///
/// # Errors
///
/// As [`plan`].
pub fn plan_of(
    snapshot: &Snapshot<'_>,
    basket: &Basket,
    mut useful: Useful,
    max_turnover_bps: U256,
    min_notional: U256,
) -> Result<Plan, MathError> {
    if basket.nav.is_zero() {
        let none = U256::ZERO;
        return Ok(Plan {
            trades: Vec::new(),
            sold_value: none,
            distance_wad: none,
            nav: none,
        });
    }
    let distance_wad = distance_wad_down(&basket.values, snapshot.weights, basket.nav)?;
    // {value} = {value} * {bps} / BPS
    let cap = mul_div_down(basket.nav, max_turnover_bps.min(BPS), BPS)?;

    let mut trades = Vec::with_capacity(snapshot.held.len());
    let mut sold_value = U256::ZERO;
    // Every pass drops an asset, so there are fewer passes than assets.
    for _ in snapshot.held {
        let Some((sell, buy)) = useful.largest() else {
            break;
        };
        let (excess, deficit) = (useful.gap(sell)?, useful.gap(buy)?);
        // {value}
        let left = sub(cap, sold_value)?;
        let room = excess.min(deficit).min(left);
        if room < EPSILON_WAD {
            break;
        }
        // No other asset has more to give or to take, so none can move a unit that this one cannot.
        if room < useful.unit_up(buy)? {
            useful.drop_rest(buy);
            continue;
        }
        if room < useful.unit_up(sell)? {
            useful.drop_rest(sell);
            continue;
        }
        let (amount, value) = useful
            .take_within(sell, buy, U256::MAX, left)
            .map_err(|error| match error {
                ClampError::Math(error) => error,
                ClampError::NotOver(_) | ClampError::NotUnder(_) => MathError::LengthMismatch,
            })?;
        // {value}
        sold_value = add(sold_value, value)?;
        trades.push(Trade {
            sell,
            buy,
            amount,
            value,
        });
        // What is left of the smaller side, or of the cap, is less than one unit of the token sold.
        if excess <= deficit {
            useful.drop_rest(sell);
        } else {
            useful.drop_rest(buy);
        }
    }
    if sold_value < min_notional {
        trades.clear();
        sold_value = U256::ZERO;
    }
    Ok(Plan {
        trades,
        sold_value,
        distance_wad,
        nav: basket.nav,
    })
}

/// What selling an amount must buy,
/// `{buy tok} = ⌈{sell tok} * D36{value/sell tok} * {sell ppb} / (D36{value/buy tok} * {buy ppb})⌉`.
///
/// # Rounding
///
/// Up, once.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when the bought asset's price or factor is zero, [`MathError::Overflow`].
///
/// # Source
///
/// Invariant 10; the factors are [`Terms`](crate::auction::Terms)'.
pub fn min_buy_up(
    amount: U256,
    price_sell: U256,
    price_buy: U256,
    sell_ppb: U256,
    buy_ppb: U256,
) -> Result<U256, MathError> {
    // D36{value/tok} * {ppb}
    let asked = mul(price_sell, sell_ppb)?;
    let counted = mul(price_buy, buy_ppb)?;
    // {buy tok} = {sell tok} * D36{value/sell tok} * {ppb} / (D36{value/buy tok} * {ppb})
    mul_div_up(amount, asked, counted)
}

/// What an amount is worth in another token,
/// `{buy tok} = ⌊{sell tok} * D36{value/sell tok} / D36{value/buy tok}⌋`.
///
/// # Rounding
///
/// Down: several such amounts of one token together are worth no more than what was sold for them.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when the bought asset's price is zero, [`MathError::Overflow`].
pub fn fair_buy_down(amount: U256, price_sell: U256, price_buy: U256) -> Result<U256, MathError> {
    // {buy tok} = {sell tok} * D36{value/sell tok} / D36{value/buy tok}
    mul_div_down(amount, price_sell, price_buy)
}

/// What selling an amount must buy at the keeper's own least rate,
/// `{buy tok} = ⌈{sell tok} * D36{buy tok/sell tok} / D36⌉`.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// [`MathError::Overflow`].
pub fn rate_buy_up(amount: U256, min_rate_d36: U256) -> Result<U256, MathError> {
    mul_div_up(amount, min_rate_d36, D36)
}
