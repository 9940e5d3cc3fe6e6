//! A chain with a URL and funded keys, in one call.

use crate::chain::{Chain, Config, DevAccount};
use crate::rpc::{ChainGuard, Server, ServerHandle};
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;

/// A running chain; dropping it stops it.
#[derive(Debug)]
pub struct Devnode {
    server: ServerHandle,
    accounts: Vec<DevAccount>,
}

impl Devnode {
    /// Starts a fresh chain on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn spawn() -> anyhow::Result<Self> {
        Self::spawn_with(Config::default(), 0)
    }

    /// Starts a chain as configured, on `port`, or a free one when that is 0.
    ///
    /// # Errors
    /// When there is no such port or no thread to be had.
    pub fn spawn_with(config: Config, port: u16) -> anyhow::Result<Self> {
        let accounts = config.accounts();
        let server = Server::start(Chain::new(config), port)?;
        Ok(Self { server, accounts })
    }

    /// Where it answers JSON-RPC.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where it answers JSON-RPC over WebSocket.
    pub fn ws_url(&self) -> String {
        self.server.ws_url()
    }

    /// The funded accounts.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// The keys of the funded accounts.
    pub fn keys(&self) -> Vec<PrivateKeySigner> {
        self.accounts.iter().map(DevAccount::signer).collect()
    }

    /// The address of a funded account.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn address(&self, index: usize) -> Address {
        self.accounts[index].address
    }

    /// The chain itself, for what has no JSON-RPC method; requests wait while the guard lives.
    pub fn chain(&self) -> ChainGuard<'_> {
        self.server.chain()
    }
}
