//! Invariants 1 to 8, over random sequences of calls by people who want to take more than they brought.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use std::cell::Cell;

use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::MODULE_DELAY_S};
use ballast_vault::{Vault, ABSORB_DELAY_S, LOCKED_SHARES};
use common::*;
use motsu::prelude::*;
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A holding: from one unit to more than all the money there is.
fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![1 => 1u64..5, 2 => 1u64..10_000, 2 => 1u64..1_000_000_000_000]
}

/// Holdings of which one reaches the least holding, and some may be nothing at all.
fn holdings() -> impl Strategy<Value = [u64; 3]> {
    (amount(), 0u64..3, amount()).prop_map(|(a, b, c)| [a.max(1_000), b, c])
}

/// A number of shares: a few units, about the locked ones, or about the whole supply.
fn shares() -> impl Strategy<Value = U256> {
    prop_oneof![
        1 => (1u64..10).prop_map(n),
        1 => (1u64..2_000_000_000_000_000).prop_map(n),
        2 => (1u64..ONE).prop_map(n),
        2 => (1u64..2_000).prop_map(|x| n(x) * n(ONE)),
        1 => (1u64..u64::MAX).prop_map(|x| n(x) * n(57)),
    ]
}

/// No fees in half of the runs; otherwise a year's management fee, mint fee and redeem fee, bps.
fn fees() -> impl Strategy<Value = [u64; 3]> {
    prop_oneof![
        Just([0; 3]),
        (0u64..=200, 0u64..=100, 0u64..=100).prop_map(|(m, i, o)| [m, i, o])
    ]
}

fn state(world: &World) -> ([U256; 3], U256) {
    (world.held(), world.supply())
}

/// Invariants 4 and 5: per asset, nobody else's part shrinks, and not a unit more is kept than that takes.
#[track_caller]
fn assert_fair(before: ([U256; 3], U256), after: ([U256; 3], U256)) {
    for (held, held_after) in before.0.into_iter().zip(after.0) {
        let (kept, owned) = (held_after * before.1, held * after.1);
        assert!(kept >= owned, "INV-4: {kept} < {owned}");
        if !held_after.is_zero() {
            let less = (held_after - n(1)) * before.1;
            assert!(less < owned, "INV-5: {less} >= {owned}");
        }
    }
}

