//! Deployment, activation, and the end of it.

use super::*;
use crate::exec::{
    precompiles::{arb_wasm_cache::ArbWasmCache, ARB_WASM_CACHE},
    pricing,
};
use alloy::sol_types::SolEvent;

const EMPTY: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

fn code_hash(chain: &Chain, address: Address) -> alloy::primitives::B256 {
    chain.state.account(address).unwrap().code_hash
}

#[test]
fn a_cached_program_pays_the_cached_price() {
    let mut chain = Chain::new();
    chain.state.add_chain_owner(ALICE);
    let program = chain.wat(EMPTY);
    let hash = code_hash(&chain, program);
    let cost = |chain: &mut Chain| {
        chain.block.l2_number += 1;
        chain.send(Some(program), 0, vec![]).gas_used
    };
    let asked = ArbWasm::programInitGasCall { program }.abi_encode();
    let gas = ArbWasm::programInitGasCall::abi_decode_returns(&chain.peek(ARB_WASM, asked).output)
        .unwrap();
    let uncached = cost(&mut chain);
    assert_eq!(uncached, 21_000 + gas.gas + 1);
    let add = ArbWasmCache::cacheProgramCall { addr: program }.abi_encode();
    let outcome = chain.send(Some(ARB_WASM_CACHE), 0, add);
    let event = ArbWasmCache::UpdateProgramCache::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(
        (event.manager, event.codehash, event.cached),
        (ALICE, hash, true)
    );
    assert_eq!(cost(&mut chain), 21_000 + gas.gasWhenCached + 1);
    let evict = ArbWasmCache::evictCodehashCall { codehash: hash }.abi_encode();
    assert!(chain.send(Some(ARB_WASM_CACHE), 0, evict).is_success());
    assert_eq!(cost(&mut chain), uncached);
}

#[test]
fn precompiles_answer_and_have_code() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    for (address, _) in crate::exec::precompiles::ADDRESSES {
        assert_eq!(chain.state.code(address), [0xfe].to_vec());
    }
    let output = chain.ok(program, Script::new().account(ARB_WASM).into());
    assert_eq!(output[..4], 1u32.to_le_bytes());
    let price = chain.peek(ARB_WASM, ArbWasm::inkPriceCall {}.abi_encode());
    assert_eq!(
        price.output,
        word(pricing::PARAMS.ink_price.into()).to_vec()
    );
    // From a program, as a contract's view.
    let ask = ArbWasm::programVersionCall { program }.abi_encode();
    let output = chain.ok(
        program,
        Script::new().call(Kind::Static, ARB_WASM, ask).into(),
    );
    assert_eq!(output, [&[0][..], &word(3)].concat());
    // An unknown selector takes all gas and reverts.
    let outcome = chain.send(Some(ARB_WASM), 0, vec![1, 2, 3, 4]);
    assert_eq!((outcome.status, outcome.gas_used), (Status::Revert, GAS));
}
