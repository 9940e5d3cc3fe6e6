use crate::exact::*;
use ballast_math::fees::{streamed_down, toll_up, YEAR_S};
use ballast_math::MathError;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

/// A rate up to twice any ceiling, and times that together cost at most one half.
fn rate() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..=400, Just(200)]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..100, 0..YEAR_S, 0..4 * YEAR_S]
}

/// The fraction of the whole that a rate takes in a time, unrounded.
fn fraction(rate: u64, time: u64) -> BigRational {
    let whole = BigInt::from(10_000) * BigInt::from(YEAR_S);
    BigRational::new(BigInt::from(rate) * BigInt::from(time), whole)
}

fn one() -> BigRational {
    rat(U256::ONE)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_streamed_shares_are_the_fraction_of_the_supply_that_they_join(
        supply in any_uint(), rate in rate(), time in prop_oneof![time(), any::<u64>()],
    ) {
        let half = BigRational::new(1.into(), 2.into());
        let f = fraction(rate, time).min(half);
        let exact = rat(supply) * &f / (one() - f);
        prop_assert_eq!(streamed_down(supply, rate, time), floor(&exact).ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_splitting_the_time_never_streams_more(
        supply in below(128), rate in rate(), times in prop::collection::vec(time(), 1..8),
    ) {
        let all: u64 = times.iter().sum();
        prop_assume!(fraction(rate, all) * BigInt::from(2) <= one());
        let once = supply + streamed_down(supply, rate, all).unwrap();
        let mut split = supply;
        for time in &times {
            split += streamed_down(split, rate, *time).unwrap();
        }
        prop_assert!(split <= once);

        // Nor less than by half the square of the fraction, a unit an accrual (grown with the supply) apart.
        let f = fraction(rate, all);
        let kept_once = rat(supply) / rat(once.max(U256::ONE));
        let kept_split = rat(supply) / rat(split.max(U256::ONE));
        let units = BigRational::new(BigInt::from(2 * times.len() + 2), int(supply.max(U256::ONE)));
        prop_assert!(kept_split - kept_once <= &f * &f / BigInt::from(2) + units);
    }

    #[test]
    fn prop_a_toll_is_rounded_up_and_splitting_never_makes_it_cheaper(
        a in below(200), b in below(200), rate in 0_u64..=10_000,
    ) {
        let exact = BigRational::new(int(a) * BigInt::from(rate), BigInt::from(10_000));
        prop_assert_eq!(toll_up(a, rate), Ok(ceil(&exact).unwrap()));
        let split = toll_up(a, rate).unwrap() + toll_up(b, rate).unwrap();
        prop_assert!(split >= toll_up(a + b, rate).unwrap());
        prop_assert!(toll_up(a, rate).unwrap() <= a);
    }
}

#[test]
fn nothing_streams_at_no_rate_or_in_no_time() {
    assert_eq!(streamed_down(U256::MAX, 0, u64::MAX), Ok(U256::ZERO));
    assert_eq!(streamed_down(U256::MAX, 200, 0), Ok(U256::ZERO));
    // 2 % of a year: 20 of 1,000 shares that there are then.
    assert_eq!(streamed_down(u(980), 200, YEAR_S), Ok(u(20)));
}
