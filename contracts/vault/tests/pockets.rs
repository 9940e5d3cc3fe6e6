//! Side pockets: what was held of a token when it left the list, for those who had shares then.
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
use ballast_interfaces::{
    clock,
    constants::{DEAD, DEFAULT_ADMIN_ROLE},
};
use ballast_vault::{types::*, ABSORB_DELAY_S, ABSORB_STREAM_S};
use common::*;
use motsu::prelude::*;
use proptest::prelude::*;

fn pocket(world: &World, i: usize, ether: u64) -> Result<(), Error> {
    let token = world.tokens()[i];
    world.governor.fund(n(ether));
    world
        .vault
        .sender_and_value(world.governor, n(ether))
        .pocket_asset(token)
        .motsu_res()
}

fn share(world: &World, number: u64, account: Address) -> U256 {
    world
        .vault
        .sender(world.eve)
        .pocket_share(n(number), account)
        .motsu_unwrap()
}

fn collect(world: &World, number: u64, account: Address) -> Result<U256, Error> {
    collect_as(world, world.eve, number, account)
}

fn collect_as(
    world: &World,
    caller: Address,
    number: u64,
    account: Address,
) -> Result<U256, Error> {
    world
        .vault
        .sender(caller)
        .collect_pocket(n(number), account)
        .motsu_res()
}

fn nothing(token: Address, account: Address) -> Result<U256, Error> {
    Err(VaultNothingToCollect { token, account }.into())
}

/// alice has as many shares as the seed brought, bob half of that.
fn shared() -> World {
    let world = World::seeded();
    world.mint(world.alice, seed_shares());
    world.mint(world.bob, seed_shares() / n(2));
    world
}

#[motsu::test]
fn pocket_asset_reverts_without_the_role_while_it_has_weight_and_unmarked() {
    let world = shared();
    let token = world.a.address();
    for caller in [world.eve, world.guardian] {
        let role = DEFAULT_ADMIN_ROLE;
        assert_eq!(
            refused(world.vault.sender(caller).pocket_asset(token)),
            VaultUnauthorized { caller, role }.into()
        );
    }
    world
        .policy
        .sender(world.governor)
        .set_weight(token, n(5), n(0));
    assert_eq!(
        pocket(&world, 0, 1),
        Err(VaultAssetInUse {
            token,
            held: world.held()[0],
            weightWad: n(5)
        }
        .into())
    );
    world
        .policy
        .sender(world.governor)
        .set_weight(token, n(0), n(0));
    assert_eq!(pocket(&world, 0, 0), Err(VaultPocketUnmarked {}.into()));
    pocket(&world, 0, 1).unwrap();
    assert_eq!(
        pocket(&world, 0, 0),
        Err(VaultAssetNotListed { token }.into())
    );
    // The mark is for all of them.
    pocket(&world, 1, 0).unwrap();
    let view = || world.vault.sender(world.eve);
    assert_eq!(view().pocket_count(), n(2));
    let unseeded = World::listed();
    // Where nothing is held it is a delisting, and no pocket.
    pocket(&unseeded, 0, 0).unwrap();
    assert_eq!(unseeded.vault.sender(unseeded.eve).pocket_count(), n(0));
}

