//! What goes into a program and what comes out.

use crate::{
    price::*,
    program::{nops, Program},
    scene::{frame, Scene},
};
use devnode::exec::Status;

#[test]
fn read_args_costs_the_base_and_a_write_of_the_calldata() {
    let mut scene = Scene::new();
    let program = scene.program(&Program::probe("(call $read_args (i32.const 64))"));
    for length in [0u64, 1, 32, 33, 100, 1_000] {
        let data: Vec<u8> = (0..length).map(|index| index as u8 | 1).collect();
        let message = scene.message(program, data.clone());
        let reading = scene.probe_with(&message);
        assert_eq!(reading.ink, calling(1) + BASE + write(length), "{length}");
        assert_eq!(reading.bytes(64, data.len()), data, "{length}");
        assert_eq!(reading.bytes(64 + data.len(), 1), [0], "{length}");
    }
}

#[test]
fn write_result_costs_the_base_and_two_reads_of_the_data() {
    for length in [0, 1, 32, 33, 1_000, 60_000] {
        let code = format!("(call $write_result (i32.const 64) (i32.const {length}))");
        let reading = Scene::new().probe(&Program::probe(code));
        assert_eq!(
            reading.ink,
            calling(2) + BASE + 2 * read(length),
            "{length}"
        );
    }
}

#[test]
fn the_last_result_counts_and_writing_one_does_not_end_the_program() {
    let mut scene = Scene::new();
    for (last, expected) in [(2, vec![0xbb, 0xcc]), (0, vec![])] {
        let program = scene.program(
            &Program::new(format!(
                "(call $write_result (i32.const 0) (i32.const 3))
                 (call $write_result (i32.const 1) (i32.const {last}))
                 (i32.store8 (i32.const 1) (i32.const 0xff))
                 (i32.const 0)"
            ))
            .data(0, [0xaa, 0xbb, 0xcc]),
        );
        assert_eq!(scene.ok(program, []), expected);
    }
}

#[test]
fn exit_early_costs_nothing_but_the_call() {
    // The head of the only block that runs, a constant, the call, and as many `nop` as make a gas.
    let fill = GAS - HEAD - ONE - CALL_OP;
    for (nop, gas) in [(fill, 1), (fill + 1, 2)] {
        let body = format!("{}(call $exit_early (i32.const 0)) unreachable", nops(nop));
        let program = Program::new(body);
        let mut scene = Scene::new();
        let address = scene.program(&program);
        scene.ok(address, []);
        let outcome = scene.call(address, []);
        assert_eq!(outcome.status, Status::Success);
        assert_eq!(frame(&outcome, 0).gas_used, program.start() + gas, "{nop}");
    }
}

#[test]
fn exit_early_ends_the_program_from_any_depth_with_the_result_written() {
    for status in [0, 1, 2, 7, 256, -1] {
        let expected = match status {
            0 => Status::Success,
            _ => Status::Revert,
        };
        let program = Program::new("(call $deep) unreachable")
            .items(&format!(
                "(func $deep
                    (call $write_result (i32.const 0) (i32.const 2))
                    (call $exit_early (i32.const {status}))
                    (call $write_result (i32.const 0) (i32.const 0)))"
            ))
            .data(0, [1, 2]);
        let mut scene = Scene::new();
        let address = scene.program(&program);
        let outcome = scene.call(address, []);
        assert_eq!(outcome.status, expected, "{status}");
        assert_eq!(outcome.output, vec![1, 2], "{status}");
    }
}
