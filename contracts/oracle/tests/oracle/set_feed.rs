use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::feeds::{mode, MockAnswer, MockFeed};
use ballast_oracle::{types::*, Oracle};
use motsu::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, MAX, MIN, SLACK, T0};

fn out_of_range(value: U256, min: U256, max: U256) -> Result<(), Error> {
    Err(OracleParameterOutOfRange { value, min, max }.into())
}

#[test]
fn set_feed_reverts_for_anybody_but_the_governor() {
    let w = World::bare();
    let err = w
        .oracle
        .sender(w.stranger)
        .set_feed(
            w.token.address(),
            w.feed.address(),
            u(HEARTBEAT),
            u(MIN),
            u(MAX),
            u(50),
        )
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
fn set_feed_reverts_while_one_is_set() {
    let w = World::new();
    let other = Contract::<MockFeed>::new();
    other
        .sender(w.owner)
        .set(answer(ANSWER.into()), u(T0), u(8));
    for feed in [w.feed.address(), other.address()] {
        let err = w
            .oracle
            .sender(w.owner)
            .set_feed(w.token.address(), feed, u(HEARTBEAT), u(MIN), u(MAX), u(50))
            .motsu_unwrap_err();
        assert_eq!(
            err,
            OracleFeedAlreadySet {
                token: w.token.address(),
                feed: w.feed.address()
            }
            .into()
        );
    }
}

#[test]
fn set_feed_reverts_beyond_64_tokens_and_passes_again_when_one_goes() {
    let w = World::bare();
    let tokens: Vec<_> = (0..65).map(|_| Contract::<MockFeed>::new()).collect();
    let set = |token: &Contract<MockFeed>| {
        let feed = w.feed.address();
        w.oracle
            .sender(w.owner)
            .set_feed(token.address(), feed, u(HEARTBEAT), u(MIN), u(MAX), u(50))
            .motsu_res()
    };
    for token in &tokens[..64] {
        token.sender(w.owner).set_decimals(u(18));
        set(token).unwrap();
    }
    tokens[64].sender(w.owner).set_decimals(u(6));
    assert_eq!(
        set(&tokens[64]),
        Err(OracleTooManyFeeds { max: u(64) }.into())
    );
    w.oracle
        .sender(w.owner)
        .remove_feed(tokens[3].address())
        .motsu_unwrap();
    set(&tokens[64]).unwrap();
    // In whatever order they are asked for, each has its own price.
    let asked = [64, 0, 63, 4, 2].map(|i| tokens[i].address());
    let prices = w.prices(&asked).unwrap();
    assert_eq!(prices[0], prices[1] * ten_to(12));
    assert!(prices[1..].iter().all(|p| *p == prices[1]));
    let gone = tokens[3].address();
    assert_eq!(w.prices(&[gone]), Err(OracleNoFeed { token: gone }.into()));
}

#[test]
fn set_feed_reverts_without_code() {
    let w = World::bare();
    let nobody = Address::from_tag("nobody");
    for (token, feed) in [(nobody, w.feed.address()), (w.token.address(), nobody)] {
        let err = w
            .oracle
            .sender(w.owner)
            .set_feed(token, feed, u(HEARTBEAT), u(MIN), u(MAX), u(50))
            .motsu_unwrap_err();
        assert_eq!(err, OracleNotContract { account: nobody }.into());
    }
}

#[test]
fn set_feed_reverts_for_a_heartbeat_of_nothing_or_more_than_30_days() {
    let w = World::bare();
    for heartbeat in [u(0), u(30 * 86_400 + 1), (u(1) << 32) + u(1), U256::MAX] {
        assert_eq!(
            w.set_feed_with(heartbeat, u(MIN), u(MAX), u(50)),
            out_of_range(heartbeat, u(1), u(30 * 86_400))
        );
    }
    assert_eq!(
        w.set_feed_with(u(30 * 86_400), u(MIN), u(MAX), u(50)),
        Ok(())
    );
}

#[test]
fn set_feed_reverts_for_a_lag_of_more_than_1_000_bps() {
    let w = World::bare();
    for lag in [u(1_001), u(1) << 16, U256::MAX] {
        assert_eq!(
            w.set_feed_with(u(HEARTBEAT), u(MIN), u(MAX), lag),
            out_of_range(lag, u(0), u(1_000))
        );
    }
    assert_eq!(
        w.set_feed_with(u(HEARTBEAT), u(MIN), u(MAX), u(1_000)),
        Ok(())
    );
}

#[test]
fn set_feed_reverts_unless_min_is_below_max() {
    let w = World::bare();
    for min in [u(MAX), u(MAX + 1), (u(1) << 128) + u(MIN), U256::MAX] {
        assert_eq!(
            w.set_feed_with(u(HEARTBEAT), min, u(MAX), u(50)),
            out_of_range(min, u(0), u(MAX - 1))
        );
    }
    assert_eq!(
        w.set_feed_with(u(HEARTBEAT), u(0), u(0), u(50)),
        out_of_range(u(0), u(1), U256::from(u128::MAX))
    );
}

#[test]
fn set_feed_reverts_for_a_max_beyond_128_bits() {
    let w = World::bare();
    for max in [U256::from(u128::MAX) + u(1), U256::MAX] {
        assert_eq!(
            w.set_feed_with(u(HEARTBEAT), u(MIN), max, u(50)),
            out_of_range(max, u(1), U256::from(u128::MAX))
        );
    }
    assert_eq!(
        w.set_feed_with(u(HEARTBEAT), u(0), U256::from(u128::MAX), u(50)),
        Ok(())
    );
}

#[test]
fn set_feed_reverts_when_decimals_are_beyond_54() {
    let w = World::bare();
    w.feed.sender(w.owner).set_decimals(u(37));
    assert_eq!(
        w.set_feed(),
        Err(OracleDecimalsTooMany {
            token: w.token.address(),
            sum: u(55),
            max: u(54)
        }
        .into())
    );
    for (feed, token) in [(255, 255), (0, 55), (55, 0)] {
        w.feed.sender(w.owner).set_decimals(u(feed));
        w.token.sender(w.owner).set_decimals(u(token));
        assert_eq!(
            w.set_feed(),
            Err(OracleDecimalsTooMany {
                token: w.token.address(),
                sum: u(feed + token),
                max: u(54)
            }
            .into())
        );
    }
    w.feed.sender(w.owner).set_decimals(u(36));
    w.token.sender(w.owner).set_decimals(u(18));
    assert_eq!(w.set_feed(), Ok(()));
}

#[test]
fn set_feed_reverts_when_decimals_cannot_be_read() {
    let w = World::bare();
    for (feed_mode, decimals) in [
        (mode::NO_DECIMALS, u(8)),
        (mode::REVERT, u(8)),
        (mode::EMPTY, u(8)),
        (mode::HONEST, u(256)),
        (mode::HONEST, U256::MAX),
    ] {
        w.feed.sender(w.owner).set_mode(u(feed_mode));
        w.feed.sender(w.owner).set_decimals(decimals);
        assert_eq!(
            w.set_feed(),
            Err(OracleFeedUnreadable {
                feed: w.feed.address()
            }
            .into())
        );
    }
    w.feed.sender(w.owner).set_mode(u(mode::HONEST));
    w.feed.sender(w.owner).set_decimals(u(8));
    w.token.sender(w.owner).set_mode(u(mode::NO_DECIMALS));
    assert_eq!(
        w.set_feed(),
        Err(OracleTokenUnreadable {
            token: w.token.address()
        }
        .into())
    );
}

#[test]
fn set_feed_reverts_when_the_feed_could_not_be_used_now() {
    let w = World::bare();
    w.feed.sender(w.owner).set_answer(I256::ZERO);
    assert!(matches!(
        w.set_feed(),
        Err(Error::OracleAnswerOutOfBounds(_))
    ));
    w.feed.sender(w.owner).set_answer(answer(ANSWER.into()));
    clock::set(T0 + HEARTBEAT + SLACK + 1);
    assert!(matches!(w.set_feed(), Err(Error::OracleStale(_))));
    assert!(!w.oracle.sender(w.owner).is_priced(w.token.address()));
}

#[test]
fn set_feed_pins_what_it_was_told_and_what_it_read() {
    let w = World::new();
    assert!(w.oracle.sender(w.stranger).is_priced(w.token.address()));
    assert_eq!(
        w.oracle
            .sender(w.stranger)
            .feed_of(w.token.address())
            .motsu_unwrap(),
        (
            w.feed.address(),
            u(HEARTBEAT),
            u(MIN),
            u(MAX),
            u(50),
            u(8),
            u(18)
        )
    );
    assert_eq!(
        w.oracle
            .sender(w.stranger)
            .lags(vec![w.token.address(), w.token.address()])
            .motsu_unwrap(),
        [u(50), u(50)]
    );
    w.oracle.assert_emitted(&FeedSet {
        token: w.token.address(),
        feed: w.feed.address(),
        heartbeat: u(HEARTBEAT),
        minAnswer: u(MIN),
        maxAnswer: u(MAX),
        lagBps: u(50),
        feedDecimals: u(8),
        tokenDecimals: u(18),
    });
    // $2,000 a token of 10^18 units, 1e18 a dollar, scaled by 1e36: 2,000 · 1e18 / 1e18 · 1e36.
    assert_eq!(w.price(), Ok(u(2_000) * ten_to(36)));
}

#[test]
fn set_feed_obeys_the_policy_of_the_moment() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .set_role(DEFAULT_ADMIN_ROLE, w.owner, false);
    assert_eq!(
        w.set_feed(),
        Err(OracleUnauthorized {
            caller: w.owner,
            role: DEFAULT_ADMIN_ROLE
        }
        .into())
    );
}

