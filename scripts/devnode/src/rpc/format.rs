//! Blocks, transactions and receipts as Nitro writes them.

use super::error::RpcError;
use crate::chain::{ChainError, MinedBlock, MinedTransaction};
use alloy::primitives::{B256, U256, U64};
use alloy::rpc::types::{Block, BlockTransactions, Header, Transaction};
use serde::Serialize;
use serde_json::{json, Value};

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        match &error {
            ChainError::Reverted { data, .. } => Self::reverted(&error, data),
            _ => Self::refused(error),
        }
    }
}

/// A quantity: hex without leading zeros.
pub(crate) fn quantity(number: u64) -> Value {
    json!(U64::from(number))
}

/// The header of a block.
pub(crate) fn header(block: &MinedBlock) -> Result<Value, RpcError> {
    value(Header {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: None,
        size: None,
    })
}

/// A block, with whole transactions or their hashes, and Nitro's own fields.
pub(crate) fn block(block: &MinedBlock, full: bool) -> Result<Value, RpcError> {
    let mined = block.transactions.iter();
    let transactions: BlockTransactions<Transaction> = if full {
        BlockTransactions::Full(mined.map(|m| m.transaction.clone()).collect())
    } else {
        BlockTransactions::Hashes(mined.map(|m| m.receipt.transaction_hash).collect())
    };
    let header = Header {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: Some(U256::from(block.number() + 1)),
        size: Some(U256::from(block.size())),
    };
    let rpc = Block {
        header,
        uncles: Vec::new(),
        transactions,
        withdrawals: None,
    };
    with_fields(
        &rpc,
        [
            ("l1BlockNumber", quantity(block.l1_number)),
            ("sendCount", quantity(0)),
            ("sendRoot", json!(B256::ZERO)),
        ],
    )
}

/// A receipt with Nitro's own fields.
pub(crate) fn receipt(block: &MinedBlock, mined: &MinedTransaction) -> Result<Value, RpcError> {
    with_fields(
        &mined.receipt,
        [
            ("gasUsedForL1", quantity(mined.gas_used_for_l1)),
            ("l1BlockNumber", quantity(block.l1_number)),
            ("timeboosted", json!(false)),
        ],
    )
}

/// Any value as JSON.
pub(crate) fn value<T: Serialize>(value: T) -> Result<Value, RpcError> {
    serde_json::to_value(value).map_err(RpcError::internal)
}

fn with_fields<T: Serialize, const N: usize>(
    object: &T,
    fields: [(&str, Value); N],
) -> Result<Value, RpcError> {
    let mut object = value(object)?;
    if let Some(map) = object.as_object_mut() {
        map.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(object)
}
