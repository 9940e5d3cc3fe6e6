//! What a screen is told in every state, beside what the programs themselves answer.

use alloy_primitives::{Address, Bytes, I256, U256};
use alloy_sol_types::{
    sol_data::{Address as SolAddress, Array, Bytes as SolBytes, Uint},
    SolError, SolType,
};
use ballast_interfaces::{clock, constants::mode};
use motsu::prelude::*;
use stylus_sdk::function_selector;

use crate::suite::*;

/// 600,000 and 400,000 of value at targets of 50 : 50, and an asset without a weight worth 7.
fn three() -> Suite {
    Suite::new(&[
        Spec::worth(6, 100_000_000, 600_000, 5_000),
        Spec::worth(18, 200_000_000_000, 400_000, 5_000),
        Spec::worth(8, 100_000_000, 7, 0),
    ])
}

type N = Array<Uint<256>>;
type A = Array<SolAddress>;
type Screen = (
    A,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    N,
    Array<SolBytes>,
);
type Pending = (A, N, N, A, N, N, A, N, N, A, N, N, Array<SolBytes>);

/// What is told, as Solidity reads it; the encoding is Solidity's to the byte.
fn screen(s: &Suite) -> <Screen as SolType>::RustType {
    let told = s.lens.sender(KEEPER).screen();
    let read = Screen::abi_decode_params(told.as_slice(), true).unwrap();
    assert_eq!(Screen::abi_encode_params(&read), told.as_slice());
    read
}

fn pending(s: &Suite) -> <Pending as SolType>::RustType {
    let told = s.lens.sender(KEEPER).pending();
    let read = Pending::abi_decode_params(told.as_slice(), true).unwrap();
    assert_eq!(Pending::abi_encode_params(&read), told.as_slice());
    read
}

fn quarantine(s: &Suite, token: Address) {
    let quarantined = n(mode::QUARANTINED.into());
    s.policy
        .sender(GOVERNOR)
        .set_mode(token, quarantined)
        .motsu_unwrap();
}

/// What a refusal is told to be of.
fn part(selector: [u8; 4], subject: Address) -> U256 {
    let selector = U256::from(u32::from_be_bytes(selector));
    let subject = U256::from_be_slice(subject.as_slice());
    selector * U256::from(2).pow(U256::from(160)) + subject
}

#[motsu::test]
fn screen_says_what_the_programs_say() {
    let s = three();
    let tokens = s.addresses();
    let (supply, until) = (e18(1_000), U256::ZERO);
    let told = screen(&s);
    assert_eq!((&told.19[..], told.20.len()), (&[][..], 0), "refusals");
    assert_eq!(told.0, tokens);
    assert_eq!(told.1, s.held());
    assert_eq!(told.2, [U256::ZERO; 3]);
    assert_eq!(told.3, s.prices());
    assert_eq!(told.4, [n(NOW); 3]);
    assert_eq!(told.5, [e18(600_000), e18(400_000), e18(7)]);
    let nav = e18(1_000_007);
    let parts = [600_000u64, 400_000, 7].map(|value| n(value * 10_000 / 1_000_007));
    assert_eq!(told.6, parts);
    for weights in [&told.7, &told.8, &told.9] {
        assert_eq!(*weights, [n(5_000), n(5_000), n(0)]);
    }
    let (weights, bands, modes, floors, limits, ..) = s
        .policy
        .sender(KEEPER)
        .rules(tokens.clone())
        .motsu_unwrap()
        .0;
    assert_eq!(weights.len(), 3);
    assert_eq!((told.10, told.12, told.13), (bands, modes, floors));
    let assessed = s.rebalancer.sender(KEEPER).assess().motsu_unwrap().0;
    assert_eq!(told.11, assessed.4);
    assert_eq!(told.14, [n(10_000); 3]);
    assert_eq!((told.15, told.16), (vec![until; 3], vec![until; 3]));
    assert_eq!(told.17, limits);
    let (nonce, last, next, opened, ..) = s.rebalancer.sender(KEEPER).state().motsu_unwrap();
    let (loss, yearly, turnover) = s.rebalancer.sender(KEEPER).budgets_left().motsu_unwrap();
    let auction = s.rebalancer.sender(KEEPER).auction().motsu_unwrap();
    let (_, _, _, start, end, waiting) = s.policy.sender(KEEPER).targets().motsu_unwrap().0;
    let policy_nonce = s.policy.sender(KEEPER).policy_nonce();
    let governance_nonce = s.policy.sender(KEEPER).governance_nonce().motsu_unwrap();
    let numbers = [
        n(NOW),
        n(1),
        nav,
        supply,
        nav / n(1_000),
        // ½ · (600,000 − 500,003.5 + 500,003.5 − 400,000 + 7) of 1,000,007, up
        n(1_001),
        assessed.7,
        policy_nonce,
        governance_nonce,
        n(0),
        n(0),
        n(0),
        n(0),
        n(1),
        nonce,
        last,
        next,
        opened,
        loss,
        yearly,
        turnover,
        auction.0,
        auction.1,
        auction.2,
        auction.3,
        auction.4,
        n(0),
        n(0),
        n(0),
        n(0),
        s.vault.sender(KEEPER).supply_cap(),
        n(0),
        start,
        end,
        U256::from(waiting),
        n(1),
    ];
    assert_eq!(told.18, numbers);
    assert_eq!(told.18[6], n(1), "a band is left");
}

