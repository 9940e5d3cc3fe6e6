//! The embedded chain, in this process, behind the same JSON-RPC as any other.

use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;

/// A running embedded chain; it stops when dropped.
#[derive(Debug)]
pub struct Node {
    server: devnode::ServerHandle,
}

/// Starts a chain whose first block is at `genesis`, seconds since 1970.
pub fn start(genesis: u64) -> Result<Node> {
    let chain = devnode::Chain::new(devnode::Config {
        genesis_timestamp: genesis,
        ..Default::default()
    });
    Ok(Node {
        server: devnode::Server::start(chain, 0)?,
    })
}

/// Starts a chain that goes on from where another one stood.
pub fn start_from(prepared: &devnode::Prepared) -> Result<Node> {
    Ok(Node {
        server: devnode::Server::start(prepared.start(), 0)?,
    })
}

impl Node {
    /// The chain as it stands, for others to start from.
    pub fn prepared(&self) -> devnode::Prepared {
        devnode::Prepared::new(self.server.chain().clone())
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The chain itself, for what has no JSON-RPC method; requests wait while the guard lives.
    pub fn chain(&self) -> devnode::rpc::ChainGuard<'_> {
        self.server.chain()
    }

    /// Its funded keys.
    pub fn keys(&self) -> Vec<PrivateKeySigner> {
        devnode::dev_accounts().iter().map(|a| a.signer()).collect()
    }
}
