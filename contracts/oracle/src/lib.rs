//! What is it worth, and how sure are we?
//!
//! ```text
//! setFeed() pins feed, decimals, bounds and lag -> prices() validates everything or reverts
//! pinPhase(), by anyone, after a proxy moved to a new aggregator with the same decimals
//! ```
//!
//! Never zero, never skipped: a price that cannot be believed is an error that names the feed, the
//! value and the bound. A malicious *governor* (who lives in the policy) can list a lying feed for a
//! new token, but can replace none while the policy gives the token a weight; no exit asks for a price.
//! Anybody else changes nothing but a pinned phase, and that only while the decimals stay the same.
//!
//! `prices()` costs two slots and one call for each token, and one slot and one call for the sequencer.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
// An error carries the value and its bounds: that is its size.
#![allow(clippy::result_large_err)]
extern crate alloc;

pub mod feed;
pub mod types;
pub mod words;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{authority, clock, constants::DEFAULT_ADMIN_ROLE, erc20, raw};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};

use crate::{
    feed::{believe, Price, FEED_GAS},
    types::*,
    words::{Bounds, Sequencer, Source},
};

/// Longest heartbeat of a feed, seconds.
pub const MAX_HEARTBEAT_S: u32 = 30 * 24 * 60 * 60;
/// Greatest lag of a feed, bps.
pub const MAX_LAG_BPS: u16 = 1_000;
/// Longest grace period after a restart of the sequencer, seconds.
pub const MAX_GRACE_S: u32 = 24 * 60 * 60;
/// Most decimals of feed and token together.
pub const MAX_DECIMALS: u8 = 54;

/// The oracle: flat and append-only; what may grow is mapped.
#[storage]
#[entrypoint]
pub struct Oracle {
    policy: StorageAddress,
    /// [`Sequencer`].
    sequencer: StorageU256,
    /// By token.
    feeds: StorageMap<Address, FeedSlots>,
}

/// What is stored about one token; grows at its end only.
#[storage]
pub struct FeedSlots {
    /// [`Source`].
    source: StorageU256,
    /// [`Bounds`].
    bounds: StorageU256,
}

#[public]
impl Oracle {
    /// Names the policy that says who the governor is.
    ///
    /// # Errors
    /// [`OracleNotContract`].
    #[constructor]
    pub fn constructor(&mut self, policy: Address) -> Result<(), Error> {
        self.must_have_code(policy)?;
        self.policy.set(policy);
        Ok(())
    }

    /// Prices `token` by `feed` from now on; pins the decimals of both.
    ///
    /// Answers are believed strictly between `min_answer` and `max_answer`, for `heartbeat` seconds
    /// and the slack; `lag_bps` is the feed's deviation threshold.
    ///
    /// # Errors
    /// Whatever is out of range, unreadable or already set; and any reason for which the feed's
    /// answer could not be used right now.
    ///
    /// # Source
    /// Invariant 21.
    pub fn set_feed(
        &mut self,
        token: Address,
        feed: Address,
        heartbeat: U256,
        min_answer: U256,
        max_answer: U256,
        lag_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        let present = self.source(token);
        if present.is_set() {
            return Err(OracleFeedAlreadySet {
                token,
                feed: present.feed,
            }
            .into());
        }
        self.must_have_code(token)?;
        self.must_have_code(feed)?;
        let bounds = Bounds {
            max: within(max_answer, 1, u128::MAX)?,
            min: within(
                min_answer,
                0,
                u128::try_from(max_answer)
                    .unwrap_or(u128::MAX)
                    .saturating_sub(1),
            )?,
        };
        let mut source = Source {
            feed,
            heartbeat: within(heartbeat, 1, MAX_HEARTBEAT_S)?,
            lag_bps: within(lag_bps, 0, MAX_LAG_BPS)?,
            feed_decimals: feed::feed_decimals(feed)?,
            token_decimals: erc20::decimals(token, FEED_GAS)
                .ok_or(OracleTokenUnreadable { token })?,
            ..Source::default()
        };
        let sum = u16::from(source.feed_decimals).saturating_add(source.token_decimals.into());
        if sum > MAX_DECIMALS.into() {
            return Err(OracleDecimalsTooMany {
                token,
                sum: U256::from(sum),
                max: U256::from(MAX_DECIMALS),
            }
            .into());
        }
        source.phase = believe(&source, &bounds, clock::now(self.vm()))?.phase;

        let mut slots = self.feeds.setter(token);
        slots.source.set(source.to_word());
        slots.bounds.set(bounds.to_word());
        log(
            self.vm(),
            FeedSet {
                token,
                feed,
                heartbeat,
                minAnswer: min_answer,
                maxAnswer: max_answer,
                lagBps: lag_bps,
                feedDecimals: U256::from(source.feed_decimals),
                tokenDecimals: U256::from(source.token_decimals),
            },
        );
        Ok(())
    }

