//! What happened, in order, for those who ask from time to time.

use super::block::MinedBlock;
use super::Chain;
use alloy::rpc::types::Transaction;
use std::collections::VecDeque;
use std::sync::Arc;

/// Events kept: who is further behind has lost some.
pub const MAX_EVENTS: usize = 1 << 17;

/// Something that happened to the chain.
#[derive(Clone, Debug)]
pub enum Event {
    /// A transaction was accepted and is in no block yet.
    Pending(Arc<Transaction>),
    /// A block was added.
    Mined(Arc<MinedBlock>),
    /// A block was taken back.
    Removed(Arc<MinedBlock>),
}

/// The latest events. Each has a number, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    /// Number of the first that is kept.
    first: u64,
    kept: VecDeque<Event>,
}

impl Events {
    pub(crate) fn push(&mut self, event: Event) {
        if self.kept.len() == MAX_EVENTS {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(event);
    }

    fn next(&self) -> u64 {
        self.first + self.kept.len() as u64
    }
}

impl Chain {
    /// The number that the next event will have.
    pub fn next_event(&self) -> u64 {
        self.events.next()
    }

    /// The events from number `from` on, or `None` if some of them are no longer kept.
    pub fn events_since(&self, from: u64) -> Option<impl Iterator<Item = &Event>> {
        let skip = usize::try_from(from.checked_sub(self.events.first)?).ok()?;
        Some(self.events.kept.iter().skip(skip))
    }
}

#[cfg(test)]
mod tests {
    use crate::chain::{Chain, Event, MAX_EVENTS};

    #[test]
    fn who_is_too_far_behind_is_told() {
        let mut chain = Chain::default();
        let start = chain.next_event();
        for _ in 0..MAX_EVENTS {
            chain.mine();
        }
        assert_eq!(chain.events_since(start).unwrap().count(), MAX_EVENTS);
        chain.mine();
        assert!(chain.events_since(start).is_none());
        let rest: Vec<_> = chain.events_since(start + 1).unwrap().collect();
        assert_eq!(rest.len(), MAX_EVENTS);
        assert!(matches!(rest[0], Event::Mined(block) if block.number() == 2));
        assert_eq!(chain.events_since(chain.next_event()).unwrap().count(), 0);
    }
}
