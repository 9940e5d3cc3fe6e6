//! Calls: what they cost, what they hand over, and what the caller sees.

use crate::{
    evm::{answers, asm, burns, refuses, tells_gas, ANSWER_GAS, TELLS_GAS},
    price::*,
    program::{nops, word, Program},
    scene::{calldata_gas, Reading, Scene},
};
use alloy::primitives::{address, Address, U256};
use devnode::exec::{Message, Status};

const NOBODY: Address = address!("000000000000000000000000000000000000dead");

/// Where the probe puts the status, and the length of what came back.
const STATUS: usize = 256;
const LENGTH: usize = 260;

/// How to call, with the constants that it takes.
#[derive(Clone, Copy)]
enum Kind {
    Call,
    Delegate,
    Static,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Call, Self::Delegate, Self::Static];

    /// Calls the address at 64 with `len` bytes from 1,024 and the value at 96; keeps the status.
    fn code(self, len: u32, gas: i64) -> String {
        let (name, value) = match self {
            Self::Call => ("call_contract", "(i32.const 96)"),
            Self::Delegate => ("delegate_call_contract", ""),
            Self::Static => ("static_call_contract", ""),
        };
        format!(
            "(i32.store (i32.const {STATUS}) (call ${name} (i32.const 64) (i32.const 1024)
                (i32.const {len}) {value} (i64.const {gas}) (i32.const {LENGTH})))"
        )
    }

    /// Ink of it without gas: the address of the status, the arguments, the host function, two copies
    /// of the calldata, and `i32.store`.
    fn ink(self, len: u64) -> u64 {
        let arguments = match self {
            Self::Call => 6,
            Self::Delegate | Self::Static => 5,
        };
        calling(1 + arguments) + API_THREE + 2 * read(len) + 825
    }
}

fn probe(code: impl Into<String>, to: Address, value: u64) -> Program {
    Program::probe(code)
        .data(64, to)
        .data(96, word(value))
        .data(LENGTH as u32, [0xff; 4])
}

fn call(scene: &mut Scene, kind: Kind, len: u32, gas: i64, to: Address) -> Reading {
    scene.probe(&probe(kind.code(len, gas), to, 0))
}

#[test]
fn a_call_of_an_account_without_code_costs_the_access_and_two_copies_of_its_data() {
    for kind in Kind::ALL {
        for len in [0, 1, 32, 33, 500] {
            let reading = call(&mut Scene::new(), kind, len, -1, NOBODY);
            assert_eq!(reading.ink, kind.ink(len.into()) + COLD_ACCOUNT * GAS);
            assert_eq!((reading.i32(STATUS), reading.i32(LENGTH)), (0, 0));
        }
        let warm = probe(kind.code(0, -1), NOBODY, 0).setup(&kind.code(0, -1));
        assert_eq!(Scene::new().probe(&warm).ink, kind.ink(0) + WARM * GAS);
    }
}

#[test]
fn a_call_costs_what_the_callee_uses() {
    for kind in Kind::ALL {
        let mut scene = Scene::new();
        let callee = scene.evm(burns(1_234));
        let reading = call(&mut scene, kind, 0, -1, callee);
        assert_eq!(reading.ink, kind.ink(0) + (COLD_ACCOUNT + 1_234) * GAS);
        assert_eq!((reading.i32(STATUS), reading.i32(LENGTH)), (0, 0));
    }
}

#[test]
fn what_returns_has_status_zero_and_what_fails_status_two() {
    for kind in Kind::ALL {
        let mut scene = Scene::new();
        // Code, gas asked for, status, bytes back, gas used.
        let cases = [
            (answers(1), 50_000, 0, 32, ANSWER_GAS),
            (refuses(1), 50_000, 2, 32, ANSWER_GAS),
            (asm("0 0 REVERT"), 50_000, 2, 0, 4),
            (asm("INVALID"), 50_000, 2, 0, 50_000),
            (burns(100), 99, 2, 0, 99),
            (burns(100), 100, 0, 0, 100),
        ];
        for (code, gas, status, length, used) in cases {
            let callee = scene.evm(code.clone());
            let reading = call(&mut scene, kind, 0, gas, callee);
            assert_eq!(
                (reading.i32(STATUS), reading.i32(LENGTH)),
                (status, length),
                "{code:02x?}"
            );
            assert_eq!(reading.ink, kind.ink(0) + (COLD_ACCOUNT + used) * GAS);
        }
    }
}

