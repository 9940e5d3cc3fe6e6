//! Ink, to the unit.

use super::*;

/// Ink between two readings of `evm_ink_left` with `code` in between.
fn ink(code: &str) -> u64 {
    let text = format!(
        r#"(module
            (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
            (import "vm_hooks" "msg_value" (func $msg_value (param i32)))
            (import "vm_hooks" "block_timestamp" (func $timestamp (result i64)))
            (import "vm_hooks" "native_keccak256" (func $keccak (param i32 i32 i32)))
            (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
            (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
            (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
            (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
            (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
            (import "vm_hooks" "account_code_size" (func $code_size (param i32) (result i32)))
            (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
            (import "vm_hooks" "math_div" (func $div (param i32 i32)))
            (import "vm_hooks" "math_pow" (func $pow (param i32 i32)))
            (import "vm_hooks" "math_add_mod" (func $add_mod (param i32 i32 i32)))
            (import "vm_hooks" "math_mul_mod" (func $mul_mod (param i32 i32 i32)))
            (import "vm_hooks" "return_data_size" (func $return_size (result i32)))
            (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
            (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (type $one (func (param i32) (result i32)))
            (table 1 funcref)
            (elem (i32.const 0) $same)
            (memory (export "memory") 1)
            (global $g (mut i64) (i64.const 0))
            (func $same (param i32) (result i32) (local.get 0))
            (func $nothing)
            (func (export "user_entrypoint") (param $len i32) (result i32)
                (local $before i64) (local $i i32)
                (local.set $before (call $ink))
                {code}
                (i64.store (i32.const 0) (i64.sub (local.get $before) (call $ink)))
                (call $write_result (i32.const 0) (i32.const 8))
                (i32.const 0)))"#
    );
    let mut chain = Chain::new();
    let program = chain.wat(&text);
    let output = chain.ok(program, vec![]);
    u64::from_le_bytes(output.as_ref().try_into().unwrap())
}

/// Between two readings with nothing in between: `local.set` 210, `i32.const` 1, `local.get` 75,
/// `call` 3,800, the head of the block 2,450, the host function 8,400.
const BARE: u64 = 210 + 1 + 75 + 3_800 + 2_450 + 8_400;
/// A call of a host function: the opcode, and the head of one more block.
const CALL: u64 = 3_800 + 2_450;

#[test]
fn host_functions_cost_what_the_table_says() {
    let cases: &[(&str, u64)] = &[
        ("(call $msg_sender (i32.const 64))", 1 + CALL + 13_440),
        ("(call $msg_value (i32.const 64))", 1 + CALL + 13_440),
        ("(drop (call $timestamp))", CALL + 8_400 + 9),
        ("(drop (call $return_size))", CALL + 8_400 + 9),
        ("(call $pay (i32.const 0))", 1 + CALL + 8_400),
        ("(call $keccak (i32.const 0) (i32.const 64) (i32.const 64))", 3 + CALL + 121_800),
        ("(call $keccak (i32.const 0) (i32.const 65) (i32.const 64))", 3 + CALL + 142_800),
        // Cold slot: 2,100 gas and 5 for leaving the program.
        ("(call $load (i32.const 64) (i32.const 128))", 2 + CALL + 18_480 + 21_050_000),
        ("(call $cache (i32.const 64) (i32.const 128))", 2 + CALL + 18_480),
        ("(call $flush (i32.const 0))", 1 + CALL + 68_073),
        ("(call $tload (i32.const 64) (i32.const 128))", 2 + CALL + 78_153 + 1_000_000),
        ("(call $div (i32.const 64) (i32.const 128))", 2 + CALL + 43_520),
        // An exponent of zero has no significant byte.
        ("(call $pow (i32.const 64) (i32.const 128))", 2 + CALL + 23_520 + 3_000 + 17_500),
        ("(call $add_mod (i32.const 64) (i32.const 128) (i32.const 160))", 3 + CALL + 49_560),
        ("(call $mul_mod (i32.const 64) (i32.const 128) (i32.const 160))", 3 + CALL + 52_660),
        // 40 bytes of which 32 are a topic: 16,381 + 55 * 8, 375 * 2 + 8 * 8 gas.
        (
            "(call $log (i32.const 64) (i32.const 40) (i32.const 1))",
            3 + CALL + 68_073 + 16_381 + 440 + 8_140_000,
        ),
        // The zero address holds fees and is warm.
        ("(call $balance (i32.const 64) (i32.const 128))", 2 + CALL + 78_153 + 1_000_000),
        ("(drop (call $code_size (i32.const 64)))", 1 + CALL + 68_073 + 8_000_000 + 9),
        // Cold: an address whose last byte is not zero.
        (
            "(i32.store8 (i32.const 64) (i32.const 9)) (call $balance (i32.const 64) (i32.const 128))",
            2 + 825 + 2 + CALL + 78_153 + 26_000_000,
        ),
        // No data: 5,040 all the same.
        (
            "(drop (call $return_data (i32.const 0) (i32.const 0) (i32.const 9)))",
            3 + CALL + 68_073 + 5_040 + 9,
        ),
        // A call of an account without code: 83,193, twice 16,381, and 100 gas while warm.
        (
            "(drop (call $static (i32.const 64) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 128)))",
            5 + CALL + 83_193 + 2 * 16_381 + 1_000_000 + 9,
        ),
        // A page: two are free, one is in use already.
        (
            "(drop (memory.grow (i32.const 1)))",
            // The injected call is not metered; one page more is still free.
            1 + 8_050 + 9,
        ),
        // Three pages open: one to pay for.
        ("(drop (memory.grow (i32.const 2)))", 1 + 8_050 + 9 + 10_000_000),
    ];
    for (code, expected) in cases {
        assert_eq!(ink(code), BARE + expected, "{code}");
    }
}

#[test]
fn reads_and_writes_of_the_cache_cost_more_as_they_go_on() {
    // The first read is a miss; 31 more are free, the next 96 cost 2 gas, then 10.
    let loads = |count: u64| {
        ink(&format!(
            "(loop $again (call $load (i32.const 64) (i32.const 128))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const {count}))))"
        ))
    };
    let (at_32, at_33) = (loads(32), loads(33));
    let each = loads(31);
    assert_eq!(at_33 - at_32, at_32 - each + 2 * 10_000);
    assert_eq!(loads(129) - loads(128), at_32 - each + 10 * 10_000);
}
