//! Transactions that wait, and when blocks are made.

use crate::scene::{Scene, BASE_FEE, COUNTER, NOBODY};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, Bytes, B256, U256};
use alloy::rpc::types::TransactionRequest;
use serde_json::{json, Value};
use std::time::{Duration, Instant};

impl Scene {
    async fn automine(&self, enabled: bool) {
        let _: Value = self.ask("evm_setAutomine", json!([enabled])).await.unwrap();
    }

    async fn block(&self, tag: &str) -> Value {
        self.ask("eth_getBlockByNumber", json!([tag, false]))
            .await
            .unwrap()
    }

    async fn signed(&self, key: usize, nonce: u64, max_fee: u64, to: Address) -> Value {
        self.signed_with_tip(key, nonce, [max_fee, max_fee], to)
            .await
    }

    async fn signed_with_tip(
        &self,
        key: usize,
        nonce: u64,
        [max_fee, tip]: [u64; 2],
        to: Address,
    ) -> Value {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_nonce(nonce)
            .with_chain_id(412_346)
            .with_gas_limit(100_000)
            .with_max_fee_per_gas(max_fee.into())
            .with_max_priority_fee_per_gas(tip.into());
        let wallet = EthereumWallet::from(self.node.keys()[key].clone());
        let signed = request.build(&wallet).await.unwrap();
        json!([Bytes::from(signed.encoded_2718())])
    }

    async fn send_signed(&self, key: usize, nonce: u64, max_fee: u64) -> B256 {
        let raw = self.signed(key, nonce, max_fee, NOBODY).await;
        self.ask("eth_sendRawTransaction", raw).await.unwrap()
    }
}

#[tokio::test]
async fn transactions_wait_until_a_block_is_mined_and_are_run_in_order() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    scene.automine(false).await;
    assert!(!scene
        .ask::<bool>("anvil_getAutomine", json!([]))
        .await
        .unwrap());

    // Of two senders: the one that comes first goes first, whatever it pays.
    let raw = scene.signed(0, 1, BASE_FEE, counter).await;
    let one: B256 = scene.ask("eth_sendRawTransaction", raw).await.unwrap();
    let raw = scene.signed(1, 0, 9 * BASE_FEE, counter).await;
    let two: B256 = scene.ask("eth_sendRawTransaction", raw).await.unwrap();
    let raw = scene.signed(0, 2, BASE_FEE, counter).await;
    let three: B256 = scene.ask("eth_sendRawTransaction", raw).await.unwrap();

    let nonce = |tag| scene.ask::<U256>("eth_getTransactionCount", json!([scene.dev(), tag]));
    assert_eq!(nonce("latest").await.unwrap(), U256::from(1));
    assert_eq!(nonce("pending").await.unwrap(), U256::from(3));
    let waiting: Value = scene
        .ask("eth_getTransactionByHash", json!([one]))
        .await
        .unwrap();
    assert_eq!(
        (&waiting["blockHash"], &waiting["hash"]),
        (&Value::Null, &json!(one))
    );
    let receipt: Value = scene
        .ask("eth_getTransactionReceipt", json!([one]))
        .await
        .unwrap();
    assert_eq!(receipt, Value::Null);
    assert_eq!(scene.block("latest").await["number"], "0x1");

    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let block = scene.block("latest").await;
    assert_eq!(block["number"], "0x2");
    assert_eq!(block["transactions"], json!([one, two, three]));
    let receipts: Value = scene
        .ask("eth_getBlockReceipts", json!(["latest"]))
        .await
        .unwrap();
    let mut cumulative = 0;
    for index in 0..3_u64 {
        let receipt = &receipts[index as usize];
        assert_eq!(receipt["transactionIndex"], json!(format!("{index:#x}")));
        let gas: U256 = serde_json::from_value(receipt["gasUsed"].clone()).unwrap();
        cumulative += gas.to::<u64>();
        assert_eq!(
            receipt["cumulativeGasUsed"],
            json!(format!("{cumulative:#x}"))
        );
        let log = &receipt["logs"][0];
        assert_eq!(log["logIndex"], json!(format!("{index:#x}")));
        assert_eq!(log["data"], json!(B256::with_last_byte(index as u8 + 1)));
        let place = json!(["0x2", format!("{index:#x}")]);
        let found: Value = scene
            .ask("eth_getTransactionByBlockNumberAndIndex", place)
            .await
            .unwrap();
        assert_eq!(found["hash"], receipt["transactionHash"]);
    }
    assert_eq!(block["gasUsed"], json!(format!("{cumulative:#x}")));
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([]));
}

#[tokio::test]
async fn a_gap_waits_for_what_fills_it() {
    let scene = Scene::new();
    scene.automine(false).await;
    let late = scene.send_signed(0, 1, BASE_FEE).await;
    let status: Value = scene.ask("txpool_status", json!([])).await.unwrap();
    assert_eq!(status, json!({ "pending": "0x0", "queued": "0x1" }));
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([]));
    let early = scene.send_signed(0, 0, BASE_FEE).await;
    let content: Value = scene.ask("txpool_content", json!([])).await.unwrap();
    let dev = scene.dev().to_string();
    assert_eq!(content["pending"][&dev]["0"]["hash"], json!(early));
    assert_eq!(content["pending"][&dev]["1"]["hash"], json!(late));
    // What waits is mined as soon as blocks are made at once again.
    scene.automine(true).await;
    assert_eq!(
        scene.block("latest").await["transactions"],
        json!([early, late])
    );
    let status: Value = scene.ask("txpool_status", json!([])).await.unwrap();
    assert_eq!(status, json!({ "pending": "0x0", "queued": "0x0" }));
}