#[test]
fn a_callee_gets_what_is_asked_for_but_never_the_last_64th() {
    for kind in Kind::ALL {
        for asked in [40_000, -1] {
            let mut scene = Scene::new();
            let callee = scene.evm(tells_gas());
            let code = format!(
                "{}
                 (drop (call $read_return_data (i32.const 512) (i32.const 0) (i32.const 32)))
                 (i64.store (i32.const 544) (local.get $before))",
                kind.code(0, asked)
            );
            let reading = scene.probe(&probe(code, callee, 0));
            // What is left once the call's own ink is paid: `local.set`, and all but `i32.store`.
            let ink = reading.i64(544) - LOCAL_SET - (kind.ink(0) - 825);
            let left = ink / GAS - COLD_ACCOUNT;
            let given = match u64::try_from(asked) {
                Ok(asked) => asked,
                Err(_) => left * 63 / 64,
            };
            // `GAS` costs two.
            assert_eq!(reading.word(512), U256::from(given - 2));
        }
    }
}

#[test]
fn sending_value_costs_and_the_stipend_comes_on_top() {
    let mut scene = Scene::new();
    let callee = scene.evm(tells_gas());
    let kind = Kind::Call;
    let code = format!(
        "{}
         (drop (call $read_return_data (i32.const 512) (i32.const 0) (i32.const 32)))",
        kind.code(0, 0)
    );
    let program = scene.program(&probe(code, callee, 3));
    let message = Message {
        value: U256::from(10),
        ..scene.message(program, [])
    };
    let reading = scene.probe_with(&message);
    assert_eq!(reading.word(512), U256::from(2_300 - 2));
    // The caller pays for what the callee uses of the stipend, unlike the EVM's.
    let back = calling(3) + API_ONLY + write(32) + DROP;
    let gas = COLD_ACCOUNT + 9_000 + TELLS_GAS;
    assert_eq!(reading.ink, kind.ink(0) + gas * GAS + back);
    assert_eq!(scene.state.balance(callee), U256::from(3));
    assert_eq!(scene.state.balance(program), U256::from(7));
}

#[test]
fn sending_value_to_an_account_that_is_not_there_makes_it() {
    let kind = Kind::Call;
    let mut scene = Scene::new();
    let program = scene.program(&probe(kind.code(0, -1), NOBODY, 3));
    let message = Message {
        value: U256::from(10),
        ..scene.message(program, [])
    };
    let reading = scene.probe_with(&message);
    let gas = COLD_ACCOUNT + 9_000 + 25_000;
    assert_eq!(reading.ink, kind.ink(0) + gas * GAS);
    // Now it is there.
    let reading = scene.probe_with(&message);
    let gas = COLD_ACCOUNT + 9_000;
    assert_eq!(reading.ink, kind.ink(0) + gas * GAS);
    assert_eq!(scene.state.balance(NOBODY), U256::from(6));
}

#[test]
fn value_that_is_not_there_fails_the_call_at_the_price_of_the_attempt() {
    let kind = Kind::Call;
    let mut scene = Scene::new();
    let callee = scene.evm(answers(1));
    let reading = scene.probe(&probe(kind.code(0, -1), callee, 3));
    assert_eq!((reading.i32(STATUS), reading.i32(LENGTH)), (2, 0));
    let gas = COLD_ACCOUNT + 9_000;
    assert_eq!(reading.ink, kind.ink(0) + gas * GAS);
}

