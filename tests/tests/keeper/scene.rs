//! What the tests of one keeper and of several share: a treasury that has drifted, and keepers at it.

use alloy::{network::EthereumWallet, primitives::Address, providers::Provider};
use anyhow::{Context, Result};
use ballast::local::stage::Stage;
use ballast_keeper::{
    config::Config,
    execute::Event,
    keeper::{Keeper, Place, Turn},
    strategy::Why,
};
use e2e::{four_assets, raise, Mode, Theatre};

/// Four assets of a million under an auction of the usual length, ether up by half, deep pools.
pub(crate) async fn drifted() -> Result<Theatre> {
    let mut setting = four_assets();
    setting.depth_usd = Some(60_000_000);
    setting.limits.clear();
    let mut theatre = raise(Mode::Uncached, setting).await?;
    theatre
        .set_targets(&[4_000, 3_000, 2_000, 1_000], 200)
        .await?;
    theatre.set_price("WETH", "3000").await?;
    theatre.publish().await?;
    theatre.arbitrage().await?;
    Ok(theatre)
}

/// A keeper of `who` that knows the quoter; `more` goes on after `[venues]`.
pub(crate) fn keeper(theatre: &Theatre, who: Address, more: &str) -> Result<Keeper> {
    let text = format!("[venues]\nquoter = \"{}\"\n{more}", theatre.uniswap.quoter);
    Keeper::new(place(theatre, who, &text)?)
}

/// Where and for whom `who` works by a configuration.
pub(crate) fn place(theatre: &Theatre, who: Address, config: &str) -> Result<Place> {
    let keys = theatre.node.keys();
    let key = keys.into_iter().find(|key| key.address() == who);
    let key = key.context("nobody of the cast")?;
    Ok(Place {
        url: theatre.node.url(),
        wallet: EthereumWallet::from(key),
        keeper: who,
        suite: theatre.suite.clone(),
        config: Config::parse(config)?,
        sends: true,
    })
}

/// What became of transactions in a turn.
pub(crate) fn events(turn: &Turn) -> Vec<Event> {
    turn.transactions.iter().map(|f| f.event).collect()
}

/// The time of the newest block.
pub(crate) async fn now(stage: &Stage) -> Result<u64> {
    stage.client.now().await
}

/// Why a turn did nothing.
pub(crate) fn why(turn: &Turn) -> Option<&Why> {
    turn.waits.as_ref().map(|waits| &waits.why)
}
/// Whether every transaction has a block of its own at once.
pub(crate) async fn automine(theatre: &Theatre, on: bool) -> Result<()> {
    let provider = &theatre.client.provider;
    let _: serde_json::Value = provider
        .raw_request("evm_setAutomine".into(), (on,))
        .await?;
    Ok(())
}
