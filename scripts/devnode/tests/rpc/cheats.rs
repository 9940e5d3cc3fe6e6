//! What only a development chain allows.

use crate::scene::{call_to, word, Scene, BASE_FEE, COUNTER, ETHER, NOBODY, WITNESS};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use serde_json::{json, Value};

#[tokio::test]
async fn a_snapshot_brings_back_state_blocks_and_time() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let block = scene
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap()
        .unwrap();
    let id: String = scene.ask("evm_snapshot", json!([])).await.unwrap();
    let _: Value = scene.ask("evm_increaseTime", json!([1_000])).await.unwrap();
    let tx = call_to(counter, []);
    let hash = *scene.provider.send_transaction(tx).await.unwrap().tx_hash();
    let later: String = scene.ask("evm_snapshot", json!([])).await.unwrap();

    assert!(scene.ask::<bool>("evm_revert", json!([id])).await.unwrap());
    assert_eq!(
        scene
            .provider
            .get_storage_at(counter, U256::ZERO)
            .await
            .unwrap(),
        U256::ZERO
    );
    assert_eq!(scene.provider.get_block_number().await.unwrap(), 1);
    assert!(scene
        .provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .is_none());
    assert_eq!(
        scene
            .provider
            .get_transaction_count(scene.dev())
            .await
            .unwrap(),
        1
    );
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let next = scene
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.header.timestamp, block.header.timestamp + 1);
    assert_eq!(next.header.parent_hash, block.header.hash);

    for used in [id, later, "0x63".to_owned()] {
        assert!(!scene
            .ask::<bool>("evm_revert", json!([used]))
            .await
            .unwrap());
    }
}

#[tokio::test]
async fn contracts_see_the_time_travelled_to_and_the_parent_chains_height() {
    let scene = Scene::new();
    let witness = scene.deploy(WITNESS).await;
    // Clients differ in the block they ask for when none is named: name it.
    let see = |at: BlockId| scene.provider.call(call_to(witness, [])).block(at);
    let before = see(BlockId::latest()).await.unwrap();
    let _: Value = scene
        .ask("evm_increaseTime", json!(["0x78"]))
        .await
        .unwrap();
    let pending = see(BlockId::pending()).await.unwrap();
    assert_eq!(word(&pending, 1), word(&before, 1) + U256::from(120));
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let after = see(BlockId::latest()).await.unwrap();
    assert_eq!(word(&after, 1), word(&before, 1) + U256::from(120));
    assert_eq!(word(&after, 0), word(&before, 0) + U256::from(10));
    assert_eq!(word(&after, 3), U256::from(BASE_FEE));
    let block: Value = scene
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    assert_eq!(block["l1BlockNumber"], json!(word(&after, 0)));
    assert_eq!(block["number"], "0x2");

    let _: Value = scene
        .ask("evm_setNextBlockTimestamp", json!([2_000_000_000]))
        .await
        .unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let latest = scene
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap();
    assert_eq!(latest.unwrap().header.timestamp, 2_000_000_000);
    let (code, message) = scene.refusal("evm_setNextBlockTimestamp", json!([5])).await;
    assert_eq!(code, -32000);
    assert!(
        message.contains("lower than previous block's timestamp 2000000000"),
        "{message}"
    );
    let earlier = see(1.into()).await.unwrap();
    assert_eq!(earlier, before);
}

#[tokio::test]
async fn an_impersonated_account_acts_without_a_key() {
    let scene = Scene::new();
    let request = json!([{ "from": NOBODY, "to": scene.dev(), "value": "0x1" }]);
    let (code, message) = scene.refusal("eth_sendTransaction", request.clone()).await;
    assert_eq!(
        (code, message),
        (-32000, format!("unknown account: {NOBODY}"))
    );

    let _: Value = scene
        .ask("anvil_impersonateAccount", json!([NOBODY]))
        .await
        .unwrap();
    let (code, message) = scene.refusal("eth_sendTransaction", request.clone()).await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with("insufficient funds for gas * price + value"),
        "{message}"
    );
    let _: Value = scene
        .ask("anvil_setBalance", json!([NOBODY, U256::from(ETHER)]))
        .await
        .unwrap();
    let hash: B256 = scene
        .ask("eth_sendTransaction", request.clone())
        .await
        .unwrap();
    let receipt = scene
        .provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.from, NOBODY);

    let _: Value = scene
        .ask("hardhat_stopImpersonatingAccount", json!([NOBODY]))
        .await
        .unwrap();
    assert_eq!(
        scene.refusal("eth_sendTransaction", request).await.0,
        -32000
    );
    let by_dev = json!([{ "from": scene.node.address(3), "to": NOBODY }]);
    let hash: B256 = scene.ask("eth_sendTransaction", by_dev).await.unwrap();
    let sent = scene
        .provider
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sent.inner.signer(), scene.node.address(3));
}

#[tokio::test]
async fn a_contract_can_be_impersonated() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let rich = json!([counter, U256::from(ETHER)]);
    let _: Value = scene.ask("anvil_setBalance", rich).await.unwrap();
    let _: Value = scene
        .ask("anvil_impersonateAccount", json!([counter]))
        .await
        .unwrap();
    let request = json!([{ "from": counter, "to": NOBODY, "value": "0x5" }]);
    let hash: B256 = scene.ask("eth_sendTransaction", request).await.unwrap();
    let receipt = scene
        .provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap();
    assert!(receipt.status());
    assert_eq!(
        scene.provider.get_balance(NOBODY).await.unwrap(),
        U256::from(5)
    );
}

#[tokio::test]
async fn a_state_too_far_back_is_refused_and_named() {
    let scene = Scene::new();
    let _: Value = scene.ask("anvil_mine", json!(["0x190"])).await.unwrap();
    let (code, message) = scene
        .refusal("eth_getBalance", json!([NOBODY, "0x3"]))
        .await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with("historical state of block 3 is not available"),
        "{message}"
    );
    assert!(scene
        .ask::<U256>("eth_getBalance", json!([NOBODY, "0x18f"]))
        .await
        .is_ok());
    assert_eq!(
        scene
            .refusal("eth_getBalance", json!([NOBODY, "0x999"]))
            .await
            .0,
        -32000
    );
}
