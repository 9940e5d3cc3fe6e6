//! `cargo xtask differential`: the same calls of the same sources, compiled and native.

use anyhow::{Context, Result};

use crate::programs::PROGRAMS;
use crate::{build, sh};

/// Where the compiled programs' side writes, and the variable that tells the native side.
const FILE: &str = "target/differential.txt";
const VARIABLE: &str = "BALLAST_TRANSCRIPT";

/// Builds the programs, has them called, and repeats it natively.
pub(crate) fn differential(arguments: &[String]) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    both(arguments)
}

/// Both sides in turn, of programs that are built.
pub(crate) fn both(arguments: &[String]) -> Result<()> {
    let file = sh::root().join(FILE);
    let path = file.to_str().context("the folder's name is no text")?;
    let mut cargo = sh::binary("differential");
    cargo.args(["--out", path]).args(arguments);
    sh::run_attached(&mut cargo, "what was not reached stands above")?;
    let mut cargo = sh::cargo(&sh::contracts(), "test");
    cargo
        .args(["--quiet", "--locked", "--package", "contract-tests"])
        .args(["--test", "differential", "--"])
        .args(["--ignored", "--nocapture"])
        .env(VARIABLE, &file);
    sh::run(
        &mut cargo,
        "the line of the file at which they differ stands above",
    )
}
