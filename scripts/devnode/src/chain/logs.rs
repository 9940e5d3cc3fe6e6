//! Finding events.

use super::error::ChainError;
use super::{Chain, MinedBlock};
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::{Filter, FilterBlockOption, Log};

impl Chain {
    /// The logs that `filter` asks for, in the order they were emitted.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] for a block hash that is not of this chain; a range upside down.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        let mut found = Vec::new();
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.ledger.hash(hash).ok_or(ChainError::UnknownBlock)?;
                collect(filter, block, &mut found);
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => {
                let (from, to) = (self.height(from_block), self.height(to_block));
                for block in self.ledger.range(from, to)? {
                    collect(filter, block, &mut found);
                }
            }
        }
        Ok(found)
    }

    fn height(&self, tag: Option<BlockNumberOrTag>) -> u64 {
        match tag {
            Some(BlockNumberOrTag::Number(number)) => number,
            Some(BlockNumberOrTag::Earliest) => 0,
            _ => self.latest().number(),
        }
    }
}

/// The logs of a block that a filter asks for, wherever it looks for them.
pub(crate) fn matching<'a>(
    filter: &'a Filter,
    block: &'a MinedBlock,
) -> impl Iterator<Item = &'a Log> {
    block.logs().filter(|log| filter.matches(&log.inner))
}

fn collect(filter: &Filter, block: &MinedBlock, found: &mut Vec<Log>) {
    if !filter.matches_bloom(block.header.logs_bloom) {
        return;
    }
    found.extend(matching(filter, block).cloned());
}
