//! Why a deployment does not go on.

use alloy::primitives::B256;
use ballast::wire::Unanswered;

use crate::check::Unfit;

/// What stopped it; what was done until then stands in the record, and the next run goes on from there.
#[derive(Debug)]
pub enum Trouble {
    /// Values of the configuration that do not fit the chain.
    Unfit(Vec<Unfit>),
    /// The record or the chain says otherwise than the configuration.
    Conflict(String),
    /// A file cannot be read or written.
    File(String),
    /// The chain does not answer, or answers nonsense.
    Chain(anyhow::Error),
    /// The chain did not answer when a transaction was given to it, or was waited for.
    Unsettled {
        /// The step.
        step: String,
        /// The transaction, which stands in the record.
        transaction: B256,
        /// What the chain did not answer.
        error: anyhow::Error,
    },
    /// A contract refuses a step.
    Refused {
        /// The step.
        step: String,
        /// The contract's words.
        why: String,
    },
    /// The deployer has too little.
    Unfunded {
        /// What it has and what is wanted, in words.
        problem: String,
    },
    /// Reading back shows that somebody else holds a role, or something is wired otherwise.
    Unproved(Vec<String>),
    /// It was told to stop here.
    Stopped,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unfit(unfit) => {
                f.write_str("the configuration does not fit the chain:")?;
                for Unfit { key, problem } in unfit {
                    write!(f, "\n  {key}: {problem}")?;
                }
                Ok(())
            }
            Self::Conflict(words) | Self::File(words) => f.write_str(words),
            Self::Chain(error) => f.write_str(&said(error)),
            Self::Unsettled {
                step,
                transaction,
                error,
            } => write!(
                f,
                "{}; what was given to it may have been carried out: {step}: transaction {transaction}",
                said(error)
            ),
            Self::Refused { step, why } => write!(f, "{step}: {why}"),
            Self::Unfunded { problem } => f.write_str(problem),
            Self::Unproved(findings) => {
                f.write_str("deployed, but reading back shows:")?;
                for finding in findings {
                    write!(f, "\n  {finding}")?;
                }
                Ok(())
            }
            Self::Stopped => f.write_str("stopped as told"),
        }
    }
}

/// What the chain did not answer, or else the whole error.
fn said(error: &anyhow::Error) -> String {
    match Unanswered::among(error) {
        Some(unanswered) => unanswered.to_string(),
        None => format!("{error:#}"),
    }
}

impl std::error::Error for Trouble {}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Chain(error)
    }
}

impl<E> From<alloy::transports::RpcError<E>> for Trouble
where
    alloy::transports::RpcError<E>: std::error::Error + Send + Sync + 'static,
{
    fn from(error: alloy::transports::RpcError<E>) -> Self {
        Self::Chain(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_carried_out_is_named_with_its_step_and_hash() {
        let cause = Unanswered {
            place: "http://127.0.0.1:8547".into(),
            request: "eth_sendRawTransaction".into(),
            why: "connection closed before message completed".into(),
        };
        let transaction = B256::repeat_byte(7);
        let said = Trouble::Unsettled {
            step: "deploy vault".into(),
            transaction,
            error: anyhow::Error::from(cause.clone()).context("sending"),
        }
        .to_string();
        let hash = transaction.to_string();
        for word in [
            cause.to_string().as_str(),
            "deploy vault",
            &hash,
            "may have been carried out",
        ] {
            assert!(said.contains(word), "{word} in {said}");
        }
        assert!(!said.contains("sending:"), "{said}");
    }
}
