//! What traces show.

use crate::scene::{call_to, Scene, BASE_FEE, COUNTER, FORWARDER, NOBODY, REVERTER};
use alloy::primitives::{hex, Address, Bytes, B256, U256};
use alloy::providers::Provider;
use serde_json::{json, Value};

/// Emits nothing under topic 1, calls the address in its calldata, emits nothing under topic 2.
const BETWEEN: &[u8] = &hex!("60015f5fa15f5f5f5f5f5f355af15060025f5fa100");

impl Scene {
    async fn traced(&self, hash: B256, tracer: &str, config: Value) -> Value {
        let options = json!({ "tracer": tracer, "tracerConfig": config });
        self.ask("debug_traceTransaction", json!([hash, options]))
            .await
            .unwrap()
    }

    async fn sent(&self, to: Address, data: impl Into<Bytes>) -> B256 {
        let request =
            json!([{ "from": self.dev(), "to": to, "data": data.into(), "gas": "0x186a0" }]);
        self.ask("eth_sendTransaction", request).await.unwrap()
    }
}

#[tokio::test]
async fn logs_stand_in_the_call_that_emitted_them_and_between_its_calls() {
    let scene = Scene::new();
    let (between, counter) = (scene.deploy(BETWEEN).await, scene.deploy(COUNTER).await);
    let hash = scene.sent(between, counter.into_word()).await;
    let trace = scene
        .traced(hash, "callTracer", json!({ "withLog": true }))
        .await;
    let topic = |number| json!([B256::with_last_byte(number)]);
    let logs = &trace["logs"];
    assert_eq!(logs[0]["topics"], topic(1));
    assert_eq!(logs[0]["position"], "0x0");
    assert_eq!(logs[1]["topics"], topic(2));
    assert_eq!(logs[1]["position"], "0x1");
    assert_eq!(logs.as_array().unwrap().len(), 2);
    let inner = &trace["calls"][0]["logs"];
    assert_eq!(inner[0]["address"], json!(counter));
    assert_eq!(inner[0]["topics"], topic(7));
    assert_eq!(inner[0]["data"], json!(B256::with_last_byte(1)));
    assert_eq!(inner.as_array().unwrap().len(), 1);

    let without = scene.traced(hash, "callTracer", json!({})).await;
    assert!(without.get("logs").is_none());
    assert!(without["calls"][0].get("logs").is_none());
    let top = json!({ "withLog": true, "onlyTopCall": true });
    let top = scene.traced(hash, "callTracer", top).await;
    assert!(top.get("calls").is_none());
    assert_eq!(top["logs"], trace["logs"]);
}

#[tokio::test]
async fn a_call_that_failed_has_no_logs_nor_have_its_callees() {
    let scene = Scene::new();
    // Calls what its calldata names, then reverts.
    let failing = scene.deploy(&hex!("5f5f5f5f5f5f355af15f5ffd")).await;
    let counter = scene.deploy(COUNTER).await;
    let between = scene.deploy(BETWEEN).await;
    let reverter = scene.deploy(REVERTER).await;
    let hash = scene.sent(failing, counter.into_word()).await;
    let with_log = json!({ "withLog": true });
    let trace = scene.traced(hash, "callTracer", with_log.clone()).await;
    assert_eq!(trace["error"], "execution reverted");
    assert_eq!(trace["calls"][0]["to"], json!(counter));
    assert!(trace["calls"][0].get("logs").is_none());
    // What comes after a callee that failed has its own logs still.
    let hash = scene.sent(between, reverter.into_word()).await;
    let trace = scene.traced(hash, "callTracer", with_log).await;
    assert_eq!(trace["logs"].as_array().unwrap().len(), 2);
    assert_eq!(trace["logs"][1]["position"], "0x1");
}

#[tokio::test]
async fn the_prestate_is_what_the_transaction_found() {
    let scene = Scene::new();
    let (forwarder, counter) = (scene.deploy(FORWARDER).await, scene.deploy(COUNTER).await);
    let _ = scene.sent(counter, []).await;
    let before = scene.provider.get_balance(scene.dev()).await.unwrap();
    let hash = scene.sent(forwarder, counter.into_word()).await;
    let _ = scene.sent(counter, []).await;

    let slot = B256::ZERO.to_string();
    let key = |address: Address| format!("{address:?}");
    let pre = scene.traced(hash, "prestateTracer", json!({})).await;
    let found = &pre[key(counter)];
    assert_eq!(found["storage"][&slot], json!(B256::with_last_byte(1)));
    assert_eq!(found["code"], json!(Bytes::from_static(COUNTER)));
    let dev = &pre[key(scene.dev())];
    // Two deployments and a call before.
    assert_eq!(
        (&dev["nonce"], &dev["balance"]),
        (&json!(3), &json!(before))
    );
    assert!(dev.get("code").is_none());
    assert!(pre.get(key(NOBODY)).is_none());

    let diff = json!({ "diffMode": true });
    let diff = scene.traced(hash, "prestateTracer", diff).await;
    let (pre, post) = (&diff["pre"], &diff["post"]);
    assert_eq!(
        post[key(counter)],
        json!({ "storage": { &slot: B256::with_last_byte(2) } })
    );
    assert_eq!(
        pre[key(counter)]["storage"][&slot],
        json!(B256::with_last_byte(1))
    );
    let receipt = scene
        .provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap();
    let paid = U256::from(receipt.gas_used) * U256::from(BASE_FEE);
    assert_eq!(
        post[key(scene.dev())],
        json!({ "balance": before - paid, "nonce": 4 })
    );
    // It was called and is as it was.
    assert!(pre.get(key(forwarder)).is_none() && post.get(key(forwarder)).is_none());

    let bare = json!({ "disableCode": true, "disableStorage": true });
    let bare = scene.traced(hash, "prestateTracer", bare).await;
    assert!(bare[key(counter)].get("code").is_none());
    assert!(bare[key(counter)].get("storage").is_none());
}