#[test]
fn value_in_a_static_frame_fails_the_call_and_costs_no_gas() {
    // Inside a static frame the probe calls with value, then without.
    let kind = Kind::Call;
    let mut scene = Scene::new();
    let callee = scene.evm(answers(1));
    let program = scene.program(&probe(kind.code(0, -1), callee, 3));
    let caller = scene.evm(asm(&format!(
        "4096 0 0 0 {program} GAS STATICCALL POP 4096 0 RETURN"
    )));
    scene.state.set_balance(program, U256::from(10));
    let message = scene.message(caller, []);
    let reading = scene.probe_with(&message);
    assert_eq!((reading.i32(STATUS), reading.i32(LENGTH)), (2, 0));
    assert_eq!(reading.ink, kind.ink(0));
    // Nor was the account looked at: it is cold afterwards.
    let code = format!(
        "(i32.store8 (i32.const 127) (i32.const 0)) {}",
        kind.code(0, -1)
    );
    let program = scene.program(&probe(code, callee, 3).setup(&kind.code(0, -1)));
    let caller = scene.evm(asm(&format!(
        "4096 0 0 0 {program} GAS STATICCALL POP 4096 0 RETURN"
    )));
    scene.state.set_balance(program, U256::from(10));
    let message = scene.message(caller, []);
    let reading = scene.probe_with(&message);
    assert_eq!(reading.i32(STATUS), 0);
    let gas = COLD_ACCOUNT + ANSWER_GAS;
    assert_eq!(reading.ink, 2 * ONE + 825 + kind.ink(0) + gas * GAS);
}

/// A program that calls the account in its calldata with all its gas and succeeds if the call fails,
/// and gas for it of which so much is left when the call begins; the rest of a gas is enough to end.
fn attempt(left: u64) -> (Program, u64) {
    // Up to the call the arguments are read and the call is paid for; then the status is compared.
    let before = HEAD + calling(1) + BASE + write(64) + calling(6) - HEAD + API_THREE + 2 * read(0);
    let rest = HEAD + 2 * ONE + 170;
    let fill = (before + rest).next_multiple_of(GAS) - before - rest;
    let program = Program::new(
        "(call $read_args (i32.const 64))
         (i32.ne (i32.const 2) (call $call_contract (i32.const 64) (i32.const 0) (i32.const 0)
            (i32.const 96) (i64.const -1) (i32.const 260)))",
    )
    .setup(&nops(fill));
    let gas = program.start() + (before + rest + fill) / GAS + left;
    (program, gas)
}

#[test]
fn a_call_that_cannot_pay_for_itself_takes_all_gas_and_fails() {
    for (value, price) in [(0, COLD_ACCOUNT), (1, COLD_ACCOUNT + 9_000 + 25_000)] {
        let mut data = NOBODY.to_vec();
        data.resize(63, 0);
        data.push(value);
        for (left, fails) in [(0, true), (99, true), (price - 1, true), (price, false)] {
            let (program, gas) = attempt(left);
            let mut scene = Scene::new();
            let address = scene.program(&program);
            scene.state.set_balance(address, U256::from(10));
            let message = scene.message(address, data.clone());
            // Once for the program to be recent, without paying.
            scene.call(address, [0; 64]);
            let outcome = scene.run(&Message {
                gas_limit: INTRINSIC + calldata_gas(&data) + gas,
                ..message
            });
            assert_eq!(outcome.is_success(), fails, "{value} {left}");
            let used = INTRINSIC + calldata_gas(&data) + gas;
            assert_eq!(outcome.gas_used, used, "{value} {left}");
        }
    }
}

