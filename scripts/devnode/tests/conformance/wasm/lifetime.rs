//! How long a program may run: 365 days from its activation unless it is kept alive, which may be done
//! after 31; and only while the chain's Stylus version is that of its activation. Time is counted from
//! the full hour before the activation.

use super::activation::nothing;
use crate::program::Program;
use crate::scene::{compress, frame, Scene, ALICE, GAS_LIMIT};
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use devnode::exec::{
    params::ParamsError,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    pricing::{Params, PARAMS},
    Message, Outcome, Status,
};

const DAY: u64 = 86_400;
/// The full hour before the second in which everything here is activated: 1,421,388,000 and 77,392
/// hours.
const ACTIVATED: u64 = 1_700_000_000 - 800;

fn ask(scene: &mut Scene, call: impl SolCall) -> Outcome {
    scene.call(ARB_WASM, call.abi_encode())
}

fn time_left(scene: &mut Scene, program: Address) -> u64 {
    let output = ask(scene, ArbWasm::programTimeLeftCall { program }).output;
    ArbWasm::programTimeLeftCall::abi_decode_returns(&output).unwrap()
}

fn keep_alive(scene: &mut Scene, codehash: B256, value: u64) -> Outcome {
    let call = ArbWasm::codehashKeepaliveCall { codehash };
    let message = scene.message(ARB_WASM, call.abi_encode());
    scene.run(&Message {
        value: U256::from(value),
        ..message
    })
}

fn hash(scene: &Scene, program: Address) -> B256 {
    scene.state.account(program).unwrap().code_hash
}

#[test]
fn it_expires_after_365_days_and_not_a_second_before() {
    let mut scene = Scene::new();
    let program = scene.install(&nothing());
    assert_eq!(time_left(&mut scene, program), 365 * DAY - 800);
    scene.block.timestamp = ACTIVATED + 365 * DAY;
    assert_eq!(time_left(&mut scene, program), 0);
    assert_eq!(scene.call(program, []).status, Status::Success);
    let outcome = scene.activate(program);
    assert_eq!(outcome.output, ArbWasm::ProgramUpToDate {}.abi_encode());

    scene.block.timestamp += 1;
    let expired = ArbWasm::ProgramExpired {
        ageInSeconds: 365 * DAY + 1,
    }
    .abi_encode();
    let outcome = scene.call(program, []);
    assert_eq!(
        outcome.status,
        Status::Halt("ProgramExpired(31536001)".into())
    );
    assert_eq!(outcome.gas_used, GAS_LIMIT);
    let codehash = hash(&scene, program);
    for outcome in [
        ask(&mut scene, ArbWasm::programTimeLeftCall { program }),
        ask(&mut scene, ArbWasm::programVersionCall { program }),
        ask(&mut scene, ArbWasm::codehashVersionCall { codehash }),
        ask(&mut scene, ArbWasm::programInitGasCall { program }),
        ask(&mut scene, ArbWasm::programMemoryFootprintCall { program }),
        ask(&mut scene, ArbWasm::codehashAsmSizeCall { codehash }),
        keep_alive(&mut scene, codehash, 0),
    ] {
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.output, expired);
    }

    // Whoever likes may activate it again.
    assert_eq!(scene.activate(program).status, Status::Success);
    assert_eq!(scene.call(program, []).status, Status::Success);
    assert_eq!(time_left(&mut scene, program), 365 * DAY - 1);
}

