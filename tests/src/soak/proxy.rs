//! What stands between keeper and node: answers as the node does, unless told to break something.

use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering},
    Arc,
};

use alloy::{
    primitives::{keccak256, Bytes},
    providers::{DynProvider, Provider},
    transports::RpcError,
};
use anyhow::Result;
use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use ballast::local::stage::Stage;
use serde_json::{json, Value};

use super::world;

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
        let router = Router::new().route("/", post(answer)).with_state(inside);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, faults })
    }
}

async fn answer(
    State(inside): State<Inside>,
    Json(request): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let faults = &inside.faults;
    let slow = faults.slow_ms.load(Ordering::SeqCst);
    if slow > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(slow)).await;
    }
    if faults.down.load(Ordering::SeqCst) {
        return (StatusCode::BAD_GATEWAY, Json(json!("no node")));
    }
    let (method, id) = (
        request["method"].as_str().unwrap_or_default(),
        &request["id"],
    );
    let reply = |result: Value| {
        let document = json!({ "jsonrpc": "2.0", "id": id, "result": result });
        (StatusCode::OK, Json(document))
    };
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
    let (method, params) = (method.to_owned(), request["params"].clone());
    match inside
        .node
        .raw_request::<Value, Value>(method.into(), params)
        .await
    {
        Ok(result) => reply(result),
        Err(RpcError::ErrorResp(error)) => {
            let document = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            (StatusCode::OK, Json(document))
        }
        Err(error) => (StatusCode::BAD_GATEWAY, Json(json!(error.to_string()))),
    }
}
