//! Fillers that take, cheat, re-enter, give back and give too much.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{sol, SolCall, SolError};
use ballast_interfaces::constants::limit;
use ballast_rebalancer::types::*;
use ballast_vault::types::{VaultFillerFailed, VaultFillerForbidden, VaultLocked};

use crate::{rebalance::lopsided, suite::*};

sol! {
    function rebalance(address[] sells, address[] buys, uint256[] mosts, uint256[] leasts, uint256[] minRatesD36, address filler, bytes data, uint256 deadline, uint256 policyNonce);
    function mint(uint256 shares, address receiver, uint256[] maxAmounts);
    function redeem(uint256 shares, address receiver, address owner, uint256[] minAmounts);
    function collect(address token, address account);
    function holdings();
    function previewRedeem(uint256 shares);
    function assess();
    function plan();
    function status();
    function execute(address[] sells, address[] buys, uint256[] amounts, uint256[] leasts, address filler, bytes data);
    function settleTargets();
}

/// Four assets of 18 decimals and a price of one: what is over is 50,000 each of the first and the third.
fn four() -> Suite {
    let specs: Vec<Spec> = [150_000, 50_000, 150_000, 50_000]
        .into_iter()
        .map(|value| Spec::worth(18, 100_000_000, value, 2_500))
        .collect();
    Suite::new(&specs)
}

fn set_shares(s: &Suite, pay_bps: u64, return_bps: u64) {
    s.filler
        .sender(KEEPER)
        .set_shares(n(pay_bps), n(return_bps));
}

#[track_caller]
fn refused_unchanged(s: &Suite, wanted: Error) {
    let before = s.photo();
    assert_eq!(s.follow_plan(), Err(wanted));
    assert_eq!(s.photo(), before, "inv 14");
}

#[motsu::test]
fn a_filler_that_keeps_everything_gets_nothing() {
    let s = four();
    set_shares(&s, 0, 0);
    refused_unchanged(
        &s,
        Error::Own(
            RebalanceSlippage {
                boughtValue: n(0),
                minValue: e18(99_500),
            }
            .into(),
        ),
    );
}

#[motsu::test]
fn a_filler_that_pays_a_basis_point_too_little_gets_nothing() {
    let s = four();
    set_shares(&s, 9_949, 0);
    refused_unchanged(
        &s,
        Error::Own(
            RebalanceSlippage {
                boughtValue: e18(99_490),
                minValue: e18(99_500),
            }
            .into(),
        ),
    );
    set_shares(&s, 9_950, 0);
    s.follow_plan().unwrap();
    let event = s.executed();
    // Half a per cent of the 100,000 sold, of 400,000 held.
    assert_eq!(event.navBefore - event.navAfter, e18(500), "inv 9");
    // 12.5 bps, rounded up.
    assert_eq!(event.lossBps, n(13));
}

#[motsu::test]
fn a_fillers_own_words_reach_the_keeper() {
    let s = four();
    s.filler.sender(KEEPER).set_reason(b"sorry".to_vec().into());
    let wanted = VaultFillerFailed {
        filler: s.filler.address(),
        reason: b"sorry".to_vec().into(),
    };
    refused_unchanged(&s, Error::Passed(wanted.abi_encode()));
}

#[motsu::test]
fn a_program_of_ours_or_an_asset_is_no_filler() {
    let s = four();
    for address in [
        s.vault.address(),
        s.policy.address(),
        s.rebalancer.address(),
        s.tokens[0].address(),
        Address::ZERO,
    ] {
        let (sells, buys, amounts, ..) = s.rebalancer.sender(KEEPER).plan().unwrap().0;
        let k = sells.len();
        let nonce = s.policy.sender(KEEPER).policy_nonce();
        let refused = s
            .rebalancer
            .sender(KEEPER)
            .rebalance(
                sells,
                buys,
                amounts,
                vec![n(0); k],
                vec![n(0); k],
                address,
                vec![].into(),
                U256::MAX,
                nonce,
            )
            .map(|answers| answers.0);
        let refused = motsu::prelude::ResultExt::motsu_res(refused);
        let wanted = VaultFillerForbidden { filler: address };
        assert_eq!(refused, Err(Error::Passed(wanted.abi_encode())));
    }
    s.follow_plan().unwrap();
}

