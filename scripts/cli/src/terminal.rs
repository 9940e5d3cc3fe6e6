//! What is shown, and to whom: results on standard output, everything else on standard error and only to people.

use std::io::{self, BufRead, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, Outcome},
};

/// A result that people can read; machines get its JSON.
pub(crate) trait Answer: Serialize {
    /// Writes it for people.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// How a command talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
}

/// The style of what went wrong.
const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style of what deserves a second look.
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

impl Terminal {
    pub(crate) fn new(globals: &Globals) -> Self {
        Self {
            json: globals.json,
            quiet: globals.quiet,
            verbose: globals.verbose,
        }
    }

    /// Shows a result.
    pub(crate) fn show(&self, answer: &impl Answer) -> Outcome {
        let mut out = anstream::stdout().lock();
        let written = match self.json {
            true => serde_json::to_writer_pretty(&mut out, answer)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out)),
            false => answer.write(&mut out),
        };
        told(written.and_then(|()| out.flush()))
    }

    /// Writes a result that is text for everybody.
    pub(crate) fn print(&self, text: &[u8]) -> Outcome {
        let mut out = io::stdout().lock();
        told(out.write_all(text).and_then(|()| out.flush()))
    }

    /// Says what is going on, to people who did not ask for silence.
    pub(crate) fn note(&self, text: impl std::fmt::Display) {
        if !self.quiet && !self.json {
            aside(format_args!("{text}\n"));
        }
    }

    /// Says what is asked of the chain, to people who want to know (`-v`).
    pub(crate) fn detail(&self, text: impl std::fmt::Display) {
        if self.verbose > 0 {
            aside(format_args!("{text}\n"));
        }
    }

    /// Says what deserves a second look, whoever reads.
    pub(crate) fn warn(&self, text: impl std::fmt::Display) {
        aside(format_args!("{WARNING}warning:{WARNING:#} {text}\n"));
    }

    /// Says why the command failed.
    pub(crate) fn fail(&self, failure: &Failure) {
        if self.json {
            let document = serde_json::json!({ "error": failure });
            return aside(format_args!("{document}\n"));
        }
        aside(format_args!("{BAD}error:{BAD:#} {}\n", failure.message));
        if let Some(next) = &failure.next {
            aside(format_args!("  next: {next}\n"));
        }
    }

    /// A bar on standard error that is seen only by people; `length` 0 for a wheel.
    pub(crate) fn progress(&self, length: u64) -> indicatif::ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        match length {
            0 => indicatif::ProgressBar::new_spinner(),
            _ => indicatif::ProgressBar::new(length),
        }
    }

    /// Asks for a yes.
    pub(crate) fn confirm(&self, question: &str) -> Outcome<bool> {
        if !io::stdin().is_terminal() {
            return Err(Failure::new(Kind::Input, "nobody is there to confirm")
                .next("add --yes to send without being asked"));
        }
        aside(format_args!("{question} [y/N] "));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|e| Failure::new(Kind::Fault, format!("cannot read the answer: {e}")))?;
        Ok(matches!(line.trim(), "y" | "Y" | "yes"))
    }

    /// Asks for a password without showing it.
    pub(crate) fn password(&self, prompt: &str) -> Outcome<String> {
        if !io::stdin().is_terminal() {
            return Err(
                Failure::new(Kind::Key, "nobody is there to type the password")
                    .next("name a file that holds it with --password-file"),
            );
        }
        rpassword::prompt_password(prompt)
            .map_err(|e| Failure::new(Kind::Key, format!("cannot read the password: {e}")))
    }
}

/// How writing a result ended: whoever reads may stop reading.
fn told(written: io::Result<()>) -> Outcome {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Failure::new(Kind::Fault, format!("cannot write: {e}"))),
    }
}

/// Writes to standard error. Where nobody reads it there is nobody to tell, and the work goes on.
fn aside(text: std::fmt::Arguments<'_>) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_fmt(text).and_then(|()| err.flush());
}
