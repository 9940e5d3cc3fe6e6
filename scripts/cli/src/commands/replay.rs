//! `ballast replay`: the programs over real price histories.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use ballast_replay::{
    self as engine, charts, grid, Grid, History, Outcome as Found, Settings, Site, Tracking,
};
use clap::Args;
use serde::Serialize;

use crate::{
    commands::status::usd,
    failure::{Failure, Kind, OfKind, Outcome},
    terminal::{Answer, Terminal},
};

/// Run the programs over real prices and compare them with doing less
///
/// The compiled programs stand on an embedded chain of their own, with pools of Uniswap V3 that follow the market, feeds
/// that answer as Chainlink's, and keepers who compete. No chain is asked and nothing is sent. Prices are CSV: unix_seconds,
/// then a column for each series; a file with the one column price_usd is named by its file, up to the first _.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Prices; the hours that all files know are replayed
    #[arg(long, required = true, num_args = 1.., value_name = "CSV")]
    prices: Vec<PathBuf>,
    /// Assets, limits, market and keepers
    #[arg(long, value_name = "TOML")]
    policy: PathBuf,
    /// First day, as 2020-03-12 [default: the first there is]
    #[arg(long, value_parser = day, value_name = "DATE")]
    since: Option<u64>,
    /// Day before which to end [default: after the last there is]
    #[arg(long, value_parser = day, value_name = "DATE")]
    until: Option<u64>,
    /// Run every band and ramp of the policy's [grid] instead
    #[arg(long)]
    grid: bool,
    /// Draw SVG charts into this directory
    #[arg(long, value_name = "DIRECTORY")]
    charts: Option<PathBuf>,
}

/// What was run, and how long it took.
#[derive(Debug, Serialize)]
struct Replayed {
    /// Milliseconds, the building of the chain included.
    elapsed_ms: u64,
    /// Charts that were drawn.
    charts: Vec<PathBuf>,
    /// The replay; none where a grid was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Found>,
    /// The grid; none where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<Grid>,
}

fn day(text: &str) -> Result<u64, String> {
    let found = engine::parse_date(text).and_then(|t| u64::try_from(t).ok());
    found.ok_or_else(|| "not a day as 2020-03-12".into())
}

pub(crate) async fn run(options: &Options, terminal: &Terminal) -> Outcome {
    let started = Instant::now();
    let settings = Settings::read(&options.policy).kind(Kind::Input)?;
    let whole = History::read(&options.prices).kind(Kind::Input)?;
    let until = options.until.map_or(u64::MAX, |t| t.saturating_sub(1));
    let history = whole.between(options.since.unwrap_or(0), until);
    for asset in &settings.asset {
        if !history.series.contains_key(asset.series()) {
            let known: Vec<&str> = history.series.keys().map(String::as_str).collect();
            let message = format!(
                "no prices of {}: there are {}",
                asset.series(),
                known.join(", ")
            );
            return Err(Failure::new(Kind::Input, message).next(
                "name a file that has them with --prices, or another series as price in the policy",
            ));
        }
    }
    if history.times.len() < 2 {
        let message = "the files have no two hours in common in that time";
        return Err(Failure::new(Kind::Input, message));
    }
    if options.grid && settings.grid.is_none() {
        let file = options.policy.display();
        return Err(
            Failure::new(Kind::Input, format!("{file}: there is no [grid]"))
                .next("add bands_bps and ramps_s under [grid]"),
        );
    }
    terminal.note(format_args!(
        "{} hours; building the chain …",
        history.times.len()
    ));
    let site = Site::build(&history, &settings).await?;
    let hours = history.times.len() as u64;
    let mut done = Replayed {
        elapsed_ms: 0,
        charts: Vec::new(),
        replay: None,
        grid: None,
    };
    let pictures = if options.grid {
        let cells = settings.grid.as_ref();
        let cells = cells.map_or(0, |g| g.bands_bps.len() * g.ramps_s.len());
        let bar = terminal.progress(hours * cells as u64);
        let found = grid(&site, &settings, &history, |n| bar.set_position(n))?;
        bar.finish_and_clear();
        let picture = charts::of_grid(&found);
        done.grid = Some(found);
        vec![picture]
    } else {
        let bar = terminal.progress(hours);
        let ended = engine::run(&site, &settings, &history, |n| bar.set_position(n))?;
        bar.finish_and_clear();
        let pictures = charts::of_run(&ended.outcome, &ended.track);
        done.replay = Some(ended.outcome);
        pictures
    };
    if let Some(directory) = &options.charts {
        for picture in pictures {
            done.charts
                .push(draw(directory, picture.name, &picture.svg)?);
        }
    }
    done.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    terminal.show(&done)
}

