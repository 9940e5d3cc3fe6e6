//! Settable Chainlink-shaped feeds: a price feed and a sequencer uptime feed, with every fault an oracle must refuse.

use alloc::vec::Vec;

use alloy_primitives::{Address, I256, U256};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBytes, StorageU256, StorageU64},
    ArbResult,
};

const LATEST_ROUND_DATA: [u8; 4] = [0xfe, 0xaf, 0x96, 0x8c];
const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];

/// How a feed answers.
pub mod mode {
    /// As a feed should.
    pub const HONEST: u64 = 0;
    /// Reverts, whatever is asked.
    pub const REVERT: u64 = 1;
    /// Answers `latestRoundData` one byte short.
    pub const SHORT: u64 = 2;
    /// Answers nothing, as an address without code does.
    pub const EMPTY: u64 = 3;
    /// Answers `latestRoundData` honestly and reverts on `decimals`.
    pub const NO_DECIMALS: u64 = 4;
    /// Answers `latestRoundData` with 4 kB behind the five words.
    pub const LONG: u64 = 5;
}

/// A feed whose every answer can be set; it serves as a sequencer feed too (`answer` 0 is up).
///
/// `decimals()` and `latestRoundData()` are answered by the fallback, so that they may be malformed.
#[storage]
pub struct MockFeed {
    answer: StorageU256,
    round_id: StorageU256,
    started_at: StorageU256,
    updated_at: StorageU256,
    decimals: StorageU256,
    mode: StorageU64,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockFeed {}

#[public]
impl MockFeed {
    /// Sets answer, time of update and decimals; `startedAt` follows the time of update.
    pub fn set(&mut self, answer: I256, updated_at: U256, decimals: U256) {
        self.answer.set(answer.into_raw());
        self.updated_at.set(updated_at);
        self.started_at.set(updated_at);
        self.decimals.set(decimals);
    }

    /// Sets the answer alone.
    pub fn set_answer(&mut self, answer: I256) {
        self.answer.set(answer.into_raw());
    }

    /// Sets `updatedAt` alone.
    pub fn set_updated_at(&mut self, updated_at: U256) {
        self.updated_at.set(updated_at);
    }

    /// Sets `startedAt` alone: since when the sequencer is in the state that it answers.
    pub fn set_started_at(&mut self, started_at: U256) {
        self.started_at.set(started_at);
    }

    /// Sets what `decimals` answers.
    pub fn set_decimals(&mut self, decimals: U256) {
        self.decimals.set(decimals);
    }

    /// Sets the round; Chainlink's proxies keep the phase in the bits above 64.
    pub fn set_round_id(&mut self, round_id: U256) {
        self.round_id.set(round_id);
    }

    /// Sets how it answers: see [`mode`].
    pub fn set_mode(&mut self, mode: U256) {
        self.mode.set(alloy_primitives::U64::wrapping_from(mode));
    }

    /// Answers `decimals()` and `latestRoundData()`, and everything else with nothing.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        let mode = self.mode.get().wrapping_to::<u64>();
        match calldata.get(..4) {
            _ if mode == mode::REVERT => Err(b"feed".to_vec()),
            _ if mode == mode::EMPTY => Ok(Vec::new()),
            Some(s) if s == DECIMALS => match mode {
                mode::NO_DECIMALS => Err(b"feed".to_vec()),
                _ => Ok(self.decimals.get().to_be_bytes::<32>().to_vec()),
            },
            Some(s) if s == LATEST_ROUND_DATA => {
                let mut out: Vec<u8> = [
                    self.round_id.get(),
                    self.answer.get(),
                    self.started_at.get(),
                    self.updated_at.get(),
                    self.round_id.get(),
                ]
                .iter()
                .flat_map(|w| w.to_be_bytes::<32>())
                .collect();
                match mode {
                    mode::SHORT => out.truncate(159),
                    mode::LONG => out.resize(4096, 0xff),
                    _ => {}
                }
                Ok(out)
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// A stand-in for any contract of which only the raw answer to one call matters.
#[storage]
pub struct MockAnswer {
    data: StorageBytes,
    calls: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockAnswer {}

#[public]
impl MockAnswer {
    /// What every unknown call is answered with.
    pub fn set_answer(&mut self, data: stylus_sdk::abi::Bytes) {
        self.data.set_bytes(data.as_ref());
    }

    /// How many unknown calls were answered.
    pub fn calls(&self) -> U256 {
        self.calls.get()
    }

    /// Answers what was set.
    #[fallback]
    pub fn fallback(&mut self, _calldata: &[u8]) -> ArbResult {
        let calls = self.calls.get();
        self.calls.set(calls.wrapping_add(U256::from(1)));
        Ok(self.data.get_bytes())
    }
}

/// The address that no mock ever has.
pub const NOBODY: Address = Address::repeat_byte(0xee);
