//! Plan, clamp and guards together: what the plan asks for, the guards let pass.

use crate::exact::*;
use ballast_math::auction::{asked_up, counted_down, Moment, Terms};
use ballast_math::basket::{distance_wad_down, distance_wad_up, loss_bps, Basket};
use ballast_math::guard::{no_overshoot, progress, rates, value_kept, Rates};
use ballast_math::plan::{fair_buy_down, min_buy_up, plan};
use ballast_math::price::{amount_up, total_down, total_up};
use ballast_math::{BPS, WAD};
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    // Tokens of which one unit is money are held to whole units, which may cost more than slippage.
    #[test]
    fn prop_guards_pass_a_plan_bought_at_its_leasts(
        world in fine_world(), cap in 1_u64..=10_000, slippage in 0_u64..=300,
        passed in 0_u64..2_000, lags in prop::collection::vec(0_u64..=200, 32),
    ) {
        let terms = Terms::new(Moment::of(passed, 1_800), u(slippage)).unwrap();
        let lags = lags.iter().take(world.len()).map(|lag| u(*lag));
        let (asks, counts): (Vec<U256>, Vec<U256>) = lags
            .map(|lag| (terms.sell_ppb_up(lag).unwrap(), terms.buy_ppb_down(lag).unwrap()))
            .unzip();
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let planned = plan(&world.snapshot(), u(cap), WAD).unwrap();
        prop_assume!(!planned.trades.is_empty());

        let count = world.len();
        let (mut sold, mut bought) = (vec![U256::ZERO; count], vec![U256::ZERO; count]);
        let mut counted = vec![U256::ZERO; count];
        let (mut sells, mut buys, mut amounts) = (vec![], vec![], vec![]);
        for trade in &planned.trades {
            let (sell, buy) = (world.prices[trade.sell], world.prices[trade.buy]);
            let (asked, count) = (asks[trade.sell], counts[trade.buy]);
            let least = min_buy_up(trade.amount, sell, buy, asked, count).unwrap();
            let fair = fair_buy_down(trade.amount, sell, buy).unwrap();
            sold[trade.sell] += trade.amount;
            counted[trade.buy] += least.min(fair);
            // Three wei of value more: what rounding sold up and bought down can take at worst.
            bought[trade.buy] += least + amount_up(u(3), buy).unwrap();
            sells.push(trade.sell);
            buys.push(trade.buy);
            amounts.push(trade.amount);
        }
        let sold_value = total_up(&sold, &world.prices).unwrap();
        let bought_value = total_down(&bought, &world.prices).unwrap();
        let asked = asked_up(&sold, &world.prices, &asks).unwrap();
        let got = counted_down(&bought, &world.prices, &counts).unwrap();
        prop_assert_eq!(value_kept(asked, got), Ok(()));
        // Whatever the lags, never less than the greatest slippage leaves.
        prop_assert!(int(bought_value) * int(BPS) >= int(sold_value) * int(BPS - u(slippage)));
        prop_assert_eq!(no_overshoot(&world.snapshot(), &basket, &sold, &counted), Ok(()));
        let none = vec![U256::ZERO; sells.len()];
        let trades = Rates {
            sells: &sells, buys: &buys, amounts: &amounts, min_rates_d36: &none,
        };
        prop_assert_eq!(rates(trades, &sold, &bought), Ok(()));

        let held: Vec<U256> =
            (0..count).map(|i| world.held[i] - sold[i] + bought[i]).collect();
        let later = Basket::new(&held, &world.prices).unwrap();
        // inv_09: the loss is what was allowed, and a wei an asset
        let allowed = int(sold_value) * int(u(slippage)) / int(BPS) + int(U256::from(count));
        prop_assert!(int(later.nav) >= int(basket.nav) - allowed, "inv_09");
        prop_assert!(loss_bps(basket.nav, later.nav).unwrap() <= u(slippage).max(u(1)));

        let before = distance_wad_down(&basket.values, &world.weights, basket.nav).unwrap();
        let after = distance_wad_up(&later.values, &world.weights, later.nav).unwrap();
        let turnover = planned.turnover_wad_up().unwrap();
        // 90 % of the plan's fall: what it loses to slippage, to required gains and to single wei is far less.
        prop_assume!(turnover > u(1_000_000));
        prop_assert_eq!(progress(before, after, turnover, u(9_000)), Ok(()));
    }
}
