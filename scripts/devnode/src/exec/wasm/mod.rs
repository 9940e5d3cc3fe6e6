//! WASM: what is accepted, how it is metered, and what runs it.

pub mod instrument;
pub mod module;
mod segments;
pub mod validate;