    /// Forgets the feed of a token that has no weight and is to get none.
    ///
    /// # Errors
    /// [`OracleNoFeed`], [`OracleAssetInUse`].
    pub fn remove_feed(&mut self, token: Address) -> Result<(), Error> {
        self.only_governor()?;
        let feed = self.known(token)?.feed;
        let weight = authority::weight_of(self.policy.get(), token);
        if !weight.is_zero() {
            return Err(OracleAssetInUse {
                token,
                weightWad: weight,
            }
            .into());
        }
        let mut slots = self.feeds.setter(token);
        slots.source.set(U256::ZERO);
        slots.bounds.set(U256::ZERO);
        log(self.vm(), FeedRemoved { token, feed });
        Ok(())
    }

    /// Pins the phase that a token's feed is in now; for anybody, and only while its decimals are the pinned ones.
    ///
    /// Saves every reader the second call that a proxy costs after it moved to a new aggregator.
    ///
    /// # Errors
    /// [`OracleNoFeed`], and any reason for which the price cannot be used.
    pub fn pin_phase(&mut self, token: Address) -> Result<(), Error> {
        let mut source = self.known(token)?;
        source.phase = self.believed(token, &source, clock::now(self.vm()))?.phase;
        self.feeds.setter(token).source.set(source.to_word());
        log(
            self.vm(),
            FeedPhasePinned {
                token,
                feed: source.feed,
                phase: U256::from(source.phase),
            },
        );
        Ok(())
    }

    /// Sets the sequencer's uptime feed, once, and the grace period, seconds.
    ///
    /// # Errors
    /// [`OracleFeedAlreadySet`] for another feed than the one that is set.
    pub fn set_sequencer_feed(&mut self, feed: Address, grace: U256) -> Result<(), Error> {
        self.only_governor()?;
        let present = Sequencer::from_word(self.sequencer.get()).feed;
        if !present.is_zero() && present != feed {
            return Err(OracleFeedAlreadySet {
                token: Address::ZERO,
                feed: present,
            }
            .into());
        }
        let sequencer = Sequencer {
            feed,
            grace: within(grace, 0, MAX_GRACE_S)?,
        };
        if !feed.is_zero() {
            self.must_have_code(feed)?;
            feed::is_readable(feed)?;
        }
        self.sequencer.set(sequencer.to_word());
        log(self.vm(), SequencerFeedSet { feed, grace });
        Ok(())
    }

    /// Prices of `tokens`, {value/tok} · 1e36, in the order asked: all of them or an error.
    ///
    /// # Errors
    /// [`OracleNoFeed`], and every reason for which a price cannot be used.
    ///
    /// # Source
    /// Invariant 21.
    pub fn prices(&self, tokens: Vec<Address>) -> Result<Vec<U256>, Error> {
        let now = clock::now(self.vm());
        self.sequencer_is_up(now)?;
        let mut prices = Vec::with_capacity(tokens.len());
        for token in tokens {
            let source = self.known(token)?;
            prices.push(self.believed(token, &source, now)?.price_d36);
        }
        Ok(prices)
    }

