use crate::exact::*;
use ballast_math::opinion::{agree, composite_d36, ratio_cap_down};
use ballast_math::price::price_d36;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

fn words() -> impl Strategy<Value = U256> {
    any::<[u64; 4]>().prop_map(U256::from_limbs)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_a_ratios_cap_is_its_start_grown_linearly_and_rounded_down(
        ratio in any::<u128>(), since in 0_u64..4_000_000_000, passed in 0_u64..4_000_000_000, growth in 0_u32..=5_000,
    ) {
        let start = U256::from(ratio);
        let cap = ratio_cap_down(start, since, since + passed, growth).unwrap();
        let grown = BigRational::new(
            BigInt::from(ratio) * growth * passed,
            BigInt::from(10_000_u64) * 31_536_000_u64,
        );
        prop_assert_eq!(cap - start, floor(&grown).unwrap());
        // Never less later, and nothing before the start.
        prop_assert!(ratio_cap_down(start, since, since + passed + 1, growth).unwrap() >= cap);
        prop_assert!(ratio_cap_down(start, since + passed + 1, since + passed, growth).is_err());
    }

    #[test]
    fn prop_two_feeds_are_worth_what_one_is_that_answers_their_product(
        ratio in any::<u64>(), base in any::<u64>(), decimals in (0_u8..=18, 0_u8..=18, 0_u8..=30),
    ) {
        let (of_ratio, of_base, of_token) = decimals;
        let (a, b) = (U256::from(ratio), U256::from(base));
        let together = composite_d36(a, of_ratio, b, of_base, of_token);
        match price_d36(a * b, of_ratio + of_base, of_token) {
            Ok(price) => prop_assert_eq!(together.unwrap(), price),
            Err(_) => prop_assert!(together.is_err()),
        }
    }

    #[test]
    fn prop_prices_agree_exactly_when_their_gap_is_within_the_limit_of_the_less(
        a in words(), b in words(), near in any::<u16>(), limit in 0_u32..=10_000,
    ) {
        let close = a.saturating_add(a / U256::from(10_000) * U256::from(near % 200));
        for (a, b) in [(a, b), (a, close), (close, a), (a, a)] {
            let (less, more) = (int(a.min(b)), int(a.max(b)));
            let within = (&more - &less) * 10_000 <= &less * limit;
            prop_assert_eq!(agree(a, b, limit).unwrap(), within);
            prop_assert_eq!(agree(b, a, limit).unwrap(), within);
        }
    }
}
