//! A token priced by a ratio and a base: each feed believed by itself, the ratio's growth capped.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::feeds::{mode, MockFeed};
use ballast_oracle::types::*;
use motsu::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, MAX, MIN, SLACK, T0};

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;
/// 1.2 of the base in 18 decimals.
const RATIO: u64 = 1_200_000_000_000_000_000;
/// A tenth a year.
const GROWTH: u64 = 1_000;

/// The token of [`World`] is worth 1.2 of what its feed prices; the ratio is an hour old.
struct Staked {
    w: World,
    ratio: Contract<MockFeed>,
}

impl Staked {
    fn bare() -> Self {
        let (w, ratio) = (World::bare(), Contract::from_tag("ratio"));
        let staked = Self { w, ratio };
        staked.set_ratio(RATIO, T0 - 3_600);
        staked
    }

    fn new() -> Self {
        let staked = Self::bare();
        staked.list().unwrap();
        staked
    }

    fn set_ratio(&self, ratio: u64, at: u64) {
        self.ratio
            .sender(self.w.owner)
            .set(answer(ratio.into()), u(at), u(18));
    }

    /// Publishes both feeds at `now`.
    fn at(&self, now: u64, ratio: u64) {
        clock::set(now);
        self.set_ratio(ratio, now);
        self.w.feed.sender(self.w.owner).set_updated_at(u(now));
    }

    fn feeds(&self) -> Vec<Address> {
        vec![self.ratio.address(), self.w.feed.address()]
    }

    fn list(&self) -> Result<(), Error> {
        self.list_with(self.feeds(), [30, 50], GROWTH)
    }

    fn list_with(&self, feeds: Vec<Address>, lags: [u64; 2], growth: u64) -> Result<(), Error> {
        let n = feeds.len().min(2);
        let [ratio, base] = [
            [DAY, RATIO / 2, RATIO * 2, lags[0]].map(u),
            [HEARTBEAT, MIN, MAX, lags[1]].map(u),
        ];
        let parameters = [ratio, base][..n].concat();
        self.w
            .oracle
            .sender(self.w.owner)
            .set_composite_feed(self.w.token.address(), feeds, parameters, u(growth))
            .motsu_res()
    }
}

/// $2,400 for a whole token of 18 decimals.
fn worth() -> U256 {
    u(2_400) * ten_to(36)
}

