//! What a decision is made of: the treasury, the auction, the purse, the offers of the venues. Data only.

use alloy::primitives::{Address, Bytes, U256};
use ballast_math::{
    auction::{Moment, Terms},
    basket::Basket,
    clamp::Useful,
    plan::{self, Snapshot, Trade},
    MathError, BPS, D36, WAD_PER_BPS,
};
use serde::Serialize;

/// An asset that is priced and may be traded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The token.
    pub token: Address,
    /// {tok}: recorded holdings.
    pub held: U256,
    /// D36{value/tok}
    pub price_d36: U256,
    /// {wad}: target weight, effective now.
    pub weight_wad: U256,
    /// {bps}: how far its feed may lag.
    pub lag_bps: U256,
    /// Sell-only, or below its floor price: never bought.
    pub barred: bool,
}

/// The limits of the policy that a keeper reckons with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// {bps}: the greatest slippage.
    pub max_slippage_bps: U256,
    /// {bps}: least share of the best plan, at the end of the ramp.
    pub min_progress_bps: U256,
    /// {value}
    pub min_notional: U256,
    /// {bps}: least distance for pending targets and for the schedule.
    pub min_drift_bps: U256,
    /// {bps}: of one rebalance.
    pub max_turnover_bps: U256,
    /// Seconds; 0 for no auction.
    pub ramp_s: u64,
}

/// An opening that holds; seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// When it was made.
    pub opened_at: u64,
    /// When its ramp ends.
    pub ramp_end: u64,
    /// When it is void.
    pub until: u64,
}

/// The treasury at validated prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// In the vault's order, without those that are quarantined.
    pub assets: Vec<Asset>,
    /// {value}
    pub nav: U256,
    /// {wad}: distance to the targets.
    pub distance_wad: U256,
    /// Why a rebalance is due: 0 it is not, 1 band, 2 targets pending, 3 schedule.
    pub reason: u64,
}

/// Why there are no validated prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpriced {
    /// The refusal in words.
    pub words: String,
    /// Whether a look at the watched assets would end it.
    pub unseen: bool,
}

/// A watched asset, and when its volatility was looked at last; seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The token.
    pub token: Address,
    /// The last look.
    pub observed_at: u64,
}

/// Who pays for gas, and what gas costs; wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purse {
    /// What the keeper's account has.
    pub balance: U256,
    /// Per unit of gas, now.
    pub gas_price: U256,
    /// D36{value/wei}: of ether.
    pub ether_d36: U256,
    /// What its transactions of the last day cost.
    pub spent_today: U256,
    /// How many of them reverted.
    pub reverted_today: u64,
}

/// Everything that a decision is made of, at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The block.
    pub block: u64,
    /// Its time, seconds.
    pub now: u64,
    /// How many rebalances there were.
    pub rebalances: u64,
    /// What a rebalance must name.
    pub policy_nonce: U256,
    /// Until when rebalancing is paused, seconds.
    pub paused_until: u64,
    /// When the next rebalance may be, seconds.
    pub next_at: u64,
    /// The opening, if one holds.
    pub opening: Option<Opening>,
    /// The treasury at validated prices, or why there are none.
    pub market: Result<Market, Unpriced>,
    /// Targets were set that are not reached.
    pub targets_pending: bool,
    /// When weights stop moving, seconds.
    pub weights_end: u64,
    /// The policy's limits.
    pub limits: Limits,
    /// {wad} of NAV: what may still be lost, by the stricter of the two budgets.
    pub loss_left_wad: U256,
    /// {wad} of NAV: what may still be sold.
    pub turnover_left_wad: U256,
    /// Whom somebody must look at every few hours.
    pub watched: Vec<Watched>,
    /// Who pays for gas.
    pub purse: Purse,
    /// A transaction of ours that is not mined yet.
    pub in_flight: bool,
    /// The block of the last transaction of ours that was mined.
    pub acted_in: u64,
}

/// One trade of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Place of what is sold.
    pub sell: usize,
    /// Place of what is bought.
    pub buy: usize,
    /// {sell tok}
    pub amount: U256,
    /// {buy tok}: what the venue pays by its quote.
    pub bought: U256,
}

