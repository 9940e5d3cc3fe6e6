//! One message from validation to outcome.

use super::{
    arbos::{
        self,
        posting::{self, Charge},
        Field,
    },
    handler::{Context, Handler, Session, StylusEvm},
    precompiles::{arb_owner_public::CALLDATA_FLOOR, Precompiles},
    pricing, Block, Message, Mode, Outcome, Posted, State, Status, Touched, TxError,
};
use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::primitives::Address;
use revm::{
    context::{
        result::{EVMError, ExecutionResult, InvalidTransaction, Output},
        BlockEnv, CfgEnv, TxEnv,
    },
    context_interface::{ContextTr, JournalTr},
    handler::Handler as _,
    primitives::{hardfork::SpecId, TxKind, U256},
    state::EvmState,
    DatabaseCommit,
};
use std::{collections::BTreeMap, convert::Infallible};

/// Native stack that a program's frame may need before it asks for more, in bytes.
const STACK_RED_ZONE: usize = 512 << 10;
/// How much more it gets, in bytes.
const STACK_PIECE: usize = 8 << 20;

/// The opcodes and precompiles of ArbOS 50 and later.
const SPEC: SpecId = SpecId::OSAKA;

/// Runs one message on the state.
///
/// # Errors
/// [`TxError`] if the message is not valid in this block; the state is then unchanged.
pub fn transact(
    state: &mut State,
    block: &Block,
    message: &Message,
    mode: Mode,
) -> Result<Outcome, TxError> {
    with_stack(|| run(state, block, message, mode))
}

/// Runs one message without changing anything: [`transact`] in [`Mode::Simulate`], unchecked.
///
/// # Errors
/// [`TxError`] if the message cannot be run at all.
pub fn simulate(state: &State, block: &Block, message: &Message) -> Result<Outcome, TxError> {
    transact(
        &mut state.clone(),
        block,
        message,
        Mode::Simulate { unchecked: true },
    )
}

/// Does `work` on a stack with room for another frame: programs that call each other nest natively.
pub(crate) fn with_stack<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, work)
}

fn run(
    state: &mut State,
    block: &Block,
    message: &Message,
    mode: Mode,
) -> Result<Outcome, TxError> {
    let unchecked = mode == Mode::Simulate { unchecked: true };
    let recent = if mode == Mode::Commit {
        state.recent(block.l2_number)
    } else {
        Vec::new()
    };
    let charge = posting::charge(state, block, message);
    let gas_limit = execution_gas(state, message, charge)?;
    let mut before = state.clone();
    take_posting_fee(&mut before, message, charge, unchecked)?;
    let context = Context {
        block: BlockEnv {
            number: U256::from(block.number),
            beneficiary: block.coinbase,
            timestamp: U256::from(block.timestamp),
            gas_limit: block.gas_limit,
            basefee: block.basefee,
            difficulty: U256::from(1),
            prevrandao: Some(block.prevrandao),
            ..BlockEnv::default()
        },
        tx: tx_env(state, message, gas_limit),
        cfg: cfg_env(state, block, message, unchecked),
        journaled_state: JournalTr::new(before),
        chain: Session {
            params: Some(state.params()),
            l2_number: block.l2_number,
            poster_fee: charge.fee,
            recent,
            trace: message.trace.then(Vec::new),
            ..Session::default()
        },
        local: Default::default(),
        error: Ok(()),
    };
    let mut context = context;
    context.journaled_state.set_spec_id(SPEC);
    let mut evm = StylusEvm::new(context, Precompiles::new(SPEC));
    let result = Handler::default()
        .run(&mut evm)
        .map_err(|error| refusal(error, block, message, charge))?;
    let changes = evm.context().journal_mut().finalize();
    let session = std::mem::take(&mut evm.context().chain);
    let mut outcome = outcome(result, session.outcome, session.trace.unwrap_or_default());
    if message.trace {
        outcome.touched = touched(&changes);
    }
    if mode == Mode::Commit {
        state.commit(changes);
        state.set_recent(block.l2_number, session.recent);
        if message.gas_price > 0 {
            collect_fees(state, block, outcome.gas_used, charge);
        }
    }
    outcome.gas_used += charge.gas;
    outcome.gas_used_for_l1 = charge.gas;
    Ok(outcome)
}

fn touched(changes: &EvmState) -> BTreeMap<Address, Touched> {
    let of = |account: &revm::state::Account| Touched {
        info: account.info.clone(),
        deleted: account.is_selfdestructed(),
        storage: account
            .storage
            .iter()
            .map(|(slot, value)| (*slot, value.present_value))
            .collect(),
    };
    changes
        .iter()
        .map(|(address, account)| (*address, of(account)))
        .collect()
}

/// The gas that the message may run on: what posting leaves of its own, and for what is posted no
/// more than ArbOS lets a transaction compute.
fn execution_gas(state: &State, message: &Message, charge: Charge) -> Result<u64, TxError> {
    let left = message.gas_limit.checked_sub(charge.gas);
    let left = left.ok_or(TxError::IntrinsicGas {
        limit: message.gas_limit,
        needed: charge.gas,
    })?;
    if matches!(message.posted, Posted::Transaction(_) | Posted::Estimate) {
        let most: u64 = state.arbos(Field::TX_GAS_LIMIT).saturating_to();
        return Ok(left.min(most));
    }
    Ok(left)
}

