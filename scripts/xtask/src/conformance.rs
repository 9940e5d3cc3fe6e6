//! `cargo xtask conformance`: the embedded chain against Nitro's rules and prices, and a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{bail, Context, Result};

use crate::sh;

/// Headings, by the outermost module of a test.
const HEADINGS: &[(&str, &str)] = &[
    ("host", "host functions: ink, gas, semantics"),
    ("outcome", "outcomes: status, return data, gas left"),
    (
        "wasm",
        "programs: opcodes, validation, activation, memory, start",
    ),
    ("fork", "EVM rules"),
];

/// Runs the suite, or the tests whose names contain `filter`, and prints what became of them.
pub(crate) fn conformance(filter: Option<&str>) -> Result<()> {
    let mut cargo = sh::cargo(&sh::root(), "test");
    cargo.args(["--locked", "--package", "devnode", "--test", "conformance"]);
    cargo.arg("--").args(filter).stderr(Stdio::inherit());
    let run = cargo.output().context("cannot start cargo")?;
    let told = String::from_utf8_lossy(&run.stdout);
    let report = Report::read(&told);
    if report.passed() + report.failed() == 0 {
        match filter {
            Some(filter) if run.status.success() => {
                bail!("no test's name contains {filter:?}; leave it out to run all of them")
            }
            _ => bail!(
                "the suite did not run ({}): the reason stands above",
                run.status
            ),
        }
    }
    if !run.status.success() {
        eprintln!("{told}");
    }
    print!("{report}");
    if report.failed() > 0 {
        bail!("what failed is listed above, and before it why; `cargo xtask conformance <name>` runs one test");
    }
    if !run.status.success() {
        bail!(
            "the suite ended early ({}): the reason stands above",
            run.status
        );
    }
    Ok(())
}

/// What became of each test, by its outermost module and the ones within.
#[derive(Debug, Default)]
struct Report<'a> {
    modules: BTreeMap<(&'a str, &'a str), Vec<(&'a str, bool)>>,
}

impl<'a> Report<'a> {
    /// Reads the test harness's lines, `test a::b::name ... ok`.
    fn read(told: &'a str) -> Self {
        let mut report = Self::default();
        for line in told.lines() {
            let Some((full, verdict)) = line
                .strip_prefix("test ")
                .and_then(|line| line.split_once(" ... "))
            else {
                continue;
            };
            let passed = match verdict {
                "ok" => true,
                "FAILED" => false,
                _ => continue,
            };
            let path = full.rsplit_once("::").map_or("", |(path, _)| path);
            let module = path.split_once("::").unwrap_or((path, ""));
            report
                .modules
                .entry(module)
                .or_default()
                .push((full, passed));
        }
        report
    }

    fn count(&self, passed: bool) -> usize {
        let tests = self.modules.values().flatten();
        tests.filter(|(_, verdict)| *verdict == passed).count()
    }

    fn passed(&self) -> usize {
        self.count(true)
    }

    fn failed(&self) -> usize {
        self.count(false)
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut before = None;
        let mut failures = String::new();
        for ((outer, inner), tests) in &self.modules {
            if before != Some(outer) {
                let heading = HEADINGS.iter().find(|(name, _)| name == outer);
                writeln!(f, "{}", heading.map_or(*outer, |(_, heading)| heading))?;
                before = Some(outer);
            }
            let failed = tests.iter().filter(|(_, passed)| !passed).count();
            let inner = if inner.is_empty() { outer } else { inner };
            write!(f, "  {inner:<14} {:>3} passed", tests.len() - failed)?;
            if failed > 0 {
                write!(f, ", {failed} failed")?;
            }
            writeln!(f)?;
            for (name, _) in tests.iter().filter(|(_, passed)| !passed) {
                let _ = writeln!(failures, "FAILED {name}");
            }
        }
        write!(f, "\n{failures}")?;
        writeln!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "
running 4 tests
test fork::zeros ... ok
test host::math::div ... ok
test host::math::pow ... FAILED
test outcome::ends::evm::trap ... ok
test host::slow ... ignored

failures:
test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s
";

    #[test]
    fn the_summary_groups_counts_and_names_what_failed() {
        let expected = "\
EVM rules
  fork             1 passed
host functions: ink, gas, semantics
  math             1 passed, 1 failed
outcomes: status, return data, gas left
  ends::evm        1 passed

FAILED host::math::pow
3 passed, 1 failed
";
        assert_eq!(Report::read(TOLD).to_string(), expected);
    }

    #[test]
    fn nothing_run_is_nothing_passed() {
        let report = Report::read("error: could not compile");
        assert_eq!((report.passed(), report.failed()), (0, 0));
    }
}
