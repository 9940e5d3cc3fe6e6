//! What Ballast costs, and what the same calls to others cost without it: the figures of `docs/gas.md`.
//!
//! [`treasury`] sets the stage, [`scenarios`] lists what is measured, [`floor`] makes the same calls to
//! others from a bare script, [`frames`] says where the gas went. Everything is deterministic: the same
//! programs give the same figures to the unit.

pub mod floor;
pub mod frames;
pub mod scenarios;
pub mod treasury;

use alloy::rpc::types::TransactionReceipt;
use anyhow::{Context, Result};
use devnode::exec::Outcome;
use serde::{Deserialize, Serialize};

use frames::Part;
use treasury::Treasury;

/// Numbers of listed assets that are measured.
pub const SIZES: [usize; 6] = [1, 2, 5, 10, 20, 32];

/// One transaction that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was done.
    pub scenario: String,
    /// Listed assets.
    pub assets: usize,
    /// Trades of the rebalance; 0 where nothing is traded.
    pub trades: usize,
    /// Whether all programs were in Arbitrum's cache.
    pub cached: bool,
    /// Gas used, refunds taken off.
    pub gas: u64,
    /// Gas of the bare script that makes the same calls to others; none where there are none to make.
    pub floor: Option<u64>,
    /// gas / floor, to three places.
    pub ratio: Option<f64>,
    /// Where the gas went; adds up to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A transaction that was mined, frame by frame.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// Its frames.
    pub outcome: Outcome,
}

impl Run {
    /// Looks at a transaction that succeeded.
    pub fn of(treasury: &Treasury, receipt: TransactionReceipt) -> Result<Self> {
        let outcome = treasury
            .node
            .chain()
            .profile(receipt.transaction_hash)?
            .context("the transaction is not on the chain")?;
        anyhow::ensure!(
            outcome.is_success() && outcome.gas_used == receipt.gas_used,
            "{} used {} gas on the chain and {} when run again",
            receipt.transaction_hash,
            receipt.gas_used,
            outcome.gas_used
        );
        Ok(Self { receipt, outcome })
    }
}

/// gas / floor to three places.
pub fn ratio(gas: u64, floor: u64) -> f64 {
    (gas as f64 / floor as f64 * 1_000.0).round() / 1_000.0
}

/// The scenarios, in the order in which they are shown.
pub const SCENARIOS: [&str; 8] = [
    "rebalance",
    "rebalance to new targets",
    "mint",
    "redeem",
    "setTargets",
    "oracle.prices",
    "lens.status",
    "lens.getConstituents",
];

/// Measures every scenario at these numbers of assets.
pub async fn measure(sizes: &[usize]) -> Result<Vec<Measured>> {
    let tasks: Vec<_> = sizes
        .iter()
        .map(|assets| tokio::spawn(scenarios::all(*assets)))
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    all.sort_by_key(|one: &Measured| SCENARIOS.iter().position(|name| *name == one.scenario));
    Ok(all)
}
