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
    /// Height and place in the block.
    by_transaction: HashMap<B256, (u64, usize)>,
}

impl Ledger {
    pub(crate) fn new(genesis: MinedBlock) -> Self {
        let mut ledger = Self::default();
        ledger.push(genesis);
        ledger
    }

    pub(crate) fn push(&mut self, block: MinedBlock) -> Arc<MinedBlock> {
        self.by_hash.insert(block.hash, block.number());
        for (index, mined) in block.transactions.iter().enumerate() {
            self.by_transaction
                .insert(mined.receipt.transaction_hash, (block.number(), index));
        }
        let block = Arc::new(block);
        self.blocks.push(Arc::clone(&block));
        block
    }

    /// Forgets the latest block if it is above `height`, and returns it.
    pub(crate) fn pop_above(&mut self, height: u64) -> Option<Arc<MinedBlock>> {
        let block = self.blocks.pop_if(|block| block.number() > height)?;
        self.by_hash.remove(&block.hash);
        for mined in &block.transactions {
            self.by_transaction.remove(&mined.receipt.transaction_hash);
        }
        Some(block)
    }

    /// Every block, from the first on.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Arc<MinedBlock>> {
        self.blocks.iter()
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
        let (number, index) = *self.by_transaction.get(&hash)?;
        let block = self.number(number)?;
        Some((block, block.transactions.get(index)?))
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