/// Makes the sender pay for posting, before anything runs.
fn take_posting_fee(
    state: &mut State,
    message: &Message,
    charge: Charge,
    unchecked: bool,
) -> Result<(), TxError> {
    let fee = U256::from(message.gas_price).saturating_mul(U256::from(charge.gas));
    if fee.is_zero() {
        return Ok(());
    }
    let have = state.balance(message.from);
    if have < fee && !unchecked {
        return Err(TxError::InsufficientFunds { needed: fee, have });
    }
    state.set_balance(message.from, have.saturating_sub(fee));
    Ok(())
}

/// Pays what a transaction paid to whom ArbOS pays it; whatever is above the base fee is a tip,
/// which the block's beneficiary has.
fn collect_fees(state: &mut State, block: &Block, execution_gas: u64, charge: Charge) {
    let basefee = U256::from(block.basefee);
    let gas = U256::from(execution_gas);
    let account = |state: &State, field| Address::from_word(state.arbos(field).into());
    let infra = account(state, Field::INFRA_FEE_ACCOUNT);
    let floor = if infra.is_zero() {
        U256::ZERO
    } else {
        basefee.min(state.arbos(Field::MIN_BASE_FEE))
    };
    let network = account(state, Field::NETWORK_FEE_ACCOUNT);
    for (to, wei) in [
        (infra, floor.saturating_mul(gas)),
        (network, (basefee - floor).saturating_mul(gas)),
        (arbos::L1_POOL, charge.fee),
    ] {
        if !wei.is_zero() {
            state.set_balance(to, state.balance(to).saturating_add(wei));
        }
    }
    for (field, more) in [
        (Field::L1_FEES_AVAILABLE, charge.fee),
        (Field::UNITS_SINCE_UPDATE, U256::from(charge.units)),
    ] {
        if !more.is_zero() {
            state.set_arbos(field, state.arbos(field).saturating_add(more));
        }
    }
}

fn cfg_env(state: &State, block: &Block, message: &Message, unchecked: bool) -> CfgEnv {
    let floor = state.arbos(Field::FEATURES).bit(CALLDATA_FLOOR);
    let mut cfg = CfgEnv::<SpecId>::default().with_spec_and_mainnet_gas_params(SPEC);
    cfg.chain_id = block.chain_id;
    cfg.tx_chain_id_check = false;
    cfg.limit_contract_code_size = Some(pricing::MAX_CODE_SIZE);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    // Programs start with 0xEF; everything else that does is refused when a creation ends.
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = !floor;
    cfg.disable_nonce_check = unchecked;
    cfg.disable_balance_check = unchecked;
    cfg.disable_eip3607 = unchecked || message.impersonated;
    cfg.disable_base_fee = unchecked;
    cfg
}

fn tx_env(state: &State, message: &Message, gas_limit: u64) -> TxEnv {
    let access_list = message
        .access_list
        .iter()
        .map(|(address, storage_keys)| AccessListItem {
            address: *address,
            storage_keys: storage_keys.clone(),
        })
        .collect();
    TxEnv {
        tx_type: u8::from(!message.access_list.is_empty()),
        caller: message.from,
        gas_limit,
        gas_price: message.gas_price,
        kind: message.to.map_or(TxKind::Create, TxKind::Call),
        value: message.value,
        data: message.data.clone(),
        nonce: message.nonce.unwrap_or_else(|| state.nonce(message.from)),
        chain_id: None,
        access_list: AccessList(access_list),
        ..TxEnv::default()
    }
}

fn outcome(result: ExecutionResult, reason: Option<String>, frames: Vec<super::Frame>) -> Outcome {
    let gas_used = result.tx_gas_used();
    let base = Outcome {
        status: Status::Success,
        output: Default::default(),
        created: None,
        gas_used,
        gas_used_for_l1: 0,
        gas_refunded: 0,
        logs: Vec::new(),
        reason,
        frames,
        touched: BTreeMap::new(),
    };
    match result {
        ExecutionResult::Success {
            logs, output, gas, ..
        } => {
            let (output, created) = match output {
                Output::Call(data) => (data, None),
                Output::Create(code, address) => (code, address),
            };
            Outcome {
                output,
                created,
                logs,
                gas_refunded: gas.final_refunded(),
                reason: None,
                ..base
            }
        }
        ExecutionResult::Revert { output, .. } => Outcome {
            status: Status::Revert,
            output,
            ..base
        },
        ExecutionResult::Halt { reason, .. } => {
            let why = base.reason.clone().unwrap_or_else(|| format!("{reason:?}"));
            Outcome {
                status: Status::Halt(why),
                ..base
            }
        }
    }
}

fn refusal(
    error: EVMError<Infallible>,
    block: &Block,
    message: &Message,
    charge: Charge,
) -> TxError {
    let EVMError::Transaction(invalid) = error else {
        return TxError::Other(error.to_string());
    };
    match invalid {
        InvalidTransaction::NonceTooLow { tx, state } => TxError::NonceTooLow { tx, state },
        InvalidTransaction::NonceTooHigh { tx, state } => TxError::NonceTooHigh { tx, state },
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => TxError::InsufficientFunds {
            needed: *fee,
            have: *balance,
        },
        InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit: _,
        } => TxError::IntrinsicGas {
            limit: message.gas_limit,
            needed: initial_gas.saturating_add(charge.gas),
        },
        InvalidTransaction::CallerGasLimitMoreThanBlock => TxError::GasLimitTooHigh {
            limit: message.gas_limit,
            block: block.gas_limit,
        },
        InvalidTransaction::GasPriceLessThanBasefee => TxError::FeeTooLow {
            price: message.gas_price,
            basefee: block.basefee,
        },
        InvalidTransaction::RejectCallerWithCode => TxError::SenderHasCode(message.from),
        other => TxError::Other(other.to_string()),
    }
}
