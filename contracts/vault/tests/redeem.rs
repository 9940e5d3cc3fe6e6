//! `redeem`: always possible, each amount rounded down; what will not move becomes a claim.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use ballast_vault::types::*;
use common::*;
use motsu::prelude::*;

alloy_sol_types::sol! {
    function redeem(uint256 shares, address receiver, address owner, uint256[] minAmounts);
    function mint(uint256 shares, address receiver, uint256[] maxAmounts);
    function collect(address token, address account);
    function holdings();
    function transfer(address to, uint256 value);
    function balanceOf(address account);
}

/// 10 of the 1,000 shares: 50,000 of a, 33,333.33 of b, 0.07 of c.
fn ten() -> U256 {
    n(10) * n(ONE)
}

fn redeem_for(world: &World, receiver: Address, mins: [u64; 3]) -> Result<Vec<U256>, Error> {
    world
        .vault
        .sender(world.governor)
        .redeem(ten(), receiver, world.governor, mins.map(n).to_vec())
}

#[motsu::test]
fn redeem_reverts_for_no_shares() {
    let world = World::seeded();
    let error = refused(world.vault.sender(world.governor).redeem(
        U256::ZERO,
        world.governor,
        world.governor,
        vec![U256::ZERO; 3],
    ));
    assert_eq!(error, VaultZeroShares {}.into());
}

#[motsu::test]
fn redeem_reverts_before_the_seed() {
    let world = World::listed();
    let error = refused(redeem_for(&world, world.governor, [0; 3]));
    assert_eq!(error, VaultNotSeeded {}.into());
}

#[motsu::test]
fn redeem_reverts_for_nobody_and_for_the_vault() {
    let world = World::seeded();
    for receiver in [Address::ZERO, world.vault.address()] {
        let error = refused(redeem_for(&world, receiver, [0; 3]));
        assert_eq!(error, ERC20InvalidReceiver { receiver }.into());
    }
}

#[motsu::test]
fn redeem_reverts_when_the_limits_do_not_match_the_list() {
    let world = World::seeded();
    for given in [0, 2, 4] {
        let error = refused(world.vault.sender(world.governor).redeem(
            ten(),
            world.governor,
            world.governor,
            vec![U256::ZERO; given],
        ));
        let (given, wanted) = (U256::from(given), n(3));
        assert_eq!(error, VaultLengthMismatch { given, wanted }.into());
    }
}

#[motsu::test]
fn redeem_reverts_for_more_than_one_has() {
    let world = World::seeded();
    let error = refused(world.vault.sender(world.alice).redeem(
        n(1),
        world.alice,
        world.alice,
        vec![U256::ZERO; 3],
    ));
    assert_eq!(
        error,
        ERC20InsufficientBalance {
            sender: world.alice,
            balance: U256::ZERO,
            needed: n(1)
        }
        .into()
    );
}

#[motsu::test]
fn redeem_reverts_for_anothers_shares_without_allowance() {
    let world = World::seeded();
    world
        .vault
        .sender(world.governor)
        .approve(world.eve, ten() - n(1))
        .motsu_unwrap();
    let error = refused(world.vault.sender(world.eve).redeem(
        ten(),
        world.eve,
        world.governor,
        vec![U256::ZERO; 3],
    ));
    assert_eq!(
        error,
        ERC20InsufficientAllowance {
            spender: world.eve,
            allowance: ten() - n(1),
            needed: ten()
        }
        .into()
    );
}

#[motsu::test]
fn redeem_reverts_when_min_not_delivered() {
    let world = World::seeded();
    let amounts = [50_000, 33_333, 0];
    for i in 0..3 {
        let mut mins = amounts;
        mins[i] += 1;
        let error = refused(redeem_for(&world, world.bob, mins));
        assert_eq!(
            error,
            VaultDeliveredBelowMin {
                token: world.tokens()[i],
                delivered: n(amounts[i]),
                min: n(mins[i])
            }
            .into()
        );
    }
    redeem_for(&world, world.bob, amounts).motsu_unwrap();
}

#[motsu::test]
fn redeem_counts_only_what_was_delivered_against_the_minimum() {
    let world = World::seeded();
    world.b.sender(world.eve).set_frozen(true);
    let error = refused(redeem_for(&world, world.bob, [50_000, 1, 0]));
    assert_eq!(
        error,
        VaultDeliveredBelowMin {
            token: world.b.address(),
            delivered: U256::ZERO,
            min: n(1)
        }
        .into()
    );
}

#[motsu::test]
fn inv_22_redeem_is_not_blocked_by_a_token_that_takes_more_than_was_sent() {
    let world = World::seeded();
    world.a.sender(world.eve).set_fees(U256::ZERO, n(3));
    let delivered = redeem_for(&world, world.bob, [50_000, 33_333, 0]).motsu_unwrap();
    assert_eq!(delivered[0], n(50_000), "INV-22");
    // What it took beyond is a hole that those who stay share.
    let balance = world.balances(world.vault.address())[0];
    assert_eq!(balance + n(3), world.held()[0]);
}

