//! The strategy: a table of states and decisions, and laws over random ones.

use alloy::primitives::{Address, Bytes, I256, U256};
use ballast_keeper::{
    config::{Config, Mode, Observing},
    execute::Gas,
    measured::{Choice, Measured},
    state::{Asset, Leg, Limits, Market, Offer, Opening, Purse, State, Unpriced, Watched, Way},
    strategy::{afford, decide, weigh, Action, Decision, Why},
};
use proptest::prelude::*;

/// Now, in every state here.
const NOW: u64 = 1_700_000_000;
const RAMP_S: u64 = 1_800;
const HOLD_S: u64 = 3_600;
/// Gas of a rebalance here, and its price: 2,000,000 · 0.1 gwei · 2,000 USD = 0.40 USD.
const GAS: u64 = 2_000_000;
const GAS_PRICE: u64 = 100_000_000;

fn n(x: u64) -> U256 {
    U256::from(x)
}

fn ten(exponent: u64) -> U256 {
    U256::from(10).pow(U256::from(exponent))
}

fn token(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

/// 300 of an asset at 2,000 USD and 400,000 of one at 1 USD that should be worth as much: 50 are too many.
fn market() -> Market {
    let asset = |byte, held, price_d36| Asset {
        token: token(byte),
        held,
        price_d36,
        weight_wad: ten(18) / n(2),
        lag_bps: n(10),
        barred: false,
    };
    Market {
        assets: vec![
            asset(1, n(300) * ten(18), n(2_000) * ten(36)),
            asset(2, n(400_000) * ten(6), ten(48)),
        ],
        nav: n(1_000_000) * ten(18),
        distance_wad: ten(17),
        reason: 1,
    }
}

/// A rebalance is due, none was made lately, and no auction is open.
fn due() -> State {
    State {
        block: 100,
        now: NOW,
        rebalances: 3,
        policy_nonce: n(7),
        paused_until: 0,
        next_at: NOW,
        opening: None,
        market: Ok(market()),
        targets_pending: false,
        weights_end: 0,
        limits: Limits {
            max_slippage_bps: n(50),
            min_progress_bps: n(1_000),
            min_notional: n(100) * ten(18),
            min_drift_bps: n(100),
            max_turnover_bps: n(10_000),
            ramp_s: RAMP_S,
        },
        loss_left_wad: ten(16),
        turnover_left_wad: ten(18),
        watched: Vec::new(),
        purse: Purse {
            balance: ten(18),
            gas_price: n(GAS_PRICE),
            ether_d36: n(2_000) * ten(36),
            spent_today: U256::ZERO,
            reverted_today: 0,
        },
        in_flight: false,
        acted_in: 90,
    }
}

/// The same, opened so many seconds ago.
fn opened(ago: u64) -> State {
    State {
        opening: Some(Opening {
            opened_at: NOW - ago,
            ramp_end: NOW - ago + RAMP_S,
            until: NOW - ago + RAMP_S + HOLD_S,
        }),
        ..due()
    }
}

/// What the venues pay for a part of the plan: so many hundredths of a bp less than it is worth.
fn offer(state: &State, share_bps: u64, cost_pips: u64) -> Offer {
    let market = state.market.as_ref().expect("a market");
    let plan = state.plan(market).expect("a plan");
    let legs = plan.iter().map(|trade| {
        let amount = trade.amount * n(share_bps) / n(10_000);
        let (sell, buy) = (&market.assets[trade.sell], &market.assets[trade.buy]);
        let worth = amount * sell.price_d36 / buy.price_d36;
        Leg {
            sell: trade.sell,
            buy: trade.buy,
            amount,
            bought: worth * n(1_000_000 - cost_pips) / n(1_000_000),
        }
    });
    Offer {
        share_bps,
        legs: legs.collect(),
        way: Way {
            filler: token(9),
            data: Bytes::new(),
            words: String::new(),
        },
        gas: GAS,
        l1_gas: GAS / 10,
    }
}

fn public() -> Config {
    Config::default()
}

fn own() -> Config {
    Config {
        mode: Mode::OwnFiller,
        ..Config::default()
    }
}

/// The decision by its name.
fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Act(action) => action.name(),
        Decision::Wait(why) => why.name(),
    }
}

