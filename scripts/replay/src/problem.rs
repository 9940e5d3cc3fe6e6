//! What is wrong with a file, and where.

use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub file: PathBuf,
    /// Its line, from 1; none where no line is to blame.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    /// Something wrong on a line.
    pub(crate) fn at(file: &Path, line: u64, what: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::of(file, what)
        }
    }

    /// Something wrong with the whole file.
    pub(crate) fn of(file: &Path, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            what: what.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.display();
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {}", self.what),
            None => write!(f, "{file}: {}", self.what),
        }
    }
}

impl std::error::Error for Problem {}
