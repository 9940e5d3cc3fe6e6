//! What a program may not do in a static frame.

use crate::{
    evm::asm,
    price::*,
    program::{word, Program},
    scene::{frame, Scene},
};
use alloy::primitives::{Address, U256};
use devnode::exec::Outcome;

/// Calls `to` in a static frame: a word of success, and what came back.
fn statically(scene: &mut Scene, to: Address) -> Outcome {
    let caller = scene.evm(asm(&format!(
        "0 0 0 0 {to} GAS STATICCALL 0 MSTORE
         RETURNDATASIZE 0 32 RETURNDATACOPY RETURNDATASIZE 32 ADD 0 RETURN"
    )));
    scene.call(caller, [])
}

const CACHE: &str = "(call $storage_cache_bytes32 (i32.const 64) (i32.const 96))";
const CACHE_INK: u64 = 2 * ONE + CALL + TWO_PTR;
const FLUSH: &str = "(call $storage_flush_cache (i32.const 0))";

#[test]
fn whatever_changes_the_chain_fails_the_program_once_it_is_paid_for() {
    // Code, and its ink up to the refusal: heads of further blocks but not the last call's.
    let cases = [
        // The slot is zero and is written zero: not known, so written.
        (format!("{CACHE}{FLUSH}"), CACHE_INK + ONE + CALL_OP + API_ONLY),
        (
            "(call $transient_store_bytes32 (i32.const 64) (i32.const 96))".into(),
            2 * ONE + CALL_OP + API_TWO + 100 * GAS,
        ),
        (
            "(call $emit_log (i32.const 64) (i32.const 40) (i32.const 1))".into(),
            3 * ONE + CALL_OP + API_ONLY + read(40) + (2 * 375 + 8 * 8) * GAS,
        ),
        (
            "(call $create1 (i32.const 64) (i32.const 1) (i32.const 96) (i32.const 128) (i32.const 160))"
                .into(),
            5 * ONE + CALL_OP + API_THREE + 2 * read(1),
        ),
        (
            "(call $create2 (i32.const 64) (i32.const 1) (i32.const 96) (i32.const 96) (i32.const 128) (i32.const 160))"
                .into(),
            6 * ONE + CALL_OP + API_FOUR + 2 * read(1),
        ),
    ];
    for (code, ink) in cases {
        let program = Program::new(format!("{code} (i32.const 0)"));
        let mut scene = Scene::new();
        let address = scene.program(&program);
        scene.ok(address, []);
        let outcome = statically(&mut scene, address);
        assert_eq!(outcome.output, word(0).to_vec(), "{code}");
        let used = program.start() + gas(HEAD + ink);
        assert_eq!(frame(&outcome, 1).gas_used, used, "{code}");
    }
}

#[test]
fn whatever_does_not_change_the_chain_is_allowed() {
    let call = "(drop (call $call_contract (i32.const 64) (i32.const 0) (i32.const 0)
        (i32.const 96) (i64.const -1) (i32.const 128)))";
    let program = Program::new(format!(
        "(call $storage_load_bytes32 (i32.const 64) (i32.const 96))
         {CACHE} {FLUSH} (call $storage_flush_cache (i32.const 1)) {CACHE}
         (call $transient_load_bytes32 (i32.const 64) (i32.const 96))
         (call $account_balance (i32.const 64) (i32.const 96))
         {call}
         (i32.const 0)"
    ));
    let mut scene = Scene::new();
    let address = scene.program(&program);
    assert_eq!(statically(&mut scene, address).output, word(1).to_vec());
}

#[test]
fn frames_inside_a_static_one_are_static() {
    let mut scene = Scene::new();
    let writes = scene.program(&Program::new(format!(
        "(i32.store8 (i32.const 127) (i32.const 1)) {CACHE} {FLUSH} (i32.const 0)"
    )));
    let evm = scene.evm(asm("1 0 SSTORE"));
    for callee in [writes, evm] {
        for kind in ["call_contract", "delegate_call_contract"] {
            let value = if kind == "call_contract" {
                "(i32.const 96)"
            } else {
                ""
            };
            let program = scene.program(
                &Program::new(format!(
                    "(i32.store (i32.const 512) (call ${kind} (i32.const 64) (i32.const 0)
                        (i32.const 0) {value} (i64.const 500000) (i32.const 128)))
                     (call $write_result (i32.const 512) (i32.const 1))
                     (i32.const 0)"
                ))
                .data(64, callee),
            );
            let outcome = statically(&mut scene, program);
            assert_eq!(outcome.output, [&word(1)[..], &[2]].concat(), "{kind}");
            // Not static, it works.
            assert_eq!(scene.ok(program, []), vec![0], "{kind}");
        }
    }
    assert_eq!(scene.state.storage(writes, U256::ZERO), U256::from(1));
}

#[test]
fn a_static_call_of_a_program_is_static_and_what_follows_it_is_not() {
    let mut scene = Scene::new();
    let writes = scene.program(&Program::new(format!("{CACHE} {FLUSH} (i32.const 0)")));
    let program = scene.program(
        &Program::new(format!(
            "(i32.store (i32.const 512) (call $static_call_contract (i32.const 64) (i32.const 0)
                (i32.const 0) (i64.const 500000) (i32.const 128)))
             {CACHE} {FLUSH}
             (call $write_result (i32.const 512) (i32.const 1))
             (i32.const 0)"
        ))
        .data(64, writes)
        .data(96, word(7)),
    );
    assert_eq!(scene.ok(program, []), vec![2]);
    let key = U256::from_be_slice(&[writes.as_slice(), &[0; 12]].concat());
    assert_eq!(scene.state.storage(program, key), U256::from(7));
}
