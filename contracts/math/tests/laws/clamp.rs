use crate::exact::*;
use ballast_math::basket::{Basket, Gap};
use ballast_math::clamp::{ClampError, Useful};
use ballast_math::plan::{plan, Snapshot};
use ballast_math::{MathError, BPS, D36, EPSILON_WAD, WAD};
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

/// A list of trades to try: places and most.
fn wishes() -> impl Strategy<Value = Vec<(usize, usize, U256)>> {
    let most = prop_oneof![2 => Just(U256::MAX), 1 => below(120), 1 => Just(U256::ZERO)];
    prop::collection::vec((any::<usize>(), any::<usize>(), most), 1..12)
}

/// A wish made sensible three times in four: over against under.
fn aim(gaps: &[Gap], sell: usize, buy: usize) -> (usize, usize) {
    let pick = |wish: usize, over: bool| {
        let side: Vec<usize> = (0..gaps.len())
            .filter(|i| match gaps[*i] {
                Gap::Over(_) => over,
                Gap::Under(_) => !over,
                Gap::On => false,
            })
            .collect();
        if side.is_empty() || wish.is_multiple_of(7) {
            wish % gaps.len()
        } else {
            side[wish % side.len()]
        }
    };
    (pick(sell, true), pick(buy, false))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_clamp_takes_exactly_what_is_available_and_useful(
        world in world(), wishes in wishes(),
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let gaps = basket.gaps(&world.weights).unwrap();
        let mut useful = Useful::new(&world.snapshot(), &basket).unwrap();
        // An independent account: unrounded gaps, and what was taken of them.
        let exact: Vec<BigRational> = (0..world.len())
            .map(|i| rat(basket.values[i]) - target(basket.nav, world.weights[i]))
            .collect();
        let mut moved = vec![zero(); world.len()];
        let mut used = vec![U256::ZERO; world.len()];
        let mut sold = vec![U256::ZERO; world.len()];
        for (sell, buy, most) in wishes {
            let (sell, buy) = aim(&gaps, sell, buy);
            let taken = useful.take(sell, buy, most);
            if !matches!(gaps[sell], Gap::Over(_)) {
                prop_assert_eq!(taken, Err(ClampError::NotOver(sell)));
                continue;
            }
            if !matches!(gaps[buy], Gap::Under(_)) {
                prop_assert_eq!(taken, Err(ClampError::NotUnder(buy)));
                continue;
            }
            let amount = taken.unwrap();
            let value = ceil(&worth(amount, world.prices[sell])).unwrap();
            // Tight: one unit more exceeds `most`, or the excess or deficit left (both rounded).
            if amount < most {
                let room = (gaps[sell].size() - used[sell]).min(gaps[buy].size() - used[buy]);
                prop_assert!(worth(amount + U256::ONE, world.prices[sell]) > rat(room));
            }
            prop_assert!(amount <= most);
            used[sell] += value;
            used[buy] += value;
            sold[sell] += amount;
            moved[sell] += worth(amount, world.prices[sell]);
            moved[buy] += worth(amount, world.prices[sell]);
            prop_assert!(sold[sell] <= world.held[sell], "more than held");
            // Nothing crosses its exact target, however many trades.
            prop_assert!(moved[sell] <= exact[sell].clone(), "inv_12 sold");
            prop_assert!(moved[buy] <= -exact[buy].clone(), "inv_12 bought");
        }
    }

    #[test]
    fn prop_clamp_never_exceeds_the_plan_by_more_than_a_unit_an_asset(
        world in world(), wishes in wishes(),
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        prop_assume!(!basket.nav.is_zero());
        let gaps = basket.gaps(&world.weights).unwrap();
        let best = plan(&world.snapshot(), BPS, U256::ZERO).unwrap();
        let mut useful = Useful::new(&world.snapshot(), &basket).unwrap();
        let mut value = zero();
        for (sell, buy, most) in wishes {
            let (sell, buy) = aim(&gaps, sell, buy);
            if let Ok(amount) = useful.take(sell, buy, most) {
                value += worth(amount, world.prices[sell]);
            }
        }
        let coarsest = (0..world.len()).map(|i| world.unit(i)).max().unwrap();
        let slack = (coarsest + rat(EPSILON_WAD)) * int(U256::from(world.len()));
        prop_assert!(value <= rat(best.sold_value) + slack);
    }

    #[test]
    fn prop_clamp_leaves_every_planned_trade_as_it_is(
        world in world(), cap in 0_u64..=10_000, unlimited in any::<bool>(),
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        // The clamp does not know the turnover cap, so `MAX` is what was planned only without one.
        let cap = if unlimited { BPS } else { u(cap) };
        let planned = plan(&world.snapshot(), cap, U256::ZERO).unwrap();
        let mut useful = Useful::new(&world.snapshot(), &basket).unwrap();
        for trade in &planned.trades {
            let most = if unlimited { U256::MAX } else { trade.amount };
            prop_assert_eq!(useful.take(trade.sell, trade.buy, most), Ok(trade.amount));
        }
    }

    #[test]
    fn prop_take_within_never_exceeds_the_value(
        world in world(), sell in any::<usize>(), buy in any::<usize>(), most in below(128),
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let gaps = basket.gaps(&world.weights).unwrap();
        let (sell, buy) = aim(&gaps, sell, buy);
        let mut useful = Useful::new(&world.snapshot(), &basket).unwrap();
        if let Ok((amount, value)) = useful.take_within(sell, buy, U256::MAX, most) {
            prop_assert_eq!(Some(value), ceil(&worth(amount, world.prices[sell])));
            prop_assert!(value <= most);
            let room = most.min(gaps[sell].size()).min(gaps[buy].size());
            prop_assert!(worth(amount + U256::ONE, world.prices[sell]) > rat(room));
        }
    }
}

