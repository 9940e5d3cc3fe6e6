//! What the keeper has sent and what it cost: kept in a small file, so that nothing is sent twice after a restart.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, Bytes, B256, U256};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{bid::Bid, collect::Memory};

/// Seconds of which the budget of gas is told.
const DAY_S: u64 = 86_400;
/// The name of what takes another's place and does nothing.
pub const CANCEL: &str = "cancel";

/// A transaction of the keeper's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The action, by its name.
    pub kind: String,
    /// Its nonce.
    pub nonce: u64,
    /// Its hashes: one for each price at which it was sent, the last one last.
    pub hashes: Vec<B256>,
    /// Those of the hashes that do nothing and take the place of the others.
    #[serde(default)]
    pub cancels: Vec<B256>,
    /// Who is called.
    pub to: Address,
    /// With what.
    pub data: Bytes,
    /// Gas limit.
    pub gas: u64,
    /// Most that a unit of gas may cost, wei.
    pub max_fee: u128,
    /// Of that, for whoever makes the block, wei.
    #[serde(default)]
    pub tip: u128,
    /// When it was sent last, seconds; 0 for one that was taken back.
    pub sent_at: u64,
    /// The block in which its nonce was seen to be used, and not by what is known of it.
    #[serde(default)]
    pub superseded: Option<u64>,
    /// Where it was mined, if it was.
    pub mined: Option<Mined>,
}

impl Sent {
    /// Whether it is neither mined nor superseded.
    pub fn waits(&self) -> bool {
        self.mined.is_none() && self.superseded.is_none()
    }

    /// What the one of its hashes does, by its name.
    pub fn kind_of(&self, hash: B256) -> &str {
        match self.cancels.contains(&hash) {
            true => CANCEL,
            false => &self.kind,
        }
    }

    /// Whether what was sent last does nothing.
    pub fn is_cancel(&self) -> bool {
        self.hashes
            .last()
            .is_some_and(|hash| self.cancels.contains(hash))
    }

    /// What was offered for it last.
    pub fn bid(&self) -> Bid {
        Bid {
            limit: self.gas,
            max_fee: self.max_fee,
            tip: self.tip,
        }
    }
}

/// Where a transaction was mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mined {
    /// Which of the hashes.
    pub hash: B256,
    /// The block.
    pub block: u64,
    /// Whether it did what it should.
    pub success: bool,
    /// Wei paid.
    pub fee: U256,
}

/// What a transaction cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spent {
    hash: B256,
    at: u64,
    fee: U256,
    success: bool,
}

