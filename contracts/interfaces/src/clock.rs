//! The one place where time enters the programs.
//!
//! Seconds of `block.timestamp`, which the sequencer chooses within bounds (docs/assumptions.md).
//! Block numbers are never used: on Arbitrum they are the parent chain's.

use stylus_sdk::stylus_core::BlockAccess;

/// Seconds since 1970 of the block being executed.
#[cfg(target_arch = "wasm32")]
#[inline(always)] // a handle that is passed on brings the host's whole table of functions into the program
pub fn now<H: BlockAccess + ?Sized>(vm: &H) -> u64 {
    vm.block_timestamp()
}

/// Seconds since 1970 of the block being executed, or what [`set`] said: the native test VM's clock stands still.
#[cfg(not(target_arch = "wasm32"))]
pub fn now<H: BlockAccess + ?Sized>(vm: &H) -> u64 {
    native::TIME
        .with(|t| t.get())
        .unwrap_or_else(|| vm.block_timestamp())
}

/// Sets the time that [`now`] answers on this thread: for native tests only, absent from programs.
#[cfg(not(target_arch = "wasm32"))]
pub fn set(seconds: u64) {
    native::TIME.with(|t| t.set(Some(seconds)));
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use core::cell::Cell;
    std::thread_local! {
        pub(super) static TIME: Cell<Option<u64>> = const { Cell::new(None) };
    }
}
