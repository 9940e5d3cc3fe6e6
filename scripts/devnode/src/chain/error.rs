//! Why the chain refused, in go-ethereum's words.

use crate::exec::TxError;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{Panic, Revert, SolError};
use std::fmt;

/// Why a call or a transaction was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// The call reverted.
    Reverted {
        /// With this data.
        data: Bytes,
        /// And for this reason, where the chain knows more than it tells its contracts.
        reason: Option<String>,
    },
    /// The call failed in another way than by reverting.
    Halted(String),
    /// No estimate: the call does not even succeed with this much gas.
    GasAboveAllowance(u64),
    /// The transaction's nonce is in the past.
    NonceTooLow {
        /// Sender.
        address: Address,
        /// Nonce of the transaction.
        tx: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// The transaction's nonce leaves a gap.
    NonceTooHigh {
        /// Sender.
        address: Address,
        /// Nonce of the transaction.
        tx: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// The sender cannot pay value and gas at its highest price, in wei.
    InsufficientFunds {
        /// Sender.
        address: Address,
        /// What it has.
        have: U256,
        /// What may be taken.
        want: U256,
    },
    /// The most the sender would pay for gas is below the base fee, in wei.
    FeeCapTooLow {
        /// Sender.
        address: Address,
        /// What it would pay.
        max_fee: u128,
        /// What is asked.
        base_fee: u64,
    },
    /// The tip is above what the sender would pay in all, in wei.
    TipAboveFeeCap {
        /// Sender.
        address: Address,
        /// The tip.
        tip: u128,
        /// The most it would pay.
        max_fee: u128,
    },
    /// The transaction is signed for another chain.
    WrongChain {
        /// Chain id of the transaction.
        have: u64,
        /// Chain id here.
        want: u64,
    },
    /// The transaction is in a block already, or waits for one.
    AlreadyKnown,
    /// A transaction with the same nonce waits and offers too much to be replaced by this one, in wei.
    Underpriced {
        /// Fee cap of the transaction.
        offered: u128,
        /// Fee cap that a replacement needs.
        least: u128,
    },
    /// Too many transactions wait for a block.
    PoolFull {
        /// How many may.
        most: usize,
    },
    /// The bytes are no transaction.
    Undecodable(String),
    /// The signature is not valid.
    InvalidSignature,
    /// Blob and set-code transactions, which are not carried out here.
    UnsupportedType(u8),
    /// Nobody's key and not impersonated.
    UnknownAccount(Address),
    /// No such block.
    UnknownBlock,
    /// The state of a past block is no longer kept.
    StateNotKept {
        /// The block asked for.
        block: u64,
        /// The oldest one whose state is there.
        oldest: u64,
    },
    /// What the executor refused, in its words.
    Invalid(String),
}

impl ChainError {
    /// Puts the executor's refusal of a message from `sender` in go-ethereum's words.
    pub(crate) fn from_executor(sender: Address, error: TxError) -> Self {
        match error {
            TxError::NonceTooLow { tx, state } => Self::NonceTooLow {
                address: sender,
                tx,
                state,
            },
            TxError::NonceTooHigh { tx, state } => Self::NonceTooHigh {
                address: sender,
                tx,
                state,
            },
            TxError::InsufficientFunds { needed, have } => Self::InsufficientFunds {
                address: sender,
                have,
                want: needed,
            },
            TxError::FeeTooLow { price, basefee } => Self::FeeCapTooLow {
                address: sender,
                max_fee: price,
                base_fee: basefee,
            },
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reverted { data, reason } => {
                match revert_reason(data).as_ref().or(reason.as_ref()) {
                    Some(reason) => write!(f, "execution reverted: {reason}"),
                    None => f.write_str("execution reverted"),
                }
            }
            Self::Halted(reason) => f.write_str(reason),
            Self::GasAboveAllowance(gas) => write!(f, "gas required exceeds allowance ({gas})"),
            Self::NonceTooLow { address, tx, state } => {
                write!(f, "nonce too low: address {address}, tx: {tx} state: {state}")
            }
            Self::NonceTooHigh { address, tx, state } => {
                write!(f, "nonce too high: address {address}, tx: {tx} state: {state}")
            }
            Self::InsufficientFunds { address, have, want } => write!(
                f,
                "insufficient funds for gas * price + value: address {address} have {have} want {want}"
            ),
            Self::FeeCapTooLow { address, max_fee, base_fee } => write!(
                f,
                "max fee per gas less than block base fee: address {address}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
            ),
            Self::TipAboveFeeCap { address, tip, max_fee } => write!(
                f,
                "max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
            ),
            Self::WrongChain { have, want } => {
                write!(f, "invalid chain id for signer: have {have} want {want}")
            }
            Self::AlreadyKnown => f.write_str("already known"),
            Self::Underpriced { offered, least } => write!(
                f,
                "replacement transaction underpriced: maxFeePerGas {offered}, a replacement needs {least} and a tip raised by a tenth too"
            ),
            Self::PoolFull { most } => write!(f, "txpool is full: {most} transactions wait; mine a block"),
            Self::Undecodable(problem) => f.write_str(problem),
            Self::InvalidSignature => f.write_str("invalid transaction v, r, s values"),
            Self::UnsupportedType(kind) => write!(f, "transaction type not supported: {kind}"),
            Self::UnknownAccount(address) => write!(f, "unknown account: {address}"),
            Self::UnknownBlock => f.write_str("unknown block"),
            Self::StateNotKept { block, oldest } => write!(
                f,
                "historical state of block {block} is not available: the oldest state kept is that of block {oldest}"
            ),
            Self::Invalid(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for ChainError {}

/// The text of an `Error(string)` or `Panic(uint256)`, as go-ethereum words it.
pub(crate) fn revert_reason(data: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    Panic::abi_decode(data)
        .ok()
        .map(|panic| panic.as_geth_str().into_owned())
}
