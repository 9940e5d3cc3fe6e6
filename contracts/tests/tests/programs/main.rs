//! The programs together: vault, policy, oracle, rebalancer, lens and a filler.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // tests may panic

mod hostile_fillers;
mod invariants;
mod lens;
mod rebalance;
mod screen;
mod suite;
