//! One message from validation to outcome.

use super::{
    handler::{Context, Handler, Session, StylusEvm},
    precompiles::Precompiles,
    pricing, Block, Message, Mode, Outcome, State, Status, Touched, TxError,
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

/// Native stack that 1,024 nested frames may need, and room to spare.
pub const STACK_BYTES: usize = 256 << 20;

/// The opcodes and precompiles of ArbOS 50 and later.
const SPEC: SpecId = SpecId::OSAKA;

/// Runs one message on the state, on a thread of its own with [`STACK_BYTES`] of stack.
///
/// # Errors
/// [`TxError`] if the message is not valid in this block; the state is then unchanged.
///
/// # Panics
/// If execution does.
pub fn transact(
    state: &mut State,
    block: &Block,
    message: &Message,
    mode: Mode,
) -> Result<Outcome, TxError> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        match builder.spawn_scoped(scope, || run(state, block, message, mode)) {
            Ok(thread) => match thread.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(error) => Err(TxError::Other(format!("no thread to execute on: {error}"))),
        }
    })
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
        tx: tx_env(state, message),
        cfg: cfg_env(block, message, unchecked),
        journaled_state: JournalTr::new(state.clone()),
        chain: Session {
            params: Some(state.params()),
            l2_number: block.l2_number,
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
        .map_err(|error| refusal(error, block, message))?;
    let changes = evm.context().journal_mut().finalize();
    let session = std::mem::take(&mut evm.context().chain);
    let touched = if message.trace {
        touched(&changes)
    } else {
        BTreeMap::new()
    };
    if mode == Mode::Commit {
        state.commit(changes);
        state.set_recent(block.l2_number, session.recent);
    }
    Ok(Outcome {
        touched,
        ..outcome(result, session.outcome, session.trace.unwrap_or_default())
    })
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

fn cfg_env(block: &Block, message: &Message, unchecked: bool) -> CfgEnv {
    let mut cfg = CfgEnv::<SpecId>::default().with_spec_and_mainnet_gas_params(SPEC);
    cfg.chain_id = block.chain_id;
    cfg.tx_chain_id_check = false;
    cfg.limit_contract_code_size = Some(pricing::MAX_CODE_SIZE);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    // Programs start with 0xEF; everything else that does is refused when a creation ends.
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = true;
    cfg.disable_nonce_check = unchecked;
    cfg.disable_balance_check = unchecked;
    cfg.disable_eip3607 = unchecked || message.impersonated;
    cfg.disable_base_fee = unchecked;
    cfg
}

fn tx_env(state: &State, message: &Message) -> TxEnv {
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
        gas_limit: message.gas_limit,
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

fn refusal(error: EVMError<Infallible>, block: &Block, message: &Message) -> TxError {
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
            gas_limit,
        } => TxError::IntrinsicGas {
            limit: gas_limit,
            needed: initial_gas,
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
