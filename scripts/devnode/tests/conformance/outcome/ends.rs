//! Every end, seen from a transaction, from EVM code and from another program.

use crate::{
    evm::asm,
    price::*,
    program::Program,
    scene::{frame, Scene},
};
use alloy::primitives::{Address, U256};
use devnode::exec::{Message, Status};

/// What an end leaves of the gas.
#[derive(Clone, Copy)]
enum Gas {
    /// All but the start and this ink.
    Ink(u64),
    /// None.
    Gone,
}

struct End {
    name: &'static str,
    program: Program,
    succeeds: bool,
    data: Vec<u8>,
    gas: Gas,
}

/// Gas of the frame, unless the whole transaction is the program's.
const GIVEN: u64 = 200_000;
/// What [`WRITE`] leaves as the result.
const RESULT: [u8; 4] = [4, 3, 2, 1];
const WRITE: &str = "(i32.store (i32.const 0) (i32.const 0x01020304))
    (call $write_result (i32.const 0) (i32.const 4))";

fn end(name: &'static str, body: &str, succeeds: bool, data: &[u8], gas: Gas) -> End {
    End {
        name,
        program: Program::new(body),
        succeeds,
        data: data.to_vec(),
        gas,
    }
}

/// Programs that are active, and end by themselves.
fn ends() -> Vec<End> {
    use Gas::{Gone, Ink};
    // Up to and with the call of `write_result`, and the head of what follows.
    let wrote = HEAD + 2 * ONE + 825 + calling(2) + BASE + 2 * read(4);
    let with = |last: &str| format!("{WRITE} {last}");
    // A constant and the end.
    let last = 2 * ONE;
    // A call from the first block.
    let first = |constants: u64| HEAD + constants * ONE + CALL_OP;
    let mut all = vec![
        end(
            "returns",
            &with("(i32.const 0)"),
            true,
            &RESULT,
            Ink(wrote + last),
        ),
        end(
            "returns nothing",
            "(i32.const 0)",
            true,
            &[],
            Ink(HEAD + last),
        ),
        end(
            "reverts",
            &with("(i32.const 1)"),
            false,
            &RESULT,
            Ink(wrote + last),
        ),
        end(
            "reverts with 2",
            &with("(i32.const 2)"),
            false,
            &RESULT,
            Ink(wrote + last),
        ),
        end(
            "reverts with -1",
            &with("(i32.const -1)"),
            false,
            &RESULT,
            Ink(wrote + last),
        ),
        end(
            "reverts with nothing",
            "(i32.const 1)",
            false,
            &[],
            Ink(HEAD + last),
        ),
        // A result written before does not come back.
        end("traps", &with("unreachable"), false, &[], Ink(wrote + last)),
        end(
            "divides by zero",
            "(i32.div_u (i32.const 1) (i32.const 0))",
            false,
            &[],
            Ink(HEAD + 2 * ONE + 1_120 + ONE),
        ),
        end(
            "reads out of bounds",
            "(i32.load (i32.const 65533))",
            false,
            &[],
            Ink(HEAD + ONE + 670 + ONE),
        ),
        end(
            "gives a bad pointer",
            &with("(call $msg_sender (i32.const 65517)) (i32.const 0)"),
            false,
            &[],
            Ink(wrote + ONE + CALL_OP + ONE_PTR),
        ),
        end(
            "logs bad topics",
            "(call $emit_log (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)",
            false,
            &[],
            Ink(first(3) + API_ONLY),
        ),
        end(
            "runs out of ink",
            &with("(loop $for_ever (br $for_ever)) unreachable"),
            false,
            &[],
            Gone,
        ),
        end(
            "runs out of ink in a host function",
            &with(
                "(call $native_keccak256 (i32.const 0) (i32.const -1) (i32.const 0)) (i32.const 0)",
            ),
            false,
            &[],
            Gone,
        ),
        end(
            "grows too large",
            "(call $pay_for_memory_grow (i32.const 128)) (i32.const 0)",
            false,
            &[],
            Gone,
        ),
    ];
    for (name, status, succeeds) in [
        ("exits with 0", 0, true),
        ("exits with 1", 1, false),
        ("exits with -1", -1, false),
    ] {
        let exit = format!("(call $exit_early (i32.const {status})) unreachable");
        let data = RESULT.as_slice();
        all.push(end(
            name,
            &with(&exit),
            succeeds,
            data,
            Ink(wrote + ONE + CALL_OP),
        ));
    }
    for (name, status, succeeds) in [
        ("exits with 0 and nothing", 0, true),
        ("exits with 1 and nothing", 1, false),
    ] {
        let exit = format!("(call $exit_early (i32.const {status})) unreachable");
        all.push(end(name, &exit, succeeds, &[], Ink(first(1))));
    }
    let recursion = end(
        "runs out of stack",
        &with("(call $deep) unreachable"),
        false,
        &[],
        Gone,
    );
    all.push(End {
        program: recursion.program.items("(func $deep (call $deep))"),
        ..recursion
    });
    all
}

