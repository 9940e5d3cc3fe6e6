//! `ArbWasmCache`: who may cache, what it costs, and what it saves.

use crate::scene::{
    assert_took_all, intrinsic, log, only, Scene, ALICE, CODE_HASH, EMPTY, OWNER, PARAMS, READ,
    WORD, WRITE,
};
use alloy::primitives::{Address, B256};
use alloy::sol_types::{SolCall, SolError};
use devnode::exec::precompiles::{
    arb_owner::ArbOwner, arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_OWNER, ARB_WASM_CACHE,
};
use devnode::exec::Outcome;

fn cache(addr: Address) -> ArbWasmCache::cacheProgramCall {
    ArbWasmCache::cacheProgramCall { addr }
}

fn evict(codehash: B256) -> ArbWasmCache::evictCodehashCall {
    ArbWasmCache::evictCodehashCall { codehash }
}

fn with_manager() -> (Scene, Address, B256) {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let manager = ALICE;
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::addWasmCacheManagerCall { manager },
    );
    let hash = scene.code_hash(program);
    (scene, program, hash)
}

fn gas<C: SolCall>(outcome: &Outcome, call: &C) -> u64 {
    outcome.gas_used - intrinsic(&call.abi_encode())
}

#[test]
fn managers_are_listed_and_counted_by_reads() {
    let (mut scene, ..) = with_manager();
    let second = Address::with_last_byte(2);
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::addWasmCacheManagerCall { manager: second },
    );
    let ask = |manager| ArbWasmCache::isCacheManagerCall { manager };
    assert!(scene.ask(ARB_WASM_CACHE, ask(ALICE)));
    assert!(!scene.ask(ARB_WASM_CACHE, ask(OWNER)));
    assert_eq!(
        scene.cost(ARB_WASM_CACHE, ask(OWNER)),
        READ + WORD + READ + WORD
    );
    let all = ArbWasmCache::allCacheManagersCall {};
    assert_eq!(scene.ask(ARB_WASM_CACHE, all.clone()), [ALICE, second]);
    // 800 to open, the count, one each; offset, length and two addresses.
    assert_eq!(scene.cost(ARB_WASM_CACHE, all.clone()), 4 * READ + 4 * WORD);
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::removeWasmCacheManagerCall { manager: ALICE },
    );
    assert_eq!(scene.ask(ARB_WASM_CACHE, all), [second]);
}

#[test]
fn a_manager_caches_at_the_programs_initial_cost() {
    let (mut scene, program, codehash) = with_manager();
    let init = u64::from(scene.state.program(codehash).unwrap().init_cost);
    assert!(init > 0);
    let outcome = scene.ok(ALICE, ARB_WASM_CACHE, cache(program));
    let expected = READ // opening
        + WORD
        + CODE_HASH
        + READ // is the caller a manager
        + PARAMS
        + READ // the record
        + log(3, 1)
        + init
        + READ // the module
        + WRITE;
    assert_eq!(expected - init, 27_659);
    assert_eq!(gas(&outcome, &cache(program)), expected);
    let event: ArbWasmCache::UpdateProgramCache = only(&outcome.logs);
    assert_eq!(
        (event.manager, event.codehash, event.cached),
        (ALICE, codehash, true)
    );
    let is_cached = ArbWasmCache::codehashIsCachedCall { codehash };
    assert!(scene.ask(ARB_WASM_CACHE, is_cached.clone()));
    assert_eq!(
        scene.cost(ARB_WASM_CACHE, is_cached),
        READ + WORD + READ + WORD
    );

    // Again: nothing to do, no event, no write.
    let outcome = scene.ok(ALICE, ARB_WASM_CACHE, cache(program));
    assert_eq!(outcome.logs, []);
    let looked = READ + WORD + CODE_HASH + READ + PARAMS + READ;
    assert_eq!(looked, 5_103);
    assert_eq!(gas(&outcome, &cache(program)), looked);

    // Out again, without the code hash of an account.
    let outcome = scene.ok(ALICE, ARB_WASM_CACHE, evict(codehash));
    assert_eq!(gas(&outcome, &evict(codehash)), expected - CODE_HASH);
    let event: ArbWasmCache::UpdateProgramCache = only(&outcome.logs);
    assert!(!event.cached);
    let outcome = scene.ok(ALICE, ARB_WASM_CACHE, evict(codehash));
    assert_eq!(gas(&outcome, &evict(codehash)), looked - CODE_HASH);
}

#[test]
fn a_chain_owner_may_cache_for_one_read_more() {
    let (mut scene, program, codehash) = with_manager();
    let init = u64::from(scene.state.program(codehash).unwrap().init_cost);
    let outcome = scene.ok(OWNER, ARB_WASM_CACHE, cache(program));
    assert_eq!(gas(&outcome, &cache(program)), 27_659 + READ + init);
}

#[test]
fn anybody_else_loses_all_gas() {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let codehash = scene.code_hash(program);
    assert_took_all(&scene.send(ALICE, ARB_WASM_CACHE, cache(program)));
    scene.ok(OWNER, ARB_WASM_CACHE, cache(program));
    assert_took_all(&scene.send(ALICE, ARB_WASM_CACHE, evict(codehash)));
    assert!(scene.state.program(codehash).unwrap().cached);
}

#[test]
fn caching_by_hash_ended_with_arbos_31() {
    let mut scene = Scene::new();
    // cacheCodehash(bytes32)
    let selector = &alloy::primitives::keccak256("cacheCodehash(bytes32)")[..4];
    let message = scene.message(OWNER, ARB_WASM_CACHE, [selector, &[0; 32]].concat());
    assert_took_all(&scene.run(&message));
}

#[test]
fn only_programs_that_could_run_are_cached() {
    let mut scene = Scene::new();
    let inactive = scene.place(2, crate::scene::program_code(EMPTY));
    let outcome = scene.send(OWNER, ARB_WASM_CACHE, cache(inactive));
    let error = ArbWasm::ProgramNeedsUpgrade {
        version: 0,
        stylusVersion: 3,
    };
    assert_eq!(outcome.output, error.abi_encode());
    let program = scene.program(1, EMPTY);
    let codehash = scene.code_hash(program);
    scene.ok(OWNER, ARB_WASM_CACHE, cache(program));
    scene.block.timestamp += 366 * 86_400;
    // One that is cached and has expired can still be evicted, but not cached again.
    scene.ok(OWNER, ARB_WASM_CACHE, evict(codehash));
    let outcome = scene.send(OWNER, ARB_WASM_CACHE, cache(program));
    assert_eq!(outcome.output[..4], ArbWasm::ProgramExpired::SELECTOR);
}

#[test]
fn a_cached_program_saves_its_initial_cost() {
    let (mut scene, program, codehash) = with_manager();
    let init = u64::from(scene.state.program(codehash).unwrap().init_cost);
    let cost = |scene: &mut Scene| {
        scene.block.l2_number += 1;
        let message = scene.message(ALICE, program, vec![]);
        scene.run(&message).gas_used
    };
    let before = cost(&mut scene);
    scene.ok(ALICE, ARB_WASM_CACHE, cache(program));
    // 69 · 128 and the program's own part.
    assert_eq!(before - cost(&mut scene), 8_832 + init);
    scene.ok(ALICE, ARB_WASM_CACHE, evict(codehash));
    assert_eq!(cost(&mut scene), before);
}
