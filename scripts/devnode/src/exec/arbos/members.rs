//! Sets of addresses: their count at key 0, the members after it, and in a space of its own the
//! place of each member.
//!
//! # Source
//! Nitro v3.10.0, `arbos/addressSet/addressSet.go`: the order of reads and writes is what a
//! precompile pays for.

use super::{space::SPACES, Space, Store};
use alloy::primitives::{Address, U256};

/// Most members that a precompile lists.
const MOST_LISTED: u64 = 65_536;

/// A set of addresses in ArbOS's state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members(Space);

impl Members {
    pub(crate) fn chain_owners() -> Self {
        Self(SPACES.chain_owners)
    }

    pub(crate) fn native_token_owners() -> Self {
        Self(SPACES.native_token_owners)
    }

    pub(crate) fn filterers() -> Self {
        Self(SPACES.filterers)
    }

    pub(crate) fn cache_managers() -> Self {
        Self(SPACES.cache_managers)
    }

    pub(crate) fn batch_posters() -> Self {
        Self(SPACES.batch_posters.sub(0))
    }

    fn place_of(self, who: Address) -> U256 {
        self.0.sub(0).slot(who.into_word())
    }

    fn size<S: Store>(self, store: &mut S) -> Result<u64, S::Error> {
        Ok(store.get(self.0.at(0))?.saturating_to())
    }

    /// Whether there are any.
    pub(crate) fn is_empty<S: Store>(self, store: &mut S) -> Result<bool, S::Error> {
        Ok(self.size(store)? == 0)
    }

    /// Whether `who` is one: one read.
    pub(crate) fn contains<S: Store>(self, store: &mut S, who: Address) -> Result<bool, S::Error> {
        Ok(!store.get(self.place_of(who))?.is_zero())
    }

    /// All of them: one read, and one each.
    pub(crate) fn all<S: Store>(self, store: &mut S) -> Result<Vec<Address>, S::Error> {
        let size = self.size(store)?.min(MOST_LISTED);
        let mut all = Vec::new();
        for place in 1..=size {
            all.push(Address::from_word(store.get(self.0.at(place))?.into()));
        }
        Ok(all)
    }

    /// Adds one, unless it is there.
    pub(crate) fn add<S: Store>(self, store: &mut S, who: Address) -> Result<(), S::Error> {
        if self.contains(store, who)? {
            return Ok(());
        }
        let place = self.size(store)?.saturating_add(1);
        store.set(self.place_of(who), U256::from(place))?;
        store.set(self.0.at(place), who.into_word().into())?;
        let size = self.size(store)?.saturating_add(1);
        store.set(self.0.at(0), U256::from(size))
    }

    /// Takes one out, if it is there; the last member takes its place.
    pub(crate) fn remove<S: Store>(self, store: &mut S, who: Address) -> Result<(), S::Error> {
        let place: u64 = store.get(self.place_of(who))?.saturating_to();
        if place == 0 {
            return Ok(());
        }
        store.set(self.place_of(who), U256::ZERO)?;
        let size = self.size(store)?;
        if place < size {
            let last = store.get(self.0.at(size))?;
            store.set(self.0.at(place), last)?;
            let last = Address::from_word(last.into());
            store.set(self.place_of(last), U256::from(place))?;
        }
        store.set(self.0.at(size), U256::ZERO)?;
        let size = self.size(store)?.saturating_sub(1);
        store.set(self.0.at(0), U256::from(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::State;

    #[test]
    fn the_last_member_takes_the_place_of_one_that_leaves() {
        let mut state = State::default();
        let set = Members::cache_managers();
        let [a, b, c] = [1, 2, 3].map(Address::with_last_byte);
        for who in [a, b, c, b] {
            set.add(&mut state, who).unwrap();
        }
        assert_eq!(set.all(&mut state).unwrap(), [a, b, c]);
        set.remove(&mut state, a).unwrap();
        assert_eq!(set.all(&mut state).unwrap(), [c, b]);
        assert!(!set.contains(&mut state, a).unwrap());
        set.remove(&mut state, c).unwrap();
        set.remove(&mut state, c).unwrap();
        assert_eq!(set.all(&mut state).unwrap(), [b]);
        set.remove(&mut state, b).unwrap();
        assert!(set.is_empty(&mut state).unwrap());
    }
}
