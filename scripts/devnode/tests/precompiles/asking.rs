//! The rules that hold for every precompile.

use crate::scene::{
    assert_took_all, ether, Heard, Scene, ALICE, AROUND, AROUND_CALL, OWNER, READ, WORD,
};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use devnode::exec::precompiles::{
    arb_info::ArbInfo, arb_statistics::ArbStatistics, arb_sys::ArbSys, arb_wasm::ArbWasm,
    arb_wasm_cache::ArbWasmCache, ADDRESSES, ARB_INFO, ARB_STATISTICS, ARB_SYS, ARB_WASM,
    ARB_WASM_CACHE,
};
use devnode::exec::{Message, Status};

const CALL: u8 = 0xf1;
const DELEGATECALL: u8 = 0xf4;
const STATICCALL: u8 = 0xfa;

/// All of the 50,000 gas gone, and nothing returned.
fn took_all(around: u64) -> Heard {
    Heard {
        success: false,
        gas: around + 50_000,
        returned: 0,
    }
}

#[test]
fn a_view_costs_opening_the_state_and_its_words() {
    let mut scene = Scene::new();
    // 800 to open, no arguments, one word of result.
    let expected = READ + WORD;
    assert_eq!(expected, 803);
    assert_eq!(scene.cost(ARB_SYS, ArbSys::arbBlockNumberCall {}), expected);
    let heard = scene.through(
        STATICCALL,
        ARB_SYS,
        0,
        ArbSys::arbBlockNumberCall {}.abi_encode(),
    );
    let expected = Heard {
        success: true,
        gas: AROUND + expected,
        returned: 32,
    };
    assert_eq!(heard, expected);
}

#[test]
fn an_unknown_selector_takes_all_gas() {
    let mut scene = Scene::new();
    for data in [vec![], vec![1, 2, 3], vec![1, 2, 3, 4], vec![1, 2, 3, 4, 5]] {
        let message = scene.message(ALICE, ARB_SYS, data.clone());
        let outcome = scene.run(&message);
        assert_took_all(&outcome);
        assert_eq!(outcome.status, Status::Revert);
        let why = outcome.reason.unwrap();
        assert!(why.contains("ArbSys does not understand 0x"), "{why}");
        assert_eq!(scene.through(CALL, ARB_SYS, 0, data), took_all(AROUND_CALL));
    }
}

#[test]
fn arguments_that_do_not_fit_their_types_take_all_gas() {
    let mut scene = Scene::new();
    let mut short = ArbSys::arbBlockHashCall {
        arbBlockNum: U256::from(999),
    }
    .abi_encode();
    short.pop();
    let message = scene.message(ALICE, ARB_SYS, short);
    assert_took_all(&scene.run(&message));
}

#[test]
fn a_write_in_a_static_call_takes_all_gas() {
    let mut scene = Scene::new();
    let codehash = Default::default();
    let data = ArbWasmCache::evictCodehashCall { codehash }.abi_encode();
    let heard = scene.through(STATICCALL, ARB_WASM_CACHE, 0, data);
    assert_eq!(heard, took_all(AROUND));
    let data = ArbSys::withdrawEthCall { destination: ALICE }.abi_encode();
    assert_eq!(
        scene.through(STATICCALL, ARB_SYS, 0, data),
        took_all(AROUND)
    );
}

#[test]
fn value_for_a_method_that_takes_none_takes_all_gas_and_comes_back() {
    let mut scene = Scene::new();
    let data = ArbSys::arbBlockNumberCall {}.abi_encode();
    // 9,000 for sending value; the stipend that came with it is gone too.
    let heard = scene.through(CALL, ARB_SYS, 7, data.clone());
    assert_eq!(heard, took_all(AROUND_CALL + 9_000));
    let before = scene.state.balance(ALICE);
    let message = Message {
        value: ether(1),
        ..scene.message(ALICE, ARB_SYS, data)
    };
    let outcome = scene.run(&message);
    assert_took_all(&outcome);
    assert_eq!(scene.state.balance(ARB_SYS), U256::ZERO);
    let paid = U256::from(outcome.gas_used) * U256::from(scene.block.basefee);
    assert_eq!(before - scene.state.balance(ALICE), paid);
}

