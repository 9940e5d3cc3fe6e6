//! `settle`: targets that were reached without a rebalance.

use alloy_primitives::U256;
use ballast_rebalancer::types::*;
use motsu::prelude::*;

use crate::world::*;

fn settle(w: &World) -> Result<(), Error> {
    w.rebalancer.sender(KEEPER).settle().motsu_res()
}

#[motsu::test]
fn settle_reverts_when_nothing_is_pending() {
    let w = World::new();
    w.balance();
    assert_eq!(
        settle(&w),
        Err(Error::Own(RebalanceNothingPending {}.into()))
    );
    assert_eq!(w.settled(), n(0));
}

#[motsu::test]
fn settle_reverts_while_the_targets_are_ahead() {
    let w = World::new();
    w.set_state(0, true);
    w.hold(A, e18(510));
    w.hold(B, e18(300));
    w.hold(C, e18(190));
    let percent = e18(1) / n(100);
    let refused = RebalanceTargetsAhead {
        distanceWad: percent,
        minDriftWad: percent,
    };
    assert_eq!(settle(&w), Err(Error::Own(refused.into())));
    assert_eq!(w.settled(), n(0));
    w.hold(A, e18(510) - n(1_000));
    w.hold(C, e18(190) + n(1_000));
    assert_eq!(settle(&w), Ok(()));
    assert_eq!(w.settled(), n(1));
}

#[motsu::test]
fn settle_reverts_when_nothing_of_value_is_held() {
    let w = World::new();
    w.set_state(0, true);
    for token in [A, B, C] {
        w.hold(token, U256::ZERO);
    }
    assert_eq!(settle(&w), Err(Error::Own(RebalanceZeroNav {}.into())));
}

#[motsu::test]
fn settle_passes_on_what_the_oracle_said() {
    let w = World::new();
    w.set_state(0, true);
    w.price(C, U256::ZERO);
    assert_eq!(settle(&w), Err(Error::Passed(b"not priced".to_vec())));
}
