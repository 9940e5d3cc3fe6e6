//! What becoming a program costs: gas for the work, a fee for the space, each to the unit.

use super::start::known;
use crate::scene::{compress, frame, Scene, ALICE, GAS_LIMIT};
use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use devnode::exec::{
    arbos::CHAIN_OWNER,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    Message, Outcome, Status,
};

/// A slot of ArbOS's own state, read and written.
const READ: u64 = 800;
const WRITE: u64 = 20_000;
/// What every call of `activateProgram` costs before the code is looked at: ArbOS's version, a word of
/// arguments, the chain's extra charge (zero), the fixed charge, the parameters, what is known of the
/// program.
pub(super) const BEFORE: u64 = READ + 3 + READ + 1_659_168 + 100 + READ;
/// What it costs after the work: the module's hash, five figures of the data price of which two are
/// written, the program's record, where fees go, an event of two topics and four words, and two words
/// of results.
const AFTER: u64 = WRITE + (5 * READ + 2 * WRITE) + WRITE + READ + (3 * 375 + 8 * 128) + 2 * 3;

/// A module that does nothing.
const NOTHING: &str = r#"(module (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

pub(super) fn nothing() -> Vec<u8> {
    wat::parse_str(NOTHING).unwrap()
}

/// Gas of checking and compiling it: 28 a microsecond of 0.31733 a byte, 2,217 for a page, and 0.535
/// for each of 31 opcodes: its two, 12 to pay for its block, 17 to count its stack.
pub(super) fn work_of_nothing() -> u64 {
    28 * (nothing().len() as u64 * 31_733 / 100_000 + 2_217 + 31 * 535 / 1_000)
}

/// The same for [`known`]: 401 functions at 0.17263, 100 bytes of data and 8 of elements at 0.17376, a
/// page, and 401 times 31 opcodes: 6,650 microseconds.
fn work_of_known() -> u64 {
    28 * (known().len() as u64 * 31_733 / 100_000 + 69 + 17 + 1 + 2_217 + 6_650)
}

/// Bytes of native code predicted: 512,000, 996.829 a function, 11.416 a parameter or result, 6.2628 a
/// byte.
fn asm_of_nothing() -> u64 {
    512_000 + 996 + 22 + nothing().len() as u64 * 62_628 / 10_000
}

/// The same for 401 functions, and 1,202 parameters and results.
fn asm_of_known() -> u64 {
    512_000 + 399_728 + 13_722 + known().len() as u64 * 62_628 / 10_000
}

fn activate(scene: &mut Scene, program: Address, value: u64, gas_limit: u64) -> Outcome {
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let message = scene.message(ARB_WASM, data);
    scene.run(&Message {
        value: U256::from(value),
        gas_limit,
        ..message
    })
}

/// Enough for any fee here.
const ETHER: u64 = 1_000_000_000_000_000_000;

fn used(outcome: &Outcome) -> u64 {
    frame(outcome, 0).gas_used
}

fn fee(outcome: &Outcome) -> U256 {
    ArbWasm::activateProgramCall::abi_decode_returns(&outcome.output)
        .unwrap()
        .dataFee
}

#[test]
fn gas_is_a_fixed_charge_the_work_and_the_bookkeeping() {
    assert_eq!((BEFORE, AFTER), (1_661_671, 86_955));
    for (wasm, work) in [(nothing(), work_of_nothing()), (known(), work_of_known())] {
        let mut scene = Scene::new();
        let program = scene.deploy(&compress(&wasm));
        let outcome = scene.activate(program);
        assert_eq!(outcome.status, Status::Success);
        assert_eq!(used(&outcome), BEFORE + work + AFTER);
    }
}

#[test]
fn what_is_remembered_and_announced() {
    let wasm = known();
    let bytes = wasm.len() as u64;
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&wasm));
    let outcome = scene.activate(program);
    let hash = scene.state.account(program).unwrap().code_hash;
    let record = scene.state.program(hash).unwrap();
    // See `start` for the sums.
    assert_eq!(
        u64::from(record.init_cost),
        3_309 + 1_272 + bytes * 1_286 / 10_000
    );
    assert_eq!(
        u64::from(record.cached_cost),
        53 + 1 + 14 + 85 + 5 + bytes * 122 / 100_000
    );
    assert_eq!(
        (record.version, record.footprint, record.cached),
        (3, 1, false)
    );
    assert_eq!(
        u64::from(record.asm_estimate_kb),
        asm_of_known().div_ceil(1_024)
    );
    // 1,700,000,000 - 1,421,388,000 seconds are 77,392 hours and 800 seconds.
    assert_eq!(record.activated_at, 77_392);

    let answer = ArbWasm::activateProgramCall::abi_decode_returns(&outcome.output).unwrap();
    assert_eq!(answer.version, 3);
    let [log] = outcome.logs.as_slice() else {
        panic!("{:?}", outcome.logs)
    };
    assert_eq!(log.address, ARB_WASM);
    let event = ArbWasm::ProgramActivated::decode_log(log).unwrap();
    assert_eq!((event.codehash, event.program), (hash, program));
    assert_eq!((event.dataFee, event.version), (answer.dataFee, 3));
}

