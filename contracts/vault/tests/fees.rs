//! Fees: what they take, exactly, and when they may be raised.
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
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE, MODULE_DELAY_S},
};
use ballast_vault::{types::*, MANAGEMENT_FEE_MAX_BPS, TOLL_MAX_BPS};
use common::*;
use motsu::prelude::*;
use proptest::prelude::*;

const YEAR: u64 = 365 * 24 * 60 * 60;

fn set(world: &World, who: Address, recipient: Address, rates: [u64; 3]) -> Result<(), Error> {
    let [management, mint, redeem] = rates.map(n);
    world
        .vault
        .sender(who)
        .set_fees(recipient, management, mint, redeem)
        .motsu_res()
}

fn in_force(world: &World) -> (Address, U256, U256, U256) {
    world.vault.sender(world.eve).fees()
}

fn waiting(world: &World) -> U256 {
    world.vault.sender(world.eve).pending_fees().4
}

/// ⌊supply · f / (1 − f)⌋ for f = rate · time / (10,000 · year).
fn streamed(supply: U256, rate: u64, time: u64) -> U256 {
    let part = n(rate) * n(time);
    floor(supply, part, n(10_000) * n(YEAR) - part)
}

#[motsu::test]
fn set_fees_reverts_above_a_ceiling_for_nobody_and_without_the_role() {
    let world = World::seeded();
    let to = world.guardian;
    let too_high = |bps: u64, max: u64| -> Error {
        VaultFeeTooHigh {
            bps: n(bps),
            max: n(max),
        }
        .into()
    };
    let g = world.governor;
    assert_eq!(
        set(&world, g, to, [201, 0, 0]),
        Err(too_high(201, MANAGEMENT_FEE_MAX_BPS))
    );
    assert_eq!(
        set(&world, g, to, [0, 101, 0]),
        Err(too_high(101, TOLL_MAX_BPS))
    );
    assert_eq!(
        set(&world, g, to, [0, 0, 300]),
        Err(too_high(300, TOLL_MAX_BPS))
    );
    for receiver in [Address::ZERO, world.vault.address()] {
        assert_eq!(
            set(&world, g, receiver, [1, 0, 0]),
            Err(ERC20InvalidReceiver { receiver }.into())
        );
    }
    for caller in [world.eve, world.guardian] {
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(
            set(&world, caller, to, [0, 0, 0]),
            Err(VaultUnauthorized { caller, role }.into())
        );
    }
    let huge = world
        .vault
        .sender(g)
        .set_fees(to, U256::MAX, U256::ZERO, U256::ZERO);
    assert_eq!(
        refused(huge),
        VaultFeeTooHigh {
            bps: U256::MAX,
            max: n(MANAGEMENT_FEE_MAX_BPS)
        }
        .into()
    );
}

#[motsu::test]
fn inv_20_a_higher_fee_waits_and_a_lower_one_does_not() {
    let world = World::seeded();
    let (to, g, ready) = (world.guardian, world.governor, START + MODULE_DELAY_S);
    set(&world, g, to, [100, 50, 20]).unwrap();
    assert_eq!(in_force(&world), (Address::ZERO, n(0), n(0), n(0)));
    assert_eq!(
        world.vault.sender(g).pending_fees(),
        (to, n(100), n(50), n(20), n(ready))
    );
    clock::set(ready - 1);
    assert_eq!(
        refused(world.vault.sender(world.eve).apply_fees()),
        VaultNotReady {
            now: n(ready - 1),
            readyAt: n(ready)
        }
        .into()
    );
    clock::set(ready);
    world.vault.sender(world.eve).apply_fees().motsu_unwrap();
    assert_eq!(in_force(&world), (to, n(100), n(50), n(20)));
    assert_eq!(
        refused(world.vault.sender(world.eve).apply_fees()),
        VaultNothingPending {}.into()
    );

    // One rate up is enough to wait, and the new word counts from now.
    set(&world, g, to, [50, 51, 20]).unwrap();
    clock::set(ready + 100);
    set(&world, g, to, [50, 52, 20]).unwrap();
    assert_eq!(waiting(&world), n(ready + 100 + MODULE_DELAY_S));
    // Another recipient waits as well.
    set(&world, g, world.bob, [10, 10, 10]).unwrap();
    assert_eq!(in_force(&world).0, to);
    // Lower is at once and drops what waited.
    set(&world, g, to, [100, 50, 19]).unwrap();
    assert_eq!(in_force(&world), (to, n(100), n(50), n(19)));
    assert_eq!(waiting(&world), n(0));
    // No fees have no recipient.
    set(&world, g, world.bob, [0, 0, 0]).unwrap();
    assert_eq!(in_force(&world), (Address::ZERO, n(0), n(0), n(0)));
}

