//! One module for each command: its options, its work, its answer.

pub(crate) mod advance;
pub(crate) mod amounts;
pub(crate) mod cache;
pub(crate) mod completions;
pub(crate) mod decode;
pub(crate) mod deploy;
pub(crate) mod devnode;
pub(crate) mod doctor;
pub(crate) mod governor;
pub(crate) mod keepalive;
pub(crate) mod keeper;
pub(crate) mod keeping;
pub(crate) mod manual;
pub(crate) mod mint;
pub(crate) mod observe;
pub(crate) mod open;
pub(crate) mod plan;
pub(crate) mod propose;
pub(crate) mod rebalance;
pub(crate) mod redeem;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod status;
pub(crate) mod verify;

use std::future::Future;

use crate::{
    cli::{Cli, Command},
    failure::{Kind, OfKind, Outcome},
    terminal::Terminal,
};

/// Runs the command that was typed.
pub(crate) fn run(cli: &Cli, terminal: &Terminal) -> Outcome {
    let globals = &cli.globals;
    match &cli.command {
        Command::Advance(options) => wait(advance::run(options, globals, terminal)),
        Command::Cache(options) => wait(cache::run(options, globals, terminal)),
        Command::Completions(options) => completions::run(options, terminal),
        Command::Decode(options) => wait(decode::run(options, globals, terminal)),
        Command::Deploy(options) => wait(deploy::run(options, globals, terminal)),
        Command::Devnode(options) => devnode::run(options, globals),
        Command::Doctor(options) => wait(doctor::run(options, globals, terminal)),
        Command::Governor(options) => wait(governor::run(options, globals, terminal)),
        Command::Keepalive(options) => wait(keepalive::run(options, globals, terminal)),
        Command::Keeper(options) => wait(keeper::run(options, globals, terminal)),
        Command::Manual(options) => manual::run(options),
        Command::Mint(options) => wait(mint::run(options, globals, terminal)),
        Command::Observe(options) => wait(observe::run(options, globals, terminal)),
        Command::Open(options) => wait(open::run(options, globals, terminal)),
        Command::Plan(options) => wait(plan::run(options, globals, terminal)),
        Command::Propose(options) => wait(propose::run(options, globals, terminal)),
        Command::Rebalance(options) => wait(rebalance::run(options, globals, terminal)),
        Command::Redeem(options) => wait(redeem::run(options, globals, terminal)),
        Command::Replay(options) => wait(replay::run(options, terminal)),
        Command::Report(options) => wait(report::run(options, globals, terminal)),
        Command::Status(options) => wait(status::run(options, globals, terminal)),
        Command::Verify(options) => wait(verify::run(options, globals, terminal)),
    }
}

fn wait(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Runtime::new().kind(Kind::Fault)?;
    runtime.block_on(work)
}
