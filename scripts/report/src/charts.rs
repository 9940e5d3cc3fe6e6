//! What the page draws.

use alloy::primitives::U256;
use ballast_chart::{Axis, Bar, Bars, Caption, Format, Group, Kind, Lines, Point, Scatter, Series};

use crate::Report;

/// Weights beside targets and bands.
pub(crate) fn allocation(report: &Report) -> String {
    let assets = &report.state.assets;
    let said: Vec<String> = assets
        .iter()
        .map(|asset| {
            format!(
                "{} {:.2} % of {:.2} %",
                asset.token.symbol,
                part(asset.weight_bps.unwrap_or_default()) * 100.0,
                part(asset.target_bps) * 100.0
            )
        })
        .collect();
    let bars = assets.iter().map(|asset| Bar {
        name: asset.token.symbol.clone(),
        value: part(asset.weight_bps.unwrap_or_default()),
        target: Some(part(asset.target_bps)),
        band: Some(part(asset.band_bps)),
    });
    Bars {
        caption: Caption::new(
            "allocation-chart",
            "Weights against targets and bands",
            format!("Weight of each asset and its target: {}.", said.join(", ")),
        ),
        axis: Axis::new("part of net asset value", Kind::Linear, Format::Percent),
        bars: bars.collect(),
    }
    .svg()
}

/// The value of a share.
pub(crate) fn value(report: &Report) -> String {
    let points = report
        .value
        .iter()
        .map(|point| (seconds(point.at), dollars(point.nav_per_share_wad)));
    let points: Vec<_> = points.collect();
    let ends = points.first().zip(points.last());
    let description = ends.map_or(String::new(), |(first, last)| {
        format!(
            "From ${:.4} to ${:.4}, known after every rebalance.",
            first.1, last.1
        )
    });
    Lines {
        caption: Caption::new("value-chart", "Value of a share", description),
        x: Axis::time(),
        y: Axis::new("", Kind::Linear, Format::Dollars),
        series: vec![Series::new("net asset value per share", points)],
        ..Lines::default()
    }
    .svg()
}

/// What each rebalance cost, beside its bound.
pub(crate) fn costs(report: &Report) -> String {
    let group = |name: &str, of: &dyn Fn(&crate::history::Rebalance) -> f64| Group {
        name: name.into(),
        points: report
            .rebalances
            .iter()
            .map(|done| Point {
                x: done.nonce as f64,
                y: of(done) / 10_000.0,
                label: String::new(),
            })
            .collect(),
    };
    let worst = report.rebalances.iter().map(|done| done.cost_bps).max();
    Scatter {
        caption: Caption::new(
            "cost-chart",
            "Realised cost against its bound",
            format!(
                "{} rebalances; the dearest cost {:.2} % of what was sold.",
                report.rebalances.len(),
                worst.unwrap_or_default() as f64 / 100.0
            ),
        ),
        x: Axis::new("rebalance", Kind::Linear, Format::Plain),
        y: Axis::new("", Kind::Linear, Format::Percent).including(0.0),
        groups: vec![
            group("cost, part of what was sold", &|done| done.cost_bps as f64),
            group("bound", &|done| done.allowed_bps as f64),
        ],
    }
    .svg()
}

fn part(bps: u64) -> f64 {
    bps as f64 / 10_000.0
}

fn seconds(at: u64) -> f64 {
    at as f64
}

fn dollars(wad: U256) -> f64 {
    f64::from(wad) / 1e18
}
