//! A second source: a pool's mean over time or Pyth's price must agree with the first, or nothing is priced.

use alloy_primitives::{Address, B256, I256, U256};
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use ballast_mocks::feeds::{mode, MockFeed, MockPool, MockPyth};
use ballast_oracle::types::*;
use motsu::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, T0};

const WINDOW: u64 = 1_800;
const LIMIT: u64 = 200;
/// Pyth's name of the price.
const ID: B256 = B256::repeat_byte(0x77);
const AGE: u64 = 60;
const CONFIDENCE: u64 = 100;
/// 1.0001^-200,311 of a dollar's unit (6 decimals) for one of ether's (18): 2.0000e-9, $2,000.0.
const TICK: i64 = -200_311;

/// The token of [`World`] has a pool with a dollar of 6 decimals and a price at a Pyth.
struct Seconds {
    w: World,
    dollar: Contract<MockFeed>,
    dollar_feed: Contract<MockFeed>,
    pool: Contract<MockPool>,
    pyth: Contract<MockPyth>,
}

impl Seconds {
    fn new() -> Self {
        let s = Self {
            w: World::new(),
            dollar: Contract::from_tag("dollar"),
            dollar_feed: Contract::from_tag("dollar feed"),
            pool: Contract::from_tag("pool"),
            pyth: Contract::from_tag("pyth"),
        };
        let owner = s.w.owner;
        s.dollar.sender(owner).set_decimals(u(6));
        s.dollar_feed
            .sender(owner)
            .set(answer(100_000_000), u(T0), u(8));
        s.w.oracle
            .sender(owner)
            .set_feed(
                s.dollar.address(),
                s.dollar_feed.address(),
                u(HEARTBEAT),
                u(50_000_000),
                u(200_000_000),
                u(25),
            )
            .motsu_unwrap();
        s.pool
            .sender(owner)
            .set_tokens(s.w.token.address(), s.dollar.address());
        s.tick(TICK);
        s.publish(200_000, 0, -2, T0);
        s
    }

    fn with_pool() -> Self {
        let s = Self::new();
        s.set_pool().unwrap();
        s
    }

    fn with_pyth() -> Self {
        let s = Self::new();
        s.set_pyth().unwrap();
        s
    }

    fn tick(&self, tick: i64) {
        let tick = I256::try_from(tick).unwrap();
        self.pool.sender(self.w.owner).set_tick(tick, u(WINDOW));
    }

    fn publish(&self, price: i64, confidence: u64, exponent: i32, at: u64) {
        self.pyth.sender(self.w.owner).set_price(
            ID.into(),
            I256::try_from(price).unwrap(),
            u(confidence),
            I256::try_from(exponent).unwrap(),
            u(at),
        );
    }

    fn set(
        &self,
        source: Address,
        id: B256,
        window: u64,
        confidence: u64,
        limit: u64,
    ) -> Result<(), Error> {
        self.w
            .oracle
            .sender(self.w.owner)
            .set_second_source(
                self.w.token.address(),
                source,
                id,
                u(window),
                u(confidence),
                u(limit),
            )
            .motsu_res()
    }

    fn set_pool(&self) -> Result<(), Error> {
        self.set(self.pool.address(), B256::ZERO, WINDOW, 0, LIMIT)
    }

    fn set_pyth(&self) -> Result<(), Error> {
        self.set(self.pyth.address(), ID, AGE, CONFIDENCE, LIMIT)
    }

    fn ether_costs(&self, dollars: u64) {
        let answer = answer(i128::from(dollars) * 100_000_000);
        self.w.feed.sender(self.w.owner).set_answer(answer);
    }
}

fn out_of_range(value: u64, min: u64, max: u64) -> Result<(), Error> {
    Err(OracleParameterOutOfRange {
        value: u(value),
        min: u(min),
        max: u(max),
    }
    .into())
}

fn good() -> Result<U256, Error> {
    Ok(u(ANSWER) * ten_to(28))
}

