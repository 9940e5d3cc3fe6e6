//! `ballast observe`: looks at the prices of watched assets.

use std::io::{self, Write};

use alloy::primitives::{Address, U256};
use ballast::abi::Oracle;
use ballast_keeper::collect::Memory;
use clap::Args;
use serde::Serialize;

use super::keeping;
use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Look at the prices of watched assets, so that their volatility is known
///
/// Anybody may. The market answers nothing for an asset that nobody has looked at for six hours.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// An asset; all that are watched, if none is named
    #[arg(long, value_name = "ADDRESS")]
    token: Vec<Address>,
}

/// What was looked at.
#[derive(Debug, Serialize)]
struct Observed {
    chain_id: u64,
    tokens: Vec<Token>,
    transaction: Sent,
}

/// An asset, and when it was looked at before this.
#[derive(Debug, Serialize)]
struct Token {
    token: Address,
    symbol: String,
    /// Seconds since 1970; 0 if it is not watched.
    observed_at: u64,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let desk = keeping::desk(&session, None).await?;
    let watched = desk.watched(Memory::default()).await.kind(Kind::Chain)?;
    let tokens = match options.token.is_empty() {
        true => watched.iter().map(|asset| asset.token).collect(),
        false => options.token.clone(),
    };
    if tokens.is_empty() {
        return Err(
            Failure::new(Kind::Nothing, "no asset's volatility is watched")
                .next("governance watches one with the oracle's setVolatility"),
        );
    }
    let call = Oracle::observeCall {
        tokens: tokens.clone(),
    };
    let (transaction, _) = session
        .act("look at the prices", desk.suite.oracle, U256::ZERO, call)
        .await?;
    let names = keeping::describe(&session, &tokens).await?;
    let observed_at = |token: Address| {
        let asset = watched.iter().find(|asset| asset.token == token);
        asset.map_or(0, |asset| asset.observed_at)
    };
    let tokens = tokens.iter().zip(names).map(|(token, (symbol, _))| Token {
        token: *token,
        symbol,
        observed_at: observed_at(*token),
    });
    session
        .show(&Observed {
            chain_id: session.chain_id,
            tokens: tokens.collect(),
            transaction,
        })
        .await
}

impl Answer for Observed {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for token in &self.tokens {
            match token.observed_at {
                0 => writeln!(out, "{}: never looked at", token.symbol)?,
                at => writeln!(out, "{}: last looked at {at}", token.symbol)?,
            }
        }
        self.transaction.write(out)
    }
}