impl End {
    /// Puts the program on a chain, where it has run once in this block.
    fn scene(&self) -> (Scene, Address) {
        let mut scene = Scene::new();
        let program = scene.program(&self.program);
        scene.run(&Message {
            gas_limit: INTRINSIC + GIVEN,
            ..scene.message(program, [])
        });
        (scene, program)
    }

    /// Gas that the frame uses.
    fn used(&self) -> u64 {
        match self.gas {
            Gas::Ink(ink) => self.program.start() + gas(ink),
            Gas::Gone => GIVEN,
        }
    }
}

/// How a frame is entered that may be static.
fn opcode(is_static: bool) -> (&'static str, &'static str, u64) {
    // Opcode, the push of no value, gas of the pushes: 2 for a zero, 3 for any other.
    if is_static {
        ("STATICCALL", "", 4 * 2 + 3 + 3)
    } else {
        ("CALL", "0", 5 * 2 + 3 + 3)
    }
}

/// What EVM code sees that calls the program with [`GIVEN`] gas: success, return data, gas charged.
fn from_evm(scene: &mut Scene, program: Address, is_static: bool) -> (bool, Vec<u8>, u64) {
    let (opcode, value, pushes) = opcode(is_static);
    let caller = scene.evm(asm(&format!(
        "GAS 0 0 0 0 {value} {program} {GIVEN} {opcode} GAS
         32 MSTORE 0 MSTORE 64 MSTORE
         RETURNDATASIZE 0 96 RETURNDATACOPY RETURNDATASIZE 96 ADD 0 RETURN"
    )));
    let output = scene.ok(caller, []);
    let word = |at: usize| U256::from_be_slice(&output[at..at + 32]);
    let charged = (word(64) - word(32)).to::<u64>();
    // The second `GAS` is 2 itself; the account is cold.
    (
        word(0) == U256::from(1),
        output[96..].to_vec(),
        charged - pushes - 2 - COLD_ACCOUNT,
    )
}

/// The same for another program.
fn from_program(scene: &mut Scene, program: Address, is_static: bool) -> (u32, Vec<u8>, u64) {
    let (name, value, constants) = if is_static {
        ("static_call_contract", "", 5)
    } else {
        ("call_contract", "(i32.const 128)", 6)
    };
    let probe = Program::probe(format!(
        "(i32.store (i32.const 256) (call ${name} (i32.const 64) (i32.const 0) (i32.const 0) {value}
            (i64.const {GIVEN}) (i32.const 260)))"
    ))
    .data(64, program);
    let reading = scene.probe(&probe);
    let ink = calling(constants + 1) + API_THREE + 2 * read(0) + 825;
    let gas = (reading.ink - ink) / GAS;
    assert_eq!(reading.ink, ink + gas * GAS);
    // The data itself, by a second program.
    let reader = Program::new(format!(
        "(drop (call ${name} (i32.const 64) (i32.const 0) (i32.const 0) {value}
            (i64.const {GIVEN}) (i32.const 260)))
         (call $write_result (i32.const 512)
            (call $read_return_data (i32.const 512) (i32.const 0) (i32.const -1)))
         (i32.const 0)"
    ))
    .data(64, program);
    let reader = scene.program(&reader);
    let data = scene.ok(reader, []).to_vec();
    assert_eq!(data.len(), reading.i32(260) as usize);
    (reading.i32(256), data, gas - COLD_ACCOUNT)
}

