//! Feeds and second sources of tokens in use: queued, waited for, agreed upon, activated, or cancelled.

use alloy_primitives::{keccak256, Address, B256, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
    data_account,
};
use ballast_mocks::feeds::{mode, MockFeed, MockPyth};
use ballast_oracle::types::*;
use motsu::prelude::*;
use stylus_sdk::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, HEARTBEAT, MAX, MIN, T0};

const DAY: u64 = 86_400;
/// As compiled, written a second time.
const DELAY: u64 = 2 * DAY;
const LIFE: u64 = 14 * DAY;
const DEAD: u64 = DAY;

/// The token of [`World`] is in use and has another feed in view.
struct Change {
    w: World,
    next: Contract<MockFeed>,
    guardian: Address,
}

impl Change {
    fn new() -> Self {
        let w = World::new();
        let guardian = Address::from_tag("guardian");
        let mut policy = w.policy.sender(w.owner);
        policy.set_weight(w.token.address(), u(1), u(0));
        policy.set_role(GUARDIAN_ROLE, guardian, true);
        let change = Self {
            next: Contract::from_tag("next feed"),
            guardian,
            w,
        };
        change.at(T0);
        change
    }

    fn queued() -> Self {
        let c = Self::new();
        c.queue().unwrap();
        c
    }

    /// Both feeds answer the same, updated at `now`.
    fn at(&self, now: u64) {
        clock::set(now);
        for feed in [&self.w.feed, &self.next] {
            feed.sender(self.w.owner)
                .set(answer(ANSWER.into()), u(now), u(8));
        }
    }

    fn queue(&self) -> Result<(), Error> {
        self.queue_with(vec![self.next.address()], 25)
    }

    fn queue_with(&self, feeds: Vec<Address>, lag: u64) -> Result<(), Error> {
        self.w
            .oracle
            .sender(self.w.owner)
            .queue_feed(
                self.w.token.address(),
                feeds,
                vec![u(2 * HEARTBEAT), u(MIN + 1), u(MAX - 1), u(lag)],
                u(0),
            )
            .motsu_res()
    }

    fn activate(&self) -> Result<(), Error> {
        self.w
            .oracle
            .sender(self.w.stranger)
            .activate(self.w.token.address())
            .motsu_res()
    }

    fn report(&self) -> Result<(), Error> {
        self.w
            .oracle
            .sender(self.w.stranger)
            .report_feed(self.w.token.address())
            .motsu_res()
    }

    fn cancel(&self, who: Address) -> Result<(), Error> {
        self.w
            .oracle
            .sender(who)
            .cancel_change(self.w.token.address())
            .motsu_res()
    }

    fn pending(&self) -> Vec<U256> {
        self.w
            .oracle
            .sender(self.w.stranger)
            .pending_of(self.w.token.address())
            .motsu_unwrap()
    }

    fn feed(&self) -> Address {
        self.w
            .oracle
            .sender(self.w.stranger)
            .feed_of(self.w.token.address())
            .motsu_unwrap()
            .0
    }

    fn token(&self) -> Address {
        self.w.token.address()
    }

    fn early(&self) -> Result<(), Error> {
        Err(OracleChangeEarly {
            token: self.token(),
            readyAt: u(T0 + DELAY),
        }
        .into())
    }

    fn none(&self) -> Result<(), Error> {
        Err(OracleNoChange {
            token: self.token(),
        }
        .into())
    }
}

fn unauthorized(caller: Address) -> Result<(), Error> {
    Err(OracleUnauthorized {
        caller,
        role: DEFAULT_ADMIN_ROLE,
    }
    .into())
}

#[test]
fn queueing_reverts_for_anybody_but_the_governor() {
    let c = Change::new();
    for caller in [c.w.stranger, c.guardian] {
        let oracle = || c.w.oracle.sender(caller);
        let feed = oracle().queue_feed(c.token(), vec![], vec![], u(0));
        assert_eq!(feed.motsu_res(), unauthorized(caller));
        let second =
            oracle().queue_second_source(c.token(), Address::ZERO, B256::ZERO, u(0), u(0), u(0));
        assert_eq!(second.motsu_res(), unauthorized(caller));
    }
}

#[test]
fn queueing_reverts_for_a_token_without_a_feed() {
    let c = Change::new();
    let token = Address::from_tag("unknown");
    let oracle = || c.w.oracle.sender(c.w.owner);
    let refused = Err(Error::from(OracleNoFeed { token }));
    let feed = oracle().queue_feed(token, vec![], vec![], u(0));
    assert_eq!(feed.motsu_res(), refused);
    let second = oracle().queue_second_source(token, Address::ZERO, B256::ZERO, u(0), u(0), u(0));
    assert_eq!(second.motsu_res(), refused);
}

