//! What a replay found.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use serde::Serialize;

/// A whole replay. Values are USD with 18 decimals; bps and per cent are numbers for people.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// First moment, seconds since 1970.
    pub from: u64,
    /// Last moment.
    pub to: u64,
    /// Prices that were replayed.
    pub hours: u64,
    /// What was held.
    pub assets: Vec<AssetOutcome>,
    /// NAV at the market's prices.
    pub nav: Nav,
    /// How near the weights were to their targets, at the market's prices.
    pub tracking: Tracking,
    /// The same of whoever did nothing.
    pub tracking_held: Tracking,
    /// Whoever rebalanced on the first of each month.
    pub monthly: Monthly,
    /// Rebalances that were executed, slices counted each.
    pub rebalances: u64,
    /// Of them slices, which left their trigger true.
    pub slices: u64,
    /// Auctions that were opened.
    pub openings: u64,
    /// Sold value a year, as a part of NAV.
    pub turnover_bps_a_year: f64,
    /// Given minus received at the market's prices, as a part of NAV, a year: fees, impact and lag.
    pub cost_bps_a_year: f64,
    /// The same per unit of sold value.
    pub cost_bps_of_sold: f64,
    /// Fall of NAV at the feeds' prices, as the budgets count it; gains count as nothing.
    pub loss_at_feeds_bps_a_year: f64,
    /// What the rebalances brought beyond what was asked of them: a keeper with a filler of its own would have kept it.
    pub surplus_bps_a_year: f64,
    /// Mean of the seconds between the opening and the rebalance.
    pub mean_wait_s: f64,
    /// Mean gas of a rebalance.
    pub mean_gas: u64,
    /// Hours in which a trigger was true and nothing was rebalanced, by the reason: an error's name, or `waiting for the ramp`.
    pub refusals: BTreeMap<String, u64>,
    /// Hours in which the oracle refused to price, by its error.
    pub unpriced_hours: BTreeMap<String, u64>,
    /// Of them hours in which the circuit breaker was open.
    pub breaker_hours: u64,
    /// Looks at the volatility.
    pub observations: u64,
    /// Answers of the feeds.
    pub feed_answers: u64,
    /// How often host and programs were asked the same, and agreed.
    pub checks: u64,
    /// Every rebalance.
    pub log: Vec<Rebalance>,
}

/// One asset.
#[derive(Debug, Clone, Serialize)]
pub struct AssetOutcome {
    /// What it is called.
    pub symbol: String,
    /// Target weight.
    pub target_bps: u64,
    /// Band.
    pub band_bps: u64,
    /// {tok} at first.
    pub held_first: U256,
    /// {tok} at last.
    pub held_last: U256,
    /// Weight at last.
    pub weight_bps: f64,
    /// Greatest drift, either way.
    pub max_drift_bps: f64,
}

/// NAV at the market's prices.
#[derive(Debug, Clone, Serialize)]
pub struct Nav {
    /// At first, of all.
    pub first_wad: U256,
    /// At last.
    pub last_wad: U256,
    /// At last, of whoever did nothing.
    pub held_wad: U256,
    /// At last, of whoever rebalanced every month.
    pub monthly_wad: U256,
}

/// Distance to the targets: the turnover that would reach them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tracking {
    /// Mean over the hours.
    pub mean_bps: f64,
    /// The hour that 95 of 100 are better than.
    pub p95_bps: f64,
    /// The worst hour.
    pub max_bps: f64,
}

/// Whoever rebalanced every month, at the same fees and depth.
#[derive(Debug, Clone, Serialize)]
pub struct Monthly {
    /// How often.
    pub rebalances: u64,
    /// Sold value a year, as a part of NAV.
    pub turnover_bps_a_year: f64,
    /// Given minus received, as a part of NAV, a year.
    pub cost_bps_a_year: f64,
    /// How near the weights were to their targets.
    pub tracking: Tracking,
}

/// One rebalance, as the programs reported it and as the market saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Rebalance {
    /// When it was mined.
    pub at: u64,
    /// Why: `band`, `targets pending`, `schedule`.
    pub reason: &'static str,
    /// Seconds since the opening; 0 without one.
    pub waited_s: u64,
    /// Part of the best plan that was tried.
    pub part_bps: u64,
    /// NAV before, at the feeds' prices.
    pub nav_before_wad: U256,
    /// NAV after, at the same prices.
    pub nav_after_wad: U256,
    /// Distance before.
    pub distance_before_bps: f64,
    /// Distance after.
    pub distance_after_bps: f64,
    /// {tok} sold, asset by asset.
    pub sold: Vec<U256>,
    /// {tok} bought, asset by asset.
    pub bought: Vec<U256>,
    /// D36{value/tok} of the feeds.
    pub prices_d36: Vec<U256>,
    /// What was sold, at the market's prices.
    pub sold_wad: U256,
    /// What was bought, at the market's prices.
    pub bought_wad: U256,
    /// Value beyond what was asked, at the feeds' prices.
    pub surplus_wad: U256,
    /// Gas it used.
    pub gas: u64,
}

/// What is drawn: one number an hour.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// Seconds since 1970.
    pub times: Vec<u64>,
    /// USD.
    pub nav: Vec<f64>,
    /// USD, of whoever did nothing.
    pub nav_held: Vec<f64>,
    /// USD, of whoever rebalanced every month.
    pub nav_monthly: Vec<f64>,
    /// Parts of one, by asset.
    pub weights: Vec<Vec<f64>>,
    /// Parts of one.
    pub distance: Vec<f64>,
    /// The same of whoever did nothing.
    pub distance_held: Vec<f64>,
    /// The same of whoever rebalanced every month.
    pub distance_monthly: Vec<f64>,
    /// Hours in which the oracle refused.
    pub unpriced: Vec<u64>,
    /// When rebalances were made, and what they had cost by then, as parts of NAV.
    pub cost: Vec<(u64, f64)>,
}

impl Tracking {
    /// Of distances in parts of one.
    pub(crate) fn of(distances: &[f64]) -> Self {
        let mut sorted = distances.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len();
        let at = |part: usize| sorted.get(part).copied().unwrap_or_default() * 1e4;
        Self {
            mean_bps: sorted.iter().sum::<f64>() / count.max(1) as f64 * 1e4,
            p95_bps: at(count * 95 / 100),
            max_bps: at(count.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_tells_mean_tail_and_worst() {
        let hours: Vec<f64> = (0..100).map(|n| f64::from(99 - n) / 1e4).collect();
        let found = Tracking::of(&hours);
        assert!((found.mean_bps - 49.5).abs() < 1e-9);
        assert!((found.p95_bps - 95.0).abs() < 1e-9 && (found.max_bps - 99.0).abs() < 1e-9);
        assert_eq!(Tracking::of(&[]).max_bps, 0.0);
    }
}
