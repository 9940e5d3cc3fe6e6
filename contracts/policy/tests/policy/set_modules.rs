use alloy_primitives::Address;
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::World;

#[test]
fn set_modules_reverts_for_anybody_but_the_governor() {
    let w = World::bare();
    for caller in [w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .set_modules(
                w.vault.address(),
                w.oracle.address(),
                w.rebalancer.address(),
            )
            .motsu_unwrap_err();
        assert_eq!(
            err,
            AccessControlUnauthorizedAccount {
                account: caller,
                role: DEFAULT_ADMIN_ROLE
            }
            .into()
        );
    }
}

#[test]
fn set_modules_reverts_for_each_that_has_no_code() {
    let w = World::bare();
    let good = [
        w.vault.address(),
        w.oracle.address(),
        w.rebalancer.address(),
    ];
    for i in 0..3 {
        for bad in [Address::ZERO, w.stranger] {
            let mut modules = good;
            modules[i] = bad;
            let [a, b, c] = modules;
            let err = w
                .policy
                .sender(w.owner)
                .set_modules(a, b, c)
                .motsu_unwrap_err();
            assert_eq!(err, PolicyNotContract { account: bad }.into());
        }
    }
    assert_eq!(
        w.policy.sender(w.owner).modules(),
        (Address::ZERO, Address::ZERO, Address::ZERO)
    );
}

#[test]
fn inv_19_set_modules_reverts_the_second_time() {
    let w = World::bare();
    w.set_modules();
    let err = w
        .policy
        .sender(w.owner)
        .set_modules(
            w.oracle.address(),
            w.vault.address(),
            w.rebalancer.address(),
        )
        .motsu_unwrap_err();
    assert_eq!(
        err,
        PolicyModulesAlreadySet {
            vault: w.vault.address()
        }
        .into()
    );
}

#[test]
fn set_modules_keeps_and_tells_them() {
    let w = World::bare();
    w.policy
        .sender(w.setup)
        .set_modules(
            w.vault.address(),
            w.oracle.address(),
            w.rebalancer.address(),
        )
        .motsu_unwrap();
    assert_eq!(
        w.policy.sender(w.stranger).modules(),
        (
            w.vault.address(),
            w.oracle.address(),
            w.rebalancer.address()
        )
    );
    w.policy.assert_emitted(&ModulesSet {
        vault: w.vault.address(),
        oracle: w.oracle.address(),
        rebalancer: w.rebalancer.address(),
    });
}
