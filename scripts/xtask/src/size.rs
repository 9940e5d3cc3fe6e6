//! `cargo xtask size`: the programs' sizes against `tests/snapshots/size.json`.

use anyhow::Result;

use crate::build::{self, Entry};
use crate::programs::PROGRAMS;
use crate::snapshot::{self, Figure, Then};

/// Builds every program, and compares or commits its sizes.
pub(crate) fn size(then: Then) -> Result<()> {
    let table = build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    if then == Then::Show {
        print!("{table}");
    }
    let mut new = build::sizes()?;
    // An entry of a program that is no more.
    new.retain(|entry| PROGRAMS.iter().any(|program| program.name == entry.name));
    let path = snapshot::path("size.json");
    let old = snapshot::read(&path)?;
    snapshot::settle(then, "cargo xtask size", &figures(&old), &figures(&new))?;
    if then == Then::Update {
        snapshot::write(&path, &new)?;
    }
    Ok(())
}

fn figures(entries: &[Entry]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for Entry { name, sizes } in entries {
        let all = [
            ("bytes raw", sizes.raw as u64),
            ("bytes compressed", sizes.compressed as u64),
            ("fragments", sizes.fragments as u64),
            ("bytes of data", sizes.data_bytes as u64),
            ("functions", sizes.functions as u64),
            ("pages", sizes.pages),
            ("gas to start cached", sizes.init_cached),
            ("gas to start uncached", sizes.init_uncached),
        ];
        figures.extend(all.map(|(what, value)| Figure {
            name: format!("{name}, {what}"),
            value,
        }));
    }
    figures
}
