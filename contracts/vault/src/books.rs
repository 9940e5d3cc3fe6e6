//! What is recorded as held: two assets a slot, in the list's order.
//!
//! | bits | 0–126 | 127 | 128–254 | 255 |
//! |---|---|---|---|---|
//! | slot k | held of asset 2k | whether there is more of it: claims, a stream | held of asset 2k + 1 | the same |
//!
//! Half a slot is enough for 10^20 tokens of 18 decimals. What would not fit is refused when it comes in, never
//! cut; nothing that goes out can fail to fit. Claims, which only grow on exits, and what streams in ([`streams`](crate::streams))
//! have slots of their own: the flag saves reading them where there is neither.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};

use crate::{slots::add, types::*, Vault};

/// Most that is recorded as held of one asset: 2^127 − 1, {tok}.
pub const MAX_HELD: U256 = U256::from_limbs([u64::MAX, MORE - 1, 0, 0]);

/// The flag in the upper limb of a half.
const MORE: u64 = 1 << 63;

/// What is recorded of one asset.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Entry {
    /// {tok}
    pub(crate) held: U256,
    /// Whether something is more, or streams in.
    pub(crate) more: bool,
}

/// The two entries of a slot.
fn unpack(word: U256) -> [Entry; 2] {
    let [a, b, c, d] = word.into_limbs();
    [(a, b), (c, d)].map(|(low, high)| Entry {
        held: U256::from_limbs([low, high & !MORE, 0, 0]),
        more: high & MORE != 0,
    })
}

/// The slot of two entries, each at most [`MAX_HELD`].
fn pack(entries: [Entry; 2]) -> U256 {
    let [(a, b), (c, d)] = entries.map(|entry| {
        let [low, high, ..] = entry.held.into_limbs();
        (low, if entry.more { high | MORE } else { high })
    });
    U256::from_limbs([a, b, c, d])
}

impl Vault {
    /// What is recorded of the asset at a place of the list.
    pub(crate) fn entry(&self, place: usize) -> Entry {
        let [even, odd] = self.pair(place >> 1);
        if place & 1 == 0 {
            even
        } else {
            odd
        }
    }

    /// Records what is held of `token`, at that place.
    ///
    /// # Errors
    /// `VaultHoldingTooLarge`.
    pub(crate) fn set_held(&mut self, place: usize, token: Address, held: U256) -> Answer<()> {
        if held > MAX_HELD {
            return Err(VaultHoldingTooLarge {
                token,
                held,
                max: MAX_HELD,
            }
            .into());
        }
        let entry = self.entry(place);
        self.set_entry(place, Entry { held, ..entry })
    }

    /// Records at that place whether its asset has claims or a stream.
    pub(crate) fn set_more(&mut self, place: usize, more: bool) -> Answer<()> {
        let entry = self.entry(place);
        self.set_entry(place, Entry { more, ..entry })
    }

    /// The first `n` entries.
    pub(crate) fn entries(&self, n: usize) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(n.saturating_add(1));
        for index in 0..n.div_ceil(2) {
            let [even, odd] = self.pair(index);
            entries.push(even);
            entries.push(odd);
        }
        entries.truncate(n);
        entries
    }

    /// Records what the list has become: those entries, and nothing behind them.
    pub(crate) fn set_entries(&mut self, entries: &[Entry]) -> Answer<()> {
        for (i, pair) in entries.chunks(2).enumerate() {
            let at = |k: usize| pair.get(k).copied().unwrap_or_default();
            self.set_pair(i, [at(0), at(1)])?;
        }
        Ok(())
    }

    /// What the vault owes of a token, to shareholders now and later and to claimants: {tok} = {tok} + {tok} + {tok}.
    pub(crate) fn owed(&self, token: Address, place: Option<usize>) -> Answer<U256> {
        let Some(place) = place else {
            return Ok(self.asset(token).claims.get());
        };
        let entry = self.entry(place);
        if entry.more {
            let asset = self.asset(token);
            let held = add(entry.held, asset.stream.get().rest)?;
            add(held, asset.claims.get())
        } else {
            Ok(entry.held)
        }
    }

    fn set_entry(&mut self, place: usize, entry: Entry) -> Answer<()> {
        let [even, odd] = self.pair(place >> 1);
        let pair = if place & 1 == 0 {
            [entry, odd]
        } else {
            [even, entry]
        };
        self.set_pair(place >> 1, pair)
    }

    #[inline(never)]
    fn pair(&self, index: usize) -> [Entry; 2] {
        unpack(self.held.get(index).unwrap_or_default())
    }

    #[inline(never)]
    fn set_pair(&mut self, index: usize, pair: [Entry; 2]) -> Answer<()> {
        self.held
            .setter(index)
            .ok_or_else(overflow)?
            .set(pack(pair));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_two_halves_that_do_not_touch() {
        let one = U256::from(1u64);
        let entry = |held, more| Entry { held, more };
        let cases = [
            (entry(one, false), entry(U256::ZERO, false), one),
            (
                entry(U256::ZERO, true),
                entry(U256::ZERO, false),
                one << 127,
            ),
            (entry(U256::ZERO, false), entry(one, false), one << 128),
            (
                entry(U256::ZERO, false),
                entry(U256::ZERO, true),
                one << 255,
            ),
            (entry(MAX_HELD, true), entry(MAX_HELD, true), U256::MAX),
            (
                entry(MAX_HELD, false),
                entry(U256::ZERO, false),
                (one << 127) - one,
            ),
        ];
        for (even, odd, word) in cases {
            assert_eq!(pack([even, odd]), word);
            assert_eq!(unpack(word), [even, odd]);
        }
    }
}
