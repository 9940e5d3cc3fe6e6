//! Nitro's rules and prices, one small program each, with the figure worked out by hand.
//!
//! Every program is written as text, deployed and activated as any program is, and called. Ink is
//! read by the program itself, before and after what is under test, so that an expectation is the sum
//! of published prices and nothing else. Prices stand again in [`price`], apart from the ones that are
//! under test. `cargo xtask conformance` runs this suite by itself.

mod evm;
mod fork;
mod host;
mod outcome;
mod price;
mod program;
mod scene;
mod wasm;