#[test]
fn the_data_fee_grows_with_demand_and_falls_with_time() {
    let bytes = asm_of_nothing();
    // The price is 82,928,201 wei a byte times e ^ (demand / 21,360,419), which Nitro takes in basis
    // points and by twelve terms of a series, each rounded down.
    let price = |demand: u64| {
        let x = 10_000 * demand / 21_360_419;
        let terms = (1..12).rev();
        let multiple = terms.fold(10_000 + x / 12, |sum, n| 10_000 + sum * x / (n * 10_000));
        82_928_201 * multiple / 10_000
    };
    // By hand for the first: 240 basis points, of which the series makes 10,242.
    assert_eq!(10_000 * bytes / 21_360_419, 240);
    assert_eq!(price(bytes), 82_928_201 * 10_242 / 10_000);

    let mut scene = Scene::new();
    let mut next = 0;
    let mut activate = |scene: &mut Scene| {
        // The same module under another hash: what is behind the compressed bytes is ignored.
        next += 1;
        let program = scene.deploy(&[compress(&nothing()), vec![next]].concat());
        let outcome = scene.activate(program);
        assert_eq!(outcome.status, Status::Success, "{:?}", outcome.reason);
        fee(&outcome)
    };
    assert_eq!(activate(&mut scene), U256::from(price(bytes) * bytes));
    // In the same second, on top of it.
    assert_eq!(activate(&mut scene), U256::from(price(2 * bytes) * bytes));
    assert_eq!(activate(&mut scene), U256::from(price(3 * bytes) * bytes));
    // Demand falls by 34,865 bytes a second: a terabyte a year.
    scene.block.timestamp += 10;
    let demand = 3 * bytes - 348_650 + bytes;
    assert_eq!(activate(&mut scene), U256::from(price(demand) * bytes));
    // But not below zero.
    scene.block.timestamp += 3_600;
    assert_eq!(activate(&mut scene), U256::from(price(bytes) * bytes));
}

#[test]
fn the_fee_goes_to_the_network_and_the_rest_comes_back() {
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&nothing()));
    let before = scene.state.balance(ALICE);
    let outcome = activate(&mut scene, program, ETHER, GAS_LIMIT);
    let fee = fee(&outcome);
    assert_eq!(scene.state.balance(CHAIN_OWNER), fee);
    assert_eq!(scene.state.balance(ARB_WASM), U256::ZERO);
    assert_eq!(before - scene.state.balance(ALICE), fee);
}

#[test]
fn one_wei_less_than_the_fee_is_refused_and_nothing_stays() {
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&nothing()));
    let mut trial = Scene {
        state: scene.state.clone(),
        block: scene.block.clone(),
    };
    let want = fee(&activate(&mut trial, program, ETHER, GAS_LIMIT));
    let exact = want.to::<u64>();

    let outcome = activate(&mut scene, program, exact - 1, GAS_LIMIT);
    assert_eq!(outcome.status, Status::Revert);
    let error = ArbWasm::ProgramInsufficientValue::abi_decode(&outcome.output).unwrap();
    assert_eq!((error.have, error.want), (want - U256::from(1), want));
    // The event, the account for fees and the results are not paid for; three words of error are.
    let after = AFTER - (3 * 375 + 8 * 128) - READ - 2 * 3 + 3 * 3;
    assert_eq!(used(&outcome), BEFORE + work_of_nothing() + after);
    assert_eq!(scene.state.balance(CHAIN_OWNER), U256::ZERO);
    let hash = scene.state.account(program).unwrap().code_hash;
    assert_eq!(scene.state.program(hash), None);

    // The demand that it made is gone too.
    let outcome = activate(&mut scene, program, exact, GAS_LIMIT);
    assert_eq!(
        (outcome.status.clone(), fee(&outcome)),
        (Status::Success, want)
    );
}

#[test]
fn what_is_active_already_and_what_is_no_program_is_refused_by_name() {
    let mut scene = Scene::new();
    let program = scene.install(&nothing());
    let outcome = scene.activate(program);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output, ArbWasm::ProgramUpToDate {}.abi_encode());
    assert_eq!(used(&outcome), BEFORE + 3);

    let contract = scene.evm(vec![0x5f, 0x5f, 0xf3]);
    let nobody = Address::repeat_byte(0x77);
    for account in [contract, nobody, ALICE, ARB_WASM] {
        let outcome = scene.activate(account);
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.output, ArbWasm::ProgramNotWasm {}.abi_encode());
        assert_eq!(used(&outcome), BEFORE + 3);
    }
}

#[test]
fn gas_that_runs_out_is_all_gone() {
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&nothing()));
    let call = ArbWasm::activateProgramCall { program };
    let intrinsic = 21_000
        + call
            .abi_encode()
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum::<u64>();
    let whole = BEFORE + work_of_nothing() + AFTER;
    // Short of the fixed charge, of the work, of the last word of results.
    for (gas, end) in [
        (BEFORE - 1_000, Status::Revert),
        (
            BEFORE + work_of_nothing() - 1,
            Status::Halt("program activation failed: out of gas".into()),
        ),
        (whole - 1, Status::Revert),
    ] {
        let outcome = activate(&mut scene, program, ETHER, intrinsic + gas);
        assert_eq!(outcome.status, end, "{gas}");
        assert_eq!(outcome.gas_used, intrinsic + gas);
        assert!(outcome.output.is_empty());
        assert!(outcome.logs.is_empty());
    }
    let outcome = activate(&mut scene, program, ETHER, intrinsic + whole);
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.gas_used, intrinsic + whole);
}

#[test]
fn one_activation_serves_every_account_of_the_same_code() {
    let mut scene = Scene::new();
    let code = compress(&nothing());
    let (one, other) = (scene.deploy(&code), scene.deploy(&code));
    assert_ne!(one, other);
    assert_eq!(
        scene.call(other, []).status,
        Status::Halt("ProgramNotActivated()".into())
    );
    assert_eq!(scene.activate(one).status, Status::Success);
    assert_eq!(scene.call(other, []).status, Status::Success);
    let outcome = scene.activate(other);
    assert_eq!(outcome.output, ArbWasm::ProgramUpToDate {}.abi_encode());
}
