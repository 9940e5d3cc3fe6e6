//! `mint`: shares for a part of everything held, each amount rounded up.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use ballast_interfaces::clock;
use ballast_vault::{types::*, MAX_HELD, MAX_SUPPLY};
use common::*;
use motsu::prelude::*;

fn mint_for(world: &World, shares: U256, receiver: Address) -> Result<Vec<U256>, Error> {
    world
        .vault
        .sender(world.alice)
        .mint(shares, receiver, vec![U256::MAX; 3])
}

#[motsu::test]
fn mint_reverts_before_the_seed() {
    let world = World::listed();
    let error = refused(mint_for(&world, n(1), world.alice));
    assert_eq!(error, VaultNotSeeded {}.into());
}

#[motsu::test]
fn mint_reverts_until_the_pause_ends() {
    let world = World::seeded();
    let until = n(START + 100);
    world
        .vault
        .sender(world.governor)
        .pause_mint(until)
        .motsu_unwrap();

    clock::set(START + 99);
    let error = refused(mint_for(&world, n(ONE), world.alice));
    assert_eq!(error, VaultMintPaused { until }.into());

    clock::set(START + 100);
    mint_for(&world, n(ONE), world.alice).motsu_unwrap();
}

#[motsu::test]
fn mint_reverts_for_no_shares() {
    let world = World::seeded();
    let error = refused(mint_for(&world, U256::ZERO, world.alice));
    assert_eq!(error, VaultZeroShares {}.into());
}

#[motsu::test]
fn mint_reverts_for_a_receiver_that_could_not_redeem() {
    let world = World::seeded();
    for receiver in [Address::ZERO, world.vault.address()] {
        let error = refused(mint_for(&world, n(ONE), receiver));
        assert_eq!(error, ERC20InvalidReceiver { receiver }.into());
    }
}

#[motsu::test]
fn mint_reverts_when_the_limits_do_not_match_the_list() {
    let world = World::seeded();
    for given in [0, 2, 4] {
        let error = refused(world.vault.sender(world.alice).mint(
            n(ONE),
            world.alice,
            vec![U256::MAX; given],
        ));
        let (given, wanted) = (U256::from(given), n(3));
        assert_eq!(error, VaultLengthMismatch { given, wanted }.into());
    }
}

#[motsu::test]
fn mint_reverts_when_every_holding_is_dust() {
    // The least holding is 1,000 of each; 999 of all is dust.
    let world = World::seeded_with([n(1_000), n(999), n(999)]);
    // One share short of everything but the locked ones: what stays is less than 1,000.
    world.redeem(world.governor, n(1) * n(ONE));
    assert!(world.held().into_iter().all(|h| h < n(1_000)));
    let error = refused(mint_for(&world, n(ONE), world.alice));
    assert_eq!(error, VaultHoldingsBelowMinimum {}.into());
}

#[motsu::test]
fn mint_reverts_when_one_amount_exceeds_its_limit() {
    let world = World::seeded();
    let shares = n(3) * n(ONE) / n(7);
    let costs = world
        .vault
        .sender(world.alice)
        .preview_mint(shares)
        .motsu_unwrap();
    for i in 0..3 {
        let mut limits = costs.clone();
        limits[i] -= n(1);
        let error = refused(
            world
                .vault
                .sender(world.alice)
                .mint(shares, world.alice, limits),
        );
        let token = world.tokens()[i];
        let (amount, max) = (costs[i], costs[i] - n(1));
        assert_eq!(error, VaultAmountAboveMax { token, amount, max }.into());
    }
    world
        .vault
        .sender(world.alice)
        .mint(shares, world.alice, costs)
        .motsu_unwrap();
}

#[motsu::test]
fn mint_reverts_while_an_asset_is_short() {
    let world = World::seeded();
    world.b.sender(world.eve).burn(world.vault.address(), n(1));
    let error = refused(mint_for(&world, n(ONE), world.alice));
    let owed = n(SEEDED[1]);
    let balance = owed - n(1);
    let token = world.b.address();
    assert_eq!(
        error,
        VaultShortfall {
            token,
            balance,
            owed
        }
        .into()
    );
}

#[motsu::test]
fn mint_reverts_when_less_arrives_than_was_asked() {
    let world = World::seeded();
    world.a.sender(world.eve).set_fees(n(1), U256::ZERO);
    let error = refused(mint_for(&world, n(10) * n(ONE), world.alice));
    let wanted = n(50_000);
    assert_eq!(
        error,
        VaultReceivedLess {
            token: world.a.address(),
            received: wanted - n(5),
            wanted
        }
        .into()
    );
}

#[motsu::test]
fn mint_reverts_when_a_token_says_yes_and_moves_nothing() {
    let world = World::seeded();
    world.b.sender(world.eve).set_stuck(true);
    let error = refused(mint_for(&world, n(ONE), world.alice));
    assert_eq!(
        error,
        VaultReceivedLess {
            token: world.b.address(),
            received: U256::ZERO,
            wanted: n(3_334)
        }
        .into()
    );
}

