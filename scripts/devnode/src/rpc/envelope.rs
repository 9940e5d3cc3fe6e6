//! JSON-RPC 2.0 envelopes, single and batched, over any transport that carries text.

use super::dispatch::dispatch;
use super::error::RpcError;
use super::server::MAX_BODY;
use super::service::Session;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::Value;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// go-ethereum's bound on requests in one batch.
const MAX_BATCH: usize = 1_000;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Option<Value>,
    method: String,
    #[serde(default)]
    params: Value,
}

#[derive(Serialize)]
struct Response {
    jsonrpc: &'static str,
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RpcError>,
}

impl Response {
    fn new(id: Value, outcome: Result<Value, RpcError>) -> Self {
        let (result, error) = match outcome {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            jsonrpc: "2.0",
            id,
            result,
            error,
        }
    }
}

/// Answers one message, which is a request or a batch of them; `None` when no answer is due.
pub(crate) fn answer(session: &mut Session<'_>, message: &[u8]) -> Option<Vec<u8>> {
    let first = message.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return answer_one(session, message).map(|response| encode(&response));
    }
    let batch: Vec<&RawValue> = match serde_json::from_slice(message) {
        Ok(batch) => batch,
        Err(problem) => return Some(encode(&refusal(RpcError::parse(problem)))),
    };
    if batch.is_empty() {
        return Some(encode(&refusal(RpcError::invalid_request("empty batch"))));
    }
    if batch.len() > MAX_BATCH {
        return Some(encode(&refusal(RpcError::invalid_request(format_args!(
            "batch too large: {} requests, at most {MAX_BATCH}",
            batch.len()
        )))));
    }
    let responses: Vec<_> = batch
        .iter()
        .filter_map(|one| answer_one(session, one.get().as_bytes()))
        .collect();
    (!responses.is_empty()).then(|| encode(&responses))
}

fn answer_one(session: &mut Session<'_>, message: &[u8]) -> Option<Response> {
    let request: Request = match serde_json::from_slice(message) {
        Ok(request) => request,
        Err(problem) if problem.is_data() => {
            return Some(refusal(RpcError::invalid_request(problem)))
        }
        Err(problem) => return Some(refusal(RpcError::parse(problem))),
    };
    // A transaction changes the state only when it has ended, so a panic on the way leaves it whole.
    let run = AssertUnwindSafe(|| dispatch(session, &request.method, request.params));
    let outcome =
        catch_unwind(run).unwrap_or_else(|_| Err(RpcError::internal("method handler crashed")));
    // A request without id is a notification: it is carried out and not answered.
    request.id.map(|id| Response::new(id, outcome))
}

/// The answer to a message that was not taken.
pub(crate) fn too_large() -> Vec<u8> {
    encode(&refusal(RpcError::invalid_request(format_args!(
        "the message could not be read, or is longer than {MAX_BODY} bytes"
    ))))
}

fn refusal(error: RpcError) -> Response {
    Response::new(Value::Null, Err(error))
}

fn encode<T: Serialize>(response: &T) -> Vec<u8> {
    serde_json::to_vec(response).unwrap_or_default()
}
