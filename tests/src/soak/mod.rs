//! The keeper over thousands of blocks of real prices while everything around it breaks.
//!
//! The keeper runs in a process of its own and makes one turn a block, through a proxy that breaks things. A judge beside
//! it, who asks the contracts and the quoter directly, says when there was something to do that surely paid. After each
//! block what the keeper's account sent is taken from the chain, not from the keeper.

mod child;
mod faults;
mod proxy;
mod relay;
mod world;

use std::path::Path;

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    signers::local::PrivateKeySigner,
};
use anyhow::{ensure, Context, Result};
use ballast::{abi::Rebalancer, local::chain};
use serde::Serialize;
use serde_json::Value;

pub use child::serve;
pub use faults::{Fault, FAULTS};
use {
    child::{Post, Running},
    faults::{Breaker, Phase},
    proxy::Proxy,
    relay::Relay,
    world::{Judge, Window},
};

use crate::Theatre;

/// How long, and how the time passes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Blocks in which the keeper makes a turn.
    pub blocks: u64,
    /// Seconds between them.
    pub block_s: u64,
    /// Blocks between two faults.
    pub every: u64,
    /// The binary that is the keeper's process.
    pub program: String,
}

/// Blocks that a window may be missed, while the node can be reached and the keeper can pay.
pub const MISSED_MAX: u64 = 2;
/// Parts of a hundred by which memory may grow after the warm-up.
pub const GROWTH_MAX: u64 = 10;
/// USD: least profit of a rebalance, as the keeper is told.
const PROFIT_USD: u64 = 2;
/// Gas of a rebalance before one was made.
const GAS: u64 = 2_500_000;
/// Least parts of the run in which the process is the same one: memory is measured in it.
const SETTLED_AFTER: u64 = 5;

/// What was seen.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Blocks in which the keeper made a turn.
    pub blocks: u64,
    /// How often each fault was injected, and how it is called.
    pub faults: Vec<(&'static str, u64)>,
    /// Windows in which there was something to do that surely paid, and the keeper could do it.
    pub windows: u64,
    /// Of those, how many were used in the same block, one later, two later, and later.
    pub delays: [u64; 4],
    /// The longest delay, blocks.
    pub longest_delay: u64,
    /// Transactions of the keeper's by what they did, as the chain has them.
    pub opened: u64,
    /// Rebalances.
    pub rebalanced: u64,
    /// Looks at watched assets.
    pub observed: u64,
    /// Others: closing, settling, taking the place of another.
    pub others: u64,
    /// Reverted.
    pub reverted: u64,
    /// Rebalances that brought less than the keeper was told, gas paid.
    pub losses: u64,
    /// The least that a rebalance brought, USD, gas paid.
    pub least_profit: Option<f64>,
    /// What all of them brought, USD, gas of all transactions paid.
    pub profit: f64,
    /// Turns that ended in an error.
    pub failed_turns: u64,
    /// How often the keeper's processes have connected.
    pub connections: u64,
    /// Kilobytes after the warm-up, and at the end.
    pub rss_kb: (u64, u64),
}

impl Report {
    /// What must hold, in words, and whether it does.
    pub fn verdicts(&self) -> Vec<(String, bool)> {
        let limit = self.rss_kb.0 + self.rss_kb.0 * GROWTH_MAX / 100;
        let unseen: Vec<_> = self.faults.iter().filter(|(_, n)| *n == 0).collect();
        vec![
            (
                format!(
                    "no window missed for more than {MISSED_MAX} blocks: {} at most",
                    self.longest_delay
                ),
                self.longest_delay <= MISSED_MAX && self.windows > 0,
            ),
            (
                format!(
                    "no rebalance at a loss: {} of {}",
                    self.losses, self.rebalanced
                ),
                self.losses == 0 && self.rebalanced > 0,
            ),
            (
                format!("no reverted transaction: {}", self.reverted),
                self.reverted == 0,
            ),
            (
                format!("it paid: {:.2} USD, gas of everything paid", self.profit),
                self.profit > 0.0,
            ),
            (
                format!(
                    "memory flat: {} kB after warm-up, {} kB at the end",
                    self.rss_kb.0, self.rss_kb.1
                ),
                self.rss_kb.0 > 0 && self.rss_kb.1 <= limit,
            ),
            (
                match unseen.is_empty() {
                    true => format!("every fault of {} was injected", self.faults.len()),
                    false => format!("faults never injected: {unseen:?}"),
                },
                unseen.is_empty(),
            ),
        ]
    }
}

