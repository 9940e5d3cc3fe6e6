//! Hour by hour through a history: feeds answer, the host asks whether anything can be due, and the programs act.

use alloy::primitives::U256;
use anyhow::{anyhow, ensure, Context, Result};
use ballast::abi::{IPriceFeed, Oracle, Policy};
use devnode::Chain;

use crate::{
    benchmark::{Depth, MonthlyRebalancer},
    chain::Driver,
    feed::Feed,
    history::History,
    outcome::{Outcome, Track},
    question::{Asked, Clocks, Mandate, Moment},
    settings::Settings,
    site::Site,
    tally::Tally,
    volatility::{Mood, Seen},
};

mod agreement;
mod rebalancing;

/// The oracle's name for an open circuit breaker.
pub(crate) const TOO_HIGH: &str = "OracleVolatilityTooHigh";
const HOUR: u64 = 3_600;
/// Over a feed's heartbeat; compiled into the oracle.
const HEARTBEAT_SLACK_S: u64 = 300;

/// A replay that has ended.
#[derive(Debug)]
pub struct Ended {
    /// What it found.
    pub outcome: Outcome,
    /// What is drawn of it.
    pub track: Track,
    /// The chain as it stands at the last price.
    pub chain: Chain,
}

/// What the host thinks at a moment.
pub(crate) enum Thought {
    /// The oracle refuses, by this error.
    Refused(&'static str),
    /// It prices; so much is due.
    Asked(Asked),
}

/// A replay under way.
struct Replay<'a> {
    site: &'a Site,
    settings: &'a Settings,
    driver: Driver,
    mandate: Mandate,
    clocks: Clocks,
    feeds: Vec<Feed>,
    /// What the feeds on the chain say: answer and when.
    told: Vec<(u64, u64)>,
    seen: Vec<Seen>,
    /// {tok}
    held: Vec<U256>,
    next_at: u64,
    policy_nonce: U256,
    tally: Tally,
}

/// Runs a policy through a history. `progress` is told how many hours are done.
///
/// # Errors
/// If the history lacks an asset's prices; if programs and host disagree; if the chain does what it never should.
pub fn run(
    site: &Site,
    settings: &Settings,
    history: &History,
    mut progress: impl FnMut(u64),
) -> Result<Ended> {
    let mut series = Vec::new();
    for asset in &settings.asset {
        let prices = history.series.get(asset.series());
        series.push(prices.with_context(|| format!("no prices of {}", asset.series()))?);
    }
    let row = |n: usize| -> Vec<u64> { series.iter().filter_map(|s| s.get(n).copied()).collect() };
    let d36 = |answers: &[u64]| -> Vec<U256> {
        let all = site.tokens.iter().zip(answers);
        all.map(|(t, a)| t.price_d36(*a)).collect()
    };
    let mut replay = Replay::start(site, settings, &row(0))?;
    let mut monthly = MonthlyRebalancer::new(site.seeded.clone());
    let depth = Depth {
        side_usd: settings.market.side_usd(),
        fee: settings.market.fee_part(),
    };
    for (n, now) in history.times.iter().copied().enumerate() {
        let answers = row(n);
        let prices = d36(&answers);
        let targets = replay.mandate.weights_wad.clone();
        monthly.hour(now, &prices, &targets, depth)?;
        let next = history.times.get(n + 1).copied();
        // A gap in the history has no price after its first hour.
        let until = next.unwrap_or(now + HOUR).min(now + HOUR);
        replay.hour(now, until, &answers, &prices)?;
        let held = [&replay.held[..], &site.seeded[..], &monthly.held[..]];
        replay.tally.hour(now, &prices, &targets, held)?;
        progress(n as u64 + 1);
    }
    let (first, last) = (
        d36(&row(0)),
        d36(&row(history.times.len().saturating_sub(1))),
    );
    let held = [&site.seeded[..], &replay.held[..]];
    let (outcome, track) =
        replay
            .tally
            .close(settings, &replay.mandate, (&first, &last), held, &monthly)?;
    Ok(Ended {
        outcome,
        track,
        chain: replay.driver.chain,
    })
}

impl<'a> Replay<'a> {
    fn start(site: &'a Site, settings: &'a Settings, first: &[u64]) -> Result<Self> {
        let (driver, mandate) = site.start(settings)?;
        let now = driver.chain.latest().header.timestamp;
        let feed = |(asset, answer): (&crate::settings::Asset, &u64)| Feed {
            threshold_bps: asset.threshold_bps,
            heartbeat_s: asset.heartbeat_s,
            answer: *answer,
            // The feeds were made when the site was; at the first hour they answer anew.
            updated_at: 0,
        };
        let policy_nonce = driver
            .ask(
                now,
                site.cast.keeper,
                site.suite.policy,
                Policy::policyNonceCall {},
            )?
            .map_err(|refused| anyhow!("{refused}"))?;
        Ok(Self {
            feeds: settings.asset.iter().zip(first).map(feed).collect(),
            told: vec![(0, 0); site.tokens.len()],
            seen: site.seen.clone(),
            held: site.seeded.clone(),
            clocks: Clocks {
                schedule_from: site.schedule_from,
                turnover_at: now,
                ..Clocks::default()
            },
            site,
            settings,
            driver,
            mandate,
            next_at: 0,
            policy_nonce,
            tally: Tally::default(),
        })
    }

