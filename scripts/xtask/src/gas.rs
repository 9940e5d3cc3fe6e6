//! `cargo xtask gas`: what transactions cost, against `tests/snapshots/gas.json` and in `docs/gas.md`.

mod table;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::programs::PROGRAMS;
use crate::snapshot::{self, Figure, Then};
use crate::{build, sh};

/// A transaction that was measured, as the snapshot has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    scenario: String,
    assets: u64,
    trades: u64,
    cached: bool,
    gas: u64,
    floor: Option<u64>,
    ratio: Option<f64>,
}

/// The same, and where its gas went.
#[derive(Debug, Deserialize)]
struct Measured {
    #[serde(flatten)]
    line: Line,
    parts: Vec<Part>,
}

/// A program's frames with one function, or everything of one kind outside. All figures are gas.
#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    calls: u64,
    gas: i64,
    init: u64,
    memory: u64,
    opcodes: u64,
    hosts: u64,
    evm: u64,
}

impl Line {
    /// What was measured, in words.
    fn name(&self) -> String {
        let plural = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let mut words = vec![self.scenario.clone(), plural(self.assets, "asset")];
        if self.trades > 0 {
            words.push(plural(self.trades, "trade"));
        }
        words.push(if self.cached { "cached" } else { "uncached" }.into());
        words.join(", ")
    }
}

/// Builds, measures, and compares or commits; with `json` everything measured goes to stdout.
pub(crate) fn gas(then: Then, json: bool) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let text = measure()?;
    let measured: Vec<Measured> =
        serde_json::from_str(&text).context("the measurement is not what was expected")?;
    let new: Vec<Line> = measured.iter().map(|m| m.line.clone()).collect();
    if json {
        print!("{text}");
    } else if then == Then::Show {
        print!("{}", table::scenarios(&measured));
    }
    let path = snapshot::path("gas.json");
    let old: Vec<Line> = snapshot::read(&path)?;
    snapshot::settle(then, "cargo xtask gas", &figures(&old), &figures(&new))?;
    if then == Then::Update {
        snapshot::write(&path, &new)?;
        table::write(&measured)?;
    }
    Ok(())
}

fn measure() -> Result<String> {
    sh::output(
        &mut sh::binary("gas"),
        "a scenario failed: its own message stands below",
    )
}

fn figures(lines: &[Line]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for line in lines {
        let name = line.name();
        figures.push(Figure {
            name: format!("{name}, gas"),
            value: line.gas,
        });
        figures.extend(line.floor.map(|value| Figure {
            name: format!("{name}, floor"),
            value,
        }));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_itself() {
        let line = Line {
            scenario: "rebalance".into(),
            assets: 10,
            trades: 1,
            cached: true,
            gas: 5,
            floor: Some(4),
            ratio: Some(1.25),
        };
        assert_eq!(line.name(), "rebalance, 10 assets, 1 trade, cached");
        let mint = Line {
            scenario: "mint".into(),
            assets: 1,
            trades: 0,
            cached: false,
            floor: None,
            ..line
        };
        assert_eq!(mint.name(), "mint, 1 asset, uncached");
        assert_eq!(figures(&[mint]).len(), 1);
    }
}
