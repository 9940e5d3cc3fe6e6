use crate::exact::*;
use ballast_math::band::{
    any_outside, effective_band_wad, effective_bands, halves_down, outside, shown_bps_down,
    stretch_wad, NO_BAND,
};
use ballast_math::basket::{drift, Basket};
use ballast_math::{MathError, D36, WAD, WAD_PER_BPS};
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_effective_band_is_the_lesser_of_stretched_band_and_half_the_weight(
        band in prop_oneof![(1_u64..=10_000).prop_map(u), any_uint()],
        weight in prop_oneof![below(62), any_uint()],
        stretch in prop_oneof![Just(WAD), (1_000_000..5_000_000_u64).prop_map(|x| u(x) * WAD / u(1_000_000)), any_uint()],
    ) {
        prop_assume!(!band.is_zero());
        let set = rat(band) * int(WAD_PER_BPS);
        let wide = back(&(set.clone() * int(stretch) / int(WAD)).ceil().to_integer());
        let (Some(_), Some(wide)) = (floor(&set), wide) else {
            prop_assert_eq!(effective_band_wad(band, weight, stretch), Err(MathError::Overflow));
            return Ok(());
        };
        let half = rat(weight) / int(u(2));
        let exact = if weight.is_zero() || rat(wide) < half { rat(wide) } else { half };
        let wanted = floor(&exact);
        prop_assert_eq!(effective_band_wad(band, weight, stretch).ok(), wanted);
        // A band of 2^256 - 1 is none: no drift exceeds it.
        let bps = match wanted {
            Some(NO_BAND) => Some(U256::ZERO),
            wanted => wanted.and_then(|wad| floor(&(rat(wad) / int(WAD_PER_BPS)))),
        };
        prop_assert_eq!(shown_bps_down(wanted.unwrap()).ok(), bps);
    }

    #[test]
    fn prop_a_band_is_stretched_by_the_stress_within_one_and_the_cap(
        stress in prop_oneof![below(70), any_uint()], cap in 0_u64..=100_000,
    ) {
        let got = stretch_wad(stress, u(cap)).unwrap();
        prop_assert!(got >= WAD);
        prop_assert!(got == WAD || got <= u(cap) * WAD_PER_BPS);
        prop_assert!(got == WAD || got == stress || got == u(cap) * WAD_PER_BPS);
        prop_assert!(got >= stress.min(u(cap) * WAD_PER_BPS));
    }

    #[test]
    fn prop_outside_names_the_largest_ratio_of_drift_to_band(
        (world, bands) in world().prop_flat_map(|world| {
            let band = prop_oneof![1 => Just(0_u64), 5 => 1_u64..3_000];
            let count = world.len();
            (Just(world), prop::collection::vec(band, count))
        }),
    ) {
        let set: Vec<U256> = bands.iter().map(|band| u(*band)).collect();
        let calm = vec![U256::ZERO; world.len()];
        let bands = effective_bands(&set, &world.weights, &calm, u(10_000)).unwrap();
        for (i, band) in bands.iter().enumerate() {
            prop_assert_eq!(effective_band_wad(set[i], world.weights[i], WAD), Ok(*band));
            prop_assert_eq!(*band == NO_BAND, set[i].is_zero());
        }
        let halves = halves_down(&bands);
        for (half, band) in halves.iter().zip(&bands) {
            let wanted = if *band == NO_BAND { NO_BAND } else { *band / u(2) };
            prop_assert_eq!(*half, wanted);
        }
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let worst = outside(&basket, &world.weights, &bands).unwrap();

        let drifts = drift(&basket, &world.weights).unwrap();
        let set: Vec<usize> = (0..world.len()).filter(|i| bands[*i] != NO_BAND).collect();
        let ratio = |i: usize| BigRational::new(int(drifts[i].size()), int(bands[i]));
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
            prop_assert_eq!(worst.band_wad, bands[worst.index]);
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
    let band = [u(500) * WAD_PER_BPS; 2];
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
    let band = effective_bands(&[u(1_000); 2], &weights, &[u(0); 2], u(10_000)).unwrap();
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
    let whole = u(1_000) * WAD_PER_BPS;
    assert_eq!(effective_band_wad(u(1_000), u(0), WAD), Ok(whole));
    assert_eq!(effective_band_wad(u(1_000), u(1), WAD), Ok(u(0)));
    assert_eq!(effective_band_wad(u(1_000), u(3), WAD), Ok(u(1)));
    // a storm widens it, and half the weight still binds
    let storm = WAD * u(3);
    assert_eq!(effective_band_wad(u(1_000), u(0), storm), Ok(whole * u(3)));
    assert_eq!(effective_band_wad(u(1_000), whole, storm), Ok(whole / u(2)));
}

#[test]
fn an_asset_without_a_band_never_asks_for_a_rebalance() {
    let (basket, weights) = halves(WAD);
    let none = [NO_BAND; 2];
    assert!(!outside(&basket, &weights, &none).unwrap().outside);
    assert_eq!(any_outside(&basket, &weights, &none), Ok(false));
    assert_eq!(shown_bps_down(NO_BAND), Ok(u(0)));
    // dust of an asset that has neither target nor band
    let basket = Basket::new(&[u(1), WAD - u(1)], &[D36; 2]).unwrap();
    let worst = outside(&basket, &[u(0), WAD], &[NO_BAND, u(500) * WAD_PER_BPS]).unwrap();
    assert_eq!(
        (worst.index, worst.outside, worst.drift_wad),
        (1, false, u(1))
    );
}

#[test]
fn a_band_that_a_tiny_weight_cuts_to_nothing_is_exceeded_by_any_drift() {
    let basket = Basket::new(&[u(3), WAD - u(3)], &[D36; 2]).unwrap();
    let worst = outside(&basket, &[u(1), WAD - u(1)], &[u(0), u(500) * WAD_PER_BPS]).unwrap();
    assert_eq!(
        (worst.index, worst.outside, worst.band_wad),
        (0, true, u(0))
    );
    let basket = Basket::new(&[u(1), WAD - u(1)], &[D36; 2]).unwrap();
    assert!(
        !outside(&basket, &[u(1), WAD - u(1)], &[u(0), u(500) * WAD_PER_BPS])
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
        effective_band_wad(U256::MAX, u(1), WAD),
        Err(MathError::Overflow)
    );
    let of = |bands: &[U256], weights: &[U256], stress: &[U256]| {
        effective_bands(bands, weights, stress, u(10_000))
    };
    let mismatch = Err(MathError::LengthMismatch);
    assert_eq!(of(&[u(1)], &weights, &weights), mismatch);
    assert_eq!(of(&weights, &weights[..1], &weights), mismatch);
    assert_eq!(of(&weights, &weights, &weights[..1]), mismatch);
    let many = [u(1); 33];
    assert_eq!(of(&many, &many, &many), Err(MathError::TooManyAssets));
}
