//! `ballast open`: starts the clock of the auction.

use std::io::{self, Write};

use alloy::primitives::U256;
use ballast::abi::Rebalancer;
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Start the clock of the auction, when a rebalance is due
///
/// Anybody may. From then on what a rebalance must bring falls, from a gain at the opening to the greatest slippage at the
/// end of the ramp; the first keeper for whom it pays makes it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {}

/// The opening.
#[derive(Debug, Serialize)]
struct Opened {
    chain_id: u64,
    /// When it is void, seconds since 1970.
    until: u64,
    transaction: Sent,
}

pub(crate) async fn run(_: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let suite = session.suite().await?;
    let call = Rebalancer::openCall {};
    let acted = session.act("open the auction", suite.rebalancer, U256::ZERO, call);
    let (transaction, until) = acted.await?;
    let until = match until {
        Some(until) => until,
        // The run before opened it, which was cut off.
        None => {
            let auction = Rebalancer::auctionCall {};
            let asked = session.client.call(suite.rebalancer, auction).await;
            asked.kind(Kind::Chain)?.until
        }
    };
    session
        .show(&Opened {
            chain_id: session.chain_id,
            until: until.saturating_to(),
            transaction,
        })
        .await
}

impl Answer for Opened {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.transaction.write(out)?;
        writeln!(out, "The opening holds until {} at most.", self.until)
    }
}
