//! `ballast devnode`: the embedded chain.

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
    #[arg(long)]
    bare: bool,
}

pub(crate) fn run(options: &Options, globals: &Globals) -> Outcome {
    let telling = Telling {
        quiet: globals.quiet,
        json: globals.json,
    };
    cli::run(&options.chain, telling, |chain| match options.bare {
        true => Ok(chain),
        false => furnish(chain),
    })?;
    Ok(())
}

fn furnish(chain: Chain) -> Result<Chain> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(ballast::local::arbitrum::furnish(chain))
}