#[test]
fn the_plan_is_the_one_that_the_numbers_say() {
    let state = due();
    let plan = state.plan(&market()).expect("a plan");
    let trades: Vec<_> = plan.iter().map(|t| (t.sell, t.buy, t.amount)).collect();
    assert_eq!(trades, [(0, 1, n(50) * ten(18))]);
    // What may not be bought is not planned; what may not be turned over is cut.
    let mut barred = market();
    barred.assets[1].barred = true;
    assert_eq!(state.plan(&barred).expect("a plan"), []);
    let tight = State {
        turnover_left_wad: ten(18) / n(100),
        ..due()
    };
    let plan = tight.plan(&market()).expect("a plan");
    assert_eq!(plan[0].amount, n(5) * ten(18));
}

/// Changes a state that would otherwise be acted on.
type Change = fn(&mut Config, &mut State, &mut Vec<Offer>);

#[test]
fn every_reason_to_wait_and_to_act() {
    // Of a state in which the ramp has ended and the venues take 10 bps: each row changes one thing.
    let rows: &[(&str, Change)] = &[
        ("rebalance", |_, _, _| {}),
        ("in_flight", |_, s, _| s.in_flight = true),
        ("node_behind", |_, s, _| s.acted_in = 101),
        ("too_many_reverts", |_, s, _| s.purse.reverted_today = 5),
        ("rebalance", |_, s, _| s.purse.reverted_today = 4),
        ("paused", |_, s, _| s.paused_until = NOW + 1),
        ("rebalance", |_, s, _| s.paused_until = NOW),
        ("resting", |_, s, _| s.next_at = NOW + 1),
        ("no_offer", |_, _, o| o.clear()),
        ("gas_price", |c, _, _| c.gas.max_price_gwei = 0.099),
        ("fee", |c, _, _| c.gas.max_fee_usd = 0.39),
        ("rebalance", |c, _, _| c.gas.max_fee_usd = 0.4),
        ("l1_fee", |c, _, _| c.gas.max_l1_fee_usd = 0.039),
        ("gas_budget", |c, _, _| c.gas.budget_usd_per_day = 0.39),
        ("gas_budget", |_, s, _| s.purse.spent_today = ten(18)),
        // A node wants a quarter more gas than it takes at twice its price, and the ceiling bounds that price.
        ("purse", |_, s, _| {
            s.purse.balance = n(GAS * GAS_PRICE / 2 * 5) - n(1)
        }),
        ("rebalance", |_, s, _| {
            s.purse.balance = n(GAS * GAS_PRICE / 2 * 5)
        }),
        ("rebalance", |c, s, _| {
            c.gas.max_price_gwei = 0.1;
            s.purse.balance = n(GAS * GAS_PRICE / 4 * 5);
        }),
        ("opening_ends", |c, s, _| {
            c.trade.margin_s = RAMP_S + HOLD_S;
            s.now = NOW;
        }),
        // 10 bps and 0.04 bps of gas.
        ("does_not_pay", |c, _, _| c.trade.max_cost_bps = 10.0),
        ("rebalance", |c, _, _| c.trade.max_cost_bps = 10.1),
        // The vault is owed all but 50 bps of a tenth of NAV.
        ("does_not_pay", |_, s, _| s.loss_left_wad = ten(14) * n(4)),
        ("rebalance", |_, s, _| s.loss_left_wad = ten(14) * n(5)),
        ("does_not_pay", |_, s, _| {
            s.limits.min_notional = n(100_001) * ten(18)
        }),
        ("not_due", |_, s, _| {
            change(s, |m| m.reason = 0);
            s.opening = None;
        }),
        ("close", |_, s, _| change(s, |m| m.reason = 0)),
        ("not_due", |c, s, _| {
            c.close = Some(false);
            change(s, |m| m.reason = 0);
        }),
        ("settle", |_, s, _| {
            change(s, |m| (m.reason, m.distance_wad) = (0, ten(15)));
            s.targets_pending = true;
        }),
        // While the weights still move the policy would keep them pending.
        ("close", |_, s, _| {
            change(s, |m| (m.reason, m.distance_wad) = (0, ten(15)));
            (s.targets_pending, s.weights_end) = (true, NOW + 1);
        }),
        ("unpriced", |_, s, _| s.market = unpriced(false)),
        ("unpriced", |_, s, _| s.market = unpriced(true)),
        ("observe", |_, s, _| {
            s.market = unpriced(true);
            s.watched = vec![seen(NOW - 30_000)];
        }),
        ("unpriced", |c, s, _| {
            c.observe = Observing::Never;
            s.market = unpriced(true);
            s.watched = vec![seen(NOW - 30_000)];
        }),
        ("observe", |_, s, _| s.watched = vec![seen(NOW - 19_801)]),
        ("rebalance", |_, s, _| s.watched = vec![seen(NOW - 19_800)]),
        ("not_due", |_, s, _| {
            s.watched = vec![seen(NOW - 19_801)];
            s.opening = None;
            change(s, |m| m.reason = 0);
        }),
        ("observe", |c, s, _| {
            c.observe = Observing::Always;
            s.watched = vec![seen(NOW - 19_801)];
            s.opening = None;
            change(s, |m| m.reason = 0);
        }),
        ("open", |_, s, _| s.opening = None),
        // Without an auction the greatest slippage is allowed at once.
        ("rebalance", |_, s, _| {
            (s.opening, s.limits.ramp_s) = (None, 0)
        }),
        ("arithmetic", |_, s, _| change(s, |m| m.nav = U256::ZERO)),
    ];
    for (row, (wanted, changed)) in rows.iter().enumerate() {
        let (mut config, mut state) = (public(), opened(RAMP_S));
        let mut offers = vec![offer(&state, 10_000, 1_000)];
        changed(&mut config, &mut state, &mut offers);
        let decision = decide(&config, &state, &offers);
        assert_eq!(name(&decision), *wanted, "row {row}: {decision:?}");
    }
}

