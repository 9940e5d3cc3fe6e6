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
fn opcodes_cost_what_the_table_says() {
    let cases: &[(&str, u64)] = &[
        ("", 0),
        ("(nop)", 1),
        ("(drop (i32.const 1))", 1 + 9),
        ("(drop (i32.add (i32.const 1) (i32.const 2)))", 2 + 70 + 9),
        ("(drop (i64.add (i64.const 1) (i64.const 2)))", 2 + 100 + 9),
        ("(drop (i32.mul (i32.const 1) (i32.const 2)))", 2 + 160 + 9),
        ("(drop (i64.mul (i64.const 1) (i64.const 2)))", 2 + 160 + 9),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 2)))",
            2 + 1_120 + 9,
        ),
        (
            "(drop (i64.rem_s (i64.const 1) (i64.const 2)))",
            2 + 1_270 + 9,
        ),
        ("(drop (i32.popcnt (i32.const 1)))", 1 + 2_650 + 9),
        ("(drop (i64.popcnt (i64.const 1)))", 1 + 6_000 + 9),
        ("(drop (i64.clz (i64.const 1)))", 1 + 210 + 9),
        ("(drop (i32.eqz (i32.const 1)))", 1 + 170 + 9),
        ("(drop (i64.lt_u (i64.const 1) (i64.const 2)))", 2 + 225 + 9),
        ("(drop (i32.wrap_i64 (i64.const 1)))", 1 + 100 + 9),
        ("(drop (i64.extend32_s (i64.const 1)))", 1 + 100 + 9),
        ("(drop (i32.load8_u (i32.const 64)))", 1 + 670 + 9),
        ("(drop (i64.load (i32.const 64)))", 1 + 680 + 9),
        ("(i32.store16 (i32.const 64) (i32.const 1))", 2 + 825),
        ("(i64.store (i32.const 64) (i64.const 1))", 2 + 950),
        ("(drop (global.get $g))", 225 + 9),
        ("(global.set $g (i64.const 1))", 1 + 575),
        ("(drop (local.tee $i (i32.const 1)))", 1 + 75 + 9),
        ("(drop (memory.size))", 3_000 + 9),
        (
            "(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))",
            3 + 1_250 + 9,
        ),
        // 950 and 100 a byte.
        (
            "(memory.copy (i32.const 64) (i32.const 128) (i32.const 40))",
            3 + 950 + 4_000,
        ),
        (
            "(memory.fill (i32.const 64) (i32.const 0) (i32.const 7))",
            3 + 950 + 700,
        ),
        // One more block each.
        ("(block (nop))", 1 + 1 + 1 + 2_450),
        ("(call $nothing)", 3_800 + 2_450 + 1 + 2_450),
        (
            "(drop (call $same (i32.const 0)))",
            1 + 3_800 + 2_450 + 75 + 1 + 2_450 + 9,
        ),
        (
            "(drop (call_indirect (type $one) (i32.const 5) (i32.const 0)))",
            2 + 13_610 + 650 + 2_450 + 75 + 1 + 2_450 + 9,
        ),
        // `if` ends a block, `nop` and `end` are another.
        (
            "(if (i32.const 1) (then (nop)))",
            1 + 765 + 2_450 + 1 + 1 + 2_450,
        ),
        // Not taken, the body costs nothing.
        ("(if (i32.const 0) (then (nop)))", 1 + 765 + 2_450),
        // `block` and `br` are one block; what follows is dead, but not what follows `end`.
        ("(block (br 0))", 1 + 765 + 2_450),
        // The head of `loop` is a block; `nop` and `end` are another.
        ("(loop (nop))", 1 + 2_450 + 1 + 1 + 2_450),
        // A table of two and a default.
        (
            "(block (block (br_table 0 1 0 (i32.const 0))))",
            2 + 1 + 2_400 + 2 * 325 + 2_450 + 1 + 2_450,
        ),
    ];
    for (code, expected) in cases {
        assert_eq!(ink(code), BARE + expected, "{code}");
    }
}

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

#[test]
fn a_transaction_costs_what_its_parts_do() {
    let text = r#"(module
        (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let mut chain = Chain::new();
    let program = chain.program(&wasm);
    let outcome = chain.send(Some(program), 0, vec![]);
    // One function, two types, four globals of the metering, one page, no data:
    // cached 0 + 0 + 0 + 6 + 0 + 5, uncached 8 + 2 + 0.1286 a byte.
    let bytes = wasm.len() as u64;
    assert!(bytes * 122 < 100_000);
    let cached = 352 + 6 + 5;
    let uncached = 8_832 + 8 + 2 + bytes * 1_286 / 10_000;
    // `i32.const`, `end`, the head of the block: 2,452 ink is less than a gas, and is rounded up.
    // The activation was in the same block but does not count as running.
    assert_eq!(outcome.gas_used, 21_000 + cached + uncached + 1);

    // Run twice in one block, it is recent.
    let outcome = chain.send(Some(program), 0, vec![]);
    assert_eq!(outcome.gas_used, 21_000 + cached + 1);
    // In the next block it is not.
    chain.block.l2_number += 1;
    let outcome = chain.send(Some(program), 0, vec![]);
    assert_eq!(outcome.gas_used, 21_000 + cached + uncached + 1);
}

#[test]
fn pages_of_nested_programs_add_up_and_are_given_back() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let page = |outcome: &Outcome| {
        outcome
            .frames
            .iter()
            .map(|frame| frame.gas_used)
            .collect::<Vec<_>>()
    };
    // Three deep: the third program's page costs 1,000 gas. Two deep, none.
    let leaf = Script::new();
    let two = Script::new().call(Kind::Call, program, leaf.clone());
    let three = Script::new().call(Kind::Call, program, two.clone());
    chain.send(Some(program), 0, leaf.clone().into());
    let second = page(&chain.send(Some(program), 0, two.clone().into()));
    let third = page(&chain.send(Some(program), 0, three.into()));
    assert_eq!(third[2], second[1] + 1_000);
    // Given back at the end of the frame: twice two deep costs no page.
    let twice =
        Script::new()
            .call(Kind::Call, program, leaf.clone())
            .call(Kind::Call, program, leaf);
    let again = page(&chain.send(Some(program), 0, twice.into()));
    assert_eq!(again[1], again[2]);
    assert_eq!(again[1], second[1]);
}

#[test]
fn memory_beyond_the_limit_takes_all_gas() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    // One page is in use: 101 are, of which 99 cost 1,000 gas, and the ramp of all, which is
    // floor(31,874,000 ^ (101 / 128)), less that of one page.
    let outcome = chain.send(Some(program), 0, Script::new().grow(100).into());
    assert_eq!(outcome.output, vec![1]);
    let ramp = 833_067 - 1;
    let gas = outcome.gas_used;
    assert!(
        (ramp + 99_000..ramp + 99_000 + 100_000).contains(&gas),
        "{gas}"
    );
    for pages in [128, 65_535, 65_536, u32::MAX] {
        let outcome = chain.send(Some(program), 0, Script::new().grow(pages).into());
        assert!(
            matches!(outcome.status, Status::Halt(_)),
            "{:?}",
            outcome.status
        );
        assert_eq!(outcome.gas_used, GAS);
    }
}
