//! alloy with its recommended fillers, over HTTP; over WebSocket it is tested beside the server (`scripts/devnode/tests/rpc/alloy_socket.rs`).

use alloy::{
    network::EthereumWallet,
    primitives::{Address, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::{Filter, TransactionRequest},
    sol,
    sol_types::SolEvent,
};
use anyhow::{Context, Result};

use crate::scene::{shares, Scene};

sol! {
    /// What this uses of the vault.
    #[allow(missing_docs)]
    #[sol(rpc)]
    interface IShares {
        event Transfer(address indexed from, address indexed to, uint256 value);
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        function transfer(address to, uint256 value) external returns (bool);
    }
}

fn wallet(scene: &Scene, account: Address) -> Result<EthereumWallet> {
    let signer = scene.keys.iter().find(|k| k.address() == account);
    Ok(signer.context("no such key")?.clone().into())
}

/// Shares that Alice gives Bob, one transaction each, and the blocks they are in.
async fn transfers(scene: &Scene, provider: &impl Provider, amounts: &[u64]) -> Result<Vec<u64>> {
    let vault = IShares::new(scene.stage.suite.vault, provider);
    let mut blocks = Vec::new();
    for amount in amounts {
        let sent = vault
            .transfer(scene.stage.cast.bob, U256::from(*amount))
            .send()
            .await?;
        let receipt = sent.get_receipt().await?;
        assert!(receipt.status(), "a transfer failed");
        blocks.push(receipt.block_number.context("no block")?);
    }
    Ok(blocks)
}

fn amount_of(log: &alloy::rpc::types::Log) -> Result<u64> {
    let transfer = IShares::Transfer::decode_log(&log.inner)?;
    Ok(transfer.value.to::<u64>())
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_sends_through_its_recommended_fillers() -> Result<()> {
    let scene = Scene::new().await?;
    let (alice, bob) = (scene.stage.cast.alice, scene.stage.cast.bob);
    let provider = ProviderBuilder::new()
        .wallet(wallet(&scene, alice)?)
        .connect(&scene.url())
        .await?;
    let before = provider.get_balance(bob).await?;
    // Neither nonce nor gas nor fees nor chain id are given.
    let request = TransactionRequest::default().to(bob).value(U256::from(9));
    let receipt = provider
        .send_transaction(request)
        .await?
        .get_receipt()
        .await?;
    assert!(receipt.status());
    assert_eq!(receipt.gas_used, 21_000);
    assert_eq!(provider.get_balance(bob).await?, before + U256::from(9));

    // The refusal of a program arrives with its data.
    let vault = IShares::new(scene.stage.suite.vault, &provider);
    let too_much = shares(1_000) + U256::ONE;
    let error = vault
        .transfer(bob, too_much)
        .call()
        .await
        .expect_err("was allowed");
    let named = error
        .as_decoded_error::<IShares::ERC20InsufficientBalance>()
        .context("another error")?;
    assert_eq!((named.balance, named.needed), (shares(1_000), too_much));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_polls_a_filter_over_http() -> Result<()> {
    let scene = Scene::new().await?;
    let provider = ProviderBuilder::new()
        .wallet(wallet(&scene, scene.stage.cast.alice)?)
        .connect(&scene.url())
        .await?;
    let filter = Filter::new()
        .address(scene.stage.suite.vault)
        .event_signature(IShares::Transfer::SIGNATURE_HASH);
    let id = provider.new_filter(&filter).await?;
    let blocks = transfers(&scene, &provider, &[31, 32]).await?;
    let logs: Vec<alloy::rpc::types::Log> = provider.get_filter_changes(id).await?;
    let found: Vec<u64> = logs.iter().map(amount_of).collect::<Result<_>>()?;
    assert_eq!(found, [31, 32]);
    let mined: Vec<u64> = logs.iter().filter_map(|l| l.block_number).collect();
    assert_eq!(mined, blocks);
    let none: Vec<alloy::rpc::types::Log> = provider.get_filter_changes(id).await?;
    assert!(none.is_empty(), "told twice: {none:?}");
    assert!(provider.uninstall_filter(id).await?);
    Ok(())
}