#[test]
fn it_can_be_kept_alive_after_31_days_and_not_a_second_before() {
    let mut scene = Scene::new();
    let program = scene.install(&nothing());
    let codehash = hash(&scene, program);
    let funds = 1_000_000_000_000_000_000;
    scene.block.timestamp = ACTIVATED + 31 * DAY - 1;
    let outcome = keep_alive(&mut scene, codehash, funds);
    assert_eq!(outcome.status, Status::Revert);
    let too_soon = ArbWasm::ProgramKeepaliveTooSoon {
        ageInSeconds: 31 * DAY - 1,
    };
    assert_eq!(outcome.output, too_soon.abi_encode());

    scene.block.timestamp += 1;
    // The fee is for the whole kilobytes of the record, at the least price and the demand they make:
    // 500 KiB and what 6.2628 a byte adds; 240 basis points, of which the series makes 10,242.
    let record = scene.state.program(codehash).unwrap();
    let kilobytes = (512_000 + 996 + 22 + nothing().len() as u64 * 62_628 / 10_000).div_ceil(1_024);
    assert_eq!(u64::from(record.asm_estimate_kb), kilobytes);
    let bytes = kilobytes * 1_024;
    assert_eq!(10_000 * bytes / 21_360_419, 240);
    let fee = 82_928_201 * 10_242 / 10_000 * bytes;

    let outcome = keep_alive(&mut scene, codehash, fee - 1);
    assert_eq!(outcome.status, Status::Revert);
    let error = ArbWasm::ProgramInsufficientValue::abi_decode(&outcome.output).unwrap();
    assert_eq!(
        (error.have, error.want),
        (U256::from(fee - 1), U256::from(fee))
    );

    let before = scene.state.balance(ALICE);
    let outcome = keep_alive(&mut scene, codehash, funds);
    assert_eq!(outcome.status, Status::Success);
    assert!(outcome.output.is_empty());
    assert_eq!(before - scene.state.balance(ALICE), U256::from(fee));
    let event = ArbWasm::ProgramLifetimeExtended::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!((event.codehash, event.dataFee), (codehash, U256::from(fee)));
    // ArbOS's version, a word of arguments, the parameters, the record; the data price; the record
    // anew; where fees go; an event of two topics and one word.
    let gas = 800 + 3 + 100 + 800 + (5 * 800 + 2 * 20_000) + 20_000 + 800 + (3 * 375 + 8 * 32);
    assert_eq!(frame(&outcome, 0).gas_used, gas);

    // 31 days later it is activated as of now.
    assert_eq!(time_left(&mut scene, program), 365 * DAY);
    let outcome = keep_alive(&mut scene, codehash, funds);
    let too_soon = ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: 0 };
    assert_eq!(outcome.output, too_soon.abi_encode());
    let unknown = keep_alive(&mut scene, B256::repeat_byte(1), funds);
    assert_eq!(unknown.output, ArbWasm::ProgramNotActivated {}.abi_encode());
}

fn upgrade(scene: &mut Scene, version: u16) {
    let params = Params {
        version,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
}

#[test]
fn an_upgrade_of_stylus_stops_every_program_until_it_is_activated_anew() {
    let mut scene = Scene::new();
    upgrade(&mut scene, 2);
    let program = scene.install(&nothing());
    assert_eq!(scene.call(program, []).status, Status::Success);
    let codehash = hash(&scene, program);
    assert_eq!(scene.state.program(codehash).unwrap().version, 2);

    upgrade(&mut scene, 3);
    let outcome = scene.call(program, []);
    assert_eq!(
        outcome.status,
        Status::Halt("ProgramNeedsUpgrade(2, 3)".into())
    );
    assert_eq!(outcome.gas_used, GAS_LIMIT);
    let stale = ArbWasm::ProgramNeedsUpgrade {
        version: 2,
        stylusVersion: 3,
    };
    scene.block.timestamp += 32 * DAY;
    for outcome in [
        ask(&mut scene, ArbWasm::programVersionCall { program }),
        ask(&mut scene, ArbWasm::programTimeLeftCall { program }),
        keep_alive(&mut scene, codehash, 1_000_000_000_000_000_000),
    ] {
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.output, stale.abi_encode());
    }

    // A program that calls it goes on, without the gas it gave.
    let caller = scene.program(&Program::new(
        "(call $read_args (i32.const 0))
         (i32.store8 (i32.const 64)
            (call $call_contract (i32.const 0) (i32.const 20) (i32.const 0) (i32.const 128)
                (i64.const 500000) (i32.const 96)))
         (call $write_result (i32.const 64) (i32.const 1))
         (i32.const 0)",
    ));
    let outcome = scene.call(caller, program.to_vec());
    assert_eq!(outcome.output, vec![2]);
    assert_eq!(outcome.frames[1].gas_used, 500_000);
    assert_eq!(
        outcome.frames[1].error.as_deref(),
        Some("ProgramNeedsUpgrade(2, 3)")
    );

    assert_eq!(scene.activate(program).status, Status::Success);
    assert_eq!(scene.state.program(codehash).unwrap().version, 3);
    assert_eq!(scene.call(program, []).status, Status::Success);
    assert_eq!(time_left(&mut scene, program), 365 * DAY - 800);
}

