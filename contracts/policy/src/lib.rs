//! What did governance decide?
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
extern crate alloc;

use stylus_sdk::prelude::*;

/// Placeholder while the program is being written.
#[storage]
#[entrypoint]
pub struct Program {}

#[public]
impl Program {
    /// Placeholder.
    pub fn version(&self) -> stylus_sdk::alloy_primitives::U256 {
        stylus_sdk::alloy_primitives::U256::ZERO
    }
}
