//! Sending transactions and finding them again.

use crate::scene::{call_to, Scene, BASE_FEE, ETHER, NOBODY, REVERTER};
use alloy::consensus::{SignableTransaction, TxLegacy};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Bytes, TxKind, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use serde_json::{json, Value};

#[tokio::test]
async fn a_transfer_moves_value_and_charges_the_base_fee() {
    let scene = Scene::new();
    let before = scene.provider.get_balance(scene.dev()).await.unwrap();
    let tx = TransactionRequest::default()
        .with_to(NOBODY)
        .with_value(U256::from(ETHER));
    let pending = scene.provider.send_transaction(tx).await.unwrap();
    let hash = *pending.tx_hash();
    let receipt = pending.get_receipt().await.unwrap();

    assert!(receipt.status());
    assert_eq!(receipt.gas_used, 21_000);
    assert_eq!(receipt.effective_gas_price, u128::from(BASE_FEE));
    assert_eq!(receipt.block_number, Some(1));
    assert_eq!(
        scene.provider.get_balance(NOBODY).await.unwrap(),
        U256::from(ETHER)
    );
    let paid = before - scene.provider.get_balance(scene.dev()).await.unwrap();
    assert_eq!(paid, U256::from(ETHER) + U256::from(21_000 * BASE_FEE));
    assert_eq!(
        scene
            .provider
            .get_transaction_count(scene.dev())
            .await
            .unwrap(),
        1
    );

    let found = scene
        .provider
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.inner.signer(), scene.dev());
    assert_eq!(found.block_hash, receipt.block_hash);
    let block = scene
        .provider
        .get_block_by_number(1.into())
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(Some(block.header.hash), receipt.block_hash);
    assert_eq!(block.header.hash, block.header.inner.hash_slow());
    assert_eq!(block.transactions.as_transactions().unwrap(), &[found]);
    let genesis = scene
        .provider
        .get_block_by_number(0.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.parent_hash, genesis.header.hash);
    let by_hash = scene
        .provider
        .get_block_by_hash(genesis.header.hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(by_hash, genesis);
}

#[tokio::test]
async fn receipts_and_blocks_carry_nitros_fields() {
    let scene = Scene::new();
    let tx = TransactionRequest::default().with_to(NOBODY);
    let hash = *scene.provider.send_transaction(tx).await.unwrap().tx_hash();
    let receipt: Value = scene
        .ask("eth_getTransactionReceipt", json!([hash]))
        .await
        .unwrap();
    assert_eq!(receipt["gasUsedForL1"], "0x0");
    let block: Value = scene
        .ask("eth_getBlockByNumber", json!(["0x1", false]))
        .await
        .unwrap();
    assert_eq!(block["sendCount"], "0x0");
    assert_eq!(block["sendRoot"], json!(B256::ZERO));
    assert_eq!(block["extraData"], json!(B256::ZERO));
    // RLP of an empty block: the header's fields in bytes with their prefixes, which are
    // 5 hashes 165, coinbase 21, bloom 259, difficulty 1, number 1, gas limit 2^50 8, gas used 1,
    // timestamp 5, extra data 33, mix hash 33, nonce 9, base fee 10^8 5: 541, and 3 of the header's
    // list; two empty lists 2; 3 of the block's list.
    let genesis: Value = scene
        .ask("eth_getBlockByNumber", json!(["0x0", false]))
        .await
        .unwrap();
    assert_eq!(genesis["size"], json!(U256::from(541 + 3 + 2 + 3)));
    assert_eq!(block["l1BlockNumber"], receipt["l1BlockNumber"]);
    assert_eq!(block["transactions"], json!([hash]));
    assert_eq!(
        scene
            .ask::<Value>("eth_getBlockByNumber", json!(["0x9", false]))
            .await
            .unwrap(),
        Value::Null
    );
    assert_eq!(scene.provider.get_chain_id().await.unwrap(), 412_346);
}