#[test]
fn set_second_source_reverts_for_anybody_but_the_governor() {
    let s = Seconds::new();
    let err =
        s.w.oracle
            .sender(s.w.stranger)
            .set_second_source(
                s.w.token.address(),
                s.pool.address(),
                B256::ZERO,
                u(WINDOW),
                u(0),
                u(LIMIT),
            )
            .motsu_unwrap_err();
    assert_eq!(
        err,
        OracleUnauthorized {
            caller: s.w.stranger,
            role: DEFAULT_ADMIN_ROLE
        }
        .into()
    );
}

#[test]
fn set_second_source_reverts_for_a_token_without_a_feed() {
    let s = Seconds::new();
    let token = Address::from_tag("unknown");
    let err =
        s.w.oracle
            .sender(s.w.owner)
            .set_second_source(token, s.pyth.address(), ID, u(AGE), u(1), u(LIMIT))
            .motsu_unwrap_err();
    assert_eq!(err, OracleNoFeed { token }.into());
}

#[test]
fn set_second_source_reverts_without_code() {
    let s = Seconds::new();
    let account = Address::from_tag("nobody");
    let refused = Err(OracleNotContract { account }.into());
    assert_eq!(s.set(account, B256::ZERO, WINDOW, 0, LIMIT), refused);
    assert_eq!(s.set(account, ID, AGE, 1, LIMIT), refused);
}

#[test]
fn set_second_source_reverts_for_what_is_out_of_range() {
    let s = Seconds::new();
    let (pool, pyth) = (s.pool.address(), s.pyth.address());
    let pool = |window, limit| s.set(pool, B256::ZERO, window, 0, limit);
    assert_eq!(pool(599, LIMIT), out_of_range(599, 600, 86_400));
    assert_eq!(pool(86_401, LIMIT), out_of_range(86_401, 600, 86_400));
    assert_eq!(pool(WINDOW, 0), out_of_range(0, 1, 2_000));
    assert_eq!(pool(WINDOW, 2_001), out_of_range(2_001, 1, 2_000));
    let pyth = |age, confidence| s.set(pyth, ID, age, confidence, LIMIT);
    assert_eq!(pyth(0, 1), out_of_range(0, 1, 3_600));
    assert_eq!(pyth(3_601, 1), out_of_range(3_601, 1, 3_600));
    assert_eq!(pyth(AGE, 1_001), out_of_range(1_001, 1, 1_000));
}

#[test]
fn set_second_source_reverts_for_a_pool_of_other_tokens_and_for_a_pool_with_an_id() {
    let s = Seconds::new();
    let refused = Err(OraclePoolMismatch {
        pool: s.pool.address(),
        token: s.w.token.address(),
    }
    .into());
    assert_eq!(s.set(s.pool.address(), ID, WINDOW, 0, LIMIT), refused);
    let other = Address::from_tag("other");
    s.pool
        .sender(s.w.owner)
        .set_tokens(other, s.dollar.address());
    assert_eq!(s.set_pool(), refused);
}

#[test]
fn set_second_source_reverts_for_what_is_no_pool() {
    let s = Seconds::new();
    let source = s.w.feed.address();
    assert_eq!(
        s.set(source, B256::ZERO, WINDOW, 0, LIMIT),
        Err(OracleSecondUnreadable { source }.into())
    );
}

#[test]
fn set_second_source_reverts_for_a_pool_whose_other_token_has_no_price() {
    let s = Seconds::new();
    let token = Address::from_tag("other");
    s.pool
        .sender(s.w.owner)
        .set_tokens(s.w.token.address(), token);
    assert_eq!(s.set_pool(), Err(OracleNoFeed { token }.into()));
}

#[test]
fn set_second_source_reverts_when_the_two_do_not_agree_now() {
    let s = Seconds::new();
    s.ether_costs(2_100);
    assert!(matches!(s.set_pool(), Err(Error::OracleSourcesDiffer(_))));
    assert!(matches!(s.set_pyth(), Err(Error::OracleSourcesDiffer(_))));
}

