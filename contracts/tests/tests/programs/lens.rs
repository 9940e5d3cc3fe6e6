//! What the lens answers about the whole suite.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use ballast_interfaces::clock;
use ballast_lens::types::*;

use crate::suite::*;

/// 600,000 and 400,000 of value at targets of 50 : 50.
fn two() -> Suite {
    Suite::new(&[
        Spec::worth(6, 100_000_000, 600_000, 5_000),
        Spec::worth(18, 200_000_000_000, 400_000, 5_000),
    ])
}

#[motsu::test]
fn status_reverts_with_the_oracles_words() {
    let s = two();
    clock::set(NOW + 86_701);
    let stale = ballast_oracle::types::OracleStale {
        feed: s.feeds[0].address(),
        updatedAt: n(NOW),
        maxAge: n(86_700),
    };
    let wanted = stale.abi_encode();
    assert_eq!(
        s.lens.sender(KEEPER).status(),
        Err(Error::Passed(wanted.clone()))
    );
    assert_eq!(
        s.lens.sender(KEEPER).total_basket_value(),
        Err(Error::Passed(wanted))
    );
    // What an exit pays needs no price.
    let (tokens, amounts) = s.lens.sender(KEEPER).in_kind(e18(1)).unwrap().0;
    assert_eq!(tokens, s.addresses());
    assert_eq!(amounts, [n(600_000_000), pow10(18) / n(5)]);
}

#[motsu::test]
fn status_says_everything() {
    let s = two();
    let (tokens, held, prices, values, weights, targets, bands, numbers) =
        s.lens.sender(KEEPER).status().unwrap().0;
    assert_eq!(tokens, s.addresses());
    assert_eq!(held, [n(600_000) * pow10(6), n(200) * pow10(18)]);
    assert_eq!(prices, [pow10(48), n(2_000) * pow10(36)]);
    assert_eq!(values, [e18(600_000), e18(400_000)]);
    assert_eq!(weights, [n(6_000), n(4_000)]);
    assert_eq!(targets, [n(5_000), n(5_000)]);
    assert_eq!(bands, [n(500), n(500)]);
    let nonce = s.policy.sender(KEEPER).policy_nonce();
    let wanted = [
        e18(1_000_000),
        e18(1_000),
        e18(1_000),
        n(1_000),
        n(1),
        nonce,
        n(0),
        n(0),
        n(0),
        n(0),
        n(0),
    ];
    assert_eq!(numbers, wanted);
}

#[motsu::test]
fn status_follows_a_rebalance_and_a_pause() {
    let s = two();
    s.follow_plan().unwrap();
    s.policy
        .sender(GOVERNOR)
        .pause_rebalance(n(NOW + 77))
        .unwrap();
    s.vault.sender(GOVERNOR).pause_mint(n(NOW + 88)).unwrap();
    let (.., weights, _, _, numbers) = s.lens.sender(KEEPER).status().unwrap().0;
    assert_eq!(weights, [n(5_000), n(5_000)]);
    let [_, _, _, distance, reason, _, paused, next, nonce, mint_paused, locked] = numbers[..]
    else {
        panic!("eleven numbers");
    };
    assert_eq!((distance, reason), (n(0), n(0)));
    assert_eq!(
        (paused, next, nonce, mint_paused, locked),
        (n(NOW + 77), n(NOW + 3_600), n(1), n(NOW + 88), n(0))
    );
}

#[motsu::test]
fn the_views_of_erc_7621_answer() {
    let s = two();
    let [a, b] = s.addresses()[..] else {
        panic!("two assets");
    };
    let lens = s.lens.sender(KEEPER);
    let (tokens, weights) = lens.get_constituents().unwrap().0;
    assert_eq!(tokens, [a, b]);
    assert_eq!(weights, [n(5_000), n(5_000)]);
    assert_eq!(lens.get_weight(b), Ok(n(5_000)));
    assert_eq!(lens.get_reserve(a), Ok(n(600_000) * pow10(6)));
    assert_eq!(lens.total_basket_value(), Ok(e18(1_000_000)));
    assert_eq!(lens.total_constituents(), Ok(n(2)));
    assert_eq!(lens.is_constituent(a), Ok(true));
    assert_eq!(lens.is_constituent(KEEPER), Ok(false));
}

#[motsu::test]
fn get_weight_reverts_for_a_stranger() {
    let s = two();
    let token = Address::repeat_byte(0x77);
    let refused = s.lens.sender(KEEPER).get_weight(token);
    assert_eq!(
        refused,
        Err(Error::Own(LensNotConstituent { token }.into()))
    );
}

#[motsu::test]
fn weights_sum_to_a_whole_in_the_middle_of_a_ramp() {
    let specs: Vec<Spec> = (0..3)
        .map(|_| Spec::worth(18, 100_000_000, 100_000, 0))
        .zip([3_334, 3_333, 3_333])
        .map(|(spec, weight_bps)| Spec { weight_bps, ..spec })
        .collect();
    let s = Suite::new(&specs);
    let nonce = s.policy.sender(KEEPER).policy_nonce();
    s.policy
        .sender(GOVERNOR)
        .set_targets(
            s.addresses(),
            vec![n(5_001), n(1_000), n(3_999)],
            vec![n(500); 3],
            n(0),
            n(86_400),
            nonce,
        )
        .unwrap();
    for elapsed in [0, 1, 12_345, 43_200, 86_399, 86_400] {
        clock::set(NOW + elapsed);
        let weights = s.lens.sender(KEEPER).get_constituents().unwrap().0 .1;
        assert_eq!(
            weights.iter().sum::<U256>(),
            n(10_000),
            "inv 18 after {elapsed} s"
        );
    }
    let weights = s.lens.sender(KEEPER).get_constituents().unwrap().0 .1;
    assert_eq!(weights, [n(5_001), n(1_000), n(3_999)]);
}

#[motsu::test]
fn the_lens_answers_before_there_is_anything() {
    use motsu::prelude::*;
    let (vault, lens): (Contract<ballast_vault::Vault>, Contract<ballast_lens::Lens>) =
        (Contract::new(), Contract::new());
    let policy: Contract<ballast_policy::Policy> = Contract::new();
    let oracle: Contract<ballast_oracle::Oracle> = Contract::new();
    let rebalancer: Contract<ballast_rebalancer::Rebalancer> = Contract::new();
    clock::set(NOW);
    policy
        .sender(GOVERNOR)
        .constructor(GOVERNOR, GUARDIAN, Address::ZERO)
        .motsu_unwrap();
    vault
        .sender(GOVERNOR)
        .constructor("Ballast".into(), "BLST".into(), policy.address())
        .motsu_unwrap();
    oracle
        .sender(GOVERNOR)
        .constructor(policy.address())
        .motsu_unwrap();
    rebalancer
        .sender(GOVERNOR)
        .constructor(vault.address(), policy.address(), oracle.address());
    lens.sender(GOVERNOR).constructor(
        vault.address(),
        policy.address(),
        oracle.address(),
        rebalancer.address(),
    );
    let (tokens, .., numbers) = lens.sender(KEEPER).status().unwrap().0;
    assert!(tokens.is_empty());
    assert_eq!(numbers[..4], [U256::ZERO; 4]);
    assert_eq!(lens.sender(KEEPER).total_basket_value(), Ok(U256::ZERO));
}
