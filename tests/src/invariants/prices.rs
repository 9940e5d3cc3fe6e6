//! What things are worth: feeds as they were last set, what may be believed of them, pools that follow.

use alloy::primitives::{Address, B256, I256, U256};
use anyhow::Context;
use ballast::{
    abi::{IPriceFeed, ISequencerFeed, ISwapRouter02, Oracle, IERC20},
    local::uniswap::{sqrt_price_x96, FEE},
};
use devnode::{Act, ChainError};

use super::{
    model::{agree, share_down, YEAR_S},
    stand::{NEW, RATIO, SPARE, TWICE},
    world::{Go, World},
};
use crate::IMockPyth;

/// Seconds by which an update may be later than its heartbeat.
const SLACK_S: u64 = 300;
/// Pyth's prices here have 8 decimals, as the feeds.
const PYTH_EXPONENT: i32 = -8;
/// What Pyth calls the asset that it prices.
pub(crate) const PYTH_ID: B256 = B256::repeat_byte(0x77);

fn bps(of: U256, part: u64) -> U256 {
    share_down(of, U256::from(part), U256::from(10_000))
}

impl World<'_> {
    /// Moves the answer of feed `i` by at most so many bps, within its bounds.
    pub(crate) fn drift(&mut self, i: usize, most_bps: u64) {
        self.drift_by(i, 0, most_bps);
    }

    /// The same by no less than so many.
    pub(crate) fn drift_by(&mut self, i: usize, least_bps: u64, most_bps: u64) {
        let up = self.random.one_in(2);
        let part = self.random.within(least_bps, most_bps);
        let factor = if up { 10_000 + part } else { 10_000 - part };
        let first = self.stand.answers[i].into_raw();
        let most = U256::from(80);
        let moved = bps(self.feeds[i].answer.into_raw(), factor);
        self.feeds[i].answer = I256::from_raw(moved.clamp(first / most, first * most));
    }

    /// Feeds of the same thing follow each other at some distance; what a share of another asset is worth grows.
    fn follow(&mut self) {
        let first = self.feeds[0].answer.into_raw();
        let spare = bps(first, self.random.within(9_950, 10_050));
        self.feeds[SPARE].answer = I256::from_raw(spare);
        // Sometimes by more than it may.
        let grown = match self.random.one_in(24) {
            true => self.random.within(10_000, 10_200),
            false => self.random.within(9_999, 10_000),
        };
        let ratio = bps(self.feeds[RATIO].answer.into_raw(), grown);
        self.feeds[RATIO].answer = I256::from_raw(ratio);
        let worth = share_down(first, ratio, U256::from(100_000_000u64));
        let told = bps(worth, self.random.within(9_960, 10_040));
        self.feeds[NEW].answer = I256::from_raw(told);
    }

    /// Writes the model's answer of feed `i` into it, stamped now.
    pub(crate) fn publish(&mut self, i: usize) -> Go {
        let updated = self.chain.next_timestamp();
        self.write_feed(i, updated)
    }

    /// The same with another stamp.
    pub(crate) fn write_feed(&mut self, i: usize, updated: u64) -> Go {
        let feed = &mut self.feeds[i];
        feed.updated = updated;
        let call = IPriceFeed::setCall {
            answer: feed.answer,
            updatedAt: U256::from(updated),
        };
        self.set(self.stand.aggregators[i], call)
    }

    pub(crate) fn set_feed_mode(&mut self, i: usize, mode: u8) -> Go {
        self.feeds[i].mode = mode;
        let call = IPriceFeed::setModeCall { mode };
        self.set(self.stand.aggregators[i], call)
    }

    /// Every feed works and is fresh.
    pub(crate) fn publish_all(&mut self) -> Go {
        self.follow();
        for i in 0..self.feeds.len() {
            if self.feeds[i].mode != 0 {
                self.set_feed_mode(i, 0)?;
            }
            self.publish(i)?;
        }
        // Pyth agrees, but for a little, and once in a while does not.
        let gap = match self.random.one_in(24) {
            true => self.random.within(9_000, 11_000),
            false => self.random.within(9_950, 10_050),
        };
        let price: u64 = bps(self.feeds[TWICE].answer.into_raw(), gap).saturating_to();
        self.pyth = (price, self.chain.next_timestamp());
        let call = IMockPyth::setPriceCall {
            id: PYTH_ID,
            price: price as i64,
            conf: price / 1_000,
            expo: PYTH_EXPONENT,
            publishTime: U256::from(self.pyth.1),
        };
        self.set(self.stand.pyth, call)
    }

    pub(crate) fn set_sequencer(&mut self, up: bool, since: u64) -> Go {
        self.sequencer = (up, since);
        let call = ISequencerFeed::setCall {
            answer: if up { I256::ZERO } else { I256::ONE },
            startedAt: U256::from(since),
        };
        self.set(self.stand.stage.sequencer_aggregator, call)
    }

    /// Every feed is fresh, the sequencer up for long, and somebody has looked at what is watched.
    pub(crate) fn wake(&mut self) -> Go {
        self.publish_all()?;
        let since = self.now().saturating_sub(30 * 3_600);
        self.set_sequencer(true, since)?;
        let oracle = self.oracle();
        let maker = self.stand.stage.cast.maker;
        for token in self.stand.tokens() {
            let call = Oracle::detailsOfCall { token };
            let Ok(details) = self.try_ask(maker, oracle, call)? else {
                continue;
            };
            if !details[14].is_zero() {
                self.pay(maker);
                let tokens = vec![token];
                // A price that is refused now is not looked at.
                self.chain
                    .act(&Act::new(maker, oracle, Oracle::observeCall { tokens }))?;
            }
        }
        Ok(())
    }

    /// Validated prices of what is listed, by the places of the assets, or why there are none.
    pub(crate) fn prices(&self) -> Go<Result<Vec<U256>, ChainError>> {
        let modes = vec![U256::ZERO; self.stand.assets.len()];
        self.prices_but(&modes)
    }

    /// Prices of what is listed and not quarantined, 0 for what is; or why there are none.
    pub(crate) fn prices_but(&self, modes: &[U256]) -> Go<Result<Vec<U256>, ChainError>> {
        let quarantined = U256::from(2);
        let listed = &self.books.order;
        let wanted: Vec<_> = listed
            .iter()
            .filter(|i| modes[**i] != quarantined)
            .collect();
        let call = Oracle::pricesCall {
            tokens: wanted
                .iter()
                .map(|i| self.stand.assets[**i].token)
                .collect(),
        };
        let told = self.try_ask(Address::ZERO, self.oracle(), call)?;
        Ok(told.map(|told| {
            let mut all = vec![U256::ZERO; self.stand.assets.len()];
            for (i, price) in wanted.into_iter().zip(told) {
                all[*i] = price;
            }
            all
        }))
    }

    /// What a feed says, if it may be believed at `now`.
    fn believed(
        &self,
        feed: U256,
        bounds: (U256, U256),
        heartbeat: U256,
        now: u64,
    ) -> Option<U256> {
        let feed = Address::from_word(feed.into());
        let i = self.stand.aggregators.iter().position(|a| *a == feed)?;
        let feed = &self.feeds[i];
        let age = U256::from(now.checked_sub(feed.updated)?);
        let fresh = feed.updated > 0 && age <= heartbeat + U256::from(SLACK_S);
        let answer = feed.answer.into_raw();
        let inside = feed.answer.is_positive() && answer > bounds.0 && answer < bounds.1;
        (feed.mode == 0 && fresh && inside).then_some(answer)
    }

    /// What asset `i` is worth by `oracle`'s word on how it is priced, if that may be believed; D36{value/tok}.
    fn expected_price(&self, oracle: Address, i: usize) -> Go<Option<U256>> {
        let asset = &self.stand.assets[i];
        let token = asset.token;
        let Ok(how) = self.try_ask(Address::ZERO, oracle, Oracle::feedOfCall { token })? else {
            return Ok(None);
        };
        let details = self.ask(oracle, Oracle::detailsOfCall { token })?;
        Ok(self.price_by(asset.scale, &how, &details))
    }

    fn price_by(&self, scale: U256, how: &Oracle::feedOfReturn, details: &[U256]) -> Option<U256> {
        let now = self.now();
        let feed = U256::from_be_bytes(how.feed.into_word().0);
        let bounds = (how.minAnswer, how.maxAnswer);
        let first = self.believed(feed, bounds, how.heartbeat, now)?;
        let price = if details[0].is_zero() {
            first * scale
        } else {
            let (ratio, since, growth) = (details[6], details[7], details[8]);
            let gone = U256::from(now) - since;
            let whole = U256::from(10_000) * U256::from(YEAR_S);
            if first > ratio + share_down(ratio, growth * gone, whole) {
                return None;
            }
            let base = self.believed(details[0], (details[2], details[3]), details[1], now)?;
            first * base * scale / U256::from(100_000_000u64)
        };
        if !details[9].is_zero() {
            let (told, at) = self.pyth;
            let age = U256::from(now.checked_sub(at)?);
            let sure = U256::from(told / 1_000)
                <= share_down(U256::from(told), details[12], U256::from(10_000));
            let fits = agree(price, U256::from(told) * scale, details[13]);
            if age > details[11] || !sure || !fits {
                return None;
            }
        }
        Some(price)
    }

    /// Prices are answered just when each of them may be believed.
    pub(crate) fn check_prices(&mut self) -> Go<bool> {
        let (now, oracle) = (self.now(), self.oracle());
        let (up, since) = self.sequencer;
        let grace = self.ask(oracle, Oracle::sequencerCall {})?.grace;
        let sequencer = up && since <= now && U256::from(now - since) > grace;
        let mut expected = vec![Some(U256::ZERO); self.stand.assets.len()];
        for i in self.books.order.clone() {
            expected[i] = self.expected_price(oracle, i)?;
        }
        let expected: Option<Vec<_>> = expected.into_iter().collect();
        let told = self.prices()?;
        let right = told.is_ok() == (sequencer && expected.is_some());
        self.checks.that(21, right, || {
            format!(
                "{told:?}, not {expected:?}, of {:?}, sequencer {:?} at {now}",
                self.feeds, self.sequencer
            )
        })?;
        if let (Ok(prices), Some(expected)) = (&told, &expected) {
            self.checks.that(21, prices == expected, || {
                format!("priced {prices:?} instead of {expected:?}")
            })?;
        }
        Ok(told.is_ok())
    }

    /// Trades in the pool of two assets until it stands where the feeds say, but for some bps.
    pub(crate) fn arbitrage(&mut self, a: Address, b: Address, most_bps: u64) -> Go {
        let price = |world: &Self, token: Address| {
            let i = world
                .stand
                .assets
                .iter()
                .position(|asset| asset.token == token);
            i.map(|i| world.feeds[i].answer.into_raw() * world.stand.assets[i].scale)
        };
        let pools = &self.stand.stage.pools;
        let pair = |pool: &&ballast::local::uniswap::Pool| {
            [(a, b), (b, a)].contains(&(pool.token0, pool.token1))
        };
        let Some(pool) = pools.iter().find(pair) else {
            return Ok(());
        };
        let (token0, token1, address) = (pool.token0, pool.token1, pool.address);
        let (Some(price0), Some(price1)) = (price(self, token0), price(self, token1)) else {
            return Ok(());
        };
        let gap = self.random.within(10_000 - most_bps, 10_000 + most_bps);
        let target = sqrt_price_x96(bps(price0, gap), price1)?;
        let call = ballast::abi::IUniswapV3Pool::slot0Call {};
        let now = self.ask(address, call)?.sqrtPriceX96;
        if now == target {
            return Ok(());
        }
        let (token_in, token_out) = if target < now {
            (token0, token1)
        } else {
            (token1, token0)
        };
        let maker = self.stand.stage.cast.maker;
        let balance = IERC20::balanceOfCall { account: maker };
        let Ok(amount) = self.try_ask(maker, token_in, balance)? else {
            return Ok(());
        };
        let params = ISwapRouter02::ExactInputSingleParams {
            tokenIn: token_in,
            tokenOut: token_out,
            fee: alloy::primitives::aliases::U24::from(FEE),
            recipient: maker,
            amountIn: amount,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: target,
        };
        self.pay(maker);
        let router = self.stand.stage.uniswap.router;
        // A token that does not move leaves the pool where it is.
        self.chain
            .act(&Act::new(
                maker,
                router,
                ISwapRouter02::exactInputSingleCall { params },
            ))
            .context("arbitrage")?;
        Ok(())
    }
}
