//! What lies in the vault beyond what it owes: announced, absorbed, streamed.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::fillers::MockFiller;
use ballast_vault::{types::*, ABSORB_DELAY_S, ABSORB_STREAM_S};
use common::*;
use motsu::prelude::*;
use proptest::prelude::*;

const GIFT: u64 = 7_000_001;

/// When what was announced at the start may be absorbed.
const READY: u64 = START + ABSORB_DELAY_S;

fn give(world: &World, i: usize, amount: u64) {
    let gift = world
        .token(i)
        .sender(world.bob)
        .transfer(world.vault.address(), n(amount));
    gift.motsu_unwrap();
}

fn announce(world: &World, i: usize) {
    world
        .vault
        .sender(world.governor)
        .announce_absorb(world.tokens()[i])
        .motsu_unwrap();
}

fn absorb(world: &World, i: usize) -> Result<U256, Error> {
    world
        .vault
        .sender(world.eve)
        .absorb(world.tokens()[i])
        .motsu_res()
}

fn absorption(world: &World, i: usize) -> (U256, U256) {
    world
        .vault
        .sender(world.eve)
        .absorption(world.tokens()[i])
        .motsu_unwrap()
}

#[motsu::test]
fn absorb_reverts_for_one_that_shows_the_balance_of_another() {
    let world = World::seeded();
    // As much as makes the first token's balance that of the second, or the other way round.
    let (more, less) = (SEEDED[0].max(SEEDED[1]), SEEDED[0].min(SEEDED[1]));
    let poor = usize::from(SEEDED[1] < SEEDED[0]);
    give(&world, poor, more - less);
    announce(&world, poor);
    clock::set(READY);
    let (token, listed) = (world.tokens()[poor], world.tokens()[1 - poor]);
    let refused: Error = VaultAssetAlias { token, listed }.into();
    assert_eq!(absorb(&world, poor), Err(refused));
    give(&world, poor, 1);
    assert_eq!(absorb(&world, poor), Ok(n(more - less + 1)));
}

/// A gift of the first token, absorbed just now.
fn absorbing() -> World {
    let world = World::seeded();
    give(&world, 0, GIFT);
    announce(&world, 0);
    clock::set(READY);
    assert_eq!(absorb(&world, 0), Ok(n(GIFT)));
    world
}

/// ⌊gift · time / ABSORB_STREAM_S⌋
fn flowed(time: u64) -> U256 {
    floor(n(GIFT), n(time), n(ABSORB_STREAM_S))
}

#[motsu::test]
fn absorb_waits_for_an_announcement_and_its_delay() {
    let world = World::seeded();
    give(&world, 0, GIFT);
    assert_eq!(absorb(&world, 0), Err(VaultNothingPending {}.into()));
    for caller in [world.eve, world.guardian] {
        let result = world
            .vault
            .sender(caller)
            .announce_absorb(world.a.address());
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(refused(result), VaultUnauthorized { caller, role }.into());
    }
    announce(&world, 0);
    assert_eq!(absorption(&world, 0), (n(0), n(READY)));
    clock::set(READY - 1);
    assert_eq!(
        absorb(&world, 0),
        Err(VaultNotReady {
            now: n(READY - 1),
            readyAt: n(READY)
        }
        .into())
    );
    // A second word does not make it earlier.
    announce(&world, 0);
    clock::set(READY);
    assert!(absorb(&world, 0).is_err());
    clock::set(READY - 1 + ABSORB_DELAY_S);
    assert_eq!(absorb(&world, 0), Ok(n(GIFT)));
    // It is used up.
    assert_eq!(
        absorb(&world, 0),
        Err(VaultAbsorbing {
            token: world.a.address(),
            end: n(READY - 1 + ABSORB_DELAY_S + ABSORB_STREAM_S)
        }
        .into())
    );
    world.assert_sound(&world.people());
}