/// One act of one attacker.
#[derive(Clone, Debug)]
enum Act {
    Mint(usize, U256),
    Redeem(usize, usize, U256),
    Transfer(usize, usize, U256),
    Donate(usize, usize, u64),
    Collect(usize, usize),
    Redirect(usize, usize, usize, u64),
    Freeze(usize, bool),
    Block(usize, usize, bool),
    Wait(u64),
    Accrue,
    Absorb(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0usize..3;
    prop::collection::vec(
        prop_oneof![
            6 => (who.clone(), shares()).prop_map(|(w, s)| Act::Mint(w, s)),
            7 => (who.clone(), 0usize..3, shares()).prop_map(|(w, r, s)| Act::Redeem(w, r, s)),
            1 => (who.clone(), 0usize..3, shares()).prop_map(|(w, r, s)| Act::Transfer(w, r, s)),
            2 => (who.clone(), 0usize..3, amount()).prop_map(|(w, t, x)| Act::Donate(w, t, x)),
            2 => (who.clone(), 0usize..3).prop_map(|(w, t)| Act::Collect(w, t)),
            1 => (who.clone(), 0usize..3, 0usize..3, amount()).prop_map(|(w, r, t, x)| Act::Redirect(w, r, t, x)),
            1 => (0usize..3, prop::bool::weighted(0.8)).prop_map(|(t, on)| Act::Freeze(t, on)),
            2 => (who, 0usize..3, prop::bool::weighted(0.8)).prop_map(|(w, t, on)| Act::Block(w, t, on)),
            1 => (1u64..10_000_000).prop_map(Act::Wait),
            1 => Just(Act::Accrue),
            2 => (0usize..3).prop_map(Act::Absorb),
        ],
        1..56,
    )
}

/// At most what one has, and at least one.
fn part_of(wanted: U256, has: U256) -> U256 {
    if has.is_zero() {
        wanted
    } else {
        wanted % has + n(1)
    }
}

#[test]
fn prop_inv_01_to_06_no_sequence_takes_more_than_it_brought() {
    let (minted, redeemed, claimed, collected) =
        (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0));
    let absorbed = Cell::new(0);
    let bump = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    proptest!(config(192), |(seed in holdings(), acts in acts(), fees in fees())| {
        let world = World::seeded_with(seed.map(n));
        world.charge(fees);
        let mut now = START + MODULE_DELAY_S;
        clock::set(now);
        world.enrich(world.eve);
        let attackers = [world.alice, world.bob, world.eve];
        let people = world.people();
        let brought: [U256; 3] = sum(&world, &attackers);
        let mut donated = [U256::ZERO; 3];
        let absorbed_before = absorbed.get();
        for act in acts {
            let before = state(&world);
            match act {
                Act::Mint(who, shares) => {
                    let who = attackers[who];
                    let limits = vec![U256::MAX; 3];
                    let result = world.vault.sender(who).mint(shares, who, limits).motsu_res();
                    if let Ok(amounts) = result {
                        bump(&minted);
                        assert!(amounts.iter().any(|a| !a.is_zero()), "INV-6");
                        for (amount, held) in amounts.iter().zip(before.0) {
                            assert!(held.is_zero() || !amount.is_zero(), "INV-6");
                        }
                        assert_fair(before, state(&world));
                    }
                }
                Act::Redeem(who, receiver, shares) => {
                    let (who, receiver) = (attackers[who], attackers[receiver]);
                    let shares = part_of(shares, world.shares(who));
                    let result = world
                        .vault
                        .sender(who)
                        .redeem(shares, receiver, who, vec![U256::ZERO; 3])
                        .motsu_res();
                    if let Ok(delivered) = result {
                        bump(&redeemed);
                        assert_fair(before, state(&world));
                        let gone = before.0.iter().zip(world.held()).map(|(b, a)| b - a);
                        if gone.zip(&delivered).any(|(gone, moved)| gone > *moved) {
                            bump(&claimed);
                        }
                    }
                }
                Act::Transfer(from, to, shares) => {
                    let (from, to) = (attackers[from], attackers[to]);
                    let shares = part_of(shares, world.shares(from));
                    let _ = world.vault.sender(from).transfer(to, shares).motsu_res();
                    assert_eq!(before, state(&world), "INV-4: a transfer changed the holdings");
                }
                Act::Donate(who, token, amount) => {
                    let moved = world
                        .token(token)
                        .sender(attackers[who])
                        .transfer(world.vault.address(), n(amount))
                        .motsu_res();
                    if moved == Ok(true) {
                        donated[token] += n(amount);
                    }
                    assert_eq!(before, state(&world), "INV-1: a donation changed the books");
                }
                Act::Collect(who, token) => {
                    // The first claim there is, counted from here. Somebody unblocked it just before.
                    let claim = (0..9)
                        .map(|i| ((who + i) % 3, (token + i / 3) % 3))
                        .find(|(who, token)| {
                            let token = world.tokens()[*token];
                            !world.vault.sender(world.eve).claim_of(token, attackers[*who]).is_zero()
                        });
                    let (who, token) = claim.unwrap_or((who, token));
                    world.token(token).sender(world.eve).set_frozen(false);
                    world.token(token).sender(world.eve).set_blocked(attackers[who], false);
                    let token = world.tokens()[token];
                    let paid = world
                        .vault
                        .sender(world.eve)
                        .collect(token, attackers[who])
                        .motsu_res();
                    assert_eq!(paid.is_ok(), claim.is_some());
                    if paid.is_ok() {
                        bump(&collected);
                    }
                    assert_eq!(
                        before,
                        state(&world),
                        "INV-4: a claim changed the holdings"
                    );
                }
                Act::Redirect(who, to, token, amount) => {
                    let (who, to, token) = (attackers[who], attackers[to], world.tokens()[token]);
                    let _ = world.vault.sender(who).redirect_claim(token, to, n(amount)).motsu_res();
                    assert_eq!(before, state(&world), "INV-4: a claim changed the holdings");
                }
                Act::Wait(time) => {
                    now += time;
                    clock::set(now);
                }
                Act::Accrue => {
                    world.vault.sender(world.eve).accrue_fees().motsu_unwrap();
                    assert_eq!(before, state(&world), "INV-4: accruing changed what a share is worth");
                }
                Act::Absorb(token) => {
                    // Announced, waited for, absorbed if something lies there.
                    let token = world.tokens()[token];
                    let vault = || world.vault.sender(world.governor);
                    let _ = vault().announce_absorb(token).motsu_res();
                    now += ABSORB_DELAY_S;
                    clock::set(now);
                    let before = state(&world);
                    if let Ok(amount) = vault().absorb(token).motsu_res() {
                        bump(&absorbed);
                        assert!(!amount.is_zero());
                    }
                    assert_eq!(before, state(&world), "INV-3: absorbing gave at once");
                }
                Act::Freeze(token, on) => world.token(token).sender(world.eve).set_frozen(on),
                Act::Block(who, token, on) => {
                    world.token(token).sender(world.eve).set_blocked(attackers[who], on);
                }
            }
            world.assert_sound(&people);
        }

        // The tokens work again, everybody leaves with everything.
        for token in 0..3 {
            world.token(token).sender(world.eve).set_frozen(false);
            for who in attackers {
                world.token(token).sender(world.eve).set_blocked(who, false);
            }
        }
        for who in attackers {
            let shares = world.shares(who);
            if !shares.is_zero() {
                world.redeem(who, shares);
            }
            for token in world.tokens() {
                let claim = world.vault.sender(who).claim_of(token, who);
                if !claim.is_zero() {
                    let paid = world.vault.sender(world.eve).collect(token, who).motsu_unwrap();
                    assert_eq!(paid, claim);
                }
            }
        }
        world.assert_sound(&people);
        let taken = world.shares(world.guardian) + world.vault.sender(world.eve).accrued_fees().motsu_unwrap();
        assert_eq!(world.supply(), seed_shares() + taken);
        assert!(fees != [0; 3] || taken.is_zero(), "INV-2: shares without a fee");
        let left: [U256; 3] = sum(&world, &attackers);
        for i in 0..3 {
            // What they gave away comes back to them in part when it is absorbed.
            let kept = if absorbed.get() > absorbed_before { U256::ZERO } else { donated[i] };
            assert!(left[i] + kept <= brought[i], "INV-3: asset {i}");
            assert!(world.held()[i] >= n(seed[i]), "INV-4: asset {i}");
        }
    });
    assert!(minted.get() > 300, "minted {}", minted.get());
    assert!(redeemed.get() > 300, "redeemed {}", redeemed.get());
    assert!(claimed.get() > 30, "claimed {}", claimed.get());
    assert!(collected.get() > 10, "collected {}", collected.get());
    assert!(absorbed.get() > 10, "absorbed {}", absorbed.get());
}