#[motsu::test]
fn a_pocket_belongs_to_those_who_had_shares_when_it_was_made() {
    let world = shared();
    let (held, supply) = (world.held()[0], world.supply());
    let token = world.a.address();
    pocket(&world, 0, 1).unwrap();
    let view = || world.vault.sender(world.eve);
    assert_eq!(view().pocket(n(1)), (token, held, supply));
    assert_eq!(view().total_claims(token), held);
    assert!(!view().is_constituent(token).motsu_unwrap());

    // alice sends all she has to eve and mints anew; bob redeems.
    let limits = || vec![U256::MAX; 2];
    let all = world.shares(world.alice);
    let sent = world.vault.sender(world.alice).transfer(world.eve, all);
    sent.motsu_unwrap();
    let minted = world
        .vault
        .sender(world.alice)
        .mint(n(ONE), world.alice, limits());
    minted.motsu_unwrap();
    let bobs = world.shares(world.bob);
    let paid = world
        .vault
        .sender(world.bob)
        .redeem(bobs, world.bob, world.bob, vec![n(0); 2]);
    paid.motsu_unwrap();

    let before = world.balances(world.alice)[0];
    let due = floor(held, seed_shares(), supply);
    assert_eq!(share(&world, 1, world.alice), due);
    assert_eq!(share(&world, 1, world.eve), n(0));
    assert_eq!(collect(&world, 1, world.alice), Ok(due));
    assert_eq!(world.balances(world.alice)[0], before + due);
    // Once.
    assert_eq!(share(&world, 1, world.alice), n(0));
    assert_eq!(collect(&world, 1, world.alice), nothing(token, world.alice));
    assert_eq!(collect(&world, 1, world.eve), nothing(token, world.eve));
    // Nothing of it is for the locked shares, and there is no other pocket.
    assert_eq!(collect(&world, 1, DEAD), nothing(token, DEAD));
    for number in [0, 2, 255, 256, u64::MAX] {
        assert_eq!(
            collect(&world, number, world.bob),
            nothing(Address::ZERO, world.bob)
        );
    }
    assert_eq!(collect(&world, 1, world.bob), Ok(floor(held, bobs, supply)));
    let governors = world.shares(world.governor);
    assert_eq!(
        collect(&world, 1, world.governor),
        Ok(floor(held, governors, supply))
    );
    let left = world.vault.sender(world.eve).total_claims(token);
    assert!(left >= floor(held, world.shares(DEAD), supply));
    assert!(left <= floor(held, world.shares(DEAD), supply) + n(4));
    assert_eq!(
        world
            .token(0)
            .sender(world.eve)
            .balance_of(world.vault.address())
            .unwrap(),
        left
    );
}

#[motsu::test]
fn what_does_not_move_is_claimed_and_can_be_redirected() {
    let world = shared();
    let token = world.a.address();
    let (held, supply) = (world.held()[0], world.supply());
    world.a.sender(world.eve).set_frozen(true);
    pocket(&world, 0, 1).unwrap();
    let due = floor(held, seed_shares(), supply);
    assert_eq!(collect(&world, 1, world.alice), Ok(n(0)));
    assert_eq!(
        world.vault.sender(world.eve).claim_of(token, world.alice),
        due
    );
    assert_eq!(world.vault.sender(world.eve).total_claims(token), held);
    let handed = world
        .vault
        .sender(world.alice)
        .redirect_claim(token, world.bob, due);
    handed.motsu_unwrap();
    world.a.sender(world.eve).set_frozen(false);
    let paid = world.vault.sender(world.eve).collect(token, world.bob);
    assert_eq!(paid.motsu_unwrap(), due);
}

#[motsu::test]
fn a_hole_is_shared_by_all_to_whom_the_pocket_is_owed() {
    let world = shared();
    let (held, supply) = (world.held()[0], world.supply());
    world
        .a
        .sender(world.eve)
        .burn(world.vault.address(), held / n(3));
    pocket(&world, 0, 1).unwrap();
    let balance = held - held / n(3);
    let due = floor(held, seed_shares(), supply);
    let paid = floor(due, balance, held);
    let token = world.a.address();
    // Nobody takes his part of it for another.
    let short = VaultShortfall {
        token,
        balance,
        owed: held,
    };
    assert_eq!(collect(&world, 1, world.alice), Err(short.into()));
    assert_eq!(collect_as(&world, world.alice, 1, world.alice), Ok(paid));
    assert_eq!(
        world.vault.sender(world.eve).claim_of(token, world.alice),
        due - paid
    );
}

#[motsu::test]
fn a_pocket_is_still_owed_when_its_token_is_listed_again() {
    let world = shared();
    let token = world.c.address();
    let held = world.held()[2];
    pocket(&world, 2, 1).unwrap();
    let list = world.vault.sender(world.governor).list_asset(token, n(1));
    list.motsu_unwrap();
    assert_eq!(world.held()[2], n(0));
    // It is no stray: there is nothing to absorb.
    let announced = world.vault.sender(world.governor).announce_absorb(token);
    announced.motsu_unwrap();
    clock::set(START + ABSORB_DELAY_S);
    assert_eq!(
        refused(world.vault.sender(world.eve).absorb(token)),
        VaultNothingToAbsorb {
            token,
            balance: held,
            owed: held
        }
        .into()
    );
    world
        .c
        .sender(world.eve)
        .mint(world.vault.address(), n(100));
    assert_eq!(
        world.vault.sender(world.eve).absorb(token).motsu_unwrap(),
        n(100)
    );
    clock::set(START + ABSORB_DELAY_S + ABSORB_STREAM_S);
    // The second pocket is the new holding alone.
    pocket(&world, 2, 0).unwrap();
    let view = || world.vault.sender(world.eve);
    assert_eq!(view().pocket(n(2)).1, n(100));
    assert_eq!(view().total_claims(token), held + n(100));
    let due = floor(held, seed_shares(), world.supply());
    assert_eq!(collect(&world, 1, world.alice), Ok(due));
    let due = floor(n(100), seed_shares(), world.supply());
    assert_eq!(collect(&world, 2, world.alice), Ok(due));
}