#[test]
fn set_second_source_keeps_what_it_was_told_and_reads_the_pools_other_token() {
    let s = Seconds::with_pool();
    let token = s.w.token.address();
    let second = || {
        let details = s.w.oracle.sender(s.w.owner).details_of(token);
        details.motsu_unwrap()[9..14].to_vec()
    };
    let word = |address: Address| U256::from_be_bytes(address.into_word().0);
    let (pool, quote) = (s.pool.address(), s.dollar.address());
    assert_eq!(
        second(),
        [word(pool), word(quote), u(WINDOW), u(0), u(LIMIT)]
    );
    s.w.oracle.assert_emitted(&SecondSourceSet {
        token,
        source: pool,
        id: quote.into_word(),
        window: u(WINDOW),
        maxConfidenceBps: u(0),
        limitBps: u(LIMIT),
    });
    s.set_pyth().unwrap();
    assert_eq!(
        second(),
        [
            word(s.pyth.address()),
            ID.into(),
            u(AGE),
            u(CONFIDENCE),
            u(LIMIT)
        ]
    );
    s.set(Address::ZERO, B256::ZERO, 0, 0, 0).unwrap();
    assert_eq!(second(), [u(0); 5]);
    s.ether_costs(3_000);
    assert!(s.w.price().is_ok());
}

#[test]
fn a_second_source_of_a_token_in_use_may_be_added_and_not_changed() {
    let s = Seconds::new();
    let token = s.w.token.address();
    s.w.policy.sender(s.w.owner).set_weight(token, u(1), u(0));
    let refused = || {
        Err(OracleAssetInUse {
            token,
            weightWad: u(1),
        }
        .into())
    };
    let none = || s.set(Address::ZERO, B256::ZERO, 0, 0, 0);
    assert_eq!(none(), refused());
    assert_eq!(s.set_pool(), Ok(()));
    assert_eq!(s.set_pyth(), refused());
    assert_eq!(none(), refused());
}

#[test]
fn remove_feed_reverts_for_a_token_that_prices_anothers_pool() {
    let s = Seconds::with_pool();
    let oracle = || s.w.oracle.sender(s.w.owner);
    let (token, by) = (s.dollar.address(), s.w.token.address());
    let err = oracle().remove_feed(token).motsu_unwrap_err();
    assert_eq!(err, OracleFeedQuoted { token, by }.into());
    oracle().remove_feed(by).motsu_unwrap();
    oracle().remove_feed(token).motsu_unwrap();
}

#[test]
fn a_pool_is_asked_in_both_orders_of_its_tokens() {
    for (is_first, tick) in [(true, TICK), (false, -TICK)] {
        let s = Seconds::new();
        let (a, b) = (s.w.token.address(), s.dollar.address());
        let (a, b) = if is_first { (a, b) } else { (b, a) };
        s.pool.sender(s.w.owner).set_tokens(a, b);
        s.tick(tick);
        s.set_pool().unwrap();
        // 2 % of the less: from $1,960.8 to $2,040.
        for (dollars, agrees) in [(1_960, false), (1_962, true), (2_039, true), (2_041, false)] {
            s.ether_costs(dollars);
            assert_eq!(s.w.price().is_ok(), agrees, "{dollars}, first: {is_first}");
        }
    }
}

#[test]
fn inv_21_a_gap_is_refused_with_both_prices_and_the_limit() {
    let s = Seconds::with_pyth();
    s.ether_costs(2_040);
    assert!(s.w.price().is_ok());
    s.publish(199_999, 0, -2, T0);
    assert_eq!(
        s.w.price(),
        Err(OracleSourcesDiffer {
            token: s.w.token.address(),
            firstD36: u(2_040) * ten_to(36),
            secondD36: u(199_999) * ten_to(34),
            limitBps: u(LIMIT)
        }
        .into())
    );
    let market =
        s.w.oracle
            .sender(s.w.stranger)
            .market(vec![s.w.token.address()]);
    assert!(matches!(
        market.motsu_res(),
        Err(Error::OracleSourcesDiffer(_))
    ));
}

