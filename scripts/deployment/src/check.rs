//! Whether a configuration fits the chain: everything is asked before anything is sent.

use alloy::{
    primitives::{Address, I256, U256},
    providers::Provider,
    sol,
};
use anyhow::{Context, Result};
use ballast::{abi::IERC20, client::Client, suite};
use serde::Serialize;

use crate::config::{Asset, Config};

sol! {
    /// Chainlink's interface of a feed.
    #[allow(missing_docs)]
    interface IFeed {
        function decimals() external view returns (uint8);
        function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
    }
}

/// Most assets that a vault lists.
const MAX_ASSETS: usize = 32;
/// Seconds beyond its heartbeat for which the oracle believes a feed.
pub(crate) const HEARTBEAT_SLACK_S: u64 = 300;
/// Ceilings of the fees, compiled into the vault: a year, of a mint, of a redemption.
const FEE_CEILINGS_BPS: [(&str, u64); 3] = [
    ("management_bps", 200),
    ("mint_bps", 100),
    ("redeem_bps", 100),
];
/// Least shares of a seed: a thousand times those that are locked.
const SEED_MIN: u64 = 1_000_000_000_000_000_000;
/// Most that the oracle takes: for a lag, bps; for a heartbeat and for the sequencer's grace, seconds; for a volatility,
/// bps a year.
const MAX_LAG_BPS: u64 = 1_000;
const MAX_HEARTBEAT_S: u64 = 30 * 86_400;
const MAX_GRACE_S: u64 = 86_400;
const MAX_VOLATILITY_BPS: u64 = 1_000_000;

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfit {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Says of every value whether the chain agrees with it; answers what does not fit. What was seeded by an earlier run
/// is not looked for in the deployer's account.
///
/// # Errors
/// A chain that does not answer.
pub async fn check(
    client: &Client,
    config: &Config,
    deployer: Address,
    allow_eoa_owner: bool,
    is_seeded: bool,
) -> Result<Vec<Unfit>> {
    let mut checks = Checks {
        client,
        unfit: Vec::new(),
        now: client.now().await?,
    };
    let chain = client.provider.get_chain_id().await?;
    if chain != config.chain_id {
        let problem = format!(
            "{} is configured, and this is chain {chain}",
            config.chain_id
        );
        checks.note("chain_id", problem);
        // Nothing else can be right.
        return Ok(checks.unfit);
    }
    checks.roles(config, deployer, allow_eoa_owner).await?;
    checks.venues(config).await?;
    checks.assets(config).await?;
    if let Some(sequencer) = &config.sequencer {
        checks.sequencer(sequencer.feed, sequencer.grace_s).await?;
    }
    checks.fees(config);
    let treasury = config.treasury()?;
    if let Some(seed) = treasury.seed.as_ref().filter(|_| !is_seeded) {
        checks.seed(&treasury, seed, deployer).await?;
    }
    Ok(checks.unfit)
}

struct Checks<'a> {
    client: &'a Client,
    unfit: Vec<Unfit>,
    now: u64,
}

