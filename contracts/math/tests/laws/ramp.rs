use crate::exact::*;
use ballast_math::ramp::{bps_to_wad, effective_weights, speed_bps_per_day_up, weights_without};
use ballast_math::{MathError, BPS, MAX_ASSETS, WAD};
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

fn sum(weights: &[U256]) -> U256 {
    weights.iter().fold(U256::ZERO, |sum, weight| sum + weight)
}

fn pair() -> impl Strategy<Value = (Vec<U256>, Vec<U256>)> {
    (1_usize..=MAX_ASSETS).prop_flat_map(|count| (weights(count), weights(count)))
}

fn moment() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 1_700_000_000_u64..1_800_000_000, 0_u64..100]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn inv_18_weights_sum_to_one_at_every_moment(
        (from, to) in pair(), a in moment(), b in moment(), now in moment(),
    ) {
        let (start, end) = (a.min(b), a.max(b));
        let inside = start + now % (end - start).max(1);
        for now in [now, inside, start, end, start.saturating_add(1), end.saturating_sub(1)] {
            let weights = effective_weights(&from, &to, start, end, now).unwrap();
            prop_assert_eq!(sum(&weights), WAD);
        }
    }

    #[test]
    fn prop_weights_move_linearly_and_only_the_largest_target_takes_the_remainder(
        (from, to) in pair(), start in 0_u64..2_000_000_000, span in 2_u64..40_000_000,
        gone in any::<u64>(),
    ) {
        let gone = 1 + gone % (span - 1);
        let weights = effective_weights(&from, &to, start, start + span, start + gone).unwrap();
        let most = *to.iter().max().unwrap();
        let largest = to.iter().position(|weight| *weight == most).unwrap();
        let mut rest = WAD;
        for (index, weight) in weights.iter().enumerate() {
            let mixed = int(from[index]) * (span - gone) + int(to[index]) * gone;
            let exact = BigRational::new(mixed, span.into());
            let floor = floor(&exact).unwrap();
            if index == largest {
                prop_assert!(*weight >= floor && *weight - floor < U256::from(to.len()));
            } else {
                prop_assert_eq!(*weight, floor);
                rest -= floor;
            }
        }
        prop_assert_eq!(weights[largest], rest);
    }

    #[test]
    fn prop_weights_are_from_until_the_start_and_to_from_the_end(
        (from, to) in pair(), a in any::<u64>(), b in any::<u64>(), now in any::<u64>(),
    ) {
        let (start, end) = (a.min(b), a.max(b));
        if start < end {
            prop_assert_eq!(effective_weights(&from, &to, start, end, start), Ok(from.clone()));
            prop_assert_eq!(effective_weights(&from, &to, start, end, start.min(now)), Ok(from.clone()));
        }
        prop_assert_eq!(effective_weights(&from, &to, start, end, end), Ok(to.clone()));
        prop_assert_eq!(effective_weights(&from, &to, start, end, end.max(now)), Ok(to.clone()));
        // a ramp of no length, or a backward one, is over once its end is reached
        prop_assert_eq!(effective_weights(&from, &to, end, start, end), Ok(to));
    }

    #[test]
    fn prop_weights_that_do_not_sum_to_one_are_refused(
        (from, to) in pair(), now in any::<u64>(), place in any::<usize>(), more in any::<bool>(),
    ) {
        let place = place % from.len();
        let off = |weights: &[U256]| {
            let mut weights = weights.to_vec();
            weights[place] = if more || weights[place].is_zero() {
                weights[place] + U256::ONE
            } else {
                weights[place] - U256::ONE
            };
            weights
        };
        let refused = Err(MathError::WeightsSum);
        prop_assert_eq!(effective_weights(&off(&from), &to, 10, 20, now), refused.clone());
        prop_assert_eq!(effective_weights(&from, &off(&to), 10, 20, now), refused);
    }

    #[test]
    fn prop_bps_are_exact_in_wad(bps in 0_u64..=10_000) {
        prop_assert_eq!(bps_to_wad(u(bps)).unwrap() * BPS, u(bps) * WAD);
    }
}

#[test]
fn weights_halfway_are_halfway() {
    let part = |x: u64| WAD * u(x) / u(100);
    let from = [part(60), part(40), part(0)];
    let to = [part(30), part(30), part(40)];
    let now = effective_weights(&from, &to, 1_000, 2_000, 1_500).unwrap();
    assert_eq!(now, [part(45), part(35), part(20)]);
}

#[test]
fn the_remainder_goes_to_the_first_of_the_largest_targets() {
    // a third of the way: 1e18 / 3 is cut on every asset
    let from = [WAD, u(0), u(0), u(0)];
    let to = [u(0), WAD / u(4), WAD * u(3) / u(8), WAD * u(3) / u(8)];
    let now = effective_weights(&from, &to, 0, 3, 1).unwrap();
    let floors = [WAD * u(2) / u(3), WAD / u(12), WAD / u(8), WAD / u(8)];
    assert_eq!(now, [floors[0], floors[1], floors[2] + u(1), floors[3]]);
}