#[tokio::test]
async fn the_prestate_of_a_call_that_changes_nothing_yet() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let options = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let request = json!([{ "from": scene.dev(), "to": counter }, "latest", options]);
    let diff: Value = scene.ask("debug_traceCall", request).await.unwrap();
    let slot = B256::ZERO.to_string();
    assert_eq!(
        diff["post"][format!("{counter:?}")]["storage"][&slot],
        json!(B256::with_last_byte(1))
    );
    // The slot was empty, which a diff does not show.
    assert!(diff["pre"][format!("{counter:?}")].get("storage").is_none());
    assert_eq!(
        scene
            .provider
            .get_storage_at(counter, U256::ZERO)
            .await
            .unwrap(),
        U256::ZERO
    );
}

#[tokio::test]
async fn an_unknown_tracer_and_contradicting_options_are_refused_by_name() {
    let scene = Scene::new();
    let hash = scene.sent(NOBODY, []).await;
    let refusal = |options| scene.refusal("debug_traceTransaction", json!([hash, options]));
    let (code, message) = refusal(json!({ "tracer": "4byteTracer" })).await;
    assert_eq!(
        (code, &*message),
        (
            -32602,
            "no tracer 4byteTracer: there are callTracer, prestateTracer and stylusTracer"
        )
    );
    let (code, message) = refusal(json!({})).await;
    assert_eq!(code, -32602);
    assert!(
        message.starts_with("no tracer of single opcodes"),
        "{message}"
    );
    let both = json!({ "diffMode": true, "includeEmpty": true });
    let both = refusal(json!({ "tracer": "prestateTracer", "tracerConfig": both })).await;
    assert_eq!(
        both,
        (-32602, "cannot use diffMode with includeEmpty".to_owned())
    );
    let odd = refusal(json!({ "tracer": "callTracer", "tracerConfig": { "withLog": 3 } })).await;
    assert_eq!(odd.0, -32602);
    let unknown = json!([B256::ZERO, { "tracer": "callTracer" }]);
    assert_eq!(
        scene.refusal("debug_traceTransaction", unknown).await,
        (-32000, "transaction not found".to_owned())
    );
}

#[tokio::test]
async fn the_second_transaction_of_a_block_is_traced_on_what_the_first_left() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let _: Value = scene.ask("evm_setAutomine", json!([false])).await.unwrap();
    let first = scene.sent(counter, []).await;
    let second = scene.sent(counter, []).await;
    let _: Value = scene.ask("evm_mine", json!([])).await.unwrap();
    let tracer = json!({ "tracer": "callTracer" });
    let block: Value = scene
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    let named = [
        ("debug_traceBlockByNumber", json!(["latest", tracer])),
        ("debug_traceBlockByHash", json!([block["hash"], tracer])),
    ];
    for (method, params) in named {
        let traces: Value = scene.ask(method, params).await.unwrap();
        assert_eq!(traces.as_array().unwrap().len(), 2);
        for (trace, (hash, value)) in [(&traces[0], (first, 1)), (&traces[1], (second, 2))] {
            assert_eq!(trace["txHash"], json!(hash));
            assert_eq!(
                trace["result"]["output"],
                json!(B256::with_last_byte(value))
            );
        }
    }
    let unknown = scene.refusal("debug_traceBlockByNumber", json!(["0x99", tracer]));
    assert_eq!(unknown.await, (-32000, "block not found".to_owned()));
    for (hash, value) in [(first, 1), (second, 2)] {
        let trace = scene.traced(hash, "callTracer", json!({})).await;
        assert_eq!(trace["output"], json!(B256::with_last_byte(value)));
    }
}

#[tokio::test]
async fn an_access_list_names_what_is_looked_at() {
    let scene = Scene::new();
    let (forwarder, counter) = (scene.deploy(FORWARDER).await, scene.deploy(COUNTER).await);
    let call = call_to(forwarder, counter.into_word());
    let request = json!([{ "from": scene.dev(), "to": forwarder, "data": counter.into_word() }]);
    let found: Value = scene.ask("eth_createAccessList", request).await.unwrap();
    assert_eq!(
        found["accessList"],
        json!([{ "address": counter, "storageKeys": [B256::ZERO] }])
    );
    let with = call
        .from(scene.dev())
        .access_list(serde_json::from_value(found["accessList"].clone()).unwrap());
    let pending = scene.provider.send_transaction(with).await.unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    assert_eq!(found["gasUsed"], json!(U256::from(receipt.gas_used)));

    let reverter = scene.deploy(REVERTER).await;
    let failing = json!([{ "to": reverter }]);
    let found: Value = scene.ask("eth_createAccessList", failing).await.unwrap();
    assert_eq!(found["error"], "execution reverted");
    assert_eq!(found["accessList"], json!([]));
}