fn change(state: &mut State, how: impl FnOnce(&mut Market)) {
    if let Ok(market) = &mut state.market {
        how(market);
    }
}

fn unpriced(unseen: bool) -> Result<Market, Unpriced> {
    let words = "OracleVolatilityStale(…)".into();
    Err(Unpriced { words, unseen })
}

fn seen(observed_at: u64) -> Watched {
    Watched {
        token: token(1),
        observed_at,
    }
}

#[test]
fn on_the_ramp_it_waits_for_the_first_second_that_pays() {
    for (config, cost_pips) in [(public(), 1_000), (own(), 1_000), (own(), 4_000)] {
        let early = opened(10);
        let offers = [offer(&early, 10_000, cost_pips)];
        let Decision::Wait(Why::TooEarly { pays_at }) = decide(&config, &early, &offers) else {
            panic!("{:?}", decide(&config, &early, &offers));
        };
        assert!(pays_at > NOW && pays_at < NOW + RAMP_S);
        for (now, wanted) in [(pays_at - 1, "too_early"), (pays_at, "rebalance")] {
            let state = State {
                now,
                ..early.clone()
            };
            assert_eq!(name(&decide(&config, &state, &offers)), wanted);
        }
    }
}

#[test]
fn an_own_keeper_asks_for_its_profit_and_opens_only_for_that() {
    // 50 bps of 100,000 USD less 45 bps leave 50 USD, less 40 cents of gas.
    let state = opened(RAMP_S);
    let offers = [offer(&state, 10_000, 4_500)];
    for (least, wanted) in [(49.6, "rebalance"), (49.61, "does_not_pay")] {
        let mut config = own();
        config.trade.min_profit_usd = least;
        assert_eq!(name(&decide(&config, &state, &offers)), wanted, "{least}");
        // Gas of the opening, 400,000 of it, is 8 cents more.
        let closed = State {
            opening: None,
            ..state.clone()
        };
        config.trade.min_profit_usd = least - 0.08;
        let opens = if wanted == "rebalance" {
            "open"
        } else {
            "does_not_pay"
        };
        assert_eq!(name(&decide(&config, &closed, &offers)), opens, "{least}");
    }
}

#[test]
fn of_several_offers_the_public_keeper_takes_the_most_and_the_own_keeper_the_best() {
    let state = opened(RAMP_S);
    // The whole at 45 bps, half of it at 5: 5 bps of 100,000 against 45 bps of 50,000.
    let offers = [offer(&state, 10_000, 4_500), offer(&state, 5_000, 500)];
    let taken = |config: &Config| match decide(config, &state, &offers) {
        Decision::Act(Action::Rebalance(offer)) => offer.share_bps,
        other => panic!("{other:?}"),
    };
    assert_eq!(taken(&public()), 10_000);
    assert_eq!(taken(&own()), 5_000);
    // What the whole costs is above the ceiling: then a part.
    let mut careful = public();
    careful.trade.max_cost_bps = 20.0;
    assert_eq!(taken(&careful), 5_000);
    // At the opening half of the plan is too little, even if the pools pay a per cent more than it is worth.
    let early = opened(0);
    for (share, wanted) in [(5_000, "too_early"), (5_001, "rebalance")] {
        let mut rich = offer(&early, share, 0);
        let more = rich.legs[0].bought / n(100);
        rich.legs[0].bought += more;
        assert_eq!(name(&decide(&public(), &early, &[rich])), wanted, "{share}");
    }
}

