//! Pretending that state or block were otherwise, for one call.

use super::error::ChainError;
use crate::exec::{Block as Env, State};
use alloy::primitives::{map::B256HashMap, Address, B256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::BlockOverrides;

/// Applies `overrides` to a state that is thrown away afterwards.
pub(crate) fn override_state(
    state: &mut State,
    overrides: StateOverride,
) -> Result<(), ChainError> {
    for (address, account) in overrides {
        if account.state.is_some() && account.state_diff.is_some() {
            return Err(ChainError::Invalid(format!(
                "account {address} has both 'state' and 'stateDiff'"
            )));
        }
        if account.move_precompile_to.is_some() {
            return Err(ChainError::Invalid(
                "movePrecompileToAddress is not supported".into(),
            ));
        }
        if let Some(balance) = account.balance {
            state.set_balance(address, balance);
        }
        if let Some(nonce) = account.nonce {
            state.set_nonce(address, nonce);
        }
        if let Some(code) = account.code {
            state.set_code(address, code);
        }
        if let Some(slots) = account.state {
            clear_storage(state, address);
            set_slots(state, address, slots);
        }
        if let Some(slots) = account.state_diff {
            set_slots(state, address, slots);
        }
    }
    Ok(())
}

/// Applies `overrides` to the block of one call; `number` is what contracts see as `block.number`.
pub(crate) fn override_block(env: &mut Env, overrides: BlockOverrides) {
    if let Some(number) = overrides.number {
        env.number = number.saturating_to();
    }
    if let Some(timestamp) = overrides.time {
        env.timestamp = timestamp;
    }
    if let Some(gas_limit) = overrides.gas_limit {
        env.gas_limit = gas_limit;
    }
    if let Some(coinbase) = overrides.coinbase {
        env.coinbase = coinbase;
    }
    if let Some(random) = overrides.random {
        env.prevrandao = random;
    }
    if let Some(base_fee) = overrides.base_fee {
        env.basefee = base_fee.saturating_to();
    }
}

fn clear_storage(state: &mut State, address: Address) {
    let slots: Vec<_> = state
        .account(address)
        .into_iter()
        .flat_map(|a| a.storage.keys().copied())
        .collect();
    for slot in slots {
        state.set_storage(address, slot, Default::default());
    }
}

fn set_slots(state: &mut State, address: Address, slots: B256HashMap<B256>) {
    for (slot, value) in slots {
        state.set_storage(address, slot.into(), value.into());
    }
}
