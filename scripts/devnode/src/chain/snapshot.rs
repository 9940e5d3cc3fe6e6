//! Going back to an earlier moment.

use super::clock::Clock;
use super::{Chain, Event};
use crate::exec::State;
use alloy::primitives::Address;
use std::collections::BTreeMap;

/// Moments to go back to, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    taken: u64,
    kept: BTreeMap<u64, Snapshot>,
}

#[derive(Clone, Debug)]
struct Snapshot {
    state: State,
    height: u64,
    clock: Clock,
    base_fee: u64,
    coinbase: Address,
}

impl Chain {
    /// Remembers the present moment.
    pub fn snapshot(&mut self) -> u64 {
        let snapshot = Snapshot {
            state: self.state.clone(),
            height: self.latest().number(),
            clock: self.clock.clone(),
            base_fee: self.base_fee,
            coinbase: self.coinbase,
        };
        self.snapshots.taken += 1;
        self.snapshots.kept.insert(self.snapshots.taken, snapshot);
        self.snapshots.taken
    }

    /// Goes back to a moment, which is used up by that with every later one; false if there is no
    /// such moment.
    pub fn revert(&mut self, id: u64) -> bool {
        let mut gone = self.snapshots.kept.split_off(&id);
        let Some(snapshot) = gone.remove(&id) else {
            self.snapshots.kept.append(&mut gone);
            return false;
        };
        while let Some(block) = self.ledger.pop_above(snapshot.height) {
            self.events.push(Event::Removed(block));
        }
        self.before.split_off(&(snapshot.height + 1));
        self.state = snapshot.state;
        self.clock = snapshot.clock;
        self.base_fee = snapshot.base_fee;
        self.coinbase = snapshot.coinbase;
        true
    }
}
