use alloy_primitives::{Address, U256};
use ballast_interfaces::clock;
use ballast_mocks::feeds::MockFeed;
use ballast_oracle::types::*;
use motsu::prelude::*;

use crate::{answer, ten_to, u, World, HEARTBEAT, SLACK, T0};

type Market = (Vec<U256>, Vec<U256>, Vec<U256>, U256);

fn market(w: &World, tokens: &[Address]) -> Result<Market, Error> {
    w.oracle
        .sender(w.stranger)
        .market(tokens.to_vec())
        .motsu_res()
        .map(|answers| answers.0)
}

/// A dollar of 6 decimals with a lag of 25 bps.
fn dollar(w: &World) -> (Contract<MockFeed>, Contract<MockFeed>) {
    let (token, feed) = (Contract::<MockFeed>::new(), Contract::<MockFeed>::new());
    token.sender(w.owner).set_decimals(u(6));
    feed.sender(w.owner).set(answer(99_990_000), u(T0), u(8));
    w.oracle
        .sender(w.owner)
        .set_feed(
            token.address(),
            feed.address(),
            u(86_400),
            u(90_000_000),
            u(110_000_000),
            u(25),
        )
        .motsu_unwrap();
    (token, feed)
}

#[test]
fn market_reverts_for_a_token_without_a_feed() {
    let w = World::new();
    let token = Address::from_tag("unknown");
    let tokens = [w.token.address(), token];
    assert_eq!(market(&w, &tokens), Err(OracleNoFeed { token }.into()));
}

#[test]
fn inv_21_market_reverts_when_one_price_cannot_be_used() {
    let w = World::new();
    let (dollar, _feed) = dollar(&w);
    clock::set(T0 + HEARTBEAT + SLACK + 1);
    let stale = Error::from(OracleStale {
        feed: w.feed.address(),
        updatedAt: u(T0),
        maxAge: u(HEARTBEAT + SLACK),
    });
    let tokens = [dollar.address(), w.token.address()];
    assert_eq!(market(&w, &tokens), Err(stale));
    assert!(market(&w, &tokens[..1]).is_ok());
}

#[test]
fn inv_21_market_reverts_while_the_sequencer_is_down_or_has_just_started() {
    let w = World::new();
    w.set_sequencer(100);
    w.sequencer.sender(w.owner).set_answer(answer(1));
    assert_eq!(
        market(&w, &[]),
        Err(OracleSequencerDown {
            feed: w.sequencer.address(),
            answer: answer(1)
        }
        .into())
    );
    w.sequencer
        .sender(w.owner)
        .set(answer(0), u(T0 - 100), u(0));
    assert_eq!(
        market(&w, &[]),
        Err(OracleSequencerGrace {
            feed: w.sequencer.address(),
            startedAt: u(T0 - 100),
            grace: u(100)
        }
        .into())
    );
}

#[test]
fn market_is_prices_and_lags_in_the_order_asked_and_no_stress_without_a_reference() {
    let w = World::new();
    let (dollar, _feed) = dollar(&w);
    let (a, b) = (w.token.address(), dollar.address());
    // $0.9999 a token of 10^6 units: 0.9999 · 1e18 / 1e6 · 1e36.
    let (ether, cent) = (u(2_000) * ten_to(36), u(9_999) * ten_to(44));
    assert_eq!(
        market(&w, &[b, a]),
        Ok((vec![cent, ether], vec![u(25), u(50)], vec![u(0); 2], u(0)))
    );
    assert_eq!(market(&w, &[]), Ok((vec![], vec![], vec![], u(0))));
}

#[test]
fn market_is_calm_since_the_sequencer_started() {
    let w = World::new();
    w.sequencer
        .sender(w.owner)
        .set(answer(0), u(T0 - 5_000), u(0));
    w.set_sequencer(100);
    let (.., calm_since) = market(&w, &[w.token.address()]).unwrap();
    assert_eq!(calm_since, u(T0 - 5_000));
}
