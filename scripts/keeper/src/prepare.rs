//! From a decision to what may be sent: simulated, measured, and for a trade decided once more.

use alloy::primitives::U256;
use anyhow::{anyhow, Context, Result};

use crate::{
    bid::Bid,
    calls::{self, Call},
    collect::Memory,
    desk::{Desk, Sight},
    execute::{Executor, Gas},
    keeper::Trade,
    state::Offer,
    strategy::{self, Action, Decision, Why},
};

/// What is ready to be sent.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) action: Action,
    pub(crate) call: Call,
    pub(crate) bid: Bid,
    pub(crate) trade: Option<Trade>,
}

/// Simulates `action`; a trade is looked at once more, with the gas that it takes and what the venues pay by now.
pub(crate) async fn prepare(
    desk: &Desk,
    executor: &Executor<'_>,
    sight: Sight,
    action: Action,
    memory: Memory,
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
                bid: bid(desk, &sight, gas),
                trade: None,
            }),
        });
    };
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
                bid: bid(desk, &sight, gas),
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

/// What is offered at the price at which it was decided.
fn bid(desk: &Desk, sight: &Sight, gas: Gas) -> Bid {
    let price = sight.state.purse.gas_price.saturating_to();
    Bid::first(&desk.config.gas, gas.all, price)
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