#[motsu::test]
fn one_stale_feed_hides_no_other_price() {
    let s = three();
    let late = NOW + 86_701;
    clock::set(late);
    for (place, answer) in [(0, 100_000_000), (2, 100_000_000)] {
        let answer = I256::try_from(answer).unwrap();
        s.feeds[place].sender(GOVERNOR).set(answer, n(late), n(8));
    }
    let told = screen(&s);
    let stale = ballast_oracle::types::OracleStale {
        feed: s.feeds[1].address(),
        updatedAt: n(NOW),
        maxAge: n(86_700),
    };
    let of_price = part(function_selector!("latest", Address), s.addresses()[1]);
    let wanted = [
        of_price,
        part(function_selector!("assess"), Address::ZERO),
        part(function_selector!("auction"), Address::ZERO),
    ];
    assert_eq!(told.19, wanted);
    for refusal in &told.20 {
        assert_eq!(*refusal, Bytes::from(stale.abi_encode()));
    }
    let prices = s.prices();
    assert_eq!(told.3, [prices[0], U256::ZERO, prices[2]]);
    assert_eq!(told.4, [n(late), U256::ZERO, n(late)]);
    assert_eq!(told.5, [e18(600_000), U256::ZERO, e18(7)]);
    assert!(told.6.is_empty(), "no part of a NAV that nobody knows");
    assert!(told.11.is_empty(), "effective bands need the market");
    assert_eq!(told.18[..5], [n(late), n(0), n(0), e18(1_000), n(0)]);
    // What needs no price is there.
    assert_eq!(told.1, s.held());
    assert_eq!(told.7, [n(5_000), n(5_000), n(0)]);
    assert_eq!(told.17.len(), 16);
    let (loss, yearly, turnover) = s.rebalancer.sender(KEEPER).budgets_left().motsu_unwrap();
    assert_eq!(told.18[18..21], [loss, yearly, turnover]);
    assert!(!loss.is_zero() && !yearly.is_zero() && !turnover.is_zero());
}

#[motsu::test]
fn a_quarantined_asset_is_not_priced_and_its_feed_hides_nothing() {
    let s = three();
    quarantine(&s, s.addresses()[1]);
    s.feeds[1].sender(GOVERNOR).set_updated_at(n(0));
    let told = screen(&s);
    assert!(told.19.is_empty(), "nobody asked for its price");
    assert_eq!(told.5, [e18(600_000), U256::ZERO, e18(7)]);
    assert_eq!(told.18[1..3], [n(1), e18(600_007)]);
    assert_eq!(
        told.18[2],
        s.lens.sender(KEEPER).total_basket_value().unwrap()
    );
    assert_eq!(told.7, [n(10_000), n(0), n(0)]);
    assert_eq!(told.8, [n(5_000), n(5_000), n(0)]);
    assert_eq!(told.11[1], U256::ZERO);
    assert_eq!(told.12, [n(0), n(2), n(0)]);
}

