use alloy_primitives::Address;
use ballast_mocks::modules::MockCaller;
use ballast_oracle::{types::*, Oracle};
use motsu::prelude::*;

use crate::World;

#[test]
fn constructor_reverts_for_a_policy_without_code() {
    let oracle = Contract::<Oracle>::new();
    let anyone = Address::from_tag("anyone");
    for policy in [Address::ZERO, anyone] {
        let err = oracle.sender(anyone).constructor(policy).motsu_unwrap_err();
        assert_eq!(err, OracleNotContract { account: policy }.into());
    }
}

#[test]
fn inv_26_constructor_runs_once() {
    let w = World::bare();
    let oracle = Contract::<Oracle>::new();
    let caller = Contract::<MockCaller>::new();
    let init = |policy: Address| {
        let mut data = stylus_sdk::abi::CONSTRUCTOR_SELECTOR.to_be_bytes().to_vec();
        data.extend_from_slice(policy.into_word().as_slice());
        caller
            .sender(w.stranger)
            .forward(oracle.address(), data.into())
            .motsu_res()
    };
    assert!(init(w.policy.address()).is_ok());
    assert!(init(caller.address()).is_err());
    assert_eq!(oracle.sender(w.stranger).policy(), w.policy.address());
}

#[test]
fn constructor_keeps_the_policy_and_prices_nothing() {
    let w = World::bare();
    assert_eq!(w.oracle.sender(w.stranger).policy(), w.policy.address());
    assert!(!w.oracle.sender(w.stranger).is_priced(w.token.address()));
    assert_eq!(
        w.oracle.sender(w.stranger).sequencer().motsu_unwrap(),
        (Address::ZERO, crate::u(0))
    );
}
