//! What is `a * b / d`, exactly, without overflow in between?
//!
//! The product has 512 bits, so only a result above 256 bits fails. Knuth's algorithm D on digits of
//! 32 bits: WebAssembly divides 64 by 32 bits natively, while a digit of 64 bits would need a 128-bit
//! division in software.

use crate::MathError;
use core::num::NonZeroU64;
use ruint::aliases::U256;

/// Digits of a 256-bit number; each is kept in a `u64` whose upper half is zero.
const DIGITS: usize = 8;
/// Limbs of 64 bits of a 256-bit number.
const LIMBS: usize = 4;
const DIGIT_BITS: u32 = 32;
const DIGIT_BITS_USIZE: usize = 32;
const DIGIT_MAX: u64 = 0xffff_ffff;

/// `⌊a * b / d⌋`.
///
/// # Rounding
///
/// Down.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when `d` is zero, [`MathError::Overflow`] when the result exceeds
/// 256 bits.
pub fn mul_div_down(a: U256, b: U256, d: U256) -> Result<U256, MathError> {
    Ok(mul_div_exact(a, b, d)?.0)
}

/// `⌈a * b / d⌉`.
///
/// # Rounding
///
/// Up.
///
/// # Errors
///
/// As [`mul_div_down`]; also [`MathError::Overflow`] when only rounding up exceeds 256 bits.
pub fn mul_div_up(a: U256, b: U256, d: U256) -> Result<U256, MathError> {
    let (quotient, inexact) = mul_div_exact(a, b, d)?;
    if inexact {
        return crate::add(quotient, U256::ONE);
    }
    Ok(quotient)
}

/// `⌊a * b / d⌋`, and whether anything was cut off.
///
/// # Rounding
///
/// Down, and says so.
///
/// # Errors
///
/// As [`mul_div_down`].
///
/// # Source
///
/// Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D.
pub fn mul_div_exact(a: U256, b: U256, d: U256) -> Result<(U256, bool), MathError> {
    let (low, high) = product(a, b);
    if d.is_zero() {
        return Err(MathError::DivisionByZero);
    }
    // quotient < 2^256  <=>  product < d * 2^256  <=>  upper half of the product < d
    if high >= d {
        return Err(MathError::Overflow);
    }
    if low.is_zero() && high.is_zero() {
        return Ok((U256::ZERO, false));
    }
    let divisor = digits(d);
    match divisor.get(..digits_used(d)) {
        Some([digit]) => short_divide(low, high, *digit),
        Some([.., top]) => long_divide(low, high, d, *top),
        _ => Err(MathError::DivisionByZero),
    }
}

fn digits(x: U256) -> [u64; DIGITS] {
    let [a, b, c, d] = *x.as_limbs();
    [
        a & DIGIT_MAX,
        a >> DIGIT_BITS,
        b & DIGIT_MAX,
        b >> DIGIT_BITS,
        c & DIGIT_MAX,
        c >> DIGIT_BITS,
        d & DIGIT_MAX,
        d >> DIGIT_BITS,
    ]
}

fn number(x: [u64; DIGITS]) -> U256 {
    let [a, b, c, d, e, f, g, h] = x;
    U256::from_limbs([
        a | b << DIGIT_BITS,
        c | d << DIGIT_BITS,
        e | f << DIGIT_BITS,
        g | h << DIGIT_BITS,
    ])
}

/// Lower and upper half of the 512-bit product.
///
/// The schoolbook on limbs of 64 bits without a loop: WebAssembly's meter charges straight code far
/// less. The smaller factor gives the rows, and the first that is zero ends them.
pub(crate) fn product(a: U256, b: U256) -> (U256, U256) {
    let (a, b) = if a > b { (b, a) } else { (a, b) };
    let [x0, x1, x2, x3] = a.into_limbs();
    let y = b.into_limbs();
    let (low0, [w0, w1, w2, w3]) = row(x0, y, [0; LIMBS]);
    if x1 | x2 | x3 == 0 {
        return halves([low0, w0, w1, w2, w3, 0, 0, 0]);
    }
    let (low1, [w0, w1, w2, w3]) = row(x1, y, [w0, w1, w2, w3]);
    if x2 | x3 == 0 {
        return halves([low0, low1, w0, w1, w2, w3, 0, 0]);
    }
    let (low2, window) = row(x2, y, [w0, w1, w2, w3]);
    let (low3, [w0, w1, w2, w3]) = row(x3, y, window);
    halves([low0, low1, low2, low3, w0, w1, w2, w3])
}

