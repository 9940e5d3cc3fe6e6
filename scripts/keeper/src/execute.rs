//! Sends, follows, and sends again: one account's transactions, one at a time.

use alloy::{
    eips::{eip2718::Encodable2718, BlockId},
    network::{NetworkTransactionBuilder, TransactionBuilder},
    primitives::{address, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol,
};
use anyhow::{Context, Result};
use ballast::{
    client::{Client, Refusal},
    wire::Unanswered,
};
use serde::Serialize;

use crate::{
    book::{Book, Mined, Sent},
    calls::Call,
    config::{gwei, Config},
};

sol! {
    #[allow(missing_docs)]
    interface INodeInterface {
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }
}

/// Where Arbitrum's node answers for itself.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");
/// Gas of a transfer of nothing, with room for what it pays for L1 data.
const CANCEL_GAS: u64 = 200_000;

/// What a call would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gas {
    /// In all.
    pub all: u64,
    /// Of that, for L1 data.
    pub l1: u64,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Followed {
    /// The action, by its name.
    pub kind: String,
    /// Its nonce.
    pub nonce: u64,
    /// What happened.
    pub event: Event,
    /// The hash.
    pub hash: B256,
    /// The block, where it was mined.
    pub block: Option<u64>,
    /// Wei paid, where it was mined.
    pub fee: Option<U256>,
}

/// What may become of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The node took it.
    Sent,
    /// The node did not take it: nothing was sent.
    Rejected,
    /// The connection broke while it was sent: it may or may not be there.
    Unanswered,
    /// It was mined and did what it should.
    Mined,
    /// It was mined and reverted.
    Reverted,
    /// Its block was taken back.
    TakenBack,
    /// It was sent again at a higher price.
    Replaced,
    /// Another took its place that does nothing, because it would revert now.
    Cancelled,
    /// It was given to the node once more, as it was.
    Repeated,
    /// Its nonce was used by another transaction.
    Superseded,
}

impl Event {
    /// Its name, for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Rejected => "rejected",
            Self::Unanswered => "unanswered",
            Self::Mined => "mined",
            Self::Reverted => "reverted",
            Self::TakenBack => "taken_back",
            Self::Replaced => "replaced",
            Self::Cancelled => "cancelled",
            Self::Repeated => "repeated",
            Self::Superseded => "superseded",
        }
    }
}

/// An account's transactions.
#[derive(Debug)]
pub struct Executor<'a> {
    /// The connection, which signs for the account.
    pub client: &'a Client,
    /// The account.
    pub keeper: Address,
    /// Ceilings and patience.
    pub config: &'a Config,
    /// What was sent.
    pub book: &'a mut Book,
    /// Seconds since 1970.
    pub now: u64,
}

