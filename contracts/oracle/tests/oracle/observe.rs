//! `setVolatility`, `observe`, and what both do to `market`.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_math::volatility::{stress_up, variance_after_up, volatility_up};
use ballast_mocks::feeds::{mode, MockFeed};
use ballast_oracle::{seen::Seen, types::*};
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{answer, ten_to, u, World, ANSWER, T0};

/// 80 % a year, and 300 %.
const REFERENCE: u64 = 8_000;
const BREAKER: u64 = 30_000;
/// As compiled, written a second time.
const MAX_UNSEEN: u64 = 21_600;

fn wad(bps: u64) -> U256 {
    u(bps) * ten_to(14)
}

fn watched() -> World {
    let w = World::new();
    set(&w, REFERENCE, BREAKER).unwrap();
    w
}

fn set(w: &World, reference: u64, max: u64) -> Result<(), Error> {
    w.oracle
        .sender(w.owner)
        .set_volatility(w.token.address(), u(reference), u(max))
        .motsu_res()
}

fn observe(w: &World) -> Result<(), Error> {
    w.oracle
        .sender(w.stranger)
        .observe(vec![w.token.address()])
        .motsu_res()
}

/// The feed answers so many dollars, at `now`.
fn at(w: &World, now: u64, dollars: u64) {
    clock::set(now);
    w.feed
        .sender(w.owner)
        .set(answer(i128::from(dollars) * 100_000_000), u(now), u(8));
}

/// Stress and calm since.
fn market(w: &World) -> Result<(U256, U256), Error> {
    w.oracle
        .sender(w.stranger)
        .market(vec![w.token.address()])
        .motsu_res()
        .map(|answers| {
            let (_, _, stress, calm_since) = answers.0;
            (stress[0], calm_since)
        })
}

/// When the price was last looked at, and the volatility then.
fn seen(w: &World) -> (U256, U256) {
    let details = w.oracle.sender(w.owner).details_of(w.token.address());
    let [.., at, volatility] = details.motsu_unwrap()[..] else {
        panic!("no details")
    };
    (at, volatility)
}

fn out_of_range(value: u64, min: u64, max: u64) -> Result<(), Error> {
    Err(OracleParameterOutOfRange {
        value: u(value),
        min: u(min),
        max: u(max),
    }
    .into())
}

