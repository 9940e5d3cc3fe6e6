use crate::exact::*;
use ballast_math::basket::{
    distance_wad_down, distance_wad_up, drift, drift_of, excess, loss_bps, target_value_down,
    target_value_up, turnover_bps, weight_wad_down, worst_drift, Basket, Gap,
};
use ballast_math::{MathError, BPS, WAD};
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;
use ruint::aliases::U256;

/// `x` cut towards zero, as a gap.
fn cut(x: &BigRational) -> Gap {
    let size = floor(&x.abs()).expect("fits");
    if size.is_zero() {
        Gap::On
    } else if x.is_positive() {
        Gap::Over(size)
    } else {
        Gap::Under(size)
    }
}

fn exact_values(basket: &Basket) -> Vec<BigRational> {
    basket.values.iter().map(|value| rat(*value)).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_nav_is_the_sum_of_values_each_rounded_down(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let mut sum = U256::ZERO;
        for (index, value) in basket.values.iter().enumerate() {
            let exact = worth(world.held[index], world.prices[index]);
            prop_assert_eq!(Some(*value), floor(&exact));
            sum += *value;
        }
        prop_assert_eq!(basket.nav, sum);
    }

    #[test]
    fn prop_drift_is_exact_towards_zero(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let drifts = drift(&basket, &world.weights).unwrap();
        let mut worst = (0, U256::ZERO);
        for (index, gap) in drifts.iter().enumerate() {
            let held = BigRational::new(int(basket.values[index]) * int(WAD), int(basket.nav));
            prop_assert_eq!(*gap, cut(&(held - rat(world.weights[index]))));
            prop_assert_eq!(
                weight_wad_down(basket.values[index], basket.nav).ok(),
                floor(&BigRational::new(int(basket.values[index]) * int(WAD), int(basket.nav)))
            );
            if gap.size() > worst.1 {
                worst = (index, gap.size());
            }
        }
        let (index, gap) = worst_drift(&basket, &world.weights).unwrap();
        prop_assert_eq!((index, gap.size()), worst);
        prop_assert_eq!(gap, drifts[index]);
    }

    #[test]
    fn prop_gaps_are_exact_towards_zero(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        for (index, gap) in basket.gaps(&world.weights).unwrap().into_iter().enumerate() {
            let target = target(basket.nav, world.weights[index]);
            prop_assert_eq!(gap, cut(&(rat(basket.values[index]) - &target)));
            let nav = basket.nav;
            let weight = world.weights[index];
            prop_assert_eq!(target_value_down(nav, weight).ok(), floor(&target));
            prop_assert_eq!(target_value_up(nav, weight).ok(), ceil(&target));
        }
    }

    #[test]
    fn prop_distance_is_exact_but_for_one_rounding(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let exact = distance(&exact_values(&basket), &world.weights, basket.nav) * int(WAD);
        let down = distance_wad_down(&basket.values, &world.weights, basket.nav);
        let up = distance_wad_up(&basket.values, &world.weights, basket.nav);
        prop_assert_eq!(down.ok(), floor(&exact));
        prop_assert_eq!(up.ok(), ceil(&exact));
    }

    #[test]
    fn prop_revalue_is_what_valuing_everything_anew_gives(
        world in world(), place in any::<prop::sample::Index>(), amount in below(96),
    ) {
        let place = place.index(world.len());
        let mut basket = Basket::new(&world.held, &world.prices).unwrap();
        basket.revalue(place, amount, world.prices[place]).unwrap();
        let mut held = world.held.clone();
        held[place] = amount;
        prop_assert_eq!(Ok(basket), Basket::new(&held, &world.prices));
    }

    #[test]
    fn prop_distance_never_exceeds_one(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        prop_assert!(
            distance_wad_down(&basket.values, &world.weights, basket.nav).unwrap() <= WAD
        );
    }

    #[test]
    fn prop_excess_is_the_signed_difference(value in any_uint(), target in any_uint()) {
        let gap = excess(value, target);
        match gap {
            Gap::Over(size) => prop_assert!(!size.is_zero() && value == target + size),
            Gap::Under(size) => prop_assert!(!size.is_zero() && target == value + size),
            Gap::On => prop_assert_eq!(value, target),
        }
        prop_assert_eq!(int(gap.size()), (int(value) - int(target)).abs());
    }

    #[test]
    fn prop_turnover_is_the_ceiling(sold in any_uint(), bought in any_uint(), nav in any_uint()) {
        prop_assume!(!nav.is_zero());
        let exact = BigRational::new((int(sold) + int(bought)) * int(BPS), int(nav) * 2);
        match turnover_bps(sold, bought, nav) {
            Ok(bps) => prop_assert_eq!(Some(bps), ceil(&exact)),
            Err(error) => {
                prop_assert_eq!(error, MathError::Overflow);
                let fits = back(&(int(sold) + int(bought))).is_some()
                    && back(&(int(nav) * 2)).is_some()
                    && ceil(&exact).is_some();
                prop_assert!(!fits);
            }
        }
    }

    #[test]
    fn prop_loss_is_the_ceiling_and_zero_on_a_gain(before in any_uint(), after in any_uint()) {
        let loss = loss_bps(before, after).unwrap();
        if after >= before {
            prop_assert_eq!(loss, U256::ZERO);
        } else {
            let exact = BigRational::new((int(before) - int(after)) * int(BPS), int(before));
            prop_assert_eq!(Some(loss), ceil(&exact));
            prop_assert!(!loss.is_zero() && loss <= BPS);
        }
    }
}

