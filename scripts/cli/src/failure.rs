//! Why a command ends otherwise than it was meant to: a kind, which is the exit code, what happened, and what to do.

use std::process::ExitCode;

use alloy::transports::TransportError;
use ballast::{advice, client::Refusal, verdict::is_refusal, wire::Unanswered, words::Names};
use serde::Serialize;

/// What sort of failure: the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub(crate) enum Kind {
    /// A fault of this program or its surroundings.
    Fault = 1,
    /// A value, a file, a configuration, a record.
    Input = 3,
    /// The chain cannot be reached, is another one, or has nothing at an address.
    Chain = 4,
    /// A contract refuses.
    Refused = 5,
    /// A key is missing or wrong, or its account has too little.
    Key = 6,
    /// A check found a difference.
    Difference = 7,
    /// There is nothing to do now.
    Nothing = 8,
}

impl Kind {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }

    /// What to do where nobody knows better.
    fn usual_next(self) -> &'static str {
        match self {
            Self::Fault => "run it again with -vv; if it stays, it is a fault of this program",
            Self::Input => "correct what is named, and run the command again",
            Self::Chain => LOST,
            Self::Refused => "run `ballast status` to see what is in the way",
            Self::Key => "use another key, or fund its account",
            Self::Difference => {
                "find out where the difference comes from before anything else is done"
            }
            Self::Nothing => "run the command again later",
        }
    }
}

/// What to do when a chain does not answer.
const LOST: &str = "see that the chain runs there (`ballast devnode` starts one of your own), or name another with --rpc; then run the command again";

/// A failure as it is shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// What happened, with the value and the bound.
    pub(crate) message: String,
    /// What to do next, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What a command answers.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            next: None,
        }
    }

    /// A contract's refusal: what it means, the error itself in brackets, and what to do; tokens by `names`.
    pub(crate) fn refused(refusal: &Refusal, names: &Names) -> Self {
        match advice::of(&refusal.data, names) {
            Some(advice) => Self::new(
                Kind::Refused,
                format!("{} [{}]", advice.sentence, refusal.words),
            )
            .next(advice.next),
            None => Self::new(Kind::Refused, &refusal.words),
        }
    }

    /// What `error` is: a chain that does not answer is that whatever it was asked for; anything else is of `kind`.
    pub(crate) fn of(kind: Kind, error: &anyhow::Error) -> Self {
        match Unanswered::among(error) {
            Some(unanswered) => Self::new(Kind::Chain, unanswered.to_string()).next(LOST),
            None if is_the_nodes(error) => Self::new(Kind::Chain, format!("{error:#}")).next(LOST),
            None => Self::new(kind, format!("{error:#}")),
        }
    }

    /// The same with the usual next step, if it has none of its own.
    pub(crate) fn or_usual_next(self) -> Self {
        let next = self.next.or_else(|| Some(self.kind.usual_next().into()));
        Self { next, ..self }
    }

    /// The same with what to do about it.
    pub(crate) fn next(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }
}

/// Whether it is an error of the node itself, and not the end of a call.
fn is_the_nodes(error: &anyhow::Error) -> bool {
    let answer = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<TransportError>());
    answer.is_some_and(|answer| !answer.as_error_resp().is_some_and(is_refusal))
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Self::from(refusal.clone());
        }
        Self::of(Kind::Fault, &error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::refused(&refusal, &Names::new())
    }
}

/// Says of an error what sort of failure it is.
pub(crate) trait OfKind<T> {
    fn kind(self, kind: Kind) -> Outcome<T>;
}

impl<T, E: Into<anyhow::Error>> OfKind<T> for Result<T, E> {
    fn kind(self, kind: Kind) -> Outcome<T> {
        self.map_err(|error| Failure::of(kind, &error.into()))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// Every kind; the match is there so that a new one is not forgotten.
    fn kinds() -> Vec<Kind> {
        use Kind::{Chain, Difference, Fault, Input, Key, Nothing, Refused};
        let all = vec![Fault, Input, Chain, Refused, Key, Difference, Nothing];
        for kind in &all {
            match kind {
                Fault | Input | Chain | Refused | Key | Difference | Nothing => {}
            }
        }
        all
    }

    #[test]
    fn every_exit_code_is_on_the_page_and_in_the_help() {
        let page = include_str!("../../../docs/cli.md");
        let (_, table) = page.split_once("| exit code | kind | meaning |").unwrap();
        let rows = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let rows: Vec<(u8, String)> = rows
            .map(|row| {
                let mut cells = row.split('|').map(str::trim).skip(1);
                let code = cells.next().unwrap().parse().unwrap();
                (code, cells.next().unwrap().trim_matches('`').to_owned())
            })
            .collect();
        // Done, and what clap itself ends with.
        let mut wanted = vec![(0, String::new()), (2, String::new())];
        wanted.extend(kinds().into_iter().map(|kind| {
            let name = serde_json::to_value(kind).unwrap();
            (kind as u8, name.as_str().unwrap().to_owned())
        }));
        wanted.sort();
        assert_eq!(rows, wanted);

        let help = Cli::command().render_long_help().to_string();
        let (_, listed) = help.split_once("Exit codes:").unwrap();
        let told = listed.lines().skip(1).map_while(|line| {
            let (code, words) = line.trim().split_once("  ")?;
            assert!(!words.trim().is_empty(), "{line}");
            code.parse::<u8>().ok()
        });
        let codes: Vec<u8> = wanted.iter().map(|(code, _)| *code).collect();
        assert_eq!(told.collect::<Vec<_>>(), codes);
    }

    #[test]
    fn every_failure_has_a_next_step() {
        for kind in kinds() {
            let failure = Failure::new(kind, "x").or_usual_next();
            assert!(
                failure.next.is_some_and(|next| !next.is_empty()),
                "{kind:?}"
            );
            let known = Failure::new(kind, "x").next("y").or_usual_next();
            assert_eq!(known.next.as_deref(), Some("y"));
        }
    }
}
