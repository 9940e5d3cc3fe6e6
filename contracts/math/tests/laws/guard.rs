use crate::exact::*;
use ballast_math::basket::Basket;
use ballast_math::guard::{
    bought_not_above, epsilon_up, no_overshoot, progress, rates, sold_not_below, value_kept,
    GuardError, ProgressError, Rates, Refusal,
};
use ballast_math::plan::Snapshot;
use ballast_math::{MathError, BPS, D36, EPSILON_WAD, WAD};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn inv_10_value_kept_accepts_at_the_bound_and_refuses_one_below(bound in any_uint()) {
        prop_assert_eq!(value_kept(bound, bound), Ok(()));
        prop_assert_eq!(value_kept(bound, U256::MAX), Ok(()));
        if let Some(got) = bound.checked_sub(U256::ONE) {
            prop_assert_eq!(value_kept(bound, got), Err(Refusal { got, bound }));
        }
    }

    #[test]
    fn prop_overshoot_is_refused_from_one_beyond_epsilon(
        target in any_uint(), epsilon in any_uint(), value in any_uint(),
    ) {
        let refusal = Err(Refusal { got: value, bound: target });
        let below = int(value) + int(epsilon) < int(target);
        let wanted = if below { refusal } else { Ok(()) };
        prop_assert_eq!(sold_not_below(value, target, epsilon), wanted);
        let above = int(value) > int(target) + int(epsilon);
        let wanted = if above { refusal } else { Ok(()) };
        prop_assert_eq!(bought_not_above(value, target, epsilon), wanted);
    }

    #[test]
    fn prop_overshoot_turns_at_epsilon(target in below(200), epsilon in below(200)) {
        if let Some(edge) = target.checked_sub(epsilon) {
            prop_assert!(sold_not_below(edge, target, epsilon).is_ok());
            if let Some(beyond) = edge.checked_sub(U256::ONE) {
                prop_assert!(sold_not_below(beyond, target, epsilon).is_err());
            }
        }
        let edge = target + epsilon;
        prop_assert!(bought_not_above(edge, target, epsilon).is_ok());
        prop_assert!(bought_not_above(edge + U256::ONE, target, epsilon).is_err());
    }

    #[test]
    fn prop_epsilon_is_the_value_of_a_unit_or_1e15(price in any_uint()) {
        let unit = ceil(&worth(U256::ONE, price)).unwrap();
        prop_assert_eq!(epsilon_up(price), Ok(unit.max(EPSILON_WAD)));
    }

    #[test]
    fn inv_12_no_overshoot_accepts_what_stays_within_epsilon_and_nothing_else(
        world in world(), moves in prop::collection::vec((0_u8..3, below(128)), 32),
        near in any::<bool>(),
    ) {
        let basket = Basket::new(&world.held, &world.prices).unwrap();
        let (mut sold, mut bought) = (vec![], vec![]);
        for (i, (side, amount)) in moves.iter().take(world.len()).enumerate() {
            // Half of the cases stop within a few units of the bound.
            let edge = target(basket.nav, world.weights[i]) * int(D36) / int(world.prices[i]);
            let edge = floor(&edge).unwrap();
            let amount = if near {
                let reach = world.held[i].max(edge) - world.held[i].min(edge);
                let epsilon = epsilon_up(world.prices[i]).unwrap();
                let slack = floor(&(rat(epsilon) * int(D36) / int(world.prices[i]))).unwrap();
                reach + slack + *amount % u(5)
            } else {
                *amount
            };
            sold.push(if *side == 1 { amount.min(world.held[i]) } else { U256::ZERO });
            bought.push(if *side == 2 { amount } else { U256::ZERO });
        }
        let mut wanted = Ok(());
        for i in (0..world.len()).rev() {
            let price = world.prices[i];
            let exact = target(basket.nav, world.weights[i]);
            let epsilon = rat(epsilon_up(price).unwrap());
            if !bought[i].is_zero() {
                let got = ceil(&worth(world.held[i] + bought[i], price)).unwrap();
                let bound = floor(&exact).unwrap();
                if rat(got) > rat(bound) + &epsilon {
                    wanted = Err(GuardError::Refused(i, Refusal { got, bound }));
                }
            }
            if !sold[i].is_zero() {
                let got = floor(&worth(world.held[i] - sold[i], price)).unwrap();
                let bound = ceil(&exact).unwrap();
                if rat(got) + &epsilon < rat(bound) {
                    wanted = Err(GuardError::Refused(i, Refusal { got, bound }));
                }
            }
        }
        prop_assert_eq!(no_overshoot(&world.snapshot(), &basket, &sold, &bought), wanted);
    }

    #[test]
    fn inv_12_progress_accepts_at_the_bound_and_refuses_one_below(
        after in below(200), planned in below(200), share in 0_u64..=10_000,
    ) {
        let exact = BigRational::new(int(planned) * BigInt::from(share), int(BPS));
        let bound = ceil(&exact).unwrap();
        let at = bound.max(U256::ONE);
        prop_assert_eq!(progress(after + at, after, planned, u(share)), Ok(()));
        if bound > U256::ONE {
            let got = bound - U256::ONE;
            prop_assert_eq!(
                progress(after + got, after, planned, u(share)),
                Err(ProgressError::TooSmall(Refusal { got, bound }))
            );
        }
    }

    #[test]
    fn inv_12_a_distance_that_does_not_fall_is_no_progress(
        before in any_uint(), more in any_uint(), planned in any_uint(), share in any_uint(),
    ) {
        let after = before.saturating_add(more);
        prop_assert_eq!(
            progress(before, after, planned, share),
            Err(ProgressError::NoProgress { before, after })
        );
    }

    #[test]
    fn prop_rates_hold_partial_fills_to_the_first_rates(
        trades in prop::collection::vec(
            (0_usize..4, 0_usize..4, 0_u64..40, prop_oneof![Just(U256::ZERO), below(126)]),
            0..12,
        ),
        unsold in prop::array::uniform4(0_u64..60), extra in prop::array::uniform4(0_u64..2),
        short in prop::option::of(0_usize..4),
    ) {
        // Places 0 to 3 are sold, 4 to 7 bought.
        let sells: Vec<usize> = trades.iter().map(|trade| trade.0).collect();
        let buys: Vec<usize> = trades.iter().map(|trade| trade.1 + 4).collect();
        let amounts: Vec<U256> = trades.iter().map(|trade| u(trade.2)).collect();
        let min_rates: Vec<U256> = trades.iter().map(|trade| trade.3).collect();

        // Unit by unit: what came back is taken from the last trade that still has any.
        let mut filled: Vec<u64> = trades.iter().map(|trade| trade.2).collect();
        let mut sold = vec![U256::ZERO; 8];
        for (token, unsold) in unsold.into_iter().enumerate() {
            for _ in 0..unsold {
                let last = (0..trades.len()).rev().find(|k| sells[*k] == token && filled[*k] > 0);
                if let Some(k) = last {
                    filled[k] -= 1;
                }
            }
        }
        let mut least = vec![U256::ZERO; 8];
        for (k, trade) in trades.iter().enumerate() {
            sold[trade.0] += u(filled[k]);
            let exact = BigRational::new(BigInt::from(filled[k]) * int(trade.3), int(D36));
            least[buys[k]] += ceil(&exact).unwrap();
        }
        let mut bought = least.clone();
        for (token, extra) in extra.into_iter().enumerate() {
            bought[token + 4] += u(extra);
        }
        let trades = Rates {
            sells: &sells, buys: &buys, amounts: &amounts, min_rates_d36: &min_rates,
        };
        prop_assert_eq!(rates(trades, &sold, &bought), Ok(()));

        if let Some(token) = short.map(|token| token + 4).filter(|token| !least[*token].is_zero()) {
            bought[token] = least[token] - U256::ONE;
            let refusal = Refusal { got: bought[token], bound: least[token] };
            prop_assert_eq!(
                rates(trades, &sold, &bought),
                Err(GuardError::Refused(token, refusal))
            );
        }
    }
}

