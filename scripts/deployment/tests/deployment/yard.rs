//! A chain with the example's DAO and market on it and no treasury, and runs of a deployment there.

use std::path::PathBuf;

use alloy::{primitives::Address, signers::local::PrivateKeySigner};
use anyhow::{Context, Result};
use ballast::{
    artifacts::Artifacts,
    client::Client,
    local::{
        arbitrum,
        embedded::{self, Node},
        example::{self, Example},
    },
    record::Record,
};
use ballast_deployment::{
    bundle::{checkout, Bundle, Origin},
    carry::{Done, Run, Stop},
    check::{self, Unfit},
    config::Config,
    example::configuration,
    job::Job,
    trouble::Trouble,
};
use devnode::Prepared;
use tempfile::TempDir;

/// The chain, what stands on it, and where the record lies.
pub(crate) struct Yard {
    pub(crate) node: Node,
    pub(crate) client: Client,
    pub(crate) example: Example,
    pub(crate) text: String,
    pub(crate) bundle: Bundle,
    pub(crate) directory: TempDir,
}

/// The programs that the example's configuration asks for.
pub(crate) const PROGRAMS: [&str; 7] = [
    "policy",
    "vault",
    "oracle",
    "rebalancer",
    "filler-uniswap-v3",
    "lens",
    "filler-call",
];

impl Yard {
    pub(crate) async fn new() -> Result<Self> {
        let chain = arbitrum::furnish(devnode::Chain::new(devnode::Config::default())).await?;
        let (chain, example) = example::open(chain).await?;
        let origin = Origin {
            commit: "0".repeat(40),
            toolchain: "rustc 1.95.0".into(),
            is_modified: false,
        };
        let bundle = Bundle::read(&checkout().join("target/stylus"), &PROGRAMS, origin)?;
        Self::on(&Prepared::new(chain), example, bundle)
    }

    fn on(chain: &Prepared, example: Example, bundle: Bundle) -> Result<Self> {
        let node = embedded::start_from(chain)?;
        let keys: Vec<PrivateKeySigner> = node.keys();
        let client = Client::connect(&node.url(), &keys, &Artifacts::default())?;
        Ok(Self {
            text: configuration(&example)?,
            node,
            client,
            example,
            bundle,
            directory: TempDir::new()?,
        })
    }

    /// A copy of the chain, with nothing recorded.
    pub(crate) fn copy(&self) -> Result<Self> {
        Self::on(
            &self.node.prepared(),
            self.example.clone(),
            self.bundle.clone(),
        )
    }

    pub(crate) fn deployer(&self) -> Address {
        self.example.cast.deployer
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("record.json")
    }

    pub(crate) fn record(&self) -> Result<Record> {
        Record::read(&self.path())
    }

    pub(crate) fn config(&self) -> Result<Config> {
        Ok(Config::parse(&self.text)?)
    }

    pub(crate) async fn job(&self) -> Result<Job<'_>, Trouble> {
        let config = self.config()?;
        Job::new(
            &self.client,
            &config,
            &self.bundle,
            self.deployer(),
            self.path(),
        )
        .await
    }

    /// One run as the command line makes it, ended early where `stop` says so.
    pub(crate) async fn run(&self, stop: Option<Stop>) -> Result<Done, Trouble> {
        let run = Run {
            stop,
            ..Run::default()
        };
        let job = self.job().await?;
        if !job.is_finished() {
            let (config, seeded) = (self.config()?, job.is_seeded().await?);
            let unfit = check::check(&self.client, &config, self.deployer(), true, seeded).await?;
            if !unfit.is_empty() {
                return Err(Trouble::Unfit(unfit));
            }
        }
        job.plan().await?;
        job.carry(run).await
    }

    /// What does not fit after `from` in the configuration became `to`.
    pub(crate) async fn unfit(&self, from: &str, to: &str) -> Result<Vec<Unfit>> {
        anyhow::ensure!(self.text.contains(from), "no {from} in the configuration");
        let config = Config::parse(&self.text.replacen(from, to, 1))?;
        check::check(&self.client, &config, self.deployer(), false, false).await
    }

    pub(crate) fn program(&self, name: &str) -> Result<Address> {
        Ok(self.record()?.program(name).context("unrecorded")?.address)
    }
}
