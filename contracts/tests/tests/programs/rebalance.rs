//! A rebalance from end to end, for 1, 2, 8 and 32 assets of every decimals.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::suite::*;

pub(crate) const DECIMALS: [u8; 6] = [0, 2, 6, 8, 18, 24];

/// `count` assets of equal weight; those at even places hold three times as much as the others.
pub(crate) fn lopsided(count: usize, first_decimals: usize) -> Vec<Spec> {
    let weight = 10_000 / count as u64;
    let rest = 10_000 - weight * count as u64;
    (0..count)
        .map(|i| {
            let decimals = DECIMALS[(i + first_decimals) % DECIMALS.len()];
            // A whole token of no decimals is worth a cent, of the others 1 to 32.
            let answer = match decimals {
                0 => 1_000_000,
                _ => 100_000_000 * (i as u64 + 1),
            };
            let value = if i % 2 == 0 { 150_000 } else { 50_000 };
            let extra = if i == 0 { rest } else { 0 };
            Spec::worth(decimals, answer, value, weight + extra)
        })
        .collect()
}

#[motsu::test]
fn one_asset_is_always_on_its_target() {
    let s = Suite::new(&lopsided(1, 4));
    let token = s.addresses()[0];
    let refused = RebalanceNotEligible {
        worstDriftBps: n(0),
        bandBps: n(500),
    };
    assert_eq!(
        s.rebalance(&[token], &[token], &[U256::MAX]),
        Err(Error::Own(refused.into()))
    );
}

#[motsu::test]
fn the_plan_reaches_the_targets_whatever_the_decimals() {
    for count in [2, 8, 32] {
        for first in 0..DECIMALS.len() {
            let s = Suite::new(&lopsided(count, first));
            let before = s.photo();
            assert!(before.pending);
            let (sold, bought) = s.follow_plan().unwrap();
            let after = s.photo();

            assert_eq!(sold.len(), bought.len());
            assert_eq!(after.held, after.balances, "inv 1");
            assert_eq!(after.supply, before.supply, "inv 15");
            assert_eq!(after.allowances, vec![U256::ZERO; count], "inv 16");
            assert!(!after.pending, "the targets are reached");
            let (nonce, last, next, ..) = after.state;
            assert_eq!((nonce, last, next), (n(1), n(NOW), n(NOW + 3_600)));
            for (i, spec) in s.specs.iter().enumerate() {
                let (now, then) = (after.held[i], before.held[i]);
                match i % 2 {
                    0 => assert!(now < then, "inv 12: direction"),
                    _ => assert!(now > then, "inv 12: direction"),
                }
                // At the NAV of the event, to a thousandth of a per cent of it.
                let value = now * (spec.price_d36() / pow10(18)) / pow10(18);
                let target = s.executed().navBefore * n(spec.weight_bps) / n(10_000);
                let gap = value.abs_diff(target);
                assert!(
                    gap < s.executed().navBefore / n(100_000),
                    "{count} assets, decimals {}: {value} of {target}",
                    spec.decimals
                );
            }
        }
    }
}

#[motsu::test]
fn the_events_say_what_the_books_say() {
    let s = Suite::new(&lopsided(8, 0));
    let before = s.photo();
    s.follow_plan().unwrap();
    let after = s.photo();
    let event = s.executed();
    assert_eq!((event.nonce, event.keeper), (n(1), KEEPER));
    assert_eq!(event.filler, s.filler.address());
    assert_eq!(event.reason, n(1));
    assert_eq!(event.allowedBps, n(50));
    assert_eq!(event.lossBps, n(0), "the filler pays up");
    // Each of the eight is rounded down once when it is bought and once when it is valued.
    assert!(event.navBefore <= e18(800_000) && event.navBefore >= e18(800_000) - n(16));
    // Half of what the four rich assets hold too much: 4 · 50,000 of 800,000.
    assert_eq!(event.turnoverBps, n(2_500));
    assert!(event.distanceBeforeWad <= e18(1) / n(4));
    assert!(event.distanceBeforeWad > e18(1) / n(4) - pow10(6));
    let traded = s.traded(n(1));
    assert_eq!(traded.len(), 8);
    for (i, t) in traded.iter().enumerate() {
        assert_eq!(t.token, s.addresses()[i]);
        assert_eq!(t.priceD36, s.prices()[i]);
        assert_eq!(before.held[i] + t.bought - t.sold, after.held[i]);
    }
}