#[test]
fn two_offers_of_nearly_the_same_worth_do_not_take_turns_for_ever() {
    let (config, state) = (own(), opened(RAMP_S));
    // The second pays a cent more; each takes a tenth more gas than was assumed, 4 cents.
    let first = offer(&state, 10_000, 4_000);
    let mut second = first.clone();
    second.way.filler = token(8);
    second.legs[0].bought += n(10_000);
    let offers = [first, second];
    let takes = Gas {
        all: GAS / 10 * 11,
        l1: GAS / 10,
    };
    let mut measured = Measured::default();
    let mut asked = Vec::new();
    let made = loop {
        match measured.choose(&config, &state, offers.to_vec()) {
            Choice::Make(offer, gas) => break (offer.way.filler, gas),
            Choice::Measure(offer) => {
                assert!(
                    !asked.contains(&offer.way.filler),
                    "measured twice: {asked:?}"
                );
                asked.push(offer.way.filler);
                measured.note(&offer, takes);
            }
            Choice::Wait(why) => panic!("{why}"),
        }
    };
    // With the first one's assumption it is the better one until it is measured too.
    assert_eq!(asked, [token(8), token(9)]);
    assert_eq!(made, (token(8), takes));
}

#[test]
fn a_part_is_not_thought_dearer_than_the_whole_and_is_measured_all_the_same() {
    let (config, mut state) = (public(), opened(RAMP_S));
    let offers = [offer(&state, 10_000, 4_900), offer(&state, 5_000, 500)];
    let mut measured = Measured::default();
    let takes = Gas {
        all: GAS / 2,
        l1: 0,
    };
    measured.note(&offers[0], takes);
    // The whole does not pay any more.
    state.loss_left_wad = ten(14) * n(4);
    let chosen = measured.choose(&config, &state, offers.to_vec());
    let wanted = Offer {
        gas: takes.all,
        l1_gas: takes.l1,
        ..offers[1].clone()
    };
    assert_eq!(chosen, Choice::Measure(Box::new(wanted)));
    // More than the whole was said to take: what is measured for itself is what counts.
    let more = Gas { all: GAS, l1: 1 };
    measured.note(&offers[1], more);
    let chosen = measured.choose(&config, &state, offers.to_vec());
    assert!(matches!(chosen, Choice::Make(offer, gas) if offer.share_bps == 5_000 && gas == more));
    // Whatever else is due by now, this is no moment for a trade.
    state.watched = vec![seen(NOW - 30_000)];
    let chosen = measured.choose(&config, &state, offers.to_vec());
    assert_eq!(chosen, Choice::Wait(Why::Moved));
}

#[test]
fn reasons_are_told_with_their_numbers() {
    let state = opened(RAMP_S);
    let offers = [offer(&state, 10_000, 10_000)];
    let mut config = public();
    config.trade.max_cost_bps = 20.0;
    let Decision::Wait(why) = decide(&config, &state, &offers) else {
        panic!("a per cent is too much");
    };
    // 100 bps of 100,000 USD and 40 cents; 20 bps are borne.
    let words = why.to_string();
    assert!(
        words.contains("$1000.40") && words.contains("$200.00"),
        "{words}"
    );
}

