use alloy_primitives::U256;
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, MODULE_DELAY_S},
};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{token, u, World, DAY, T0};

fn world() -> World {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w
}

#[test]
fn wind_down_reverts_for_anybody_but_the_governor() {
    let w = world();
    for caller in [w.guardian, w.stranger] {
        let err = w.policy.sender(caller).wind_down().motsu_unwrap_err();
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
fn wind_down_reverts_without_a_vault_or_when_it_refuses() {
    let w = World::bare();
    let down = |w: &World| w.policy.sender(w.owner).wind_down().motsu_res();
    assert_eq!(down(&w), Err(PolicyModulesUnset {}.into()));
    w.set_modules();
    w.vault.sender(w.owner).set_stubborn(true);
    let vault = w.vault.address();
    assert_eq!(down(&w), Err(PolicyVaultRefused { vault }.into()));
    assert_eq!(w.policy.sender(w.owner).paused_until(), u(0), "inv_14");
}

#[test]
fn wind_down_ends_rebalancing_and_minting_and_nobody_undoes_it() {
    let w = world();
    let paused = || w.policy.sender(w.owner).paused_until();
    w.made_for(&w.rebalancer, w.oracle.address());
    w.policy
        .sender(w.owner)
        .queue_modules(w.oracle.address(), w.rebalancer.address())
        .motsu_unwrap();
    w.policy.sender(w.owner).wind_down().motsu_unwrap();
    let end = u((1 << 40) - 1);
    assert_eq!(paused(), end);
    assert_eq!(
        w.vault.sender(w.owner).mint_paused_until(),
        U256::from(u64::MAX)
    );
    for now in [T0, T0 + MODULE_DELAY_S, T0 + 36_500 * DAY] {
        clock::set(now);
        let down: Error = PolicyWoundDown {}.into();
        let p = || w.policy.sender(w.owner);
        assert_eq!(p().unpause_rebalance().motsu_unwrap_err(), down);
        assert_eq!(p().pause_rebalance(u(0)).motsu_unwrap_err(), down);
        assert_eq!(p().execute_modules().motsu_unwrap_err(), down);
        let (oracle, rebalancer) = (w.oracle.address(), w.rebalancer.address());
        let queued = p().queue_modules(oracle, rebalancer);
        assert_eq!(queued.motsu_unwrap_err(), down);
        let by_guardian = w.policy.sender(w.guardian).pause_rebalance(u(now + DAY));
        by_guardian.motsu_unwrap_err();
        assert_eq!(paused(), end);
    }
}
