//! Reading the chain: `eth_…` methods that change nothing.

use super::dispatch::Answer;
use super::error::RpcError;
use super::format::{self, quantity};
use super::params::{Number, Params};
use crate::chain::{Chain, MinedBlock};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{hex, Address, B256, U256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, FeeHistory, Filter, TransactionRequest};
use serde_json::{json, Value};

/// Blocks one `eth_feeHistory` covers at most.
const MAX_FEE_HISTORY: u64 = 1_024;

/// Percentiles of tips that may be asked for at once, as in go-ethereum.
const MAX_PERCENTILES: usize = 100;

pub(crate) fn chain_id(chain: &Chain) -> Answer {
    Ok(quantity(chain.chain_id()))
}

pub(crate) fn block_number(chain: &Chain) -> Answer {
    Ok(quantity(chain.latest().number()))
}

pub(crate) fn gas_price(chain: &Chain) -> Answer {
    Ok(quantity(chain.base_fee()))
}

pub(crate) fn fee_history(chain: &Chain, p: &mut Params) -> Answer {
    let Number(count) = p.next("count")?;
    let newest: BlockNumberOrTag = p.next("newest")?;
    let percentiles: Option<Vec<f64>> = p.optional("percentiles")?;
    let asked = percentiles.as_ref().map_or(0, Vec::len);
    if asked > MAX_PERCENTILES {
        return Err(RpcError::invalid_params(format_args!(
            "invalid argument 2 (percentiles): {asked} are more than {MAX_PERCENTILES}"
        )));
    }
    let newest = chain
        .block(newest.into())
        .ok_or_else(|| RpcError::refused("request beyond head block"))?
        .number();
    let count = count.clamp(1, MAX_FEE_HISTORY).min(newest + 1);
    let oldest = newest + 1 - count;
    let mut history = FeeHistory {
        oldest_block: oldest,
        ..FeeHistory::default()
    };
    for block in (oldest..=newest).filter_map(|number| chain.block(number.into())) {
        let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
        history.base_fee_per_gas.push(base_fee.into());
        history
            .gas_used_ratio
            .push(block.header.gas_used as f64 / block.header.gas_limit as f64);
    }
    history.base_fee_per_gas.push(chain.base_fee().into());
    // Nobody tips on Arbitrum.
    history.reward = percentiles
        .filter(|wanted| !wanted.is_empty())
        .map(|wanted| vec![vec![0; wanted.len()]; history.gas_used_ratio.len()]);
    format::value(history)
}

pub(crate) fn block_by_number(chain: &Chain, p: &mut Params) -> Answer {
    let tag: BlockNumberOrTag = p.next("tag")?;
    let full: Option<bool> = p.optional("full")?;
    show_block(chain.block(tag.into()), full)
}

pub(crate) fn block_by_hash(chain: &Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    let full: Option<bool> = p.optional("full")?;
    show_block(chain.block(hash.into()), full)
}

fn show_block(block: Option<&MinedBlock>, full: Option<bool>) -> Answer {
    block.map_or(Ok(Value::Null), |block| {
        format::block(block, full.unwrap_or(false))
    })
}

pub(crate) fn transaction_count_by_number(chain: &Chain, p: &mut Params) -> Answer {
    let tag: BlockNumberOrTag = p.next("tag")?;
    Ok(count_transactions(chain.block(tag.into())))
}

pub(crate) fn transaction_count_by_hash(chain: &Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    Ok(count_transactions(chain.block(hash.into())))
}

fn count_transactions(block: Option<&MinedBlock>) -> Value {
    block.map_or(Value::Null, |block| {
        quantity(block.transactions.len() as u64)
    })
}

pub(crate) fn block_receipts(chain: &Chain, p: &mut Params) -> Answer {
    let id: BlockId = p.next("id")?;
    let Some(block) = chain.block(id) else {
        return Ok(Value::Null);
    };
    let receipts = block
        .transactions
        .iter()
        .map(|mined| format::receipt(block, mined));
    Ok(Value::Array(receipts.collect::<Result<_, _>>()?))
}

