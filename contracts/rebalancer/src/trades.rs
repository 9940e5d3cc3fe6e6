//! The keeper's trades: made to fit before, judged by what the vault measured after.

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::constants::MAX_ASSETS;
use ballast_math::{
    auction::{asked_up, counted_down},
    basket::{distance_wad_up, drift_of, part_wad_up, turnover_bps, Basket, Gap},
    clamp::ClampError,
    guard::{self, GuardError, ProgressError, Rates},
    plan::{fair_buy_down, min_buy_up, rate_buy_up},
    price,
};

use crate::{
    ground::{Ground, Scene},
    types::*,
};

/// More trades than any plan needs, which are at most one fewer than the assets.
pub const MAX_TRADES: usize = MAX_ASSETS;

/// What a keeper asks for, as parallel arrays of one length.
pub(crate) struct Asked {
    pub(crate) sells: Vec<Address>,
    pub(crate) buys: Vec<Address>,
    /// {sell tok}
    pub(crate) mosts: Vec<U256>,
    /// {sell tok}
    pub(crate) leasts: Vec<U256>,
    /// D36{buy tok/sell tok}
    pub(crate) min_rates: Vec<U256>,
}

impl Asked {
    #[inline(never)]
    pub(crate) fn require_shape(&self) -> Answer<()> {
        let n = self.sells.len();
        for len in [
            self.buys.len(),
            self.mosts.len(),
            self.leasts.len(),
            self.min_rates.len(),
        ] {
            if len != n {
                return refuse(RebalanceLengthMismatch {
                    a: U256::from(len),
                    b: U256::from(n),
                });
            }
        }
        match n {
            0 => refuse(RebalanceNoTrades {}),
            n if n > MAX_TRADES => refuse(RebalanceTooManyTrades {
                n: U256::from(n),
                max: U256::from(MAX_TRADES),
            }),
            _ => Ok(()),
        }
    }
}

/// The trades as they will be made.
pub(crate) struct Clamped {
    /// Places in the order of assets.
    pub(crate) sells: Vec<usize>,
    /// Places in the order of assets.
    pub(crate) buys: Vec<usize>,
    /// {sell tok}
    pub(crate) amounts: Vec<U256>,
    /// {buy tok}: what each trade must buy.
    pub(crate) leasts: Vec<U256>,
    /// {buy tok}: what each trade's amount is worth, rounded down.
    pub(crate) fairs: Vec<U256>,
    /// {value} of the amounts, rounded up each.
    pub(crate) sold_value: U256,
}

/// Clamps every trade, in the order given, to what is available and useful.
///
/// # Source
/// DESIGN section 7.4; invariant 12.
#[inline(never)]
pub(crate) fn clamp(asked: &Asked, scene: &Scene) -> Answer<Clamped> {
    let ground = &scene.ground;
    let mut useful = scene.useful.clone();
    let n = asked.sells.len();
    // One bit for each asset bought, by asset sold.
    let mut pairs = [0_u64; MAX_ASSETS];
    let mut clamped = Clamped {
        sells: Vec::with_capacity(n),
        buys: Vec::with_capacity(n),
        amounts: Vec::with_capacity(n),
        leasts: Vec::with_capacity(n),
        fairs: Vec::with_capacity(n),
        sold_value: U256::ZERO,
    };
    let rows = asked
        .sells
        .iter()
        .zip(&asked.buys)
        .zip(&asked.mosts)
        .zip(&asked.leasts)
        .zip(&asked.min_rates);
    for (index, ((((sell, buy), most), least), min_rate)) in rows.enumerate() {
        let (s, b) = (place(ground, *sell)?, place(ground, *buy)?);
        let bit = 1_u64.rotate_left(u32::try_from(b).unwrap_or(u32::MAX));
        let bought_for = pairs.get_mut(s).ok_or_else(overflow)?;
        if *bought_for & bit != 0 {
            return refuse(RebalanceDuplicateTrade {
                sell: *sell,
                buy: *buy,
            });
        }
        *bought_for |= bit;

        if at(&ground.sell_only, b)? {
            return refuse(RebalanceSellOnly { token: *buy });
        }
        let (price, floor) = (at(&scene.prices, b)?, at(&ground.floors, b)?);
        if price < floor {
            return refuse(RebalanceBelowFloor {
                token: *buy,
                priceD36: price,
                floorD36: floor,
            });
        }

        let (amount, value) = match useful.take_within(s, b, *most, U256::MAX) {
            Ok(taken) => taken,
            Err(ClampError::NotOver(i) | ClampError::NotUnder(i)) => {
                return wrong_direction(i, scene)
            }
            Err(ClampError::Math(error)) => return Err(error.into()),
        };
        if amount.is_zero() || amount < *least {
            return refuse(RebalanceBelowLeast {
                index: U256::from(index),
                amount,
                least: *least,
            });
        }
        let (sell_d36, buy_d36) = (at(&scene.prices, s)?, at(&scene.prices, b)?);
        let (asks, counts) = (at(&scene.asks, s)?, at(&scene.counts, b)?);
        let least = min_buy_up(amount, sell_d36, buy_d36, asks, counts)?;
        clamped
            .leasts
            .push(least.max(rate_buy_up(amount, *min_rate)?));
        clamped
            .fairs
            .push(fair_buy_down(amount, sell_d36, buy_d36)?);
        clamped.sells.push(s);
        clamped.buys.push(b);
        clamped.amounts.push(amount);
        clamped.sold_value = clamped.sold_value.checked_add(value).ok_or_else(overflow)?;
    }
    Ok(clamped)
}

