//! Runs the embedded chain until interrupted.

use clap::Parser;
use devnode::cli::{run, Options, Telling};

const EXAMPLES: &str = "\
Examples:
  devnode                              on port 8547, a block for every transaction
  devnode --port 0 --json              on a free port; one line of JSON says where, with the keys
  devnode --block-time 2 --wall-clock  a block every two seconds, stamped by the clock
  devnode --dump-state chain.dump      writes the chain when it ends (Ctrl-C) …
  devnode --load-state chain.dump      … and goes on from there

  cast send --rpc-url http://127.0.0.1:8547 --private-key 0xac09… 0x… 'mint(address,uint256)' 0x… 1
  cargo stylus deploy --endpoint http://127.0.0.1:8547 --private-key 0xac09…

Time stands still between blocks, each one second after its parent, unless --block-time, --wall-clock or
evm_increaseTime say otherwise: a run with the same calls gives the same chain.
The methods that are answered, and how the chain differs from Nitro, stand in docs/devnode.md.";

/// An Arbitrum chain for development, in this process: EVM bytecode and Stylus programs in one state,
/// metered as Nitro meters them, behind JSON-RPC over HTTP and WebSocket on one port.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    telling: Telling,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    run(&cli.options, cli.telling, Ok)
}
