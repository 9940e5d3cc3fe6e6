//! What the demo measured, as one JSON document, and what must be true of it.

use alloy::primitives::{Address, B256};
use anyhow::{ensure, Result};
use serde::Serialize;

/// The whole document.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) chain_id: u64,
    pub(super) programs: Vec<ProgramReport>,
    pub(super) governance: GovernanceReport,
    pub(super) rebalances: Vec<RebalanceReport>,
    pub(super) refused: Vec<Refused>,
    pub(super) redemption: RedemptionReport,
    pub(super) elapsed_ms: u64,
}

/// A program as deployed.
#[derive(Debug, Serialize)]
pub(super) struct ProgramReport {
    pub(super) name: String,
    pub(super) address: Address,
    pub(super) compressed_bytes: usize,
    pub(super) wasm_bytes: usize,
    pub(super) data_bytes: usize,
    pub(super) pages: usize,
}

/// The vote.
#[derive(Debug, Serialize)]
pub(super) struct GovernanceReport {
    pub(super) proposal_id: String,
    pub(super) timelock_delay_s: u64,
    pub(super) targets_bps: Vec<u64>,
}

/// One rebalance. NAVs are USD in WAD.
#[derive(Debug, Serialize)]
pub(super) struct RebalanceReport {
    pub(super) tx: B256,
    pub(super) gas: u64,
    pub(super) assets: usize,
    pub(super) trades: usize,
    pub(super) distance_before_bps: f64,
    pub(super) distance_after_bps: f64,
    pub(super) nav_before: String,
    pub(super) nav_after: String,
    pub(super) turnover_bps: u64,
    pub(super) loss_bps: u64,
    /// How much of the greatest slippage the auction had released.
    pub(super) released_bps: u64,
}

/// One attempt and the contract's words.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) attempt: String,
    pub(super) error: String,
}

/// A depositor's way out. Values are USD in WAD.
#[derive(Debug, Serialize)]
pub(super) struct RedemptionReport {
    pub(super) shares: String,
    pub(super) value_in: String,
    pub(super) value_out: String,
    pub(super) gas: u64,
}

impl Report {
    /// What the demo promises, checked on what it measured.
    pub(super) fn check(&self, max_slippage_bps: u64) -> Result<()> {
        ensure!(
            self.rebalances.len() >= 3,
            "only {} rebalances",
            self.rebalances.len()
        );
        for r in &self.rebalances {
            ensure!(
                r.distance_after_bps < r.distance_before_bps,
                "{}: distance went from {} to {} bps",
                r.tx,
                r.distance_before_bps,
                r.distance_after_bps
            );
            // Loss in bps of NAV is at most the allowed slippage on what was turned over.
            let bound = (r.turnover_bps * max_slippage_bps).div_ceil(10_000) + 1;
            ensure!(
                r.loss_bps <= bound,
                "{}: lost {} bps, bound {bound}",
                r.tx,
                r.loss_bps
            );
        }
        ensure!(
            self.refused.len() == 8,
            "{} of 8 attempts were tried",
            self.refused.len()
        );
        Ok(())
    }
}