pub(crate) fn balance(chain: &Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    Ok(json!(chain.state_at(tag(p)?)?.balance(address)))
}

pub(crate) fn code(chain: &Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    Ok(json!(chain.state_at(tag(p)?)?.code(address)))
}

pub(crate) fn storage_at(chain: &Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let slot: U256 = p.next("slot")?;
    let word = chain.state_at(tag(p)?)?.storage(address, slot);
    Ok(json!(B256::from(word)))
}

pub(crate) fn nonce(chain: &Chain, p: &mut Params) -> Answer {
    let address: Address = p.next("address")?;
    let at = tag(p)?;
    if at.is_pending() {
        return Ok(quantity(chain.pending_nonce(address)));
    }
    Ok(quantity(chain.state_at(at)?.nonce(address)))
}

pub(crate) fn transaction(chain: &Chain, p: &mut Params) -> Answer {
    let hash = p.next("hash")?;
    match chain.transaction(hash) {
        Some((_, mined)) => format::value(&mined.transaction),
        None => format::value(chain.waiting(hash)),
    }
}

pub(crate) fn raw_transaction(chain: &Chain, p: &mut Params) -> Answer {
    let hash = p.next("hash")?;
    let mined = chain.transaction(hash).map(|(_, m)| m.transaction.clone());
    let found = mined.or_else(|| chain.waiting(hash));
    let raw = found.map(|transaction| hex::encode_prefixed(transaction.inner.encoded_2718()));
    Ok(json!(raw))
}

pub(crate) fn transaction_by_number(chain: &Chain, p: &mut Params) -> Answer {
    let tag: BlockNumberOrTag = p.next("block")?;
    transaction_in(chain.block(tag.into()), p)
}

pub(crate) fn transaction_by_block_hash(chain: &Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    transaction_in(chain.block(hash.into()), p)
}

fn transaction_in(block: Option<&MinedBlock>, p: &mut Params) -> Answer {
    let Number(index) = p.next("index")?;
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let found = block.and_then(|block| block.transactions.get(index));
    format::value(found.map(|mined| &mined.transaction))
}

/// Arbitrum has no uncles: none of a block that is there, null for one that is not.
pub(crate) fn uncle_count_by_number(chain: &Chain, p: &mut Params) -> Answer {
    let tag: BlockNumberOrTag = p.next("block")?;
    Ok(json!(chain.block(tag.into()).map(|_| quantity(0))))
}

pub(crate) fn uncle_count_by_hash(chain: &Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    Ok(json!(chain.block(hash.into()).map(|_| quantity(0))))
}

pub(crate) fn access_list(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let at = p.optional("block")?.unwrap_or(BlockId::pending());
    let state: Option<StateOverride> = p.optional("state")?;
    format::value(chain.access_list(&request, at, state)?)
}

pub(crate) fn receipt(chain: &Chain, p: &mut Params) -> Answer {
    let found = chain.transaction(p.next("hash")?);
    found.map_or(Ok(Value::Null), |(block, mined)| {
        format::receipt(block, mined)
    })
}

pub(crate) fn logs(chain: &Chain, p: &mut Params) -> Answer {
    let filter: Filter = p.next("filter")?;
    format::value(chain.logs(&filter)?)
}

pub(crate) fn call(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let at = tag(p)?;
    let state: Option<StateOverride> = p.optional("state")?;
    let block: Option<BlockOverrides> = p.optional("block")?;
    Ok(json!(hex::encode_prefixed(
        chain.call(&request, at, state, block)?
    )))
}

pub(crate) fn estimate_gas(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let at: Option<BlockId> = p.optional("at")?;
    let state: Option<StateOverride> = p.optional("state")?;
    let block: Option<BlockOverrides> = p.optional("block")?;
    Ok(quantity(chain.estimate_gas(&request, at, state, block)?))
}

/// The block a state is asked for; the latest unless named.
pub(crate) fn tag(p: &mut Params) -> Result<BlockId, RpcError> {
    Ok(p.optional("block")?.unwrap_or(BlockId::latest()))
}