#[test]
fn only_pure_methods_can_be_delegated_to() {
    let mut scene = Scene::new();
    let view = ArbSys::arbBlockNumberCall {}.abi_encode();
    assert_eq!(
        scene.through(DELEGATECALL, ARB_SYS, 0, view),
        took_all(AROUND)
    );
    let write = ArbWasmCache::cacheProgramCall { addr: ALICE }.abi_encode();
    let heard = scene.through(DELEGATECALL, ARB_WASM_CACHE, 0, write);
    assert_eq!(heard, took_all(AROUND));
    let pure = ArbSys::mapL1SenderContractAddressToL2AliasCall {
        sender: ALICE,
        unused: Address::ZERO,
    };
    // Two words of arguments, one of results, and no state to open.
    let expected = Heard {
        success: true,
        gas: AROUND + 3 * WORD,
        returned: 32,
    };
    assert_eq!(
        scene.through(DELEGATECALL, ARB_SYS, 0, pure.abi_encode()),
        expected
    );
}

#[test]
fn what_is_not_modelled_says_so() {
    let mut scene = Scene::new();
    for (address, name) in ADDRESSES {
        let message = scene.message(ALICE, address, vec![0xff; 4]);
        let outcome = scene.run(&message);
        assert_took_all(&outcome);
        let why = outcome.reason.unwrap();
        assert!(why.contains(name) || why.contains("chain owner"), "{why}");
    }
    // NodeInterface is no precompile: nothing answers on the chain.
    let message = scene.message(ALICE, Address::with_last_byte(0xc8), vec![0xff; 4]);
    let outcome = scene.run(&message);
    assert!(outcome.is_success());
    assert_eq!(outcome.gas_used, 21_000 + 4 * 16);
}

#[test]
fn balances_and_code_are_told_without_warming_anything() {
    let mut scene = Scene::new();
    let call = ArbInfo::getBalanceCall { account: OWNER };
    // 800 + one word + 700 + one word.
    assert_eq!(scene.cost(ARB_INFO, call.clone()), READ + WORD + 700 + WORD);
    assert_eq!(scene.ask(ARB_INFO, call), ether(100));

    let contract = scene.place(9, vec![0xfe; 33]);
    let call = ArbInfo::getCodeCall { account: contract };
    // 800 + one word + 2,100 + two words of code + offset, length and two words of it.
    assert_eq!(
        scene.cost(ARB_INFO, call.clone()),
        READ + WORD + 2_100 + 2 * WORD + 4 * WORD
    );
    assert_eq!(scene.ask(ARB_INFO, call).0, vec![0xfe; 33]);

    // A contract that asks for a stranger's balance and then looks itself pays for a cold account.
    let stranger = Address::repeat_byte(0x77);
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x73];
    code.extend(ARB_INFO.as_slice());
    code.extend([0x5a, STATICCALL, 0x5a, 0x73]);
    code.extend(stranger.as_slice());
    // BALANCE POP GAS SWAP1 SUB, returned.
    code.extend([
        0x31, 0x50, 0x5a, 0x90, 0x03, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3,
    ]);
    let contract = scene.place(10, code);
    let data = ArbInfo::getBalanceCall { account: stranger }.abi_encode();
    let message = scene.message(ALICE, contract, data);
    let outcome = scene.run(&message);
    // PUSH20 3, BALANCE cold 2,600, POP 2, GAS 2.
    assert_eq!(U256::from_be_slice(&outcome.output), U256::from(2_607));
}

#[test]
fn statistics_are_the_block_number_and_zeros() {
    let scene = Scene::new();
    let stats = scene.ask(ARB_STATISTICS, ArbStatistics::getStatsCall {});
    assert_eq!(stats._0, U256::from(1_000));
    assert_eq!(stats._5, U256::ZERO);
    let cost = scene.cost(ARB_STATISTICS, ArbStatistics::getStatsCall {});
    assert_eq!(cost, READ + 6 * WORD);
}

#[test]
fn a_call_that_runs_out_of_gas_reverts_with_none_left() {
    let scene = Scene::new();
    let data = ArbWasm::inkPriceCall {}.abi_encode();
    // 800 + 100 + 3 = 903 would do.
    for (gas, enough) in [(902, false), (903, true)] {
        let message = Message {
            gas_limit: crate::scene::intrinsic(&data) + gas,
            ..scene.message(ALICE, ARB_WASM, data.clone())
        };
        let outcome = devnode::exec::simulate(&scene.state, &scene.block, &message).unwrap();
        assert_eq!(outcome.is_success(), enough, "{gas}");
        assert_eq!(outcome.gas_used, message.gas_limit);
    }
}