/// Motsu does not enforce the SDK's guard: what is refused here is refused by the vault's lock alone.
#[motsu::test]
fn a_filler_that_calls_back_finds_the_vault_locked() {
    let s = four();
    let tokens = s.addresses();
    let (vault, rebalancer) = (s.vault.address(), s.rebalancer.address());
    let me = s.filler.address();
    s.set_limit(limit::MIN_PROGRESS_BPS, n(100));
    // It owns shares, so that it could redeem.
    s.vault.sender(GOVERNOR).transfer(me, e18(10)).unwrap();
    let calls: [(&str, Address, Vec<u8>); 10] = [
        (
            "rebalance",
            rebalancer,
            rebalanceCall {
                sells: vec![tokens[0]],
                buys: vec![tokens[1]],
                mosts: vec![U256::MAX],
                leasts: vec![n(0)],
                minRatesD36: vec![n(0)],
                filler: me,
                data: vec![].into(),
                deadline: U256::MAX,
                policyNonce: s.policy.sender(KEEPER).policy_nonce(),
            }
            .abi_encode(),
        ),
        (
            "mint",
            vault,
            mintCall {
                shares: e18(1),
                receiver: me,
                maxAmounts: vec![U256::MAX; 4],
            }
            .abi_encode(),
        ),
        (
            "redeem",
            vault,
            redeemCall {
                shares: e18(1),
                receiver: me,
                owner: me,
                minAmounts: vec![n(0); 4],
            }
            .abi_encode(),
        ),
        (
            "collect",
            vault,
            collectCall {
                token: tokens[0],
                account: me,
            }
            .abi_encode(),
        ),
        ("holdings", vault, holdingsCall {}.abi_encode()),
        (
            "previewRedeem",
            vault,
            previewRedeemCall { shares: e18(1) }.abi_encode(),
        ),
        ("assess", rebalancer, assessCall {}.abi_encode()),
        ("plan", rebalancer, planCall {}.abi_encode()),
        ("status", s.lens.address(), statusCall {}.abi_encode()),
        (
            "execute",
            vault,
            executeCall {
                sells: vec![tokens[0]],
                buys: vec![tokens[1]],
                amounts: vec![n(1)],
                leasts: vec![n(0)],
                filler: me,
                data: vec![].into(),
            }
            .abi_encode(),
        ),
    ];
    for (name, target, data) in calls {
        // Slices, so that there is something left to do for the next.
        s.filler.sender(KEEPER).set_call(target, data.into());
        let nonce = s.photo().state.0;
        s.rebalance(&tokens[..1], &tokens[1..2], &[e18(4_000)])
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let (succeeded, answer) = s.filler.sender(KEEPER).call_result();
        assert!(!succeeded, "inv 25: {name} while the lock is closed");
        assert_eq!(
            answer.as_ref(),
            VaultLocked {}.abi_encode(),
            "inv 25: {name}"
        );
        assert_eq!(s.photo().state.0, nonce + n(1));
        assert!(!s.vault.sender(KEEPER).is_locked(), "inv 25: open after");
        ballast_interfaces::clock::set(s.photo().state.2.to::<u64>());
    }
}

#[motsu::test]
fn a_filler_cannot_settle_the_targets() {
    let s = four();
    let data = settleTargetsCall {}.abi_encode();
    s.filler
        .sender(KEEPER)
        .set_call(s.policy.address(), data.into());
    let tokens = s.addresses();
    s.rebalance(&tokens[..1], &tokens[1..2], &[e18(30_000)])
        .unwrap();
    assert!(!s.filler.sender(KEEPER).call_result().0, "inv 19");
    assert!(s.photo().pending);
}

