//! Invariant 21, one fault of a feed at a time: refused by its own name, with value and bound.

use alloy_primitives::{I256, U256};
use ballast_interfaces::clock;
use ballast_mocks::feeds::mode;
use ballast_oracle::types::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, MAX, MIN, SLACK, T0};

fn good() -> Result<U256, Error> {
    Ok(u(ANSWER) * ten_to(28))
}

fn out_of_bounds(w: &World, value: I256) -> Result<U256, Error> {
    Err(OracleAnswerOutOfBounds {
        feed: w.feed.address(),
        answer: value,
        min: u(MIN),
        max: u(MAX),
    }
    .into())
}

fn unreadable(w: &World) -> Result<U256, Error> {
    Err(OracleFeedUnreadable {
        feed: w.feed.address(),
    }
    .into())
}

fn stale(w: &World, updated_at: u64) -> Result<U256, Error> {
    Err(OracleStale {
        feed: w.feed.address(),
        updatedAt: u(updated_at),
        maxAge: u(HEARTBEAT + SLACK),
    }
    .into())
}

#[test]
fn inv_21_a_negative_or_zero_answer_is_refused() {
    let w = World::new();
    for value in [
        answer(-1),
        answer(0),
        answer(-(i128::from(ANSWER))),
        I256::MIN,
    ] {
        w.feed.sender(w.owner).set_answer(value);
        assert_eq!(w.price(), out_of_bounds(&w, value));
    }
}

#[test]
fn inv_21_a_zero_answer_is_refused_even_where_the_bound_is_zero() {
    let w = World::bare();
    w.set_feed_with(u(HEARTBEAT), u(0), u(MAX), u(0)).unwrap();
    w.feed.sender(w.owner).set_answer(I256::ZERO);
    assert!(matches!(
        w.price(),
        Err(Error::OracleAnswerOutOfBounds(e)) if e.answer.is_zero()
    ));
    w.feed.sender(w.owner).set_answer(answer(1));
    assert_eq!(w.price(), Ok(ten_to(28)));
}

#[test]
fn inv_21_an_answer_at_or_beyond_a_bound_is_refused() {
    let w = World::new();
    for value in [
        answer(MIN.into()),
        answer(i128::from(MIN) - 1),
        answer(MAX.into()),
        answer(i128::from(MAX) + 1),
        answer(i128::MAX),
        I256::MAX,
    ] {
        w.feed.sender(w.owner).set_answer(value);
        assert_eq!(w.price(), out_of_bounds(&w, value));
    }
}

#[test]
fn inv_21_an_answer_is_stale_one_second_after_heartbeat_and_slack() {
    let w = World::new();
    clock::set(T0 + HEARTBEAT + SLACK);
    assert_eq!(w.price(), good());
    clock::set(T0 + HEARTBEAT + SLACK + 1);
    assert_eq!(w.price(), stale(&w, T0));
}

#[test]
fn inv_21_an_answer_of_no_time_is_refused() {
    let w = World::new();
    w.feed.sender(w.owner).set_updated_at(u(0));
    assert_eq!(w.price(), stale(&w, 0));
    // Even where time itself has just begun.
    clock::set(10);
    assert_eq!(w.price(), stale(&w, 0));
}

#[test]
fn inv_21_an_answer_from_the_future_is_refused() {
    let w = World::new();
    for updated_at in [u(T0 + 1), U256::MAX] {
        w.feed.sender(w.owner).set_updated_at(updated_at);
        assert_eq!(
            w.price(),
            Err(OracleFuture {
                feed: w.feed.address(),
                updatedAt: updated_at,
                now: u(T0)
            }
            .into())
        );
    }
    w.feed.sender(w.owner).set_updated_at(u(T0));
    assert_eq!(w.price(), good());
}

#[test]
fn inv_21_a_feed_that_reverts_is_refused() {
    let w = World::new();
    w.feed.sender(w.owner).set_mode(u(mode::REVERT));
    assert_eq!(w.price(), unreadable(&w));
}

#[test]
fn inv_21_a_feed_that_answers_nothing_is_refused() {
    // What an address without code answers: on chain such a call succeeds.
    let w = World::new();
    w.feed.sender(w.owner).set_mode(u(mode::EMPTY));
    assert_eq!(w.price(), unreadable(&w));
}

#[test]
fn inv_21_a_short_answer_is_refused() {
    let w = World::new();
    w.feed.sender(w.owner).set_mode(u(mode::SHORT));
    assert_eq!(w.price(), unreadable(&w));
}

#[test]
fn an_answer_with_more_behind_it_is_read_all_the_same() {
    let w = World::new();
    w.feed.sender(w.owner).set_mode(u(mode::LONG));
    assert_eq!(w.price(), good());
}

#[test]
fn inv_21_changed_decimals_are_refused() {
    let w = World::new();
    for decimals in [0, 7, 9, 18, 255] {
        w.feed.sender(w.owner).set_decimals(u(decimals));
        assert_eq!(
            w.price(),
            Err(OracleDecimalsChanged {
                feed: w.feed.address(),
                decimals: u(decimals),
                pinned: u(8)
            }
            .into())
        );
    }
    w.feed.sender(w.owner).set_decimals(u(8));
    assert_eq!(w.price(), good());
}

#[test]
fn inv_21_decimals_that_cannot_be_read_any_more_are_refused() {
    let w = World::new();
    w.feed.sender(w.owner).set_mode(u(mode::NO_DECIMALS));
    assert_eq!(w.price(), unreadable(&w));
}

/// Chainlink's proxies: the phase is in bits 64 to 79 of the round.
fn round(phase: u64) -> U256 {
    (u(phase) << 64) + u(12_345)
}

#[test]
fn decimals_are_not_asked_again_in_the_phase_in_which_they_were_pinned() {
    let w = World::bare();
    w.feed.sender(w.owner).set_round_id(round(6));
    w.set_feed().unwrap();
    // A proxy in the same phase has the same aggregator, whose decimals are immutable: this cannot happen.
    w.feed.sender(w.owner).set_mode(u(mode::NO_DECIMALS));
    assert_eq!(w.price(), good());
}

#[test]
fn inv_21_changed_decimals_are_refused_in_a_new_phase() {
    let w = World::bare();
    w.feed.sender(w.owner).set_round_id(round(6));
    w.set_feed().unwrap();
    for phase in [7, 5, 0, 65_535] {
        w.feed.sender(w.owner).set_round_id(round(phase));
        w.feed.sender(w.owner).set_decimals(u(18));
        assert_eq!(
            w.price(),
            Err(OracleDecimalsChanged {
                feed: w.feed.address(),
                decimals: u(18),
                pinned: u(8)
            }
            .into()),
            "phase {phase}"
        );
        w.feed.sender(w.owner).set_decimals(u(8));
        assert_eq!(w.price(), good(), "phase {phase}");
    }
}

#[test]
fn inv_21_a_round_that_is_no_proxys_has_no_phase() {
    // A uint80 ends at bit 79: whatever this is, its decimals are asked for every time.
    for round_id in [
        (u(1) << 80) + round(6),
        (u(1) << 128) + round(6),
        (u(1) << 192) + round(6),
        U256::MAX,
        round(0),
        round(65_536),
    ] {
        let w = World::bare();
        w.feed.sender(w.owner).set_round_id(round_id);
        w.set_feed().unwrap();
        w.feed.sender(w.owner).set_decimals(u(9));
        assert!(
            matches!(w.price(), Err(Error::OracleDecimalsChanged(_))),
            "round {round_id}"
        );
    }
}
