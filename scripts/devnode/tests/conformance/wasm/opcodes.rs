//! Every opcode that a program may use, at its published price (`pricing_v1` of
//! `crates/prover/src/programs/meter.rs`). What a snippet needs besides is a constant for each operand,
//! and a `drop` for a result.

use super::{priced_in_gas, START};
use crate::price::{DROP, HEAD, LOCAL_GET, LOCAL_SET, ONE};
use crate::program::Program;
use crate::scene::{frame, Scene, GAS_LIMIT};
use devnode::exec::Status;

/// What an opcode takes; each leaves one value, but stores leave none.
#[derive(Clone, Copy)]
enum Takes {
    I32,
    I64,
    TwoI32,
    TwoI64,
    /// An address; the value loaded.
    Address,
    /// An address and an `i32` to store.
    StoreI32,
    /// An address and an `i64` to store.
    StoreI64,
}

/// Opcodes of one price.
const TABLE: [(u64, Takes, &str); 28] = {
    use Takes::*;
    [
        (170, I32, "i32.eqz"),
        (
            170,
            TwoI32,
            "i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u",
        ),
        (170, TwoI32, "i32.le_s i32.le_u i32.ge_s i32.ge_u"),
        (225, I64, "i64.eqz"),
        (
            225,
            TwoI64,
            "i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u",
        ),
        (225, TwoI64, "i64.le_s i64.le_u i64.ge_s i64.ge_u"),
        (210, I32, "i32.clz i32.ctz"),
        (210, I64, "i64.clz i64.ctz"),
        (2_650, I32, "i32.popcnt"),
        (6_000, I64, "i64.popcnt"),
        (70, TwoI32, "i32.add i32.sub i32.and i32.or i32.xor"),
        (70, TwoI32, "i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr"),
        (100, TwoI64, "i64.add i64.sub i64.and i64.or i64.xor"),
        (100, TwoI64, "i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr"),
        (160, TwoI32, "i32.mul"),
        (160, TwoI64, "i64.mul"),
        (1_120, TwoI32, "i32.div_s i32.div_u i32.rem_s i32.rem_u"),
        (1_270, TwoI64, "i64.div_s i64.div_u i64.rem_s i64.rem_u"),
        (100, I64, "i32.wrap_i64"),
        (100, I32, "i64.extend_i32_s i64.extend_i32_u"),
        (100, I32, "i32.extend8_s i32.extend16_s"),
        (100, I64, "i64.extend8_s i64.extend16_s i64.extend32_s"),
        (
            670,
            Address,
            "i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u",
        ),
        (
            680,
            Address,
            "i64.load i64.load8_s i64.load8_u i64.load16_s i64.load16_u",
        ),
        (680, Address, "i64.load32_s i64.load32_u"),
        (825, StoreI32, "i32.store i32.store8 i32.store16"),
        (
            950,
            StoreI64,
            "i64.store i64.store8 i64.store16 i64.store32",
        ),
        // Growing by nothing pays for no page, but for the host function that is asked.
        (8_050 + 8_400, I32, "memory.grow"),
    ]
};

#[test]
fn opcodes_that_calculate_load_and_store() {
    let mut scene = Scene::new();
    let mut opcodes = 0;
    for (price, takes, names) in TABLE {
        for name in names.split_whitespace() {
            let (code, besides) = match takes {
                Takes::I32 if name == "memory.grow" => {
                    ("(drop (memory.grow (i32.const 0)))".to_owned(), ONE + DROP)
                }
                Takes::I32 => (format!("(drop ({name} (i32.const 7)))"), ONE + DROP),
                Takes::I64 => (format!("(drop ({name} (i64.const 7)))"), ONE + DROP),
                Takes::TwoI32 => (
                    format!("(drop ({name} (i32.const 7) (i32.const 3)))"),
                    2 * ONE + DROP,
                ),
                Takes::TwoI64 => (
                    format!("(drop ({name} (i64.const 7) (i64.const 3)))"),
                    2 * ONE + DROP,
                ),
                Takes::Address => (format!("(drop ({name} (i32.const 64)))"), ONE + DROP),
                Takes::StoreI32 => (format!("({name} (i32.const 64) (i32.const 7))"), 2 * ONE),
                Takes::StoreI64 => (format!("({name} (i32.const 64) (i64.const 7))"), 2 * ONE),
            };
            let reading = scene.probe(&Program::probe(code).memory("1 2"));
            assert_eq!(reading.ink, besides + price, "{name}");
            opcodes += 1;
        }
    }
    // 66 calculate on integers, 12 load, 7 store; and `memory.grow`.
    assert_eq!(opcodes, 66 + 12 + 7 + 1);
}

