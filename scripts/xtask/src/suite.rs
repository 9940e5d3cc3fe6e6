//! `cargo xtask lint`, `test` and `demo`: several commands in a row, with one answer at the end.

use std::time::{Duration, Instant};

use anyhow::{bail, Result};

use crate::programs::PROGRAMS;
use crate::snapshot::Then;
use crate::{abi, build, differential, gas, setup, sh, size};

/// Steps that all run, whatever became of the earlier ones, and their summary.
#[derive(Default)]
struct Suite {
    done: Vec<(&'static str, Duration, Option<anyhow::Error>)>,
}

impl Suite {
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> bool {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        let error = work().err();
        if let Some(error) = &error {
            eprintln!("error: {error:#}");
        }
        let passed = error.is_none();
        self.done.push((name, start.elapsed(), error));
        passed
    }

    fn finish(self) -> Result<()> {
        eprintln!("\n=== summary");
        for (name, took, error) in &self.done {
            let verdict = if error.is_none() { "ok" } else { "FAILED" };
            eprintln!("{verdict:>6}  {:>5}s  {name}", took.as_secs());
        }
        let failed: Vec<_> = self
            .done
            .iter()
            .filter(|(_, _, error)| error.is_some())
            .map(|(name, ..)| *name)
            .collect();
        if !failed.is_empty() {
            bail!(
                "failed: {}. The reasons stand above, under each heading",
                failed.join(", ")
            );
        }
        Ok(())
    }
}

/// Everything that must hold before a change is taken; `fast` leaves out what needs compiled WASM.
pub(crate) fn test(fast: bool) -> Result<()> {
    let hint = "the failed tests are named above";
    let mut suite = Suite::default();
    let mut built = false;
    if !fast {
        built = suite.step("set-up", setup::setup)
            && suite.step("programs to WASM", || {
                let table = build::build(&PROGRAMS.iter().collect::<Vec<_>>(), true)?;
                eprint!("{table}");
                Ok(())
            });
        suite.step("interfaces as committed", || {
            abi::abi(&PROGRAMS.iter().collect::<Vec<_>>(), true)
        });
    }
    suite.step("programs, natively", || {
        sh::run(
            sh::cargo(&sh::contracts(), "test").args(["--locked", "--workspace", "--no-fail-fast"]),
            hint,
        )
    });
    suite.step("host side", || {
        let mut cargo = sh::cargo(&sh::root(), "test");
        cargo.args(["--locked", "--workspace", "--no-fail-fast"]);
        if !built {
            eprintln!("without the end-to-end tests, which need the programs' WASM");
            cargo.args(["--exclude", "e2e"]);
        }
        sh::run(&mut cargo, hint)
    });
    if built {
        suite.step("the same calls compiled and native", || {
            differential::both(&[])
        });
        suite.step("sizes as committed", || size::size(Then::Check));
        suite.step("gas as committed", || gas::gas(Then::Check, false));
    }
    suite.finish()
}

/// Formatting and clippy, warnings refused, in both workspaces and for WASM.
pub(crate) fn lint() -> Result<()> {
    let mut suite = Suite::default();
    let workspaces = [
        ("formatting, host side", "clippy, host side", sh::root()),
        (
            "formatting, programs",
            "clippy, programs natively",
            sh::contracts(),
        ),
    ];
    for (name, _, folder) in &workspaces {
        suite.step(name, || {
            let mut cargo =
                sh::command(std::env::var_os("CARGO").unwrap_or("cargo".into()), folder);
            sh::run(
                cargo.args(["fmt", "--all", "--", "--check"]),
                "run `cargo fmt --all`",
            )
        });
    }
    let hint = "the lints are named above";
    for (_, name, folder) in &workspaces {
        suite.step(name, || {
            let mut cargo = sh::cargo(folder, "clippy");
            cargo.args(["--quiet", "--locked", "--workspace", "--all-targets"]);
            // What is off by default; what stands in its place is compiled by the tests.
            if *folder == sh::root() {
                cargo.args(["--features", "ballast-cli/ledger"]);
            }
            cargo.args(["--", "-D", "warnings"]);
            sh::run(&mut cargo, hint)
        });
    }
    suite.step("clippy, programs as WASM", || {
        setup::setup()?;
        for program in &PROGRAMS {
            let mut cargo = sh::cargo(&sh::contracts(), "clippy");
            cargo.args([
                "--quiet",
                "--locked",
                "--release",
                "--lib",
                "--package",
                program.package,
            ]);
            cargo.args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]);
            sh::run(&mut cargo, hint)?;
        }
        Ok(())
    });
    suite.finish()
}

/// Builds what the demo needs and runs it; only the demo writes to stdout.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let mut cargo = sh::binary("demo");
    cargo.args(arguments);
    sh::run_attached(&mut cargo, "the demo's own message stands above")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_suite_and_the_others_still_run() {
        let mut suite = Suite::default();
        let mut ran = false;
        assert!(!suite.step("first", || bail!("no")));
        assert!(suite.step("second", || {
            ran = true;
            Ok(())
        }));
        assert!(ran);
        let error = suite.finish().unwrap_err().to_string();
        assert!(
            error.contains("first") && !error.contains("second"),
            "{error}"
        );
    }

    #[test]
    fn a_suite_without_failures_passes() {
        let mut suite = Suite::default();
        suite.step("only", || Ok(()));
        assert!(suite.finish().is_ok());
    }
}