#[test]
fn set_composite_feed_reverts_for_anybody_but_the_governor() {
    let s = Staked::bare();
    let err =
        s.w.oracle
            .sender(s.w.stranger)
            .set_composite_feed(s.w.token.address(), s.feeds(), vec![], u(0))
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
fn set_composite_feed_reverts_unless_there_are_two_feeds_and_eight_parameters() {
    let s = Staked::bare();
    let mismatch = |given, wanted| {
        Err(OracleLengthMismatch {
            given: u(given),
            wanted: u(wanted),
        }
        .into())
    };
    let feed = s.w.feed.address();
    assert_eq!(s.list_with(vec![], [0, 0], 0), mismatch(0, 2));
    assert_eq!(s.list_with(vec![feed], [0, 0], 0), mismatch(1, 2));
    assert_eq!(s.list_with(vec![feed; 3], [0, 0], 0), mismatch(3, 2));
    for given in [0, 4, 7, 9, 12] {
        let result =
            s.w.oracle
                .sender(s.w.owner)
                .set_composite_feed(s.w.token.address(), s.feeds(), vec![u(1); given], u(0))
                .motsu_res();
        assert_eq!(result, mismatch(given as u64, 8));
    }
}

#[test]
fn set_composite_feed_reverts_while_one_is_set() {
    let s = Staked::new();
    assert_eq!(
        s.list(),
        Err(OracleFeedAlreadySet {
            token: s.w.token.address(),
            feed: s.ratio.address()
        }
        .into())
    );
}

#[test]
fn set_composite_feed_reverts_when_the_lags_together_are_more_than_1_000_bps() {
    let s = Staked::bare();
    let refused = OracleParameterOutOfRange {
        value: u(1_001),
        min: u(0),
        max: u(1_000),
    };
    assert_eq!(
        s.list_with(s.feeds(), [501, 500], GROWTH),
        Err(refused.into())
    );
    assert_eq!(s.list_with(s.feeds(), [500, 500], GROWTH), Ok(()));
}

#[test]
fn set_composite_feed_reverts_for_growth_beyond_half_a_year() {
    let s = Staked::bare();
    let refused = OracleParameterOutOfRange {
        value: u(5_001),
        min: u(0),
        max: u(5_000),
    };
    assert_eq!(s.list_with(s.feeds(), [0, 0], 5_001), Err(refused.into()));
    assert_eq!(s.list_with(s.feeds(), [0, 0], 5_000), Ok(()));
}

#[test]
fn set_composite_feed_reverts_when_all_decimals_are_beyond_54() {
    let s = Staked::bare();
    s.w.token.sender(s.w.owner).set_decimals(u(29));
    assert_eq!(
        s.list(),
        Err(OracleDecimalsTooMany {
            token: s.w.token.address(),
            sum: u(55),
            max: u(54)
        }
        .into())
    );
    s.w.token.sender(s.w.owner).set_decimals(u(28));
    assert_eq!(s.list(), Ok(()));
}

#[test]
fn set_composite_feed_reverts_for_a_ratio_that_is_computed_when_it_is_asked_for() {
    let s = Staked::bare();
    s.set_ratio(RATIO, T0);
    assert_eq!(
        s.list(),
        Err(OracleSpotRatio {
            feed: s.ratio.address(),
            updatedAt: u(T0)
        }
        .into())
    );
}

#[test]
fn set_composite_feed_reverts_for_a_vault_that_is_no_feed() {
    // A rate provider or an ERC-4626 vault tells decimals, and no round.
    let s = Staked::bare();
    s.ratio.sender(s.w.owner).set_mode(u(mode::SHORT));
    assert_eq!(
        s.list(),
        Err(OracleFeedUnreadable {
            feed: s.ratio.address()
        }
        .into())
    );
}

#[test]
fn set_composite_feed_pins_both_feeds_and_the_ratio_at_its_own_time() {
    let s = Staked::new();
    let oracle = || s.w.oracle.sender(s.w.stranger);
    let token = s.w.token.address();
    assert_eq!(
        oracle().feed_of(token).motsu_unwrap(),
        (
            s.ratio.address(),
            u(DAY),
            u(RATIO / 2),
            u(RATIO * 2),
            u(30),
            u(18),
            u(18)
        )
    );
    let base = s.w.feed.address().into_word();
    assert_eq!(
        oracle().details_of(token).motsu_unwrap()[..9],
        [
            base.into(),
            u(HEARTBEAT),
            u(MIN),
            u(MAX),
            u(50),
            u(8),
            u(RATIO),
            u(T0 - 3_600),
            u(GROWTH)
        ]
    );
    s.w.oracle.assert_emitted(&CompositeFeedSet {
        token,
        ratioFeed: s.ratio.address(),
        baseFeed: s.w.feed.address(),
        ratio: u(RATIO),
        since: u(T0 - 3_600),
        maxGrowthBps: u(GROWTH),
    });
}

#[test]
fn a_token_with_one_feed_has_no_details() {
    let w = World::new();
    let details = w.oracle.sender(w.owner).details_of(w.token.address());
    assert!(details.motsu_unwrap().iter().all(U256::is_zero));
    let token = Address::from_tag("unknown");
    let err = w
        .oracle
        .sender(w.owner)
        .details_of(token)
        .motsu_unwrap_err();
    assert_eq!(err, OracleNoFeed { token }.into());
}

#[test]
fn a_composite_is_worth_ratio_times_base_and_lags_by_both() {
    let s = Staked::new();
    assert_eq!(s.w.price(), Ok(worth()));
    let tokens = vec![s.w.token.address()];
    let oracle = || s.w.oracle.sender(s.w.stranger);
    assert_eq!(oracle().lags(tokens.clone()).motsu_unwrap(), vec![u(80)]);
    let (prices, lags, ..) = oracle().market(tokens).motsu_unwrap().0;
    assert_eq!((prices, lags), (vec![worth()], vec![u(80)]));
    // As old as the older of the two.
    let (_, at) = oracle().latest(s.w.token.address()).motsu_unwrap();
    assert_eq!(at, u(T0 - 3_600));
}

#[test]
fn inv_21_both_feeds_of_a_composite_are_believed_by_their_own_conditions() {
    let s = Staked::new();
    let (ratio, base) = (s.ratio.address(), s.w.feed.address());
    let owner = s.w.owner;
    // Bounds.
    s.set_ratio(RATIO / 2, T0 - 3_600);
    assert!(matches!(s.w.price(), Err(Error::OracleAnswerOutOfBounds(e)) if e.feed == ratio));
    s.set_ratio(RATIO, T0 - 3_600);
    s.w.feed.sender(owner).set_answer(answer(MIN.into()));
    assert!(matches!(s.w.price(), Err(Error::OracleAnswerOutOfBounds(e)) if e.feed == base));
    s.w.feed.sender(owner).set_answer(answer(ANSWER.into()));
    // Heartbeats: the base's is the shorter.
    clock::set(T0 + HEARTBEAT + SLACK + 1);
    assert!(matches!(s.w.price(), Err(Error::OracleStale(e)) if e.feed == base));
    clock::set(T0 + DAY);
    s.w.feed.sender(owner).set_updated_at(u(T0 + DAY));
    assert!(matches!(s.w.price(), Err(Error::OracleStale(e)) if e.feed == ratio));
    clock::set(T0);
    s.w.feed.sender(owner).set_updated_at(u(T0));
    // Decimals.
    s.ratio.sender(owner).set_decimals(u(8));
    assert!(matches!(s.w.price(), Err(Error::OracleDecimalsChanged(e)) if e.feed == ratio));
    s.ratio.sender(owner).set_decimals(u(18));
    s.w.feed.sender(owner).set_decimals(u(18));
    assert!(matches!(s.w.price(), Err(Error::OracleDecimalsChanged(e)) if e.feed == base));
    s.w.feed.sender(owner).set_decimals(u(8));
    // Silence.
    s.w.feed.sender(owner).set_mode(u(mode::REVERT));
    assert_eq!(s.w.price(), Err(OracleFeedUnreadable { feed: base }.into()));
    s.w.feed.sender(owner).set_mode(u(mode::HONEST));
    assert_eq!(s.w.price(), Ok(worth()));
}

#[test]
fn a_ratio_may_grow_linearly_from_its_own_time_and_no_further() {
    let s = Staked::new();
    for days in [1, 30, 365, 730] {
        // A tenth of 1.2 a year, counted from the ratio's own round.
        let passed = days * DAY + 3_600;
        let cap = u(RATIO) + u(RATIO) * u(GROWTH) * u(passed) / (u(10_000) * u(YEAR));
        let cap = u64::try_from(cap).unwrap();
        s.at(T0 + days * DAY, cap);
        assert!(s.w.price().is_ok(), "day {days}");
        s.at(T0 + days * DAY, cap + 1);
        assert_eq!(
            s.w.price(),
            Err(OracleRatioAboveCap {
                feed: s.ratio.address(),
                ratio: u(cap + 1),
                cap: u(cap)
            }
            .into()),
            "day {days}"
        );
    }
}

#[test]
fn a_ratio_that_falls_is_believed_down_to_its_bound() {
    let s = Staked::new();
    s.set_ratio(RATIO / 2 + 1, T0 - 3_600);
    assert_eq!(s.w.price(), Ok(u(RATIO / 2 + 1) * u(2_000) * ten_to(18)));
}

#[test]
fn pin_phase_pins_both_feeds_of_a_composite() {
    let s = Staked::new();
    let phase = |n: u64| u(n) << 64;
    let owner = s.w.owner;
    s.ratio.sender(owner).set_round_id(phase(2));
    s.w.feed.sender(owner).set_round_id(phase(3));
    s.w.oracle
        .sender(s.w.stranger)
        .pin_phase(s.w.token.address())
        .motsu_unwrap();
    for feed in [&s.ratio, &s.w.feed] {
        feed.sender(owner).set_mode(u(mode::NO_DECIMALS));
    }
    assert_eq!(s.w.price(), Ok(worth()));
    for (feed, n) in [(&s.ratio, 2), (&s.w.feed, 3)] {
        s.w.oracle.assert_emitted(&FeedPhasePinned {
            token: s.w.token.address(),
            feed: feed.address(),
            phase: u(n),
        });
        feed.sender(owner).set_round_id(phase(9));
        assert!(s.w.price().is_err());
        feed.sender(owner).set_round_id(phase(n));
    }
}

#[test]
fn tokens_behind_a_composite_are_found_and_keep_their_parts() {
    let s = Staked::new();
    let owner = s.w.owner;
    let (token, feed) = (Contract::<MockFeed>::new(), Contract::<MockFeed>::new());
    token.sender(owner).set_decimals(u(6));
    feed.sender(owner).set(answer(100_000_000), u(T0), u(8));
    s.w.oracle
        .sender(owner)
        .set_feed(
            token.address(),
            feed.address(),
            u(DAY),
            u(90_000_000),
            u(110_000_000),
            u(25),
        )
        .motsu_unwrap();
    let (a, b) = (s.w.token.address(), token.address());
    let dollar = ten_to(48);
    assert_eq!(s.w.prices(&[a, b]), Ok(vec![worth(), dollar]));
    assert_eq!(s.w.prices(&[b, a, b]), Ok(vec![dollar, worth(), dollar]));
    // Whoever rewrites the table keeps what it does not change.
    s.w.sequencer.sender(owner).set_started_at(u(T0 - DAY));
    s.w.set_sequencer(100);
    s.w.oracle.sender(owner).pin_phase(b).motsu_unwrap();
    assert_eq!(s.w.prices(&[a, b]), Ok(vec![worth(), dollar]));
    s.w.oracle.sender(owner).remove_feed(a).motsu_unwrap();
    assert_eq!(s.w.prices(&[b]), Ok(vec![dollar]));
    assert_eq!(s.w.prices(&[a]), Err(OracleNoFeed { token: a }.into()));
}
