//! What do the formulas say?
//!
//! Pure functions shared by the contracts, the keeper, the simulator and the tests, so that all of
//! them run the very same code. Nothing here knows of a chain, a token or a clock.
//!
//! | module | question |
//! |---|---|
//! | [`mul_div`] | what is `a * b / d`, exactly, without overflow in between? |
//! | [`price`] | what is an amount worth, and how much is a value in tokens? |
//! | [`basket`] | what is held, how far is it from its targets, what did a trade move and lose? |
//! | [`band`] | has an asset drifted far enough to act? |
//! | [`ramp`] | which weights hold at this moment? |
//! | [`shares`] | what does a share bring in or pay out, in kind? |
//! | [`fees`] | what do those who run the treasury get of it, in shares? |
//! | [`stream`] | how much of what came at once has flowed in by now? |
//! | [`plan`] | which trades reach the targets, and what must each at least buy? |
//! | [`clamp`] | how much of a proposed trade is available and useful? |
//! | [`guard`] | did the trade stay within its bounds? |
//! | [`opinion`] | what are two feeds worth together, and do two prices agree? |
//! | [`twap`] | what does a pool say that a token was worth over time? |
//! | [`volatility`] | how much does a price move, whoever looks at it and how often? |
//! | [`auction`] | what must a trade bring, this far into an opening? |
//! | [`budget`] | how much may still be lost, or moved? |
//!
//! # Units
//!
//! `{tok}` is the smallest unit of a token; `{value}` is the numeraire in WAD; a price is
//! `D36{value/tok}`: `{value} = {tok} * D36{value/tok} / D36`. `{wad}` is 1e18 fixed point, `{bps}` is
//! 1/10,000.
//!
//! # Rounding
//!
//! Every rounding is named (`_down`, `_up`) and goes against the person calling. A function without
//! a suffix says in its documentation why it needs none.
//!
//! # Failure
//!
//! Nothing panics, for any input. What cannot be computed is a [`MathError`]; what a guard refuses
//! carries the value and the bound.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod auction;
pub mod band;
pub mod basket;
pub mod budget;
pub mod clamp;
pub mod fees;
pub mod guard;
pub mod mul_div;
pub mod opinion;
pub mod plan;
pub mod price;
pub mod ramp;
pub mod shares;
pub mod stream;
pub mod twap;
pub mod volatility;

use ruint::aliases::U256;

/// One whole in basis points: 10,000.
pub const BPS: U256 = U256::from_limbs([10_000, 0, 0, 0]);
/// One whole in 18-digit fixed point: 1e18.
pub const WAD: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// {wad/bps}: 1e14.
pub const WAD_PER_BPS: U256 = U256::from_limbs([100_000_000_000_000, 0, 0, 0]);
/// The scale of prices: 1e36.
pub const D36: U256 = U256::from_limbs([12_919_594_847_110_692_864, 54_210_108_624_275_221, 0, 0]);
/// The most assets that any function accepts (invariant 18).
pub const MAX_ASSETS: usize = 32;
/// {value}: what a rebalance may overshoot a target by, whatever the token's unit is worth: 1e15.
pub const EPSILON_WAD: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// Why a formula has no answer.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum MathError {
    /// The exact result, or a sum on the way to it, needs more than 256 bits or is negative.
    Overflow,
    /// A NAV, a price or a supply of zero cannot divide.
    DivisionByZero,
    /// Arrays that describe the same assets differ in length, or an index points outside them.
    LengthMismatch,
    /// More than [`MAX_ASSETS`] assets.
    TooManyAssets,
    /// Weights that do not sum to exactly [`WAD`] (invariant 18).
    WeightsSum,
}

/// `a + b`, or [`MathError::Overflow`].
pub(crate) fn add(a: U256, b: U256) -> Result<U256, MathError> {
    a.checked_add(b).ok_or(MathError::Overflow)
}

/// `a - b`, or [`MathError::Overflow`].
pub(crate) fn sub(a: U256, b: U256) -> Result<U256, MathError> {
    a.checked_sub(b).ok_or(MathError::Overflow)
}

/// `a * b`, or [`MathError::Overflow`].
pub(crate) fn mul(a: U256, b: U256) -> Result<U256, MathError> {
    let (low, high) = mul_div::product(a, b);
    if high.is_zero() {
        return Ok(low);
    }
    Err(MathError::Overflow)
}

/// `⌊x / 2⌋`.
pub(crate) fn half_down(x: U256) -> U256 {
    let [a, b, c, d] = *x.as_limbs();
    U256::from_limbs([a >> 1 | b << 63, b >> 1 | c << 63, c >> 1 | d << 63, d >> 1])
}

/// `⌈x / 2⌉`.
pub(crate) fn half_up(x: U256) -> Result<U256, MathError> {
    let [low, ..] = *x.as_limbs();
    add(half_down(x), U256::from_limbs([low & 1, 0, 0, 0]))
}

/// Refuses arrays that differ in length or hold more than [`MAX_ASSETS`].
pub(crate) fn same_assets(a: usize, b: usize) -> Result<(), MathError> {
    if a != b {
        return Err(MathError::LengthMismatch);
    }
    if a > MAX_ASSETS {
        return Err(MathError::TooManyAssets);
    }
    Ok(())
}