impl Executor<'_> {
    /// Simulates `call`; what a contract refuses costs nothing.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn simulate(&self, call: &Call) -> Result<Result<Gas, Refusal>> {
        let data = call.data.to_vec();
        let asked = self
            .client
            .try_raw(self.keeper, call.to, U256::ZERO, data)
            .await?;
        if let Err(refusal) = asked {
            return Ok(Err(refusal));
        }
        let request = TransactionRequest::default()
            .from(self.keeper)
            .to(call.to)
            .input(call.data.clone().into());
        let all = match self.client.provider.estimate_gas(request).await {
            Ok(gas) => gas,
            // The state moved in between, or the account cannot pay.
            Err(error) => match error.as_error_resp() {
                Some(payload) => {
                    let data = payload.as_revert_data().unwrap_or_default();
                    let words = match data.is_empty() {
                        true => payload.message.to_string(),
                        false => self.client.decode(&data),
                    };
                    return Ok(Err(Refusal { data, words }));
                }
                None => return Err(error).context("the chain did not answer"),
            },
        };
        let component = INodeInterface::gasEstimateL1ComponentCall {
            to: call.to,
            contractCreation: false,
            data: call.data.clone(),
        };
        let l1 = self
            .client
            .try_call(self.keeper, NODE_INTERFACE, component)
            .await;
        // Elsewhere than on Arbitrum nobody answers, and nothing is paid.
        let l1 = match l1 {
            Ok(Ok(answer)) => answer.gasEstimateForL1,
            Err(error) if Unanswered::among(&error).is_some() => return Err(error),
            _ => 0,
        };
        Ok(Ok(Gas { all, l1 }))
    }

    /// The account's next nonce.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn nonce(&self) -> Result<u64> {
        let asked = self.client.provider.get_transaction_count(self.keeper);
        Ok(asked.block_id(BlockId::latest()).await?)
    }

    /// Sends `call`, remembered before it leaves.
    ///
    /// # Errors
    /// A book that cannot be written: then nothing is sent.
    pub async fn send(&mut self, kind: &str, call: &Call, gas: u64) -> Result<Vec<Followed>> {
        let price = self.client.provider.get_gas_price().await?;
        let nonce = self.nonce().await?;
        let sent = Sent {
            kind: kind.into(),
            nonce,
            hashes: Vec::new(),
            to: call.to,
            data: call.data.clone(),
            gas: gas.saturating_add(gas / 4),
            max_fee: price.saturating_mul(2).min(self.ceiling()),
            sent_at: self.now,
            mined: None,
        };
        self.book.transactions.push(sent);
        let place = self.book.transactions.len() - 1;
        let mut followed = vec![self.dispatch(place, Event::Sent).await?];
        if followed.iter().all(|f| f.event != Event::Rejected) {
            // A chain that mines on receipt has the answer at once.
            followed.extend(self.look(place).await.unwrap_or_default());
            self.book.save()?;
        }
        Ok(followed)
    }

    /// Looks what became of everything that was sent; sends again what is stuck.
    ///
    /// # Errors
    /// A chain that does not answer, a book that cannot be written.
    pub async fn follow(&mut self, height: u64) -> Result<Vec<Followed>> {
        let mut followed = Vec::new();
        if self.book.transactions.is_empty() {
            return Ok(followed);
        }
        let nonce = self.nonce().await?;
        for place in 0..self.book.transactions.len() {
            followed.extend(self.follow_one(place, nonce, height).await?);
        }
        let confirmations = self.config.gas.confirmations;
        let lost = |sent: &Sent| {
            let gone = |f: &Followed| {
                f.nonce == sent.nonce && matches!(f.event, Event::Superseded | Event::Rejected)
            };
            followed.iter().any(gone)
        };
        self.book.transactions.retain(|sent| match sent.mined {
            Some(mined) => mined.block.saturating_add(confirmations) > height,
            None => !lost(sent),
        });
        self.book.save()?;
        Ok(followed)
    }

    async fn follow_one(&mut self, place: usize, nonce: u64, height: u64) -> Result<Vec<Followed>> {
        let Some(sent) = self.book.transactions.get(place).cloned() else {
            return Ok(Vec::new());
        };
        if let Some(mined) = sent.mined {
            let receipt = self.receipt(mined.hash).await?;
            let is_there = receipt.is_some_and(|r| r.block_number == Some(mined.block));
            // A node that forgot a receipt has not forgotten the nonce.
            if is_there || nonce > sent.nonce {
                return Ok(Vec::new());
            }
            self.book.taken_back(place, height);
            let mut followed = vec![told(&sent, Event::TakenBack, mined.hash)];
            followed.extend(self.again(place).await?);
            return Ok(followed);
        }
        let followed = self.look(place).await?;
        if !followed.is_empty() {
            return Ok(followed);
        }
        let is_late = self.now.saturating_sub(sent.sent_at) >= self.config.gas.replace_after_s;
        match (is_late, nonce > sent.nonce) {
            (false, _) => Ok(Vec::new()),
            (true, true) => {
                let hash = sent.hashes.last().copied().unwrap_or_default();
                Ok(vec![told(&sent, Event::Superseded, hash)])
            }
            (true, false) => self.again(place).await,
        }
    }

    /// Whether the transaction at `place` was mined, under any of its hashes.
    async fn look(&mut self, place: usize) -> Result<Vec<Followed>> {
        let Some(sent) = self.book.transactions.get(place).cloned() else {
            return Ok(Vec::new());
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
            return Ok(vec![Followed {
                block: Some(mined.block),
                fee: Some(fee),
                ..told(&sent, event, *hash)
            }]);
        }
        Ok(Vec::new())
    }

    async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>> {
        Ok(self.client.provider.get_transaction_receipt(hash).await?)
    }

    /// The transaction at `place` once more: an eighth dearer while the ceiling allows, and as one that does nothing where
    /// it would revert by now.
    async fn again(&mut self, place: usize) -> Result<Vec<Followed>> {
        let Some(sent) = self.book.transactions.get(place).cloned() else {
            return Ok(Vec::new());
        };
        let call = Call {
            to: sent.to,
            data: sent.data.clone(),
        };
        let is_cancel = sent.to == self.keeper;
        let is_good = is_cancel || self.simulate(&call).await?.is_ok();
        // {wei} = ⌈{wei} · 9 / 8⌉
        let dearer = sent.max_fee.saturating_mul(9).div_ceil(8);
        let is_dearer = dearer <= self.ceiling();
        let event = match (is_good, is_dearer) {
            (true, true) => Event::Replaced,
            (true, false) => Event::Repeated,
            (false, true) => Event::Cancelled,
            // Nothing dearer may be sent: it stays what it is, and the treasury's bounds refuse it at worst.
            (false, false) => Event::Repeated,
        };
        if let Some(sent) = self.book.transactions.get_mut(place) {
            sent.sent_at = self.now;
            if is_dearer {
                sent.max_fee = dearer;
            }
            if event == Event::Cancelled {
                sent.kind = "cancel".into();
                (sent.to, sent.data, sent.gas) = (self.keeper, Bytes::new(), CANCEL_GAS);
            }
        }
        Ok(vec![self.dispatch(place, event).await?])
    }

    /// Signs the transaction at `place`, remembers its hash, and gives it to the node.
    async fn dispatch(&mut self, place: usize, event: Event) -> Result<Followed> {
        let sent = self.book.transactions.get(place).context("no such entry")?;
        let request = TransactionRequest::default()
            .with_from(self.keeper)
            .with_to(sent.to)
            .with_input(sent.data.clone())
            .with_nonce(sent.nonce)
            .with_gas_limit(sent.gas)
            .with_max_fee_per_gas(sent.max_fee)
            .with_max_priority_fee_per_gas(0)
            .with_chain_id(self.client.provider.get_chain_id().await?);
        let signed = request.build(self.client.wallet()).await?;
        let hash = *signed.tx_hash();
        let sent = self
            .book
            .transactions
            .get_mut(place)
            .context("no such entry")?;
        if !sent.hashes.contains(&hash) {
            sent.hashes.push(hash);
        }
        let sent = sent.clone();
        self.book.save()?;
        let raw = signed.encoded_2718();
        let event = match self.client.provider.send_raw_transaction(&raw).await {
            Ok(_) => event,
            Err(error) => match error.as_error_resp() {
                Some(payload) if payload.message.contains("already known") => event,
                Some(payload) => {
                    tracing::warn!(kind = sent.kind, nonce = sent.nonce, reason = %payload.message, "not taken by the node");
                    self.reject(place, hash);
                    Event::Rejected
                }
                None => {
                    tracing::warn!(kind = sent.kind, nonce = sent.nonce, %error, "no answer while sending");
                    Event::Unanswered
                }
            },
        };
        self.book.save()?;
        Ok(told(&sent, event, hash))
    }

    /// Forgets a hash that the node did not take, and the transaction if there is no other.
    fn reject(&mut self, place: usize, hash: B256) {
        let Some(sent) = self.book.transactions.get_mut(place) else {
            return;
        };
        sent.hashes.retain(|known| *known != hash);
        if sent.hashes.is_empty() && place + 1 == self.book.transactions.len() {
            self.book.transactions.pop();
        }
    }

    /// {wei}: most that a unit of gas may cost.
    fn ceiling(&self) -> u128 {
        gwei(self.config.gas.max_price_gwei).saturating_to()
    }
}

fn told(sent: &Sent, event: Event, hash: B256) -> Followed {
    Followed {
        kind: sent.kind.clone(),
        nonce: sent.nonce,
        event,
        hash,
        block: None,
        fee: None,
    }
}
