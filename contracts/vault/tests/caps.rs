//! How many shares there may be.
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
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE},
};
use ballast_vault::{types::*, MAX_SUPPLY};
use common::*;
use motsu::prelude::*;

fn cap(world: &World) -> U256 {
    world.vault.sender(world.eve).supply_cap()
}

fn govern(world: &World, cap: U256) {
    world
        .vault
        .sender(world.governor)
        .set_supply_cap(cap)
        .motsu_unwrap();
}

fn lower(world: &World, cap: U256, until: u64) -> Result<(), Error> {
    world
        .vault
        .sender(world.guardian)
        .lower_supply_cap(cap, n(until))
        .motsu_res()
}

fn mint(world: &World, who: Address, shares: U256) -> Result<(), Error> {
    let limits = vec![U256::MAX; 3];
    world
        .vault
        .sender(who)
        .mint(shares, who, limits)
        .motsu_res()
        .map(|_| ())
}

#[motsu::test]
fn mint_reverts_above_the_cap_and_reaches_it() {
    let world = World::seeded();
    assert_eq!(cap(&world), MAX_SUPPLY);
    let top = seed_shares() + n(100);
    govern(&world, top);
    assert_eq!(cap(&world), top);
    assert_eq!(
        mint(&world, world.alice, n(101)),
        Err(VaultSupplyCapExceeded {
            supply: top + n(1),
            cap: top
        }
        .into())
    );
    mint(&world, world.alice, n(100)).unwrap();
    assert_eq!(world.supply(), top);
    // Below what there is: nobody comes, everybody may leave.
    govern(&world, n(0));
    assert!(mint(&world, world.alice, n(1)).is_err());
    world.redeem(world.alice, n(100));
    govern(&world, U256::MAX);
    assert_eq!(cap(&world), MAX_SUPPLY);
    mint(&world, world.alice, n(101)).unwrap();
}

#[motsu::test]
fn without_a_cap_the_supply_still_ends_where_it_can_be_counted() {
    let world = World::seeded();
    assert_eq!(
        mint(&world, world.alice, MAX_SUPPLY),
        Err(VaultSupplyCapExceeded {
            supply: MAX_SUPPLY + seed_shares(),
            cap: MAX_SUPPLY
        }
        .into())
    );
}

#[motsu::test]
fn the_fees_shares_count_against_the_cap() {
    let world = World::seeded();
    world.charge([0, 100, 0]);
    govern(&world, seed_shares() + n(100));
    assert_eq!(
        mint(&world, world.alice, n(100)),
        Err(VaultSupplyCapExceeded {
            supply: seed_shares() + n(101),
            cap: seed_shares() + n(100)
        }
        .into())
    );
    mint(&world, world.alice, n(99)).unwrap();
}

#[motsu::test]
fn the_seed_keeps_to_the_cap() {
    let world = World::listed();
    world.enrich(world.governor);
    govern(&world, seed_shares() - n(1));
    let seed = |shares| {
        world
            .vault
            .sender(world.governor)
            .seed(shares, world.governor, SEEDED.map(n).to_vec())
            .motsu_res()
    };
    assert_eq!(
        seed(seed_shares()),
        Err(VaultSupplyCapExceeded {
            supply: seed_shares(),
            cap: seed_shares() - n(1)
        }
        .into())
    );
    seed(seed_shares() - n(1)).unwrap();
}

#[motsu::test]
fn inv_27_the_guardian_lowers_for_a_time_and_rests_as_long() {
    let world = World::seeded();
    let low = seed_shares();
    govern(&world, low + n(10));
    let last = START + GUARDIAN_ACT_MAX_S;
    assert!(matches!(
        lower(&world, low, last + 1),
        Err(Error::VaultPauseOutOfRange(_))
    ));
    assert_eq!(
        lower(&world, low + n(11), last),
        Err(VaultSupplyCapAbove {
            cap: low + n(11),
            present: low + n(10)
        }
        .into())
    );
    lower(&world, low, START + 1_000).unwrap();
    assert_eq!(cap(&world), low);
    assert!(mint(&world, world.alice, n(1)).is_err());
    // Longer and lower, never higher.
    lower(&world, low - n(1), last).unwrap();
    assert!(lower(&world, low, last).is_err());
    clock::set(last - 1);
    assert_eq!(cap(&world), low - n(1));
    clock::set(last);
    assert_eq!(cap(&world), low + n(10));
    mint(&world, world.alice, n(1)).unwrap();
    assert_eq!(
        lower(&world, low, last + 5),
        Err(VaultPauseTooSoon {
            now: n(last),
            allowedFrom: n(last + GUARDIAN_ACT_MAX_S)
        }
        .into())
    );
    clock::set(last + GUARDIAN_ACT_MAX_S);
    lower(&world, low, last + GUARDIAN_ACT_MAX_S + 5).unwrap();
}

#[motsu::test]
fn the_governor_ends_what_the_guardian_lowered_but_not_its_rest() {
    let world = World::seeded();
    lower(&world, n(0), START + 1_000).unwrap();
    assert_eq!(cap(&world), n(0));
    govern(&world, MAX_SUPPLY);
    assert_eq!(cap(&world), MAX_SUPPLY);
    clock::set(START + 1);
    assert_eq!(
        lower(&world, n(0), START + 1_000),
        Err(VaultPauseTooSoon {
            now: n(START + 1),
            allowedFrom: n(START + 2_000)
        }
        .into())
    );
}

#[motsu::test]
fn inv_19_caps_are_set_by_their_roles_alone() {
    let world = World::seeded();
    for caller in [world.eve, world.guardian] {
        assert_eq!(
            refused(world.vault.sender(caller).set_supply_cap(MAX_SUPPLY)),
            VaultUnauthorized {
                caller,
                role: DEFAULT_ADMIN_ROLE
            }
            .into()
        );
    }
    for caller in [world.eve, world.governor] {
        let result = world
            .vault
            .sender(caller)
            .lower_supply_cap(n(0), n(START + 1));
        assert_eq!(
            refused(result),
            VaultUnauthorized {
                caller,
                role: GUARDIAN_ROLE
            }
            .into()
        );
    }
}
