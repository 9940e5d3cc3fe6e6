//! Filters, which clients without a lasting connection poll.

use crate::scene::{call_to, Scene, COUNTER, NOBODY};
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use serde_json::{json, Value};

#[tokio::test]
async fn a_filter_tells_what_is_new_since_it_was_asked() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let blocks = scene.provider.new_block_filter().await.unwrap();
    let pending = scene
        .provider
        .new_pending_transactions_filter(false)
        .await
        .unwrap();
    let filter = Filter::new().address(counter).from_block(0);
    let logs = scene.provider.new_filter(&filter).await.unwrap();
    let elsewhere = Filter::new().address(NOBODY);
    let elsewhere = scene.provider.new_filter(&elsewhere).await.unwrap();
    let past = Filter::new().address(counter).to_block(1);
    let past = scene.provider.new_filter(&past).await.unwrap();

    let sent = scene
        .provider
        .send_transaction(call_to(counter, []))
        .await
        .unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let changes = |id| scene.ask::<Value>("eth_getFilterChanges", json!([id]));
    let hash = |number: u64| {
        let block = scene.provider.get_block_by_number(number.into());
        async move { block.await.unwrap().unwrap().header.hash }
    };
    let new = json!([hash(2).await, hash(3).await]);
    assert_eq!(changes(blocks).await.unwrap(), new);
    assert_eq!(changes(pending).await.unwrap(), json!([sent.tx_hash()]));
    let found = changes(logs).await.unwrap();
    assert_eq!(found[0]["transactionHash"], json!(sent.tx_hash()));
    assert_eq!(found[0]["data"], json!(B256::with_last_byte(1)));
    for id in [blocks, pending, logs, elsewhere, past] {
        assert_eq!(changes(id).await.unwrap(), json!([]));
    }
    let all: Value = scene.ask("eth_getFilterLogs", json!([logs])).await.unwrap();
    assert_eq!(all, found);
    assert_eq!(
        scene.refusal("eth_getFilterLogs", json!([blocks])).await.0,
        -32000
    );

    let gone = |id| scene.ask::<bool>("eth_uninstallFilter", json!([id]));
    assert!(gone(blocks).await.unwrap());
    assert!(!gone(blocks).await.unwrap());
    let (code, message) = scene.refusal("eth_getFilterChanges", json!([blocks])).await;
    assert_eq!(
        (code, message),
        (-32000, format!("filter not found: {blocks:#x}"))
    );
}

#[tokio::test]
async fn logs_of_a_block_taken_back_are_reported_as_removed() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let id: String = scene.ask("evm_snapshot", json!([])).await.unwrap();
    let logs = scene.provider.new_filter(&Filter::new()).await.unwrap();
    let sent = scene
        .provider
        .send_transaction(call_to(counter, []))
        .await
        .unwrap();
    assert!(scene.ask::<bool>("evm_revert", json!([id])).await.unwrap());
    let told: Value = scene
        .ask("eth_getFilterChanges", json!([logs]))
        .await
        .unwrap();
    let both: Vec<_> = told.as_array().unwrap().iter().collect();
    assert_eq!(both.len(), 2);
    for (log, removed) in both.into_iter().zip([false, true]) {
        assert_eq!(log["transactionHash"], json!(sent.tx_hash()));
        assert_eq!(log["removed"], removed);
    }
}
