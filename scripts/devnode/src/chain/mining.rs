//! When blocks are made, and of what.

use super::block::{Executed, MinedBlock};
use super::error::ChainError;
use super::{Chain, Event};
use crate::exec::{self, Block as Env, Mode, Outcome, State};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::primitives::{Address, B256};
use alloy::rpc::types::Transaction;
use std::sync::Arc;
use std::time::Duration;

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mining {
    /// For every transaction, at once.
    #[default]
    Auto,
    /// When asked for.
    Manual,
    /// In intervals, which whoever serves the chain keeps.
    Interval(Duration),
}

impl Chain {
    /// When blocks are made.
    pub fn mining(&self) -> Mining {
        self.mining
    }

    /// Decides when blocks are made. What waits is mined when that shall be at once; an interval is
    /// also the time between the blocks' timestamps.
    pub fn set_mining(&mut self, mining: Mining) {
        self.mining = mining;
        match mining {
            Mining::Auto => self.mine_waiting(),
            Mining::Manual => {}
            Mining::Interval(every) => self.clock.set_interval(every.as_secs()),
        }
    }

    /// Makes a block of everything that waits and can be run, in the order it came; an empty one if
    /// there is nothing. What can never be run is dropped.
    pub fn mine(&mut self) {
        let (env, before) = (self.next_env(), self.state.clone());
        let executed = self.execute_waiting(&env);
        self.seal(&env, before, executed);
    }

    /// Makes a block of what waits if any of it can be run.
    fn mine_waiting(&mut self) {
        if self.mining != Mining::Auto || self.first_waiting(&[]).is_none() {
            return;
        }
        let (env, before) = (self.next_env(), self.state.clone());
        let executed = self.execute_waiting(&env);
        if !executed.is_empty() {
            self.seal(&env, before, executed);
        }
    }

    fn execute_waiting(&mut self, env: &Env) -> Vec<Executed> {
        let mut executed = Vec::new();
        let mut later: Vec<Address> = Vec::new();
        while let Some(transaction) = self.first_waiting(&later) {
            if let Err(ChainError::FeeCapTooLow { address, .. }) = self.admit(&transaction) {
                later.push(address);
                continue;
            }
            self.pool.remove(*transaction.tx_hash());
            executed.extend(self.execute(env, transaction).ok());
        }
        executed
    }

    fn first_waiting(&self, but: &[Address]) -> Option<Recovered<TxEnvelope>> {
        self.pool
            .first(|sender| self.state.nonce(sender), but)
            .cloned()
    }

    /// Takes a transaction: into a block of its own, or into the pool if blocks are not made at once.
    pub(crate) fn submit(
        &mut self,
        transaction: Recovered<TxEnvelope>,
    ) -> Result<B256, ChainError> {
        let hash = *transaction.tx_hash();
        if self.ledger.transaction(hash).is_some() || self.pool.get(hash).is_some() {
            return Err(ChainError::AlreadyKnown);
        }
        if self.mining == Mining::Auto {
            return self.mine_now(transaction).map(|_| hash);
        }
        self.admit(&transaction)?;
        let announced = pending(transaction.clone());
        self.pool.add(transaction)?;
        self.events.push(Event::Pending(Arc::new(announced)));
        Ok(hash)
    }

    /// Mines a transaction in a block of its own, then what it was that others waited for, and tells
    /// what it did.
    pub(crate) fn mine_now(
        &mut self,
        transaction: Recovered<TxEnvelope>,
    ) -> Result<Outcome, ChainError> {
        self.admit(&transaction)?;
        let announced = pending(transaction.clone());
        let (env, before) = (self.next_env(), self.state.clone());
        let executed = self.execute(&env, transaction)?;
        let outcome = executed.outcome.clone();
        self.events.push(Event::Pending(Arc::new(announced)));
        self.seal(&env, before, vec![executed]);
        self.mine_waiting();
        Ok(outcome)
    }

    fn execute(
        &mut self,
        env: &Env,
        transaction: Recovered<TxEnvelope>,
    ) -> Result<Executed, ChainError> {
        let message = self.message(&transaction);
        let outcome = exec::transact(&mut self.state, env, &message, Mode::Commit)
            .map_err(|error| ChainError::from_executor(transaction.signer(), error))?;
        Ok(Executed {
            transaction,
            message,
            outcome,
        })
    }

    /// Appends a block that was run on `before` and moves the clock on.
    fn seal(&mut self, env: &Env, before: State, executed: Vec<Executed>) {
        let parent = self.latest();
        let block = MinedBlock::seal(parent.hash, env, executed);
        self.clock.tick(self.latest().header.timestamp);
        self.before.insert(block.number(), before);
        while self.before.len() > self.config.history {
            self.before.pop_first();
        }
        self.state.note_block_hash(block.number(), block.hash);
        let block = self.ledger.push(block);
        self.events.push(Event::Mined(block));
    }

    /// A transaction that waits for a block.
    pub fn waiting(&self, hash: B256) -> Option<Transaction> {
        self.pool.get(hash).cloned().map(pending)
    }

    /// The transactions that wait, by sender and nonce, and whether they could be run now.
    pub fn all_waiting(&self) -> Vec<(Transaction, bool)> {
        self.pool
            .senders()
            .flat_map(|(sender, queue)| {
                let next = self.pending_nonce(sender);
                queue.map(move |transaction| {
                    let ready = transaction.nonce() < next;
                    (pending(transaction.clone()), ready)
                })
            })
            .collect()
    }

    /// Forgets a transaction that waits; false if there is none such.
    pub fn drop_waiting(&mut self, hash: B256) -> bool {
        self.pool.remove(hash).is_some()
    }

    /// The nonce that the next transaction of `address` must have, after those that wait.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        self.pool.next_nonce(address, self.state.nonce(address))
    }
}

/// A transaction that is in no block.
fn pending(transaction: Recovered<TxEnvelope>) -> Transaction {
    Transaction {
        effective_gas_price: Some(transaction.max_fee_per_gas()),
        inner: transaction,
        block_hash: None,
        block_number: None,
        transaction_index: None,
        block_timestamp: None,
    }
}
