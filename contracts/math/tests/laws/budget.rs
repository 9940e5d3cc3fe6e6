//! The leaky bucket, against a history that forgets nothing.

use crate::exact::*;
use ballast_math::basket::{loss_wad_up, part_wad_up};
use ballast_math::budget::{left, level_within_a_period_down, spend, used_up, YEAR_S};
use ballast_math::guard::Refusal;
use ballast_math::{MathError, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

/// What was spent and when, by whoever spends as much as it is let to.
fn spent(budget: U256, period: u64, tries: &[(u64, U256)]) -> Vec<(u64, U256)> {
    let (mut now, mut used, mut history) = (0, U256::ZERO, vec![]);
    for (pass, wish) in tries {
        now += pass;
        used = used_up(used, budget, *pass, period).unwrap();
        // The wish, or, when that is refused, everything that is left.
        let amount = match spend(used, *wish, budget) {
            Ok(_) => *wish,
            Err(refusal) => refusal.bound,
        };
        used = spend(used, amount, budget).unwrap();
        history.push((now, amount));
    }
    history
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn inv_11_no_window_lets_out_more_than_the_budget_and_its_refill(
        budget in below(60), period in 1_u64..=31_536_000,
        tries in prop::collection::vec((0_u64..2_000_000, below(60)), 1..40),
    ) {
        let history = spent(budget, period, &tries);
        for (i, (from, _)) in history.iter().enumerate() {
            let mut sum = BigInt::from(0);
            for (to, amount) in &history[i..] {
                sum += int(*amount);
                let most = rat(budget)
                    * BigRational::new(BigInt::from(period + to - from), BigInt::from(period));
                prop_assert!(BigRational::from_integer(sum.clone()) <= most, "inv_11");
            }
        }
    }

    #[test]
    fn inv_11_a_level_of_half_keeps_a_whole_within_every_period(
        most in below(60), tries in prop::collection::vec((0_u64..3_000_000, below(60)), 1..40),
    ) {
        let history = spent(level_within_a_period_down(most), YEAR_S, &tries);
        for (i, (from, _)) in history.iter().enumerate() {
            let year = history[i..].iter().filter(|(to, _)| to - from <= YEAR_S);
            let sum: BigInt = year.map(|(_, amount)| int(*amount)).sum();
            prop_assert!(sum <= int(most), "inv_11");
        }
    }

    #[test]
    fn prop_asking_often_leaks_no_more_than_asking_once(
        used in below(60), budget in below(60), period in 1_u64..=31_536_000,
        passes in prop::collection::vec(0_u64..100_000, 1..20),
    ) {
        let often = passes.iter().try_fold(used, |used, pass| used_up(used, budget, *pass, period));
        let once = used_up(used, budget, passes.iter().sum(), period).unwrap();
        prop_assert!(often.unwrap() >= once);
    }

    #[test]
    fn prop_what_leaks_is_the_floor(
        used in any_uint(), budget in below(128), passed in any::<u64>(), period in 1_u64..,
    ) {
        let leaked = floor(&BigRational::new(
            int(budget) * BigInt::from(passed), BigInt::from(period),
        ));
        let wanted = leaked.map(|leaked| used.saturating_sub(leaked)).ok_or(MathError::Overflow);
        prop_assert_eq!(used_up(used, budget, passed, period), wanted);
    }

    #[test]
    fn prop_a_budget_is_spent_to_its_end_and_not_beyond(
        used in below(200), budget in below(200), beyond in below(200),
    ) {
        let bound = left(used, budget);
        prop_assert_eq!(bound, budget.saturating_sub(used));
        prop_assert_eq!(spend(used, bound, budget), Ok(used.max(budget)));
        // Nothing is always allowed.
        prop_assert_eq!(spend(used, U256::ZERO, budget), Ok(used));
        let got = bound + beyond + U256::ONE;
        prop_assert_eq!(spend(used, got, budget), Err(Refusal { got, bound }));
    }

    #[test]
    fn prop_a_loss_is_the_ceiling_of_its_part_and_a_gain_is_none(
        before in below(200), after in below(200),
    ) {
        let loss = int(before) - int(after);
        let wanted = if before > after {
            ceil(&BigRational::new(loss * int(WAD), int(before))).unwrap()
        } else {
            U256::ZERO
        };
        prop_assert_eq!(loss_wad_up(before, after), Ok(wanted));
    }

    #[test]
    fn prop_a_part_is_a_ceiling(value in below(190), nav in below(190)) {
        let wanted = if nav.is_zero() {
            Err(MathError::DivisionByZero)
        } else {
            ceil(&BigRational::new(int(value) * int(WAD), int(nav))).ok_or(MathError::Overflow)
        };
        prop_assert_eq!(part_wad_up(value, nav), wanted);
    }
}

#[test]
fn a_period_of_nothing_is_refused() {
    assert_eq!(used_up(u(1), u(1), 1, 0), Err(MathError::DivisionByZero));
}

#[test]
fn a_budget_beyond_all_bounds_does_not_wrap() {
    let refused = Err(Refusal {
        got: U256::MAX,
        bound: U256::MAX - u(1),
    });
    assert_eq!(spend(u(1), U256::MAX, U256::MAX), refused);
    assert_eq!(spend(u(1), U256::MAX - u(1), U256::MAX), Ok(U256::MAX));
}
