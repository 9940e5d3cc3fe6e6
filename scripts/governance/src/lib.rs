//! Says what a change of Ballast's settings does, and writes it for every kind of governor.
//!
//! [`setters`] lists every call that changes something, [`change`] is one with its arguments, [`preview`] reads from a
//! simulation what would be different, [`carriers`] writes changes as Governor, Timelock, Safe, Aragon and UpgradeExecutor
//! carry them, and [`decoding`] reads all of that back into words and says what deserves a second look.

pub mod arguments;
pub mod book;
pub mod carriers;
pub mod change;
pub mod decoding;
pub mod effects;
pub mod interfaces;
pub mod preview;
pub mod problem;
pub mod proposing;
pub mod script;
pub mod setters;
pub mod targets;
pub mod trades;
pub mod words;
