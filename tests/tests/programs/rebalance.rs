//! `rebalance` on the compiled programs: what passes, for any number of assets and any decimals, and what is refused.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{
    abi::{Policy, Rebalancer},
    local::{
        chain,
        stage::{usd, Listing, Setting},
    },
};
use e2e::{
    assert_good, assert_refused, at_once, four_assets, raise, scenarios, IHostileFiller, Mode,
    Theatre, MAX_SLIPPAGE_BPS, NOBODY,
};

/// Decimals from none to more than ether's.
const DECIMALS: [u8; 6] = [0, 2, 6, 8, 18, 24];

/// A treasury of four assets whose new targets leave 10 % of NAV to be moved.
async fn drifted(mode: Mode) -> Result<Theatre> {
    let theatre = raise(mode, four_assets()).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    Ok(theatre)
}

/// `n` assets, weights that move value from the first half to the second.
async fn rebalances_assets(mode: Mode, n: usize) -> Result<()> {
    let listings = (0..n)
        .map(|i| {
            Listing::new(
                &format!("T{i}"),
                DECIMALS[i % DECIMALS.len()],
                "2.5",
                1_000_000,
            )
        })
        .collect();
    let theatre = raise(
        mode,
        Setting {
            listings,
            depth_usd: None,
            limits: at_once(),
        },
    )
    .await?;
    let even = 10_000 / n as u64;
    let shift = even / 4;
    let mut weights: Vec<u64> = (0..n)
        .map(|i| {
            if i < n / 2 {
                even - shift
            } else if i < n / 2 * 2 {
                even + shift
            } else {
                even
            }
        })
        .collect();
    *weights.last_mut().expect("n > 0") += 10_000 - weights.iter().sum::<u64>();
    theatre.set_targets(&weights, shift / 2).await?;
    theatre.publish().await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let plan = theatre.plan().await?;
    assert_ne!(plan.reason, 0, "{n} assets: not eligible");
    assert!(
        plan.sells.len() < n,
        "{n} assets: {} trades",
        plan.sells.len()
    );
    let (before, supply) = (theatre.held().await?, theatre.supply().await?);
    let done = theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    assert_good(&theatre, &done, &before, supply, filler).await?;
    // Paid at the bound, what remains is the slippage and one unit of the coarsest asset.
    let left = f64::from(done.report.distanceAfterWad) / 1e14;
    assert!(
        left < 2.0 * MAX_SLIPPAGE_BPS as f64,
        "{n} assets: {left} bps left"
    );
    Ok(())
}

async fn rebalance_reaches_the_targets_of_2_assets(mode: Mode) -> Result<()> {
    rebalances_assets(mode, 2).await
}

async fn rebalance_reaches_the_targets_of_8_assets_of_every_decimals(mode: Mode) -> Result<()> {
    rebalances_assets(mode, 8).await
}

async fn rebalance_reaches_the_targets_of_32_assets_of_every_decimals(mode: Mode) -> Result<()> {
    rebalances_assets(mode, 32).await
}

async fn rebalance_of_a_single_asset_is_never_eligible(mode: Mode) -> Result<()> {
    let listings = vec![Listing::new("T0", 6, "1", 1_000_000)];
    let theatre = raise(
        mode,
        Setting {
            listings,
            depth_usd: None,
            limits: at_once(),
        },
    )
    .await?;
    theatre.set_targets(&[10_000], 100).await?;
    theatre.publish().await?;
    let plan = theatre.plan().await?;
    assert_eq!((plan.reason, plan.sells.len()), (0, 0));
    Ok(())
}

async fn rebalance_refuses_what_came_too_late_or_for_another_policy(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let good = theatre.call_of(&theatre.plan().await?, filler).await?;
    let now = theatre.client.now().await?;

    let late = Rebalancer::rebalanceCall {
        deadline: U256::from(now - 1),
        ..good.clone()
    };
    assert_refused(&theatre.rebalance_refusal(late).await?, "RebalanceExpired");
    let stale = Rebalancer::rebalanceCall {
        policyNonce: good.policyNonce + U256::ONE,
        ..good.clone()
    };
    assert_refused(
        &theatre.rebalance_refusal(stale).await?,
        "RebalanceStalePolicy",
    );
    let until = U256::from(now + 86_400);
    let pause = Policy::pauseRebalanceCall { until };
    theatre
        .client
        .send(theatre.cast.guardian, theatre.suite.policy, pause)
        .await?;
    assert_refused(&theatre.rebalance_refusal(good).await?, "RebalancePaused");
    Ok(())
}

