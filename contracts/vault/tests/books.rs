//! What is recorded as held: two assets a slot, no more than half a slot each, whatever the list becomes.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::U256;
use ballast_mocks::{fillers::MockFiller, tokens::MockToken};
use ballast_vault::{types::*, MAX_HELD};
use common::*;
use motsu::prelude::*;
use stylus_sdk::prelude::*;

/// A vault that governor and alice can give more of a than it can record.
fn rich() -> World {
    let world = World::listed();
    for who in [world.governor, world.alice] {
        world.enrich(who);
        world.a.sender(world.eve).mint(who, MAX_HELD);
    }
    world
}

fn seed(world: &World, amounts: [U256; 3]) -> Result<(), Error> {
    world
        .vault
        .sender(world.governor)
        .seed(seed_shares(), world.governor, amounts.to_vec())
}

fn too_large(world: &World, held: U256) -> Error {
    VaultHoldingTooLarge {
        token: world.a.address(),
        held,
        max: MAX_HELD,
    }
    .into()
}

#[motsu::test]
fn holdings_lie_two_a_slot_behind_the_eight_first() {
    let world = World::seeded();
    let vault = world.vault.sender(world.eve);
    let raw = |slot| U256::from_be_bytes(vault.vm().storage_load_bytes32(n(slot)).0);
    // head, guardian, supply; five of mappings
    assert_ne!(raw(0), U256::ZERO);
    assert_eq!([raw(1), raw(2)], [U256::ZERO, seed_shares()]);
    for mapping in 3..8 {
        assert_eq!(raw(mapping), U256::ZERO);
    }
    let [a, b, c] = SEEDED.map(n);
    assert_eq!([raw(8), raw(9)], [a | b << 128, c]);
    for rest in 10..26 {
        assert_eq!(raw(rest), U256::ZERO);
    }
}

#[motsu::test]
fn more_than_half_a_slot_is_refused_on_the_way_in_and_the_most_can_leave() {
    // 2^127 - 1
    assert_eq!(MAX_HELD, (n(1) << 127) - n(1));
    let world = rich();
    let most = [MAX_HELD, n(3_333_333), n(7)];
    let [_, b, c] = most;
    assert_eq!(
        refused(seed(&world, [n(1) << 127, b, c])),
        too_large(&world, n(1) << 127)
    );
    seed(&world, most).motsu_unwrap();
    assert_eq!(world.held(), most);

    // A thousandth of the supply takes ⌈(2^127 - 1) / 1,000⌉ of a.
    let more = MAX_HELD / n(1_000) + n(1);
    let error = refused(world.vault.sender(world.alice).mint(
        n(ONE),
        world.alice,
        vec![U256::MAX; 3],
    ));
    assert_eq!(error, too_large(&world, MAX_HELD + more));

    let paid = world.redeem(world.governor, n(ONE));
    assert_eq!(paid, [MAX_HELD / n(1_000), n(3_333), U256::ZERO]);
    assert_eq!(
        world.held(),
        [MAX_HELD - MAX_HELD / n(1_000), n(3_330_000), n(7)]
    );
    world.assert_sound(&world.people());
}

#[motsu::test]
fn holdings_stay_with_their_tokens_when_one_before_them_leaves_the_list() {
    for gone in 0..3 {
        let mut amounts = [n(1_001), n(1_002), n(1_003)];
        amounts[gone] = U256::ZERO;
        let world = World::seeded_with(amounts);
        // A fourth, so that halves of both slots move.
        let fourth = Contract::<MockToken>::new();
        let governor = || world.vault.sender(world.governor);
        governor().list_asset(fourth.address(), n(1)).motsu_unwrap();
        governor().delist_asset(world.tokens()[gone]).motsu_unwrap();

        let (mut tokens, mut held) = (world.tokens().to_vec(), amounts.to_vec());
        tokens.remove(gone);
        held.remove(gone);
        tokens.push(fourth.address());
        held.push(U256::ZERO);
        let book = world.vault.sender(world.eve).holdings().motsu_unwrap().0;
        assert_eq!(book, (tokens.clone(), held.clone()), "{gone} is gone");
        for (token, held) in tokens.into_iter().zip(held) {
            let reserve = world.vault.sender(world.eve).get_reserve(token);
            assert_eq!(reserve.motsu_unwrap(), held);
        }
        let reserve = world
            .vault
            .sender(world.eve)
            .get_reserve(world.tokens()[gone]);
        assert_eq!(reserve.motsu_unwrap(), U256::ZERO);
    }
}

/// Sells all that is held of b, which leaves the list, and comes back with what bob claims of it.
fn relisted() -> World {
    let world = World::seeded();
    let token = world.b.address();
    world.b.sender(world.eve).set_frozen(true);
    world
        .vault
        .sender(world.governor)
        .redeem(n(ONE), world.bob, world.governor, vec![U256::ZERO; 3])
        .motsu_unwrap();
    world.b.sender(world.eve).set_frozen(false);

    let filler = Contract::<MockFiller>::new();
    for token in world.tokens() {
        filler.sender(world.eve).set_price(token, n(1));
    }
    filler.sender(world.eve).set_shares(n(10_000), U256::ZERO);
    world
        .a
        .sender(world.eve)
        .mint(filler.address(), n(u64::MAX));
    // 3,333,333 less a thousandth, rounded down
    world
        .vault
        .sender(world.rebalancer.address())
        .execute(
            vec![token],
            vec![world.a.address()],
            vec![n(3_330_000)],
            vec![U256::ZERO],
            filler.address(),
            vec![].into(),
        )
        .motsu_unwrap();
    let governor = || world.vault.sender(world.governor);
    governor().delist_asset(token).motsu_unwrap();
    governor().list_asset(token, n(1)).motsu_unwrap();
    world
}

#[motsu::test]
fn claims_count_as_owed_when_a_token_comes_back_to_the_list() {
    let world = relisted();
    let token = world.b.address();
    let claims = n(3_333);
    assert_eq!(world.vault.sender(world.eve).total_claims(token), claims);
    assert_eq!(world.balances(world.vault.address())[1], claims);

    // Bring some of it in, then take so much that the claims are not covered: 1 of b is too little.
    let filler = Contract::<MockFiller>::new();
    for token in world.tokens() {
        filler.sender(world.eve).set_price(token, n(1));
    }
    filler.sender(world.eve).set_shares(n(10_000), U256::ZERO);
    world.b.sender(world.eve).mint(filler.address(), n(1_000));
    world.b.sender(world.eve).burn(world.vault.address(), n(1));
    let buy = || {
        world
            .vault
            .sender(world.rebalancer.address())
            .execute(
                vec![world.a.address()],
                vec![token],
                vec![n(10)],
                vec![U256::ZERO],
                filler.address(),
                vec![].into(),
            )
            .map(|_| ())
    };
    assert_eq!(
        refused(buy()),
        VaultShortfall {
            token,
            balance: claims - n(1),
            owed: claims
        }
        .into()
    );
    // Paid back, and once bob has collected, nothing but the holding is owed.
    world.b.sender(world.eve).mint(world.vault.address(), n(1));
    buy().motsu_unwrap();
    world
        .vault
        .sender(world.eve)
        .collect(token, world.bob)
        .motsu_unwrap();
    assert_eq!(
        world.vault.sender(world.eve).total_claims(token),
        U256::ZERO
    );
    buy().motsu_unwrap();
    let reserve = world.vault.sender(world.eve).get_reserve(token);
    assert_eq!(reserve.motsu_unwrap(), n(20));
}
