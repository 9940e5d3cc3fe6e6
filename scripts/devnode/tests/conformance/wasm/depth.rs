//! The stack, in words. A frame takes four words, one for each local that is no parameter, and as many
//! as its function has values on the stack at once: metering included, which needs two at the head of
//! each block. A program has 22,000 words, of which its frames must leave at least one.

use crate::program::Program;
use crate::scene::{Scene, GAS_LIMIT};
use alloy::primitives::Bytes;
use devnode::exec::{Message, Status};

/// A program that calls `$f` with the number in its calldata, which counts down to zero. The entry
/// point has no locals and two values at once at most, so it takes 2 + 4 words; 21,994 are left.
fn recursive(function: &str) -> Program {
    Program::new(
        "(call $read_args (i32.const 0))
         (call $f (i32.load (i32.const 0)))
         (i32.const 0)",
    )
    .items(function)
}

/// `$f` may be called with this number, and not with the next.
fn deepest(function: &str, count: u32) {
    let mut scene = Scene::new();
    let program = scene.program(&recursive(function));
    let outcome = scene.call(program, count.to_le_bytes());
    assert_eq!(outcome.status, Status::Success, "{count}");
    let outcome = scene.call(program, (count + 1).to_le_bytes());
    assert_eq!(outcome.status, Status::Halt("out of stack".into()));
    assert_eq!(outcome.gas_used, GAS_LIMIT);
    assert!(outcome.output.is_empty());
}

#[test]
fn a_plain_function() {
    // Two values, four words. Call number n finds 21,994 - 6 (n - 1) words, and needs more than 6:
    // n <= 3,665, and the first call counts down from 3,664.
    deepest(
        "(func $f (param $n i32)
            (if (local.get $n) (then (call $f (i32.sub (local.get $n) (i32.const 1))))))",
        3_664,
    );
}

#[test]
fn locals_count_parameters_do_not() {
    let body = "(if (local.get $n) (then
        (call $f (i32.sub (local.get $n) (i32.const 1)))))";
    // Ten locals: 16 words. 21,994 - 16 (n - 1) > 16: n <= 1,374.
    deepest(
        &format!(
            "(func $f (param $n i32) (local {}) {body})",
            "i64 ".repeat(10)
        ),
        1_373,
    );
    // Ten more parameters instead: on the stack of the caller are the first argument and these, 11
    // values. 15 words.
    let body = format!(
        "(if (local.get $n) (then
            (call $f (i32.sub (local.get $n) (i32.const 1)) {})))",
        "(i64.const 0)".repeat(10)
    );
    let function = format!(
        "(func $f (param $n i32) (param {}) {body})",
        "i64 ".repeat(10)
    );
    let entry = |count: u32| {
        // The entry point passes them too: 11 values, 15 words, and so 21,985 left.
        // 21,985 - 15 (n - 1) > 15: n <= 1,465.
        Program::new(format!(
            "(call $f (i32.const {count}) {}) (i32.const 0)",
            "(i64.const 0)".repeat(10)
        ))
        .items(&function)
    };
    let mut scene = Scene::new();
    let program = scene.program(&entry(1_464));
    assert_eq!(scene.call(program, []).status, Status::Success);
    let program = scene.program(&entry(1_465));
    assert_eq!(
        scene.call(program, []).status,
        Status::Halt("out of stack".into())
    );
}

#[test]
fn values_on_the_stack_count() {
    // Eight values are there when the block behind the call begins, and its head needs two more: 14
    // words. 21,994 - 14 (n - 1) > 14: n <= 1,570; the next call would find 14 words and no more.
    let function = format!(
        "(func $f (param $n i32)
            (if (local.get $n) (then
                {} (call $f (i32.sub (local.get $n) (i32.const 1))) {})))",
        "(i32.const 0)".repeat(8),
        "(drop)".repeat(8)
    );
    deepest(&function, 1_569);
}

#[test]
fn results_of_blocks_count_although_they_are_not_there_yet() {
    // The result of the outer block counts from its start, then that of the inner one, and two for
    // the head of the block behind the call: 8 words. 21,994 - 8 (n - 1) > 8: n <= 2,749.
    let function = "(func $f (param $n i32)
        (drop (block (result i32)
            (drop (block (result i32)
                (if (local.get $n)
                    (then (call $f (i32.sub (local.get $n) (i32.const 1)))))
                (i32.const 0)))
            (i32.const 0))))";
    deepest(function, 2_748);
}

#[test]
fn a_return_in_the_middle_gives_words_back() {
    // 20,000 calls one after the other, each of which leaves by `return`: far more than would fit
    // into one another.
    let function = "(func $g (param i32) (return) (unreachable))
        (func $f (param $n i32)
            (loop $again
                (call $g (i32.const 0))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))";
    let mut scene = Scene::new();
    let program = scene.program(&recursive(function));
    let outcome = scene.call(program, 20_000u32.to_le_bytes());
    assert_eq!(outcome.status, Status::Success);
}

#[test]
fn each_program_has_a_stack_of_its_own() {
    // As deep as it goes, and from there a call of itself that goes as deep.
    let program = Program::new(
        "(call $read_args (i32.const 0))
         (call $f (i32.const 3660))
         (if (i32.gt_u (local.get $len) (i32.const 0)) (then (nop)))
         (i32.const 0)",
    )
    .items(
        "(func $f (param $n i32)
            (if (local.get $n)
                (then (call $f (i32.sub (local.get $n) (i32.const 1))))
                (else (call $onwards))))
         (func $onwards
            (if (i32.load8_u (i32.const 19)) (then
                (if (call $call_contract (i32.const 0) (i32.const 20) (i32.const 0) (i32.const 64)
                        (i64.const -1) (i32.const 96))
                    (then (unreachable))))))",
    );
    let mut scene = Scene::new();
    let program = scene.program(&program);
    let outcome = scene.call(program, program.to_vec());
    assert_eq!(outcome.status, Status::Success, "{:?}", outcome.frames);
    assert_eq!(outcome.frames.len(), 2);
}

#[test]
fn the_caller_goes_on_without_the_gas_it_gave() {
    let mut scene = Scene::new();
    let function = "(func $f (param $n i32) (call $f (local.get $n)))";
    let bottomless = scene.program(&recursive(function));
    let caller = scene.program(&Program::new(
        "(call $read_args (i32.const 0))
         (i32.store8 (i32.const 128)
            (call $call_contract (i32.const 0) (i32.const 20) (i32.const 0) (i32.const 64)
                (i64.const 1000000) (i32.const 96)))
         (i32.store (i32.const 129) (call $return_data_size))
         (call $write_result (i32.const 128) (i32.const 5))
         (i32.const 0)",
    ));
    let message = scene.message(caller, Bytes::from(bottomless.to_vec()));
    let outcome = scene.run(&Message {
        gas_limit: 3_000_000,
        ..message
    });
    assert_eq!(outcome.status, Status::Success);
    // The call failed, which is 2, and returned no data.
    assert_eq!(outcome.output, vec![2, 0, 0, 0, 0]);
    let [_, inner] = outcome.frames.as_slice() else {
        panic!("{:?}", outcome.frames)
    };
    assert_eq!((inner.gas_limit, inner.gas_used), (1_000_000, 1_000_000));
    assert_eq!(inner.error.as_deref(), Some("out of stack"));
}
