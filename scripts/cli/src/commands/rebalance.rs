//! `ballast rebalance`: one rebalance, planned, quoted, routed, simulated, and sent if asked to.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolEvent,
};
use ballast::abi::Rebalancer;
use ballast_keeper::{
    calls::{self, IKeeperFiller},
    collect::Memory,
    config::Mode,
    desk::Sight,
    state::Offer,
    strategy::{self, Action, Decision, Weighed},
};
use clap::Args;
use serde::Serialize;

use super::{keeping, status::units};
use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Make one rebalance: plan it, quote the venues, choose the route, simulate
///
/// It trades what the keeper would trade at this moment: the largest part of the plan that the venues fill within the
/// bounds, through the pools that pay most. Without a configuration it goes through the public Uniswap V3 filler, which
/// leaves everything that the venues pay with the vault.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The keeper's configuration: ceilings, venues, a filler of one's own
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The rebalance.
#[derive(Debug, Serialize)]
struct Rebalanced {
    chain_id: u64,
    /// Part of the plan, bps.
    share_bps: u64,
    route: String,
    filler: Address,
    data: Bytes,
    trades: Vec<Trade>,
    weighed: Weighed,
    transaction: Sent,
    /// What the rebalancer reported, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    executed: Option<Executed>,
}

/// One trade as the venues quote it, in the tokens' smallest units.
#[derive(Debug, Serialize)]
struct Trade {
    sell: Address,
    sell_symbol: String,
    buy: Address,
    buy_symbol: String,
    amount: U256,
    quoted: U256,
    #[serde(skip)]
    decimals: (u8, u8),
}

/// What the rebalancer reported.
#[derive(Debug, Serialize)]
struct Executed {
    nonce: U256,
    nav_before_wad: U256,
    nav_after_wad: U256,
    distance_before_wad: U256,
    distance_after_wad: U256,
    turnover_bps: U256,
    loss_bps: U256,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let desk = keeping::desk(&session, options.config.as_deref()).await?;
    let what = "rebalance";
    let to = match (desk.config.mode, desk.config.venues.own_filler) {
        (Mode::OwnFiller, Some(filler)) => filler,
        _ => desk.suite.rebalancer,
    };
    if let Some(done) = session.earlier(what, to).await?.and_then(|sent| sent.mined) {
        session.forget()?;
        return Err(nothing(&format!(
            "the run before this one, which was cut off, has made the rebalance: transaction {} in block {}",
            done.transaction, done.block
        )));
    }
    let mut sight = desk.look(Memory::default()).await.kind(Kind::Chain)?;
    if !session.actor.signs {
        // Somebody who only looks needs no ether.
        sight.state.purse.balance = U256::MAX;
    }
    let offer = match strategy::decide(&desk.config, &sight.state, &sight.offers) {
        Decision::Act(Action::Rebalance(offer)) => offer,
        Decision::Act(Action::Open) => {
            return Err(Failure::new(
                Kind::Nothing,
                "no auction is open, and without one it does not pay",
            )
            .next("open one with `ballast open --send`; it pays later on the ramp"))
        }
        Decision::Act(Action::Observe(_)) => {
            return Err(Failure::new(
                Kind::Nothing,
                "watched assets were not looked at for too long",
            )
            .next("look at them with `ballast observe --send`"))
        }
        Decision::Act(_) => return Err(nothing("no rebalance is due")),
        Decision::Wait(strategy::Why::Purse { balance, needed }) => {
            let message = strategy::Why::Purse { balance, needed }.to_string();
            return Err(Failure::new(Kind::Key, message).next("send it ether, or use another key"));
        }
        Decision::Wait(why) => return Err(nothing(&why.to_string())),
    };
    let market = sight.market().expect("an offer of a market").clone();
    let moment = sight.state.moment_now();
    let weighed = strategy::weigh(&sight.state, &market, &offer, moment)
        .map_err(|e| Failure::new(Kind::Fault, format!("a number does not fit: {e:?}")))?;
    let call = calls::rebalance(&desk.config, &sight.state, &market, &offer)
        .map_err(|e| Failure::new(Kind::Fault, format!("a number does not fit: {e:?}")))?;
    let transaction = match to {
        filler if filler != desk.suite.rebalancer => {
            let run = IKeeperFiller::runCall {
                rebalancer: desk.suite.rebalancer,
                vault: desk.suite.vault,
                rebalance: alloy::sol_types::SolCall::abi_encode(&call).into(),
            };
            session.act(what, filler, U256::ZERO, run).await?.0
        }
        to => session.act(what, to, U256::ZERO, call).await?.0,
    };
    let executed = transaction.receipt.as_ref().and_then(|receipt| {
        let logs = receipt.logs().iter();
        let mut ours = logs.filter(|log| log.address() == desk.suite.rebalancer);
        ours.find_map(|log| Rebalancer::RebalanceExecuted::decode_log(&log.inner).ok())
    });
    let answer = Rebalanced {
        chain_id: session.chain_id,
        share_bps: offer.share_bps,
        route: offer.way.words.clone(),
        filler: offer.way.filler,
        data: offer.way.data.clone(),
        trades: trades(&session, &sight, &offer).await?,
        weighed,
        transaction,
        executed: executed.map(|report| Executed {
            nonce: report.nonce,
            nav_before_wad: report.navBefore,
            nav_after_wad: report.navAfter,
            distance_before_wad: report.distanceBeforeWad,
            distance_after_wad: report.distanceAfterWad,
            turnover_bps: report.turnoverBps,
            loss_bps: report.lossBps,
        }),
    };
    session.show(&answer).await
}

fn nothing(why: &str) -> Failure {
    Failure::new(Kind::Nothing, why).next("`ballast plan` tells more")
}

async fn trades(session: &Session, sight: &Sight, offer: &Offer) -> Outcome<Vec<Trade>> {
    let assets = sight.market().map_or(&[][..], |market| &market.assets);
    let mut trades = Vec::new();
    for leg in &offer.legs {
        let (Some(sell), Some(buy)) = (assets.get(leg.sell), assets.get(leg.buy)) else {
            continue;
        };
        let named = keeping::describe(session, &[sell.token, buy.token]).await?;
        let [(sell_symbol, sold), (buy_symbol, bought)] = &named[..] else {
            continue;
        };
        trades.push(Trade {
            sell: sell.token,
            sell_symbol: sell_symbol.clone(),
            buy: buy.token,
            buy_symbol: buy_symbol.clone(),
            amount: leg.amount,
            quoted: leg.bought,
            decimals: (*sold, *bought),
        });
    }
    Ok(trades)
}

impl Answer for Rebalanced {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let percent = self.share_bps as f64 / 100.0;
        writeln!(out, "{percent} % of the plan, {}", self.route)?;
        for trade in &self.trades {
            writeln!(
                out,
                "  sell {} {} for {} {}",
                units(trade.amount, trade.decimals.0),
                trade.sell_symbol,
                units(trade.quoted, trade.decimals.1),
                trade.buy_symbol
            )?;
        }
        self.transaction.write(out)?;
        match &self.executed {
            Some(done) => writeln!(
                out,
                "Rebalance {}: turnover {} bps, loss {} bps",
                done.nonce, done.turnover_bps, done.loss_bps
            ),
            None => Ok(()),
        }
    }
}
