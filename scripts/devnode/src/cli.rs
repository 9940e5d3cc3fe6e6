//! The embedded chain as a command: options, start, what it prints, and its end.

use crate::{Chain, Config, DevAccount, Mining, Server, ServerHandle, MNEMONIC};
use anyhow::{bail, Context};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How soon an interrupt is noticed.
const POLL: Duration = Duration::from_millis(50);

/// What a developer may ask of the chain.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Options {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Address to listen on; whoever reaches it can do with the chain what they like
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Chain id
    #[arg(long, default_value_t = Config::default().chain_id)]
    chain_id: u64,
    /// Time of the first block, in seconds since 1970 [default: 1735689600, or now with --wall-clock]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<u64>,
    /// Funded accounts of the mnemonic; that of Nitro's own development node is funded too
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=10))]
    accounts: u8,
    /// Ether that each funded account has
    #[arg(long, default_value_t = 10_000, value_name = "ETHER")]
    balance: u64,
    /// Base fee, in wei per gas
    #[arg(long, default_value_t = Config::default().base_fee, value_name = "WEI")]
    base_fee: u64,
    /// What the parent chain charges for posting, in wei per gas of its own; 0 keeps gas figures those
    /// of execution alone
    #[arg(long, default_value_t = 0, value_name = "WEI")]
    l1_base_fee: u64,
    /// Make a block every so many seconds instead of one for every transaction
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// Make blocks only when asked to (evm_mine)
    #[arg(long, conflicts_with = "block_time")]
    no_mining: bool,
    /// Stamp blocks by the wall clock
    #[arg(long)]
    wall_clock: bool,
    /// Start from a file that --dump-state or anvil_dumpState wrote
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
    /// Write the chain to a file when it ends
    #[arg(long, value_name = "FILE")]
    dump_state: Option<PathBuf>,
}

/// How much the chain tells of itself on standard output.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Telling {
    /// Print only where it listens
    #[arg(long)]
    pub quiet: bool,
    /// Print one line of JSON: url, wsUrl, chainId, accounts with their keys
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
}

/// Starts the chain, prints where it listens and runs it until it is interrupted.
///
/// `furnish` puts onto the new chain whatever is to be there before anybody can reach it.
///
/// # Errors
/// A file that cannot be read or written, a port that cannot be had, or what `furnish` says.
pub fn run(
    options: &Options,
    telling: Telling,
    furnish: impl FnOnce(Chain) -> anyhow::Result<Chain>,
) -> anyhow::Result<()> {
    // Before anything is printed: who reads where it listens may end it at once.
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&interrupted)).context("cannot wait for signals")?;
    }
    if let Some(file) = &options.dump_state {
        check_directory(file)?;
    }
    if !options.host.is_loopback() {
        eprintln!(
            "warning: listening on {}: anybody who reaches this machine can use the chain and its keys",
            options.host
        );
    }
    let config = config(options);
    let accounts = config.accounts();
    let chain = furnish(chain(options, config)?)?;
    let chain = mining(options, chain);
    let server = Server::start_on(chain, options.host, options.port)?;
    announce(options, telling, &server, &accounts);

    while !interrupted.load(Ordering::Relaxed) {
        std::thread::sleep(POLL);
    }
    if let Some(file) = &options.dump_state {
        let dump = server.chain().dump();
        write(file, &dump)?;
        if !telling.quiet {
            eprintln!("wrote {} bytes to {}", dump.len(), file.display());
        }
    }
    Ok(())
}

fn config(options: &Options) -> Config {
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |duration| duration.as_secs())
    };
    let default = Config::default();
    let genesis = match options.wall_clock {
        true => now(),
        false => default.genesis_timestamp,
    };
    Config {
        chain_id: options.chain_id,
        genesis_timestamp: options.timestamp.unwrap_or(genesis),
        base_fee: options.base_fee,
        l1_base_fee: options.l1_base_fee,
        dev_accounts: options.accounts.into(),
        dev_balance: crate::ether(options.balance),
        follow_wall_clock: options.wall_clock,
        ..default
    }
}

fn chain(options: &Options, config: Config) -> anyhow::Result<Chain> {
    let mut chain = Chain::new(config);
    if let Some(file) = &options.load_state {
        let dump =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        chain
            .load(&dump)
            .with_context(|| format!("cannot load {}", file.display()))?;
    }
    Ok(chain)
}

fn mining(options: &Options, mut chain: Chain) -> Chain {
    if let Some(seconds) = options.block_time {
        chain.set_mining(Mining::Interval(Duration::from_secs(seconds)));
    } else if options.no_mining {
        chain.set_mining(Mining::Manual);
    }
    chain
}

fn announce(options: &Options, telling: Telling, server: &ServerHandle, accounts: &[DevAccount]) {
    if telling.json {
        let accounts: Vec<_> = accounts
            .iter()
            .map(|account| json!({ "address": account.address, "key": account.key }))
            .collect();
        let line = json!({
            "url": server.url(),
            "wsUrl": server.ws_url(),
            "chainId": options.chain_id,
            "accounts": accounts,
        });
        println!("{line}");
        return;
    }
    if !telling.quiet {
        println!("Funded accounts, with {} ether each", options.balance);
        for (index, account) in accounts.iter().enumerate() {
            println!("({index}) {}  {}", account.address, account.key);
        }
        println!();
        println!("Mnemonic       {MNEMONIC}");
        println!(
            "Path           m/44'/60'/0'/0/, but the last is the key of Nitro's development node"
        );
        println!("Chain id       {}", options.chain_id);
        println!("Base fee       {} wei", options.base_fee);
        let latest = server.chain().latest().clone();
        println!(
            "Latest block   {}, at {} seconds since 1970",
            latest.number(),
            latest.header.timestamp
        );
        println!();
    }
    println!("Listening on   {} and {}", server.url(), server.ws_url());
}

fn check_directory(file: &Path) -> anyhow::Result<()> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        bail!(
            "cannot write {}: there is no directory {}",
            file.display(),
            directory.display()
        );
    }
    Ok(())
}

/// Writes beside the file first, so that what was there is not lost half-way.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, file))
        .with_context(|| format!("cannot write {}", file.display()))
}
