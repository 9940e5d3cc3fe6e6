//! The buffer of what the last call returned.

use crate::{
    evm::{answers, asm, refuses},
    price::*,
    program::{word, Program},
    scene::{Reading, Scene},
};
use alloy::primitives::{Address, Bytes};

fn call(to: u32) -> String {
    format!(
        "(drop (call $call_contract (i32.const {to}) (i32.const 0) (i32.const 0) (i32.const 160)
            (i64.const 100000) (i32.const 252)))"
    )
}

const SIZE: &str = "(i32.store (i32.const 256) (call $return_data_size))";
const SIZE_INK: u64 = 1 + CALL + BASE + 825;

fn probe(scene: &mut Scene, code: &str, setup: &str, callees: &[Address]) -> Reading {
    let mut probe = Program::probe(code).setup(setup);
    for (at, callee) in (64..).step_by(32).zip(callees) {
        probe = probe.data(at, callee);
    }
    scene.probe(&probe)
}

/// EVM code that returns the bytes 1, 2, 3 ... up to `length`, of which there are at most 200.
fn counts(length: u8) -> Bytes {
    // The bytes stand behind the code.
    let mut code = asm(&format!("{length} DUP1 12 0"));
    code.extend([0x39, 0x5f, 0xf3]); // CODECOPY, PUSH0, RETURN
    let at = u8::try_from(code.len()).unwrap();
    code[4] = at;
    code.extend(1..=length);
    code.into()
}

#[test]
fn read_return_data_costs_the_base_and_a_write_of_what_is_there() {
    // Offset, size asked for, bytes written; 100 are there.
    let cases = [
        (0u32, 100u32, 100u64),
        (0, 10, 10),
        (0, 32, 32),
        (0, 33, 33),
        (60, 40, 40),
        (60, 41, 40),
        (99, u32::MAX, 1),
        (100, 1, 0),
        (101, 1, 0),
        (u32::MAX, u32::MAX, 0),
        (0, 0, 0),
        (50, 0, 0),
    ];
    for (offset, size, written) in cases {
        let mut scene = Scene::new();
        let callee = scene.evm(counts(100));
        let (offset_, size_) = (offset as i32, size as i32);
        let code = format!(
            "(i32.store (i32.const 256) (call $read_return_data (i32.const 512)
                (i32.const {offset_}) (i32.const {size_})))"
        );
        let reading = probe(&mut scene, &code, &call(64), &[callee]);
        let case = format!("{offset} {size}");
        assert_eq!(
            reading.ink,
            calling(4) + API_ONLY + write(written) + 825,
            "{case}"
        );
        assert_eq!(u64::from(reading.i32(256)), written, "{case}");
        let expected: Vec<u8> = (1..=100)
            .skip(offset as usize)
            .take(size as usize)
            .collect();
        assert_eq!(reading.bytes(512, expected.len()), expected, "{case}");
        assert_eq!(reading.bytes(512 + expected.len(), 1), [0], "{case}");
    }
}

#[test]
fn before_any_call_there_is_nothing_to_read() {
    let code = "(i32.store (i32.const 256) (call $read_return_data (i32.const 512) (i32.const 0) (i32.const 9)))";
    let reading = probe(&mut Scene::new(), code, "", &[]);
    assert_eq!(reading.ink, calling(4) + API_ONLY + write(0) + 825);
    assert_eq!(reading.i32(256), 0);
    // Nothing is written, so it does not matter where.
    let code = "(drop (call $read_return_data (i32.const -1) (i32.const 0) (i32.const 9)))";
    assert_eq!(
        probe(&mut Scene::new(), code, "", &[]).ink,
        calling(3) + API_ONLY + write(0) + DROP
    );
}

#[test]
fn the_buffer_holds_what_the_last_call_returned() {
    let mut scene = Scene::new();
    let returns = scene.evm(counts(100));
    let reverts = scene.evm(refuses(3));
    let fails = scene.evm(asm("INVALID"));
    let stops = scene.evm(asm("STOP"));
    let callees = [returns, reverts, fails, stops];
    let (returns, reverts, fails, stops) = (call(64), call(96), call(128), call(160 + 32));
    // The fourth address stands at 160, where the value is read: at 192 instead.
    let mut run = |setup: &str| {
        let probe = Program::probe(SIZE)
            .setup(setup)
            .data(64, callees[0])
            .data(96, callees[1])
            .data(128, callees[2])
            .data(192, callees[3]);
        let reading = scene.probe(&probe);
        assert_eq!(reading.ink, SIZE_INK);
        (reading.i32(256), reading.i32(252))
    };
    assert_eq!(run(&returns), (100, 100));
    assert_eq!(run(&format!("{returns}{reverts}")), (32, 32));
    assert_eq!(run(&format!("{returns}{fails}")), (0, 0));
    assert_eq!(run(&format!("{returns}{stops}")), (0, 0));
    assert_eq!(run(&format!("{stops}{returns}")), (100, 100));
    // What was read or written since does not matter.
    let other = "(call $storage_load_bytes32 (i32.const 64) (i32.const 300))
        (call $msg_sender (i32.const 300)) (drop (call $account_code_size (i32.const 64)))";
    assert_eq!(run(&format!("{returns}{other}")), (100, 100));
}

#[test]
fn a_failed_attempt_and_a_creation_empty_the_buffer() {
    let mut scene = Scene::new();
    let callee = scene.evm(answers(1));
    // The program has nothing to send.
    let poor = "(i32.store8 (i32.const 191) (i32.const 1))";
    let setup = format!("{0} {poor} {0}", call(64));
    assert_eq!(probe(&mut scene, SIZE, &setup, &[callee]).i32(256), 0);
    // One zero byte is init code that stops.
    let create = "(call $create1 (i32.const 900) (i32.const 1) (i32.const 960) (i32.const 1000) (i32.const 1024))";
    let setup = format!("{} {create}", call(64));
    assert_eq!(probe(&mut scene, SIZE, &setup, &[callee]).i32(256), 0);
}

#[test]
fn it_is_the_callees_result_not_the_programs_own() {
    let mut scene = Scene::new();
    let callee = scene.evm(answers(7));
    let setup = format!(
        "{} (call $write_result (i32.const 0) (i32.const 3))",
        call(64)
    );
    let code = "(drop (call $read_return_data (i32.const 512) (i32.const 0) (i32.const 32)))";
    let reading = probe(&mut scene, code, &setup, &[callee]);
    assert_eq!(reading.bytes(512, 32), word(7));
}
