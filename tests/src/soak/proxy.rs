//! What stands between keeper and node: answers as the node does, unless told to break something.

use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering},
    Arc,
};

use alloy::{
    primitives::{keccak256, Bytes},
    providers::DynProvider,
};
use anyhow::Result;
use ballast::local::stage::Stage;
use serde_json::{json, Value};

use super::world;
use crate::proxy::{forward, serve, Reply};

/// What is broken now.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Nothing is answered.
    pub(super) down: AtomicBool,
    /// Milliseconds before every answer.
    pub(super) slow_ms: AtomicU64,
    /// Receipts are not known.
    pub(super) no_receipts: AtomicBool,
    /// The next transaction is taken and lost.
    pub(super) lose_next: AtomicBool,
    /// The pools move when the next transaction is estimated.
    pub(super) move_pools: AtomicBool,
}

/// The proxy, and its switches.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub(super) url: String,
    pub(super) faults: Arc<Faults>,
}

#[derive(Clone)]
struct Inside {
    node: DynProvider,
    stage: Arc<Stage>,
    faults: Arc<Faults>,
}

impl Proxy {
    /// Starts it before the chain on which `stage` is set.
    pub(super) async fn start(stage: Stage) -> Result<Self> {
        let faults = Arc::new(Faults::default());
        let inside = Inside {
            node: stage.client.provider.clone(),
            stage: Arc::new(stage),
            faults: faults.clone(),
        };
        let url = serve(move |request| answer(inside.clone(), request)).await?;
        Ok(Self { url, faults })
    }
}

async fn answer(inside: Inside, request: Value) -> Reply {
    let faults = &inside.faults;
    let slow = faults.slow_ms.load(Ordering::SeqCst);
    if slow > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(slow)).await;
    }
    if faults.down.load(Ordering::SeqCst) {
        return Reply::Answer(502, json!("no node"));
    }
    let (method, id) = (
        request["method"].as_str().unwrap_or_default(),
        &request["id"],
    );
    let reply =
        |result: Value| Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    if method == "eth_getTransactionReceipt" && faults.no_receipts.load(Ordering::SeqCst) {
        return reply(Value::Null);
    }
    if method == "eth_sendRawTransaction" && faults.lose_next.swap(false, Ordering::SeqCst) {
        let raw: Bytes = serde_json::from_value(request["params"][0].clone()).unwrap_or_default();
        return reply(json!(keccak256(&raw)));
    }
    if method == "eth_estimateGas" && faults.move_pools.swap(false, Ordering::SeqCst) {
        // Against whoever sells what is overweight: nothing pays at these prices.
        if let Err(error) = world::spoil(&inside.stage).await {
            eprintln!("the pools could not be moved: {error:#}");
        }
    }
    forward(&inside.node, &request).await
}
