//! What governance and guardian may do: `setRebalancer`, `listAsset`, `delistAsset`, `pauseMint`, `unpauseMint`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE, MAX_ASSETS},
};
use ballast_mocks::tokens::MockToken;
use ballast_vault::{types::*, Vault};
use common::*;
use motsu::prelude::*;
use stylus_sdk::{alloy_primitives::B256, prelude::*};

extern crate alloc;

/// A policy whose third module is known.
#[storage]
struct PolicyOfThree {
    oracle: stylus_sdk::storage::StorageAddress,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for PolicyOfThree {}

#[public]
impl PolicyOfThree {
    fn set_oracle(&mut self, oracle: Address) {
        self.oracle.set(oracle);
    }
    fn has_role(&self, _role: B256, _account: Address) -> bool {
        true
    }
    fn modules(&self) -> (Address, Address, Address) {
        (Address::ZERO, self.oracle.get(), Address::ZERO)
    }
}

#[motsu::test]
fn constructor_reverts_for_a_policy_without_code(vault: Contract<Vault>, alice: Address) {
    let account = Address::repeat_byte(7);
    let error = refused(
        vault
            .sender(alice)
            .constructor("Ballast".into(), "BLST".into(), account),
    );
    assert_eq!(error, VaultNotContract { account }.into());
}

#[motsu::test]
fn constructor_gives_its_caller_nothing() {
    let world = World::bare();
    let deployer = Address::repeat_byte(0xde);
    let error = refused(
        world
            .vault
            .sender(deployer)
            .set_rebalancer(world.rebalancer.address()),
    );
    let (caller, role) = (deployer, DEFAULT_ADMIN_ROLE);
    assert_eq!(error, VaultUnauthorized { caller, role }.into());
    let vault = world.vault.sender(deployer);
    assert_eq!(vault.name(), "Ballast");
    assert_eq!(vault.symbol(), "BLST");
    assert_eq!(vault.policy(), world.policy.address());
    assert!(!vault.seeded());
}

#[motsu::test]
fn set_rebalancer_reverts_for_anybody_but_the_governor() {
    let world = World::bare();
    for caller in [world.guardian, world.eve] {
        let error = refused(
            world
                .vault
                .sender(caller)
                .set_rebalancer(world.rebalancer.address()),
        );
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(error, VaultUnauthorized { caller, role }.into());
    }
}

#[motsu::test]
fn set_rebalancer_reverts_the_second_time() {
    let world = World::listed();
    let rebalancer = world.rebalancer.address();
    for again in [rebalancer, world.policy.address()] {
        let error = refused(world.vault.sender(world.governor).set_rebalancer(again));
        assert_eq!(error, VaultRebalancerAlreadySet { rebalancer }.into());
    }
}

#[motsu::test]
fn set_rebalancer_reverts_for_an_account_without_code_and_for_an_asset() {
    let world = World::bare();
    let account = world.eve;
    let error = refused(world.vault.sender(world.governor).set_rebalancer(account));
    assert_eq!(error, VaultNotContract { account }.into());

    let token = world.a.address();
    world
        .vault
        .sender(world.governor)
        .list_asset(token, n(1))
        .motsu_unwrap();
    let error = refused(world.vault.sender(world.governor).set_rebalancer(token));
    assert_eq!(error, VaultAssetListed { token }.into());
}

#[motsu::test]
fn set_rebalancer_names_it() {
    let world = World::bare();
    let rebalancer = world.rebalancer.address();
    world
        .vault
        .sender(world.governor)
        .set_rebalancer(rebalancer)
        .motsu_unwrap();
    assert_eq!(world.vault.sender(world.eve).rebalancer(), rebalancer);
    world.vault.assert_emitted(&RebalancerSet { rebalancer });
}

#[motsu::test]
fn list_asset_reverts_for_anybody_but_the_governor() {
    let world = World::bare();
    for caller in [world.guardian, world.eve] {
        let error = refused(
            world
                .vault
                .sender(caller)
                .list_asset(world.a.address(), n(1)),
        );
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(error, VaultUnauthorized { caller, role }.into());
    }
}

#[motsu::test]
fn list_asset_reverts_for_an_account_without_code() {
    let world = World::bare();
    let account = world.eve;
    let error = refused(world.vault.sender(world.governor).list_asset(account, n(1)));
    assert_eq!(error, VaultNotContract { account }.into());
}

#[motsu::test]
fn list_asset_reverts_for_the_share_and_the_modules() {
    let world = World::listed();
    for token in [
        world.vault.address(),
        world.policy.address(),
        world.rebalancer.address(),
    ] {
        let error = refused(world.vault.sender(world.governor).list_asset(token, n(1)));
        assert_eq!(error, VaultAssetForbidden { token }.into());
    }
}

#[motsu::test]
fn list_asset_reverts_for_the_oracle_that_the_policy_names(
    vault: Contract<Vault>,
    policy: Contract<PolicyOfThree>,
    oracle: Contract<MockToken>,
    alice: Address,
) {
    vault
        .sender(alice)
        .constructor("Ballast".into(), "BLST".into(), policy.address())
        .motsu_unwrap();
    let token = oracle.address();
    policy.sender(alice).set_oracle(token);
    let error = refused(vault.sender(alice).list_asset(token, n(1)));
    assert_eq!(error, VaultAssetForbidden { token }.into());
}

#[motsu::test]
fn list_asset_reverts_for_one_that_is_listed() {
    let world = World::listed();
    let token = world.b.address();
    let error = refused(world.vault.sender(world.governor).list_asset(token, n(1)));
    assert_eq!(error, VaultAssetListed { token }.into());
}

#[motsu::test]
fn list_asset_reverts_without_a_least_holding() {
    let world = World::bare();
    let token = world.a.address();
    let error = refused(
        world
            .vault
            .sender(world.governor)
            .list_asset(token, U256::ZERO),
    );
    assert_eq!(error, VaultMinHoldingZero { token }.into());
}

#[motsu::test]
fn list_asset_reverts_for_a_token_that_does_not_tell_a_balance() {
    let world = World::bare();
    world.a.sender(world.eve).set_mute(true, false);
    let token = world.a.address();
    let error = refused(world.vault.sender(world.governor).list_asset(token, n(1)));
    assert_eq!(error, VaultBalanceUnreadable { token }.into());
}

#[motsu::test]
fn list_asset_reverts_for_one_that_shows_the_balance_of_a_listed_one() {
    let world = World::seeded();
    let token = Contract::<MockToken>::new();
    let vault = world.vault.address();
    let list = || {
        let mut caller = world.vault.sender(world.governor);
        caller.list_asset(token.address(), n(1)).motsu_res()
    };
    token.sender(world.eve).mint(vault, n(SEEDED[1]));
    let (alias, listed) = (token.address(), world.b.address());
    let refused = VaultAssetAlias {
        token: alias,
        listed,
    };
    assert_eq!(list(), Err(refused.into()));
    // Who sends a unit more ends what a coincidence, or a prank, began.
    token.sender(world.eve).mint(vault, n(1));
    assert_eq!(list(), Ok(()));
}

#[motsu::test]
fn list_asset_lists_what_nobody_holds_beside_what_nobody_holds_and_what_is_mute() {
    let world = World::listed();
    world.a.sender(world.eve).set_mute(true, false);
    let token = Contract::<MockToken>::new();
    let list = |token: Address| {
        let mut caller = world.vault.sender(world.governor);
        caller.list_asset(token, n(1)).motsu_res()
    };
    assert_eq!(list(token.address()), Ok(()));
    let other = Contract::<MockToken>::new();
    let mut mint = other.sender(world.eve);
    mint.mint(world.vault.address(), n(1));
    drop(mint);
    assert_eq!(list(other.address()), Ok(()));
}

#[motsu::test]
fn list_asset_reverts_beyond_the_most() {
    let world = World::bare();
    let tokens: Vec<Contract<MockToken>> = (0..=MAX_ASSETS).map(|_| Contract::new()).collect();
    for token in &tokens[..MAX_ASSETS] {
        world
            .vault
            .sender(world.governor)
            .list_asset(token.address(), n(1))
            .motsu_unwrap();
    }
    let error = refused(
        world
            .vault
            .sender(world.governor)
            .list_asset(tokens[MAX_ASSETS].address(), n(1)),
    );
    let (number, max) = (n(33), n(32));
    assert_eq!(error, VaultTooManyAssets { n: number, max }.into());
    let listed = world.vault.sender(world.eve).holdings().motsu_unwrap().0 .0;
    let expected: Vec<Address> = tokens[..MAX_ASSETS].iter().map(|t| t.address()).collect();
    assert_eq!(listed, expected);
}

#[motsu::test]
fn list_asset_lists_at_the_end() {
    let world = World::listed();
    let token = Contract::<MockToken>::new();
    world
        .vault
        .sender(world.governor)
        .list_asset(token.address(), n(77))
        .motsu_unwrap();
    let vault = world.vault.sender(world.eve);
    assert_eq!(vault.min_holding(token.address()), n(77));
    assert!(vault.is_constituent(token.address()).motsu_unwrap());
    assert_eq!(vault.total_constituents().motsu_unwrap(), n(4));
    let (tokens, held) = vault.holdings().motsu_unwrap().0;
    assert_eq!(tokens[..3], world.tokens());
    assert_eq!(tokens[3], token.address());
    assert_eq!(held, [U256::ZERO; 4]);
    world.vault.assert_emitted(&AssetListed {
        token: token.address(),
        minHolding: n(77),
    });
}

#[motsu::test]
fn delist_asset_reverts_for_anybody_but_the_governor() {
    let world = World::listed();
    for caller in [world.guardian, world.eve] {
        let error = refused(world.vault.sender(caller).delist_asset(world.a.address()));
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(error, VaultUnauthorized { caller, role }.into());
    }
}

#[motsu::test]
fn delist_asset_reverts_for_one_that_is_not_listed() {
    let world = World::bare();
    let token = world.a.address();
    let error = refused(world.vault.sender(world.governor).delist_asset(token));
    assert_eq!(error, VaultAssetNotListed { token }.into());
}

#[motsu::test]
fn delist_asset_reverts_while_something_is_held() {
    let world = World::seeded();
    let token = world.c.address();
    let error = refused(world.vault.sender(world.governor).delist_asset(token));
    assert_eq!(
        error,
        VaultAssetInUse {
            token,
            held: n(7),
            weightWad: U256::ZERO
        }
        .into()
    );
}

#[motsu::test]
fn delist_asset_reverts_while_the_policy_wants_it_now_or_later() {
    let world = World::listed();
    let token = world.c.address();
    let mut policy = world.policy.sender(world.governor);
    policy.set_weight(token, n(5), n(100));
    policy.set_target(token, U256::ZERO);
    let error = refused(world.vault.sender(world.governor).delist_asset(token));
    let in_use = |weight| VaultAssetInUse {
        token,
        held: U256::ZERO,
        weightWad: n(weight),
    };
    assert_eq!(error, in_use(5).into());

    let mut policy = world.policy.sender(world.governor);
    policy.set_weight(token, U256::ZERO, n(100));
    policy.set_target(token, n(6));
    let error = refused(world.vault.sender(world.governor).delist_asset(token));
    assert_eq!(error, in_use(6).into());
}

#[motsu::test]
fn delist_asset_keeps_the_order_of_the_others() {
    let world = World::listed();
    let token = world.a.address();
    world
        .vault
        .sender(world.governor)
        .delist_asset(token)
        .motsu_unwrap();
    let vault = world.vault.sender(world.eve);
    let (tokens, _) = vault.holdings().motsu_unwrap().0;
    assert_eq!(tokens, world.tokens()[1..]);
    assert!(!vault.is_constituent(token).motsu_unwrap());
    assert_eq!(vault.min_holding(token), U256::ZERO);
    assert_eq!(vault.total_constituents().motsu_unwrap(), n(2));
    world.vault.assert_emitted(&AssetDelisted { token });

    // It may come back, to the end.
    world
        .vault
        .sender(world.governor)
        .list_asset(token, n(3))
        .motsu_unwrap();
    let (tokens, _) = world.vault.sender(world.eve).holdings().motsu_unwrap().0;
    assert_eq!(tokens, [world.b.address(), world.c.address(), token]);
}

fn pause(world: &World, who: Address, until: u64) -> Result<(), Error> {
    world.vault.sender(who).pause_mint(n(until))
}

#[motsu::test]
fn pause_mint_reverts_for_anybody_else() {
    let world = World::bare();
    let error = refused(pause(&world, world.eve, START + 1));
    let (caller, role) = (world.eve, GUARDIAN_ROLE);
    assert_eq!(error, VaultUnauthorized { caller, role }.into());
}

#[motsu::test]
fn pause_mint_reverts_when_the_guardian_passes_its_range() {
    let world = World::bare();
    let (earliest, latest) = (START + 1, START + GUARDIAN_ACT_MAX_S);
    for until in [0, START, latest + 1, u64::MAX] {
        let error = refused(pause(&world, world.guardian, until));
        assert_eq!(
            error,
            VaultPauseOutOfRange {
                until: n(until),
                earliest: n(earliest),
                latest: n(latest)
            }
            .into()
        );
    }
    pause(&world, world.guardian, latest).motsu_unwrap();
}

#[motsu::test]
fn pause_mint_reverts_when_it_does_not_fit() {
    let world = World::bare();
    // The latest of all is the end of minting, which is the policy's to tell.
    for until in [n(u64::MAX), n(u64::MAX) + n(1)] {
        let error = refused(world.vault.sender(world.governor).pause_mint(until));
        assert_eq!(
            error,
            VaultPauseOutOfRange {
                until,
                earliest: U256::ZERO,
                latest: n(u64::MAX - 1)
            }
            .into()
        );
    }
}

#[motsu::test]
fn pause_mint_by_the_guardian_cannot_shorten_one() {
    let world = World::bare();
    pause(&world, world.governor, START + 1_000).motsu_unwrap();
    let error = refused(pause(&world, world.guardian, START + 999));
    assert_eq!(
        error,
        VaultPauseOutOfRange {
            until: n(START + 999),
            earliest: n(START + 1_000),
            latest: n(START + GUARDIAN_ACT_MAX_S)
        }
        .into()
    );
}

#[motsu::test]
fn inv_27_the_guardians_pause_ends_however_often_it_is_made_longer() {
    let world = World::bare();
    pause(&world, world.guardian, START + 100).motsu_unwrap();
    clock::set(START + 50);
    pause(&world, world.guardian, START + 200).motsu_unwrap();
    let latest = START + GUARDIAN_ACT_MAX_S;
    let error = refused(pause(&world, world.guardian, latest + 1));
    assert_eq!(
        error,
        VaultPauseOutOfRange {
            until: n(latest + 1),
            earliest: n(START + 200),
            latest: n(latest)
        }
        .into(),
        "INV-27"
    );
}

#[motsu::test]
fn inv_27_the_guardian_rests_as_long_as_its_pause_lasted() {
    let world = World::bare();
    pause(&world, world.guardian, START + 100).motsu_unwrap();
    for now in [START + 100, START + 199] {
        clock::set(now);
        let error = refused(pause(&world, world.guardian, now + 10));
        assert_eq!(
            error,
            VaultPauseTooSoon {
                now: n(now),
                allowedFrom: n(START + 200)
            }
            .into(),
            "INV-27"
        );
    }
    clock::set(START + 200);
    pause(&world, world.guardian, START + 201).motsu_unwrap();
}

#[motsu::test]
fn inv_27_the_guardian_cannot_renew_what_the_governor_ended() {
    let world = World::bare();
    pause(&world, world.guardian, START + 100).motsu_unwrap();
    world
        .vault
        .sender(world.governor)
        .unpause_mint()
        .motsu_unwrap();
    clock::set(START + 50);
    let error = refused(pause(&world, world.guardian, START + 100));
    assert_eq!(
        error,
        VaultPauseTooSoon {
            now: n(START + 50),
            allowedFrom: n(START + 200)
        }
        .into(),
        "INV-27"
    );
}

#[motsu::test]
fn pause_mint_tells_old_and_new() {
    let world = World::bare();
    pause(&world, world.guardian, START + 100).motsu_unwrap();
    pause(&world, world.governor, START + 50).motsu_unwrap();
    let paused = |old: u64, new: u64, by| MintPaused {
        oldUntil: n(old),
        newUntil: n(new),
        by,
    };
    world
        .vault
        .assert_emitted(&paused(0, START + 100, world.guardian));
    world
        .vault
        .assert_emitted(&paused(START + 100, START + 50, world.governor));
    let until = world.vault.sender(world.eve).mint_paused_until();
    assert_eq!(until, n(START + 50));
}

#[motsu::test]
fn unpause_mint_is_the_governors() {
    let world = World::bare();
    pause(&world, world.guardian, START + 100).motsu_unwrap();
    for caller in [world.guardian, world.eve] {
        let error = refused(world.vault.sender(caller).unpause_mint());
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(error, VaultUnauthorized { caller, role }.into());
    }
    world
        .vault
        .sender(world.governor)
        .unpause_mint()
        .motsu_unwrap();
    let until = world.vault.sender(world.eve).mint_paused_until();
    assert_eq!(until, U256::ZERO);
    world.vault.assert_emitted(&MintPaused {
        oldUntil: n(START + 100),
        newUntil: U256::ZERO,
        by: world.governor,
    });
}

/// The policy calls when a queued change of modules is executed: it has seen to the delay.
#[motsu::test]
fn inv_19_set_rebalancer_again_is_the_policys_alone() {
    let world = World::listed();
    let (old, other) = (world.rebalancer.address(), Contract::<MockToken>::new());
    let new = other.address();
    let policy = world.policy.address();
    world
        .vault
        .sender(policy)
        .set_rebalancer(new)
        .motsu_unwrap();
    assert_eq!(world.vault.sender(world.eve).rebalancer(), new);
    world
        .vault
        .assert_emitted(&RebalancerSet { rebalancer: new });
    // What holds for the first holds for the next.
    let (account, token) = (world.eve, world.a.address());
    let error = refused(world.vault.sender(policy).set_rebalancer(account));
    assert_eq!(error, VaultNotContract { account }.into());
    let error = refused(world.vault.sender(policy).set_rebalancer(token));
    assert_eq!(error, VaultAssetListed { token }.into());
    let error = refused(world.vault.sender(world.governor).set_rebalancer(old));
    assert_eq!(error, VaultRebalancerAlreadySet { rebalancer: new }.into());
}

#[motsu::test]
fn pause_mint_by_the_policy_is_the_end_of_minting_and_not_of_redeeming() {
    let world = World::seeded();
    let policy = world.policy.address();
    pause(&world, policy, 7).unwrap();
    let end = u64::MAX;
    let down: Error = VaultWoundDown {}.into();
    for now in [START, START + 100_000_000_000] {
        clock::set(now);
        assert_eq!(world.vault.sender(world.eve).mint_paused_until(), n(end));
        assert_eq!(refused(pause(&world, world.governor, 0)), down);
        assert_eq!(refused(pause(&world, policy, 0)), down);
        let unpaused = world.vault.sender(world.governor).unpause_mint();
        assert_eq!(refused(unpaused), down);
        refused(pause(&world, world.guardian, now + 1));
    }
    let most = vec![U256::MAX; 3];
    world.redeem(world.governor, n(1_000));
    let minted = world.vault.sender(world.eve).mint(n(1), world.eve, most);
    assert_eq!(refused(minted), VaultMintPaused { until: n(end) }.into());
}
