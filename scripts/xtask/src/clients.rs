//! `cargo xtask clients`: programs that were not written for the embedded chain, against it.

use anyhow::Result;

use crate::programs::PROGRAMS;
use crate::{build, setup, sh};

/// The release whose behaviour the tests expect; older ones know neither fragments nor `[wasm-opt]`.
const CARGO_STYLUS: &str = "0.10.10";

/// Runs the tests of `cast`, viem and alloy and, unless `fast`, installs cargo-stylus and runs its tests.
pub(crate) fn clients(fast: bool) -> Result<()> {
    setup::setup()?;
    eprint!(
        "{}",
        build::build(&PROGRAMS.iter().collect::<Vec<_>>(), true)?
    );
    if !fast {
        install()?;
    }
    let hint = "the failed clients are named above";
    let mut cargo = sh::cargo(&sh::root(), "test");
    cargo.args(["--locked", "-p", "devnode", "--test", "rpc", "alloy_socket"]);
    sh::run_attached(&mut cargo, hint)?;
    let mut cargo = sh::cargo(&sh::root(), "test");
    cargo.args(["--locked", "-p", "e2e", "--test", "clients", "--"]);
    if !fast {
        cargo.arg("--include-ignored");
    }
    sh::run_attached(&mut cargo, hint)
}

/// Puts cargo-stylus into `target/tools`; does nothing when it is there.
fn install() -> Result<()> {
    let tools = sh::target().join("tools");
    sh::say(format!(
        "cargo-stylus {CARGO_STYLUS} into target/tools; its first installation takes some minutes"
    ));
    let mut cargo = sh::command(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        &sh::root(),
    );
    cargo
        .args(["install", "cargo-stylus", "--locked", "--version", CARGO_STYLUS])
        .arg("--root")
        .arg(&tools)
        // Optimising a tool that mostly waits takes longer than all that it does here.
        .args(["--profile", "dev", "--target-dir"])
        .arg(tools.join("build"));
    sh::run(
        &mut cargo,
        "the crate registry must be reachable; `cargo xtask clients --fast` leaves this client out",
    )
}
