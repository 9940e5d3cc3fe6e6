//! Calls to contracts that nobody vouches for: capped in gas and in return data, cache flushed first.
//!
//! The SDK's `RawCall` neither flushes the storage cache nor limits what it copies back. Here both
//! are done in one place, so that no caller can forget them. The cache is cleared, not only flushed:
//! what a frame reads after the call is what the callee left.

use alloc::vec::Vec;
use stylus_sdk::{
    alloy_primitives::{b256, Address, B256},
    call::RawCall,
    stylus_core::AccountAccess,
};

/// keccak256 of nothing: the code hash of an account that exists and has no code.
const NO_CODE: B256 = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");

/// Whether there is code at `account`: a call to an address without any succeeds and answers nothing.
#[inline(always)] // a handle that is passed on brings the host's whole table of functions into the program
pub fn has_code<H: AccountAccess + ?Sized>(vm: &H, account: Address) -> bool {
    let hash = vm.code_hash(account);
    !hash.is_zero() && hash != NO_CODE
}

/// Static call under `gas`, at most `max_return` bytes copied back. `Err` holds the (cut) revert data.
pub fn static_call(
    to: Address,
    data: &[u8],
    gas: u64,
    max_return: usize,
) -> Result<Vec<u8>, Vec<u8>> {
    // SAFETY: no storage reference is alive across the call; the cache is flushed and cleared.
    let answer = unsafe {
        limited(RawCall::new_static().gas(gas), max_return)
            .clear_storage_cache()
            .call(to, data)
    };
    cut(answer, max_return)
}

/// Call without value under `gas`, at most `max_return` bytes copied back. `Err` holds the (cut) revert data.
pub fn call(to: Address, data: &[u8], gas: u64, max_return: usize) -> Result<Vec<u8>, Vec<u8>> {
    // SAFETY: no storage reference is alive across the call; the cache is flushed and cleared.
    let answer = unsafe {
        limited(RawCall::new().gas(gas), max_return)
            .clear_storage_cache()
            .call(to, data)
    };
    cut(answer, max_return)
}

#[cfg(target_arch = "wasm32")]
fn limited(call: RawCall, max_return: usize) -> RawCall {
    call.limit_return_data(0, max_return)
}

#[cfg(target_arch = "wasm32")]
fn cut(answer: Result<Vec<u8>, Vec<u8>>, _max_return: usize) -> Result<Vec<u8>, Vec<u8>> {
    answer
}

/// The native test VM copies as much as was asked for even when less was answered, beyond its own memory:
/// there the whole answer is read, and cut afterwards.
#[cfg(not(target_arch = "wasm32"))]
fn limited(call: RawCall, _max_return: usize) -> RawCall {
    call
}

#[cfg(not(target_arch = "wasm32"))]
fn cut(answer: Result<Vec<u8>, Vec<u8>>, max_return: usize) -> Result<Vec<u8>, Vec<u8>> {
    let shorten = |mut data: Vec<u8>| {
        data.truncate(max_return);
        data
    };
    answer.map(shorten).map_err(shorten)
}