#[motsu::test]
fn mint_reverts_when_a_token_refuses() {
    let world = World::seeded();
    for moving in [false, true] {
        world.a.sender(world.eve).set_refusing(true, moving);
        let error = refused(mint_for(&world, n(ONE), world.alice));
        assert_eq!(
            error,
            VaultTransferFailed {
                token: world.a.address(),
                to: world.vault.address(),
                amount: n(5_000)
            }
            .into()
        );
    }
}

#[motsu::test]
fn mint_reverts_when_a_token_does_not_tell_a_balance() {
    let world = World::seeded();
    for (now, later) in [(true, false), (false, true)] {
        world.a.sender(world.eve).set_mute(now, later);
        let error = refused(mint_for(&world, n(ONE), world.alice));
        let token = world.a.address();
        assert_eq!(error, VaultBalanceUnreadable { token }.into());
    }
}

#[motsu::test]
fn mint_reverts_for_shares_that_no_books_could_pay_for() {
    let world = World::listed();
    for who in [world.governor, world.alice] {
        world.enrich(who);
        world.a.sender(who).mint(who, U256::MAX >> 1);
    }
    // A unit a share, so that as much would be held as there can be shares.
    world
        .vault
        .sender(world.governor)
        .seed(
            seed_shares(),
            world.governor,
            vec![seed_shares(), U256::ZERO, U256::ZERO],
        )
        .motsu_unwrap();
    let error = refused(mint_for(&world, MAX_SUPPLY - seed_shares(), world.alice));
    assert_eq!(
        error,
        VaultHoldingTooLarge {
            token: world.a.address(),
            held: MAX_SUPPLY,
            max: MAX_HELD,
        }
        .into()
    );
}

#[motsu::test]
fn mint_changes_nothing_when_it_reverts() {
    let world = World::seeded();
    world.c.sender(world.eve).set_frozen(true);
    let before = (
        world.held(),
        world.balances(world.alice),
        world.supply(),
        world.shares(world.alice),
    );
    refused(mint_for(&world, n(ONE), world.alice));
    world.c.sender(world.eve).set_frozen(false);
    let after = (
        world.held(),
        world.balances(world.alice),
        world.supply(),
        world.shares(world.alice),
    );
    assert_eq!(before, after, "INV-14");
    world.assert_sound(&world.people());
}

#[motsu::test]
fn mint_takes_each_amount_rounded_up() {
    let world = World::seeded();
    let shares = n(ONE) / n(3);
    let before = world.balances(world.alice);
    let supply = world.supply();
    let expected: Vec<U256> = SEEDED.iter().map(|h| ceil(n(*h), shares, supply)).collect();
    assert_eq!(
        world
            .vault
            .sender(world.eve)
            .preview_mint(shares)
            .motsu_unwrap(),
        expected
    );

    let amounts = world.mint(world.alice, shares);

    assert_eq!(amounts, expected);
    assert_eq!(amounts[2], n(1), "INV-6: even of the smallest holding");
    let after = world.balances(world.alice);
    for i in 0..3 {
        assert_eq!(before[i] - after[i], expected[i]);
        assert_eq!(world.held()[i], n(SEEDED[i]) + expected[i]);
    }
    assert_eq!(world.shares(world.alice), shares);
    assert_eq!(world.supply(), supply + shares);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn mint_gives_the_shares_to_the_receiver() {
    let world = World::seeded();
    mint_for(&world, n(ONE), world.bob).motsu_unwrap();
    assert_eq!(world.shares(world.bob), n(ONE));
    assert_eq!(world.shares(world.alice), U256::ZERO);
}

#[motsu::test]
fn mint_passes_over_an_asset_of_which_nothing_is_held() {
    let world = World::seeded_with([n(5_000), U256::ZERO, n(10)]);
    // Not even a broken one: it is not called.
    world.b.sender(world.eve).set_mute(true, false);
    let amounts = world.mint(world.alice, n(1_000) * n(ONE));
    assert_eq!(amounts, [n(5_000), U256::ZERO, n(10)]);
}

#[motsu::test]
fn mint_ignores_donations() {
    let world = World::seeded();
    let before = world
        .vault
        .sender(world.eve)
        .preview_mint(n(ONE))
        .motsu_unwrap();
    for token in [&world.a, &world.b, &world.c] {
        token
            .sender(world.eve)
            .mint(world.vault.address(), n(1_000_000_000));
    }
    assert_eq!(world.held(), SEEDED.map(n), "INV-1");
    assert_eq!(world.mint(world.alice, n(ONE)), before, "INV-1");
}

#[motsu::test]
fn mint_tells() {
    let world = World::seeded();
    mint_for(&world, n(ONE), world.bob).motsu_unwrap();
    world.vault.assert_emitted(&Transfer {
        from: Address::ZERO,
        to: world.bob,
        value: n(ONE),
    });
    world.vault.assert_emitted(&Minted {
        caller: world.alice,
        receiver: world.bob,
        shares: n(ONE),
        amounts: vec![n(5_000), n(3_334), n(1)],
    });
}
