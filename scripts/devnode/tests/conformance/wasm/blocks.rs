//! Basic blocks: where they end, and that each is paid for before it runs. The head of a block costs
//! 2,450 ink beside its opcodes. Opcodes that metering adds cost nothing.

use super::{priced_in_gas, INTRINSIC, START};
use crate::price::{BRANCH, CALL_OP, DROP, HEAD, LOCAL_GET, LOCAL_SET, ONE};
use crate::program::Program;
use crate::scene::{frame, Scene};
use alloy::primitives::Bytes;
use devnode::exec::{Message, Status};

#[test]
fn blocks_end_where_control_may_go_elsewhere() {
    let cases: [(&str, u64); 18] = [
        // `end` of a block.
        ("(block (nop))", 3 * ONE + HEAD),
        (
            "(block (block (nop)) (nop))",
            2 * ONE + (2 * ONE + HEAD) + (2 * ONE + HEAD),
        ),
        // `loop` ends the block before it, and costs nothing when it is branched to.
        ("(loop (nop))", (ONE + HEAD) + (2 * ONE + HEAD)),
        (
            "(local.set $i (i32.const 3))
             (loop $again (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
            (ONE + LOCAL_SET + ONE + HEAD)
                + 3 * (LOCAL_GET + ONE + 70 + 75 + BRANCH + HEAD)
                + (ONE + HEAD),
        ),
        // `if`: taken, then an `end`; not taken, nothing more.
        (
            "(if (i32.const 1) (then (nop)))",
            (ONE + BRANCH + HEAD) + (2 * ONE + HEAD),
        ),
        ("(if (i32.const 0) (then (nop)))", ONE + BRANCH + HEAD),
        // The first branch ends with `else`, the second with `end`.
        (
            "(if (i32.const 1) (then (nop) (nop)) (else (nop)))",
            (ONE + BRANCH + HEAD) + (3 * ONE + HEAD),
        ),
        (
            "(if (i32.const 0) (then (nop) (nop)) (else (nop)))",
            (ONE + BRANCH + HEAD) + (2 * ONE + HEAD),
        ),
        // What a branch jumps over is not paid for, the `end` that it jumps to included.
        ("(block (br 0))", ONE + BRANCH + HEAD),
        ("(block (br 0) (nop) (nop))", ONE + BRANCH + HEAD),
        ("(block (br_if 0 (i32.const 1)))", 2 * ONE + BRANCH + HEAD),
        (
            "(block (br_if 0 (i32.const 0)))",
            (2 * ONE + BRANCH + HEAD) + (ONE + HEAD),
        ),
        // A table is priced by its targets, the default not counted.
        ("(block (br_table 0 (i32.const 0)))", 2 * ONE + 2_400 + HEAD),
        (
            "(block (br_table 0 0 0 (i32.const 9)))",
            2 * ONE + 2_400 + 2 * 325 + HEAD,
        ),
        (
            "(block (br_table 0 0 0 0 0 0 0 0 0 0 0 (i32.const 0)))",
            2 * ONE + 2_400 + 10 * 325 + HEAD,
        ),
        // A call ends a block, and what is called begins with one.
        ("(call $nothing)", (CALL_OP + HEAD) + (ONE + HEAD)),
        // Locals, and how many parameters there are, cost nothing.
        (
            "(drop (call $wide (i32.const 1) (i64.const 2)))",
            (2 * ONE + CALL_OP + HEAD) + (LOCAL_GET + ONE + HEAD) + DROP,
        ),
        // `return` ends a block; what is behind it never runs.
        ("(call $early)", (CALL_OP + HEAD) + (ONE + HEAD)),
    ];
    let mut scene = Scene::new();
    let wide = format!(
        "(func $wide (param i32 i64) (result i32) (local {}) (local.get 0))",
        "i64 ".repeat(348)
    );
    let items = format!("(func $nothing) {wide} (func $early (return) (nop) (unreachable))");
    for (code, expected) in cases {
        let probe = Program::probe(code).items(&items);
        assert_eq!(scene.probe(&probe).ink, expected, "{code}");
    }
}

#[test]
fn indirect_calls_are_priced_by_parameters() {
    let mut scene = Scene::new();
    for count in 0..=5 {
        let items = format!(
            "(type $t (func (param {})))
             (table 1 funcref)
             (elem (i32.const 0) $f)
             (func $f (type $t))",
            "i64 ".repeat(count)
        );
        let code = format!(
            "(call_indirect (type $t) {} (i32.const 0))",
            "(i64.const 1)".repeat(count)
        );
        let count = count as u64;
        let expected = count * ONE + ONE + 13_610 + 650 * count + HEAD + (ONE + HEAD);
        let probe = Program::probe(code).items(&items);
        assert_eq!(scene.probe(&probe).ink, expected, "{count} parameters");
    }
}

#[test]
fn a_block_is_paid_for_before_it_runs() {
    let mut scene = priced_in_gas();
    // `unreachable` ends no block: what stands behind it is paid for all the same.
    let code = format!(
        "{}(unreachable){}",
        "(nop)".repeat(10),
        "(nop)".repeat(1_000)
    );
    let program = scene.program(&Program::new(code));
    let outcome = scene.call(program, []);
    assert_eq!(outcome.status, Status::Revert);
    let ink = HEAD + 10 * ONE + ONE + 1_000 * ONE + ONE;
    assert_eq!(frame(&outcome, 0).gas_used, START + ink);

    // So is what stands behind a division that traps.
    let code = format!(
        "(drop (i32.div_u (i32.const 1) (local.get $len))) {} (i32.const 0)",
        "(nop)".repeat(500)
    );
    let program = scene.program(&Program::new(code));
    let block = HEAD + ONE + LOCAL_GET + 1_120 + DROP + 500 * ONE + 2 * ONE;
    let trapped = scene.call(program, []);
    assert_eq!(trapped.status, Status::Revert);
    assert_eq!(frame(&trapped, 0).gas_used, START + block);
    let whole = scene.call(program, [1]);
    assert_eq!(whole.status, Status::Success);
    assert_eq!(frame(&whole, 0).gas_used, START + block);
}

#[test]
fn ink_to_the_last_unit_is_enough_and_one_less_is_not() {
    let mut scene = priced_in_gas();
    let program = scene.program(&Program::new("(block (nop)) (i32.const 0)"));
    let ink = (3 * ONE + HEAD) + (2 * ONE + HEAD);
    let limited = |scene: &mut Scene, gas_limit: u64| {
        let message = scene.message(program, Bytes::new());
        scene.run(&Message {
            gas_limit,
            ..message
        })
    };
    let enough = INTRINSIC + START + ink;
    let outcome = limited(&mut scene, enough);
    assert_eq!(
        (outcome.status, outcome.gas_used),
        (Status::Success, enough)
    );
    let outcome = limited(&mut scene, enough - 1);
    assert!(matches!(outcome.status, Status::Halt(_)));
    assert_eq!(outcome.gas_used, enough - 1);
}

#[test]
fn a_program_that_runs_for_ever_takes_all_gas() {
    let mut scene = Scene::new();
    let program = scene.program(&Program::new(
        "(loop $for_ever (br $for_ever)) (unreachable)",
    ));
    let message = scene.message(program, Bytes::new());
    let outcome = scene.run(&Message {
        gas_limit: 1_000_000,
        ..message
    });
    assert!(matches!(outcome.status, Status::Halt(_)));
    assert_eq!(outcome.gas_used, 1_000_000);
    assert!(outcome.output.is_empty());
}
