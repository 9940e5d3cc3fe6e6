//! Calls to contracts that nobody vouches for: capped in gas and in return data, cache flushed first.
//!
//! The SDK's `RawCall` neither flushes the storage cache nor limits what it copies back. Here both
//! are done in one place, so that no caller can forget them. The cache is cleared, not only flushed:
//! what a frame reads after the call is what the callee left.

use alloc::vec::Vec;
use stylus_sdk::{alloy_primitives::Address, call::RawCall};

/// Static call under `gas`, at most `max_return` bytes copied back. `Err` holds the (cut) revert data.
pub fn static_call(
    to: Address,
    data: &[u8],
    gas: u64,
    max_return: usize,
) -> Result<Vec<u8>, Vec<u8>> {
    // SAFETY: no storage reference is alive across the call; the cache is flushed and cleared.
    unsafe {
        RawCall::new_static()
            .gas(gas)
            .limit_return_data(0, max_return)
            .clear_storage_cache()
            .call(to, data)
    }
}

/// Call without value under `gas`, at most `max_return` bytes copied back. `Err` holds the (cut) revert data.
pub fn call(to: Address, data: &[u8], gas: u64, max_return: usize) -> Result<Vec<u8>, Vec<u8>> {
    // SAFETY: no storage reference is alive across the call; the cache is flushed and cleared.
    unsafe {
        RawCall::new()
            .gas(gas)
            .limit_return_data(0, max_return)
            .clear_storage_cache()
            .call(to, data)
    }
}