#[tokio::test]
async fn a_failed_transaction_is_mined_with_status_zero() {
    let scene = Scene::new();
    let reverter = scene.deploy(REVERTER).await;
    let tx = call_to(reverter, [1]).with_gas_limit(100_000);
    let receipt = scene
        .provider
        .send_transaction(tx)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(!receipt.status());
    assert!(receipt.gas_used < 100_000);
    assert_eq!(
        scene
            .provider
            .get_transaction_count(scene.dev())
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn every_kind_of_signed_transaction_is_taken() {
    let scene = Scene::new();
    let wallet = EthereumWallet::from(scene.node.keys()[0].clone());
    let base = |nonce| {
        TransactionRequest::default()
            .with_to(NOBODY)
            .with_nonce(nonce)
            .with_chain_id(412_346)
            .with_gas_limit(50_000)
    };
    let dynamic = base(2)
        .with_max_fee_per_gas(BASE_FEE.into())
        .with_max_priority_fee_per_gas(7);
    let kinds = [
        base(0).with_gas_price(BASE_FEE.into()),
        base(1)
            .with_gas_price(BASE_FEE.into())
            .access_list(Default::default()),
        dynamic,
    ];
    for (kind, tx) in kinds.into_iter().enumerate() {
        let raw = Bytes::from(tx.build(&wallet).await.unwrap().encoded_2718());
        let hash: B256 = scene
            .ask("eth_sendRawTransaction", json!([raw]))
            .await
            .unwrap();
        let receipt: Value = scene
            .ask("eth_getTransactionReceipt", json!([hash]))
            .await
            .unwrap();
        assert_eq!(receipt["type"], format!("0x{kind:x}"));
        assert_eq!(receipt["effectiveGasPrice"], json!(U256::from(BASE_FEE)));
    }
    // Signed before EIP-155, hence for any chain, as deterministic deployers are.
    let unprotected = TxLegacy {
        chain_id: None,
        nonce: 3,
        gas_price: BASE_FEE.into(),
        gas_limit: 21_000,
        to: TxKind::Call(NOBODY),
        value: U256::ONE,
        input: Bytes::new(),
    };
    let signature = scene.node.keys()[0]
        .sign_hash_sync(&unprotected.signature_hash())
        .unwrap();
    let raw = Bytes::from(unprotected.into_signed(signature).encoded_2718());
    let _: B256 = scene
        .ask("eth_sendRawTransaction", json!([raw]))
        .await
        .unwrap();
    assert_eq!(scene.provider.get_balance(NOBODY).await.unwrap(), U256::ONE);
}

#[tokio::test]
async fn refusals_read_as_nitros_do() {
    let scene = Scene::new();
    let send = |nonce: u64, max_fee: u64, value: u128, gas: u64, chain_id: u64| {
        let tx = TransactionRequest::default()
            .with_to(NOBODY)
            .with_nonce(nonce)
            .with_chain_id(chain_id)
            .with_gas_limit(gas)
            .with_max_fee_per_gas(max_fee.into())
            .with_max_priority_fee_per_gas(0)
            .with_value(U256::from(value));
        let wallet = EthereumWallet::from(scene.node.keys()[0].clone());
        async move { Bytes::from(tx.build(&wallet).await.unwrap().encoded_2718()) }
    };
    let id = 412_346;
    let first = send(0, BASE_FEE, 1, 21_000, id).await;
    let _: B256 = scene
        .ask("eth_sendRawTransaction", json!([first]))
        .await
        .unwrap();
    let dev = scene.dev();
    let have = scene.provider.get_balance(dev).await.unwrap();
    let rich = 20_000 * ETHER;
    let want = U256::from(rich) + U256::from(21_000 * BASE_FEE);
    let cases = [
        (first, "already known".to_owned()),
        (send(0, BASE_FEE, 2, 21_000, id).await, format!("nonce too low: address {dev}, tx: 0 state: 1")),
        (send(5, BASE_FEE, 1, 21_000, id).await, format!("nonce too high: address {dev}, tx: 5 state: 1")),
        (send(1, BASE_FEE, rich, 21_000, id).await, format!("insufficient funds for gas * price + value: address {dev} have {have} want {want}")),
        (send(1, BASE_FEE, 1, 20_999, id).await, "intrinsic gas too low: have 20999, want 21000".to_owned()),
        (send(1, BASE_FEE - 1, 1, 21_000, id).await, format!("max fee per gas less than block base fee: address {dev}, maxFeePerGas: 99999999, baseFee: 100000000")),
        (send(1, BASE_FEE, 1, 21_000, 1).await, "invalid chain id for signer: have 1 want 412346".to_owned()),
    ];
    for (raw, message) in cases {
        assert_eq!(
            scene.refusal("eth_sendRawTransaction", json!([raw])).await,
            (-32000, message)
        );
    }
    assert_eq!(
        scene
            .refusal("eth_sendRawTransaction", json!(["0x02c0"]))
            .await
            .0,
        -32000
    );
    assert_eq!(
        scene.refusal("eth_sendRawTransaction", json!([])).await.0,
        -32602
    );
    assert_eq!(
        scene.refusal("eth_getBalance", json!(["0x12"])).await.0,
        -32602
    );
    assert_eq!(scene.refusal("eth_nonsense", json!([])).await.0, -32601);
    let poor = json!([{ "from": NOBODY, "to": dev, "value": "0x2" }, "latest"]);
    assert_eq!(scene.refusal("eth_call", poor).await.0, -32000);
    assert_eq!(scene.provider.get_block_number().await.unwrap(), 1);
}