#[test]
fn queue_feed_refuses_what_a_listing_refuses() {
    let c = Change::new();
    assert!(matches!(
        c.queue_with(vec![], 25),
        Err(Error::OracleLengthMismatch(_))
    ));
    assert!(matches!(
        c.queue_with(vec![c.next.address()], 1_001),
        Err(Error::OracleParameterOutOfRange(_))
    ));
    c.next.sender(c.w.owner).set_mode(u(mode::REVERT));
    assert!(matches!(c.queue(), Err(Error::OracleFeedUnreadable(_))));
    assert!(c.pending().is_empty());
}

#[test]
fn inv_20_a_queued_change_is_readable_and_cannot_be_replaced() {
    let c = Change::queued();
    c.w.oracle.assert_emitted(&ChangeQueued {
        token: c.token(),
        source: c.next.address(),
        isSecond: u(0),
        readyAt: u(T0 + DELAY),
    });
    let expected = [
        u(0),
        u(T0 + DELAY),
        u(0),
        c.next.address().into_word().into(),
        u(2 * HEARTBEAT),
        u(MIN + 1),
        u(MAX - 1),
        u(25),
        u(8),
    ];
    assert_eq!(c.pending()[..9], expected);
    assert!(c.pending()[9..].iter().all(U256::is_zero));
    c.at(T0 + DELAY - 1);
    assert_eq!(
        c.queue(),
        Err(OracleChangePending {
            token: c.token(),
            readyAt: u(T0 + DELAY)
        }
        .into())
    );
    assert_eq!(c.pending()[..9], expected);
}

#[test]
fn activate_reverts_without_a_change() {
    let c = Change::new();
    assert_eq!(c.activate(), c.none());
}

#[test]
fn inv_19_a_feed_changes_only_after_the_delay_and_then_by_anybody() {
    let c = Change::queued();
    assert_eq!(c.activate(), c.early());
    c.at(T0 + DELAY - 1);
    assert_eq!(c.activate(), c.early());
    assert_eq!(c.feed(), c.w.feed.address());
    c.at(T0 + DELAY);
    c.activate().unwrap();
    assert_eq!(
        c.w.oracle
            .sender(c.w.owner)
            .feed_of(c.token())
            .motsu_unwrap(),
        (
            c.next.address(),
            u(2 * HEARTBEAT),
            u(MIN + 1),
            u(MAX - 1),
            u(25),
            u(8),
            u(18)
        )
    );
    c.w.oracle.assert_emitted(&FeedSet {
        token: c.token(),
        feed: c.next.address(),
        heartbeat: u(2 * HEARTBEAT),
        minAnswer: u(MIN + 1),
        maxAnswer: u(MAX - 1),
        lagBps: u(25),
        feedDecimals: u(8),
        tokenDecimals: u(18),
    });
    // Once.
    assert_eq!(c.activate(), c.none());
    assert!(c.pending().is_empty());
}

#[test]
fn activate_reverts_two_weeks_after_the_delay() {
    let c = Change::queued();
    c.at(T0 + DELAY + LIFE + 1);
    assert_eq!(
        c.activate(),
        Err(OracleChangeExpired {
            token: c.token(),
            expiredAt: u(T0 + DELAY + LIFE)
        }
        .into())
    );
    c.at(T0 + DELAY + LIFE);
    assert_eq!(c.activate(), Ok(()));
}

/// The slot of a token's queued change: the fourth field of the oracle, a mapping.
fn queued_slot(token: Address) -> U256 {
    let key = [token.into_word().0, u(3).to_be_bytes::<32>()].concat();
    keccak256(key).into()
}

