//! A treasury behind a URL, and running a client's own program against it.

use std::{
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Output},
};

use alloy::{
    primitives::{Address, B256, U256},
    signers::local::PrivateKeySigner,
};
use anyhow::{bail, Context, Result};
use e2e::{raise, tokens_of, Mode, Theatre};

/// A treasury of two assets, its depositor, and where the chain answers.
pub(crate) struct Scene {
    pub(crate) stage: Theatre,
    pub(crate) keys: Vec<PrivateKeySigner>,
}

impl Scene {
    /// A treasury of 18 and of 6 decimals, in which Alice holds 1,000 shares.
    pub(crate) async fn new() -> Result<Self> {
        let setting = tokens_of("TestToken", &[18, 6], 500_000);
        let stage = raise(Mode::Uncached, setting).await?;
        stage.mint(stage.cast.alice, shares(1_000)).await?;
        let keys = stage.node.keys();
        Ok(Self { stage, keys })
    }

    /// Where it answers over HTTP.
    pub(crate) fn url(&self) -> String {
        self.stage.node.url()
    }

    /// Where it answers over WebSocket.
    pub(crate) fn ws_url(&self) -> String {
        self.stage.node.url().replacen("http", "ws", 1)
    }

    /// The private key of an account of the cast.
    pub(crate) fn key(&self, account: Address) -> Result<B256> {
        let signer = self.keys.iter().find(|k| k.address() == account);
        Ok(signer.context("no such key")?.to_bytes())
    }
}

/// Shares in WAD.
pub(crate) fn shares(whole: u64) -> U256 {
    ballast::local::stage::usd(whole)
}

/// Something of `tests/fixtures/node_modules`.
pub(crate) fn node_module(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/node_modules")
        .join(path)
}

/// Runs `program`; what it printed, or an error with all that it said.
pub(crate) fn run(
    program: impl AsRef<OsStr>,
    configure: impl FnOnce(&mut Command),
) -> Result<String> {
    let out = output(program, configure)?;
    let told = String::from_utf8_lossy(&out.stderr);
    let printed = String::from_utf8(out.stdout).context("a client printed no text")?;
    if !out.status.success() {
        bail!("{}:\n{printed}\n{told}", out.status);
    }
    Ok(printed)
}

/// Runs `program`, whatever becomes of it.
pub(crate) fn output(
    program: impl AsRef<OsStr>,
    configure: impl FnOnce(&mut Command),
) -> Result<Output> {
    let mut command = Command::new(&program);
    configure(&mut command);
    command.output().with_context(|| {
        format!(
            "cannot start {:?}: run `cargo xtask setup`",
            program.as_ref()
        )
    })
}
