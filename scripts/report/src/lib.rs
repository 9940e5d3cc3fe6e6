//! One page for members: what the treasury holds, did, and may do.
//!
//! [`state`] reads what is and [`untold`] what nobody tells, [`ledger`] fetches what happened, [`history`] and [`health`] say what both mean,
//! [`page`] writes it down for people. The same data serialise for machines.

mod charts;
pub mod health;
pub mod history;
pub mod ledger;
pub mod page;
pub mod pending;
mod screen;
pub mod state;
mod style;
pub mod untold;

use anyhow::Result;
use ballast::{client::Client, record::Record};
use serde::Serialize;

use crate::{
    health::{Feed, Program},
    history::{Point, Rebalance, Role},
    ledger::Ledger,
    state::State,
};

/// All that a member may want to know.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What is.
    pub state: State,
    /// The value of a share over time: after every rebalance, and now where prices are used.
    pub value: Vec<Point>,
    /// Every rebalance, oldest first.
    pub rebalances: Vec<Rebalance>,
    /// Who may do what.
    pub roles: Vec<Role>,
    /// Whether prices arrive.
    pub feeds: Vec<Feed>,
    /// Whether programs go on running.
    pub programs: Vec<Program>,
    /// The events are known up to this block.
    pub block: u64,
}

/// The first block in which anything of a treasury happened.
pub fn first_block(record: &Record) -> u64 {
    let blocks = record.programs.iter().map(|program| program.block);
    blocks.min().unwrap_or_default()
}

/// Puts a report together from the present state and a ledger that is up to date.
///
/// # Errors
/// A chain that does not answer.
pub async fn collect(client: &Client, record: &Record, ledger: &Ledger) -> Result<Report> {
    let suite = record.suite()?;
    let mut state = state::read(client, record.chain_id, &suite).await?;
    let (rebalances, mut value) = history::rebalances(client, &suite, ledger).await?;
    let (roles, feeds) = tokio::try_join!(
        history::roles(client, &suite, ledger),
        health::feeds(client, &suite, &state)
    )?;
    state.pending.extend(pending::grants(&roles));
    if let (Some(nav_wad), Some(nav_per_share_wad)) = (state.nav_wad, state.nav_per_share_wad) {
        value.push(Point {
            at: state.at,
            nav_wad,
            nav_per_share_wad,
        });
    }
    Ok(Report {
        value,
        rebalances,
        roles,
        feeds,
        programs: health::programs(client, record, state.at).await?,
        block: ledger.next.saturating_sub(1),
        state,
    })
}
