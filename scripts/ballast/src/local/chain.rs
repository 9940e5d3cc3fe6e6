//! What only a test chain can do: move time, set balances, go back.

use alloy::{
    primitives::{Address, Bytes, B256, U256, U64},
    providers::Provider,
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use anyhow::{bail, Context, Result};
use serde_json::json;

use crate::client::Client;

/// Mines a block at `timestamp`, or does nothing if the chain is there already.
pub async fn advance_to(client: &Client, timestamp: u64) -> Result<()> {
    if client.now().await? >= timestamp {
        return Ok(());
    }
    let _: serde_json::Value = client
        .provider
        .raw_request("evm_setNextBlockTimestamp".into(), (timestamp,))
        .await?;
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
    let _: serde_json::Value = client
        .provider
        .raw_request("anvil_setBalance".into(), (account, wei))
        .await?;
    Ok(())
}

/// Gives the account at `to` the code of the one at `from`.
pub async fn copy_code(client: &Client, from: Address, to: Address) -> Result<()> {
    let code: Bytes = client.provider.get_code_at(from).await?;
    let _: serde_json::Value = client
        .provider
        .raw_request("anvil_setCode".into(), (to, code))
        .await?;
    Ok(())
}

/// Sets one storage slot of an account.
pub async fn set_storage(client: &Client, at: Address, slot: U256, value: U256) -> Result<()> {
    let _: serde_json::Value = client
        .provider
        .raw_request("anvil_setStorageAt".into(), (at, slot, B256::from(value)))
        .await?;
    Ok(())
}

/// Remembers the chain's state.
pub async fn snapshot(client: &Client) -> Result<U64> {
    Ok(client
        .provider
        .raw_request("evm_snapshot".into(), ())
        .await?)
}

/// Goes back to a remembered state, once.
pub async fn revert(client: &Client, snapshot: U64) -> Result<()> {
    let _: serde_json::Value = client
        .provider
        .raw_request("evm_revert".into(), (snapshot,))
        .await?;
    Ok(())
}

/// Sends a call as an account whose key nobody has, such as a timelock; an error if it reverts.
pub async fn send_as<C: SolCall>(
    client: &Client,
    from: Address,
    to: Address,
    call: C,
) -> Result<TransactionReceipt> {
    send_value_as(client, from, to, U256::ZERO, call).await
}

/// As [`send_as`], with `value` wei.
pub async fn send_value_as<C: SolCall>(
    client: &Client,
    from: Address,
    to: Address,
    value: U256,
    call: C,
) -> Result<TransactionReceipt> {
    let (sender, target, input) = client.routed(from, Some(to), call.abi_encode());
    let _: serde_json::Value = client
        .provider
        .raw_request("anvil_impersonateAccount".into(), (sender,))
        .await?;
    set_balance(client, sender, U256::from(10).pow(U256::from(20))).await?;
    let asked = client.try_raw(from, to, value, call.abi_encode()).await?;
    if let Err(refusal) = asked {
        bail!("{} at {to} from {from} refused: {refusal}", C::SIGNATURE);
    }
    let input = Bytes::from(input);
    let request = json!({ "from": sender, "to": target, "value": value, "input": input, "gas": U64::from(30_000_000) });
    let hash: B256 = client
        .provider
        .raw_request("eth_sendTransaction".into(), (request,))
        .await?;
    let receipt = client
        .provider
        .get_transaction_receipt(hash)
        .await?
        .context("no receipt")?;
    if !receipt.status() {
        bail!("{} at {to} from {from} reverted when sent", C::SIGNATURE);
    }
    Ok(receipt)
}
