//! A chain as bytes: written here, read into another process.
//!
//! Eight bytes of magic, two of version, 32 of checksum, then JSON under brotli: accounts with code
//! and storage (the records of programs are ArbOS's storage), blocks with transactions and receipts,
//! time and base fee. What only lives in a process is not in it: states of past blocks, snapshots,
//! transactions that wait, and who is impersonated.

use super::block::{MinedBlock, MinedTransaction};
use super::clock::Clock;
use super::ledger::Ledger;
use super::{Chain, Event, Pool, Snapshots};
use crate::exec::{Message, State};
use alloy::consensus::Header;
use alloy::primitives::{keccak256, Address, Bytes, B256, U256};
use alloy::rpc::types::{Transaction, TransactionReceipt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

const MAGIC: [u8; 8] = *b"devnode\0";

/// The version written, and the only one read.
const VERSION: u16 = 2;

const HEADER: usize = MAGIC.len() + 2 + 32;

/// What a dump may unpack to.
const MAX_UNPACKED: u64 = 1 << 30;

/// Why bytes are not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpError {
    /// They do not start as a dump does.
    Foreign,
    /// They are of another version.
    Version {
        /// Version of the dump.
        have: u16,
    },
    /// The checksum is not that of what follows it.
    Damaged,
    /// They unpack to more than is taken.
    TooLarge,
    /// The contents do not fit together.
    Invalid(String),
    /// They are of another chain.
    OtherChain {
        /// Chain id of the dump.
        have: u64,
        /// Chain id here.
        want: u64,
    },
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str(
                "not a dump of this chain's: load what anvil_dumpState or --dump-state of devnode wrote",
            ),
            Self::Version { have } => {
                write!(f, "the dump is of version {have}, only version {VERSION} is read")
            }
            Self::Damaged => f.write_str("the dump is damaged: its checksum does not match"),
            Self::TooLarge => write!(f, "the dump unpacks to more than {MAX_UNPACKED} bytes"),
            Self::Invalid(problem) => write!(f, "the dump is not valid: {problem}"),
            Self::OtherChain { have, want } => {
                write!(f, "the dump is of chain {have}, this is chain {want}; start with --chain-id {have}")
            }
        }
    }
}

impl std::error::Error for DumpError {}

#[derive(Serialize, Deserialize)]
struct Dump {
    chain_id: u64,
    base_fee: u64,
    coinbase: Address,
    clock: Clock,
    accounts: BTreeMap<Address, DumpedAccount>,
    blocks: Vec<DumpedBlock>,
}

#[derive(Serialize, Deserialize)]
struct DumpedAccount {
    balance: U256,
    nonce: u64,
    code: Bytes,
    storage: BTreeMap<U256, U256>,
}

#[derive(Serialize, Deserialize)]
struct DumpedBlock {
    hash: B256,
    l1_number: u64,
    header: Header,
    /// The last is the gas taken for posting it.
    transactions: Vec<(Transaction, TransactionReceipt, u64)>,
}

