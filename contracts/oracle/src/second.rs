//! The source that must agree with the first: what a pool of Uniswap V3 was at over time, or what Pyth tells.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, I256, U256};
use ballast_interfaces::{raw, words as abi};
use ballast_math::{
    mul_div::mul_div_down,
    opinion::agree,
    price::price_d36,
    twap::{mean_tick, price_at_tick_d36},
    BPS,
};

use crate::{
    feed::{overflow, Reader, FEED_GAS},
    types::*,
    within,
    words::Second,
};

/// Shortest window over which a pool's price is taken, seconds.
pub const MIN_WINDOW_S: u32 = 600;
/// Longest window, seconds.
pub const MAX_WINDOW_S: u32 = 86_400;
/// Greatest age of a price of Pyth, seconds.
pub const MAX_PYTH_AGE_S: u32 = 3_600;
/// Widest confidence of a price of Pyth, bps of it.
pub const MAX_CONFIDENCE_BPS: u16 = 1_000;
/// Furthest that two sources may be apart, bps of the less.
pub const MAX_GAP_BPS: u16 = 2_000;

const OBSERVE: [u8; 4] = stylus_sdk::function_selector!("observe", Vec<u32>);
const TOKEN_0: [u8; 4] = stylus_sdk::function_selector!("token0");
const TOKEN_1: [u8; 4] = stylus_sdk::function_selector!("token1");
const GET_PRICE_UNSAFE: [u8; 4] = stylus_sdk::function_selector!("getPriceUnsafe", B256);
const WORD: usize = 32;
/// Two arrays of two: two offsets, and each array's length and members.
const OBSERVATIONS_BYTES: usize = 8 * WORD;
/// Four words: price, confidence, exponent, time.
const PYTH_BYTES: usize = 4 * WORD;

/// The words of an answer.
fn words(data: &[u8]) -> impl Iterator<Item = U256> + '_ {
    let (words, _) = data.as_chunks::<WORD>();
    words.iter().map(|word| abi::number(*word))
}

/// A word that holds a signed number of 64 bits.
fn signed(word: U256) -> Option<i64> {
    let [low, rest @ ..] = word.into_limbs();
    // Two's complement: what is above the sign repeats it.
    let low = i64::from_ne_bytes(low.to_ne_bytes());
    let above = if low < 0 { u64::MAX } else { 0 };
    (rest == [above; 3]).then_some(low)
}

/// Calldata of one function with words behind its selector.
fn calldata<const N: usize>(selector: [u8; 4], words: [[u8; WORD]; N]) -> Vec<u8> {
    let mut data = selector.to_vec();
    data.extend(words.into_iter().flatten());
    data
}

/// A second source as it is asked for: a pool for a confidence of 0, of which it reads the other token; else Pyth.
#[inline(never)]
pub(crate) fn asked(
    token: Address,
    source: Address,
    id: B256,
    seconds: U256,
    max_confidence_bps: U256,
    limit_bps: U256,
) -> Answer<Second> {
    let limit_bps = within(limit_bps, 1, MAX_GAP_BPS.into())?;
    if !max_confidence_bps.is_zero() {
        return Ok(Second {
            source,
            id: id.0,
            seconds: within(seconds, 1, MAX_PYTH_AGE_S.into())?,
            limit_bps,
            confidence_bps: within(max_confidence_bps, 1, MAX_CONFIDENCE_BPS.into())?,
            is_first: false,
        });
    }
    let seconds = within(seconds, MIN_WINDOW_S.into(), MAX_WINDOW_S.into())?;
    let (first, second) = (token_of(source, TOKEN_0)?, token_of(source, TOKEN_1)?);
    let is_first = first == token;
    if (!is_first && second != token) || !id.is_zero() {
        return Err(OraclePoolMismatch {
            pool: source,
            token,
        }
        .into());
    }
    let quote = if is_first { second } else { first };
    Ok(Second {
        source,
        id: quote.into_word().0,
        seconds,
        limit_bps,
        confidence_bps: 0,
        is_first,
    })
}

