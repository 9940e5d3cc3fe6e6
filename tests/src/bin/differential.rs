//! Writes what random calls of the compiled programs do; `cargo xtask differential` has it repeated natively.

use std::{fs::File, io::BufWriter, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use e2e::differential::write;

/// Random calls of policy and vault on compiled WASM, with all that came of them, as a file.
#[derive(Debug, Parser)]
struct Cli {
    /// Sequences, each of programs of its own
    #[arg(long, default_value_t = 40)]
    sequences: u64,
    /// Random calls of each
    #[arg(long, default_value_t = 100)]
    calls: u64,
    /// Seed of the first sequence; each next one's is greater by one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write
    #[arg(long)]
    out: PathBuf,
}

/// Nobody claims anything while every token moves.
const COLLECT: &str = "collect(address,address)";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let file = File::create(&cli.out).with_context(|| cli.out.display().to_string())?;
    let mut file = BufWriter::new(file);
    let written = write(cli.sequences, cli.calls, cli.seed, &mut file).await?;
    println!("{:<76} {:>7} {:>7}", "function", "done", "refused");
    for (signature, (done, refused)) in &written {
        println!("{signature:<76} {done:>7} {refused:>7}");
    }
    let missed =
        |(signature, (done, _)): &(&&str, &(u64, u64))| *done == 0 && **signature != COLLECT;
    let never: Vec<_> = written.iter().filter(missed).collect();
    for (signature, _) in &never {
        println!("{signature}: never carried out: more sequences are needed");
    }
    Ok(if never.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