#[test]
fn set_volatility_reverts_for_anybody_but_the_governor() {
    let w = World::new();
    let err = w
        .oracle
        .sender(w.stranger)
        .set_volatility(w.token.address(), u(REFERENCE), u(0))
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
fn set_volatility_reverts_for_a_token_without_a_feed_or_with_one_that_cannot_be_used() {
    let w = World::bare();
    let token = w.token.address();
    assert_eq!(set(&w, REFERENCE, 0), Err(OracleNoFeed { token }.into()));
    w.set_feed().unwrap();
    w.feed.sender(w.owner).set_mode(u(mode::REVERT));
    let feed = w.feed.address();
    assert_eq!(
        set(&w, REFERENCE, 0),
        Err(OracleFeedUnreadable { feed }.into())
    );
    // Nobody has to be able to price what is not to be watched any more.
    assert_eq!(set(&w, 0, 0), Ok(()));
}

#[test]
fn set_volatility_reverts_for_a_breaker_that_is_not_above_the_reference() {
    let w = World::new();
    assert_eq!(
        set(&w, REFERENCE, REFERENCE),
        out_of_range(REFERENCE, REFERENCE + 1, 1_000_000)
    );
    assert_eq!(set(&w, 1_000_001, 0), out_of_range(1_000_001, 0, 1_000_000));
    assert_eq!(
        set(&w, REFERENCE, 1_000_001),
        out_of_range(1_000_001, REFERENCE + 1, 1_000_000)
    );
}

#[test]
fn set_volatility_begins_at_the_reference() {
    let w = watched();
    assert_eq!(seen(&w), (u(T0), wad(REFERENCE)));
    assert_eq!(market(&w), Ok((ten_to(18), u(0))));
    w.oracle.assert_emitted(&VolatilitySet {
        token: w.token.address(),
        referenceBps: u(REFERENCE),
        maxBps: u(BREAKER),
    });
}

#[test]
fn set_volatility_goes_on_from_what_was_seen_lately_and_only_from_that() {
    let w = watched();
    at(&w, T0 + 3_600, 2_050);
    observe(&w).unwrap();
    let before = seen(&w);
    assert!(before.1 > wad(REFERENCE));
    set(&w, REFERENCE / 2, 0).unwrap();
    assert_eq!(seen(&w), before);
    // Half the reference: twice the stress.
    let doubled = stress_up(before.1, wad(REFERENCE / 2)).unwrap();
    assert_eq!(market(&w), Ok((doubled, u(0))));
    at(&w, T0 + 3_600 + MAX_UNSEEN + 1, 2_050);
    set(&w, REFERENCE, 0).unwrap();
    assert_eq!(seen(&w).1, wad(REFERENCE));
}

#[test]
fn a_token_that_is_not_watched_any_more_has_no_stress_and_never_goes_stale() {
    let w = watched();
    set(&w, 0, 0).unwrap();
    at(&w, T0 + MAX_UNSEEN + 1, 2_000);
    assert_eq!(market(&w), Ok((u(0), u(0))));
    let token = w.token.address();
    assert_eq!(observe(&w), Err(OracleNoReference { token }.into()));
}

#[test]
fn observe_reverts_for_a_token_without_a_feed_or_a_reference() {
    let w = World::new();
    let token = w.token.address();
    assert_eq!(observe(&w), Err(OracleNoReference { token }.into()));
    let token = Address::from_tag("unknown");
    let err = w
        .oracle
        .sender(w.stranger)
        .observe(vec![token])
        .motsu_unwrap_err();
    assert_eq!(err, OracleNoFeed { token }.into());
}

#[test]
fn inv_21_observe_believes_what_prices_believe() {
    let w = watched();
    at(&w, T0 + 60, 200_000);
    assert!(matches!(
        observe(&w),
        Err(Error::OracleAnswerOutOfBounds(_))
    ));
    at(&w, T0 + 60, 2_000);
    w.sequencer.sender(w.owner).set(answer(1), u(T0), u(0));
    w.set_sequencer(0);
    assert!(matches!(observe(&w), Err(Error::OracleSequencerDown(_))));
    assert_eq!(seen(&w), (u(T0), wad(REFERENCE)));
}

#[test]
fn observe_folds_in_what_moved_since_the_last_look() {
    let w = watched();
    at(&w, T0 + 1_000, 2_100);
    observe(&w).unwrap();
    let price = |dollars| u(dollars) * ten_to(36);
    let reference = wad(REFERENCE) * wad(REFERENCE) / ten_to(18);
    // As much of the prices as is kept.
    let exact = variance_after_up(reference, price(2_000), price(2_100), 1_000).unwrap();
    let (seen_at, volatility) = seen(&w);
    assert_eq!(seen_at, u(T0 + 1_000));
    let gap = volatility.abs_diff(volatility_up(exact));
    assert!(gap < ten_to(9), "{volatility} {exact}");
    w.oracle.assert_emitted(&VolatilityObserved {
        token: w.token.address(),
        priceD36: price(2_100),
        volatilityWad: volatility,
    });
}

#[test]
fn observe_twice_in_a_second_is_observe_once() {
    let w = watched();
    at(&w, T0, 2_100);
    observe(&w).unwrap();
    assert_eq!(seen(&w), (u(T0), wad(REFERENCE)));
    // What moved within that second is seen a second later.
    at(&w, T0 + 1, 2_100);
    observe(&w).unwrap();
    assert!(seen(&w).1 > wad(REFERENCE));
}

#[test]
fn market_sees_a_move_that_nobody_has_observed_yet() {
    let w = watched();
    at(&w, T0 + 1_000, 2_100);
    let (stress, _) = market(&w).unwrap();
    observe(&w).unwrap();
    assert_eq!(market(&w), Ok((stress, u(0))));
    assert!(stress > ten_to(18));
}

#[test]
fn market_reverts_when_nobody_has_looked_for_too_long() {
    let w = watched();
    at(&w, T0 + MAX_UNSEEN, 2_000);
    assert!(market(&w).is_ok());
    at(&w, T0 + MAX_UNSEEN + 1, 2_000);
    assert_eq!(
        market(&w),
        Err(OracleVolatilityStale {
            token: w.token.address(),
            observedAt: u(T0),
            maxAge: u(MAX_UNSEEN)
        }
        .into())
    );
    // Prices are none the worse for it.
    assert_eq!(w.price(), Ok(u(ANSWER) * ten_to(28)));
    observe(&w).unwrap();
    assert!(market(&w).is_ok());
}

#[test]
fn market_reverts_in_a_storm_and_is_calm_only_since_the_last_look_at_it() {
    let w = watched();
    w.sequencer
        .sender(w.owner)
        .set(answer(0), u(T0 - 5_000), u(0));
    w.set_sequencer(100);
    assert_eq!(market(&w), Ok((ten_to(18), u(T0 - 5_000))));
    // A quarter in ten minutes.
    at(&w, T0 + 600, 1_500);
    let refused = market(&w);
    let Err(Error::OracleVolatilityTooHigh(e)) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!((e.token, e.max), (w.token.address(), wad(BREAKER)));
    assert!(e.volatility > e.max);
    observe(&w).unwrap();
    w.oracle.assert_emitted(&BreakerTripped {
        token: w.token.address(),
        volatilityWad: e.volatility,
        maxWad: wad(BREAKER),
    });
    assert_eq!(market(&w), refused);
    // Calm again: it decays, and what was is not forgotten when the table changes.
    let mut now = T0 + 600;
    let tripped = loop {
        now += 20_000;
        at(&w, now, 1_500);
        let before = market(&w).is_err();
        observe(&w).unwrap();
        if !before {
            break now - 20_000;
        }
    };
    assert!(tripped > T0 + 600, "longer than one look");
    assert_eq!(market(&w).unwrap().1, u(tripped));
    set(&w, REFERENCE, 0).unwrap();
    assert_eq!(market(&w).unwrap().1, u(tripped));
    // A restart after it counts more.
    w.sequencer.sender(w.owner).set_started_at(u(now - 200));
    assert_eq!(market(&w).unwrap().1, u(now - 200));
}

#[test]
fn a_breaker_of_a_token_that_is_not_asked_for_shakes_nobody() {
    let w = watched();
    let (other, feed) = (Contract::<MockFeed>::new(), Contract::<MockFeed>::new());
    other.sender(w.owner).set_decimals(u(18));
    feed.sender(w.owner)
        .set(answer(ANSWER as i128), u(T0), u(8));
    let oracle = || w.oracle.sender(w.owner);
    let (min, max) = (u(crate::MIN), u(crate::MAX));
    let listed = oracle().set_feed(other.address(), feed.address(), u(86_400), min, max, u(50));
    listed.motsu_unwrap();
    // Hers is in a storm, and anybody looks at it as often as he likes.
    for seconds in [600, 601, 602] {
        at(&w, T0 + seconds, 1_500);
        observe(&w).unwrap();
        let calm = w.oracle.sender(w.stranger).market(vec![other.address()]);
        assert_eq!(calm.motsu_unwrap().0 .3, u(0));
    }
    // Who asks for both is refused; and once it has calmed down, is told since when.
    clock::set(T0 + 602 + MAX_UNSEEN);
    let mut now = T0 + 602;
    let both = || {
        let tokens = vec![other.address(), w.token.address()];
        w.oracle.sender(w.stranger).market(tokens).motsu_res()
    };
    let tripped = loop {
        now += 20_000;
        at(&w, now, 1_500);
        feed.sender(w.owner)
            .set(answer(ANSWER as i128), u(now), u(8));
        match both() {
            Ok(answers) => break answers.0 .3,
            Err(_) => observe(&w).unwrap(),
        }
    };
    assert_eq!(tripped, u(now - 20_000));
    // Unwatched, it goes on counting for what was opened before.
    set(&w, 0, 0).unwrap();
    assert_eq!(both().unwrap().0 .3, tripped);
}

#[test]
fn without_a_breaker_nothing_trips() {
    let w = World::new();
    set(&w, REFERENCE, 0).unwrap();
    at(&w, T0 + 600, 500);
    observe(&w).unwrap();
    let (stress, calm_since) = market(&w).unwrap();
    assert!(stress > u(10) * ten_to(18));
    assert_eq!(calm_since, u(0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A look is kept in one word: the times and the variance whole, of the price its 8 highest bytes.
    #[test]
    fn prop_a_look_is_kept_in_one_word(
        price in any::<[u64; 4]>(), at in any::<u64>(), variance in 0u128..1 << 96, ago in prop::option::of(0u64..1 << 25),
    ) {
        let price = U256::from_limbs(price);
        let tripped_at = ago.map_or(0, |ago| at.saturating_sub(ago));
        let look = Seen { price_d36: price, at, variance: U256::from(variance), tripped_at };
        let kept = Seen::from_word(look.to_word());
        // A storm is forgotten after half a year.
        let remembered = tripped_at != 0 && at - tripped_at < (1 << 24) - 1;
        prop_assert_eq!(kept.tripped_at, if remembered { tripped_at } else { 0 });
        prop_assert_eq!((kept.at, kept.variance), (look.at, look.variance));
        prop_assert!(kept.price_d36 <= price);
        prop_assert!(price - kept.price_d36 <= price >> 56);
        // What was kept is kept whole.
        prop_assert_eq!(kept.to_word(), look.to_word());
    }
}
