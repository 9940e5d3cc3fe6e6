//! The laws of the formulas, each against exact rational arithmetic.
//!
//! 10,000 cases a law; `PROPTEST_CASES` overrides it.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests assert, and their reference arithmetic is unbounded"
)]

mod auction;
mod band;
mod basket;
mod budget;
mod clamp;
mod exact;
mod fees;
mod fewest;
mod guard;
mod mul_div;
mod opinion;
mod plan;
mod plan_model;
mod price;
mod ramp;
mod round_trip;
mod shares;
mod stream;
mod total;
mod twap;
mod volatility;
