//! How much does a price move, whoever looks at it and how often?
//!
//! The measure is the annual variance `V = σ²` as an exponentially weighted mean over *time*: whatever
//! lies one half-life back counts half. A look at the price after `t` seconds folds in the squared return
//! per unit of time since the look before:
//!
//! ```text
//! x  = r² * YEAR / t              {wad/year}: the variance that this stretch alone would make
//! d  = 2^(-t / HALF_LIFE)         what is left of the past
//! V' = V * d + x * (1 - d)
//! ```
//!
//! Looks at an unchanged price only decay what is there, and splitting such a stretch changes nothing. A
//! jump `r` adds `r² * YEAR * (1 - d) / t`, which lies between `r² * YEAR * ln 2 / HALF_LIFE` for a look right
//! before the jump and `(1 - 2^(-W / HALF_LIFE)) / W` in place of the last factor for none within `W`: so
//! looking often cannot lower the variance at all, and raises it by at most [`greatest_inflation`].

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::opinion::YEAR_S;
use crate::{add, mul, MathError, WAD};
use ruint::aliases::U256;

/// Half-life of what was seen, seconds: 2^16, so that every second is a whole part of it (18 h 12 min).
pub const HALF_LIFE_S: u64 = 65_536;
/// The greatest variance that is told apart, WAD a year: 96 bits.
pub const MAX_VARIANCE: U256 = U256::from_limbs([u64::MAX, 0xffff_ffff, 0, 0]);

/// 2^64: the scale of a decay.
const Q64: u128 = 1 << 64;
const Q64_WORD: U256 = U256::from_limbs([0, 1, 0, 0]);
/// Q64 of `2^(-2^k / 2^16)`, for bit k of the seconds in a half-life, rounded to the nearest.
const DECAYS_Q64: [u128; 16] = [
    18_446_548_971_154_807_802,
    18_446_353_870_663_572_145,
    18_445_963_675_871_538_004,
    18_445_183_311_048_607_332,
    18_443_622_680_442_407_998,
    18_440_501_815_349_552_982,
    18_434_261_669_329_232_140,
    18_421_787_711_448_657_618,
    18_396_865_112_328_554_661,
    18_347_121_020_861_646_924,
    18_248_035_989_933_441_397,
    18_051_468_387_014_017_850,
    17_664_662_643_191_237_676,
    16_915_738_899_553_466_671,
    15_511_800_964_685_064_948,
    13_043_817_825_332_782_212,
];

/// What is left after `elapsed` seconds: `Q64 = 2^64 * 2^(-t / HALF_LIFE)`, at most 2^64.
///
/// # Rounding
///
/// Each of at most 16 products down; 2^-59 of the result at most.
pub fn decay_q64(elapsed_s: u64) -> u128 {
    let halves = elapsed_s >> 16;
    let mut left = Q64;
    let mut bits = elapsed_s & 0xffff;
    for decay in DECAYS_Q64 {
        if bits & 1 == 1 {
            // Q64 = Q64 * Q64 / 2^64; both are at most 2^64, and one of them is less
            left = left.saturating_mul(decay) >> 64;
        }
        bits >>= 1;
    }
    u32::try_from(halves).map_or(0, |n| left.checked_shr(n).unwrap_or(0))
}

/// Squared return between two prices: `{wad} = WAD * (b - a)² / (a * b)`: the same there and back, and never less than
/// the square of the logarithm.
///
/// # Rounding
///
/// Up: only an unchanged price has none.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a price of zero; what does not fit is [`U256::MAX`].
pub fn squared_return_up(a: U256, b: U256) -> Result<U256, MathError> {
    let change = a.abs_diff(b);
    if change.is_zero() {
        return Ok(U256::ZERO);
    }
    let saturated = |result: Result<U256, MathError>| match result {
        Err(MathError::Overflow) => Ok(U256::MAX),
        other => other,
    };
    // {wad} = {price} * {wad} / {price}
    let of_a = saturated(mul_div_up(change, WAD, a))?;
    let of_b = saturated(mul_div_up(change, WAD, b))?;
    saturated(mul_div_up(of_a, of_b, WAD))
}

