//! What to do now: state in, decision out. Knows no chain, no clock and no randomness, so that the same state always
//! ends in the same decision.

use alloy::primitives::{Address, I256, U256};
use ballast_math::{auction::Moment, mul_div::mul_div_up, MathError, WAD, WAD_PER_BPS};
use serde::Serialize;

use crate::{
    bid::Bid,
    config::{gwei, wad, Config, Mode, Observing},
    state::{Market, Offer, Opening, Purse, State},
};

/// Seconds after which nobody's look counts any more: the oracle's `MAX_UNSEEN_S`.
const MAX_UNSEEN_S: u64 = 21_600;
/// Seconds before that at which a keeper looks.
const LOOK_AHEAD_S: u64 = 1_800;
/// Gas of whatever is no rebalance, before it was simulated.
pub(crate) const SMALL_GAS: u64 = 400_000;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start the clock of the auction.
    Open,
    /// Trade.
    Rebalance(Box<Offer>),
    /// Stop the clock of an opening that nobody needs.
    Close,
    /// Tell the policy that targets are reached.
    Settle,
    /// Look at watched assets.
    Observe(Vec<Address>),
}

impl Action {
    /// Its name, for logs, metrics and files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Rebalance(_) => "rebalance",
            Self::Close => "close",
            Self::Settle => "settle",
            Self::Observe(_) => "observe",
        }
    }
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Do it, if it can be simulated.
    Act(Action),
    /// Nothing, and why.
    Wait(Why),
}

/// Why nothing is done. Times in seconds, amounts in wei, values in USD with 18 decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// A transaction of ours is not mined yet.
    InFlight,
    /// The node is behind what it has shown already.
    NodeBehind {
        /// The block that it answered for.
        block: u64,
        /// The block of our last transaction.
        acted_in: u64,
    },
    /// Too many transactions reverted today.
    TooManyReverts {
        /// So many.
        reverted: u64,
        /// So many are borne.
        max: u64,
    },
    /// No validated prices.
    Unpriced {
        /// The oracle's refusal.
        refusal: String,
    },
    /// Rebalancing is paused.
    Paused {
        /// When that ends.
        until: u64,
    },
    /// No trigger is true, or nothing is worth trading.
    NotDue,
    /// The last rebalance was too short a time ago.
    Resting {
        /// When the next may be.
        until: u64,
    },
    /// No venue quotes what the plan trades.
    NoOffer,
    /// The opening ends too soon.
    OpeningEnds {
        /// When it is void.
        until: u64,
    },
    /// It does not pay yet.
    TooEarly {
        /// When it does, if the venues stay as they are.
        pays_at: u64,
    },
    /// It would not pay at the end of the ramp either.
    DoesNotPay {
        /// The best there is: profit in mode `own-filler`, what it costs in mode `public-filler`; negative for the other way round.
        best: I256,
        /// What is wanted: the least profit, or the most it may cost.
        bound: U256,
    },
    /// Gas is too dear.
    GasPrice {
        /// Its price.
        price: U256,
        /// The ceiling.
        max: U256,
    },
    /// L1 data is too dear.
    L1Fee {
        /// What it would cost, value.
        fee: U256,
        /// The ceiling.
        max: U256,
    },
    /// The transaction is too dear.
    Fee {
        /// What it would cost, value.
        fee: U256,
        /// The ceiling.
        max: U256,
    },
    /// The day's gas is spent.
    GasBudget {
        /// What was spent and what this would cost, value.
        spent: U256,
        /// The budget.
        max: U256,
    },
    /// The keeper's account has too little.
    Purse {
        /// What it has.
        balance: U256,
        /// What a node demands that it has: gas limit at the price that is offered.
        needed: U256,
    },
    /// A contract refuses what was simulated.
    Refused {
        /// Its error.
        refusal: String,
    },
    /// The market moved while the transaction was simulated.
    Moved,
    /// A number does not fit.
    Arithmetic,
}

