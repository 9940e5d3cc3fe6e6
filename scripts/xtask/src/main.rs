//! The project's own commands: `cargo xtask --help`.

mod build;
mod programs;
mod setup;
mod sh;
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
    }
}