#[test]
fn inv_19_activate_reverts_when_the_code_is_not_the_one_that_was_queued() {
    // The feed, the base of a composite, and the second source: each has its hash.
    for pinned in 0..3 {
        let c = Change::queued();
        let slot = queued_slot(c.token());
        let caller = c.w.oracle.sender(c.w.owner);
        let word = caller.vm().storage_load_bytes32(slot);
        let [.., time] = U256::from_be_bytes(word.0).into_limbs();
        let account = Address::from_word(word);
        // The test VM cannot change code, so the pin is: what it stands for is the same.
        let mut data = data_account::read(account).to_vec();
        let at = 1 + 32 * pinned;
        data[at..at + 32].copy_from_slice(B256::repeat_byte(7).as_slice());
        let other = data_account::write(&data).unwrap().into_word();
        let [low, middle, high, _] = U256::from_be_bytes(other.0).into_limbs();
        let word = U256::from_limbs([low, middle, high, time]);
        // SAFETY: nothing holds on to the slot.
        unsafe { caller.vm().storage_cache_bytes32(slot, word.into()) };
        caller.vm().flush_cache(true);
        drop(caller);
        c.at(T0 + DELAY);
        let account = [c.next.address(), Address::ZERO, Address::ZERO][pinned];
        assert_eq!(c.activate(), Err(OracleCodeChanged { account }.into()));
        assert_eq!(c.feed(), c.w.feed.address());
        assert!(!c.pending().is_empty(), "inv_14: pin {pinned}");
    }
}

#[test]
fn inv_21_a_new_feed_must_be_usable_at_activation() {
    let c = Change::queued();
    c.at(T0 + DELAY);
    c.next.sender(c.w.owner).set_updated_at(u(T0));
    assert!(matches!(c.activate(), Err(Error::OracleStale(_))));
    c.at(T0 + DELAY);
    c.next.sender(c.w.owner).set_decimals(u(18));
    assert!(matches!(c.activate(), Err(Error::OracleDecimalsChanged(_))));
    c.at(T0 + DELAY);
    c.w.sequencer.sender(c.w.owner).set(answer(1), u(T0), u(0));
    c.w.set_sequencer(0);
    assert!(matches!(c.activate(), Err(Error::OracleSequencerDown(_))));
}

#[test]
fn a_new_feed_waits_until_it_agrees_with_the_old_one() {
    let c = Change::queued();
    c.at(T0 + DELAY);
    // Lags of 50 and 25, and 50 besides: 1.25 % of the less.
    let next = |dollars_and_cents: i128| {
        let answer = answer(dollars_and_cents * 1_000_000);
        c.next.sender(c.w.owner).set_answer(answer);
    };
    next(202_501);
    assert_eq!(
        c.activate(),
        Err(OracleFeedsDiffer {
            token: c.token(),
            oldD36: u(2_000) * ten_to(36),
            newD36: u(202_501) * ten_to(34),
            limitBps: u(125)
        }
        .into())
    );
    assert_eq!(c.feed(), c.w.feed.address());
    next(202_500);
    assert_eq!(c.activate(), Ok(()));
}

#[test]
fn a_silent_feed_is_given_up_a_day_after_it_was_reported() {
    let c = Change::queued();
    c.at(T0 + DELAY);
    c.w.feed.sender(c.w.owner).set_mode(u(mode::REVERT));
    let alive = |since: u64| {
        Err(OracleFeedNotDead {
            token: c.token(),
            refusedSince: u(since),
            deadAfter: u(DEAD),
        }
        .into())
    };
    assert_eq!(c.activate(), alive(0));
    c.report().unwrap();
    c.w.oracle.assert_emitted(&FeedReported {
        token: c.token(),
        refusedSince: u(T0 + DELAY),
    });
    assert_eq!(c.pending()[2], u(T0 + DELAY));
    // Reporting again does not begin anew.
    c.at(T0 + DELAY + DEAD - 1);
    c.report().unwrap();
    assert_eq!(c.activate(), alive(T0 + DELAY));
    c.at(T0 + DELAY + DEAD);
    assert_eq!(c.activate(), Ok(()));
    // And the next one begins with nothing.
    c.queue_with(vec![c.w.feed.address()], 0).unwrap_err();
    c.w.feed.sender(c.w.owner).set_mode(u(mode::HONEST));
    c.queue_with(vec![c.w.feed.address()], 0).unwrap();
    assert_eq!(c.pending()[2], u(0));
}

#[test]
fn a_feed_that_was_heard_of_again_is_not_given_up() {
    let c = Change::queued();
    c.w.feed.sender(c.w.owner).set_mode(u(mode::REVERT));
    c.report().unwrap();
    c.w.feed.sender(c.w.owner).set_mode(u(mode::HONEST));
    c.at(T0 + DAY);
    c.report().unwrap();
    assert_eq!(c.pending()[2], u(0));
    c.at(T0 + DELAY);
    c.w.feed.sender(c.w.owner).set_mode(u(mode::REVERT));
    assert!(matches!(
        c.activate(),
        Err(Error::OracleFeedNotDead(e)) if e.refusedSince.is_zero()
    ));
}

