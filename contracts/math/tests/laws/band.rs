use crate::exact::*;
use ballast_math::band::{any_outside, effective_band_bps, effective_band_wad, outside};
use ballast_math::basket::{drift, Basket};
use ballast_math::{MathError, D36, WAD, WAD_PER_BPS};
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_effective_band_is_the_lesser_of_band_and_half_the_weight(
        band in prop_oneof![(0_u64..=10_000).prop_map(u), any_uint()],
        weight in prop_oneof![below(62), any_uint()],
    ) {
        let set = rat(band) * int(WAD_PER_BPS);
        let half = rat(weight) / int(u(2));
        let exact = if weight.is_zero() || set < half { set.clone() } else { half };
        if floor(&set).is_none() {
            prop_assert_eq!(effective_band_wad(band, weight), Err(MathError::Overflow));
            return Ok(());
        }
        prop_assert_eq!(effective_band_wad(band, weight).ok(), floor(&exact));
        let bps = exact / int(WAD_PER_BPS);
        prop_assert_eq!(effective_band_bps(band, weight).ok(), floor(&bps));
    }

    #[test]
    fn prop_outside_names_the_largest_ratio_of_drift_to_band(
        (world, bands) in world().prop_flat_map(|world| {
            let band = prop_oneof![1 => Just(0_u64), 5 => 1_u64..3_000];
            let count = world.len();
            (Just(world), prop::collection::vec(band, count))
        }),
    ) {
        let bands: Vec<U256> = bands.into_iter().map(u).collect();
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let worst = outside(&basket, &world.weights, &bands).unwrap();

        let drifts = drift(&basket, &world.weights).unwrap();
        let set: Vec<usize> = (0..world.len()).filter(|i| !bands[*i].is_zero()).collect();
        let ratio = |i: usize| {
            let band = effective_band_wad(bands[i], world.weights[i]).unwrap();
            BigRational::new(int(drifts[i].size()), int(band))
        };
        let any = set.iter().any(|i| ratio(*i) > BigRational::from_integer(1.into()));
        prop_assert_eq!(worst.outside, any);
        prop_assert_eq!(any_outside(&basket, &world.weights, &bands), Ok(any));
        if set.is_empty() {
            prop_assert_eq!((worst.index, worst.drift_wad, worst.band_wad), (0, u(0), u(0)));
        } else {
            for i in &set {
                // the first of equals
                prop_assert!(ratio(worst.index) >= ratio(*i));
                prop_assert!(*i >= worst.index || ratio(worst.index) > ratio(*i));
            }
            prop_assert_eq!(worst.drift_wad, drifts[worst.index].size());
            let band = effective_band_wad(bands[worst.index], world.weights[worst.index]);
            prop_assert_eq!(Ok(worst.band_wad), band);
        }
        prop_assert_eq!(Some(worst.drift_bps), floor(&(rat(worst.drift_wad) / int(WAD_PER_BPS))));
        prop_assert_eq!(Some(worst.band_bps), floor(&(rat(worst.band_wad) / int(WAD_PER_BPS))));
    }
}

/// Two assets of 50 % each, the first holding `first` of 1e18 value.
fn halves(first: U256) -> (Basket, [U256; 2]) {
    let basket = Basket::new(&[first, WAD - first], &[D36; 2]).unwrap();
    (basket, [WAD / u(2); 2])
}

#[test]
fn a_drift_at_its_band_is_inside_and_one_unit_beyond_is_outside() {
    let band = [u(500); 2];
    let at = WAD / u(2) + u(500) * WAD_PER_BPS;
    let (basket, weights) = halves(at);
    let worst = outside(&basket, &weights, &band).unwrap();
    assert!(!worst.outside);
    assert_eq!(any_outside(&basket, &weights, &band), Ok(false));
    assert_eq!((worst.drift_bps, worst.band_bps), (u(500), u(500)));

    let (basket, weights) = halves(at + U256::ONE);
    let worst = outside(&basket, &weights, &band).unwrap();
    assert!(worst.outside);
    assert_eq!(any_outside(&basket, &weights, &band), Ok(true));
    assert_eq!(worst.drift_wad, worst.band_wad + U256::ONE);
    assert_eq!((worst.drift_bps, worst.band_bps), (u(500), u(500)));

    let (basket, weights) = halves(WAD - at);
    assert!(!outside(&basket, &weights, &band).unwrap().outside);
    let (basket, weights) = halves(WAD - at - U256::ONE);
    assert!(outside(&basket, &weights, &band).unwrap().outside);
}

