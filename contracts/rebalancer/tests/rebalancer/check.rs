//! `check` says what `rebalance` would.

use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::limit};
use ballast_rebalancer::types::*;

use crate::world::*;

type Checked = Result<(Vec<U256>, Vec<U256>, Vec<U256>, U256), Error>;

fn check(w: &World, ask: Ask) -> Checked {
    w.rebalancer
        .sender(KEEPER)
        .check(
            ask.sells,
            ask.buys,
            ask.mosts,
            ask.leasts,
            ask.min_rates,
            ask.deadline,
            ask.policy_nonce,
        )
        .map(|answers| answers.0)
}

#[motsu::test]
fn check_answers_what_each_trade_would_be() {
    let w = World::with_ramp();
    w.open().unwrap();
    clock::set(NOW + RAMP / 2);
    let mut ask = Ask::new(&[(A, B, U256::MAX), (A, C, e18(40))]).ever();
    // Above the bound: the keeper's own rate is what is passed on.
    ask.min_rates = vec![n(0), U256::from(10u8).pow(n(36)) * n(2)];
    let (amounts, min_buys, kept, reason) = check(&w, ask.clone()).unwrap();
    assert_eq!(amounts, [e18(100), e18(40)]);
    // 0.999 / 0.999 and 0.999 / 0.9995
    assert_eq!(min_buys, [e18(100), e18(80)]);
    assert_eq!(kept, [e18(1), (e18(1) * n(9_990)).div_ceil(n(9_995))]);
    assert_eq!(reason, n(1));
    w.ask(ask).unwrap();
    let (sent, leasts, ..) = w.vault.sender(KEEPER).last();
    assert_eq!((sent, leasts), (amounts, min_buys));
}

/// Whatever refuses a rebalance before it trades refuses its check, with the same numbers.
#[motsu::test]
fn check_refuses_with_the_words_of_rebalance() {
    type Case = (&'static str, fn(&World), fn(&mut Ask));
    let cases: [Case; 15] = [
        ("deadline", |_| {}, |ask| ask.deadline = n(NOW - 1)),
        ("arrays", |_| {}, |ask| ask.buys.truncate(1)),
        ("nonce", |_| {}, |ask| ask.policy_nonce = n(1)),
        ("pause", |w| w.set_state(NOW + 1, false), |_| {}),
        ("price", |w| w.price(C, n(0)), |_| {}),
        ("nothing due", World::balance, |_| {}),
        ("asset", |_| {}, |ask| ask.sells[0] = KEEPER),
        ("pair", |_| {}, |ask| ask.buys[1] = B),
        ("direction", |_| {}, |ask| ask.sells[1] = B),
        ("least", |_| {}, |ask| ask.leasts[0] = U256::MAX),
        ("nothing", |_| {}, |ask| ask.mosts[1] = n(0)),
        ("notional", |_| {}, |ask| ask.mosts = vec![n(1), n(1)]),
        (
            "turnover",
            |w| w.limit(limit::MAX_TURNOVER_BPS, n(1_000)),
            |_| {},
        ),
        (
            "turnover budget",
            |w| w.limit(limit::TURNOVER_BUDGET_BPS, n(1_500)),
            |_| {},
        ),
        (
            "progress",
            |w| w.limit(limit::MIN_PROGRESS_BPS, n(9_000)),
            |ask| ask.mosts[1] = e18(10),
        ),
    ];
    for (what, set, vary) in cases {
        let w = World::new();
        set(&w);
        let mut ask = Ask::all();
        vary(&mut ask);
        let refused = w.ask(ask.clone());
        // A trade at its worth, as the check assumes: the mock pays the leasts, half a per cent less.
        let refused = refused.map(|_| ()).unwrap_err();
        let checked = check(&w, ask).map(|_| ()).unwrap_err();
        if what == "progress" {
            let is = |e: &Error| matches!(e, Error::Own(Refusal::RebalanceProgressTooSmall(_)));
            assert!(is(&refused) && is(&checked), "{checked:?}");
        } else {
            assert_eq!(checked, refused, "{what}");
        }
    }
    let w = World::new();
    assert!(check(&w, Ask::all()).is_ok());
    w.accepts(Ask::half());
    assert_eq!(
        check(&w, Ask::half()),
        Err(Error::Own(
            RebalanceCooldown {
                now: n(NOW),
                nextAt: n(NOW + 60)
            }
            .into()
        ))
    );
}

#[motsu::test]
fn check_judges_a_fair_fill() {
    let w = World::new();
    // Where nothing may be lost, what is worth it still passes.
    w.limit(limit::LOSS_BUDGET_BPS, n(0));
    assert!(check(&w, Ask::all()).is_ok());
    assert!(w.ask(Ask::all()).is_err(), "the mock pays the leasts");
}
