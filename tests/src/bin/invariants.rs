//! Runs the invariants; `cargo xtask invariants` builds what it needs and passes its options on.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use e2e::invariants::{run, Options, Report, INVARIANTS};

/// Random sequences of every entry point by everybody, on compiled WASM; the 28 invariants after each step.
///
/// The same seed gives the same sequences on every machine. When a law is broken, the sequence is printed
/// from its start, with the options that run it alone.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask invariants")]
struct Cli {
    /// Sequences, each from the same start
    #[arg(long, default_value_t = 1_000)]
    sequences: u64,
    /// Random moves of each sequence
    #[arg(long, default_value_t = 100)]
    calls: u64,
    /// Seed of the first sequence; each next one's is greater by one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print too why moves were refused, and what became of each function
    #[arg(long)]
    verbose: bool,
    /// Threads
    #[arg(long, default_value_t = threads())]
    threads: u64,
}

fn threads() -> u64 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u64)
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let options = Options {
        sequences: cli.sequences,
        calls: cli.calls,
        seed: cli.seed,
        threads: cli.threads,
    };
    let step = (cli.sequences / 20).max(1);
    let report = run(options, |done| {
        if done % step == 0 {
            eprintln!("{done} of {} sequences", cli.sequences);
        }
    })
    .await?;
    print(&report, cli.calls);
    if cli.verbose {
        print_more(&report);
    }
    let all = report.one_sided().is_empty() && report.missed().is_empty();
    let sound = report.failed() == 0 && all;
    Ok(match sound {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn print(report: &Report, calls: u64) {
    println!(
        "{:<28} {:>9} {:>9} {:>10}",
        "move", "done", "refused", "most gas"
    );
    for (name, counts) in &report.moves {
        println!(
            "{name:<28} {:>9} {:>9} {:>10}",
            counts.done, counts.refused, counts.gas
        );
    }
    println!();
    for (i, text) in INVARIANTS.iter().enumerate() {
        println!(
            "inv_{:02} {:>10} checks  {text}",
            i + 1,
            report.checks.of(i + 1)
        );
    }
    println!(
        "\n{} sequences ended with all weight in quarantine",
        report.weightless
    );
    println!();
    if let Some((broken, seed, story)) = &report.broken {
        for line in story {
            println!("{line}");
        }
        println!("\ninv_{:02} broken: {}", broken.invariant, broken.found);
        println!("again: cargo xtask invariants --sequences 1 --calls {calls} --seed {seed}");
    }
    for signature in report.missed() {
        println!("{signature}: never carried out, or otherwise than the catalogue says");
    }
    for name in report.one_sided() {
        println!("{name}: never carried out, or never refused: more sequences are needed");
    }
    let failed = report.failed();
    println!("{} passed, {failed} failed", INVARIANTS.len() - failed);
}

fn print_more(report: &Report) {
    println!("\n{:<76} {:>9} {:>9}", "function", "done", "refused");
    for (signature, counts) in &report.functions {
        println!("{signature:<76} {:>9} {:>9}", counts.done, counts.refused);
    }
    println!("\n{:<28} {:<40} {:>9}", "move", "refused with", "times");
    for ((name, error), times) in &report.refusals {
        println!("{name:<28} {error:<40} {times:>9}");
    }
}