#[test]
fn a_small_weight_is_banded_by_half_of_itself() {
    // 2 % held where 4 % is wanted is on the edge of a band of half the weight
    let percent = WAD / u(100);
    let weights = [percent * u(4), percent * u(96)];
    let band = [u(1_000); 2];
    let held = |x: U256| Basket::new(&[x, WAD - x], &[D36; 2]).unwrap();
    assert!(
        !outside(&held(percent * u(2)), &weights, &band)
            .unwrap()
            .outside
    );
    let worst = outside(&held(percent * u(2) - U256::ONE), &weights, &band).unwrap();
    assert!(worst.outside);
    assert_eq!((worst.index, worst.band_bps), (0, u(200)));
    // a weight of zero keeps the whole band
    assert_eq!(effective_band_bps(u(1_000), u(0)), Ok(u(1_000)));
    assert_eq!(effective_band_bps(u(1_000), u(1)), Ok(u(0)));
    assert_eq!(effective_band_wad(u(1_000), u(3)), Ok(u(1)));
}

#[test]
fn an_asset_without_a_band_never_asks_for_a_rebalance() {
    let (basket, weights) = halves(WAD);
    assert!(!outside(&basket, &weights, &[u(0), u(0)]).unwrap().outside);
    // dust of an asset that has neither target nor band
    let basket = Basket::new(&[u(1), WAD - u(1)], &[D36; 2]).unwrap();
    let worst = outside(&basket, &[u(0), WAD], &[u(0), u(500)]).unwrap();
    assert_eq!(
        (worst.index, worst.outside, worst.drift_wad),
        (1, false, u(1))
    );
}

#[test]
fn a_band_that_a_tiny_weight_cuts_to_nothing_is_exceeded_by_any_drift() {
    let basket = Basket::new(&[u(3), WAD - u(3)], &[D36; 2]).unwrap();
    let worst = outside(&basket, &[u(1), WAD - u(1)], &[u(500); 2]).unwrap();
    assert_eq!(
        (worst.index, worst.outside, worst.band_wad),
        (0, true, u(0))
    );
    let basket = Basket::new(&[u(1), WAD - u(1)], &[D36; 2]).unwrap();
    assert!(
        !outside(&basket, &[u(1), WAD - u(1)], &[u(500); 2])
            .unwrap()
            .outside
    );
}

#[test]
fn outside_reverts_when_arrays_do_not_fit() {
    let (basket, weights) = halves(WAD);
    let mismatch = Err(MathError::LengthMismatch);
    assert_eq!(outside(&basket, &weights, &[u(1)]), mismatch);
    assert_eq!(outside(&basket, &weights[..1], &[u(1)]), mismatch);
    let mismatch_too = Err(MathError::LengthMismatch);
    assert_eq!(any_outside(&basket, &weights, &[u(1)]), mismatch_too);
    assert_eq!(any_outside(&basket, &weights[..1], &[u(1)]), mismatch_too);
    let empty = Basket {
        values: vec![],
        nav: u(1),
    };
    assert_eq!(outside(&empty, &[], &[]), mismatch);
    assert_eq!(any_outside(&empty, &[], &[]), mismatch_too);
    let broke = Basket {
        values: vec![u(0)],
        nav: u(0),
    };
    assert_eq!(
        outside(&broke, &[WAD], &[u(1)]),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(
        any_outside(&broke, &[WAD], &[u(1)]),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(
        effective_band_wad(U256::MAX, u(1)),
        Err(MathError::Overflow)
    );
}
