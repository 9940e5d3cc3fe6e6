//! One turn of the keeper: follow, look, decide, simulate, look again, send.

use std::time::Duration;

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, U256},
    providers::Provider,
};
use anyhow::Result;
use ballast::{client::Client, suite::Suite};
use serde::Serialize;

use crate::{
    anew,
    book::Book,
    config::Config,
    desk::{Desk, Sight},
    execute::{Event, Executor, Followed},
    prepare::prepare,
    state::Opening,
    strategy::{self, Decision, Weighed, Why},
};

/// Where and for whom a keeper works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The chain: http, https, ws or wss.
    pub url: String,
    /// Signs.
    pub wallet: EthereumWallet,
    /// The account that acts.
    pub keeper: Address,
    /// The treasury.
    pub suite: Suite,
    /// What the keeper was told.
    pub config: Config,
    /// Whether anything is sent.
    pub sends: bool,
}

/// A keeper: its place, its connection while there is one, and what it has sent.
#[derive(Debug)]
pub struct Keeper {
    place: Place,
    desk: Option<Desk>,
    book: Book,
    connections: u64,
}

/// What a turn came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    /// The block that was looked at.
    pub block: u64,
    /// Its time, seconds since 1970.
    pub time: u64,
    /// Why a rebalance is due: `none`, `band`, `targets pending`, `schedule`; `unpriced` if that cannot be told.
    pub reason: &'static str,
    /// {value}, WAD; 0 if it cannot be told.
    pub nav_wad: U256,
    /// {bps}: distance to the targets.
    pub distance_bps: u64,
    /// The opening, if one holds.
    pub opening: Option<Opening>,
    /// The action that was taken, or would be in a dry run.
    pub action: Option<&'static str>,
    /// Whether the action was given to the node.
    pub sent: bool,
    /// Why there is none, and the same in words.
    pub waits: Option<Waits>,
    /// Of a rebalance: its part of the plan, its route, what it comes to.
    pub trade: Option<Trade>,
    /// What became of transactions, this turn's and earlier ones.
    pub transactions: Vec<Followed>,
    /// The account's ether, wei.
    pub balance: U256,
    /// Price of gas, wei.
    pub gas_price: U256,
    /// What the transactions of the last day cost, wei.
    pub spent_today: U256,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// For machines.
    #[serde(flatten)]
    pub why: Why,
    /// For people.
    pub words: String,
}

/// A rebalance that is made, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// {bps}: part of the plan.
    pub share_bps: u64,
    /// Through which pools.
    pub route: String,
    /// What it comes to.
    pub weighed: Weighed,
    /// {wei}: what its L1 data cost.
    pub l1_fee: U256,
}

impl Keeper {
    /// A keeper at `place`, with the book that its configuration names.
    ///
    /// # Errors
    /// A configuration that lacks something, a book that cannot be read.
    pub fn new(place: Place) -> Result<Self> {
        place.config.complete()?;
        let book = Book::open(place.config.state_file.as_deref())?;
        Ok(Self {
            place,
            desk: None,
            book,
            connections: 0,
        })
    }

    /// Whether anything that was sent may still be mined.
    pub fn waits_for_any(&self) -> bool {
        self.book.waiting().next().is_some()
    }

    /// How often it has connected.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// One turn at `now`, seconds since 1970. After an error the next turn connects anew; nothing is lost by it.
    ///
    /// # Errors
    /// A chain that does not answer, or no sense; a book that cannot be written.
    pub async fn turn(&mut self, now: u64) -> Result<Turn> {
        let turn = self.try_turn(now).await;
        if turn.is_err() {
            self.desk = None;
        }
        turn
    }

    /// Gives up the connection, as after a turn that took too long.
    pub fn disconnect(&mut self) {
        self.desk = None;
    }

    async fn desk(&mut self) -> Result<Desk> {
        if let Some(desk) = &self.desk {
            return Ok(desk.clone());
        }
        let place = &self.place;
        // A turn ends before its time is up, with what it knows of what it sent.
        let patience = Duration::from_secs(place.config.turn_timeout_s) / 2;
        let client = Client::open(&place.url, place.wallet.clone(), patience).await?;
        let (suite, config) = (place.suite.clone(), place.config.clone());
        let desk = Desk::new(client, suite, config, place.keeper).await?;
        self.desk = Some(desk.clone());
        self.connections += 1;
        Ok(desk)
    }

