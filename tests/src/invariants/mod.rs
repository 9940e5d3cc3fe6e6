//! The 28 invariants as laws over random sequences of every entry point by everybody, on compiled WASM.
//!
//! A sequence starts from one prepared chain and makes random moves; after each one every law that it
//! touches is checked against a plain model of what should have happened. The same seed gives the same
//! sequences on every machine.

mod acting;
mod books;
mod catalogue;
mod entry_points;
mod laws;
mod model;
mod moves;
mod pending;
mod prices;
mod random;
mod run;
mod stand;
mod world;

pub use catalogue::{Broken, Checks, INVARIANTS};
pub use entry_points::{Entry, Why, ENTRY_POINTS};
pub(crate) use moves::Permit;
pub(crate) use pending::roles;
pub(crate) use random::Random;
pub use run::{run, Options, Report};
