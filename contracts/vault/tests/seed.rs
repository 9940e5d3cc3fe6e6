//! `seed`: once, by governance, with shares that stay for ever.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::{DEAD, DEFAULT_ADMIN_ROLE};
use ballast_vault::{types::*, LOCKED_SHARES, SEED_MIN};
use common::*;
use motsu::prelude::*;

fn seed(world: &World, shares: U256, amounts: &[u64]) -> Result<(), Error> {
    let amounts = amounts.iter().map(|a| n(*a)).collect();
    world
        .vault
        .sender(world.governor)
        .seed(shares, world.alice, amounts)
}

fn ready() -> World {
    let world = World::listed();
    world.enrich(world.governor);
    world
}

#[motsu::test]
fn seed_reverts_for_anybody_but_the_governor() {
    let world = ready();
    for caller in [world.guardian, world.eve] {
        let error = refused(world.vault.sender(caller).seed(
            seed_shares(),
            caller,
            SEEDED.map(n).to_vec(),
        ));
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(error, VaultUnauthorized { caller, role }.into());
    }
}

#[motsu::test]
fn seed_reverts_the_second_time() {
    let world = World::seeded();
    let error = refused(seed(&world, seed_shares(), &SEEDED));
    let supply = seed_shares();
    assert_eq!(error, VaultAlreadySeeded { supply }.into());
}

#[motsu::test]
fn seed_stays_the_only_one_after_everybody_has_left() {
    let world = World::seeded();
    world.redeem(world.governor, world.shares(world.governor));
    let error = refused(seed(&world, seed_shares(), &SEEDED));
    let supply = LOCKED_SHARES;
    assert_eq!(error, VaultAlreadySeeded { supply }.into());
}

#[motsu::test]
fn seed_reverts_below_the_least() {
    let world = ready();
    let (shares, min) = (SEED_MIN - n(1), SEED_MIN);
    let error = refused(seed(&world, shares, &SEEDED));
    assert_eq!(error, VaultSeedTooSmall { shares, min }.into());
    assert_eq!(SEED_MIN, LOCKED_SHARES * n(1_000));
    seed(&world, SEED_MIN, &SEEDED).motsu_unwrap();
}

#[motsu::test]
fn seed_reverts_for_a_receiver_that_could_not_redeem() {
    let world = ready();
    for receiver in [Address::ZERO, world.vault.address()] {
        let error = refused(world.vault.sender(world.governor).seed(
            seed_shares(),
            receiver,
            SEEDED.map(n).to_vec(),
        ));
        assert_eq!(error, ERC20InvalidReceiver { receiver }.into());
    }
}

#[motsu::test]
fn seed_reverts_when_the_amounts_do_not_match_the_list() {
    let world = ready();
    for given in [0_usize, 2, 4] {
        let error = refused(seed(&world, seed_shares(), &vec![5_000; given]));
        let (given, wanted) = (U256::from(given), n(3));
        assert_eq!(error, VaultLengthMismatch { given, wanted }.into());
    }
}

#[motsu::test]
fn seed_reverts_when_no_amount_reaches_its_least_holding() {
    let world = ready();
    for amounts in [[0, 0, 0], [999, 999, 999]] {
        let error = refused(seed(&world, seed_shares(), &amounts));
        assert_eq!(error, VaultHoldingsBelowMinimum {}.into());
    }
    seed(&world, seed_shares(), &[0, 1_000, 0]).motsu_unwrap();
}

#[motsu::test]
fn seed_reverts_when_less_arrives() {
    let world = ready();
    world.c.sender(world.eve).set_fees(n(10_000), U256::ZERO);
    let error = refused(seed(&world, seed_shares(), &SEEDED));
    assert_eq!(
        error,
        VaultReceivedLess {
            token: world.c.address(),
            received: U256::ZERO,
            wanted: n(7)
        }
        .into()
    );
}

#[motsu::test]
fn seed_locks_a_part_for_ever() {
    let world = ready();
    let before = world.balances(world.governor);
    seed(&world, seed_shares(), &SEEDED).motsu_unwrap();
    assert_eq!(world.shares(DEAD), LOCKED_SHARES, "INV-2");
    assert_eq!(world.shares(world.alice), seed_shares() - LOCKED_SHARES);
    assert_eq!(world.supply(), seed_shares());
    assert_eq!(world.held(), SEEDED.map(n));
    let after = world.balances(world.governor);
    for i in 0..3 {
        assert_eq!(before[i] - after[i], n(SEEDED[i]));
    }
    assert!(world.vault.sender(world.eve).seeded());
    world.assert_sound(&world.people());
}

#[motsu::test]
fn seed_ignores_what_was_donated_before() {
    let world = ready();
    world
        .a
        .sender(world.eve)
        .mint(world.vault.address(), n(1_000_000));
    seed(&world, seed_shares(), &SEEDED).motsu_unwrap();
    assert_eq!(world.held(), SEEDED.map(n), "INV-8");
}

#[motsu::test]
fn seed_tells() {
    let world = ready();
    seed(&world, seed_shares(), &SEEDED).motsu_unwrap();
    world.vault.assert_emitted(&Transfer {
        from: Address::ZERO,
        to: DEAD,
        value: LOCKED_SHARES,
    });
    world.vault.assert_emitted(&Transfer {
        from: Address::ZERO,
        to: world.alice,
        value: seed_shares() - LOCKED_SHARES,
    });
    world.vault.assert_emitted(&Seeded {
        receiver: world.alice,
        shares: seed_shares(),
        tokens: world.tokens().to_vec(),
        amounts: SEEDED.map(n).to_vec(),
    });
}
