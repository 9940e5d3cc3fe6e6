use crate::exact::*;
use ballast_math::price::{
    amount_down, amount_up, price_d36, total_down, total_up, value_down, value_up,
};
use ballast_math::{MathError, D36, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_price_is_exact_for_every_pair_of_decimals(
        answer in any_uint(), feed in 0_u8..=60, token in 0_u8..=60,
    ) {
        let sum = u32::from(feed) + u32::from(token);
        let wanted = if sum > 54 {
            None
        } else {
            back(&(int(answer) * BigInt::from(10).pow(54 - sum)))
        };
        prop_assert_eq!(price_d36(answer, feed, token), wanted.ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_a_whole_token_is_worth_its_answer(
        answer in 1_u64..,
        feed in prop::sample::select(DECIMALS.to_vec()),
        token in prop::sample::select(DECIMALS.to_vec()),
    ) {
        prop_assume!(feed + token <= 54);
        let price = price_d36(u(answer), feed, token).unwrap();
        let whole = U256::from(10).pow(U256::from(token));
        // answer / 10^feed, in WAD
        let wanted = rat(u(answer)) * rat(WAD) / BigInt::from(10).pow(u32::from(feed));
        prop_assert_eq!(worth(whole, price), wanted.clone());
        prop_assert_eq!(value_down(whole, price).ok(), floor(&wanted));
        prop_assert_eq!(value_up(whole, price).ok(), ceil(&wanted));
    }

    #[test]
    fn prop_values_round_as_named(amount in any_uint(), price in any_uint()) {
        let exact = worth(amount, price);
        prop_assert_eq!(value_down(amount, price), floor(&exact).ok_or(MathError::Overflow));
        prop_assert_eq!(value_up(amount, price), ceil(&exact).ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_amounts_round_as_named(value in any_uint(), price in any_uint()) {
        prop_assume!(!price.is_zero());
        let exact = BigRational::new(int(value) * int(D36), int(price));
        prop_assert_eq!(amount_down(value, price), floor(&exact).ok_or(MathError::Overflow));
        prop_assert_eq!(amount_up(value, price), ceil(&exact).ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_an_amount_of_a_value_is_never_worth_more(value in any_uint(), price in any_uint()) {
        prop_assume!(!price.is_zero());
        if let Ok(amount) = amount_down(value, price) {
            prop_assert!(value_up(amount, price).unwrap() <= value);
            // tight: one unit more is worth more than the value
            prop_assert!(worth(amount, price) + worth(U256::ONE, price) > rat(value));
        }
        if let Ok(amount) = amount_up(value, price) {
            prop_assert!(worth(amount, price) >= rat(value));
        }
    }

    #[test]
    fn prop_totals_bracket_the_exact_sum_by_one_an_asset(world in world()) {
        let exact = world.held.iter().zip(&world.prices)
            .fold(zero(), |sum, (held, price)| sum + worth(*held, *price));
        let count = rat(U256::from(world.len()));
        let down = rat(total_down(&world.held, &world.prices).unwrap());
        let up = rat(total_up(&world.held, &world.prices).unwrap());
        prop_assert!(down <= exact && exact.clone() - down < count);
        prop_assert!(up >= exact && up - exact < count);
    }

    #[test]
    fn prop_splitting_an_amount_never_raises_its_value(
        a in below(120), b in below(120), price in below(120),
    ) {
        let whole = value_down(a + b, price).unwrap();
        prop_assert!(value_down(a, price).unwrap() + value_down(b, price).unwrap() <= whole);
        let whole = value_up(a + b, price).unwrap();
        prop_assert!(value_up(a, price).unwrap() + value_up(b, price).unwrap() >= whole);
    }
}

#[test]
fn price_of_a_million_usdc_is_a_million() {
    // 0.99990000 dollars with 8 decimals; a token of 6 decimals
    let price = price_d36(u(99_990_000), 8, 6).unwrap();
    let million = U256::from(1_000_000_000_000_u64);
    assert_eq!(value_down(million, price), Ok(u(999_900) * WAD));
    assert_eq!(amount_down(u(999_900) * WAD, price), Ok(million));
}

#[test]
fn price_refuses_decimals_that_sum_to_more_than_54() {
    assert_eq!(price_d36(u(7), 27, 27), Ok(u(7)));
    assert_eq!(price_d36(u(7), 28, 27), Err(MathError::Overflow));
    assert_eq!(price_d36(u(7), 255, 255), Err(MathError::Overflow));
}

#[test]
fn totals_refuse_arrays_of_different_length_and_too_many() {
    let one = [U256::ONE; 33];
    for total in [total_down, total_up] {
        assert_eq!(total(&one[..2], &one[..1]), Err(MathError::LengthMismatch));
        assert_eq!(total(&one, &one), Err(MathError::TooManyAssets));
        assert!(total(&one[..32], &one[..32]).is_ok());
    }
}
