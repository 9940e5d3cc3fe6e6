//! What is it worth, and how sure are we?
//!
//! ```text
//! setFeed() pins feed, decimals, bounds and lag -> prices() validates everything or reverts
//! queueFeed() -> two days -> activate(), by anyone, when old and new feed agree -> the new one prices
//! observe(), by anyone, looks at the feeds -> market() knows how much they move
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

pub mod change;
pub mod feed;
pub mod second;
pub mod seen;
mod table;
pub mod types;
pub mod words;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use ballast_interfaces::{
    answers::Answers,
    authority, clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE, MODULE_DELAY_S},
    data_account, erc20, raw,
    slot::Slot,
    words as abi,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};

use crate::{
    change::{Change, Kind, Queued, AGREEMENT_BPS, CHANGE_LIFE_S, FEED_DEAD_S},
    feed::{Price, Reader, FEED_GAS},
    second::{mean_of_pool, must_agree, price_of_pyth},
    seen::{Seen, MAX_VOLATILITY_BPS},
    table::{Base, Entry, Table},
    types::*,
    words::{Mood, Second, Sequencer},
};

/// Longest heartbeat of a feed, seconds.
pub const MAX_HEARTBEAT_S: u32 = 30 * 24 * 60 * 60;
/// Greatest lag of a feed, bps.
pub const MAX_LAG_BPS: u16 = 1_000;
/// Greatest growth of a ratio in a year, bps.
pub const MAX_GROWTH_BPS: u32 = 5_000;
/// Longest grace period after a restart of the sequencer, seconds.
pub const MAX_GRACE_S: u32 = 24 * 60 * 60;
/// Most decimals of feed and token together.
pub const MAX_DECIMALS: u8 = 54;
/// How long the guardian rests after it cancelled a change, seconds: an act of the greatest length and as long again.
pub const CANCEL_REST_S: u64 = 2 * GUARDIAN_ACT_MAX_S;
pub use table::MAX_FEEDS;