const fn halves(limbs: [u64; 2 * LIMBS]) -> (U256, U256) {
    let [a, b, c, d, e, f, g, h] = limbs;
    (
        U256::from_limbs([a, b, c, d]),
        U256::from_limbs([e, f, g, h]),
    )
}

/// One row of the schoolbook, `x * y + window`: its lowest limb, which is final, and the others.
#[inline(always)]
const fn row(x: u64, y: [u64; LIMBS], window: [u64; LIMBS]) -> (u64, [u64; LIMBS]) {
    let ([y0, y1, y2, y3], [w0, w1, w2, w3]) = (y, window);
    let (r0, carry) = multiply_add(x, y0, w0, 0);
    let (r1, carry) = multiply_add(x, y1, w1, carry);
    let (r2, carry) = multiply_add(x, y2, w2, carry);
    let (r3, carry) = multiply_add(x, y3, w3, carry);
    (r0, [r1, r2, r3, carry])
}

/// Lower and upper half of `x * y + a + b`, which is at most (2^64 - 1)^2 + 2 * (2^64 - 1) = 2^128 - 1.
#[inline(always)]
const fn multiply_add(x: u64, y: u64, a: u64, b: u64) -> (u64, u64) {
    let (x0, x1) = (x & DIGIT_MAX, x >> DIGIT_BITS);
    let (y0, y1) = (y & DIGIT_MAX, y >> DIGIT_BITS);
    // Each is at most (2^32 - 1)^2, and so are the sums with two digits at most 2^64 - 1.
    let low = x0
        .wrapping_mul(y0)
        .wrapping_add(a & DIGIT_MAX)
        .wrapping_add(b & DIGIT_MAX);
    let middle = x1
        .wrapping_mul(y0)
        .wrapping_add(a >> DIGIT_BITS)
        .wrapping_add(low >> DIGIT_BITS);
    let other = x0
        .wrapping_mul(y1)
        .wrapping_add(b >> DIGIT_BITS)
        .wrapping_add(middle & DIGIT_MAX);
    let high = x1
        .wrapping_mul(y1)
        .wrapping_add(middle >> DIGIT_BITS)
        .wrapping_add(other >> DIGIT_BITS);
    (low & DIGIT_MAX | other << DIGIT_BITS, high)
}

/// Digits up to the highest that is not zero.
fn digits_used(x: U256) -> usize {
    x.bit_len().div_ceil(DIGIT_BITS_USIZE)
}

/// By one digit; `high` is below it, so only its lowest digit can be other than zero.
fn short_divide(low: U256, high: U256, divisor: u64) -> Result<(U256, bool), MathError> {
    let divisor = NonZeroU64::new(divisor).ok_or(MathError::DivisionByZero)?;
    let [mut rest, ..] = digits(high);
    let mut low = digits(low);
    for digit in low.iter_mut().rev() {
        let wide = rest << DIGIT_BITS | *digit;
        *digit = wide / divisor;
        rest = wide % divisor;
    }
    Ok((number(low), rest != 0))
}