#[motsu::test]
fn absorb_reverts_for_what_is_not_listed_and_where_nothing_lies() {
    let world = World::seeded();
    let token = Address::repeat_byte(0x77);
    let not_listed = || -> Error { VaultAssetNotListed { token }.into() };
    let g = world.governor;
    assert_eq!(
        refused(world.vault.sender(g).announce_absorb(token)),
        not_listed()
    );
    assert_eq!(refused(world.vault.sender(g).absorb(token)), not_listed());
    announce(&world, 0);
    clock::set(READY);
    let nothing = |balance: u64, owed: u64| -> Error {
        VaultNothingToAbsorb {
            token: world.a.address(),
            balance: n(balance),
            owed: n(owed),
        }
        .into()
    };
    assert_eq!(absorb(&world, 0), Err(nothing(SEEDED[0], SEEDED[0])));
    // A claim is nobody's gift.
    world.a.sender(g).set_frozen(true);
    world.redeem(g, seed_shares() / n(10));
    world.a.sender(g).set_frozen(false);
    assert_eq!(absorb(&world, 0), Err(nothing(SEEDED[0], SEEDED[0])));
    // Nor is a hole.
    world.a.sender(g).burn(world.vault.address(), n(5));
    assert_eq!(absorb(&world, 0), Err(nothing(SEEDED[0] - 5, SEEDED[0])));
    // It is still announced.
    give(&world, 0, 105);
    assert_eq!(absorb(&world, 0), Ok(n(100)));
    world.assert_sound(&world.people());
}

#[motsu::test]
fn what_is_absorbed_flows_second_by_second() {
    let world = absorbing();
    assert_eq!(world.held(), SEEDED.map(n));
    for time in [1, 1_000, ABSORB_STREAM_S / 2, ABSORB_STREAM_S - 1] {
        clock::set(READY + time);
        let held = n(SEEDED[0]) + flowed(time);
        assert_eq!(world.held()[0], held);
        let view = || world.vault.sender(world.eve);
        assert_eq!(view().get_reserve(world.a.address()).motsu_unwrap(), held);
        let rest = n(GIFT) - flowed(time);
        assert_eq!(absorption(&world, 0), (rest, n(READY + ABSORB_STREAM_S)));
        let x = n(ONE);
        let mint = view().preview_mint(x).motsu_unwrap();
        assert_eq!(mint[0], ceil(held, x, seed_shares()));
        let redeem = view().preview_redeem(x).motsu_unwrap();
        assert_eq!(redeem[0], floor(held, x, seed_shares()));
        world.assert_sound(&world.people());
    }
    clock::set(READY + ABSORB_STREAM_S);
    assert_eq!(world.held()[0], n(SEEDED[0] + GIFT));
    // A new one can be announced, and the old one is booked.
    announce(&world, 0);
    assert_eq!(world.held()[0], n(SEEDED[0] + GIFT));
    assert_eq!(absorption(&world, 0).0, n(0));
}

#[motsu::test]
fn redeem_and_execute_book_what_has_flowed() {
    let world = absorbing();
    let time = ABSORB_STREAM_S / 3;
    clock::set(READY + time);
    let held = n(SEEDED[0]) + flowed(time);
    let half = seed_shares() / n(2);
    let paid = world.redeem(world.governor, half);
    assert_eq!(paid[0], floor(held, half, seed_shares()));
    assert_eq!(world.held()[0], held - paid[0]);
    assert_eq!(absorption(&world, 0).0, n(GIFT) - flowed(time));
    world.assert_sound(&world.people());

    // All that is held can be sold, that which has flowed since included.
    clock::set(READY + ABSORB_STREAM_S);
    let all = n(SEEDED[0]) + n(GIFT) - paid[0];
    assert_eq!(world.held()[0], all);
    let filler = Contract::<MockFiller>::new();
    for token in [&world.a, &world.b] {
        let mut knobs = filler.sender(world.eve);
        knobs.set_price(token.address(), n(1));
        knobs.set_shares(n(10_000), U256::ZERO);
        drop(knobs);
        token.sender(world.eve).mint(filler.address(), n(ONE));
    }
    let sell = |amount| {
        world
            .vault
            .sender(world.rebalancer.address())
            .execute(
                vec![world.a.address()],
                vec![world.b.address()],
                vec![amount],
                vec![n(0)],
                filler.address(),
                vec![].into(),
            )
            .motsu_res()
            .map(|_| ())
    };
    let amount = all + n(1);
    let token = world.a.address();
    assert_eq!(
        sell(amount),
        Err(VaultHoldingTooSmall {
            token,
            amount,
            held: all
        }
        .into())
    );
    sell(all).unwrap();
    assert_eq!(world.held()[0], n(0));
    world.assert_sound(&world.people());
}

