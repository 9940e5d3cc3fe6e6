//! Whether an error in answer to a call is the call's own end, or the node's trouble: the first is told to whoever asked,
//! the second says nothing about the contract.

use alloy::rpc::json_rpc::ErrorPayload;

/// go-ethereum's code for a call that reverted.
const REVERTED: i64 = 3;

/// How go-ethereum and Nitro begin, or phrase in the middle, the end of an execution: `core/vm/errors.go`,
/// `core/error.go`, and what estimating says of it.
const ENDS: [&str; 22] = [
    "execution reverted",
    "vm exception while processing transaction",
    "out of gas",
    "gas required exceeds allowance",
    "intrinsic gas too low",
    "insufficient funds for",
    "insufficient balance for transfer",
    "invalid opcode",
    "invalid jump destination",
    "stack underflow",
    "stack limit reached",
    "max call depth exceeded",
    "write protection",
    "return data out of bounds",
    "gas uint64 overflow",
    "contract address collision",
    "max code size exceeded",
    "max initcode size exceeded",
    // Nitro names ArbWasm's own errors, without their data, where a program itself is called.
    "programnotwasm(",
    "programnotactivated(",
    "programneedsupgrade(",
    "programexpired(",
];

/// Whether the call itself ended so: it has revert data, go-ethereum's code for it, or its words.
///
/// Limits of rate, states that a node has not kept and its inner faults are none of it.
pub fn is_refusal(error: &ErrorPayload) -> bool {
    let words = error.message.to_lowercase();
    error.code == REVERTED
        || error.as_revert_data().is_some()
        || ENDS.iter().any(|end| words.contains(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> ErrorPayload {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_end_of_a_call_is_told_from_a_node_in_trouble() {
        for end in [
            r#"{"code":3,"message":"execution reverted: no","data":"0x08c379a0"}"#,
            r#"{"code":-32000,"message":"execution reverted"}"#,
            r#"{"code":-32603,"message":"Internal JSON-RPC error: reverted","data":{"data":"0x01020304"}}"#,
            r#"{"code":-32000,"message":"out of gas: gas required exceeds: 30000000"}"#,
            r#"{"code":-32000,"message":"gas required exceeds allowance (21000)"}"#,
            r#"{"code":-32000,"message":"insufficient funds for gas * price + value: address 0x01 have 0 want 1"}"#,
            r#"{"code":-32000,"message":"invalid opcode: INVALID"}"#,
            r#"{"code":-32000,"message":"error ProgramExpired(31536001)"}"#,
        ] {
            assert!(is_refusal(&error(end)), "{end}");
        }
        for trouble in [
            r#"{"code":-32005,"message":"daily request count exceeded, request rate limited"}"#,
            r#"{"code":429,"message":"Your app has exceeded its compute units per second capacity"}"#,
            r#"{"code":-32000,"message":"header not found"}"#,
            r#"{"code":-32000,"message":"missing trie node 0af1 (path ) state 0x0af1 is not available"}"#,
            r#"{"code":-32000,"message":"context deadline exceeded"}"#,
            r#"{"code":-32603,"message":"Internal error"}"#,
            r#"{"code":-32601,"message":"the method eth_call does not exist/is not available"}"#,
        ] {
            assert!(!is_refusal(&error(trouble)), "{trouble}");
        }
    }
}