impl Clamped {
    /// Refuses too little and too much.
    #[inline(never)]
    pub(crate) fn require_size(&self, scene: &Scene) -> Answer<()> {
        require_notional(self.sold_value, scene)?;
        let nav = scene.basket.nav;
        let turnover = turnover_bps(self.sold_value, self.sold_value, nav)?;
        let max = scene.limits().max_turnover_bps;
        if turnover > max {
            return refuse(RebalanceTurnoverExceeded {
                turnoverBps: turnover,
                maxBps: max,
            });
        }
        let wad = part_wad_up(self.sold_value, nav)?;
        let left = scene.buckets.turnover.left();
        if wad > left {
            return refuse(RebalanceTurnoverBudgetSpent {
                turnoverWad: wad,
                leftWad: left,
            });
        }
        Ok(())
    }
}

/// What the vault measured, in its order of assets.
pub(crate) struct Outcome {
    /// {tok}
    pub(crate) sold: Vec<U256>,
    /// {tok}
    pub(crate) bought: Vec<U256>,
    /// {value}: rounded up.
    pub(crate) sold_value: U256,
    /// {value}: rounded down.
    pub(crate) bought_value: U256,
    pub(crate) basket: Basket,
    /// {wad}: rounded up.
    pub(crate) distance_wad: U256,
}

