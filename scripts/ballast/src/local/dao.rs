//! A DAO as most are: ERC20Votes by timestamp, OpenZeppelin's Governor, TimelockController as owner.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{keccak256, Address, B256, U256},
};
use anyhow::Result;

use super::{address, chain, deploy, text, uint};
use crate::{
    abi::{IGovernor, ITimelock, IVotes},
    artifacts::Artifacts,
    client::Client,
    proposal::Proposal,
};

/// Seconds between proposal and vote.
pub const VOTING_DELAY_S: u64 = 24 * 3600;
/// Seconds in which votes are cast.
pub const VOTING_PERIOD_S: u64 = 3 * 24 * 3600;
/// Seconds between queueing and execution.
pub const TIMELOCK_DELAY_S: u64 = 2 * 24 * 3600;

/// A DAO's contracts and its one voter.
#[derive(Debug, Clone)]
pub struct Dao {
    /// The voting token.
    pub token: Address,
    /// Owner of what the DAO governs.
    pub timelock: Address,
    /// Where proposals are made.
    pub governor: Address,
    /// Holder of all votes.
    pub voter: Address,
}

/// Deploys the three contracts and leaves the timelock to itself: the governor proposes, anybody executes.
pub async fn found(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    voter: Address,
) -> Result<Dao> {
    let supply = U256::from(10).pow(U256::from(24));
    let args = [
        text("Example DAO"),
        text("EXD"),
        address(voter),
        uint(supply, 256),
    ];
    let token = deploy(client, artifacts, from, "DaoToken", &args).await?;
    let args = [
        uint(U256::from(TIMELOCK_DELAY_S), 256),
        DynSolValue::Array(vec![]),
        DynSolValue::Array(vec![address(Address::ZERO)]),
        address(from),
    ];
    let timelock = deploy(client, artifacts, from, "TimelockController", &args).await?;
    let args = [
        address(token),
        address(timelock),
        uint(U256::from(VOTING_DELAY_S), 48),
        uint(U256::from(VOTING_PERIOD_S), 32),
        uint(U256::ZERO, 256),
        uint(U256::from(4), 256),
    ];
    let governor = deploy(client, artifacts, from, "DaoGovernor", &args).await?;
    for role in ["PROPOSER_ROLE", "CANCELLER_ROLE"] {
        let call = ITimelock::grantRoleCall {
            role: keccak256(role),
            account: governor,
        };
        client.send(from, timelock, call).await?;
    }
    let call = ITimelock::renounceRoleCall {
        role: B256::ZERO,
        callerConfirmation: from,
    };
    client.send(from, timelock, call).await?;
    client
        .send(voter, token, IVotes::delegateCall { delegatee: voter })
        .await?;
    Ok(Dao {
        token,
        timelock,
        governor,
        voter,
    })
}

/// Proposes, waits, votes, queues, waits, executes. Answers the proposal's id.
pub async fn pass(client: &Client, dao: &Dao, proposal: &Proposal) -> Result<U256> {
    let (voter, governor) = (dao.voter, dao.governor);
    let id = proposal.id();
    client.send(voter, governor, proposal.propose()).await?;
    chain::advance_by(client, VOTING_DELAY_S + 1).await?;
    let call = IGovernor::castVoteCall {
        proposalId: id,
        support: 1,
    };
    client.send(voter, governor, call).await?;
    chain::advance_by(client, VOTING_PERIOD_S + 1).await?;
    client.send(voter, governor, proposal.queue()).await?;
    chain::advance_by(client, TIMELOCK_DELAY_S + 1).await?;
    client.send(voter, governor, proposal.execute()).await?;
    Ok(id)
}
