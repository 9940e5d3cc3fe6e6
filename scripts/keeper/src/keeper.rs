//! One turn of the keeper: look, decide, simulate, look again, send.

use std::time::Duration;

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, U256},
    providers::Provider,
};
use anyhow::{anyhow, Context, Result};
use ballast::{client::Client, suite::Suite};
use serde::Serialize;

use crate::{
    book::Book,
    calls::{self, Call},
    config::Config,
    desk::{Desk, Sight},
    execute::{Event, Executor, Followed, Gas},
    state::{Offer, Opening},
    strategy::{self, Action, Decision, Weighed, Why},
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
    /// A book that cannot be read.
    pub fn new(place: Place) -> Result<Self> {
        let book = Book::open(place.config.state_file.as_deref())?;
        Ok(Self {
            place,
            desk: None,
            book,
            connections: 0,
        })
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
            followed = executor.follow(height).await?;
        }
        let nonce = executor.nonce().await?;
        let sight = desk.look(executor.book.memory(now, nonce)).await?;
        let mut turn = told(&sight);
        let action = match strategy::decide(&desk.config, &sight.state, &sight.offers) {
            Decision::Act(action) => action,
            Decision::Wait(why) => {
                turn.transactions = followed;
                return Ok(turn.waiting(why));
            }
        };
        let prepared = prepare(&desk, &executor, sight, action).await?;
        let ready = match prepared {
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
            let sent = executor.send(name, &ready.call, ready.gas.all).await?;
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
        while self.book.waiting().next().is_some() && begun.elapsed() < patience {
            tokio::time::sleep(every).await;
            let height = desk.client.provider.get_block_number().await?;
            let mut executor = Executor {
                client: &desk.client,
                keeper: desk.keeper,
                config: &desk.config,
                book: &mut self.book,
                now: now.saturating_add(begun.elapsed().as_secs()),
            };
            followed.extend(executor.follow(height).await?);
        }
        Ok(followed)
    }
}

/// What is ready to be sent.
struct Ready {
    action: Action,
    call: Call,
    gas: Gas,
    trade: Option<Trade>,
}

/// Simulates `action`; a trade is looked at once more, with the gas that it takes and what the venues pay by now.
async fn prepare(
    desk: &Desk,
    executor: &Executor<'_>,
    sight: Sight,
    action: Action,
) -> Result<Result<Ready, Why>> {
    let call = call_of(desk, &sight, &action)?;
    let gas = match executor.simulate(&call).await? {
        Ok(gas) => gas,
        Err(refusal) => {
            let refusal = refusal.words;
            return Ok(Err(Why::Refused { refusal }));
        }
    };
    let Action::Rebalance(offer) = action else {
        let refused = strategy::afford(&desk.config, &sight.state.purse, gas.all, gas.l1);
        let refused = refused.map_err(|e| anyhow!("a number does not fit: {e:?}"))?;
        return Ok(match refused {
            Some(why) => Err(why),
            None => Ok(Ready {
                action,
                call,
                gas,
                trade: None,
            }),
        });
    };
    let nonce = executor.nonce().await?;
    let memory = executor.book.memory(executor.now, nonce);
    let mut sight = desk.look(memory).await?;
    measured(&mut sight.offers, &offer, gas);
    match strategy::decide(&desk.config, &sight.state, &sight.offers) {
        Decision::Act(Action::Rebalance(again)) if is_same(&again, &offer) => {
            let market = sight.market().context("an offer without a market")?;
            let moment = sight.state.moment_now();
            let weighed = strategy::weigh(&sight.state, market, &again, moment)
                .map_err(|e| anyhow!("a number does not fit: {e:?}"))?;
            let trade = Trade {
                share_bps: again.share_bps,
                route: again.way.words.clone(),
                weighed,
                l1_fee: sight.state.purse.gas_price * U256::from(gas.l1),
            };
            let action = Action::Rebalance(again);
            let call = call_of(desk, &sight, &action)?;
            Ok(Ok(Ready {
                action,
                call,
                gas,
                trade: Some(trade),
            }))
        }
        // Something moved while it was simulated: the next turn sees it whole.
        Decision::Act(_) => Ok(Err(Why::Moved)),
        Decision::Wait(why) => Ok(Err(why)),
    }
}

fn call_of(desk: &Desk, sight: &Sight, action: &Action) -> Result<Call> {
    calls::call_of(
        &desk.config,
        &desk.suite,
        &sight.state,
        sight.market(),
        action,
    )
    .map_err(|e| anyhow!("a number does not fit: {e:?}"))
}

fn is_same(a: &Offer, b: &Offer) -> bool {
    a.share_bps == b.share_bps && a.way == b.way
}

/// Gives every offer what was measured for one of them: no part of the plan takes more than the whole.
fn measured(offers: &mut [Offer], known: &Offer, gas: Gas) {
    for offer in offers.iter_mut().filter(|offer| is_same(offer, known)) {
        (offer.gas, offer.l1_gas) = (gas.all, gas.l1);
    }
}

fn told(sight: &Sight) -> Turn {
    let state = &sight.state;
    let market = sight.market();
    let bps = |wad: U256| (wad / ballast_math::WAD_PER_BPS).saturating_to();
    Turn {
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

impl Turn {
    fn waiting(self, why: Why) -> Self {
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
