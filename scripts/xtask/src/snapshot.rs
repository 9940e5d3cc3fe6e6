//! Figures that are committed, so that a diff shows what a change costs.

use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde::{de::DeserializeOwned, Serialize};

use crate::sh;

/// Percent by which a figure may change before its snapshot must be renewed.
const TOLERANCE_PERCENT: u64 = 1;

/// What to do with new figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Show how they differ from the committed ones.
    Show,
    /// Fail if one differs by more than the tolerance.
    Check,
    /// Commit them.
    Update,
}

/// A figure with its name; the name says what was measured, and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: u64,
}

/// Where a snapshot lies.
pub(crate) fn path(file: &str) -> PathBuf {
    sh::root().join("tests/snapshots").join(file)
}

/// The committed list, empty if there is none yet.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what was written there", sh::short(path))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", sh::short(path))),
    }
}

/// Writes a list, one entry a line: a diff names the entry.
pub(crate) fn write<T: Serialize>(path: &Path, entries: &[T]) -> Result<()> {
    let lines: Vec<_> = entries
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    sh::write(path, format!("[\n{}\n]\n", lines.join(",\n")).as_bytes())
}

/// Compares new figures with old ones as `then` wants it; `command` is what renews the snapshot.
pub(crate) fn settle(then: Then, command: &str, old: &[Figure], new: &[Figure]) -> Result<()> {
    if then == Then::Update && old.is_empty() {
        return Ok(());
    }
    let differences = differences(old, new);
    let changed = differences.iter().filter(|d| d.counts).count();
    for difference in &differences {
        eprintln!("{}", difference.text);
    }
    if then == Then::Check && changed > 0 {
        bail!(
            "{changed} of {} figures differ from the snapshot by more than {TOLERANCE_PERCENT} %, or are new \
             or gone: they are named above. If that is meant, run `{command} --update` and commit what it writes",
            new.len().max(old.len())
        );
    }
    Ok(())
}

struct Difference {
    text: String,
    /// Whether it is beyond the tolerance.
    counts: bool,
}

fn differences(old: &[Figure], new: &[Figure]) -> Vec<Difference> {
    let mut found = Vec::new();
    for figure in new {
        let Figure { name, value } = figure;
        match old.iter().find(|was| was.name == *name) {
            None => found.push(Difference {
                text: format!("  {name}: {value}, not in the snapshot"),
                counts: true,
            }),
            Some(was) if was.value == *value => {}
            Some(was) => found.push(Difference {
                text: format!(
                    "  {name}: {} -> {value} ({})",
                    was.value,
                    percent(was.value, *value)
                ),
                counts: value.abs_diff(was.value) * 100 > was.value * TOLERANCE_PERCENT,
            }),
        }
    }
    for was in old {
        if new.iter().all(|figure| figure.name != was.name) {
            found.push(Difference {
                text: format!(
                    "  {}: {} in the snapshot, no longer measured",
                    was.name, was.value
                ),
                counts: true,
            });
        }
    }
    found
}

fn percent(old: u64, new: u64) -> String {
    if old == 0 {
        return "from nothing".into();
    }
    format!("{:+.2} %", (new as f64 - old as f64) / old as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(of: &[(&str, u64)]) -> Vec<Figure> {
        of.iter()
            .map(|(name, value)| Figure {
                name: (*name).into(),
                value: *value,
            })
            .collect()
    }

    fn check(old: &[(&str, u64)], new: &[(&str, u64)]) -> Result<()> {
        settle(Then::Check, "cargo xtask gas", &figures(old), &figures(new))
    }

    #[test]
    fn one_percent_passes_and_more_does_not() {
        assert!(check(&[("mint", 10_000)], &[("mint", 10_100)]).is_ok());
        assert!(check(&[("mint", 10_000)], &[("mint", 9_900)]).is_ok());
        assert!(check(&[("mint", 10_000)], &[("mint", 10_101)]).is_err());
        assert!(check(&[("mint", 10_000)], &[("mint", 9_899)]).is_err());
        assert!(check(&[("fragments", 0)], &[("fragments", 1)]).is_err());
    }

    #[test]
    fn what_is_new_or_gone_does_not_pass() {
        assert!(check(&[], &[("mint", 1)]).is_err());
        assert!(check(&[("mint", 1)], &[]).is_err());
        let hint = check(&[("mint", 1)], &[]).unwrap_err().to_string();
        assert!(hint.contains("cargo xtask gas --update"), "{hint}");
    }

    #[test]
    fn a_difference_names_old_new_and_percent() {
        let found = differences(
            &figures(&[("mint, 2 assets", 1_000)]),
            &figures(&[("mint, 2 assets", 1_125)]),
        );
        assert_eq!(found[0].text, "  mint, 2 assets: 1000 -> 1125 (+12.50 %)");
    }

    #[test]
    fn showing_and_updating_pass_whatever_changed() {
        for then in [Then::Show, Then::Update] {
            assert!(settle(then, "", &figures(&[("a", 1)]), &figures(&[("a", 9)])).is_ok());
        }
    }
}
