//! The project's own commands: `cargo xtask --help`.

mod abi;
mod bench;
mod binary;
mod browser;
mod build;
mod clients;
mod conformance;
mod differential;
mod gas;
mod guards;
mod invariants;
mod laws;
mod programs;
mod quickstart;
mod setup;
mod sh;
mod size;
mod snapshot;
mod soak;
mod suite;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use snapshot::Then;

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
    /// Measure what transactions cost, and compare with tests/snapshots/gas.json.
    ///
    /// Runs every scenario on the embedded chain: rebalances, mint, redeem, targets and reads, at 1 to 32
    /// assets, with programs cached and not, beside a bare script that makes the same calls to others. The
    /// figures are the same on every machine. docs/gas.md says how to read them.
    Gas {
        #[command(flatten)]
        snapshot: Snapshot,
        /// Print everything measured, frame by frame, as JSON instead of the table.
        #[arg(long)]
        json: bool,
    },
    /// Build the programs and compare their sizes with tests/snapshots/size.json.
    Size {
        #[command(flatten)]
        snapshot: Snapshot,
    },
    /// Run every test: programs as WASM, interfaces, native tests, end-to-end tests.
    Test {
        /// Leave out what needs compiled WASM: only native tests and those of the host side.
        #[arg(long)]
        fast: bool,
    },
    /// Hold the embedded chain against Nitro's rules and prices: one small program for each.
    ///
    /// Host functions, opcodes, validation, activation, memory and every way a program may end, with
    /// figures worked out by hand from the published prices, equal to the unit. Prints the tests by
    /// subject and closes with `N passed, 0 failed`. The same tests run in `cargo xtask test`.
    Conformance {
        /// Run only the tests whose names contain this, such as `host::storage` or `opcodes`.
        filter: Option<String>,
    },
    /// Run random sequences of everything that anybody can do, and check the 28 invariants after each step.
    ///
    /// Depositors, keepers, the governor, the guardian, donors, hostile fillers, a token that misbehaves,
    /// faulty feeds and the clock, on the compiled programs. Prints how often each move was carried out
    /// and refused, and closes with `28 passed, 0 failed`. Options: --sequences, --calls, --seed, --threads.
    #[command(disable_help_flag = true)]
    Invariants {
        /// Passed on: try `cargo xtask invariants --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make random calls of the compiled policy and vault, repeat them natively, and compare everything.
    ///
    /// Answers, refusals, events and every word of storage; of what needs nobody else's bytecode but plain
    /// tokens. Options: --sequences, --calls, --seed. A short run is part of `test`.
    Differential {
        /// Passed on: try `cargo run -p e2e --bin differential -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Try every law of the formulas on many random cases, optimised.
    ///
    /// `test` does so with 10,000 cases and another seed each time.
    Laws {
        /// Cases of each law.
        #[arg(long, default_value_t = 1_000_000)]
        cases: u32,
        /// Seed of the cases.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Run the keeper over 10,000 blocks of real prices while node, market and account break.
    ///
    /// The node goes down, answers late, loses transactions, forgets receipts and takes blocks back; somebody
    /// else uses the keeper's nonce, pools move after the quote, the account is empty, gas is too dear, the
    /// WebSocket is cut, the keeper is killed. Prints what was seen and closes with `N passed, 0 failed`.
    /// Options: --blocks, --block-seconds, --every, --json.
    #[command(disable_help_flag = true)]
    Soak {
        /// Passed on: try `cargo xtask soak --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Delete every refusal of the programs in turn, and see the tests of its program go red.
    ///
    /// Works on a copy in target/guards with a target folder of its own, so the first run compiles for some
    /// minutes; each guard then takes some seconds. Closes with `N passed, 0 failed`.
    Guards {
        /// Only guards whose error's name, or whose package, contains this, such as `Slippage` or `vault`.
        filter: Option<String>,
    },
    /// Run other people's clients against the embedded chain: cast, viem, alloy, cargo-stylus.
    ///
    /// cargo-stylus is installed into target/tools first, which takes minutes once.
    Clients {
        /// Leave out cargo-stylus: only the clients that `test` runs too.
        #[arg(long)]
        fast: bool,
    },
    /// Measure the embedded chain, the formulas and the demo on this machine, built for release.
    ///
    /// Prints a table of durations and, where a benchmark counts transactions, of transactions per
    /// second. Close other programs first; compare ratios of one run rather than runs of two machines.
    Bench {
        /// Only benchmarks whose names contain this, such as `erc20` or `demo`.
        filter: Option<String>,
    },
    /// Build `ballast` for release as one static file, and print its path, size and SHA-256.
    ///
    /// Linux only, against musl: the file needs nothing of the machine that it is carried to. Keys in a Ledger are
    /// not part of it (docs/cli.md).
    Binary,
    /// Look at the report's page in a real browser: light and dark, a desktop and a phone, without network.
    ///
    /// Contrast, width, requests, hostile names, themes, names for keyboard and screen reader, complaints of the
    /// browser; then the page is broken in nine ways, and each must be noticed. Takes the browser that the variable
    /// CHROMIUM names, or an installed one; where there is none, fetches one from npm (67 MB, Linux on x86_64).
    /// Pictures go to target/browser/pictures.
    Browser {
        /// Take the one from npm even if another is installed.
        #[arg(long)]
        packaged: bool,
    },
    /// Type what the README's quick start tells a newcomer to type, in an empty directory.
    ///
    /// A chain with an example DAO, a deployment, a vote, a keeper, a report: each command is shown as it runs.
    Quickstart,
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

/// What to do with figures that are committed; only shows how they differ when neither is chosen.
#[derive(clap::Args)]
struct Snapshot {
    /// Fail, and print the difference, when a figure changed by more than 1 % or is new or gone.
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Write the snapshot, and the tables that are made of it.
    #[arg(long)]
    update: bool,
}

impl Snapshot {
    fn then(&self) -> Then {
        match (self.check, self.update) {
            (true, _) => Then::Check,
            (_, true) => Then::Update,
            _ => Then::Show,
        }
    }
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
        Task::Gas { snapshot, json } => gas::gas(snapshot.then(), json),
        Task::Size { snapshot } => size::size(snapshot.then()),
        Task::Test { fast } => suite::test(fast),
        Task::Conformance { filter } => conformance::conformance(filter.as_deref()),
        Task::Guards { filter } => guards::guards(filter.as_deref()),
        Task::Invariants { arguments } => invariants::invariants(&arguments),
        Task::Differential { arguments } => differential::differential(&arguments),
        Task::Laws { cases, seed } => laws::laws(cases, seed),
        Task::Soak { arguments } => soak::soak(&arguments),
        Task::Clients { fast } => clients::clients(fast),
        Task::Bench { filter } => bench::bench(filter.as_deref()),
        Task::Binary => binary::binary(),
        Task::Browser { packaged } => browser::browser(packaged),
        Task::Quickstart => quickstart::quickstart(),
        Task::Lint => suite::lint(),
        Task::Demo { arguments } => suite::demo(&arguments),
    }
}
