//! All that is known of the feeds, in one piece: read whole at every pricing, rewritten when it changes.
//!
//! | bytes | 0–31 | then for each token |
//! |---|---|---|
//! | | [`Sequencer`] | token (20), [`Source`] (32), [`Bounds`] (32), and the parts that its source names: |
//!
//! | part | bytes | |
//! |---|---|---|
//! | [`BASE`] | 96 | [`Source`], [`Bounds`] of what the first feed is a ratio to, [`Cap`] of the ratio |
//! | [`SECOND`] | 64 | [`Second`] |
//! | [`MOOD`] | 8 | [`Mood`] |

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{data_account::Data, words as abi};

use crate::words::{Bounds, Cap, Mood, Second, Sequencer, Source};

/// Most tokens that have a feed at once: twice the assets of a vault, so that a list can be replaced.
pub const MAX_FEEDS: usize = 64;

/// The part of a token whose first feed tells a ratio.
pub(crate) const BASE: u16 = 1;
/// The part of a token with a second source.
pub(crate) const SECOND: u16 = 2;
/// The part of a token with a volatility reference.
pub(crate) const MOOD: u16 = 4;

const WORD: usize = 32;
const ADDRESS: usize = 20;
/// Token, source and bounds.
const ENTRY: usize = 84;

/// The table as it was read.
#[derive(Clone, Default)]
pub(crate) struct Table {
    data: Data,
}

/// What a token's first feed is a ratio to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Base {
    pub(crate) source: Source,
    pub(crate) bounds: Bounds,
    pub(crate) cap: Cap,
}

/// How one token is priced.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) source: Source,
    pub(crate) bounds: Bounds,
    pub(crate) base: Option<Base>,
    pub(crate) second: Option<Second>,
    pub(crate) mood: Option<Mood>,
}

/// The entries of a table, token included.
struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let parts = self.rest.get(ADDRESS..)?.first_chunk::<2>()?;
        let (entry, rest) = self
            .rest
            .split_at_checked(length(u16::from_be_bytes(*parts)))?;
        self.rest = rest;
        Some(entry)
    }
}

/// How long an entry with these parts is.
fn length(parts: u16) -> usize {
    let of = |part: u16, bytes: usize| if parts & part == 0 { 0 } else { bytes };
    [of(BASE, 3 * WORD), of(SECOND, 2 * WORD), of(MOOD, 8)]
        .into_iter()
        .fold(ENTRY, usize::saturating_add)
}

impl Table {
    /// `None` for data of another shape.
    pub(crate) fn new(data: Data) -> Option<Self> {
        let mut entries = Entries {
            rest: data.get(WORD..)?,
        };
        entries.by_ref().for_each(drop);
        entries.rest.is_empty().then_some(Self { data })
    }

    /// The sequencer's feed.
    pub(crate) fn sequencer(&self) -> Sequencer {
        let word = self.data.first_chunk::<WORD>();
        word.map_or_else(Sequencer::default, |w| Sequencer::from_bytes(*w))
    }

    fn entries(&self) -> Entries<'_> {
        Entries {
            rest: self.data.get(WORD..).unwrap_or_default(),
        }
    }

    /// How many tokens have a feed.
    pub(crate) fn len(&self) -> usize {
        self.entries().count()
    }

    /// How `token` is priced.
    pub(crate) fn find(&self, token: Address) -> Option<Entry> {
        self.cursor().find(token)
    }

    /// Looks tokens up one after the other.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            table: self,
            next: self.entries(),
        }
    }

    /// A token whose second source is a pool with `quote`.
    pub(crate) fn quoted_by(&self, quote: Address) -> Option<Address> {
        self.entries().find_map(|bytes| {
            let second = Entry::read(bytes)?.second?;
            (second.quote() == Some(quote))
                .then(|| bytes.first_chunk().copied().map(Address::new))?
        })
    }

    /// The data of a table with another sequencer.
    pub(crate) fn with_sequencer(&self, sequencer: Sequencer) -> Vec<u8> {
        let mut data = sequencer.to_bytes().to_vec();
        data.extend_from_slice(self.entries().rest);
        data
    }

    /// The data of a table in which `token` is priced so, at the end when it is new; not at all for `None`.
    #[inline(never)]
    pub(crate) fn with(&self, token: Address, entry: Option<Entry>) -> Vec<u8> {
        let mut data = self.sequencer().to_bytes().to_vec();
        let mut entry = entry;
        for present in self.entries() {
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

/// Finds tokens that are asked for in the table's order without looking at any entry twice.
pub(crate) struct Cursor<'a> {
    table: &'a Table,
    next: Entries<'a>,
}

impl Cursor<'_> {
    /// How `token` is priced; where the last one was found, the next is looked for first.
    #[inline(never)]
    pub(crate) fn find(&mut self, token: Address) -> Option<Entry> {
        let is_it = |entry: &&[u8]| entry.starts_with(token.as_slice());
        let bytes = self.next.next().filter(is_it).or_else(|| {
            self.next = self.table.entries();
            self.next.find(is_it)
        })?;
        Entry::read(bytes)
    }
}

