//! The blocks so far, by height, hash and transaction.

use super::block::{MinedBlock, MinedTransaction};
use super::error::ChainError;
use alloy::primitives::B256;
use std::collections::HashMap;
use std::sync::Arc;

/// The blocks of a chain; there is always a first one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    blocks: Vec<Arc<MinedBlock>>,
    by_hash: HashMap<B256, u64>,
    by_transaction: HashMap<B256, u64>,
}

impl Ledger {
    pub(crate) fn new(genesis: MinedBlock) -> Self {
        let mut ledger = Self::default();
        ledger.push(genesis);
        ledger
    }

    pub(crate) fn push(&mut self, block: MinedBlock) {
        self.by_hash.insert(block.hash, block.number());
        if let Some(mined) = &block.transaction {
            self.by_transaction
                .insert(mined.receipt.transaction_hash, block.number());
        }
        self.blocks.push(Arc::new(block));
    }

    /// Forgets every block above `height`.
    pub(crate) fn truncate(&mut self, height: u64) {
        while self.latest().number() > height {
            let Some(block) = self.blocks.pop() else {
                return;
            };
            self.by_hash.remove(&block.hash);
            if let Some(mined) = &block.transaction {
                self.by_transaction.remove(&mined.receipt.transaction_hash);
            }
        }
    }

    pub(crate) fn latest(&self) -> &MinedBlock {
        self.blocks
            .last()
            .expect("a ledger starts with its genesis block")
    }

    pub(crate) fn number(&self, number: u64) -> Option<&MinedBlock> {
        self.blocks
            .get(usize::try_from(number).ok()?)
            .map(AsRef::as_ref)
    }

    pub(crate) fn hash(&self, hash: B256) -> Option<&MinedBlock> {
        self.number(*self.by_hash.get(&hash)?)
    }

    pub(crate) fn transaction(&self, hash: B256) -> Option<(&MinedBlock, &MinedTransaction)> {
        let block = self.number(*self.by_transaction.get(&hash)?)?;
        Some((block, block.transaction.as_ref()?))
    }

    pub(crate) fn range(&self, from: u64, to: u64) -> Result<&[Arc<MinedBlock>], ChainError> {
        let last = self.latest().number();
        if from > to {
            return Err(ChainError::Invalid("invalid block range params".into()));
        }
        let clamp = |height: u64| usize::try_from(height.min(last + 1)).unwrap_or(usize::MAX);
        Ok(&self.blocks[clamp(from)..clamp(to.saturating_add(1))])
    }
}