fn sum(world: &World, people: &[Address]) -> [U256; 3] {
    people.iter().fold([U256::ZERO; 3], |sum, who| {
        let has = world.balances(*who);
        [sum[0] + has[0], sum[1] + has[1], sum[2] + has[2]]
    })
}

#[test]
fn prop_inv_07_splitting_a_call_never_pays() {
    proptest!(config(96), |(seed in holdings(), x in shares(), y in shares())| {
        let (whole, split) = (World::seeded_with(seed.map(n)), World::seeded_with(seed.map(n)));
        let mint = |world: &World, shares| {
            world.vault.sender(world.alice).mint(shares, world.alice, vec![U256::MAX; 3]).motsu_res()
        };
        let (Ok(once), Ok(first)) = (mint(&whole, x + y), mint(&split, x)) else {
            return Ok(()); // dearer than alice can pay
        };
        let second = mint(&split, y).unwrap();
        for i in 0..3 {
            assert!(first[i] + second[i] >= once[i], "INV-7: mint, asset {i}");
        }

        // From the same state: the one that minted at once, twice.
        let again = World::seeded_with(seed.map(n));
        mint(&again, x + y).unwrap();
        let once = whole.redeem(whole.alice, x + y);
        let first = again.redeem(again.alice, x);
        let second = again.redeem(again.alice, y);
        for i in 0..3 {
            assert!(first[i] + second[i] <= once[i], "INV-7: redeem, asset {i}");
        }
    });
}