#[motsu::test]
fn inv_19_waiting_fees_are_cancelled_by_governor_or_guardian_alone() {
    let world = World::seeded();
    for who in [world.guardian, world.governor] {
        set(&world, world.governor, world.bob, [1, 1, 1]).unwrap();
        assert_eq!(
            refused(world.vault.sender(world.eve).cancel_fees()),
            VaultUnauthorized {
                caller: world.eve,
                role: GUARDIAN_ROLE
            }
            .into()
        );
        world.vault.sender(who).cancel_fees().motsu_unwrap();
        assert_eq!(waiting(&world), n(0));
        assert_eq!(
            refused(world.vault.sender(who).cancel_fees()),
            VaultNothingPending {}.into()
        );
    }
}

#[motsu::test]
fn inv_27_the_guardian_cancels_once_and_then_rests() {
    let world = World::seeded();
    set(&world, world.governor, world.bob, [1, 1, 1]).unwrap();
    let cancel = || world.vault.sender(world.guardian).cancel_fees();
    cancel().motsu_unwrap();
    set(&world, world.governor, world.bob, [1, 1, 1]).unwrap();
    let from = START + 2 * GUARDIAN_ACT_MAX_S;
    assert_eq!(
        refused(cancel()),
        VaultPauseTooSoon {
            now: n(START),
            allowedFrom: n(from)
        }
        .into()
    );
    clock::set(START + MODULE_DELAY_S);
    world.vault.sender(world.eve).apply_fees().motsu_unwrap();
    set(&world, world.governor, world.bob, [2, 2, 2]).unwrap();
    clock::set(from);
    cancel().motsu_unwrap();
    assert_eq!(waiting(&world), n(0));
}

#[motsu::test]
fn before_the_seed_fees_are_at_once_and_time_costs_nothing() {
    let world = World::listed();
    world.enrich(world.governor);
    set(&world, world.governor, world.guardian, [200, 0, 0]).unwrap();
    clock::set(START + YEAR);
    let amounts = SEEDED.map(n).to_vec();
    world
        .vault
        .sender(world.governor)
        .seed(seed_shares(), world.governor, amounts)
        .motsu_unwrap();
    assert_eq!(world.supply(), seed_shares());
    clock::set(START + 2 * YEAR);
    assert_eq!(
        world.supply(),
        seed_shares() + streamed(seed_shares(), 200, YEAR)
    );
}

#[motsu::test]
fn inv_02_the_management_fee_is_counted_in_the_supply_before_it_is_accrued() {
    let world = World::seeded();
    world.charge([200, 0, 0]);
    let begin = START + MODULE_DELAY_S;
    clock::set(begin + YEAR / 2);
    let made = streamed(seed_shares(), 200, YEAR / 2);
    // One part of a hundred of what there is then.
    assert_eq!(made, floor(seed_shares(), n(1), n(99)));
    assert_eq!(world.supply(), seed_shares() + made);
    assert_eq!(world.shares(world.guardian), n(0));
    world.assert_sound(&world.people());
    let told = world.vault.sender(world.eve).accrue_fees().motsu_unwrap();
    assert_eq!(told, made);
    assert_eq!(world.shares(world.guardian), made);
    assert_eq!(world.supply(), seed_shares() + made);
    // In the same second there is nothing more.
    let again = world.vault.sender(world.eve).accrue_fees().motsu_unwrap();
    assert_eq!(again, n(0));
    world.assert_sound(&world.people());

    // A lower rate counts from its own day on only.
    clock::set(begin + YEAR);
    let second = streamed(seed_shares() + made, 200, YEAR - YEAR / 2);
    set(&world, world.governor, world.guardian, [100, 0, 0]).unwrap();
    assert_eq!(world.shares(world.guardian), made + second);
    assert_eq!(world.supply(), seed_shares() + made + second);
}