#[motsu::test]
fn a_claim_that_is_paid_off_leaves_the_stream_as_it_is() {
    let world = absorbing();
    world.a.sender(world.eve).set_frozen(true);
    world.redeem(world.governor, seed_shares() / n(10));
    world.a.sender(world.eve).set_frozen(false);
    let claim = n(SEEDED[0] / 10);
    let token = world.a.address();
    let paid = world.vault.sender(world.eve).collect(token, world.governor);
    assert_eq!(paid.motsu_unwrap(), claim);
    clock::set(READY + ABSORB_STREAM_S);
    assert_eq!(world.held()[0], n(SEEDED[0] + GIFT) - claim);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn a_claim_that_stays_is_still_counted_when_the_stream_has_ended() {
    let world = absorbing();
    world.a.sender(world.eve).set_frozen(true);
    world.redeem(world.governor, seed_shares() / n(10));
    world.a.sender(world.eve).set_frozen(false);
    let claim = n(SEEDED[0] / 10);
    clock::set(READY + ABSORB_STREAM_S);
    announce(&world, 0);
    clock::set(READY + ABSORB_STREAM_S + ABSORB_DELAY_S);
    let all = n(SEEDED[0] + GIFT);
    assert_eq!(world.held()[0], all - claim);
    assert_eq!(
        absorb(&world, 0),
        Err(VaultNothingToAbsorb {
            token: world.a.address(),
            balance: all,
            owed: all
        }
        .into())
    );
    world.assert_sound(&world.people());
}

#[motsu::test]
fn a_hole_is_shared_with_what_still_streams() {
    let world = absorbing();
    // Half of everything is gone.
    let all = n(SEEDED[0] + GIFT);
    let lost = all / n(2);
    world.a.sender(world.eve).burn(world.vault.address(), lost);
    let balance = all - lost;
    let limits = vec![U256::MAX; 3];
    let result = world
        .vault
        .sender(world.alice)
        .mint(n(ONE), world.alice, limits);
    assert_eq!(
        refused(result),
        VaultShortfall {
            token: world.a.address(),
            balance,
            owed: all
        }
        .into()
    );
    let shares = seed_shares() / n(10);
    let due = floor(n(SEEDED[0]), shares, seed_shares());
    let paid = world.redeem(world.governor, shares)[0];
    assert_eq!(paid, floor(due, balance, all));
}

#[motsu::test]
fn delist_reverts_while_something_streams() {
    let world = World::listed();
    world.enrich(world.bob);
    give(&world, 2, GIFT);
    announce(&world, 2);
    clock::set(READY);
    absorb(&world, 2).unwrap();
    let token = world.c.address();
    assert_eq!(
        refused(world.vault.sender(world.governor).delist_asset(token)),
        VaultAssetInUse {
            token,
            held: n(GIFT),
            weightWad: n(0)
        }
        .into()
    );
    // What was only announced is forgotten.
    announce(&world, 1);
    let token = world.b.address();
    let delist = world.vault.sender(world.governor).delist_asset(token);
    delist.motsu_unwrap();
    let list = world.vault.sender(world.governor).list_asset(token, n(1));
    list.motsu_unwrap();
    assert_eq!(absorption(&world, 1), (n(0), n(0)));
}

#[test]
fn prop_inv_03_a_minter_just_before_gains_no_more_than_its_share_of_the_time() {
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(shares in 1u64.., time in 0u64..2 * ABSORB_STREAM_S)| {
        let world = World::seeded();
        give(&world, 0, GIFT);
        announce(&world, 0);
        clock::set(READY);
        let shares = n(shares) * n(1_000);
        let paid = world.mint(world.alice, shares);
        absorb(&world, 0).unwrap();
        clock::set(READY + time);
        let back = world.redeem(world.alice, shares);
        // {tok}: its part of the shares, of what has flowed
        let part = ceil(flowed(time.min(ABSORB_STREAM_S)), shares, seed_shares() + shares);
        prop_assert!(back[0] <= paid[0] + part, "INV-3");
        prop_assert!(back[0] + n(2) >= paid[0] + part, "INV-4: it must be paid what has flowed");
        world.assert_sound(&world.people());
    });
}