#[motsu::test]
fn dust_and_what_still_streams_go_into_the_pocket() {
    let world = shared();
    world
        .c
        .sender(world.eve)
        .mint(world.vault.address(), n(7_000));
    let token = world.c.address();
    let announced = world.vault.sender(world.governor).announce_absorb(token);
    announced.motsu_unwrap();
    clock::set(START + ABSORB_DELAY_S);
    world.vault.sender(world.eve).absorb(token).motsu_unwrap();
    clock::set(START + ABSORB_DELAY_S + 1_000);
    let dust = world.balances(world.vault.address())[2] - n(7_000);
    pocket(&world, 2, 1).unwrap();
    let view = || world.vault.sender(world.eve);
    assert_eq!(view().pocket(n(1)).1, dust + n(7_000));
    assert_eq!(view().absorption(token).motsu_unwrap(), (n(0), n(0)));
}

#[motsu::test]
fn the_fee_that_has_streamed_has_its_part_of_a_pocket() {
    let world = World::seeded();
    world.charge([200, 0, 0]);
    clock::set(START + 40_000_000);
    let (held, supply) = (world.held()[0], world.supply());
    assert_eq!(world.shares(world.guardian), n(0));
    pocket(&world, 0, 1).unwrap();
    let made = world.shares(world.guardian);
    assert!(!made.is_zero());
    assert_eq!(share(&world, 1, world.guardian), floor(held, made, supply));
}

/// Token, amount, supply, balances, collected.
type Known = (usize, U256, U256, [U256; 4], [bool; 4]);

/// What a slow and simple book-keeper knows: whole copies of all balances.
struct Model {
    people: [Address; 4],
    balances: [U256; 4],
    pockets: Vec<Known>,
}

impl Model {
    fn check(&self, world: &World) {
        for (k, who) in self.people.into_iter().enumerate() {
            assert_eq!(world.shares(who), self.balances[k], "INV-2");
            for (number, (_, amount, supply, balances, collected)) in (1..).zip(&self.pockets) {
                let due = if collected[k] {
                    U256::ZERO
                } else {
                    floor(*amount, balances[k], *supply)
                };
                assert_eq!(share(world, number, who), due, "pocket {number} of {k}");
            }
        }
        for (i, token) in world.tokens().into_iter().enumerate() {
            let view = || world.vault.sender(world.eve);
            let uncollected = self.pockets.iter().filter(|p| p.0 == i).fold(
                U256::ZERO,
                |sum, (_, amount, supply, balances, collected)| {
                    let gone = (0..4).filter(|k| collected[*k]).fold(U256::ZERO, |sum, k| {
                        sum + floor(*amount, balances[k], *supply)
                    });
                    sum + *amount - gone
                },
            );
            let claimed = self
                .people
                .iter()
                .fold(U256::ZERO, |sum, who| sum + view().claim_of(token, *who));
            assert_eq!(view().total_claims(token), uncollected + claimed, "INV-1");
            let held = view().get_reserve(token).motsu_unwrap();
            let rest = view().absorption(token).motsu_unwrap().0;
            let balance = world.balances(world.vault.address())[i];
            assert!(balance >= held + uncollected + claimed + rest, "INV-1");
        }
        assert!(!world.vault.sender(world.eve).is_locked(), "INV-25");
    }
}

