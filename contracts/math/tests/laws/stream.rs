use crate::exact::*;
use ballast_math::stream::flowed_down;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_flowed_is_the_floor_of_the_line(
        rest in any_uint(), last in any::<u32>(), span in 1_u32.., gone in any::<u32>(),
    ) {
        let (last, span, gone) = (u64::from(last), u64::from(span), u64::from(gone));
        let line = BigRational::new(int(rest) * BigInt::from(gone.min(span)), BigInt::from(span));
        prop_assert_eq!(flowed_down(rest, last, last + span, last + gone), Ok(floor(&line).unwrap()));
    }

    #[test]
    fn prop_touching_never_hurries_it_and_it_arrives_whole(
        amount in any_uint(), steps in prop::collection::vec(0_u64..100_000, 1..12), span in 1_u64..1_000_000,
    ) {
        let (mut rest, mut last, mut now) = (amount, 0, 0);
        for (touches, step) in (1_u64..).zip(steps) {
            now += step;
            rest -= flowed_down(rest, last, span, now).unwrap();
            last = now;
            let untouched = flowed_down(amount, 0, span, now).unwrap();
            prop_assert!(amount - rest <= untouched);
            // And a unit a touch is all that it is late.
            prop_assert!(untouched - (amount - rest) <= u(touches));
        }
        rest -= flowed_down(rest, last, span, span.max(now)).unwrap();
        prop_assert!(rest.is_zero());
    }
}

#[test]
fn nothing_flows_before_it_begins() {
    assert_eq!(flowed_down(u(100), 10, 20, 9), Ok(U256::ZERO));
    assert_eq!(flowed_down(u(100), 10, 20, 10), Ok(U256::ZERO));
    assert_eq!(flowed_down(u(100), 10, 20, 15), Ok(u(50)));
    assert_eq!(flowed_down(u(100), 10, 10, 10), Ok(u(100)));
}
