//! Calls that leave no trace in the chain.

use super::error::ChainError;
use super::node_interface;
use super::overrides::{override_block, override_state};
use super::submit::warm_slots;
use super::Chain;
use crate::exec::{self, Block as Env, Message, Mode, Outcome, Posted, State, Status};
use alloy::eips::BlockId;
use alloy::primitives::{Bytes, U256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};

/// Gas a call may use at most, as Nitro configures it.
pub(crate) const CALL_GAS_CAP: u64 = 50_000_000;

impl Chain {
    /// Runs `request` on the state after the block `at` and returns what it returns.
    ///
    /// # Errors
    /// [`ChainError::Reverted`], [`ChainError::Halted`], or a refusal to run it at all.
    pub fn call(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Bytes, ChainError> {
        if node_interface::is_asked(request) {
            let answer = self.node_interface(request, at, state, block)?;
            return Ok(answer.data);
        }
        let (mut state, env) = self.scene(at, state, block)?;
        let message = self.call_message(request, &state, &env)?;
        let outcome = run(&mut state, &env, &message)?;
        match outcome.status {
            Status::Success => Ok(outcome.output),
            Status::Revert => Err(ChainError::Reverted {
                data: outcome.output,
                reason: outcome.reason,
            }),
            Status::Halt(reason) => Err(ChainError::Halted(halt_reason(&reason))),
        }
    }

    /// The state and the block that a call `at` a block runs in: that block's own, or for `pending`
    /// the next one's.
    pub(crate) fn scene(
        &self,
        at: BlockId,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<BlockOverrides>,
    ) -> Result<(State, Env), ChainError> {
        let mut state = self.state_at(at)?.clone();
        let mut env = if at.is_pending() {
            self.next_env()
        } else {
            self.block(at)
                .ok_or(ChainError::UnknownBlock)?
                .env(self.chain_id())
        };
        if let Some(overrides) = state_overrides {
            override_state(&mut state, overrides)?;
        }
        if let Some(overrides) = block_overrides {
            override_block(&mut env, overrides);
        }
        Ok((state, env))
    }

    /// `request` as the executor takes it; gas is free unless a price is named.
    pub(crate) fn call_message(
        &self,
        request: &TransactionRequest,
        state: &State,
        env: &Env,
    ) -> Result<Message, ChainError> {
        let from = request.from.unwrap_or_default();
        let value = request.value.unwrap_or_default();
        let max_fee = fee_cap(request);
        let gas_limit = request.gas.unwrap_or(CALL_GAS_CAP).min(CALL_GAS_CAP);
        if max_fee > 0 && max_fee < u128::from(env.basefee) {
            let base_fee = env.basefee;
            return Err(ChainError::FeeCapTooLow {
                address: from,
                max_fee,
                base_fee,
            });
        }
        let have = state.balance(from);
        let gas_cost = match request.gas {
            Some(_) => U256::from(gas_limit).saturating_mul(U256::from(max_fee)),
            None => U256::ZERO,
        };
        let want = gas_cost.saturating_add(value);
        if have < want {
            return Err(ChainError::InsufficientFunds {
                address: from,
                have,
                want,
            });
        }
        Ok(Message {
            from,
            to: request.to.and_then(|kind| kind.to().copied()),
            value,
            data: request.input.input().cloned().unwrap_or_default(),
            gas_limit,
            gas_price: if max_fee > 0 {
                u128::from(env.basefee)
            } else {
                0
            },
            nonce: None,
            access_list: request
                .access_list
                .as_ref()
                .map(warm_slots)
                .unwrap_or_default(),
            trace: false,
            impersonated: false,
            posted: Posted::Call,
        })
    }
}

/// The most a request would pay for gas, in wei; 0 if it does not say.
pub(crate) fn fee_cap(request: &TransactionRequest) -> u128 {
    request
        .gas_price
        .or(request.max_fee_per_gas)
        .unwrap_or_default()
}

/// Runs a message as `eth_call` does.
pub(crate) fn run(state: &mut State, env: &Env, message: &Message) -> Result<Outcome, ChainError> {
    exec::transact(state, env, message, Mode::Simulate { unchecked: true })
        .map_err(|error| ChainError::from_executor(message.from, error))
}

/// The interpreter's name of a failure, in go-ethereum's words where it has some.
pub(crate) fn halt_reason(reason: &str) -> String {
    let known = if reason.starts_with("OutOfGas") {
        "out of gas"
    } else if reason.starts_with("OpcodeNotFound") || reason.starts_with("InvalidFEOpcode") {
        "invalid opcode: INVALID"
    } else if reason.starts_with("InvalidJump") {
        "invalid jump destination"
    } else if reason.starts_with("StackUnderflow") {
        "stack underflow"
    } else if reason.starts_with("StackOverflow") {
        "stack limit reached 1024"
    } else if reason.starts_with("CallTooDeep") {
        "max call depth exceeded"
    } else if reason.starts_with("CreateCollision") {
        "contract address collision"
    } else if reason.starts_with("CreateContractSizeLimit") {
        "max code size exceeded"
    } else if reason.starts_with("StateChangeDuringStaticCall")
        || reason.starts_with("CallNotAllowedInsideStatic")
    {
        "write protection"
    } else {
        reason
    };
    known.to_owned()
}
