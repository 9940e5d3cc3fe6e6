//! Pointers that lead out of memory fail the program: every one of every function.

use crate::{
    evm::asm,
    program::Program,
    scene::{Scene, ALICE},
};
use devnode::exec::{Message, Status};

/// Calls with one pointer left out, and how many bytes are read or written there. An address of ten
/// bytes of code stands at 64, the identity precompile's at 96; calldata and what the last call
/// returned have ten bytes.
const POINTERS: &[(&str, u64)] = &[
    ("$read_args P", 10),
    ("$write_result P (i32.const 10)", 10),
    ("$storage_load_bytes32 P (i32.const 0)", 32),
    ("$storage_load_bytes32 (i32.const 0) P", 32),
    ("$storage_cache_bytes32 P (i32.const 0)", 32),
    ("$storage_cache_bytes32 (i32.const 0) P", 32),
    ("$transient_load_bytes32 P (i32.const 0)", 32),
    ("$transient_load_bytes32 (i32.const 0) P", 32),
    ("$transient_store_bytes32 P (i32.const 0)", 32),
    ("$transient_store_bytes32 (i32.const 0) P", 32),
    (
        "$call_contract P (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)",
        20,
    ),
    (
        "$call_contract (i32.const 0) P (i32.const 10) (i32.const 0) (i64.const 0) (i32.const 0)",
        10,
    ),
    (
        "$call_contract (i32.const 0) (i32.const 0) (i32.const 0) P (i64.const 0) (i32.const 0)",
        32,
    ),
    (
        "$call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) P",
        4,
    ),
    (
        "$delegate_call_contract P (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)",
        20,
    ),
    (
        "$delegate_call_contract (i32.const 0) P (i32.const 10) (i64.const 0) (i32.const 0)",
        10,
    ),
    (
        "$delegate_call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) P",
        4,
    ),
    (
        "$static_call_contract P (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)",
        20,
    ),
    (
        "$static_call_contract (i32.const 0) P (i32.const 10) (i64.const 0) (i32.const 0)",
        10,
    ),
    (
        "$static_call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) P",
        4,
    ),
    (
        "$create1 P (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)",
        1,
    ),
    (
        "$create1 (i32.const 0) (i32.const 0) P (i32.const 0) (i32.const 0)",
        32,
    ),
    (
        "$create1 (i32.const 0) (i32.const 0) (i32.const 0) P (i32.const 0)",
        20,
    ),
    (
        "$create1 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) P",
        4,
    ),
    (
        "$create2 P (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)",
        1,
    ),
    (
        "$create2 (i32.const 0) (i32.const 0) P (i32.const 0) (i32.const 0) (i32.const 0)",
        32,
    ),
    (
        "$create2 (i32.const 0) (i32.const 0) (i32.const 0) P (i32.const 0) (i32.const 0)",
        32,
    ),
    (
        "$create2 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) P (i32.const 0)",
        20,
    ),
    (
        "$create2 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) P",
        4,
    ),
    ("$read_return_data P (i32.const 0) (i32.const 10)", 10),
    ("$emit_log P (i32.const 10) (i32.const 0)", 10),
    ("$account_balance P (i32.const 0)", 20),
    ("$account_balance (i32.const 0) P", 32),
    (
        "$account_code P (i32.const 0) (i32.const 0) (i32.const 0)",
        20,
    ),
    (
        "$account_code (i32.const 64) (i32.const 0) (i32.const 10) P",
        10,
    ),
    ("$account_code_size P", 20),
    ("$account_codehash P (i32.const 0)", 20),
    ("$account_codehash (i32.const 0) P", 32),
    ("$block_basefee P", 32),
    ("$block_coinbase P", 20),
    ("$contract_address P", 20),
    ("$math_div P (i32.const 0)", 32),
    ("$math_div (i32.const 0) P", 32),
    ("$math_mod P (i32.const 0)", 32),
    ("$math_mod (i32.const 0) P", 32),
    ("$math_pow P (i32.const 0)", 32),
    ("$math_pow (i32.const 0) P", 32),
    ("$math_add_mod P (i32.const 0) (i32.const 0)", 32),
    ("$math_add_mod (i32.const 0) P (i32.const 0)", 32),
    ("$math_add_mod (i32.const 0) (i32.const 0) P", 32),
    ("$math_mul_mod P (i32.const 0) (i32.const 0)", 32),
    ("$math_mul_mod (i32.const 0) P (i32.const 0)", 32),
    ("$math_mul_mod (i32.const 0) (i32.const 0) P", 32),
    ("$msg_sender P", 20),
    ("$msg_value P", 32),
    ("$native_keccak256 P (i32.const 10) (i32.const 0)", 10),
    ("$native_keccak256 (i32.const 0) (i32.const 10) P", 32),
    ("$tx_gas_price P", 32),
    ("$tx_origin P", 20),
    // Nothing is read or written, but the pointer is looked at.
    ("$write_result P (i32.const 0)", 0),
    ("$native_keccak256 P (i32.const 0) (i32.const 0)", 0),
    ("$emit_log P (i32.const 0) (i32.const 0)", 0),
    (
        "$call_contract (i32.const 0) P (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)",
        0,
    ),
    (
        "$create1 P (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)",
        0,
    ),
    (
        "$account_code (i32.const 64) (i32.const 10) (i32.const 1) P",
        0,
    ),
    (
        "$account_code (i32.const 64) (i32.const 0) (i32.const 0) P",
        0,
    ),
    (
        "$account_code (i32.const 0) (i32.const 0) (i32.const 1) P",
        0,
    ),
];

