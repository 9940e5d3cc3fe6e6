//! What does a pool of two tokens say that one of them was worth, on average over time?

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{mul, MathError};
use ruint::aliases::U256;

/// The furthest tick from zero that a pool of Uniswap V3 can be at.
pub const MAX_TICK: i32 = 887_272;

/// 2^96: the scale of a pool's square roots.
const Q96: U256 = U256::from_limbs([0, 1 << 32, 0, 0]);
/// 2^32: from Q128 to Q96.
const Q32: U256 = U256::from_limbs([1 << 32, 0, 0, 0]);
/// 2^128.
const Q128: U256 = U256::from_limbs([0, 0, 1, 0]);

/// Q128 of `1.0001^(-2^k / 2)`, for bit k of a tick.
const ROOTS_Q128: [u128; 20] = [
    0xfffc_b933_bd6f_ad37_aa2d_162d_1a59_4001,
    0xfff9_7272_373d_4132_59a4_6990_580e_213a,
    0xfff2_e50f_5f65_6932_ef12_357c_f3c7_fdcc,
    0xffe5_caca_7e10_e4e6_1c36_24ea_a094_1cd0,
    0xffcb_9843_d60f_6159_c9db_5883_5c92_6644,
    0xff97_3b41_fa98_c081_472e_6896_dfb2_54c0,
    0xff2e_a164_66c9_6a38_43ec_78b3_26b5_2861,
    0xfe5d_ee04_6a99_a2a8_11c4_61f1_969c_3053,
    0xfcbe_86c7_900a_88ae_dcff_c83b_479a_a3a4,
    0xf987_a725_3ac4_1317_6f2b_074c_f781_5e54,
    0xf339_2b08_22b7_0005_940c_7a39_8e4b_70f3,
    0xe715_9475_a2c2_9b74_43b2_9c7f_a6e8_89d9,
    0xd097_f3bd_fd20_22b8_845a_d8f7_92aa_5825,
    0xa9f7_4646_2d87_0fdf_8a65_dc1f_90e0_61e5,
    0x70d8_69a1_56d2_a1b8_90bb_3df6_2baf_32f7,
    0x31be_135f_97d0_8fd9_8123_1505_542f_cfa6,
    0x09aa_508b_5b7a_84e1_c677_de54_f3e9_9bc9,
    0x005d_6af8_dedb_8119_6699_c329_225e_e604,
    0x0000_2216_e584_f5fa_1ea9_2604_1bed_fe98,
    0x0000_0000_048a_1703_91f7_dc42_444e_8fa2,
];

/// The mean tick between two readings of a pool's accumulator:
/// `{tick} = ⌊({tick * s} now - {tick * s} then) / {s}⌋`.
///
/// # Rounding
///
/// Towards minus infinity, as Uniswap's `OracleLibrary.consult` does.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] for a window of zero, [`MathError::Overflow`] for what no pool accumulates.
pub fn mean_tick(then: i64, now: i64, window_s: u32) -> Result<i32, MathError> {
    let change = now.checked_sub(then).ok_or(MathError::Overflow)?;
    let window = i64::from(window_s);
    if window == 0 {
        return Err(MathError::DivisionByZero);
    }
    // The divisor is positive, so Euclid's quotient is the floor.
    let mean = change
        .checked_div_euclid(window)
        .ok_or(MathError::Overflow)?;
    i32::try_from(mean).map_err(|_| MathError::Overflow)
}

/// `Q96 = sqrt(1.0001^tick) * 2^96`, bit by bit as Uniswap's `TickMath.getSqrtRatioAtTick`.
///
/// # Rounding
///
/// Up in the last place, as there.
///
/// # Errors
///
/// [`MathError::Overflow`] beyond [`MAX_TICK`].
///
/// # Source
///
/// Uniswap v3-core 1.0.1, `TickMath`.
pub fn sqrt_ratio_at_tick(tick: i32) -> Result<U256, MathError> {
    if tick.unsigned_abs() > MAX_TICK.unsigned_abs() {
        return Err(MathError::Overflow);
    }
    let mut bits = tick.unsigned_abs();
    let mut ratio = Q128;
    for root in ROOTS_Q128 {
        if bits & 1 == 1 {
            // Q128 = Q128 * Q128 / 2^128
            let [_, _, low, high] = *mul(ratio, U256::from(root))?.as_limbs();
            ratio = U256::from_limbs([low, high, 0, 0]);
        }
        bits >>= 1;
    }
    if tick > 0 {
        ratio = mul_div_down(U256::MAX, U256::ONE, ratio)?;
    }
    mul_div_up(ratio, U256::ONE, Q32)
}

/// Price of a token at a tick of its pool, from the price of the other token of the pool, the quote:
/// `D36{value/tok} = D36{value/quote} * {quote/tok}`, where `{tok1/tok0} = 1.0001^tick`.
///
/// # Rounding
///
/// Down, twice: it is compared with another price, never used as one.
///
/// # Errors
///
/// [`MathError::Overflow`] beyond [`MAX_TICK`], or when the price exceeds 256 bits.
pub fn price_at_tick_d36(
    tick: i32,
    quote_price_d36: U256,
    token_is_first: bool,
) -> Result<U256, MathError> {
    let root = sqrt_ratio_at_tick(tick)?;
    let (times, per) = if token_is_first {
        (root, Q96)
    } else {
        (Q96, root)
    };
    // D36{value/tok} = D36{value/quote} * sqrt{quote/tok} * sqrt{quote/tok}
    mul_div_down(mul_div_down(quote_price_d36, times, per)?, times, per)
}
