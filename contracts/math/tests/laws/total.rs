//! No input panics: every public function gets whatever there is.

use crate::exact::*;
use ballast_math::clamp::Useful;
use ballast_math::plan::Snapshot;
use ballast_math::{auction, band, basket, budget, guard, mul_div, plan, price, ramp, shares};
use proptest::prelude::*;
use ruint::aliases::U256;

fn array() -> impl Strategy<Value = Vec<U256>> {
    prop::collection::vec(any_uint(), 0..=34)
}

/// Arrays of one length most of the time, of any length otherwise.
fn arrays() -> impl Strategy<Value = [Vec<U256>; 5]> {
    prop_oneof![
        3 => (0_usize..=33).prop_flat_map(|count| {
            prop::array::uniform5(prop::collection::vec(any_uint(), count))
        }),
        1 => prop::array::uniform5(array()),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_scalar_formula_panics(
        a in any_uint(), b in any_uint(), c in any_uint(), d in any_uint(), e in any_uint(),
        feed in any::<u8>(), token in any::<u8>(), times in prop::array::uniform3(any::<u64>()),
    ) {
        let _ = mul_div::mul_div_down(a, b, c);
        let _ = mul_div::mul_div_up(a, b, c);
        let _ = mul_div::mul_div_exact(a, b, c);
        let _ = price::price_d36(a, feed, token);
        let _ = price::value_down(a, b);
        let _ = price::value_up(a, b);
        let _ = price::amount_down(a, b);
        let _ = price::amount_up(a, b);
        let _ = basket::weight_wad_down(a, b);
        let _ = basket::target_value_down(a, b);
        let _ = basket::target_value_up(a, b);
        let _ = basket::excess(a, b).size();
        let _ = basket::drift_of(a, b, c);
        let _ = basket::turnover_bps(a, b, c);
        let _ = basket::loss_bps(a, b);
        let _ = basket::loss_wad_up(a, b);
        let _ = basket::part_wad_up(a, b);
        let _ = band::stretch_wad(a, b);
        let _ = band::effective_band_wad(a, b, c);
        let _ = band::shown_bps_down(a);
        let _ = ramp::bps_to_wad(a);
        let _ = shares::amount_up(a, b, c);
        let _ = shares::amount_down(a, b, c);
        let _ = shares::haircut_down(a, b, c);
        let _ = shares::unmoved_down(a, b, c);
        let _ = plan::min_buy_up(a, b, c, d, e);
        let _ = plan::rate_buy_up(a, b);
        let _ = plan::fair_buy_down(a, b, c);
        let _ = guard::value_kept(a, b);
        let _ = guard::epsilon_up(a);
        let _ = guard::sold_not_below(a, b, c);
        let _ = guard::bought_not_above(a, b, c);
        let _ = guard::progress(a, b, c, d);
        let moment = auction::Moment::of(times[0], times[1]);
        let _ = moment.progress_bps_up(a);
        if let Ok(terms) = auction::Terms::new(moment, a) {
            let _ = terms.released_bps_up();
            let _ = terms.sell_ppb_up(b);
            let _ = terms.buy_ppb_down(b);
        }
        let _ = auction::kept_wad_up(a, b);
        let opening = auction::Opening { at: times[0], policy_nonce: times[1], paused_until: times[2] };
        let today = auction::Opening { at: times[1], policy_nonce: times[1], paused_until: times[2] };
        let _ = opening.holds(&today, times[2], times[0]);
        let _ = budget::used_up(a, b, times[0], times[1]);
        let _ = budget::spend(a, b, c);
        let _ = budget::level_within_a_period_down(a);
    }

    #[test]
    fn no_formula_of_arrays_panics(
        [a, b, c, d, e] in arrays(), x in any_uint(), y in any_uint(),
        times in prop::array::uniform3(any::<u64>()),
        places in prop::collection::vec((0_usize..40, 0_usize..40), 0..20),
    ) {
        let _ = price::total_down(&a, &b);
        let _ = price::total_up(&a, &b);
        let _ = basket::distance_wad_down(&a, &b, x);
        let _ = basket::distance_wad_up(&a, &b, x);
        let _ = ramp::effective_weights(&a, &b, times[0], times[1], times[2]);
        let snapshot = Snapshot { held: &a, prices: &b, weights: &c };
        let _ = plan::plan(&snapshot, x, y).map(|plan| plan.turnover_wad_up());
        // A basket of its own values, one of any, and one whose NAV is none of theirs.
        let own = basket::Basket::new(&a, &b);
        let any = basket::Basket { values: d.clone(), nav: x };
        for basket in own.iter().chain([&any]) {
            let _ = basket.gaps(&c);
            let _ = basket::drift(basket, &c);
            let _ = basket::worst_drift(basket, &c);
            let _ = band::outside(basket, &c, &e);
            let _ = band::any_outside(basket, &c, &e);
            let _ = guard::no_overshoot(&snapshot, basket, &d, &e);
            if let Ok(mut useful) = Useful::new(&snapshot, basket) {
                for (sell, buy) in &places {
                    let _ = useful.take(*sell, *buy, x);
                    let _ = useful.take_within(*sell, *buy, x, y);
                }
            }
        }
        let (sells, buys): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        let trades = guard::Rates { sells: &sells, buys: &buys, amounts: &a, min_rates_d36: &b };
        let _ = guard::rates(trades, &c, &d);
        let _ = band::effective_bands(&a, &b, &c, x);
        let _ = band::halves_down(&a);
        let _ = auction::asked_up(&a, &b, &c);
        let _ = auction::counted_down(&a, &b, &c);
    }
}

proptest! {
    #![proptest_config(cases())]

    // Weights and prices that are merely odd get further in than arbitrary ones.
    #[test]
    fn no_plan_panics_on_odd_worlds(
        mut world in world(), price in any_uint(), held in any_uint(), place in any::<usize>(),
        cap in any_uint(), least in any_uint(),
    ) {
        let place = place % world.len();
        world.prices[place] = price;
        let _ = plan::plan(&world.snapshot(), cap, least);
        world.held[place] = held;
        let _ = plan::plan(&world.snapshot(), cap, U256::ZERO);
    }
}