#[test]
fn what_was_reported_before_a_change_was_queued_says_nothing_about_it() {
    let c = Change::new();
    // Silent for a moment; nobody reports that it speaks again.
    c.w.feed.sender(c.w.owner).set_mode(u(mode::REVERT));
    c.report().unwrap();
    c.w.feed.sender(c.w.owner).set_mode(u(mode::HONEST));
    c.at(T0 + DEAD);
    c.queue().unwrap();
    assert_eq!(c.pending()[2], u(0));
    c.at(T0 + DEAD + DELAY);
    c.w.feed.sender(c.w.owner).set_mode(u(mode::REVERT));
    assert!(matches!(
        c.activate(),
        Err(Error::OracleFeedNotDead(e)) if e.refusedSince.is_zero()
    ));
}

#[test]
fn report_feed_reverts_for_a_token_without_a_feed_and_while_the_sequencer_is_down() {
    let c = Change::new();
    let token = Address::from_tag("unknown");
    let oracle = || c.w.oracle.sender(c.w.stranger);
    let err = oracle().report_feed(token).motsu_unwrap_err();
    assert_eq!(err, OracleNoFeed { token }.into());
    c.w.sequencer.sender(c.w.owner).set(answer(1), u(T0), u(0));
    c.w.set_sequencer(0);
    assert!(matches!(c.report(), Err(Error::OracleSequencerDown(_))));
}

#[test]
fn cancel_change_is_for_governor_and_guardian() {
    let c = Change::new();
    assert_eq!(c.cancel(c.w.owner), c.none());
    for by in [c.w.owner, c.guardian] {
        c.queue().unwrap();
        assert_eq!(c.cancel(c.w.stranger), unauthorized(c.w.stranger));
        c.cancel(by).unwrap();
        c.w.oracle.assert_emitted(&ChangeCancelled {
            token: c.token(),
            by,
        });
        assert!(c.pending().is_empty());
    }
    c.at(T0 + DELAY);
    assert_eq!(c.activate(), c.none());
    // Queued anew, it waits anew.
    c.queue().unwrap();
    assert_eq!(c.pending()[1], u(T0 + 2 * DELAY));
}

#[test]
fn inv_27_the_guardian_cancels_once_in_28_days_and_the_governor_at_will() {
    let c = Change::queued();
    c.cancel(c.guardian).unwrap();
    c.queue().unwrap();
    let again = T0 + 28 * DAY;
    for now in [T0, T0 + DELAY, again - 1] {
        c.at(now);
        assert_eq!(
            c.cancel(c.guardian),
            Err(OracleGuardianTooSoon {
                token: c.token(),
                now: u(now),
                allowedFrom: u(again)
            }
            .into())
        );
    }
    // The governor is not held up.
    for _ in 0..2 {
        c.cancel(c.w.owner).unwrap();
        c.queue().unwrap();
    }
    c.at(again);
    assert_eq!(c.cancel(c.guardian), Ok(()));
    assert_eq!(c.cancel(c.guardian), c.none());
}

#[test]
fn what_the_guardian_cancelled_is_made_when_it_is_queued_again() {
    let c = Change::queued();
    c.cancel(c.guardian).unwrap();
    c.queue().unwrap();
    c.at(T0 + DELAY);
    assert!(c.cancel(c.guardian).is_err());
    assert_eq!(c.activate(), Ok(()));
    assert_eq!(c.feed(), c.next.address());
}

#[test]
fn a_change_goes_with_the_feed_that_it_was_to_follow() {
    let c = Change::queued();
    let mut policy = c.w.policy.sender(c.w.owner);
    policy.set_weight(c.token(), u(0), u(0));
    c.w.oracle
        .sender(c.w.owner)
        .remove_feed(c.token())
        .motsu_unwrap();
    c.w.set_feed().unwrap();
    c.at(T0 + DELAY);
    assert_eq!(c.activate(), c.none());
}