/// The annual variance after a look at the price: see the module. A look in the same second sees nothing.
///
/// # Rounding
///
/// Up, so that a storm is not seen as less than it is.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a price of zero.
pub fn variance_after_up(
    variance: U256,
    price_before: U256,
    price_now: U256,
    elapsed_s: u64,
) -> Result<U256, MathError> {
    if elapsed_s == 0 {
        return Ok(variance);
    }
    let variance = variance.min(MAX_VARIANCE);
    let squared = squared_return_up(price_before, price_now)?;
    // {wad/year} = {wad} * {s/year} / {s}
    let alone = match mul_div_up(squared, YEAR_S, U256::from(elapsed_s)) {
        Err(MathError::Overflow) => MAX_VARIANCE,
        x => x?.min(MAX_VARIANCE),
    };
    let left = decay_q64(elapsed_s);
    let gone = Q64.saturating_sub(left);
    // {wad * Q64} = {wad} * {Q64} + {wad} * {Q64}; 96 and 65 bits
    let mixed = add(
        mul(variance, U256::from(left))?,
        mul(alone, U256::from(gone))?,
    )?;
    mul_div_up(mixed, U256::ONE, Q64_WORD)
}

/// `{wad} = sqrt({wad/year})`: volatility a year, of a variance up to [`MAX_VARIANCE`].
///
/// # Rounding
///
/// Up, to 2^-16 of 1e-9.
pub fn volatility_up(variance: U256) -> U256 {
    let variance = u128::try_from(variance.min(MAX_VARIANCE)).unwrap_or(u128::MAX);
    // 2^16 * sqrt(V): 96 and 32 bits
    let scaled = variance << 32;
    let root = isqrt(scaled);
    let exact = root.saturating_mul(root) == scaled;
    let root = U256::from(root.saturating_add(u128::from(!exact)));
    // {wad} = sqrt(WAD * {wad}) = 1e9 * sqrt({wad})
    mul_div_up(
        root,
        U256::from_limbs([1_000_000_000, 0, 0, 0]),
        U256::from_limbs([1 << 16, 0, 0, 0]),
    )
    .unwrap_or(U256::MAX)
}

/// `⌊sqrt(x)⌋`, two bits of `x` for one of the root: the library's divides, and brings tables along.
fn isqrt(x: u128) -> u128 {
    let (mut rest, mut root) = (x, 0_u128);
    let mut bit = 1_u128 << 126;
    while bit != 0 {
        let tried = root | bit;
        root >>= 1;
        if let Some(left) = rest.checked_sub(tried) {
            rest = left;
            root |= bit;
        }
        bit >>= 2;
    }
    root
}

/// `{wad} = ⌈{wad} volatility * WAD / {wad} reference⌉`.
///
/// # Rounding
///
/// Up: more stress widens bands and trades less.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for no reference, [`MathError::Overflow`].
pub fn stress_up(volatility_wad: U256, reference_wad: U256) -> Result<U256, MathError> {
    mul_div_up(volatility_wad, WAD, reference_wad)
}

/// By how much looking in between can at most raise what a jump adds to the variance, when the longest stretch
/// without a look is `window_s`: `{wad} = WAD * ln 2 * W / (HALF_LIFE * (1 - 2^(-W / HALF_LIFE)))`.
///
/// # Rounding
///
/// Down, by less than 1e-12.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a window of zero.
pub fn greatest_inflation(window_s: u64) -> Result<U256, MathError> {
    /// WAD * ln 2.
    const LN_2: U256 = U256::from_limbs([693_147_180_559_945_309, 0, 0, 0]);
    let gone = Q64.saturating_sub(decay_q64(window_s));
    // {wad} = {wad} * {s} / {s}
    let linear = mul_div_down(LN_2, U256::from(window_s), U256::from(HALF_LIFE_S))?;
    mul_div_down(linear, Q64_WORD, U256::from(gone))
}
