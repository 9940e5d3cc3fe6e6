//! The embedded chain: EVM bytecode and Stylus programs in one state, in this process.
//!
//! [`exec`] runs one message on a state; [`chain`] makes a chain of it; [`rpc`] answers for the chain
//! over HTTP as any Arbitrum node would. [`Devnode::spawn`] starts all three.

pub mod chain;
pub mod cli;
mod devnode;
pub mod exec;
pub mod rpc;

pub use chain::{
    dev_accounts, ether, Act, Chain, ChainError, Config, DevAccount, Done, Mining, Prepared,
    MNEMONIC,
};
pub use devnode::Devnode;
pub use rpc::{Server, ServerHandle};
