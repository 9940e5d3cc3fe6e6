//! Why a command ends otherwise than it was meant to: a kind, which is the exit code, what happened, and what to do.

use std::process::ExitCode;

use ballast::{advice, client::Refusal, wire::Unanswered, words::Names};
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
            None => Self::new(kind, format!("{error:#}")),
        }
    }

    /// The same with what to do about it.
    pub(crate) fn next(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }
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
