//! Whether feeds answer in time, and programs will go on running.

use alloy::primitives::Address;
use anyhow::Result;
use ballast::{
    abi::Oracle, client::Client, record::Record, stylus, suite::Suite, wire::Unanswered,
};
use serde::Serialize;

use crate::state::{refused, Refused, State};

/// A price feed.
#[derive(Debug, Clone, Serialize)]
pub struct Feed {
    /// The token it prices.
    pub token: Address,
    /// Its symbol.
    pub symbol: String,
    /// The feed.
    pub feed: Address,
    /// Seconds within which it promises an answer.
    pub heartbeat: u64,
    /// When it answered last; nothing while it is refused.
    pub updated_at: Option<u64>,
    /// Why it is refused.
    pub refused: Option<Refused>,
}

/// A program.
#[derive(Debug, Clone, Serialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// When it must have been kept alive, seconds since 1970; nothing where it is not active.
    pub expires_at: Option<u64>,
    /// Whether it is in the chain's cache.
    pub cached: Option<bool>,
}

/// Feeds of all assets.
pub(crate) async fn feeds(client: &Client, suite: &Suite, state: &State) -> Result<Vec<Feed>> {
    let mut feeds = Vec::new();
    let names = state.names();
    for asset in &state.assets {
        let token = asset.token.token;
        let feed = client.try_call(Address::ZERO, suite.oracle, Oracle::feedOfCall { token });
        let latest = client.try_call(Address::ZERO, suite.oracle, Oracle::latestCall { token });
        let (feed, latest) = tokio::try_join!(feed, latest)?;
        let (updated_at, refused) = match latest {
            Ok(latest) => (Some(latest.updatedAt.saturating_to()), None),
            Err(refusal) => (None, Some(refused(&refusal, &names))),
        };
        feeds.push(Feed {
            token,
            symbol: asset.token.symbol.clone(),
            feed: feed.as_ref().map(|feed| feed.feed).unwrap_or_default(),
            heartbeat: feed.map_or(0, |feed| feed.heartbeat.saturating_to()),
            updated_at,
            refused,
        });
    }
    Ok(feeds)
}

/// Programs of the record.
pub(crate) async fn programs(client: &Client, record: &Record, now: u64) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for program in &record.programs {
        let left = told(stylus::time_left(client, program.address).await)?;
        programs.push(Program {
            name: program.name.clone(),
            address: program.address,
            expires_at: left.map(|left| now.saturating_add(left)),
            cached: told(stylus::is_cached(client, program.address).await)?,
        });
    }
    Ok(programs)
}

/// What the chain says; nothing where it says no, an error where it says nothing.
fn told<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if Unanswered::among(&error).is_some() => Err(error),
        Err(_) => Ok(None),
    }
}
