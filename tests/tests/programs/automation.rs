//! What anybody may do without trading, and what automation does, on the compiled programs.

use alloy::primitives::{Bytes, U256};
use anyhow::Result;
use ballast::{
    abi::{Policy, Rebalancer},
    keeper,
    local::{chain, uniswap},
};
use e2e::{assert_refused, four_assets, limit, raise, scenarios, Mode, Theatre};

const DAY_S: u64 = 86_400;

/// A market under the default limits; what is held is what is wanted: 40, 30, 20, 10 %.
async fn balanced(mode: Mode, interval_s: u64) -> Result<Theatre> {
    let mut setting = four_assets();
    setting.depth_usd = Some(50_000_000);
    setting.limits = vec![(limit::SCHEDULE_INTERVAL_S, U256::from(interval_s))];
    let theatre = raise(mode, setting).await?;
    theatre
        .set_targets(&[4_000, 3_000, 2_000, 1_000], 200)
        .await?;
    theatre.publish().await?;
    Ok(theatre)
}

async fn send<C: alloy::sol_types::SolCall + Clone>(theatre: &Theatre, call: C) -> Result<()> {
    let stranger = theatre.cast.stranger;
    theatre
        .client
        .send(stranger, theatre.suite.rebalancer, call)
        .await?;
    Ok(())
}

/// The filler of ours for Uniswap V3, and one pool a trade.
fn upkeep(theatre: &Theatre) -> Result<Bytes> {
    let route = keeper::uniswap_v3_route([uniswap::FEE])?;
    Ok([theatre.suite.filler.as_slice(), &route].concat().into())
}

async fn needed(theatre: &Theatre, data: &Bytes) -> Result<bool> {
    let call = Rebalancer::checkUpkeepCall {
        checkData: data.clone(),
    };
    let answer = theatre.client.call(theatre.suite.rebalancer, call).await?;
    assert_eq!(answer.performData, *data);
    let call = Rebalancer::checkerCall {
        checkData: data.clone(),
    };
    let other = theatre.client.call(theatre.suite.rebalancer, call).await?;
    assert_eq!(other.canExec, answer.upkeepNeeded);
    Ok(answer.upkeepNeeded)
}

async fn an_upkeep_opens_waits_for_a_price_that_pays_and_trades(mode: Mode) -> Result<()> {
    let mut theatre = balanced(mode, 0).await?;
    let data = upkeep(&theatre)?;
    assert!(!needed(&theatre, &data).await?, "nothing is due");
    theatre.set_price("WETH", "2400").await?;
    theatre.publish().await?;
    theatre.arbitrage().await?;
    assert!(needed(&theatre, &data).await?);
    let perform = Rebalancer::performUpkeepCall {
        performData: data.clone(),
    };
    send(&theatre, perform.clone()).await?;
    let opened = keeper::auction(&theatre.client, &theatre.suite).await?;
    let opened = opened.expect("an auction");
    assert_ne!(opened.opened_at, 0);
    // As a network does: simulate every minute, send once it passes.
    let (stranger, rebalancer) = (theatre.cast.stranger, theatre.suite.rebalancer);
    let mut refused = 0;
    while let Err(refusal) = theatre
        .client
        .try_call(stranger, rebalancer, perform.clone())
        .await?
    {
        assert_refused(&refusal.words, "Too little received");
        assert!(needed(&theatre, &data).await?);
        refused += 1;
        let now = theatre.client.now().await?;
        assert!(now < opened.ramp_end, "it never paid");
        chain::advance_to(&theatre.client, now + 60).await?;
    }
    assert!(refused > 5, "a pool pays no premium at once");
    let before = theatre.held().await?;
    send(&theatre, perform).await?;
    assert_ne!(theatre.held().await?, before);
    assert!(!needed(&theatre, &data).await?, "it rests");
    // It traded before the end of the ramp, so for less than the greatest slippage.
    assert!(theatre.client.now().await? < opened.ramp_end);
    Ok(())
}