#[inline(never)]
fn token_of(pool: Address, selector: [u8; 4]) -> Answer<Address> {
    let answer = raw::static_call(pool, &selector, FEED_GAS, WORD).unwrap_or_default();
    match answer.first_chunk() {
        Some(word) => Ok(Address::from_word(B256::new(*word))),
        None => Err(OracleSecondUnreadable { source: pool }.into()),
    }
}

/// A pool's mean price of the token over its window, {value/tok} · 1e36, where the pool's other token is worth `quote_d36`.
///
/// # Errors
/// [`OraclePoolUnobservable`] when the pool does not answer: it does not remember that far back, for one.
#[inline(never)]
pub(crate) fn mean_of_pool(second: &Second, quote_d36: U256) -> Answer<U256> {
    let (pool, seconds) = (second.source, second.seconds);
    let number = |n: u32| abi::bytes(U256::from(n));
    // [window, 0]: one array of two.
    let data = calldata(OBSERVE, [number(32), number(2), number(seconds), number(0)]);
    let answer = raw::static_call(pool, &data, FEED_GAS, OBSERVATIONS_BYTES).unwrap_or_default();
    let mut words = words(&answer);
    let observed = (|| {
        // The offset of the first array is two words, its length two members.
        let is_two = words.next()? == U256::from(64);
        let length = words.nth(1)? == U256::from(2);
        let (then, now) = (signed(words.next()?)?, signed(words.next()?)?);
        (is_two && length).then_some((then, now))
    })();
    let Some((then, now)) = observed else {
        return Err(OraclePoolUnobservable {
            pool,
            window: U256::from(seconds),
        }
        .into());
    };
    let tick = mean_tick(then, now, seconds).map_err(overflow)?;
    Ok(price_at_tick_d36(tick, quote_d36, second.is_first).map_err(overflow)?)
}

/// Pyth's price of a token with so many decimals, {value/tok} · 1e36.
///
/// # Errors
/// [`OracleSecondUnreadable`], [`OracleStale`], [`OracleFuture`], [`OraclePythOutOfRange`], [`OraclePythUnsure`].
#[inline(never)]
pub(crate) fn price_of_pyth(reader: &Reader, second: &Second, token_decimals: u8) -> Answer<U256> {
    let pyth = second.source;
    let data = calldata(GET_PRICE_UNSAFE, [second.id]);
    let answer = raw::static_call(pyth, &data, FEED_GAS, PYTH_BYTES).unwrap_or_default();
    let mut words = words(&answer);
    let (Some(price), Some(confidence), Some(exponent), Some(at)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(OracleSecondUnreadable { source: pyth }.into());
    };
    reader.must_be_fresh(pyth, at, second.seconds.into())?;
    // {value/whole tok} = price · 10^exponent: as many decimals as the exponent is below zero.
    let decimals = signed(exponent).and_then(|e| u8::try_from(e.checked_neg()?).ok());
    let positive = signed(price).filter(|price| *price > 0);
    let (Some(decimals), true) = (decimals, positive.is_some()) else {
        return Err(OraclePythOutOfRange {
            pyth,
            price: I256::from_raw(price),
            exponent: I256::from_raw(exponent),
        }
        .into());
    };
    // {price} = {price} · {bps} / {bps}
    let widest = mul_div_down(price, U256::from(second.confidence_bps), BPS).map_err(overflow)?;
    if confidence > widest {
        return Err(OraclePythUnsure {
            pyth,
            confidence,
            max: widest,
        }
        .into());
    }
    Ok(price_d36(price, decimals, token_decimals).map_err(overflow)?)
}

/// Refuses when the two sources of `token` are further apart than they may be.
#[inline(never)]
pub(crate) fn must_agree(
    token: Address,
    first_d36: U256,
    second_d36: U256,
    limit_bps: u32,
) -> Answer<()> {
    if agree(first_d36, second_d36, limit_bps).map_err(overflow)? {
        return Ok(());
    }
    Err(OracleSourcesDiffer {
        token,
        firstD36: first_d36,
        secondD36: second_d36,
        limitBps: U256::from(limit_bps),
    }
    .into())
}
