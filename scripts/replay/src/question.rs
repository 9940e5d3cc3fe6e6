//! Could a rebalance be due? Asked on the host by the very formulas and in the very order of the rebalancer.

use alloy::primitives::U256;
use anyhow::{anyhow, Result};
use ballast_math::{
    band, basket::Basket, budget, clamp::Useful, plan, plan::Snapshot, ramp, MathError, WAD_PER_BPS,
};

/// What governance decided.
#[derive(Debug, Clone)]
pub struct Mandate {
    /// {wad}
    pub weights_wad: Vec<U256>,
    /// {bps}
    pub bands_bps: Vec<U256>,
    /// By id.
    pub limits: Vec<U256>,
}

/// What the rebalancer remembers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clocks {
    /// Whether targets wait to be reached.
    pub pending: bool,
    /// Since when the schedule's interval runs.
    pub schedule_from: u64,
    /// {wad}: used of the turnover budget.
    pub turnover_used: U256,
    /// When that was.
    pub turnover_at: u64,
}

/// What a rebalance would be judged by at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Seconds.
    pub now: u64,
    /// {tok}
    pub held: &'a [U256],
    /// D36{value/tok}, validated.
    pub prices: &'a [U256],
    /// {wad}: volatility over its reference, 0 for none.
    pub stress: &'a [U256],
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which trigger is true, plan or no plan: 0 none, 1 band, 2 targets pending, 3 schedule.
    pub trigger: u64,
    /// The best plan within the limits.
    pub plan: plan::Plan,
}

impl Asked {
    /// Why a rebalance may be made: the trigger, if there is something to trade.
    pub fn reason(&self) -> u64 {
        match self.plan.trades.is_empty() {
            true => 0,
            false => self.trigger,
        }
    }
}

/// A formula's refusal as an error of ours.
pub(crate) fn math<T>(result: Result<T, MathError>) -> Result<T> {
    result.map_err(|e| anyhow!("a formula has no answer: {e:?}"))
}

impl Mandate {
    /// A limit by its id; zero for one that there is not.
    pub fn limit(&self, id: usize) -> U256 {
        self.limits.get(id).copied().unwrap_or_default()
    }

    /// A limit in seconds.
    pub fn seconds(&self, id: usize) -> u64 {
        self.limit(id).saturating_to()
    }

    /// {wad}: what is left of the turnover budget.
    pub fn turnover_left(&self, clocks: &Clocks, now: u64) -> Result<U256> {
        let budget = math(ramp::bps_to_wad(self.limit(12)))?;
        let passed = now.saturating_sub(clocks.turnover_at);
        let used = budget::used_up(clocks.turnover_used, budget, passed, self.seconds(13));
        Ok(budget::left(math(used)?, budget))
    }

    /// Whether and why a rebalance could be made.
    pub fn ask(&self, clocks: &Clocks, moment: &Moment<'_>) -> Result<Asked> {
        let bands = math(band::effective_bands(
            &self.bands_bps,
            &self.weights_wad,
            moment.stress,
            self.limit(15),
        ))?;
        let snapshot = Snapshot {
            held: moment.held,
            prices: moment.prices,
            weights: &self.weights_wad,
        };
        let basket = math(Basket::new(moment.held, moment.prices))?;
        let useful = math(Useful::new(&snapshot, &basket))?;
        // {bps} = {wad} / {wad/bps}
        let room = self.turnover_left(clocks, moment.now)? / WAD_PER_BPS;
        let plan = math(plan::plan_of(
            &snapshot,
            &basket,
            useful,
            self.limit(6).min(room),
            self.limit(4),
        ))?;
        let far = plan.distance_wad >= math(ramp::bps_to_wad(self.limit(5)))?;
        let interval = self.seconds(14);
        let is_scheduled = interval != 0 && moment.now >= clocks.schedule_from + interval;
        let trigger = if math(band::any_outside(&basket, &self.weights_wad, &bands))? {
            1
        } else if far && clocks.pending {
            2
        } else if far && is_scheduled {
            3
        } else {
            0
        };
        Ok(Asked { trigger, plan })
    }
}
