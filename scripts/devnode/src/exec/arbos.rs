//! ArbOS's own state: a contract without code whose storage holds what is not any program's.

mod params;

use super::handler::Context;
use alloy::primitives::{address, keccak256, Address, B256, U256};
use revm::context_interface::{ContextTr, JournalTr};
use std::convert::Infallible;

/// Where ArbOS keeps its state.
pub const ARBOS: Address = address!("A4B05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");
/// The account that activation fees go to.
pub const NETWORK_FEES: Address = address!("A4B00000000000000000000000000000000000F6");

/// One kind of record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record {
    Program,
    Module,
    DataDemand,
    DataTime,
    Params,
}

/// The slot of a record.
pub(crate) fn slot(record: Record, key: B256) -> U256 {
    let mut preimage = [0u8; 33];
    preimage[0] = record as u8 + 1;
    preimage[1..].copy_from_slice(key.as_slice());
    keccak256(preimage).into()
}

/// Reads a record; free of gas.
pub(crate) fn read(ctx: &mut Context, record: Record, key: B256) -> Result<U256, Infallible> {
    ctx.journal_mut().load_account(ARBOS)?;
    Ok(ctx.journal_mut().sload(ARBOS, slot(record, key))?.data)
}

/// Writes a record; free of gas.
pub(crate) fn write(
    ctx: &mut Context,
    record: Record,
    key: B256,
    value: U256,
) -> Result<(), Infallible> {
    ctx.journal_mut().load_account(ARBOS)?;
    ctx.journal_mut().touch_account(ARBOS);
    ctx.journal_mut().sstore(ARBOS, slot(record, key), value)?;
    Ok(())
}
