//! When the next block is: a clock that stands still between blocks unless asked to follow the wall.

use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of the parent chain between two of its blocks.
const L1_BLOCK_SECONDS: u64 = 12;

/// Decides the timestamps of blocks.
///
/// A run with the same calls gives the same timestamps: by default every block is one second after
/// its parent, and only the methods below move time otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Clock {
    genesis: u64,
    l1_genesis: u64,
    /// Seconds between two blocks when nothing else is asked.
    interval: u64,
    /// Seconds asked for by `increase` since the last block.
    increase: u64,
    /// The timestamp the next block must have.
    next: Option<u64>,
    /// Offset to the wall clock; `None` when the clock does not follow it.
    #[serde(skip)]
    wall_offset: Option<u64>,
}

impl Clock {
    /// A clock whose genesis is at `genesis` seconds and parent-chain height `l1_genesis`.
    pub(crate) fn new(genesis: u64, l1_genesis: u64, follow_wall: bool) -> Self {
        let wall_offset = follow_wall.then_some(0);
        Self {
            genesis,
            l1_genesis,
            interval: 1,
            increase: 0,
            next: None,
            wall_offset,
        }
    }

    /// The timestamp that the block after one at `parent` seconds will have, never before `parent`.
    pub(crate) fn peek(&self, parent: u64) -> u64 {
        let free = match self.wall_offset {
            Some(offset) => wall_seconds().saturating_add(offset),
            None => parent.saturating_add(self.interval.max(self.increase)),
        };
        self.next.unwrap_or(free).max(parent)
    }

    /// Takes the timestamp of the next block and forgets what was asked for it alone.
    pub(crate) fn tick(&mut self, parent: u64) -> u64 {
        let timestamp = self.peek(parent);
        if let (Some(next), Some(_)) = (self.next, self.wall_offset) {
            self.wall_offset = Some(next.saturating_sub(wall_seconds()));
        }
        self.next = None;
        self.increase = 0;
        timestamp
    }

    /// Lets `seconds` pass before the next block: it comes exactly that long after its parent.
    pub(crate) fn increase(&mut self, seconds: u64) {
        match (&mut self.next, &mut self.wall_offset) {
            (Some(next), _) => *next = next.saturating_add(seconds),
            (None, Some(offset)) => *offset = offset.saturating_add(seconds),
            (None, None) => self.increase = self.increase.saturating_add(seconds),
        }
    }

    /// Fixes the timestamp of the next block.
    pub(crate) fn set_next(&mut self, timestamp: u64) {
        self.next = Some(timestamp);
    }

    /// Sets the seconds between two blocks when nothing else is asked.
    pub(crate) fn set_interval(&mut self, seconds: u64) {
        self.interval = seconds;
    }

    /// This clock, but following the wall if `other` does.
    pub(crate) fn driven_as(self, other: &Self) -> Self {
        Self {
            wall_offset: other.wall_offset,
            ..self
        }
    }

    /// Height of the parent chain at `timestamp`, which is what contracts see as `block.number`.
    pub(crate) fn l1_number(&self, timestamp: u64) -> u64 {
        self.l1_genesis + timestamp.saturating_sub(self.genesis) / L1_BLOCK_SECONDS
    }
}

fn wall_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_one_second_after_its_parent_unless_asked_otherwise() {
        let mut clock = Clock::new(1_000, 50, false);
        assert_eq!(clock.tick(1_000), 1_001);
        clock.increase(100);
        clock.increase(20);
        assert_eq!(clock.peek(1_001), 1_121);
        assert_eq!(clock.tick(1_001), 1_121);
        assert_eq!(clock.tick(1_121), 1_122);
        clock.set_next(5_000);
        assert_eq!(clock.tick(1_122), 5_000);
        assert_eq!(clock.tick(5_000), 5_001);
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::new(1_000, 50, false);
        clock.set_next(10);
        assert_eq!(clock.tick(1_000), 1_000);
    }

    #[test]
    fn the_parent_chain_advances_once_in_twelve_seconds() {
        let clock = Clock::new(1_000, 50, false);
        let heights = [1_000, 1_011, 1_012, 1_120].map(|t| clock.l1_number(t));
        assert_eq!(heights, [50, 50, 51, 60]);
    }
}
