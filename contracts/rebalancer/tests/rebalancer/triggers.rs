//! Why a rebalance is due: bands that widen in a storm, pending targets, the schedule.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

const DAY: u64 = 86_400;

fn reason(w: &World) -> U256 {
    w.rebalancer.sender(KEEPER).plan().unwrap().0 .5
}

/// 2 % from the targets, inside every band.
fn near() -> World {
    let w = World::new();
    w.hold(A, e18(520));
    w.hold(B, e18(290));
    w.hold(C, e18(190));
    w
}

#[motsu::test]
fn a_storm_widens_the_band_of_the_asset_it_hits() {
    let w = World::new();
    // A drifts by 8 %, B by 5 %: its band of 5 % is not exceeded.
    w.hold(A, e18(580));
    w.hold(B, e18(250));
    w.hold(C, e18(170));
    assert_eq!(reason(&w), n(1));
    let bands = |w: &World| w.rebalancer.sender(KEEPER).assess().unwrap().0 .4;
    assert_eq!(bands(&w), [n(500), n(500), n(500)]);
    w.mood(A, 0, e18(159) / n(100));
    assert_eq!(reason(&w), n(1), "a band of 7.95 %");
    w.mood(A, 0, e18(16) / n(10));
    assert_eq!(reason(&w), n(0), "a band of 8 %");
    assert_eq!(bands(&w), [n(800), n(500), n(500)]);
    w.refuses(
        Ask::all(),
        RebalanceNotEligible {
            // A and B are on their bands: the first is named.
            worstDriftBps: n(800),
            bandBps: n(800),
        },
    );
    // Calmer than usual leaves it as it is.
    w.mood(A, 0, e18(1) / n(2));
    assert_eq!(bands(&w)[0], n(500));
}

#[motsu::test]
fn a_storm_widens_no_band_beyond_the_cap_or_half_the_weight() {
    let w = World::new();
    for token in [A, B, C] {
        w.mood(token, 0, e18(100));
    }
    // 5 % thrice is within half of A's 50 % and B's 30 %, not of C's 20 %.
    let bands = w.rebalancer.sender(KEEPER).assess().unwrap().0 .4;
    assert_eq!(bands, [n(1_500), n(1_500), n(1_000)]);
    w.limit(limit::BAND_STRESS_CAP_BPS, n(10_000));
    let bands = w.rebalancer.sender(KEEPER).assess().unwrap().0 .4;
    assert_eq!(bands, [n(500); 3]);
}

#[motsu::test]
fn without_a_schedule_time_alone_makes_nothing_due() {
    let w = near();
    clock::set(NOW + 1_000 * DAY);
    assert_eq!(reason(&w), n(0));
}

#[motsu::test]
fn the_schedule_is_due_after_its_interval_and_not_before() {
    let w = near();
    w.limit(limit::SCHEDULE_INTERVAL_S, n(DAY));
    clock::set(NOW + DAY - 1);
    assert_eq!(reason(&w), n(0), "since construction");
    clock::set(NOW + DAY);
    assert_eq!(reason(&w), n(3));
    w.ask(Ask::new(&[(A, B, U256::MAX), (A, C, U256::MAX)]).ever())
        .unwrap();
    assert_eq!(w.reports()[0].reason, n(3));
    // The mock's holdings did not move, so only the clock keeps it from being due.
    assert_eq!(reason(&w), n(0));
    clock::set(NOW + 2 * DAY - 1);
    assert_eq!(reason(&w), n(0));
    clock::set(NOW + 2 * DAY);
    assert_eq!(reason(&w), n(3));
}

#[motsu::test]
fn the_schedule_is_not_due_near_the_targets() {
    let w = World::new();
    w.limit(limit::SCHEDULE_INTERVAL_S, n(DAY));
    clock::set(NOW + DAY);
    // 1 %, the least distance, less one part in 1e15.
    w.hold(A, e18(510) - n(1_000));
    w.hold(B, e18(300));
    w.hold(C, e18(190) + n(1_000));
    assert_eq!(reason(&w), n(0));
    w.hold(A, e18(510));
    w.hold(C, e18(190));
    assert_eq!(reason(&w), n(3));
}

#[motsu::test]
fn a_slice_leaves_the_schedule_due() {
    let w = near();
    w.limit(limit::SCHEDULE_INTERVAL_S, n(DAY));
    clock::set(NOW + DAY);
    // 10 of the 20 that are useful: 1 % is left, the least distance.
    w.script(&[e18(10)], &[e18(10)]);
    w.ask(Ask::new(&[(A, B, e18(10))]).ever()).unwrap();
    assert_eq!(w.times().2, n(NOW + DAY + 60), "a slice's rest");
    clock::set(NOW + DAY + 60);
    assert_eq!(reason(&w), n(3));
}

#[motsu::test]
fn a_rebalance_for_another_reason_starts_the_interval_anew() {
    let w = World::new();
    w.limit(limit::SCHEDULE_INTERVAL_S, n(DAY));
    clock::set(NOW + DAY / 2);
    w.ask(Ask::all().ever()).unwrap();
    w.hold(A, e18(520));
    w.hold(B, e18(290));
    w.hold(C, e18(190));
    clock::set(NOW + DAY);
    assert_eq!(reason(&w), n(0));
    clock::set(NOW + DAY + DAY / 2);
    assert_eq!(reason(&w), n(3));
}

#[motsu::test]
fn a_trigger_without_a_plan_is_not_due() {
    let w = near();
    w.limit(limit::SCHEDULE_INTERVAL_S, n(DAY));
    w.set_state(0, true);
    clock::set(NOW + DAY);
    assert_eq!(reason(&w), n(2), "pending comes before the schedule");
    w.limit(limit::MIN_NOTIONAL_WAD, e18(20) + n(1));
    assert_eq!(reason(&w), n(0));
}
