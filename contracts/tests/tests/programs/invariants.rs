//! Invariants 9, 10, 12, 13, 14 and 15 over random treasuries, keepers and fillers, judged by a reference of whole numbers.

use std::cell::Cell;

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use num_bigint::BigInt;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{rebalance::DECIMALS, suite::*};

/// Random cases; each deploys a suite of its own.
const CASES: u32 = 768;
/// 1e18: scale of weights and values.
const WAD: u64 = 1_000_000_000_000_000_000;

#[derive(Clone, Debug)]
struct Case {
    specs: Vec<Spec>,
    /// Sell, buy (taken modulo the number of assets), share of what is held, bps; 10,001 means all.
    trades: Vec<(usize, usize, u64)>,
    /// What the filler pays, bps of what is fair.
    pay_bps: u64,
    /// What it gives back, bps of what it was given.
    return_bps: u64,
    slippage_bps: u64,
    turnover_bps: u64,
    keeper: Keeper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeper {
    /// Does what `plan()` says.
    Plan,
    /// Trades the plan's pairs, at shares of its own.
    Share,
    /// Trades any pairs.
    Any,
}

fn spec() -> impl Strategy<Value = (u8, u64, u64, u64, u64)> {
    (
        prop::sample::select(DECIMALS.as_slice()),
        // A whole token is worth a hundredth of a cent to a million.
        10_000u64..100_000_000_000_000,
        1u64..1_000_000,
        1u64..1_000,
        1u64..3_000,
    )
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(spec(), 2..6),
        vec((0usize..8, 0usize..8, 1u64..=10_001), 1..5),
        // Share of the allowed slippage that the filler keeps, per cent; more than all is refused.
        -50i64..104,
        prop_oneof![3 => Just(0u64), 1 => 0u64..9_000],
        0u64..=300,
        prop_oneof![Just(10_000u64), 1u64..10_000],
        prop::sample::select(vec![
            Keeper::Plan,
            Keeper::Share,
            Keeper::Share,
            Keeper::Any,
        ]),
    )
        .prop_map(
            |(raw, trades, greed, return_bps, slippage_bps, turnover_bps, keeper)| {
                let kept = i64::try_from(slippage_bps).unwrap() * greed / 100;
                let pay_bps = u64::try_from(10_000 - kept).unwrap();
                let total: u64 = raw.iter().map(|r| r.3).sum();
                let mut specs: Vec<Spec> = raw
                    .iter()
                    .map(|(decimals, answer, value, weight, band)| {
                        // A token that cannot be divided is worth at most a whole unit of value.
                        let answer = if *decimals < 6 {
                            answer % 100_000_000 + 1
                        } else {
                            *answer
                        };
                        let mut spec =
                            Spec::worth(*decimals, answer, *value, weight * 10_000 / total);
                        spec.weight_bps = spec.weight_bps.max(1);
                        spec.band_bps = *band;
                        spec.held = spec.held.max(n(1));
                        spec
                    })
                    .collect();
                // The sum is exactly one whole.
                let others: u64 = specs[1..].iter().map(|s| s.weight_bps).sum();
                specs[0].weight_bps = 10_000 - others;
                Case {
                    specs,
                    trades,
                    pay_bps,
                    return_bps,
                    slippage_bps,
                    turnover_bps,
                    keeper,
                }
            },
        )
}

fn big(x: U256) -> BigInt {
    BigInt::from_bytes_be(num_bigint::Sign::Plus, &x.to_be_bytes::<32>())
}

/// Value scaled by 1e36, exact.
fn exact_value(amounts: &[U256], prices: &[U256]) -> BigInt {
    amounts
        .iter()
        .zip(prices)
        .map(|(a, p)| big(*a) * big(*p))
        .sum()
}

/// Twice the distance times NAV, scaled by 1e36 · 1e18, and NAV scaled by 1e36: both exact.
fn exact_distance(held: &[U256], prices: &[U256], weights_bps: &[u64]) -> (BigInt, BigInt) {
    let nav = exact_value(held, prices);
    let sum = held
        .iter()
        .zip(prices)
        .zip(weights_bps)
        .map(|((h, p), w)| {
            let gap: BigInt = big(*h) * big(*p) * 10_000 - &nav * *w;
            BigInt::from(gap.magnitude().clone())
        })
        .sum();
    (sum, nav)
}

