//! A change of how a token in use is priced, from the day it is queued to the day it may be activated.
//!
//! Kept as the code of an account, like the table: a byte that tells what changes, the hashes of the code at three addresses,
//! and the entry as it will be.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::data_account::{self, Data};

use crate::table::Entry;

/// For how long a queued change may be activated once its delay is over, seconds.
pub const CHANGE_LIFE_S: u64 = 14 * 24 * 60 * 60;
/// For how long a price must have been refused before another feed may take over without agreeing with it, seconds.
pub const FEED_DEAD_S: u64 = 24 * 60 * 60;
/// How far old and new feed may be apart at activation beside the lags of both, bps.
pub const AGREEMENT_BPS: u32 = 50;

/// What a change is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The feed, or both of a composite.
    Feed,
    /// The second source.
    Second,
}

/// A queued change.
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// Hashes of the code of [`Self::sources`] when it was queued.
    pub(crate) hashes: [B256; 3],
    /// Of a feed's change only the feeds count, of a second source's only that.
    pub(crate) entry: Entry,
}

/// Where a change lies and from when it may be activated.
#[derive(Clone, Copy, Default)]
pub(crate) struct Queued {
    pub(crate) account: Address,
    /// Seconds; 0 for no change.
    pub(crate) ready_at: u64,
}

impl Queued {
    pub(crate) fn from_word(word: U256) -> Self {
        let [.., ready_at] = word.into_limbs();
        let account = Address::from_word(word.to_be_bytes().into());
        Self { account, ready_at }
    }

    pub(crate) fn to_word(self) -> U256 {
        let [a, b, c, _] = U256::from_be_bytes(self.account.into_word().0).into_limbs();
        U256::from_limbs([a, b, c, self.ready_at])
    }
}

impl Change {
    /// The addresses whose code must not change before activation; zero where there is none.
    pub(crate) fn sources(kind: Kind, entry: &Entry) -> [Address; 3] {
        match kind {
            Kind::Feed => {
                let base = entry.base.map(|base| base.source.feed);
                [entry.source.feed, base.unwrap_or_default(), Address::ZERO]
            }
            Kind::Second => {
                let second = entry.second.map(|second| second.source);
                [Address::ZERO, Address::ZERO, second.unwrap_or_default()]
            }
        }
    }

    /// Keeps it; `None` when the chain refuses.
    pub(crate) fn write(self, token: Address) -> Option<Address> {
        let mut data = Vec::from([u8::from(self.kind == Kind::Second)]);
        for hash in self.hashes {
            data.extend_from_slice(hash.as_slice());
        }
        self.entry.write(token, &mut data);
        data_account::write(&data)
    }

    /// What [`Self::write`] kept.
    pub(crate) fn read(data: &Data) -> Option<Self> {
        let (kind, rest) = data.split_first()?;
        let (hashes, entry) = rest.split_first_chunk::<96>()?;
        let (words, _) = hashes.as_chunks::<32>();
        let mut hashes = [B256::ZERO; 3];
        for (hash, word) in hashes.iter_mut().zip(words) {
            *hash = B256::new(*word);
        }
        Some(Self {
            kind: if *kind == 0 { Kind::Feed } else { Kind::Second },
            hashes,
            entry: Entry::read(entry)?,
        })
    }
}
