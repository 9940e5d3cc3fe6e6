//! Examines a live deployment: what stands against its record, who holds which role, what is about to end, whether prices
//! and limits are as they should be.

mod assets;
mod governance;
mod programs;

use alloy::{primitives::Address, providers::Provider};
use anyhow::Result;
use ballast::{client::Client, record::Record, suite::Suite};
use serde::Serialize;

use crate::config::Config;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Will be bad if nobody does anything.
    Warning,
    /// Something does not work, or is not what was deployed.
    Bad,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub sentence: String,
    /// The command to run next.
    pub next: String,
}

/// Every check, by the id of its findings, with what it looks at.
pub const CHECKS: [(&str, &str); 21] = [
    (
        "deployment-unfinished",
        "whether the deployment came to its end",
    ),
    (
        "code-changed",
        "the code of every account that holds a program",
    ),
    ("expiry", "days until a program must be kept alive"),
    (
        "stylus-version",
        "whether programs run on the chain's Stylus version",
    ),
    ("cache", "whether programs start at the cached price"),
    ("roles", "who holds a role, may get one, or gives it"),
    (
        "modules",
        "whether the programs name one another as recorded",
    ),
    ("pending-modules", "other modules that wait"),
    ("rebalance-paused", "whether rebalancing is paused"),
    ("mint-paused", "whether minting is paused"),
    ("pending-fees", "fees that wait"),
    ("limits", "limits against the configuration"),
    ("listing", "assets against the configuration"),
    ("feed", "whether each asset has a price now"),
    (
        "feed-bounds",
        "whether a price nears a bound beyond which it is refused",
    ),
    (
        "feed-lag",
        "bounds, heartbeat and lag of feeds against the configuration",
    ),
    ("pending-feed", "feeds that wait"),
    ("volatility", "whether volatility was looked at lately"),
    ("sequencer", "whether the sequencer is up, and long enough"),
    ("shortfall", "whether the vault has what it owes"),
    ("locked", "whether the vault's lock is open"),
];

/// What all checks need.
pub(crate) struct Patient<'a> {
    pub(crate) client: &'a Client,
    pub(crate) record: &'a Record,
    pub(crate) config: Option<&'a Config>,
    pub(crate) suite: Suite,
    pub(crate) now: u64,
    pub(crate) findings: Vec<Finding>,
}

impl Patient<'_> {
    pub(crate) fn find(
        &mut self,
        id: &'static str,
        severity: Severity,
        sentence: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.findings.push(Finding {
            id,
            severity,
            sentence: sentence.into(),
            next: next.into(),
        });
    }

    /// The block after which time is told.
    pub(crate) fn ago(&self, then: u64) -> u64 {
        self.now.saturating_sub(then)
    }
}

/// Examines the deployment of `record`, worst findings first. With the configuration limits and listings are compared too.
///
/// # Errors
/// A chain that does not answer, or a record without a treasury.
pub async fn examine(
    client: &Client,
    record: &Record,
    config: Option<&Config>,
) -> Result<Vec<Finding>> {
    let mut patient = Patient {
        client,
        record,
        config,
        suite: record.suite()?,
        now: client.now().await?,
        findings: Vec::new(),
    };
    if record.progress.is_some() {
        let sentence = "the deployment is unfinished, and its deployer holds the setup role";
        patient.find(
            "deployment-unfinished",
            Severity::Bad,
            sentence,
            "ballast deploy --send",
        );
    }
    let run = patient.programs().await?;
    // What does not run cannot be asked anything.
    if run {
        patient.governance().await?;
        patient.assets().await?;
    }
    let mut findings = patient.findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

/// Whether an account has code.
pub(crate) async fn has_code(client: &Client, at: Address) -> Result<bool> {
    Ok(!client.provider.get_code_at(at).await?.is_empty())
}
