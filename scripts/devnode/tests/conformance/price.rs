//! The published prices, as the expectations use them.
//!
//! # Source
//! Nitro v3.10.0: `crates/arbutil/src/pricing.rs`, `crates/prover/src/programs/meter.rs`
//! (`pricing_v1`), `arbos/programs/memory.rs`; go-ethereum: `params/protocol_params.go`.

/// Ink in a gas.
pub(crate) const GAS: u64 = 10_000;

/// The head of each basic block.
pub(crate) const HEAD: u64 = 2_450;
/// Any constant, `nop`, `block`, `loop`, `else`, `end`, `return`, `unreachable`.
pub(crate) const ONE: u64 = 1;
/// `drop`.
pub(crate) const DROP: u64 = 9;
/// `br`, `br_if`, `if`.
pub(crate) const BRANCH: u64 = 765;
/// `call`, without the block that it ends.
pub(crate) const CALL_OP: u64 = 3_800;
/// `local.get`, `local.tee`.
pub(crate) const LOCAL_GET: u64 = 75;
/// `local.set`.
pub(crate) const LOCAL_SET: u64 = 210;

/// A call of a host function: the opcode, and the head of the block that follows it.
pub(crate) const CALL: u64 = CALL_OP + HEAD;

/// Every host function that is charged ink at all.
pub(crate) const BASE: u64 = 8_400;
/// Each pointer that is passed.
pub(crate) const PTR: u64 = 5_040;
/// Leaving the program for the chain.
pub(crate) const API: u64 = 59_673;

/// Copying so many bytes into the program.
pub(crate) fn write(bytes: u64) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32)
}

/// Copying so many bytes out of the program.
pub(crate) fn read(bytes: u64) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32)
}
