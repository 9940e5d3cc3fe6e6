//! What was given to a chain and of which the end is not told yet, beside the record: whoever runs a command that was cut
//! off once more finds out what became of its transactions before anything is sent.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256};
use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind, OfKind, Outcome};

/// A transaction of which the end is not told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The command as it was understood, with everything that was typed for it.
    pub(crate) command: String,
    /// What it does, in words.
    pub(crate) what: String,
    /// Who signed it.
    pub(crate) from: Address,
    /// Whom it calls.
    pub(crate) to: Address,
    /// Its number among the signer's.
    pub(crate) nonce: u64,
    /// Its hash.
    pub(crate) transaction: B256,
}

/// The entries of one chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    chain_id: u64,
    transactions: Vec<Entry>,
}

/// The file, which is there only while something is unsettled.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    path: PathBuf,
    chain_id: u64,
}

impl Journal {
    /// The one beside `record`.
    pub(crate) fn beside(record: &Path, chain_id: u64) -> Self {
        Self {
            path: record.with_extension("unsettled.json"),
            chain_id,
        }
    }

    /// What is unsettled; nothing where there is no file.
    pub(crate) fn read(&self) -> Outcome<Vec<Entry>> {
        let path = self.path.display();
        let unreadable = |why: String| {
            Failure::new(Kind::Input, format!("cannot read {path}: {why}"))
                .next("it names transactions of a run that was cut off: look what became of them, then move it away")
        };
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let page: Page = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
        if page.chain_id != self.chain_id {
            return Err(unreadable(format!(
                "it is of chain {}, not of chain {}",
                page.chain_id, self.chain_id
            )));
        }
        Ok(page.transactions)
    }

    /// Writes what is unsettled, whole or not at all; nothing leaves no file.
    pub(crate) fn write(&self, transactions: Vec<Entry>) -> Outcome {
        let page = Page {
            chain_id: self.chain_id,
            transactions,
        };
        self.put(&page).kind(Kind::Input)
    }

    /// Adds one, before it is given to the chain.
    pub(crate) fn add(&self, entry: Entry) -> Outcome {
        let mut entries = self.read()?;
        // The same once more, where the chain did not take it the first time.
        entries.retain(|known| known.transaction != entry.transaction);
        entries.push(entry);
        self.write(entries)
    }

    fn put(&self, page: &Page) -> anyhow::Result<()> {
        let path = &self.path;
        let failed = || format!("cannot write {}", path.display());
        if page.transactions.is_empty() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(failed)
                }
                _ => Ok(()),
            };
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(failed)?;
        }
        let draft = path.with_extension("part");
        std::fs::write(&draft, serde_json::to_string_pretty(page)? + "\n")
            .and_then(|()| std::fs::rename(&draft, path))
            .with_context(failed)
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    fn journal(name: &str) -> Journal {
        let name = format!("ballast-journal-{}-{name}/412346.json", std::process::id());
        Journal::beside(&std::env::temp_dir().join(name), 412_346)
    }

    fn entry(nonce: u64) -> Entry {
        Entry {
            command: "Open(Options)".into(),
            what: "open the auction".into(),
            from: Address::repeat_byte(1),
            to: Address::repeat_byte(2),
            nonce,
            transaction: B256::from(U256::from(nonce)),
        }
    }

    #[test]
    fn what_is_settled_leaves_no_file() {
        let journal = journal("settled");
        assert_eq!(journal.read().unwrap(), []);
        journal.write(Vec::new()).unwrap();
        journal.add(entry(1)).unwrap();
        journal.add(entry(2)).unwrap();
        // What is given to the chain once more stands there once.
        journal.add(entry(2)).unwrap();
        assert_eq!(journal.read().unwrap(), [entry(1), entry(2)]);
        assert!(journal.path.ends_with("412346.unsettled.json"));
        journal.write(Vec::new()).unwrap();
        assert!(!journal.path.exists());
        std::fs::remove_dir_all(journal.path.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_cannot_be_understood_stops_before_anything_is_sent() {
        let journal = journal("broken");
        journal.add(entry(1)).unwrap();
        let other = Journal {
            chain_id: 1,
            ..journal.clone()
        };
        let failure = other.read().unwrap_err();
        assert!(failure.kind == Kind::Input && failure.message.contains("412346"));
        std::fs::write(&journal.path, "{").unwrap();
        let failure = journal.add(entry(2)).unwrap_err();
        assert!(failure.kind == Kind::Input && failure.next.is_some());
        std::fs::remove_dir_all(journal.path.parent().unwrap()).unwrap();
    }
}
