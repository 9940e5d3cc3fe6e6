//! Envelopes, batches, and the server itself.

use crate::scene::{Scene, COUNTER, NOBODY};
use alloy::primitives::U256;
use alloy::providers::Provider;
use devnode::rpc::Service;
use devnode::{Chain, Devnode};
use serde_json::{json, Value};

#[test]
fn a_batch_is_answered_in_order_and_notifications_are_not() {
    let mut service = Service::new(Chain::default());
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "method": "evm_mine" },
        { "jsonrpc": "2.0", "id": "two", "method": "eth_blockNumber", "params": [] },
        { "jsonrpc": "2.0", "id": 3, "method": "nonsense" },
        17
    ]);
    let mut ask = |text: &str| {
        let answer = service.answer(text.as_bytes());
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

#[test]
fn a_small_call_takes_well_below_a_millisecond() {
    let mut chain = Chain::default();
    let counter = NOBODY;
    chain.state_mut().set_code(counter, COUNTER.into());
    let mut service = Service::new(chain);
    let request = json!({ "id": 1, "method": "eth_call", "params": [{ "to": counter }, "latest"] });
    let message = request.to_string();
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            let answer = service.answer(message.as_bytes()).unwrap();
            assert!(answer.len() > 64);
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("eth_call: median {:?}, 95th {:?}", times[100], times[190]);
    // A machine with other work to do is no reason to fail: the bound is for orders of magnitude.
    assert!(times[100].as_millis() < 5, "median {:?}", times[100]);
}
