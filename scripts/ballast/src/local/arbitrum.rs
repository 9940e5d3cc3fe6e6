//! What every Arbitrum chain has besides its precompiles: StylusDeployer and CacheManager.

use alloy::primitives::U256;
use anyhow::Result;
use devnode::{exec::arbos::CHAIN_OWNER, Chain, Prepared};

use super::{
    cache::{self, Terms},
    deployer::{self, STYLUS_DEPLOYER},
    embedded,
};
use crate::{artifacts::Artifacts, client::Client};

/// What the chain's owner is lent for the gas of it.
const GAS_MONEY: u128 = 1_000_000_000_000_000_000_000;

/// The same chain with both at their usual addresses; as it is where they are there already.
///
/// # Errors
/// If a bytecode is missing: `cargo xtask setup` fetches them.
pub async fn furnish(mut chain: Chain) -> Result<Chain> {
    if !chain.state().code(STYLUS_DEPLOYER).is_empty() {
        return Ok(chain);
    }
    let balance = chain.state().balance(CHAIN_OWNER);
    let lent = balance.max(U256::from(GAS_MONEY));
    chain.state_mut().set_balance(CHAIN_OWNER, lent);
    let node = embedded::start_from(&Prepared::new(chain))?;
    let artifacts = Artifacts::default();
    let client = Client::connect(&node.url(), &node.keys(), &artifacts)?;
    deployer::open(&client, &artifacts, CHAIN_OWNER).await?;
    cache::open(&client, &artifacts, Terms::default()).await?;
    let mut chain = node.chain().clone();
    chain.state_mut().set_balance(CHAIN_OWNER, balance);
    Ok(chain)
}