impl Why {
    /// Its name, for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::NodeBehind { .. } => "node_behind",
            Self::TooManyReverts { .. } => "too_many_reverts",
            Self::Unpriced { .. } => "unpriced",
            Self::Paused { .. } => "paused",
            Self::NotDue => "not_due",
            Self::Resting { .. } => "resting",
            Self::NoOffer => "no_offer",
            Self::OpeningEnds { .. } => "opening_ends",
            Self::TooEarly { .. } => "too_early",
            Self::DoesNotPay { .. } => "does_not_pay",
            Self::GasPrice { .. } => "gas_price",
            Self::L1Fee { .. } => "l1_fee",
            Self::Fee { .. } => "fee",
            Self::GasBudget { .. } => "gas_budget",
            Self::Purse { .. } => "purse",
            Self::Refused { .. } => "refused",
            Self::Moved => "moved",
            Self::Arithmetic => "arithmetic",
        }
    }
}

/// What an offer comes to at one moment of the ramp; {value}.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Weighed {
    /// What is sold.
    pub sold: U256,
    /// What the venues pay for it.
    pub bought: U256,
    /// What of that is owed to the vault.
    pub owed: U256,
    /// What the transaction pays for gas.
    pub fee: U256,
    /// What the keeper has left in mode `own-filler`: bought − owed − fee.
    pub profit: I256,
    /// What the DAO gives up in mode `public-filler`: sold − bought + fee.
    pub cost: I256,
    /// Every bound of the rebalancer is kept.
    pub allowed: bool,
}

/// What to do.
pub fn decide(config: &Config, state: &State, offers: &[Offer]) -> Decision {
    match reckon(config, state, offers) {
        Ok(decision) => decision,
        Err(_) => Decision::Wait(Why::Arithmetic),
    }
}

fn reckon(config: &Config, state: &State, offers: &[Offer]) -> Result<Decision, MathError> {
    let wait = |why| Ok(Decision::Wait(why));
    if state.in_flight {
        return wait(Why::InFlight);
    }
    if state.block < state.acted_in {
        let (block, acted_in) = (state.block, state.acted_in);
        return wait(Why::NodeBehind { block, acted_in });
    }
    let (reverted, max) = (state.purse.reverted_today, config.gas.max_reverts_per_day);
    if reverted >= max {
        return wait(Why::TooManyReverts { reverted, max });
    }
    let small = |action| affordable(config, &state.purse, action, SMALL_GAS, 0);
    let market = match &state.market {
        Ok(market) => market,
        Err(refused) => {
            let can_look = refused.unseen && config.observe != Observing::Never;
            if can_look && !state.watched.is_empty() {
                return small(Action::Observe(everybody(state)));
            }
            let refusal = refused.words.clone();
            return wait(Why::Unpriced { refusal });
        }
    };
    if state.now < state.paused_until {
        let until = state.paused_until;
        return wait(Why::Paused { until });
    }
    if must_look(config, state, market) {
        return small(Action::Observe(everybody(state)));
    }
    if market.reason == 0 {
        let few = state.limits.min_drift_bps.saturating_mul(WAD_PER_BPS);
        let is_there = state.targets_pending && state.weights_end <= state.now;
        if config.settles() && is_there && market.distance_wad < few {
            return small(Action::Settle);
        }
        return match state.opening {
            Some(_) if config.closes() => small(Action::Close),
            _ => wait(Why::NotDue),
        };
    }
    if state.now < state.next_at {
        let until = state.next_at;
        return wait(Why::Resting { until });
    }
    if let Some(why) = too_dear(config, &state.purse) {
        return wait(why);
    }
    if offers.is_empty() {
        return wait(Why::NoOffer);
    }
    trade(config, state, market, offers)
}

/// Something is due: trade if that pays now, else open, else wait for the ramp.
fn trade(
    config: &Config,
    state: &State,
    market: &Market,
    offers: &[Offer],
) -> Result<Decision, MathError> {
    let wait = |why| Ok(Decision::Wait(why));
    let now = state.moment(state.now);
    let ends = |opening: Opening| state.now.saturating_add(config.trade.margin_s) >= opening.until;
    if let Some(offer) = best(config, state, market, offers, now, U256::ZERO)? {
        return match state.opening {
            Some(opening) if ends(opening) => wait(Why::OpeningEnds {
                until: opening.until,
            }),
            _ => {
                let action = Action::Rebalance(Box::new(offer.clone()));
                affordable(config, &state.purse, action, offer.gas, offer.l1_gas)
            }
        };
    }
    let Some(opening) = state.opening else {
        // {value}: the opening is paid for too.
        let opening_fee = state.purse.value(state.purse.fee(SMALL_GAS))?;
        let pays = best(config, state, market, offers, Moment::END, opening_fee)?;
        return match pays {
            Some(_) if state.limits.ramp_s > 0 => {
                affordable(config, &state.purse, Action::Open, SMALL_GAS, 0)
            }
            _ => wait(does_not_pay(config, state, market, offers)?),
        };
    };
    match pays_at(config, state, market, offers, opening)? {
        Some(pays_at) => wait(Why::TooEarly { pays_at }),
        None => wait(does_not_pay(config, state, market, offers)?),
    }
}