/// By two digits or more, of which `top` is the highest that is not zero.
fn long_divide(low: U256, high: U256, divisor: U256, top: u64) -> Result<(U256, bool), MathError> {
    let used = digits_used(divisor);
    // Digits of the quotient above these are zero: the shift below may add a digit to the dividend, but
    // one that is smaller than the shifted `top`.
    let dividend_used = if high.is_zero() {
        digits_used(low)
    } else {
        digits_used(high).wrapping_add(DIGITS)
    };
    let places = dividend_used.wrapping_add(1).saturating_sub(used);

    // Both sides shifted until the highest bit of the top digit is set: an estimate from the leading
    // digits is then at most 2 too large.
    let shift = top.leading_zeros().wrapping_sub(DIGIT_BITS);
    let (divisor, _) = shift_left(divisor, shift, 0);
    let (low, carry) = shift_left(low, shift, 0);
    // `high` is below the divisor, which fits after the shift: nothing is carried out of it.
    let (high, _) = shift_left(high, shift, carry);

    let divisor = digits(divisor);
    let Some(divisor) = divisor.get(..used) else {
        return Err(MathError::DivisionByZero);
    };
    let [.., second, top] = divisor else {
        return Err(MathError::DivisionByZero);
    };
    let top = NonZeroU64::new(*top).ok_or(MathError::DivisionByZero)?;
    let second = *second;

    let [a, b, c, d, e, f, g, h] = digits(low);
    let [i, j, k, l, m, n, o, p] = digits(high);
    let mut rest = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    let mut quotient = [0; DIGITS];
    for (place, result) in quotient.iter_mut().enumerate().take(places).rev() {
        let Some(window) = rest.get_mut(place..=place.wrapping_add(used)) else {
            return Err(MathError::Overflow);
        };
        let [.., third, next, leading] = window else {
            return Err(MathError::Overflow);
        };
        let wide = *leading << DIGIT_BITS | *next;
        let mut guess = wide / top;
        // A remainder by multiplication: division costs eight times as much.
        let mut left = wide.wrapping_sub(guess.wrapping_mul(top.get()));
        while guess > DIGIT_MAX || guess.wrapping_mul(second) > (left << DIGIT_BITS | *third) {
            guess = guess.wrapping_sub(1);
            left = left.wrapping_add(top.get());
            if left > DIGIT_MAX {
                break;
            }
        }
        if guess != 0 && subtract(window, divisor, guess) {
            guess = guess.wrapping_sub(1);
            add_back(window, divisor);
        }
        *result = guess;
    }
    // What remains is below the divisor, so no higher digit can be other than zero.
    let inexact = rest.iter().take(used).any(|digit| *digit != 0);
    Ok((number(quotient), inexact))
}

/// `x << shift | carry` for a shift below a digit, and what is carried out of it.
fn shift_left(x: U256, shift: u32, carry: u64) -> (U256, u64) {
    let [a, b, c, d] = *x.as_limbs();
    // `limb >> (64 - shift)`, which is zero for a shift of zero
    let spill = |limb: u64| (limb >> 1).wrapping_shr(63_u32.wrapping_sub(shift));
    let shifted = U256::from_limbs([
        a.wrapping_shl(shift) | carry,
        b.wrapping_shl(shift) | spill(a),
        c.wrapping_shl(shift) | spill(b),
        d.wrapping_shl(shift) | spill(c),
    ]);
    (shifted, spill(d))
}

/// `window -= guess * divisor`; whether that went below zero.
fn subtract(window: &mut [u64], divisor: &[u64], guess: u64) -> bool {
    let mut carry = 0;
    let mut slots = window.iter_mut();
    for (digit, slot) in divisor.iter().zip(&mut slots) {
        // (2^32 - 1)^2 + 2^32 - 1 < 2^64
        let product = guess.wrapping_mul(*digit).wrapping_add(carry);
        let difference = slot.wrapping_sub(product & DIGIT_MAX);
        *slot = difference & DIGIT_MAX;
        carry = (product >> DIGIT_BITS).wrapping_add(difference >> (u64::BITS - 1));
    }
    // The leading digit cancels, and no later window reaches it: only the borrow counts.
    slots.next().is_some_and(|leading| *leading < carry)
}

/// `window += divisor`, dropping the carry that cancels the borrow of [`subtract`].
fn add_back(window: &mut [u64], divisor: &[u64]) {
    let mut carry = 0;
    for (digit, slot) in divisor.iter().zip(window) {
        let sum = slot.wrapping_add(*digit).wrapping_add(carry);
        *slot = sum & DIGIT_MAX;
        carry = sum >> DIGIT_BITS;
    }
}
