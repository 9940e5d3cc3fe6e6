use alloy_primitives::U256;
use ballast_interfaces::clock;
use ballast_mocks::feeds::MockFeed;
use ballast_oracle::types::*;
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, SLACK, T0};

#[test]
fn prices_of_nothing_are_nothing() {
    let w = World::new();
    assert_eq!(w.prices(&[]), Ok(vec![]));
}

#[test]
fn prices_come_in_the_order_asked() {
    let w = World::new();
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
    // $0.9999 a token of 10^6 units: 0.9999 · 1e18 / 1e6 · 1e36.
    let dollar = u(9_999) * ten_to(44);
    let ether = u(2_000) * ten_to(36);
    let (a, b) = (w.token.address(), token.address());
    assert_eq!(w.prices(&[a, b]), Ok(vec![ether, dollar]));
    assert_eq!(w.prices(&[b, a, b]), Ok(vec![dollar, ether, dollar]));
}

#[test]
fn prices_are_all_or_none() {
    let w = World::new();
    let (token, feed) = (Contract::<MockFeed>::new(), Contract::<MockFeed>::new());
    token.sender(w.owner).set_decimals(u(18));
    feed.sender(w.owner).set(answer(50), u(T0), u(0));
    w.oracle
        .sender(w.owner)
        .set_feed(
            token.address(),
            feed.address(),
            u(100),
            u(1),
            u(1_000),
            u(0),
        )
        .motsu_unwrap();
    clock::set(T0 + 100 + SLACK + 1);
    let stale = Error::from(OracleStale {
        feed: feed.address(),
        updatedAt: u(T0),
        maxAge: u(100 + SLACK),
    });
    for tokens in [
        [w.token.address(), token.address()],
        [token.address(), w.token.address()],
    ] {
        assert_eq!(w.prices(&tokens), Err(stale.clone()));
    }
    assert!(w.price().is_ok());
}

#[test]
fn prices_revert_when_one_does_not_fit_a_word() {
    let w = World::bare();
    w.token.sender(w.owner).set_decimals(u(0));
    w.feed.sender(w.owner).set_decimals(u(0));
    w.set_feed_with(u(HEARTBEAT), u(0), U256::from(u128::MAX), u(0))
        .unwrap();
    // 10^54 · 2^77 is beyond 2^256.
    w.feed.sender(w.owner).set_answer(answer(1 << 77));
    assert_eq!(w.price(), Err(OracleMathOverflow {}.into()));
}

#[test]
fn latest_tells_when_the_feed_was_updated() {
    let w = World::new();
    w.feed.sender(w.owner).set_updated_at(u(T0 - 17));
    assert_eq!(
        w.oracle
            .sender(w.stranger)
            .latest(w.token.address())
            .motsu_unwrap(),
        (u(2_000) * ten_to(36), u(T0 - 17))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    /// For every split of decimals, one whole token is worth the answer, in WAD, exactly.
    #[test]
    fn prop_a_whole_token_is_worth_the_answer(feed in 0u64..=18, token in 0u64..=36, value in 1u64..) {
        prop_assume!(feed + token <= 54);
        let w = World::bare();
        w.token.sender(w.owner).set_decimals(u(token));
        w.feed.sender(w.owner).set(answer(value.into()), u(T0), u(feed));
        w.set_feed_with(u(HEARTBEAT), u(0), U256::from(u128::MAX), u(0)).unwrap();
        // {value} = {tok} · D36 / 1e36, and {value} = answer · 1e18 / 10^feed.
        match w.price() {
            Ok(price) => {
                let tokens = alloy_primitives::U512::from(ten_to(token));
                let one_token = tokens * alloy_primitives::U512::from(price);
                let whole = alloy_primitives::U512::from(u(value)) * alloy_primitives::U512::from(ten_to(54));
                prop_assert_eq!(one_token * alloy_primitives::U512::from(ten_to(feed)), whole);
            }
            Err(err) => {
                prop_assert_eq!(err, OracleMathOverflow {}.into());
                prop_assert!(u(value).checked_mul(ten_to(54 - feed - token)).is_none());
            }
        }
    }

    /// Invariant 21: a price is used only if every condition holds, whatever the feed says.
    #[test]
    fn inv_21_prop_used_only_if_every_condition_holds(
        value in prop_oneof![any::<i128>(), 0i128..20_000_000_000_000],
        age in -400i64..5_000,
        decimals in 7u64..10,
        phase in 0u64..3,
    ) {
        let w = World::new();
        let updated_at = T0.checked_add_signed(-age).unwrap();
        w.feed.sender(w.owner).set(answer(value), u(updated_at), u(decimals));
        w.feed.sender(w.owner).set_round_id(U256::from(phase) << 64);
        let good = value > i128::from(crate::MIN)
            && value < i128::from(crate::MAX)
            && (0..=i64::try_from(HEARTBEAT + SLACK).unwrap()).contains(&age)
            && decimals == 8;
        let price = w.price();
        prop_assert_eq!(price.is_ok(), good, "inv_21");
        if good {
            prop_assert_eq!(price, Ok(U256::from(value) * ten_to(28)));
        }
    }
}

#[test]
fn an_answer_just_inside_of_both_bounds_is_used() {
    let w = World::new();
    for value in [crate::MIN + 1, crate::MAX - 1, ANSWER] {
        w.feed.sender(w.owner).set_answer(answer(value.into()));
        assert_eq!(w.price(), Ok(u(value) * ten_to(28)));
    }
}
