//! What was asked for cannot be: bad input, told before anybody is asked to vote on it.

/// Why a change cannot be written; in words, with the value and the bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub String);

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// An error of a [`Problem`].
macro_rules! problem {
    ($($text:tt)*) => { anyhow::Error::from($crate::problem::Problem(format!($($text)*))) };
}
pub(crate) use problem;
