//! The keeper's soak; `cargo xtask soak` builds what it needs and passes its options on.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use e2e::soak::{run, serve, Options, Report};

/// The keeper over thousands of blocks of real prices while the node, the market and its account break.
///
/// Prints what was seen as a table and closes with `N passed, 0 failed`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask soak")]
struct Cli {
    /// Blocks in which the keeper makes a turn
    #[arg(long, default_value_t = 10_000)]
    blocks: u64,
    /// Seconds between two blocks
    #[arg(long, default_value_t = 60)]
    block_seconds: u64,
    /// Blocks between two faults, at least
    #[arg(long, default_value_t = 40)]
    every: u64,
    /// Print what was seen as JSON instead
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Part {
    /// The keeper's own process, which is started by the other one
    #[command(hide = true)]
    Keeper,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    if matches!(cli.part, Some(Part::Keeper)) {
        serve().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = std::env::current_exe()?;
    let options = Options {
        blocks: cli.blocks,
        block_s: cli.block_seconds,
        every: cli.every,
        program: program.to_str().context("a path in words")?.into(),
        flaw: None,
    };
    let step = (cli.blocks / 20).max(1);
    let report = run(&options, |block, report| {
        if (block + 1) % step == 0 {
            eprintln!(
                "{} of {} blocks, {} rebalances, {} kB",
                block + 1,
                cli.blocks,
                report.rebalanced,
                report.rss_kb.1
            );
        }
    })
    .await?;
    let failed = report.verdicts().iter().filter(|v| !v.holds).count();
    match cli.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print(&report),
    }
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn print(report: &Report) {
    for (name, count) in &report.faults {
        println!("{name:<42} {count:>8}");
    }
    let [at_once, one, two, later] = report.delays;
    println!();
    for (name, count) in [
        ("blocks", report.blocks),
        ("windows that surely paid", report.windows),
        ("  used in the same block", at_once),
        ("  one block later", one),
        ("  two blocks later", two),
        ("  more than two blocks later", later),
        ("openings", report.opened),
        ("rebalances", report.rebalanced),
        ("looks at watched assets", report.observed),
        ("other transactions of the account", report.others),
        ("reverted", report.reverted),
        ("turns that ended in an error", report.failed_turns),
        ("connections of the last process", report.connections),
    ] {
        println!("{name:<42} {count:>8}");
    }
    let least = report.least_profit.unwrap_or_default();
    println!("{:<42} {least:>8.2}", "least profit of a rebalance, USD");
    println!(
        "{:<42} {:>8.2}",
        "profit, gas of everything paid, USD", report.profit
    );
    println!();
    let verdicts = report.verdicts();
    for verdict in &verdicts {
        let holds = if verdict.holds { "ok  " } else { "FAIL" };
        println!("{holds}  {}", verdict.words);
    }
    let failed = verdicts.iter().filter(|v| !v.holds).count();
    println!("{} passed, {failed} failed", verdicts.len() - failed);
}