/// A random state that is due, a configuration, and offers for it.
fn scenes() -> impl Strategy<Value = (Config, State, Vec<Offer>)> {
    let numbers = (
        100_000u64..400_000,
        1u64..1_000_000_000,
        0u64..100,
        0u64..RAMP_S + HOLD_S + 100,
        any::<bool>(),
        1u64..3_000_000_000,
    );
    let bounds = (
        0u64..300,
        0.0f64..100.0,
        0.0f64..60.0,
        any::<bool>(),
        0u64..2_000_000_000_000_000_000,
    );
    let offered = prop::collection::vec((1u64..=10_000, 0u64..8_000, 100_000u64..5_000_000), 0..5);
    (numbers, bounds, offered).prop_map(|(numbers, bounds, offered)| {
        let (held, price_cents, lag, ago, is_open, gas_price) = numbers;
        let (slippage, profit, cost, is_own, balance) = bounds;
        let mut config = if is_own { own() } else { public() };
        config.trade.min_profit_usd = profit;
        config.trade.max_cost_bps = cost;
        let mut state = if is_open { opened(ago) } else { due() };
        if ago >= RAMP_S + HOLD_S {
            state.opening = None;
        }
        state.limits.max_slippage_bps = n(slippage);
        state.purse.gas_price = n(gas_price);
        state.purse.balance = n(balance);
        change(&mut state, |market| {
            market.assets[0].price_d36 = n(price_cents) * ten(34);
            // As much as makes it worth between a quarter and the whole of the other.
            market.assets[0].held = n(held) * ten(18) / n(price_cents) * n(100);
            market.assets[0].lag_bps = n(lag);
            let values = n(held) * ten(18) + n(400_000) * ten(18);
            market.nav = values;
        });
        let offers = offered.into_iter().map(|(share, cost, gas)| Offer {
            gas,
            l1_gas: gas / 5,
            ..offer(&state, share, cost)
        });
        let offers = offers.collect();
        (config, state, offers)
    })
}