/// What the keeper remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// What is not settled yet, in the order in which it was sent.
    pub transactions: Vec<Sent>,
    spent: Vec<Spent>,
    acted_in: u64,
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Book {
    /// Reads the book at `path`, or begins one; none for a book that is forgotten.
    ///
    /// # Errors
    /// A file that is there and cannot be read, or is no book.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let book = match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is no file of a keeper's", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()))
            }
        };
        Ok(Self {
            path: Some(path.to_owned()),
            ..book
        })
    }

    /// Writes the book, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let draft = path.with_extension("part");
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes `sent` at `place`, or as a new entry.
    pub(crate) fn put(&mut self, place: Option<usize>, sent: Sent) {
        match place.and_then(|place| self.transactions.get_mut(place)) {
            Some(entry) => *entry = sent,
            None => self.transactions.push(sent),
        }
    }

    /// What a decision needs of it at `now`, seconds; `nonce` is the account's next one.
    pub fn memory(&self, now: u64, nonce: u64) -> Memory {
        let today = || self.spent.iter().filter(|spent| spent.at + DAY_S > now);
        let fees = today().map(|spent| spent.fee);
        Memory {
            spent_today: fees.fold(U256::ZERO, |sum, fee| sum.saturating_add(fee)),
            reverted_today: today().filter(|s| !s.success).count() as u64,
            in_flight: self.waiting().any(|sent| sent.nonce >= nonce),
            acted_in: self.acted_in,
        }
    }

    /// What may still be mined, as far as is known.
    pub fn waiting(&self) -> impl Iterator<Item = &Sent> {
        self.transactions.iter().filter(|sent| sent.waits())
    }

    /// Forgets what was mined, or given up, `confirmations` blocks ago, and what never left.
    pub fn forget(&mut self, height: u64, confirmations: u64) {
        self.transactions.retain(|sent| {
            let settled = sent.mined.map(|mined| mined.block).or(sent.superseded);
            match settled {
                Some(block) => block.saturating_add(confirmations) > height,
                None => !sent.hashes.is_empty(),
            }
        });
    }

    /// Notes that the transaction at `place` was mined.
    pub fn mined(&mut self, place: usize, mined: Mined, now: u64) {
        let Some(sent) = self.transactions.get_mut(place) else {
            return;
        };
        (sent.mined, sent.superseded) = (Some(mined), None);
        // What is found late was mined before what was sent after it.
        self.acted_in = self.acted_in.max(mined.block);
        self.spent.retain(|spent| spent.at + DAY_S > now);
        if self.spent.iter().all(|spent| spent.hash != mined.hash) {
            self.spent.push(Spent {
                hash: mined.hash,
                at: now,
                fee: mined.fee,
                success: mined.success,
            });
        }
    }

    /// Notes that the transaction at `place` was taken back: it waits again, is late, and has cost nothing.
    pub fn taken_back(&mut self, place: usize, height: u64) {
        let Some(sent) = self.transactions.get_mut(place) else {
            return;
        };
        let Some(mined) = sent.mined.take() else {
            return;
        };
        let nonce = sent.nonce;
        // What was sent after it was decided on what is no more.
        let after = |sent: &&mut Sent| sent.nonce >= nonce && sent.waits();
        for sent in self.transactions.iter_mut().filter(after) {
            sent.sent_at = 0;
        }
        self.spent.retain(|spent| spent.hash != mined.hash);
        self.acted_in = self.acted_in.min(height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(nonce: u64) -> Sent {
        Sent {
            kind: "open".into(),
            nonce,
            hashes: vec![B256::repeat_byte(1)],
            cancels: Vec::new(),
            to: Address::ZERO,
            data: Bytes::new(),
            gas: 1,
            max_fee: 1,
            tip: 0,
            sent_at: 5,
            superseded: None,
            mined: None,
        }
    }

    fn mined(success: bool) -> Mined {
        Mined {
            hash: B256::repeat_byte(1),
            block: 7,
            success,
            fee: U256::from(9),
        }
    }

    #[test]
    fn a_book_is_read_as_it_was_written() {
        let directory = std::env::temp_dir().join(format!("keeper-book-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("pending.json");
        let mut book = Book::open(Some(&path)).unwrap();
        assert_eq!(book.waiting().count(), 0);
        book.transactions.push(sent(3));
        book.save().unwrap();
        assert_eq!(Book::open(Some(&path)).unwrap(), book);
        std::fs::write(&path, "{").unwrap();
        let error = Book::open(Some(&path)).unwrap_err();
        assert!(error.to_string().contains("pending.json"), "{error}");
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_book_without_the_fields_that_came_later_is_read() {
        let text = r#"{"transactions": [{"kind": "open", "nonce": 3, "hashes": [], "to": "0x0000000000000000000000000000000000000000",
            "data": "0x", "gas": 1, "max_fee": 1, "sent_at": 5, "mined": null}], "spent": [], "acted_in": 0}"#;
        let book: Book = serde_json::from_str(text).unwrap();
        let wanted = Sent {
            hashes: Vec::new(),
            ..sent(3)
        };
        assert_eq!(book.transactions, [wanted]);
    }

    #[test]
    fn what_never_left_is_forgotten_and_what_may_be_mined_is_not() {
        let at = |nonce: u64, change: fn(&mut Sent)| {
            let mut sent = sent(nonce);
            change(&mut sent);
            sent
        };
        let mut book = Book {
            transactions: vec![
                at(1, |s| s.hashes.clear()),
                at(2, |_| {}),
                at(3, |s| s.mined = Some(mined(true))),
                at(4, |s| s.superseded = Some(8)),
            ],
            ..Book::default()
        };
        let left =
            |book: &Book| -> Vec<u64> { book.transactions.iter().map(|s| s.nonce).collect() };
        book.forget(16, 10);
        assert_eq!(left(&book), [2, 3, 4]);
        assert_eq!(book.waiting().count(), 1);
        book.forget(17, 10);
        assert_eq!(left(&book), [2, 4]);
        book.forget(18, 10);
        assert_eq!(left(&book), [2]);
    }

    #[test]
    fn what_was_mined_is_counted_for_a_day_and_once() {
        let mut book = Book::default();
        book.transactions.push(sent(3));
        assert!(book.memory(10, 3).in_flight);
        // Somebody else's transaction took the nonce: what waits for it waits in vain.
        assert!(!book.memory(10, 4).in_flight);
        book.mined(0, mined(false), 10);
        book.mined(0, mined(false), 11);
        let memory = book.memory(10, 4);
        assert_eq!(
            (memory.spent_today, memory.reverted_today),
            (U256::from(9), 1)
        );
        assert_eq!((memory.in_flight, memory.acted_in), (false, 7));
        assert_eq!(book.memory(10 + DAY_S, 4).spent_today, U256::ZERO);
    }

    #[test]
    fn what_is_taken_back_waits_again_and_cost_nothing() {
        let mut book = Book::default();
        book.transactions.push(sent(3));
        book.mined(0, mined(true), 10);
        book.taken_back(0, 6);
        let memory = book.memory(10, 3);
        assert_eq!(
            (memory.spent_today, memory.in_flight, memory.acted_in),
            (U256::ZERO, true, 6)
        );
        assert_eq!(book.transactions[0].sent_at, 0);
    }

    #[test]
    fn what_was_sent_after_what_is_taken_back_is_late_too() {
        let mut book = Book {
            transactions: vec![sent(2), sent(3), sent(4)],
            ..Book::default()
        };
        book.mined(1, mined(true), 10);
        book.taken_back(1, 6);
        let at: Vec<_> = book.transactions.iter().map(|sent| sent.sent_at).collect();
        assert_eq!(at, [5, 0, 0]);
    }
}
