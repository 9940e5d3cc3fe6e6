//! `close`: when the clock may be stopped.

use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

#[track_caller]
fn refuses(w: &World, refusal: impl Into<Refusal>) {
    assert_eq!(w.close(), Err(Error::Own(refusal.into())));
}

#[motsu::test]
fn close_reverts_without_an_opening() {
    let w = World::with_ramp();
    refuses(&w, RebalanceNotOpen {});
}

#[motsu::test]
fn close_reverts_while_a_rebalance_is_due() {
    let w = World::with_ramp();
    w.open().unwrap();
    refuses(
        &w,
        RebalanceStillDue {
            reason: n(1),
            worstDriftBps: n(2_000),
            halfBandBps: n(250),
        },
    );
    assert_eq!(w.opened_at(), n(NOW));
}

#[motsu::test]
fn close_waits_until_every_drift_is_within_half_its_band() {
    let w = World::with_ramp();
    w.open().unwrap();
    // 25 of 1,000 is half of A's band of 5 %.
    w.hold(A, e18(525) + n(1_000));
    w.hold(B, e18(285));
    w.hold(C, e18(190) - n(1_000));
    refuses(
        &w,
        RebalanceStillDue {
            reason: n(0),
            worstDriftBps: n(250),
            halfBandBps: n(250),
        },
    );
    w.hold(A, e18(525));
    w.hold(C, e18(190));
    assert_eq!(w.close(), Ok(()));
    assert_eq!(w.opened_at(), n(0));
    w.rebalancer.assert_emitted(&RebalanceClosed {
        nonce: n(0),
        by: KEEPER,
        openedAt: n(NOW),
    });
    refuses(&w, RebalanceNotOpen {});
}

#[motsu::test]
fn close_waits_for_pending_targets() {
    let w = World::with_ramp();
    w.open().unwrap();
    w.set_state(0, true);
    w.hold(A, e18(510));
    w.hold(B, e18(300));
    w.hold(C, e18(190));
    refuses(
        &w,
        RebalanceStillDue {
            reason: n(2),
            worstDriftBps: n(100),
            halfBandBps: n(250),
        },
    );
    w.set_state(0, false);
    assert_eq!(w.close(), Ok(()));
}

#[motsu::test]
fn close_ends_a_void_opening_without_a_price() {
    let w = World::with_ramp();
    w.open().unwrap();
    w.price(C, n(0));
    assert_eq!(w.close(), Err(Error::Passed(b"not priced".to_vec())));
    clock::set(NOW + RAMP + HOLD);
    assert_eq!(w.close(), Ok(()));
    refuses(&w, RebalanceNotOpen {});
}

#[motsu::test]
fn close_ends_an_opening_from_before_the_market_calmed() {
    let w = World::with_ramp();
    w.open().unwrap();
    w.oracle.sender(KEEPER).set_calm_since(n(NOW + 1));
    assert_eq!(w.close(), Ok(()));
}

#[motsu::test]
fn a_rebalance_that_ends_the_trigger_closes_the_opening_and_a_slice_does_not() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP);
    w.ask(Ask::half().ever()).unwrap();
    assert_eq!(w.opened_at(), n(NOW), "a slice");
    assert_eq!(w.times(), (n(1), n(NOW + RAMP), n(NOW + RAMP + 60)));
    // The mock's holdings do not move by themselves.
    w.hold(A, e18(600));
    w.hold(B, e18(300));
    clock::set(NOW + RAMP + 60);
    w.ask(Ask::new(&[(A, C, e18(100))]).ever()).unwrap();
    assert_eq!(w.opened_at(), n(0));
    let next = NOW + RAMP + 60 + 3_600;
    assert_eq!(w.times(), (n(2), n(NOW + RAMP + 60), n(next)));
    w.rebalancer.assert_emitted(&RebalanceClosed {
        nonce: n(2),
        by: KEEPER,
        openedAt: n(NOW),
    });
    let reports = w.reports();
    assert_eq!(reports.len(), 2);
    for report in reports {
        assert_eq!((report.openedAt, report.allowedBps), (n(NOW), n(50)));
    }
}

#[motsu::test]
fn a_rebalance_without_an_auction_closes_nothing() {
    let w = World::with_ramp();
    w.open().unwrap();
    w.limit(limit::RAMP_S, n(0));
    w.ask(Ask::all()).unwrap();
    assert_eq!(w.reports()[0].openedAt, n(0));
}