/// The oracle: flat and append-only.
#[storage]
#[entrypoint]
pub struct Oracle {
    policy: StorageAddress,
    /// The address of the account whose code is the [`table`], zero while nothing is set; in the highest 64 bits
    /// when a breaker had tripped that the governor set anew since, seconds.
    table: StorageU256,
    /// What was seen of the tokens whose volatility is watched: [`Seen`].
    seen: StorageMap<Address, Slot<U256>>,
    /// Changes that wait: [`Queued`].
    queued: StorageMap<Address, Slot<U256>>,
    /// Since when a token's price was reported to be refused, seconds.
    refused: StorageMap<Address, Slot<U256>>,
    /// From when the guardian may cancel a change again, whichever, seconds.
    cancel_from: StorageU256,
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
        let table = self.must_be_new(token)?;
        let parameters = [heartbeat, min_answer, max_answer, lag_bps];
        let entry = self.listing(token, &[feed], &parameters, U256::ZERO)?;
        self.enter(&table, token, entry)
    }

    /// Prices `token` by two feeds multiplied from now on: how much of another asset it is worth, and what that is worth.
    ///
    /// `parameters` are four for each feed: heartbeat, least and greatest answer, lag. Each feed is pinned and believed by itself as in [`Self::set_feed`], the ratio's first; the token's lag is the sum of both. The ratio may
    /// be at most what its feed says now, grown by `max_growth_bps` a year since the feed said it.
    ///
    /// # Errors
    /// As [`Self::set_feed`]; [`OracleLengthMismatch`] unless there are two feeds and four parameters for each; [`OracleSpotRatio`] for a ratio that claims to
    /// be of this very second, as one does that is computed from a vault's or a pool's holdings when it is asked for.
    ///
    /// # Source
    /// Invariant 21.
    pub fn set_composite_feed(
        &mut self,
        token: Address,
        feeds: Vec<Address>,
        parameters: Vec<U256>,
        max_growth_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        if feeds.len() != 2 {
            return Err(length_mismatch(feeds.len(), 2));
        }
        let table = self.must_be_new(token)?;
        let entry = self.listing(token, &feeds, &parameters, max_growth_bps)?;
        self.enter(&table, token, entry)
    }

    /// Names the source with which the price of `token` must agree within `limit_bps`, or none for the address zero: a pool of Uniswap V3 over
    /// the last `window` seconds, or, where `max_confidence_bps` is not 0, the price `id` of a Pyth not older than `window`.
    ///
    /// For a token that has a weight only where there is none yet, because that refuses more and believes nothing new.
    ///
    /// # Errors
    /// [`OracleNoFeed`] for the token or the pool's other token, [`OracleAssetInUse`], [`OraclePoolMismatch`], what is out of range, and any
    /// reason for which the two do not agree now.
    pub fn set_second_source(
        &mut self,
        token: Address,
        source: Address,
        id: B256,
        window: U256,
        max_confidence_bps: U256,
        limit_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        let table = self.table()?;
        let mut entry = known(&table, token)?;
        if source.is_zero() || entry.second.is_some() {
            self.must_be_unused(token)?;
        }
        entry.second =
            self.second_asked(token, source, id, window, max_confidence_bps, limit_bps)?;
        self.validated(&table, token, &entry)?;
        self.keep(&table.with(token, Some(entry)))?;
        self.log_second(token, &entry);
        Ok(())
    }

    /// Queues another feed for a token that has one, or two feeds as in [`Self::set_composite_feed`]: [`Self::activate`] makes it the token's
    /// after [`MODULE_DELAY_S`]. Second source and volatility stay as they will be then.
    ///
    /// # Errors
    /// [`OracleNoFeed`], [`OracleChangePending`], and whatever a listing refuses.
    pub fn queue_feed(
        &mut self,
        token: Address,
        feeds: Vec<Address>,
        parameters: Vec<U256>,
        max_growth_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        known(&self.table()?, token)?;
        let entry = self.listing(token, &feeds, &parameters, max_growth_bps)?;
        self.queue(token, Kind::Feed, entry)
    }

    /// Queues another second source for a token that has a feed, or none for the address zero: as [`Self::set_second_source`], after [`MODULE_DELAY_S`].
    ///
    /// # Errors
    /// [`OracleNoFeed`], [`OracleChangePending`], and what is out of range; whether the two agree is asked at activation.
    pub fn queue_second_source(
        &mut self,
        token: Address,
        source: Address,
        id: B256,
        window: U256,
        max_confidence_bps: U256,
        limit_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        let mut entry = known(&self.table()?, token)?;
        entry.second =
            self.second_asked(token, source, id, window, max_confidence_bps, limit_bps)?;
        self.queue(token, Kind::Second, entry)
    }

    /// Makes a queued change, by anyone, once its delay is over.
    ///
    /// The code at the new sources must be what it was when the change was queued, and the price must be usable by them now. A new feed must
    /// agree with the old price within the lags of both and [`change::AGREEMENT_BPS`], or wait; where the old price is refused, it must have been
    /// reported so for [`change::FEED_DEAD_S`], since the change was queued.
    ///
    /// # Errors
    /// [`OracleNoChange`], [`OracleChangeEarly`], [`OracleChangeExpired`], [`OracleCodeChanged`], [`OracleFeedsDiffer`], [`OracleFeedNotDead`], and
    /// any reason for which the new price could not be used.
    ///
    /// # Source
    /// Invariants 19 and 20.
    pub fn activate(&mut self, token: Address) -> Result<(), Error> {
        let mut reader = Reader::new(clock::now(self.vm()));
        let now = reader.now;
        let (queued, change) = self.change_of(token)?;
        let ready_at = queued.ready_at;
        if now < ready_at {
            return Err(OracleChangeEarly {
                token,
                readyAt: U256::from(ready_at),
            }
            .into());
        }
        let expired_at = ready_at.saturating_add(CHANGE_LIFE_S);
        if now > expired_at {
            return Err(OracleChangeExpired {
                token,
                expiredAt: U256::from(expired_at),
            }
            .into());
        }
        let sources = Change::sources(change.kind, &change.entry);
        for (account, hash) in sources.into_iter().zip(change.hashes) {
            if self.vm().code_hash(account) != hash {
                return Err(OracleCodeChanged { account }.into());
            }
        }

        let table = self.table()?;
        feed::sequencer_up_since(&table.sequencer(), now)?;
        let old = known(&table, token)?;
        let mut new = old;
        match change.kind {
            Kind::Second => new.second = change.entry.second,
            Kind::Feed => {
                new.source = change.entry.source;
                new.bounds = change.entry.bounds;
                new.base = change.entry.base;
                reader.pin(&mut new)?;
            }
        }
        let price = self.validated(&table, token, &new)?.price_d36;
        if change.kind == Kind::Feed {
            self.must_follow(&table, token, &old, &new, price)?;
        }
        self.queued.setter(token).set(U256::ZERO);
        self.refused.setter(token).set(U256::ZERO);
        self.enter(&table, token, new)?;
        self.log_second(token, &new);
        Ok(())
    }

    /// Gives up a queued change; the governor may, and the guardian once in [`CANCEL_REST_S`], whichever token's: what it
    /// cancelled is queued again and then beyond its reach.
    ///
    /// # Errors
    /// [`OracleUnauthorized`], [`OracleNoChange`], [`OracleGuardianTooSoon`].
    ///
    /// # Source
    /// Invariant 27; docs/decisions/0024.
    pub fn cancel_change(&mut self, token: Address) -> Result<(), Error> {
        let by = self.vm().msg_sender();
        let policy = self.policy.get();
        let governs = authority::has_role(policy, DEFAULT_ADMIN_ROLE, by);
        if !governs && !authority::has_role(policy, GUARDIAN_ROLE, by) {
            let (caller, role) = (by, DEFAULT_ADMIN_ROLE);
            return Err(OracleUnauthorized { caller, role }.into());
        }
        self.change_of(token)?;
        if !governs {
            let (now, allowed_from) = (U256::from(clock::now(self.vm())), self.cancel_from.get());
            if now < allowed_from {
                return Err(OracleGuardianTooSoon {
                    token,
                    now,
                    allowedFrom: allowed_from,
                }
                .into());
            }
            let again = now.saturating_add(U256::from(CANCEL_REST_S));
            self.cancel_from.set(again);
        }
        self.queued.setter(token).set(U256::ZERO);
        self.emit(ChangeCancelled::SIGNATURE_HASH, &[token, by], &[]);
        Ok(())
    }

    /// Notes since when the price of `token` is refused, by anyone, or that it is not.
    ///
    /// # Errors
    /// [`OracleNoFeed`], and while the sequencer is not up, which is no feed's fault.
    pub fn report_feed(&mut self, token: Address) -> Result<(), Error> {
        let now = clock::now(self.vm());
        let table = self.table()?;
        feed::sequencer_up_since(&table.sequencer(), now)?;
        let entry = known(&table, token)?;
        let before = self.refused.get(token);
        let since = match self.validated(&table, token, &entry) {
            Ok(_) => U256::ZERO,
            Err(_) if before.is_zero() => U256::from(now),
            Err(_) => before,
        };
        self.refused.setter(token).set(since);
        self.emit(FeedReported::SIGNATURE_HASH, &[token], &[since]);
        Ok(())
    }

    /// Watches how much the price of `token` moves: `reference_bps` a year is usual, above `max_bps` nothing is traded (0: no breaker). For a
    /// reference of 0 nobody watches any more.
    ///
    /// What was seen lately goes on counting; otherwise it is as if the price had always moved by the reference.
    ///
    /// # Errors
    /// [`OracleNoFeed`], [`OracleParameterOutOfRange`] unless the breaker is 0 or above the reference, and any reason for which the price cannot be used.
    pub fn set_volatility(
        &mut self,
        token: Address,
        reference_bps: U256,
        max_bps: U256,
    ) -> Result<(), Error> {
        self.only_governor()?;
        let table = self.table()?;
        let mut entry = known(&table, token)?;
        let reference: u32 = within(reference_bps, 0, MAX_VOLATILITY_BPS.into())?;
        let max = if max_bps.is_zero() {
            0
        } else {
            let least = u128::from(reference).saturating_add(1);
            within(max_bps, least, MAX_VOLATILITY_BPS.into())?
        };
        // Nobody can have a storm forgotten by setting it anew: what was opened before stays void.
        let seen = Seen::from_word(self.seen.get(token));
        let [a, b, c, tripped_at] = self.table.get().into_limbs();
        let tripped_at = tripped_at.max(seen.tripped_at);
        self.table.set(U256::from_limbs([a, b, c, tripped_at]));
        entry.mood = (reference != 0).then_some(Mood {
            reference_bps: reference,
            max_bps: max,
        });
        if let Some(mood) = &entry.mood {
            let mut reader = Reader::new(clock::now(self.vm()));
            let price = reader.price(&entry)?.price_d36;
            let now = reader.now;
            if seen.is_stale(now) {
                let seen = Seen::first(price, now, mood);
                self.seen.setter(token).set(seen.to_word());
            }
        }
        self.keep(&table.with(token, Some(entry)))?;
        let event = VolatilitySet::SIGNATURE_HASH;
        self.emit(event, &[token], &[reference_bps, max_bps]);
        Ok(())
    }

    /// Looks at the prices of `tokens`, by anyone: what their feeds say now is what moved since the last look.
    ///
    /// However often and whenever it is called, what can be made of one path of a price is bounded: docs/volatility.md. Feeds are
    /// read, no pool is.
    ///
    /// # Errors
    /// [`OracleNoReference`], [`OracleNoFeed`], and every reason for which a price cannot be used but a second source's.
    pub fn observe(&mut self, tokens: Vec<Address>) -> Result<(), Error> {
        let mut reader = Reader::new(clock::now(self.vm()));
        let now = reader.now;
        let table = self.table()?;
        feed::sequencer_up_since(&table.sequencer(), now)?;
        let mut cursor = table.cursor();
        for token in tokens {
            let entry = cursor.find(token).ok_or(OracleNoFeed { token })?;
            let mood = entry.mood.ok_or(OracleNoReference { token })?;
            let price = reader.price(&entry)?.price_d36;
            let mut seen = Seen::from_word(self.seen.get(token)).after(price, now)?;
            let volatility = seen.volatility();
            let event = VolatilityObserved::SIGNATURE_HASH;
            self.emit(event, &[token], &[price, volatility]);
            if let Some(max) = mood.max_below(volatility) {
                seen.tripped_at = now;
                let event = BreakerTripped::SIGNATURE_HASH;
                self.emit(event, &[token], &[volatility, max]);
            }
            self.seen.setter(token).set(seen.to_word());
        }
        Ok(())
    }

    /// Forgets the feed of a token that has no weight and is to get none.
    ///
    /// # Errors
    /// [`OracleNoFeed`], [`OracleAssetInUse`], [`OracleFeedQuoted`].
    pub fn remove_feed(&mut self, token: Address) -> Result<(), Error> {
        self.only_governor()?;
        let table = self.table()?;
        let feed = known(&table, token)?.source.feed;
        self.must_be_unused(token)?;
        if let Some(by) = table.quoted_by(token) {
            return Err(OracleFeedQuoted { token, by }.into());
        }
        self.queued.setter(token).set(U256::ZERO);
        self.refused.setter(token).set(U256::ZERO);
        self.keep(&table.with(token, None))?;
        self.emit(FeedRemoved::SIGNATURE_HASH, &[token, feed], &[]);
        Ok(())
    }

    /// Pins the phases that a token's feeds are in now; for anybody, and only while the decimals are the pinned ones.
    ///
    /// Saves every reader the second call that a proxy costs after it moved to a new aggregator.
    ///
    /// # Errors
    /// [`OracleNoFeed`], and any reason for which the price cannot be used.
    pub fn pin_phase(&mut self, token: Address) -> Result<(), Error> {
        let table = self.table()?;
        let mut entry = known(&table, token)?;
        Reader::new(clock::now(self.vm())).pin(&mut entry)?;
        self.keep(&table.with(token, Some(entry)))?;
        for source in [Some(entry.source), entry.base.map(|base| base.source)] {
            let Some(source) = source else { break };
            let event = FeedPhasePinned::SIGNATURE_HASH;
            self.emit(event, &[token, source.feed], &[U256::from(source.phase)]);
        }
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
            grace: within(grace, 0, MAX_GRACE_S.into())?,
        };
        if !feed.is_zero() {
            self.must_have_code(feed)?;
            feed::is_readable(feed)?;
        }
        self.keep(&table.with_sequencer(sequencer))?;
        self.emit(SequencerFeedSet::SIGNATURE_HASH, &[feed], &[grace]);
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
        let (_, priced, _) = self.appraise(&tokens)?;
        Ok(priced.into_iter().map(|price| price.price_d36).collect())
    }

    /// The whole market of `tokens`, in the order asked, from one read of each feed: prices {value/tok} · 1e36, lags (bps),
    /// stress (volatility over its reference, WAD; 0 without a reference), and since when it has been calm, seconds.
    ///
    /// Calm since the sequencer's last restart or since a breaker of `tokens` was last seen to trip, whichever is later, and 0 for neither.
    ///
    /// # Errors
    /// As [`Self::prices`]; for tokens whose volatility is watched [`OracleVolatilityStale`] and [`OracleVolatilityTooHigh`].
    ///
    /// # Source
    /// Invariant 21.
    #[allow(clippy::type_complexity)]
    pub fn market(
        &self,
        tokens: Vec<Address>,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>, Vec<U256>, U256)>, Error> {
        let (entries, priced, started_at) = self.appraise(&tokens)?;
        let now = clock::now(self.vm());
        let mut prices = Vec::with_capacity(tokens.len());
        let mut lags = Vec::with_capacity(tokens.len());
        let mut stress = Vec::with_capacity(tokens.len());
        let mut tripped_at = self.tripped_at();
        for ((token, entry), price) in tokens.into_iter().zip(&entries).zip(priced) {
            prices.push(price.price_d36);
            lags.push(U256::from(entry.lag_bps()));
            stress.push(match &entry.mood {
                None => U256::ZERO,
                Some(mood) => {
                    let seen = Seen::from_word(self.seen.get(token));
                    tripped_at = tripped_at.max(seen.tripped_at);
                    seen.stress(token, mood, price.price_d36, now)?
                }
            });
        }
        let calm_since = started_at.max(U256::from(tripped_at));
        Ok(Answers((prices, lags, stress, calm_since)))
    }

    /// Price of `token`, {value/tok} · 1e36, and when its feed was updated: the older one's time, of two.
    ///
    /// # Errors
    /// As [`Self::prices`].
    pub fn latest(&self, token: Address) -> Result<(U256, U256), Error> {
        let (_, priced, _) = self.appraise(&[token])?;
        let price = priced.first().ok_or(OracleNoFeed { token })?;
        Ok((price.price_d36, price.updated_at))
    }

    /// How `token` is priced, by the first of its feeds: feed, heartbeat (s), least and greatest answer, lag (bps), feed and token decimals.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    #[allow(clippy::type_complexity)]
    pub fn feed_of(
        &self,
        token: Address,
    ) -> Result<(Address, U256, U256, U256, U256, U256, U256), Error> {
        let Entry { source, bounds, .. } = known(&self.table()?, token)?;
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

    /// What else than [`Self::feed_of`] says belongs to how `token` is priced, one word for each: [`Entry::details`]; then when its price was last
    /// looked at, seconds, and its volatility then, WAD a year.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    pub fn details_of(&self, token: Address) -> Result<Vec<U256>, Error> {
        let mut details = known(&self.table()?, token)?.details();
        let seen = Seen::from_word(self.seen.get(token));
        details.extend([U256::from(seen.at), seen.volatility()]);
        Ok(details)
    }

    /// The change of `token` that waits: whether it is of the second source (1) or of the feed (0), when it may be activated (s), when the price was reported to
    /// be refused (s, 0 for not); feed, heartbeat (s), least and greatest answer, lag (bps), decimals; and [`Entry::details`]. Nothing when none waits.
    ///
    /// # Errors
    /// [`OracleTableUnreadable`].
    pub fn pending_of(&self, token: Address) -> Result<Vec<U256>, Error> {
        let (queued, change) = match self.change_of(token) {
            Err(Error::OracleNoChange(_)) => return Ok(Vec::new()),
            found => found?,
        };
        let Entry { source, bounds, .. } = change.entry;
        let mut words = vec![
            U256::from(u8::from(change.kind == Kind::Second)),
            U256::from(queued.ready_at),
            self.refused.get(token),
            abi::number(source.feed.into_word().0),
            U256::from(source.heartbeat),
            U256::from(bounds.min),
            U256::from(bounds.max),
            U256::from(source.lag_bps),
            U256::from(source.feed_decimals),
        ];
        words.extend(change.entry.details());
        Ok(words)
    }

    /// Whether `token` has a feed; whether its price can be used now is for [`Self::prices`] to say.
    pub fn is_priced(&self, token: Address) -> bool {
        self.table().is_ok_and(|table| table.find(token).is_some())
    }

    /// Deviation thresholds of the feeds of `tokens`, bps; the sum of both where there are two.
    ///
    /// # Errors
    /// [`OracleNoFeed`].
    pub fn lags(&self, tokens: Vec<Address>) -> Result<Vec<U256>, Error> {
        let table = self.table()?;
        let mut cursor = table.cursor();
        let mut lags = Vec::with_capacity(tokens.len());
        for token in tokens {
            let entry = cursor.find(token).ok_or(OracleNoFeed { token })?;
            lags.push(U256::from(entry.lag_bps()));
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
    /// How each of `tokens` is priced, and its price now, by every condition of invariant 21; and since when it has been calm, seconds.
    fn appraise(&self, tokens: &[Address]) -> Answer<(Vec<Entry>, Vec<Price>, U256)> {
        let mut reader = Reader::new(clock::now(self.vm()));
        let table = self.table()?;
        let calm_since = feed::sequencer_up_since(&table.sequencer(), reader.now)?;
        let mut cursor = table.cursor();
        let mut entries = Vec::with_capacity(tokens.len());
        let mut prices = Vec::with_capacity(tokens.len());
        for token in tokens {
            let entry = cursor.find(*token).ok_or(OracleNoFeed { token: *token })?;
            prices.push(reader.price(&entry)?);
            entries.push(entry);
        }
        // Most quotes are in the basket, priced already.
        let priced = |quote| {
            let (_, price) = tokens.iter().zip(&prices).find(|(t, _)| **t == quote)?;
            Some(price.price_d36)
        };
        for ((token, entry), price) in tokens.iter().zip(&entries).zip(&prices) {
            second_agrees(&mut reader, &table, *token, entry, price, priced)?;
        }
        Ok((entries, prices, calm_since))
    }

    /// The price of `token` if it were priced so, by every condition of invariant 21.
    #[inline(never)]
    fn validated(&self, table: &Table, token: Address, entry: &Entry) -> Answer<Price> {
        let mut reader = Reader::new(clock::now(self.vm()));
        let price = reader.price(entry)?;
        second_agrees(&mut reader, table, token, entry, &price, |_| None)?;
        Ok(price)
    }

    /// The second source that is asked for, none for the address zero.
    fn second_asked(
        &self,
        token: Address,
        source: Address,
        id: B256,
        window: U256,
        max_confidence_bps: U256,
        limit_bps: U256,
    ) -> Answer<Option<Second>> {
        if source.is_zero() {
            return Ok(None);
        }
        self.must_have_code(source)?;
        second::asked(token, source, id, window, max_confidence_bps, limit_bps).map(Some)
    }

    /// Says which second source `token` has from now on.
    #[inline(never)]
    fn log_second(&self, token: Address, entry: &Entry) {
        let second = entry.second.unwrap_or_default();
        let numbers = [
            abi::number(second.id),
            U256::from(second.seconds),
            U256::from(second.confidence_bps),
            U256::from(second.limit_bps),
        ];
        let event = SecondSourceSet::SIGNATURE_HASH;
        self.emit(event, &[token, second.source], &numbers);
    }

    /// Keeps a change until [`Self::activate`], with the code that is at its sources now.
    #[inline(never)]
    fn queue(&mut self, token: Address, kind: Kind, entry: Entry) -> Answer<()> {
        let queued = Queued::from_word(self.queued.get(token));
        if queued.ready_at != 0 {
            return Err(OracleChangePending {
                token,
                readyAt: U256::from(queued.ready_at),
            }
            .into());
        }
        let sources = Change::sources(kind, &entry);
        let change = Change {
            kind,
            hashes: sources.map(|source| self.vm().code_hash(source)),
            entry,
        };
        let account = change
            .write(token)
            .ok_or(OracleTableNotStored { size: U256::ZERO })?;
        let ready_at = clock::now(self.vm()).saturating_add(MODULE_DELAY_S);
        let queued = Queued { account, ready_at };
        self.queued.setter(token).set(queued.to_word());
        // Whether the old feed is dead is asked from now on: it may have recovered since somebody said so.
        self.refused.setter(token).set(U256::ZERO);
        let [feed, _, second] = sources;
        let (is_second, source) = match kind {
            Kind::Feed => (0_u8, feed),
            Kind::Second => (1, second),
        };
        let numbers = [U256::from(is_second), U256::from(ready_at)];
        self.emit(ChangeQueued::SIGNATURE_HASH, &[token, source], &numbers);
        Ok(())
    }

    /// The change of `token` that waits.
    #[inline(never)]
    fn change_of(&self, token: Address) -> Answer<(Queued, Change)> {
        let queued = Queued::from_word(self.queued.get(token));
        if queued.ready_at == 0 {
            return Err(OracleNoChange { token }.into());
        }
        let account = queued.account;
        let change = Change::read(&data_account::read(account));
        let change = change.ok_or(OracleTableUnreadable { account })?;
        Ok((queued, change))
    }

    /// Refuses a new feed that does not agree with the old one, unless that one has been refused for long.
    #[inline(never)]
    fn must_follow(
        &self,
        table: &Table,
        token: Address,
        old: &Entry,
        new: &Entry,
        new_d36: U256,
    ) -> Answer<()> {
        let Ok(price) = self.validated(table, token, old) else {
            let since = self.refused.get(token);
            let dead = since.saturating_add(U256::from(FEED_DEAD_S));
            if since.is_zero() || U256::from(clock::now(self.vm())) < dead {
                return Err(OracleFeedNotDead {
                    token,
                    refusedSince: since,
                    deadAfter: U256::from(FEED_DEAD_S),
                }
                .into());
            }
            return Ok(());
        };
        let old_d36 = price.price_d36;
        let limit = old
            .lag_bps()
            .saturating_add(new.lag_bps())
            .saturating_add(AGREEMENT_BPS);
        if ballast_math::opinion::agree(old_d36, new_d36, limit).map_err(feed::overflow)? {
            return Ok(());
        }
        Err(OracleFeedsDiffer {
            token,
            oldD36: old_d36,
            newD36: new_d36,
            limitBps: U256::from(limit),
        }
        .into())
    }

    /// Refuses while the policy gives `token` a weight, or will.
    #[inline(never)]
    fn must_be_unused(&self, token: Address) -> Answer<()> {
        let weight = authority::weight_of(self.policy.get(), token);
        if weight.is_zero() {
            return Ok(());
        }
        Err(OracleAssetInUse {
            token,
            weightWad: weight,
        }
        .into())
    }

    /// The table, into which `token` may be entered.
    fn must_be_new(&self, token: Address) -> Answer<Table> {
        let table = self.table()?;
        if let Some(present) = table.find(token) {
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
        Ok(table)
    }

    /// How `token` is priced by one feed, or by a ratio and a base: read, checked and pinned.
    #[inline(never)]
    fn listing(
        &self,
        token: Address,
        feeds: &[Address],
        parameters: &[U256],
        max_growth_bps: U256,
    ) -> Answer<Entry> {
        self.must_have_code(token)?;
        let wanted = feeds.len().saturating_mul(4);
        if parameters.len() != wanted {
            return Err(length_mismatch(parameters.len(), wanted));
        }
        let mut pinned = [None, None];
        let (parameters, _) = parameters.as_chunks::<4>();
        for ((feed, parameters), pinned) in feeds.iter().zip(parameters).zip(&mut pinned) {
            self.must_have_code(*feed)?;
            *pinned = Some(feed::pinned(*feed, parameters)?);
        }
        let ([Some((source, bounds)), base], ..=2) = (pinned, feeds.len()) else {
            return Err(length_mismatch(feeds.len(), 2));
        };
        let mut entry = Entry::new(source, bounds);
        entry.source.token_decimals =
            erc20::decimals(token, FEED_GAS).ok_or(OracleTokenUnreadable { token })?;

        let mut reader = Reader::new(clock::now(self.vm()));
        if let Some((base, bounds)) = base {
            let growth_bps = within(max_growth_bps, 0, MAX_GROWTH_BPS.into())?;
            entry.base = Some(Base {
                source: base,
                bounds,
                cap: reader.ratio(&entry, growth_bps)?,
            });
        }
        let base_decimals = base.map_or(0, |(base, _)| base.feed_decimals);
        let sum = u16::from(source.feed_decimals)
            .saturating_add(base_decimals.into())
            .saturating_add(entry.source.token_decimals.into());
        if sum > MAX_DECIMALS.into() {
            return Err(OracleDecimalsTooMany {
                token,
                sum: U256::from(sum),
                max: U256::from(MAX_DECIMALS),
            }
            .into());
        }
        within::<u16>(U256::from(entry.lag_bps()), 0, MAX_LAG_BPS.into())?;
        reader.pin(&mut entry)?;
        Ok(entry)
    }

    /// Makes `entry` how `token` is priced from now on, and says so.
    #[inline(never)]
    fn enter(&mut self, table: &Table, token: Address, entry: Entry) -> Answer<()> {
        self.keep(&table.with(token, Some(entry)))?;
        let Entry { source, bounds, .. } = entry;
        let numbers = [
            U256::from(source.heartbeat),
            U256::from(bounds.min),
            U256::from(bounds.max),
            U256::from(entry.lag_bps()),
            U256::from(source.feed_decimals),
            U256::from(source.token_decimals),
        ];
        self.emit(FeedSet::SIGNATURE_HASH, &[token, source.feed], &numbers);
        if let Some(Base {
            source: base, cap, ..
        }) = entry.base
        {
            let numbers = [
                U256::from(cap.ratio),
                U256::from(cap.since),
                U256::from(cap.growth_bps),
            ];
            let event = CompositeFeedSet::SIGNATURE_HASH;
            self.emit(event, &[token, source.feed, base.feed], &numbers);
        }
        Ok(())
    }

    /// Logs an event whose arguments are words, the indexed ones, which are addresses, first.
    ///
    /// One small function where the library has a large one for each event.
    #[inline(never)]
    fn emit(&self, event: B256, indexed: &[Address], numbers: &[U256]) {
        let mut topics = vec![event];
        topics.extend(indexed.iter().map(|address| address.into_word()));
        let mut data = Vec::with_capacity(numbers.len().saturating_mul(32));
        for number in numbers {
            data.extend_from_slice(&abi::bytes(*number));
        }
        // Only more than four topics are refused.
        let _ = self.vm().raw_log(&topics, &data);
    }

    /// All feeds; an empty table while none is set.
    #[inline(never)]
    fn table(&self) -> Answer<Table> {
        let account = Address::from_word(abi::bytes(self.table.get()).into());
        if account.is_zero() {
            return Ok(Table::default());
        }
        Table::new(data_account::read(account))
            .ok_or_else(|| OracleTableUnreadable { account }.into())
    }

    /// Makes `data` the table from now on.
    #[inline(never)]
    fn keep(&mut self, data: &[u8]) -> Answer<()> {
        let account = data_account::write(data).ok_or_else(|| OracleTableNotStored {
            size: U256::from(data.len()),
        })?;
        let [a, b, c, _] = abi::number(account.into_word().0).into_limbs();
        let tripped_at = self.tripped_at();
        self.table.set(U256::from_limbs([a, b, c, tripped_at]));
        Ok(())
    }

    /// When a breaker was last seen to trip, seconds; 0 for never.
    fn tripped_at(&self) -> u64 {
        let [.., tripped_at] = self.table.get().into_limbs();
        tripped_at
    }

    #[inline(never)]
    fn must_have_code(&self, account: Address) -> Answer<()> {
        match raw::has_code(self.vm(), account) {
            true => Ok(()),
            false => Err(OracleNotContract { account }.into()),
        }
    }

    /// Refuses everybody who does not hold the governor's role in the policy.
    #[inline(never)]
    fn only_governor(&self) -> Answer<()> {
        let caller = self.vm().msg_sender();
        let role = DEFAULT_ADMIN_ROLE;
        if authority::has_role(self.policy.get(), role, caller) {
            return Ok(());
        }
        Err(OracleUnauthorized { caller, role }.into())
    }
}

/// How `token` is priced.
#[inline(never)]
fn known(table: &Table, token: Address) -> Answer<Entry> {
    table
        .find(token)
        .ok_or_else(|| OracleNoFeed { token }.into())
}

/// Refuses a price with which the token's second source, if there is one, does not agree; `priced` knows some tokens' prices.
#[inline(never)]
fn second_agrees(
    reader: &mut Reader,
    table: &Table,
    token: Address,
    entry: &Entry,
    price: &Price,
    priced: impl Fn(Address) -> Option<U256>,
) -> Answer<()> {
    let Some(second) = &entry.second else {
        return Ok(());
    };
    let other = match second.quote() {
        None => price_of_pyth(reader, second, entry.source.token_decimals)?,
        Some(quote) => {
            let quote_d36 = match priced(quote) {
                Some(price) => price,
                None => reader.price(&known(table, quote)?)?.price_d36,
            };
            mean_of_pool(second, quote_d36)?
        }
    };
    must_agree(token, price.price_d36, other, second.limit_bps.into())
}

fn length_mismatch(given: usize, wanted: usize) -> Error {
    OracleLengthMismatch {
        given: U256::from(given),
        wanted: U256::from(wanted),
    }
    .into()
}

/// `value` in its type, or a refusal that names the bounds, which are that type's.
pub(crate) fn within<T: TryFrom<u128> + Default>(value: U256, min: u128, max: u128) -> Answer<T> {
    ranged(value, min, max).map(|value| T::try_from(value).unwrap_or_default())
}

#[inline(never)]
fn ranged(value: U256, min: u128, max: u128) -> Answer<u128> {
    let number = u128::try_from(value).ok();
    number.filter(|v| *v >= min && *v <= max).ok_or_else(|| {
        OracleParameterOutOfRange {
            value,
            min: U256::from(min),
            max: U256::from(max),
        }
        .into()
    })
}
