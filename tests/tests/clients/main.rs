//! Clients that were not written for this chain, against its running server: Foundry's `cast`, viem, alloy,
//! and, because its installation takes minutes, on demand only, cargo-stylus. `cargo xtask clients` runs all.

mod alloy;
mod cargo_stylus;
mod cast;
mod scene;
mod viem;
