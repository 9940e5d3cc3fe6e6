//! `ballast cache`: a program in the chain's cache starts for less.

use std::io::{self, Write};

use alloy::primitives::{utils::format_ether, Address, U256};
use ballast::local::cache::ICacheManager;
use ballast_deployment::upkeep::{cache_manager, cached, Cached};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Show which programs are in the chain's cache, or bid for places
///
/// Places are auctioned by CacheManager; a bid loses weight with time, and the least are put out when others bid more. With --bid
/// every program of the record that is not in the cache is bid for, as far as the least bid of the moment allows.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Wei to bid for each program; 0 where there is room
    #[arg(long, value_name = "WEI")]
    bid: Option<U256>,
}

/// What is in the cache, and what was bid.
#[derive(Debug, Serialize)]
struct Places {
    chain_id: u64,
    manager: Address,
    programs: Vec<Cached>,
    sent: Vec<Sent>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let record = session.record()?;
    let client = &session.client;
    let manager = cache_manager(client).await.kind(Kind::Chain)?;
    let programs = cached(client, &record).await.kind(Kind::Chain)?;
    let mut sent = Vec::new();
    for program in programs.iter().filter(|program| !program.is_cached) {
        let Some(bid) = options.bid else { break };
        if bid < program.min_bid {
            let least = program.min_bid;
            return Err(Failure::new(
                Kind::Input,
                format!(
                    "{bid} wei for {} is below the least bid, {least} wei",
                    program.name
                ),
            )
            .next(format!(
                "bid at least {least} wei, or wait until others' bids have lost weight"
            )));
        }
        let call = ICacheManager::placeBidCall {
            program: program.address,
        };
        let what = format!(
            "bid {} ether for a place of {}",
            format_ether(bid),
            program.name
        );
        sent.push(session.act(&what, manager, bid, call).await?.0);
    }
    let programs = match sent.iter().any(|sent| sent.mined.is_some()) {
        true => cached(client, &record).await.kind(Kind::Chain)?,
        false => programs,
    };
    session
        .show(&Places {
            chain_id: session.chain_id,
            manager,
            programs,
            sent,
        })
        .await
}

impl Answer for Places {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "CacheManager {} on chain {}",
            self.manager, self.chain_id
        )?;
        for program in &self.programs {
            let place = match program.is_cached {
                true => "cached".into(),
                false => format!("not cached, from {} ether", format_ether(program.min_bid)),
            };
            writeln!(
                out,
                "{:<20} {} {place}: starts for {} gas, {} from the cache",
                program.name, program.address, program.init_gas, program.cached_gas
            )?;
        }
        self.sent.iter().try_for_each(|sent| sent.write(out))
    }
}