struct Tally {
    accepted: Cell<u32>,
    by_shares: Cell<u32>,
    by_any: Cell<u32>,
    at_a_loss: Cell<u32>,
    partial: Cell<u32>,
    refused: Cell<u32>,
}

fn tick(cell: &Cell<u32>, when: bool) {
    cell.set(cell.get() + u32::from(when));
}

fn run(case: &Case, tally: &Tally) -> Result<(), TestCaseError> {
    let s = Suite::new(&case.specs);
    s.set_limit(limit::MAX_SLIPPAGE_BPS, n(case.slippage_bps));
    s.set_limit(limit::MAX_TURNOVER_BPS, n(case.turnover_bps));
    s.set_limit(limit::MIN_PROGRESS_BPS, n(100));
    s.filler
        .sender(KEEPER)
        .set_shares(n(case.pay_bps), n(case.return_bps));
    let tokens = s.addresses();
    let count = tokens.len();
    let before = s.photo();
    let filler_before = s.balances_of(s.filler.address());

    let result = match case.keeper {
        Keeper::Plan => s.follow_plan(),
        Keeper::Share => {
            let (mut sells, mut buys, mut amounts, ..) =
                s.rebalancer.sender(KEEPER).plan().unwrap().0;
            let shares = case.trades.iter().map(|t| t.2);
            for (amount, share) in amounts.iter_mut().zip(shares) {
                *amount = match share {
                    10_001 => U256::MAX,
                    share => *amount * n(share) / n(10_000),
                };
            }
            let k = case.trades.len().min(amounts.len());
            sells.truncate(k);
            buys.truncate(k);
            amounts.truncate(k);
            s.rebalance(&sells, &buys, &amounts)
        }
        Keeper::Any => {
            let mut trades = case.trades.clone();
            trades.sort_unstable_by_key(|t| (t.0 % count, t.1 % count));
            trades.dedup_by_key(|t| (t.0 % count, t.1 % count));
            let sells: Vec<_> = trades.iter().map(|t| tokens[t.0 % count]).collect();
            let buys: Vec<_> = trades.iter().map(|t| tokens[t.1 % count]).collect();
            let mosts: Vec<_> = trades
                .iter()
                .map(|t| match t.2 {
                    10_001 => U256::MAX,
                    share => before.held[t.0 % count] / n(10_000) * n(share),
                })
                .collect();
            s.rebalance(&sells, &buys, &mosts)
        }
    };
    let after = s.photo();
    if result.is_err() {
        tick(&tally.refused, true);
        prop_assert_eq!(&before, &after, "inv 14");
        prop_assert_eq!(
            filler_before,
            s.balances_of(s.filler.address()),
            "inv 14: the filler's"
        );
        return Ok(());
    }

    let prices = s.prices();
    let weights: Vec<u64> = case.specs.iter().map(|a| a.weight_bps).collect();
    let sold: Vec<U256> = before
        .held
        .iter()
        .zip(&after.held)
        .map(|(b, a)| b.saturating_sub(*a))
        .collect();
    let bought: Vec<U256> = before
        .held
        .iter()
        .zip(&after.held)
        .map(|(b, a)| a.saturating_sub(*b))
        .collect();
    let sold_value = exact_value(&sold, &prices);
    let bought_value = exact_value(&bought, &prices);
    let kept = BigInt::from(10_000 - case.slippage_bps);

    // The books follow the balances, and the balances are what is measured.
    prop_assert_eq!(&after.held, &after.balances, "inv 1");
    prop_assert!(&bought_value * 10_000 >= &sold_value * &kept, "inv 10");

    let nav = |held: &[U256]| exact_value(held, &prices);
    let (nav_before, nav_after) = (nav(&before.held), nav(&after.held));
    let allowed = &sold_value * case.slippage_bps;
    prop_assert!(
        &nav_after * 10_000 >= &nav_before * 10_000 - allowed,
        "inv 9"
    );

    let (d_before, n_before) = exact_distance(&before.held, &prices, &weights);
    let (d_after, n_after) = exact_distance(&after.held, &prices, &weights);
    prop_assert!(d_after * &n_before < &d_before * n_after, "inv 12: D' < D");
    for i in 0..count {
        let value = |x: U256| big(x) * big(prices[i]) * 10_000;
        let target = &nav_before * weights[i];
        // {value} · 1e36 · 1e4: at least 1e15 of value, or one unit.
        let unit: BigInt = big(prices[i]) * 10_000;
        let floor = BigInt::from(WAD / 1_000) * big(pow10(36)) * 10_000;
        // What NAV loses by rounding every asset down moves a target by no more than that.
        let epsilon = unit.max(floor) + big(pow10(36)) * 10_000 * count;
        if !sold[i].is_zero() {
            prop_assert!(value(before.held[i]) > target, "inv 12: direction");
            prop_assert!(
                value(after.held[i]) + &epsilon >= target,
                "inv 12: overshoot"
            );
        }
        if !bought[i].is_zero() {
            prop_assert!(value(before.held[i]) < target, "inv 12: direction");
            // Beyond what is due at the bound it is a gift.
            if case.pay_bps <= 10_000 - case.slippage_bps {
                prop_assert!(
                    value(after.held[i]) <= target + epsilon,
                    "inv 12: overshoot"
                );
            }
        }
        if sold[i].is_zero() && bought[i].is_zero() {
            prop_assert_eq!(before.balances[i], after.balances[i], "inv 15");
        }
        prop_assert_eq!(after.allowances[i], U256::ZERO, "inv 16");
    }
    prop_assert_eq!(before.supply, after.supply, "inv 15");

    // Eligible: targets are pending, so by a band or by a distance of 1 %.
    let outside = (0..count).any(|i| {
        let drift: BigInt =
            big(before.held[i]) * big(prices[i]) * 10_000 - &nav_before * weights[i];
        let band = (2 * case.specs[i].band_bps).min(weights[i]);
        BigInt::from(drift.magnitude().clone()) * 2 > &nav_before * band
    });
    let far = d_before >= &n_before * 2 * 100;
    prop_assert!(outside || far, "inv 13: eligible");
    prop_assert!(
        &sold_value * 10_000 <= &nav_before * case.turnover_bps,
        "inv 13: turnover"
    );
    prop_assert_eq!(after.state.0, n(1), "inv 13: counted");
    prop_assert!(after.state.2 >= n(NOW + 60), "inv 13: cooldown");
    clock::set(after.state.2.to::<u64>() - 1);
    let again = s.rebalance(&tokens[..1], &tokens[1..2], &[U256::MAX]);
    prop_assert!(
        matches!(
            again,
            Err(ballast_rebalancer::types::Error::Own(
                ballast_rebalancer::types::Refusal::RebalanceCooldown(_)
            ))
        ),
        "inv 13: cooldown"
    );

    tick(&tally.accepted, true);
    tick(&tally.by_shares, case.keeper == Keeper::Share);
    tick(&tally.by_any, case.keeper == Keeper::Any);
    tick(&tally.at_a_loss, nav_after < nav_before);
    tick(&tally.partial, case.return_bps > 0);
    Ok(())
}

#[motsu::test]
fn prop_inv_09_10_12_13_14_15_hold_for_any_treasury_keeper_and_filler() {
    let tally = Tally {
        accepted: Cell::new(0),
        by_shares: Cell::new(0),
        by_any: Cell::new(0),
        at_a_loss: Cell::new(0),
        partial: Cell::new(0),
        refused: Cell::new(0),
    };
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    // The same cases every time.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner.run(&case(), |case| run(&case, &tally)).unwrap();
    // The properties were put to the test, and not only to refusals.
    for (what, count, least) in [
        ("accepted", &tally.accepted, CASES / 4),
        (
            "at shares of the keeper's own",
            &tally.by_shares,
            CASES / 20,
        ),
        ("of the keeper's own trades", &tally.by_any, CASES / 200),
        ("at a loss", &tally.at_a_loss, CASES / 10),
        ("partial", &tally.partial, CASES / 20),
        ("refused", &tally.refused, CASES / 10),
    ] {
        println!("{what}: {} of {CASES}", count.get());
        assert!(count.get() >= least, "{what}");
    }
}