#[test]
fn a_pools_quote_is_priced_by_its_own_feed_in_the_basket_or_not() {
    let s = Seconds::with_pool();
    // The dollar loses a tenth: so does what the pool says of ether.
    s.dollar_feed
        .sender(s.w.owner)
        .set_answer(answer(90_000_000));
    let (a, b) = (s.w.token.address(), s.dollar.address());
    for basket in [vec![a], vec![a, b], vec![b, a]] {
        let refused = s.w.prices(&basket);
        assert!(matches!(refused, Err(Error::OracleSourcesDiffer(_))));
    }
    s.ether_costs(1_800);
    for basket in [vec![a], vec![a, b], vec![b, a]] {
        assert!(s.w.prices(&basket).is_ok());
    }
    // And is refused with it.
    s.dollar_feed.sender(s.w.owner).set_mode(u(mode::REVERT));
    let unreadable = OracleFeedUnreadable {
        feed: s.dollar_feed.address(),
    };
    assert_eq!(s.w.prices(&[a]), Err(unreadable.into()));
}

#[test]
fn inv_21_a_pool_that_cannot_be_observed_is_refused() {
    let s = Seconds::with_pool();
    let tick = I256::try_from(TICK).unwrap();
    s.pool.sender(s.w.owner).set_tick(tick, u(WINDOW - 1));
    assert_eq!(
        s.w.price(),
        Err(OraclePoolUnobservable {
            pool: s.pool.address(),
            window: u(WINDOW)
        }
        .into())
    );
}

#[test]
fn inv_21_a_tick_that_no_pool_has_is_refused() {
    let s = Seconds::with_pool();
    for tick in [887_273, -887_273, i64::from(i32::MAX) + 1] {
        s.tick(tick);
        assert_eq!(s.w.price(), Err(OracleMathOverflow {}.into()), "{tick}");
    }
}

#[test]
fn inv_21_a_price_of_pyth_is_refused_when_it_is_old_from_the_future_or_not_there() {
    let s = Seconds::with_pyth();
    let pyth = s.pyth.address();
    s.publish(200_000, 0, -2, T0 - AGE);
    assert_eq!(s.w.price(), good());
    s.publish(200_000, 0, -2, T0 - AGE - 1);
    assert_eq!(
        s.w.price(),
        Err(OracleStale {
            feed: pyth,
            updatedAt: u(T0 - AGE - 1),
            maxAge: u(AGE)
        }
        .into())
    );
    s.publish(200_000, 0, -2, T0 + 1);
    assert!(matches!(s.w.price(), Err(Error::OracleFuture(e)) if e.feed == pyth));
    s.pyth
        .sender(s.w.owner)
        .set_price(u(1), answer(1), u(0), answer(0), u(T0));
    assert_eq!(
        s.w.price(),
        Err(OracleSecondUnreadable { source: pyth }.into())
    );
}

#[test]
fn inv_21_a_price_of_pyth_is_refused_when_it_is_unsure() {
    let s = Seconds::with_pyth();
    // 1 % of 200,000.
    s.publish(200_000, 2_000, -2, T0);
    assert_eq!(s.w.price(), good());
    s.publish(200_000, 2_001, -2, T0);
    assert_eq!(
        s.w.price(),
        Err(OraclePythUnsure {
            pyth: s.pyth.address(),
            confidence: u(2_001),
            max: u(2_000)
        }
        .into())
    );
}

#[test]
fn inv_21_a_price_of_pyth_that_is_not_positive_or_has_a_strange_exponent_is_refused() {
    let s = Seconds::with_pyth();
    for (price, exponent) in [
        (0, -2),
        (-200_000, -2),
        (i64::MIN, -2),
        (200_000, 1),
        (200_000, i32::MIN),
        (200_000, -256),
    ] {
        s.publish(price, 0, exponent, T0);
        assert_eq!(
            s.w.price(),
            Err(OraclePythOutOfRange {
                pyth: s.pyth.address(),
                price: I256::try_from(price).unwrap(),
                exponent: I256::try_from(exponent).unwrap()
            }
            .into())
        );
    }
    // More decimals than a price has.
    s.publish(200_000, 0, -37, T0);
    assert_eq!(s.w.price(), Err(OracleMathOverflow {}.into()));
    s.publish(2_000, 0, 0, T0);
    assert_eq!(s.w.price(), good());
    s.publish(2_000_000_000_000_000_000, 0, -15, T0);
    assert_eq!(s.w.price(), good());
}
