//! What filters and subscriptions have in common: what a client wants to be told.

use super::error::RpcError;
use super::format;
use crate::chain::{matching, Event, MinedBlock};
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::{Filter, FilterBlockOption, Log};
use serde_json::{json, Value};

/// What a client wants to be told.
#[derive(Clone, Debug)]
pub(crate) enum Topic {
    /// Blocks that are added.
    Heads,
    /// Logs in blocks that are added or, with `removed` set, taken back.
    Logs(Box<Filter>),
    /// Transactions that are accepted: their hashes, or in full.
    Pending { full: bool },
}

impl Topic {
    /// Logs that match `filter` from now on.
    ///
    /// # Errors
    /// When `filter` names one block by its hash: nothing new can be in it.
    pub(crate) fn logs(filter: Filter) -> Result<Self, RpcError> {
        if matches!(filter.block_option, FilterBlockOption::AtBlockHash(_)) {
            return Err(RpcError::invalid_params(
                "invalid argument 0 (filter): a block hash names a block whose logs do not change; ask eth_getLogs",
            ));
        }
        Ok(Self::Logs(Box::new(filter)))
    }

    /// What an event means to who watches this topic; a block is shown by `block`.
    pub(crate) fn notices(
        &self,
        event: &Event,
        block: fn(&MinedBlock) -> Result<Value, RpcError>,
    ) -> Result<Vec<Value>, RpcError> {
        match (self, event) {
            (Self::Heads, Event::Mined(mined)) => Ok(vec![block(mined)?]),
            (Self::Pending { full: true }, Event::Pending(transaction)) => {
                Ok(vec![format::value(transaction.as_ref())?])
            }
            (Self::Pending { full: false }, Event::Pending(transaction)) => {
                Ok(vec![json!(transaction.inner.tx_hash())])
            }
            (Self::Logs(filter), Event::Mined(mined)) => logs(filter, mined, false),
            (Self::Logs(filter), Event::Removed(mined)) => logs(filter, mined, true),
            _ => Ok(Vec::new()),
        }
    }
}

fn logs(filter: &Filter, block: &MinedBlock, removed: bool) -> Result<Vec<Value>, RpcError> {
    if !covers(filter, block.number()) {
        return Ok(Vec::new());
    }
    matching(filter, block)
        .map(|log| {
            format::value(Log {
                removed,
                ..log.clone()
            })
        })
        .collect()
}

/// Whether the heights that a filter names, if any, include `number`.
fn covers(filter: &Filter, number: u64) -> bool {
    let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    else {
        return false;
    };
    let named = |tag| match tag {
        Some(BlockNumberOrTag::Number(height)) => Some(height),
        _ => None,
    };
    named(from_block).is_none_or(|from| from <= number)
        && named(to_block).is_none_or(|to| number <= to)
}
