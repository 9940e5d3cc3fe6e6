//! `ArbWasm`: what is known of programs, and what activating one costs.

use crate::scene::{
    ether, log, only, Scene, ALICE, CODE_HASH, EMPTY, GAS, OWNER, PARAMS, READ, WORD, WRITE,
};
use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolError};
use devnode::exec::precompiles::{
    arb_owner::ArbOwner, arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_OWNER, ARB_WASM,
    ARB_WASM_CACHE,
};
use devnode::exec::wasm::instrument;
use devnode::exec::{Message, Status};

#[test]
fn parameters_are_those_of_arbos_60() {
    let scene = Scene::new();
    macro_rules! shows {
        ($($call:ident => $value:expr),* $(,)?) => {$(
            assert_eq!(scene.ask(ARB_WASM, ArbWasm::$call {}), $value, stringify!($call));
            // 800 + 100 + one word.
            assert_eq!(scene.cost(ARB_WASM, ArbWasm::$call {}), READ + PARAMS + WORD);
        )*};
    }
    shows!(
        stylusVersionCall => 3,
        inkPriceCall => 10_000,
        maxStackDepthCall => 22_000,
        freePagesCall => 2,
        pageGasCall => 1_000,
        pageRampCall => 620_674_314,
        pageLimitCall => 128,
        initCostScalarCall => 100,
        expiryDaysCall => 365,
        keepaliveDaysCall => 31,
        blockCacheSizeCall => 32,
    );
    let least = scene.ask(ARB_WASM, ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached), (69 * 128, 11 * 32));
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::activationGasCall {}), 0);
    // A read of its own, and no parameters.
    let cost = scene.cost(ARB_WASM, ArbWasm::activationGasCall {});
    assert_eq!(cost, 2 * READ + WORD);
}

#[test]
fn what_is_known_of_a_program_costs_its_reads() {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let codehash = scene.code_hash(program);
    let record = scene.state.program(codehash).unwrap();

    // 800 + 3 + 100 + 800 + 3
    let by_hash = READ + WORD + PARAMS + READ + WORD;
    assert_eq!(by_hash, 1_706);
    let call = ArbWasm::codehashVersionCall { codehash };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), by_hash);
    assert_eq!(scene.ask(ARB_WASM, call), 3);
    let call = ArbWasm::codehashAsmSizeCall { codehash };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), by_hash);
    // 512,000 for any, and some for the function and the bytes: 502 KiB, rounded up.
    assert_eq!(record.asm_estimate_kb, 502);
    assert_eq!(scene.ask(ARB_WASM, call), 502 * 1_024);

    // The code hash of an account on top.
    let by_address = by_hash + CODE_HASH;
    let call = ArbWasm::programVersionCall { program };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), by_address);
    assert_eq!(scene.ask(ARB_WASM, call), 3);
    let call = ArbWasm::programMemoryFootprintCall { program };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), by_address);
    assert_eq!(scene.ask(ARB_WASM, call), 1);
    let call = ArbWasm::programTimeLeftCall { program };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), by_address);
    // Ages count from a whole hour: (1,700,000,000 − 1,421,388,000) mod 3,600 = 800.
    assert_eq!(scene.ask(ARB_WASM, call), 365 * 86_400 - 800);

    // 800 + 3 + 100 + 2,600 + 800 + 6
    let call = ArbWasm::programInitGasCall { program };
    assert_eq!(scene.cost(ARB_WASM, call.clone()), 4_309);
    let gas = scene.ask(ARB_WASM, call);
    let cached = 352 + u64::from(record.cached_cost);
    let uncached = 8_832 + u64::from(record.init_cost) + cached;
    assert_eq!((gas.gas, gas.gasWhenCached), (uncached, cached));
}

#[test]
fn activation_costs_its_reads_and_writes() {
    let mut scene = Scene::new();
    let program = scene.place(1, crate::scene::program_code(EMPTY));
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let wasm = wat::parse_str(EMPTY).unwrap();
    // Checking and compiling has its own formula, tested where it stands.
    let compiling = instrument::instrument(&wasm, 3, 128)
        .unwrap()
        .shape
        .activation_gas();
    let expected = READ // opening
        + WORD // the address
        + READ // the extra charge, zero
        + 1_659_168
        + PARAMS
        + READ // the program's record
        + compiling
        + WRITE // the module
        + 5 * READ // the data pricer
        + 2 * WRITE // its demand and time
        + WRITE // the record
        + READ // whose the fee is
        + log(2, 4)
        + 2 * WORD; // version and fee
    assert_eq!(expected - compiling, 1_748_626);
    let collector = scene.state.balance(OWNER);
    let outcome = scene.activate(program);
    assert!(outcome.is_success(), "{:?}", outcome.reason);
    assert_eq!(outcome.gas_used - crate::scene::intrinsic(&data), expected);
    let event: ArbWasm::ProgramActivated = only(&outcome.logs);
    assert_eq!((event.program, event.version), (program, 3));
    // The fee goes to the network's account, which the transaction's gas goes to as well.
    let gas = U256::from(outcome.gas_used) * U256::from(scene.block.basefee);
    assert_eq!(scene.state.balance(OWNER) - collector, event.dataFee + gas);
    assert_eq!(scene.state.balance(ARB_WASM), U256::ZERO);
}

