//! What `rebalance` passes on, answers, keeps and logs.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

#[motsu::test]
fn rebalance_clamps_to_what_is_useful() {
    let w = World::new();
    // B lacks 100 and C lacks 100; the keeper names too much, and less.
    w.limit(limit::MIN_PROGRESS_BPS, n(100));
    let (sold, bought) = w
        .ask(Ask::new(&[(A, B, U256::MAX), (A, C, e18(40))]))
        .unwrap();
    assert_eq!(sold, [e18(100), e18(40)]);
    let (amounts, leasts, filler, data) = w.vault.sender(KEEPER).last();
    assert_eq!(amounts, sold);
    assert_eq!(leasts, bought);
    assert_eq!(filler, FILLER);
    assert_eq!(data.as_ref(), [0xda]);
}

#[motsu::test]
fn rebalance_clamps_to_the_excess_that_is_left() {
    let w = World::new();
    // A has 150 too much; B lacks 100, C lacks 50 of the 200 that it would take.
    w.hold(A, e18(650));
    w.hold(C, e18(150));
    w.ask(Ask::new(&[(A, C, e18(30)), (A, B, U256::MAX)]))
        .unwrap();
    assert_eq!(w.vault.sender(KEEPER).last().0, [e18(30), e18(100)]);
}

#[motsu::test]
fn rebalance_passes_on_the_larger_of_bound_and_rate() {
    let w = World::new();
    let mut ask = Ask::all();
    // 0.999 is above the bound of 0.995; 0.9 is below.
    let milli = U256::from(10u8).pow(n(33));
    ask.min_rates = vec![n(999) * milli, n(900) * milli];
    w.ask(ask).unwrap();
    let leasts = w.vault.sender(KEEPER).last().1;
    assert_eq!(leasts, [e18(999) / n(10), e18(995) / n(10)]);
}

#[motsu::test]
fn rebalance_answers_what_the_vault_measured() {
    let w = World::new();
    let result = ([e18(190), n(0)], [e18(100), e18(90)]);
    w.script(&result.0, &result.1);
    assert_eq!(
        w.ask(Ask::all()).unwrap(),
        (result.0.to_vec(), result.1.to_vec())
    );
}

#[motsu::test]
fn rebalance_starts_the_full_cooldown_when_the_trigger_ends() {
    let w = World::new();
    w.accepts(Ask::all());
    assert_eq!(w.times(), (n(1), n(NOW), n(NOW + 3_600)));
}

#[motsu::test]
fn rebalance_starts_the_short_cooldown_when_the_trigger_stays() {
    let w = World::new();
    w.accepts(Ask::half());
    assert_eq!(w.times(), (n(1), n(NOW), n(NOW + 60)));
}

#[motsu::test]
fn rebalance_settles_targets_only_when_they_are_reached() {
    let w = World::new();
    w.set_state(0, true);
    w.accepts(Ask::half());
    assert_eq!(w.settled(), n(0), "the distance is still 10 %");

    let w = World::new();
    w.set_state(0, true);
    w.accepts(Ask::all());
    assert_eq!(w.settled(), n(1));

    let w = World::new();
    w.accepts(Ask::all());
    assert_eq!(w.settled(), n(0), "nothing was pending");
}

#[motsu::test]
fn rebalance_does_not_settle_at_the_least_drift() {
    let w = World::new();
    w.set_state(0, true);
    // All of B's 100 and 90 of C's: a distance of 1 % is left, at fair prices.
    let script = ([e18(190), n(0)], [e18(100), e18(90)]);
    w.script(&script.0, &script.1);
    w.accepts(Ask::all());
    assert_eq!(w.settled(), n(0));
    assert_eq!(w.times().2, n(NOW + 60), "still pending");

    let w = World::new();
    w.set_state(0, true);
    w.script(
        &[e18(190) + n(1_000_000), n(0)],
        &[e18(100), e18(90) + n(1_000_000)],
    );
    w.accepts(Ask::all());
    assert_eq!(w.settled(), n(1));
    assert_eq!(w.times().2, n(NOW + 3_600));
}

#[motsu::test]
fn rebalance_counts() {
    let w = World::new();
    w.accepts(Ask::half());
    clock::set(NOW + 60);
    let mut ask = Ask::half();
    ask.deadline = U256::MAX;
    w.ask(ask).unwrap();
    assert_eq!(w.times(), (n(2), n(NOW + 60), n(NOW + 120)));
}

#[motsu::test]
fn rebalance_logs_what_happened() {
    let w = World::new();
    // 0.4 of 200 lost; the distance that is left: A 500 of 999.6, B 299.8, C 199.8.
    w.script(
        &[e18(200), n(0)],
        &[e18(2_998) / n(10) - e18(200), e18(1_998) / n(10) - e18(100)],
    );
    w.accepts(Ask::all());
    let nav_after = e18(9_996) / n(10);
    // A alone is above its weight: 500 / 999.6 − 50 %, rounded up; the other two mirror it.
    let over = (e18(500) * e18(1)).div_ceil(nav_after) - e18(1) / n(2);
    let logs = w.rebalancer.all_events();
    assert_eq!(logs.len(), 4);
    use alloy_sol_types::SolEvent;
    let got = RebalanceExecuted::decode_log_data(&logs[0], true).unwrap();
    assert!(got.distanceAfterWad >= over - n(2) && got.distanceAfterWad <= over + n(2));
    let wanted = RebalanceExecuted {
        nonce: n(1),
        keeper: KEEPER,
        filler: FILLER,
        reason: n(1),
        navBefore: e18(1_000),
        navAfter: nav_after,
        distanceBeforeWad: e18(1) / n(5),
        distanceAfterWad: got.distanceAfterWad,
        // ½ (200 + 199.6) / 1000 = 19.98 %
        turnoverBps: n(1_998),
        lossBps: n(4),
        allowedBps: n(50),
        openedAt: n(0),
        // 4 bps of 5 %, and 20 % of 1,000 %.
        lossBudgetLeft: e18(496) / n(10_000),
        turnoverBudgetLeft: e18(98) / n(10),
    };
    assert_eq!(got, wanted);
    let price = U256::from(10u8).pow(n(36));
    for (token, sold, bought) in [
        (A, e18(200), n(0)),
        (B, n(0), e18(998) / n(10)),
        (C, n(0), e18(998) / n(10)),
    ] {
        w.rebalancer.assert_emitted(&AssetTraded {
            nonce: n(1),
            token,
            sold,
            bought,
            priceD36: price,
        });
    }
}

#[motsu::test]
fn rebalance_logs_the_reason() {
    let w = World::new();
    w.set_state(0, true);
    for (token, percent) in [(A, 50), (B, 30), (C, 20)] {
        w.weigh(token, percent, 10_000);
    }
    w.hold(A, e18(600));
    w.hold(B, e18(250));
    w.hold(C, e18(150));
    w.accepts(Ask::all());
    use alloy_sol_types::SolEvent;
    let log = &w.rebalancer.all_events()[0];
    let got = RebalanceExecuted::decode_log_data(log, true).unwrap();
    assert_eq!(got.reason, n(2));
}
