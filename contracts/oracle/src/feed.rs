//! Reading feeds that nobody vouches for: every answer is refused until each condition holds.

use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::{erc20, raw};
use ballast_math::price::price_d36;

use crate::{
    types::*,
    words::{Bounds, Sequencer, Source},
};

/// Gas that one read of a feed may use: a proxy's read takes some 20,000 cold.
pub const FEED_GAS: u64 = 200_000;
/// How late an update may be after its heartbeat, seconds.
pub const HEARTBEAT_SLACK_S: u64 = 300;

const LATEST_ROUND_DATA: [u8; 4] = stylus_sdk::function_selector!("latestRoundData");
/// Five words: roundId, answer, startedAt, updatedAt, answeredInRound.
const ROUND_BYTES: usize = 160;

/// What `latestRoundData` answered, not yet believed.
struct Round {
    phase: u16,
    answer: I256,
    started_at: U256,
    updated_at: U256,
}

/// A price that may be used.
pub(crate) struct Price {
    /// {value/tok} · 1e36
    pub(crate) price_d36: U256,
    /// When the feed was updated, seconds.
    pub(crate) updated_at: U256,
    /// The phase that the proxy is in; 0 when it tells none.
    pub(crate) phase: u16,
}

/// Reads a feed under [`FEED_GAS`]; an address without code answers too little.
fn latest_round(feed: Address) -> Answer<Round> {
    let unreadable = || OracleFeedUnreadable { feed };
    let data = raw::static_call(feed, &LATEST_ROUND_DATA, FEED_GAS, ROUND_BYTES)
        .map_err(|_| unreadable())?;
    let mut words = data.chunks_exact(32).filter_map(U256::try_from_be_slice);
    let (Some(round_id), Some(answer), Some(started_at), Some(updated_at), Some(_)) = (
        words.next(),
        words.next(),
        words.next(),
        words.next(),
        words.next(),
    ) else {
        return Err(unreadable().into());
    };
    // Chainlink's proxies put the phase in bits 64 to 79; whatever is higher is no round of theirs.
    let phase = match round_id.into_limbs() {
        [_, phase, 0, 0] => u16::try_from(phase).unwrap_or(0),
        _ => 0,
    };
    Ok(Round {
        phase,
        answer: I256::from_raw(answer),
        started_at,
        updated_at,
    })
}

/// Reads and believes a price, or tells which condition failed.
///
/// `price_d36` = answer · 10^(54 − feed decimals − token decimals), exact.
///
/// A proxy's aggregator, and with it the decimals, can only change together with its phase, which the
/// round tells. So the decimals are asked for again only when the phase is not the one in which they
/// were pinned, or when the feed has no phases: fail-closed at every read, without reading twice.
///
/// # Source
/// Invariant 21.
pub(crate) fn believe(source: &Source, bounds: &Bounds, now: u64) -> Answer<Price> {
    let feed = source.feed;
    let round = latest_round(feed)?;

    let (min, max) = (U256::from(bounds.min), U256::from(bounds.max));
    let answer = round.answer.into_raw();
    // A negative answer is beyond every bound when it is read without its sign.
    if answer <= min || answer >= max {
        return Err(OracleAnswerOutOfBounds {
            feed,
            answer: round.answer,
            min,
            max,
        }
        .into());
    }

    let updated_at = round.updated_at;
    let now = U256::from(now);
    // Both terms are small: a u32 and a constant.
    let max_age = U256::from(u64::from(source.heartbeat).saturating_add(HEARTBEAT_SLACK_S));
    let Some(age) = now.checked_sub(updated_at) else {
        return Err(OracleFuture {
            feed,
            updatedAt: updated_at,
            now,
        }
        .into());
    };
    if updated_at.is_zero() || age > max_age {
        return Err(OracleStale {
            feed,
            updatedAt: updated_at,
            maxAge: max_age,
        }
        .into());
    }

    if round.phase == 0 || round.phase != source.phase {
        let decimals = feed_decimals(feed)?;
        if decimals != source.feed_decimals {
            return Err(OracleDecimalsChanged {
                feed,
                decimals: U256::from(decimals),
                pinned: U256::from(source.feed_decimals),
            }
            .into());
        }
    }

    let price_d36 = price_d36(answer, source.feed_decimals, source.token_decimals)
        .map_err(|_| OracleMathOverflow {})?;
    Ok(Price {
        price_d36,
        updated_at,
        phase: round.phase,
    })
}

/// The feed's decimals as it tells them now.
pub(crate) fn feed_decimals(feed: Address) -> Answer<u8> {
    erc20::decimals(feed, FEED_GAS).ok_or_else(|| OracleFeedUnreadable { feed }.into())
}

/// Since when the sequencer is up, seconds, 0 without a feed; refuses while it is down, or has not been up for
/// longer than the grace period.
///
/// # Source
/// Invariant 21. `startedAt` 0 is what the feed says before its first report.
pub(crate) fn sequencer_up_since(sequencer: &Sequencer, now: u64) -> Answer<U256> {
    let feed = sequencer.feed;
    if feed.is_zero() {
        return Ok(U256::ZERO);
    }
    let round = latest_round(feed)?;
    if !round.answer.is_zero() {
        return Err(OracleSequencerDown {
            feed,
            answer: round.answer,
        }
        .into());
    }
    let started_at = round.started_at;
    if started_at.is_zero() {
        return Err(OracleSequencerUnready {
            feed,
            startedAt: started_at,
        }
        .into());
    }
    let now = U256::from(now);
    let Some(up_for) = now.checked_sub(started_at) else {
        return Err(OracleFuture {
            feed,
            updatedAt: started_at,
            now,
        }
        .into());
    };
    let grace = U256::from(sequencer.grace);
    if up_for <= grace {
        return Err(OracleSequencerGrace {
            feed,
            startedAt: started_at,
            grace,
        }
        .into());
    }
    Ok(started_at)
}

/// Whether a feed answers a whole round at all.
pub(crate) fn is_readable(feed: Address) -> Answer<()> {
    latest_round(feed).map(|_| ())
}