impl Entry {
    /// Priced by one feed.
    pub(crate) fn new(source: Source, bounds: Bounds) -> Self {
        Self {
            source,
            bounds,
            base: None,
            second: None,
            mood: None,
        }
    }

    /// Reads what [`Self::write`] wrote.
    #[inline(never)]
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.get(ADDRESS..)?;
        let mut word = || -> Option<[u8; WORD]> {
            let (word, more) = rest.split_first_chunk::<WORD>()?;
            rest = more;
            Some(*word)
        };
        let mut entry = Self::new(Source::from_bytes(word()?), Bounds::from_bytes(word()?));
        let parts = entry.source.parts;
        if parts & BASE != 0 {
            entry.base = Some(Base {
                source: Source::from_bytes(word()?),
                bounds: Bounds::from_bytes(word()?),
                cap: Cap::from_bytes(word()?),
            });
        }
        if parts & SECOND != 0 {
            entry.second = Some(Second::from_words(word()?, word()?));
        }
        if parts & MOOD != 0 {
            entry.mood = Some(Mood::from_bytes(*rest.first_chunk()?));
        }
        Some(entry)
    }

    /// One word for each, zero for what the token has not:
    ///
    /// | 0–4 | base: feed, heartbeat (s), least and greatest answer, lag (bps) |
    /// |---|---|
    /// | 5–8 | its decimals; the ratio's cap: what it was, when (s), greatest growth a year (bps) |
    /// | 9–13 | second source: where, id or the pool's other token, window (s), confidence (bps), limit (bps) |
    /// | 14–15 | volatility: reference, breaker (bps a year) |
    pub(crate) fn details(&self) -> Vec<U256> {
        let Base {
            source,
            bounds,
            cap,
        } = self.base.unwrap_or_default();
        let second = self.second.unwrap_or_default();
        let mood = self.mood.unwrap_or_default();
        let word = |address: Address| abi::number(address.into_word().0);
        [
            word(source.feed),
            U256::from(source.heartbeat),
            U256::from(bounds.min),
            U256::from(bounds.max),
            U256::from(source.lag_bps),
            U256::from(source.feed_decimals),
            U256::from(cap.ratio),
            U256::from(cap.since),
            U256::from(cap.growth_bps),
            word(second.source),
            abi::number(second.id),
            U256::from(second.seconds),
            U256::from(second.confidence_bps),
            U256::from(second.limit_bps),
            U256::from(mood.reference_bps),
            U256::from(mood.max_bps),
        ]
        .to_vec()
    }

    /// The feeds' deviation thresholds together, bps.
    pub(crate) fn lag_bps(&self) -> u32 {
        let base = self.base.map_or(0, |base| base.source.lag_bps);
        u32::from(self.source.lag_bps).saturating_add(base.into())
    }

    #[inline(never)]
    pub(crate) fn write(mut self, token: Address, data: &mut Vec<u8>) {
        let part = |is_there: bool, part: u16| if is_there { part } else { 0 };
        self.source.parts = part(self.base.is_some(), BASE)
            | part(self.second.is_some(), SECOND)
            | part(self.mood.is_some(), MOOD);
        data.extend_from_slice(token.as_slice());
        data.extend_from_slice(&self.source.to_bytes());
        data.extend_from_slice(&self.bounds.to_bytes());
        if let Some(base) = self.base {
            data.extend_from_slice(&base.source.to_bytes());
            data.extend_from_slice(&base.bounds.to_bytes());
            data.extend_from_slice(&base.cap.to_bytes());
        }
        if let Some(second) = self.second {
            data.extend_from_slice(&second.to_bytes());
            data.extend_from_slice(&second.id);
        }
        if let Some(mood) = self.mood {
            data.extend_from_slice(&mood.to_bytes());
        }
    }
}
