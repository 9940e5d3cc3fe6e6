//! What only a development chain allows: time, fees, balances and other people's accounts.

use super::{Chain, Event};
use alloy::primitives::Address;

impl Chain {
    /// Makes the next block come `seconds` after the latest, more if asked again.
    pub fn increase_time(&mut self, seconds: u64) {
        self.clock.increase(seconds);
    }

    /// Fixes the next block's timestamp; false if that lies before the latest block.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> bool {
        let allowed = timestamp >= self.latest().header.timestamp;
        if allowed {
            self.clock.set_next(timestamp);
        }
        allowed
    }

    /// Sets the seconds between two blocks when nothing else is asked.
    pub fn set_block_interval(&mut self, seconds: u64) {
        self.clock.set_interval(seconds);
    }

    /// Timestamp that the next block will have.
    pub fn next_timestamp(&self) -> u64 {
        self.clock.peek(self.latest().header.timestamp)
    }

    /// Sets the base fee from the next block on, in wei per gas.
    pub fn set_base_fee(&mut self, wei: u64) {
        self.base_fee = wei;
    }

    /// Accepts unsigned transactions from `address`.
    pub fn impersonate(&mut self, address: Address) {
        self.impersonated.insert(address);
    }

    /// Stops accepting unsigned transactions from `address`.
    pub fn stop_impersonating(&mut self, address: Address) {
        self.impersonated.remove(&address);
    }

    /// Accepts unsigned transactions from everybody, or no longer.
    pub fn impersonate_all(&mut self, yes: bool) {
        self.impersonate_all = yes;
    }

    /// Sets who is paid the fees, from the next block on.
    pub fn set_coinbase(&mut self, address: Address) {
        self.coinbase = address;
    }

    /// Starts anew, as configured; when blocks are made stays as it is.
    pub fn reset(&mut self) {
        let mut fresh = Self::new(self.config.clone());
        fresh.mining = self.mining;
        fresh.events = std::mem::take(&mut self.events);
        while let Some(block) = self.ledger.pop_above(0) {
            fresh.events.push(Event::Removed(block));
        }
        *self = fresh;
    }
}