/// USD that a trade brings its keeper, by other arithmetic: floats, and the formula of the specification.
fn profit_usd(state: &State, offer: &Offer) -> f64 {
    let market = state.market.as_ref().expect("a market");
    let left = match state.opening {
        Some(o) if state.now < o.until => {
            let passed = (state.now - o.opened_at) as f64;
            (1.0 - passed / RAMP_S as f64).max(0.0)
        }
        _ => 1.0,
    };
    let max = f64::from(state.limits.max_slippage_bps) / 1e4;
    let mut sum = 0.0;
    for leg in &offer.legs {
        let (sell, buy) = (&market.assets[leg.sell], &market.assets[leg.buy]);
        let value = |amount: U256, price: U256| f64::from(amount) * f64::from(price) / 1e54;
        let lag = |asset: &Asset| f64::from(asset.lag_bps) / 1e4 * left;
        let kept = (1.0 - max + max * left + lag(sell)) / (1.0 - lag(buy));
        let owed = value(leg.amount, sell.price_d36) * kept;
        sum += value(leg.bought, buy.price_d36) - owed;
    }
    sum - offer.gas as f64 * f64::from(state.purse.gas_price) / 1e18 * 2_000.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the state, what it trades keeps every bound, pays, and is within every ceiling.
    #[test]
    fn prop_nothing_is_traded_that_does_not_pay((config, state, offers) in scenes()) {
        if let Decision::Act(Action::Rebalance(offer)) = decide(&config, &state, &offers) {
            prop_assert!(offers.contains(&offer));
            let market = state.market.as_ref().expect("a market");
            let weighed = weigh(&state, market, &offer, state.moment_now()).expect("numbers");
            prop_assert!(weighed.allowed);
            prop_assert_eq!(afford(&config, &state.purse, offer.gas, offer.l1_gas), Ok(None));
            let fee = offer.gas as f64 * f64::from(state.purse.gas_price) / 1e18;
            prop_assert!(fee * 2_000.0 <= config.gas.max_fee_usd + 1e-9);
            prop_assert!(fee <= f64::from(state.purse.balance) / 1e18 + 1e-12);
            match config.mode {
                Mode::OwnFiller => {
                    let profit = profit_usd(&state, &offer);
                    prop_assert!(profit >= config.trade.min_profit_usd - 1e-3, "{profit}");
                }
                Mode::PublicFiller => {
                    let sold = f64::from(weighed.sold) / 1e18;
                    let bought = f64::from(weighed.bought) / 1e18;
                    let cost = sold - bought + fee * 2_000.0;
                    prop_assert!(cost <= sold * config.trade.max_cost_bps / 1e4 + 1e-3, "{cost}");
                }
            }
        }
    }

    /// Nothing is done while it may not be, or while something is on its way.
    #[test]
    fn prop_nothing_is_done_out_of_turn((config, state, offers) in scenes(), which in 0usize..6) {
        let mut state = state;
        match which {
            0 => state.in_flight = true,
            1 => state.paused_until = NOW + 1,
            2 => state.next_at = NOW + 1,
            3 => state.acted_in = state.block + 1,
            4 => state.purse.reverted_today = config.gas.max_reverts_per_day,
            _ => state.market = unpriced(false),
        }
        prop_assert!(matches!(decide(&config, &state, &offers), Decision::Wait(_)));
    }

    /// What pays at one moment of an opening pays at every later one; what is told to pay at a moment does, and not before.
    #[test]
    fn prop_the_ramp_only_falls((config, state, offers) in scenes(), later in 0u64..RAMP_S) {
        let Some(opening) = state.opening else { return Ok(()); };
        let at = |now: u64| decide(&config, &State { now, ..state.clone() }, &offers);
        let is_trade = |decision: &Decision| matches!(decision, Decision::Act(Action::Rebalance(_)));
        match at(NOW) {
            decision if is_trade(&decision) => {
                let now = NOW + later;
                if now + config.trade.margin_s < opening.until {
                    prop_assert!(is_trade(&at(now)), "{:?}", at(now));
                }
            }
            Decision::Wait(Why::TooEarly { pays_at }) => {
                prop_assert!(pays_at > NOW);
                let before = at(pays_at - 1);
                prop_assert!(!is_trade(&before));
                // It pays then; whether the purse bears it is another matter.
                let then = at(pays_at);
                let is_early = matches!(then, Decision::Wait(Why::TooEarly { .. } | Why::DoesNotPay { .. }));
                prop_assert!(!is_early, "{then:?}");
            }
            _ => {}
        }
    }

    /// However late transactions are mined and however far the node is behind, an opening is made once and used once.
    #[test]
    fn prop_never_twice_in_one_opening(delays in prop::collection::vec((0u64..4, 0u64..4), 1..12)) {
        let config = public();
        // The chain, and what a node that is behind still shows.
        let mut chain = due();
        let mut shown = chain.clone();
        let (mut openings, mut trades, mut block) = (0, 0, chain.block);
        let mut waiting: Option<(u64, Action)> = None;
        let (mut mined_in, mut behind) = (0, 0);
        for (late, lag) in delays {
            for _ in 0..3 {
                block += 1;
                if let Some((_, action)) = waiting.clone().filter(|(at, _)| *at <= block) {
                    waiting = None;
                    mined_in = block;
                    behind = block + lag;
                    match action {
                        Action::Open => {
                            prop_assert!(chain.opening.is_none(), "opened twice");
                            openings += 1;
                            chain.opening = opened(RAMP_S).opening;
                        }
                        Action::Rebalance(_) => {
                            prop_assert!(chain.market.as_ref().is_ok_and(|m| m.reason != 0), "traded twice");
                            trades += 1;
                            change(&mut chain, |market| market.reason = 0);
                            chain.opening = None;
                        }
                        other => prop_assert!(false, "{other:?}"),
                    }
                }
                chain.block = block;
                if block >= behind {
                    shown = chain.clone();
                }
                shown.in_flight = waiting.is_some();
                shown.acted_in = mined_in;
                let offers = [offer(&opened(RAMP_S), 10_000, 1_000)];
                if let Decision::Act(action) = decide(&config, &shown, &offers) {
                    prop_assert!(waiting.is_none(), "sent while another waits");
                    waiting = Some((block + 1 + late, action));
                }
            }
        }
        prop_assert!(openings <= 1 && trades <= 1);
    }
}

#[test]
fn a_weighed_offer_is_what_the_numbers_say() {
    let state = opened(RAMP_S);
    let market = market();
    let offer = offer(&state, 10_000, 1_000);
    let weighed = weigh(&state, &market, &offer, state.moment_now()).expect("numbers");
    let usd = |cents: u64| n(cents) * ten(16);
    assert_eq!(weighed.sold, usd(10_000_000));
    assert_eq!(weighed.bought, usd(9_990_000));
    assert_eq!(weighed.owed, usd(9_950_000));
    assert_eq!(weighed.fee, usd(40));
    let signed = |cents: u64| I256::from_raw(usd(cents));
    assert_eq!(weighed.profit, signed(40_000 - 40));
    assert_eq!(weighed.cost, signed(10_000 + 40));
    assert!(weighed.allowed);
}
