//! `cargo xtask soak`: the keeper over thousands of blocks while everything around it breaks.

use anyhow::Result;

use crate::programs::PROGRAMS;
use crate::{build, sh};

/// Builds the programs and runs the soak that `arguments` ask for.
pub(crate) fn soak(arguments: &[String]) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let mut cargo = sh::binary("soak");
    cargo.args(arguments);
    sh::run_attached(&mut cargo, "what did not hold stands above as FAIL")
}
