//! Why a deployment does not go on.

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
            Self::Chain(error) => write!(f, "{error:#}"),
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
