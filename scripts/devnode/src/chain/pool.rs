//! Transactions that wait for a block.

use super::error::ChainError;
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::primitives::{Address, B256};
use std::collections::BTreeMap;

/// Transactions that wait at most.
pub const MAX_POOLED: usize = 10_000;

/// How much more a replacement must offer, in percent: go-ethereum's `--txpool.pricebump`.
const PRICE_BUMP: u128 = 10;

/// Transactions by sender and nonce, of which the earliest to arrive go first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    waiting: BTreeMap<Address, BTreeMap<u64, Waiting>>,
    arrivals: u64,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Recovered<TxEnvelope>,
    arrival: u64,
}

impl Pool {
    /// Adds a transaction, in the place of the one with the same nonce if it offers enough more.
    pub(crate) fn add(&mut self, transaction: Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let full = self.iter().count() >= MAX_POOLED;
        let queue = self.waiting.entry(transaction.signer()).or_default();
        match queue.get(&transaction.nonce()) {
            Some(old) if !outbids(&transaction, &old.transaction) => {
                return Err(ChainError::Underpriced {
                    offered: transaction.max_fee_per_gas(),
                    least: bumped(old.transaction.max_fee_per_gas()),
                })
            }
            None if full => return Err(ChainError::PoolFull { most: MAX_POOLED }),
            _ => {}
        }
        let arrival = self.arrivals;
        self.arrivals += 1;
        queue.insert(
            transaction.nonce(),
            Waiting {
                transaction,
                arrival,
            },
        );
        Ok(())
    }

    /// Takes a transaction out.
    pub(crate) fn remove(&mut self, hash: B256) -> Option<Recovered<TxEnvelope>> {
        let found = self.get(hash)?;
        let (sender, nonce) = (found.signer(), found.nonce());
        let queue = self.waiting.get_mut(&sender)?;
        let waiting = queue.remove(&nonce)?;
        if queue.is_empty() {
            self.waiting.remove(&sender);
        }
        Some(waiting.transaction)
    }

    pub(crate) fn get(&self, hash: B256) -> Option<&Recovered<TxEnvelope>> {
        self.iter().find(|waiting| *waiting.tx_hash() == hash)
    }

    /// The transactions by sender, then by nonce.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Recovered<TxEnvelope>> {
        self.waiting
            .values()
            .flat_map(|queue| queue.values().map(|waiting| &waiting.transaction))
    }

    /// The transactions of each sender, by nonce.
    pub(crate) fn senders(
        &self,
    ) -> impl Iterator<Item = (Address, impl Iterator<Item = &Recovered<TxEnvelope>>)> {
        self.waiting
            .iter()
            .map(|(sender, queue)| (*sender, queue.values().map(|waiting| &waiting.transaction)))
    }

    /// The first nonce from `next` on that no transaction of `sender` waits with.
    pub(crate) fn next_nonce(&self, sender: Address, next: u64) -> u64 {
        let queue = self.waiting.get(&sender);
        let taken = queue.map(|queue| queue.range(next..).map(|(nonce, _)| *nonce));
        let run = taken
            .into_iter()
            .flatten()
            .zip(next..)
            .take_while(|(nonce, expected)| nonce == expected);
        next + run.count() as u64
    }

    /// The transaction that is first in time of those whose nonce is not above their sender's next
    /// and that are not of the senders `but`.
    pub(crate) fn first(
        &self,
        next_nonce: impl Fn(Address) -> u64,
        but: &[Address],
    ) -> Option<&Recovered<TxEnvelope>> {
        self.waiting
            .iter()
            .filter(|(sender, _)| !but.contains(sender))
            .filter_map(|(sender, queue)| {
                let (nonce, waiting) = queue.first_key_value()?;
                (*nonce <= next_nonce(*sender)).then_some(waiting)
            })
            .min_by_key(|waiting| waiting.arrival)
            .map(|waiting| &waiting.transaction)
    }
}

fn outbids(new: &TxEnvelope, old: &TxEnvelope) -> bool {
    let tip = |tx: &TxEnvelope| {
        tx.max_priority_fee_per_gas()
            .unwrap_or_else(|| tx.max_fee_per_gas())
    };
    new.max_fee_per_gas() >= bumped(old.max_fee_per_gas()) && tip(new) >= bumped(tip(old))
}

/// The least that takes the place of `price`: greater, and a tenth more, rounded down. So a tip of nothing must become one of
/// a wei, as in go-ethereum's `list.Add`.
fn bumped(price: u128) -> u128 {
    let bump = price.saturating_mul(PRICE_BUMP) / 100;
    price.saturating_add(bump.max(1))
}