#[derive(Clone, Debug)]
enum Act {
    Mint(usize, u64),
    Redeem(usize, u64),
    Transfer(usize, usize, u64),
    Pocket(usize),
    Collect(usize, usize),
    Block(usize, bool),
    Absorb(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0usize..4;
    prop::collection::vec(
        prop_oneof![
            3 => (who.clone(), 1u64..).prop_map(|(k, x)| Act::Mint(k, x)),
            2 => (who.clone(), any::<u64>()).prop_map(|(k, x)| Act::Redeem(k, x)),
            5 => (who.clone(), 0usize..4, any::<u64>()).prop_map(|(k, to, x)| Act::Transfer(k, to, x)),
            2 => (0usize..3).prop_map(Act::Pocket),
            9 => (0usize..4, who.clone()).prop_map(|(p, k)| Act::Collect(p, k)),
            1 => (who, any::<bool>()).prop_map(|(k, on)| Act::Block(k, on)),
            1 => (0usize..3).prop_map(Act::Absorb),
        ],
        1..60,
    )
}

#[test]
fn prop_pockets_pay_what_whole_copies_of_the_balances_would() {
    let (made, collected, claimed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let bump = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    let config = ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(acts in acts())| {
        let world = World::seeded();
        world.enrich(world.eve);
        let people = [world.governor, world.alice, world.bob, world.eve];
        let mut now = START;
        let mut model = Model { people, balances: people.map(|who| world.shares(who)), pockets: vec![] };
        for act in acts {
            let listed = world.vault.sender(world.eve).total_constituents().motsu_unwrap();
            let listed = usize::try_from(listed).unwrap();
            match act {
                Act::Mint(k, shares) => {
                    let limits = vec![U256::MAX; listed];
                    let shares = n(shares) * n(9);
                    let result = world.vault.sender(people[k]).mint(shares, people[k], limits);
                    if result.motsu_res().is_ok() {
                        model.balances[k] += shares;
                    }
                }
                Act::Redeem(k, part) => {
                    let shares = n(part) % (model.balances[k] + n(1));
                    let least = vec![U256::ZERO; listed];
                    let result = world.vault.sender(people[k]).redeem(shares, people[k], people[k], least);
                    prop_assert_eq!(result.motsu_res().is_ok(), !shares.is_zero(), "INV-22");
                    model.balances[k] -= shares;
                }
                Act::Transfer(from, to, part) => {
                    let shares = n(part) % (model.balances[from] + n(1));
                    world.vault.sender(people[from]).transfer(people[to], shares).motsu_unwrap();
                    model.balances[from] -= shares;
                    model.balances[to] += shares;
                }
                Act::Pocket(i) => {
                    let token = world.tokens()[i];
                    let view = || world.vault.sender(world.eve);
                    let supply = view().total_supply().motsu_unwrap();
                    let amount = view().get_reserve(token).motsu_unwrap()
                        + view().absorption(token).motsu_unwrap().0;
                    let ether = u64::from(model.pockets.is_empty());
                    if pocket(&world, i, ether).is_ok() {
                        bump(&made);
                        if !amount.is_zero() {
                            model.pockets.push((i, amount, supply, model.balances, [false; 4]));
                        }
                        // It comes back at the end of the list, where nothing of it is held.
                        let list = world.vault.sender(world.governor).list_asset(token, n(1_000));
                        list.motsu_unwrap();
                    }
                }
                Act::Collect(p, k) => {
                    let result = collect(&world, p as u64 + 1, people[k]);
                    let due = model.pockets.get(p).filter(|p| !p.4[k]).map(|p| floor(p.1, p.3[k], p.2));
                    prop_assert_eq!(result.is_ok(), due.is_some_and(|due| !due.is_zero()));
                    if let Ok(moved) = result {
                        bump(&collected);
                        if moved < due.unwrap() {
                            bump(&claimed);
                        }
                        model.pockets[p].4[k] = true;
                    }
                }
                Act::Block(k, on) => {
                    for i in 0..3 {
                        world.token(i).sender(world.eve).set_blocked(people[k], on);
                    }
                }
                Act::Absorb(i) => {
                    let token = world.tokens()[i];
                    world.token(i).sender(world.eve).mint(world.vault.address(), n(77_777));
                    let _ = world.vault.sender(world.governor).announce_absorb(token).motsu_res();
                    now += ABSORB_DELAY_S;
                    clock::set(now);
                    let _ = world.vault.sender(world.eve).absorb(token).motsu_res();
                }
            }
            model.check(&world);
        }
    });
    assert!(made.get() > 100, "made {}", made.get());
    assert!(collected.get() > 100, "collected {}", collected.get());
    assert!(claimed.get() > 10, "claimed {}", claimed.get());
}
