//! What a rebalance stands on: holdings, rules, prices and the program's own clocks, each read once, and what
//! follows from them.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::{flag, limit, mode, reason};
use ballast_math::{
    auction::{Moment, Terms},
    band,
    basket::Basket,
    clamp::Useful,
    mul_div::mul_div_down,
    plan::{self, Plan, Snapshot},
    ramp, WAD_PER_BPS,
};

use crate::{
    calls,
    trades::at,
    types::*,
    words::{Buckets, Budgets, Head, Levels, Opening},
    Rebalancer,
};

/// The limits that bind today.
pub(crate) struct Limits {
    /// {bps}
    pub(crate) slippage_bps: U256,
    /// Seconds.
    pub(crate) cooldown_s: u64,
    /// Seconds.
    pub(crate) slice_cooldown_s: u64,
    /// {bps}
    pub(crate) min_progress_bps: U256,
    /// {value}
    pub(crate) min_notional: U256,
    /// {wad}
    pub(crate) min_drift_wad: U256,
    /// {bps}
    pub(crate) max_turnover_bps: U256,
    /// Seconds; 0 for no auction.
    pub(crate) ramp_s: u64,
    /// Seconds.
    pub(crate) hold_s: u64,
    pub(crate) levels: Levels,
    /// Seconds; 0 for no schedule.
    pub(crate) interval_s: u64,
    /// {bps}
    pub(crate) stress_cap_bps: U256,
}

impl Limits {
    fn new(limits: &[U256]) -> Answer<Self> {
        let get = |id: usize| {
            limits
                .get(id)
                .copied()
                .ok_or(Error::Own(RebalanceMathOverflow {}.into()))
        };
        Ok(Self {
            slippage_bps: get(limit::MAX_SLIPPAGE_BPS)?,
            cooldown_s: seconds(get(limit::COOLDOWN_S)?),
            slice_cooldown_s: seconds(get(limit::SLICE_COOLDOWN_S)?),
            min_progress_bps: get(limit::MIN_PROGRESS_BPS)?,
            min_notional: get(limit::MIN_NOTIONAL_WAD)?,
            min_drift_wad: ramp::bps_to_wad(get(limit::MIN_DRIFT_BPS)?)?,
            max_turnover_bps: get(limit::MAX_TURNOVER_BPS)?,
            ramp_s: seconds(get(limit::RAMP_S)?),
            hold_s: seconds(get(limit::HOLD_S)?),
            levels: Levels {
                loss_bps: get(limit::LOSS_BUDGET_BPS)?,
                loss_period_s: seconds(get(limit::LOSS_PERIOD_S)?),
                yearly_loss_bps: get(limit::YEARLY_LOSS_BPS)?,
                turnover_bps: get(limit::TURNOVER_BUDGET_BPS)?,
                turnover_period_s: seconds(get(limit::TURNOVER_PERIOD_S)?),
            },
            interval_s: seconds(get(limit::SCHEDULE_INTERVAL_S)?),
            stress_cap_bps: get(limit::BAND_STRESS_CAP_BPS)?,
        })
    }
}

fn seconds(value: U256) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// What the policy decided, and nothing of the assets.
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) policy_nonce: U256,
    /// Seconds.
    pub(crate) paused_until: U256,
    /// Targets were set and not reached yet.
    pub(crate) pending: bool,
}

impl Rules {
    fn new(limits: &[U256], policy_nonce: U256, paused_until: U256, flags: U256) -> Answer<Self> {
        Ok(Self {
            limits: Limits::new(limits)?,
            policy_nonce,
            paused_until,
            pending: !(flags & U256::from(flag::TARGETS_PENDING)).is_zero(),
        })
    }

    /// Asks the policy.
    #[inline(never)]
    pub(crate) fn read(program: &Rebalancer) -> Answer<Self> {
        let (.., limits, nonce, paused_until, flags) = calls::rules(program, &[])?;
        Self::new(&limits, nonce, paused_until, flags)
    }

    /// An opening made now, under the policy of now.
    pub(crate) fn today(&self, now: u64) -> Opening {
        Opening {
            at: now,
            policy_nonce: seconds(self.policy_nonce),
            paused_until: seconds(self.paused_until),
        }
    }

    /// From when on the next rebalance may be, seconds.
    pub(crate) fn next_at(&self, head: &Head) -> u64 {
        head.next_at(self.limits.cooldown_s.max(self.limits.slice_cooldown_s))
    }

    /// The opening, if its age, policy and pause let it hold at `now`. What the market says of it is not in here.
    pub(crate) fn held(&self, opening: Opening, now: u64) -> Option<Opening> {
        let limits = &self.limits;
        let holds =
            limits.ramp_s != 0 && opening.holds(&self.today(now), limits.ramp_s, limits.hold_s);
        holds.then_some(opening)
    }

