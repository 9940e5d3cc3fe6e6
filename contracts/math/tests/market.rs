//! The ramp as a market: what depositors pay in an auction, by who takes part in it, from the contracts' own formulas.
//!
//! Writes docs/ramp.md with `UPDATE_DOCS=1`; otherwise fails when the page is not what the formulas say.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a model in floating point, for a page"
)]

use ballast_math::auction::{kept_wad_up, Moment, Terms};
use ruint::aliases::U256;
use std::fmt::Write as _;

/// The policy's defaults: seconds, seconds, bps.
const RAMP: u64 = 1_800;
const HOLD: u64 = 3_600;
const MAX: u64 = 50;
/// Rest after a slice, seconds.
const SLICE: u64 = 60;
/// Least share of the best plan that a slice makes at the end of the ramp, bps.
const PROGRESS: u64 = 1_000;
/// What must be left of the plan for the rest to be due: 1 % of NAV, of 10 %.
const DUE: f64 = 0.1;
/// Lags of the sold and of the bought asset, bps.
const LAGS: (u64, u64) = (30, 20);

/// What must come back of one unit of sold value, `passed` seconds into the opening, at the snapshot's prices.
fn kept(passed: Option<u64>) -> f64 {
    let moment = passed.map_or(Moment::START, |passed| Moment::of(passed, RAMP));
    let terms = Terms::new(moment, U256::from(MAX)).unwrap();
    let asks = terms.sell_ppb_up(U256::from(LAGS.0)).unwrap();
    let counts = terms.buy_ppb_down(U256::from(LAGS.1)).unwrap();
    let kept: u64 = kept_wad_up(asks, counts).unwrap().to();
    kept as f64 / 1e18
}

/// The first second at which a trade pays for a keeper whose own costs are `cost` bps, when what is bought is worth
/// `off` bps more than the snapshot says.
fn pays(cost: f64, off: f64) -> Option<u64> {
    (0..RAMP + HOLD).find(|t| 1.0 - kept(Some(*t)) * (1.0 + off / 1e4) >= cost / 1e4)
}

/// Depositors' cost in bps: at the snapshot's prices and at true ones.
#[derive(Clone, Copy)]
struct Cost {
    at: Option<u64>,
    snapshot: f64,
    truth: f64,
}

impl Cost {
    fn of(passed: Option<u64>, off: f64) -> Self {
        let kept = kept(passed);
        Self {
            at: passed,
            snapshot: (1.0 - kept) * 1e4,
            truth: (1.0 - kept * (1.0 + off / 1e4)) * 1e4,
        }
    }

    /// Where keepers with these costs compete, the best need only be a second before the next best.
    fn competing(costs: &[f64], off: f64) -> Self {
        let mut costs = costs.to_vec();
        costs.sort_by(f64::total_cmp);
        let next = pays(costs[1], off).unwrap();
        let best = pays(costs[0], off).unwrap();
        Self::of(Some(best.max(next.saturating_sub(1))), off)
    }
}

/// A row: who takes part, what happens, what it costs.
type Row = (&'static str, &'static str, Cost);

fn rows() -> Vec<Row> {
    let two = [8.0, 10.0];
    let five = [6.0, 7.0, 8.0, 9.0, 10.0];
    // Every price off by its lag, in the keeper's favour.
    let lag = ((1.0 - LAGS.1 as f64 / 1e4) / (1.0 + LAGS.0 as f64 / 1e4) - 1.0) * 1e4;
    let end = Some(RAMP);
    // A griefer takes the least share of what is left, again and again, just before the others would take all: each of
    // its slices moves the rest by the slice's cooldown. Nothing is due once a tenth is left of a tenth of NAV.
    let first = Cost::competing(&two, 0.0).at.unwrap();
    let (mut rest, mut sum, mut t) = (1.0, 0.0, first);
    while rest >= DUE {
        let share = Moment::of(t, RAMP).progress_bps_up(U256::from(PROGRESS));
        let part = rest * share.unwrap().to::<u64>() as f64 / 1e4;
        sum += part * Cost::of(Some(t), 0.0).snapshot;
        (rest, t) = (rest - part, t + SLICE);
    }
    let cost = sum / (1.0 - rest);
    let sliced = Cost {
        at: None,
        snapshot: cost,
        truth: cost,
    };
    vec![
        ("two keepers", "costs of 8 and 10 bps", Cost::competing(&two, 0.0)),
        ("five keepers", "costs of 6, 7, 8, 9 and 10 bps", Cost::competing(&five, 0.0)),
        ("one keeper", "waits for the end of the ramp", Cost::of(end, 0.0)),
        ("two keepers, full lag", "both prices are off by their lags, in the keepers' favour, and both know", Cost::competing(&two, lag)),
        ("one keeper who waits for lag", "opens, and trades after the ramp when the feeds are off by all of their lag", Cost::of(end, lag)),
        ("two keepers, lag against them", "what is bought is worth 30 bps more than the feeds say", Cost::competing(&two, 30.0)),
        ("stale opening, one keeper", "nobody came in the ramp; taken in the last second of the hold", Cost::of(Some(RAMP + HOLD - 1), 0.0)),
        ("stale opening, void", "taken a second later: held to the start, so nobody takes it, or at a gain to the vault", Cost::of(None, 0.0)),
        ("sequencer stop in the ramp", "void: whoever comes first after it is held to the start, at any true price within the lags", Cost::of(None, lag)),
        ("griefer with slices, two keepers", "wins every race: the least share of the rest that the ramp lets it take, each minute, until nothing is due", sliced),
    ]
}

