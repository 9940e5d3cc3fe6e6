//! What the keeper's commands share: its configuration beside the record, and its place at the treasury.

use std::path::Path;

use alloy::primitives::Address;
use ballast_keeper::{config::Config, desk::Desk};

use crate::{
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
};

/// The configuration in `file`, or the usual one; what it does not say of venues is taken from the record.
pub(crate) fn config(session: &Session, file: Option<&Path>) -> Outcome<Config> {
    let mut config = match file {
        Some(file) => Config::read(file).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Failure::new(Kind::Input, message)
                .next("deployments/keeper.example.toml shows every field with what it means")
        })?,
        None => Config::default(),
    };
    let record = session.record()?;
    if config.venues.quoter.is_none() {
        let quoter = record.external.iter().find(|e| e.name == "QuoterV2");
        config.venues.quoter = quoter.map(|external| external.address);
    }
    if config.venues.call_filler.is_none() {
        let filler = record.program("filler-call").ok();
        config.venues.call_filler = filler.map(|program| program.address);
    }
    Ok(config)
}

/// The keeper's place, with its configuration from `file`.
pub(crate) async fn desk(session: &Session, file: Option<&Path>) -> Outcome<Desk> {
    let suite = session.suite().await?;
    let config = config(session, file)?;
    let (client, keeper) = (session.client.clone(), session.actor.address);
    Desk::new(client, suite, config, keeper)
        .await
        .kind(Kind::Chain)
}

/// Symbols and decimals of tokens, in their order.
pub(crate) async fn describe(session: &Session, tokens: &[Address]) -> Outcome<Vec<(String, u8)>> {
    let mut described = Vec::new();
    for token in tokens {
        described.push(super::status::describe(&session.client, *token).await?);
    }
    Ok(described)
}
