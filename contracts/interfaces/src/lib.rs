//! How do the programs and the outside world talk?
//!
//! Shared by every program; knows nothing of storage. [`clock`] is the one place where time enters,
//! [`raw`] the one place where a call to a contract that nobody vouches for is made, [`modules`] the
//! programs' own interfaces, [`filling`] what all fillers have in common.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

pub mod answers;
pub mod authority;
pub mod clock;
pub mod constants;
pub mod data_account;
pub mod erc20;
pub mod errors;
pub mod filling;
pub mod guardian;
pub mod modules;
#[cfg(target_arch = "wasm32")]
mod panic;
pub mod raw;
pub mod slot;
pub mod words;
