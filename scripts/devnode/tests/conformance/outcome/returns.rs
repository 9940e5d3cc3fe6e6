//! Return data costs at least what memory of its size costs in the EVM.

use crate::{
    price::*,
    program::Program,
    scene::{frame, Scene},
};
use devnode::exec::{Message, Status};

/// A page: 2,048 words at 3 gas, and their square by 512.
const PAGE: u64 = 3 * 2_048 + 2_048 * 2_048 / 512;

fn body(length: u64, status: u64) -> Program {
    Program::new(format!(
        "(call $write_result (i32.const 0) (i32.const {length})) (i32.const {status})"
    ))
}

fn ink(length: u64) -> u64 {
    HEAD + calling(2) + BASE + 2 * read(length) + 2 * ONE
}

#[test]
fn a_long_result_costs_its_memory_and_no_more() {
    for (status, expected) in [(0, Status::Success), (1, Status::Revert)] {
        let program = body(65_536, status);
        assert!(program.start() + gas(ink(65_536)) < PAGE);
        let mut scene = Scene::new();
        let address = scene.program(&program);
        for (given, expected) in [
            (PAGE, expected.clone()),
            (PAGE + 1_000, expected.clone()),
            (PAGE - 1, Status::Halt("OutOfGas(Basic)".into())),
        ] {
            scene.call(address, []);
            let outcome = scene.run(&Message {
                gas_limit: INTRINSIC + given,
                ..scene.message(address, [])
            });
            assert_eq!(outcome.status, expected, "{status} {given}");
            assert_eq!(
                frame(&outcome, 0).gas_used,
                PAGE.min(given),
                "{status} {given}"
            );
            let length = if given < PAGE { 0 } else { 65_536 };
            assert_eq!(outcome.output.len(), length, "{status} {given}");
        }
    }
}

#[test]
fn a_short_result_costs_its_ink() {
    for length in [0, 1, 32, 1_024] {
        let program = body(length, 0);
        let mut scene = Scene::new();
        let address = scene.program(&program);
        scene.call(address, []);
        let outcome = scene.call(address, []);
        let used = program.start() + gas(ink(length));
        assert_eq!(frame(&outcome, 0).gas_used, used, "{length}");
    }
}
