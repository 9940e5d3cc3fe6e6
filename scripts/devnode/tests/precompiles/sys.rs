//! `ArbSys`: two block numbers, the call stack, and what leaves for the parent chain.

use crate::scene::{ether, intrinsic, log, Scene, ALICE, CLEAR, OWNER, READ, WORD, WRITE};
use alloy::primitives::{address, keccak256, Address, Bytes, B256, U256};
use alloy::sol_types::{SolCall, SolError, SolEvent};
use devnode::exec::precompiles::{arb_sys::ArbSys, ARB_SYS};
use devnode::exec::{Message, Status};

#[test]
fn contracts_see_the_number_of_the_parent_chain_and_ask_for_their_own() {
    let mut scene = Scene::new();
    // NUMBER, returned.
    let evm = scene.place(2, vec![0x43, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let message = scene.message(ALICE, evm, vec![]);
    assert_eq!(
        U256::from_be_slice(&scene.run(&message).output),
        U256::from(77)
    );
    let stylus = scene.program(
        1,
        r#"(module
            (import "vm_hooks" "block_number" (func $number (result i64)))
            (import "vm_hooks" "write_result" (func $write (param i32 i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (i64.store (i32.const 0) (call $number))
                (call $write (i32.const 0) (i32.const 8))
                (i32.const 0)))"#,
    );
    let message = scene.message(ALICE, stylus, vec![]);
    assert_eq!(scene.run(&message).output, 77u64.to_le_bytes().to_vec());
    let own = scene.ask(ARB_SYS, ArbSys::arbBlockNumberCall {});
    assert_eq!(own, U256::from(1_000));
}

#[test]
fn the_chain_names_itself() {
    let scene = Scene::new();
    let id = scene.ask(ARB_SYS, ArbSys::arbChainIDCall {});
    assert_eq!(id, U256::from(412_346));
    // Classic ended at 55.
    let version = scene.ask(ARB_SYS, ArbSys::arbOSVersionCall {});
    assert_eq!(version, U256::from(55 + 60));
    let gas = scene.ask(ARB_SYS, ArbSys::getStorageGasAvailableCall {});
    assert_eq!(gas, U256::ZERO);
}

#[test]
fn hashes_reach_back_256_blocks() {
    let scene = Scene::new();
    let hash = |number: U256| {
        let call = ArbSys::arbBlockHashCall {
            arbBlockNum: number,
        };
        scene.try_ask(ARB_SYS, call)
    };
    for number in [744, 999] {
        let outcome = hash(U256::from(number));
        assert!(outcome.is_success(), "{number}");
        assert_ne!(outcome.output, B256::ZERO.to_vec());
    }
    for requested in [U256::from(743), U256::from(1_000), U256::MAX] {
        let outcome = hash(requested);
        let error = ArbSys::InvalidBlockNumber {
            requested,
            current: U256::from(1_000),
        };
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.output, error.abi_encode(), "{requested}");
    }
}

#[test]
fn the_alias_of_a_contract_of_the_parent_chain_wraps_around() {
    let scene = Scene::new();
    let alias = |sender| {
        let call = ArbSys::mapL1SenderContractAddressToL2AliasCall {
            sender,
            unused: Address::ZERO,
        };
        // Pure: three words.
        assert_eq!(scene.cost(ARB_SYS, call.clone()), 3 * WORD);
        scene.ask(ARB_SYS, call)
    };
    assert_eq!(
        alias(Address::ZERO),
        address!("1111000000000000000000000000000000001111")
    );
    assert_eq!(
        alias(address!("ffffffffffffffffffffffffffffffffffffffff")),
        address!("1111000000000000000000000000000000001110")
    );
}

/// Calls the address in its calldata's first word with what follows it, and returns the first word
/// of what comes back.
fn relay() -> Vec<u8> {
    let mut code = vec![0x60, 0x20, 0x36, 0x03, 0x80, 0x60, 0x20, 0x5f, 0x37];
    code.extend([
        0x60, 0x20, 0x90, 0x5f, 0x90, 0x5f, 0x5f, 0x5f, 0x35, 0x5a, 0xf1,
    ]);
    code.extend([0x50, 0x60, 0x20, 0x5f, 0xf3]);
    code
}

fn relayed(to: Address, data: Vec<u8>) -> Vec<u8> {
    [to.into_word().to_vec(), data].concat()
}

#[test]
fn the_call_stack_is_told() {
    let mut scene = Scene::new();
    let [first, second] = [5, 6].map(|last| scene.place(last, relay()));
    let top = ArbSys::isTopLevelCallCall {}.abi_encode();
    let who = ArbSys::myCallersAddressWithoutAliasingCall {}.abi_encode();
    let mut ask = |to: Address, data: Vec<u8>| {
        let message = scene.message(ALICE, to, data);
        let outcome = scene.run(&message);
        assert!(outcome.is_success(), "{outcome:?}");
        U256::from_be_slice(&outcome.output)
    };
    let word = |address: Address| U256::from_be_slice(address.as_slice());
    // Directly; from a contract; from a contract's contract.
    assert_eq!(ask(ARB_SYS, top.clone()), U256::ONE);
    assert_eq!(ask(first, relayed(ARB_SYS, top.clone())), U256::ONE);
    let deep = relayed(second, relayed(ARB_SYS, top));
    assert_eq!(ask(first, deep), U256::ZERO);
    // The caller of the contract that asks.
    assert_eq!(ask(ARB_SYS, who.clone()), U256::ZERO);
    assert_eq!(ask(first, relayed(ARB_SYS, who.clone())), word(ALICE));
    let deep = relayed(second, relayed(ARB_SYS, who));
    assert_eq!(ask(first, deep), word(first));
    let aliased = ArbSys::wasMyCallersAddressAliasedCall {}.abi_encode();
    assert_eq!(ask(first, relayed(ARB_SYS, aliased)), U256::ZERO);
}

fn withdraw(scene: &mut Scene, wei: U256) -> devnode::exec::Outcome {
    let data = ArbSys::withdrawEthCall { destination: OWNER }.abi_encode();
    let message = Message {
        value: wei,
        ..scene.message(ALICE, ARB_SYS, data)
    };
    let outcome = scene.run(&message);
    assert!(outcome.is_success(), "{outcome:?}");
    outcome
}

#[test]
fn value_that_leaves_is_burnt_and_announced() {
    let mut scene = Scene::new();
    let data = ArbSys::withdrawEthCall { destination: OWNER }.abi_encode();
    let wei = ether(2);
    let before = scene.state.balance(ALICE);
    let outcome = withdraw(&mut scene, wei);
    let expected = READ // opening
        + WORD
        + READ // owners of the chain's token
        + 30 + 6 * 6 // 20 + 20 + 4 · 32 = 168 bytes hashed
        + READ + WRITE // the tree's size
        + WRITE // its first partial
        + READ // its size again
        + log(4, 7)
        + WORD;
    assert_eq!(expected, 46_939);
    assert_eq!(outcome.gas_used - intrinsic(&data), expected);
    assert_eq!(U256::from_be_slice(&outcome.output), U256::ZERO);
    let gas = U256::from(outcome.gas_used) * U256::from(scene.block.basefee);
    assert_eq!(before - scene.state.balance(ALICE), wei + gas);
    assert_eq!(scene.state.balance(ARB_SYS), U256::ZERO);

    let event = ArbSys::L2ToL1Tx::decode_log(&outcome.logs[0]).unwrap();
    let hash = keccak256(
        [
            ALICE.as_slice(),
            OWNER.as_slice(),
            &U256::from(1_000).to_be_bytes::<32>(),
            &U256::from(77).to_be_bytes::<32>(),
            &U256::from(1_700_000_000).to_be_bytes::<32>(),
            &wei.to_be_bytes::<32>(),
        ]
        .concat(),
    );
    assert_eq!(event.hash, U256::from_be_bytes(hash.0));
    assert_eq!((event.caller, event.destination), (ALICE, OWNER));
    assert_eq!(
        (event.data.callvalue, &event.data.data),
        (wei, &Bytes::new())
    );
    assert_eq!(
        (event.arbBlockNum, event.ethBlockNum),
        (U256::from(1_000), U256::from(77))
    );

    // The second completes a pair.
    let outcome = withdraw(&mut scene, wei);
    let expected = READ
        + WORD
        + READ
        + 66
        + READ + WRITE
        + READ + 42 + CLEAR // the first partial, hashed with the new leaf
        + WRITE // the partial above
        + READ
        + log(4, 0) // the pair
        + log(4, 7)
        + WORD;
    assert_eq!(outcome.gas_used - intrinsic(&data), expected);
    let node = ArbSys::SendMerkleUpdate::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(node.position, (U256::ONE << 192) | U256::ONE);
    let event = ArbSys::L2ToL1Tx::decode_log(&outcome.logs[1]).unwrap();
    assert_eq!(event.position, U256::ONE);

    let call = ArbSys::sendMerkleTreeStateCall {};
    assert_eq!(scene.try_ask(ARB_SYS, call.clone()).status, Status::Revert);
    let message = Message {
        gas_price: 0,
        ..scene.message(Address::ZERO, ARB_SYS, call.abi_encode())
    };
    let outcome = devnode::exec::simulate(&scene.state, &scene.block, &message).unwrap();
    let tree = ArbSys::sendMerkleTreeStateCall::abi_decode_returns(&outcome.output).unwrap();
    assert_eq!(tree.size, U256::from(2));
    assert_eq!(tree.root, node.hash);
    assert_eq!(tree.partials, [B256::ZERO, node.hash]);
}

#[test]
fn a_message_without_value_carries_its_data() {
    let mut scene = Scene::new();
    let call = ArbSys::sendTxToL1Call {
        destination: OWNER,
        data: vec![1, 2, 3].into(),
    };
    let data = call.abi_encode();
    let outcome = scene.ok(ALICE, ARB_SYS, call);
    let expected = READ
        + 4 * WORD // address, offset, length, three bytes
        + 30 + 6 * 6 // 171 bytes hashed
        + READ + WRITE
        + WRITE
        + READ
        + log(4, 8)
        + WORD;
    assert_eq!(outcome.gas_used - intrinsic(&data), expected);
    let event = ArbSys::L2ToL1Tx::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(event.data.data.to_vec(), [1, 2, 3]);
}