#[motsu::test]
fn redeem_changes_nothing_when_it_reverts() {
    let world = World::seeded();
    let before = (world.held(), world.supply(), world.shares(world.governor));
    refused(redeem_for(&world, world.bob, [50_000, 33_333, 1]));
    let after = (world.held(), world.supply(), world.shares(world.governor));
    assert_eq!(before, after, "INV-14");
    assert_eq!(world.balances(world.bob), [n(u64::MAX); 3], "INV-14");
}

#[motsu::test]
fn redeem_pays_each_amount_rounded_down() {
    let world = World::seeded();
    let (supply, before) = (world.supply(), world.balances(world.bob));
    let expected = vec![n(50_000), n(33_333), U256::ZERO];
    let preview = world.vault.sender(world.eve).preview_redeem(ten());
    assert_eq!(preview.motsu_unwrap(), expected);

    let delivered = redeem_for(&world, world.bob, [0; 3]).motsu_unwrap();

    assert_eq!(delivered, expected);
    let after = world.balances(world.bob);
    for i in 0..3 {
        assert_eq!(after[i] - before[i], expected[i]);
        assert_eq!(world.held()[i], n(SEEDED[i]) - expected[i]);
    }
    assert_eq!(world.supply(), supply - ten());
    world.assert_sound(&world.people());
}

#[motsu::test]
fn redeem_uses_up_the_allowance_unless_it_is_infinite() {
    let world = World::seeded();
    let redeem = |shares| {
        world
            .vault
            .sender(world.eve)
            .redeem(shares, world.eve, world.governor, vec![U256::ZERO; 3])
    };
    let allowance = || {
        world
            .vault
            .sender(world.eve)
            .allowance(world.governor, world.eve)
    };
    let approve = |value| {
        world
            .vault
            .sender(world.governor)
            .approve(world.eve, value)
            .motsu_unwrap()
    };
    approve(ten() + n(5));
    redeem(ten()).motsu_unwrap();
    assert_eq!(allowance(), n(5));
    approve(U256::MAX);
    redeem(ten()).motsu_unwrap();
    assert_eq!(allowance(), U256::MAX);
}