async fn what_was_opened_is_closed_when_the_market_comes_back(mode: Mode) -> Result<()> {
    let mut theatre = balanced(mode, 0).await?;
    let (stranger, rebalancer) = (theatre.cast.stranger, theatre.suite.rebalancer);
    send(&theatre, Rebalancer::settleCall {}).await?;
    let close = Rebalancer::closeCall {};
    let words = theatre.refusal(stranger, rebalancer, close.clone()).await?;
    assert_refused(&words, "RebalanceNotOpen");
    theatre.set_price("WETH", "2400").await?;
    theatre.publish().await?;
    send(&theatre, Rebalancer::openCall {}).await?;
    let words = theatre.refusal(stranger, rebalancer, close.clone()).await?;
    assert_refused(&words, "RebalanceStillDue(reason: 1");
    // Inside the band of 2 %, outside its half.
    theatre.set_price("WETH", "2120").await?;
    theatre.publish().await?;
    let words = theatre.refusal(stranger, rebalancer, close.clone()).await?;
    assert_refused(&words, "RebalanceStillDue(reason: 0");
    theatre.set_price("WETH", "2010").await?;
    theatre.publish().await?;
    send(&theatre, close).await?;
    let auction = keeper::auction(&theatre.client, &theatre.suite).await?;
    assert_eq!(auction.expect("an auction").opened_at, 0);
    Ok(())
}

async fn pending(theatre: &Theatre) -> Result<bool> {
    let call = Policy::targetsCall {};
    let targets = theatre.client.call(theatre.suite.policy, call).await?;
    Ok(targets.pending)
}

async fn targets_that_were_never_far_are_settled_by_anybody(mode: Mode) -> Result<()> {
    let mut theatre = balanced(mode, 0).await?;
    let settle = Rebalancer::settleCall {};
    let (stranger, rebalancer) = (theatre.cast.stranger, theatre.suite.rebalancer);
    // 1.4 % off.
    theatre.set_price("WETH", "2120").await?;
    theatre.publish().await?;
    let words = theatre
        .refusal(stranger, rebalancer, settle.clone())
        .await?;
    assert_refused(&words, "RebalanceTargetsAhead");
    theatre.set_price("WETH", "2010").await?;
    theatre.publish().await?;
    assert!(pending(&theatre).await?);
    send(&theatre, settle.clone()).await?;
    assert!(!pending(&theatre).await?);
    let words = theatre.refusal(stranger, rebalancer, settle).await?;
    assert_refused(&words, "RebalanceNothingPending");
    Ok(())
}

async fn the_schedule_is_due_when_its_interval_has_passed(mode: Mode) -> Result<()> {
    let mut theatre = balanced(mode, DAY_S).await?;
    send(&theatre, Rebalancer::settleCall {}).await?;
    // A drift of 1.4 %, inside the bands.
    theatre.set_price("WETH", "2120").await?;
    theatre.publish().await?;
    let due = theatre.client.now().await? + DAY_S;
    chain::advance_to(&theatre.client, due).await?;
    theatre.publish().await?;
    assert_eq!(theatre.plan().await?.reason, 3);
    send(&theatre, Rebalancer::openCall {}).await?;
    let filler = theatre.hostile_filler(9, 1).await?;
    let plan = theatre.plan().await?;
    let done = theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    assert_eq!(done.report.reason, U256::from(3));
    theatre.set_price("WETH", "2250").await?;
    theatre.publish().await?;
    assert_eq!(theatre.plan().await?.reason, 0, "the interval starts anew");
    Ok(())
}

scenarios! {
    an_upkeep_opens_waits_for_a_price_that_pays_and_trades,
    what_was_opened_is_closed_when_the_market_comes_back,
    targets_that_were_never_far_are_settled_by_anybody,
    the_schedule_is_due_when_its_interval_has_passed,
}
