//! `NodeInterface`, which the node alone answers.

use crate::scene::{call_to, word, Scene, BASE_FEE, COUNTER, NOBODY, REVERTER};
use alloy::network::TransactionBuilder;
use alloy::primitives::{address, hex, keccak256, Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol;
use alloy::sol_types::SolCall;
use devnode::Config;
use serde_json::{json, Value};

const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");
const L1_BASE_FEE: u64 = 20_000_000_000;

sol! {
    function gasEstimateComponents(address to, bool contractCreation, bytes data) returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function gasEstimateL1Component(address to, bool contractCreation, bytes data) returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function nitroGenesisBlock() returns (uint256 number);
    function blockL1Num(uint64 l2BlockNum) returns (uint64 l1BlockNum);
    function l2BlockRangeForL1(uint64 blockNum) returns (uint64 firstBlock, uint64 lastBlock);
}

impl Scene {
    fn priced() -> Self {
        Self::of(Config {
            l1_base_fee: L1_BASE_FEE,
            ..Config::default()
        })
    }

    fn asking(&self, call: &impl SolCall) -> TransactionRequest {
        call_to(NODE_INTERFACE, call.abi_encode()).with_from(self.dev())
    }

    async fn answer<C: SolCall>(&self, call: &C) -> C::Return {
        let data = self.provider.call(self.asking(call)).await.unwrap();
        C::abi_decode_returns(&data).unwrap()
    }

    async fn asked_in_vain(&self, call: &impl SolCall) -> String {
        let params = json!([self.asking(call), "latest"]);
        let (code, message) = self.refusal("eth_call", params).await;
        assert_eq!(code, 3, "{message}");
        message
    }
}

fn components(to: Address, data: &Bytes) -> gasEstimateComponentsCall {
    gasEstimateComponentsCall {
        to,
        contractCreation: false,
        data: data.clone(),
    }
}

fn l1_component(to: Address, data: &Bytes) -> gasEstimateL1ComponentCall {
    gasEstimateL1ComponentCall {
        to,
        contractCreation: false,
        data: data.clone(),
    }
}

/// Bytes that do not compress.
fn noise() -> Bytes {
    (0..10u8).flat_map(|i| keccak256([i]).0).collect()
}

#[tokio::test]
async fn the_components_are_those_of_an_estimate() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let data = Bytes::from_static(&[1, 2, 3]);
    let tx = call_to(counter, data.clone()).with_from(scene.dev());
    let estimate = scene.provider.estimate_gas(tx).await.unwrap();
    let answer = scene.answer(&components(counter, &data)).await;
    assert_eq!(answer.gasEstimate, estimate);
    assert_eq!(answer.gasEstimateForL1, 0);
    assert_eq!(answer.baseFee, U256::from(BASE_FEE));
    assert_eq!(answer.l1BaseFeeEstimate, U256::ZERO);
    let alone = scene.answer(&l1_component(counter, &data)).await;
    assert_eq!(alone.gasEstimateForL1, 0);
    assert_eq!(alone.baseFee, U256::from(BASE_FEE));

    // A creation: PUSH0, PUSH0, RETURN. The address is not looked at.
    let code = Bytes::from_static(&hex!("5f5ff3"));
    let creation = TransactionRequest::default()
        .with_from(scene.dev())
        .with_deploy_code(code.clone());
    let estimate = scene.provider.estimate_gas(creation).await.unwrap();
    let created = gasEstimateComponentsCall {
        contractCreation: true,
        ..components(counter, &code)
    };
    assert_eq!(scene.answer(&created).await.gasEstimate, estimate);
    assert!(estimate > 53_000, "{estimate}");
}

#[tokio::test]
async fn value_is_that_of_the_call_and_a_failure_is_told() {
    let scene = Scene::new();
    let nothing = Bytes::new();
    let paying = |wei: U256| scene.asking(&components(NOBODY, &nothing)).with_value(wei);
    let data = scene.provider.call(paying(U256::ONE)).await.unwrap();
    assert_eq!(word(&data, 0), U256::from(21_000));
    let params = json!([paying(U256::MAX), "latest"]);
    let (code, message) = scene.refusal("eth_call", params).await;
    assert_eq!(code, 3);
    assert!(message.contains("insufficient funds"), "{message}");

    let reverter = scene.deploy(REVERTER).await;
    let message = scene.asked_in_vain(&components(reverter, &nothing)).await;
    assert_eq!(
        message,
        "execution reverted: there is no estimate: execution reverted"
    );
    let message = scene
        .asked_in_vain(&components(NODE_INTERFACE, &nothing))
        .await;
    assert!(message.contains("nothing to estimate"), "{message}");

    let free = scene
        .asking(&nitroGenesisBlockCall {})
        .with_value(U256::from(7));
    let (_, message) = scene.refusal("eth_call", json!([free, "latest"])).await;
    assert!(
        message.ends_with("takes no value, 7 wei are sent"),
        "{message}"
    );
}

