//! StylusDeployer, from its real bytecode, at the address it has on every Arbitrum chain.

use alloy::primitives::{address, Address};
use anyhow::Result;

use crate::{artifacts::Artifacts, client::Client};

/// Where Arbitrum put it; `cargo stylus deploy` looks for it there.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");

/// Puts it there on the embedded chain.
///
/// It is created by `from` at an address of that account's, and its code moved: the transaction that
/// put it in place on a live chain came from an account whose key nobody here has. It keeps no storage.
///
/// # Errors
/// If its bytecode is missing.
pub async fn open(client: &Client, artifacts: &Artifacts, from: Address) -> Result<()> {
    let created = super::deploy(client, artifacts, from, "StylusDeployer", &[]).await?;
    super::chain::copy_code(client, created, STYLUS_DEPLOYER).await
}
