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

/// The text with every long hexadecimal number cut to its ends: `0x1234…abcd`.
fn brief(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("0x") {
        let (before, number) = rest.split_at(at);
        let len = 2 + number[2..]
            .chars()
            .take_while(char::is_ascii_hexdigit)
            .count();
        let (number, after) = number.split_at(len);
        out.push_str(before);
        match len {
            0..=14 => out.push_str(number),
            _ => out.push_str(&format!("{}…{}", &number[..6], &number[len - 4..])),
        }
        rest = after;
    }
    out + rest
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
            "{:<20} {:<13} {:>10} {:>10} {:>7} {:>6}",
            "program", "address", "compressed", "wasm", "data", "pages"
        ));
        for p in programs {
            self.line(&format!(
                "{:<20} {:<13} {:>10} {:>10} {:>7} {:>6}",
                p.name,
                brief(&p.address.to_string()),
                p.compressed_bytes,
                p.wasm_bytes,
                p.data_bytes,
                p.pages
            ));
        }
    }

    /// `before` and `after` are the assets' weights, bps.
    pub(super) fn rebalance(
        &self,
        stage: &Stage,
        hour: &Hour,
        done: &Executed,
        before: &[f64],
        after: &[f64],
    ) {
        let r = &done.report;
        self.line(&format!(
            "{}  ETH ${:<8} BTC ${:<9} LINK ${:<7}",
            clock(hour.time),
            hour.eth,
            hour.btc,
            hour.link
        ));
        self.line(&format!(
            "             {} trades, gas {}, distance {:.0} → {:.0} bps, turnover {} bps, loss {} bps ({} released), NAV ${} → ${}",
            done.trades,
            thousands(&done.receipt.gas_used.to_string()),
            f64::from(r.distanceBeforeWad) / 1e14,
            f64::from(r.distanceAfterWad) / 1e14,
            r.turnoverBps,
            r.lossBps,
            r.allowedBps,
            dollars(&r.navBefore.to_string()),
            dollars(&r.navAfter.to_string()),
        ));
        let row: Vec<_> = stage
            .members
            .iter()
            .zip(before.iter().zip(after))
            .map(|(m, (before, after))| {
                let target = TARGETS.iter().find(|t| t.0 == m.symbol).map_or(0, |t| t.1);
                format!(
                    "{} {:.1} → {:.1} (target {:.0})",
                    m.symbol,
                    before / 100.0,
                    after / 100.0,
                    target as f64 / 100.0
                )
            })
            .collect();
        self.line(&format!("             {}", row.join("   ")));
    }

    pub(super) fn refused(&self, refused: &[Refused]) {
        for r in refused {
            self.line(&format!("{:<52} {}", r.attempt, brief(&r.error)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brief_cuts_long_numbers_and_leaves_the_rest() {
        let address = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
        let text = format!("Refused(account: {address}, id: 0x12, n: 300)");
        assert_eq!(
            brief(&text),
            "Refused(account: 0x976E…0aa9, id: 0x12, n: 300)"
        );
        assert_eq!(brief("no number, 0x"), "no number, 0x");
    }

    #[test]
    fn thousands_and_dollars_separate_by_three() {
        assert_eq!(thousands("1"), "1");
        assert_eq!(thousands("1234567"), "1,234,567");
        assert_eq!(dollars("1234000000000000000000"), "1,234");
        assert_eq!(dollars("999"), "0");
    }
}
