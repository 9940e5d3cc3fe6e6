//! What may be typed.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use alloy::primitives::{Address, B256};
use ballast::wire::PATIENCE;
use clap::{error::ErrorKind, Args, CommandFactory, Parser, Subcommand};

use crate::{
    commands::{
        advance, cache, completions, decode, deploy, devnode, doctor, governor, keepalive, keeper,
        manual, mint, observe, open, plan, propose, rebalance, redeem, replay, report, status,
        verify,
    },
    failure::{Failure, Kind},
    keys::DerivationPath,
};

const AFTER: &str = "\
Examples:
  ballast devnode                        an Arbitrum chain of your own, on 127.0.0.1:8547
  ballast status                         what the treasury holds, wants and may do now
  ballast --rpc wss://… --json status    the same elsewhere, for a machine

Nothing is sent without --send: until then a command says what it would do and what it would cost.

Exit codes:
  0  done, or a dry run that would succeed
  1  a fault of this program or its surroundings
  2  the command line was not understood
  3  bad input: a value, a file, a configuration, a record
  4  the chain cannot be reached, is another one, or has nothing at an address
  5  a contract refuses
  6  a key is missing or wrong, or its account has too little
  7  a check found a difference
  8  there is nothing to do now";

/// Runs Ballast, a treasury that keeps its own balance.
#[derive(Debug, Parser)]
#[command(name = "ballast", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Refuses what contradicts itself on two sides of the command's name: clap compares one side at a time.
    pub(crate) fn consistent(&self) -> Result<(), clap::Error> {
        let globals = &self.globals;
        let contradiction = match (globals.dry_run && globals.send, globals.quiet) {
            (true, _) => "--dry-run cannot be used with --send",
            (_, true) if globals.verbose > 0 => "--quiet cannot be used with --verbose",
            _ => return Ok(()),
        };
        Err(Self::command().error(ErrorKind::ArgumentConflict, contradiction))
    }
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Globals {
    /// The chain: http, https, ws or wss
    #[arg(
        long,
        global = true,
        env = "BALLAST_RPC",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8547",
        value_name = "URL"
    )]
    pub(crate) rpc: String,
    /// How many seconds to wait for the chain to answer at all
    #[arg(
        long,
        global = true,
        default_value_t = 0,
        hide_default_value = true,
        value_name = "SECONDS"
    )]
    pub(crate) wait: u64,
    /// How many seconds to wait for each of its answers
    #[arg(
        long,
        global = true,
        env = "BALLAST_TIMEOUT",
        hide_env_values = true,
        default_value_t = PATIENCE.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        value_name = "SECONDS"
    )]
    pub(crate) timeout: u64,
    /// The deployment's record [default: deployments/<chain id>.json]
    #[arg(
        long,
        global = true,
        env = "BALLAST_DEPLOYMENT",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) deployment: Option<PathBuf>,
    /// Print one document of JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Tell more: -v what is asked of the chain, -vv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Only say what would be done; the default
    #[arg(long, global = true, conflicts_with = "send")]
    pub(crate) dry_run: bool,
    /// Do it: sign and send
    #[arg(long, global = true)]
    pub(crate) send: bool,
    /// Do not ask before sending
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[arg(skip)]
    pub(crate) trace: Trace,
}

/// What this run is, and what it gave to the chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    /// The command as it was understood, with everything that was typed for it.
    pub(crate) command: String,
    /// Transactions with what they do, in words.
    given: Arc<Mutex<Vec<(B256, String)>>>,
}

impl Trace {
    /// Notes a transaction that is given to the chain.
    pub(crate) fn give(&self, transaction: B256, what: &str) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.iter().all(|(known, _)| *known != transaction) {
            given.push((transaction, what.to_owned()));
        }
    }

    /// The hashes of what was given.
    pub(crate) fn given(&self) -> Vec<B256> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.iter().map(|(hash, _)| *hash).collect()
    }

    /// What to say of `failure` beside itself: where the chain went away, what was given to it may have been carried out.
    pub(crate) fn told(&self, failure: Failure) -> Failure {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.kind != Kind::Chain || given.is_empty() {
            return failure;
        }
        let named = given
            .iter()
            .map(|(hash, what)| format!("{what}: transaction {hash}"));
        let named: Vec<_> = named.collect();
        let message = format!(
            "{}; what this run gave to it may have been carried out: {}",
            failure.message,
            named.join("; ")
        );
        Failure::new(failure.kind, message).next(
            "run the same command again once the chain answers: it finds out what became of that before it sends anything",
        )
    }
}

/// Who signs. A key itself is never an argument: others on the machine could read it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Keys {
    /// An encrypted keystore, as geth, cast and clef write them
    #[arg(
        long,
        global = true,
        env = "BALLAST_KEYSTORE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) keystore: Option<PathBuf>,
    /// A file whose first line is the keystore's password [default: asked for]
    #[arg(
        long,
        global = true,
        env = "BALLAST_PASSWORD_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// A Ledger's key: number of an account of Ledger Live [default: 0], or a path as in m/44'/60'/0'/0/0
    #[arg(
        long,
        global = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0",
        value_name = "PATH"
    )]
    pub(crate) ledger: Option<DerivationPath>,
    /// Name of the environment variable that holds a private key
    #[arg(
        long,
        global = true,
        default_value = "BALLAST_PRIVATE_KEY",
        value_name = "NAME"
    )]
    pub(crate) key_env: String,
    /// Who acts in a dry run without a key
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) from: Option<Address>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Advance(advance::Options),
    Cache(cache::Options),
    Completions(completions::Options),
    Decode(decode::Options),
    Deploy(deploy::Options),
    Devnode(devnode::Options),
    Doctor(doctor::Options),
    Governor(governor::Options),
    Keepalive(keepalive::Options),
    Keeper(keeper::Options),
    Manual(manual::Options),
    Mint(mint::Options),
    Observe(observe::Options),
    Open(open::Options),
    Plan(plan::Options),
    Propose(propose::Options),
    Rebalance(rebalance::Options),
    Redeem(redeem::Options),
    Replay(replay::Options),
    Report(report::Options),
    Status(status::Options),
    Verify(verify::Options),
}
