//! ArbOS's own state: a contract without code whose storage holds what is not any program's.
//!
//! # Source
//! The layout is Nitro's (v3.10.0, `arbos/storage/storage.go` and `arbos/arbosState/arbosstate.go`),
//! so that a slot read here is where it would be there.

pub(crate) mod members;
pub(crate) mod outbox;
mod params;
pub(crate) mod posting;
mod space;

use super::{handler::Context, pricing::Params, State, DEFAULT_CHAIN_ID};
use alloy::primitives::{address, Address, B256, U256};
use members::Members;
use revm::{
    context_interface::{ContextTr, JournalTr},
    state::AccountInfo,
};
use space::SPACES;
use std::convert::Infallible;

pub(crate) use space::{Field, Space};

/// Where ArbOS keeps its state.
pub const ARBOS: Address = address!("A4B05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");
/// The first chain owner, and collector of fees until there is another: the account that a local
/// Nitro node funds. Its key is the last of [`crate::dev_accounts`].
pub const CHAIN_OWNER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// The account that holds what transactions pay for being posted to the parent chain.
pub const L1_POOL: Address = address!("A4B00000000000000000000000000000000000F6");
/// The account that posts batches to the parent chain.
pub const BATCH_POSTER: Address = address!("A4B000000000000000000073657175656e636572");

/// Storage that an operation on ArbOS's state goes through: with gas for a precompile, without for
/// the chain itself.
pub(crate) trait Store {
    type Error;

    fn get(&mut self, slot: U256) -> Result<U256, Self::Error>;
    fn set(&mut self, slot: U256, value: U256) -> Result<(), Self::Error>;
}

impl Store for State {
    type Error = Infallible;

    fn get(&mut self, slot: U256) -> Result<U256, Infallible> {
        Ok(self.storage(ARBOS, slot))
    }

    fn set(&mut self, slot: U256, value: U256) -> Result<(), Infallible> {
        self.set_storage(ARBOS, slot, value);
        Ok(())
    }
}

/// One kind of record that is kept for the executor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record {
    Program,
    Module,
    DataDemand,
    DataTime,
    Params,
}

/// The slot of a record.
pub(crate) fn slot(record: Record, key: B256) -> U256 {
    match record {
        Record::Program => SPACES.program_data.slot(key),
        Record::Module => SPACES.modules.slot(key),
        Record::DataDemand => SPACES.data_pricer.at(0),
        Record::DataTime => SPACES.data_pricer.at(2),
        Record::Params => SPACES.params.at(0),
    }
}

/// Reads a record; free of gas.
pub(crate) fn read(ctx: &mut Context, record: Record, key: B256) -> Result<U256, Infallible> {
    Ok(peek(ctx, slot(record, key)))
}

/// Writes a record; free of gas.
pub(crate) fn write(
    ctx: &mut Context,
    record: Record,
    key: B256,
    value: U256,
) -> Result<(), Infallible> {
    poke(ctx, slot(record, key), value)
}

/// Reads a slot of ArbOS's, without making anything warm.
pub(crate) fn peek(ctx: &Context, slot: U256) -> U256 {
    let journal = &ctx.journaled_state;
    let known = journal.state.get(&ARBOS);
    match known.and_then(|account| account.storage.get(&slot)) {
        Some(slot) => slot.present_value,
        None => journal.database.storage(ARBOS, slot),
    }
}

/// Writes a slot of ArbOS's.
pub(crate) fn poke(ctx: &mut Context, slot: U256, value: U256) -> Result<(), Infallible> {
    let journal = ctx.journal_mut();
    journal.load_account(ARBOS)?;
    journal.touch_account(ARBOS);
    journal.sstore(ARBOS, slot, value)?;
    Ok(())
}

/// An account as it is now, without making it warm: what ArbOS looks at costs the EVM nothing less.
pub(crate) fn account(ctx: &Context, address: Address) -> AccountInfo {
    let journal = &ctx.journaled_state;
    if let Some(known) = journal.state.get(&address) {
        return known.info.clone();
    }
    journal
        .database
        .account(address)
        .map_or_else(AccountInfo::default, |account| {
            AccountInfo::default()
                .with_balance(account.balance)
                .with_nonce(account.nonce)
                .with_code_and_hash(account.code.clone(), account.code_hash)
        })
}

/// The Stylus parameters now.
pub(crate) fn params(ctx: &Context) -> Params {
    Params::unpack(peek(ctx, slot(Record::Params, B256::ZERO)))
}

impl State {
    /// A field of ArbOS's state.
    pub(crate) fn arbos(&self, field: Field) -> U256 {
        self.storage(ARBOS, field.slot())
    }

    /// Sets a field of ArbOS's state.
    pub(crate) fn set_arbos(&mut self, field: Field, value: U256) {
        self.set_storage(ARBOS, field.slot(), value);
    }

    /// Makes an account a chain owner, who may call `ArbOwner` and manage the cache.
    pub fn add_chain_owner(&mut self, owner: Address) {
        let Ok(()) = Members::chain_owners().add(self, owner);
    }

    /// What ArbOS holds when a development chain starts.
    pub(crate) fn install_arbos(&mut self) {
        // An account with nothing but storage would count as empty.
        self.set_nonce(ARBOS, 1);
        let owner: U256 = CHAIN_OWNER.into_word().into();
        for (field, value) in [
            (Field::VERSION, super::pricing::ARBOS_VERSION),
            (Field::CHAIN_ID, DEFAULT_CHAIN_ID),
            (Field::BROTLI_LEVEL, 1),
            (Field::EQUILIBRATION_UNITS, 160_000_000),
            (Field::L1_INERTIA, 10),
            (Field::REWARD_RATE, 10),
            (Field::PER_BATCH_GAS, 210_000),
            (Field::SPEED_LIMIT, 7_000_000),
            (Field::BLOCK_GAS_LIMIT, 32_000_000),
            (Field::TX_GAS_LIMIT, 32_000_000),
            (Field::BASE_FEE, 100_000_000),
            (Field::MIN_BASE_FEE, 100_000_000),
            (Field::L2_INERTIA, 102),
            (Field::BACKLOG_TOLERANCE, 10),
        ] {
            self.set_arbos(field, U256::from(value));
        }
        self.set_arbos(Field::NETWORK_FEE_ACCOUNT, owner);
        self.set_arbos(Field::REWARDS_TO, owner);
        let params = slot(Record::Params, B256::ZERO);
        self.set_storage(ARBOS, params, super::pricing::PARAMS.pack());
        self.add_chain_owner(CHAIN_OWNER);
        let Ok(()) = Members::batch_posters().add(self, BATCH_POSTER);
    }
}
