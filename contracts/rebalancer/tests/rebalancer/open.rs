//! `open`: who may start the clock, when, and what makes it void.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

#[track_caller]
fn refuses(w: &World, refusal: impl Into<Refusal>) {
    assert_eq!(w.open(), Err(Error::Own(refusal.into())));
    assert_eq!(w.opened_at(), n(0));
}

#[motsu::test]
fn open_reverts_when_paused() {
    let w = World::with_ramp();
    w.set_state(NOW + 1, false);
    refuses(&w, RebalancePaused { until: n(NOW + 1) });
    w.set_state(NOW, false);
    assert!(w.open().is_ok());
}

#[motsu::test]
fn open_reverts_while_the_last_rebalance_rests() {
    let w = World::new();
    w.accepts(Ask::half());
    w.limit(limit::RAMP_S, n(RAMP));
    clock::set(NOW + 59);
    let refused = RebalanceCooldown {
        now: n(NOW + 59),
        nextAt: n(NOW + 60),
    };
    assert_eq!(w.open(), Err(Error::Own(refused.into())));
    clock::set(NOW + 60);
    assert!(w.open().is_ok());
}

#[motsu::test]
fn open_reverts_without_an_auction() {
    let w = World::new();
    refuses(&w, RebalanceNoRamp {});
}

#[motsu::test]
fn open_reverts_when_nothing_is_due() {
    let w = World::with_ramp();
    w.balance();
    refuses(
        &w,
        RebalanceNotEligible {
            worstDriftBps: n(0),
            bandBps: n(500),
        },
    );
}

#[motsu::test]
fn open_reverts_without_a_plan() {
    let w = World::with_ramp();
    w.limit(limit::MIN_NOTIONAL_WAD, e18(200) + n(1));
    refuses(
        &w,
        RebalanceNotEligible {
            worstDriftBps: n(2_000),
            bandBps: n(500),
        },
    );
}

#[motsu::test]
fn open_reverts_when_nothing_of_value_is_held() {
    let w = World::with_ramp();
    for token in [A, B, C] {
        w.hold(token, U256::ZERO);
    }
    refuses(&w, RebalanceZeroNav {});
}

#[motsu::test]
fn open_passes_on_what_the_oracle_said() {
    let w = World::with_ramp();
    w.price(C, U256::ZERO);
    assert_eq!(w.open(), Err(Error::Passed(b"not priced".to_vec())));
}

#[motsu::test]
fn open_reverts_while_an_opening_holds() {
    let w = World::with_ramp();
    w.open().unwrap();
    for now in [NOW, NOW + RAMP, NOW + RAMP + HOLD - 1] {
        clock::set(now);
        let refused = RebalanceAlreadyOpen {
            openedAt: n(NOW),
            until: n(NOW + RAMP + HOLD),
        };
        assert_eq!(w.open(), Err(Error::Own(refused.into())), "{now}");
    }
    clock::set(NOW + RAMP + HOLD);
    assert_eq!(w.opened_at(), n(0), "void for its age");
    assert_eq!(w.open(), Ok(n(NOW + 2 * (RAMP + HOLD))));
}

#[motsu::test]
fn open_starts_the_clock_and_tells() {
    let w = World::with_ramp();
    assert_eq!(w.open(), Ok(n(NOW + RAMP + HOLD)));
    w.rebalancer.assert_emitted(&RebalanceOpened {
        nonce: n(0),
        opener: KEEPER,
        reason: n(1),
        openedAt: n(NOW),
        rampEnd: n(NOW + RAMP),
        until: n(NOW + RAMP + HOLD),
    });
    let auction = w.rebalancer.sender(KEEPER).auction().unwrap();
    let times = (n(NOW), n(NOW + RAMP), n(NOW + RAMP + HOLD));
    assert_eq!(auction, (times.0, times.1, times.2, n(0), n(5_000)));
    assert_eq!(w.rebalancer.sender(KEEPER).state().unwrap().3, n(NOW));
    clock::set(NOW + RAMP / 2);
    let auction = w.rebalancer.sender(KEEPER).auction().unwrap();
    assert_eq!(auction, (times.0, times.1, times.2, n(25), n(3_000)));
    clock::set(NOW + RAMP);
    let auction = w.rebalancer.sender(KEEPER).auction().unwrap();
    assert_eq!(auction, (times.0, times.1, times.2, n(50), n(1_000)));
}

/// What voids an opening: each makes the next rebalance start over, and lets anybody open anew.
#[motsu::test]
fn an_opening_is_void_once_its_ground_has_changed() {
    type Change = (&'static str, fn(&World));
    let changes: [Change; 6] = [
        ("policy", |w| w.set_policy(NONCE + 1, 0, false)),
        ("a pause that is over", |w| w.set_state(NOW + 10, false)),
        ("sequencer or breaker", |w| {
            w.oracle.sender(KEEPER).set_calm_since(n(NOW + 1));
        }),
        ("a breaker that never calms", |w| {
            w.oracle.sender(KEEPER).set_calm_since(U256::MAX);
        }),
        ("the ramp is taken away", |w| w.limit(limit::RAMP_S, n(0))),
        ("age", |_| clock::set(NOW + RAMP + HOLD)),
    ];
    for (what, change) in changes {
        let w = World::with_ramp();
        w.open().unwrap();
        clock::set(NOW + 60);
        assert_eq!(w.opened_at(), n(NOW));
        change(&w);
        assert_eq!(w.opened_at(), n(0), "{what}");
    }
    let w = World::with_ramp();
    w.oracle.sender(KEEPER).set_calm_since(n(NOW));
    w.open().unwrap();
    assert_eq!(w.opened_at(), n(NOW), "calm since the opening itself");
}
