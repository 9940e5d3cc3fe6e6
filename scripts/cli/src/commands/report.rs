//! `ballast report`: one page for members.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use alloy::providers::Provider;
use ballast::record::Record;
use ballast_report::{collect, first_block, ledger::Ledger, page, Report};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Write one page for members, or its data
///
/// Allocation against targets, the value of a share over time, every rebalance with its cost and its bound, pending
/// changes, roles, health of feeds and programs. The page needs nothing but itself: no network, no script.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Write the page here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Keep the events here, so that the next run fetches only what is new, and one that was cut off goes on
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

/// The data, and where the page was written.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Written {
    report: Report,
    #[serde(skip)]
    to: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    if options.html.is_none() && !globals.json {
        return Err(Failure::new(Kind::Input, "there is nothing to write")
            .next("name a file with --html, or ask for the data with --json"));
    }
    let session = Session::connect(globals, terminal).await?;
    session.suite().await?;
    let record = session.record()?;
    let ledger = events(options, &session, &record).await?;
    let report = collect(&session.client, &record, &ledger)
        .await
        .kind(Kind::Chain)?;
    if let Some(path) = &options.html {
        write(path, &page::html(&report)).kind(Kind::Input)?;
    }
    terminal.show(&Written {
        report,
        to: options.html.clone(),
    })
}

/// The events up to the newest block; what was fetched is kept even if the chain goes away half-way.
async fn events(options: &Options, session: &Session, record: &Record) -> Outcome<Ledger> {
    let suite = record.suite().kind(Kind::Input)?;
    let fresh = Ledger::new(session.chain_id, suite.vault, first_block(record));
    let mut ledger = match &options.events {
        Some(path) => Ledger::resume(path, fresh).kind(Kind::Input)?,
        None => fresh,
    };
    let last = session
        .client
        .provider
        .get_block_number()
        .await
        .kind(Kind::Chain)?;
    let reading = format!("Reading the events of blocks {} to {last}", ledger.next);
    session.terminal.note(reading);
    let bar = session.terminal.progress(last.saturating_sub(ledger.next));
    let first = ledger.next;
    let told = |next: u64| {
        session
            .terminal
            .detail(format!("events before block {next} are here"));
        bar.set_position(next.saturating_sub(first));
    };
    let fetched = ledger.extend(&session.client, &suite, last, told).await;
    bar.finish_and_clear();
    if let Some(path) = &options.events {
        ledger.write(path).kind(Kind::Input)?;
    }
    let next = match options.events {
        Some(_) => "run it again: it goes on where it ended",
        None => "run it again; with --events FILE it would go on where it ended",
    };
    fetched
        .kind(Kind::Chain)
        .map_err(|failure| failure.next(next))?;
    Ok(ledger)
}

/// Writes a file whole or not at all.
fn write(path: &std::path::Path, text: &str) -> anyhow::Result<()> {
    use anyhow::Context;
    let draft = path.with_extension("html.part");
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::rename(&draft, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

impl Answer for Written {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(path) = &self.to else { return Ok(()) };
        writeln!(
            out,
            "{}: {} assets, {} rebalances, {} pending changes, events up to block {}",
            path.display(),
            self.report.state.assets.len(),
            self.report.rebalances.len(),
            self.report.state.pending.len(),
            self.report.block
        )
    }
}