impl Checks<'_> {
    fn note(&mut self, key: impl Into<String>, problem: impl Into<String>) {
        self.unfit.push(Unfit {
            key: key.into(),
            problem: problem.into(),
        });
    }

    async fn has_code(&self, at: Address) -> Result<bool> {
        Ok(!self.client.provider.get_code_at(at).await?.is_empty())
    }

    async fn must_have_code(&mut self, key: &str, at: Address) -> Result<bool> {
        let has = self.has_code(at).await?;
        if !has {
            self.note(key, format!("there is no contract at {at}"));
        }
        Ok(has)
    }

    async fn roles(&mut self, config: &Config, deployer: Address, allow_eoa: bool) -> Result<()> {
        let owner = config.roles.owner;
        if !allow_eoa {
            if owner == deployer {
                self.note(
                    "roles.owner",
                    format!("{owner} is the deployer: name a timelock, or add --allow-eoa-owner"),
                );
            } else if !self.has_code(owner).await? {
                self.note(
                    "roles.owner",
                    format!("there is no contract at {owner}: name a timelock, or add --allow-eoa-owner"),
                );
            }
        }
        match config.roles.guardian {
            Some(guardian) if guardian == owner => {
                self.note("roles.guardian", "the owner cannot guard against itself");
            }
            Some(guardian) if guardian == deployer => {
                let problem = format!("{guardian} is the deployer, which gives up every role");
                self.note("roles.guardian", problem);
            }
            _ => {}
        }
        Ok(())
    }

    async fn venues(&mut self, config: &Config) -> Result<()> {
        let fillers = &config.fillers;
        for (key, venue) in [
            ("fillers.uniswap_v3", Some(&fillers.uniswap_v3)),
            ("fillers.uniswap_v2", fillers.uniswap_v2.as_ref()),
            ("fillers.balancer_v2", fillers.balancer_v2.as_ref()),
        ] {
            if let Some(venue) = venue {
                self.must_have_code(key, venue.address).await?;
            }
        }
        Ok(())
    }

    async fn assets(&mut self, config: &Config) -> Result<()> {
        let count = config.assets.len();
        if count == 0 || count > MAX_ASSETS {
            let problem = format!("{count} assets, and a vault lists 1 to {MAX_ASSETS}");
            self.note("assets", problem);
        }
        for (index, asset) in config.assets.iter().enumerate() {
            let key = |field: &str| format!("assets[{index}].{field} ({})", asset.symbol);
            let earlier = config.assets.iter().take(index);
            if earlier.clone().any(|other| other.token == asset.token) {
                self.note(key("token"), format!("{} stands here twice", asset.token));
            }
            self.token(asset, &key).await?;
            self.feed(asset, &key).await?;
        }
        Ok(())
    }

    async fn token(&mut self, asset: &Asset, key: &impl Fn(&str) -> String) -> Result<()> {
        if !self.must_have_code(&key("token"), asset.token).await? {
            return Ok(());
        }
        let decimals = IERC20::decimalsCall {};
        match self.client.heard(asset.token, decimals).await? {
            Some(decimals) if decimals == asset.decimals => {}
            Some(decimals) => {
                let problem = format!(
                    "{} is configured, the token says {decimals}",
                    asset.decimals
                );
                self.note(key("decimals"), problem);
            }
            None => self.note(key("token"), format!("{} tells no decimals", asset.token)),
        }
        let account = asset.token;
        let balance = IERC20::balanceOfCall { account };
        if self.client.heard(asset.token, balance).await?.is_none() {
            self.note(key("token"), format!("{} tells no balances", asset.token));
        }
        if asset
            .listed_amounts()
            .is_ok_and(|(least, ..)| least.is_zero())
        {
            self.note(key("min_holding"), "must not be zero");
        }
        Ok(())
    }

    async fn feed(&mut self, asset: &Asset, key: &impl Fn(&str) -> String) -> Result<()> {
        let heartbeat = asset.heartbeat_s;
        for (field, value, most) in [
            ("lag_bps", asset.lag_bps, MAX_LAG_BPS),
            ("heartbeat_s", heartbeat, MAX_HEARTBEAT_S),
        ] {
            if value > most {
                self.note(key(field), format!("{value} is above {most}"));
            }
        }
        if let Some(watched) = &asset.volatility {
            let (reference, max) = (watched.reference_bps, watched.max_bps);
            let breaks = max == 0 || (max > reference && max <= MAX_VOLATILITY_BPS);
            if reference == 0 || reference > MAX_VOLATILITY_BPS || !breaks {
                let problem = format!(
                    "reference {reference} and breaker {max}: both up to {MAX_VOLATILITY_BPS}, the breaker 0 or above the reference"
                );
                self.note(key("volatility"), problem);
            }
        }
        if u32::from(asset.decimals) + u32::from(asset.feed_decimals) > 54 {
            let sum = u32::from(asset.decimals) + u32::from(asset.feed_decimals);
            self.note(
                key("feed_decimals"),
                format!("{sum} decimals of token and feed, at most 54"),
            );
        }
        if !self.must_have_code(&key("feed"), asset.feed).await? {
            return Ok(());
        }
        let decimals = IFeed::decimalsCall {};
        match self.client.heard(asset.feed, decimals).await? {
            Some(decimals) if decimals == asset.feed_decimals => {}
            Some(decimals) => {
                let said = asset.feed_decimals;
                self.note(
                    key("feed_decimals"),
                    format!("{said} is configured, the feed says {decimals}"),
                );
            }
            None => self.note(key("feed"), format!("{} tells no decimals", asset.feed)),
        }
        let round = IFeed::latestRoundDataCall {};
        let Some(round) = self.client.heard(asset.feed, round).await? else {
            self.note(key("feed"), format!("{} gives no answer", asset.feed));
            return Ok(());
        };
        let Ok((_, min, max)) = asset.listed_amounts() else {
            return Ok(());
        };
        if min >= max {
            self.note(key("min_price"), "must be below max_price");
        }
        if max > U256::from(u128::MAX) {
            self.note(key("max_price"), "is more than the oracle can keep");
        }
        let answer = round.answer;
        let inside = answer > I256::ZERO && answer.into_raw() > min && answer.into_raw() < max;
        if !inside {
            let problem =
                format!("it answers {answer}, outside min_price {min} to max_price {max}");
            self.note(key("feed"), problem);
        }
        let updated = round.updatedAt.saturating_to::<u64>();
        let oldest = asset.heartbeat_s.saturating_add(HEARTBEAT_SLACK_S);
        if asset.heartbeat_s == 0 {
            self.note(key("heartbeat_s"), "must not be zero");
        } else if updated == 0 || updated > self.now || self.now - updated > oldest {
            let problem = format!(
                "its answer is of {updated}, now is {}, it may be {oldest} s old",
                self.now
            );
            self.note(key("feed"), problem);
        }
        Ok(())
    }

    async fn sequencer(&mut self, feed: Address, grace: u64) -> Result<()> {
        if grace > MAX_GRACE_S {
            self.note(
                "sequencer.grace_s",
                format!("{grace} is above {MAX_GRACE_S}"),
            );
        }
        if !self.must_have_code("sequencer.feed", feed).await? {
            return Ok(());
        }
        let round = IFeed::latestRoundDataCall {};
        let Some(round) = self.client.heard(feed, round).await? else {
            self.note("sequencer.feed", format!("{feed} gives no answer"));
            return Ok(());
        };
        let started = round.startedAt.saturating_to::<u64>();
        if !round.answer.is_zero() {
            self.note("sequencer.feed", "it says that the sequencer is down: wait");
        } else if started == 0 || self.now.saturating_sub(started) <= grace {
            let problem = format!(
                "the sequencer is up since {started}, now is {}: wait until {grace} s have passed",
                self.now
            );
            self.note("sequencer.feed", problem);
        }
        Ok(())
    }

    fn fees(&mut self, config: &Config) {
        let fees = &config.fees;
        let rates = [fees.management_bps, fees.mint_bps, fees.redeem_bps];
        for ((name, ceiling), rate) in FEE_CEILINGS_BPS.into_iter().zip(rates) {
            if rate > ceiling {
                self.note(format!("fees.{name}"), format!("{rate} is above {ceiling}"));
            }
        }
        let any = rates.iter().any(|rate| *rate > 0);
        if any && fees.recipient.is_none() {
            self.note("fees.recipient", "somebody must get the fees");
        }
    }

    async fn seed(
        &mut self,
        treasury: &suite::Config,
        seed: &suite::Seed,
        deployer: Address,
    ) -> Result<()> {
        if seed.shares < U256::from(SEED_MIN) {
            self.note("seed.shares", "at least one whole share must be made");
        }
        if treasury.supply_cap.is_some_and(|cap| seed.shares > cap) {
            self.note("seed.shares", "is above supply.cap");
        }
        let mut wanted = treasury.assets.iter().zip(&seed.amounts);
        if !wanted.any(|(asset, amount)| *amount >= asset.min_holding) {
            self.note("seed.amounts", "no asset reaches its min_holding");
        }
        // A dry run without a key has nobody to look at.
        if deployer.is_zero() {
            return Ok(());
        }
        for (index, (asset, amount)) in treasury.assets.iter().zip(&seed.amounts).enumerate() {
            let account = deployer;
            let balance = IERC20::balanceOfCall { account };
            let Some(has) = self.client.heard(asset.token, balance).await? else {
                continue;
            };
            if has < *amount {
                let token = asset.token;
                let problem = format!("{deployer} has {has} of {token}, and {amount} is wanted");
                self.note(format!("seed.amounts[{index}]"), problem);
            }
        }
        Ok(())
    }
}

impl Asset {
    /// Least holding, least and greatest answer, in smallest units.
    fn listed_amounts(&self) -> Result<(U256, U256, U256)> {
        let listed = self.listed().context("amounts")?;
        Ok((listed.min_holding, listed.min_answer, listed.max_answer))
    }
}
