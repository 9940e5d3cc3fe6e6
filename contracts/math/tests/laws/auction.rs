//! What the auction asks at a moment, against exact arithmetic.

use crate::exact::*;
use ballast_math::auction::{
    asked_up, counted_down, kept_wad_up, Moment, Opening, Terms, FIRST_PROGRESS_BPS, PPB,
};
use ballast_math::{MathError, BPS, D36, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

fn part(of: u64, whole: u64) -> BigRational {
    BigRational::new(BigInt::from(of), BigInt::from(whole))
}

/// How much of the ramp is left, unrounded.
fn left(passed: u64, ramp: u64) -> BigRational {
    if passed >= ramp {
        return zero();
    }
    part(ramp - passed, ramp)
}

/// A billionth: what each factor may be off by, and the moment besides.
fn billionth() -> BigRational {
    part(1, 1_000_000_000)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_the_allowed_slippage_rises_linearly_from_the_lags_to_the_greatest(
        passed in 0_u64..=100_000, ramp in 0_u64..=86_400, max in 0_u64..=10_000,
        lag_i in 0_u64..=1_000, lag_j in 0_u64..=1_000,
    ) {
        let left = left(passed, ramp);
        let terms = Terms::new(Moment::of(passed, ramp), u(max)).unwrap();
        let one = BigRational::from_integer(1.into());
        let share = |bps: u64| part(bps, 10_000) * &left;
        // exactly: what is sold counts 1 - max * (1 - left) + lag * left, what is bought 1 - lag * left
        let sell = &one - part(max, 10_000) + share(max) + share(lag_i);
        let buy = &one - share(lag_j);
        let got_sell = rat(terms.sell_ppb_up(u(lag_i)).unwrap()) / int(PPB);
        let got_buy = rat(terms.buy_ppb_down(u(lag_j)).unwrap()) / int(PPB);
        prop_assert!(got_sell >= sell && got_sell <= &sell + billionth() * BigInt::from(3));
        prop_assert!(got_buy <= buy && got_buy >= &buy - billionth() * BigInt::from(2));
        // DESIGN 7.3: at least 1 - allowed, with allowed = max * (1 - left) - (lag_i + lag_j) * left.
        let kept = kept_wad_up(
            terms.sell_ppb_up(u(lag_i)).unwrap(), terms.buy_ppb_down(u(lag_j)).unwrap(),
        ).unwrap();
        // The lag of what is bought is taken of what is bought, which may be less than what is sold.
        let linear = &one - part(max, 10_000) + share(max) + share(lag_i + lag_j);
        let fewer = share(lag_j) * part(max, 10_000);
        prop_assert!(rat(kept) / int(WAD) >= &linear - &fewer);
        prop_assert!(passed > 0 || ramp == 0 || rat(kept) / int(WAD) >= linear);
        prop_assert!(rat(kept) / int(WAD) >= one - part(max, 10_000), "never below the greatest");
        let released = rat(terms.released_bps_up()) / int(BPS);
        let exact = part(max, 10_000) - share(max);
        prop_assert!(released >= exact && released <= exact + part(1, 10_000));
    }

    #[test]
    fn prop_less_is_asked_from_second_to_second(
        passed in 0_u64..=90_000, ramp in 0_u64..=86_400, max in 0_u64..=300,
        lag in 0_u64..=1_000, floor in 0_u64..=10_000,
    ) {
        let (now, next) = (Moment::of(passed, ramp), Moment::of(passed + 1, ramp));
        let at = |moment| {
            let terms = Terms::new(moment, u(max)).unwrap();
            (terms.sell_ppb_up(u(lag)).unwrap(), PPB - terms.buy_ppb_down(u(lag)).unwrap())
        };
        prop_assert!(at(now).0 >= at(next).0 && at(now).1 >= at(next).1);
        prop_assert!(at(Moment::START).0 >= at(now).0);
        prop_assert!(at(next).0 >= at(Moment::END).0);
        let share = |moment: Moment| moment.progress_bps_up(u(floor)).unwrap();
        prop_assert!(share(now) >= share(next));
        prop_assert!(share(next) >= u(floor));
        prop_assert!(share(now) <= u(floor).max(FIRST_PROGRESS_BPS));
        let exact = rat(FIRST_PROGRESS_BPS.saturating_sub(u(floor))) * left(passed, ramp)
            + rat(u(floor));
        let got = rat(share(now));
        prop_assert!(got >= exact && got <= exact + BigRational::from_integer(1.into()) + part(1, 100_000));
    }

    /// Invariant 24 with the lags inside: who pays at the opening pays at true prices too.
    #[test]
    fn inv_24_at_the_opening_nothing_is_lost_at_any_prices_within_the_lags(
        world in fine_world(), lags in prop::collection::vec((0_u64..=1_000, 0_u64..=2_000), 32),
        moves in prop::collection::vec((any::<bool>(), below(90)), 32), max in 0_u64..=300,
    ) {
        let terms = Terms::new(Moment::START, u(max)).unwrap();
        let (mut sold, mut bought, mut asks, mut counts) = (vec![], vec![], vec![], vec![]);
        let (mut gone, mut come) = (zero(), zero());
        for i in 0..world.len() {
            let (lag, seed) = lags[i];
            let (sells, amount) = moves[i];
            asks.push(terms.sell_ppb_up(u(lag)).unwrap());
            counts.push(terms.buy_ppb_down(u(lag)).unwrap());
            sold.push(if sells { amount } else { U256::ZERO });
            bought.push(if sells { U256::ZERO } else { amount });
            // the true price: anywhere within the lag
            let off = (BigInt::from(seed) - BigInt::from(1_000)) * BigInt::from(lag);
            let factor = BigRational::from_integer(1.into())
                + BigRational::new(off, BigInt::from(10_000_000));
            let value = worth(amount, world.prices[i]) * factor;
            if sells { gone += value } else { come += value }
        }
        let asked = asked_up(&sold, &world.prices, &asks).unwrap();
        let got = counted_down(&bought, &world.prices, &counts).unwrap();
        if got >= asked {
            prop_assert!(come >= gone, "inv_24");
        }
    }

    #[test]
    fn prop_sums_are_weighted_term_by_term_against_the_keeper(
        rows in prop::collection::vec((below(90), below(120), 0_u64..=2_000_000_000), 0..=32),
    ) {
        let amounts: Vec<U256> = rows.iter().map(|row| row.0).collect();
        let prices: Vec<U256> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<U256> = rows.iter().map(|row| u(row.2)).collect();
        let (mut up, mut down) = (U256::ZERO, U256::ZERO);
        for (amount, price, weight) in &rows {
            let weigh = |value: U256| rat(value) * BigInt::from(*weight) / int(PPB);
            up += ceil(&weigh(ceil(&worth(*amount, *price)).unwrap())).unwrap();
            down += floor(&weigh(floor(&worth(*amount, *price)).unwrap())).unwrap();
        }
        prop_assert_eq!(asked_up(&amounts, &prices, &weights), Ok(up));
        prop_assert_eq!(counted_down(&amounts, &prices, &weights), Ok(down));
    }

    #[test]
    fn prop_an_opening_holds_for_ramp_and_hold_under_the_policy_it_saw(
        at in 1_u64..1 << 40, ramp in 0_u64..=86_400, hold in 60_u64..=604_800,
        nonce in any::<u32>(), paused in 0_u64..1 << 40,
    ) {
        let opening = Opening { at, policy_nonce: nonce.into(), paused_until: paused };
        let until = opening.until(ramp, hold);
        prop_assert_eq!(until, at + ramp + hold);
        let today = |now| Opening { at: now, ..opening };
        for now in [at, until - 1] {
            prop_assert!(opening.holds(&today(now), ramp, hold));
            let voted = Opening { policy_nonce: opening.policy_nonce + 1, ..today(now) };
            prop_assert!(!opening.holds(&voted, ramp, hold), "policy changed");
            let paused = Opening { paused_until: paused + 1, ..today(now) };
            prop_assert!(!opening.holds(&paused, ramp, hold), "paused or unpaused");
        }
        for now in [at - 1, until, until + 1, u64::MAX] {
            prop_assert!(!opening.holds(&today(now), ramp, hold), "{now} of {at} to {until}");
        }
        prop_assert!(opening.is_calm(0) && opening.is_calm(at) && !opening.is_calm(at + 1));
        let none = Opening { at: 0, ..opening };
        prop_assert!(!none.holds(&none, ramp, hold));
        prop_assert!(!none.holds(&today(until - 1), u64::MAX, u64::MAX));
    }
}

#[test]
fn a_known_auction() {
    // Half of a per cent at most, lags of 30 and 20 bps, half of half an hour gone.
    let terms = |passed| Terms::new(Moment::of(passed, 1_800), u(50)).unwrap();
    let of = |passed| {
        let terms = terms(passed);
        (
            terms.sell_ppb_up(u(30)).unwrap(),
            terms.buy_ppb_down(u(20)).unwrap(),
            terms.released_bps_up(),
        )
    };
    assert_eq!(of(0), (u(1_003_000_000), u(998_000_000), u(0)));
    assert_eq!(of(900), (u(999_000_000), u(999_000_000), u(25)));
    assert_eq!(of(1_800), (u(995_000_000), PPB, u(50)));
    assert_eq!(of(u64::MAX), (u(995_000_000), PPB, u(50)));
    // Without a ramp all is allowed at once.
    assert_eq!(Moment::of(0, 0), Moment::END);
    // The share of the plan: from a half to the floor.
    let share = |passed, floor| Moment::of(passed, 1_800).progress_bps_up(u(floor));
    assert_eq!(share(0, 1_000), Ok(u(5_000)));
    assert_eq!(share(900, 1_000), Ok(u(3_000)));
    assert_eq!(share(1_800, 1_000), Ok(u(1_000)));
    assert_eq!(share(0, 6_000), Ok(u(6_000)));
}

#[test]
fn terms_refuse_what_is_above_one() {
    let beyond = BPS + u(1);
    let overflow = Err(MathError::Overflow);
    assert_eq!(Terms::new(Moment::END, beyond), Err(MathError::Overflow));
    assert_eq!(Terms::new(Moment::END, U256::MAX), Err(MathError::Overflow));
    let terms = Terms::new(Moment::START, BPS).unwrap();
    assert_eq!(terms.sell_ppb_up(beyond), overflow);
    assert_eq!(terms.buy_ppb_down(beyond), overflow);
    assert_eq!(terms.buy_ppb_down(BPS), Ok(u(0)));
    assert_eq!(kept_wad_up(PPB, u(0)), Err(MathError::DivisionByZero));
    // A ramp too long to be reckoned with asks for the most.
    assert_eq!(Moment::of(1, u64::MAX), Moment::START);
}

#[test]
fn sums_refuse_arrays_that_do_not_fit() {
    let two = [u(1); 2];
    let mismatch = Err(MathError::LengthMismatch);
    assert_eq!(asked_up(&two, &two[..1], &two), mismatch);
    assert_eq!(counted_down(&two, &two, &two[..1]), mismatch);
    let many = [u(1); 33];
    assert_eq!(asked_up(&many, &many, &many), Err(MathError::TooManyAssets));
    assert_eq!(
        asked_up(&[U256::MAX], &[D36], &[PPB * u(2)]),
        Err(MathError::Overflow)
    );
}
