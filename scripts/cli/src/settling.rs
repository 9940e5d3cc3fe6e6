//! What runs that were cut off had sent: found out before anything is sent, and forgotten once it is told.

use alloy::{
    consensus::Transaction, primitives::Address, providers::Provider,
    rpc::types::TransactionReceipt,
};

use crate::{
    failure::{Failure, Kind, OfKind, Outcome},
    journal::Entry,
    sending::{Mined, Sent},
    session::Session,
};

/// What a run that was cut off sent, and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Earlier {
    entry: Entry,
    receipt: TransactionReceipt,
}

impl Session {
    /// What a run of the same command that was cut off has sent for this.
    pub(crate) async fn earlier(&self, what: &str, to: Address) -> Outcome<Option<Sent>> {
        let command = &self.globals.trace.command;
        let of = |earlier: &&Earlier| {
            let Entry {
                command: typed,
                what: words,
                to: whom,
                ..
            } = &earlier.entry;
            earlier.receipt.status() && typed == command && words == what && *whom == to
        };
        let found = self.settled().await?.iter().find(of).cloned();
        let Some(Earlier { receipt, .. }) = found else {
            return Ok(None);
        };
        let hash = receipt.transaction_hash;
        let asked = self.client.provider.get_transaction_by_hash(hash).await;
        let given = asked.kind(Kind::Chain)?;
        let mined = Mined::from(&receipt);
        Ok(Some(Sent {
            what: what.into(),
            from: self.actor.address,
            to,
            value: given
                .as_ref()
                .map(|given| given.value())
                .unwrap_or_default(),
            data: given.map(|given| given.input().clone()).unwrap_or_default(),
            gas: mined.gas,
            fee: mined.fee,
            mined: Some(mined),
            earlier: true,
            receipt: Some(receipt),
        }))
    }

    /// What runs that were cut off had sent and was mined. Asked once, before anything is sent.
    pub(crate) async fn settled(&self) -> Outcome<&[Earlier]> {
        let settled = self.earlier.get_or_try_init(|| self.settle()).await?;
        Ok(settled)
    }

    async fn settle(&self) -> Outcome<Vec<Earlier>> {
        let (mut mined, mut kept) = (Vec::new(), Vec::new());
        if !self.globals.send {
            return Ok(mined);
        }
        let (from, provider) = (self.actor.address, &self.client.provider);
        let entries = self.journal().read()?;
        if entries.is_empty() {
            return Ok(mined);
        }
        let next = provider
            .get_transaction_count(from)
            .await
            .kind(Kind::Chain)?;
        for entry in entries {
            let hash = entry.transaction;
            if entry.from != from {
                kept.push(entry);
                continue;
            }
            let mut receipt = provider
                .get_transaction_receipt(hash)
                .await
                .kind(Kind::Chain)?;
            if receipt.is_none() {
                let waits = provider.get_transaction_by_hash(hash).await;
                if waits.kind(Kind::Chain)?.is_some() {
                    receipt = Some(self.must_be_mined(&entry.what, hash).await?);
                }
            }
            match receipt {
                Some(receipt) => {
                    self.terminal.note(format!(
                        "A run that was cut off sent {hash} ({}), which was mined in block {}{}.",
                        entry.what,
                        receipt.block_number.unwrap_or_default(),
                        if receipt.status() {
                            ""
                        } else {
                            " and reverted"
                        }
                    ));
                    kept.push(entry.clone());
                    mined.push(Earlier { entry, receipt });
                }
                // Another took its place.
                None if next > entry.nonce => {}
                // It never arrived. The next of this account takes its number, so that one of the two is mined at most.
                None => {
                    self.terminal.note(format!(
                        "A run that was cut off signed {hash} ({}), which the chain does not know: what is sent next takes its nonce, so that one of the two is mined at most.",
                        entry.what
                    ));
                    kept.push(entry);
                }
            }
        }
        self.journal().write(kept)?;
        Ok(mined)
    }

    /// Everything that this account sent and that was mined is told.
    pub(crate) fn forget(&self) -> Outcome {
        if !self.globals.send {
            return Ok(());
        }
        let from = self.actor.address;
        let given = self.globals.trace.given();
        let earlier = self.earlier.get().into_iter().flatten();
        let settled: Vec<_> = earlier.map(|earlier| earlier.entry.transaction).collect();
        let mut entries = self.journal().read()?;
        let is_told = |entry: &Entry| {
            let hash = entry.transaction;
            entry.from == from && (given.contains(&hash) || settled.contains(&hash))
        };
        // One that never arrived has lost its number to one that did.
        let last = entries.iter().filter(|entry| is_told(entry));
        let last = last.map(|entry| entry.nonce).max();
        entries.retain(|entry| entry.from != from || last.is_none_or(|last| entry.nonce > last));
        self.journal().write(entries)
    }

    /// Refuses to sign with a number behind one whose transaction is not found: it arrived since it was looked for, or
    /// another took its place, and until that is known both could be mined.
    pub(crate) fn must_take_its_place(&self, nonce: u64) -> Outcome {
        let from = self.actor.address;
        let given = self.globals.trace.given();
        let earlier = self.earlier.get().into_iter().flatten();
        let mined: Vec<_> = earlier.map(|earlier| earlier.entry.transaction).collect();
        let open = |entry: &Entry| {
            let hash = entry.transaction;
            let is_known = given.contains(&hash) || mined.contains(&hash);
            entry.from == from && entry.nonce < nonce && !is_known
        };
        let Some(entry) = self.journal().read()?.into_iter().find(open) else {
            return Ok(());
        };
        let Entry {
            transaction, what, ..
        } = entry;
        let message = format!(
            "{transaction} ({what}) of a run before was not known, and its nonce is used now"
        );
        Err(Failure::new(Kind::Chain, message)
            .next("run the same command again: it finds out what became of it"))
    }
}
