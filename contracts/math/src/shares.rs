//! What does a share bring in or pay out, in kind?

use crate::mul_div::{mul_div_down, mul_div_up};
use crate::MathError;
use ruint::aliases::U256;

/// What minting shares takes of an asset, `{tok} = ⌈{held tok} * {share} / {supply share}⌉`.
///
/// # Rounding
///
/// Up, against the minter.
///
/// # Errors
///
/// [`MathError::DivisionByZero`] when the supply is zero, [`MathError::Overflow`].
///
/// # Source
///
/// Invariants 4 to 7.
pub fn amount_up(held: U256, shares: U256, supply: U256) -> Result<U256, MathError> {
    mul_div_up(held, shares, supply)
}

/// What redeeming shares pays of an asset, `{tok} = ⌊{held tok} * {share} / {supply share}⌋`.
///
/// # Rounding
///
/// Down, against the redeemer.
///
/// # Errors
///
/// As [`amount_up`].
///
/// # Source
///
/// Invariants 4, 5 and 7.
pub fn amount_down(held: U256, shares: U256, supply: U256) -> Result<U256, MathError> {
    mul_div_down(held, shares, supply)
}

/// What can be paid now when a token's balance is short, `{tok} = ⌊amount * min(1, balance / owed)⌋`.
///
/// # Rounding
///
/// Down, so that everybody who is owed can be paid the same share.
///
/// # Errors
///
/// None while `balance < owed` implies `owed > 0`; kept fallible as every formula that divides.
///
/// # Source
///
/// DESIGN section 4, shortfall.
pub fn haircut_down(amount: U256, balance: U256, owed: U256) -> Result<U256, MathError> {
    if balance >= owed {
        return Ok(amount);
    }
    // {tok} = {tok} * {tok} / {tok}
    mul_div_down(amount, balance, owed)
}

/// What of an amount took no part in a payment of which only `moved` of the `due` left, `{tok} = ⌊amount * (due - moved) / due⌋`; all of it when
/// nothing was due.
///
/// It waits as if nobody had asked. The rest of what did not leave took its part, and waits behind the others.
///
/// # Rounding
///
/// Down, so that nobody waits in front with more than took no part.
///
/// # Errors
///
/// [`MathError::Overflow`] when more moved than was due.
///
/// # Source
///
/// DESIGN section 4, shortfall.
pub fn unmoved_down(amount: U256, moved: U256, due: U256) -> Result<U256, MathError> {
    if due.is_zero() {
        return Ok(amount);
    }
    // {tok} = {tok} - {tok}
    let left = due.checked_sub(moved).ok_or(MathError::Overflow)?;
    // {tok} = {tok} * {tok} / {tok}
    mul_div_down(amount, left, due)
}