#[motsu::test]
fn what_a_filler_gives_back_counts_as_unsold() {
    let s = four();
    set_shares(&s, 10_000, 4_000);
    let before = s.photo();
    let (sold, bought) = s.follow_plan().unwrap();
    assert_eq!(sold.iter().sum::<U256>(), e18(60_000));
    assert_eq!(bought.iter().sum::<U256>(), e18(60_000));
    let after = s.photo();
    assert_eq!(after.held, after.balances, "inv 1");
    assert_eq!(after.held[0], before.held[0] - e18(30_000));
    assert!(after.pending, "a slice");
    assert_eq!(after.state.2, n(NOW + 60));
}

#[motsu::test]
fn a_filler_that_gives_back_almost_everything_makes_too_little_progress() {
    let s = four();
    // The best plan sells 25 % of NAV; a tenth of its fall in distance is the least.
    set_shares(&s, 10_000, 9_001);
    let refused = s.follow_plan();
    assert!(matches!(
        refused,
        Err(Error::Own(Refusal::RebalanceProgressTooSmall(_)))
    ));
    set_shares(&s, 10_000, 9_000);
    s.follow_plan().unwrap();
}

#[motsu::test]
fn a_filler_that_gives_back_everything_is_refused() {
    let s = four();
    set_shares(&s, 10_000, 10_000);
    let whole = e18(1);
    refused_unchanged(
        &s,
        Error::Own(
            RebalanceNoProgress {
                distanceBefore: whole / n(4),
                distanceAfter: whole / n(4),
            }
            .into(),
        ),
    );
}

#[motsu::test]
fn a_filler_may_pay_more() {
    let s = four();
    set_shares(&s, 10_300, 0);
    s.follow_plan().unwrap();
    let event = s.executed();
    assert_eq!(event.lossBps, n(0));
    assert_eq!(event.navAfter - event.navBefore, e18(3_000));
    assert_eq!(s.photo().held, s.photo().balances, "inv 1");
}

#[motsu::test]
fn a_gift_of_another_asset_changes_no_book() {
    let s = four();
    let tokens = s.addresses();
    s.filler.sender(KEEPER).set_gift(tokens[2], e18(1_000));
    let before = s.photo();
    s.rebalance(&tokens[..1], &tokens[1..2], &[e18(30_000)])
        .unwrap();
    let after = s.photo();
    assert_eq!(after.held[2], before.held[2], "inv 1");
    assert_eq!(after.balances[2], before.balances[2] + e18(1_000));
    assert_eq!(after.held[3], before.held[3], "inv 15");
    let traded: Vec<Address> = s.traded(n(1)).iter().map(|t| t.token).collect();
    assert_eq!(traded, &tokens[..2]);
}

#[motsu::test]
fn a_gift_of_the_sold_asset_makes_the_sale_smaller() {
    let s = four();
    let tokens = s.addresses();
    s.filler.sender(KEEPER).set_gift(tokens[0], e18(1_000));
    let (sold, _) = s
        .rebalance(&tokens[..1], &tokens[1..2], &[e18(30_000)])
        .unwrap();
    assert_eq!(sold, [e18(29_000)]);
    assert_eq!(s.photo().held, s.photo().balances, "inv 1");
}

#[motsu::test]
fn donations_before_a_rebalance_change_nothing() {
    let s = Suite::new(&lopsided(4, 4));
    let plan = s.rebalancer.sender(KEEPER).plan().unwrap().0;
    for token in &s.tokens {
        token.sender(KEEPER).mint(s.vault.address(), pow10(30));
    }
    assert_eq!(s.rebalancer.sender(KEEPER).plan().unwrap().0, plan);
    s.follow_plan().unwrap();
    let after = s.photo();
    for (held, balance) in after.held.iter().zip(&after.balances) {
        assert_eq!(*held + pow10(30), *balance, "inv 1");
    }
}
