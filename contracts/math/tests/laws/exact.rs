//! Exact reference arithmetic, and what the laws are tried on.

use ballast_math::{price::price_d36, BPS, D36, WAD};
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use ruint::aliases::U256;

pub(crate) const DECIMALS: [u8; 7] = [0, 2, 6, 8, 18, 24, 27];

/// 10,000 cases, or as many as `PROPTEST_CASES` says; from the seed `PROPTEST_RNG_SEED`, or another each time.
pub(crate) fn cases() -> ProptestConfig {
    let chosen = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    let cases = chosen.unwrap_or(10_000u32);
    ProptestConfig {
        cases,
        failure_persistence: None,
        // A hundred for each case, whatever their number.
        max_global_rejects: cases.saturating_mul(100),
        // Some laws hold of few of the worlds that are drawn; each case asked for is still judged.
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}

pub(crate) fn u(x: u64) -> U256 {
    U256::from(x)
}

pub(crate) fn int(x: U256) -> BigInt {
    BigInt::from_bytes_le(Sign::Plus, &x.to_le_bytes::<32>())
}

pub(crate) fn rat(x: U256) -> BigRational {
    BigRational::from_integer(int(x))
}

pub(crate) fn zero() -> BigRational {
    BigRational::zero()
}

/// The number, if it is whole, not negative and below 2^256.
pub(crate) fn back(x: &BigInt) -> Option<U256> {
    let (sign, bytes) = x.to_bytes_le();
    if sign == Sign::Minus || bytes.len() > 32 {
        return None;
    }
    U256::try_from_le_slice(&bytes)
}

pub(crate) fn floor(x: &BigRational) -> Option<U256> {
    back(&x.floor().to_integer())
}

pub(crate) fn ceil(x: &BigRational) -> Option<U256> {
    back(&x.ceil().to_integer())
}

/// {value}, unrounded.
pub(crate) fn worth(amount: U256, price: U256) -> BigRational {
    BigRational::new(int(amount) * int(price), int(D36))
}

/// ½ Σ |a_i - w_i|, as a fraction of one, unrounded.
pub(crate) fn distance(values: &[BigRational], weights: &[U256], nav: U256) -> BigRational {
    let sum = values
        .iter()
        .zip(weights)
        .map(|(value, weight)| (value / rat(nav) - rat(*weight) / rat(WAD)).abs())
        .fold(zero(), |sum, term| sum + term);
    sum / BigInt::from(2)
}

pub(crate) fn target(nav: U256, weight: U256) -> BigRational {
    BigRational::new(int(nav) * int(weight), int(WAD))
}

/// Any number, with a liking for the edges and for the digits that division guesses wrong.
pub(crate) fn any_uint() -> impl Strategy<Value = U256> {
    let digit = prop::sample::select(vec![
        0_u64,
        1,
        2,
        0x7fff_ffff,
        0x8000_0000,
        0x8000_0001,
        0xffff_fffe,
        0xffff_ffff,
    ]);
    prop_oneof![
        1 => prop::sample::select(vec![U256::ZERO, U256::ONE, U256::MAX, U256::MAX - U256::ONE]),
        1 => prop::sample::select(vec![WAD, BPS, D36, WAD - U256::ONE, WAD + U256::ONE]),
        1 => (0_usize..256).prop_map(|bit| U256::ONE << bit),
        1 => (0_usize..256).prop_map(|bit| (U256::ONE << bit) - U256::ONE),
        5 => (any::<[u64; 4]>(), 0_usize..256).prop_map(|(x, shift)| U256::from_limbs(x) >> shift),
        4 => (prop::collection::vec(digit, 8), 0_usize..8).prop_map(|(digits, drop)| {
            let all = digits.iter().fold(U256::ZERO, |sum, digit| (sum << 32) | U256::from(*digit));
            all >> (32 * drop)
        }),
    ]
}

/// Below 2^`bits`, of any size.
pub(crate) fn below(bits: usize) -> impl Strategy<Value = U256> {
    (any::<[u64; 4]>(), 0..bits)
        .prop_map(move |(x, less)| U256::from_limbs(x) >> (256 - bits + less))
}

/// A treasury: parallel arrays, weights that sum to one.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) held: Vec<U256>,
    pub(crate) prices: Vec<U256>,
    pub(crate) weights: Vec<U256>,
}

