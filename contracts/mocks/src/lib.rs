//! Mocks for the native tests; never deployed.
extern crate alloc;
pub mod feeds;
pub mod fillers;
pub mod modules;
pub mod tokens;
