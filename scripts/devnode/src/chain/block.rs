//! Blocks and their transactions, as Nitro's headers have them.

use crate::exec::{Block as Env, Message, Outcome};
use alloy::consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{
    Block, BlockBody, Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom,
    Transaction as _, TxEnvelope, EMPTY_OMMER_ROOT_HASH,
};
use alloy::primitives::{address, logs_bloom, Address, Bytes, Log, B256, B64, U256};
use alloy::rpc::types::{Log as RpcLog, Transaction, TransactionReceipt};

/// The address Arbitrum's sequencer puts in headers.
pub const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

/// Gas limit in Nitro's headers.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;

/// The version of ArbOS that headers name.
pub const ARBOS_VERSION: u64 = 60;

/// A block, and what became of the transactions in it.
#[derive(Clone, Debug)]
pub struct MinedBlock {
    /// Hash of the header.
    pub hash: B256,
    /// Header. Its state root is zero: the state is not merkleised.
    pub header: Header,
    /// Height of the parent chain, which contracts see as `block.number`.
    pub l1_number: u64,
    /// Its transactions, in the order they were run.
    pub transactions: Vec<MinedTransaction>,
}

/// A transaction in its block.
#[derive(Clone, Debug)]
pub struct MinedTransaction {
    /// The transaction with its place.
    pub transaction: Transaction,
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// Gas that was taken for posting it to the parent chain.
    pub gas_used_for_l1: u64,
    /// What was run, so that it can be run again for a trace.
    pub message: Message,
}

/// A transaction that was run and is in no block yet.
pub(crate) struct Executed {
    pub(crate) transaction: Recovered<TxEnvelope>,
    pub(crate) message: Message,
    pub(crate) outcome: Outcome,
}

impl MinedBlock {
    /// The block's height.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Bytes of the block's RLP.
    pub fn size(&self) -> usize {
        let transactions = self.transactions.iter();
        let body = BlockBody {
            transactions: transactions
                .map(|mined| mined.transaction.inner.inner().clone())
                .collect(),
            ommers: Vec::new(),
            withdrawals: None,
        };
        Block::rlp_length_for(&self.header, &body)
    }

    /// Logs of the block.
    pub fn logs(&self) -> impl Iterator<Item = &RpcLog> {
        self.transactions
            .iter()
            .flat_map(|mined| mined.receipt.inner.logs())
    }

    /// The block as execution sees it.
    pub(crate) fn env(&self, chain_id: u64) -> Env {
        Env {
            number: self.l1_number,
            l2_number: self.header.number,
            timestamp: self.header.timestamp,
            basefee: self.header.base_fee_per_gas.unwrap_or_default(),
            gas_limit: self.header.gas_limit,
            coinbase: self.header.beneficiary,
            prevrandao: PREVRANDAO,
            chain_id,
        }
    }

    /// Seals a block around the transactions that were run in it.
    pub(crate) fn seal(parent: B256, env: &Env, executed: Vec<Executed>) -> Self {
        let receipts = consensus_receipts(&executed);
        let transactions: Vec<_> = executed.iter().map(|e| e.transaction.inner()).collect();
        let mut header = header(parent, env);
        header.gas_used = executed.iter().map(|e| e.outcome.gas_used).sum();
        for receipt in &receipts {
            header.logs_bloom |= *receipt.logs_bloom();
        }
        header.transactions_root = calculate_transaction_root(&transactions);
        header.receipts_root = calculate_receipt_root(&receipts);
        let hash = header.hash_slow();

        let mut place = Place {
            hash,
            env,
            transaction: 0,
            log: 0,
        };
        let transactions = executed
            .into_iter()
            .zip(receipts)
            .map(|(executed, receipt)| place.transaction(executed, receipt))
            .collect();
        Self {
            hash,
            header,
            l1_number: env.number,
            transactions,
        }
    }
}

/// What `block.prevrandao` shows on Arbitrum.
pub(crate) const PREVRANDAO: B256 = B256::with_last_byte(1);

fn header(parent: B256, env: &Env) -> Header {
    Header {
        parent_hash: parent,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: env.coinbase,
        state_root: B256::ZERO,
        difficulty: U256::ONE,
        number: env.l2_number,
        gas_limit: env.gas_limit,
        timestamp: env.timestamp,
        // Nitro keeps the root of outgoing messages here; there are none.
        extra_data: Bytes::copy_from_slice(B256::ZERO.as_slice()),
        mix_hash: mix_hash(env.number),
        nonce: B64::ZERO,
        base_fee_per_gas: Some(env.basefee),
        ..Header::default()
    }
}

/// Count of outgoing messages, height of the parent chain, version of ArbOS: eight bytes each.
fn mix_hash(l1_number: u64) -> B256 {
    let mut mix = B256::ZERO;
    mix[8..16].copy_from_slice(&l1_number.to_be_bytes());
    mix[16..24].copy_from_slice(&ARBOS_VERSION.to_be_bytes());
    mix
}

fn consensus_receipts(executed: &[Executed]) -> Vec<ReceiptEnvelope<Log>> {
    let mut cumulative_gas_used = 0;
    executed
        .iter()
        .map(|executed| {
            cumulative_gas_used += executed.outcome.gas_used;
            let receipt = Receipt {
                status: Eip658Value::Eip658(executed.outcome.is_success()),
                cumulative_gas_used,
                logs: executed.outcome.logs.clone(),
            };
            let bloom = logs_bloom(&receipt.logs);
            ReceiptEnvelope::from_typed(
                executed.transaction.tx_type(),
                ReceiptWithBloom::new(receipt, bloom),
            )
        })
        .collect()
}

/// Where in the chain the next transaction and the next log stand.
struct Place<'a> {
    hash: B256,
    env: &'a Env,
    transaction: u64,
    log: u64,
}

impl Place<'_> {
    fn transaction(
        &mut self,
        executed: Executed,
        receipt: ReceiptEnvelope<Log>,
    ) -> MinedTransaction {
        let Executed {
            transaction,
            message,
            outcome,
        } = executed;
        let hash = *transaction.tx_hash();
        let created = transaction.kind().is_create();
        let receipt = TransactionReceipt {
            inner: receipt.map_logs(|inner| self.log(inner, hash)),
            transaction_hash: hash,
            transaction_index: Some(self.transaction),
            block_hash: Some(self.hash),
            block_number: Some(self.env.l2_number),
            gas_used: outcome.gas_used,
            effective_gas_price: message.gas_price,
            blob_gas_used: None,
            blob_gas_price: None,
            from: transaction.signer(),
            to: transaction.to(),
            contract_address: created.then(|| transaction.signer().create(transaction.nonce())),
        };
        let transaction = Transaction {
            inner: transaction,
            block_hash: Some(self.hash),
            block_number: Some(self.env.l2_number),
            transaction_index: Some(self.transaction),
            effective_gas_price: Some(message.gas_price),
            block_timestamp: Some(self.env.timestamp),
        };
        self.transaction += 1;
        MinedTransaction {
            transaction,
            receipt,
            gas_used_for_l1: outcome.gas_used_for_l1,
            message,
        }
    }

    fn log(&mut self, inner: Log, transaction: B256) -> RpcLog {
        let log_index = Some(self.log);
        self.log += 1;
        RpcLog {
            inner,
            block_hash: Some(self.hash),
            block_number: Some(self.env.l2_number),
            block_timestamp: Some(self.env.timestamp),
            transaction_hash: Some(transaction),
            transaction_index: Some(self.transaction),
            log_index,
            removed: false,
        }
    }
}
