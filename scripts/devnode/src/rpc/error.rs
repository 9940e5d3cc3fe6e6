//! Errors as go-ethereum and Nitro put them on the wire.

use alloy::primitives::{hex, Bytes};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// The error member of a JSON-RPC answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RpcError {
    /// JSON-RPC or go-ethereum code.
    pub code: i64,
    /// What clients show.
    pub message: String,
    /// Revert data as a hex string, where there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// The request is not JSON.
    pub fn parse(problem: impl fmt::Display) -> Self {
        Self::new(-32700, format!("parse error: {problem}"))
    }

    /// The request is JSON, but no JSON-RPC request.
    pub fn invalid_request(problem: impl fmt::Display) -> Self {
        Self::new(-32600, format!("invalid request: {problem}"))
    }

    /// No such method.
    pub fn method_not_found(method: &str) -> Self {
        Self::new(
            -32601,
            format!("the method {method} does not exist/is not available"),
        )
    }

    /// There is such a method, but not here (EIP-1474).
    pub fn unsupported(method: &str, reason: &str) -> Self {
        Self::new(-32004, format!("{method} is not supported: {reason}"))
    }

    /// A subscription was asked for where none can be told.
    pub fn notifications_unsupported() -> Self {
        Self::new(
            -32601,
            "notifications not supported: connect over WebSocket (ws://) to subscribe".to_owned(),
        )
    }

    /// A parameter is missing or malformed.
    pub fn invalid_params(problem: impl fmt::Display) -> Self {
        Self::new(-32602, problem.to_string())
    }

    /// The call was understood and refused.
    pub fn refused(problem: impl fmt::Display) -> Self {
        Self::new(-32000, problem.to_string())
    }

    /// The node itself failed.
    pub fn internal(problem: impl fmt::Display) -> Self {
        Self::new(-32603, problem.to_string())
    }

    /// A call reverted with `data`.
    pub fn reverted(problem: impl fmt::Display, data: &Bytes) -> Self {
        Self {
            data: Some(Value::String(hex::encode_prefixed(data))),
            ..Self::new(3, problem.to_string())
        }
    }

    fn new(code: i64, message: String) -> Self {
        Self {
            code,
            message,
            data: None,
        }
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for RpcError {}
