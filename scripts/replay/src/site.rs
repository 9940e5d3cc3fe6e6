//! Where a replay happens: the compiled programs, their assets, feeds and pools, built once and started from often.

use alloy::primitives::{Address, I256, U256};
use anyhow::{anyhow, ensure, Context, Result};
use ballast::{
    abi::{self, ITestToken, Oracle, Policy, Rebalancer, Vault, IERC20},
    errors::Decoder,
    local::{
        self, embedded,
        ground::{Ground, Mode},
        stage::{Cast, Listing, FEED_DECIMALS},
        uniswap::{self, Pool, Uniswap},
    },
    suite::{self, Suite},
};
use ballast_math::WAD_PER_BPS;
use devnode::Prepared;

use crate::{
    chain::Driver,
    history::{self, History},
    question::Mandate,
    settings::{Settings, LIMITS},
    volatility::Seen,
};

/// Seconds before the first price at which the chain begins: enough to build in, less than the oracle forgets in.
const LEAD_S: u64 = 3_000;

/// An asset of the site.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is called.
    pub symbol: String,
    /// The token.
    pub address: Address,
    /// Its decimals.
    pub decimals: u8,
    /// Its feed.
    pub feed: Address,
    /// USD with 8 decimals at or below which an answer is refused.
    pub min_answer: u64,
    /// The same, at or above.
    pub max_answer: u64,
}

impl Token {
    /// D36{value/tok} of USD with 8 decimals.
    pub fn price_d36(&self, answer: u64) -> U256 {
        let exponent = 54 - usize::from(FEED_DECIMALS) - usize::from(self.decimals);
        U256::from(answer) * U256::from(10).pow(U256::from(exponent))
    }
}

/// A chain with a treasury that nobody has governed yet.
#[derive(Debug, Clone)]
pub struct Site {
    prepared: Prepared,
    decoder: Decoder,
    /// The programs.
    pub suite: Suite,
    /// Who acts.
    pub cast: Cast,
    /// Who governs.
    pub governor: Address,
    /// The exchange.
    pub uniswap: Uniswap,
    /// A pool for every pair.
    pub pools: Vec<Pool>,
    /// What is held, in order.
    pub tokens: Vec<Token>,
    /// {tok}: what is held at first.
    pub seeded: Vec<U256>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) schedule_from: u64,
}

impl Site {
    /// Builds it at the first prices of `history`.
    pub async fn build(history: &History, settings: &Settings) -> Result<Self> {
        let start = *history.times.first().context("no prices")?;
        let node = embedded::start(start.saturating_sub(LEAD_S))?;
        let ground = Ground::lay(&node.url(), &node.keys(), Mode::Uncached).await?;
        let (client, from) = (&ground.client, ground.cast.deployer);
        if settings.market.fee == 100 {
            uniswap::enable_fee(client, &ground.uniswap, from, 100).await?;
        }
        let (mut tokens, mut first, mut seeded, mut seen) = (vec![], vec![], vec![], vec![]);
        for asset in &settings.asset {
            let prices = history.series.get(asset.series());
            let price = prices.and_then(|p| p.first().copied());
            let price = price.with_context(|| format!("no prices of {}", asset.series()))?;
            let token = put(&ground, asset, price).await?;
            if asset.volatility_bps > 0 {
                let call = Oracle::setVolatilityCall {
                    token: token.address,
                    referenceBps: U256::from(asset.volatility_bps),
                    maxBps: U256::from(asset.breaker_bps),
                };
                client.send(from, ground.suite.oracle, call).await?;
            }
            let (at, d36) = (client.now().await?, token.price_d36(price));
            seen.push(Seen::first(
                d36,
                at,
                asset.volatility_bps,
                asset.breaker_bps,
            ));
            // {value} = {value} * {bps} / BPS, and {tok} = {value} * D36 / D36{value/tok}
            let value = local::stage::usd(settings.treasury_usd) * U256::from(asset.weight_bps)
                / U256::from(10_000);
            seeded
                .push(ballast_math::price::amount_down(value, d36).map_err(|e| anyhow!("{e:?}"))?);
            tokens.push(token);
            first.push(d36);
        }
        let pools = open_pools(&ground, &tokens, &first, settings).await?;
        seed(&ground, &tokens, &seeded, settings).await?;
        suite::hand_over(client, from, &ground.suite).await?;
        let rebalancer = ground
            .suite
            .programs
            .iter()
            .find(|p| p.name == "rebalancer");
        let block = rebalancer.and_then(|p| p.on_chain.receipt.block_number);
        let mut chain = node.chain().clone();
        let block = block.and_then(|n| chain.block(n.into()));
        let schedule_from = block.context("no rebalancer")?.header.timestamp;
        let mut params = chain.state().params();
        // Keepalive is another command's: here no program expires.
        params.expiry_days = u16::MAX;
        let state = chain.state_mut();
        state
            .set_params(params)
            .map_err(|e| anyhow!("parameters of Stylus: {e}"))?;
        for who in [ground.governor, ground.cast.keeper, ground.cast.maker, from] {
            state.set_balance(who, local::stage::usd(1_000_000));
        }
        ensure!(
            chain.latest().header.timestamp < start,
            "building took longer than {LEAD_S} seconds of the chain's"
        );
        Ok(Self {
            prepared: Prepared::new(chain),
            decoder: Decoder::new(&abi::committed()?.into_iter().collect::<Vec<_>>()),
            suite: ground.suite.clone(),
            cast: ground.cast,
            governor: ground.governor,
            uniswap: ground.uniswap.clone(),
            pools,
            tokens,
            seeded,
            seen,
            schedule_from,
        })
    }

