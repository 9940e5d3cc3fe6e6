use alloy_primitives::{Address, U256};
use ballast_interfaces::clock;
use ballast_mocks::feeds::mode;
use ballast_oracle::types::*;
use motsu::prelude::*;

use crate::{u, World, HEARTBEAT, SLACK, T0};

fn phase(n: u64) -> U256 {
    u(n) << 64
}

fn pin(w: &World) -> Result<(), Error> {
    w.oracle
        .sender(w.stranger)
        .pin_phase(w.token.address())
        .motsu_res()
}

#[test]
fn pin_phase_reverts_for_a_token_without_a_feed() {
    let w = World::new();
    let token = Address::from_tag("unknown");
    let err = w.oracle.sender(w.owner).pin_phase(token).motsu_unwrap_err();
    assert_eq!(err, OracleNoFeed { token }.into());
}

#[test]
fn pin_phase_reverts_when_the_price_could_not_be_used() {
    let w = World::new();
    w.feed.sender(w.owner).set_round_id(phase(2));
    w.feed.sender(w.owner).set_decimals(u(18));
    assert!(matches!(pin(&w), Err(Error::OracleDecimalsChanged(_))));
    w.feed.sender(w.owner).set_decimals(u(8));
    clock::set(T0 + HEARTBEAT + SLACK + 1);
    assert!(matches!(pin(&w), Err(Error::OracleStale(_))));
    // Nothing was pinned: the decimals are still asked for.
    clock::set(T0);
    w.feed.sender(w.owner).set_mode(u(mode::NO_DECIMALS));
    assert!(w.price().is_err());
}

#[test]
fn pin_phase_by_anybody_saves_the_second_call_and_changes_nothing_else() {
    let w = World::new();
    let before = w
        .oracle
        .sender(w.owner)
        .feed_of(w.token.address())
        .motsu_unwrap();
    w.feed.sender(w.owner).set_round_id(phase(2));
    pin(&w).unwrap();
    w.oracle.assert_emitted(&FeedPhasePinned {
        token: w.token.address(),
        feed: w.feed.address(),
        phase: u(2),
    });
    assert_eq!(
        w.oracle
            .sender(w.owner)
            .feed_of(w.token.address())
            .motsu_unwrap(),
        before
    );
    w.feed.sender(w.owner).set_mode(u(mode::NO_DECIMALS));
    assert!(w.price().is_ok());
    w.feed.sender(w.owner).set_round_id(phase(3));
    assert!(w.price().is_err());
}