#[tokio::test]
async fn the_part_for_the_parent_chain_covers_what_a_transaction_pays() {
    let scene = Scene::priced();
    let data = noise();
    let answer = scene.answer(&components(NOBODY, &data)).await;
    let tx = call_to(NOBODY, data.clone()).with_from(scene.dev());
    let estimate = scene.provider.estimate_gas(tx.clone()).await.unwrap();
    assert_eq!(answer.gasEstimate, estimate);
    assert_eq!(answer.l1BaseFeeEstimate, U256::from(L1_BASE_FEE));
    // units · 20 gwei · 110 % / 0.1 gwei = units · 220
    let for_l1 = answer.gasEstimateForL1;
    assert_eq!(for_l1 % 220, 0);
    let padded = for_l1 / 220;
    let alone = scene.answer(&l1_component(NOBODY, &data)).await;
    assert_eq!(alone.gasEstimateForL1, for_l1);
    assert_eq!(alone.l1BaseFeeEstimate, U256::from(L1_BASE_FEE));

    let sent = scene.provider.send_transaction(tx).await.unwrap();
    let hash = *sent.tx_hash();
    let receipt: Value = scene
        .ask("eth_getTransactionReceipt", json!([hash]))
        .await
        .unwrap();
    let paid: U256 = serde_json::from_value(receipt["gasUsedForL1"].clone()).unwrap();
    // units · 20 gwei / 0.1 gwei, sixteen units a byte
    let bytes = paid.to::<u64>() / 200 / 16;
    assert!((330..460).contains(&bytes), "{bytes} bytes");
    // The estimate adds sixteen bytes, then 1 %. What it stands for is longer by the nonce (8 bytes),
    // the tip (up to 4), the fee cap and the gas limit (up to 1 each) and v (3), and shorter by the
    // chain id (3): 8 to 14 bytes, give or take one for a zero that leads a signature.
    let longer: Vec<u64> = (7..=15)
        .map(|more| 16 * (bytes + more + 16) * 101 / 100)
        .collect();
    assert!(longer.contains(&padded), "{padded} units, {bytes} bytes");
}

#[tokio::test]
async fn only_the_estimate_assumes_that_the_chain_is_congested() {
    let scene = Scene::priced();
    let data = noise();
    let units = scene
        .answer(&components(NOBODY, &data))
        .await
        .gasEstimateForL1
        / 220;
    assert!(units > 0);
    let _: Value = scene
        .ask("anvil_setNextBlockBaseFeePerGas", json!(["0x2faf0800"]))
        .await
        .unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    // 0.8 gwei: units · 22 gwei / 0.7 gwei, and / 0.8 gwei.
    let answer = scene.answer(&components(NOBODY, &data)).await;
    assert_eq!(answer.baseFee, U256::from(800_000_000));
    assert_eq!(answer.gasEstimateForL1, units * 220 / 7);
    let alone = scene.answer(&l1_component(NOBODY, &data)).await;
    assert_eq!(alone.gasEstimateForL1, units * 220 / 8);
}

#[tokio::test]
async fn blocks_and_heights_of_the_parent_chain_name_one_another() {
    let scene = Scene::new();
    // A block a second: the parent chain moves on at every twelfth.
    let _: Value = scene.ask("anvil_mine", json!(["0x1e"])).await.unwrap();
    // Block 31 comes 120 seconds after block 30: at 150 seconds, twelve heights up.
    let _: Value = scene.ask("evm_increaseTime", json!([120])).await.unwrap();
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let first = Config::default().genesis_l1_number;
    for (up, blocks) in [(0, (0, 11)), (1, (12, 23)), (2, (24, 30)), (12, (31, 31))] {
        let range = scene
            .answer(&l2BlockRangeForL1Call {
                blockNum: first + up,
            })
            .await;
        assert_eq!((range.firstBlock, range.lastBlock), blocks, "{up} up");
        for block in [blocks.0, blocks.1] {
            let asked = blockL1NumCall { l2BlockNum: block };
            assert_eq!(scene.answer(&asked).await, first + up);
            let params = json!([U256::from(block), false]);
            let shown: Value = scene.ask("eth_getBlockByNumber", params).await.unwrap();
            assert_eq!(shown["l1BlockNumber"], json!(U256::from(first + up)));
        }
    }
    for height in [first - 1, first + 3, first + 11, first + 13, u64::MAX] {
        let message = scene
            .asked_in_vain(&l2BlockRangeForL1Call { blockNum: height })
            .await;
        let expected = format!("no block is at height {height} of the parent chain");
        assert!(message.contains(&expected), "{message}");
    }
    for block in [32, u64::MAX] {
        let message = scene
            .asked_in_vain(&blockL1NumCall { l2BlockNum: block })
            .await;
        let expected = format!("there is no block {block}: the latest is 31");
        assert!(message.ends_with(&expected), "{message}");
    }
    assert_eq!(scene.answer(&nitroGenesisBlockCall {}).await, U256::ZERO);
}

