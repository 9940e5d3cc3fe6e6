//! A chain with the example's DAO and market and no treasury, a configuration for it, and the binary run beside it.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use anyhow::{Context, Result};
use ballast::local::{
    arbitrum,
    embedded::{self, Node},
    example::{self, Example},
};
use ballast_deployment::example::configuration;
use devnode::Prepared;
use tempfile::TempDir;

use crate::scene::{ballast, finish, Ran};

/// The chain, what stands on it, and a directory with `treasury.toml`.
pub(crate) struct Ground {
    pub(crate) node: Node,
    pub(crate) example: Example,
    pub(crate) directory: TempDir,
}

impl Ground {
    pub(crate) async fn new() -> Result<Self> {
        let chain = arbitrum::furnish(devnode::Chain::new(devnode::Config::default())).await?;
        let (chain, example) = example::open(chain).await?;
        let ground = Self {
            node: embedded::start_from(&Prepared::new(chain))?,
            example,
            directory: TempDir::new()?,
        };
        ground.configure(&configuration(&ground.example)?)?;
        Ok(ground)
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path("treasury.toml"), text)?)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the binary as the deployer.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Ran> {
        self.run_as(Some(self.example.cast.deployer), arguments)
            .await
    }

    /// Runs the binary with the key of `who`, or without any.
    pub(crate) async fn run_as(&self, who: Option<Address>, arguments: &[&str]) -> Result<Ran> {
        let mut command = ballast(self.directory.path());
        command.env("BALLAST_RPC", self.node.url());
        if let Some(who) = who {
            command.env("BALLAST_PRIVATE_KEY", self.key(who)?);
        }
        command.args(arguments);
        finish(command).await
    }

    /// Deploys the configured treasury.
    pub(crate) async fn deploy(&self) -> Result<Ran> {
        self.run(&[
            "--json",
            "deploy",
            "--config",
            "treasury.toml",
            "--send",
            "--yes",
        ])
        .await
    }

    pub(crate) fn key(&self, who: Address) -> Result<String> {
        let keys = self.node.keys();
        let key = keys.iter().find(|key| key.address() == who);
        let key = key.context("nobody of the cast")?;
        Ok(B256::from_slice(&key.credential().to_bytes()).to_string())
    }
}
