//! Subscriptions over WebSocket.

use crate::scene::{Scene, COUNTER, NOBODY};
use crate::socket::Socket;
use alloy::primitives::B256;
use devnode::Devnode;
use serde_json::{json, Value};
use std::io::ErrorKind;
use tungstenite::error::ProtocolError;
use tungstenite::{Error, Message};

#[tokio::test]
async fn subscribers_are_told_of_transactions_blocks_and_logs_in_this_order() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let socket = &mut Socket::open(&scene.node);
    let heads = socket.ask("eth_subscribe", json!(["newHeads"]));
    let seven = B256::with_last_byte(7);
    let logs = socket.ask(
        "eth_subscribe",
        json!(["logs", { "address": counter, "topics": [seven] }]),
    );
    let other = json!(["logs", { "topics": [B256::with_last_byte(8)] }]);
    let _ = socket.ask("eth_subscribe", other);
    let pending = socket.ask("eth_subscribe", json!(["newPendingTransactions"]));
    let full = socket.ask("eth_subscribe", json!(["newPendingTransactions", true]));

    let request = json!([{ "from": scene.dev(), "to": counter }]);
    let hash: Value = scene.ask("eth_sendTransaction", request).await.unwrap();
    assert_eq!(socket.notice(), (pending.clone(), hash.clone()));
    let (told, transaction) = socket.notice();
    assert_eq!((told, &transaction["hash"]), (full.clone(), &hash));
    assert_eq!(transaction["blockHash"], Value::Null);
    let block: Value = scene
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    let (told, head) = socket.notice();
    assert_eq!((told, &head["hash"]), (heads.clone(), &block["hash"]));
    assert_eq!(head["number"], "0x2");
    let (told, log) = socket.notice();
    assert_eq!((told, &log["transactionHash"]), (logs.clone(), &hash));
    assert_eq!(log["data"], json!(B256::with_last_byte(1)));
    assert_eq!(log["removed"], false);

    for id in [&pending, &full, &heads] {
        assert_eq!(socket.ask("eth_unsubscribe", json!([id])), true);
    }
    assert_eq!(
        socket.refusal("eth_unsubscribe", json!([heads])),
        (-32000, "subscription not found".to_owned())
    );
    // What is done to the chain directly, and what is taken back, is told too.
    let id = scene.node.chain().snapshot();
    let request = serde_json::from_value(json!({ "from": scene.dev(), "to": counter })).unwrap();
    scene.node.chain().send(request).unwrap();
    assert_eq!(socket.notice().1["data"], json!(B256::with_last_byte(2)));
    assert!(scene.node.chain().revert(id));
    let (told, log) = socket.notice();
    assert_eq!((told, &log["removed"]), (logs, &json!(true)));
    assert_eq!(log["data"], json!(B256::with_last_byte(2)));
}

#[tokio::test]
async fn a_subscription_ends_with_its_connection_and_is_its_own() {
    let scene = Scene::new();
    let (mut one, mut two) = (Socket::open(&scene.node), Socket::open(&scene.node));
    let id = one.ask("eth_subscribe", json!(["newHeads"]));
    assert_eq!(two.refusal("eth_unsubscribe", json!([id])).0, -32000);
    drop(one);
    let id = two.ask("eth_subscribe", json!(["newHeads"]));
    assert_eq!(two.ask("evm_mine", json!([])), "0x0");
    let (told, head) = two.notice();
    assert_eq!((told, &head["number"]), (id, &json!("0x1")));
}

#[test]
fn a_socket_answers_requests_batches_and_nonsense_in_order() {
    let node = Devnode::spawn().unwrap();
    let socket = &mut Socket::open(&node);
    let request = |id, method| json!({ "jsonrpc": "2.0", "id": id, "method": method });
    // All sent before anything is read.
    socket.send(&json!([request(1, "eth_chainId"), request(2, "evm_mine")]));
    socket.send(&request(3, "eth_blockNumber"));
    socket.send(&json!({ "jsonrpc": "2.0", "method": "evm_mine" }));
    socket.send(&json!(17));
    socket.send(&request(4, "eth_blockNumber"));
    let both = socket.answer();
    assert_eq!(both[0]["result"], "0x64aba");
    assert_eq!(
        (&both[1]["id"], both.as_array().unwrap().len()),
        (&json!(2), 2)
    );
    assert_eq!(socket.answer()["result"], "0x1");
    assert_eq!(socket.answer()["error"]["code"], -32600);
    assert_eq!(socket.answer()["result"], "0x2");
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_named() {
    let scene = Scene::new();
    let socket = &mut Socket::open(&scene.node);
    let (code, message) = socket.refusal("eth_subscribe", json!(["syncing"]));
    assert_eq!(code, -32602);
    assert!(
        message.contains("\"syncing\": there are newHeads, logs and newPendingTransactions"),
        "{message}"
    );
    let hash = B256::with_last_byte(1);
    let at_hash = json!(["logs", { "blockHash": hash }]);
    assert_eq!(socket.refusal("eth_subscribe", at_hash).0, -32602);
    // Over HTTP there is nobody to tell.
    let (code, message) = scene.refusal("eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(code, -32601);
    assert!(
        message.starts_with("notifications not supported"),
        "{message}"
    );
}

#[test]
fn a_client_that_reads_late_loses_nothing() {
    let node = Devnode::spawn().unwrap();
    let socket = &mut Socket::open(&node);
    let _ = socket.ask("eth_subscribe", json!(["newHeads"]));
    // More than the outbox of a connection holds.
    let _ = socket.ask("anvil_mine", json!([5_000]));
    for number in 1..=5_000_u64 {
        assert_eq!(socket.notice().1["number"], json!(format!("{number:#x}")));
    }
}

#[test]
fn a_client_that_never_reads_is_closed_and_nobody_else_waits() {
    let node = Devnode::spawn().unwrap();
    let mut slow = Socket::open(&node);
    let _ = slow.ask("eth_subscribe", json!(["newHeads"]));
    let other = &mut Socket::open(&node);
    // More than the network buffers and the events that are kept, 131,072, together.
    for _ in 0..2 {
        let _ = other.ask("anvil_mine", json!([100_000]));
    }
    assert_eq!(other.ask("eth_blockNumber", json!([])), "0x30d40");
    let mut told = 0;
    let end = loop {
        match slow.receive() {
            Ok(Message::Text(_)) => told += 1,
            end => break end,
        }
    };
    assert!(told < 200_000, "the client was told of every block");
    // The reason, or what a connection that is gone looks like; that nothing comes is no end.
    match end {
        Ok(Message::Close(Some(frame))) => {
            assert_eq!(frame.reason, "too slow: notifications are lost");
        }
        Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {}
        Err(Error::Io(error)) => assert!(
            !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "the connection is still open"
        ),
        other => panic!("{other:?}"),
    }
    assert_eq!(other.ask("eth_call", json!([{ "to": NOBODY }])), "0x");
}

#[test]
fn a_connection_ends_with_the_server() {
    let node = Devnode::spawn().unwrap();
    let mut socket = Socket::open(&node);
    let _ = socket.ask("eth_subscribe", json!(["newHeads"]));
    let start = std::time::Instant::now();
    drop(node);
    assert!(start.elapsed().as_secs() < 10, "the server does not stop");
    match socket.receive() {
        Ok(Message::Close(_)) | Err(Error::Protocol(_) | Error::ConnectionClosed) => {}
        Err(Error::Io(error)) => assert!(
            !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "the connection is still open"
        ),
        other => panic!("{other:?}"),
    }
}
