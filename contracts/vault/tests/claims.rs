//! `collect` and `redirectClaim`: what could not be delivered.
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
use ballast_mocks::fillers::MockFiller;
use ballast_vault::{types::*, ABSORB_DELAY_S};
use common::*;
use motsu::prelude::*;

/// bob claims 33,333 of b, which moves again.
fn claimed() -> World {
    let world = World::seeded();
    world.b.sender(world.eve).set_frozen(true);
    world
        .vault
        .sender(world.governor)
        .redeem(
            n(10) * n(ONE),
            world.bob,
            world.governor,
            vec![U256::ZERO; 3],
        )
        .motsu_unwrap();
    world.b.sender(world.eve).set_frozen(false);
    world
}

fn claim_of(world: &World, who: Address) -> U256 {
    world
        .vault
        .sender(world.eve)
        .claim_of(world.b.address(), who)
}

fn collect(world: &World) -> Result<U256, Error> {
    collect_as(world, world.eve, world.bob)
}

fn collect_as(world: &World, caller: Address, account: Address) -> Result<U256, Error> {
    world
        .vault
        .sender(caller)
        .collect(world.b.address(), account)
}

/// Redeems shares of the governor's for `to`; answers what was delivered of b.
fn leave(world: &World, shares: u64, to: Address) -> U256 {
    let redeem = world.vault.sender(world.governor).redeem(
        n(shares) * n(ONE),
        to,
        world.governor,
        vec![U256::ZERO; 3],
    );
    redeem.motsu_unwrap()[1]
}

/// Half of all that the vault has of b is gone; answers what is left, and how much was lost.
fn halve(world: &World) -> (U256, U256) {
    let balance = n(SEEDED[1]) / n(2);
    let lost = n(SEEDED[1]) - balance;
    world.b.sender(world.eve).burn(world.vault.address(), lost);
    (balance, lost)
}

#[motsu::test]
fn collect_reverts_without_a_claim() {
    let world = claimed();
    let token = world.b.address();
    let account = world.alice;
    let error = refused(world.vault.sender(world.eve).collect(token, account));
    assert_eq!(error, VaultNothingToCollect { token, account }.into());
}

#[motsu::test]
fn collect_reverts_while_nothing_moves() {
    type Turn = fn(&World);
    let faults: [Turn; 4] = [
        |w| w.b.sender(w.eve).set_frozen(true),
        |w| w.b.sender(w.eve).set_refusing(true, false),
        |w| w.b.sender(w.eve).set_stuck(true),
        |w| w.b.sender(w.eve).set_mute(true, false),
    ];
    for turn in faults {
        let world = claimed();
        turn(&world);
        assert_eq!(
            refused(collect_as(&world, world.bob, world.bob)),
            VaultTransferFailed {
                token: world.b.address(),
                to: world.bob,
                amount: n(33_333)
            }
            .into()
        );
        assert_eq!(claim_of(&world, world.bob), n(33_333), "INV-14");
    }
}

#[motsu::test]
fn collect_pays_even_when_the_token_takes_more_than_was_sent() {
    let world = claimed();
    world.b.sender(world.eve).set_fees(U256::ZERO, n(1));
    assert_eq!(collect(&world).motsu_unwrap(), n(33_333), "INV-22");
    assert_eq!(claim_of(&world, world.bob), U256::ZERO);
}

