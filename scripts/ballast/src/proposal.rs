//! What a vote carries, as OpenZeppelin's Governor and TimelockController name it.
//!
//! Both know what is voted on by a hash of it alone: whoever has the calls can say the number before anybody proposed.

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolValue,
};

use crate::abi::{IGovernor, ITimelock};

/// Calls with the text that members read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Contracts called.
    pub targets: Vec<Address>,
    /// Wei that goes with each call.
    pub values: Vec<U256>,
    /// Calldata, one a target.
    pub calldatas: Vec<Bytes>,
    /// What members read.
    pub description: String,
}

impl Proposal {
    /// Hash of what members read.
    pub fn description_hash(&self) -> B256 {
        keccak256(&self.description)
    }

    /// The id that every Governor gives it.
    ///
    /// # Source
    /// `Governor.hashProposal`: keccak256(abi.encode(targets, values, calldatas, descriptionHash)).
    pub fn id(&self) -> U256 {
        let words = (
            self.targets.clone(),
            self.values.clone(),
            self.calldatas.clone(),
            self.description_hash(),
        );
        keccak256(words.abi_encode_params()).into()
    }

    /// The call that proposes it.
    pub fn propose(&self) -> IGovernor::proposeCall {
        IGovernor::proposeCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            description: self.description.clone(),
        }
    }

    /// The call that hands it to the timelock once it has passed.
    pub fn queue(&self) -> IGovernor::queueCall {
        IGovernor::queueCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.description_hash(),
        }
    }

    /// The call that executes it.
    pub fn execute(&self) -> IGovernor::executeCall {
        IGovernor::executeCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.description_hash(),
        }
    }

    /// What `governor` schedules at its timelock for it.
    ///
    /// # Source
    /// `GovernorTimelockControl`: always a batch, no predecessor, salt `bytes20(governor) ^ descriptionHash`.
    pub fn operation(&self, governor: Address) -> Operation {
        Operation {
            salt: B256::right_padding_from(governor.as_slice()) ^ self.description_hash(),
            ..self.batch(B256::ZERO)
        }
    }

    /// The same calls as an operation of a timelock, proposed by hand.
    pub fn batch(&self, salt: B256) -> Operation {
        Operation {
            targets: self.targets.clone(),
            values: self.values.clone(),
            payloads: self.calldatas.clone(),
            predecessor: B256::ZERO,
            salt,
        }
    }
}

/// Calls that a TimelockController holds back as one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Contracts called.
    pub targets: Vec<Address>,
    /// Wei that goes with each call.
    pub values: Vec<U256>,
    /// Calldata, one a target.
    pub payloads: Vec<Bytes>,
    /// What must have been executed before; zero for nothing.
    pub predecessor: B256,
    /// What tells it from another with the same calls.
    pub salt: B256,
}

impl Operation {
    /// The id that every TimelockController gives it as a batch.
    ///
    /// # Source
    /// `TimelockController.hashOperationBatch`.
    pub fn id(&self) -> B256 {
        let words = (
            self.targets.clone(),
            self.values.clone(),
            self.payloads.clone(),
            self.predecessor,
            self.salt,
        );
        keccak256(words.abi_encode_params())
    }

    /// The call that schedules it.
    pub fn schedule(&self, delay: U256) -> ITimelock::scheduleBatchCall {
        ITimelock::scheduleBatchCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            payloads: self.payloads.clone(),
            predecessor: self.predecessor,
            salt: self.salt,
            delay,
        }
    }

    /// The call that executes it.
    pub fn execute(&self) -> ITimelock::executeBatchCall {
        ITimelock::executeBatchCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            payloads: self.payloads.clone(),
            predecessor: self.predecessor,
            salt: self.salt,
        }
    }

    /// The same as an operation of one call, if it is one.
    pub fn single(&self) -> Option<Single> {
        match (
            self.targets.as_slice(),
            self.values.as_slice(),
            self.payloads.as_slice(),
        ) {
            ([target], [value], [payload]) => Some(Single {
                target: *target,
                value: *value,
                payload: payload.clone(),
                predecessor: self.predecessor,
                salt: self.salt,
            }),
            _ => None,
        }
    }

    /// The id as it is scheduled by hand: one call by itself, several as a batch.
    pub fn operation_id(&self) -> B256 {
        self.single()
            .map_or_else(|| self.id(), |single| single.id())
    }
}

/// One call that a TimelockController holds back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// Who is called.
    pub target: Address,
    /// Wei that goes with it.
    pub value: U256,
    /// Calldata.
    pub payload: Bytes,
    /// What must have been executed before; zero for nothing.
    pub predecessor: B256,
    /// What tells it from another with the same call.
    pub salt: B256,
}

impl Single {
    /// The id that every TimelockController gives it.
    ///
    /// # Source
    /// `TimelockController.hashOperation`.
    pub fn id(&self) -> B256 {
        let words = (
            self.target,
            self.value,
            self.payload.clone(),
            self.predecessor,
            self.salt,
        );
        keccak256(words.abi_encode_params())
    }

    /// The call that schedules it.
    pub fn schedule(&self, delay: U256) -> ITimelock::scheduleCall {
        ITimelock::scheduleCall {
            target: self.target,
            value: self.value,
            data: self.payload.clone(),
            predecessor: self.predecessor,
            salt: self.salt,
            delay,
        }
    }

    /// The call that executes it.
    pub fn execute(&self) -> ITimelock::executeCall {
        ITimelock::executeCall {
            target: self.target,
            value: self.value,
            payload: self.payload.clone(),
            predecessor: self.predecessor,
            salt: self.salt,
        }
    }
}
