//! What a rebalance must bring, from the opening to the end of the ramp.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

/// 100 of A sold for B: what must count, and what counts of each unit of B, in parts per billion.
fn bound(w: &World, asked: u64, counts: u64) {
    // All of the plan, or what a gain takes from the progress would be the subject.
    w.hold(A, e18(600));
    w.hold(C, e18(200));
    let billion = n(1_000_000_000);
    let asked = e18(100) * n(asked) / billion;
    // The least that counts for enough.
    let min = (asked * billion).div_ceil(n(counts));
    let count = |bought: U256| bought * n(counts) / billion;
    w.script(&[e18(100)], &[min - n(2)]);
    let refused = RebalanceSlippage {
        boughtValue: count(min - n(2)),
        minValue: asked,
    };
    let times = w.times();
    assert_eq!(w.ask(Ask::half().ever()), Err(Error::Own(refused.into())));
    assert_eq!(w.times(), times, "inv 14");
    w.script(&[e18(100)], &[min]);
    assert!(w.ask(Ask::half().ever()).is_ok());
}

#[motsu::test]
fn rebalance_without_an_opening_is_held_to_the_start() {
    // A may be worth 30 bps more, B 20 bps less.
    bound(&World::with_ramp(), 1_003_000_000, 998_000_000);
}

#[motsu::test]
fn rebalance_at_the_opening_is_held_to_the_start() {
    let w = World::with_ramp();
    w.open().unwrap();
    bound(&w, 1_003_000_000, 998_000_000);
}

#[motsu::test]
fn rebalance_is_held_to_less_with_every_second() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP / 2);
    // Half of 50 bps is released, half of the lags is left.
    bound(&w, 999_000_000, 999_000_000);
}

#[motsu::test]
fn rebalance_is_held_to_the_greatest_slippage_from_the_end_of_the_ramp_on() {
    for now in [NOW + RAMP, NOW + RAMP + HOLD - 1] {
        let w = World::with_ramp();
        w.open().unwrap();
        clock::set(now);
        bound(&w, 995_000_000, 1_000_000_000);
    }
}

#[motsu::test]
fn rebalance_after_the_opening_is_void_is_held_to_the_start() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP + HOLD);
    bound(&w, 1_003_000_000, 998_000_000);
}

#[motsu::test]
fn rebalance_after_the_sequencer_started_anew_is_held_to_the_start() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP);
    w.oracle.sender(KEEPER).set_calm_since(n(NOW + 1));
    bound(&w, 1_003_000_000, 998_000_000);
}

#[motsu::test]
fn rebalance_passes_on_the_required_gain() {
    let w = World::with_ramp();
    let (.., min_buys, kept, _) = w.rebalancer.sender(KEEPER).plan().unwrap().0;
    w.ask(Ask::all()).unwrap();
    let leasts = w.vault.sender(KEEPER).last().1;
    assert_eq!(leasts, min_buys);
    // 1.003 / 0.998 and 1.003 / 0.999, rounded up.
    let wanted = [998, 999].map(|c| (e18(1) * n(1_003)).div_ceil(n(c)));
    assert_eq!(kept, wanted);
    assert_eq!(leasts[0], (e18(100) * n(1_003)).div_ceil(n(998)));
}

/// Paying in a laggard what is owed in a steady asset gains nothing: the bound stands on what was bought.
#[motsu::test]
fn rebalance_counts_what_was_bought_at_its_own_lag() {
    let w = World::with_ramp();
    w.mood(B, 0, U256::ZERO);
    w.mood(C, 1_000, U256::ZERO);
    // Trades for B, which has no lag, and a little for C; all that comes is C.
    let ask = Ask::new(&[(A, B, U256::MAX), (A, C, e18(40))]);
    let bought = e18(1_003) / n(1_000) * n(140);
    w.script(&[e18(140), n(0)], &[n(0), bought]);
    let refused = RebalanceSlippage {
        boughtValue: bought * n(9) / n(10),
        minValue: bought,
    };
    w.refuses(ask, refused);
}

#[motsu::test]
fn rebalance_at_the_opening_must_make_half_of_the_plan() {
    let w = World::with_ramp();
    w.open().unwrap();
    // Of 200 that are useful 99 are not half.
    let ask = Ask::new(&[(A, B, e18(99))]).ever();
    let refused = w.ask(ask.clone()).unwrap_err();
    assert!(
        matches!(refused, Error::Own(Refusal::RebalanceProgressTooSmall(ref r)) if r.min == e18(1) / n(10)),
        "{refused:?}"
    );
    // At the end of the ramp the floor of 10 % is enough, and less is not.
    clock::set(NOW + RAMP);
    let refused = w.ask(Ask::new(&[(A, B, e18(19))]).ever()).unwrap_err();
    assert!(
        matches!(refused, Error::Own(Refusal::RebalanceProgressTooSmall(ref r)) if r.min == e18(1) / n(50)),
        "{refused:?}"
    );
    assert!(w.ask(ask).is_ok());
}

#[motsu::test]
fn rebalance_reports_the_auction() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP / 2);
    w.ask(Ask::all().ever()).unwrap();
    let report = w.reports().remove(0);
    assert_eq!((report.openedAt, report.allowedBps), (n(NOW), n(25)));
    // B pays its worth, C 5 bps less: half a basis point of NAV, rounded up.
    assert_eq!(report.lossBps, n(1));

    let w = World::with_ramp();
    w.ask(Ask::all()).unwrap();
    let report = w.reports().remove(0);
    assert_eq!((report.openedAt, report.allowedBps), (n(0), n(0)));
    // A gain at the opening: NAV rose.
    assert!(report.navAfter > report.navBefore);
}

#[motsu::test]
fn the_limits_floor_binds_where_it_is_above_the_first_share() {
    let w = World::with_ramp();
    w.limit(limit::MIN_PROGRESS_BPS, n(9_000));
    assert_eq!(w.rebalancer.sender(KEEPER).auction().unwrap().4, n(9_000));
}
