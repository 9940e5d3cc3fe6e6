//! What is late is decided anew: sent again as the chain is now, or ended.
//!
//! A transaction that was lost, is stuck, or was taken back was decided on another block, at other prices. That it would not
//! revert says little: a filler of the keeper's own pays what is owed from proceeds, and gas is not looked at.

use alloy::providers::Provider;
use anyhow::Result;

use crate::{
    collect::Memory,
    desk::Desk,
    execute::Executor,
    keeper::Turn,
    prepare::{prepare, Ready},
    strategy::{self, Decision, Why},
};

/// Decides anew on the transactions at the places `late`, by nonce.
///
/// The first is replaced at its nonce if the same is decided on the present state, with all ceilings and the profit, as in
/// any turn; otherwise it is cancelled. Those after it were decided on what the first should have done: they are cancelled.
pub(crate) async fn decide(
    desk: &Desk,
    executor: &mut Executor<'_>,
    late: &[usize],
) -> Result<Turn> {
    let nonce = executor.nonce().await?;
    // What is late is what is decided on: it is not in the way of itself.
    let memory = Memory {
        in_flight: false,
        ..executor.book.memory(executor.now, nonce)
    };
    let sight = desk.look(memory).await?;
    let mut turn = Turn::of(&sight);
    let decision = strategy::decide(&desk.config, &sight.state, &sight.offers);
    if let Decision::Wait(why @ Why::NodeBehind { .. }) = decision {
        return Ok(turn.waiting(why));
    }
    let price = desk.client.provider.get_gas_price().await?;
    let first = late
        .first()
        .and_then(|place| executor.book.transactions.get(*place));
    let first = first
        .filter(|sent| !sent.is_cancel())
        .map(|sent| sent.kind.clone());
    let ready: Result<Ready, Why> = match decision {
        Decision::Act(action) if first.as_deref() == Some(action.name()) => {
            prepare(desk, executor, sight, action, memory).await?
        }
        Decision::Act(_) => Err(Why::InFlight),
        Decision::Wait(why) => Err(why),
    };
    let mut why = Why::InFlight;
    let mut ready = Some(ready).filter(|_| first.is_some());
    for place in late {
        let followed = match ready.take() {
            Some(Ok(ready)) => executor.replace(*place, &ready.call, ready.bid).await?,
            Some(Err(refused)) => {
                why = refused;
                executor.cancel(*place, price).await?
            }
            None => executor.cancel(*place, price).await?,
        };
        turn.transactions.push(followed);
    }
    Ok(turn.waiting(why))
}
