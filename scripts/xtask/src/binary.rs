//! `cargo xtask binary`: `ballast` as one file that needs nothing of the machine it is carried to.

mod elf;

use anyhow::{bail, ensure, Context, Result};
use sha2::{Digest, Sha256};

use crate::{setup, sh};

/// Builds the binary against musl, refuses one that is not static, and prints where it is.
pub(crate) fn binary() -> Result<()> {
    ensure!(
        cfg!(target_os = "linux"),
        "a static binary is for Linux, and is built there; elsewhere: cargo install --locked --path scripts/cli"
    );
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    setup::target(&target)?;
    let mut cargo = sh::cargo(&sh::root(), "build");
    cargo.args(["--locked", "--profile", "binary", "--target", &target]);
    cargo.args(["--package", "ballast-cli", "--bin", "ballast"]);
    for (name, value) in c_compiler(&target) {
        if std::env::var_os(&name).is_none() {
            cargo.env(name, value);
        }
    }
    sh::run(&mut cargo, "the compiler's message stands above")?;

    let path = sh::target().join(&target).join("binary").join("ballast");
    let content = std::fs::read(&path).with_context(|| format!("no {}", sh::short(&path)))?;
    let needs = elf::needs(&content).with_context(|| sh::short(&path))?;
    if !needs.is_empty() {
        bail!("{} is not static: {}", sh::short(&path), needs.join(", "));
    }
    println!("{}", sh::short(&path));
    println!("{} bytes, static", content.len());
    println!("sha256 {}", hex::encode(Sha256::digest(&content)));
    Ok(())
}

/// What compiles the C of our dependencies, unless the environment names it (docs/decisions/0041).
///
/// It uses of the C library only what glibc and musl have under the same names, so that the usual compiler does.
/// Checked variants, which distributions put in place of `memcpy` and others, are glibc's alone.
fn c_compiler(target: &str) -> [(String, &'static str); 2] {
    let target = target.replace('-', "_");
    [
        (format!("CC_{target}"), "cc"),
        (
            format!("CFLAGS_{target}"),
            "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0",
        ),
    ]
}
