//! The executor: one state in which EVM bytecode and Stylus programs call one another.
//!
//! [`transact`] runs one message. Ordinary code is interpreted by revm; code that carries a Stylus
//! prefix is run by a WASM engine behind Nitro's host functions and metered in ink. Both share one
//! journal, so warm and cold access, refunds, logs and roll-back agree wherever a call crosses over.
//!
//! # Differences from Nitro
//! - What a transaction pays for being posted to the parent chain is approximate, and nothing unless
//!   the parent chain's price is set.
//! - The module hash is the Keccak hash of the module, not of the machine made of it.
//! - Retryable tickets, the address table and what only the parent chain could start do not exist.
//! - Compression with Nitro's own dictionary is refused; so are EIP-7702 transactions.
//! - `blockhash` is the hash of the number.

pub mod activation;
pub mod arbos;
mod code;
mod encoding;
mod handler;
mod hostio;
mod opcodes;
pub mod params;
pub mod precompiles;
pub mod pricing;
pub mod profile;
mod program;
mod state;
#[cfg(test)]
mod tests;
mod transact;
pub mod wasm;

use alloy::primitives::{Address, Bytes, Log, B256, U256};
use revm::state::AccountInfo;
use std::collections::BTreeMap;

pub use profile::{HostCall, HostUse, Profile, ProgramProfile};
pub use state::{Account, State};
pub use transact::{simulate, transact};

/// The chain id used when nothing else is asked for: that of a Nitro development node.
pub const DEFAULT_CHAIN_ID: u64 = 412_346;

/// The block a message runs in.
#[derive(Debug, Clone)]
pub struct Block {
    /// What `block.number` and the `block_number` host function show: the L1 block number.
    pub number: u64,
    /// The chain's own block number, as `ArbSys.arbBlockNumber()` shows it.
    pub l2_number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Base fee in wei per gas.
    pub basefee: u64,
    /// Gas limit of the block, and of any transaction in it.
    pub gas_limit: u64,
    /// The account that is paid the fees.
    pub coinbase: Address,
    /// What `block.prevrandao` shows; Arbitrum shows the number one.
    pub prevrandao: B256,
    /// Chain id.
    pub chain_id: u64,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            number: 1,
            l2_number: 1,
            timestamp: 1_700_000_000,
            basefee: 100_000_000,
            gas_limit: 1 << 50,
            coinbase: Address::ZERO,
            prevrandao: B256::with_last_byte(1),
            chain_id: DEFAULT_CHAIN_ID,
        }
    }
}

/// A transaction whose signature has been checked, or an `eth_call`.
#[derive(Debug, Clone)]
pub struct Message {
    /// Sender and origin.
    pub from: Address,
    /// Callee; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Calldata, or init code.
    pub data: Bytes,
    /// Gas limit.
    pub gas_limit: u64,
    /// Effective gas price in wei.
    pub gas_price: u128,
    /// Nonce; `None` takes the sender's next.
    pub nonce: Option<u64>,
    /// Addresses and slots that start warm (EIP-2930).
    pub access_list: Vec<(Address, Vec<B256>)>,
    /// Record every frame in [`Outcome::frames`].
    pub trace: bool,
    /// Let the sender be a contract, which no signature could be of.
    pub impersonated: bool,
    /// What of it is posted to the parent chain, and paid for.
    pub posted: Posted,
}

/// What of a message is posted to the parent chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Posted {
    /// Nothing: it pays for nothing.
    #[default]
    Nothing,
    /// A signed transaction, as it is encoded.
    Transaction(Bytes),
    /// A transaction like this call, were it sent.
    Call,
    /// The same, with a margin, and gas limited as a transaction's is.
    Estimate,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            from: Address::ZERO,
            to: None,
            value: U256::ZERO,
            data: Bytes::new(),
            gas_limit: 32_000_000,
            gas_price: 0,
            nonce: None,
            access_list: Vec::new(),
            trace: false,
            impersonated: false,
            posted: Posted::Nothing,
        }
    }
}

/// Whether the message changes the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Validate like a transaction, then keep the changes.
    Commit,
    /// Leave the state alone. With `unchecked`, the sender's nonce and code, its balance for gas and
    /// the base fee are not checked, as `eth_call` has it.
    Simulate {
        /// Skip what a signed transaction would have to satisfy.
        unchecked: bool,
    },
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It returned; its changes stand.
    Success,
    /// It reverted; unused gas was given back.
    Revert,
    /// It failed exceptionally for the reason named; all gas is gone.
    Halt(String),
}

