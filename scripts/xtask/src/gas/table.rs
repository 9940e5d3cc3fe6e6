//! The tables of `docs/gas.md`.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{Line, Measured, Part};
use crate::sh;

const BEGIN: &str = "<!-- begin: written by `cargo xtask gas --update` -->";
const END: &str = "<!-- end -->";
/// The number of assets at which every scenario is shown frame by frame.
const EXAMPLE: u64 = 10;

/// Replaces what stands between the markers of `docs/gas.md`.
pub(super) fn write(measured: &[Measured]) -> Result<()> {
    let path = sh::root().join("docs/gas.md");
    let page = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", sh::short(&path)))?;
    let tables = format!("{}\n{}", scenarios(measured), frames(measured));
    sh::write(&path, replaced(&page, &tables)?.as_bytes())
}

fn replaced(page: &str, tables: &str) -> Result<String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("docs/gas.md has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("docs/gas.md has no line {END} after {BEGIN}"))?;
    Ok(format!("{before}{BEGIN}\n\n{tables}\n{END}{after}"))
}

/// Every scenario, one line each.
pub(super) fn scenarios(measured: &[Measured]) -> String {
    let mut text = String::from(
        "| scenario | assets | trades | floor | cached | ratio | uncached | ratio |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut names: Vec<&str> = Vec::new();
    for Measured { line, .. } in measured {
        if !names.contains(&line.scenario.as_str()) {
            names.push(&line.scenario);
        }
    }
    for name in names {
        for one in measured
            .iter()
            .filter(|m| m.line.scenario == name && m.line.cached)
        {
            let line = &one.line;
            let other = measured.iter().map(|m| &m.line).find(|m| {
                !m.cached
                    && (&m.scenario, m.assets, m.trades)
                        == (&line.scenario, line.assets, line.trades)
            });
            let _ = writeln!(
                text,
                "| {name} | {} | {} | {} | {} | {} | {} | {} |",
                line.assets,
                if line.trades == 0 {
                    String::new()
                } else {
                    line.trades.to_string()
                },
                line.floor.map_or_else(String::new, thousands),
                thousands(line.gas),
                ratio(Some(line)),
                other.map_or_else(String::new, |m| thousands(m.gas)),
                ratio(other),
            );
        }
    }
    text
}

fn ratio(line: Option<&Line>) -> String {
    line.and_then(|line| line.ratio)
        .map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

/// Frame by frame: rebalances with one trade at every number of assets, everything else at one.
fn frames(measured: &[Measured]) -> String {
    let mut text = String::new();
    for one in measured {
        let line = &one.line;
        let headline = line.scenario == "rebalance" && line.trades == 1;
        if !(line.assets == EXAMPLE || headline && line.cached) {
            continue;
        }
        if !line.cached && !headline {
            continue;
        }
        let _ = writeln!(
            text,
            "\n### {}: {} gas\n",
            capitalised(&line.name()),
            thousands(line.gas)
        );
        text.push_str("| frame | entered | gas | start | memory | opcodes | host functions | EVM |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for part in &one.parts {
            text.push_str(&row(part));
        }
    }
    text
}

fn row(part: &Part) -> String {
    let gas = if part.gas < 0 {
        format!("−{}", thousands(part.gas.unsigned_abs()))
    } else {
        thousands(part.gas.unsigned_abs())
    };
    let own = [part.init, part.memory, part.opcodes, part.hosts, part.evm];
    let is_program = own.iter().any(|gas| *gas > 0);
    let cells: Vec<_> = own
        .iter()
        .map(|gas| {
            if is_program {
                thousands(*gas)
            } else {
                String::new()
            }
        })
        .collect();
    format!(
        "| {} | {} | {gas} | {} |\n",
        part.name,
        part.calls,
        cells.join(" | ")
    )
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// 1234567 as 1,234,567.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let page = replaced(&page, "new").unwrap();
        assert_eq!(page, format!("before\n{BEGIN}\n\nnew\n{END}\nafter\n"));
        assert!(replaced("no markers", "new").is_err());
    }

    #[test]
    fn a_refund_is_shown_as_such_and_only_programs_are_split() {
        let part = Part {
            name: "refunds".into(),
            calls: 1,
            gas: -4_800,
            init: 0,
            memory: 0,
            opcodes: 0,
            hosts: 0,
            evm: 0,
        };
        assert_eq!(row(&part), "| refunds | 1 | −4,800 |  |  |  |  |  |\n");
    }
}
