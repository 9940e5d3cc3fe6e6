//! What is written is executed by the real Governor and Timelock, and the chain is then as it was said it would be.

use alloy::{
    primitives::{keccak256, Address, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{IGovernor, ITimelock, Policy},
    local::{
        chain,
        dao::{self, TIMELOCK_DELAY_S},
    },
};
use ballast_governance::{effects::Effect, preview};

use crate::stage::{Scene, MANY};

sol! {
    interface IQueue {
        function getTimestamp(bytes32 id) external view returns (uint256);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_those_of_governor_and_timelock() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, dao) = (&scene.theatre.client, &scene.theatre.dao);
    for changes in [&MANY[..1], MANY] {
        let changes = scene.typed(changes).await?;
        let proposed = scene.propose(changes).await?;
        let governor = &proposed.governor;
        let call = IGovernor::hashProposalCall {
            targets: governor.targets.clone(),
            values: governor.values.clone(),
            calldatas: governor.calldatas.clone(),
            descriptionHash: keccak256(&governor.description),
        };
        assert_eq!(client.call(dao.governor, call).await?, governor.proposal_id);

        let timelock = proposed
            .timelock
            .as_ref()
            .context("the owner is a timelock")?;
        let batch = ITimelock::scheduleBatchCall::abi_decode(&timelock.schedule)?;
        let call = ITimelock::hashOperationBatchCall {
            targets: batch.targets,
            values: batch.values,
            payloads: batch.payloads,
            predecessor: batch.predecessor,
            salt: batch.salt,
        };
        assert_eq!(
            client.call(dao.timelock, call).await?,
            timelock.operation_id
        );
        assert_eq!(timelock.delay, U256::from(TIMELOCK_DELAY_S));
    }
    // One call is an operation of another kind, with an id of another kind.
    let proposed = scene.propose(scene.typed(&["unpause-mint"]).await?).await?;
    let timelock = proposed
        .timelock
        .as_ref()
        .context("the owner is a timelock")?;
    let single = ITimelock::scheduleCall::abi_decode(&timelock.schedule)?;
    let call = ITimelock::hashOperationCall {
        target: single.target,
        value: single.value,
        data: single.data,
        predecessor: single.predecessor,
        salt: single.salt,
    };
    assert_eq!(
        client.call(dao.timelock, call).await?,
        timelock.operation_id
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn governor_and_timelock_do_what_was_said() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let changes = scene.typed(MANY).await?;
    let proposed = scene.propose(changes.clone()).await?;
    let effects = |what: &str| {
        let row = proposed.difference.iter().find(|row| row.what == what);
        row.map(|row| (row.before.as_str(), row.after.as_str(), row.effect))
    };
    assert_eq!(
        effects("limit MAX_SLIPPAGE_BPS"),
        Some(("0.5 %", "0.4 %", Effect::Tighter))
    );
    assert_eq!(
        effects("limit COOLDOWN_S"),
        Some(("1 h", "2 h", Effect::Tighter))
    );
    assert_eq!(
        effects("mode of LINK"),
        Some(("normal", "sell-only", Effect::Tighter))
    );
    assert_eq!(
        effects("supplyCap"),
        Some(("no cap", "5000000 shares", Effect::Tighter))
    );
    let nothing = preview::told(&theatre.client, &scene.book, &scene.interfaces, &changes).await?;

    // The printed calldata, word for word, through the whole life of a proposal.
    let (voter, governor) = (theatre.dao.voter, theatre.dao.governor);
    let send = |data: alloy::primitives::Bytes| async move {
        let receipt = theatre
            .client
            .send_raw(voter, Some(governor), U256::ZERO, data.to_vec())
            .await?;
        anyhow::ensure!(receipt.status(), "reverted");
        Ok::<_, anyhow::Error>(())
    };
    send(proposed.governor.propose.clone()).await?;
    chain::advance_by(&theatre.client, dao::VOTING_DELAY_S + 1).await?;
    let vote = IGovernor::castVoteCall {
        proposalId: proposed.governor.proposal_id,
        support: 1,
    };
    send(vote.abi_encode().into()).await?;
    chain::advance_by(&theatre.client, dao::VOTING_PERIOD_S + 1).await?;
    send(proposed.governor.queue.clone()).await?;
    // The timelock knows it by the id that was printed, and executes it no sooner than its delay is over.
    let id = proposed
        .governor
        .operation_id
        .context("the Governor is known")?;
    let ready_at = IQueue::getTimestampCall { id };
    let ready_at = theatre.client.call(theatre.dao.timelock, ready_at).await?;
    let now = theatre.client.now().await?;
    assert_eq!(ready_at, U256::from(now + TIMELOCK_DELAY_S));
    let told = preview::told(&theatre.client, &scene.book, &scene.interfaces, &changes).await?;
    assert_eq!(told, nothing, "nothing is different before the execution");
    chain::advance_by(&theatre.client, TIMELOCK_DELAY_S + 1).await?;
    theatre.publish().await?;
    send(proposed.governor.execute.clone()).await?;
    scene.assert_so(&changes, &proposed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_said_now() -> Result<()> {
    let scene = Scene::new().await?;
    for (change, error) in [
        ("limit MAX_SLIPPAGE_BPS=4%", "PolicyLimitOutOfRange"),
        ("fees guardian 3% 0 0", "VaultFeeTooHigh"),
        ("delist-asset WETH", "VaultAssetInUse"),
        ("execute-modules", "PolicyNothingQueued"),
        ("seed 1000000shares owner 1,1,1,1", "VaultAlreadySeeded"),
        ("set-rebalancer guardian", "VaultRebalancerAlreadySet"),
        ("pause-rebalance max", "PolicyPauseOutOfRange"),
        ("remove-feed WETH", "OracleAssetInUse"),
    ] {
        let changes = scene.typed(&["unpause-mint", change]).await?;
        let refusal = scene.propose(changes).await.unwrap_err().to_string();
        assert!(
            refusal.contains(error) && refusal.contains("change 2"),
            "{change}: {refusal}"
        );
    }
    // Nothing of all this happened.
    let call = Policy::pausedUntilCall {};
    let client = &scene.theatre.client;
    assert_eq!(
        client.call(scene.theatre.suite.policy, call).await?,
        U256::ZERO
    );
    assert_ne!(scene.theatre.dao.timelock, Address::ZERO);
    Ok(())
}
