use crate::exact::*;
use ballast_math::auction::PPB;
use ballast_math::basket::{turnover_bps, Basket, Gap};
use ballast_math::plan::{fair_buy_down, min_buy_up, plan, rate_buy_up, Plan, Snapshot, Trade};
use ballast_math::{MathError, BPS, D36, EPSILON_WAD, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;
use ruint::aliases::U256;
use std::collections::HashSet;

/// Unrounded values after every trade bought exactly what it sold.
fn after(world: &World, basket: &Basket, trades: &[Trade]) -> Vec<BigRational> {
    let mut values: Vec<_> = basket.values.iter().map(|value| rat(*value)).collect();
    for trade in trades {
        let value = worth(trade.amount, world.prices[trade.sell]);
        values[trade.sell] -= value.clone();
        values[trade.buy] += value;
    }
    values
}

fn sum(gaps: &[Gap], over: bool) -> BigRational {
    gaps.iter().fold(zero(), |sum, gap| match gap {
        Gap::Over(size) if over => sum + rat(*size),
        Gap::Under(size) if !over => sum + rat(*size),
        _ => sum,
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_plan_accounts_for_itself(world in world(), cap in 0_u64..=10_000) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let gaps = basket.gaps(&world.weights).unwrap();
        let plan = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();

        prop_assert!(plan.trades.len() < world.len());
        let mut total = U256::ZERO;
        let mut pairs = HashSet::new();
        for trade in &plan.trades {
            // Not dust, but for the unit by which the amount was rounded down.
            prop_assert!(rat(trade.value) + world.unit(trade.sell) >= rat(EPSILON_WAD));
            prop_assert!(rat(trade.value) + world.unit(trade.sell) >= world.unit(trade.buy));
            prop_assert!(!trade.amount.is_zero());
            prop_assert_eq!(
                Some(trade.value),
                ceil(&worth(trade.amount, world.prices[trade.sell]))
            );
            prop_assert!(matches!(gaps[trade.sell], Gap::Over(_)));
            prop_assert!(matches!(gaps[trade.buy], Gap::Under(_)));
            prop_assert!(pairs.insert((trade.sell, trade.buy)));
            total += trade.value;
        }
        prop_assert_eq!(plan.sold_value, total);
        prop_assert_eq!(plan.nav, basket.nav);
        let exact = distance(&after(&world, &basket, &[]), &world.weights, basket.nav) * int(WAD);
        prop_assert!(rat(plan.distance_wad) <= exact);
        let turnover = BigRational::new(int(total) * int(WAD), int(basket.nav));
        prop_assert_eq!(plan.turnover_wad_up().ok(), ceil(&turnover));
    }

    #[test]
    fn prop_plan_stays_within_the_turnover_cap(world in world(), cap in 0_u64..=10_000) {
        let plan = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();
        prop_assume!(!plan.nav.is_zero());
        prop_assert!(int(plan.sold_value) * int(BPS) <= int(plan.nav) * cap);
        prop_assert!(turnover_bps(plan.sold_value, plan.sold_value, plan.nav).unwrap() <= u(cap));
    }

    #[test]
    fn prop_plan_never_crosses_a_target(world in world(), cap in 0_u64..=10_000) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let plan = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();
        let mut sold = vec![U256::ZERO; world.len()];
        for trade in &plan.trades {
            sold[trade.sell] += trade.amount;
        }
        for (i, value) in after(&world, &basket, &plan.trades).into_iter().enumerate() {
            let target = target(basket.nav, world.weights[i]);
            let before = rat(basket.values[i]);
            prop_assert!(value <= before.clone().max(target.clone()), "inv_12");
            prop_assert!(value >= before.min(target), "inv_12");
            prop_assert!(sold[i] <= world.held[i]);
        }
    }

    #[test]
    fn prop_plan_lowers_the_distance_by_exactly_its_turnover(
        world in world(), cap in 0_u64..=10_000,
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let plan = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();
        let before = distance(&after(&world, &basket, &[]), &world.weights, basket.nav);
        let later = distance(&after(&world, &basket, &plan.trades), &world.weights, basket.nav);
        let sold = plan
            .trades
            .iter()
            .fold(zero(), |sum, trade| sum + worth(trade.amount, world.prices[trade.sell]));
        prop_assert_eq!(before - later, sold / rat(basket.nav));
    }

    #[test]
    fn prop_plan_without_a_cap_reaches_the_targets_but_for_one_unit_an_asset(world in world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let gaps = basket.gaps(&world.weights).unwrap();
        let plan = plan(&world.snapshot(), BPS, U256::ZERO).unwrap();
        let wanted = sum(&gaps, true).min(sum(&gaps, false));
        let coarsest = (0..world.len()).map(|i| world.unit(i)).max().unwrap();
        let slack = (coarsest + rat(EPSILON_WAD)) * int(U256::from(world.len()));
        prop_assert!(rat(plan.sold_value) <= wanted);
        prop_assert!(wanted - rat(plan.sold_value) < slack);
    }

    #[test]
    fn prop_plan_with_a_cap_is_the_beginning_of_the_full_one(
        world in fine_world(), cap in 0_u64..=10_000,
    ) {
        let full = plan(&world.snapshot(), BPS, U256::ZERO).unwrap();
        let capped = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();
        // Largest gap first: a capped plan is the beginning of the full one, its last trade cut.
        prop_assert!(capped.trades.len() <= full.trades.len());
        for (index, (a, b)) in capped.trades.iter().zip(&full.trades).enumerate() {
            prop_assert_eq!((a.sell, a.buy), (b.sell, b.buy));
            if index + 1 < capped.trades.len() {
                prop_assert_eq!(a, b);
            } else {
                prop_assert!(a.amount <= b.amount);
            }
        }
        let budget = floor(&(rat(full.nav) * BigInt::from(cap) / int(BPS))).unwrap();
        let wanted = full.sold_value.min(budget);
        let coarsest = (0..world.len()).map(|i| world.unit(i)).max().unwrap();
        prop_assert!(rat(wanted) - rat(capped.sold_value) <= coarsest + rat(EPSILON_WAD));
    }

    #[test]
    fn prop_plan_starts_with_the_largest_gaps(world in fine_world()) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let gaps = basket.gaps(&world.weights).unwrap();
        let plan = plan(&world.snapshot(), BPS, U256::ZERO).unwrap();
        if let Some(first) = plan.trades.first() {
            prop_assume!(gaps[first.sell].size() > WAD && gaps[first.buy].size() > WAD);
            for (i, gap) in gaps.iter().enumerate() {
                match gap {
                    Gap::Over(size) => {
                        prop_assert!(*size < gaps[first.sell].size()
                            || *size == gaps[first.sell].size() && i >= first.sell);
                    }
                    Gap::Under(size) => {
                        prop_assert!(*size < gaps[first.buy].size()
                            || *size == gaps[first.buy].size() && i >= first.buy);
                    }
                    Gap::On => {}
                }
            }
        }
    }

    #[test]
    fn prop_plan_below_the_minimum_is_empty(world in world(), cap in 0_u64..=10_000) {
        let free = plan(&world.snapshot(), u(cap), U256::ZERO).unwrap();
        let at = plan(&world.snapshot(), u(cap), free.sold_value).unwrap();
        prop_assert_eq!(&at, &free);
        let above = plan(&world.snapshot(), u(cap), free.sold_value + U256::ONE).unwrap();
        prop_assert_eq!(above, Plan { trades: vec![], sold_value: U256::ZERO, ..free });
    }

    #[test]
    fn prop_min_buy_is_the_ceiling(
        amount in below(128), sell in below(200), buy in below(200),
        asked in 0_u64..=2_000_000_000, counted in 1_u64..=1_000_000_000,
    ) {
        prop_assume!(!buy.is_zero());
        let exact = BigRational::new(
            int(amount) * int(sell) * BigInt::from(asked), int(buy) * BigInt::from(counted),
        );
        let wanted = ceil(&exact).ok_or(MathError::Overflow);
        prop_assert_eq!(min_buy_up(amount, sell, buy, u(asked), u(counted)), wanted);
        // Kept: what it buys counts for at least what is asked for what was sold.
        if let Ok(bought) = wanted {
            prop_assert!(worth(bought, buy) * BigInt::from(counted)
                >= worth(amount, sell) * BigInt::from(asked));
        }
    }

    #[test]
    fn prop_fair_buy_is_worth_no_more_than_what_is_sold(
        amount in below(128), sell in below(128), buy in below(160),
    ) {
        prop_assume!(!buy.is_zero());
        let exact = BigRational::new(int(amount) * int(sell), int(buy));
        let got = fair_buy_down(amount, sell, buy).unwrap();
        prop_assert_eq!(Some(got), floor(&exact));
        prop_assert!(worth(got, buy) <= worth(amount, sell));
    }

    #[test]
    fn prop_rate_buy_is_the_ceiling(amount in below(100), rate in below(160)) {
        let exact = BigRational::new(int(amount) * int(rate), int(D36));
        prop_assert_eq!(rate_buy_up(amount, rate), ceil(&exact).ok_or(MathError::Overflow));
    }
}

