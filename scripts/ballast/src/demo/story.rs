//! The story for a person: short lines and tables.

use super::{market::Hour, report::*, TARGETS};
use crate::{keeper::Executed, local::stage::Stage};

/// Tells, or keeps silent.
pub(super) struct Story {
    aloud: bool,
}

/// WAD text as whole dollars with separators.
fn dollars(wad: &str) -> String {
    let whole = wad.len().saturating_sub(18);
    thousands(if whole == 0 { "0" } else { &wad[..whole] })
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

impl Story {
    pub(super) fn new(aloud: bool) -> Self {
        Self { aloud }
    }

    pub(super) fn line(&self, text: &str) {
        if self.aloud {
            println!("  {text}");
        }
    }

    pub(super) fn chapter(&self, title: &str) {
        if self.aloud {
            println!("\n{title}");
        }
    }

    pub(super) fn programs(&self, chain_id: u64, programs: &[ProgramReport]) {
        self.line(&format!(
            "Chain {chain_id}: WETH9, Uniswap V3, OpenZeppelin Governor and Timelock, StylusDeployer, and our programs:"
        ));
        self.line(&format!(
            "{:<20} {:<44} {:>10} {:>10} {:>7} {:>6}",
            "program", "address", "compressed", "wasm", "data", "pages"
        ));
        for p in programs {
            self.line(&format!(
                "{:<20} {:<44} {:>10} {:>10} {:>7} {:>6}",
                p.name,
                p.address.to_string(),
                p.compressed_bytes,
                p.wasm_bytes,
                p.data_bytes,
                p.pages
            ));
        }
    }

    pub(super) fn rebalance(&self, stage: &Stage, hour: &Hour, done: &Executed, weights: &[f64]) {
        let r = &done.report;
        self.line(&format!(
            "{}  ETH ${:<8} BTC ${:<9} LINK ${:<7}",
            clock(hour.time),
            hour.eth,
            hour.btc,
            hour.link
        ));
        self.line(&format!(
            "             {} trades, gas {}, distance {:.0} → {:.0} bps, turnover {} bps, loss {} bps, NAV ${} → ${}",
            done.trades,
            thousands(&done.receipt.gas_used.to_string()),
            f64::from(r.distanceBeforeWad) / 1e14,
            f64::from(r.distanceAfterWad) / 1e14,
            r.turnoverBps,
            r.lossBps,
            dollars(&r.navBefore.to_string()),
            dollars(&r.navAfter.to_string()),
        ));
        let row: Vec<_> = stage
            .members
            .iter()
            .zip(weights)
            .map(|(m, w)| {
                let target = TARGETS.iter().find(|t| t.0 == m.symbol).map_or(0, |t| t.1);
                format!(
                    "{} {:.1} of {:.1} %",
                    m.symbol,
                    w / 100.0,
                    target as f64 / 100.0
                )
            })
            .collect();
        self.line(&format!("             {}", row.join("   ")));
    }

    pub(super) fn refused(&self, refused: &[Refused]) {
        for r in refused {
            self.line(&format!("{:<52} {}", r.attempt, r.error));
        }
    }

    pub(super) fn redemption(&self, r: &RedemptionReport) {
        self.line(&format!(
            "{} shares back: her part was worth ${}, she received ${} in four tokens; gas {}.",
            dollars(&r.shares),
            dollars(&r.value_in),
            dollars(&r.value_out),
            thousands(&r.gas.to_string())
        ));
    }

    pub(super) fn end(&self, report: &Report) {
        self.chapter("Sum");
        let gas: Vec<_> = report.rebalances.iter().map(|r| r.gas).collect();
        self.line(&format!(
            "{} rebalances at {} to {} gas, {} attempts refused, {:.1} seconds.",
            report.rebalances.len(),
            thousands(&gas.iter().min().unwrap_or(&0).to_string()),
            thousands(&gas.iter().max().unwrap_or(&0).to_string()),
            report.refused.len(),
            report.elapsed_ms as f64 / 1000.0
        ));
    }
}

/// `12 Mar 05:00`: the demo's history lies within one month.
fn clock(time: u64) -> String {
    // 1 March 2020 00:00 UTC
    let since = time.saturating_sub(1_583_020_800);
    format!(
        "{:>2} Mar {:02}:00",
        since / 86_400 + 1,
        since % 86_400 / 3_600
    )
}
