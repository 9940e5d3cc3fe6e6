//! Arbitrum's UpgradeExecutor: it makes one call at a time for whoever may tell it to, and owns what it governs.

use alloy::{primitives::Address, sol_types::SolCall};
use serde::Serialize;

use super::Letter;
use crate::interfaces::{Call, IUpgradeExecutor};

/// What an UpgradeExecutor is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByExecutor {
    /// One `executeCall` for each change, in order; `to` is the executor.
    pub calls: Vec<Call>,
}

impl Letter {
    /// The calls of `executor`, which owns the treasury.
    pub fn by_executor(&self, executor: Address) -> ByExecutor {
        let wrap = |call: &Call| Call {
            to: executor,
            // What comes with the call is passed on.
            value: call.value,
            data: IUpgradeExecutor::executeCallCall {
                target: call.to,
                targetCallData: call.data.clone(),
            }
            .abi_encode()
            .into(),
        };
        ByExecutor {
            calls: self.calls.iter().map(wrap).collect(),
        }
    }
}
