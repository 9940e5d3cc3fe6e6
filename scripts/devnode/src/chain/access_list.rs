//! The access list that a message would profit from.

use super::error::ChainError;
use super::simulate::{halt_reason, run};
use super::Chain;
use crate::exec::{arbos, precompiles, Message, Outcome, Status};
use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{AccessListResult, TransactionRequest};

/// Runs until the list stays the same: naming a slot changes the gas left, and that may change the way.
const MAX_ROUNDS: usize = 16;

impl Chain {
    /// The slots and accounts that `request` looks at, and the gas it uses when they are named.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot be run at all; if it fails the list says why.
    pub fn access_list(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
    ) -> Result<AccessListResult, ChainError> {
        let (state, env) = self.scene(at, state, None)?;
        let mut message = Message {
            trace: true,
            ..self.call_message(request, &state, &env)?
        };
        let created = message.from.create(state.nonce(message.from));
        let implied = [
            message.from,
            message.to.unwrap_or(created),
            env.coinbase,
            arbos::ARBOS,
        ];
        for _ in 0..MAX_ROUNDS {
            let outcome = run(&mut state.clone(), &env, &message)?;
            let list = list(&outcome, &implied);
            if list == message.access_list {
                return Ok(result(list, outcome));
            }
            message.access_list = list;
        }
        Err(ChainError::Invalid(format!(
            "the access list still changes after {MAX_ROUNDS} runs"
        )))
    }
}

/// Accounts that are warm anyway need no naming, but their slots do.
fn list(outcome: &Outcome, implied: &[Address]) -> Vec<(Address, Vec<B256>)> {
    let warm = |address: &Address| {
        implied.contains(address)
            || precompiles::ADDRESSES
                .iter()
                .any(|(known, _)| known == address)
            || *address <= Address::with_last_byte(0x11)
    };
    outcome
        .touched
        .iter()
        .filter(|(address, _)| **address != arbos::ARBOS)
        .map(|(address, touched)| {
            (
                *address,
                touched.storage.keys().map(|s| (*s).into()).collect(),
            )
        })
        .filter(|(address, slots): &(_, Vec<B256>)| !slots.is_empty() || !warm(address))
        .collect()
}

fn result(list: Vec<(Address, Vec<B256>)>, outcome: Outcome) -> AccessListResult {
    let items = list
        .into_iter()
        .map(|(address, storage_keys)| AccessListItem {
            address,
            storage_keys,
        });
    AccessListResult {
        access_list: AccessList(items.collect()),
        gas_used: alloy::primitives::U256::from(outcome.gas_used),
        error: match outcome.status {
            Status::Success => None,
            Status::Revert => Some("execution reverted".to_owned()),
            Status::Halt(reason) => Some(halt_reason(&reason)),
        },
    }
}
