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

/// A host function called with so many constants.
pub(crate) fn calling(constants: u64) -> u64 {
    constants * ONE + CALL
}

/// Functions with one pointer.
pub(crate) const ONE_PTR: u64 = BASE + PTR;
/// Functions with two pointers that stay within the program.
pub(crate) const TWO_PTR: u64 = BASE + 2 * PTR;
/// Functions that ask the chain and are charged no pointer.
pub(crate) const API_ONLY: u64 = BASE + API;
/// Functions that ask the chain and are charged two pointers.
pub(crate) const API_TWO: u64 = BASE + 2 * PTR + API;
/// The three calls and `create1`.
pub(crate) const API_THREE: u64 = BASE + 3 * PTR + API;
/// `create2`.
pub(crate) const API_FOUR: u64 = BASE + 4 * PTR + API;

/// Gas of the first access to an account, and to a slot.
pub(crate) const COLD_ACCOUNT: u64 = 2_600;
pub(crate) const COLD_SLOT: u64 = 2_100;
/// Gas of every further access.
pub(crate) const WARM: u64 = 100;
/// Gas for leaving the program on a read that the storage cache cannot answer: 59,673 ink, in gas.
pub(crate) const MISS: u64 = 5;

/// Opcodes between one pass of [`crate::program::repeat`] and the next: `local.get`, a constant,
/// `i32.add`, `local.tee`, a constant, `i32.lt_u`, `br_if`, and the head of their block.
pub(crate) const AGAIN: u64 = LOCAL_GET + ONE + 70 + LOCAL_GET + ONE + 170 + BRANCH + HEAD;

/// Ink of [`crate::program::repeat`] when all passes together cost `inside`: `loop` ends a block, and
/// the `end` after the last pass is one by itself.
pub(crate) fn repeating(count: u64, inside: u64) -> u64 {
    ONE + HEAD + inside + count * AGAIN + ONE + HEAD
}

/// Gas of starting a program that has run in this block and has one function, one page, no data and
/// less than 820 bytes: 352, 4 * 1.628 for the globals of the metering, 5 for the page.
pub(crate) const START: u64 = 352 + 6 + 5;

/// Ink in whole gas, rounded up as a frame is charged.
pub(crate) fn gas(ink: u64) -> u64 {
    ink.div_ceil(GAS)
}

/// Gas of a transaction before anything runs.
pub(crate) const INTRINSIC: u64 = 21_000;
