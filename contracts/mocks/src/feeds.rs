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

const OBSERVE: [u8; 4] = [0x88, 0x3b, 0xdb, 0xfd];
const TOKEN_0: [u8; 4] = [0x0d, 0xfe, 0x16, 0x81];
const TOKEN_1: [u8; 4] = [0xd2, 0x12, 0x20, 0xa7];
const GET_PRICE_UNSAFE: [u8; 4] = [0x96, 0x83, 0x4a, 0xd3];

/// A pool of Uniswap V3 that was always at one tick, and remembers only so much.
#[storage]
pub struct MockPool {
    token_0: StorageU256,
    token_1: StorageU256,
    tick: StorageU256,
    memory: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockPool {}

#[public]
impl MockPool {
    /// Sets the tokens, token 0 first.
    pub fn set_tokens(&mut self, token_0: Address, token_1: Address) {
        self.token_0.set(U256::from_be_bytes(token_0.into_word().0));
        self.token_1.set(U256::from_be_bytes(token_1.into_word().0));
    }

    /// Sets the tick, and for how many seconds it is remembered.
    pub fn set_tick(&mut self, tick: I256, memory: U256) {
        self.tick.set(tick.into_raw());
        self.memory.set(memory);
    }

    /// Answers `token0()`, `token1()`, and `observe(uint32[])` for a window and 0.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        let words = |words: &[U256]| {
            let bytes = words.iter().flat_map(|w| w.to_be_bytes::<32>());
            Ok(bytes.collect::<Vec<u8>>())
        };
        match calldata.split_first_chunk() {
            Some((&TOKEN_0, _)) => words(&[self.token_0.get()]),
            Some((&TOKEN_1, _)) => words(&[self.token_1.get()]),
            Some((&OBSERVE, rest)) => {
                // [32, 2, window, 0]
                let asked = |i: usize| {
                    let word = rest.chunks(32).nth(i).unwrap_or_default();
                    U256::try_from_be_slice(word).unwrap_or_default()
                };
                let window = asked(2);
                if asked(1) != U256::from(2) || window > self.memory.get() {
                    return Err(b"OLD".to_vec());
                }
                // The accumulator was 7,000 when the window began.
                let then = U256::from(7_000);
                let now = then.wrapping_add(self.tick.get().wrapping_mul(window));
                let (two, none) = (U256::from(2), U256::ZERO);
                words(&[
                    U256::from(64),
                    U256::from(160),
                    two,
                    then,
                    now,
                    two,
                    none,
                    none,
                ])
            }
            _ => Err(Vec::new()),
        }
    }
}

/// A Pyth of one price, whose every word can be set.
#[storage]
pub struct MockPyth {
    id: StorageU256,
    price: StorageU256,
    confidence: StorageU256,
    exponent: StorageU256,
    published_at: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockPyth {}

#[public]
impl MockPyth {
    /// Sets the price of an id; every other id has none.
    pub fn set_price(
        &mut self,
        id: U256,
        price: I256,
        confidence: U256,
        exponent: I256,
        published_at: U256,
    ) {
        self.id.set(id);
        self.price.set(price.into_raw());
        self.confidence.set(confidence);
        self.exponent.set(exponent.into_raw());
        self.published_at.set(published_at);
    }

    /// Answers `getPriceUnsafe(bytes32)`.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        match calldata.split_first_chunk() {
            Some((&GET_PRICE_UNSAFE, id)) if U256::try_from_be_slice(id) == Some(self.id.get()) => {
                let words = [
                    self.price.get(),
                    self.confidence.get(),
                    self.exponent.get(),
                    self.published_at.get(),
                ];
                let bytes = words.iter().flat_map(|w| w.to_be_bytes::<32>());
                Ok(bytes.collect())
            }
            _ => Err(b"PriceFeedNotFound".to_vec()),
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
