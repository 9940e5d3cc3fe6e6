//! `ArbGasInfo`, and what being posted to the parent chain costs.

use crate::scene::{intrinsic, Scene, ALICE, OWNER, READ, WORD};
use alloy::primitives::{address, Address, Bytes, I256, U256};
use alloy::sol_types::SolCall;
use devnode::exec::precompiles::{
    arb_gas_info::ArbGasInfo, arb_owner::ArbOwner, ARB_GAS_INFO, ARB_OWNER,
};
use devnode::exec::{transact, Message, Mode, Outcome, Posted, TxError};

const POOL: Address = address!("A4B00000000000000000000000000000000000F6");
const L1_PRICE: u64 = 20_000_000_000;
/// Calls nobody.
const IDLE: Address = Address::repeat_byte(0x1d);

fn priced() -> Scene {
    let mut scene = Scene::new();
    let call = ArbOwner::setL1PricePerUnitCall {
        pricePerUnit: U256::from(L1_PRICE),
    };
    scene.ok(OWNER, ARB_OWNER, call);
    scene
}

/// A transaction of so many bytes that do not compress.
fn posted(bytes: usize) -> Posted {
    let words = (0..bytes.div_ceil(32)).map(|i| alloy::primitives::keccak256([i as u8]).0);
    let raw: Vec<u8> = words.flatten().take(bytes).collect();
    Posted::Transaction(raw.into())
}

fn idle(scene: &mut Scene, posted: Posted) -> Outcome {
    let message = Message {
        posted,
        ..scene.message(ALICE, IDLE, vec![])
    };
    scene.run(&message)
}

#[test]
fn prices_are_made_of_both_chains() {
    let mut scene = priced();
    let call = ArbGasInfo::getPricesInWeiCall {};
    // 800 to open, two reads, six words.
    assert_eq!(scene.cost(ARB_GAS_INFO, call.clone()), 3 * READ + 6 * WORD);
    assert_eq!(3 * READ + 6 * WORD, 2_418);
    let prices = |scene: &Scene| {
        let p = scene.ask(ARB_GAS_INFO, ArbGasInfo::getPricesInWeiCall {});
        [p._0, p._1, p._2, p._3, p._4, p._5].map(|wei| wei.to::<u64>())
    };
    // A byte: 16 · 20 gwei; a simple transaction: 140 of them; a slot: 20,000 gas at 0.1 gwei.
    let byte = 320_000_000_000;
    let expected = [
        140 * byte,
        byte,
        2_000_000_000_000,
        100_000_000,
        0,
        100_000_000,
    ];
    assert_eq!(prices(&scene), expected);
    let p = scene.ask(ARB_GAS_INFO, ArbGasInfo::getPricesInArbGasCall {});
    assert_eq!(
        [p._0, p._1, p._2].map(|gas| gas.to::<u64>()),
        [448_000, 3_200, 20_000]
    );
    let cost = scene.cost(ARB_GAS_INFO, ArbGasInfo::getPricesInArbGasCall {});
    assert_eq!(cost, 2 * READ + 3 * WORD);
    // Above the least price, the rest is congestion; below it there is none.
    scene.block.basefee = 300_000_000;
    let slot = 6_000_000_000_000;
    let expected = [
        140 * byte,
        byte,
        slot,
        100_000_000,
        200_000_000,
        300_000_000,
    ];
    assert_eq!(prices(&scene), expected);
    scene.block.basefee = 60_000_000;
    let expected = [
        140 * byte,
        byte,
        1_200_000_000_000,
        60_000_000,
        0,
        60_000_000,
    ];
    assert_eq!(prices(&scene), expected);
}

#[test]
fn parameters_are_those_of_a_new_chain() {
    let scene = Scene::new();
    macro_rules! shows {
        ($($call:ident => $value:expr),* $(,)?) => {$(
            let call = ArbGasInfo::$call {};
            assert_eq!(scene.ask(ARB_GAS_INFO, call.clone()), $value, stringify!($call));
            assert_eq!(scene.cost(ARB_GAS_INFO, call), 2 * READ + WORD, stringify!($call));
        )*};
    }
    shows!(
        getMaxTxGasLimitCall => U256::from(32_000_000),
        getMinimumGasPriceCall => U256::from(100_000_000),
        getL1BaseFeeEstimateCall => U256::ZERO,
        getL1GasPriceEstimateCall => U256::ZERO,
        getL1BaseFeeEstimateInertiaCall => 10,
        getL1RewardRateCall => 10,
        getL1RewardRecipientCall => OWNER,
        getGasBacklogCall => 0,
        getPricingInertiaCall => 102,
        getGasBacklogToleranceCall => 10,
        getPerBatchGasChargeCall => 210_000,
        getAmortizedCostCapBipsCall => 0,
        getL1FeesAvailableCall => U256::ZERO,
        getL1PricingEquilibrationUnitsCall => U256::from(160_000_000),
        getLastL1PricingUpdateTimeCall => 0,
        getL1PricingFundsDueForRewardsCall => U256::ZERO,
        getL1PricingUnitsSinceUpdateCall => 0,
        getLastL1PricingSurplusCall => I256::ZERO,
        getMaxBlockGasLimitCall => 32_000_000,
    );
    let params = scene.ask(ARB_GAS_INFO, ArbGasInfo::getGasAccountingParamsCall {});
    let limit = U256::from(32_000_000);
    assert_eq!(
        [params._0, params._1, params._2],
        [U256::from(7_000_000), limit, limit]
    );
    let surplus = ArbGasInfo::getL1PricingSurplusCall {};
    assert_eq!(scene.ask(ARB_GAS_INFO, surplus.clone()), I256::ZERO);
    assert_eq!(scene.cost(ARB_GAS_INFO, surplus), 4 * READ + WORD);
    let fees = scene.ask(ARB_GAS_INFO, ArbGasInfo::getMultiGasBaseFeeCall {});
    assert_eq!(fees, vec![U256::from(100_000_000); 9]);
    let cost = scene.cost(ARB_GAS_INFO, ArbGasInfo::getMultiGasBaseFeeCall {});
    assert_eq!(cost, 11 * READ + 11 * WORD);
    assert!(scene
        .ask(ARB_GAS_INFO, ArbGasInfo::getGasPricingConstraintsCall {})
        .is_empty());
    assert!(scene
        .ask(
            ARB_GAS_INFO,
            ArbGasInfo::getMultiGasPricingConstraintsCall {}
        )
        .is_empty());
}