fn page() -> String {
    let mut page = String::from("# The ramp as a market\n\nWhat one rebalance costs depositors, in bps of what is sold, by who takes part: computed from the contracts' own formulas (`math::auction`) by\n`contracts/math/tests/market.rs`, which fails when this page differs (`UPDATE_DOCS=1 cargo test -p ballast-math --test market` in `contracts/` writes it). It is a model of\nkeepers, not of code: each knows the true prices and its own costs (fees, impact, gas), sends as soon as it pays, and one who competes with others waits until just before the next best\nwould. What the code does with openings, slices, voids and rivals is tested on the compiled programs (`tests/tests/programs/auction.rs`), and the same auctions are played there below.\n\n");
    let _ = writeln!(
        page,
        "Defaults: ramp {RAMP} s, hold {HOLD} s, `max` {MAX} bps; lags of {} and {} bps. A negative cost is a gain of the vault.\n",
        LAGS.0, LAGS.1
    );
    page.push_str("| who | what happens | taken after, s | cost at the snapshot | of `max` | cost at true prices |\n|---|---|--:|--:|--:|--:|\n");
    for (who, what, cost) in rows() {
        let at = cost.at.map_or("–".into(), |at| at.to_string());
        let _ = writeln!(
            page,
            "| {who} | {what} | {at} | {:.1} | {:.0} % | {:.1} |",
            cost.snapshot,
            cost.snapshot / MAX as f64 * 100.0,
            // no zero below zero
            (cost.truth * 10.0).round() / 10.0 + 0.0
        );
    }
    page.push_str("\nTwo keepers already leave `max` to nobody: depositors pay the costs of the second best. A single one takes `max`, and with it whatever the feeds lag, which the loss and turnover\nbudgets bound ([assumptions](assumptions.md)). Slices cost depositors what the ramp releases while they last, at most `max`, and the griefer its own costs each time.\n");
    page
}

/// Where the half of the page begins that is not computed.
const MARK: &str = "\n## Played on the chain\n";

#[test]
fn the_page_says_what_the_formulas_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ramp.md");
    let present = std::fs::read_to_string(path).unwrap();
    // What was played on the chain is written by `tests/tests/fillers/market.rs`.
    let (computed, played) = match present.split_once(MARK) {
        Some((computed, played)) => (computed, format!("{MARK}{played}")),
        None => (present.as_str(), String::new()),
    };
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page() + &played).unwrap();
        return;
    }
    assert_eq!(computed, page());
}

#[test]
fn competition_is_worth_having_and_nothing_costs_more_than_the_bounds() {
    let rows = rows();
    let lags = (LAGS.0 + LAGS.1) as f64;
    for (who, _, cost) in &rows {
        assert!(cost.snapshot <= MAX as f64 + 1e-6, "inv_24: {who}");
        assert!(cost.truth <= MAX as f64 + lags + 1e-6, "inv_24: {who}");
    }
    let cost = |who: &str| rows.iter().find(|row| row.0 == who).unwrap().2;
    // Competitors pay themselves no more than the second best needs, whatever the feeds say.
    for who in [
        "two keepers",
        "two keepers, full lag",
        "two keepers, lag against them",
    ] {
        assert!((cost(who).truth - 10.0).abs() < 0.2, "{who}");
    }
    assert!(cost("five keepers").truth < cost("two keepers").truth);
    assert!(cost("one keeper").truth > 4.0 * cost("two keepers").truth);
    // Held to the start nothing is lost even at the end of the lags.
    assert!(cost("sequencer stop in the ramp").truth <= 1e-6);
    assert!(cost("griefer with slices, two keepers").snapshot < MAX as f64);
}
