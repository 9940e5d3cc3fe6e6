//! `ballast`: what operators, keepers and members run.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use devnode::Chain;

/// Runs Ballast, a treasury that keeps its own balance.
#[derive(Debug, Parser)]
#[command(name = "ballast", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// An Arbitrum chain for development, in this process
    ///
    /// EVM bytecode and Stylus programs in one state, metered as Nitro meters them, behind JSON-RPC over
    /// HTTP and WebSocket on one port. StylusDeployer and CacheManager stand at their usual addresses,
    /// from the bytecode that `cargo xtask setup` fetched.
    Devnode {
        #[command(flatten)]
        options: devnode::cli::Options,
        /// Leave out StylusDeployer and CacheManager; the chain then starts at block 0
        #[arg(long)]
        bare: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Devnode { options, bare } => devnode::cli::run(&options, |chain| match bare {
            true => Ok(chain),
            false => furnish(chain),
        }),
    }
}

fn furnish(chain: Chain) -> Result<Chain> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(ballast::local::arbitrum::furnish(chain))
}