fn percent(x: u64) -> U256 {
    WAD * u(x) / u(100)
}

fn whole(x: u64) -> U256 {
    u(x) * WAD
}

fn trade(sell: usize, buy: usize, amount: U256) -> Trade {
    Trade {
        sell,
        buy,
        amount,
        value: amount,
    }
}

#[test]
fn plan_of_a_known_treasury() {
    // 500, 300, 150, 50 held at a price of one; 25 % each wanted: +250, +50, -100, -200
    let held = [500, 300, 150, 50].map(whole);
    let weights = [percent(25); 4];
    let snapshot = Snapshot {
        held: &held,
        prices: &[D36; 4],
        weights: &weights,
    };
    let all = vec![
        trade(0, 3, whole(200)),
        trade(0, 2, whole(50)),
        trade(1, 2, whole(50)),
    ];
    let full = plan(&snapshot, BPS, whole(300)).unwrap();
    assert_eq!(full.trades, all);
    assert_eq!((full.sold_value, full.nav), (whole(300), whole(1_000)));
    assert_eq!(full.distance_wad, percent(30));
    assert_eq!(full.turnover_wad_up(), Ok(percent(30)));
    assert!(plan(&snapshot, BPS, whole(300) + u(1))
        .unwrap()
        .trades
        .is_empty());
    // a cap above all of NAV is all of NAV
    assert_eq!(plan(&snapshot, U256::MAX, u(0)).unwrap(), full);

    // capped: 22 % lets the first through and cuts the second
    let capped = plan(&snapshot, u(2_200), U256::ZERO).unwrap();
    assert_eq!(
        capped.trades,
        vec![trade(0, 3, whole(200)), trade(0, 2, whole(20))]
    );
    // a cap that ends with a trade leaves no empty one behind
    let first = vec![trade(0, 3, whole(200))];
    assert_eq!(plan(&snapshot, u(2_000), U256::ZERO).unwrap().trades, first);
    assert!(plan(&snapshot, u(0), U256::ZERO).unwrap().trades.is_empty());
}