#[motsu::test]
fn nothing_is_due_after_the_targets_are_reached() {
    let s = Suite::new(&lopsided(8, 3));
    s.follow_plan().unwrap();
    clock::set(NOW + 3_600);
    let (tokens, reason) = (
        s.addresses(),
        s.rebalancer.sender(KEEPER).plan().unwrap().0 .5,
    );
    assert_eq!(reason, n(0));
    let refused = s.rebalance(&[tokens[0]], &[tokens[1]], &[U256::MAX]);
    assert!(matches!(
        refused,
        Err(Error::Own(Refusal::RebalanceNotEligible(_)))
    ));
}

#[motsu::test]
fn slices_reach_the_targets_too() {
    let s = Suite::new(&lopsided(8, 1));
    s.set_limit(limit::MAX_TURNOVER_BPS, n(700));
    let mut slices = 0;
    let mut last = s.rebalancer.sender(KEEPER).assess().unwrap().0 .6;
    while s.rebalancer.sender(KEEPER).plan().unwrap().0 .5 != n(0) {
        s.follow_plan().unwrap();
        slices += 1;
        let next_at = s.photo().state.2;
        let rest = next_at - n(NOW);
        let distance = s.executed().distanceAfterWad;
        assert!(distance < last, "inv 12");
        last = distance;
        if s.photo().pending {
            assert_eq!(rest, n(60 * slices), "the trigger stays: a short rest");
        }
        clock::set(next_at.to::<u64>());
    }
    // 25 % in slices of 7 %: the fourth is well above the least drift of 1 %, and nothing is left after it.
    assert_eq!(slices, 4);
    assert!(!s.photo().pending);
}

#[motsu::test]
fn a_moving_price_brings_a_band_to_act() {
    let s = Suite::new(&lopsided(2, 4));
    s.follow_plan().unwrap();
    clock::set(NOW + 3_600);
    // 50 : 50, then the first asset gains a quarter: 55.6 : 44.4, outside the band of 5 %.
    let answer = alloy_primitives::I256::try_from(s.specs[0].answer * 5 / 4).unwrap();
    s.feeds[0].sender(KEEPER).set(answer, n(NOW + 3_600), n(8));
    s.feeds[1].sender(KEEPER).set_updated_at(n(NOW + 3_600));
    s.filler
        .sender(KEEPER)
        .set_price(s.addresses()[0], s.prices()[0] * n(5) / n(4));
    s.follow_plan().unwrap();
    assert_eq!(s.executed().reason, n(1));
    assert_eq!(s.executed().nonce, n(2));
}

#[motsu::test]
fn a_stale_price_stops_rebalancing_and_no_exit() {
    let s = Suite::new(&lopsided(2, 4));
    clock::set(NOW + 86_400 + 301);
    let tokens = s.addresses();
    let refused = s.rebalance(&[tokens[0]], &[tokens[1]], &[U256::MAX]);
    let stale = ballast_oracle::types::OracleStale {
        feed: s.feeds[0].address(),
        updatedAt: n(NOW),
        maxAge: n(86_700),
    };
    use alloy_sol_types::SolError;
    assert_eq!(refused, Err(Error::Passed(stale.abi_encode())));
    s.vault
        .sender(GOVERNOR)
        .redeem(e18(1), GOVERNOR, GOVERNOR, vec![n(1), n(1)])
        .unwrap();
}