#[tokio::test]
async fn a_replacement_must_offer_a_tenth_more() {
    let scene = Scene::new();
    scene.automine(false).await;
    let fee = 10 * BASE_FEE;
    let old = scene.send_signed(0, 0, fee).await;
    let raw = scene.signed(0, 0, fee, NOBODY).await;
    let known = scene.refusal("eth_sendRawTransaction", raw).await;
    assert_eq!(known, (-32000, "already known".to_owned()));
    let raw = scene.signed(0, 0, fee + fee / 10 - 1, NOBODY).await;
    let (code, message) = scene.refusal("eth_sendRawTransaction", raw).await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with(
            "replacement transaction underpriced: maxFeePerGas 1099999999, a replacement needs 1100000000"
        ),
        "{message}"
    );
    let new = scene.send_signed(0, 0, fee + fee / 10).await;
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([new]));
    let gone: Value = scene
        .ask("eth_getTransactionByHash", json!([old]))
        .await
        .unwrap();
    assert_eq!(gone, Value::Null);
}

/// The threshold of go-ethereum's `list.Add`, worked out by hand: strictly more, and `old * 110 / 100` rounded down.
#[tokio::test]
async fn a_replacement_must_raise_the_tip_too() {
    let scene = Scene::new();
    scene.automine(false).await;
    let fee = 10 * BASE_FEE;
    // Each row is offered in the place of the last one that was taken.
    let rows = [
        ([fee, 0], true),
        ([2 * fee, 0], false),
        ([2 * fee, 1], true),
        ([4 * fee, 1], false),
        ([4 * fee, 19], true),
        ([8 * fee, 19], false),
        ([8 * fee, 20], true),
        ([16 * fee, 21], false),
        ([8 * fee, 40], false),
        ([16 * fee, 22], true),
    ];
    for (offer, is_taken) in rows {
        let raw = scene.signed_with_tip(0, 0, offer, NOBODY).await;
        let answer = scene.ask::<B256>("eth_sendRawTransaction", raw).await;
        assert_eq!(answer.is_ok(), is_taken, "{offer:?}: {answer:?}");
    }
}

#[tokio::test]
async fn what_offers_less_than_the_base_fee_waits_until_that_falls() {
    let scene = Scene::new();
    scene.automine(false).await;
    let hash = scene.send_signed(0, 0, BASE_FEE).await;
    let base_fee = |wei: u64| scene.ask::<Value>("anvil_setNextBlockBaseFeePerGas", json!([wei]));
    let _ = base_fee(BASE_FEE + 1).await.unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([]));
    let _ = base_fee(BASE_FEE).await.unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([hash]));
}

#[tokio::test]
async fn what_waits_can_be_dropped() {
    let scene = Scene::new();
    scene.automine(false).await;
    let one = scene.send_signed(0, 0, BASE_FEE).await;
    let two = scene.send_signed(1, 0, BASE_FEE).await;
    let three = scene.send_signed(2, 0, BASE_FEE).await;
    let drop = |hash: B256| scene.ask::<Value>("anvil_dropTransaction", json!([hash]));
    assert_eq!(drop(one).await.unwrap(), json!(one));
    assert_eq!(drop(one).await.unwrap(), Value::Null);
    let of = json!([scene.node.address(1)]);
    let _: Value = scene.ask("anvil_removePoolTransactions", of).await.unwrap();
    let waiting: Value = scene
        .ask("eth_getTransactionByHash", json!([two]))
        .await
        .unwrap();
    assert_eq!(waiting, Value::Null);
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    assert_eq!(scene.block("latest").await["transactions"], json!([three]));
}

#[tokio::test]
async fn blocks_come_in_intervals_if_asked() {
    let scene = Scene::new();
    let _: Value = scene
        .ask("evm_setIntervalMining", json!([1]))
        .await
        .unwrap();
    let interval: Value = scene
        .ask("anvil_getIntervalMining", json!([]))
        .await
        .unwrap();
    assert_eq!(interval, 1);
    let hash = scene.send_signed(0, 0, BASE_FEE).await;
    let start = Instant::now();
    let receipt = loop {
        let receipt: Value = scene
            .ask("eth_getTransactionReceipt", json!([hash]))
            .await
            .unwrap();
        if receipt != Value::Null {
            break receipt;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no block came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(receipt["status"], "0x1");
    let _: Value = scene
        .ask("evm_setIntervalMining", json!([0]))
        .await
        .unwrap();
    let height = scene.block("latest").await["number"].clone();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(scene.block("latest").await["number"], height);
}

#[tokio::test]
async fn an_interval_beyond_all_time_is_no_harm() {
    let scene = Scene::new();
    for seconds in [json!(u64::MAX), json!("0xffffffffffffffff")] {
        let _: Value = scene
            .ask("evm_setIntervalMining", json!([seconds]))
            .await
            .unwrap();
        let id: Value = scene.ask("eth_chainId", json!([])).await.unwrap();
        assert_eq!(id, "0x64aba");
    }
}
