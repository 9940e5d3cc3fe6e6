//! One change as every kind of governor carries it.

pub mod aragon;
pub mod executor;
pub mod safe;

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use ballast::proposal::{Operation, Proposal};
use serde::Serialize;

use crate::interfaces::Call;

/// What all carriers need to know.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The chain.
    pub chain_id: u64,
    /// The calls on the programs, in order.
    pub calls: Vec<Call>,
    /// What members read.
    pub description: String,
    /// Seconds since 1970, for documents that carry a date.
    pub created_at: u64,
}

/// A timelock that stands between whoever proposes and the programs.
#[derive(Debug, Clone, Copy)]
pub struct Timelock {
    /// The owner of the treasury.
    pub address: Address,
    /// The delay with which it is scheduled, seconds.
    pub delay: U256,
    /// What tells the operation from another with the same calls.
    pub salt: B256,
}

/// A Governor's steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByGovernor {
    /// The id that the Governor will give it.
    pub proposal_id: U256,
    /// Keccak-256 of the description.
    pub description_hash: B256,
    /// The text that is voted on; another text is another proposal.
    pub description: String,
    /// Contracts called, in order.
    pub targets: Vec<Address>,
    /// Wei for each.
    pub values: Vec<U256>,
    /// Calldata of each.
    pub calldatas: Vec<Bytes>,
    /// Calldata of `propose`, `queue` and `execute`.
    pub propose: Bytes,
    /// After the vote.
    pub queue: Bytes,
    /// After the timelock's delay.
    pub execute: Bytes,
    /// The id at the timelock, if the Governor is known: its address is in the salt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<B256>,
}

/// A timelock's steps, for whoever may propose to it directly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByTimelock {
    /// The timelock.
    pub timelock: Address,
    /// The id that it will give it.
    pub operation_id: B256,
    /// Salt.
    pub salt: B256,
    /// Seconds.
    pub delay: U256,
    /// Calldata of `schedule` for one call, `scheduleBatch` for several.
    pub schedule: Bytes,
    /// Calldata of `execute` or `executeBatch`.
    pub execute: Bytes,
}

impl Letter {
    /// The same as OpenZeppelin names it.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            targets: self.calls.iter().map(|call| call.to).collect(),
            values: self.calls.iter().map(|call| call.value).collect(),
            calldatas: self.calls.iter().map(|call| call.data.clone()).collect(),
            description: self.description.clone(),
        }
    }

    /// What a Governor is given; `governor` makes the timelock's id known.
    pub fn by_governor(&self, governor: Option<Address>) -> ByGovernor {
        let proposal = self.proposal();
        ByGovernor {
            proposal_id: proposal.id(),
            description_hash: proposal.description_hash(),
            propose: proposal.propose().abi_encode().into(),
            queue: proposal.queue().abi_encode().into(),
            execute: proposal.execute().abi_encode().into(),
            operation_id: governor.map(|governor| proposal.operation(governor).id()),
            description: proposal.description,
            targets: proposal.targets,
            values: proposal.values,
            calldatas: proposal.calldatas,
        }
    }

    /// What a timelock is given.
    pub fn by_timelock(&self, timelock: &Timelock) -> ByTimelock {
        let operation = self.proposal().batch(timelock.salt);
        let [schedule, execute] = steps(&operation, timelock.delay);
        ByTimelock {
            timelock: timelock.address,
            operation_id: operation.operation_id(),
            salt: timelock.salt,
            delay: timelock.delay,
            schedule,
            execute,
        }
    }

    /// The salt of an operation that nobody chose another for: its description's hash.
    pub fn usual_salt(&self) -> B256 {
        keccak256(&self.description)
    }

    /// What the executor of `through` is told: the calls themselves, or to schedule them.
    pub fn told(&self, through: Option<&Timelock>) -> Vec<Call> {
        match through {
            None => self.calls.clone(),
            Some(timelock) => vec![Call {
                to: timelock.address,
                value: U256::ZERO,
                data: self.by_timelock(timelock).schedule,
            }],
        }
    }
}

/// One call goes as an operation of one, several as a batch: their ids differ, so what is written must be what is hashed.
fn steps(operation: &Operation, delay: U256) -> [Bytes; 2] {
    match operation.single() {
        Some(single) => [
            single.schedule(delay).abi_encode().into(),
            single.execute().abi_encode().into(),
        ],
        None => [
            operation.schedule(delay).abi_encode().into(),
            operation.execute().abi_encode().into(),
        ],
    }
}
