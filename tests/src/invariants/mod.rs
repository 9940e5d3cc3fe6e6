//! The 28 invariants as laws over random sequences of every entry point by everybody, on compiled WASM.
//!
//! A sequence starts from one prepared chain and makes random moves; after each one every law that it
//! touches is checked against a plain model of what should have happened. The same seed gives the same
//! sequences on every machine.

mod catalogue;
mod laws;
mod model;
mod moves;
mod random;
mod run;
mod stand;
mod world;

pub use catalogue::{Broken, Checks, INVARIANTS};
pub use run::{run, Options, Report};
