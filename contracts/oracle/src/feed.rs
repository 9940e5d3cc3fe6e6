//! Reading feeds that nobody vouches for: every answer is refused until each condition holds.

use alloc::vec::Vec;
use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::{erc20, raw};
use ballast_math::{
    opinion::{composite_d36, ratio_cap_down},
    price::price_d36,
};

use crate::{
    table::{Base, Entry},
    types::*,
    within,
    words::{Bounds, Cap, Sequencer, Source},
    MAX_HEARTBEAT_S, MAX_LAG_BPS,
};

/// Gas that one read of a feed may use: a proxy's read takes some 20,000 cold.
pub const FEED_GAS: u64 = 200_000;
/// How late an update may be after its heartbeat, seconds.
pub const HEARTBEAT_SLACK_S: u64 = 300;

const LATEST_ROUND_DATA: [u8; 4] = stylus_sdk::function_selector!("latestRoundData");
/// Five words: roundId, answer, startedAt, updatedAt, answeredInRound.
const ROUND_BYTES: usize = 160;

/// What has no result in the numbers' own type.
pub(crate) fn overflow<E>(_: E) -> OracleMathOverflow {
    OracleMathOverflow {}
}

/// What `latestRoundData` answered, not yet believed.
#[derive(Clone, Copy)]
struct Round {
    phase: u16,
    answer: I256,
    started_at: U256,
    updated_at: U256,
}

/// An answer that may be used.
pub(crate) struct Believed {
    /// Strictly between its bounds.
    pub(crate) answer: U256,
    /// When the feed was updated, seconds.
    pub(crate) updated_at: U256,
    /// The phase that the proxy is in; 0 when it tells none.
    pub(crate) phase: u16,
}

/// A price that may be used.
pub(crate) struct Price {
    /// {value/tok} · 1e36
    pub(crate) price_d36: U256,
    /// When the feed was updated, seconds; the one that was so longer ago, of two.
    pub(crate) updated_at: U256,
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

/// Reads feeds at one moment, none of them twice.
pub(crate) struct Reader {
    /// Seconds.
    pub(crate) now: u64,
    rounds: Vec<(Address, Round)>,
}

impl Reader {
    /// Reads at `now`, seconds.
    pub(crate) fn new(now: u64) -> Self {
        Self {
            now,
            rounds: Vec::new(),
        }
    }

    fn round(&mut self, feed: Address) -> Answer<Round> {
        if let Some((_, round)) = self.rounds.iter().find(|(read, _)| *read == feed) {
            return Ok(*round);
        }
        let round = latest_round(feed)?;
        self.rounds.push((feed, round));
        Ok(round)
    }

    /// Reads and believes an answer, or tells which condition failed.
    ///
    /// A proxy's aggregator, and with it the decimals, can only change together with its phase, which the
    /// round tells. So the decimals are asked for again only when the phase is not the one in which they
    /// were pinned, or when the feed has no phases: fail-closed at every read, without reading twice.
    ///
    /// # Source
    /// Invariant 21.
    #[inline(never)]
    pub(crate) fn believe(&mut self, source: &Source, bounds: &Bounds) -> Answer<Believed> {
        let feed = source.feed;
        let round = self.round(feed)?;

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

        // Both terms are small: a u32 and a constant.
        let max_age = u64::from(source.heartbeat).saturating_add(HEARTBEAT_SLACK_S);
        self.must_be_fresh(feed, round.updated_at, max_age)?;

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
        Ok(Believed {
            answer,
            updated_at: round.updated_at,
            phase: round.phase,
        })
    }

    /// Refuses what is from the future, of no time, or older than `max_age` seconds.
    pub(crate) fn must_be_fresh(
        &self,
        feed: Address,
        updated_at: U256,
        max_age: u64,
    ) -> Answer<()> {
        let (now, max_age) = (U256::from(self.now), U256::from(max_age));
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
        Ok(())
    }

    /// Where a ratio begins to grow: what its own feed said, at the time that the feed said it.
    ///
    /// # Errors
    /// [`OracleSpotRatio`] when that time is now, and any reason for which the answer cannot be used.
    pub(crate) fn ratio(&mut self, entry: &Entry, growth_bps: u32) -> Answer<Cap> {
        let first = self.believe(&entry.source, &entry.bounds)?;
        let since = u64::try_from(first.updated_at).map_err(overflow)?;
        if since == self.now {
            return Err(OracleSpotRatio {
                feed: entry.source.feed,
                updatedAt: first.updated_at,
            }
            .into());
        }
        Ok(Cap {
            ratio: u128::try_from(first.answer).map_err(overflow)?,
            since,
            growth_bps,
        })
    }

    /// Pins the phases that the feeds of a token are in; only if its price can be used.
    pub(crate) fn pin(&mut self, entry: &mut Entry) -> Answer<()> {
        self.price(entry)?;
        entry.source.phase = self.believe(&entry.source, &entry.bounds)?.phase;
        if let Some(base) = &mut entry.base {
            base.source.phase = self.believe(&base.source, &base.bounds)?.phase;
        }
        Ok(())
    }

    /// The price of a token by its feed, or by its two feeds multiplied; the second source is not asked.
    ///
    /// `price_d36` = answer · 10^(54 − feed decimals − token decimals), exact, where the answer of two feeds is their
    /// product and their decimals are the sum.
    ///
    /// # Source
    /// Invariant 21.
    #[inline(never)]
    pub(crate) fn price(&mut self, entry: &Entry) -> Answer<Price> {
        let (source, token_decimals) = (&entry.source, entry.source.token_decimals);
        let first = self.believe(source, &entry.bounds)?;
        let Some(Base {
            source: base,
            bounds,
            cap,
        }) = &entry.base
        else {
            let price_d36 =
                price_d36(first.answer, source.feed_decimals, token_decimals).map_err(overflow)?;
            return Ok(Price {
                price_d36,
                updated_at: first.updated_at,
            });
        };
        // {ratio}: what is above it is refused, never cut down to it.
        let most = ratio_cap_down(U256::from(cap.ratio), cap.since, self.now, cap.growth_bps)
            .map_err(overflow)?;
        if first.answer > most {
            return Err(OracleRatioAboveCap {
                feed: source.feed,
                ratio: first.answer,
                cap: most,
            }
            .into());
        }
        let second = self.believe(base, bounds)?;
        let price_d36 = composite_d36(
            first.answer,
            source.feed_decimals,
            second.answer,
            base.feed_decimals,
            token_decimals,
        )
        .map_err(overflow)?;
        Ok(Price {
            price_d36,
            updated_at: first.updated_at.min(second.updated_at),
        })
    }
}

/// A feed with what it is believed within, and the decimals that it tells now.
#[inline(never)]
pub(crate) fn pinned(
    feed: Address,
    [heartbeat, min, max, lag_bps]: &[U256; 4],
) -> Answer<(Source, Bounds)> {
    let max: u128 = within(*max, 1, u128::MAX)?;
    let min = within(*min, 0, max.saturating_sub(1))?;
    let bounds = Bounds { min, max };
    let source = Source {
        feed,
        heartbeat: within(*heartbeat, 1, MAX_HEARTBEAT_S.into())?,
        lag_bps: within(*lag_bps, 0, MAX_LAG_BPS.into())?,
        feed_decimals: feed_decimals(feed)?,
        ..Source::default()
    };
    Ok((source, bounds))
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
