use crate::exact::*;
use ballast_math::twap::{mean_tick, price_at_tick_d36, sqrt_ratio_at_tick, MAX_TICK};
use ballast_math::{MathError, D36};
use num_bigint::BigInt;
use num_traits::Pow;
use proptest::prelude::*;
use ruint::aliases::U256;

fn word(text: &str) -> U256 {
    text.parse().unwrap()
}

/// What v3-core 1.0.1 states as constants, and what its tests check (`test/TickMath.spec.ts`).
#[test]
fn roots_are_those_of_uniswap() {
    for (tick, root) in [
        (-887_272, "4295128739"),
        (-887_271, "4295343490"),
        (887_271, "1461373636630004318706518188784493106690254656249"),
        (887_272, "1461446703485210103287273052203988822378723970342"),
        (0, "79228162514264337593543950336"),
    ] {
        assert_eq!(sqrt_ratio_at_tick(tick), Ok(word(root)), "{tick}");
    }
}

#[test]
fn no_root_is_beyond_the_furthest_tick() {
    for tick in [MAX_TICK + 1, -MAX_TICK - 1, i32::MAX, i32::MIN] {
        assert_eq!(sqrt_ratio_at_tick(tick), Err(MathError::Overflow));
    }
}

/// Q96 squared is 2^192 · 1.0001^tick, to 2^-30 of it beside the rounding of the last place.
fn is_the_root(root: U256, tick: i32) -> bool {
    let power = |n: u32| BigInt::from(10_001).pow(n);
    let down = |n: u32| BigInt::from(10_000).pow(n);
    let n = tick.unsigned_abs();
    let (top, bottom) = if tick < 0 {
        (down(n), power(n))
    } else {
        (power(n), down(n))
    };
    let square = |root: U256| int(root).pow(2_u32) * &bottom;
    let exact: BigInt = top << 192_u32;
    let near: BigInt = &exact >> 30_u32;
    // One more and one less in the last place lie on both sides, or the square is near.
    let (below, above) = (square(root - U256::ONE), square(root + U256::ONE));
    below - &near <= exact && exact <= above + near
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_a_root_squared_is_the_price_of_its_tick(tick in -4_000_i32..=4_000) {
        prop_assert!(is_the_root(sqrt_ratio_at_tick(tick).unwrap(), tick));
    }

    #[test]
    fn prop_a_greater_tick_has_a_greater_root(tick in -MAX_TICK..MAX_TICK) {
        prop_assert!(sqrt_ratio_at_tick(tick).unwrap() < sqrt_ratio_at_tick(tick + 1).unwrap());
    }

    #[test]
    fn prop_a_mean_tick_is_rounded_towards_minus_infinity(
        then in -(1_i64 << 55)..1_i64 << 55, change in -(1_i64 << 50)..1_i64 << 50, window in 1_u32..=86_400,
    ) {
        match mean_tick(then, then + change, window) {
            Ok(tick) => {
                let (tick, window) = (i64::from(tick), i64::from(window));
                prop_assert!(tick * window <= change && change < (tick + 1) * window);
            }
            Err(e) => {
                prop_assert_eq!(e, MathError::Overflow);
                let mean = change / i64::from(window);
                prop_assert!(i32::try_from(mean - 1).is_err() || i32::try_from(mean).is_err());
            }
        }
    }

    #[test]
    fn prop_a_steady_pool_has_its_tick_as_its_mean(
        then in -(1_i64 << 55)..1_i64 << 55, tick in -MAX_TICK..=MAX_TICK, window in 1_u32..=86_400,
    ) {
        let now = then + i64::from(tick) * i64::from(window);
        prop_assert_eq!(mean_tick(then, now, window), Ok(tick));
        prop_assert_eq!(mean_tick(then, now, 0), Err(MathError::DivisionByZero));
    }

    /// What one token is worth in the other and back is what it was, to a millionth of a millionth.
    #[test]
    fn prop_both_orders_of_the_tokens_say_the_same(tick in -400_000_i32..=400_000, exponent in 24_u8..=48) {
        let quote = U256::from(10).pow(U256::from(exponent));
        let there = price_at_tick_d36(tick, quote, true).unwrap();
        let mirrored = price_at_tick_d36(-tick, quote, false).unwrap();
        let least = U256::from(1_000_000_000_000_u64);
        prop_assume!(there > least);
        let gap = there.abs_diff(mirrored);
        prop_assert!(gap <= there / least + U256::from(4), "{} {}", there, mirrored);
    }

    #[test]
    fn prop_at_tick_zero_both_tokens_are_worth_the_same(price in any::<u128>()) {
        let price = U256::from(price);
        for is_first in [true, false] {
            prop_assert_eq!(price_at_tick_d36(0, price, is_first).unwrap(), price);
        }
    }
}

#[test]
fn a_price_that_does_not_fit_is_an_error() {
    let priced = price_at_tick_d36(MAX_TICK, D36 * D36, true);
    assert_eq!(priced, Err(MathError::Overflow));
}