#[test]
fn a_transaction_sees_the_status_the_data_and_the_gas() {
    for end in ends() {
        let (mut scene, program) = end.scene();
        let outcome = scene.run(&Message {
            gas_limit: INTRINSIC + GIVEN,
            ..scene.message(program, [])
        });
        let name = end.name;
        match (end.succeeds, end.gas) {
            (true, _) => assert_eq!(outcome.status, Status::Success, "{name}"),
            (false, Gas::Ink(_)) => assert_eq!(outcome.status, Status::Revert, "{name}"),
            (false, Gas::Gone) => {
                assert!(matches!(outcome.status, Status::Halt(_)), "{name}");
            }
        }
        assert_eq!(outcome.output, end.data, "{name}");
        assert_eq!(outcome.gas_used, INTRINSIC + end.used(), "{name}");
        assert_eq!(frame(&outcome, 0).gas_used, end.used(), "{name}");
    }
}

#[test]
fn evm_code_sees_the_status_the_data_and_the_gas() {
    for end in ends() {
        let (mut scene, program) = end.scene();
        let (succeeded, data, gas) = from_evm(&mut scene, program, false);
        assert_eq!(succeeded, end.succeeds, "{}", end.name);
        assert_eq!(data, end.data, "{}", end.name);
        assert_eq!(gas, end.used(), "{}", end.name);
    }
}

#[test]
fn a_program_sees_the_status_the_data_and_the_gas() {
    for end in ends() {
        let (mut scene, program) = end.scene();
        let (status, data, gas) = from_program(&mut scene, program, false);
        assert_eq!(status, if end.succeeds { 0 } else { 2 }, "{}", end.name);
        assert_eq!(data, end.data, "{}", end.name);
        assert_eq!(gas, end.used(), "{}", end.name);
    }
}

#[test]
fn a_static_violation_keeps_the_gas_and_returns_nothing() {
    let ink = HEAD
        + 2 * ONE
        + 825
        + calling(2)
        + BASE
        + 2 * read(4)
        + 3 * ONE
        + CALL_OP
        + API_ONLY
        + read(0)
        + 375 * GAS;
    let body =
        format!("{WRITE} (call $emit_log (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)");
    let end = end("logs", &body, true, &[], Gas::Ink(ink));
    let (mut scene, program) = end.scene();
    assert_eq!(
        from_evm(&mut scene, program, true),
        (false, vec![], end.used())
    );
    assert_eq!(
        from_program(&mut scene, program, true),
        (2, vec![], end.used())
    );
    // Not static, it is none.
    assert!(from_evm(&mut scene, program, false).0);
}

/// A program that would return if it ran.
fn idle() -> End {
    end(
        "idle",
        &format!("{WRITE} (i32.const 0)"),
        true,
        &RESULT,
        Gas::Gone,
    )
}

/// Not run at all: all gas, no data.
fn refused(scene: &mut Scene, program: Address, reason: &str) {
    assert_eq!(from_evm(scene, program, false), (false, vec![], GIVEN));
    assert_eq!(from_evm(scene, program, true), (false, vec![], GIVEN));
    assert_eq!(from_program(scene, program, false), (2, vec![], GIVEN));
    let outcome = scene.run(&Message {
        gas_limit: INTRINSIC + GIVEN,
        ..scene.message(program, [])
    });
    let Status::Halt(why) = outcome.status else {
        panic!("{:?}", outcome.status);
    };
    assert!(why.contains(reason), "{why}");
    assert!(outcome.output.is_empty());
    assert_eq!(outcome.gas_used, INTRINSIC + GIVEN);
}

#[test]
fn a_program_that_is_not_active_takes_all_gas() {
    let mut scene = Scene::new();
    let code = crate::scene::compress(&idle().program.wasm());
    let program = scene.deploy(&code);
    refused(&mut scene, program, "ProgramNotActivated");
    assert!(scene.activate(program).is_success());
    assert!(from_evm(&mut scene, program, false).0);
}

#[test]
fn a_program_that_expired_takes_all_gas() {
    let (mut scene, program) = idle().scene();
    // Activation is kept to the hour, so that it may last up to an hour less than 365 days.
    scene.block.timestamp += 364 * 86_400;
    scene.block.l2_number += 1;
    assert!(scene.call(program, []).is_success());
    scene.block.timestamp += 86_400 + 3_600;
    refused(&mut scene, program, "ProgramExpired");
}
