//! The embedded chain.

pub mod exec;
