//! The embedded chain as clients see it: an alloy provider over HTTP.

use alloy::consensus::{SignableTransaction, TxLegacy};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{address, hex, Address, Bytes, TxKind, B256, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{BlockOverrides, Filter, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::sol;
use alloy::transports::{RpcError, TransportErrorKind};
use devnode::Devnode;
use serde_json::{json, Value};

const ETHER: u128 = 1_000_000_000_000_000_000;
const BASE_FEE: u64 = 100_000_000;
const NOBODY: Address = address!("00000000000000000000000000000000000b0b0b");

sol! {
    #[derive(Debug)]
    error Refused(uint256 offending, uint256 bound);
}

struct Scene {
    node: Devnode,
    provider: DynProvider,
}

impl Scene {
    fn new() -> Self {
        let node = Devnode::spawn().unwrap();
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(node.keys()[0].clone()))
            .connect_http(node.url().parse().unwrap())
            .erased();
        Self { node, provider }
    }

    fn dev(&self) -> Address {
        self.node.address(0)
    }

    async fn ask<
        T: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    >(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError<TransportErrorKind>> {
        self.provider.raw_request(method.into(), params).await
    }

    async fn refusal(&self, method: &'static str, params: Value) -> (i64, String) {
        let error = self
            .ask::<Value>(method, params)
            .await
            .expect_err("should be refused");
        let payload = error
            .as_error_resp()
            .expect("an answer of the node")
            .clone();
        (payload.code, payload.message.into_owned())
    }

    /// Deploys `runtime` by init code that copies what follows it.
    async fn deploy(&self, runtime: &[u8]) -> Address {
        // PUSH2 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN, and a STOP to fill eleven bytes.
        let mut code = vec![0x61];
        code.extend(u16::try_from(runtime.len()).unwrap().to_be_bytes());
        code.extend(hex!("80600b5f395ff300"));
        code.extend(runtime);
        let tx = TransactionRequest::default().with_deploy_code(Bytes::from(code));
        let receipt = self
            .provider
            .send_transaction(tx)
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap();
        assert!(receipt.status(), "the deployment failed");
        receipt.contract_address.unwrap()
    }
}

/// Adds one to slot 0, emits the new value under topic 7 and returns it.
const COUNTER: &[u8] = &hex!("5f54600101805f555f52600760205fa160205ff3");
/// Reverts with its calldata.
const REVERTER: &[u8] = &hex!("365f5f37365ffd");
/// Returns block number, timestamp, caller, base fee, own balance.
const WITNESS: &[u8] = &hex!("435f524260205233604052486060524760805260a05ff3");
/// Returns the slot that its calldata names.
const READER: &[u8] = &hex!("5f35545f5260205ff3");
/// Reverts unless more than 100,000 gas is left, and uses next to none.
const DEMANDING: &[u8] = &hex!("620186a05a11600c575f5ffd5b00");
/// Calls the address in its calldata with all gas and reverts if that fails.
const FORWARDER: &[u8] = &hex!("5f5f5f5f5f5f355af1600f575f5ffd5b00");

fn call_to(to: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(to)
        .with_input(data.into())
}

fn word(answer: &[u8], index: usize) -> U256 {
    U256::from_be_slice(&answer[32 * index..32 * (index + 1)])
}

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
async fn a_contract_is_deployed_called_and_its_events_are_found() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    assert_eq!(
        scene.provider.get_code_at(counter).await.unwrap(),
        Bytes::from_static(COUNTER)
    );

    let answer = scene.provider.call(call_to(counter, [])).await.unwrap();
    assert_eq!(word(&answer, 0), U256::ONE);
    assert_eq!(
        scene
            .provider
            .get_storage_at(counter, U256::ZERO)
            .await
            .unwrap(),
        U256::ZERO
    );

    for _ in 0..2 {
        let pending = scene
            .provider
            .send_transaction(call_to(counter, []))
            .await
            .unwrap();
        assert!(pending.get_receipt().await.unwrap().status());
    }
    assert_eq!(
        scene
            .provider
            .get_storage_at(counter, U256::ZERO)
            .await
            .unwrap(),
        U256::from(2)
    );
    let then = scene
        .provider
        .get_storage_at(counter, U256::ZERO)
        .block_id(2.into())
        .await
        .unwrap();
    assert_eq!(then, U256::ONE);

    let seven = B256::with_last_byte(7);
    let filter = Filter::new().address(counter).from_block(0);
    let logs = scene
        .provider
        .get_logs(&filter.clone().event_signature(seven))
        .await
        .unwrap();
    assert_eq!(
        logs.iter().map(|log| log.block_number).collect::<Vec<_>>(),
        [Some(2), Some(3)]
    );
    assert_eq!(
        logs[1].inner.data.data,
        Bytes::from(B256::with_last_byte(2))
    );
    let hash = logs[0].block_hash.unwrap();
    let one = scene
        .provider
        .get_logs(&Filter::new().at_block_hash(hash))
        .await
        .unwrap();
    assert_eq!(one, logs[..1]);
    let other = filter.clone().event_signature(B256::with_last_byte(8));
    assert_eq!(scene.provider.get_logs(&other).await.unwrap(), []);
    let elsewhere = Filter::new().address(NOBODY).from_block(0);
    assert_eq!(scene.provider.get_logs(&elsewhere).await.unwrap(), []);
    assert_eq!(
        scene
            .provider
            .get_logs(&filter.from_block(3))
            .await
            .unwrap(),
        logs[1..]
    );
}

#[tokio::test]
async fn revert_data_reaches_the_caller() {
    use alloy::sol_types::{Panic, Revert, SolError};
    let scene = Scene::new();
    let reverter = scene.deploy(REVERTER).await;

    let refused = Refused {
        offending: U256::from(7),
        bound: U256::from(5),
    };
    let error = scene
        .provider
        .call(call_to(reverter, refused.abi_encode()))
        .await
        .unwrap_err();
    let payload = error.as_error_resp().unwrap();
    assert_eq!((payload.code, &*payload.message), (3, "execution reverted"));
    let decoded = payload.as_decoded_error::<Refused>().unwrap();
    assert_eq!(
        (decoded.offending, decoded.bound),
        (U256::from(7), U256::from(5))
    );

    let messages = [
        (
            Revert::from("too bad").abi_encode(),
            "execution reverted: too bad",
        ),
        (
            Panic::from(0x11u64).abi_encode(),
            "execution reverted: arithmetic underflow or overflow",
        ),
        (Vec::new(), "execution reverted"),
    ];
    for (data, message) in messages {
        let params = json!([{ "to": reverter, "data": Bytes::from(data) }, "latest"]);
        assert_eq!(
            scene.refusal("eth_call", params).await,
            (3, message.to_owned())
        );
    }
    let params = json!([{ "to": reverter, "data": "0x01" }]);
    assert_eq!(scene.refusal("eth_estimateGas", params).await.0, 3);
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
async fn an_estimate_is_the_least_gas_that_suffices() {
    let scene = Scene::new();
    let (demanding, forwarder) = (scene.deploy(DEMANDING).await, scene.deploy(FORWARDER).await);
    let calls = [
        TransactionRequest::default()
            .with_to(NOBODY)
            .with_value(U256::ONE),
        call_to(demanding, []),
        call_to(forwarder, demanding.into_word()),
        call_to(scene.deploy(COUNTER).await, []),
    ];
    for (index, tx) in calls.into_iter().enumerate() {
        let tx = tx.with_from(scene.dev());
        let estimate = scene.provider.estimate_gas(tx.clone()).await.unwrap();
        let enough = scene
            .provider
            .call(tx.clone().with_gas_limit(estimate))
            .await;
        assert!(
            enough.is_ok(),
            "call {index} fails with {estimate} gas: {enough:?}"
        );
        let less = scene.provider.call(tx.with_gas_limit(estimate - 1)).await;
        assert!(
            less.is_err(),
            "call {index} succeeds with less than {estimate} gas"
        );
    }
    // The inner call is left 63/64 of what the outer one has.
    let outer = call_to(forwarder, demanding.into_word());
    assert!(scene.provider.estimate_gas(outer).await.unwrap() > 121_000 + 100_000 / 63);
    let starved = json!([{ "to": demanding, "gas": "0x7530" }]);
    assert_eq!(scene.refusal("eth_estimateGas", starved).await.0, 3);
}

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
async fn a_call_can_pretend_that_state_and_block_are_otherwise() {
    let scene = Scene::new();
    let override_of = |account| StateOverride::from_iter([(NOBODY, account)]);
    let witness = AccountOverride {
        code: Some(Bytes::from_static(WITNESS)),
        balance: Some(U256::from(77)),
        ..Default::default()
    };
    let block = BlockOverrides {
        number: Some(U256::from(5)),
        time: Some(9_999_999_999),
        ..Default::default()
    };
    let answer = scene
        .provider
        .call(call_to(NOBODY, []).with_from(scene.dev()))
        .overrides(override_of(witness))
        .with_block_overrides(block)
        .await
        .unwrap();
    let seen: Vec<U256> = (0..5).map(|index| word(&answer, index)).collect();
    let dev = U256::from_be_slice(scene.dev().as_slice());
    let expected = [5, 9_999_999_999, 0, BASE_FEE, 77].map(U256::from);
    assert_eq!(
        seen,
        [expected[0], expected[1], dev, expected[3], expected[4]]
    );
    assert_eq!(
        scene.provider.get_code_at(NOBODY).await.unwrap(),
        Bytes::new()
    );

    let reader = scene.deploy(READER).await;
    let (one, two) = (B256::with_last_byte(1), B256::with_last_byte(2));
    let set = json!([reader, "0x1", B256::with_last_byte(11)]);
    let _: Value = scene.ask("anvil_setStorageAt", set).await.unwrap();
    let read = |slot: B256, field: &str| {
        let request = json!([
            { "to": reader, "data": slot }, "latest", { reader.to_string(): { field: { two.to_string(): B256::with_last_byte(22) } } }
        ]);
        scene.ask::<U256>("eth_call", request)
    };
    assert_eq!(read(one, "stateDiff").await.unwrap(), U256::from(11));
    assert_eq!(read(two, "stateDiff").await.unwrap(), U256::from(22));
    assert_eq!(read(one, "state").await.unwrap(), U256::ZERO);
    assert_eq!(read(two, "state").await.unwrap(), U256::from(22));
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
async fn a_trace_shows_the_tree_of_calls() {
    let scene = Scene::new();
    let (reverter, forwarder) = (scene.deploy(REVERTER).await, scene.deploy(FORWARDER).await);
    let counter = scene.deploy(COUNTER).await;
    let tx = call_to(forwarder, counter.into_word());
    let receipt = scene
        .provider
        .send_transaction(tx)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    // The state moves on; the trace is of the moment it happened.
    let _ = scene
        .provider
        .send_transaction(call_to(counter, []))
        .await
        .unwrap();
    let options = json!({ "tracer": "callTracer" });
    let params = json!([receipt.transaction_hash, options]);
    let trace: Value = scene.ask("debug_traceTransaction", params).await.unwrap();
    assert_eq!(trace["type"], "CALL");
    assert_eq!(trace["from"], json!(scene.dev()));
    assert_eq!(trace["to"], json!(forwarder));
    assert_eq!(trace["gasUsed"], json!(U256::from(receipt.gas_used)));
    let calls = trace["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["to"], json!(counter));
    assert_eq!(calls[0]["output"], json!(B256::with_last_byte(1)));
    assert!(calls[0].get("error").is_none());

    let call = json!([{ "to": forwarder, "data": reverter.into_word() }, "latest", options]);
    let trace: Value = scene.ask("debug_traceCall", call).await.unwrap();
    assert_eq!(trace["error"], "execution reverted");
    assert_eq!(trace["calls"][0]["error"], "execution reverted");
    let params = json!([receipt.transaction_hash]);
    assert_eq!(
        scene.refusal("debug_traceTransaction", params).await.0,
        -32000
    );
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_notifications_are_not() {
    let node = Devnode::spawn().unwrap();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "method": "evm_mine" },
        { "jsonrpc": "2.0", "id": "two", "method": "eth_blockNumber", "params": [] },
        { "jsonrpc": "2.0", "id": 3, "method": "nonsense" },
        17
    ]);
    let mut chain = node.chain();
    let mut ask = |text: &str| {
        let answer = devnode::rpc::answer(&mut chain, text.as_bytes());
        answer.map(|text| serde_json::from_slice::<Value>(&text).unwrap())
    };
    let answer = ask(&batch.to_string()).unwrap();
    assert_eq!(answer.as_array().unwrap().len(), 4);
    assert_eq!(
        answer[0],
        json!({ "jsonrpc": "2.0", "id": 1, "result": "0x64aba" })
    );
    assert_eq!(
        answer[1],
        json!({ "jsonrpc": "2.0", "id": "two", "result": "0x1" })
    );
    assert_eq!(answer[2]["error"]["code"], -32601);
    assert_eq!(answer[3]["error"]["code"], -32600);
    assert_eq!(ask("[]").unwrap()["error"]["code"], -32600);
    assert_eq!(ask("{nonsense").unwrap()["error"]["code"], -32700);
    assert_eq!(ask(r#"{"jsonrpc":"2.0","method":"evm_mine"}"#), None);
}

#[tokio::test]
async fn batched_requests_travel_over_http() {
    let scene = Scene::new();
    let client = scene.provider.client();
    let mut batch = alloy::rpc::client::BatchRequest::new(client);
    let id = batch.add_call::<_, U256>("eth_chainId", &()).unwrap();
    let height = batch.add_call::<_, U256>("eth_blockNumber", &()).unwrap();
    batch.send().await.unwrap();
    assert_eq!(
        (id.await.unwrap(), height.await.unwrap()),
        (U256::from(412_346), U256::ZERO)
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

#[tokio::test]
async fn a_server_stops_when_dropped() {
    let node = Devnode::spawn().unwrap();
    let port = node
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse::<u16>()
        .unwrap();
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    drop(node);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

/// Not a rule but a figure: how long the node itself takes for a call to a small contract.
#[tokio::test]
async fn a_small_call_takes_well_below_a_millisecond() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let request = json!({ "id": 1, "method": "eth_call", "params": [{ "to": counter }, "latest"] });
    let message = request.to_string();
    let mut chain = scene.node.chain();
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            let answer = devnode::rpc::answer(&mut chain, message.as_bytes()).unwrap();
            assert!(answer.len() > 64);
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("eth_call: median {:?}, 95th {:?}", times[100], times[190]);
    // A machine with other work to do is no reason to fail: the bound is for orders of magnitude.
    assert!(times[100].as_millis() < 5, "median {:?}", times[100]);
}