async fn rebalance_refuses_trades_that_do_not_serve_the_targets(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let good = theatre.call_of(&theatre.plan().await?, filler).await?;
    let refuse = async |call, error| -> Result<()> {
        assert_refused(&theatre.rebalance_refusal(call).await?, error);
        Ok(())
    };
    let n = good.sells.len();
    let with = |sells, buys| Rebalancer::rebalanceCall {
        sells,
        buys,
        ..good.clone()
    };
    refuse(
        with(good.buys.clone(), good.sells.clone()),
        "RebalanceWrongDirection",
    )
    .await?;
    refuse(
        with(vec![NOBODY; n], good.buys.clone()),
        "RebalanceUnknownAsset",
    )
    .await?;
    refuse(with(vec![], good.buys.clone()), "RebalanceLengthMismatch").await?;
    let none = Rebalancer::rebalanceCall {
        sells: vec![],
        buys: vec![],
        mosts: vec![],
        leasts: vec![],
        minRatesD36: vec![],
        ..good.clone()
    };
    refuse(none, "RebalanceNoTrades").await?;
    let too_much = Rebalancer::rebalanceCall {
        leasts: vec![U256::MAX; n],
        ..good.clone()
    };
    refuse(too_much, "RebalanceBelowLeast").await?;
    // A dollar's worth of a token with 18 decimals: below the least notional of 100 USD.
    let dust = Rebalancer::rebalanceCall {
        mosts: vec![U256::from(1u64); n],
        ..good.clone()
    };
    refuse(dust, "RebalanceNotionalTooSmall").await
}

async fn rebalance_refuses_every_hostile_filler(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let plan = theatre.plan().await?;
    // (mode, bps, what refuses it): the modes stand in HostileFiller.sol
    let cases = [
        (1, 0, "RebalanceSlippage"),
        (2, 10, "RebalanceSlippage"),
        (5, 0, "Rebalance"),
        (6, 0, "VaultFillerFailed"),
        (7, 0, "VaultFillerFailed"),
        (8, 0, "VaultFillerFailed"),
        (10, 10, "VaultSoldRose"),
        (13, 0, "VaultSoldRose"),
    ];
    let before = theatre.held().await?;
    for (mode, bps, error) in cases {
        let filler = theatre.hostile_filler(mode, bps).await?;
        let words = theatre
            .rebalance_refusal(theatre.call_of(&plan, filler).await?)
            .await?;
        assert!(
            words.contains(error),
            "mode {mode}: refused with {words}, not with {error}"
        );
        assert_eq!(theatre.held().await?, before, "inv_14: mode {mode}");
        theatre.assert_sound(filler).await?;
    }
    Ok(())
}

async fn rebalance_refuses_the_programs_tokens_and_nobody_as_filler(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let plan = theatre.plan().await?;
    let suite = &theatre.suite;
    let forbidden = [
        suite.vault,
        suite.policy,
        suite.rebalancer,
        theatre.asset(0)?.token,
        Address::ZERO,
    ];
    for filler in forbidden {
        let words = theatre
            .rebalance_refusal(theatre.call_of(&plan, filler).await?)
            .await?;
        assert_refused(&words, "VaultFillerForbidden");
    }
    // An account without code would answer every call with success.
    let words = theatre
        .rebalance_refusal(theatre.call_of(&plan, NOBODY).await?)
        .await?;
    assert_refused(&words, "VaultNotContract");
    Ok(())
}

async fn inv_16_a_filler_cannot_pull_back_what_it_paid(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let filler = theatre.hostile_filler(12, 0).await?;
    let plan = theatre.plan().await?;
    let (before, supply) = (theatre.held().await?, theatre.supply().await?);
    let done = theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    let pulled = theatre
        .client
        .call(filler, IHostileFiller::lastSuccessCall {})
        .await?;
    let tried = theatre
        .client
        .call(filler, IHostileFiller::attemptsCall {})
        .await?;
    assert!(
        !pulled && !tried.is_zero(),
        "inv_16: the filler pulled what it had paid"
    );
    assert_good(&theatre, &done, &before, supply, filler).await
}