impl World {
    pub(crate) fn snapshot(&self) -> ballast_math::plan::Snapshot<'_> {
        ballast_math::plan::Snapshot {
            held: &self.held,
            prices: &self.prices,
            weights: &self.weights,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// {value} of one unit, unrounded.
    pub(crate) fn unit(&self, index: usize) -> BigRational {
        worth(U256::ONE, self.prices[index])
    }
}

fn pow10(digits: u32) -> U256 {
    U256::from(10).pow(U256::from(digits))
}

/// {tok} held and D36{value/tok}, over the matrix of decimals; whole prices of 1e-4 to 1e6.
fn asset() -> impl Strategy<Value = (U256, U256)> {
    let decimals = prop::sample::select(
        DECIMALS
            .into_iter()
            .flat_map(|feed| DECIMALS.into_iter().map(move |token| (feed, token)))
            .filter(|(feed, token)| feed + token <= 54)
            .collect::<Vec<_>>(),
    );
    (
        decimals,
        1_u64..10_000,
        0_u32..7,
        0_u32..10,
        any::<u64>(),
        0_u32..20,
    )
        .prop_map(
            |((feed, token), mantissa, scale, size, fraction, special)| {
                // {value/whole tok} * 10^feed
                let answer = U256::from(mantissa) * pow10(u32::from(feed) + scale) / pow10(4);
                let price = price_d36(answer.max(U256::ONE), feed, token).unwrap();
                let most = pow10(u32::from(token) + size);
                let held = match special {
                    0 => U256::ZERO,
                    1 => U256::ONE,
                    _ => U256::from(fraction) * (most >> 1) / U256::from(u64::MAX) + U256::ONE,
                };
                (held, price)
            },
        )
}

/// Weights that sum to exactly one; some are zero.
pub(crate) fn weights(count: usize) -> impl Strategy<Value = Vec<U256>> {
    let part = prop_oneof![1 => Just(0_u64), 4 => 1_u64..1_000_000];
    (prop::collection::vec(part, count), 0..count).prop_map(|(mut parts, sure)| {
        parts[sure] += 1;
        let sum = U256::from(parts.iter().sum::<u64>());
        let mut weights: Vec<_> = parts
            .iter()
            .map(|part| U256::from(*part) * WAD / sum)
            .collect();
        let rest = WAD - weights.iter().fold(U256::ZERO, |sum, weight| sum + weight);
        weights[sure] += rest;
        weights
    })
}

fn world_of(
    count: impl Strategy<Value = usize>,
    asset: impl Strategy<Value = (U256, U256)> + Clone,
) -> impl Strategy<Value = World> {
    count.prop_flat_map(move |count| {
        (prop::collection::vec(asset.clone(), count), weights(count)).prop_map(
            |(assets, weights)| {
                let (held, prices) = assets.into_iter().unzip();
                World {
                    held,
                    prices,
                    weights,
                }
            },
        )
    })
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    world_of(
        prop_oneof![2 => 1_usize..=5, 1 => 1_usize..=32],
        asset().boxed(),
    )
}

/// A world in which 32 units of anything are worth less than a thousandth.
pub(crate) fn fine_world() -> impl Strategy<Value = World> {
    let fine = asset().prop_filter("a unit is money", |(_, price)| {
        worth(U256::ONE, *price) < rat(WAD / u(100_000))
    });
    world_of(
        prop_oneof![2 => 2_usize..=5, 1 => 2_usize..=32],
        fine.boxed(),
    )
}