#[test]
fn progress_refuses_a_share_it_cannot_compute() {
    assert_eq!(
        progress(u(2), u(1), U256::MAX, U256::MAX),
        Err(ProgressError::TooSmall(Refusal {
            got: u(1),
            bound: U256::MAX
        }))
    );
    // and the largest fall there is does not slip through
    assert!(progress(U256::MAX, u(0), U256::MAX, U256::MAX).is_err());
}

/// 600 and 400 held in units of 1e18 at a price of one; half each wanted.
#[test]
fn overshoot_of_a_known_treasury() {
    let held = [u(600) * WAD, u(400) * WAD];
    let weights = [WAD / u(2); 2];
    let prices = [D36; 2];
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let basket = Basket::new(&held, &prices).unwrap();
    let reach = u(100) * WAD + EPSILON_WAD;
    let check = |sold, bought| {
        no_overshoot(
            &snapshot,
            &basket,
            &[sold, U256::ZERO],
            &[U256::ZERO, bought],
        )
    };
    assert_eq!(check(reach, reach), Ok(()));
    let target = u(500) * WAD;
    let refused = |i, got| Err(GuardError::Refused(i, Refusal { got, bound: target }));
    let one = u(1);
    assert_eq!(
        check(reach + one, reach),
        refused(0, target - EPSILON_WAD - one)
    );
    assert_eq!(
        check(reach, reach + one),
        refused(1, target + EPSILON_WAD + one)
    );
    assert_eq!(
        check(u(601) * WAD, one),
        Err(GuardError::Math(MathError::Overflow))
    );
}