#[test]
fn plan_breaks_ties_by_the_first() {
    let held = [30, 30, 20, 20].map(whole);
    let weights = [percent(25); 4];
    let snapshot = Snapshot {
        held: &held,
        prices: &[D36; 4],
        weights: &weights,
    };
    let wanted = vec![trade(0, 2, whole(5)), trade(1, 3, whole(5))];
    assert_eq!(plan(&snapshot, BPS, u(0)).unwrap().trades, wanted);
}

#[test]
fn plan_trades_no_dust() {
    let weights = [WAD / u(2); 2];
    let dust = |excess: U256| {
        let held = [whole(5) + excess, whole(5) - excess];
        let snapshot = Snapshot {
            held: &held,
            prices: &[D36; 2],
            weights: &weights,
        };
        plan(&snapshot, BPS, u(0)).unwrap().trades
    };
    assert_eq!(dust(EPSILON_WAD), vec![trade(0, 1, EPSILON_WAD)]);
    assert_eq!(dust(EPSILON_WAD - u(1)), vec![]);
}

/// Two assets, half each wanted, one held too much of; {value} of one unit each.
fn coarse(held: [u64; 2], units: [u64; 2]) -> Vec<(usize, usize, u64)> {
    let held = held.map(u);
    let prices = units.map(|unit| D36 * whole(unit));
    let weights = [WAD / u(2); 2];
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let plan = plan(&snapshot, BPS, U256::ZERO).unwrap();
    plan.trades
        .iter()
        .map(|trade| (trade.sell, trade.buy, trade.amount.to::<u64>()))
        .collect()
}