    /// How far an opening is; without an auction all is allowed, without an opening as little as at its start.
    pub(crate) fn moment(&self, opening: Option<Opening>, now: u64) -> Moment {
        match opening {
            _ if self.limits.ramp_s == 0 => Moment::END,
            Some(opening) => Moment::of(now.saturating_sub(opening.at), self.limits.ramp_s),
            None => Moment::START,
        }
    }
}

/// Holdings and rules: what is known before anything is priced. Arrays in the vault's order of assets, without those
/// that are quarantined: they are neither priced nor traded nor counted.
pub(crate) struct Ground {
    pub(crate) tokens: Vec<Address>,
    /// {tok}
    pub(crate) held: Vec<U256>,
    /// {wad}: effective now.
    pub(crate) weights: Vec<U256>,
    /// {bps}: as governance set them.
    pub(crate) bands: Vec<U256>,
    /// Never bought, whatever the price.
    pub(crate) sell_only: Vec<bool>,
    /// D36{value/tok}: never bought below; 0 for no floor.
    pub(crate) floors: Vec<U256>,
    pub(crate) quarantined: Vec<Address>,
    pub(crate) rules: Rules,
}

impl Ground {
    /// Asks the vault, then the policy.
    #[inline(never)]
    pub(crate) fn read(program: &Rebalancer, vault: Address) -> Answer<Self> {
        let (tokens, held) = calls::holdings(program, vault)?;
        let (weights, bands, modes, floors, limits, policy_nonce, paused_until, flags) =
            calls::rules(program, &tokens)?;
        let mut ground = Self {
            tokens: Vec::with_capacity(tokens.len()),
            held: Vec::with_capacity(tokens.len()),
            weights: Vec::with_capacity(tokens.len()),
            bands: Vec::with_capacity(tokens.len()),
            sell_only: Vec::with_capacity(tokens.len()),
            floors: Vec::with_capacity(tokens.len()),
            quarantined: Vec::new(),
            rules: Rules::new(&limits, policy_nonce, paused_until, flags)?,
        };
        for (i, token) in tokens.into_iter().enumerate() {
            let mode = at(&modes, i)?;
            if mode == U256::from(mode::QUARANTINED) {
                ground.quarantined.push(token);
                continue;
            }
            ground.tokens.push(token);
            ground.held.push(at(&held, i)?);
            ground.weights.push(at(&weights, i)?);
            ground.bands.push(at(&bands, i)?);
            ground.sell_only.push(mode != U256::from(mode::NORMAL));
            ground.floors.push(at(&floors, i)?);
        }
        Ok(ground)
    }

    /// Refuses while paused and while the last rebalance rests.
    #[inline(never)]
    pub(crate) fn require_rested(&self, head: &Head, now: u64) -> Answer<()> {
        let until = self.rules.paused_until;
        if U256::from(now) < until {
            return refuse(RebalancePaused { until });
        }
        let next_at = self.rules.next_at(head);
        if now < next_at {
            return refuse(RebalanceCooldown {
                now: U256::from(now),
                nextAt: U256::from(next_at),
            });
        }
        Ok(())
    }
}

/// The ground at one price snapshot, and what holds at this moment.
pub(crate) struct Scene {
    pub(crate) ground: Ground,
    /// D36{value/tok}
    pub(crate) prices: Vec<U256>,
    /// {ppb}: what a unit of sold value asks for, by asset.
    pub(crate) asks: Vec<U256>,
    /// {ppb}: what a unit of bought value counts for, by asset.
    pub(crate) counts: Vec<U256>,
    /// {wad}: effective bands.
    pub(crate) bands: Vec<U256>,
    /// The opening, if it holds.
    pub(crate) opening: Option<Opening>,
    pub(crate) moment: Moment,
    pub(crate) terms: Terms,
    pub(crate) buckets: Buckets,
    /// Seconds.
    pub(crate) schedule_from: u64,
    pub(crate) schedule_due: bool,
    pub(crate) basket: Basket,
    pub(crate) useful: Useful,
    /// The best plan within the limits and what is left of the turnover budget.
    pub(crate) plan: Plan,
    /// Which trigger is true, whether or not there is a plan.
    pub(crate) trigger: u64,
}

