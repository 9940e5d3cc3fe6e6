//! `ArbOwner`, `ArbOwnerPublic` and `ArbDebug`: who may change what.

use crate::scene::{
    assert_took_all, intrinsic, only, Scene, ALICE, EMPTY, OWNER, PARAMS, READ, WORD,
};
use alloy::primitives::{Address, Bytes, FixedBytes, U256};
use alloy::sol_types::{SolCall, SolEvent};
use devnode::exec::precompiles::{
    arb_debug::ArbDebug, arb_gas_info::ArbGasInfo, arb_owner::ArbOwner,
    arb_owner_public::ArbOwnerPublic, arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_DEBUG,
    ARB_GAS_INFO, ARB_OWNER, ARB_OWNER_PUBLIC, ARB_WASM, ARB_WASM_CACHE,
};
use devnode::exec::{Message, Posted, Status};

#[test]
fn owners_act_for_free_and_are_announced() {
    let mut scene = Scene::new();
    let call = ArbOwner::setInkPriceCall { price: 20_000 };
    let data = call.abi_encode();
    let outcome = scene.ok(OWNER, ARB_OWNER, call);
    assert_eq!(outcome.gas_used, intrinsic(&data));
    let event: ArbOwner::OwnerActs = only(&outcome.logs);
    assert_eq!(event.method, FixedBytes::<4>::from_slice(&data[..4]));
    assert_eq!((event.owner, event.data), (OWNER, Bytes::from(data)));
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::inkPriceCall {}), 20_000);
}

#[test]
fn others_lose_all_gas() {
    let mut scene = Scene::new();
    let outcome = scene.send(ALICE, ARB_OWNER, ArbOwner::setInkPriceCall { price: 1 });
    assert_took_all(&outcome);
    let Status::Halt(why) = outcome.status else {
        panic!("a refusal that is no halt")
    };
    assert!(why.contains("is not a chain owner"), "{why}");
    // Even to ask.
    let outcome = scene.send(ALICE, ARB_OWNER, ArbOwner::getNetworkFeeAccountCall {});
    assert_took_all(&outcome);
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::inkPriceCall {}), 10_000);
}

#[test]
fn an_owners_mistake_costs_nothing_and_changes_nothing() {
    let mut scene = Scene::new();
    for data in [
        vec![1, 2, 3, 4],
        ArbOwner::setInkPriceCall { price: 0 }.abi_encode(),
        ArbOwner::setInkPriceCall { price: 1 << 24 }.abi_encode(),
        ArbOwner::setSpeedLimitCall { limit: 0 }.abi_encode(),
        ArbOwner::setBrotliCompressionLevelCall { level: 12 }.abi_encode(),
        ArbOwner::removeChainOwnerCall {
            ownerToRemove: ALICE,
        }
        .abi_encode(),
        ArbOwner::setL2BaseFeeCall {
            priceInWei: U256::ONE,
        }
        .abi_encode(),
        // A number too wide for its type is not cut.
        [
            &ArbOwner::setWasmPageGasCall::SELECTOR[..],
            &U256::from(65_536 + 5).to_be_bytes::<32>(),
        ]
        .concat(),
    ] {
        let message = scene.message(OWNER, ARB_OWNER, data.clone());
        let outcome = scene.run(&message);
        assert_eq!(outcome.status, Status::Revert, "{data:?}");
        assert_eq!(
            (outcome.gas_used, &outcome.logs[..]),
            (intrinsic(&data), &[][..])
        );
        assert!(outcome.reason.is_some());
    }
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::inkPriceCall {}), 10_000);
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::pageGasCall {}), 1_000);
}

#[test]
fn owners_come_and_go() {
    let mut scene = Scene::new();
    let outcome = scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::addChainOwnerCall { newOwner: ALICE },
    );
    assert_eq!(outcome.logs.len(), 2);
    let added = ArbOwner::ChainOwnerAdded::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(added.owner, ALICE);
    let all = ArbOwnerPublic::getAllChainOwnersCall {};
    assert_eq!(scene.ask(ARB_OWNER_PUBLIC, all.clone()), [OWNER, ALICE]);
    // 800 to open, the count, one each; offset, length and two addresses.
    assert_eq!(
        scene.cost(ARB_OWNER_PUBLIC, all.clone()),
        4 * READ + 4 * WORD
    );
    let outcome = scene.ok(
        ALICE,
        ARB_OWNER,
        ArbOwner::removeChainOwnerCall {
            ownerToRemove: OWNER,
        },
    );
    let removed = ArbOwner::ChainOwnerRemoved::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(removed.owner, OWNER);
    assert_eq!(scene.ask(ARB_OWNER_PUBLIC, all), [ALICE]);
    let is = |addr| ArbOwnerPublic::isChainOwnerCall { addr };
    assert!(!scene.ask(ARB_OWNER_PUBLIC, is(OWNER)));
    assert!(scene.ask(ARB_OWNER_PUBLIC, is(ALICE)));
    assert_took_all(&scene.send(OWNER, ARB_OWNER, ArbOwner::setInkPriceCall { price: 1 }));
}

