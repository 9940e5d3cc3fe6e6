//! The rebalancer alone, between a scripted vault, policy and oracle.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::type_complexity,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)] // tests may panic

extern crate alloc;

mod auction;
mod budgets;
mod check;
mod close;
mod modes;
mod open;
mod rebalance;
mod rebalance_reverts;
mod settle;
mod triggers;
mod upkeep;
mod views;
mod world;
