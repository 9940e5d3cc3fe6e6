//! Stylus programs as clients see them.

use crate::scene::{call_to, word, Scene, FORWARDER};
use alloy::network::TransactionBuilder;
use alloy::primitives::{hex, Address, Bytes, B256, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use devnode::exec::precompiles::{arb_wasm::ArbWasm, ARB_WASM};
use serde_json::{json, Value};

/// Puts the word of its calldata into slot 0 and returns what was there; traps without calldata.
const MEMO: &str = r#"(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param $length i32) (result i32)
        (if (i32.eqz (local.get $length)) (then unreachable))
        (call $read_args (i32.const 0))
        (call $load (i32.const 64) (i32.const 96))
        (call $cache (i32.const 64) (i32.const 0))
        (call $flush (i32.const 0))
        (call $write_result (i32.const 96) (i32.const 32))
        (i32.const 0)))"#;

impl Scene {
    async fn memo(&self) -> Address {
        self.program(MEMO).await
    }

    /// Deploys a program, without activating it.
    async fn program(&self, text: &str) -> Address {
        let wasm = wat::parse_str(text).unwrap();
        // The prefix of programs, no dictionary.
        let mut code = hex!("eff00000").to_vec();
        let parameters = Default::default();
        brotli::BrotliCompress(&mut wasm.as_slice(), &mut code, &parameters).unwrap();
        self.deploy(&code).await
    }

    async fn activate(&self, program: Address) {
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        let call = call_to(ARB_WASM, data).with_value(U256::from(10).pow(U256::from(17)));
        let sent = self.provider.send_transaction(call).await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }
}

fn seven() -> Bytes {
    B256::with_last_byte(7).into()
}

#[tokio::test]
async fn the_host_functions_of_a_transaction_and_of_a_call_are_traced() {
    let scene = Scene::new();
    let memo = scene.memo().await;
    scene.activate(memo).await;
    let sent = scene
        .provider
        .send_transaction(call_to(memo, seven()))
        .await;
    let hash = *sent.unwrap().tx_hash();
    let options = json!({ "tracer": "stylusTracer" });
    let trace: Value = scene
        .ask("debug_traceTransaction", json!([hash, options]))
        .await
        .unwrap();
    let (slot, zero, new) = (B256::ZERO, B256::ZERO, B256::with_last_byte(7));
    let stored = [slot.as_slice(), new.as_slice()].concat();
    let expected = [
        (
            "user_entrypoint",
            Bytes::from(hex!("00000020")),
            Bytes::new(),
        ),
        ("read_args", Bytes::new(), seven()),
        ("storage_load_bytes32", slot.into(), zero.into()),
        ("storage_cache_bytes32", stored.into(), Bytes::new()),
        ("storage_flush_cache", Bytes::from(hex!("00")), Bytes::new()),
        ("write_result", zero.into(), Bytes::new()),
        ("user_returned", Bytes::new(), Bytes::from(hex!("00000000"))),
    ];
    let steps = trace.as_array().unwrap();
    let seen: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step["name"].clone(),
                step["args"].clone(),
                step["outs"].clone(),
            )
        })
        .collect();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, args, outs)| (json!(name), json!(args), json!(outs)))
        .collect();
    assert_eq!(seen, expected);
    for step in steps {
        // Ink goes down only; it is a number, not a string.
        assert!(
            step["startInk"].as_u64() >= step["endInk"].as_u64(),
            "{step}"
        );
    }
    // From EVM code: one step, which holds the program's.
    let forwarder = scene.deploy(FORWARDER).await;
    let call = json!([{ "to": forwarder, "data": memo.into_word() }, "latest", options]);
    let through: Value = scene.ask("debug_traceCall", call).await.unwrap();
    assert_eq!(through[0]["name"], "evm_call_contract");
    assert_eq!(through[0]["address"], json!(memo));
    assert_eq!(through[0]["steps"][0]["name"], "user_entrypoint");
}

#[tokio::test]
async fn why_a_program_fails_reaches_the_caller() {
    let scene = Scene::new();
    let memo = scene.memo().await;
    let call = json!([{ "to": memo, "data": seven() }, "latest"]);
    let inactive = scene.refusal("eth_call", call).await;
    assert_eq!(inactive, (-32000, "ProgramNotActivated()".to_owned()));
    scene.activate(memo).await;
    // Without calldata it traps, which a caller sees as a revert without data.
    let call = json!([{ "to": memo }, "latest"]);
    let (code, message) = scene.refusal("eth_call", call.clone()).await;
    assert_eq!(code, 3);
    assert!(
        message.starts_with("execution reverted: program failed: ")
            && message.contains("unreachable"),
        "{message}"
    );
    assert_eq!(
        scene.refusal("eth_estimateGas", call).await,
        (code, message)
    );
    let traced = json!([{ "to": memo }, "latest", { "tracer": "callTracer" }]);
    let trace: Value = scene.ask("debug_traceCall", traced).await.unwrap();
    let error = trace["error"].as_str().unwrap();
    assert!(error.starts_with("program failed: "), "{error}");
    // Why a program may not be activated.
    let program = scene
        .program(r#"(module (memory (export "memory") 1 1))"#)
        .await;
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let request =
        json!([{ "from": scene.dev(), "to": ARB_WASM, "data": Bytes::from(data), "value": "0x1" }]);
    let (code, message) = scene.refusal("eth_call", request).await;
    assert_eq!(code, -32000);
    assert!(message.contains("user_entrypoint"), "{message}");
}

#[tokio::test]
async fn a_program_that_was_dumped_runs_where_it_is_loaded() {
    let (one, two) = (Scene::new(), Scene::new());
    let memo = one.memo().await;
    one.activate(memo).await;
    let sent = one.provider.send_transaction(call_to(memo, seven())).await;
    let used = sent.unwrap().get_receipt().await.unwrap().gas_used;
    let dump: Bytes = one.ask("anvil_dumpState", json!([])).await.unwrap();
    let _: bool = two.ask("anvil_loadState", json!([dump])).await.unwrap();
    let version = call_to(
        ARB_WASM,
        ArbWasm::programVersionCall { program: memo }.abi_encode(),
    );
    let version = two.provider.call(version).await.unwrap();
    assert!(word(&version, 0) > U256::ZERO);
    let answer = two.provider.call(call_to(memo, seven())).await.unwrap();
    assert_eq!(word(&answer, 0), U256::from(7));
    // The same transaction costs the same on both.
    for scene in [&one, &two] {
        let again = scene
            .provider
            .send_transaction(call_to(memo, B256::ZERO))
            .await;
        let receipt = again.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
        assert!(
            receipt.gas_used < used,
            "clearing a slot costs less than filling it"
        );
    }
    let hashes: Vec<_> = [&one, &two]
        .iter()
        .map(|scene| scene.node.chain().latest().hash)
        .collect();
    assert_eq!(hashes[0], hashes[1]);
}
