use crate::exact::*;
use ballast_math::volatility::*;
use ballast_math::{MathError, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

const YEAR: u64 = 31_536_000;
/// As long as a price may go unseen.
const WINDOW: u64 = 21_600;

fn price() -> impl Strategy<Value = U256> {
    // Everything from a dust token to a whole bitcoin in the smallest unit of one.
    (1_u64.., 0_usize..180).prop_map(|(m, shift)| U256::from(m) << shift)
}

fn variance() -> impl Strategy<Value = U256> {
    (0_u128..1 << 96, 0_u32..96).prop_map(|(v, shift)| U256::from(v >> shift))
}

/// A price up to a half above or below another.
fn moved(price: U256, by: i16) -> U256 {
    let step = price / U256::from(65_536) * U256::from(by.unsigned_abs());
    if by < 0 {
        price - step
    } else {
        price + step
    }
}

#[test]
fn a_half_life_halves() {
    let v = WAD;
    let p = U256::from(7);
    for (lives, left) in [(0, v), (1, v / U256::from(2)), (3, v / U256::from(8))] {
        assert_eq!(variance_after_up(v, p, p, lives * HALF_LIFE_S), Ok(left));
    }
    assert_eq!(decay_q64(0), 1 << 64);
    assert_eq!(decay_q64(64 * HALF_LIFE_S), 1);
    assert_eq!(decay_q64(u64::MAX), 0);
}

/// 1 % in a year's 365th: r² = 1e-4 · (1 + tiny), V = 365e-4 while nothing else was there and all of it is new.
#[test]
fn one_return_alone_makes_its_own_annual_variance() {
    let (a, b) = (U256::from(10_000), U256::from(10_100));
    // 100² / (10,000 · 10,100)
    let squared = WAD / U256::from(10_100);
    let r2 = squared_return_up(a, b).unwrap();
    assert!(r2 >= squared && r2 - squared <= U256::from(3));
    assert_eq!(squared_return_up(b, a), Ok(r2));
    // So long after that nothing of the past is left.
    let long = HALF_LIFE_S * 200;
    let v = variance_after_up(MAX_VARIANCE, a, b, long).unwrap();
    let alone = r2 * U256::from(YEAR) / U256::from(long);
    assert!(v >= alone && v - alone <= U256::from(2));
}

#[test]
fn no_price_has_no_return() {
    let error = Err(MathError::DivisionByZero);
    assert_eq!(squared_return_up(U256::ZERO, WAD), error);
    assert_eq!(squared_return_up(WAD, U256::ZERO), error);
    assert_eq!(variance_after_up(WAD, U256::ZERO, WAD, 1), error);
}

#[test]
fn a_return_beyond_all_measure_is_the_greatest_variance() {
    assert_eq!(squared_return_up(U256::ONE, U256::MAX), Ok(U256::MAX));
    let v = variance_after_up(U256::ZERO, U256::ONE, U256::MAX, 64 * HALF_LIFE_S * 4).unwrap();
    assert_eq!(v, MAX_VARIANCE);
}

proptest! {
    #![proptest_config(cases())]

    /// 2^(-t/H) to the power of H is 2^-t: checked where a whole number of steps makes a half-life.
    #[test]
    fn prop_decays_multiply(a in 0_u64..300_000, b in 0_u64..300_000) {
        let product: BigInt = int(U256::from(decay_q64(a))) * int(U256::from(decay_q64(b)));
        let product = product >> 64_u32;
        let whole = int(U256::from(decay_q64(a + b)));
        let gap = if product > whole { &product - &whole } else { &whole - &product };
        prop_assert!(gap <= BigInt::from(48), "{gap}");
        prop_assert!(decay_q64(a + 1) <= decay_q64(a));
    }

    /// The decay of a second, 65,536 times over, is a half.
    #[test]
    fn prop_steps_of_a_power_of_two_make_a_half(k in 0_u32..16) {
        let mut left = BigInt::from(decay_q64(1 << k)) << 64_u32;
        for _ in k..16 {
            left = (&left * &left) >> 128_u32;
        }
        let half = BigInt::from(1) << 127_u32;
        let gap = if left > half { &left - &half } else { &half - &left };
        prop_assert!(gap < BigInt::from(1) << 84_u32, "{gap}");
    }

    #[test]
    fn prop_a_squared_return_is_exact_to_its_last_places(a in price(), by in any::<i16>()) {
        let b = moved(a, by);
        prop_assume!(!b.is_zero());
        let squared = squared_return_up(a, b).unwrap();
        let change = int(a.abs_diff(b));
        let exact = BigRational::new(&change * &change * int(WAD), int(a) * int(b));
        let least = ceil(&exact).unwrap();
        prop_assert!(squared >= least && squared - least <= U256::from(4), "{} {}", squared, least);
        prop_assert_eq!(squared, squared_return_up(b, a).unwrap());
    }

    /// Looking at an unchanged price only lets the past decay.
    #[test]
    fn prop_an_unchanged_price_only_decays(v in variance(), p in price(), t in 0_u64..1_000_000) {
        let after = variance_after_up(v, p, p, t).unwrap();
        prop_assert!(after <= v);
        let exact = BigRational::new(int(v) * int(U256::from(decay_q64(t))), BigInt::from(1) << 64_u32);
        prop_assert_eq!(after, ceil(&exact).unwrap());
    }

    /// However a stretch at one price is split, it changes nothing beyond rounding.
    #[test]
    fn prop_splitting_a_quiet_stretch_changes_nothing(
        v in variance(), p in price(), stretches in prop::collection::vec(0_u64..20_000, 1..24),
    ) {
        let mut split = v;
        for t in &stretches {
            split = variance_after_up(split, p, p, *t).unwrap();
        }
        let whole = variance_after_up(v, p, p, stretches.iter().sum()).unwrap();
        // One unit and 2^-59 of it for each look.
        let looks = U256::from(stretches.len());
        let slack = looks + looks * (v >> 59);
        prop_assert!(split.abs_diff(whole) <= slack, "{} {}", split, whole);
    }

    /// What comes out lies between what was and what this stretch alone would make.
    #[test]
    fn prop_the_result_is_within_the_envelope(
        v in variance(), p in price(), by in any::<i16>(), t in 1_u64..1_000_000,
    ) {
        let now = moved(p, by);
        prop_assume!(!now.is_zero());
        let r2 = squared_return_up(p, now).unwrap();
        let up = (r2 * U256::from(YEAR) + U256::from(t - 1)) / U256::from(t);
        let alone = up.min(MAX_VARIANCE);
        let after = variance_after_up(v, p, now, t).unwrap();
        prop_assert!(v.min(alone) <= after && after <= v.max(alone));
        prop_assert!(after <= MAX_VARIANCE);
    }

    /// Looks at the price before it moves cannot lower what a jump adds, and raise it by no more than the greatest inflation.
    #[test]
    fn prop_looking_in_between_never_lowers_and_hardly_raises(
        v in variance(), p in price(), by in any::<i16>(), whole in 2_u64..=WINDOW,
        cuts in prop::collection::vec(any::<u64>(), 0..12),
    ) {
        let now = moved(p, by);
        prop_assume!(!now.is_zero());
        let mut times: Vec<u64> = cuts.iter().map(|cut| 1 + cut % (whole - 1)).collect();
        times.sort_unstable();
        let (mut often, mut last) = (v, 0);
        for time in times {
            often = variance_after_up(often, p, p, time - last).unwrap();
            last = time;
        }
        often = variance_after_up(often, p, now, whole - last).unwrap();
        let once = variance_after_up(v, p, now, whole).unwrap();
        let quiet = variance_after_up(v, p, p, whole).unwrap();
        let slack = U256::from(16) + (once >> 50);
        prop_assume!(once < MAX_VARIANCE >> 20);
        prop_assert!(often + slack >= once, "{} {}", often, once);
        let most = quiet + (once - quiet + U256::ONE) * greatest_inflation(whole).unwrap() / WAD;
        prop_assert!(often <= most + slack, "{} {} {}", often, once, most);
    }

    #[test]
    fn prop_volatility_is_the_root_rounded_up(v in variance()) {
        let root = volatility_up(v);
        // {wad}² = {wad} · WAD
        prop_assert!(int(root) * int(root) >= int(v) * int(WAD));
        // 1e9 / 2^16 is one step of it.
        let less = int(root.saturating_sub(U256::from(15_261)));
        prop_assert!(v.is_zero() || &less * &less < int(v) * int(WAD));
    }

    #[test]
    fn prop_stress_is_volatility_over_its_reference(v in variance(), reference in 1_u64..) {
        let (volatility, reference) = (volatility_up(v), U256::from(reference));
        let exact = BigRational::new(int(volatility) * int(WAD), int(reference));
        prop_assert_eq!(stress_up(volatility, reference).unwrap(), ceil(&exact).unwrap());
        prop_assert_eq!(stress_up(volatility, U256::ZERO), Err(MathError::DivisionByZero));
    }
}

/// Real storms, hour by hour: what honest looks see, and what a manipulator can make of the same prices.
mod history {
    use super::*;

    /// {seconds, price · 1e36}
    type Path = Vec<(u64, U256)>;

    const STORMS: [(&str, &str); 4] = [
        ("ETH 2020-03", include_str!("prices/eth_2020-03.csv")),
        ("LINK 2021-05", include_str!("prices/link_2021-05.csv")),
        ("ARB 2025-10", include_str!("prices/arb_2025-10.csv")),
        ("USDC 2023-03", include_str!("prices/usdc_2023-03.csv")),
    ];

    fn path(text: &str) -> Path {
        text.lines()
            .skip(1)
            .map(|line| {
                let (at, price) = line.split_once(',').unwrap();
                let price: f64 = price.parse().unwrap();
                // To eight places, as a feed has it.
                let answer = U256::from((price * 1e8).round() as u64);
                (
                    at.parse().unwrap(),
                    answer * U256::from(10).pow(U256::from(28)),
                )
            })
            .collect()
    }

    struct Watch {
        variance: U256,
        price: U256,
        at: u64,
    }

    impl Watch {
        fn look(&mut self, at: u64, price: U256) {
            self.variance = self.now(at, price);
            if at > self.at {
                (self.at, self.price) = (at, price);
            }
        }

        fn now(&self, at: u64, price: U256) -> U256 {
            variance_after_up(self.variance, self.price, price, at - self.at).unwrap()
        }
    }

    /// The variance at each hour under looks that `choose` places: between two hours of the path it is told both and
    /// the state, and looks.
    fn watched(path: &Path, mut choose: impl FnMut(&mut Watch, usize)) -> Vec<U256> {
        let (at, price) = path[0];
        // As if it had always moved by 80 % a year.
        let variance = U256::from(640_000_000_000_000_000_u64);
        let mut watch = Watch {
            variance,
            price,
            at,
        };
        (1..path.len())
            .map(|i| {
                choose(&mut watch, i);
                watch.now(path[i].0, path[i].1)
            })
            .collect()
    }

    fn honest(path: &Path) -> Vec<U256> {
        watched(path, |watch, i| watch.look(path[i].0, path[i].1))
    }

    /// Also each minute in between, when the feed still answers as before.
    fn often(path: &Path) -> Vec<U256> {
        watched(path, |watch, i| {
            let (before, price) = path[i - 1];
            for at in (before..path[i].0).step_by(60).skip(1) {
                watch.look(at, price);
            }
            watch.look(path[i].0, path[i].1);
        })
    }

    /// A second before and with each update.
    fn around(path: &Path) -> Vec<U256> {
        watched(path, |watch, i| {
            watch.look(path[i].0 - 1, path[i - 1].1);
            watch.look(path[i].0, path[i].1);
        })
    }

    /// As seldom as can be, at the hour of each window that `better` prefers by its return from the last look.
    fn seldom(path: &Path, better: fn(U256, U256) -> bool) -> Vec<U256> {
        let mut next = None;
        watched(path, |watch, i| {
            let chosen = next.unwrap_or_else(|| {
                let window = (i..path.len()).take_while(|j| path[*j].0 <= watch.at + WINDOW);
                let squared = |j: usize| squared_return_up(watch.price, path[j].1).unwrap();
                window
                    .reduce(|best, j| {
                        if better(squared(j), squared(best)) {
                            j
                        } else {
                            best
                        }
                    })
                    .unwrap_or(i)
            });
            next = Some(chosen);
            if i == chosen {
                watch.look(path[i].0, path[i].1);
                next = None;
            }
        })
    }

    /// Least, median and greatest volatility relative to the honest one, in thousandths, after the first three days.
    fn against(honest: &[U256], other: &[U256]) -> [u64; 3] {
        let thousandths = |(h, o): (&U256, &U256)| {
            let ratio = volatility_up(*o) * U256::from(1_000) / volatility_up(*h);
            u64::try_from(ratio).unwrap()
        };
        let mut ratios: Vec<_> = honest.iter().zip(other).skip(72).map(thousandths).collect();
        ratios.sort_unstable();
        [
            ratios[0],
            ratios[ratios.len() / 2],
            ratios[ratios.len() - 1],
        ]
    }

    #[test]
    fn more_looks_than_honest_ones_change_no_storm_by_more_than_the_bound() {
        for (storm, text) in STORMS {
            let path = path(text);
            assert!(path.len() > 400, "{storm}");
            let honest = honest(&path);
            // Exchanges were down for up to six hours.
            let bound = greatest_inflation(WINDOW).unwrap();
            for (name, others) in [("often", often(&path)), ("around", around(&path))] {
                for (hour, (h, o)) in honest.iter().zip(&others).enumerate() {
                    let slack = U256::from(200_000);
                    assert!(*o + slack >= *h, "{storm}, {name}, hour {hour}: {o} {h}");
                    let most = *h * bound / WAD + slack;
                    assert!(*o <= most, "{storm}, {name}, hour {hour}: {o} {h}");
                }
                eprintln!("{storm}: {name} {:?}", against(&honest, &others));
            }
        }
    }

    #[test]
    fn fewer_looks_raise_no_storm_by_more_than_the_updates_of_a_window() {
        for (storm, text) in STORMS {
            let path = path(text);
            let honest = honest(&path);
            // Cauchy: six returns in a row, squared together, are at most six times their squares; seen up to a
            // window late; and looked at in the worst way: what else is left of an envelope's error is the curvature of r².
            let late = WAD * U256::from(1_u128 << 64) / U256::from(decay_q64(WINDOW));
            let bound = greatest_inflation(WINDOW).unwrap() * late / WAD * U256::from(6);
            let schedules = [
                ("every 6 h", seldom(&path, |_, _| true)),
                ("quietest", seldom(&path, |a, b| a < b)),
                ("wildest", seldom(&path, |a, b| a > b)),
            ];
            for (name, others) in schedules {
                for (hour, (h, o)) in honest.iter().zip(&others).enumerate() {
                    let most = *h * bound / WAD * U256::from(105) / U256::from(100);
                    assert!(*o <= most, "{storm}, {name}, hour {hour}: {o} {h}");
                }
                eprintln!("{storm}: {name} {:?}", against(&honest, &others));
            }
        }
    }

    #[test]
    fn storms_are_seen_as_storms() {
        for (storm, text) in STORMS {
            let path = path(text);
            let most = honest(&path).into_iter().max().unwrap();
            let sorted = {
                let mut v = honest(&path);
                v.sort_unstable();
                v
            };
            let usual = sorted[sorted.len() / 4];
            eprintln!(
                "{storm}: {} % at most, quarter {} %",
                volatility_up(most) / U256::from(10_000_000_000_000_000_u64),
                volatility_up(usual) / U256::from(10_000_000_000_000_000_u64)
            );
            assert!(
                volatility_up(most) > volatility_up(usual) * U256::from(3),
                "{storm}"
            );
        }
    }
}