async fn rebalance_accepts_a_surplus_and_a_partial_fill(mode: Mode) -> Result<()> {
    for (fill, bps) in [(9, 30), (4, 5_000)] {
        let theatre = drifted(mode).await?;
        let filler = theatre.hostile_filler(fill, bps).await?;
        let plan = theatre.plan().await?;
        let (before, supply) = (theatre.held().await?, theatre.supply().await?);
        let done = theatre
            .rebalance(theatre.call_of(&plan, filler).await?)
            .await?;
        assert_good(&theatre, &done, &before, supply, filler).await?;
    }
    Ok(())
}

async fn rebalance_cannot_be_entered_again_from_its_own_filler(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let filler = theatre.hostile_filler(3, 0).await?;
    let good = theatre.call_of(&theatre.plan().await?, filler).await?;
    use alloy::sol_types::SolCall;
    use ballast::abi::Vault;
    let shares = usd(1);
    let who = theatre.cast.stranger;
    let suite = &theatre.suite;
    let n = theatre.members.len();
    let attempts: Vec<(Address, Vec<u8>)> = vec![
        (suite.rebalancer, good.abi_encode()),
        (suite.rebalancer, Rebalancer::planCall {}.abi_encode()),
        (
            suite.vault,
            Vault::mintCall {
                shares,
                receiver: who,
                maxAmounts: vec![U256::MAX; n],
            }
            .abi_encode(),
        ),
        (
            suite.vault,
            Vault::redeemCall {
                shares,
                receiver: who,
                owner: who,
                minAmounts: vec![U256::ZERO; n],
            }
            .abi_encode(),
        ),
        (suite.vault, Vault::holdingsCall {}.abi_encode()),
        (
            suite.vault,
            Vault::previewRedeemCall { shares }.abi_encode(),
        ),
    ];
    for (target, data) in attempts {
        let call = IHostileFiller::setReentryCall {
            target,
            data: data.into(),
            bubble: false,
        };
        theatre.client.send(who, filler, call).await?;
        let snapshot = chain::snapshot(&theatre.client).await?;
        let (before, supply) = (theatre.held().await?, theatre.supply().await?);
        let done = theatre.rebalance(good.clone()).await?;
        assert_good(&theatre, &done, &before, supply, filler).await?;
        let entered = theatre
            .client
            .call(filler, IHostileFiller::lastSuccessCall {})
            .await?;
        let tried = theatre
            .client
            .call(filler, IHostileFiller::attemptsCall {})
            .await?;
        assert!(
            !entered && !tried.is_zero(),
            "inv_25: {target} was entered again"
        );
        chain::revert(&theatre.client, snapshot).await?;
    }
    Ok(())
}

async fn rebalance_rests_after_reaching_the_targets(mode: Mode) -> Result<()> {
    let theatre = drifted(mode).await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let good = theatre.call_of(&theatre.plan().await?, filler).await?;
    theatre.rebalance(good.clone()).await?;
    assert_refused(
        &theatre.rebalance_refusal(good.clone()).await?,
        "RebalanceCooldown",
    );
    chain::advance_by(&theatre.client, 3_700).await?;
    theatre.publish().await?;
    let deadline = U256::from(theatre.client.now().await? + 60);
    let again = Rebalancer::rebalanceCall { deadline, ..good };
    assert_refused(
        &theatre.rebalance_refusal(again).await?,
        "RebalanceNotEligible",
    );
    Ok(())
}

scenarios! {
    rebalance_reaches_the_targets_of_2_assets,
    rebalance_reaches_the_targets_of_8_assets_of_every_decimals,
    rebalance_reaches_the_targets_of_32_assets_of_every_decimals,
    rebalance_of_a_single_asset_is_never_eligible,
    rebalance_refuses_what_came_too_late_or_for_another_policy,
    rebalance_refuses_trades_that_do_not_serve_the_targets,
    rebalance_refuses_every_hostile_filler,
    rebalance_refuses_the_programs_tokens_and_nobody_as_filler,
    inv_16_a_filler_cannot_pull_back_what_it_paid,
    rebalance_accepts_a_surplus_and_a_partial_fill,
    rebalance_cannot_be_entered_again_from_its_own_filler,
    rebalance_rests_after_reaching_the_targets,
}
