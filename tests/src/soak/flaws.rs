//! Keepers that are worse on purpose, so that the judge is judged too: each breaks one rule of the soak.

use alloy::{primitives::U256, providers::Provider, sol_types::SolCall};
use anyhow::{anyhow, Result};
use ballast::{abi::Rebalancer, client::Client, wire::PATIENCE};
use ballast_keeper::{
    bid::Bid,
    book::Book,
    calls::{self, Call},
    desk::Desk,
    execute::Executor,
    keeper::{Keeper, Place},
    strategy::{self, Decision},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// What is wrong with a keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It sleeps every other dozen of blocks.
    Sleeps,
    /// It believes that the venues pay three per cent more than they say, and pays the rest from its own stock.
    Credulous,
    /// Whenever there is nothing to do it opens an auction all the same, without simulating.
    Blind,
    /// It keeps a quarter of a megabyte of every turn.
    Hoards,
}

/// Blocks of a sleep, and of what lies between two.
const NAP: u64 = 12;
/// Gas that is sent along without asking.
const BLIND_GAS: u64 = 3_000_000;
/// Bytes kept of every turn.
const HOARD: usize = 262_144;

/// A keeper with what is wrong with it.
pub(super) struct Flawed {
    keeper: Keeper,
    place: Place,
    flaw: Option<Flaw>,
    turns: u64,
    hoard: Vec<Vec<u8>>,
}

impl Flawed {
    pub(super) fn new(place: Place, flaw: Option<Flaw>) -> Result<Self> {
        Ok(Self {
            keeper: Keeper::new(place.clone())?,
            place,
            flaw,
            turns: 0,
            hoard: Vec::new(),
        })
    }

    pub(super) fn disconnect(&mut self) {
        self.keeper.disconnect();
    }

    pub(super) fn connections(&self) -> u64 {
        self.keeper.connections()
    }

    /// One turn at `now`, as well as it can.
    pub(super) async fn turn(&mut self, now: u64) -> Result<Value> {
        self.turns += 1;
        match self.flaw {
            Some(Flaw::Sleeps) if self.turns / NAP % 2 == 1 => Ok(json!({ "sent": false })),
            Some(Flaw::Credulous) => self.believe(now).await,
            Some(Flaw::Blind) => {
                let turn = self.keeper.turn(now).await?;
                if turn.action.is_none() && turn.waits.is_some() {
                    self.open(now).await?;
                }
                Ok(serde_json::to_value(turn)?)
            }
            Some(Flaw::Hoards) => {
                // Written to, so that it is really there.
                self.hoard.push(vec![self.turns as u8 | 1; HOARD]);
                Ok(serde_json::to_value(self.keeper.turn(now).await?)?)
            }
            Some(Flaw::Sleeps) | None => Ok(serde_json::to_value(self.keeper.turn(now).await?)?),
        }
    }

    async fn desk(&self) -> Result<Desk> {
        let place = &self.place;
        let client = Client::open(&place.url, place.wallet.clone(), PATIENCE).await?;
        Desk::new(
            client,
            place.suite.clone(),
            place.config.clone(),
            place.keeper,
        )
        .await
    }

    /// The keeper's own turn, but for the quotes.
    async fn believe(&self, now: u64) -> Result<Value> {
        let desk = self.desk().await?;
        let mut book = Book::open(None)?;
        let mut executor = executor(&desk, &mut book, now);
        let nonce = executor.nonce().await?;
        let mut sight = desk.look(executor.book.memory(now, nonce)).await?;
        for leg in sight.offers.iter_mut().flat_map(|offer| &mut offer.legs) {
            leg.bought += leg.bought / U256::from(33);
        }
        let Decision::Act(action) = strategy::decide(&desk.config, &sight.state, &sight.offers)
        else {
            return Ok(json!({ "sent": false }));
        };
        let call = calls::call_of(
            &desk.config,
            &desk.suite,
            &sight.state,
            sight.market(),
            &action,
        )
        .map_err(|e| anyhow!("a number does not fit: {e:?}"))?;
        let Ok(gas) = executor.simulate(&call).await? else {
            return Ok(json!({ "sent": false }));
        };
        let price = sight.state.purse.gas_price.saturating_to();
        let bid = Bid::first(&desk.config.gas, gas.all, price);
        executor.send(action.name(), &call, bid).await?;
        Ok(json!({ "sent": true }))
    }

    async fn open(&self, now: u64) -> Result<()> {
        let desk = self.desk().await?;
        let mut book = Book::open(None)?;
        let call = Call {
            to: desk.suite.rebalancer,
            data: Rebalancer::openCall {}.abi_encode().into(),
        };
        let price = desk.client.provider.get_gas_price().await?;
        let bid = Bid::first(&desk.config.gas, BLIND_GAS, price);
        executor(&desk, &mut book, now)
            .send("open", &call, bid)
            .await?;
        Ok(())
    }
}

fn executor<'a>(desk: &'a Desk, book: &'a mut Book, now: u64) -> Executor<'a> {
    Executor {
        client: &desk.client,
        keeper: desk.keeper,
        config: &desk.config,
        book,
        now,
    }
}
