//! Contracts: deployment, calls, events, reverts, estimates and traces.

use crate::scene::{
    call_to, word, Refused, Scene, BASE_FEE, COUNTER, DEMANDING, FORWARDER, NOBODY, READER,
    REVERTER, WITNESS,
};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Bytes, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{BlockOverrides, Filter, TransactionRequest};
use serde_json::{json, Value};

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
}