#[test]
fn a_composite_may_follow_one_feed_and_keeps_volatility() {
    let c = Change::new();
    let (token, owner) = (c.token(), c.w.owner);
    c.w.oracle
        .sender(owner)
        .set_volatility(token, u(8_000), u(0))
        .motsu_unwrap();
    let ratio = Contract::<MockFeed>::new();
    let one = 1_000_000_000_000_000_000;
    ratio.sender(owner).set(answer(one), u(T0 - 60), u(18));
    let one = u(one as u64);
    c.w.oracle
        .sender(owner)
        .queue_feed(
            token,
            vec![ratio.address(), c.next.address()],
            vec![
                u(30 * DAY),
                u(1),
                one * u(2),
                u(10),
                u(HEARTBEAT),
                u(MIN),
                u(MAX),
                u(20),
            ],
            u(1_000),
        )
        .motsu_unwrap();
    c.at(T0 + DELAY);
    c.activate().unwrap();
    c.w.oracle.assert_emitted(&CompositeFeedSet {
        token,
        ratioFeed: ratio.address(),
        baseFeed: c.next.address(),
        ratio: one,
        since: u(T0 - 60),
        maxGrowthBps: u(1_000),
    });
    let details = c.w.oracle.sender(owner).details_of(token).motsu_unwrap();
    assert_eq!(
        details[0],
        U256::from_be_bytes(c.next.address().into_word().0)
    );
    assert_eq!(details[14], u(8_000));
    assert_eq!(c.w.price(), Ok(u(ANSWER) * ten_to(28)));
}

#[test]
fn a_second_source_of_a_token_in_use_is_dropped_after_the_delay_even_when_it_is_silent() {
    let c = Change::new();
    let (token, owner) = (c.token(), c.w.owner);
    let pyth = Contract::<MockPyth>::from_tag("pyth");
    let publish = |id: u64, at| {
        let price = answer(2_000);
        pyth.sender(owner)
            .set_price(u(id), price, u(0), answer(0), u(at));
    };
    publish(7, T0);
    let id = B256::from(u(7));
    let oracle = || c.w.oracle.sender(owner);
    oracle()
        .set_second_source(token, pyth.address(), id, u(60), u(100), u(100))
        .motsu_unwrap();
    oracle()
        .queue_second_source(token, Address::ZERO, B256::ZERO, u(0), u(0), u(0))
        .motsu_unwrap();
    assert_eq!(c.pending()[0], u(1));
    c.at(T0 + DELAY - 1);
    assert_eq!(c.activate(), c.early());
    c.at(T0 + DELAY);
    assert!(c.w.price().is_err());
    c.activate().unwrap();
    assert_eq!(c.w.price(), Ok(u(ANSWER) * ten_to(28)));
    c.w.oracle.assert_emitted(&SecondSourceSet {
        token,
        source: Address::ZERO,
        id: B256::ZERO,
        window: u(0),
        maxConfidenceBps: u(0),
        limitBps: u(0),
    });

    // Another one must agree when it is activated.
    oracle()
        .queue_second_source(token, pyth.address(), id, u(60), u(100), u(100))
        .motsu_unwrap();
    c.at(T0 + 2 * DELAY);
    assert!(matches!(c.activate(), Err(Error::OracleStale(_))));
    publish(7, T0 + 2 * DELAY);
    assert_eq!(c.activate(), Ok(()));
}

#[test]
fn a_feed_with_which_the_second_source_does_not_agree_may_follow_none() {
    let c = Change::new();
    let (token, owner) = (c.token(), c.w.owner);
    let pyth = Contract::<MockPyth>::from_tag("pyth");
    let publish = |dollars: i128, at| {
        pyth.sender(owner)
            .set_price(u(7), answer(dollars), u(0), answer(0), u(at));
    };
    publish(2_000, T0);
    c.w.oracle
        .sender(owner)
        .set_second_source(token, pyth.address(), u(7).into(), u(60), u(100), u(100))
        .motsu_unwrap();
    c.queue().unwrap();
    c.at(T0 + DELAY);
    publish(3_000, T0 + DELAY);
    assert!(matches!(c.activate(), Err(Error::OracleSourcesDiffer(_))));
    // The old feed is stuck, the second source tells so, and the new one agrees with that: after a day.
    let set = |dollars: i128, now: u64| {
        clock::set(now);
        publish(dollars, now);
        let answer = answer(dollars * 100_000_000);
        c.next.sender(owner).set(answer, u(now), u(8));
        c.w.feed.sender(owner).set_updated_at(u(now));
    };
    set(3_000, T0 + DELAY);
    assert!(matches!(c.activate(), Err(Error::OracleFeedNotDead(_))));
    c.report().unwrap();
    set(3_000, T0 + DELAY + DEAD);
    assert_eq!(c.activate(), Ok(()));
    assert_eq!(c.w.price(), Ok(u(3_000) * ten_to(36)));
}
