//! The least gas limit with which a transaction succeeds.

use super::error::ChainError;
use super::node_interface;
use super::simulate::{fee_cap, halt_reason, run, CALL_GAS_CAP};
use super::Chain;
use crate::exec::{Block as Env, Message, Posted, State, Status};
use alloy::eips::BlockId;
use alloy::primitives::U256;
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};

/// Gas of a transfer that runs no code.
const TRANSFER_GAS: u64 = 21_000;

/// Gas a call that carries value hands on for free.
const CALL_STIPEND: u64 = 2_300;

impl Chain {
    /// The least gas limit with which `request` succeeds, in the block to come unless `at` names
    /// another: go-ethereum's search, without its tolerance.
    ///
    /// # Errors
    /// [`ChainError`] if no limit up to the cap, or to what the sender can pay, is enough.
    pub fn estimate_gas(
        &self,
        request: &TransactionRequest,
        at: Option<BlockId>,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<u64, ChainError> {
        let at = at.unwrap_or(BlockId::pending());
        if node_interface::is_asked(request) {
            let answer = self.node_interface(request, at, state, block)?;
            return Ok(answer.gas);
        }
        let (state, env) = self.scene(at, state, block)?;
        let mut unbounded = request.clone();
        unbounded.gas = None;
        let message = Message {
            posted: Posted::Estimate,
            ..self.call_message(&unbounded, &state, &env)?
        };
        let ceiling = ceiling(request, &message, &state);
        Search {
            state,
            env,
            message,
        }
        .least(ceiling)
    }
}

/// The most gas that is worth trying.
fn ceiling(request: &TransactionRequest, message: &Message, state: &State) -> u64 {
    let asked = request
        .gas
        .filter(|gas| *gas >= TRANSFER_GAS)
        .unwrap_or(CALL_GAS_CAP);
    let price = fee_cap(request);
    let affordable = match price {
        0 => u64::MAX,
        _ => {
            let left = state.balance(message.from).saturating_sub(message.value);
            (left / U256::from(price)).saturating_to()
        }
    };
    asked.min(affordable).min(CALL_GAS_CAP)
}

struct Search {
    state: State,
    env: Env,
    message: Message,
}

/// How one attempt ended.
enum Attempt {
    Enough { used: u64, refunded: u64 },
    TooLittle,
    Failed(ChainError),
}

impl Search {
    fn least(mut self, ceiling: u64) -> Result<u64, ChainError> {
        if self.is_plain_transfer() {
            if let Attempt::Enough { .. } = self.attempt(TRANSFER_GAS)? {
                return Ok(TRANSFER_GAS);
            }
        }
        let mut high = ceiling;
        let (used, refunded) = match self.attempt(high)? {
            Attempt::Enough { used, refunded } => (used, refunded),
            Attempt::TooLittle => return Err(ChainError::GasAboveAllowance(ceiling)),
            Attempt::Failed(error) => return Err(error),
        };
        let mut low = used.saturating_sub(1);
        // Every call keeps back a 64th: what was used and that much on top is mostly enough.
        let guess = (used + refunded + CALL_STIPEND) * 64 / 63;
        if guess < high {
            self.narrow(guess, &mut low, &mut high)?;
        }
        while low + 1 < high {
            // The answer is near the low end far more often than near the high one.
            let middle = (low + (high - low) / 2)
                .min(low.saturating_mul(2))
                .max(low + 1);
            self.narrow(middle, &mut low, &mut high)?;
        }
        Ok(high)
    }

    fn narrow(&mut self, gas: u64, low: &mut u64, high: &mut u64) -> Result<(), ChainError> {
        match self.attempt(gas)? {
            Attempt::Enough { .. } => *high = gas,
            Attempt::TooLittle | Attempt::Failed(_) => *low = gas,
        }
        Ok(())
    }

    fn is_plain_transfer(&self) -> bool {
        let to = self.message.to;
        self.message.data.is_empty() && to.is_some_and(|to| self.state.code(to).is_empty())
    }

    fn attempt(&mut self, gas: u64) -> Result<Attempt, ChainError> {
        self.message.gas_limit = gas;
        let outcome = match run(&mut self.state, &self.env, &self.message) {
            Ok(outcome) => outcome,
            Err(ChainError::Invalid(reason)) if reason.starts_with("intrinsic gas") => {
                return Ok(Attempt::TooLittle)
            }
            Err(error) => return Err(error),
        };
        Ok(match outcome.status {
            Status::Success => Attempt::Enough {
                used: outcome.gas_used,
                refunded: outcome.gas_refunded,
            },
            Status::Revert => Attempt::Failed(ChainError::Reverted {
                data: outcome.output,
                reason: outcome.reason,
            }),
            Status::Halt(reason) => match halt_reason(&reason).as_str() {
                "out of gas" => Attempt::TooLittle,
                reason => Attempt::Failed(ChainError::Halted(reason.to_owned())),
            },
        })
    }
}
