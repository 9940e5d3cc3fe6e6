//! `setSequencerFeed`, and what the sequencer's state does to every price (invariant 21).

use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::feeds::{mode, MockFeed};
use ballast_oracle::types::*;
use motsu::prelude::*;

use crate::{answer, u, World, T0};

const GRACE: u64 = 3_600;

fn set(w: &World, feed: Address, grace: U256) -> Result<(), Error> {
    w.oracle
        .sender(w.owner)
        .set_sequencer_feed(feed, grace)
        .motsu_res()
}

/// With the sequencer up since long before [`T0`].
fn up() -> World {
    let w = World::new();
    w.sequencer.sender(w.owner).set_started_at(u(T0 - 86_400));
    w.set_sequencer(GRACE);
    w
}

#[test]
fn set_sequencer_feed_reverts_for_anybody_but_the_governor() {
    let w = World::bare();
    let err = w
        .oracle
        .sender(w.stranger)
        .set_sequencer_feed(w.sequencer.address(), u(GRACE))
        .motsu_unwrap_err();
    assert_eq!(
        err,
        OracleUnauthorized {
            caller: w.stranger,
            role: DEFAULT_ADMIN_ROLE
        }
        .into()
    );
}

#[test]
fn set_sequencer_feed_reverts_for_a_grace_of_more_than_a_day() {
    let w = World::bare();
    for grace in [u(86_401), u(1) << 32, U256::MAX] {
        assert_eq!(
            set(&w, w.sequencer.address(), grace),
            Err(OracleParameterOutOfRange {
                value: grace,
                min: u(0),
                max: u(86_400)
            }
            .into())
        );
    }
}

#[test]
fn set_sequencer_feed_reverts_for_what_is_no_feed() {
    let w = World::bare();
    let nobody = Address::from_tag("nobody");
    assert_eq!(
        set(&w, nobody, u(0)),
        Err(OracleNotContract { account: nobody }.into())
    );
    w.sequencer.sender(w.owner).set_mode(u(mode::SHORT));
    assert_eq!(
        set(&w, w.sequencer.address(), u(0)),
        Err(OracleFeedUnreadable {
            feed: w.sequencer.address()
        }
        .into())
    );
}

#[test]
fn set_sequencer_feed_reverts_for_another_feed_than_the_first() {
    let w = up();
    let other = Contract::<MockFeed>::new();
    for feed in [other.address(), Address::ZERO] {
        assert_eq!(
            set(&w, feed, u(GRACE)),
            Err(OracleFeedAlreadySet {
                token: Address::ZERO,
                feed: w.sequencer.address()
            }
            .into())
        );
    }
}

#[test]
fn set_sequencer_feed_keeps_feed_and_grace_and_lets_the_grace_change() {
    let w = up();
    for grace in [GRACE, 0, 86_400] {
        set(&w, w.sequencer.address(), u(grace)).unwrap();
        assert_eq!(
            w.oracle.sender(w.stranger).sequencer().motsu_unwrap(),
            (w.sequencer.address(), u(grace))
        );
        w.oracle.assert_emitted(&SequencerFeedSet {
            feed: w.sequencer.address(),
            grace: u(grace),
        });
    }
}

#[test]
fn without_a_sequencer_feed_prices_need_none() {
    let w = World::new();
    assert!(w.price().is_ok());
    set(&w, Address::ZERO, u(100)).unwrap();
    assert!(w.price().is_ok());
}

#[test]
fn inv_21_no_price_while_the_sequencer_is_down() {
    let w = up();
    for state in [answer(1), answer(2), answer(-1), I256::MIN] {
        w.sequencer.sender(w.owner).set_answer(state);
        assert_eq!(
            w.price(),
            Err(OracleSequencerDown {
                feed: w.sequencer.address(),
                answer: state
            }
            .into())
        );
        assert!(w.prices(&[]).is_err());
    }
    w.sequencer.sender(w.owner).set_answer(I256::ZERO);
    assert!(w.price().is_ok());
}

#[test]
fn inv_21_no_price_until_longer_than_the_grace_after_a_restart() {
    let w = up();
    w.sequencer.sender(w.owner).set_started_at(u(T0));
    for now in [T0, T0 + 1, T0 + GRACE] {
        clock::set(now);
        w.feed.sender(w.owner).set_updated_at(u(now));
        assert_eq!(
            w.price(),
            Err(OracleSequencerGrace {
                feed: w.sequencer.address(),
                startedAt: u(T0),
                grace: u(GRACE)
            }
            .into())
        );
    }
    clock::set(T0 + GRACE + 1);
    assert!(w.price().is_ok());
}

#[test]
fn inv_21_no_price_before_the_sequencer_feed_is_initialised() {
    let w = up();
    w.sequencer.sender(w.owner).set_started_at(u(0));
    assert_eq!(
        w.price(),
        Err(OracleSequencerUnready {
            feed: w.sequencer.address(),
            startedAt: u(0)
        }
        .into())
    );
}

#[test]
fn inv_21_no_price_while_the_sequencer_starts_in_the_future() {
    let w = up();
    for started_at in [u(T0 + 1), U256::MAX] {
        w.sequencer.sender(w.owner).set_started_at(started_at);
        assert_eq!(
            w.price(),
            Err(OracleFuture {
                feed: w.sequencer.address(),
                updatedAt: started_at,
                now: u(T0)
            }
            .into())
        );
    }
}

#[test]
fn inv_21_no_price_while_the_sequencer_feed_cannot_be_read() {
    let w = up();
    for m in [mode::REVERT, mode::EMPTY, mode::SHORT] {
        w.sequencer.sender(w.owner).set_mode(u(m));
        assert_eq!(
            w.price(),
            Err(OracleFeedUnreadable {
                feed: w.sequencer.address()
            }
            .into())
        );
    }
}