fn returns_a_value(call: &str) -> bool {
    let name = call.split_whitespace().next().unwrap();
    [
        "$call_contract",
        "$delegate_call_contract",
        "$static_call_contract",
        "$read_return_data",
        "$account_code",
        "$account_code_size",
    ]
    .contains(&name)
}

#[test]
fn a_pointer_may_lead_to_the_last_byte_and_no_further() {
    let mut scene = Scene::new();
    let code = scene.evm(asm("1 2 3 4 5"));
    assert_eq!(scene.state.code(code).len(), 10);
    for (call, size) in POINTERS {
        for (beyond, expected) in [(0, Status::Success), (1, Status::Revert)] {
            let pointer = format!("(i32.const {})", 65_536 - size + beyond);
            let drop = if returns_a_value(call) { "drop" } else { "" };
            let program = Program::new(format!(
                "(call {}) {drop} (i32.const 0)",
                call.replace('P', &pointer)
            ))
            .setup(
                "(drop (call $call_contract (i32.const 96) (i32.const 0) (i32.const 10)
                    (i32.const 160) (i64.const 100000) (i32.const 0)))
                 (i32.store (i32.const 0) (i32.const 0))
                 (call $write_result (i32.const 0) (i32.const 0))",
            )
            .data(64, code)
            .data(115, [4]);
            let address = scene.program(&program);
            let message = Message {
                from: ALICE,
                ..scene.message(address, vec![9; 10])
            };
            let outcome = scene.run(&message);
            assert_eq!(outcome.status, expected, "{call} {beyond}");
            if expected == Status::Revert {
                assert!(outcome.output.is_empty(), "{call}");
                assert!(outcome.gas_used < 300_000, "{call}");
            }
        }
    }
}

#[test]
fn pointers_do_not_wrap_around() {
    for (call, end) in [
        ("$write_result (i32.const -1) (i32.const 2)", Status::Revert),
        (
            "$native_keccak256 (i32.const -32) (i32.const 64) (i32.const 0)",
            Status::Revert,
        ),
        (
            "$storage_load_bytes32 (i32.const -16) (i32.const 0)",
            Status::Revert,
        ),
        (
            "$storage_load_bytes32 (i32.const 0) (i32.const -16)",
            Status::Revert,
        ),
        ("$msg_sender (i32.const -10)", Status::Revert),
    ] {
        let mut scene = Scene::new();
        let program = scene.program(&Program::new(format!("(call {call}) (i32.const 0)")));
        let outcome = scene.call(program, []);
        assert_eq!(outcome.status, end, "{call}");
    }
}

#[test]
fn what_returned_nothing_may_be_read_to_anywhere() {
    // Unlike code: nothing is written, and the pointer is not looked at.
    let mut scene = Scene::new();
    let program = scene.program(&Program::new(
        "(drop (call $read_return_data (i32.const -1) (i32.const 0) (i32.const 32)))
         (i32.const 0)",
    ));
    assert_eq!(scene.call(program, []).status, Status::Success);
}
