//! Accounts, code and storage. Programs' activation records are kept in ArbOS's own storage, as in
//! Nitro, so that they roll back with everything else.

use super::{
    activation::Program,
    arbos::{self, Record},
    params::ParamsError,
    precompiles,
    pricing::{Params, PARAMS},
};
use alloy::primitives::{keccak256, Address, Bytes, B256, U256};
use revm::{
    bytecode::Bytecode,
    database_interface::Database,
    primitives::KECCAK_EMPTY,
    state::{AccountInfo, EvmState},
    DatabaseCommit,
};
use std::{collections::HashMap, convert::Infallible, sync::Arc};

/// One account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Wei.
    pub balance: U256,
    /// Next nonce.
    pub nonce: u64,
    /// Keccak of the code.
    pub code_hash: B256,
    /// Code, if any.
    pub code: Bytecode,
    /// Non-zero storage slots.
    pub storage: HashMap<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK_EMPTY,
            code: Bytecode::default(),
            storage: HashMap::new(),
        }
    }
}

/// Everything a message can change. Cloning copies one pointer an account; an account is copied
/// when it is next written.
#[derive(Debug, Clone)]
pub struct State {
    accounts: HashMap<Address, Arc<Account>>,
    /// Programs entered lately, and the block they were entered in.
    recent: (u64, Vec<B256>),
    /// Number and hash of the chain's latest blocks, each where its number's remainder says.
    hashes: Arc<Vec<(u64, B256)>>,
}

/// How many block hashes are kept.
const HASHES_KEPT: u64 = 256;

/// The hash of a block that only a number is known of: fixed, distinct, never zero.
fn imagined_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// A state with nothing but ArbOS and its precompiles.
    pub fn new() -> Self {
        let mut state = Self::bare();
        for (address, _) in precompiles::ADDRESSES {
            state.set_code(address, Bytes::from_static(&[0xfe]));
        }
        state.install_arbos();
        state
    }

    /// A state with nothing at all.
    pub(crate) fn bare() -> Self {
        Self {
            accounts: HashMap::new(),
            recent: (0, Vec::new()),
            hashes: Arc::default(),
        }
    }

    /// What a program's activation left behind, by the hash of its code.
    pub fn program(&self, code_hash: B256) -> Option<Program> {
        let word = self.storage(arbos::ARBOS, arbos::slot(Record::Program, code_hash));
        (!word.is_zero()).then(|| Program::unpack(word))
    }

    /// The parameters of Stylus.
    pub fn params(&self) -> Params {
        match self.storage(arbos::ARBOS, arbos::slot(Record::Params, B256::ZERO)) {
            U256::ZERO => PARAMS,
            word => Params::unpack(word),
        }
    }

    /// Sets the parameters of Stylus, as an upgrade of ArbOS or the chain's owner would.
    ///
    /// # Errors
    /// [`ParamsError`] if no chain can run by them.
    pub fn set_params(&mut self, params: Params) -> Result<(), ParamsError> {
        params.check()?;
        let slot = arbos::slot(Record::Params, B256::ZERO);
        self.set_storage(arbos::ARBOS, slot, params.pack());
        Ok(())
    }

    pub(crate) fn recent(&self, block: u64) -> Vec<B256> {
        if self.recent.0 == block {
            self.recent.1.clone()
        } else {
            Vec::new()
        }
    }

    pub(crate) fn set_recent(&mut self, block: u64, programs: Vec<B256>) {
        self.recent = (block, programs);
    }

    /// Notes the hash of one of the chain's own blocks, for `ArbSys.arbBlockHash`.
    pub(crate) fn note_block_hash(&mut self, number: u64, hash: B256) {
        let hashes = Arc::make_mut(&mut self.hashes);
        hashes.resize(HASHES_KEPT as usize, (0, B256::ZERO));
        hashes[(number % HASHES_KEPT) as usize] = (number, hash);
    }

    /// The hash of one of the chain's own blocks; imagined where nobody noted it.
    pub(crate) fn l2_block_hash(&self, number: u64) -> B256 {
        match self.hashes.get((number % HASHES_KEPT) as usize) {
            Some((known, hash)) if *known == number && !hash.is_zero() => *hash,
            _ => imagined_hash(number),
        }
    }

    /// The account, if anything was ever put there.
    pub fn account(&self, address: Address) -> Option<&Account> {
        self.accounts.get(&address).map(AsRef::as_ref)
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.accounts
            .iter()
            .map(|(address, account)| (address, account.as_ref()))
    }

    /// Balance in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address)
            .map_or(U256::ZERO, |account| account.balance)
    }

    /// Next nonce.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// Code, empty if there is none.
    pub fn code(&self, address: Address) -> Bytes {
        self.account(address)
            .map_or_else(Bytes::new, |account| account.code.original_bytes())
    }

    /// One storage slot.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.account(address)
            .and_then(|account| account.storage.get(&slot).copied())
            .unwrap_or_default()
    }

    /// Sets a balance in wei.
    pub fn set_balance(&mut self, address: Address, wei: U256) {
        self.account_mut(address).balance = wei;
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.account_mut(address).nonce = nonce;
    }

    /// Sets code, of either kind. A Stylus program set so must still be activated.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = if code.is_empty() {
            KECCAK_EMPTY
        } else {
            keccak256(&code)
        };
        let account = self.account_mut(address);
        account.code_hash = hash;
        account.code = Bytecode::new_legacy(code);
    }

    /// Sets one storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let storage = &mut self.account_mut(address).storage;
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
    }

    fn account_mut(&mut self, address: Address) -> &mut Account {
        Arc::make_mut(self.accounts.entry(address).or_default())
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.account(address).map(|account| {
            AccountInfo::default()
                .with_balance(account.balance)
                .with_nonce(account.nonce)
                .with_code_and_hash(account.code.clone(), account.code_hash)
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        // Accounts are always handed out together with their code.
        Ok(self
            .accounts
            .values()
            .find(|account| account.code_hash == hash)
            .map_or_else(Bytecode::default, |account| account.code.clone()))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        Ok(State::storage(self, address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        // The L1 chain is imagined.
        Ok(imagined_hash(number))
    }
}

impl DatabaseCommit for State {
    fn commit(&mut self, changes: EvmState) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() {
                self.accounts.remove(&address);
                continue;
            }
            if change.info.is_empty() && change.storage.values().all(|slot| !slot.is_changed()) {
                // EIP-161: an account that was touched and is empty goes.
                self.accounts.remove(&address);
                continue;
            }
            let account = self.account_mut(address);
            if change.is_created() {
                account.storage.clear();
            }
            account.balance = change.info.balance;
            account.nonce = change.info.nonce;
            if account.code_hash != change.info.code_hash {
                account.code_hash = change.info.code_hash;
                account.code = change.info.code.unwrap_or_default();
            }
            for (slot, value) in change.storage {
                if !value.is_changed() {
                    continue;
                }
                if value.present_value.is_zero() {
                    account.storage.remove(&slot);
                } else {
                    account.storage.insert(slot, value.present_value);
                }
            }
        }
    }
}