#[test]
fn views_revert_for_a_token_without_a_feed() {
    let w = World::new();
    let token = Address::from_tag("unknown");
    let no_feed = || Error::from(OracleNoFeed { token });
    let o = || w.oracle.sender(w.stranger);
    assert_eq!(o().feed_of(token).motsu_unwrap_err(), no_feed());
    assert_eq!(
        o().lags(vec![w.token.address(), token]).motsu_unwrap_err(),
        no_feed()
    );
    assert_eq!(o().latest(token).motsu_unwrap_err(), no_feed());
    assert_eq!(
        o().prices(vec![w.token.address(), token])
            .motsu_unwrap_err(),
        no_feed()
    );
    assert!(!o().is_priced(token));
}

#[test]
fn set_feed_takes_no_answer_of_the_policy_for_no() {
    let w = World::bare();
    let word = |n: u64| u(n).to_be_bytes_vec();
    for answer in [vec![], vec![1], word(1)[1..].to_vec(), word(0), word(2)] {
        let policy = Contract::<MockAnswer>::new();
        policy.sender(w.owner).set_answer(answer.into());
        let oracle = Contract::<Oracle>::new();
        oracle
            .sender(w.owner)
            .constructor(policy.address())
            .motsu_unwrap();
        let err = oracle
            .sender(w.owner)
            .set_sequencer_feed(Address::ZERO, u(1))
            .motsu_unwrap_err();
        assert_eq!(
            err,
            OracleUnauthorized {
                caller: w.owner,
                role: DEFAULT_ADMIN_ROLE
            }
            .into()
        );
    }
}