#[test]
fn plan_leaves_what_one_unit_cannot_carry() {
    // 1,500 too much of a token whose unit is 1,000: one is sold
    assert_eq!(coarse([4, 1_000], [1_000, 1]), [(0, 1, 1)]);
    // exactly one, and one less
    assert_eq!(coarse([3, 1_000], [1_000, 1]), [(0, 1, 1)]);
    assert_eq!(coarse([3, 1_001], [1_000, 1]), []);
    // bought the other way: a deficit of 500, then of exactly one unit, of 1,500
    assert_eq!(coarse([2_500, 1], [1, 1_500]), []);
    assert_eq!(coarse([4_500, 1], [1, 1_500]), [(0, 1, 1_500)]);
    assert_eq!(coarse([4_499, 1], [1, 1_500]), []);
}

#[test]
fn plan_counts_the_fraction_of_a_unit() {
    // a unit is worth half a wei more than dust, the gap is exactly dust: no unit fits
    let unit = D36 * EPSILON_WAD + D36 / u(2);
    let weights = [WAD / u(2); 2];
    let trades = |held: [U256; 2], prices: [U256; 2]| {
        let snapshot = Snapshot {
            held: &held,
            prices: &prices,
            weights: &weights,
        };
        plan(&snapshot, BPS, u(0)).unwrap().trades
    };
    assert_eq!(trades([u(4), EPSILON_WAD * u(2) + u(2)], [unit, D36]), []);
    assert_eq!(trades([EPSILON_WAD * u(4) + u(1), u(2)], [D36, unit]), []);
}

/// {value} held, {value} wanted and {value} of one unit of each asset; what is traded, in units.
fn units(assets: &[(u64, u64, u64)], cap_bps: u64) -> Vec<(usize, usize, u64)> {
    let held: Vec<U256> = assets
        .iter()
        .map(|(held, _, unit)| u(held / unit))
        .collect();
    let prices: Vec<U256> = assets
        .iter()
        .map(|(_, _, unit)| D36 * whole(*unit))
        .collect();
    let nav = u(assets.iter().map(|(held, _, _)| held).sum());
    let weights: Vec<U256> = assets
        .iter()
        .map(|(_, wanted, _)| whole(*wanted) / nav)
        .collect();
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let plan = plan(&snapshot, u(cap_bps), U256::ZERO).unwrap();
    plan.trades
        .iter()
        .map(|trade| (trade.sell, trade.buy, trade.amount.to::<u64>()))
        .collect()
}

#[test]
fn plan_gives_what_a_coarse_token_leaves_of_the_cap_to_a_finer_one() {
    // +3,000 in units of 1,000, +500; 15 % of 10,000 may be sold
    let assets = [(4_000, 1_000, 1_000), (1_000, 500, 1), (5_000, 8_500, 1)];
    assert_eq!(units(&assets, 1_500), [(0, 2, 1), (1, 2, 500)]);
}

#[test]
fn plan_fills_what_a_coarse_token_leaves_of_a_deficit() {
    // +1,500 in units of 1,000, +100; -1,500, -100
    let assets = [
        (4_000, 2_500, 1_000),
        (1_000, 900, 1),
        (2_500, 4_000, 1),
        (2_500, 2_600, 1),
    ];
    assert_eq!(units(&assets, 10_000), [(0, 2, 1), (1, 2, 100)]);
}