#[test]
fn anybody_becomes_an_owner_on_nitros_development_chain_alone() {
    let mut scene = Scene::new();
    let outcome = scene.ok(ALICE, ARB_DEBUG, ArbDebug::becomeChainOwnerCall {});
    // Opening, the member, the count twice, three writes.
    let data = ArbDebug::becomeChainOwnerCall {}.abi_encode();
    assert_eq!(outcome.gas_used - intrinsic(&data), 4 * READ + 3 * 20_000);
    scene.ok(ALICE, ARB_OWNER, ArbOwner::setInkPriceCall { price: 1 });

    let mut scene = Scene::new();
    scene.block.chain_id = 42_161;
    let outcome = scene.send(ALICE, ARB_DEBUG, ArbDebug::becomeChainOwnerCall {});
    assert_took_all(&outcome);
}

#[test]
fn stylus_parameters_take_effect_at_once() {
    let mut scene = Scene::new();
    let program = scene.program(1, EMPTY);
    let cost = |scene: &mut Scene| {
        scene.block.l2_number += 1;
        let message = scene.message(ALICE, program, vec![]);
        let outcome = scene.run(&message);
        assert!(outcome.is_success());
        outcome.gas_used
    };
    let before = cost(&mut scene);
    // 255 gas is two units of 128, 64 gas two of 32: (8,832 − 256) + (352 − 64) less.
    let call = ArbOwner::setWasmMinInitGasCall {
        gas: 255,
        cached: 64,
    };
    scene.ok(OWNER, ARB_OWNER, call);
    assert_eq!(before - cost(&mut scene), 8_576 + 288);
    let least = scene.ask(ARB_WASM, ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached), (256, 64));

    macro_rules! sets {
        ($($set:ident { $arg:ident: $value:expr } => $get:ident),* $(,)?) => {$(
            scene.ok(OWNER, ARB_OWNER, ArbOwner::$set { $arg: $value });
            assert_eq!(scene.ask(ARB_WASM, ArbWasm::$get {}), $value, stringify!($set));
        )*};
    }
    sets!(
        setWasmMaxStackDepthCall { depth: 9_999 } => maxStackDepthCall,
        setWasmFreePagesCall { pages: 3 } => freePagesCall,
        setWasmPageGasCall { gas: 7 } => pageGasCall,
        setWasmPageLimitCall { limit: 64 } => pageLimitCall,
        setWasmInitCostScalarCall { percent: 150 } => initCostScalarCall,
        setWasmExpiryDaysCall { _days: 10 } => expiryDaysCall,
        setWasmKeepaliveDaysCall { _days: 5 } => keepaliveDaysCall,
        setWasmBlockCacheSizeCall { count: 1 } => blockCacheSizeCall,
    );
    let fragments = ArbOwnerPublic::getMaxStylusContractFragmentsCall {};
    assert_eq!(scene.ask(ARB_OWNER_PUBLIC, fragments.clone()), 4);
    let call = ArbOwner::setMaxStylusContractFragmentsCall { maxFragments: 6 };
    scene.ok(OWNER, ARB_OWNER, call);
    assert_eq!(scene.ask(ARB_OWNER_PUBLIC, fragments.clone()), 6);
    assert_eq!(
        scene.cost(ARB_OWNER_PUBLIC, fragments),
        READ + PARAMS + WORD
    );
    // What expires after ten days did.
    scene.block.timestamp += 11 * 86_400;
    let message = scene.message(ALICE, program, vec![]);
    assert!(!scene.run(&message).is_success());
}

#[test]
fn what_a_reverted_call_set_is_not_set() {
    let mut scene = Scene::new();
    // Calls ArbOwner with its calldata and reverts.
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x73];
    code.extend(ARB_OWNER.as_slice());
    code.extend([0x5a, 0xf1, 0x5f, 0x5f, 0xfd]);
    let contract = scene.place(3, code);
    scene.state.add_chain_owner(contract);
    let data = ArbOwner::setInkPriceCall { price: 5 }.abi_encode();
    let message = Message {
        trace: true,
        ..scene.message(ALICE, contract, data)
    };
    let outcome = scene.run(&message);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.frames[1].error, None, "the inner call went through");
    assert_eq!(scene.ask(ARB_WASM, ArbWasm::inkPriceCall {}), 10_000);
}