impl Chain {
    /// The chain as bytes.
    pub fn dump(&self) -> Vec<u8> {
        let accounts = self.state.accounts().map(|(address, account)| {
            let dumped = DumpedAccount {
                balance: account.balance,
                nonce: account.nonce,
                code: account.code.original_bytes(),
                storage: account.storage.iter().map(|(k, v)| (*k, *v)).collect(),
            };
            (*address, dumped)
        });
        let dump = Dump {
            chain_id: self.chain_id(),
            base_fee: self.base_fee,
            coinbase: self.coinbase,
            clock: self.clock.clone(),
            accounts: accounts.collect(),
            blocks: self.ledger.blocks().map(dumped_block).collect(),
        };
        // Maps with keys that are strings in JSON, numbers and bytes: nothing that can fail.
        let json = serde_json::to_vec(&dump).expect("a dump has a form in JSON");
        let mut packed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: 5,
            ..Default::default()
        };
        brotli::BrotliCompress(&mut json.as_slice(), &mut packed, &parameters)
            .expect("writing to memory does not fail");
        let mut bytes = Vec::with_capacity(HEADER + packed.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_be_bytes());
        bytes.extend(keccak256(&packed));
        bytes.extend(packed);
        bytes
    }

    /// Becomes the chain that `bytes` were written from.
    ///
    /// # Errors
    /// [`DumpError`]; nothing has changed then.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        let dump = read(bytes)?;
        if dump.chain_id != self.chain_id() {
            return Err(DumpError::OtherChain {
                have: dump.chain_id,
                want: self.chain_id(),
            });
        }
        let ledger = ledger(dump.blocks)?;

        while let Some(block) = self.ledger.pop_above(0) {
            self.events.push(Event::Removed(block));
        }
        self.ledger = ledger;
        for block in self.ledger.blocks().skip(1) {
            self.events.push(Event::Mined(block.clone()));
        }
        self.state = state(dump.accounts);
        for block in self.ledger.blocks() {
            self.state.note_block_hash(block.number(), block.hash);
        }
        self.clock = dump.clock.driven_as(&self.clock);
        self.base_fee = dump.base_fee;
        self.coinbase = dump.coinbase;
        self.before.clear();
        self.pool = Pool::default();
        self.snapshots = Snapshots::default();
        Ok(())
    }
}

fn dumped_block(block: &std::sync::Arc<MinedBlock>) -> DumpedBlock {
    DumpedBlock {
        hash: block.hash,
        l1_number: block.l1_number,
        header: block.header.clone(),
        transactions: block
            .transactions
            .iter()
            .map(|mined| {
                let (transaction, receipt) = (mined.transaction.clone(), mined.receipt.clone());
                (transaction, receipt, mined.gas_used_for_l1)
            })
            .collect(),
    }
}

fn read(bytes: &[u8]) -> Result<Dump, DumpError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(DumpError::Foreign)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(DumpError::Damaged)?;
    let have = u16::from_be_bytes(*version);
    if have != VERSION {
        return Err(DumpError::Version { have });
    }
    let (checksum, packed) = rest.split_first_chunk::<32>().ok_or(DumpError::Damaged)?;
    if keccak256(packed) != B256::from(*checksum) {
        return Err(DumpError::Damaged);
    }
    let mut json = Vec::new();
    brotli::Decompressor::new(packed, 1 << 16)
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut json)
        .map_err(|problem| DumpError::Invalid(problem.to_string()))?;
    if json.len() as u64 > MAX_UNPACKED {
        return Err(DumpError::TooLarge);
    }
    serde_json::from_slice(&json).map_err(|problem| DumpError::Invalid(problem.to_string()))
}

fn state(accounts: BTreeMap<Address, DumpedAccount>) -> State {
    let mut state = State::bare();
    for (address, account) in accounts {
        state.set_balance(address, account.balance);
        state.set_nonce(address, account.nonce);
        state.set_code(address, account.code);
        for (slot, value) in account.storage {
            state.set_storage(address, slot, value);
        }
    }
    state
}

fn ledger(blocks: Vec<DumpedBlock>) -> Result<Ledger, DumpError> {
    let mut ledger: Option<Ledger> = None;
    for (number, block) in (0..).zip(blocks) {
        let parent = ledger
            .as_ref()
            .map_or(B256::ZERO, |ledger| ledger.latest().hash);
        let header = &block.header;
        let fits = header.number == number
            && header.parent_hash == parent
            && header.hash_slow() == block.hash;
        if !fits {
            return Err(DumpError::Invalid(format!(
                "block {number} does not follow the one before it"
            )));
        }
        let block = MinedBlock {
            hash: block.hash,
            header: block.header,
            l1_number: block.l1_number,
            transactions: block.transactions.into_iter().map(mined).collect(),
        };
        match &mut ledger {
            Some(ledger) => drop(ledger.push(block)),
            None => ledger = Some(Ledger::new(block)),
        }
    }
    ledger.ok_or_else(|| DumpError::Invalid("there are no blocks".into()))
}