#[test]
fn plan_passes_over_an_asset_too_coarse_to_trade() {
    // +500, of which a unit is 1,000, and +400; -900
    let held = [u(5), u(900), u(3_600)];
    let prices = [D36 * whole(1_000), D36 * WAD, D36 * WAD];
    let nav = u(9_500);
    let part = |value: u64| WAD * u(value) / nav;
    let first = part(4_500);
    let second = part(500);
    let weights = [first, second, WAD - first - second];
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let trades = plan(&snapshot, BPS, u(0)).unwrap().trades;
    // 900 are wanted, but the coarse unit of 1,000 does not fit: the second alone is sold
    assert_eq!(
        trades.iter().map(|t| (t.sell, t.buy)).collect::<Vec<_>>(),
        [(1, 2)]
    );
}

#[test]
fn plan_of_nothing_is_empty() {
    let empty = Plan {
        trades: vec![],
        sold_value: u(0),
        distance_wad: u(0),
        nav: u(0),
    };
    let none = Snapshot {
        held: &[],
        prices: &[],
        weights: &[],
    };
    assert_eq!(plan(&none, BPS, u(0)), Ok(empty.clone()));
    let broke = Snapshot {
        held: &[u(0)],
        prices: &[D36],
        weights: &[WAD],
    };
    assert_eq!(plan(&broke, BPS, u(0)), Ok(empty));
    let done = Snapshot {
        held: &[u(9)],
        prices: &[D36],
        weights: &[WAD],
    };
    assert!(plan(&done, BPS, u(0)).unwrap().trades.is_empty());
}

#[test]
fn plan_reverts_when_it_cannot_know() {
    let one = [U256::ONE; 33];
    let plan_of = |held, prices, weights| {
        plan(
            &Snapshot {
                held,
                prices,
                weights,
            },
            BPS,
            U256::ZERO,
        )
        .map(|plan| plan.trades.len())
    };
    assert_eq!(
        plan_of(&one[..2], &one[..1], &one[..2]),
        Err(MathError::LengthMismatch)
    );
    assert_eq!(
        plan_of(&one[..2], &one[..2], &one[..1]),
        Err(MathError::LengthMismatch)
    );
    assert_eq!(plan_of(&one, &one, &one), Err(MathError::TooManyAssets));
    // no price for what should be bought
    let half = [WAD / u(2); 2];
    assert_eq!(
        plan_of(&[whole(9); 2], &[D36, u(0)], &half),
        Err(MathError::DivisionByZero)
    );
}

#[test]
fn min_buy_of_known_trades() {
    let kept = PPB - PPB * u(50) / BPS;
    assert_eq!(min_buy_up(u(5), D36, D36, u(0), PPB), Ok(u(0)));
    assert_eq!(
        min_buy_up(u(5), D36, u(0), PPB, PPB),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(
        min_buy_up(u(5), D36, D36, PPB, u(0)),
        Err(MathError::DivisionByZero)
    );
    // 1,000 at 3 for 2, half a per cent: 1,492.5
    assert_eq!(
        min_buy_up(u(1_000), D36 * u(3), D36 * u(2), kept, PPB),
        Ok(u(1_493))
    );
    // The same for an asset that counts for four fifths: 1,865.6
    assert_eq!(
        min_buy_up(u(1_000), D36 * u(3), D36 * u(2), kept, PPB * u(4) / u(5)),
        Ok(u(1_866))
    );
}

#[test]
fn distance_falls_are_positive() {
    // The reference itself: a trade towards the target lowers the exact distance.
    let values = [rat(u(600)), rat(u(400))];
    let weights = [WAD / u(2), WAD / u(2)];
    let before = distance(&values, &weights, u(1_000));
    assert_eq!(before, BigRational::new(1.into(), 10.into()));
    assert!(before.is_positive());
}
