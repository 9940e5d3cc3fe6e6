//! From a decision to what may be sent: simulated, measured, and for a trade decided once more.

use anyhow::{anyhow, Context, Result};
use ballast::client::Refusal;

use crate::{
    bid::Bid,
    calls::{self, Call},
    collect::Memory,
    desk::{Desk, Sight},
    execute::{Executor, Gas},
    keeper::Trade,
    measured::{Choice, Measured},
    state::Offer,
    strategy::{self, Action, Why},
};

/// What is ready to be sent.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) action: Action,
    pub(crate) call: Call,
    pub(crate) bid: Bid,
    pub(crate) trade: Option<Trade>,
}

/// Offers that are simulated in one turn, at most.
const ROUNDS: usize = 3;

/// Simulates `action`; a trade is looked at once more, with the gas that it takes and what the venues pay by now.
pub(crate) async fn prepare(
    desk: &Desk,
    executor: &Executor<'_>,
    sight: Sight,
    action: Action,
    memory: Memory,
) -> Result<Result<Ready, Why>> {
    match action {
        Action::Rebalance(offer) => trade(desk, executor, sight, offer, memory).await,
        action => small(desk, executor, &sight, action).await,
    }
}

async fn small(
    desk: &Desk,
    executor: &Executor<'_>,
    sight: &Sight,
    action: Action,
) -> Result<Result<Ready, Why>> {
    let call = call_of(desk, sight, &action)?;
    let gas = match executor.simulate(&call).await? {
        Ok(gas) => gas,
        Err(refusal) => return Ok(Err(refused(refusal))),
    };
    let why = strategy::afford(&desk.config, &sight.state.purse, gas.all, gas.l1);
    let why = why.map_err(|e| anyhow!("a number does not fit: {e:?}"))?;
    let ready = |()| Ready {
        bid: bid(desk, sight, gas),
        action,
        call,
        trade: None,
    };
    Ok(why.map_or(Ok(()), Err).map(ready))
}

/// Simulates what is the best offer until the best one was simulated.
async fn trade(
    desk: &Desk,
    executor: &Executor<'_>,
    mut sight: Sight,
    mut offer: Box<Offer>,
    memory: Memory,
) -> Result<Result<Ready, Why>> {
    let mut measured = Measured::default();
    for _ in 0..ROUNDS {
        let call = call_of(desk, &sight, &Action::Rebalance(offer.clone()))?;
        match executor.simulate(&call).await? {
            Ok(gas) => measured.note(&offer, gas),
            Err(refusal) => return Ok(Err(refused(refusal))),
        }
        sight = desk.look(memory).await?;
        let offers = sight.offers.clone();
        match measured.choose(&desk.config, &sight.state, offers) {
            Choice::Make(offer, gas) => return made(desk, &sight, offer, gas).map(Ok),
            Choice::Measure(other) => offer = other,
            Choice::Wait(why) => return Ok(Err(why)),
        }
    }
    Ok(Err(Why::Moved))
}

fn made(desk: &Desk, sight: &Sight, offer: Box<Offer>, gas: Gas) -> Result<Ready> {
    let market = sight.market().context("an offer without a market")?;
    let moment = sight.state.moment_now();
    let weighed = strategy::weigh(&sight.state, market, &offer, moment)
        .map_err(|e| anyhow!("a number does not fit: {e:?}"))?;
    let trade = Trade {
        share_bps: offer.share_bps,
        route: offer.way.words.clone(),
        weighed,
        l1_fee: sight.state.purse.fee(gas.l1),
    };
    let action = Action::Rebalance(offer);
    Ok(Ready {
        call: call_of(desk, sight, &action)?,
        bid: bid(desk, sight, gas),
        action,
        trade: Some(trade),
    })
}

fn refused(refusal: Refusal) -> Why {
    let refusal = refusal.words;
    Why::Refused { refusal }
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

/// What is offered at the price at which it was decided.
fn bid(desk: &Desk, sight: &Sight, gas: Gas) -> Bid {
    let price = sight.state.purse.gas_price.saturating_to();
    Bid::first(&desk.config.gas, gas.all, price)
}
