//! What the node says of itself, its accounts' signatures, and its state as bytes.

use crate::scene::{call_to, Scene, BASE_FEE, COUNTER, ETHER, NOBODY};
use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Decodable2718;
use alloy::network::TransactionBuilder;
use alloy::primitives::{address, keccak256, Bytes, Signature, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use serde_json::{json, Value};

#[tokio::test]
async fn a_dump_is_loaded_by_another_node() {
    let (one, two) = (Scene::new(), Scene::new());
    let counter = one.deploy(COUNTER).await;
    let sent = one.provider.send_transaction(call_to(counter, [])).await;
    let hash = *sent.unwrap().tx_hash();
    let dump: Bytes = one.ask("anvil_dumpState", json!([])).await.unwrap();

    assert!(two
        .ask::<bool>("anvil_loadState", json!([dump]))
        .await
        .unwrap());
    for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
        let here: Value = two.ask(method, json!([hash])).await.unwrap();
        let there: Value = one.ask(method, json!([hash])).await.unwrap();
        assert_eq!(here, there);
        assert_eq!(here["blockNumber"], "0x2");
    }
    let answer = two.provider.call(call_to(counter, [])).await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), U256::from(2));
    let sent = two.provider.send_transaction(call_to(counter, [])).await;
    let receipt = sent.unwrap().get_receipt().await.unwrap();
    assert_eq!(receipt.block_number, Some(3));

    let nonsense = two.refusal("anvil_loadState", json!(["0x1f8b0800"])).await;
    assert_eq!(nonsense.0, -32000);
    assert!(
        nonsense.1.starts_with("not a dump of this chain's"),
        "{}",
        nonsense.1
    );
    assert_eq!(two.provider.get_block_number().await.unwrap(), 3);
    // The state of a block before the dump is not in it.
    let old = json!([NOBODY, "0x1"]);
    let (_, message) = two.refusal("eth_getBalance", old).await;
    assert!(
        message.starts_with("historical state of block 1"),
        "{message}"
    );
}

#[tokio::test]
async fn a_reset_chain_is_a_fresh_one() {
    let scene = Scene::new();
    let genesis: Value = scene
        .ask("eth_getBlockByNumber", json!(["0x0", false]))
        .await
        .unwrap();
    let counter = scene.deploy(COUNTER).await;
    let _: Value = scene.ask("anvil_reset", json!([])).await.unwrap();
    assert_eq!(
        scene.provider.get_code_at(counter).await.unwrap(),
        Bytes::new()
    );
    let latest: Value = scene
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    assert_eq!(latest, genesis);
    let fork = json!([{ "forking": { "jsonRpcUrl": "http://127.0.0.1:1" } }]);
    assert_eq!(scene.refusal("hardhat_reset", fork).await.0, -32602);
}

#[tokio::test]
async fn the_node_tells_what_it_is() {
    let scene = Scene::new();
    let info: Value = scene.ask("anvil_nodeInfo", json!([])).await.unwrap();
    assert_eq!(info["currentBlockNumber"], "0x0");
    assert_eq!(info["environment"]["chainId"], 412_346);
    assert_eq!(info["environment"]["baseFee"], json!(U256::from(BASE_FEE)));
    let version: String = scene.ask("web3_clientVersion", json!([])).await.unwrap();
    assert!(version.starts_with("ballast-devnode/v"), "{version}");
    let hash: B256 = scene.ask("web3_sha3", json!(["0x010203"])).await.unwrap();
    assert_eq!(hash, keccak256([1, 2, 3]));
    let simple = [
        ("net_version", json!("412346")),
        ("net_listening", json!(true)),
        ("net_peerCount", json!("0x0")),
        ("eth_syncing", json!(false)),
        ("eth_maxPriorityFeePerGas", json!("0x0")),
        ("eth_gasPrice", json!(U256::from(BASE_FEE))),
    ];
    for (method, expected) in simple {
        let answer: Value = scene.ask(method, json!([])).await.unwrap();
        assert_eq!(answer, expected, "{method}");
    }
    let accounts: Value = scene.ask("eth_accounts", json!([])).await.unwrap();
    assert_eq!(accounts[0], json!(scene.dev()));
    assert_eq!(accounts.as_array().unwrap().len(), 11);
}

