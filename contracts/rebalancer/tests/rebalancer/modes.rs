//! Assets that may be sold only, that are below their floor, or that are quarantined.

use alloy_primitives::{Address, U256};
use ballast_rebalancer::types::*;

use crate::world::*;

const SELL_ONLY: u64 = 1;
const QUARANTINED: u64 = 2;

fn rule(w: &World, token: Address, mode: u64, floor_d36: U256) {
    w.policy.sender(KEEPER).set_rule(token, n(mode), floor_d36);
}

fn one() -> U256 {
    U256::from(10u8).pow(n(36))
}

fn plan(w: &World) -> (Vec<Address>, Vec<Address>, Vec<U256>, U256) {
    let (sells, buys, amounts, _, _, reason) = w.rebalancer.sender(KEEPER).plan().unwrap().0;
    (sells, buys, amounts, reason)
}

#[motsu::test]
fn inv_23_rebalance_reverts_when_it_buys_what_may_be_sold_only() {
    let w = World::new();
    rule(&w, C, SELL_ONLY, n(0));
    assert_eq!(plan(&w), (vec![A], vec![B], vec![e18(100)], n(1)));
    w.refuses(Ask::all(), RebalanceSellOnly { token: C });
    w.accepts(Ask::half());
}

#[motsu::test]
fn inv_23_rebalance_reverts_when_it_buys_below_the_floor() {
    let w = World::new();
    rule(&w, C, 0, one() + n(1));
    assert_eq!(plan(&w), (vec![A], vec![B], vec![e18(100)], n(1)));
    w.refuses(
        Ask::all(),
        RebalanceBelowFloor {
            token: C,
            priceD36: one(),
            floorD36: one() + n(1),
        },
    );
    rule(&w, C, 0, one());
    w.accepts(Ask::all());
}

#[motsu::test]
fn what_may_be_sold_only_is_sold() {
    let w = World::new();
    rule(&w, A, SELL_ONLY, U256::MAX);
    w.accepts(Ask::all());
}

#[motsu::test]
fn what_must_not_be_bought_makes_nothing_due() {
    let w = World::new();
    // C lacks 8 %; the others are within their bands.
    w.hold(A, e18(540));
    w.hold(B, e18(340));
    w.hold(C, e18(120));
    assert_eq!(plan(&w).3, n(1));
    rule(&w, C, SELL_ONLY, n(0));
    assert_eq!(plan(&w).3, n(0));
    let bands = w.rebalancer.sender(KEEPER).assess().unwrap().0 .4;
    assert_eq!(bands, [n(500), n(500), n(0)]);
    // Overweight it asks for a rebalance as before.
    w.hold(A, e18(420));
    w.hold(C, e18(260));
    assert_eq!(plan(&w).3, n(1));
}

#[motsu::test]
fn inv_23_a_quarantined_asset_is_neither_traded_nor_priced_nor_counted() {
    let w = World::new();
    // The policy renormalises: A and B keep 5 : 3.
    let eighth = e18(1) / n(8);
    let set = |token, weight| w.policy.sender(KEEPER).set_weight(token, weight, n(500));
    set(A, eighth * n(5));
    set(B, eighth * n(3));
    set(C, n(0));
    rule(&w, C, QUARANTINED, n(0));
    // No price is needed of it.
    w.price(C, n(0));
    let (tokens, held, .., nav, distance, reason) = w.rebalancer.sender(KEEPER).assess().unwrap().0;
    assert_eq!((tokens, held), (vec![A, B], vec![e18(700), e18(200)]));
    assert_eq!(nav, e18(900));
    // 700 of 900 instead of 5 / 8
    assert!(distance > e18(15) / n(100) && distance < e18(16) / n(100));
    assert_eq!(reason, n(1));
    for (sell, buy) in [(A, C), (C, B)] {
        let ask = Ask::new(&[(sell, buy, U256::MAX)]);
        w.refuses(ask, RebalanceQuarantined { token: C });
    }
    w.accepts(Ask::half());
    assert_eq!(w.reports()[0].navBefore, e18(900));
}

/// Invariant 23 over every combination of modes and floors: no plan and no trade buys what may not be bought, no
/// plan touches what is quarantined, and everything else is as if the rule were not there.
#[motsu::test]
fn inv_23_every_combination_of_modes_and_floors() {
    let above = one() + n(1);
    let rules = [
        (0, U256::ZERO),
        (0, above),
        (SELL_ONLY, U256::ZERO),
        (QUARANTINED, U256::ZERO),
    ];
    let (mut bought, mut refused) = (0, 0);
    for a in rules {
        for b in rules {
            for c in rules {
                let w = World::new();
                let of = [(A, a), (B, b), (C, c)];
                for (token, (mode, floor)) in of {
                    rule(&w, token, mode, floor);
                    if mode == QUARANTINED {
                        w.price(token, U256::ZERO);
                        w.weigh(token, 0, 500);
                    }
                }
                let rule_of = |token| of.iter().find(|x| x.0 == token).unwrap().1;
                let may_buy = |token| rule_of(token) == (0, U256::ZERO);
                let free = |token| rule_of(token).0 != QUARANTINED;
                if !free(A) && !free(B) && !free(C) {
                    continue;
                }
                let (sells, buys, ..) = plan(&w);
                for (sell, buy) in sells.into_iter().zip(buys) {
                    assert!(may_buy(buy) && free(sell), "inv_23: planned");
                }
                for (sell, buy) in [(A, B), (A, C), (B, C), (C, A), (B, A), (C, B)] {
                    let ask = Ask::new(&[(sell, buy, U256::MAX)]);
                    match w.ask(ask) {
                        Ok(_) => {
                            assert!(may_buy(buy) && free(sell), "inv_23: traded");
                            bought += 1;
                            break;
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
    }
    assert!(bought > 8 && refused > 100, "{bought} and {refused}");
}