    async fn try_turn(&mut self, now: u64) -> Result<Turn> {
        let desk = self.desk().await?;
        let mut executor = Executor {
            client: &desk.client,
            keeper: desk.keeper,
            config: &desk.config,
            book: &mut self.book,
            now,
        };
        let mut followed = Vec::new();
        if self.place.sends {
            let height = desk.client.provider.get_block_number().await?;
            let seen = executor.follow(height).await?;
            followed = seen.followed;
            if !seen.late.is_empty() {
                let mut turn = anew::decide(&desk, &mut executor, &seen.late).await?;
                turn.transactions.splice(0..0, followed);
                return Ok(turn);
            }
        }
        let nonce = executor.nonce().await?;
        let memory = executor.book.memory(now, nonce);
        let sight = desk.look(memory).await?;
        let mut turn = Turn::of(&sight);
        let ready = match strategy::decide(&desk.config, &sight.state, &sight.offers) {
            Decision::Act(action) => prepare(&desk, &executor, sight, action, memory).await?,
            Decision::Wait(why) => Err(why),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(why) => {
                turn.transactions = followed;
                return Ok(turn.waiting(why));
            }
        };
        turn.action = Some(ready.action.name());
        turn.trade = ready.trade;
        if self.place.sends {
            let name = ready.action.name();
            let sent = executor.send(name, &ready.call, ready.bid).await?;
            turn.sent = sent.iter().any(|f| f.event != Event::Rejected);
            followed.extend(sent);
        }
        turn.transactions = followed;
        Ok(turn)
    }

    /// Waits until what was sent is mined, at most `patience`, asking every `every`; answers what became of it.
    ///
    /// # Errors
    /// As [`Keeper::turn`].
    pub async fn settle(
        &mut self,
        now: u64,
        patience: std::time::Duration,
        every: std::time::Duration,
    ) -> Result<Vec<Followed>> {
        let desk = self.desk().await?;
        let begun = std::time::Instant::now();
        let mut followed = Vec::new();
        while self.waits_for_any() && begun.elapsed() < patience {
            tokio::time::sleep(every).await;
            let height = desk.client.provider.get_block_number().await?;
            let mut executor = Executor {
                client: &desk.client,
                keeper: desk.keeper,
                config: &desk.config,
                book: &mut self.book,
                now: now.saturating_add(begun.elapsed().as_secs()),
            };
            let seen = executor.follow(height).await?;
            followed.extend(seen.followed);
            if !seen.late.is_empty() {
                let turn = anew::decide(&desk, &mut executor, &seen.late).await?;
                followed.extend(turn.transactions);
            }
        }
        Ok(followed)
    }
}

impl Turn {
    /// What was seen, and nothing done yet.
    pub(crate) fn of(sight: &Sight) -> Self {
        let state = &sight.state;
        let market = sight.market();
        let bps = |wad: U256| (wad / ballast_math::WAD_PER_BPS).saturating_to();
        Self {
            block: state.block,
            time: state.now,
            reason: market.map_or("unpriced", |market| reason(market.reason)),
            nav_wad: market.map_or(U256::ZERO, |market| market.nav),
            distance_bps: market.map_or(0, |market| bps(market.distance_wad)),
            opening: state.opening,
            action: None,
            sent: false,
            waits: None,
            trade: None,
            transactions: Vec::new(),
            balance: state.purse.balance,
            gas_price: state.purse.gas_price,
            spent_today: state.purse.spent_today,
        }
    }

    pub(crate) fn waiting(self, why: Why) -> Self {
        let words = why.to_string();
        Self {
            waits: Some(Waits { why, words }),
            ..self
        }
    }

    /// The hash of the rebalance that this turn saw mined, if it did.
    pub fn rebalanced(&self) -> Option<B256> {
        let done = |f: &&Followed| f.kind == "rebalance" && f.event == Event::Mined;
        self.transactions.iter().find(done).map(|f| f.hash)
    }
}

/// Why a rebalance is due, in words.
fn reason(code: u64) -> &'static str {
    match code {
        1 => "band",
        2 => "targets pending",
        3 => "schedule",
        _ => "none",
    }
}