#[test]
fn activating_a_cached_program_again_reads_the_module_it_replaces() {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let again = |scene: &mut Scene| {
        scene.block.timestamp += 366 * 86_400;
        let outcome = scene.activate(program);
        assert!(outcome.is_success(), "{:?}", outcome.reason);
        outcome.gas_used - crate::scene::intrinsic(&data)
    };
    let uncached = again(&mut scene);
    scene.ok(
        OWNER,
        ARB_WASM_CACHE,
        ArbWasmCache::cacheProgramCall { addr: program },
    );
    assert_eq!(again(&mut scene), uncached + READ);
    let codehash = scene.code_hash(program);
    assert!(scene.ask(
        ARB_WASM_CACHE,
        ArbWasmCache::codehashIsCachedCall { codehash }
    ));
}

#[test]
fn keepalive_costs_its_reads_and_writes() {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let codehash = scene.code_hash(program);
    scene.block.timestamp += 40 * 86_400;
    let data = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let message = Message {
        value: ether(1),
        ..scene.message(ALICE, ARB_WASM, data.clone())
    };
    let outcome = scene.run(&message);
    let expected = READ
        + WORD
        + PARAMS
        + READ // the record
        + 5 * READ
        + 2 * WRITE
        + WRITE
        + READ // whose the fee is
        + log(2, 1);
    assert_eq!(expected, 67_884);
    assert_eq!(outcome.gas_used - crate::scene::intrinsic(&data), expected);
    only::<ArbWasm::ProgramLifetimeExtended>(&outcome.logs);
}

#[test]
fn refusals_carry_their_figures_and_cost_their_reads() {
    let mut scene = Scene::new();
    // Not activated: 800 + 3 + 100 + 2,600 + 800, and a selector's word.
    let call = ArbWasm::programVersionCall { program: ALICE };
    let data = call.abi_encode();
    let outcome = scene.try_ask(ARB_WASM, call);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output, ArbWasm::ProgramNotActivated {}.abi_encode());
    let expected = READ + WORD + PARAMS + CODE_HASH + READ + WORD;
    assert_eq!(outcome.gas_used - crate::scene::intrinsic(&data), expected);

    let program = scene.program(1, EMPTY);
    let codehash = scene.code_hash(program);
    let outcome = scene.activate(program);
    assert_eq!(outcome.output, ArbWasm::ProgramUpToDate {}.abi_encode());
    scene.block.timestamp += 30 * 86_400;
    let call = ArbWasm::codehashKeepaliveCall { codehash };
    let outcome = scene.send(ALICE, ARB_WASM, call);
    // Counted from the hour it was activated in, 800 s before.
    let error = ArbWasm::ProgramKeepaliveTooSoon {
        ageInSeconds: 30 * 86_400 + 800,
    };
    assert_eq!(outcome.output, error.abi_encode());
    scene.block.timestamp += 336 * 86_400;
    let outcome = scene.try_ask(ARB_WASM, ArbWasm::programInitGasCall { program });
    let error = ArbWasm::ProgramExpired {
        ageInSeconds: 366 * 86_400 + 800,
    };
    assert_eq!(outcome.output, error.abi_encode());

    let plain = scene.place(2, vec![0xfe]);
    let outcome = scene.activate(plain);
    assert_eq!(outcome.output, ArbWasm::ProgramNotWasm {}.abi_encode());
}

#[test]
fn an_activation_charge_is_taken_first() {
    let mut scene = Scene::new();
    let program = scene.place(1, crate::scene::program_code(EMPTY));
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::setWasmActivationGasCall { gas: 123_456 },
    );
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::activationGasCall {}), 123_456);
    let mut free = Scene::new();
    free.place(1, crate::scene::program_code(EMPTY));
    let without = free.activate(program).gas_used;
    assert_eq!(scene.activate(program).gas_used, without + 123_456);
    // More than anyone can pay blocks activation.
    let mut scene = Scene::new();
    let program = scene.place(1, crate::scene::program_code(EMPTY));
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::setWasmActivationGasCall { gas: u64::MAX },
    );
    let outcome = scene.activate(program);
    assert_eq!((outcome.is_success(), outcome.gas_used), (false, GAS));
}

#[test]
fn gas_that_ends_within_activation_is_all_gone() {
    let mut scene = Scene::new();
    let program = scene.place(1, crate::scene::program_code(EMPTY));
    let message = Message {
        gas_limit: 1_700_000,
        value: ether(1),
        ..scene.message(
            ALICE,
            ARB_WASM,
            ArbWasm::activateProgramCall { program }.abi_encode(),
        )
    };
    let outcome = scene.run(&message);
    assert!(!outcome.is_success());
    assert_eq!(outcome.gas_used, 1_700_000);
    assert_eq!(scene.state.program(scene.code_hash(program)), None);
    assert_eq!(scene.state.balance(ARB_WASM), U256::ZERO);
    let nobody = Address::ZERO;
    assert_eq!(scene.state.balance(nobody), U256::ZERO);
}
