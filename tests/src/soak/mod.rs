//! The keeper over thousands of blocks of real prices while everything around it breaks.
//!
//! The keeper runs in a process of its own and makes one turn a block, through a proxy that breaks things. A judge beside
//! it, who asks the contracts and the quoter directly, says when there was something to do that surely paid. After each
//! block what the keeper's account sent is taken from the chain, not from the keeper.

mod child;
mod faults;
mod flaws;
mod proxy;
mod relay;
mod report;
mod world;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::TransactionReceipt,
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use anyhow::{ensure, Context, Result};
use ballast::{abi::Rebalancer, local::chain};
use serde_json::Value;

pub use child::serve;
pub use faults::{Fault, FAULTS};
pub use flaws::Flaw;
pub use report::{Report, Rule, Verdict, GROWTH_MAX, MISSED_MAX};
use {
    child::{Post, Running},
    faults::{Breaker, Phase},
    proxy::Proxy,
    relay::Relay,
    report::{Deeds, PROFIT_USD},
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
    /// What is wrong with the keeper, on purpose.
    pub flaw: Option<Flaw>,
}

/// Gas of a rebalance before one was made.
const GAS: u64 = 2_500_000;
/// Least parts of the run in which the process is the same one: memory is measured in it.
const SETTLED_AFTER: u64 = 5;

/// Runs it; `progress` is told the number of each block.
///
/// # Errors
/// The world cannot be set up, or something in it breaks that should not.
pub async fn run(options: &Options, progress: impl Fn(u64, &Report)) -> Result<Report> {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let directory = std::env::temp_dir().join(format!(
        "ballast-soak-{}-{}",
        std::process::id(),
        RUNS.fetch_add(1, Ordering::Relaxed)
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
            options.block_s * faults::NOTICED_AFTER,
            theatre.uniswap.quoter,
        );
        let key = key_of(&theatre)?;
        // It begins over a WebSocket, and goes on over HTTP after its first restart.
        let post = Post::new(&relay.url, key, &theatre.suite, config, options.flaw);
        let running = Running::start(&options.program, &post)?;
        if options.flaw == Some(Flaw::Credulous) {
            stock(&theatre, filler).await?;
        }
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
        let deeds = self.scan().await?;
        self.breaker.after(&self.theatre).await?;
        self.report.wait(window, is_able, deeds);
        Ok(())
    }

    fn note(&mut self, told: &Value) {
        self.report.failed_turns += u64::from(told.get("error").is_some());
        self.report.rss_kb.1 = told["rss_kb"].as_u64().unwrap_or_default();
        self.report.connections = self
            .report
            .connections
            .max(told["connections"].as_u64().unwrap_or_default());
    }

    /// Takes from the chain what the keeper's account did in the blocks since the last time.
    async fn scan(&mut self) -> Result<Deeds> {
        let provider = self.theatre.client.provider.clone();
        let head = provider.get_block_number().await?;
        let mut deeds = Deeds::default();
        // After a block was taken back the head may be one that was seen.
        for number in self.scanned.min(head) + 1..=head {
            let block = provider.get_block_by_number(number.into()).await?;
            let block = block.context("a block is missing")?;
            for hash in block.transactions.hashes() {
                let receipt = provider.get_transaction_receipt(hash).await?;
                self.judge(&receipt.context("no receipt")?, &mut deeds)
                    .await?;
            }
        }
        self.scanned = head;
        // What the filler holds is worth something else every hour: profit is only what a rebalance adds.
        self.worth = world::worth(&self.theatre, self.filler).await?;
        Ok(deeds)
    }

    /// What a transaction did is told by its events, wherever it was sent to.
    async fn judge(&mut self, receipt: &TransactionReceipt, deeds: &mut Deeds) -> Result<()> {
        let theatre = &self.theatre;
        if receipt.from != theatre.cast.keeper {
            return Ok(());
        }
        let fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
        let fee = usd(world::worth_of(fee, world::ether_d36(theatre)?));
        self.report.profit -= fee;
        if !receipt.status() {
            self.report.reverted += 1;
            return Ok(());
        }
        let rebalancer = theatre.suite.rebalancer;
        let says = |event: B256| {
            let mut logs = receipt.logs().iter();
            logs.any(|log| log.address() == rebalancer && log.topic0() == Some(&event))
        };
        if says(Rebalancer::RebalanceExecuted::SIGNATURE_HASH) {
            let worth = world::worth(theatre, self.filler).await?;
            self.report.trade(usd(worth) - usd(self.worth), fee);
            self.worth = worth;
            self.judge.gas = self.judge.gas.max(receipt.gas_used);
            deeds.rebalanced = true;
        } else if says(Rebalancer::RebalanceOpened::SIGNATURE_HASH) {
            self.report.opened += 1;
            deeds.opened = true;
        } else if receipt.to == Some(theatre.suite.oracle) {
            self.report.observed += 1;
            deeds.observed = true;
        } else {
            self.report.others += 1;
        }
        Ok(())
    }
}

fn usd(wad: U256) -> f64 {
    f64::from(wad) / 1e18
}

/// A hundred thousand USD of every token, from which a filler that was promised too much pays.
async fn stock(theatre: &Theatre, filler: Address) -> Result<()> {
    for member in &theatre.members {
        let amount = member.amount(ballast::local::stage::usd(100_000))?;
        theatre.grant(member, filler, amount).await?;
    }
    Ok(())
}

fn key_of(theatre: &Theatre) -> Result<B256> {
    let keys: Vec<PrivateKeySigner> = theatre.node.keys();
    let key = keys.iter().find(|key| key.address() == theatre.cast.keeper);
    let bytes = key.context("the keeper has no key")?.to_bytes();
    ensure!(!bytes.is_zero(), "an empty key");
    Ok(bytes)
}