/// Through which filler, told what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The filler.
    pub filler: Address,
    /// What it is told.
    pub data: Bytes,
    /// The same for people.
    pub words: String,
}

/// One way to make a part of the plan, as the venues quote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// {bps}: of the plan's amounts.
    pub share_bps: u64,
    /// Trade by trade, in the plan's order.
    pub legs: Vec<Leg>,
    /// How.
    pub way: Way,
    /// Gas of the whole transaction, measured or assumed; what goes for L1 data is part of it.
    pub gas: u64,
    /// Gas for L1 data.
    pub l1_gas: u64,
}

impl Market {
    fn column(&self, of: impl Fn(&Asset) -> U256) -> Vec<U256> {
        self.assets.iter().map(of).collect()
    }

    /// The asset at `place`; places come from a plan of this market.
    pub(crate) fn asset(&self, place: usize) -> Result<&Asset, MathError> {
        self.assets.get(place).ok_or(MathError::LengthMismatch)
    }

    /// {value} = ⌊{tok} · price / D36⌋ of the asset at `place`.
    pub(crate) fn value(&self, place: usize, amount: U256) -> Result<U256, MathError> {
        ballast_math::price::value_down(amount, self.asset(place)?.price_d36)
    }
}

impl State {
    /// The best plan, by the very formula that the rebalancer uses.
    ///
    /// # Errors
    /// [`MathError`] as [`plan::plan_of`].
    pub fn plan(&self, market: &Market) -> Result<Vec<Trade>, MathError> {
        let held = market.column(|asset| asset.held);
        let prices = market.column(|asset| asset.price_d36);
        let weights = market.column(|asset| asset.weight_wad);
        let snapshot = Snapshot {
            held: &held,
            prices: &prices,
            weights: &weights,
        };
        let basket = Basket::new(&held, &prices)?;
        let mut useful = Useful::new(&snapshot, &basket)?;
        for (place, asset) in market.assets.iter().enumerate() {
            if asset.barred {
                useful.bar(place);
            }
        }
        // {bps} = {wad} / {wad/bps}
        let room = self.turnover_left_wad / WAD_PER_BPS;
        let limits = &self.limits;
        let most = limits.max_turnover_bps.min(room);
        let plan = plan::plan_of(&snapshot, &basket, useful, most, limits.min_notional)?;
        Ok(plan.trades)
    }

    /// How far the ramp is at the state's own time.
    pub fn moment_now(&self) -> Moment {
        self.moment(self.now)
    }

    /// How far the ramp is at `time`: at its start without an opening, unless nothing is auctioned.
    pub(crate) fn moment(&self, time: u64) -> Moment {
        match self.opening {
            _ if self.limits.ramp_s == 0 => Moment::END,
            Some(opening) if time < opening.until => {
                Moment::of(time.saturating_sub(opening.opened_at), self.limits.ramp_s)
            }
            _ => Moment::START,
        }
    }

    /// {buy tok}: what selling `amount` must buy at `moment`.
    pub(crate) fn least(
        &self,
        market: &Market,
        leg: &Leg,
        moment: Moment,
    ) -> Result<U256, MathError> {
        let terms = Terms::new(moment, self.limits.max_slippage_bps)?;
        let (sell, buy) = (market.asset(leg.sell)?, market.asset(leg.buy)?);
        plan::min_buy_up(
            leg.amount,
            sell.price_d36,
            buy.price_d36,
            terms.sell_ppb_up(sell.lag_bps)?,
            terms.buy_ppb_down(buy.lag_bps)?,
        )
    }
}

impl Purse {
    /// {value} = ⌈{wei} · D36{value/wei} / D36⌉.
    pub(crate) fn value(&self, wei: U256) -> Result<U256, MathError> {
        ballast_math::mul_div::mul_div_up(wei, self.ether_d36, D36)
    }

    /// Wei that so much gas costs now.
    pub(crate) fn fee(&self, gas: u64) -> U256 {
        U256::from(gas).saturating_mul(self.gas_price)
    }
}

/// {tok} = ⌊{tok} · {bps} / BPS⌋.
pub(crate) fn part(amount: U256, share_bps: u64) -> Result<U256, MathError> {
    ballast_math::mul_div::mul_div_down(amount, U256::from(share_bps), BPS)
}
