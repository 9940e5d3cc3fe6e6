//! `ballast plan`: which trades reach the targets, and what holds them.

use std::io::{self, Write};

use alloy::primitives::{Address, U256};
use ballast::abi::Rebalancer;
use clap::Args;
use serde::Serialize;

use super::{
    keeping,
    status::{reason, units, usd},
};
use crate::{
    cli::Globals,
    failure::{Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Show which trades would reach the targets now, why they may be made, and what each must bring
///
/// The rebalancer's own plan at validated prices: what is sold for what, the least that must be bought at this moment
/// of the ramp, and the bounds. Without a reason it says what is in the way.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {}

/// The plan.
#[derive(Debug, Serialize)]
struct Plan {
    chain_id: u64,
    /// Why the trades may be made; `none`: they may not.
    reason: &'static str,
    /// What is in the way of a rebalance now.
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<String>,
    trades: Vec<Trade>,
    nav_wad: U256,
    distance_bps: u64,
    opening: Option<Opening>,
    /// Seconds since 1970.
    next_rebalance_at: u64,
    /// What may still be lost and sold, bps of NAV.
    loss_budget_left_bps: u64,
    turnover_budget_left_bps: u64,
}

/// One trade of the plan.
#[derive(Debug, Serialize)]
struct Trade {
    sell: Address,
    sell_symbol: String,
    buy: Address,
    buy_symbol: String,
    /// In the smallest unit of what is sold.
    amount: U256,
    /// In the smallest unit of what is bought.
    least: U256,
    /// What must be kept of the sold value, WAD; above one is a required gain.
    kept_wad: U256,
    #[serde(skip)]
    decimals: (u8, u8),
}

/// The opening that holds; seconds since 1970.
#[derive(Debug, Serialize)]
struct Opening {
    opened_at: u64,
    ramp_end: u64,
    until: u64,
    released_bps: u64,
    progress_bps: u64,
}

pub(crate) async fn run(_: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let suite = session.suite().await?;
    let (client, rebalancer) = (&session.client, suite.rebalancer);
    macro_rules! ask {
        ($to:expr, $call:expr) => {
            client
                .try_call(Address::ZERO, $to, $call)
                .await
                .kind(Kind::Chain)??
        };
    }
    let planned = ask!(rebalancer, Rebalancer::planCall {});
    let assessed = ask!(rebalancer, Rebalancer::assessCall {});
    let auction = ask!(rebalancer, Rebalancer::auctionCall {});
    let state = ask!(rebalancer, Rebalancer::stateCall {});
    let paused_until: u64 =
        ask!(suite.policy, ballast::abi::Policy::pausedUntilCall {}).saturating_to();
    let now = client.now().await.kind(Kind::Chain)?;
    let sold = keeping::describe(&session, &planned.sells).await?;
    let bought = keeping::describe(&session, &planned.buys).await?;
    let each = planned.sells.iter().zip(&planned.buys);
    let numbers = planned.amounts.iter().zip(&planned.minBuys);
    let names = sold.into_iter().zip(bought);
    let trades: Vec<_> = each
        .zip(numbers.zip(&planned.keptWad))
        .zip(names)
        .map(|(((sell, buy), ((amount, least), kept)), (s, b))| Trade {
            sell: *sell,
            sell_symbol: s.0,
            buy: *buy,
            buy_symbol: b.0,
            amount: *amount,
            least: *least,
            kept_wad: *kept,
            decimals: (s.1, b.1),
        })
        .collect();
    let bps = |wad: U256| -> u64 { (wad / ballast_math_bps()).saturating_to() };
    let next_at: u64 = state.nextAt.saturating_to();
    let why: u64 = planned.reason.saturating_to();
    let obstacle = match () {
        () if now < paused_until => Some(format!("rebalancing is paused until {paused_until}")),
        () if why == 0 && trades.is_empty() => {
            Some("nothing is worth trading: the targets are reached within the limits".into())
        }
        () if why == 0 => Some("every drift is within its band, and nothing else is due".into()),
        () if now < next_at => Some(format!("the last rebalance rests until {next_at}")),
        () => None,
    };
    let is_open = !auction.openedAt.is_zero();
    terminal.show(&Plan {
        chain_id: session.chain_id,
        reason: reason(why),
        obstacle,
        trades,
        nav_wad: assessed.nav,
        distance_bps: bps(assessed.distanceWad),
        opening: is_open.then(|| Opening {
            opened_at: auction.openedAt.saturating_to(),
            ramp_end: auction.rampEnd.saturating_to(),
            until: auction.until.saturating_to(),
            released_bps: auction.releasedBps.saturating_to(),
            progress_bps: auction.progressBps.saturating_to(),
        }),
        next_rebalance_at: next_at,
        loss_budget_left_bps: bps(state.lossBudgetLeft),
        turnover_budget_left_bps: bps(state.turnoverBudgetLeft),
    })
}

/// {wad/bps}
fn ballast_math_bps() -> U256 {
    U256::from(100_000_000_000_000u64)
}

impl Answer for Plan {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "NAV ${}, {:.2} % of it away from the targets; reason: {}",
            usd(self.nav_wad),
            self.distance_bps as f64 / 100.0,
            self.reason
        )?;
        if let Some(obstacle) = &self.obstacle {
            writeln!(out, "No rebalance now: {obstacle}.")?;
        }
        for trade in &self.trades {
            writeln!(
                out,
                "  sell {} {} for at least {} {} ({:.2} % of its value)",
                units(trade.amount, trade.decimals.0),
                trade.sell_symbol,
                units(trade.least, trade.decimals.1),
                trade.buy_symbol,
                f64::from(trade.kept_wad) / 1e16
            )?;
        }
        match &self.opening {
            Some(opening) => writeln!(
                out,
                "The auction is open since {}: the ramp ends at {}, void at {}; {} bps of slippage released, {} bps of the plan to be made at least",
                opening.opened_at, opening.ramp_end, opening.until, opening.released_bps, opening.progress_bps
            )?,
            None => writeln!(out, "No auction is open.")?,
        }
        writeln!(
            out,
            "Left of the budgets: {} bps of NAV to lose, {} bps to sell",
            self.loss_budget_left_bps, self.turnover_budget_left_bps
        )
    }
}
