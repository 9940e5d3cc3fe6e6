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
//! `prices()` costs one call for each token and one for the sequencer; all else that it needs lies in one
//! slot and in one account's code, however many tokens there are (docs/decisions/0012).
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
// An error carries the value and its bounds: that is its size.
#![allow(clippy::result_large_err)]
extern crate alloc;

pub mod feed;
mod table;
pub mod types;
pub mod words;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    answers::Answers, authority, clock, constants::DEFAULT_ADMIN_ROLE, data_account, erc20, raw,
    words as abi,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::{
    feed::{believe, FEED_GAS},
    table::{Entry, Table},
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
pub use table::MAX_FEEDS;

/// The oracle: flat and append-only.
#[storage]
#[entrypoint]
pub struct Oracle {
    policy: StorageAddress,
    /// The address of the account whose code is the [`table`]; zero while nothing is set.
    table: StorageU256,
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
        let table = self.table()?;
        if let Some(present) = table.find(token, 0) {
            return Err(OracleFeedAlreadySet {
                token,
                feed: present.source.feed,
            }
            .into());
        }
        if table.len() >= MAX_FEEDS {
            return Err(OracleTooManyFeeds {
                max: U256::from(MAX_FEEDS),
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

        self.keep(&table.with(token, Some(Entry { source, bounds })))?;
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
        let table = self.table()?;
        let feed = known(&table, token, 0)?.source.feed;
        let weight = authority::weight_of(self.policy.get(), token);
        if !weight.is_zero() {
            return Err(OracleAssetInUse {
                token,
                weightWad: weight,
            }
            .into());
        }
        self.keep(&table.with(token, None))?;
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
        let table = self.table()?;
        let mut entry = known(&table, token, 0)?;
        let Entry { source, bounds } = &mut entry;
        source.phase = believe(source, bounds, clock::now(self.vm()))?.phase;
        let (feed, phase) = (source.feed, U256::from(source.phase));
        self.keep(&table.with(token, Some(entry)))?;
        log(self.vm(), FeedPhasePinned { token, feed, phase });
        Ok(())
    }

    /// Sets the sequencer's uptime feed, once, and the grace period, seconds.
    ///
    /// # Errors
    /// [`OracleFeedAlreadySet`] for another feed than the one that is set.
    pub fn set_sequencer_feed(&mut self, feed: Address, grace: U256) -> Result<(), Error> {
        self.only_governor()?;
        let table = self.table()?;
        let present = table.sequencer().feed;
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
        self.keep(&table.with_sequencer(sequencer))?;
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
        let table = self.table()?;
        feed::sequencer_up_since(&table.sequencer(), now)?;
        let mut prices = Vec::with_capacity(tokens.len());
        for (place, token) in tokens.into_iter().enumerate() {
            let Entry { source, bounds } = known(&table, token, place)?;
            prices.push(believe(&source, &bounds, now)?.price_d36);
        }
        Ok(prices)
    }

    /// The whole market of `tokens`, in the order asked, from one read of each feed: prices {value/tok} · 1e36, lags (bps),
    /// stress (volatility over its reference, WAD; 0 without a reference), and since when it has been calm, seconds.
    ///
    /// Calm since the sequencer's last restart, and 0 where no sequencer is watched.
    ///
    /// # Errors
    /// As [`Self::prices`].
    ///
    /// # Source
    /// Invariant 21.
    #[allow(clippy::type_complexity)]
    pub fn market(
        &self,
        tokens: Vec<Address>,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>, Vec<U256>, U256)>, Error> {
        let now = clock::now(self.vm());
        let table = self.table()?;
        let calm_since = feed::sequencer_up_since(&table.sequencer(), now)?;
        let mut prices = Vec::with_capacity(tokens.len());
        let mut lags = Vec::with_capacity(tokens.len());
        for (place, token) in tokens.into_iter().enumerate() {
            let Entry { source, bounds } = known(&table, token, place)?;
            prices.push(believe(&source, &bounds, now)?.price_d36);
            lags.push(U256::from(source.lag_bps));
        }
        let stress = vec![U256::ZERO; prices.len()];
        Ok(Answers((prices, lags, stress, calm_since)))
    }

    /// Price of `token`, {value/tok} · 1e36, and when its feed was updated.
    ///
    /// # Errors
    /// As [`Self::prices`].
    pub fn latest(&self, token: Address) -> Result<(U256, U256), Error> {
        let now = clock::now(self.vm());
        let table = self.table()?;
        feed::sequencer_up_since(&table.sequencer(), now)?;
        let Entry { source, bounds } = known(&table, token, 0)?;
        let price = believe(&source, &bounds, now)?;
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
        let Entry { source, bounds } = known(&self.table()?, token, 0)?;
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
        self.table()
            .is_ok_and(|table| table.find(token, 0).is_some())
    }

    /// Deviation thresholds of the feeds of `tokens`, bps.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    pub fn lags(&self, tokens: Vec<Address>) -> Result<Vec<U256>, Error> {
        let table = self.table()?;
        let mut lags = Vec::with_capacity(tokens.len());
        for (place, token) in tokens.into_iter().enumerate() {
            lags.push(U256::from(known(&table, token, place)?.source.lag_bps));
        }
        Ok(lags)
    }

    /// The sequencer's uptime feed, zero for none, and the grace period, seconds.
    ///
    /// # Errors
    /// [`OracleTableUnreadable`].
    pub fn sequencer(&self) -> Result<(Address, U256), Error> {
        let sequencer = self.table()?.sequencer();
        Ok((sequencer.feed, U256::from(sequencer.grace)))
    }

    /// The policy that says who the governor is.
    pub fn policy(&self) -> Address {
        self.policy.get()
    }
}

impl Oracle {
    /// All feeds; an empty table while none is set.
    fn table(&self) -> Answer<Table> {
        let account = Address::from_word(abi::bytes(self.table.get()).into());
        if account.is_zero() {
            return Ok(Table::default());
        }
        Table::new(data_account::read(account))
            .ok_or_else(|| OracleTableUnreadable { account }.into())
    }

    /// Makes `data` the table from now on.
    fn keep(&mut self, data: &[u8]) -> Answer<()> {
        let account = data_account::write(data).ok_or_else(|| OracleTableNotStored {
            size: U256::from(data.len()),
        })?;
        self.table.set(abi::number(account.into_word().0));
        Ok(())
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

/// How `token` is priced; looked for from `place` on.
fn known(table: &Table, token: Address, place: usize) -> Answer<Entry> {
    table
        .find(token, place)
        .ok_or_else(|| OracleNoFeed { token }.into())
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