/// Runs it; `progress` is told the number of each block.
///
/// # Errors
/// The world cannot be set up, or something in it breaks that should not.
pub async fn run(options: &Options, progress: impl Fn(u64, &Report)) -> Result<Report> {
    let directory = std::env::temp_dir().join(format!(
        "ballast-soak-{}-{}",
        std::process::id(),
        options.block_s
    ));
    std::fs::create_dir_all(&directory)?;
    let done = Soak::set(options, &directory)
        .await?
        .run(options, progress)
        .await;
    std::fs::remove_dir_all(&directory)?;
    done
}

struct Soak {
    theatre: Theatre,
    filler: Address,
    breaker: Breaker,
    running: Running,
    post: Post,
    judge: Judge,
    report: Report,
    scanned: u64,
    worth: U256,
    /// Blocks for which a window has been open and the keeper able.
    waited: u64,
    program: String,
}

impl Soak {
    async fn set(options: &Options, directory: &Path) -> Result<Self> {
        let (theatre, filler) = world::raise_world().await?;
        let proxy = Proxy::start((*theatre).clone()).await?;
        let node = theatre.node.url();
        let relay = Relay::start(node.trim_start_matches("http://").to_owned())?;
        let config = format!(
            "mode = \"own-filler\"\nstate_file = {:?}\nclose = true\nsettle = true\n\
             [trade]\nmin_profit_usd = {PROFIT_USD}.0\nmargin_s = 30\ndeadline_s = {}\nslices_bps = [10000]\n\
             [gas]\nreplace_after_s = {}\nconfirmations = 5\nmax_price_gwei = 1.0\n\
             [venues]\nfees = [500]\nquoter = \"{}\"\nown_filler = \"{filler}\"\n",
            directory.join("keeper.json"),
            options.block_s * 20,
            options.block_s * 2,
            theatre.uniswap.quoter,
        );
        let key = key_of(&theatre)?;
        // It begins over a WebSocket, and goes on over HTTP after its first restart.
        let post = Post::new(&relay.url, key, &theatre.suite, config);
        let running = Running::start(&options.program, &post)?;
        let scanned = theatre.client.provider.get_block_number().await?;
        let worth = world::worth(&theatre, filler).await?;
        Ok(Self {
            filler,
            breaker: Breaker::new(proxy, relay, options.every),
            running,
            post,
            judge: Judge {
                wanted: ballast::local::stage::usd(PROFIT_USD),
                gas: GAS,
            },
            report: Report::default(),
            scanned,
            worth,
            waited: 0,
            program: options.program.clone(),
            theatre,
        })
    }

    async fn run(mut self, options: &Options, progress: impl Fn(u64, &Report)) -> Result<Report> {
        let mut hours = world::hours()?;
        let an_hour = 3_600 / options.block_s;
        let settled_at = options.blocks / SETTLED_AFTER;
        world::automine(&self.theatre, false).await?;
        for block in 0..options.blocks {
            if block % an_hour == 0 {
                let hour = hours.next().context("no more prices")?;
                world::follow(&mut self.theatre, &hour).await?;
                self.scan().await?;
            }
            let window = self.judge.window(&self.theatre).await?;
            let phase = match block {
                _ if block < settled_at / 2 => Phase::Socket,
                _ if block < settled_at => Phase::Young,
                _ => Phase::Settled,
            };
            self.block(block, window, phase, options.block_s).await?;
            if block == settled_at {
                self.report.rss_kb.0 = self.report.rss_kb.1;
            }
            self.report.blocks += 1;
            progress(block, &self.report);
        }
        self.report.faults = self.breaker.counts();
        Ok(self.report)
    }

    /// One block: a fault perhaps, a turn of the keeper, the block itself, and what the keeper did in it.
    async fn block(
        &mut self,
        block: u64,
        window: Window,
        phase: Phase,
        block_s: u64,
    ) -> Result<()> {
        let theatre = &self.theatre;
        let fault = self
            .breaker
            .next(theatre, block, window != Window::None, phase)
            .await?;
        if fault == Some(Fault::Restart) {
            self.post.url = self.breaker.url();
            self.running = Running::start(&self.program, &self.post)?;
        }
        let now = theatre.client.now().await?;
        let told = self.running.turn(now).await?;
        self.note(&told);
        let sent = told["turn"]["sent"] == true;
        let is_able = self.breaker.is_able();
        if sent && self.breaker.takes_back() {
            // The block is made, seen by the keeper, and taken back with everything in it.
            let client = self.theatre.client.clone();
            let snapshot = chain::snapshot(&client).await?;
            chain::advance_to(&client, now + block_s).await?;
            let told = self.running.turn(now + block_s).await?;
            chain::revert(&client, snapshot).await?;
            let _: Value = client
                .provider
                .raw_request("anvil_dropAllTransactions".into(), ())
                .await?;
            self.note(&told);
        }
        chain::advance_to(&self.theatre.client, now + block_s).await?;
        let did = self.scan().await?;
        self.breaker.after(&self.theatre).await?;
        self.wait(window, is_able, did);
        Ok(())
    }

