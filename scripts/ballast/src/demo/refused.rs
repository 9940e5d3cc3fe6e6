//! What nobody should be able to do, tried: each attempt is simulated for its reason, then really sent
//! and seen to fail.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::{ensure, Result};

use super::{report::Refused, route};
use crate::{
    abi::{IPriceFeed, Policy, Vault},
    keeper::Plan,
    local::{
        ground::Ground,
        stage::{Stage, GRACE_S, HEARTBEAT_S},
        uniswap,
    },
};

pub(super) const INSIDE_BAND: &str = "rebalance inside the band";

/// Tries `call` as `from`; an error of ours if the chain lets it pass or refuses it for another reason.
async fn attempt<C: SolCall + Clone>(
    stage: &Stage,
    attempt: &'static str,
    expected: &str,
    from: Address,
    to: Address,
    call: C,
) -> Result<Refused> {
    let refusal = match stage.client.try_call(from, to, call.clone()).await? {
        Ok(_) => anyhow::bail!("{attempt}: was not refused"),
        Err(refusal) => refusal,
    };
    ensure!(
        refusal.words.contains(expected),
        "{attempt}: refused with {refusal}, not with {expected}"
    );
    let sent = stage
        .client
        .send_raw(from, Some(to), U256::ZERO, call.abi_encode())
        .await?;
    ensure!(
        !sent.status(),
        "{attempt}: simulated as refused, yet it passed when sent"
    );
    Ok(Refused {
        attempt: attempt.into(),
        error: refusal.words,
    })
}

async fn rebalance(
    stage: &Stage,
    plan: &Plan,
    name: &'static str,
    expected: &str,
) -> Result<Refused> {
    let call = route(stage, plan).await?;
    attempt(
        stage,
        name,
        expected,
        stage.cast.keeper,
        stage.suite.rebalancer,
        call,
    )
    .await
}

/// Governance and custody, by those who have no say in them.
pub(super) async fn without_role(stage: &Stage) -> Result<Vec<Refused>> {
    let Ground { cast, suite, .. } = &stage.ground;
    let nonce = stage
        .client
        .call(suite.policy, Policy::governanceNonceCall {})
        .await?;
    let token = stage.members[0].token;
    let set_targets = Policy::setTargetsCall {
        tokens: vec![token],
        weightsBps: vec![U256::from(10_000)],
        bandsBps: vec![U256::from(100)],
        start: U256::ZERO,
        duration: U256::ZERO,
        expectedNonce: nonce,
    };
    let execute = Vault::executeCall {
        sells: vec![token],
        buys: vec![stage.members[1].token],
        amounts: vec![U256::ONE],
        leasts: vec![U256::ZERO],
        filler: cast.stranger,
        data: Default::default(),
    };
    let loosen = Policy::setLimitCall {
        id: U256::ZERO,
        value: U256::from(300),
    };
    Ok(vec![
        attempt(
            stage,
            "a stranger sets targets",
            "AccessControlUnauthorizedAccount",
            cast.stranger,
            suite.policy,
            set_targets,
        )
        .await?,
        attempt(
            stage,
            "a stranger calls execute",
            "VaultNotRebalancer",
            cast.stranger,
            suite.vault,
            execute,
        )
        .await?,
        attempt(
            stage,
            "the guardian loosens the slippage limit",
            "PolicyGuardianCannotLoosen",
            cast.guardian,
            suite.policy,
            loosen,
        )
        .await?,
    ])
}

/// An eligible rebalance while the pool, the feed or the sequencer is not to be trusted.
pub(super) async fn under_attack(stage: &Stage, plan: &Plan) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    let maker = stage.cast.maker;
    let price = |token: Address| -> Result<U256> {
        stage
            .members
            .iter()
            .find(|m| m.token == token)
            .map_or(Ok(U256::ZERO), |m| m.price_d36())
    };

    let pool = stage.pool(plan.sells[0], plan.buys[0])?;
    let (p0, p1) = (price(pool.token0)?, price(pool.token1)?);
    // The sold token is 3 % cheaper in the pool than the oracle says.
    let less = |p: U256| p * U256::from(97) / U256::from(100);
    let pushed = if pool.token0 == plan.sells[0] {
        (less(p0), p1)
    } else {
        (p0, less(p1))
    };
    uniswap::move_pool(
        &stage.client,
        &stage.uniswap,
        maker,
        pool,
        pushed.0,
        pushed.1,
    )
    .await?;
    refused.push(
        rebalance(
            stage,
            plan,
            "rebalance through a pool pushed off the oracle price",
            "Too little received",
        )
        .await?,
    );
    uniswap::move_pool(&stage.client, &stage.uniswap, maker, pool, p0, p1).await?;

    let member = stage.members.iter().find(|m| m.token == plan.sells[0]);
    let member = member.expect("plans name listed assets");
    let stale = U256::from(stage.client.now().await?.saturating_sub(2 * HEARTBEAT_S));
    let set = IPriceFeed::setCall {
        answer: member.answer,
        updatedAt: stale,
    };
    stage.client.send(maker, member.feed, set).await?;
    refused.push(rebalance(stage, plan, "rebalance on a stale price", "OracleStale").await?);
    stage.publish().await?;

    let now = stage.client.now().await?;
    stage.set_sequencer(false, now).await?;
    refused.push(
        rebalance(
            stage,
            plan,
            "rebalance while the sequencer is down",
            "OracleSequencerDown",
        )
        .await?,
    );
    stage
        .set_sequencer(true, now.saturating_sub(10 * GRACE_S))
        .await?;
    Ok(refused)
}

/// The same trades again, at once.
pub(super) async fn too_soon(stage: &Stage, plan: &Plan) -> Result<Vec<Refused>> {
    Ok(vec![
        rebalance(
            stage,
            plan,
            "rebalance during the cooldown",
            "RebalanceCooldown",
        )
        .await?,
    ])
}

/// The same trades when nothing has drifted.
pub(super) async fn inside_band(stage: &Stage, plan: &Plan) -> Result<Refused> {
    rebalance(stage, plan, INSIDE_BAND, "RebalanceNotEligible").await
}
