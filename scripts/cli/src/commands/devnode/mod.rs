//! `ballast devnode`: the embedded chain.

mod example;

use std::path::{Path, PathBuf};

use ::devnode::{cli, cli::Telling, Chain};
use anyhow::Result;
use clap::Args;

use crate::{cli::Globals, failure::Outcome};

/// Run an Arbitrum chain for development, in this process
///
/// EVM bytecode and Stylus programs in one state, metered as Nitro meters them, behind JSON-RPC over
/// HTTP and WebSocket on one port. StylusDeployer and CacheManager stand at their usual addresses,
/// from the bytecode that `cargo xtask setup` fetched. With --json one line says where it listens, with the keys.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    chain: cli::Options,
    /// Leave out StylusDeployer and CacheManager; the chain then starts at block 0
    #[arg(long, conflicts_with = "example")]
    bare: bool,
    /// Put an example there: a DAO, WETH, WBTC and USDC with feeds and Uniswap V3 pools, and no treasury yet
    ///
    /// Writes into DIRECTORY: deploy.toml for `ballast deploy --config`, governor (its address), and
    /// keys/{deployer,voter,keeper,alice,guardian}, keystores of the chain's own accounts with keys/password.
    #[arg(long, value_name = "DIRECTORY")]
    example: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, globals: &Globals) -> Outcome {
    let telling = Telling {
        quiet: globals.quiet,
        json: globals.json,
    };
    cli::run(&options.chain, telling, |chain| match options.bare {
        true => Ok(chain),
        false => furnish(chain, options.example.as_deref()),
    })?;
    Ok(())
}

fn furnish(chain: Chain, example: Option<&Path>) -> Result<Chain> {
    let runtime = tokio::runtime::Runtime::new()?;
    let chain = runtime.block_on(ballast::local::arbitrum::furnish(chain))?;
    let Some(directory) = example else {
        return Ok(chain);
    };
    let (chain, stands) = runtime.block_on(ballast::local::example::open(chain))?;
    example::write(directory, chain.chain_id(), &stands)?;
    Ok(chain)
}