#[motsu::test]
fn with_all_weight_in_quarantine_the_rest_is_told() {
    let s = three();
    let before = screen(&s);
    let tokens = s.addresses();
    quarantine(&s, tokens[0]);
    quarantine(&s, tokens[1]);
    let told = screen(&s);
    let refusal = ballast_policy::types::PolicyNoWeightLeft {
        quarantinedWad: e18(1),
    }
    .abi_encode();
    let refused = [
        part(function_selector!("rules", Vec<Address>), Address::ZERO),
        part(function_selector!("assess"), Address::ZERO),
        part(function_selector!("state"), Address::ZERO),
        part(function_selector!("budgetsLeft"), Address::ZERO),
        part(function_selector!("auction"), Address::ZERO),
    ];
    assert_eq!(told.19, refused);
    for bytes in &told.20 {
        assert_eq!(*bytes, Bytes::from(refusal.clone()));
    }
    assert_eq!((told.0, told.1), (tokens, s.held()));
    // The one that is not quarantined is priced, and no NAV is made of it alone.
    assert_eq!(told.3, [U256::ZERO, U256::ZERO, s.prices()[2]]);
    assert_eq!(told.18[1..3], [U256::ZERO; 2]);
    assert!(told.6.is_empty() && told.7.is_empty() && told.11.is_empty());
    assert_eq!((&told.8, &told.9), (&before.8, &before.9));
    assert_eq!((&told.10, &told.17), (&before.10, &before.17));
    assert_eq!(told.12, [n(2), n(2), n(0)]);
    let nonce = s.policy.sender(KEEPER).policy_nonce();
    assert_eq!(told.18[7], nonce);
    assert_eq!(told.18[14..26], [U256::ZERO; 12]);
    assert_eq!(told.18[30..34], before.18[30..34]);
}

#[motsu::test]
fn pending_says_nothing_of_a_treasury_at_rest() {
    let s = three();
    let told = pending(&s);
    assert_eq!(told.0, s.addresses());
    assert_eq!((told.1, told.2), (vec![n(0); 3], vec![n(0); 3]));
    assert_eq!(told.3, [Address::ZERO; 3]);
    assert_eq!((told.4, told.5), (vec![n(0); 3], vec![n(0); 3]));
    assert_eq!(told.6, s.addresses());
    assert_eq!(told.7, [n(5_000), n(5_000), n(0)]);
    assert_eq!(told.8, [U256::ZERO; 18]);
    assert_eq!(told.9[0], GOVERNOR);
    assert_eq!(told.9[1..], [Address::ZERO; 5]);
    assert_eq!(told.10.len(), 12);
    assert_eq!(
        told.10[..9],
        [n(NOW), n(0), n(0), n(0), n(0), n(0), n(0), n(0), n(0)]
    );
    assert!(told.11.is_empty() && told.12.is_empty());
}

#[motsu::test]
fn pending_names_the_guardians_acts_by_place() {
    let s = three();
    let tighter = n(10);
    s.policy
        .sender(GUARDIAN)
        .set_limit(U256::ZERO, tighter)
        .motsu_unwrap();
    s.policy
        .sender(GUARDIAN)
        .pause_rebalance(n(NOW + 77))
        .motsu_unwrap();
    s.policy
        .sender(GUARDIAN)
        .set_mode(s.addresses()[2], n(mode::SELL_ONLY.into()))
        .motsu_unwrap();
    let acts = pending(&s).8;
    let days = 14 * 86_400;
    assert_eq!((acts[0], acts[17]), (n(NOW + days), n(NOW + 77)));
    assert_eq!(acts[1..17], [U256::ZERO; 16]);
    let told = screen(&s);
    assert_eq!(told.17[0], tighter, "the limit in force");
    assert_eq!(told.18[9..11], [n(NOW + 77), n(0)]);
    assert_eq!(told.15, [n(0), n(0), n(NOW + days)]);
    assert_eq!(told.12, [n(0), n(0), n(1)]);
}