#[test]
fn prop_inv_08_nobody_profits_from_a_donation_before_a_victim() {
    proptest!(config(96), |(
        seed in holdings(),
        small in shares(),
        donation in amount(),
        token in 0usize..3,
        victim in shares(),
    )| {
        let world = World::seeded_with(seed.map(n));
        let start = world.balances(world.alice);
        let start_victim = world.balances(world.bob);
        // The attacker is as good as alone in the vault, but for the locked shares.
        world.redeem(world.governor, world.shares(world.governor));
        let mint = |who, shares| {
            world.vault.sender(who).mint(shares, who, vec![U256::MAX; 3]).motsu_res()
        };
        let entered = mint(world.alice, small).is_ok();
        let gift = world.token(token).sender(world.alice).transfer(world.vault.address(), n(donation));
        gift.motsu_unwrap();
        let shares = victim % (n(10) * LOCKED_SHARES) + n(1);
        let paid = mint(world.bob, shares);
        if entered {
            world.redeem(world.alice, small);
        }
        if paid.is_ok() {
            world.redeem(world.bob, shares);
        }
        let end = world.balances(world.alice);
        let end_victim = world.balances(world.bob);
        for i in 0..3 {
            assert!(end[i] <= start[i], "INV-8: the attacker gained, asset {i}");
            // Rounding costs a unit on the way in and another on the way out, no more.
            assert!(start_victim[i] - end_victim[i] <= n(2), "INV-8: the victim lost, asset {i}");
        }
    });
}

/// Every field holds something of its own at once: none shares a slot with another.
#[motsu::test]
fn storage_fields_do_not_overlap() {
    let world = World::bare();
    let vault = Contract::<Vault>::new();
    let name = "A treasury whose name is longer than thirty-two bytes".to_owned();
    let symbol = "A symbol that is longer than thirty-two bytes as well".to_owned();
    let (governor, eve) = (world.governor, world.eve);
    vault
        .sender(eve)
        .constructor(name.clone(), symbol.clone(), world.policy.address())
        .motsu_unwrap();
    let rebalancer = world.rebalancer.address();
    vault
        .sender(governor)
        .set_rebalancer(rebalancer)
        .motsu_unwrap();
    let tokens: Vec<Contract<ballast_mocks::tokens::MockToken>> =
        (0..32).map(|_| Contract::new()).collect();
    for (i, token) in (1u64..).zip(&tokens) {
        vault
            .sender(governor)
            .list_asset(token.address(), n(i))
            .motsu_unwrap();
        token.sender(governor).mint(governor, n(1_000 * i));
        token.sender(governor).approve(vault.address(), U256::MAX);
    }
    let amounts: Vec<U256> = (1..=32).map(|i| n(1_000 * i)).collect();
    vault
        .sender(governor)
        .seed(seed_shares(), governor, amounts)
        .motsu_unwrap();
    let guardian = world.guardian;
    vault
        .sender(guardian)
        .pause_mint(n(START + 1_000))
        .motsu_unwrap();
    vault
        .sender(governor)
        .approve(world.bob, n(77))
        .motsu_unwrap();
    for token in &tokens {
        token.sender(eve).set_frozen(true);
    }
    let tenth = seed_shares() / n(10);
    vault
        .sender(governor)
        .redeem(tenth, world.alice, governor, vec![U256::ZERO; 32])
        .motsu_unwrap();

    let v = vault.sender(eve);
    assert_eq!(v.name(), name);
    assert_eq!(v.symbol(), symbol);
    assert_eq!(v.policy(), world.policy.address());
    assert_eq!(v.rebalancer(), rebalancer);
    assert_eq!(v.mint_paused_until(), n(START + 1_000));
    assert_eq!(v.total_supply().unwrap(), seed_shares() - tenth);
    assert_eq!(
        v.balance_of(governor),
        seed_shares() - LOCKED_SHARES - tenth
    );
    assert_eq!(v.allowance(governor, world.bob), n(77));
    assert!(!v.is_locked());
    let (listed, held) = v.holdings().unwrap().0;
    assert_eq!(listed.len(), 32);
    for (i, token) in (1u64..).zip(&tokens) {
        let address = token.address();
        assert_eq!(listed[i as usize - 1], address);
        assert_eq!(held[i as usize - 1], n(900 * i));
        assert_eq!(v.min_holding(address), n(i));
        assert_eq!(v.total_claims(address), n(100 * i));
        assert_eq!(v.claim_of(address, world.alice), n(100 * i));
        assert!(v.is_constituent(address).unwrap());
    }
    drop(v);
    // The guardian's act is remembered beside all that.
    ballast_interfaces::clock::set(START + 1_500);
    let error = refused(vault.sender(guardian).pause_mint(n(START + 1_600)));
    assert_eq!(
        error,
        ballast_vault::types::VaultPauseTooSoon {
            now: n(START + 1_500),
            allowedFrom: n(START + 2_000)
        }
        .into()
    );
}
