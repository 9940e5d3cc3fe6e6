//! What a keeper does: open the auction, ask for the plan, route it through one filler, simulate, send when it pays.

use alloy::{
    primitives::{Address, Bytes, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolEvent,
};
use anyhow::{Context, Result};

use crate::{
    abi::{Policy, Rebalancer},
    client::{Client, Refusal},
    route::{self, Path},
    suite::Suite,
};

/// Seconds after which an unsent rebalance is void.
const DEADLINE_S: u64 = 600;

/// What the rebalancer would have traded now.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is sold, trade by trade.
    pub sells: Vec<Address>,
    /// What is bought for it.
    pub buys: Vec<Address>,
    /// How much is sold, in the token's smallest unit.
    pub amounts: Vec<U256>,
    /// Why: 0 not eligible, 1 band, 2 targets pending, 3 schedule.
    pub reason: u64,
}

/// A rebalance that was mined.
#[derive(Debug, Clone)]
pub struct Executed {
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// What it reported.
    pub report: Rebalancer::RebalanceExecuted,
    /// What moved, asset by asset.
    pub traded: Vec<Rebalancer::AssetTraded>,
    /// How many trades it was made of.
    pub trades: usize,
}

/// The plan at validated prices, or why there is none.
pub async fn plan(client: &Client, suite: &Suite) -> Result<Result<Plan, Refusal>> {
    let asked = client
        .try_call(Address::ZERO, suite.rebalancer, Rebalancer::planCall {})
        .await?;
    Ok(asked.map(|answer| {
        let (sells, buys, amounts, _min_buys, _kept, reason): (
            _,
            _,
            _,
            Vec<U256>,
            Vec<U256>,
            U256,
        ) = answer.into();
        Plan {
            sells,
            buys,
            amounts,
            reason: reason.saturating_to(),
        }
    }))
}

/// The auction, as the rebalancer tells it; seconds, 0 without an opening that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auction {
    /// When it was opened.
    pub opened_at: u64,
    /// When its ramp ends.
    pub ramp_end: u64,
    /// When it is void.
    pub until: u64,
}

/// The auction now, or why that cannot be told.
pub async fn auction(client: &Client, suite: &Suite) -> Result<Result<Auction, Refusal>> {
    let asked = client
        .try_call(Address::ZERO, suite.rebalancer, Rebalancer::auctionCall {})
        .await?;
    Ok(asked.map(|answer| {
        let (opened_at, ramp_end, until, _released, _progress): (U256, U256, U256, U256, U256) =
            answer.into();
        Auction {
            opened_at: opened_at.saturating_to(),
            ramp_end: ramp_end.saturating_to(),
            until: until.saturating_to(),
        }
    }))
}

/// From when on the next rebalance may be, seconds.
pub async fn next_at(client: &Client, suite: &Suite) -> Result<u64> {
    let state = client
        .call(suite.rebalancer, Rebalancer::stateCall {})
        .await?;
    let (_, _, next_at, _, _, _): (U256, U256, U256, U256, U256, U256) = state.into();
    Ok(next_at.saturating_to())
}

/// Opens the auction where the policy wants one and none holds, and answers the one that then does.
pub async fn open(
    client: &Client,
    suite: &Suite,
    keeper: Address,
) -> Result<Result<Auction, Refusal>> {
    let call = Rebalancer::openCall {};
    match client
        .try_call(keeper, suite.rebalancer, call.clone())
        .await?
    {
        Ok(_) => drop(client.send(keeper, suite.rebalancer, call).await?),
        // Somebody opened it already, or nothing is auctioned: both are as good.
        Err(refusal)
            if refusal.words.contains("RebalanceAlreadyOpen")
                || refusal.words.contains("RebalanceNoRamp") => {}
        Err(refusal) => return Ok(Err(refusal)),
    }
    auction(client, suite).await
}

/// The call that executes `plan`: all that is useful of each trade, routed by `filler` with `data`.
pub async fn rebalance_call(
    client: &Client,
    suite: &Suite,
    plan: &Plan,
    filler: Address,
    data: Bytes,
) -> Result<Rebalancer::rebalanceCall> {
    let n = plan.sells.len();
    let policy_nonce = client
        .call(suite.policy, Policy::policyNonceCall {})
        .await?;
    Ok(Rebalancer::rebalanceCall {
        sells: plan.sells.clone(),
        buys: plan.buys.clone(),
        mosts: vec![U256::MAX; n],
        leasts: vec![U256::ZERO; n],
        minRatesD36: vec![U256::ZERO; n],
        filler,
        data,
        deadline: U256::from(client.now().await? + DEADLINE_S),
        policyNonce: policy_nonce,
    })
}

/// Route data of the Uniswap V3 filler: one pool a trade, of these fees.
pub fn uniswap_v3_route(fees: impl IntoIterator<Item = u32>) -> Result<Bytes> {
    let paths: Vec<_> = fees.into_iter().map(Path::direct).collect();
    route::uniswap_v3(&paths)
}

/// Simulates, then sends. The refusal of the simulation costs nothing.
pub async fn execute(
    client: &Client,
    suite: &Suite,
    keeper: Address,
    call: Rebalancer::rebalanceCall,
) -> Result<Result<Executed, Refusal>> {
    if let Err(refusal) = client
        .try_call(keeper, suite.rebalancer, call.clone())
        .await?
    {
        return Ok(Err(refusal));
    }
    let trades = call.sells.len();
    let receipt = client.send(keeper, suite.rebalancer, call).await?;
    let logs = || {
        receipt
            .logs()
            .iter()
            .filter(|l| l.address() == suite.rebalancer)
    };
    let report = logs()
        .find_map(|l| Rebalancer::RebalanceExecuted::decode_log(&l.inner).ok())
        .context("the rebalance reported nothing")?
        .data;
    let traded = logs()
        .filter_map(|l| Some(Rebalancer::AssetTraded::decode_log(&l.inner).ok()?.data))
        .collect();
    Ok(Ok(Executed {
        receipt,
        report,
        traded,
        trades,
    }))
}
