//! The Uniswap V3 filler against the real router and pools.

use alloy::primitives::{Bytes, U256};
use anyhow::Result;
use ballast::{
    abi::{Rebalancer, IERC20},
    keeper,
    local::{stage::usd, uniswap},
};
use e2e::{assert_refused, four_assets, raise, scenarios, Mode, Theatre};

async fn market(mode: Mode) -> Result<Theatre> {
    let mut setting = four_assets();
    setting.depth_usd = Some(50_000_000);
    let theatre = raise(mode, setting).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    Ok(theatre)
}

async fn through_pools(theatre: &Theatre) -> Result<Rebalancer::rebalanceCall> {
    let plan = theatre.plan().await?;
    let route = keeper::uniswap_v3_route(plan.sells.iter().map(|_| uniswap::FEE))?;
    keeper::rebalance_call(
        &theatre.client,
        &theatre.suite,
        &plan,
        theatre.suite.filler,
        route,
    )
    .await
}

async fn a_rebalance_through_real_pools_reaches_the_targets_and_leaves_nothing_behind(
    mode: Mode,
) -> Result<()> {
    let theatre = market(mode).await?;
    let (filler, router) = (theatre.suite.filler, theatre.uniswap.router);
    let supply = theatre.supply().await?;
    let done = theatre.rebalance(through_pools(&theatre).await?).await?;
    assert!(done.report.distanceAfterWad < done.report.distanceBeforeWad / U256::from(10));
    assert!(
        done.report.lossBps <= U256::from(6),
        "inv_24: lost {} bps",
        done.report.lossBps
    );
    assert_eq!(theatre.supply().await?, supply);
    for m in &theatre.members {
        assert_eq!(
            theatre.balance(m, filler).await?,
            U256::ZERO,
            "{} stayed in the filler",
            m.symbol
        );
        assert_eq!(
            theatre.balance(m, router).await?,
            U256::ZERO,
            "{} stayed in the router",
            m.symbol
        );
        let call = IERC20::allowanceCall {
            owner: filler,
            spender: router,
        };
        assert_eq!(
            theatre.client.call(m.token, call).await?,
            U256::ZERO,
            "{}: allowance left",
            m.symbol
        );
    }
    theatre.assert_sound(filler).await
}

async fn what_a_thin_pool_cannot_take_at_the_limit_is_refused(mode: Mode) -> Result<()> {
    let mut setting = four_assets();
    setting.depth_usd = Some(500_000);
    let theatre = raise(mode, setting).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    let words = theatre
        .rebalance_refusal(through_pools(&theatre).await?)
        .await?;
    assert_refused(&words, "Too little received");
    Ok(())
}

async fn the_filler_refuses_routes_that_do_not_fit_and_keeps_nothing_for_strangers(
    mode: Mode,
) -> Result<()> {
    let theatre = market(mode).await?;
    let good = through_pools(&theatre).await?;
    let short = Rebalancer::rebalanceCall {
        data: Bytes::from_static(&[0, 1]),
        ..good.clone()
    };
    assert_refused(&theatre.rebalance_refusal(short).await?, "FillerDataLength");
    let nowhere = keeper::uniswap_v3_route(good.sells.iter().map(|_| 123))?;
    let nowhere = Rebalancer::rebalanceCall {
        data: nowhere,
        ..good
    };
    assert_refused(
        &theatre.rebalance_refusal(nowhere).await?,
        "FillerSwapFailed",
    );
    Ok(())
}

async fn a_keeper_may_sell_a_slice_and_come_back_soon(mode: Mode) -> Result<()> {
    let theatre = market(mode).await?;
    let plan = theatre.plan().await?;
    let good = through_pools(&theatre).await?;
    let slice = Rebalancer::rebalanceCall {
        mosts: plan.amounts.iter().map(|a| a / U256::from(2)).collect(),
        ..good
    };
    let done = theatre.rebalance(slice).await?;
    assert!(done.report.turnoverBps > U256::ZERO && done.report.navAfter > usd(900_000));
    let soon = through_pools(&theatre).await?;
    let words = theatre.rebalance_refusal(soon).await?;
    assert_refused(&words, "RebalanceCooldown");
    // The slice left the trigger true: the short rest is enough.
    ballast::local::chain::advance_by(&theatre.client, 61).await?;
    let rest = through_pools(&theatre).await?;
    theatre.rebalance(rest).await?;
    Ok(())
}

scenarios! {
    a_rebalance_through_real_pools_reaches_the_targets_and_leaves_nothing_behind,
    what_a_thin_pool_cannot_take_at_the_limit_is_refused,
    the_filler_refuses_routes_that_do_not_fit_and_keeps_nothing_for_strangers,
    a_keeper_may_sell_a_slice_and_come_back_soon,
}
