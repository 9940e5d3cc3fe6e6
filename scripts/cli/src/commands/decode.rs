//! `ballast decode`: what a proposal does, in words, and what deserves a second look.

use std::io::{self, Read, Write};

use alloy::primitives::Address;
use ballast::record::Record;
use ballast_governance::{
    arguments::Typed,
    book::Book,
    decoding::{self, reading::Node, Chain, Decoded},
    interfaces::Interfaces,
};
use clap::Args;
use serde::Serialize;

use super::propose::{sort, write_difference};
use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Longest proposal that is read, bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Say what a proposal does, and what deserves a second look
///
/// Reads calldata of a Governor, a timelock, a Safe, an Aragon DAO, an UpgradeExecutor or of a setting itself; a batch of
/// Safe's Transaction Builder; a list of actions; or one call as {to, value, data}. Opens what is inside of what, names
/// everybody by the record, simulates the settings on the present state, and warns of what a hurried reader would miss.
///
/// With warnings the exit code is 7, otherwise 0.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Calldata, a file, or - for standard input
    #[arg(value_name = "HEX|FILE|-")]
    proposal: String,
    /// Whom calldata is for: an address, or a name of the record
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    /// Who calls the programs in the end: an address, owner or guardian [default: owner]
    #[arg(long, value_name = "WHO")]
    sender: Option<String>,
    /// Ask no chain: names by the record of --deployment, nothing compared
    #[arg(long, requires = "deployment")]
    offline: bool,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let text = text(&options.proposal)?;
    let interfaces = Interfaces::committed().kind(Kind::Fault)?;
    let (session, book) = surroundings(options, globals, terminal).await?;
    let typed = Typed {
        book: &book,
        interfaces: &interfaces,
        now: 0,
    };
    let account = |who: &Option<String>| -> Outcome<Option<Address>> {
        let found = who.as_deref().map(|who| typed.account(who));
        found.transpose().map_err(sort)
    };
    let sender = account(&options.sender)?.unwrap_or(book.record.roles.owner);
    let chain = session.as_ref().map(|session| Chain {
        client: &session.client,
        sender,
    });
    let decoded = decoding::decode(&text, account(&options.to)?, &book, &interfaces, chain)
        .await
        .map_err(sort)?;
    let warnings = decoded.warnings.len();
    terminal.show(&Shown(decoded))?;
    match warnings {
        0 => Ok(()),
        one_or_more => {
            let message = match one_or_more {
                1 => "something deserves a second look".to_owned(),
                n => format!("{n} things deserve a second look"),
            };
            Err(Failure::new(Kind::Difference, message)
                .next("docs/governance.md says what each warning means"))
        }
    }
}

async fn surroundings(
    options: &Options,
    globals: &Globals,
    terminal: &Terminal,
) -> Outcome<(Option<Session>, Book)> {
    if let (true, Some(path)) = (options.offline, &globals.deployment) {
        let record = Record::read(path).kind(Kind::Input)?;
        return Ok((None, Book::of(record)));
    }
    let session = Session::connect(globals, terminal).await?;
    session.suite().await?;
    let record = session.record()?;
    let book = Book::read(record, &session.client)
        .await
        .kind(Kind::Chain)?;
    Ok((Some(session), book))
}

/// The proposal itself: what was typed, what a file holds, what comes in.
fn text(proposal: &str) -> Outcome<String> {
    let mut text = String::new();
    if proposal == "-" {
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.map_err(|e| Failure::new(Kind::Input, format!("cannot read the proposal: {e}")))?;
        return Ok(text);
    }
    if proposal.starts_with("0x") || proposal.starts_with(['{', '[']) {
        return Ok(proposal.to_owned());
    }
    let unreadable = |error: io::Error| {
        Failure::new(Kind::Input, format!("cannot read {proposal}: {error}"))
            .next("calldata begins with 0x; anything else is the name of a file")
    };
    let file = std::fs::File::open(proposal).map_err(unreadable)?;
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

/// A proposal in words.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(Decoded);

impl Answer for Shown {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let decoded = &self.0;
        writeln!(out, "This is {}:", decoded.document)?;
        for node in &decoded.calls {
            write_node(out, node, 1)?;
        }
        write_difference(out, &decoded.difference)?;
        writeln!(out)?;
        if decoded.warnings.is_empty() {
            return writeln!(out, "Nothing deserves a second look.");
        }
        for warning in &decoded.warnings {
            let id = serde_json::to_value(warning.id).unwrap_or_default();
            let id = id.as_str().unwrap_or_default().to_owned();
            let place = match warning.path.as_str() {
                "" => String::new(),
                path => format!(" at {path}"),
            };
            writeln!(out, "WARNING {id}{place}: {}", printable(&warning.message))?;
        }
        Ok(())
    }
}

fn write_node(out: &mut dyn Write, node: &Node, depth: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let to = match (&node.name, node.to) {
        (Some(name), Some(to)) => format!(" [{name} {to}]"),
        (None, Some(to)) => format!(" [{to}, not in the record]"),
        _ => String::new(),
    };
    writeln!(out, "{indent}{} {}{to}", node.path, printable(&node.words))?;
    for argument in &node.arguments {
        writeln!(
            out,
            "{indent}    {} = {}",
            argument.name,
            printable(&argument.value)
        )?;
    }
    node.calls
        .iter()
        .try_for_each(|inside| write_node(out, inside, depth + 1))
}

/// Without what a terminal would obey: the text is a stranger's.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => ' ',
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
            '\u{fffd}'
        }
        c => c,
    };
    text.chars().map(shown).collect()
}