impl Scene {
    /// Asks the oracle: the one price snapshot of this call.
    #[inline(never)]
    pub(crate) fn read(program: &Rebalancer, ground: Ground, now: u64) -> Answer<Self> {
        let (prices, lags, stress, calm_since) = calls::market(program, &ground.tokens)?;
        let rules = &ground.rules;
        let limits = &rules.limits;
        let calm_since = seconds(calm_since);
        let opening = rules
            .held(program.opening(), now)
            .filter(|opening| opening.is_calm(calm_since));
        let moment = rules.moment(opening, now);
        let terms = Terms::new(moment, limits.slippage_bps)?;
        let mut asks = Vec::with_capacity(lags.len());
        let mut counts = Vec::with_capacity(lags.len());
        for lag in lags {
            asks.push(terms.sell_ppb_up(lag)?);
            counts.push(terms.buy_ppb_down(lag)?);
        }
        let mut bands = band::effective_bands(
            &ground.bands,
            &ground.weights,
            &stress,
            limits.stress_cap_bps,
        )?;

        let budgets: Budgets = program.budgets();
        let buckets = Buckets::at(&budgets, &limits.levels, now)?;
        let due_at = budgets.schedule_from.saturating_add(limits.interval_s);
        let schedule_due = limits.interval_s != 0 && now >= due_at;

        let basket = Basket::new(&ground.held, &prices)?;
        let snapshot = Snapshot {
            held: &ground.held,
            prices: &prices,
            weights: &ground.weights,
        };
        let mut useful = Useful::new(&snapshot, &basket)?;
        // What must not be bought asks for no rebalance by being underweight.
        for (i, band) in bands.iter_mut().enumerate() {
            let barred = at(&ground.sell_only, i)? || at(&prices, i)? < at(&ground.floors, i)?;
            if barred && useful.bar(i) {
                *band = band::NO_BAND;
            }
        }
        // {bps} = {wad} / {wad/bps}
        let room = mul_div_down(buckets.turnover.left(), U256::ONE, WAD_PER_BPS)?;
        let plan = plan::plan_of(
            &snapshot,
            &basket,
            useful.clone(),
            limits.max_turnover_bps.min(room),
            limits.min_notional,
        )?;
        let mut scene = Self {
            ground,
            prices,
            asks,
            counts,
            bands,
            opening,
            moment,
            terms,
            buckets,
            schedule_from: budgets.schedule_from,
            schedule_due,
            basket,
            useful,
            plan,
            trigger: reason::NONE,
        };
        if !scene.basket.nav.is_zero() {
            scene.trigger = scene.trigger_of(&scene.basket, scene.plan.distance_wad)?;
        }
        Ok(scene)
    }

    pub(crate) fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            held: &self.ground.held,
            prices: &self.prices,
            weights: &self.ground.weights,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.ground.rules.limits
    }

    /// Which trigger is true of `basket`, {wad} `distance` from the targets: why a rebalance is due.
    ///
    /// # Source
    /// DESIGN section 7.1; invariant 13.
    #[inline(never)]
    pub(crate) fn trigger_of(&self, basket: &Basket, distance_wad: U256) -> Answer<u64> {
        let far = distance_wad >= self.limits().min_drift_wad;
        Ok(
            if band::any_outside(basket, &self.ground.weights, &self.bands)? {
                reason::BAND
            } else if far && self.ground.rules.pending {
                reason::TARGETS_PENDING
            } else if far && self.schedule_due {
                reason::SCHEDULE
            } else {
                reason::NONE
            },
        )
    }

    /// Why a rebalance may be made now: a trigger, and something worth trading.
    pub(crate) fn reason(&self) -> u64 {
        if self.plan.trades.is_empty() {
            return reason::NONE;
        }
        self.trigger
    }

    /// Refuses unless a rebalance is due; names the asset furthest outside its band, or the budget that is spent.
    #[inline(never)]
    pub(crate) fn require_due(&self) -> Answer<()> {
        if self.basket.nav.is_zero() {
            return refuse(RebalanceZeroNav {});
        }
        if self.reason() != reason::NONE {
            return Ok(());
        }
        let left = self.buckets.turnover.left();
        let wanted = self.plan.distance_wad;
        if self.trigger != reason::NONE && left < wanted {
            return refuse(RebalanceTurnoverBudgetSpent {
                turnoverWad: wanted,
                leftWad: left,
            });
        }
        let worst = band::outside(&self.basket, &self.ground.weights, &self.bands)?;
        refuse(RebalanceNotEligible {
            worstDriftBps: worst.drift_bps,
            bandBps: worst.band_bps,
        })
    }

    /// Refuses while an opening is wanted: a trigger is true, or a drift is beyond half of its band.
    pub(crate) fn require_calmed(&self) -> Answer<()> {
        if self.basket.nav.is_zero() {
            return Ok(());
        }
        let halves = band::halves_down(&self.bands);
        let worst = band::outside(&self.basket, &self.ground.weights, &halves)?;
        if worst.outside || self.trigger != reason::NONE {
            return refuse(RebalanceStillDue {
                reason: U256::from(self.trigger),
                worstDriftBps: worst.drift_bps,
                halfBandBps: worst.band_bps,
            });
        }
        Ok(())
    }
}