/// 600, 300, 100 held at a price of one; 50 %, 30 %, 20 % wanted.
const HELD: [u64; 3] = [600, 300, 100];

fn known() -> ([U256; 3], [U256; 3], [U256; 3]) {
    (
        HELD.map(u),
        [D36; 3],
        [u(50), u(30), u(20)].map(|x| x * WAD / u(100)),
    )
}

#[test]
fn clamp_refuses_the_wrong_direction() {
    let (held, prices, weights) = known();
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let basket = Basket::new(&held, &prices).unwrap();
    let mut useful = Useful::new(&snapshot, &basket).unwrap();
    let all = U256::MAX;
    assert_eq!(useful.take(2, 0, all), Err(ClampError::NotOver(2)));
    assert_eq!(useful.take(1, 2, all), Err(ClampError::NotOver(1)));
    assert_eq!(useful.take(0, 1, all), Err(ClampError::NotUnder(1)));
    assert_eq!(useful.take(0, 0, all), Err(ClampError::NotUnder(0)));
    assert_eq!(
        useful.take(3, 2, all),
        Err(ClampError::Math(MathError::LengthMismatch))
    );
    assert_eq!(
        useful.take(0, 3, all),
        Err(ClampError::Math(MathError::LengthMismatch))
    );
    // A refusal uses nothing up.
    assert_eq!(useful.take(0, 2, u(60)), Ok(u(60)));
    assert_eq!(useful.take(0, 2, all), Ok(u(40)));
    assert_eq!(useful.take(0, 2, all), Ok(u(0)));
}

#[test]
fn clamp_gives_no_more_than_is_held_even_if_the_values_are_wrong() {
    let (held, prices, weights) = known();
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let basket = Basket {
        values: [6_000, 3_000, 1_000].map(u).to_vec(),
        nav: u(10_000),
    };
    let mut useful = Useful::new(&snapshot, &basket).unwrap();
    assert_eq!(useful.take(0, 2, U256::MAX), Ok(u(600)));
    assert_eq!(useful.take(0, 2, U256::MAX), Ok(u(0)));
}

#[test]
fn clamp_reverts_when_arrays_do_not_fit() {
    let (held, prices, weights) = known();
    let basket = Basket::new(&held, &prices).unwrap();
    let short = &held[..2];
    let mismatch = |snapshot: &Snapshot<'_>| {
        assert_eq!(
            Useful::new(snapshot, &basket).err(),
            Some(MathError::LengthMismatch)
        );
    };
    mismatch(&Snapshot {
        held: short,
        prices: &prices,
        weights: &weights,
    });
    mismatch(&Snapshot {
        held: &held,
        prices: &prices[..2],
        weights: &weights,
    });
    mismatch(&Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights[..2],
    });
    mismatch(&Snapshot {
        held: short,
        prices: &prices[..2],
        weights: &weights[..2],
    });
}

#[test]
fn inv_23_a_barred_asset_is_never_bought_and_still_sold() {
    let (held, prices) = ([u(600) * WAD, u(400) * WAD], [D36; 2]);
    let weights = [WAD / u(2); 2];
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let basket = Basket::new(&held, &prices).unwrap();
    let mut useful = Useful::new(&snapshot, &basket).unwrap();
    assert!(!useful.bar(0), "overweight: nothing to bar");
    assert_eq!(useful.clone().take(0, 1, U256::MAX), Ok(u(100) * WAD));
    assert!(useful.bar(1));
    assert_eq!(useful.take(0, 1, U256::MAX), Err(ClampError::NotUnder(1)));
    assert!(!useful.bar(1), "no longer underweight");
    assert!(!useful.bar(2), "no such asset");
}
