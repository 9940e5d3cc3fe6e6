//! `msg_reentrant`: whether the acting address has more than one frame of its own code open.

use crate::{evm::asm, program::Program, scene::Scene};
use alloy::primitives::Address;

/// Passes on to the address in its calldata, if there is one, by call or, after a byte of one, by
/// delegate call, with the rest of the calldata. Returns a byte that tells whether it is entered again,
/// and then what came back.
fn relay() -> Program {
    Program::new(
        "(call $read_args (i32.const 64))
         (i32.store8 (i32.const 1024) (call $msg_reentrant))
         (if (local.get $len) (then
            (if (i32.load8_u (i32.const 64))
                (then (drop (call $delegate_call_contract (i32.const 65) (i32.const 85)
                    (i32.sub (local.get $len) (i32.const 21)) (i64.const -1) (i32.const 2048))))
                (else (drop (call $call_contract (i32.const 65) (i32.const 85)
                    (i32.sub (local.get $len) (i32.const 21)) (i32.const 3000) (i64.const -1)
                    (i32.const 2048)))))
            (drop (call $read_return_data (i32.const 1025) (i32.const 0) (call $return_data_size)))))
         (call $write_result (i32.const 1024) (i32.add (i32.const 1) (call $return_data_size)))
         (i32.const 0)",
    )
}

/// EVM code that passes its calldata on and returns what comes back.
fn forward(opcode: &str, to: Address) -> Vec<u8> {
    let value = if opcode == "CALL" { "0" } else { "" };
    asm(&format!(
        "CALLDATASIZE 0 0 CALLDATACOPY
         0 0 CALLDATASIZE 0 {value} {to} GAS {opcode} POP
         RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN"
    ))
}

/// Calldata that leads from one address to the next, by call (0) or by delegate call (1).
fn path(steps: &[(u8, Address)]) -> Vec<u8> {
    steps
        .iter()
        .flat_map(|(kind, to)| [&[*kind][..], to.as_slice()].concat())
        .collect()
}

#[test]
fn frames_of_the_acting_address_count_and_borrowed_code_does_not() {
    let mut scene = Scene::new();
    let first = scene.program(&relay());
    // The same but for a local that is never used.
    let second = scene.program(&relay().locals("(local $other i32)"));
    let evm = scene.evm(forward("CALL", first));
    let proxy = scene.evm(forward("DELEGATECALL", first));
    for (from, steps, expected) in [
        (first, vec![], vec![0]),
        (first, vec![(0, first)], vec![0, 1]),
        (first, vec![(0, second)], vec![0, 0]),
        (first, vec![(0, second), (0, first)], vec![0, 0, 1]),
        (first, vec![(0, first), (0, first)], vec![0, 1, 1]),
        // An EVM frame in between changes nothing.
        (first, vec![(0, evm)], vec![0, 1]),
        (evm, vec![(0, evm)], vec![0, 1]),
        // Borrowed code acts for the first frame.
        (first, vec![(1, first)], vec![0, 0]),
        (first, vec![(1, second), (0, first)], vec![0, 0, 1]),
        (first, vec![(1, second), (0, second)], vec![0, 0, 0]),
        // A proxy is its own address: its EVM frame counts, the program's does not.
        (proxy, vec![], vec![0]),
        (proxy, vec![(0, first)], vec![0, 0]),
        (proxy, vec![(0, proxy)], vec![0, 1]),
        (first, vec![(0, proxy)], vec![0, 0]),
        (first, vec![(0, proxy), (0, first)], vec![0, 0, 1]),
        // Within a frame entered again, what is borrowed is entered again as well.
        (first, vec![(0, first), (1, second)], vec![0, 1, 1]),
    ] {
        let output = scene.ok(from, path(&steps));
        assert_eq!(output, expected, "{from} {steps:?}");
    }
}

#[test]
fn a_frame_that_ended_does_not_count() {
    let mut scene = Scene::new();
    let program = scene.program(&relay());
    let twice = scene.evm(asm(&format!(
        "1 0 0 0 0 {program} GAS CALL POP
         1 1 0 0 0 {program} GAS CALL POP
         2 0 RETURN"
    )));
    assert_eq!(scene.ok(twice, []), vec![0, 0]);
}

#[test]
fn code_under_construction_counts() {
    let mut scene = Scene::new();
    let program = scene.program(&relay());
    // Init code that borrows the program, which calls nothing: one frame of the new address.
    let init = asm(&format!(
        "1 0 0 0 {program} GAS DELEGATECALL POP 1 0 RETURN"
    ));
    let outcome = scene.run(&devnode::exec::Message {
        from: crate::scene::ALICE,
        data: init.into(),
        gas_limit: crate::scene::GAS_LIMIT,
        ..Default::default()
    });
    assert_eq!(outcome.output, vec![0]);
}
