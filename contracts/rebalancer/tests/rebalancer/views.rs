//! `plan`, `assess`, `state`, `modules` and what they keep in storage.

use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::limit;
use ballast_rebalancer::{
    types::*,
    words::{opening_from_word, opening_to_word, Budgets, Head, Opening, MAX_REST_S},
};

use crate::world::*;

#[motsu::test]
fn plan_passes_on_what_the_oracle_said() {
    let w = World::new();
    w.price(C, U256::ZERO);
    let r = w.rebalancer.sender(KEEPER);
    assert_eq!(r.plan(), Err(Error::Passed(b"not priced".to_vec())));
    assert_eq!(r.assess(), Err(Error::Passed(b"not priced".to_vec())));
}

#[motsu::test]
fn plan_answers_trades_that_rebalance_accepts() {
    let w = World::new();
    let (sells, buys, amounts, min_buys, kept, reason) =
        w.rebalancer.sender(KEEPER).plan().unwrap().0;
    assert_eq!(sells, [A, A]);
    assert_eq!(buys, [B, C]);
    assert_eq!(amounts, [e18(100), e18(100)]);
    assert_eq!(min_buys, [e18(995) / n(10), e18(995) / n(10)]);
    assert_eq!(kept, [e18(995) / n(1_000); 2]);
    assert_eq!(reason, n(1));

    let mut ask = Ask::new(&[(A, B, amounts[0]), (A, C, amounts[1])]);
    ask.leasts = amounts;
    w.script(&[e18(200), n(0)], &min_buys);
    w.accepts(ask);
}

#[motsu::test]
fn plan_stays_within_the_turnover_cap() {
    let w = World::new();
    w.limit(limit::MAX_TURNOVER_BPS, n(1_300));
    let amounts = w.rebalancer.sender(KEEPER).plan().unwrap().0 .2;
    assert_eq!(amounts, [e18(100), e18(30)]);
    w.accepts(Ask::new(&[(A, B, amounts[0]), (A, C, amounts[1])]));
}

#[motsu::test]
fn plan_says_that_it_is_not_due() {
    let w = World::new();
    w.hold(A, e18(540));
    w.hold(B, e18(280));
    w.hold(C, e18(180));
    let (sells, .., reason) = w.rebalancer.sender(KEEPER).plan().unwrap().0;
    assert_eq!(sells, [A, A]);
    assert_eq!(reason, n(0));
}

#[motsu::test]
fn assess_answers_what_rebalance_would_see() {
    let w = World::new();
    w.set_state(0, true);
    let (tokens, held, prices, weights, bands, nav, distance, reason) =
        w.rebalancer.sender(KEEPER).assess().unwrap().0;
    assert_eq!(tokens, [A, B, C]);
    assert_eq!(held, [e18(700), e18(200), e18(100)]);
    assert_eq!(prices, [U256::from(10u8).pow(n(36)); 3]);
    let tenth = e18(1) / n(10);
    assert_eq!(weights, [tenth * n(5), tenth * n(3), tenth * n(2)]);
    assert_eq!(bands, [n(500); 3]);
    assert_eq!(nav, e18(1_000));
    assert_eq!(distance, tenth * n(2));
    assert_eq!(reason, n(1), "a band comes before pending targets");
}

#[motsu::test]
fn assess_answers_for_an_empty_treasury() {
    let w = World::new();
    for token in [A, B, C] {
        w.hold(token, U256::ZERO);
    }
    let (.., nav, distance, reason) = w.rebalancer.sender(KEEPER).assess().unwrap().0;
    assert_eq!((nav, distance, reason), (n(0), n(0), n(0)));
    let (sells, .., reason) = w.rebalancer.sender(KEEPER).plan().unwrap().0;
    assert!(sells.is_empty());
    assert_eq!(reason, n(0));
}

#[motsu::test]
fn assess_says_why_no_rebalance_is_due_without_a_plan() {
    let w = World::new();
    w.limit(limit::MIN_NOTIONAL_WAD, e18(201));
    let (.., reason) = w.rebalancer.sender(KEEPER).assess().unwrap().0;
    assert_eq!(reason, n(0));
}

#[motsu::test]
fn assess_answers_before_targets_are_set() {
    let w = World::new();
    for token in [A, B, C] {
        w.weigh(token, 0, 0);
    }
    let (.., nav, _, reason) = w.rebalancer.sender(KEEPER).assess().unwrap().0;
    assert_eq!((nav, reason), (e18(1_000), n(0)));
}

#[motsu::test]
fn modules_answers_the_neighbours() {
    let w = World::new();
    let wanted = (w.vault.address(), w.policy.address(), w.oracle.address());
    assert_eq!(w.rebalancer.sender(KEEPER).modules(), wanted);
}

#[test]
fn head_keeps_every_bit_in_its_place() {
    for bit in 0..256usize {
        let word = U256::from(1) << bit;
        assert_eq!(Head::from_word(word).to_word(), word);
    }
    let head = Head {
        vault: Address::repeat_byte(0x5a),
        nonce: 0x0102_0304,
        last_at: 0x05_0607_0809,
        rest: 0x0a_0b0c,
    };
    let mut bytes = [0x5a; 32];
    bytes[..12].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(head.to_word(), U256::from_be_bytes(bytes));
}

#[test]
fn head_keeps_the_latest_time_and_the_longest_rest_that_fit() {
    let head = Head {
        last_at: 1 << 40,
        rest: 1 << 24,
        ..Head::default()
    };
    let kept = Head::from_word(head.to_word());
    assert_eq!((kept.last_at, kept.rest), ((1 << 40) - 1, (1 << 24) - 1));
    // 30 days, the policy's ceiling on a cooldown, fit.
    const { assert!(MAX_REST_S > 30 * 86_400) };
    assert_eq!((kept.nonce, kept.vault), (0, Address::ZERO));
}

#[test]
fn budgets_keep_every_bit_in_its_place() {
    for bit in 0..256usize {
        let word = U256::from(1) << bit;
        assert_eq!(Budgets::from_word(word).to_word(), word);
    }
    let budgets = Budgets {
        loss: 0x01_0203_0405_0607,
        yearly: 0x08_090a_0b0c_0d0e,
        turnover: 0x0f10_1112_1314_1516,
        at: 0x17_1819_1a1b,
        schedule_from: 0x1c_1d1e_1f20,
    };
    let bytes: Vec<u8> = (1..=32).collect();
    assert_eq!(budgets.to_word(), U256::from_be_slice(&bytes));
    // Five per cent, the most that a bucket of losses holds, fit; more counts as the most that fits.
    let most = |loss| Budgets {
        loss,
        ..Budgets::default()
    };
    let kept = |loss| Budgets::from_word(most(loss).to_word()).loss;
    assert_eq!(kept(50_000_000_000_000_000), 50_000_000_000_000_000);
    assert_eq!(kept(u64::MAX), (1 << 56) - 1);
}

#[test]
fn openings_keep_what_they_saw() {
    let opening = Opening {
        at: 0x01_0203_0405,
        policy_nonce: 0x0607_0809,
        paused_until: 0x0a_0b0c_0d0e,
    };
    let word = opening_to_word(opening);
    assert_eq!(opening_from_word(word), opening);
    let mut bytes = [0; 32];
    bytes[..15].copy_from_slice(&[1, 6, 7, 8, 9, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14]);
    assert_eq!(word, U256::from_be_bytes(bytes));
    // None is no empty slot either.
    assert!(!opening_to_word(Opening::default()).is_zero());
    assert_eq!(opening_from_word(opening_to_word(Opening::default())).at, 0);
}
