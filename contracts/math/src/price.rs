//! What is an amount worth, and how much is a value in tokens?

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::{mul, MathError, D36, WAD};
use ruint::aliases::U256;

/// WAD's 18 digits and the 36 of the price's own scale.
const PRICE_DIGITS: u8 = 54;
/// The largest power of ten below 2^64 that fills whole steps: 1e18, which is [`WAD`].
const STEP_DIGITS: u8 = 18;

/// Value of the smallest unit of a token, from the answer of its feed.
///
/// `D36{value/tok} = answer * 10^(54 - feed_decimals - token_decimals)`, where `answer` is
/// `{value/whole tok} * 10^feed_decimals`.
///
/// # Rounding
///
/// None: the result is exact.
///
/// # Errors
///
/// [`MathError::Overflow`] when the decimals sum to more than 54 or the price exceeds 256 bits.
///
/// # Source
///
/// DESIGN section 3, `price_d36`.
pub fn price_d36(answer: U256, feed_decimals: u8, token_decimals: u8) -> Result<U256, MathError> {
    let mut digits = PRICE_DIGITS
        .checked_sub(feed_decimals)
        .and_then(|rest| rest.checked_sub(token_decimals))
        .ok_or(MathError::Overflow)?;
    let mut price = answer;
    while let Some(rest) = digits.checked_sub(STEP_DIGITS) {
        digits = rest;
        price = mul(price, WAD)?;
    }
    let step = 10_u64
        .checked_pow(u32::from(digits))
        .ok_or(MathError::Overflow)?;
    mul(price, U256::from_limbs([step, 0, 0, 0]))
}

/// `{value} = ⌊{tok} * D36{value/tok} / D36⌋`.
///
/// # Rounding
///
/// Down: for what the treasury holds or receives.
///
/// # Errors
///
/// [`MathError::Overflow`] when the value exceeds 256 bits.
pub fn value_down(amount: U256, price_d36: U256) -> Result<U256, MathError> {
    mul_div_down(amount, price_d36, D36)
}

/// `{value} = ⌈{tok} * D36{value/tok} / D36⌉`.
///
/// # Rounding
///
/// Up: for what the treasury gives.
///
/// # Errors
///
/// [`MathError::Overflow`] when the value exceeds 256 bits.
pub fn value_up(amount: U256, price_d36: U256) -> Result<U256, MathError> {
    mul_div_up(amount, price_d36, D36)
}

/// `{tok} = ⌊{value} * D36 / D36{value/tok}⌋`.
///
/// # Rounding
///
/// Down: for what the treasury gives.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when the price is zero, [`MathError::Overflow`] when the amount
/// exceeds 256 bits.
pub fn amount_down(value: U256, price_d36: U256) -> Result<U256, MathError> {
    mul_div_down(value, D36, price_d36)
}

/// `{tok} = ⌈{value} * D36 / D36{value/tok}⌉`.
///
/// # Rounding
///
/// Up: for what the treasury must receive.
///
/// # Errors
///
/// As [`amount_down`].
pub fn amount_up(value: U256, price_d36: U256) -> Result<U256, MathError> {
    mul_div_up(value, D36, price_d36)
}

/// `{value} = Σ ⌊{tok_i} * D36{value/tok_i} / D36⌋`, over parallel arrays.
///
/// # Rounding
///
/// Each term down.
///
/// # Errors
///
/// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
pub fn total_down(amounts: &[U256], prices_d36: &[U256]) -> Result<U256, MathError> {
    total(amounts, prices_d36, value_down)
}

/// `{value} = Σ ⌈{tok_i} * D36{value/tok_i} / D36⌉`, over parallel arrays.
///
/// # Rounding
///
/// Each term up.
///
/// # Errors
///
/// As [`total_down`].
pub fn total_up(amounts: &[U256], prices_d36: &[U256]) -> Result<U256, MathError> {
    total(amounts, prices_d36, value_up)
}

fn total(
    amounts: &[U256],
    prices_d36: &[U256],
    value: fn(U256, U256) -> Result<U256, MathError>,
) -> Result<U256, MathError> {
    crate::same_assets(amounts.len(), prices_d36.len())?;
    amounts
        .iter()
        .zip(prices_d36)
        .try_fold(U256::ZERO, |sum, (amount, price)| {
            crate::add(sum, value(*amount, *price)?)
        })
}