#[tokio::test]
async fn what_needs_a_parent_chain_is_refused_by_name() {
    let scene = Scene::new();
    let words = |selector: [u8; 4], words: usize| {
        let data = [&selector[..], &vec![0; 32 * words]].concat();
        json!([{ "to": NODE_INTERFACE, "data": Bytes::from(data) }, "latest"])
    };
    // Selectors as Nitro's clients know them.
    let methods = [
        (hex!("42696350"), 2, "constructOutboxProof (0x42696350)"),
        (hex!("81f1adaf"), 1, "findBatchContainingBlock (0x81f1adaf)"),
        (hex!("e5ca238c"), 1, "getL1Confirmations (0xe5ca238c)"),
        (
            hex!("89496270"),
            2,
            "legacyLookupMessageBatchProof (0x89496270)",
        ),
        (hex!("c3dc5879"), 8, "estimateRetryableTicket (0xc3dc5879)"),
        (hex!("12345678"), 0, "0x12345678"),
    ];
    for (selector, count, name) in methods {
        let mut params = words(selector, count);
        if selector == hex!("c3dc5879") {
            // Its bytes start after the seven words of the head.
            let mut data = [&selector[..], &[0; 32 * 8]].concat();
            data[4 + 32 * 7 - 1] = 32 * 7;
            params[0]["data"] = json!(Bytes::from(data));
        }
        for method in ["eth_call", "eth_estimateGas"] {
            let (code, message) = scene.refusal(method, params.clone()).await;
            assert_eq!(code, 3, "{message}");
            assert!(message.contains(name), "{message}");
            assert!(
                message.ends_with("this chain has no parent chain"),
                "{message}"
            );
        }
    }
    // A number too wide for its type is refused, not cut.
    let mut wide = hex!("6f275ef2").to_vec();
    wide.extend([0xff; 32]);
    let params = json!([{ "to": NODE_INTERFACE, "data": Bytes::from(wide) }, "latest"]);
    let (_, message) = scene.refusal("eth_call", params).await;
    assert!(message.contains("0x6f275ef2"), "{message}");
}

#[tokio::test]
async fn gas_is_that_of_reading_and_copying() {
    let scene = Scene::new();
    let estimate = |request: TransactionRequest| scene.provider.estimate_gas(request);
    // A word of results: 3.
    let genesis = scene.asking(&nitroGenesisBlockCall {});
    assert_eq!(estimate(genesis).await.unwrap(), 3);
    // ArbOS opened (800), a word in and one out.
    let height = scene.asking(&blockL1NumCall { l2BlockNum: 0 });
    assert_eq!(estimate(height.clone()).await.unwrap(), 806);
    // Opened, and compression level, price twice, base fee and its minimum read: 6 · 800; four words in
    // (address, flag, place and length of no bytes), four out.
    let nothing = Bytes::new();
    let all = scene.asking(&components(NOBODY, &nothing));
    assert_eq!(estimate(all).await.unwrap(), 4_824);
    // The minimum is not read, and there is one word less of results.
    let part = scene.asking(&l1_component(NOBODY, &nothing));
    assert_eq!(estimate(part).await.unwrap(), 4_021);

    let enough = scene.provider.call(height.clone().with_gas_limit(806));
    assert!(enough.await.is_ok());
    let short = json!([height.with_gas_limit(805), "latest"]);
    let (_, message) = scene.refusal("eth_call", short).await;
    assert!(
        message.ends_with("takes 806 gas, the limit is 805"),
        "{message}"
    );
}

#[tokio::test]
async fn on_the_chain_there_is_only_an_account_without_code() {
    let scene = Scene::new();
    // Calls 0xc8 with its calldata; returns whether that succeeded, the size of what came back, and of
    // the code there.
    let asker = hex!("365f5f375f5f365f5f60c85af15f523d60205260c83b60405260605ff3");
    let asker = scene.deploy(&asker).await;
    let question = nitroGenesisBlockCall {}.abi_encode();
    let seen = scene
        .provider
        .call(call_to(asker, question.clone()))
        .await
        .unwrap();
    let seen: Vec<U256> = (0..3).map(|index| word(&seen, index)).collect();
    assert_eq!(seen, [U256::ONE, U256::ZERO, U256::ZERO]);

    let tx = call_to(NODE_INTERFACE, question).with_gas_limit(100_000);
    let sent = scene.provider.send_transaction(tx).await.unwrap();
    let receipt = sent.get_receipt().await.unwrap();
    assert!(receipt.status());
    // A transaction (21,000) with four bytes that are not zero (16 each), and nothing is run.
    assert_eq!(receipt.gas_used, 21_064);
}
