//! Tokens, their feeds and their pools: a market in which the test decides what is what worth.

use alloy::primitives::{Address, I256, U256, U512};
use anyhow::{Context, Result};

use super::{
    uniswap,
    uniswap::{Pool, Uniswap},
};
use crate::{
    abi::{ITestToken, IERC20, IWETH9},
    artifacts::Artifacts,
    client::Client,
    suite,
};

/// Decimals of every feed here, as of Chainlink's USD feeds.
pub const FEED_DECIMALS: u8 = 8;
/// An asset to bring into the world.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Symbol; `WETH` is the real WETH9, everything else a token of ours.
    pub symbol: String,
    /// Which token of ours: `TestToken`, or a hostile one with the same constructor and `mint`.
    pub contract: &'static str,
    /// The token's decimals.
    pub decimals: u8,
    /// Its price in USD.
    pub price: String,
    /// Its part of the first holdings, in USD.
    pub seed_usd: u64,
    /// Whether its feed stands behind Chainlink's proxy, as on a live chain; the sequencer's does so too then.
    pub is_proxied: bool,
    /// By how much its feed may lag behind the market, bps.
    pub lag_bps: u64,
}

impl Listing {
    /// An asset with `decimals` at `price`, of which `seed_usd` is held first.
    pub fn new(symbol: &str, decimals: u8, price: &str, seed_usd: u64) -> Self {
        Self {
            symbol: symbol.into(),
            contract: "TestToken",
            decimals,
            price: price.into(),
            seed_usd,
            is_proxied: false,
            lag_bps: 50,
        }
    }

    /// The same with a feed of this lag.
    pub fn lagging(self, lag_bps: u64) -> Self {
        Self { lag_bps, ..self }
    }

    /// The same with its feed behind Chainlink's proxy.
    pub fn behind_proxy(self) -> Self {
        Self {
            is_proxied: true,
            ..self
        }
    }

    /// The same with another token contract.
    pub fn of(self, contract: &'static str) -> Self {
        Self { contract, ..self }
    }
}

/// An asset of the market.
#[derive(Debug, Clone)]
pub struct Member {
    /// Symbol.
    pub symbol: String,
    /// The token.
    pub token: Address,
    /// Its decimals.
    pub decimals: u8,
    /// Its feed, as the oracle reads it.
    pub feed: Address,
    /// Where its answers are set: behind the proxy, if there is one.
    pub aggregator: Address,
    /// The market's price now, as the feed answers it.
    pub answer: I256,
}

impl Member {
    /// {value/tok} · D36, as `math::price` has it: answer · 10^(54 − feed decimals − token decimals).
    pub fn price_d36(&self) -> Result<U256> {
        let exponent = 54u8
            .checked_sub(FEED_DECIMALS + self.decimals)
            .context("decimals above 46")?;
        let scale = U256::from(10).pow(U256::from(exponent));
        self.answer
            .into_raw()
            .checked_mul(scale)
            .context("price overflows")
    }

    /// {tok} = ⌊{value} · D36 / price⌋.
    pub fn amount(&self, value_wad: U256) -> Result<U256> {
        let d36 = U512::from(10).pow(U512::from(36));
        Ok(U256::from(
            U512::from(value_wad) * d36 / U512::from(self.price_d36()?),
        ))
    }

    /// {value} = ⌊{tok} · price / D36⌋.
    pub fn value(&self, amount: U256) -> Result<U256> {
        let d36 = U512::from(10).pow(U512::from(36));
        Ok(U256::from(
            U512::from(amount) * U512::from(self.price_d36()?) / d36,
        ))
    }
}

/// USD in WAD.
pub fn usd(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// Deploys a token, unless it is WETH, and a feed for every listing.
pub async fn issue(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    weth: Address,
    listings: &[Listing],
) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for l in listings {
        let token = match l.symbol.as_str() {
            "WETH" => weth,
            _ => super::token(client, artifacts, from, l).await?,
        };
        let answer = suite::answer(&l.price, FEED_DECIMALS)?;
        let description = format!("{} / USD", l.symbol);
        let (feed, aggregator) = super::feed(
            client,
            artifacts,
            from,
            l.is_proxied,
            FEED_DECIMALS,
            &description,
            answer,
        )
        .await?;
        members.push(Member {
            symbol: l.symbol.clone(),
            token,
            decimals: l.decimals,
            feed,
            aggregator,
            answer,
        });
    }
    Ok(members)
}

/// Gives `to` an amount of an asset out of nothing, or out of the ether of `from`.
pub async fn grant(
    client: &Client,
    from: Address,
    member: &Member,
    to: Address,
    amount: U256,
) -> Result<()> {
    if member.symbol != "WETH" {
        let call = ITestToken::mintCall { to, amount };
        return client.send(from, member.token, call).await.map(drop);
    }
    client
        .send_value(from, member.token, amount, IWETH9::depositCall {})
        .await?;
    if to != from {
        let call = IERC20::transferCall { to, amount };
        client.send(from, member.token, call).await?;
    }
    Ok(())
}

/// The places of every two of `count` assets.
pub fn every_pair(count: usize) -> Vec<(usize, usize)> {
    (0..count)
        .flat_map(|i| (i + 1..count).map(move |j| (i, j)))
        .collect()
}

/// Opens pools of pairs of assets, by their places, with `depth_usd` on each side of each. The issuer
/// of the assets, named first, gives `maker` what it takes.
pub async fn open_pools(
    client: &Client,
    uniswap: &Uniswap,
    (issuer, members): (Address, &[Member]),
    maker: Address,
    depth_usd: u64,
    pairs: &[(usize, usize)],
) -> Result<Vec<Pool>> {
    for (i, m) in members.iter().enumerate() {
        let pools = pairs.iter().filter(|(a, b)| [*a, *b].contains(&i)).count();
        // Inventory for its pools, and as much again to move each of them by arbitrage.
        let value = usd(depth_usd) * U256::from(pools) * U256::from(20);
        grant(client, issuer, m, maker, m.amount(value)?).await?;
    }
    let member = |i: usize| members.get(i).with_context(|| format!("no asset {i}"));
    let mut pools = Vec::new();
    for (i, j) in pairs {
        let (a, b) = (member(*i)?, member(*j)?);
        let tokens = [(a.token, a.price_d36()?), (b.token, b.price_d36()?)];
        let value = usd(depth_usd);
        let pool =
            uniswap::open_pool(client, uniswap, maker, tokens, value, uniswap::FEE, None).await?;
        pools.push(pool);
    }
    Ok(pools)
}