/// The first second of the ramp at which some offer pays: what is asked only falls.
fn pays_at(
    config: &Config,
    state: &State,
    market: &Market,
    offers: &[Offer],
    opening: Opening,
) -> Result<Option<u64>, MathError> {
    let pays = |time: u64| -> Result<bool, MathError> {
        let moment = state.moment(time);
        Ok(best(config, state, market, offers, moment, U256::ZERO)?.is_some())
    };
    let (mut early, mut late) = (state.now, opening.ramp_end.max(state.now));
    if !pays(late)? {
        return Ok(None);
    }
    while late.saturating_sub(early) > 1 {
        let middle = early.midpoint(late);
        match pays(middle)? {
            true => late = middle,
            false => early = middle,
        }
    }
    Ok(Some(late))
}

/// The best offer that pays at `moment` with `besides` to be paid too, {value}.
///
/// In mode `own-filler` the one with the greatest profit; in mode `public-filler` the one that makes most of the plan, and
/// among those the cheapest for the DAO.
fn best<'a>(
    config: &Config,
    state: &State,
    market: &Market,
    offers: &'a [Offer],
    moment: Moment,
    besides: U256,
) -> Result<Option<&'a Offer>, MathError> {
    let mut found: Option<(&Offer, (U256, I256))> = None;
    for offer in offers {
        let weighed = weigh(state, market, offer, moment)?;
        if !weighed.allowed || !pays(config, &weighed, besides)? {
            continue;
        }
        let rank = match config.mode {
            Mode::OwnFiller => (U256::ZERO, weighed.profit),
            Mode::PublicFiller => (U256::from(offer.share_bps), -weighed.cost),
        };
        if found.as_ref().is_none_or(|(_, other)| rank > *other) {
            found = Some((offer, rank));
        }
    }
    Ok(found.map(|(offer, _)| offer))
}

/// Whether an offer so weighed is worth its while, with `besides` to be paid too.
pub fn pays(config: &Config, weighed: &Weighed, besides: U256) -> Result<bool, MathError> {
    let besides = signed(besides)?;
    match config.mode {
        Mode::OwnFiller => {
            let least = signed(wad(config.trade.min_profit_usd))?;
            Ok(weighed.profit - besides >= least)
        }
        Mode::PublicFiller => Ok(weighed.cost + besides <= signed(bearable(config, weighed)?)?),
    }
}

/// {value}: most that a rebalance of so much may cost the DAO.
fn bearable(config: &Config, weighed: &Weighed) -> Result<U256, MathError> {
    // {value} = {value} · {wad of bps} / (WAD · 10,000)
    let ten_thousand = WAD.saturating_mul(U256::from(10_000));
    ballast_math::mul_div::mul_div_down(weighed.sold, wad(config.trade.max_cost_bps), ten_thousand)
}

/// What an offer comes to at `moment`.
///
/// # Errors
/// [`MathError`] for numbers that do not fit, or places that are not the market's.
pub fn weigh(
    state: &State,
    market: &Market,
    offer: &Offer,
    moment: Moment,
) -> Result<Weighed, MathError> {
    let (mut sold, mut bought, mut owed) = (U256::ZERO, U256::ZERO, U256::ZERO);
    let mut enough = !offer.legs.is_empty();
    for leg in &offer.legs {
        let least = state.least(market, leg, moment)?;
        enough &= leg.bought >= least && !leg.amount.is_zero();
        sold = sold.saturating_add(market.value(leg.sell, leg.amount)?);
        bought = bought.saturating_add(market.value(leg.buy, leg.bought)?);
        owed = owed.saturating_add(market.value(leg.buy, least)?);
    }
    let fee = state.purse.value(state.purse.fee(offer.gas))?;
    // {wad}: the vault never gets less than it is owed.
    let lost = mul_div_up(sold.saturating_sub(owed), WAD, market.nav)?;
    let share = U256::from(offer.share_bps);
    let progress = moment.progress_bps_up(state.limits.min_progress_bps)?;
    let whole = U256::from(10_000);
    let far_enough = share >= whole || share > progress;
    let within = lost <= state.loss_left_wad && sold >= state.limits.min_notional;
    Ok(Weighed {
        sold,
        bought,
        owed,
        fee,
        profit: signed(bought)? - signed(owed)? - signed(fee)?,
        cost: signed(sold)? - signed(bought)? + signed(fee)?,
        allowed: enough && far_enough && within,
    })
}