/// What a message did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Return or revert data; the code for a creation.
    pub output: Bytes,
    /// The contract created.
    pub created: Option<Address>,
    /// Gas paid for, after refunds, with what posting took.
    pub gas_used: u64,
    /// Gas taken for being posted to the parent chain.
    pub gas_used_for_l1: u64,
    /// Gas refunded, contained in no other figure.
    pub gas_refunded: u64,
    /// Events, in order; empty unless it succeeded.
    pub logs: Vec<Log>,
    /// Why it failed, where the chain knows more than it tells its contracts: why a program may not
    /// be activated or run, or what it trapped on.
    pub reason: Option<String>,
    /// Every frame in the order of entry, if [`Message::trace`] was set.
    pub frames: Vec<Frame>,
    /// Every account that was looked at, in frames that failed too, if [`Message::trace`] was set.
    pub touched: BTreeMap<Address, Touched>,
}

/// What a message left of an account that it looked at.
#[derive(Debug, Clone)]
pub struct Touched {
    /// Balance, nonce and code afterwards.
    pub info: AccountInfo,
    /// True if it destroyed itself.
    pub deleted: bool,
    /// The slots that were looked at, and their values afterwards.
    pub storage: BTreeMap<U256, U256>,
}

impl Outcome {
    /// True if the message returned.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }

    /// Gas paid before the outermost frame was entered; needs [`Message::trace`].
    pub fn intrinsic_gas(&self) -> u64 {
        let run = self.frames.first().map_or(0, |frame| frame.gas_used);
        (self.gas_used + self.gas_refunded).saturating_sub(run)
    }
}

/// How a frame was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// `CALL`.
    Call,
    /// `CALLCODE`.
    CallCode,
    /// `DELEGATECALL`.
    DelegateCall,
    /// `STATICCALL`.
    StaticCall,
    /// `CREATE`.
    Create,
    /// `CREATE2`.
    Create2,
}

/// One frame of a trace.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Caller.
    pub from: Address,
    /// The account whose code ran; for a creation the new account, or zero if it failed.
    pub to: Address,
    /// How it was entered.
    pub kind: FrameKind,
    /// 0 for the message itself.
    pub depth: usize,
    /// Wei sent along.
    pub value: U256,
    /// Gas the frame was given.
    pub gas_limit: u64,
    /// Gas the frame and its children used.
    pub gas_used: u64,
    /// True if a Stylus program ran.
    pub is_stylus: bool,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return or revert data.
    pub output: Bytes,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Where its gas went.
    pub profile: Profile,
    /// Of a program: the host functions it called, in order.
    pub host_calls: Vec<HostCall>,
    /// Frames that it entered itself.
    pub calls: usize,
    /// Events that it emitted itself, in order; none if it failed.
    pub logs: Vec<Emitted>,
}

/// An event and when in its frame it was emitted.
#[derive(Debug, Clone)]
pub struct Emitted {
    /// The event.
    pub log: Log,
    /// Frames that the emitting one had entered before.
    pub calls: usize,
}

/// Why a message was not run at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxError {
    /// The sender's nonce is further on.
    NonceTooLow {
        /// Nonce of the message.
        tx: u64,
        /// Nonce of the sender.
        state: u64,
    },
    /// The sender's nonce is not that far yet.
    NonceTooHigh {
        /// Nonce of the message.
        tx: u64,
        /// Nonce of the sender.
        state: u64,
    },
    /// Value and gas cost more than the sender has, in wei.
    InsufficientFunds {
        /// What the message may cost.
        needed: U256,
        /// What the sender has.
        have: U256,
    },
    /// The gas limit is below what the message costs before it starts.
    IntrinsicGas {
        /// Gas limit of the message.
        limit: u64,
        /// Gas needed to start.
        needed: u64,
    },
    /// The gas limit is above the block's.
    GasLimitTooHigh {
        /// Gas limit of the message.
        limit: u64,
        /// Gas limit of the block.
        block: u64,
    },
    /// The gas price is below the base fee, in wei.
    FeeTooLow {
        /// Price of the message.
        price: u128,
        /// Base fee of the block.
        basefee: u64,
    },
    /// The sender is a contract (EIP-3607).
    SenderHasCode(Address),
    /// Anything else, as the interpreter words it.
    Other(String),
}

impl std::fmt::Display for TxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NonceTooLow { tx, state } => {
                write!(f, "nonce too low: next nonce {state}, tx nonce {tx}")
            }
            Self::NonceTooHigh { tx, state } => {
                write!(f, "nonce too high: next nonce {state}, tx nonce {tx}")
            }
            Self::InsufficientFunds { needed, have } => write!(
                f,
                "insufficient funds for gas * price + value: have {have} want {needed}"
            ),
            Self::IntrinsicGas { limit, needed } => {
                write!(f, "intrinsic gas too low: have {limit}, want {needed}")
            }
            Self::GasLimitTooHigh { limit, block } => {
                write!(f, "gas limit {limit} exceeds block gas limit {block}")
            }
            Self::FeeTooLow { price, basefee } => write!(
                f,
                "max fee per gas less than block base fee: maxFeePerGas: {price}, baseFee: {basefee}"
            ),
            Self::SenderHasCode(who) => write!(f, "sender not an eoa: address {who}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for TxError {}
