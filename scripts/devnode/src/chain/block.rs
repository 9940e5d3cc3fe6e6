//! Blocks, with one transaction or none, as Nitro's headers have them.

use crate::exec::{Block as Env, Message, Outcome};
use alloy::consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, Transaction as _, TxEnvelope,
    EMPTY_OMMER_ROOT_HASH,
};
use alloy::primitives::{address, logs_bloom, Address, Bytes, Log, B256, B64, U256};
use alloy::rpc::types::{Log as RpcLog, Transaction, TransactionReceipt};

/// The address Arbitrum's sequencer puts in headers.
pub const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

/// Gas limit in Nitro's headers.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;

/// The version of ArbOS that headers name.
pub const ARBOS_VERSION: u64 = 60;

/// A block, and what became of the transaction in it.
#[derive(Clone, Debug)]
pub struct MinedBlock {
    /// Hash of the header.
    pub hash: B256,
    /// Header. Its state root is zero: the state is not merkleised.
    pub header: Header,
    /// Height of the parent chain, which contracts see as `block.number`.
    pub l1_number: u64,
    /// The transaction, unless the block was mined empty.
    pub transaction: Option<MinedTransaction>,
}

/// A transaction in its block.
#[derive(Clone, Debug)]
pub struct MinedTransaction {
    /// The transaction with its place.
    pub transaction: Transaction,
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// What was run, so that it can be run again for a trace.
    pub message: Message,
}

impl MinedBlock {
    /// The block's height.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Logs of the block.
    pub fn logs(&self) -> &[RpcLog] {
        self.transaction
            .as_ref()
            .map_or(&[], |mined| mined.receipt.inner.logs())
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

    /// Seals an empty block.
    pub(crate) fn empty(parent: B256, env: &Env) -> Self {
        let header = header(parent, env);
        Self {
            hash: header.hash_slow(),
            header,
            l1_number: env.number,
            transaction: None,
        }
    }

    /// Seals a block around one transaction that was run.
    pub(crate) fn with_transaction(
        parent: B256,
        env: &Env,
        transaction: Recovered<TxEnvelope>,
        message: Message,
        outcome: Outcome,
    ) -> Self {
        let success = outcome.is_success();
        let receipt = consensus_receipt(&transaction, outcome.gas_used, success, outcome.logs);
        let mut header = header(parent, env);
        header.gas_used = outcome.gas_used;
        header.logs_bloom = *receipt.logs_bloom();
        header.transactions_root = calculate_transaction_root(&[transaction.inner()]);
        header.receipts_root = calculate_receipt_root(std::slice::from_ref(&receipt));
        let hash = header.hash_slow();

        let place = Place {
            hash,
            env,
            transaction: *transaction.tx_hash(),
        };
        let created = transaction.kind().is_create();
        let receipt = TransactionReceipt {
            inner: place.logs(receipt),
            transaction_hash: place.transaction,
            transaction_index: Some(0),
            block_hash: Some(hash),
            block_number: Some(env.l2_number),
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
            block_hash: Some(hash),
            block_number: Some(env.l2_number),
            transaction_index: Some(0),
            effective_gas_price: Some(message.gas_price),
            block_timestamp: Some(env.timestamp),
        };
        let mined = MinedTransaction {
            transaction,
            receipt,
            message,
        };
        Self {
            hash,
            header,
            l1_number: env.number,
            transaction: Some(mined),
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

fn consensus_receipt(
    transaction: &TxEnvelope,
    gas_used: u64,
    success: bool,
    logs: Vec<Log>,
) -> ReceiptEnvelope<Log> {
    let receipt = Receipt {
        status: Eip658Value::Eip658(success),
        cumulative_gas_used: gas_used,
        logs,
    };
    let bloom = logs_bloom(&receipt.logs);
    ReceiptEnvelope::from_typed(transaction.tx_type(), ReceiptWithBloom::new(receipt, bloom))
}

/// Where a log stands.
struct Place<'a> {
    hash: B256,
    env: &'a Env,
    transaction: B256,
}

impl Place<'_> {
    fn logs(&self, receipt: ReceiptEnvelope<Log>) -> ReceiptEnvelope<RpcLog> {
        let mut index = 0;
        receipt.map_logs(|inner| {
            let log_index = Some(index);
            index += 1;
            RpcLog {
                inner,
                block_hash: Some(self.hash),
                block_number: Some(self.env.l2_number),
                block_timestamp: Some(self.env.timestamp),
                transaction_hash: Some(self.transaction),
                transaction_index: Some(0),
                log_index,
                removed: false,
            }
        })
    }
}