#[test]
fn posting_is_free_unless_the_parent_chain_has_a_price() {
    let mut scene = Scene::new();
    let outcome = idle(&mut scene, posted(300));
    assert_eq!((outcome.gas_used, outcome.gas_used_for_l1), (21_000, 0));
}

#[test]
fn posting_is_paid_for_in_gas_and_goes_to_the_pool() {
    let mut scene = priced();
    let before = [ALICE, OWNER, POOL].map(|who| scene.state.balance(who));
    let outcome = idle(&mut scene, posted(320));
    // At 200 gas a unit, 3,200 a byte, for 320 bytes and a little more.
    let for_l1 = outcome.gas_used_for_l1;
    assert_eq!(for_l1 % 3_200, 0);
    assert!((320..330).contains(&(for_l1 / 3_200)), "{for_l1}");
    assert_eq!(outcome.gas_used, 21_000 + for_l1);
    let after = [ALICE, OWNER, POOL].map(|who| scene.state.balance(who));
    let price = U256::from(100_000_000);
    assert_eq!(before[0] - after[0], U256::from(outcome.gas_used) * price);
    assert_eq!(after[1] - before[1], U256::from(21_000) * price);
    assert_eq!(after[2] - before[2], U256::from(for_l1) * price);
    let available = scene.ask(ARB_GAS_INFO, ArbGasInfo::getL1FeesAvailableCall {});
    assert_eq!(available, after[2] - before[2]);
    let units = scene.ask(
        ARB_GAS_INFO,
        ArbGasInfo::getL1PricingUnitsSinceUpdateCall {},
    );
    assert_eq!(units, for_l1 / 200);
}

#[test]
fn a_contract_can_ask_what_its_transaction_paid() {
    let mut scene = priced();
    let data = ArbGasInfo::getCurrentTxL1GasFeesCall {}.abi_encode();
    let message = Message {
        posted: posted(200),
        ..scene.message(ALICE, ARB_GAS_INFO, data.clone())
    };
    let outcome = scene.run(&message);
    let fee = U256::from_be_slice(&outcome.output);
    let expected = U256::from(outcome.gas_used_for_l1) * U256::from(100_000_000);
    assert!(!fee.is_zero());
    assert_eq!(fee, expected);
    let own = outcome.gas_used - outcome.gas_used_for_l1 - intrinsic(&data);
    assert_eq!(own, READ + WORD);
}

#[test]
fn a_limit_that_posting_eats_is_refused_before_anything_runs() {
    let mut scene = priced();
    let limit = |scene: &mut Scene, gas_limit| {
        let message = Message {
            gas_limit,
            posted: posted(320),
            ..scene.message(ALICE, IDLE, vec![])
        };
        transact(&mut scene.state, &scene.block, &message, Mode::Commit)
    };
    let for_l1 = idle(&mut priced(), posted(320)).gas_used_for_l1;
    let balance = scene.state.balance(ALICE);
    let error = limit(&mut scene, for_l1 - 1).unwrap_err();
    let expected = TxError::IntrinsicGas {
        limit: for_l1 - 1,
        needed: for_l1,
    };
    assert_eq!(error, expected);
    let error = limit(&mut scene, for_l1 + 20_999).unwrap_err();
    let expected = TxError::IntrinsicGas {
        limit: for_l1 + 20_999,
        needed: for_l1 + 21_000,
    };
    assert_eq!(error, expected);
    assert_eq!(scene.state.balance(ALICE), balance);
    assert!(limit(&mut scene, for_l1 + 21_000).unwrap().is_success());
}

#[test]
fn compute_is_limited_beside_what_posting_takes() {
    let mut scene = priced();
    let spinner = scene.place(4, vec![0x5b, 0x5f, 0x56]);
    let message = Message {
        gas_limit: 40_000_000,
        posted: posted(64),
        ..scene.message(ALICE, spinner, vec![])
    };
    let outcome = scene.run(&message);
    assert_eq!(outcome.gas_used, 32_000_000 + outcome.gas_used_for_l1);
    assert!(outcome.gas_used_for_l1 > 0);
    assert_eq!(outcome.output, Bytes::new());
}
