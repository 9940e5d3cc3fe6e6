//! Counting along the way.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use anyhow::Result;
use ballast_math::basket::{distance_wad_down, Basket};

use crate::{
    benchmark::MonthlyRebalancer,
    outcome::{AssetOutcome, Monthly, Nav, Outcome, Rebalance, Track, Tracking},
    question::{math, Mandate},
    settings::Settings,
};

const YEAR_S: f64 = 365.0 * 86_400.0;

/// What is counted while a replay runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) track: Track,
    pub(crate) log: Vec<Rebalance>,
    pub(crate) slices: u64,
    pub(crate) openings: u64,
    pub(crate) refusals: BTreeMap<String, u64>,
    pub(crate) unpriced: BTreeMap<String, u64>,
    pub(crate) observations: u64,
    pub(crate) feed_answers: u64,
    pub(crate) checks: u64,
    max_drift: Vec<f64>,
}

/// USD of WAD.
fn usd(wad: U256) -> f64 {
    f64::from(wad) / 1e18
}

/// NAV, weights and distance of holdings.
struct Seen {
    nav: U256,
    weights: Vec<f64>,
    distance: f64,
}

fn see(held: &[U256], prices: &[U256], targets: &[U256]) -> Result<Seen> {
    let basket = math(Basket::new(held, prices))?;
    let distance = math(distance_wad_down(&basket.values, targets, basket.nav))?;
    let nav = f64::from(basket.nav);
    Ok(Seen {
        nav: basket.nav,
        weights: basket.values.iter().map(|v| f64::from(*v) / nav).collect(),
        distance: f64::from(distance) / 1e18,
    })
}

impl Tally {
    /// Notes an hour at the market's prices.
    pub(crate) fn hour(
        &mut self,
        now: u64,
        prices: &[U256],
        targets: &[U256],
        held: [&[U256]; 3],
    ) -> Result<()> {
        let [ours, nothing, monthly] = held;
        let ours = see(ours, prices, targets)?;
        let nothing = see(nothing, prices, targets)?;
        let monthly = see(monthly, prices, targets)?;
        let track = &mut self.track;
        track.times.push(now);
        track.nav.push(usd(ours.nav));
        track.nav_held.push(usd(nothing.nav));
        track.nav_monthly.push(usd(monthly.nav));
        track.distance.push(ours.distance);
        track.distance_held.push(nothing.distance);
        track.distance_monthly.push(monthly.distance);
        track.weights.resize(targets.len(), Vec::new());
        self.max_drift.resize(targets.len(), 0.0);
        let all = track.weights.iter_mut().zip(&mut self.max_drift);
        for ((column, worst), (weight, target)) in all.zip(ours.weights.iter().zip(targets)) {
            column.push(*weight);
            *worst = worst.max((weight - usd(*target)).abs());
        }
        Ok(())
    }

    /// Notes a rebalance.
    pub(crate) fn rebalance(&mut self, rebalance: Rebalance) {
        let spent = self.track.cost.last().map_or(0.0, |last| last.1);
        let lost = usd(rebalance.sold_wad) - usd(rebalance.bought_wad);
        let part = lost / usd(rebalance.nav_before_wad);
        self.track.cost.push((rebalance.at, spent + part));
        self.log.push(rebalance);
    }

    /// One more hour of a kind.
    pub(crate) fn count(kinds: &mut BTreeMap<String, u64>, name: impl Into<String>) {
        *kinds.entry(name.into()).or_default() += 1;
    }

    /// Closes the books.
    pub(crate) fn close(
        self,
        settings: &Settings,
        mandate: &Mandate,
        prices: (&[U256], &[U256]),
        held: [&[U256]; 2],
        monthly: &MonthlyRebalancer,
    ) -> Result<(Outcome, Track)> {
        let [first, last] = held;
        let times = &self.track.times;
        let from = times.first().copied().unwrap_or_default();
        let to = times.last().copied().unwrap_or_default();
        let years = (to.saturating_sub(from) as f64 / YEAR_S).max(1.0 / 8_760.0);
        let a_year = |part: f64| part * 1e4 / years;
        let sum = |part: &dyn Fn(&Rebalance) -> f64| self.log.iter().map(part).sum::<f64>();
        let of_nav = |part: &dyn Fn(&Rebalance) -> f64| {
            sum(&|r: &Rebalance| part(r) / usd(r.nav_before_wad))
        };
        let count = self.log.len().max(1);
        let lost = |r: &Rebalance| usd(r.sold_wad) - usd(r.bought_wad);
        let sold = |r: &Rebalance| usd(r.sold_wad);
        let fell = |r: &Rebalance| usd(r.nav_before_wad.saturating_sub(r.nav_after_wad));
        let now = see(last, prices.1, &mandate.weights_wad)?;
        let assets = settings.asset.iter().enumerate().map(|(n, asset)| {
            let at = |all: &[U256]| all.get(n).copied().unwrap_or_default();
            AssetOutcome {
                symbol: asset.symbol.clone(),
                target_bps: asset.weight_bps,
                band_bps: asset.band_bps,
                held_first: at(first),
                held_last: at(last),
                weight_bps: now.weights.get(n).copied().unwrap_or_default() * 1e4,
                max_drift_bps: self.max_drift.get(n).copied().unwrap_or_default() * 1e4,
            }
        });
        let outcome = Outcome {
            from,
            to,
            hours: times.len() as u64,
            assets: assets.collect(),
            nav: Nav {
                first_wad: see(first, prices.0, &mandate.weights_wad)?.nav,
                last_wad: now.nav,
                held_wad: see(first, prices.1, &mandate.weights_wad)?.nav,
                monthly_wad: see(&monthly.held, prices.1, &mandate.weights_wad)?.nav,
            },
            tracking: Tracking::of(&self.track.distance),
            tracking_held: Tracking::of(&self.track.distance_held),
            monthly: Monthly {
                rebalances: monthly.rebalances,
                turnover_bps_a_year: a_year(monthly.turnover),
                cost_bps_a_year: a_year(monthly.cost),
                tracking: Tracking::of(&self.track.distance_monthly),
            },
            rebalances: self.log.len() as u64,
            slices: self.slices,
            openings: self.openings,
            turnover_bps_a_year: a_year(of_nav(&sold)),
            cost_bps_a_year: a_year(of_nav(&lost)),
            cost_bps_of_sold: sum(&lost) / sum(&sold).max(f64::MIN_POSITIVE) * 1e4,
            loss_at_feeds_bps_a_year: a_year(of_nav(&fell)),
            surplus_bps_a_year: a_year(of_nav(&|r: &Rebalance| usd(r.surplus_wad))),
            mean_wait_s: sum(&|r: &Rebalance| r.waited_s as f64) / count as f64,
            mean_gas: self.log.iter().map(|r| r.gas).sum::<u64>() / count as u64,
            refusals: self.refusals,
            breaker_hours: self
                .unpriced
                .get(crate::run::TOO_HIGH)
                .copied()
                .unwrap_or_default(),
            unpriced_hours: self.unpriced,
            observations: self.observations,
            feed_answers: self.feed_answers,
            checks: self.checks,
            log: self.log,
        };
        Ok((outcome, self.track))
    }
}