#[motsu::test]
fn redeem_cannot_take_the_locked_shares() {
    let world = World::seeded();
    world.redeem(world.governor, world.shares(world.governor));
    assert_eq!(world.supply(), ballast_vault::LOCKED_SHARES, "INV-2");
    // What stays is the locked shares' part, rounded up.
    assert_eq!(world.held(), [n(5), n(4), n(1)]);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn redeem_ignores_the_end_of_minting() {
    let world = World::seeded();
    world
        .vault
        .sender(world.policy.address())
        .pause_mint(n(u64::MAX))
        .motsu_unwrap();
    redeem_for(&world, world.bob, [50_000, 33_333, 0]).motsu_unwrap();
}

#[motsu::test]
fn redeem_does_not_ask_the_policy() {
    let World {
        vault,
        policy,
        a,
        b,
        c,
        governor,
        ..
    } = World::seeded();
    drop(policy); // whoever calls it now aborts the test
    let delivered = vault
        .sender(governor)
        .redeem(ten(), governor, governor, vec![U256::ZERO; 3])
        .motsu_unwrap();
    assert_eq!(delivered, [n(50_000), n(33_333), U256::ZERO], "INV-22");
    drop((a, b, c));
}

/// What a token does wrong; how much of 33,333 it moves all the same.
#[motsu::test]
fn inv_22_one_broken_token_does_not_stop_the_others() {
    type Turn = fn(&World);
    let faults: [(&str, Turn, u64); 7] = [
        ("frozen", |w| w.b.sender(w.eve).set_frozen(true), 0),
        ("blocked", |w| w.b.sender(w.eve).set_blocked(w.bob, true), 0),
        (
            "refusing",
            |w| w.b.sender(w.eve).set_refusing(true, false),
            0,
        ),
        ("stuck", |w| w.b.sender(w.eve).set_stuck(true), 0),
        ("mute", |w| w.b.sender(w.eve).set_mute(true, false), 0),
        (
            "lying",
            |w| w.b.sender(w.eve).set_refusing(true, true),
            33_333,
        ),
        (
            "taking a fee",
            |w| w.b.sender(w.eve).set_fees(n(100), U256::ZERO),
            33_333,
        ),
    ];
    for (fault, turn, moved) in faults {
        let world = World::seeded();
        turn(&world);
        let delivered = redeem_for(&world, world.bob, [50_000, 0, 0]).motsu_unwrap();
        assert_eq!(
            delivered,
            [n(50_000), n(moved), U256::ZERO],
            "INV-22: {fault}"
        );
        let claim = n(33_333 - moved);
        let b = world.b.address();
        assert_eq!(
            world.vault.sender(world.eve).claim_of(b, world.bob),
            claim,
            "{fault}"
        );
        assert_eq!(
            world.vault.sender(world.eve).total_claims(b),
            claim,
            "{fault}"
        );
        assert_eq!(world.held()[1], n(SEEDED[1] - 33_333), "{fault}");
        world.b.sender(world.eve).set_mute(false, false);
        world.assert_sound(&world.people());
    }
}

#[motsu::test]
fn redeem_claims_for_the_receiver_what_a_token_that_falls_silent_may_have_moved() {
    let world = World::seeded();
    world.b.sender(world.eve).set_mute(false, true);
    let delivered = redeem_for(&world, world.bob, [50_000, 0, 0]).motsu_unwrap();
    assert_eq!(delivered[1], U256::ZERO);
    let claim = world
        .vault
        .sender(world.eve)
        .claim_of(world.b.address(), world.bob);
    assert_eq!(claim, n(33_333));
}

#[motsu::test]
fn redeem_shares_a_shortfall_with_the_holders_and_the_claimants() {
    let world = World::seeded();
    // bob has a claim of 33,333; then a quarter of the vault's b is gone.
    world.b.sender(world.eve).set_frozen(true);
    redeem_for(&world, world.bob, [0; 3]).motsu_unwrap();
    world.b.sender(world.eve).set_frozen(false);
    let lost = n(SEEDED[1]) / n(4);
    world.b.sender(world.eve).burn(world.vault.address(), lost);

    let held = n(SEEDED[1]) - n(33_333);
    let amount = floor(held, ten(), n(990) * n(ONE));
    let due = floor(amount, n(SEEDED[1]) - lost, n(SEEDED[1]));
    let delivered = redeem_for(&world, world.alice, [0; 3]).motsu_unwrap();

    assert_eq!(delivered[1], due);
    let claim = world
        .vault
        .sender(world.eve)
        .claim_of(world.b.address(), world.alice);
    assert_eq!(claim, amount - due);
    assert_eq!(world.held()[1], held - amount);
}

#[motsu::test]
fn redeem_books_everything_of_a_token_that_is_gone() {
    let world = World::seeded();
    world
        .b
        .sender(world.eve)
        .burn(world.vault.address(), U256::MAX);
    let delivered = redeem_for(&world, world.bob, [50_000, 0, 0]).motsu_unwrap();
    assert_eq!(delivered[1], U256::ZERO);
    let claim = world
        .vault
        .sender(world.eve)
        .claim_of(world.b.address(), world.bob);
    assert_eq!(claim, n(33_333));
}

#[motsu::test]
fn inv_25_what_counts_holdings_is_refused_from_within() {
    let world = World::seeded();
    let calls: [(&str, Vec<u8>); 4] = [
        (
            "redeem",
            redeemCall {
                shares: n(1),
                receiver: world.eve,
                owner: world.eve,
                minAmounts: vec![U256::ZERO; 3],
            }
            .abi_encode(),
        ),
        (
            "mint",
            mintCall {
                shares: n(1),
                receiver: world.eve,
                maxAmounts: vec![U256::MAX; 3],
            }
            .abi_encode(),
        ),
        (
            "collect",
            collectCall {
                token: world.a.address(),
                account: world.eve,
            }
            .abi_encode(),
        ),
        ("holdings", holdingsCall {}.abi_encode()),
    ];
    for (name, data) in calls {
        world
            .a
            .sender(world.eve)
            .set_hook(world.vault.address(), data.into());
        let delivered = redeem_for(&world, world.bob, [0; 3]).motsu_unwrap();
        assert!(!delivered[0].is_zero());
        let (_, succeeded, answer) = world.a.sender(world.eve).hook_result();
        assert!(!succeeded, "INV-25: {name}");
        assert_eq!(
            answer.0,
            Vec::<u8>::from(Error::from(VaultLocked {})),
            "INV-25: {name}"
        );
    }
}

#[motsu::test]
fn redeem_leaves_the_share_token_usable_from_within() {
    let world = World::seeded();
    let data = balanceOfCall {
        account: world.governor,
    }
    .abi_encode();
    world
        .a
        .sender(world.eve)
        .set_hook(world.vault.address(), data.into());
    redeem_for(&world, world.bob, [0; 3]).motsu_unwrap();
    let (calls, succeeded, answer) = world.a.sender(world.eve).hook_result();
    assert_eq!((calls, succeeded), (n(1), true));
    // The shares are gone before any token is called.
    assert_eq!(U256::from_be_slice(&answer.0), world.shares(world.governor));
}

#[motsu::test]
fn redeem_tells() {
    let world = World::seeded();
    world.b.sender(world.eve).set_frozen(true);
    redeem_for(&world, world.bob, [0; 3]).motsu_unwrap();
    world.vault.assert_emitted(&Transfer {
        from: world.governor,
        to: Address::ZERO,
        value: ten(),
    });
    world.vault.assert_emitted(&ClaimBooked {
        token: world.b.address(),
        account: world.bob,
        amount: n(33_333),
    });
    world.vault.assert_emitted(&Redeemed {
        caller: world.governor,
        receiver: world.bob,
        owner: world.governor,
        shares: ten(),
        delivered: vec![n(50_000), U256::ZERO, U256::ZERO],
    });
}
