//! `cargo xtask invariants`: random sequences on the compiled programs.

use anyhow::Result;

use crate::programs::PROGRAMS;
use crate::{build, sh};

/// Builds the programs and runs the sequences that `arguments` ask for.
pub(crate) fn invariants(arguments: &[String]) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let mut cargo = sh::binary("invariants");
    cargo.args(arguments);
    sh::run_attached(
        &mut cargo,
        "what was broken, and how to run it again, stands above",
    )
}