fn mined(
    (transaction, receipt, gas_used_for_l1): (Transaction, TransactionReceipt, u64),
) -> MinedTransaction {
    MinedTransaction {
        transaction,
        receipt,
        gas_used_for_l1,
        // The state it was run on is not here, so that it cannot be run again.
        message: Message::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::rpc::types::TransactionRequest;

    fn used() -> Chain {
        let mut chain = Chain::default();
        chain.increase_time(5_000);
        chain.set_base_fee(123_456_789);
        chain.set_coinbase(Address::repeat_byte(8));
        let counter = Address::repeat_byte(7);
        chain
            .state_mut()
            .set_code(counter, Bytes::from_static(&[0x60, 1, 0x5f, 0x55]));
        let request = TransactionRequest::default().to(counter);
        chain.send(request).unwrap();
        chain.increase_time(7);
        chain
    }

    fn contents(chain: &Chain) -> serde_json::Value {
        let accounts: BTreeMap<_, _> = chain
            .state()
            .accounts()
            .map(|(address, account)| {
                let storage: BTreeMap<_, _> = account.storage.iter().collect();
                (
                    *address,
                    format!(
                        "{} {} {} {} {storage:?}",
                        account.balance,
                        account.nonce,
                        account.code_hash,
                        account.code.original_bytes()
                    ),
                )
            })
            .collect();
        let blocks: Vec<_> = chain
            .ledger
            .blocks()
            .map(|b| (b.hash, b.l1_number, b.transactions.len()))
            .collect();
        serde_json::json!([
            accounts,
            blocks,
            chain.base_fee(),
            chain.coinbase(),
            chain.next_timestamp(),
            chain.chain_id()
        ])
    }

    #[test]
    fn a_chain_that_is_loaded_is_the_one_that_was_dumped_and_goes_on_alike() {
        let mut one = used();
        let mut two = Chain::default();
        assert_ne!(contents(&one), contents(&two));
        two.load(&one.dump()).unwrap();
        assert_eq!(contents(&one), contents(&two));
        let (hash, _) = (one.latest().transactions[0].receipt.transaction_hash, ());
        let receipts = [&one, &two].map(|chain| chain.transaction(hash).unwrap().1.receipt.clone());
        assert_eq!(receipts[0], receipts[1]);
        assert_eq!(one.dump(), two.dump());
        for chain in [&mut one, &mut two] {
            let request = TransactionRequest::default().to(Address::repeat_byte(9));
            chain.send(request.value(U256::from(5))).unwrap();
        }
        assert_eq!(contents(&one), contents(&two));
        assert_eq!(one.latest().hash, two.latest().hash);
    }

    #[test]
    fn what_is_foreign_damaged_or_of_another_chain_is_refused_and_changes_nothing() {
        let good = used().dump();
        let mut chain = Chain::default();
        chain.mine();
        let before = contents(&chain);
        let with = |index: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[index] ^= byte;
            bytes
        };
        let cases = [
            (Vec::new(), DumpError::Foreign),
            (b"{\"accounts\":{}}".to_vec(), DumpError::Foreign),
            (with(0, 1), DumpError::Foreign),
            (with(9, 3), DumpError::Version { have: 1 }),
            (with(10, 1), DumpError::Damaged),
            (with(good.len() - 1, 1), DumpError::Damaged),
            (good[..good.len() - 1].to_vec(), DumpError::Damaged),
            (good[..20].to_vec(), DumpError::Damaged),
        ];
        for (bytes, error) in cases {
            assert_eq!(chain.load(&bytes), Err(error));
            assert_eq!(contents(&chain), before);
        }
        let mut other = Chain::new(crate::Config {
            chain_id: 7,
            ..Default::default()
        });
        let (have, want) = (412_346, 7);
        assert_eq!(other.load(&good), Err(DumpError::OtherChain { have, want }));
        assert_eq!(other.latest().number(), 0);
    }

    #[test]
    fn blocks_that_do_not_follow_one_another_are_refused() {
        let mut chain = used();
        chain.mine();
        let mut blocks: Vec<_> = chain.ledger.blocks().map(dumped_block).collect();
        blocks.remove(1);
        let refused = ledger(blocks).unwrap_err();
        assert_eq!(
            refused,
            DumpError::Invalid("block 1 does not follow the one before it".into())
        );
        assert!(ledger(Vec::new()).is_err());
    }
}
