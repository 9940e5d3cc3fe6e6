//! What became of what was sent: mined, taken back, superseded, late.

use alloy::{
    primitives::{B256, U256},
    providers::Provider,
    rpc::types::TransactionReceipt,
};
use anyhow::Result;

use crate::{
    book::Mined,
    execute::{told, Event, Executor, Followed},
};

/// What was seen of everything that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// What became of it.
    pub followed: Vec<Followed>,
    /// Places in the book of what should be mined by now and is not, by nonce.
    pub late: Vec<usize>,
}

impl Executor<'_> {
    /// Looks what became of everything that was sent, at block `height`. Sends nothing.
    ///
    /// # Errors
    /// A chain that does not answer, a book that cannot be written.
    pub async fn follow(&mut self, height: u64) -> Result<Seen> {
        let mut seen = Seen::default();
        if self.book.transactions.is_empty() {
            return Ok(seen);
        }
        let nonce = self.nonce().await?;
        for place in 0..self.book.transactions.len() {
            let followed = self.follow_one(place, nonce, height).await?;
            seen.followed.extend(followed);
        }
        self.book.forget(height, self.config.gas.confirmations);
        self.book.save()?;
        let sent = &self.book.transactions;
        let is_late = |place: &usize| {
            let sent = sent.get(*place);
            sent.is_some_and(|sent| {
                sent.waits() && nonce <= sent.nonce && self.is_late(sent.sent_at)
            })
        };
        seen.late = (0..sent.len()).filter(is_late).collect();
        seen.late
            .sort_by_key(|place| sent.get(*place).map(|sent| sent.nonce));
        Ok(seen)
    }

    fn is_late(&self, sent_at: u64) -> bool {
        self.now.saturating_sub(sent_at) >= self.config.gas.replace_after_s
    }

    async fn follow_one(
        &mut self,
        place: usize,
        nonce: u64,
        height: u64,
    ) -> Result<Option<Followed>> {
        let Some(sent) = self.book.transactions.get(place).cloned() else {
            return Ok(None);
        };
        if let Some(mined) = sent.mined {
            let receipt = self.receipt(mined.hash).await?;
            let is_there = receipt.is_some_and(|r| r.block_number == Some(mined.block));
            // A node that forgot a receipt has not forgotten the nonce.
            if is_there || nonce > sent.nonce {
                return Ok(None);
            }
            self.book.taken_back(place, height);
            return Ok(Some(told(&sent, Event::TakenBack, mined.hash)));
        }
        let found = self.look(place).await?;
        let (is_used, is_late) = (nonce > sent.nonce, self.is_late(sent.sent_at));
        let Some(entry) = self.book.transactions.get_mut(place) else {
            return Ok(found);
        };
        if found.is_some() {
            return Ok(found);
        }
        if !is_used {
            entry.superseded = None;
            return Ok(None);
        }
        if entry.superseded.is_some() || !is_late {
            return Ok(None);
        }
        // Its receipt is asked for as long as a mined one's: the node may only not know it yet.
        entry.superseded = Some(height);
        let hash = sent.hashes.last().copied().unwrap_or_default();
        Ok(Some(told(&sent, Event::Superseded, hash)))
    }

    /// Whether the transaction at `place` was mined, under any of its hashes.
    pub(crate) async fn look(&mut self, place: usize) -> Result<Option<Followed>> {
        let Some(sent) = self.book.transactions.get(place).cloned() else {
            return Ok(None);
        };
        for hash in sent.hashes.iter().rev() {
            let Some(receipt) = self.receipt(*hash).await? else {
                continue;
            };
            let fee = U256::from(receipt.gas_used)
                .saturating_mul(U256::from(receipt.effective_gas_price));
            let mined = Mined {
                hash: *hash,
                block: receipt.block_number.unwrap_or_default(),
                success: receipt.status(),
                fee,
            };
            self.book.mined(place, mined, self.now);
            let event = match mined.success {
                true => Event::Mined,
                false => Event::Reverted,
            };
            return Ok(Some(Followed {
                block: Some(mined.block),
                fee: Some(fee),
                ..told(&sent, event, *hash)
            }));
        }
        Ok(None)
    }

    async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>> {
        Ok(self.client.provider.get_transaction_receipt(hash).await?)
    }
}