#[test]
fn what_version_3_forbids_does_not_survive_the_upgrade() {
    let several = [
        "(func (result i32 i32) (i32.const 0) (i32.const 0))",
        "(func (drop (drop (block (result i32 i32) (i32.const 0) (i32.const 0)))))",
        "(func (drop (i32.const 0) (loop (param i32) (result i32))))",
    ];
    for items in several {
        let wasm = Program::new("(i32.const 0)").items(items).wasm();
        let mut scene = Scene::new();
        upgrade(&mut scene, 2);
        let program = scene.install(&wasm);
        assert_eq!(scene.call(program, []).status, Status::Success);
        upgrade(&mut scene, 3);
        let outcome = scene.activate(program);
        let Status::Halt(why) = outcome.status else {
            panic!("{items}")
        };
        assert!(why.contains("failed to parse wasm"), "{why}");
        let outcome = scene.call(program, []);
        assert_eq!(
            outcome.status,
            Status::Halt("ProgramNeedsUpgrade(2, 3)".into())
        );
    }
}

#[test]
fn an_activation_that_is_undone_leaves_nothing() {
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&nothing()));
    // Calls with what is in its calldata: an address, a value, 36 bytes of data. Its status is the last
    // of these.
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let caller = scene.program(&Program::new(
        "(call $read_args (i32.const 0))
         (if (call $call_contract (i32.const 0) (i32.const 52) (i32.const 36) (i32.const 20)
                (i64.const -1) (i32.const 128))
            (then (i32.store8 (i32.const 200) (i32.const 1))))
         (call $write_result (i32.const 200) (i32.const 1))
         (i32.load8_u (i32.const 87))",
    ));
    let value = U256::from(1_000_000_000_000_000u64);
    let calldata = [ARB_WASM.as_slice(), &value.to_be_bytes::<32>(), &data].concat();
    // The last byte of the program's address, which is not zero: the call returns, its caller reverts.
    assert_ne!(program[19], 0);
    let message = scene.message(caller, calldata);
    let outcome = scene.run(&Message { value, ..message });
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output, vec![0]);
    assert_eq!(scene.state.program(hash(&scene, program)), None);
    assert_eq!(
        scene.call(program, []).status,
        Status::Halt("ProgramNotActivated()".into())
    );
}

#[test]
fn parameters_that_no_chain_can_run_by_are_refused() {
    let mut scene = Scene::new();
    let mut set = |params| scene.state.set_params(params);
    for version in [0, 1, 4] {
        let error = set(Params { version, ..PARAMS }).unwrap_err();
        assert_eq!(error, ParamsError::UnknownVersion(version));
    }
    for ink_price in [0, 1 << 24] {
        let error = set(Params {
            ink_price,
            ..PARAMS
        })
        .unwrap_err();
        assert_eq!(error, ParamsError::InkPrice(ink_price));
    }
    let max_stack_depth = 22_001;
    let error = set(Params {
        max_stack_depth,
        ..PARAMS
    })
    .unwrap_err();
    assert_eq!(error.to_string(), "stack of 22001 words is more than 22000");
    assert_eq!(scene.state.params(), PARAMS);
}

#[test]
fn code_that_a_program_borrows_cannot_destroy_it() {
    let mut scene = Scene::new();
    let heir = Address::repeat_byte(0x99);
    // PUSH20, SELFDESTRUCT
    let fatal = scene.evm([&[0x73][..], heir.as_slice(), &[0xff]].concat());
    let program = scene.program(&Program::new(
        "(call $read_args (i32.const 0))
         (i32.store8 (i32.const 64)
            (call $delegate_call_contract (i32.const 0) (i32.const 20) (i32.const 0)
                (i64.const 100000) (i32.const 96)))
         (call $write_result (i32.const 64) (i32.const 1))
         (i32.const 0)",
    ));
    let message = scene.message(program, fatal.to_vec());
    let outcome = scene.run(&Message {
        value: U256::from(5),
        ..message
    });
    assert_eq!(outcome.output, vec![2]);
    assert_eq!(scene.state.balance(program), U256::from(5));
    assert_eq!(scene.state.balance(heir), U256::ZERO);
    // It reverts when everything is paid for: the push, the opcode, an account that is cold and new.
    let borrowed = &outcome.frames[1];
    assert_eq!(borrowed.gas_used, 3 + 5_000 + 2_600 + 25_000);
    assert_eq!(borrowed.error.as_deref(), Some("execution reverted"));

    // By itself the code does what it says, as far as it goes since Cancun.
    let message = scene.message(fatal, []);
    let outcome = scene.run(&Message {
        value: U256::from(7),
        ..message
    });
    assert!(outcome.is_success());
    assert_eq!(scene.state.balance(heir), U256::from(7));
}
