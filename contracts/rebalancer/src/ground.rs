//! What a rebalance stands on: holdings, rules and prices, each read once, and what follows from them.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::{flag, limit, reason};
use ballast_math::{
    band,
    basket::Basket,
    clamp::Useful,
    plan::{self, Plan, Snapshot},
    ramp,
};

use crate::{calls, types::*, Rebalancer};

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
        })
    }
}

fn seconds(value: U256) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Holdings and rules: what is known before anything is priced. Arrays in the vault's order of assets.
pub(crate) struct Ground {
    pub(crate) tokens: Vec<Address>,
    /// {tok}
    pub(crate) held: Vec<U256>,
    /// {wad}: effective now.
    pub(crate) weights: Vec<U256>,
    /// {bps}
    pub(crate) bands: Vec<U256>,
    pub(crate) limits: Limits,
    pub(crate) policy_nonce: U256,
    /// Seconds.
    pub(crate) paused_until: U256,
    /// Targets were set and not reached yet.
    pub(crate) pending: bool,
}

impl Ground {
    /// Asks the vault, then the policy.
    pub(crate) fn read(program: &Rebalancer, vault: Address) -> Answer<Self> {
        let (tokens, held) = calls::holdings(program, vault)?;
        let (weights, bands, limits, policy_nonce, paused_until, flags) =
            calls::rules(program, &tokens)?;
        Ok(Self {
            tokens,
            held,
            weights,
            bands,
            limits: Limits::new(&limits)?,
            policy_nonce,
            paused_until,
            pending: !(flags & U256::from(flag::TARGETS_PENDING)).is_zero(),
        })
    }

    /// Asks the oracle: the one price snapshot of this call, D36{value/tok}.
    pub(crate) fn prices(&self, program: &Rebalancer) -> Answer<Vec<U256>> {
        calls::prices(program, &self.tokens)
    }

    pub(crate) fn snapshot<'a>(&'a self, prices: &'a [U256]) -> Snapshot<'a> {
        Snapshot {
            held: &self.held,
            prices,
            weights: &self.weights,
        }
    }

    /// The best plan within the limits, of a basket and of what is useful of it, both at the snapshot.
    pub(crate) fn plan(
        &self,
        snapshot: &Snapshot<'_>,
        basket: &Basket,
        useful: Useful,
    ) -> Answer<Plan> {
        Ok(plan::plan_of(
            snapshot,
            basket,
            useful,
            self.limits.max_turnover_bps,
            self.limits.min_notional,
        )?)
    }

    /// Which trigger is true of `basket`, {wad} `distance` from the targets: why a rebalance is due.
    ///
    /// # Source
    /// DESIGN section 7.1; invariant 13.
    pub(crate) fn trigger(&self, basket: &Basket, distance_wad: U256) -> Answer<u64> {
        Ok(if band::any_outside(basket, &self.weights, &self.bands)? {
            reason::BAND
        } else if self.pending && distance_wad >= self.limits.min_drift_wad {
            reason::TARGETS_PENDING
        } else {
            reason::NONE
        })
    }

    /// Refuses, and names the asset furthest outside its band.
    pub(crate) fn not_eligible<T>(&self, basket: &Basket) -> Answer<T> {
        let worst = band::outside(basket, &self.weights, &self.bands)?;
        refuse(RebalanceNotEligible {
            worstDriftBps: worst.drift_bps,
            bandBps: worst.band_bps,
        })
    }

    /// The best plan, with NAV and distance, and the reason why it may be traded now.
    pub(crate) fn assess(&self, prices: &[U256]) -> Answer<(Plan, u64)> {
        let snapshot = self.snapshot(prices);
        let basket = Basket::new(&self.held, prices)?;
        let useful = Useful::new(&snapshot, &basket)?;
        let plan = self.plan(&snapshot, &basket, useful)?;
        if plan.trades.is_empty() {
            return Ok((plan, reason::NONE));
        }
        let reason = self.trigger(&basket, plan.distance_wad)?;
        Ok((plan, reason))
    }
}