#[motsu::test]
fn a_mint_fee_is_paid_for_beside_the_shares() {
    let world = World::seeded();
    world.charge([0, 100, 0]);
    let shares = n(10) * n(ONE) + n(1);
    let toll = n(ONE) / n(10) + n(1); // 1 % of 10 and a bit, up
    let wanted = SEEDED.map(|held| ceil(n(held), shares + toll, seed_shares()));
    let preview = world
        .vault
        .sender(world.eve)
        .preview_mint(shares)
        .motsu_unwrap();
    assert_eq!(preview, wanted);
    assert_eq!(world.mint(world.alice, shares), wanted);
    assert_eq!(world.shares(world.alice), shares);
    assert_eq!(world.shares(world.guardian), toll);
    assert_eq!(world.supply(), seed_shares() + shares + toll);
    world.assert_sound(&world.people());
}

#[motsu::test]
fn a_redeem_fee_is_a_part_of_the_shares_and_never_stops_an_exit() {
    let world = World::seeded();
    world.charge([0, 0, 100]);
    let before = world.supply();
    let shares = n(10) * n(ONE) + n(1);
    let toll = n(ONE) / n(10) + n(1);
    let wanted = SEEDED.map(|held| floor(n(held), shares - toll, before));
    let preview = world
        .vault
        .sender(world.eve)
        .preview_redeem(shares)
        .motsu_unwrap();
    assert_eq!(preview, wanted);
    assert_eq!(world.redeem(world.governor, shares), wanted);
    assert_eq!(world.shares(world.guardian), toll);
    assert_eq!(world.supply(), before - shares + toll);
    // One unit of a share is all fee: it pays nothing and goes through.
    assert_eq!(world.redeem(world.governor, n(1)), [n(0); 3]);
    assert_eq!(world.shares(world.guardian), toll + n(1));
    // More than one has is refused with all that was asked for.
    let balance = world.shares(world.governor);
    let (needed, sender) = (balance + n(1), world.governor);
    let result = world
        .vault
        .sender(sender)
        .redeem(needed, sender, sender, vec![U256::ZERO; 3]);
    assert_eq!(
        refused(result),
        ERC20InsufficientBalance {
            sender,
            balance,
            needed
        }
        .into()
    );
    world.assert_sound(&world.people());
}

#[test]
fn prop_previews_are_what_the_calls_take_and_pay_at_any_time() {
    let rates = (0u64..=200, 0u64..=100, 0u64..=100);
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(rates in rates, time in 0u64..3 * YEAR, shares in 1u64.., part in 1u64..)| {
        let world = World::seeded();
        world.charge([rates.0, rates.1, rates.2]);
        clock::set(START + MODULE_DELAY_S + time);
        let view = || world.vault.sender(world.eve);
        let shares = n(shares) * n(5);
        let preview = view().preview_mint(shares).motsu_unwrap();
        let supply = world.supply();
        prop_assert_eq!(supply, seed_shares() + streamed(seed_shares(), rates.0, time));
        let toll = ceil(shares, n(rates.1), n(10_000));
        prop_assert_eq!(&preview[..], &SEEDED.map(|held| ceil(n(held), shares + toll, supply))[..]);
        prop_assert_eq!(world.mint(world.alice, shares), preview);
        prop_assert_eq!(world.supply(), supply + shares + toll);

        clock::set(START + MODULE_DELAY_S + 2 * time);
        let part = n(part) % shares + n(1);
        let (held, supply) = (world.held(), world.supply());
        let preview = view().preview_redeem(part).motsu_unwrap();
        let toll = ceil(part, n(rates.2), n(10_000));
        prop_assert_eq!(&preview[..], &held.map(|held| floor(held, part - toll, supply))[..]);
        prop_assert_eq!(world.redeem(world.alice, part), preview);
        prop_assert_eq!(world.supply(), supply - part + toll);
        world.assert_sound(&world.people());
    });
}
