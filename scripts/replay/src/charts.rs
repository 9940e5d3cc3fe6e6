//! What is drawn of a replay.

use ballast_chart::{
    date, Axis, Caption, Format, Group, Kind, Lines, Point, Range, Scatter, Series, Stack, Stroke,
};

use crate::{
    grid::Grid,
    outcome::{Outcome, Track},
};

/// A picture and the name of its file.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Without its ending.
    pub name: &'static str,
    /// The document.
    pub svg: String,
}

const HOUR: f64 = 3_600.0;

/// The pictures of a replay: NAV, weights, distance, cost.
pub fn of_run(outcome: &Outcome, track: &Track) -> Vec<Picture> {
    let days = |t: u64| date(i64::try_from(t).unwrap_or_default());
    let span = format!("{} to {}", days(outcome.from), days(outcome.to));
    let over = |values: &[f64]| -> Vec<(f64, f64)> {
        let all = track.times.iter().zip(values);
        all.map(|(t, v)| (*t as f64, *v)).collect()
    };
    let unpriced = || {
        let ranges: Vec<Range> = ranges(&track.unpriced);
        (!ranges.is_empty()).then(|| ("no rebalance: the oracle refuses".to_owned(), ranges))
    };
    let linear = |label: &str, format| Axis::new(label, Kind::Linear, format);
    let rebalances = outcome.rebalances;
    let nav = Lines {
        caption: Caption::new(
            "nav",
            format!("NAV, {span}"),
            format!("NAV in US dollars of Ballast after {rebalances} rebalances, of the same assets left alone, and of a rebalance on the first of each month."),
        ),
        x: Axis::time(),
        y: Axis::new("NAV at the market's prices", nav_kind(track), Format::Dollars),
        series: vec![
            Series::new("Ballast", over(&track.nav)),
            Series::new("bought and held", over(&track.nav_held)).stroked(Stroke::Dashed),
            Series::new("rebalanced every month", over(&track.nav_monthly)).stroked(Stroke::Dotted),
        ],
        shaded: unpriced(),
        ..Lines::default()
    };
    let weights = Stack {
        caption: Caption::new(
            "weights",
            format!("Weights, {span}"),
            "Each asset's part of NAV, hour by hour: close to its target except where nothing could be rebalanced.",
        ),
        x: Axis::time(),
        y: linear("part of NAV", Format::Percent).including(1.0),
        layers: outcome
            .assets
            .iter()
            .zip(&track.weights)
            .map(|(a, w)| Series::new(format!("{}, target {}%", a.symbol, a.target_bps as f64 / 100.0), over(w)))
            .collect(),
    };
    let distance = Lines {
        caption: Caption::new(
            "distance",
            format!("Distance to the targets, {span}"),
            "The turnover that would reach the targets, hour by hour, of Ballast and of a rebalance every month.",
        ),
        x: Axis::time(),
        y: linear("turnover that would reach the targets", Format::Percent).including(0.0),
        series: vec![
            Series::new("Ballast", over(&track.distance)),
            Series::new("rebalanced every month", over(&track.distance_monthly))
                .stroked(Stroke::Dotted)
                .coloured(2),
        ],
        shaded: unpriced(),
        ..Lines::default()
    };
    let mut spent = vec![(outcome.from as f64, 0.0)];
    for (at, cost) in &track.cost {
        // A step: nothing is spent in between.
        spent.push((*at as f64, spent.last().map_or(0.0, |last| last.1)));
        spent.push((*at as f64, *cost));
    }
    spent.push((outcome.to as f64, spent.last().map_or(0.0, |last| last.1)));
    let cost = Lines {
        caption: Caption::new(
            "cost",
            format!("What rebalancing has cost, {span}"),
            "Given minus received at the market's prices, summed over the rebalances, as a part of NAV; a fall is a gain.",
        ),
        x: Axis::time(),
        y: linear("given minus received, part of NAV", Format::Percent).including(0.0),
        series: vec![Series::new("Ballast", spent)],
        ..Lines::default()
    };
    [
        ("nav", nav.svg()),
        ("weights", weights.svg()),
        ("distance", distance.svg()),
        ("cost", cost.svg()),
    ]
    .map(|(name, svg)| Picture { name, svg })
    .into()
}

/// By its logarithm where NAV grew or fell more than fourfold: a per cent is then as high everywhere.
fn nav_kind(track: &Track) -> Kind {
    let all = [&track.nav, &track.nav_held, &track.nav_monthly];
    let ends = all
        .into_iter()
        .flatten()
        .fold((f64::MAX, f64::MIN), |(low, high), v| {
            (low.min(*v), high.max(*v))
        });
    match ends.1 > 4.0 * ends.0 {
        true => Kind::Log,
        false => Kind::Linear,
    }
}

/// The picture of a grid: how near, for how much.
pub fn of_grid(grid: &Grid) -> Picture {
    let mut groups: Vec<Group> = Vec::new();
    for cell in &grid.cells {
        let name = match cell.ramp_s {
            0 => "no ramp".to_owned(),
            s if s % 3_600 == 0 => format!("ramp of {} h", s / 3_600),
            s => format!("ramp of {} min", s / 60),
        };
        let point = Point {
            x: cell.cost_bps_a_year + cell.surplus_bps_a_year,
            y: cell.mean_distance_bps / 1e4,
            label: format!("±{}%", cell.band_bps as f64 / 100.0),
        };
        match groups.iter_mut().find(|g| g.name == name) {
            Some(group) => group.points.push(point),
            None => groups.push(Group {
                name,
                points: vec![point],
            }),
        }
    }
    let svg = Scatter {
        caption: Caption::new(
            "grid",
            "What a narrower band costs, and a ramp saves",
            "Mean distance to the targets against the yearly cost where keepers keep what they are left, a point for each band, a line for each ramp: without a ramp the same distance costs several times as much.",
        ),
        x: Axis::new("cost and what keepers can keep, bps of NAV a year", Kind::Linear, Format::Plain).including(0.0),
        y: Axis::new("mean distance to the targets", Kind::Linear, Format::Percent).including(0.0),
        groups,
    }
    .svg();
    Picture { name: "grid", svg }
}

/// Hours beside each other as stretches.
fn ranges(hours: &[u64]) -> Vec<Range> {
    let mut found: Vec<Range> = Vec::new();
    for hour in hours {
        let from = *hour as f64;
        match found.last_mut() {
            Some(last) if last.to >= from => last.to = from + HOUR,
            _ => found.push(Range {
                from,
                to: from + HOUR,
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_beside_each_other_are_one_stretch() {
        let found = ranges(&[3_600, 7_200, 18_000]);
        let ends: Vec<(f64, f64)> = found.iter().map(|r| (r.from, r.to)).collect();
        assert_eq!(ends, [(3_600.0, 10_800.0), (18_000.0, 21_600.0)]);
    }
}