#[tokio::test]
async fn accounts_sign_messages_and_transactions() {
    let scene = Scene::new();
    let signed = |method, params| scene.ask::<Bytes>(method, params);
    let text = Bytes::from_static(b"hello");
    let one = signed("eth_sign", json!([scene.dev(), text]))
        .await
        .unwrap();
    let other = signed("personal_sign", json!([text, scene.dev()]))
        .await
        .unwrap();
    assert_eq!(one, other);
    let signature = Signature::try_from(one.as_ref()).unwrap();
    assert_eq!(
        signature.recover_address_from_msg(b"hello").unwrap(),
        scene.dev()
    );
    let stranger = json!([NOBODY, "0x00"]);
    assert_eq!(
        scene.refusal("eth_sign", stranger).await,
        (-32000, format!("unknown account: {NOBODY}"))
    );

    let request = json!([{ "from": scene.dev(), "to": NOBODY, "value": "0x7" }]);
    let signed: Value = scene.ask("eth_signTransaction", request).await.unwrap();
    let raw: Bytes = serde_json::from_value(signed["raw"].clone()).unwrap();
    let transaction = TxEnvelope::decode_2718_exact(&raw).unwrap();
    assert_eq!(json!(transaction.tx_hash()), signed["tx"]["hash"]);
    let _: B256 = scene
        .ask("eth_sendRawTransaction", json!([raw]))
        .await
        .unwrap();
    assert_eq!(
        scene.provider.get_balance(NOBODY).await.unwrap(),
        U256::from(7)
    );
    let found: Bytes = scene
        .ask(
            "eth_getRawTransactionByHash",
            json!([transaction.tx_hash()]),
        )
        .await
        .unwrap();
    assert_eq!(found, raw);
}

#[tokio::test]
async fn blocks_are_named_by_tag_number_hash_or_object() {
    let scene = Scene::new();
    let first = scene.provider.get_balance(NOBODY).await.unwrap();
    let tx = TransactionRequest::default()
        .with_to(NOBODY)
        .with_value(U256::from(ETHER));
    let receipt = scene.provider.send_transaction(tx).await.unwrap();
    let receipt = receipt.get_receipt().await.unwrap();
    let balance = |at: Value| scene.ask::<U256>("eth_getBalance", json!([NOBODY, at]));
    let hash = receipt.block_hash.unwrap();
    let names = [
        json!("latest"),
        json!("safe"),
        json!("finalized"),
        json!("pending"),
        json!("0x1"),
        json!(hash),
        json!({ "blockHash": hash, "requireCanonical": true }),
        json!({ "blockNumber": "0x1" }),
    ];
    for name in names {
        let text = name.to_string();
        assert_eq!(
            balance(name).await.unwrap(),
            first + U256::from(ETHER),
            "{text}"
        );
    }
    for name in [json!("earliest"), json!({ "blockNumber": "0x0" })] {
        assert_eq!(balance(name).await.unwrap(), first);
    }
    let unknown = json!([NOBODY, { "blockHash": B256::ZERO }]);
    assert_eq!(
        scene.refusal("eth_getBalance", unknown).await,
        (-32000, "unknown block".to_owned())
    );

    let count = |method, of: Value| scene.ask::<Value>(method, json!([of]));
    for (method, expected) in [
        ("eth_getUncleCountByBlockHash", "0x0"),
        ("eth_getBlockTransactionCountByHash", "0x1"),
    ] {
        assert_eq!(count(method, json!(hash)).await.unwrap(), expected);
        assert_eq!(count(method, json!(B256::ZERO)).await.unwrap(), Value::Null);
    }
    let place = json!([hash, "0x0"]);
    let found: Value = scene
        .ask("eth_getTransactionByBlockHashAndIndex", place)
        .await
        .unwrap();
    assert_eq!(found["hash"], json!(receipt.transaction_hash));
    let beyond = json!([hash, "0x1"]);
    let found: Value = scene
        .ask("eth_getTransactionByBlockHashAndIndex", beyond)
        .await
        .unwrap();
    assert_eq!(found, Value::Null);
}

