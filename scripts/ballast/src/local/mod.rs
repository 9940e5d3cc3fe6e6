//! The world around a treasury on a test chain, from real bytecode: StylusDeployer, WETH9, Uniswap V3,
//! OpenZeppelin's governor and timelock. Tokens and price feeds are ours, since there the test decides.

pub mod arbitrum;
pub mod cache;
pub mod chain;
pub mod dao;
pub mod deployer;
pub mod embedded;
pub mod example;
pub mod forwarders;
pub mod ground;
pub mod market;
pub mod stage;
pub mod uniswap;
pub mod venues;

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    primitives::{Address, I256, U256},
};
use anyhow::{Context, Result};

use crate::{abi::IAggregator, artifacts::Artifacts, client::Client};

/// Deploys a counterparty by name with constructor `args`.
pub async fn deploy(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    name: &str,
    args: &[DynSolValue],
) -> Result<Address> {
    let fixture = artifacts.fixture(name)?;
    let mut code = fixture.bytecode.to_vec();
    if let Some(constructor) = &fixture.abi.constructor {
        code.extend(
            constructor
                .abi_encode_input(args)
                .with_context(|| format!("constructor arguments of {name}"))?,
        );
    }
    client
        .deploy(from, code)
        .await
        .with_context(|| format!("deploying {name}"))
}

/// `value` as a constructor argument of width `bits`.
pub fn uint(value: U256, bits: usize) -> DynSolValue {
    DynSolValue::Uint(value, bits)
}

/// A string as a constructor argument.
pub fn text(value: &str) -> DynSolValue {
    DynSolValue::String(value.into())
}

/// An address as a constructor argument.
pub fn address(value: Address) -> DynSolValue {
    DynSolValue::Address(value)
}

/// The token of a listing: anybody may mint it.
pub async fn token(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    listing: &market::Listing,
) -> Result<Address> {
    let symbol = text(&listing.symbol);
    let args = [
        symbol.clone(),
        symbol,
        uint(U256::from(listing.decimals), 8),
    ];
    deploy(client, artifacts, from, listing.contract, &args).await
}

/// A price feed whose answer can be set, and where: behind Chainlink's proxy if `is_proxied`.
pub async fn feed(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    is_proxied: bool,
    decimals: u8,
    description: &str,
    answer: I256,
) -> Result<(Address, Address)> {
    let args = [
        uint(U256::from(decimals), 8),
        text(description),
        DynSolValue::Int(answer, 256),
    ];
    if !is_proxied {
        let feed = deploy(client, artifacts, from, "PriceFeed", &args).await?;
        return Ok((feed, feed));
    }
    let aggregator = deploy(client, artifacts, from, "PriceAggregator", &args).await?;
    let feed = proxy(client, artifacts, from, aggregator).await?;
    Ok((feed, aggregator))
}

/// The sequencer's uptime feed, up since `started_at`, and where it is set: behind Chainlink's proxy if
/// `is_proxied`.
pub async fn sequencer_feed(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    is_proxied: bool,
    started_at: u64,
) -> Result<(Address, Address)> {
    let args = [
        DynSolValue::Int(I256::ZERO, 256),
        uint(U256::from(started_at), 256),
    ];
    if !is_proxied {
        let feed = deploy(client, artifacts, from, "SequencerFeed", &args).await?;
        return Ok((feed, feed));
    }
    let aggregator = deploy(client, artifacts, from, "UptimeAggregator", &args).await?;
    let feed = proxy(client, artifacts, from, aggregator).await?;
    Ok((feed, aggregator))
}

/// Chainlink's proxy in front of `aggregator`, which lets it read; no controller of access of its own.
async fn proxy(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    aggregator: Address,
) -> Result<Address> {
    let args = [address(aggregator), address(Address::ZERO)];
    let proxy = deploy(client, artifacts, from, "EACAggregatorProxy", &args).await?;
    let call = IAggregator::allowCall { reader: proxy };
    client.send(from, aggregator, call).await?;
    Ok(proxy)
}
