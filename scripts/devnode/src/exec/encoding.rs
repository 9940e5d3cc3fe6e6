//! How a trace writes what host functions take and give: numbers big-endian, words, addresses and
//! bytes as they are, one after the other.
//!
//! # Source
//! Nitro v3.10.0, the calls of `trace!` in `crates/wasm-libraries/user-host-trait/lib.rs`.

use alloy::primitives::Bytes;

/// One thing that is written; numbers name parameters by their place.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// 32 bytes that a pointer points to.
    Word(usize),
    /// 20 bytes that a pointer points to.
    Address(usize),
    /// Bytes that a pointer points to, and their number.
    Slice(usize, usize),
    /// The number that a pointer points to.
    Pointed(usize),
    /// Bytes that a pointer points to, as many as the function returned.
    Returned(usize),
    /// Whether a parameter is anything but zero.
    Flag(usize),
    /// A parameter in so many bytes.
    Number(usize, usize),
    /// What was returned, in so many bytes.
    Answer(usize),
}

/// What `name` was given.
pub(crate) fn args(name: &str, memory: &[u8], params: &[u64]) -> Bytes {
    write(parts(name).0, memory, params, 0)
}

/// What `name` gave, its own answer included. That of `read_args` is the length of the calldata.
pub(crate) fn outs(name: &str, memory: &[u8], params: &[u64], answer: u64) -> Bytes {
    write(parts(name).1, memory, params, answer)
}

fn write(parts: &[Part], memory: &[u8], params: &[u64], answer: u64) -> Bytes {
    let param = |index: usize| params.get(index).copied().unwrap_or_default();
    let at = |index: usize, len: u64| -> &[u8] {
        let range = usize::try_from(param(index)).ok().and_then(|start| {
            let end = start.checked_add(usize::try_from(len).ok()?)?;
            Some(start..end)
        });
        range
            .and_then(|range| memory.get(range))
            .unwrap_or_default()
    };
    let last = |number: u64, bytes: usize| number.to_be_bytes()[8 - bytes..].to_vec();
    let mut out = Vec::new();
    for part in parts {
        match *part {
            Part::Word(index) => out.extend(at(index, 32)),
            Part::Address(index) => out.extend(at(index, 20)),
            Part::Slice(index, len) => out.extend(at(index, param(len))),
            Part::Pointed(index) => out.extend(at(index, 4).iter().rev()),
            Part::Returned(index) => out.extend(at(index, answer)),
            Part::Flag(index) => out.push(u8::from(param(index) != 0)),
            Part::Number(index, bytes) => out.extend(last(param(index), bytes)),
            Part::Answer(bytes) => out.extend(last(answer, bytes)),
        }
    }
    out.into()
}

/// What a host function takes and gives.
fn parts(name: &str) -> (&'static [Part], &'static [Part]) {
    use Part::{Address, Answer, Flag, Number, Pointed, Returned, Slice, Word};
    match name {
        "read_args" => (&[], &[Returned(0)]),
        "write_result" => (&[Slice(0, 1)], &[]),
        "exit_early" => (&[Number(0, 4)], &[]),
        "storage_load_bytes32" | "transient_load_bytes32" => (&[Word(0)], &[Word(1)]),
        "storage_cache_bytes32" | "transient_store_bytes32" => (&[Word(0), Word(1)], &[]),
        "storage_flush_cache" => (&[Flag(0)], &[]),
        "call_contract" => (
            &[Address(0), Number(4, 8), Word(3), Slice(1, 2)],
            &[Pointed(5), Answer(1)],
        ),
        "delegate_call_contract" | "static_call_contract" => (
            &[Address(0), Number(3, 8), Slice(1, 2)],
            &[Pointed(4), Answer(1)],
        ),
        "create1" => (&[Word(2), Slice(0, 1)], &[Address(3), Pointed(4)]),
        "create2" => (&[Word(2), Word(3), Slice(0, 1)], &[Address(4), Pointed(5)]),
        "read_return_data" => (&[Number(1, 4), Number(2, 4)], &[Returned(0)]),
        "emit_log" => (&[Number(2, 4), Slice(0, 1)], &[]),
        "account_balance" | "account_codehash" => (&[Address(0)], &[Word(1)]),
        "account_code" => (&[Address(0), Number(1, 4), Number(2, 4)], &[Returned(3)]),
        "account_code_size" => (&[Address(0)], &[Answer(4)]),
        "return_data_size" | "msg_reentrant" | "tx_ink_price" => (&[], &[Answer(4)]),
        "evm_gas_left" | "evm_ink_left" | "chainid" | "block_gas_limit" | "block_number"
        | "block_timestamp" => (&[], &[Answer(8)]),
        "block_basefee" | "msg_value" | "tx_gas_price" => (&[], &[Word(0)]),
        "block_coinbase" | "contract_address" | "msg_sender" | "tx_origin" => (&[], &[Address(0)]),
        "math_div" | "math_mod" | "math_pow" => (&[Word(0), Word(1)], &[Word(0)]),
        "math_add_mod" | "math_mul_mod" => (&[Word(0), Word(1), Word(2)], &[Word(0)]),
        "native_keccak256" => (&[Slice(0, 1)], &[Word(2)]),
        "pay_for_memory_grow" => (&[Number(0, 2)], &[]),
        _ => (&[], &[]),
    }
}