#[test]
fn opcodes_that_move_values() {
    let mut scene = Scene::new();
    let cases: [(&str, u64); 11] = [
        ("", 0),
        ("(nop)", 1),
        ("(drop (i32.const 7))", 1 + 9),
        ("(drop (i64.const 7))", 1 + 9),
        (
            "(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))",
            3 * ONE + 1_250 + DROP,
        ),
        ("(drop (local.get $i))", 75 + DROP),
        ("(local.set $i (i32.const 7))", ONE + 210),
        ("(drop (local.tee $i (i32.const 7)))", ONE + 75 + DROP),
        ("(drop (global.get $g))", 225 + DROP),
        ("(global.set $g (i64.const 7))", ONE + 575),
        ("(drop (memory.size))", 3_000 + DROP),
    ];
    assert_eq!((LOCAL_GET, LOCAL_SET), (75, 210));
    for (code, expected) in cases {
        let probe = Program::probe(code).items("(global $g (mut i64) (i64.const 0))");
        assert_eq!(scene.probe(&probe).ink, expected, "{code}");
    }
}

#[test]
fn copies_and_fills_of_memory_are_paid_by_the_byte() {
    let mut scene = Scene::new();
    for bytes in [0, 1, 7, 32, 1_000] {
        for opcode in ["memory.copy", "memory.fill"] {
            let code = format!("({opcode} (i32.const 64) (i32.const 0) (i32.const {bytes}))");
            let reading = scene.probe(&Program::probe(&code));
            assert_eq!(reading.ink, 3 * ONE + 950 + 100 * bytes, "{code}");
        }
    }
}

#[test]
fn a_fill_takes_the_low_byte_of_its_value() {
    let code = "(memory.fill (i32.const 64) (i32.const 0x1ab) (i32.const 10))";
    let reading = Scene::new().probe(&Program::probe(code));
    assert_eq!(
        reading.bytes(63, 12),
        [&[0][..], &[0xab; 10], &[0]].concat()
    );
}

#[test]
fn bytes_are_paid_for_before_bounds_are_looked_at() {
    let mut scene = priced_in_gas();
    // One byte more than there is in a page: a trap that has cost its 65,537 bytes.
    let code = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65537)) (i32.const 0)";
    let program = scene.program(&Program::new(code));
    let outcome = scene.call(program, []);
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.output.is_empty());
    // Three constants, the fill, one more constant and `end` are one block.
    let ink = HEAD + 3 * ONE + 950 + 6_553_700 + 2 * ONE;
    assert_eq!(frame(&outcome, 0).gas_used, START + ink);

    // 4,294,967,295 bytes cost more than a message can bring: not a trap, but out of ink.
    let code = "(memory.copy (i32.const 0) (i32.const 0) (i32.const -1)) (i32.const 0)";
    let program = scene.program(&Program::new(code));
    let outcome = scene.call(program, []);
    assert!(matches!(outcome.status, Status::Halt(_)));
    assert_eq!(outcome.gas_used, GAS_LIMIT);
}

#[test]
fn unreachable_costs_one() {
    let mut scene = priced_in_gas();
    let program = scene.program(&Program::new("(unreachable)"));
    let outcome = scene.call(program, []);
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.output.is_empty());
    // With the `end` behind it.
    assert_eq!(frame(&outcome, 0).gas_used, START + HEAD + 2 * ONE);
}

#[test]
fn floats_that_are_only_moved_may_stand_there_but_not_run() {
    let moves = [
        "(drop (f32.const 1))",
        "(drop (f64.const 1))",
        "(drop (f32.load (i32.const 0)))",
        "(drop (f64.load (i32.const 0)))",
        "(f32.store (i32.const 0) (f32.const 1))",
        "(f64.store (i32.const 0) (f64.const 1))",
        "(drop (i32.reinterpret_f32 (local.get $f)))",
        "(drop (i64.reinterpret_f64 (local.get $d)))",
        "(drop (f32.reinterpret_i32 (i32.const 0)))",
        "(drop (f64.reinterpret_i64 (i64.const 0)))",
    ];
    let mut scene = Scene::new();
    for code in moves {
        let program = Program::new(format!("(if (local.get $len) (then {code})) (i32.const 0)"))
            .locals("(local $f f32) (local $d f64)");
        let program = scene.program(&program);
        assert_eq!(scene.call(program, []).status, Status::Success, "{code}");
        // Their block costs more ink than there is.
        let outcome = scene.call(program, [1]);
        assert!(matches!(outcome.status, Status::Halt(_)), "{code}");
        assert_eq!(outcome.gas_used, GAS_LIMIT, "{code}");
    }
    // Moving a local costs what it costs for integers.
    let probe = Program::probe("(local.set $f (local.get $f))").locals("(local $f f32)");
    assert_eq!(scene.probe(&probe).ink, LOCAL_GET + LOCAL_SET);
}