    /// One price of each asset, from `now` until `until`.
    fn hour(&mut self, now: u64, until: u64, answers: &[u64], market: &[U256]) -> Result<()> {
        for (feed, answer) in self.feeds.iter_mut().zip(answers) {
            self.tally.feed_answers += u64::from(feed.look(*answer, now));
        }
        self.observe(now)?;
        let at = now + self.settings.keeper.latency_s;
        let every = self.settings.keeper.check_every_h;
        if every != 0 && (now / HOUR).is_multiple_of(every) {
            self.check(now, at)?;
        }
        match self.think(at)? {
            Thought::Refused(name) => {
                let is_new = self.tally.track.unpriced.last() != Some(&(now - HOUR.min(now)));
                if is_new {
                    self.check(now, at)?;
                }
                self.tally.track.unpriced.push(now);
                Tally::count(&mut self.tally.unpriced, name);
            }
            Thought::Asked(asked) if asked.trigger == 0 => {}
            Thought::Asked(_) => self.act(now, at, until, market)?,
        }
        Ok(())
    }

    /// What the programs would say at a moment, by their own formulas.
    fn think(&self, at: u64) -> Result<Thought> {
        let mut prices = Vec::with_capacity(self.feeds.len());
        let mut stress = Vec::with_capacity(self.feeds.len());
        for ((feed, token), seen) in self.feeds.iter().zip(&self.site.tokens).zip(&self.seen) {
            if feed.answer <= token.min_answer || feed.answer >= token.max_answer {
                return Ok(Thought::Refused("OracleAnswerOutOfBounds"));
            }
            if at.saturating_sub(feed.updated_at) > feed.heartbeat_s + HEARTBEAT_SLACK_S {
                return Ok(Thought::Refused("OracleStale"));
            }
            let price = token.price_d36(feed.answer);
            match seen.mood(price, at)? {
                Mood::Calm(wad) => stress.push(wad),
                Mood::TooHigh => return Ok(Thought::Refused(TOO_HIGH)),
                Mood::Stale => return Ok(Thought::Refused("OracleVolatilityStale")),
            }
            prices.push(price);
        }
        let moment = Moment {
            now: at,
            held: &self.held,
            prices: &prices,
            stress: &stress,
        };
        Ok(Thought::Asked(self.mandate.ask(&self.clocks, &moment)?))
    }

    /// Tells the chain's feeds what they say, where it does not know yet.
    fn publish(&mut self, now: u64) -> Result<()> {
        let all = self.feeds.iter().zip(&self.site.tokens);
        for ((feed, token), told) in all.zip(&mut self.told) {
            if *told == (feed.answer, feed.updated_at) {
                continue;
            }
            let call = IPriceFeed::setCall {
                answer: alloy::primitives::I256::try_from(feed.answer)?,
                updatedAt: U256::from(feed.updated_at),
            };
            self.driver
                .must(now, self.site.cast.maker, token.feed, call)?;
            *told = (feed.answer, feed.updated_at);
        }
        Ok(())
    }

    /// Looks at the volatility, if that is watched and it is time.
    fn observe(&mut self, now: u64) -> Result<()> {
        let every = self.settings.keeper.observe_every_h * HOUR;
        let watched = |seen: &&Seen| seen.reference_bps > 0;
        let Some(last) = self.seen.iter().filter(watched).map(|s| s.at).min() else {
            return Ok(());
        };
        if now.saturating_sub(last) < every {
            return Ok(());
        }
        let mut tokens = Vec::new();
        for (n, feed) in self.feeds.iter().enumerate() {
            let (Some(token), Some(seen)) = (self.site.tokens.get(n), self.seen.get_mut(n)) else {
                continue;
            };
            let priced = token.min_answer < feed.answer && feed.answer < token.max_answer;
            if seen.reference_bps > 0 && priced {
                *seen = seen.after(token.price_d36(feed.answer), now)?;
                tokens.push(token.address);
            }
        }
        if tokens.is_empty() {
            return Ok(());
        }
        self.publish(now)?;
        let (keeper, oracle) = (self.site.cast.keeper, self.site.suite.oracle);
        self.driver
            .must(now, keeper, oracle, Oracle::observeCall { tokens })?;
        self.tally.observations += 1;
        Ok(())
    }

    /// What the oracle's feeds say, D36{value/tok}.
    fn prices(&self) -> Vec<U256> {
        let all = self.feeds.iter().zip(&self.site.tokens);
        all.map(|(feed, token)| token.price_d36(feed.answer))
            .collect()
    }

    /// The place of a token.
    fn place(&self, token: alloy::primitives::Address) -> Result<usize> {
        let found = self.site.tokens.iter().position(|t| t.address == token);
        found.with_context(|| format!("{token} is not held"))
    }

    /// Asks a view of ours that should answer.
    fn view<C: alloy::sol_types::SolCall>(
        &self,
        at: u64,
        to: alloy::primitives::Address,
        call: C,
    ) -> Result<C::Return> {
        let answer = self.driver.ask(at, self.site.cast.keeper, to, call)?;
        answer.map_err(|refused| anyhow!("{} was refused: {refused}", C::SIGNATURE))
    }

    fn same(
        what: &str,
        at: u64,
        host: impl std::fmt::Debug + PartialEq,
        programs: impl std::fmt::Debug,
        is_same: bool,
    ) -> Result<()> {
        ensure!(
            is_same,
            "host and programs disagree at {at} on {what}: {host:?} and {programs:?}"
        );
        Ok(())
    }
}
