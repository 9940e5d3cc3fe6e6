//! Simulates, sends, and sends again: one account's transactions, one at a time.

use alloy::{
    eips::{eip2718::Encodable2718, BlockId},
    network::{NetworkTransactionBuilder, TransactionBuilder},
    primitives::{address, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol,
};
use anyhow::{Context, Result};
use ballast::{
    client::{Client, Refusal},
    wire::Unanswered,
};
use serde::Serialize;

use crate::{
    bid::Bid,
    book::{Book, Sent},
    calls::Call,
    config::Config,
};

sol! {
    #[allow(missing_docs)]
    interface INodeInterface {
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }
}

/// Where Arbitrum's node answers for itself.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

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
    /// The node did not take it: nothing was sent, and what was sent earlier stays what it is.
    Rejected,
    /// The connection broke while it was sent: it may or may not be there.
    Unanswered,
    /// It was mined and did what it should.
    Mined,
    /// It was mined and reverted.
    Reverted,
    /// Its block was taken back.
    TakenBack,
    /// It was decided anew and sent again at a higher price.
    Replaced,
    /// Another took its place that does nothing, because by now it would not be sent.
    Cancelled,
    /// It was given to the node once more, as it was.
    Repeated,
    /// Its nonce was used, as far as is known by another transaction.
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

    /// Sends `call`, signed and remembered before it leaves.
    ///
    /// # Errors
    /// A chain that does not answer, a book that cannot be written: then nothing is sent.
    pub async fn send(&mut self, kind: &str, call: &Call, bid: Bid) -> Result<Vec<Followed>> {
        let sent = Sent {
            kind: kind.into(),
            nonce: self.nonce().await?,
            hashes: Vec::new(),
            cancels: Vec::new(),
            to: call.to,
            data: call.data.clone(),
            gas: bid.limit,
            max_fee: bid.max_fee,
            tip: bid.tip,
            sent_at: self.now,
            superseded: None,
            mined: None,
        };
        let mut followed = vec![self.give(None, sent, Event::Sent).await?];
        if followed.iter().all(|f| f.event != Event::Rejected) {
            // A chain that mines on receipt has the answer at once.
            let place = self.book.transactions.len() - 1;
            followed.extend(self.look(place).await.unwrap_or_default());
            self.book.save()?;
        }
        Ok(followed)
    }

    /// Sends `call` in the place of the transaction at `place`; where the ceiling forbids to offer more for it, the same
    /// transaction once more.
    ///
    /// # Errors
    /// As [`Executor::send`].
    pub async fn replace(&mut self, place: usize, call: &Call, bid: Bid) -> Result<Followed> {
        let old = self.at(place)?;
        let Some(bid) = bid.over(&old.bid(), &self.config.gas) else {
            return self.repeat(place).await;
        };
        let new = self.over(old, call.clone(), bid);
        self.give(Some(place), new, Event::Replaced).await
    }

    /// Sends nothing in the place of the transaction at `place`, while gas costs `price`.
    ///
    /// What is at the ceiling makes way only where the node has lost it: a node that still has it refuses the same price.
    ///
    /// # Errors
    /// As [`Executor::send`].
    pub async fn cancel(&mut self, place: usize, price: u128) -> Result<Followed> {
        let old = self.at(place)?;
        let bid = Bid::nothing(&self.config.gas, price);
        let (bid, event) = match (bid.over(&old.bid(), &self.config.gas), old.is_cancel()) {
            (None, true) => return self.repeat(place).await,
            (Some(bid), true) => (bid, Event::Replaced),
            (Some(bid), false) => (bid, Event::Cancelled),
            (None, false) => {
                let Bid { max_fee, tip, .. } = old.bid();
                (
                    Bid {
                        max_fee,
                        tip,
                        ..bid
                    },
                    Event::Cancelled,
                )
            }
        };
        let nothing = Call {
            to: self.keeper,
            data: Bytes::new(),
        };
        let new = self.over(old, nothing, bid);
        self.give(Some(place), new, event).await
    }

    /// Gives the transaction at `place` to the node once more, as it was.
    async fn repeat(&mut self, place: usize) -> Result<Followed> {
        let same = Sent {
            sent_at: self.now,
            ..self.at(place)?
        };
        self.give(Some(place), same, Event::Repeated).await
    }

    fn at(&self, place: usize) -> Result<Sent> {
        let sent = self.book.transactions.get(place).cloned();
        sent.context("no such transaction")
    }

    fn over(&self, old: Sent, call: Call, bid: Bid) -> Sent {
        Sent {
            to: call.to,
            data: call.data,
            gas: bid.limit,
            max_fee: bid.max_fee,
            tip: bid.tip,
            sent_at: self.now,
            ..old
        }
    }

    /// Signs `new`, remembers it at `place` or as a new entry, and gives it to the node; forgets it where the node does not
    /// take it.
    async fn give(
        &mut self,
        place: Option<usize>,
        mut new: Sent,
        event: Event,
    ) -> Result<Followed> {
        let (hash, raw) = self.sign(&new).await?;
        if !new.hashes.contains(&hash) {
            new.hashes.push(hash);
            if new.to == self.keeper && new.data.is_empty() {
                new.cancels.push(hash);
            }
        }
        let told = told(&new, event, hash);
        let old = place.and_then(|place| self.book.transactions.get(place).cloned());
        self.book.put(place, new);
        if let Err(error) = self.book.save() {
            self.take_out(place, old);
            return Err(error);
        }
        let event = match self.client.provider.send_raw_transaction(&raw).await {
            Ok(_) => event,
            Err(error) => match error.as_error_resp() {
                Some(payload) if payload.message.contains("already known") => event,
                Some(payload) => {
                    tracing::warn!(kind = told.kind, nonce = told.nonce, reason = %payload.message, "not taken by the node");
                    self.take_out(place, old);
                    Event::Rejected
                }
                None => {
                    tracing::warn!(kind = told.kind, nonce = told.nonce, %error, "no answer while sending");
                    Event::Unanswered
                }
            },
        };
        self.book.save()?;
        Ok(Followed { event, ..told })
    }

    /// What was put last was not taken: what stood at `place` stands there again, and is not late for a while.
    fn take_out(&mut self, place: Option<usize>, old: Option<Sent>) {
        match old {
            None => drop(self.book.transactions.pop()),
            Some(old) => {
                let sent_at = self.now;
                self.book.put(place, Sent { sent_at, ..old });
            }
        }
    }

    async fn sign(&self, sent: &Sent) -> Result<(B256, Vec<u8>)> {
        let request = TransactionRequest::default()
            .with_from(self.keeper)
            .with_to(sent.to)
            .with_input(sent.data.clone())
            .with_nonce(sent.nonce)
            .with_gas_limit(sent.gas)
            .with_max_fee_per_gas(sent.max_fee)
            .with_max_priority_fee_per_gas(sent.tip)
            .with_chain_id(self.client.provider.get_chain_id().await?);
        let signed = request.build(self.client.wallet()).await?;
        Ok((*signed.tx_hash(), signed.encoded_2718()))
    }
}

/// What became of `hash`, one of the hashes of `sent`.
pub(crate) fn told(sent: &Sent, event: Event, hash: B256) -> Followed {
    Followed {
        kind: sent.kind_of(hash).to_owned(),
        nonce: sent.nonce,
        event,
        hash,
        block: None,
        fee: None,
    }
}