#[test]
fn no_overshoot_reverts_when_arrays_do_not_fit() {
    let two = [u(1); 2];
    let basket = Basket::new(&two, &two).unwrap();
    let mismatch = Err(GuardError::Math(MathError::LengthMismatch));
    let of = |held: &[U256], prices: &[U256], weights: &[U256], sold: &[U256], bought: &[U256]| {
        no_overshoot(
            &Snapshot {
                held,
                prices,
                weights,
            },
            &basket,
            sold,
            bought,
        )
    };
    assert_eq!(of(&two, &two[..1], &two, &two, &two), mismatch);
    assert_eq!(of(&two, &two, &two[..1], &two, &two), mismatch);
    assert_eq!(of(&two, &two, &two, &two[..1], &two), mismatch);
    assert_eq!(of(&two, &two, &two, &two, &two[..1]), mismatch);
}

#[test]
fn rates_revert_when_arrays_do_not_fit() {
    let one = [u(1)];
    let none: [U256; 0] = [];
    let trades = Rates {
        sells: &[0],
        buys: &[1],
        amounts: &one,
        min_rates_d36: &one,
    };
    let two = [u(1), u(0)];
    let mismatch = Err(GuardError::Math(MathError::LengthMismatch));
    assert_eq!(rates(trades, &two, &[u(0), u(1)]), Ok(()));
    assert_eq!(rates(trades, &two, &one), mismatch);
    assert_eq!(rates(trades, &one, &two), mismatch);
    let many = [u(0); 33];
    let none_sent = Rates {
        amounts: &many[..1],
        ..trades
    };
    assert_eq!(rates(none_sent, &many[..32], &many[..32]), Ok(()));
    let too_many = Err(GuardError::Math(MathError::TooManyAssets));
    assert_eq!(rates(none_sent, &many, &many), too_many);
    assert_eq!(
        rates(
            Rates {
                sells: &[],
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    assert_eq!(
        rates(
            Rates {
                buys: &[],
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    assert_eq!(
        rates(
            Rates {
                amounts: &none,
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    assert_eq!(
        rates(
            Rates {
                min_rates_d36: &none,
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    assert_eq!(
        rates(
            Rates {
                sells: &[2],
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    assert_eq!(
        rates(
            Rates {
                buys: &[2],
                ..trades
            },
            &two,
            &two
        ),
        mismatch
    );
    // more sold than sent
    let overflow = Err(GuardError::Math(MathError::Overflow));
    assert_eq!(rates(trades, &[u(2), u(0)], &two), overflow);
}
