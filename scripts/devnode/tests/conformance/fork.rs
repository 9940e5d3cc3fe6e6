//! EVM code runs by the rules of Osaka, as from ArbOS 50, but for the limit of a transaction's gas.
//!
//! # Source
//! go-ethereum of Nitro v3.10.0, `params/config.go` (`IsOsaka`), `core/vm/contracts.go`,
//! `core/state_transition.go`.

use crate::{
    evm::asm,
    program::word,
    scene::{frame, Scene},
};
use alloy::primitives::{Address, Bytes, U256};
use devnode::exec::Message;

#[test]
fn leading_zeros_are_counted() {
    let mut scene = Scene::new();
    for (value, zeros) in [(0u64, 256), (1, 255), (0x8000_0000_0000_0000, 192)] {
        let counts = scene.evm(asm(&format!("{value} CLZ 0 MSTORE 32 0 RETURN")));
        assert_eq!(scene.ok(counts, []), word(zeros).to_vec(), "{value}");
    }
}

/// Gas that a precompile takes for its input.
fn precompile(number: u64, input: impl Into<Bytes>) -> u64 {
    let mut scene = Scene::new();
    let outcome = scene.call(Address::from_word(U256::from(number).into()), input);
    assert!(outcome.is_success(), "{:?}", outcome.status);
    frame(&outcome, 0).gas_used
}

#[test]
fn precompiles_cost_what_osaka_made_of_them() {
    // EIP-7883: 500 at least, 200 before. No lengths, nothing to raise.
    assert_eq!(precompile(0x05, []), 500);
    // EIP-7951. What is no signature is no failure.
    assert_eq!(precompile(0x100, [0; 160]), 6_900);
}

#[test]
fn a_transaction_may_ask_for_more_gas_than_osaka_allows() {
    let mut scene = Scene::new();
    let contract = scene.evm(asm("STOP"));
    let outcome = scene.run(&Message {
        gas_limit: (1 << 24) + 1,
        ..scene.message(contract, [])
    });
    assert!(outcome.is_success());
}