#[test]
fn a_ramp_of_no_length_is_over_when_it_starts() {
    let (from, to) = ([WAD, u(0)], [u(0), WAD]);
    assert_eq!(effective_weights(&from, &to, 7, 7, 7), Ok(to.to_vec()));
    assert_eq!(effective_weights(&from, &to, 7, 7, 6), Ok(from.to_vec()));
}

#[test]
fn effective_weights_revert_when_arrays_do_not_fit() {
    let mut many = [U256::ZERO; 33];
    many[0] = WAD;
    let mismatch = Err(MathError::LengthMismatch);
    assert_eq!(effective_weights(&many[..2], &many[..1], 0, 1, 0), mismatch);
    assert_eq!(
        effective_weights(&many, &many, 0, 1, 0),
        Err(MathError::TooManyAssets)
    );
    assert!(effective_weights(&many[..32], &many[..32], 0, 1, 0).is_ok());
    assert_eq!(effective_weights(&[], &[], 0, 1, 0), Ok(vec![]));
    assert_eq!(bps_to_wad(U256::MAX), Err(MathError::Overflow));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_the_speed_is_the_turnover_by_the_day_rounded_up(
        (from, to) in pair(), duration in 1_u64..400 * 86_400,
    ) {
        let speed = speed_bps_per_day_up(&from, &to, duration).unwrap();
        let moved = from.iter().zip(&to).map(|(f, t)| int(*f.max(t)) - int(*f.min(t)));
        // {bps/day} = {wad} / 2 * {s/day} / ({wad/bps} * {s})
        let exact = BigRational::new(
            moved.sum::<num_bigint::BigInt>() * 86_400,
            int(u(2) * WAD / BPS) * duration,
        );
        prop_assert_eq!(speed, ceil(&exact).unwrap());
    }

    #[test]
    fn prop_a_whole_ramp_is_as_fast_as_its_halves_together(
        (from, to) in pair(), half in 1_u64..200 * 86_400,
    ) {
        let middle = effective_weights(&from, &to, 0, 2 * half, half).unwrap();
        let whole = speed_bps_per_day_up(&from, &to, 2 * half).unwrap();
        let first = speed_bps_per_day_up(&from, &middle, half).unwrap();
        let second = speed_bps_per_day_up(&middle, &to, half).unwrap();
        for part in [first, second] {
            prop_assert!(part.abs_diff(whole) <= U256::ONE, "{} of {}", part, whole);
        }
    }
}

#[test]
fn a_jump_has_no_speed_and_resting_has_none() {
    let (from, to) = ([WAD, u(0)], [u(0), WAD]);
    assert_eq!(speed_bps_per_day_up(&from, &from, 0), Ok(u(0)));
    assert_eq!(
        speed_bps_per_day_up(&from, &to, 0),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(speed_bps_per_day_up(&from, &to, 86_400), Ok(BPS));
    assert_eq!(
        speed_bps_per_day_up(&from, &to[..1], 1),
        Err(MathError::LengthMismatch)
    );
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn inv_18_weights_without_some_sum_to_one_in_proportion(
        (weights, out) in (1_usize..=MAX_ASSETS).prop_flat_map(|n| (weights(n), prop::collection::vec(any::<bool>(), n))),
    ) {
        let left = weights.iter().zip(&out).filter(|(_, out)| !**out);
        let remaining = left.map(|(w, _)| int(*w)).sum::<num_bigint::BigInt>();
        let without = weights_without(&weights, &out);
        if remaining == num_bigint::BigInt::ZERO {
            prop_assert_eq!(without, Err(MathError::DivisionByZero));
            return Ok(());
        }
        let without = without.unwrap();
        prop_assert_eq!(sum(&without), WAD);
        let kept = |i: usize| if out[i] { U256::ZERO } else { weights[i] };
        let most = (0..weights.len()).map(kept).max().unwrap();
        let largest = (0..weights.len()).position(|i| kept(i) == most).unwrap();
        for i in 0..weights.len() {
            if out[i] {
                prop_assert_eq!(without[i], U256::ZERO);
                continue;
            }
            // {wad} = {wad} * {wad} / {wad}
            let share = BigRational::new(int(weights[i]) * int(WAD), remaining.clone());
            let down = floor(&share).unwrap();
            if i == largest {
                prop_assert!(without[i] >= down && without[i] - down < u(MAX_ASSETS as u64));
            } else {
                prop_assert_eq!(without[i], down);
            }
            prop_assert!(without[i] >= weights[i]);
        }
    }
}

#[test]
fn weights_without_none_are_the_weights_and_without_all_there_are_none() {
    let weights = [WAD / u(2), u(0), WAD / u(2)];
    let without = |out: [bool; 3]| weights_without(&weights, &out);
    assert_eq!(without([false; 3]), Ok(weights.to_vec()));
    assert_eq!(without([false, true, false]), Ok(weights.to_vec()));
    assert_eq!(without([true, false, false]), Ok(vec![u(0), u(0), WAD]));
    assert_eq!(without([true, false, true]), Err(MathError::DivisionByZero));
    assert_eq!(
        weights_without(&weights[..2], &[false, false]),
        Err(MathError::WeightsSum)
    );
    assert_eq!(
        weights_without(&weights, &[false, false]),
        Err(MathError::LengthMismatch)
    );
}
