//! Every refusal of `rebalance`, at its bound: passes on it, refused one beyond.

use alloy_primitives::{I256, U256};
use ballast_interfaces::{clock, constants::limit};
use ballast_mocks::feeds::NOBODY;
use ballast_rebalancer::{trades::MAX_TRADES, types::*};

use crate::world::*;

#[motsu::test]
fn rebalance_reverts_after_the_deadline() {
    let w = World::new();
    let mut ask = Ask::all();
    ask.deadline = n(NOW - 1);
    w.refuses(
        ask.clone(),
        RebalanceExpired {
            deadline: n(NOW - 1),
            now: n(NOW),
        },
    );
    ask.deadline = n(NOW);
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_reverts_when_arrays_differ_in_length() {
    let w = World::new();
    for which in 0..4 {
        let mut ask = Ask::all();
        match which {
            0 => ask.buys.truncate(1),
            1 => ask.mosts.truncate(1),
            2 => ask.leasts.truncate(1),
            _ => ask.min_rates.truncate(1),
        }
        w.refuses(ask, RebalanceLengthMismatch { a: n(1), b: n(2) });
    }
    let mut ask = Ask::all();
    ask.buys.push(C);
    w.refuses(ask, RebalanceLengthMismatch { a: n(3), b: n(2) });
}

#[motsu::test]
fn rebalance_reverts_without_trades() {
    World::new().refuses(Ask::new(&[]), RebalanceNoTrades {});
}

#[motsu::test]
fn rebalance_reverts_with_too_many_trades() {
    let w = World::new();
    let trades = [(A, B, e18(10)); MAX_TRADES + 1];
    w.refuses(
        Ask::new(&trades),
        RebalanceTooManyTrades {
            n: n(33),
            max: n(32),
        },
    );
    // As many as that are looked at, and refused for another reason.
    w.refuses(
        Ask::new(&trades[..MAX_TRADES]),
        RebalanceDuplicateTrade { sell: A, buy: B },
    );
}

#[motsu::test]
fn rebalance_reverts_at_another_policy_nonce() {
    let w = World::new();
    for given in [NONCE - 1, NONCE + 1] {
        let mut ask = Ask::all();
        ask.policy_nonce = n(given);
        w.refuses(
            ask,
            RebalanceStalePolicy {
                given: n(given),
                current: n(NONCE),
            },
        );
    }
    w.accepts(Ask::all());
}

#[motsu::test]
fn rebalance_reverts_when_paused() {
    let w = World::new();
    w.set_state(NOW + 1, false);
    w.refuses(Ask::all(), RebalancePaused { until: n(NOW + 1) });
    w.set_state(NOW, false);
    w.accepts(Ask::all());
}

#[motsu::test]
fn rebalance_reverts_in_the_cooldown() {
    let w = World::new();
    w.accepts(Ask::half());
    assert_eq!(w.times(), (n(1), n(NOW), n(NOW + 60)));
    let mut ask = Ask::half();
    ask.deadline = U256::MAX;
    clock::set(NOW + 59);
    let refused = RebalanceCooldown {
        now: n(NOW + 59),
        nextAt: n(NOW + 60),
    };
    assert_eq!(w.ask(ask.clone()), Err(Error::Own(refused.into())));
    clock::set(NOW + 60);
    assert!(w.ask(ask).is_ok());
}

#[motsu::test]
fn inv_27_a_rest_is_no_longer_than_a_cooldown_in_force() {
    let month = 2_592_000;
    for (id, ask) in [
        (limit::COOLDOWN_S, Ask::all()),
        (limit::SLICE_COOLDOWN_S, Ask::half()),
    ] {
        let w = World::new();
        // The guardian's, while something is traded.
        w.limit(id, n(month));
        w.accepts(ask);
        assert_eq!(w.times(), (n(1), n(NOW), n(NOW + month)));
        // It ends, or the governor ends it: what rests, rests as long as the longer cooldown says now.
        w.limit(id, n(60));
        let longer = match id {
            limit::COOLDOWN_S => 60,
            _ => 3_600,
        };
        assert_eq!(w.times(), (n(1), n(NOW), n(NOW + longer)));
        w.hold(A, e18(700));
        w.hold(B, e18(200));
        w.hold(C, e18(100));
        let mut again = Ask::all();
        again.deadline = U256::MAX;
        clock::set(NOW + longer - 1);
        let refused = RebalanceCooldown {
            now: n(NOW + longer - 1),
            nextAt: n(NOW + longer),
        };
        assert_eq!(w.ask(again.clone()), Err(Error::Own(refused.into())));
        clock::set(NOW + longer);
        assert!(w.ask(again).is_ok());
        clock::set(NOW);
    }
}

#[motsu::test]
fn rebalance_reverts_when_nothing_of_value_is_held() {
    let w = World::new();
    for token in [A, B, C] {
        w.hold(token, U256::ZERO);
    }
    w.refuses(Ask::all(), RebalanceZeroNav {});
}

#[motsu::test]
fn rebalance_reverts_inside_the_band() {
    let w = World::new();
    // A drifts by 5 %, its band; the bands of B and C are wider.
    w.hold(A, e18(550));
    w.hold(B, e18(270));
    w.hold(C, e18(180));
    w.refuses(
        Ask::all(),
        RebalanceNotEligible {
            worstDriftBps: n(500),
            bandBps: n(500),
        },
    );
    // A millionth of a unit of value more.
    w.hold(A, e18(550) + n(1_000_000_000_000));
    w.hold(B, e18(270) - n(1_000_000_000_000));
    w.accepts(Ask::all());
}

#[motsu::test]
fn rebalance_reverts_inside_half_the_weight() {
    let w = World::new();
    // C's band is cut to half of its weight of 20 %.
    for token in [A, B, C] {
        w.weigh(
            token,
            if token == A {
                50
            } else if token == B {
                30
            } else {
                20
            },
            9_000,
        );
    }
    w.hold(A, e18(600));
    w.hold(B, e18(300));
    w.hold(C, e18(100));
    let ask = Ask::new(&[(A, C, U256::MAX)]);
    w.refuses(
        ask.clone(),
        RebalanceNotEligible {
            worstDriftBps: n(1_000),
            bandBps: n(1_000),
        },
    );
    w.hold(A, e18(601));
    w.hold(C, e18(99));
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_reverts_when_pending_targets_are_close() {
    let w = World::new();
    w.set_state(0, true);
    w.hold(B, e18(300));
    // Distance 1 %, less one part in 1e18: the least distance is 1 %.
    w.hold(A, e18(510) - n(1_000));
    w.hold(C, e18(190) + n(1_000));
    let ask = Ask::new(&[(A, C, U256::MAX)]);
    w.refuses(
        ask.clone(),
        RebalanceNotEligible {
            worstDriftBps: n(99),
            bandBps: n(500),
        },
    );
    w.hold(A, e18(510));
    w.hold(C, e18(190));
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_reverts_without_targets_pending() {
    let w = World::new();
    w.hold(A, e18(510));
    w.hold(B, e18(300));
    w.hold(C, e18(190));
    w.refuses(
        Ask::new(&[(A, C, U256::MAX)]),
        RebalanceNotEligible {
            worstDriftBps: n(100),
            bandBps: n(500),
        },
    );
}

#[motsu::test]
fn rebalance_reverts_when_the_best_plan_is_empty() {
    let w = World::new();
    w.limit(limit::MIN_NOTIONAL_WAD, e18(200) + n(1));
    w.refuses(
        Ask::all(),
        RebalanceNotEligible {
            // C has 10 % of the 20 % it should have: twice its band.
            worstDriftBps: n(2_000),
            bandBps: n(500),
        },
    );
    w.limit(limit::MIN_NOTIONAL_WAD, e18(200));
    w.accepts(Ask::all());
}

#[motsu::test]
fn rebalance_reverts_for_an_unknown_asset() {
    let w = World::new();
    w.refuses(
        Ask::new(&[(NOBODY, B, U256::MAX)]),
        RebalanceUnknownAsset { token: NOBODY },
    );
    w.refuses(
        Ask::new(&[(A, NOBODY, U256::MAX)]),
        RebalanceUnknownAsset { token: NOBODY },
    );
}

#[motsu::test]
fn rebalance_reverts_for_the_same_pair_twice() {
    let w = World::new();
    w.refuses(
        Ask::new(&[(A, B, e18(50)), (A, C, e18(50)), (A, B, e18(50))]),
        RebalanceDuplicateTrade { sell: A, buy: B },
    );
}

#[motsu::test]
fn rebalance_reverts_in_the_wrong_direction() {
    let w = World::new();
    let wrong = |token, percent: i64| RebalanceWrongDirection {
        token,
        driftWad: I256::try_from(percent * 10_000_000_000_000_000).unwrap(),
    };
    w.refuses(Ask::new(&[(B, C, U256::MAX)]), wrong(B, -10));
    w.refuses(Ask::new(&[(A, A, U256::MAX)]), wrong(A, 20));
    // On its target an asset is neither sold nor bought.
    w.hold(B, e18(300));
    w.hold(A, e18(600));
    w.refuses(Ask::new(&[(A, B, U256::MAX)]), wrong(B, 0));
    w.refuses(Ask::new(&[(B, C, U256::MAX)]), wrong(B, 0));
}

#[motsu::test]
fn rebalance_reverts_below_the_keepers_least() {
    let w = World::new();
    let mut ask = Ask::all();
    // 100 of A are useful for C.
    ask.leasts[1] = e18(100) + n(1);
    w.refuses(
        ask.clone(),
        RebalanceBelowLeast {
            index: n(1),
            amount: e18(100),
            least: e18(100) + n(1),
        },
    );
    ask.leasts[1] = e18(100);
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_reverts_for_a_trade_of_nothing() {
    let w = World::new();
    let refused = |index| RebalanceBelowLeast {
        index: n(index),
        amount: n(0),
        least: n(0),
    };
    w.refuses(Ask::new(&[(A, B, n(0))]), refused(0));
    // A and C have 100 too much each, B and D lack as much. The first trade fills B.
    let d = alloy_primitives::Address::repeat_byte(0xd1);
    w.price(d, U256::from(10u8).pow(n(36)));
    for (token, held, percent) in [(A, 350, 25), (B, 150, 25), (C, 350, 25), (d, 150, 25)] {
        w.weigh(token, percent, 500);
        w.hold(token, e18(held));
    }
    w.refuses(
        Ask::new(&[(A, B, U256::MAX), (C, B, U256::MAX)]),
        refused(1),
    );
    w.accepts(Ask::new(&[(A, B, U256::MAX), (C, d, U256::MAX)]));
}

#[motsu::test]
fn rebalance_reverts_when_too_little_is_sold() {
    let w = World::new();
    w.limit(limit::MIN_PROGRESS_BPS, n(100));
    let min = e18(10);
    w.refuses(
        Ask::new(&[(A, B, min - n(1))]),
        RebalanceNotionalTooSmall {
            soldValue: min - n(1),
            min,
        },
    );
    w.accepts(Ask::new(&[(A, B, min)]));
}

#[motsu::test]
fn rebalance_reverts_when_too_little_was_sold() {
    let w = World::new();
    w.limit(limit::MIN_PROGRESS_BPS, n(100));
    let min = e18(10);
    w.script(&[min - n(1)], &[min]);
    w.refuses(
        Ask::half(),
        RebalanceNotionalTooSmall {
            soldValue: min - n(1),
            min,
        },
    );
    w.script(&[min], &[min]);
    w.accepts(Ask::half());
}

#[motsu::test]
fn rebalance_reverts_beyond_the_turnover_cap() {
    let w = World::new();
    w.limit(limit::MAX_TURNOVER_BPS, n(900));
    let most = e18(90);
    w.refuses(
        Ask::new(&[(A, B, most + n(1))]),
        RebalanceTurnoverExceeded {
            turnoverBps: n(901),
            maxBps: n(900),
        },
    );
    w.accepts(Ask::new(&[(A, B, most)]));
}

#[motsu::test]
fn rebalance_reverts_when_what_was_bought_is_worth_too_little() {
    let w = World::new();
    // 100 sold, 50 bps allowed.
    let min = e18(100) - e18(1) / n(2);
    w.script(&[e18(100)], &[min - n(1)]);
    w.refuses(
        Ask::half(),
        RebalanceSlippage {
            boughtValue: min - n(1),
            minValue: min,
        },
    );
    w.script(&[e18(100)], &[min]);
    w.accepts(Ask::half());
}

#[motsu::test]
fn rebalance_rounds_the_least_value_up() {
    let w = World::new();
    // 99.5 % of one unit less than 1e20 is no whole number of units.
    let min = e18(995) / n(10);
    w.script(&[e18(100) - n(1)], &[min - n(1)]);
    w.refuses(
        Ask::half(),
        RebalanceSlippage {
            boughtValue: min - n(1),
            minValue: min,
        },
    );
    w.script(&[e18(100) - n(1)], &[min]);
    w.accepts(Ask::half());
}

#[motsu::test]
fn rebalance_reverts_below_the_keepers_rate() {
    let w = World::new();
    let mut ask = Ask::half();
    // 0.999 of B for each of A
    ask.min_rates = vec![U256::from(999u64) * U256::from(10u8).pow(n(33))];
    let min = e18(100) * n(999) / n(1_000);
    w.script(&[e18(100)], &[min - n(1)]);
    w.refuses(
        ask.clone(),
        RebalanceRateTooLow {
            buy: B,
            bought: min - n(1),
            min,
        },
    );
    w.script(&[e18(100)], &[min]);
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_holds_a_partial_fill_to_the_first_rates() {
    let w = World::new();
    let mut ask = Ask::all();
    let unit = U256::from(10u8).pow(n(36));
    ask.min_rates = vec![unit, unit];
    // 60 of 200 came back, all from the last trade: 100 of B and 40 of C are due.
    w.script(&[e18(140), n(0)], &[e18(100), e18(40) - n(1)]);
    w.refuses(
        ask.clone(),
        RebalanceRateTooLow {
            buy: C,
            bought: e18(40) - n(1),
            min: e18(40),
        },
    );
    w.script(&[e18(140), n(0)], &[e18(100), e18(40)]);
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_counts_no_surplus_as_crossing_a_target() {
    let w = World::new();
    let unit = U256::from(10u8).pow(n(36));
    // The keeper's own rate asks for more B than B lacks: what comes beyond the worth of what was sold is a gain.
    let mut ask = Ask::half();
    let bought = e18(110);
    ask.min_rates = vec![bought * unit / e18(100)];
    w.script(&[e18(100)], &[bought]);
    w.accepts(ask);
}

#[motsu::test]
fn rebalance_reverts_when_the_distance_does_not_fall() {
    let w = World::new();
    // A gift crosses no target, but so large a one leaves the treasury further from them.
    w.script(&[e18(100)], &[e18(1_000)]);
    let (nav, b, target) = (1_900u64, 1_200u64, 30u64);
    // B is the only asset above its weight after.
    let after = (e18(b) * e18(1)).div_ceil(e18(nav)) - e18(1) * n(target) / n(100);
    let refused = w.ask(Ask::half()).unwrap_err();
    let Error::Own(Refusal::RebalanceNoProgress(got)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(got.distanceBefore, e18(1) / n(5));
    // Each of the three terms is rounded up by less than one.
    assert!(got.distanceAfter >= after - n(3) && got.distanceAfter <= after + n(3));
}

#[motsu::test]
fn rebalance_reverts_when_the_distance_falls_too_little() {
    let w = World::new();
    // The best plan makes the distance fall by 20 %; 100 of 200 sold at fair prices by 10 %.
    w.script(&[e18(100)], &[e18(100)]);
    w.limit(limit::MIN_PROGRESS_BPS, n(5_001));
    let whole = e18(1);
    w.refuses(
        Ask::half(),
        RebalanceProgressTooSmall {
            fall: whole / n(10),
            min: whole / n(5) * n(5_001) / n(10_000),
        },
    );
    w.limit(limit::MIN_PROGRESS_BPS, n(5_000));
    w.accepts(Ask::half());
}

#[motsu::test]
fn rebalance_reverts_when_a_number_does_not_fit() {
    let w = World::new();
    w.hold(B, U256::MAX);
    w.hold(C, U256::MAX);
    w.refuses(Ask::all(), RebalanceMathOverflow {});
}

#[motsu::test]
fn rebalance_reverts_when_the_vault_answers_another_length() {
    let w = World::new();
    w.script(&[e18(100), e18(0)], &[e18(100)]);
    w.refuses(Ask::half(), RebalanceMathOverflow {});
}

#[motsu::test]
fn rebalance_passes_on_what_others_said() {
    let w = World::new();
    let words = b"any bytes, of any length".to_vec();
    w.vault.sender(KEEPER).set_reason(words.clone().into());
    let refused = w.ask(Ask::all()).unwrap_err();
    assert_eq!(refused, Error::Passed(words.clone()));
    assert_eq!(Vec::<u8>::from(refused), words);
    assert_eq!(w.times(), (n(0), n(0), n(0)), "inv 14");

    w.price(C, U256::ZERO);
    let refused = w.ask(Ask::all()).unwrap_err();
    assert_eq!(Vec::<u8>::from(refused), b"not priced");
}

#[motsu::test]
fn rebalance_checks_in_the_specified_order() {
    let w = World::new();
    // Everything is wrong; one thing after another is put right.
    let mut ask = Ask::new(&[(NOBODY, B, n(1))]);
    ask.deadline = n(0);
    ask.policy_nonce = n(0);
    ask.buys.clear();
    w.set_state(NOW + 9, false);
    w.price(C, U256::ZERO);
    w.limit(limit::MIN_NOTIONAL_WAD, U256::MAX);

    let mut seen = Vec::new();
    let mut next = |w: &World, ask: &Ask| {
        let data = Vec::<u8>::from(w.ask(ask.clone()).unwrap_err());
        seen.push(data[..4].to_vec());
    };
    next(&w, &ask);
    ask.deadline = n(NOW);
    next(&w, &ask);
    ask.buys.push(B);
    next(&w, &ask);
    ask.policy_nonce = n(NONCE);
    next(&w, &ask);
    w.set_state(0, false);
    next(&w, &ask);
    w.price(C, U256::from(10u8).pow(n(36)));
    next(&w, &ask);
    w.limit(limit::MIN_NOTIONAL_WAD, e18(10));
    next(&w, &ask);
    ask.sells[0] = A;
    next(&w, &ask);

    use alloy_sol_types::SolError;
    let wanted: [&[u8]; 8] = [
        &RebalanceExpired::SELECTOR,
        &RebalanceLengthMismatch::SELECTOR,
        &RebalanceStalePolicy::SELECTOR,
        &RebalancePaused::SELECTOR,
        b"not ",
        &RebalanceNotEligible::SELECTOR,
        &RebalanceUnknownAsset::SELECTOR,
        &RebalanceNotionalTooSmall::SELECTOR,
    ];
    assert_eq!(seen, wanted);
}