fn draw(directory: &Path, name: &str, svg: &str) -> Outcome<PathBuf> {
    let path = directory.join(name).with_extension("svg");
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, svg));
    written.map_err(|e| Failure::new(Kind::Input, format!("{}: {e}", path.display())))?;
    Ok(path)
}

impl Answer for Replayed {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(found) = &self.replay {
            write_replay(found, out)?;
        }
        if let Some(grid) = &self.grid {
            write_grid(grid, out)?;
        }
        for chart in &self.charts {
            writeln!(out, "drawn: {}", chart.display())?;
        }
        writeln!(out, "took {:.1} s", self.elapsed_ms as f64 / 1e3)
    }
}

fn write_replay(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let day = |t: u64| engine::date(i64::try_from(t).unwrap_or_default());
    writeln!(
        out,
        "{} to {}, {} hours",
        day(found.from),
        day(found.to),
        found.hours
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "{:<8} {:>9} {:>7} {:>11} {:>12}",
        "asset", "target %", "band %", "at last %", "worst drift"
    )?;
    let percent = |bps: f64| format!("{:.2}", bps / 100.0);
    for asset in &found.assets {
        writeln!(
            out,
            "{:<8} {:>9} {:>7} {:>11} {:>12}",
            asset.symbol,
            percent(asset.target_bps as f64),
            percent(asset.band_bps as f64),
            percent(asset.weight_bps),
            percent(asset.max_drift_bps)
        )?;
    }
    let tracking = |t: &Tracking| {
        format!(
            "distance mean {} %, 95 of 100 hours below {} %, worst {} %",
            percent(t.mean_bps),
            percent(t.p95_bps),
            percent(t.max_bps)
        )
    };
    let (nav, monthly) = (&found.nav, &found.monthly);
    writeln!(out)?;
    writeln!(out, "NAV at first           ${:>18}", usd(nav.first_wad))?;
    writeln!(
        out,
        "Ballast                ${:>18}  {}",
        usd(nav.last_wad),
        tracking(&found.tracking)
    )?;
    writeln!(
        out,
        "bought and held        ${:>18}  {}",
        usd(nav.held_wad),
        tracking(&found.tracking_held)
    )?;
    writeln!(
        out,
        "rebalanced every month ${:>18}  {}",
        usd(nav.monthly_wad),
        tracking(&monthly.tracking)
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "rebalances  {} ({} slices, {} openings), {:.0} s after the opening, {} gas, on average",
        found.rebalances, found.slices, found.openings, found.mean_wait_s, found.mean_gas
    )?;
    writeln!(
        out,
        "turnover    {} % of NAV a year; every month: {} %",
        percent(found.turnover_bps_a_year),
        percent(monthly.turnover_bps_a_year)
    )?;
    writeln!(
        out,
        "cost        {:.1} bps of NAV a year, {:.1} bps of what was sold; every month: {:.1} bps a year",
        found.cost_bps_a_year, found.cost_bps_of_sold, monthly.cost_bps_a_year
    )?;
    writeln!(
        out,
        "            {:.1} bps a year at the feeds' prices; keepers left {:.1} bps a year",
        found.loss_at_feeds_bps_a_year, found.surplus_bps_a_year
    )?;
    writeln!(
        out,
        "breaker     {} hours; {} looks at the volatility, {} answers of feeds",
        found.breaker_hours, found.observations, found.feed_answers
    )?;
    for (name, hours) in &found.unpriced_hours {
        writeln!(out, "unpriced    {hours} hours: {name}")?;
    }
    for (name, hours) in &found.refusals {
        writeln!(out, "refused     {hours} hours: {name}")?;
    }
    writeln!(
        out,
        "checked     {} times that host and programs agree",
        found.checks
    )
}

fn write_grid(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>7} {:>7} {:>11} {:>11} {:>11} {:>15} {:>15} {:>12}",
        "band %",
        "ramp s",
        "rebalances",
        "mean dist %",
        "turnover %",
        "cost bps a year",
        "left bps a year",
        "mean wait s"
    )?;
    for cell in &grid.cells {
        writeln!(
            out,
            "{:>7.2} {:>7} {:>11} {:>11.2} {:>11.1} {:>15.1} {:>15.1} {:>12.0}",
            cell.band_bps as f64 / 100.0,
            cell.ramp_s,
            cell.rebalances,
            cell.mean_distance_bps / 100.0,
            cell.turnover_bps_a_year / 100.0,
            cell.cost_bps_a_year,
            cell.surplus_bps_a_year,
            cell.mean_wait_s
        )?;
    }
    Ok(())
}
