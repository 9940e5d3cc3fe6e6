use crate::exact::*;
use ballast_math::mul_div::{mul_div_down, mul_div_exact, mul_div_up};
use ballast_math::MathError;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

fn exact(a: U256, b: U256, d: U256) -> BigRational {
    BigRational::new(int(a) * int(b), int(d))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_mul_div_down_is_the_floor_or_overflows(
        a in any_uint(), b in any_uint(), d in any_uint(),
    ) {
        prop_assume!(!d.is_zero());
        prop_assert_eq!(mul_div_down(a, b, d), floor(&exact(a, b, d)).ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_mul_div_up_is_the_ceiling_or_overflows(
        a in any_uint(), b in any_uint(), d in any_uint(),
    ) {
        prop_assume!(!d.is_zero());
        prop_assert_eq!(mul_div_up(a, b, d), ceil(&exact(a, b, d)).ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_mul_div_exact_says_whether_it_cut(
        a in any_uint(), b in any_uint(), d in any_uint(),
    ) {
        prop_assume!(!d.is_zero());
        if let Ok((quotient, inexact)) = mul_div_exact(a, b, d) {
            prop_assert_eq!(inexact, rat(quotient) != exact(a, b, d));
        }
    }

    // A quotient that just fits: the product is built from it, so that nearly every case divides long.
    #[test]
    fn prop_mul_div_undoes_a_product(q in any_uint(), d in any_uint()) {
        prop_assume!(!d.is_zero());
        prop_assert_eq!(mul_div_exact(q, d, d), Ok((q, false)));
        prop_assert_eq!(mul_div_exact(d, q, d), Ok((q, false)));
    }

    #[test]
    fn prop_mul_div_by_zero_is_refused(a in any_uint(), b in any_uint()) {
        prop_assert_eq!(mul_div_down(a, b, U256::ZERO), Err(MathError::DivisionByZero));
        prop_assert_eq!(mul_div_up(a, b, U256::ZERO), Err(MathError::DivisionByZero));
    }
}

#[test]
fn mul_div_holds_every_triple_of_edges() {
    let edges: Vec<U256> = [0_usize, 1, 31, 32, 33, 63, 64, 127, 128, 129, 192, 224, 255]
        .into_iter()
        .flat_map(|bit| {
            let power = U256::ONE << bit;
            [
                power - U256::ONE,
                power,
                power + U256::ONE,
                U256::MAX - power,
                !(power - U256::ONE),
            ]
        })
        .chain([U256::MAX])
        .collect();
    for a in &edges {
        for b in edges.iter().step_by(3) {
            for d in &edges {
                let wanted = if d.is_zero() {
                    Err(MathError::DivisionByZero)
                } else {
                    floor(&BigRational::from_integer(int(*a) * int(*b) / int(*d)))
                        .ok_or(MathError::Overflow)
                };
                assert_eq!(mul_div_down(*a, *b, *d), wanted, "{a} * {b} / {d}");
            }
        }
    }
}

#[test]
fn mul_div_up_overflows_when_only_the_rounding_does() {
    // (2^256 - 1)^2 / (2^256 - 2) lies between 2^256 and 2^256 + 1; one less on top fits, cut.
    let max = U256::MAX;
    assert_eq!(
        mul_div_down(max, max, max - U256::ONE),
        Err(MathError::Overflow)
    );
    // (2^256 - 1) * (2^255 + 1) / 2^255 = 2^256 + 1 - ..., and 2^256 - 1 + 1/2 below
    let half = U256::ONE << 255;
    assert_eq!(
        mul_div_down(max, half + U256::ONE, half),
        Err(MathError::Overflow)
    );
    // (2^256 - 1) = 3 * 5 * 17 * ...; x * 3 / 3 stays, x * 2 + 1 does not divide
    let third = max / U256::from(3);
    assert_eq!(mul_div_down(third, U256::from(3), U256::ONE), Ok(max));
    // (2^129 - 1) * (2^129 + 1) / 4 = 2^256 - 1/4
    let power = U256::ONE << 129;
    let four = U256::from(4);
    assert_eq!(
        mul_div_down(power - U256::ONE, power + U256::ONE, four),
        Ok(max)
    );
    assert_eq!(
        mul_div_up(power - U256::ONE, power + U256::ONE, four),
        Err(MathError::Overflow)
    );
}