#[tokio::test]
async fn fees_are_paid_to_whom_the_coinbase_names() {
    let scene = Scene::new();
    let here = address!("00000000000000000000000000000000000c01b8");
    let _: Value = scene.ask("anvil_setCoinbase", json!([here])).await.unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let block: Value = scene
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    assert_eq!(block["miner"], json!(here));
    // A snapshot brings back who was named then.
    let id: String = scene.ask("evm_snapshot", json!([])).await.unwrap();
    let _: Value = scene
        .ask("hardhat_setCoinbase", json!([NOBODY]))
        .await
        .unwrap();
    assert!(scene.ask::<bool>("evm_revert", json!([id])).await.unwrap());
    let named: Value = scene.ask("eth_coinbase", json!([])).await.unwrap();
    assert_eq!(named, json!(here));
}

#[tokio::test]
async fn a_balance_grows_by_what_is_added_and_not_beyond_its_bound() {
    let scene = Scene::new();
    for _ in 0..2 {
        let add = json!([NOBODY, "0x5"]);
        let _: Value = scene.ask("anvil_addBalance", add).await.unwrap();
    }
    assert_eq!(
        scene.provider.get_balance(NOBODY).await.unwrap(),
        U256::from(10)
    );
    let (code, message) = scene
        .refusal("anvil_addBalance", json!([NOBODY, U256::MAX]))
        .await;
    assert_eq!(code, -32000);
    assert!(message.contains("has 10 wei"), "{message}");
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name_and_with_the_reason() {
    let scene = Scene::new();
    let (code, message) = scene
        .refusal("eth_getProof", json!([NOBODY, [], "latest"]))
        .await;
    assert_eq!(
        (code, &*message),
        (-32004, "eth_getProof is not supported: the state has no trie, so that nothing can be proven of it")
    );
    let (code, message) = scene.refusal("eth_nonsense", json!([])).await;
    assert_eq!(
        (code, &*message),
        (
            -32601,
            "the method eth_nonsense does not exist/is not available"
        )
    );
    let (code, message) = scene.refusal("eth_getBalance", json!(["0x12"])).await;
    assert_eq!(code, -32602);
    assert!(
        message.starts_with("invalid argument 0 (address): "),
        "{message}"
    );
    let (code, message) = scene.refusal("eth_getStorageAt", json!([NOBODY])).await;
    assert_eq!(
        (code, &*message),
        (-32602, "missing value for required argument 1 (slot)")
    );
    let precompile = json!([{ "to": NOBODY }, "latest", { NOBODY.to_string(): { "movePrecompileToAddress": NOBODY } }]);
    let (code, message) = scene.refusal("eth_call", precompile).await;
    assert_eq!(code, -32000);
    assert!(message.contains("movePrecompileToAddress"), "{message}");
}

#[tokio::test]
async fn the_history_of_fees_covers_what_is_asked_and_the_next_block() {
    let scene = Scene::new();
    let tx = TransactionRequest::default().with_to(NOBODY);
    let _ = scene.provider.send_transaction(tx).await.unwrap();
    let _: Value = scene
        .ask("anvil_setNextBlockBaseFeePerGas", json!([2 * BASE_FEE]))
        .await
        .unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let history = |count: u64, percentiles: Value| {
        scene.ask::<Value>("eth_feeHistory", json!([count, "latest", percentiles]))
    };
    let two = history(2, json!([10, 90])).await.unwrap();
    let fee = |wei: u64| json!(U256::from(wei));
    assert_eq!(two["oldestBlock"], "0x1");
    assert_eq!(
        two["baseFeePerGas"],
        json!([fee(BASE_FEE), fee(2 * BASE_FEE), fee(2 * BASE_FEE)])
    );
    // 21,000 of 2^50 gas.
    let ratio = 21_000.0 / f64::from(1 << 25) / f64::from(1 << 25);
    assert_eq!(two["gasUsedRatio"], json!([ratio, 0.0]));
    assert_eq!(two["reward"], json!([["0x0", "0x0"], ["0x0", "0x0"]]));
    let all = history(9, Value::Null).await.unwrap();
    assert_eq!(
        (&all["oldestBlock"], all.get("reward")),
        (&json!("0x0"), None)
    );
    let many = json!(["0x1", "latest", vec![1; 101]]);
    assert_eq!(
        scene.refusal("eth_feeHistory", many).await,
        (
            -32602,
            "invalid argument 2 (percentiles): 101 are more than 100".to_owned()
        )
    );
    let beyond = json!(["0x1", "0x9"]);
    assert_eq!(
        scene.refusal("eth_feeHistory", beyond).await,
        (-32000, "request beyond head block".to_owned())
    );
}