#[test]
fn basket_of_a_known_treasury() {
    // 600, 300 and 100 of value; targets 50 %, 30 %, 20 %
    let price = ballast_math::D36;
    let held = [u(600), u(300), u(100)].map(|x| x * WAD);
    let weights = [u(50), u(30), u(20)].map(|x| x * WAD / u(100));
    let basket = Basket::new(&held, &[price; 3]).unwrap();
    let tenth = WAD / u(10);
    assert_eq!(basket.nav, u(1_000) * WAD);
    assert_eq!(
        drift(&basket, &weights),
        Ok(vec![Gap::Over(tenth), Gap::On, Gap::Under(tenth)])
    );
    assert_eq!(
        basket.gaps(&weights),
        Ok(vec![
            Gap::Over(u(100) * WAD),
            Gap::On,
            Gap::Under(u(100) * WAD)
        ])
    );
    assert_eq!(
        distance_wad_down(&basket.values, &weights, basket.nav),
        Ok(tenth)
    );
    assert_eq!(
        distance_wad_up(&basket.values, &weights, basket.nav),
        Ok(tenth)
    );
    // The first of equals
    assert_eq!(worst_drift(&basket, &weights), Ok((0, Gap::Over(tenth))));
    assert_eq!(turnover_bps(u(100), u(98), u(1_000)), Ok(u(990)));
    assert_eq!(turnover_bps(u(100), u(99), u(1_000)), Ok(u(995)));
    assert_eq!(turnover_bps(u(1), u(0), u(1_000_000)), Ok(u(1)));
    assert_eq!(loss_bps(u(1_000_000), u(999_900)), Ok(u(1)));
    assert_eq!(loss_bps(u(1_000_000), u(999_899)), Ok(u(2)));
    assert_eq!(loss_bps(u(0), u(0)), Ok(u(0)));
}

#[test]
fn basket_reverts_when_arrays_do_not_fit() {
    let one = [U256::ONE; 33];
    let basket = Basket::new(&one[..2], &one[..2]).unwrap();
    assert_eq!(
        Basket::new(&one[..2], &one[..3]),
        Err(MathError::LengthMismatch)
    );
    assert_eq!(Basket::new(&one, &one), Err(MathError::TooManyAssets));
    assert!(Basket::new(&one[..32], &one[..32]).is_ok());
    assert_eq!(basket.gaps(&one[..1]), Err(MathError::LengthMismatch));
    assert_eq!(
        basket.clone().revalue(2, one[0], one[0]),
        Err(MathError::LengthMismatch)
    );
    assert_eq!(drift(&basket, &one[..3]), Err(MathError::LengthMismatch));
    let nav = U256::ONE;
    for distance in [distance_wad_down, distance_wad_up] {
        assert_eq!(
            distance(&one[..2], &one[..1], nav),
            Err(MathError::LengthMismatch)
        );
        assert_eq!(distance(&one, &one, nav), Err(MathError::TooManyAssets));
        assert_eq!(
            distance(&one[..1], &one[..1], U256::ZERO),
            Err(MathError::DivisionByZero)
        );
    }
    let empty = Basket {
        values: vec![],
        nav: U256::ONE,
    };
    assert_eq!(worst_drift(&empty, &[]), Err(MathError::LengthMismatch));
    assert_eq!(
        drift_of(U256::ONE, U256::ONE, U256::ZERO),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(
        turnover_bps(U256::ONE, U256::ONE, U256::ZERO),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(
        Basket::new(&[U256::MAX], &[U256::MAX]),
        Err(MathError::Overflow)
    );
    assert_eq!(
        Basket::new(&[U256::MAX, U256::ONE], &[ballast_math::D36; 2]),
        Err(MathError::Overflow)
    );
}
