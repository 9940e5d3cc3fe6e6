//! All that is known of the feeds, in one piece: read whole at every pricing, rewritten when it changes.
//!
//! | bytes | 0–31 | then 84 for each token |
//! |---|---|---|
//! | | [`Sequencer`] | token (20), [`Source`] (32), [`Bounds`] (32) |

use alloc::vec::Vec;
use alloy_primitives::Address;
use ballast_interfaces::data_account::Data;

use crate::words::{Bounds, Sequencer, Source};

/// Most tokens that have a feed at once: twice the assets of a vault, so that a list can be replaced.
pub const MAX_FEEDS: usize = 64;

const WORD: usize = 32;
const ADDRESS: usize = 20;
const ENTRY: usize = ADDRESS + WORD + WORD;

/// The table as it was read.
#[derive(Clone, Default)]
pub(crate) struct Table {
    data: Data,
}

/// How one token is priced.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) source: Source,
    pub(crate) bounds: Bounds,
}

impl Table {
    /// `None` for data of another shape.
    pub(crate) fn new(data: Data) -> Option<Self> {
        let entries = data.len().checked_sub(WORD)?;
        (entries.checked_rem(ENTRY) == Some(0)).then_some(Self { data })
    }

    /// The sequencer's feed.
    pub(crate) fn sequencer(&self) -> Sequencer {
        let word = self.data.first_chunk::<WORD>();
        word.map_or_else(Sequencer::default, |w| Sequencer::from_bytes(*w))
    }

    fn entries(&self) -> &[u8] {
        self.data.get(WORD..).unwrap_or_default()
    }

    /// How many tokens have a feed.
    pub(crate) fn len(&self) -> usize {
        self.entries().chunks_exact(ENTRY).len()
    }

    /// How `token` is priced; looked for from `place` on, which is where it is when all are asked for in order.
    pub(crate) fn find(&self, token: Address, place: usize) -> Option<Entry> {
        let entries = self.entries();
        let is_it = |entry: &&[u8]| entry.starts_with(token.as_slice());
        let found = entries.chunks_exact(ENTRY).nth(place).filter(is_it);
        let entry = found.or_else(|| entries.chunks_exact(ENTRY).find(is_it))?;
        let rest = entry.get(ADDRESS..)?;
        let (source, bounds) = (rest.first_chunk::<WORD>()?, rest.last_chunk::<WORD>()?);
        Some(Entry {
            source: Source::from_bytes(*source),
            bounds: Bounds::from_bytes(*bounds),
        })
    }

    /// The data of a table with another sequencer.
    pub(crate) fn with_sequencer(&self, sequencer: Sequencer) -> Vec<u8> {
        let mut data = sequencer.to_bytes().to_vec();
        data.extend_from_slice(self.entries());
        data
    }

    /// The data of a table in which `token` is priced so, at the end when it is new; not at all for `None`.
    pub(crate) fn with(&self, token: Address, entry: Option<Entry>) -> Vec<u8> {
        let mut data = self.sequencer().to_bytes().to_vec();
        let mut entry = entry;
        for present in self.entries().chunks_exact(ENTRY) {
            if !present.starts_with(token.as_slice()) {
                data.extend_from_slice(present);
            } else if let Some(entry) = entry.take() {
                entry.write(token, &mut data);
            }
        }
        if let Some(entry) = entry {
            entry.write(token, &mut data);
        }
        data
    }
}

impl Entry {
    fn write(&self, token: Address, data: &mut Vec<u8>) {
        data.extend_from_slice(token.as_slice());
        data.extend_from_slice(&self.source.to_bytes());
        data.extend_from_slice(&self.bounds.to_bytes());
    }
}
