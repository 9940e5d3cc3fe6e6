//! `ballast doctor`: how a deployment fares.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use ballast_deployment::{
    config::Config,
    doctor::{self, Finding, Severity, CHECKS},
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Examine a live deployment against its record
///
/// Code, expiry, Stylus version and cache of each program; who holds or may get a role; what is paused or waits; feeds, volatility and
/// sequencer; what the vault has against what it owes; with --config limits and listings too. Each finding says what to run next.
/// Something bad is exit code 7.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The configuration that limits, listings and feeds are held against
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    chain_id: u64,
    record: PathBuf,
    /// Ids of everything that was looked at.
    checks: Vec<&'static str>,
    findings: Vec<Finding>,
    is_well: bool,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let config = options.config.as_deref().map(Config::read);
    let config = config.transpose().kind(Kind::Input)?;
    let session = Session::connect(globals, terminal).await?;
    let record = session.record()?;
    let findings = doctor::examine(&session.client, &record, config.as_ref()).await;
    let findings = findings.kind(Kind::Chain)?;
    let bad = findings
        .iter()
        .filter(|f| f.severity == Severity::Bad)
        .count();
    terminal.show(&Report {
        chain_id: session.chain_id,
        record: session.record_path(),
        checks: CHECKS.iter().map(|(id, _)| *id).collect(),
        findings,
        is_well: bad == 0,
    })?;
    match bad {
        0 => Ok(()),
        _ => Err(
            Failure::new(Kind::Difference, format!("{bad} findings are bad"))
                .next("each finding says what to run next"),
        ),
    }
}

impl Answer for Report {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Bad => "bad",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            writeln!(out, "{severity:<8} {}: {}", finding.id, finding.sentence)?;
            writeln!(out, "         next: {}", finding.next)?;
        }
        writeln!(
            out,
            "Looked at {} things, found {}.",
            self.checks.len(),
            self.findings.len()
        )
    }
}