    /// Price of `token`, {value/tok} · 1e36, and when its feed was updated.
    ///
    /// # Errors
    /// As [`Self::prices`].
    pub fn latest(&self, token: Address) -> Result<(U256, U256), Error> {
        let now = clock::now(self.vm());
        self.sequencer_is_up(now)?;
        let source = self.known(token)?;
        let price = self.believed(token, &source, now)?;
        Ok((price.price_d36, price.updated_at))
    }

    /// How `token` is priced: feed, heartbeat (s), least and greatest answer, lag (bps), feed and token decimals.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    #[allow(clippy::type_complexity)]
    pub fn feed_of(
        &self,
        token: Address,
    ) -> Result<(Address, U256, U256, U256, U256, U256, U256), Error> {
        let source = self.known(token)?;
        let bounds = self.bounds(token);
        Ok((
            source.feed,
            U256::from(source.heartbeat),
            U256::from(bounds.min),
            U256::from(bounds.max),
            U256::from(source.lag_bps),
            U256::from(source.feed_decimals),
            U256::from(source.token_decimals),
        ))
    }

    /// Whether `token` has a feed; whether its price can be used now is for [`Self::prices`] to say.
    pub fn is_priced(&self, token: Address) -> bool {
        self.source(token).is_set()
    }

    /// Deviation thresholds of the feeds of `tokens`, bps.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    pub fn lags(&self, tokens: Vec<Address>) -> Result<Vec<U256>, Error> {
        let mut lags = Vec::with_capacity(tokens.len());
        for token in tokens {
            lags.push(U256::from(self.known(token)?.lag_bps));
        }
        Ok(lags)
    }

    /// The sequencer's uptime feed, zero for none, and the grace period, seconds.
    pub fn sequencer(&self) -> (Address, U256) {
        let sequencer = Sequencer::from_word(self.sequencer.get());
        (sequencer.feed, U256::from(sequencer.grace))
    }

    /// The policy that says who the governor is.
    pub fn policy(&self) -> Address {
        self.policy.get()
    }
}

impl Oracle {
    fn source(&self, token: Address) -> Source {
        Source::from_word(self.feeds.getter(token).source.get())
    }

    fn bounds(&self, token: Address) -> Bounds {
        Bounds::from_word(self.feeds.getter(token).bounds.get())
    }

    fn known(&self, token: Address) -> Answer<Source> {
        let source = self.source(token);
        match source.is_set() {
            true => Ok(source),
            false => Err(OracleNoFeed { token }.into()),
        }
    }

    fn believed(&self, token: Address, source: &Source, now: u64) -> Answer<Price> {
        believe(source, &self.bounds(token), now)
    }

    fn sequencer_is_up(&self, now: u64) -> Answer<()> {
        feed::sequencer_is_up(&Sequencer::from_word(self.sequencer.get()), now)
    }

    fn must_have_code(&self, account: Address) -> Answer<()> {
        match raw::has_code(self.vm(), account) {
            true => Ok(()),
            false => Err(OracleNotContract { account }.into()),
        }
    }

    /// Refuses everybody who does not hold the governor's role in the policy.
    fn only_governor(&self) -> Answer<()> {
        let caller = self.vm().msg_sender();
        let role = DEFAULT_ADMIN_ROLE;
        if authority::has_role(self.policy.get(), role, caller) {
            return Ok(());
        }
        Err(OracleUnauthorized { caller, role }.into())
    }
}

/// `value` in the type of its bounds, or a refusal that names them.
fn within<T: TryFrom<U256> + PartialOrd + Copy>(value: U256, min: T, max: T) -> Answer<T>
where
    U256: alloy_primitives::ruint::UintTryFrom<T>,
{
    T::try_from(value)
        .ok()
        .filter(|v| *v >= min && *v <= max)
        .ok_or_else(|| {
            OracleParameterOutOfRange {
                value,
                min: U256::from(min),
                max: U256::from(max),
            }
            .into()
        })
}
