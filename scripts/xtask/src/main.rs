//! The project's own commands: `cargo xtask --help`.

mod abi;
mod build;
mod programs;
mod setup;
mod sh;
mod suite;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, test and measure Ballast.
///
/// Needs rustup and Node.js 20 or newer; everything else is fetched by `setup`, which the other commands
/// run by themselves. Progress goes to stderr, results to stdout.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch and compile what build and tests need: the WASM target, npm packages, fixtures.
    ///
    /// Does nothing when all of it is up to date. Writes target/fixtures/<Name>.json.
    Setup,
    /// Compile the on-chain programs, refuse what the chain would refuse, and print their sizes.
    ///
    /// Writes target/stylus/<program>.wasm and target/stylus/sizes.json. A program fails when it is too
    /// large, when its data costs too much on every call, when the SDK's re-entrancy guard is off, or
    /// when Nitro would not activate it.
    Build {
        /// Programs to build; all when none is named.
        programs: Vec<String>,
        /// Try every optimisation instead and print them side by side; writes nothing.
        #[arg(long)]
        compare: bool,
        /// Build the other programs when one fails.
        #[arg(long)]
        keep_going: bool,
    },
    /// Write the programs' interfaces to contracts/abi, as Solidity and as JSON.
    ///
    /// Functions and errors come from the programs, events from their sources, the names of returned
    /// values from docs/specification.md. A disagreement on types is an error.
    Abi {
        /// Programs to export; all when none is named.
        programs: Vec<String>,
        /// Write nothing; fail, and print the difference, when contracts/abi is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Run every test: programs as WASM, interfaces, native tests, end-to-end tests.
    Test {
        /// Leave out what needs compiled WASM: only native tests and those of the host side.
        #[arg(long)]
        fast: bool,
    },
    /// Check formatting and run clippy with warnings refused, natively and for WASM.
    Lint,
    /// Run the demo: a treasury deployed, governed, rebalanced and attacked on the embedded chain.
    ///
    /// Builds what it needs first. Arguments go to the demo: try `cargo xtask demo --help`.
    #[command(disable_help_flag = true)]
    Demo {
        /// Passed on to the demo; with --json it prints one JSON document on stdout and nothing else.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
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

fn run(task: Task) -> Result<()> {
    match task {
        Task::Setup => setup::setup(),
        Task::Build {
            programs,
            compare,
            keep_going,
        } => {
            let chosen = programs::select(&programs)?;
            let table = if compare {
                build::compare(&chosen)?
            } else {
                build::build(&chosen, keep_going)?
            };
            print!("{table}");
            Ok(())
        }
        Task::Abi { programs, check } => abi::abi(&programs::select(&programs)?, check),
        Task::Test { fast } => suite::test(fast),
        Task::Lint => suite::lint(),
        Task::Demo { arguments } => suite::demo(&arguments),
    }
}