/// The best that the end of the ramp would bring, and what is wanted.
fn does_not_pay(
    config: &Config,
    state: &State,
    market: &Market,
    offers: &[Offer],
) -> Result<Why, MathError> {
    let mut found: Option<Weighed> = None;
    for offer in offers {
        let weighed = weigh(state, market, offer, Moment::END)?;
        let better = |other: &Weighed| match config.mode {
            Mode::OwnFiller => weighed.profit > other.profit,
            Mode::PublicFiller => weighed.cost < other.cost,
        };
        if found.as_ref().is_none_or(better) {
            found = Some(weighed);
        }
    }
    let Some(weighed) = found else {
        return Ok(Why::NoOffer);
    };
    let (best, bound) = match config.mode {
        Mode::OwnFiller => (weighed.profit, wad(config.trade.min_profit_usd)),
        Mode::PublicFiller => (weighed.cost, bearable(config, &weighed)?),
    };
    Ok(Why::DoesNotPay { best, bound })
}

/// Acts if the purse bears it.
fn affordable(
    config: &Config,
    purse: &Purse,
    action: Action,
    gas: u64,
    l1_gas: u64,
) -> Result<Decision, MathError> {
    Ok(match afford(config, purse, gas, l1_gas)? {
        None => Decision::Act(action),
        Some(why) => Decision::Wait(why),
    })
}

/// Which ceiling a transaction of so much gas would break, if any.
///
/// # Errors
/// [`MathError::Overflow`].
pub fn afford(
    config: &Config,
    purse: &Purse,
    gas: u64,
    l1_gas: u64,
) -> Result<Option<Why>, MathError> {
    if let Some(why) = too_dear(config, purse) {
        return Ok(Some(why));
    }
    let gas_config = &config.gas;
    let (fee, max) = (
        purse.value(purse.fee(l1_gas))?,
        wad(gas_config.max_l1_fee_usd),
    );
    if fee > max {
        return Ok(Some(Why::L1Fee { fee, max }));
    }
    let needed = purse.fee(gas);
    let (fee, max) = (purse.value(needed)?, wad(gas_config.max_fee_usd));
    if fee > max {
        return Ok(Some(Why::Fee { fee, max }));
    }
    let spent = purse.value(purse.spent_today.saturating_add(needed))?;
    let max = wad(gas_config.budget_usd_per_day);
    if spent > max {
        return Ok(Some(Why::GasBudget { spent, max }));
    }
    // What the node demands, not what it will cost: for less it takes nothing.
    let needed = Bid::first(gas_config, gas, purse.gas_price.saturating_to()).needed();
    let balance = purse.balance;
    Ok((balance < needed).then_some(Why::Purse { balance, needed }))
}

fn too_dear(config: &Config, purse: &Purse) -> Option<Why> {
    let (price, max) = (purse.gas_price, gwei(config.gas.max_price_gwei));
    (price > max).then_some(Why::GasPrice { price, max })
}

/// Whether watched assets would go unseen for too long.
fn must_look(config: &Config, state: &State, market: &Market) -> bool {
    let needed = match config.observe {
        Observing::Never => false,
        Observing::Always => true,
        Observing::WhenNeeded => market.reason != 0 || state.opening.is_some(),
    };
    let is_old = |observed_at: u64| {
        state.now.saturating_sub(observed_at) > MAX_UNSEEN_S.saturating_sub(LOOK_AHEAD_S)
    };
    needed && state.watched.iter().any(|asset| is_old(asset.observed_at))
}

fn everybody(state: &State) -> Vec<Address> {
    state.watched.iter().map(|asset| asset.token).collect()
}

fn signed(value: U256) -> Result<I256, MathError> {
    // A tenth of the range, so that a few of them can be added.
    match value.bit_len() < 250 {
        true => Ok(I256::from_raw(value)),
        false => Err(MathError::Overflow),
    }
}
