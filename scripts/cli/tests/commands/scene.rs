//! A treasury on a chain of its own, its record in a directory of its own, and the binary run beside it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use alloy::primitives::{keccak256, Bytes, B256};
use anyhow::{ensure, Context, Result};
use ballast::{
    local::stage::Setting,
    record::{External, Program, Record, Roles},
};
use e2e::{raise, Mode, Theatre};
use serde_json::Value;
use tempfile::TempDir;

/// What every test of a command stands on.
pub(crate) struct Scene {
    pub(crate) theatre: Theatre,
    pub(crate) directory: TempDir,
    url: String,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output as JSON, of a run that succeeded.
    pub(crate) fn json(&self) -> Result<Value> {
        ensure!(self.code == 0, "exit code {}: {}", self.code, self.err);
        serde_json::from_str(&self.out).with_context(|| self.out.clone())
    }

    /// Standard error as the JSON of a failure.
    pub(crate) fn failure(&self) -> Result<Value> {
        ensure!(self.code != 0, "succeeded: {}", self.out);
        let document: Value = serde_json::from_str(&self.err).with_context(|| self.err.clone())?;
        assert_schema("failure", &document);
        Ok(document["error"].clone())
    }
}

impl Scene {
    /// Four assets worth 1,000,000 USD with pools of 10,000,000 a side, at their targets, with a record.
    pub(crate) async fn new() -> Result<Self> {
        let mut setting = e2e::four_assets();
        setting.depth_usd = Some(10_000_000);
        let scene = Self::of(setting).await?;
        let targets = [4000, 3000, 2000, 1000];
        scene.theatre.set_targets(&targets, 100).await?;
        Ok(scene)
    }

    /// A treasury of any tokens, without targets, with a record.
    pub(crate) async fn of(setting: Setting) -> Result<Self> {
        let theatre = raise(Mode::Uncached, setting).await?;
        let scene = Self {
            url: theatre.node.url(),
            theatre,
            directory: TempDir::new()?,
        };
        scene.record()?.write(&scene.record_path())?;
        Ok(scene)
    }

    pub(crate) fn record_path(&self) -> PathBuf {
        self.directory.path().join("record.json")
    }

    /// The record of the treasury as a deployment would have written it.
    pub(crate) fn record(&self) -> Result<Record> {
        let stage = &self.theatre;
        let programs = stage.suite.programs.iter().map(|program| Program {
            name: program.name.into(),
            address: program.on_chain.address,
            fragments: Vec::new(),
            transaction: program.on_chain.receipt.transaction_hash,
            block: program.on_chain.receipt.block_number.unwrap_or_default(),
            code_hash: keccak256(
                self.theatre
                    .node
                    .chain()
                    .state()
                    .code(program.on_chain.address),
            ),
            wasm_sha256: "0".repeat(64),
            constructor_arguments: Bytes::new(),
            salt: None,
            activated_at: e2e::GENESIS,
            expires_at: e2e::GENESIS + 365 * 86_400,
        });
        Ok(Record {
            chain_id: 412_346,
            commit: "0".repeat(40),
            toolchain: "rustc 1.95.0".into(),
            programs: programs.collect(),
            roles: Roles {
                owner: stage.dao.timelock,
                guardian: stage.cast.guardian,
            },
            external: vec![External {
                name: "SwapRouter02".into(),
                address: stage.uniswap.router,
                source: "deployed with the stage".into(),
            }],
            calls: Vec::new(),
            progress: None,
        })
    }

    /// Runs `ballast` with `arguments` against the treasury, without any key.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Ran> {
        self.run_with(&[], arguments).await
    }

    /// The same with `variables` in the environment.
    pub(crate) async fn run_with(
        &self,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<Ran> {
        let record = self.record_path();
        let mut command = ballast(self.directory.path());
        command
            .env("BALLAST_RPC", &self.url)
            .env("BALLAST_DEPLOYMENT", &record)
            .envs(variables.iter().copied())
            .args(arguments);
        finish(command).await
    }

    /// The private key of one of the cast, as the environment carries it.
    pub(crate) fn key(&self, who: alloy::primitives::Address) -> Result<String> {
        let keys = self.theatre.node.keys();
        let key = keys.iter().find(|key| key.address() == who);
        let key = key.context("nobody of the cast")?;
        Ok(B256::from_slice(&key.credential().to_bytes()).to_string())
    }
}

/// Holds an answer of `command` against `schemas/<command>.json`.
pub(crate) fn assert_schema(command: &str, answer: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{command}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema of the draft");
    let faults: Vec<_> = validator
        .iter_errors(answer)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{command}: {faults:#?}\n{answer:#}");
}

/// The binary in `directory`, with nothing of this process's environment that it reads.
pub(crate) fn ballast(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BALLAST_")) {
        command.env_remove(name);
    }
    command.current_dir(directory);
    command
}

/// Runs to the end without holding up the chain's own threads.
pub(crate) async fn finish(mut command: Command) -> Result<Ran> {
    let output: Output = tokio::task::spawn_blocking(move || command.output()).await??;
    Ok(Ran {
        code: output.status.code().context("ended by a signal")?,
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}