    /// Counts how long a window has been open.
    fn wait(&mut self, window: Window, is_able: bool, did: bool) {
        let is_open = window != Window::None;
        if is_open && did {
            let delay = usize::try_from(self.waited).unwrap_or(usize::MAX);
            self.report.windows += 1;
            self.report.delays[delay.min(3)] += 1;
            self.waited = 0;
        } else if is_open && is_able {
            self.waited += 1;
            self.report.longest_delay = self.report.longest_delay.max(self.waited);
        } else if !is_open {
            self.waited = 0;
        }
    }

    fn note(&mut self, told: &Value) {
        self.report.failed_turns += u64::from(told.get("error").is_some());
        self.report.rss_kb.1 = told["rss_kb"].as_u64().unwrap_or_default();
        self.report.connections = self
            .report
            .connections
            .max(told["connections"].as_u64().unwrap_or_default());
    }

    /// Takes from the chain what the keeper's account did in the blocks since the last time; whether that was anything.
    async fn scan(&mut self) -> Result<bool> {
        let theatre = &self.theatre;
        let provider = &theatre.client.provider;
        let head = provider.get_block_number().await?;
        let mut did = false;
        // After a block was taken back the head may be one that was seen.
        for number in self.scanned.min(head) + 1..=head {
            let block = provider
                .get_block_by_number(number.into())
                .await?
                .context("a block is missing")?;
            for hash in block.transactions.hashes() {
                let receipt = provider
                    .get_transaction_receipt(hash)
                    .await?
                    .context("no receipt")?;
                if receipt.from != theatre.cast.keeper {
                    continue;
                }
                let fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
                let fee = usd(world::worth_of(fee, world::ether_d36(theatre)?));
                self.report.profit -= fee;
                if !receipt.status() {
                    self.report.reverted += 1;
                    continue;
                }
                let rebalancer = theatre.suite.rebalancer;
                let is_open = receipt.logs().iter().any(|log| {
                    log.address() == rebalancer
                        && log.topic0() == Some(&<Rebalancer::RebalanceOpened as alloy::sol_types::SolEvent>::SIGNATURE_HASH)
                });
                match receipt.to {
                    Some(to) if to == self.filler => {
                        let worth = world::worth(theatre, self.filler).await?;
                        let brought = usd(worth) - usd(self.worth);
                        self.worth = worth;
                        let profit = brought - fee;
                        self.report.rebalanced += 1;
                        self.report.profit += brought;
                        self.judge.gas = self.judge.gas.max(receipt.gas_used);
                        // A cent for the rounding of what is worth how much.
                        if profit < PROFIT_USD as f64 - 0.01 {
                            self.report.losses += 1;
                        }
                        let least = self.report.least_profit.unwrap_or(f64::INFINITY);
                        self.report.least_profit = Some(least.min(profit));
                        did = true;
                    }
                    Some(to) if to == theatre.suite.oracle => {
                        self.report.observed += 1;
                        did = true;
                    }
                    Some(to) if to == rebalancer && is_open => {
                        self.report.opened += 1;
                        did = true;
                    }
                    _ => self.report.others += 1,
                }
            }
        }
        self.scanned = head;
        // What the filler holds is worth something else every hour: profit is only what a rebalance adds.
        self.worth = world::worth(&self.theatre, self.filler).await?;
        Ok(did)
    }
}

fn usd(wad: U256) -> f64 {
    f64::from(wad) / 1e18
}

fn key_of(theatre: &Theatre) -> Result<B256> {
    let keys: Vec<PrivateKeySigner> = theatre.node.keys();
    let key = keys.iter().find(|key| key.address() == theatre.cast.keeper);
    let bytes = key.context("the keeper has no key")?.to_bytes();
    ensure!(!bytes.is_zero(), "an empty key");
    Ok(bytes)
}