#[test]
fn what_is_used_of_the_stipend_must_be_there_to_be_paid() {
    // All gas goes into the attempt; the callee lives on the stipend alone.
    for (burnt, expected) in [
        (0, Status::Revert),
        (100, Status::Halt("OutOfGas(Basic)".into())),
    ] {
        let (program, gas) = attempt(COLD_ACCOUNT + 9_000);
        let mut scene = Scene::new();
        let mut code = burns(burnt);
        code.push(0);
        let callee = scene.evm(code);
        let mut data = callee.to_vec();
        data.resize(63, 0);
        data.push(1);
        let address = scene.program(&program);
        scene.state.set_balance(address, U256::from(10));
        scene.call(address, [0; 64]);
        let outcome = scene.run(&Message {
            gas_limit: INTRINSIC + calldata_gas(&data) + gas,
            ..scene.message(address, data)
        });
        // It ran to its end either way; its status zero makes the program revert.
        assert_eq!(outcome.frames[1].error, None, "{burnt}");
        assert_eq!(outcome.frames[1].gas_used, burnt as u64, "{burnt}");
        assert_eq!(outcome.status, expected, "{burnt}");
    }
}

#[test]
fn an_attempt_warms_the_account_once_its_first_hundred_gas_are_paid() {
    for (left, cost) in [(99, COLD_ACCOUNT), (100, WARM)] {
        let (program, gas) = attempt(left);
        let mut scene = Scene::new();
        let address = scene.program(&program);
        scene.call(address, [0; 64]);
        // Gas of `BALANCE` after the attempt, which leaves nothing of its gas.
        let caller = scene.evm(asm(&format!(
            "0x{}000000000000000000000000 0 MSTORE
             0 0 64 0 0 {address} {gas} CALL ISZERO @failed JUMPI
             GAS {NOBODY} BALANCE POP GAS SWAP1 SUB 0 MSTORE 32 0 RETURN
             failed: 0 0 REVERT",
            hex::encode(NOBODY)
        )));
        // The push, `POP` and the second `GAS`.
        assert_eq!(scene.ok(caller, []), word(3 + cost + 2 + 2).to_vec());
    }
}

#[test]
fn a_delegate_call_acts_for_the_caller_and_sends_nothing() {
    let mut scene = Scene::new();
    // Stores the value under the caller.
    let library = scene.evm(asm("CALLVALUE CALLER SSTORE"));
    let program = scene.program(&probe(Kind::Delegate.code(0, -1), library, 0));
    let message = Message {
        value: U256::from(10),
        ..scene.message(program, [])
    };
    let reading = scene.probe_with(&message);
    assert_eq!(reading.i32(STATUS), 0);
    let slot = message.from.into_word().into();
    assert_eq!(scene.state.storage(program, slot), U256::from(10));
    assert_eq!(scene.state.storage(library, slot), U256::ZERO);
    assert_eq!(scene.state.balance(library), U256::ZERO);
}

#[test]
fn a_program_called_by_a_program_costs_its_start_and_its_ink_rounded_up() {
    let mut scene = Scene::new();
    let callee = Program::new("(i32.const 0)");
    assert!(callee.wasm().len() < 820);
    let callee = scene.program(&callee);
    for kind in Kind::ALL {
        let caller = probe(kind.code(0, -1), callee, 0).setup(&kind.code(0, -1));
        let reading = scene.probe(&caller);
        // The head, a constant, the end: 2,452 ink.
        let used = START + gas(HEAD + ONE + ONE);
        assert_eq!(reading.ink, kind.ink(0) + (WARM + used) * GAS);
    }
}

#[test]
fn refunds_of_a_callee_that_succeeds_reach_the_transaction() {
    let mut scene = Scene::new();
    // Clears its slot 1, then reverts or not.
    for (end, refund) in [("STOP", 4_800), ("0 0 REVERT", 0)] {
        let callee = scene.evm(asm(&format!("0 1 SSTORE {end}")));
        scene
            .state
            .set_storage(callee, U256::from(1), U256::from(1));
        let reading = call(&mut scene, Kind::Call, 0, -1, callee);
        assert_eq!(reading.outcome.gas_refunded, refund, "{end}");
    }
}
