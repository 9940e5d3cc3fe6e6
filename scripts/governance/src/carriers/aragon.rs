//! Aragon OSx: a list of actions, which a plugin proposes and the DAO executes.

use alloy::{
    primitives::{Bytes, B256, U256},
    sol_types::SolCall,
};
use serde::Serialize;

use super::{Letter, Timelock};
use crate::interfaces::{Action, Call, IAragonDao, IAragonPlugin};

/// What an Aragon DAO is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByAragon {
    /// The actions, as Aragon's app takes them.
    pub actions: Vec<Call>,
    /// Calldata of a plugin's `createProposal` (OSx 1.4): no dates, no data of the plugin's own.
    pub create_proposal: Bytes,
    /// Calldata of the DAO's `execute`, for whoever has its permission; no action may fail.
    pub execute: Bytes,
}

impl Letter {
    /// The actions, on the programs or on the timelock.
    pub fn by_aragon(&self, through: Option<&Timelock>) -> ByAragon {
        let calls = self.told(through);
        let actions: Vec<_> = calls.iter().map(Action::from).collect();
        let propose = IAragonPlugin::createProposalCall {
            metadata: self.description.clone().into_bytes().into(),
            actions: actions.clone(),
            startDate: 0,
            endDate: 0,
            data: Bytes::new(),
        };
        let execute = IAragonDao::executeCall {
            callId: B256::ZERO,
            actions,
            allowFailureMap: U256::ZERO,
        };
        ByAragon {
            actions: calls,
            create_proposal: propose.abi_encode().into(),
            execute: execute.abi_encode().into(),
        }
    }
}
