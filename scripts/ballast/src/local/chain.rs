//! What only a test chain can do: move time, set balances, go back.

use alloy::{
    primitives::{Address, U256, U64},
    providers::Provider,
};
use anyhow::Result;

use crate::client::Client;

/// Mines a block at `timestamp`, or does nothing if the chain is there already.
pub async fn advance_to(client: &Client, timestamp: u64) -> Result<()> {
    if client.now().await? >= timestamp {
        return Ok(());
    }
    let _: serde_json::Value =
        client.provider.raw_request("evm_setNextBlockTimestamp".into(), (timestamp,)).await?;
    let _: serde_json::Value = client.provider.raw_request("evm_mine".into(), ()).await?;
    Ok(())
}

/// Mines a block `seconds` after the newest one.
pub async fn advance_by(client: &Client, seconds: u64) -> Result<()> {
    let now = client.now().await?;
    advance_to(client, now + seconds).await
}

/// Sets an account's balance in wei.
pub async fn set_balance(client: &Client, account: Address, wei: U256) -> Result<()> {
    let _: serde_json::Value =
        client.provider.raw_request("anvil_setBalance".into(), (account, wei)).await?;
    Ok(())
}

/// Remembers the chain's state.
pub async fn snapshot(client: &Client) -> Result<U64> {
    Ok(client.provider.raw_request("evm_snapshot".into(), ()).await?)
}

/// Goes back to a remembered state, once.
pub async fn revert(client: &Client, snapshot: U64) -> Result<()> {
    let _: serde_json::Value =
        client.provider.raw_request("evm_revert".into(), (snapshot,)).await?;
    Ok(())
}
