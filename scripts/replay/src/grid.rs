//! The same history under several bands and ramps: what a nearer target costs.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::{
    history::History,
    outcome::Outcome,
    run::run,
    settings::{Settings, LIMITS, RAMP_S},
    site::Site,
};

/// One band and one ramp.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// Band of every asset.
    pub band_bps: u64,
    /// Length of the ramp, seconds.
    pub ramp_s: u64,
    /// What came of it.
    pub rebalances: u64,
    /// Mean distance to the targets.
    pub mean_distance_bps: f64,
    /// The hour that 95 of 100 are better than.
    pub p95_distance_bps: f64,
    /// Sold value a year, as a part of NAV.
    pub turnover_bps_a_year: f64,
    /// Given minus received at the market's prices, as a part of NAV, a year.
    pub cost_bps_a_year: f64,
    /// The same per unit of sold value.
    pub cost_bps_of_sold: f64,
    /// Fall of NAV at the feeds' prices, a year.
    pub loss_at_feeds_bps_a_year: f64,
    /// What the rebalances brought beyond what was asked of them, a year: keepers with fillers of their own keep it.
    pub surplus_bps_a_year: f64,
    /// Mean of the seconds between opening and rebalance.
    pub mean_wait_s: f64,
    /// Hours in which a trigger was true and nothing was rebalanced.
    pub refused_hours: u64,
    /// NAV at last over NAV of whoever did nothing, minus one.
    pub against_held_bps: f64,
}

/// Every band with every ramp.
#[derive(Debug, Clone, Serialize)]
pub struct Grid {
    /// First moment, seconds since 1970.
    pub from: u64,
    /// Last moment.
    pub to: u64,
    /// The cells, ramps within bands.
    pub cells: Vec<Cell>,
}

impl Cell {
    fn new(band_bps: u64, ramp_s: u64, outcome: &Outcome) -> Self {
        let nav = &outcome.nav;
        let against = f64::from(nav.last_wad) / f64::from(nav.held_wad) - 1.0;
        Self {
            band_bps,
            ramp_s,
            rebalances: outcome.rebalances,
            mean_distance_bps: outcome.tracking.mean_bps,
            p95_distance_bps: outcome.tracking.p95_bps,
            turnover_bps_a_year: outcome.turnover_bps_a_year,
            cost_bps_a_year: outcome.cost_bps_a_year,
            cost_bps_of_sold: outcome.cost_bps_of_sold,
            loss_at_feeds_bps_a_year: outcome.loss_at_feeds_bps_a_year,
            surplus_bps_a_year: outcome.surplus_bps_a_year,
            mean_wait_s: outcome.mean_wait_s,
            refused_hours: outcome.refusals.values().sum(),
            against_held_bps: against * 1e4,
        }
    }
}

/// Runs every cell of the settings' grid, on one site. `progress` is told how many hours of all cells are done.
///
/// # Errors
/// If the settings have no grid; as [`run()`].
pub fn grid(
    site: &Site,
    settings: &Settings,
    history: &History,
    mut progress: impl FnMut(u64),
) -> Result<Grid> {
    let wanted = settings
        .grid
        .as_ref()
        .context("the policy has no [grid] with bands_bps and ramps_s")?;
    let hours = history.times.len() as u64;
    let mut cells: Vec<Cell> = Vec::new();
    for band_bps in &wanted.bands_bps {
        for ramp_s in &wanted.ramps_s {
            let mut varied = settings.clone();
            let name = LIMITS.get(RAMP_S).map(|(name, _)| *name);
            varied
                .limits
                .insert(name.unwrap_or_default().into(), *ramp_s);
            for asset in &mut varied.asset {
                asset.band_bps = *band_bps;
            }
            let before = hours * cells.len() as u64;
            let ended = run(site, &varied, history, |done| progress(before + done))?;
            cells.push(Cell::new(*band_bps, *ramp_s, &ended.outcome));
        }
    }
    Ok(Grid {
        from: history.times.first().copied().unwrap_or_default(),
        to: history.times.last().copied().unwrap_or_default(),
        cells,
    })
}