#[motsu::test]
fn collect_pays_the_account_whoever_calls() {
    let world = claimed();
    let before = world.balances(world.bob)[1];
    let held = world.held();
    assert_eq!(collect(&world).motsu_unwrap(), n(33_333));
    assert_eq!(world.balances(world.bob)[1] - before, n(33_333));
    assert_eq!(claim_of(&world, world.bob), U256::ZERO);
    assert_eq!(world.held(), held);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn collect_pays_a_part_in_a_shortfall_and_keeps_the_rest() {
    let world = claimed();
    // Of what is owed: {tok} held + claim = 3,333,333.
    let (balance, _) = halve(&world);
    let due = floor(n(33_333), balance, n(SEEDED[1]));
    assert_eq!(collect_as(&world, world.bob, world.bob).motsu_unwrap(), due);
    assert_eq!(claim_of(&world, world.bob), n(33_333) - due);
    let total = world
        .vault
        .sender(world.eve)
        .total_claims(world.b.address());
    assert_eq!(total, n(33_333) - due);
}

#[motsu::test]
fn inv_03_collecting_again_in_a_shortfall_takes_nothing_from_the_others() {
    let world = claimed();
    // Of what is owed: {tok} held + claim = 3,333,333.
    let (balance, lost) = halve(&world);
    let paid = collect_as(&world, world.bob, world.bob).motsu_unwrap();
    let rest = n(33_333) - paid;
    for _ in 0..3 {
        let error = refused(collect_as(&world, world.bob, world.bob));
        let (token, to) = (world.b.address(), world.bob);
        let amount = rest;
        assert_eq!(error, VaultTransferFailed { token, to, amount }.into());
    }
    // Whoever leaves later is paid the same part: to the unit.
    let held = world.held()[1];
    let shares = n(10) * n(ONE);
    let amount = floor(held, shares, world.supply());
    let redeem = world.vault.sender(world.governor).redeem(
        shares,
        world.alice,
        world.governor,
        vec![U256::ZERO; 3],
    );
    let delivered = redeem.motsu_unwrap()[1];
    let right = floor(amount, balance, n(SEEDED[1]));
    assert!(
        delivered.abs_diff(right) <= n(1),
        "{delivered}, not {right}"
    );
    // What comes back makes those whole who stay, and pays beyond that what was held back; to a unit that rounding left.
    let all = world
        .vault
        .sender(world.eve)
        .total_claims(world.b.address());
    let mint = |amount| {
        let mut token = world.b.sender(world.eve);
        token.mint(world.vault.address(), amount);
    };
    mint(lost - all + n(100));
    let part = collect_as(&world, world.bob, world.bob).motsu_unwrap();
    assert!(part >= n(100) && part <= n(102), "{part} of {rest}");
    mint(all - n(100));
    assert_eq!(
        collect_as(&world, world.bob, world.bob).motsu_unwrap(),
        rest - part
    );
    assert_eq!(claim_of(&world, world.bob), U256::ZERO);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn inv_03_what_a_shortfall_held_back_stays_claimed_beside_what_was_held_back_before() {
    let world = claimed();
    let (balance, lost) = halve(&world);
    // Eve is held back a part of her exit, and gives a unit of it to bob, whose claim is of the first rank.
    leave(&world, 10, world.eve);
    let token = world.b.address();
    let redirect = |amount| {
        let mut eve = world.vault.sender(world.eve);
        eve.redirect_claim(token, world.bob, amount).motsu_res()
    };
    redirect(n(1)).unwrap();
    let paid = collect_as(&world, world.bob, world.bob).motsu_unwrap();
    let right = floor(n(33_333), balance, n(SEEDED[1]));
    assert!(paid.abs_diff(right) <= n(1), "{paid}, not {right}");
    assert_eq!(claim_of(&world, world.bob), n(33_333) + n(1) - paid);
    // All of it comes back, and is all his.
    world.b.sender(world.eve).mint(world.vault.address(), lost);
    world.assert_sound(&world.people());
    let rest = collect(&world).motsu_unwrap();
    assert_eq!(paid + rest, n(33_333) + n(1));
}

#[motsu::test]
fn inv_22_what_fails_to_move_in_a_shortfall_is_cut_once() {
    let world = World::seeded();
    world.b.sender(world.eve).set_frozen(true);
    let (balance, _) = halve(&world);
    let people = [world.bob, world.alice];
    let claims = people.map(|who| {
        assert_eq!(leave(&world, 400, who), U256::ZERO);
        claim_of(&world, who)
    });
    world.b.sender(world.eve).set_frozen(false);
    // Whoever stayed has the same part of what is left as those who left.
    let owed = n(SEEDED[1]);
    for (who, claim) in people.into_iter().zip(claims) {
        let paid = collect_as(&world, who, who).motsu_unwrap();
        let right = floor(claim, balance, owed);
        assert!(paid.abs_diff(right) <= n(1), "{paid}, not {right}");
        assert_eq!(claim_of(&world, who), claim - paid);
    }
    let held = world.held()[1];
    let left = world.balances(world.vault.address())[1];
    let right = floor(held, balance, owed);
    assert!(left.abs_diff(right) <= n(3), "{left}, not {right}");
}

#[motsu::test]
fn inv_03_nobody_takes_a_part_of_a_shortfall_for_another() {
    let world = claimed();
    let (left, lost) = halve(&world);
    let owed = n(SEEDED[1]);
    let token = world.b.address();
    let mint = |amount| {
        let mut token = world.b.sender(world.eve);
        token.mint(world.vault.address(), amount);
    };
    let assert_short = |balance| {
        let short = VaultShortfall {
            token,
            balance,
            owed,
        };
        assert_eq!(refused(collect(&world)), short.into());
    };
    assert_short(left);
    assert_eq!(claim_of(&world, world.bob), n(33_333), "INV-14");
    // What comes back first finds him in the first rank.
    mint(lost - n(1));
    assert_short(owed - n(1));
    mint(n(1));
    assert_eq!(collect(&world).motsu_unwrap(), n(33_333));
}

#[motsu::test]
fn what_waits_in_a_shortfall_is_redirected_and_not_absorbed() {
    let world = claimed();
    let (_, lost) = halve(&world);
    let paid = collect_as(&world, world.bob, world.bob).motsu_unwrap();
    let rest = n(33_333) - paid;
    let token = world.b.address();
    let redirect = |amount| {
        let mut bob = world.vault.sender(world.bob);
        bob.redirect_claim(token, world.alice, amount).motsu_res()
    };
    let (claim, wanted) = (rest, rest + n(1));
    let refused: Error = VaultClaimTooSmall { claim, wanted }.into();
    assert_eq!(redirect(rest + n(1)), Err(refused));
    redirect(n(1_000)).unwrap();
    assert_eq!(claim_of(&world, world.alice), n(1_000));
    assert_eq!(claim_of(&world, world.bob), rest - n(1_000));
    let total = world.vault.sender(world.eve).total_claims(token);
    assert_eq!(total, rest);
    // All of it comes back, and is nobody's gift.
    world.b.sender(world.eve).mint(world.vault.address(), lost);
    world
        .vault
        .sender(world.governor)
        .announce_absorb(token)
        .motsu_unwrap();
    clock::set(START + ABSORB_DELAY_S);
    let absorb = world.vault.sender(world.eve).absorb(token).motsu_res();
    assert!(matches!(absorb, Err(Error::VaultNothingToAbsorb(_))));
    assert_eq!(collect(&world).motsu_unwrap(), rest - n(1_000));
    let hers = world.vault.sender(world.eve).collect(token, world.alice);
    assert_eq!(hers.motsu_unwrap(), n(1_000));
}

#[motsu::test]
fn collect_works_after_the_token_left_the_list() {
    let world = claimed();
    // c's holding stays, b's goes: everything of b is sold for nothing in the books' eyes.
    world.redeem(world.governor, world.shares(world.governor));
    let rest = world.held()[1];
    assert!(!rest.is_zero());
    // The last unit belongs to the locked shares; the rebalancer sells it.
    let filler = Contract::<MockFiller>::new();
    for token in world.tokens() {
        filler.sender(world.eve).set_price(token, n(1));
    }
    let (sells, buys) = (vec![world.b.address()], vec![world.a.address()]);
    world
        .vault
        .sender(world.rebalancer.address())
        .execute(
            sells,
            buys,
            vec![rest],
            vec![U256::ZERO],
            filler.address(),
            Vec::new().into(),
        )
        .motsu_unwrap();
    world
        .vault
        .sender(world.governor)
        .delist_asset(world.b.address())
        .motsu_unwrap();
    assert_eq!(collect(&world).motsu_unwrap(), n(33_333));
}

#[motsu::test]
fn collect_tells() {
    let world = claimed();
    collect(&world).motsu_unwrap();
    world.vault.assert_emitted(&ClaimPaid {
        token: world.b.address(),
        account: world.bob,
        amount: n(33_333),
    });
}

#[motsu::test]
fn redirect_claim_reverts_for_more_than_is_claimed() {
    let world = claimed();
    let error = refused(world.vault.sender(world.bob).redirect_claim(
        world.b.address(),
        world.alice,
        n(33_334),
    ));
    let (claim, wanted) = (n(33_333), n(33_334));
    assert_eq!(error, VaultClaimTooSmall { claim, wanted }.into());
    // Somebody else's claim is not the caller's.
    let error = refused(world.vault.sender(world.eve).redirect_claim(
        world.b.address(),
        world.eve,
        n(1),
    ));
    let (claim, wanted) = (U256::ZERO, n(1));
    assert_eq!(error, VaultClaimTooSmall { claim, wanted }.into());
}

#[motsu::test]
fn redirect_claim_reverts_for_nobody_and_for_the_vault() {
    let world = claimed();
    for receiver in [Address::ZERO, world.vault.address()] {
        let error = refused(world.vault.sender(world.bob).redirect_claim(
            world.b.address(),
            receiver,
            n(1),
        ));
        assert_eq!(error, ERC20InvalidReceiver { receiver }.into());
    }
}

#[motsu::test]
fn redirect_claim_hands_on_a_part() {
    let world = claimed();
    let (token, to, amount) = (world.b.address(), world.alice, n(30_000));
    world
        .vault
        .sender(world.bob)
        .redirect_claim(token, to, amount)
        .motsu_unwrap();
    assert_eq!(claim_of(&world, world.bob), n(3_333));
    assert_eq!(claim_of(&world, world.alice), amount);
    world.vault.assert_emitted(&ClaimRedirected {
        token,
        from: world.bob,
        to,
        amount,
    });
    world.assert_sound(&world.people());
}

#[motsu::test]
fn redirect_claim_to_oneself_changes_nothing() {
    let world = claimed();
    world
        .vault
        .sender(world.bob)
        .redirect_claim(world.b.address(), world.bob, n(33_333))
        .motsu_unwrap();
    assert_eq!(claim_of(&world, world.bob), n(33_333));
    world.assert_sound(&world.people());
}