    /// A chain of its own that goes on from here, governed as `settings` say.
    pub(crate) fn start(&self, settings: &Settings) -> Result<(Driver, Mandate)> {
        let mut driver = Driver::new(self.prepared.start(), self.decoder.clone());
        let now = driver.chain.latest().header.timestamp;
        let policy = self.suite.policy;
        let limits = settings.all_limits();
        for (id, (value, (_, default))) in limits.iter().zip(LIMITS).enumerate() {
            if *value != default {
                let call = Policy::setLimitCall {
                    id: U256::from(id),
                    value: U256::from(*value),
                };
                driver.must(now, self.governor, policy, call)?;
            }
        }
        let of = |pick: fn(&crate::settings::Asset) -> u64| -> Vec<U256> {
            let all = settings.asset.iter();
            all.map(|a| U256::from(pick(a))).collect()
        };
        let (weights_bps, bands_bps) = (of(|a| a.weight_bps), of(|a| a.band_bps));
        let nonce = driver.ask(now, self.governor, policy, Policy::governanceNonceCall {})?;
        let call = Policy::setTargetsCall {
            tokens: self.tokens.iter().map(|t| t.address).collect(),
            weightsBps: weights_bps.clone(),
            bandsBps: bands_bps.clone(),
            start: U256::ZERO,
            duration: U256::ZERO,
            expectedNonce: nonce.map_err(|refused| anyhow!("{refused}"))?,
        };
        driver.must(now, self.governor, policy, call)?;
        // The treasury begins at its targets.
        let (keeper, rebalancer) = (self.cast.keeper, self.suite.rebalancer);
        driver.must(now, keeper, rebalancer, Rebalancer::settleCall {})?;
        let mandate = Mandate {
            weights_wad: weights_bps.into_iter().map(|w| w * WAD_PER_BPS).collect(),
            bands_bps,
            limits: limits.into_iter().map(U256::from).collect(),
        };
        Ok((driver, mandate))
    }
}

/// A token with a feed, listed.
async fn put(ground: &Ground, asset: &crate::settings::Asset, price: u64) -> Result<Token> {
    let (client, artifacts) = (&ground.client, &ground.artifacts);
    let from = ground.cast.deployer;
    let listing = Listing::new(&asset.symbol, asset.decimals, "1", 0);
    let address = local::token(client, artifacts, from, &listing).await?;
    let description = format!("{} / USD", asset.symbol);
    let answer = I256::try_from(price)?;
    let (feed, _) = local::feed(
        client,
        artifacts,
        from,
        false,
        FEED_DECIMALS,
        &description,
        answer,
    )
    .await?;
    let bound = |text: &Option<String>, default: u64| match text {
        Some(text) => history::price(text).map_err(|why| anyhow!("{text}: {why}")),
        None => Ok(default),
    };
    let min_answer = bound(&asset.min_usd, (price / 100).max(1))?;
    let max_answer = bound(&asset.max_usd, price.saturating_mul(100))?;
    let listed = suite::Asset {
        token: address,
        min_holding: U256::ONE,
        feed,
        heartbeat: asset.heartbeat_s,
        min_answer: U256::from(min_answer),
        max_answer: U256::from(max_answer),
        lag_bps: asset.threshold_bps,
        // `Site::build` sets it, and notes when.
        volatility: None,
    };
    suite::list(client, from, &ground.suite, &listed)
        .await
        .with_context(|| format!("listing {}", asset.symbol))?;
    Ok(Token {
        symbol: asset.symbol.clone(),
        address,
        decimals: asset.decimals,
        feed,
        min_answer,
        max_answer,
    })
}

async fn open_pools(
    ground: &Ground,
    tokens: &[Token],
    prices: &[U256],
    settings: &Settings,
) -> Result<Vec<Pool>> {
    let (client, maker) = (&ground.client, ground.cast.maker);
    for token in tokens {
        let to = maker;
        // More than any market needs, less than any token counts to.
        let amount = U256::from(10).pow(U256::from(45));
        let call = ITestToken::mintCall { to, amount };
        client.send(maker, token.address, call).await?;
    }
    let side = U256::from(settings.market.side_usd() * 1e6) * U256::from(10).pow(U256::from(12));
    let mut pools = Vec::new();
    for (i, a) in tokens.iter().zip(prices).enumerate() {
        for b in tokens.iter().zip(prices).skip(i + 1) {
            let pair = [(a.0.address, *a.1), (b.0.address, *b.1)];
            let fee = settings.market.fee;
            let uniswap = &ground.uniswap;
            pools.push(uniswap::open_pool(client, uniswap, maker, pair, side, fee, None).await?);
        }
    }
    Ok(pools)
}

async fn seed(
    ground: &Ground,
    tokens: &[Token],
    amounts: &[U256],
    settings: &Settings,
) -> Result<()> {
    let (client, from, vault) = (&ground.client, ground.cast.deployer, ground.suite.vault);
    for (token, amount) in tokens.iter().zip(amounts) {
        let (to, amount) = (from, *amount);
        client
            .send(from, token.address, ITestToken::mintCall { to, amount })
            .await?;
        let call = IERC20::approveCall {
            spender: vault,
            amount,
        };
        client.send(from, token.address, call).await?;
    }
    // One share for one dollar, to begin with.
    let call = Vault::seedCall {
        shares: local::stage::usd(settings.treasury_usd),
        receiver: from,
        amounts: amounts.to_vec(),
    };
    client.send(from, vault, call).await.map(drop)
}