#[test]
fn a_transaction_computes_no_more_than_its_limit() {
    let mut scene = Scene::new();
    // JUMPDEST PUSH0 JUMP
    let spinner = scene.place(4, vec![0x5b, 0x5f, 0x56]);
    let spin = |scene: &mut Scene| {
        let message = Message {
            gas_limit: 40_000_000,
            posted: Posted::Transaction(Bytes::new()),
            ..scene.message(ALICE, spinner, vec![])
        };
        let outcome = scene.run(&message);
        assert!(matches!(outcome.status, Status::Halt(_)));
        outcome.gas_used
    };
    assert_eq!(spin(&mut scene), 32_000_000);
    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::setMaxTxGasLimitCall { limit: 100_000 },
    );
    assert_eq!(spin(&mut scene), 100_000);
    let limit = scene.ask(ARB_GAS_INFO, ArbGasInfo::getMaxTxGasLimitCall {});
    assert_eq!(limit, U256::from(100_000));
}

#[test]
fn calldata_has_a_floor_once_an_owner_says_so() {
    let mut scene = Scene::new();
    let ask = ArbOwnerPublic::isCalldataPriceIncreaseEnabledCall {};
    assert!(!scene.ask(ARB_OWNER_PUBLIC, ask.clone()));
    let idle = |scene: &mut Scene| {
        let message = scene.message(ALICE, Address::repeat_byte(5), vec![1; 100]);
        scene.run(&message).gas_used
    };
    assert_eq!(idle(&mut scene), 21_000 + 100 * 16);
    let call = ArbOwner::setCalldataPriceIncreaseCall { enable: true };
    scene.ok(OWNER, ARB_OWNER, call);
    assert!(scene.ask(ARB_OWNER_PUBLIC, ask));
    // EIP-7623: four tokens a byte, ten gas a token.
    assert_eq!(idle(&mut scene), 21_000 + 100 * 4 * 10);
}

#[test]
fn the_public_sees_what_owners_set() {
    let mut scene = Scene::new();
    macro_rules! shows {
        ($($call:ident => $value:expr),* $(,)?) => {$(
            let call = ArbOwnerPublic::$call {};
            assert_eq!(scene.ask(ARB_OWNER_PUBLIC, call.clone()), $value, stringify!($call));
            assert_eq!(scene.cost(ARB_OWNER_PUBLIC, call), 2 * READ + WORD);
        )*};
    }
    shows!(
        getNetworkFeeAccountCall => OWNER,
        getInfraFeeAccountCall => Address::ZERO,
        getBrotliCompressionLevelCall => 1,
        getParentGasFloorPerTokenCall => 0,
        getNativeTokenManagementFromCall => 0,
        getTransactionFilteringFromCall => 0,
        getFilteredFundsRecipientCall => Address::ZERO,
        getCollectTipsCall => false,
    );
    let is = ArbOwnerPublic::isNativeTokenOwnerCall { addr: OWNER };
    assert!(!scene.ask(ARB_OWNER_PUBLIC, is));
    let upgrade = |scene: &Scene| {
        let answer = scene.ask(ARB_OWNER_PUBLIC, ArbOwnerPublic::getScheduledUpgradeCall {});
        (answer.arbosVersion, answer.scheduledForTimestamp)
    };
    assert_eq!(upgrade(&scene), (0, 0));
    let call = ArbOwner::scheduleArbOSUpgradeCall {
        newVersion: 70,
        timestamp: 9,
    };
    scene.ok(OWNER, ARB_OWNER, call);
    assert_eq!(upgrade(&scene), (70, 9));

    scene.ok(
        OWNER,
        ARB_OWNER,
        ArbOwner::setInfraFeeAccountCall {
            newInfraFeeAccount: ALICE,
        },
    );
    shows!(getInfraFeeAccountCall => ALICE);
    // Nothing to repair: 800 to open, a word, the member, and three reads of where it is.
    let owner = ArbOwnerPublic::rectifyChainOwnerCall {
        ownerToRectify: OWNER,
    };
    let data = owner.abi_encode();
    let outcome = scene.send(ALICE, ARB_OWNER_PUBLIC, owner);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.gas_used - intrinsic(&data), 5 * READ + WORD);
    let managers = scene.ask(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
    assert_eq!(managers, Vec::<Address>::new());
}