/// Judges what the vault measured, at the prices from before.
///
/// # Source
/// DESIGN section 7.4; invariants 9, 10, 12 and 24.
#[inline(never)]
pub(crate) fn judge(
    asked: &Asked,
    clamped: &Clamped,
    scene: &Scene,
    sold: &[U256],
    bought: &[U256],
) -> Answer<Outcome> {
    let (ground, basket) = (&scene.ground, &scene.basket);
    let snapshot = &scene.snapshot();
    let n = snapshot.held.len();
    let sold = by_asset(sold, &clamped.sells, n)?;
    let bought = by_asset(bought, &clamped.buys, n)?;

    let rates = Rates {
        sells: &clamped.sells,
        buys: &clamped.buys,
        amounts: &clamped.amounts,
        min_rates_d36: &asked.min_rates,
    };
    match guard::rates(rates, &sold, &bought) {
        Ok(()) => {}
        Err(GuardError::Refused(i, r)) => {
            return refuse(RebalanceRateTooLow {
                buy: at(&ground.tokens, i)?,
                bought: r.got,
                min: r.bound,
            })
        }
        Err(GuardError::Math(error)) => return Err(error.into()),
    }

    let sold_value = price::total_up(&sold, snapshot.prices)?;
    let bought_value = price::total_down(&bought, snapshot.prices)?;
    let least = asked_up(&sold, snapshot.prices, &scene.asks)?;
    let counted = counted_down(&bought, snapshot.prices, &scene.counts)?;
    if let Err(r) = guard::value_kept(least, counted) {
        return refuse(RebalanceSlippage {
            boughtValue: r.got,
            minValue: r.bound,
        });
    }

    // What comes beyond the worth of what was sold, asked for or of a filler's own will, crosses no target.
    let counted: Vec<U256> = by_asset(&clamped.fairs, &clamped.buys, n)?
        .into_iter()
        .zip(&bought)
        .map(|(fair, bought)| fair.min(*bought))
        .collect();
    match guard::no_overshoot(snapshot, basket, &sold, &counted) {
        Ok(()) => {}
        Err(GuardError::Refused(i, r)) => {
            return refuse(RebalanceOvershoot {
                token: at(&ground.tokens, i)?,
                value: r.got,
                targetValue: r.bound,
            })
        }
        Err(GuardError::Math(error)) => return Err(error.into()),
    }

    let mut after = basket.clone();
    let moved = sold.iter().zip(&bought).enumerate();
    for (i, (sold, bought)) in moved.filter(|(_, (s, b))| !s.is_zero() || !b.is_zero()) {
        // {tok} = {tok} - {tok} + {tok}
        let now = at(snapshot.held, i)?
            .checked_sub(*sold)
            .and_then(|left| left.checked_add(*bought))
            .ok_or_else(overflow)?;
        after.revalue(i, now, at(snapshot.prices, i)?)?;
    }
    let distance_wad = distance_wad_up(&after.values, snapshot.weights, after.nav)?;
    match guard::progress(
        scene.plan.distance_wad,
        distance_wad,
        scene.plan.turnover_wad_up()?,
        scene
            .moment
            .progress_bps_up(scene.limits().min_progress_bps)?,
    ) {
        Ok(()) => {}
        Err(ProgressError::NoProgress { before, after }) => {
            return refuse(RebalanceNoProgress {
                distanceBefore: before,
                distanceAfter: after,
            })
        }
        Err(ProgressError::TooSmall(r)) => {
            return refuse(RebalanceProgressTooSmall {
                fall: r.got,
                min: r.bound,
            })
        }
    }
    require_notional(sold_value, scene)?;
    Ok(Outcome {
        sold,
        bought,
        sold_value,
        bought_value,
        basket: after,
        distance_wad,
    })
}

fn require_notional(sold_value: U256, scene: &Scene) -> Answer<()> {
    let min = scene.limits().min_notional;
    if sold_value < min {
        return refuse(RebalanceNotionalTooSmall {
            soldValue: sold_value,
            min,
        });
    }
    Ok(())
}

#[inline(never)]
fn wrong_direction<T>(index: usize, scene: &Scene) -> Answer<T> {
    let drift = drift_of(
        at(&scene.basket.values, index)?,
        at(&scene.ground.weights, index)?,
        scene.basket.nav,
    )?;
    // Drifts are at most one whole, so they fit.
    let size = I256::try_from(drift.size()).unwrap_or(I256::MAX);
    refuse(RebalanceWrongDirection {
        token: at(&scene.ground.tokens, index)?,
        driftWad: match drift {
            Gap::Under(_) => size.wrapping_neg(),
            Gap::Over(_) | Gap::On => size,
        },
    })
}

/// Sums amounts reported trade by trade into one for each of `n` assets.
fn by_asset(amounts: &[U256], places: &[usize], n: usize) -> Answer<Vec<U256>> {
    if amounts.len() != places.len() {
        return Err(overflow());
    }
    let mut sums = vec![U256::ZERO; n];
    for (amount, place) in amounts.iter().zip(places) {
        let sum = sums.get_mut(*place).ok_or_else(overflow)?;
        *sum = sum.checked_add(*amount).ok_or_else(overflow)?;
    }
    Ok(sums)
}

fn place(ground: &Ground, token: Address) -> Answer<usize> {
    match ground.tokens.iter().position(|t| *t == token) {
        Some(place) => Ok(place),
        None if ground.quarantined.contains(&token) => refuse(RebalanceQuarantined { token }),
        None => refuse(RebalanceUnknownAsset { token }),
    }
}

/// The element at a place that was found in arrays of the same length.
pub(crate) fn at<T: Copy>(items: &[T], place: usize) -> Answer<T> {
    items.get(place).copied().ok_or_else(overflow)
}

pub(crate) fn overflow() -> Error {
    Error::Own(RebalanceMathOverflow {}.into())
}
