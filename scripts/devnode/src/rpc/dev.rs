//! What only development nodes answer: `evm_…`, `anvil_…`, `hardhat_…`.

use super::dispatch::Answer;
use super::error::RpcError;
use super::format::quantity;
use super::params::{Number, Params};
use crate::chain::Chain;
use alloy::primitives::{Address, Bytes, B256, U256};
use serde::Deserialize;
use serde_json::{json, Value};

/// Blocks one request mines at most.
const MAX_MINED: u64 = 100_000;

pub(crate) fn snapshot(chain: &mut Chain) -> Answer {
    Ok(quantity(chain.snapshot()))
}

pub(crate) fn revert(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(id) = p.next("id")?;
    Ok(json!(chain.revert(id)))
}

/// `evm_mine` takes a timestamp, or an object of timestamp and count, or nothing.
#[derive(Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Object {
        timestamp: Option<Number>,
        blocks: Option<Number>,
    },
    Timestamp(Number),
}

pub(crate) fn evm_mine(chain: &mut Chain, p: &mut Params) -> Answer {
    let (timestamp, blocks) = match p.optional("options")? {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Object { timestamp, blocks }) => (timestamp, blocks),
    };
    if let Some(Number(timestamp)) = timestamp {
        fix_timestamp(chain, timestamp)?;
    }
    mine_blocks(chain, blocks.map_or(1, |Number(blocks)| blocks), None)?;
    Ok(json!("0x0"))
}

pub(crate) fn mine(chain: &mut Chain, p: &mut Params) -> Answer {
    let blocks: Option<Number> = p.optional("blocks")?;
    let interval: Option<Number> = p.optional("interval")?;
    let blocks = blocks.map_or(1, |Number(blocks)| blocks);
    mine_blocks(chain, blocks, interval.map(|Number(seconds)| seconds))?;
    Ok(Value::Null)
}

fn mine_blocks(chain: &mut Chain, blocks: u64, interval: Option<u64>) -> Result<(), RpcError> {
    if blocks > MAX_MINED {
        return Err(RpcError::refused(format_args!(
            "{blocks} blocks are more than {MAX_MINED}"
        )));
    }
    for mined in 0..blocks {
        if let Some(seconds) = interval.filter(|_| mined > 0) {
            chain.increase_time(seconds);
        }
        chain.mine();
    }
    Ok(())
}

pub(crate) fn increase_time(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(seconds) = p.next("seconds")?;
    chain.increase_time(seconds);
    Ok(json!(seconds))
}

pub(crate) fn set_next_timestamp(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(timestamp) = p.next("timestamp")?;
    fix_timestamp(chain, timestamp)?;
    Ok(Value::Null)
}

fn fix_timestamp(chain: &mut Chain, timestamp: u64) -> Result<(), RpcError> {
    let latest = chain.latest().header.timestamp;
    if chain.set_next_timestamp(timestamp) {
        return Ok(());
    }
    Err(RpcError::refused(format_args!(
        "Timestamp error: {timestamp} is lower than previous block's timestamp {latest}"
    )))
}

pub(crate) fn set_interval(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(seconds) = p.next("seconds")?;
    chain.set_block_interval(seconds);
    Ok(Value::Null)
}

pub(crate) fn remove_interval(chain: &mut Chain) -> Answer {
    chain.set_block_interval(1);
    Ok(json!(true))
}

pub(crate) fn set_base_fee(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(wei) = p.next("wei")?;
    chain.set_base_fee(wei);
    Ok(Value::Null)
}

pub(crate) fn impersonate(chain: &mut Chain, p: &mut Params) -> Answer {
    chain.impersonate(p.next("address")?);
    Ok(Value::Null)
}

pub(crate) fn stop_impersonating(chain: &mut Chain, p: &mut Params) -> Answer {
    chain.stop_impersonating(p.next("address")?);
    Ok(Value::Null)
}

pub(crate) fn impersonate_all(chain: &mut Chain, p: &mut Params) -> Answer {
    chain.impersonate_all(p.next("enabled")?);
    Ok(Value::Null)
}

pub(crate) fn set_balance(chain: &mut Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let wei: U256 = p.next("wei")?;
    chain.state_mut().set_balance(address, wei);
    Ok(Value::Null)
}

pub(crate) fn set_code(chain: &mut Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let code: Bytes = p.next("code")?;
    chain.state_mut().set_code(address, code);
    Ok(Value::Null)
}

pub(crate) fn set_nonce(chain: &mut Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let Number(nonce) = p.next("nonce")?;
    chain.state_mut().set_nonce(address, nonce);
    Ok(Value::Null)
}

pub(crate) fn set_storage(chain: &mut Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let slot: U256 = p.next("slot")?;
    let value: B256 = p.next("value")?;
    chain.state_mut().set_storage(address, slot, value.into());
    Ok(json!(true))
}

pub(crate) fn add_balance(chain: &mut Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let wei: U256 = p.next("wei")?;
    let have = chain.state().balance(address);
    let sum = have.checked_add(wei).ok_or_else(|| {
        RpcError::refused(format_args!(
            "{address} has {have} wei: {wei} more are more than a balance holds"
        ))
    })?;
    chain.state_mut().set_balance(address, sum);
    Ok(Value::Null)
}

pub(crate) fn set_coinbase(chain: &mut Chain, p: &mut Params) -> Answer {
    chain.set_coinbase(p.next("address")?);
    Ok(Value::Null)
}
