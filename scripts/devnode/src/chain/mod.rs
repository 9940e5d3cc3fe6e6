//! The chain: blocks of transactions on top of the executor's state.
//!
//! [`Chain::send_raw`] or [`Chain::send`] → checks → executor → a sealed block with its receipt, at once
//! or when [`Chain::mine`] takes what waits. [`Chain::call`], [`Chain::estimate_gas`] and the traces run messages and
//! keep nothing. Whatever answers JSON-RPC is on top of this and knows no more than its public face.

mod access_list;
mod accounts;
mod block;
mod cheats;
mod clock;
mod dump;
mod error;
mod estimate;
mod events;
mod genesis;
mod host_trace;
mod ledger;
mod logs;
mod mining;
mod node_interface;
mod overrides;
mod pool;
mod prepared;
mod prestate;
mod simulate;
mod snapshot;
mod submit;
mod trace;
mod typed;

pub use accounts::{dev_accounts, DevAccount, MNEMONIC, MNEMONIC_ACCOUNTS};
pub use block::{MinedBlock, MinedTransaction, ARBOS_VERSION, BLOCK_GAS_LIMIT, SEQUENCER};
pub use dump::DumpError;
pub use error::ChainError;
pub use events::{Event, MAX_EVENTS};
pub use genesis::{ether, Config};
pub use host_trace::{host_steps, HostStep};
pub(crate) use logs::matching;
pub use mining::Mining;
pub use pool::MAX_POOLED;
pub use prepared::Prepared;
pub use prestate::{AccountState, Accounts, Prestate, PrestateConfig};
pub use trace::{CallFrame, CallLog};
pub use typed::{Act, Done};

use crate::exec::{Block as Env, State};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use clock::Clock;
use events::Events;
use ledger::Ledger;
use pool::Pool;
use snapshot::Snapshots;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A chain in this process. A copy is another chain from here on, at the price of one pointer an account.
#[derive(Clone, Debug)]
pub struct Chain {
    config: Config,
    clock: Clock,
    base_fee: u64,
    coinbase: Address,
    state: State,
    ledger: Ledger,
    /// The state each recent block was run on, by the block's height.
    before: BTreeMap<u64, State>,
    snapshots: Snapshots,
    events: Events,
    pool: Pool,
    mining: Mining,
    impersonated: HashSet<Address>,
    impersonate_all: bool,
    keys: HashMap<Address, PrivateKeySigner>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Chain {
    /// A fresh chain.
    pub fn new(config: Config) -> Self {
        let clock = Clock::new(
            config.genesis_timestamp,
            config.genesis_l1_number,
            config.follow_wall_clock,
        );
        let keys = config
            .accounts()
            .iter()
            .map(|a| (a.address, a.signer()))
            .collect();
        Self {
            clock,
            base_fee: config.base_fee,
            coinbase: SEQUENCER,
            state: genesis::state(&config),
            ledger: Ledger::new(genesis::block(&config)),
            before: BTreeMap::new(),
            snapshots: Snapshots::default(),
            events: Events::default(),
            pool: Pool::default(),
            mining: Mining::default(),
            impersonated: HashSet::new(),
            impersonate_all: false,
            keys,
            config,
        }
    }

    /// Chain id.
    pub fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    /// Base fee of the next block, in wei per gas.
    pub fn base_fee(&self) -> u64 {
        self.base_fee
    }

    /// Who is paid the fees of the next block.
    pub fn coinbase(&self) -> Address {
        self.coinbase
    }

    /// The latest block.
    pub fn latest(&self) -> &MinedBlock {
        self.ledger.latest()
    }

    /// The block that `id` names, if there is one; nothing is ever pending, so `pending` is the latest.
    pub fn block(&self, id: BlockId) -> Option<&MinedBlock> {
        match id {
            BlockId::Hash(hash) => self.ledger.hash(hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(number)) => self.ledger.number(number),
            BlockId::Number(BlockNumberOrTag::Earliest) => self.ledger.number(0),
            BlockId::Number(_) => Some(self.ledger.latest()),
        }
    }

    /// A transaction and the block it is in.
    pub fn transaction(&self, hash: B256) -> Option<(&MinedBlock, &MinedTransaction)> {
        self.ledger.transaction(hash)
    }

    /// The latest state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The latest state, for tests that set up what no transaction could.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The state after the block that `id` names.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`]; [`ChainError::StateNotKept`] for a block too far back.
    pub fn state_at(&self, id: BlockId) -> Result<&State, ChainError> {
        let block = self.block(id).ok_or(ChainError::UnknownBlock)?.number();
        if block == self.latest().number() {
            return Ok(&self.state);
        }
        let oldest = || {
            self.before
                .keys()
                .next()
                .map_or(0, |first| first.saturating_sub(1))
        };
        self.before
            .get(&(block + 1))
            .ok_or_else(|| ChainError::StateNotKept {
                block,
                oldest: oldest(),
            })
    }

    /// Accounts this chain can sign for.
    pub fn accounts(&self) -> Vec<Address> {
        self.config
            .accounts()
            .iter()
            .map(|account| account.address)
            .collect()
    }

    /// The block that a transaction sent now would be in.
    pub(crate) fn next_env(&self) -> Env {
        let parent = self.latest();
        let timestamp = self.clock.peek(parent.header.timestamp);
        Env {
            number: self.clock.l1_number(timestamp),
            l2_number: parent.number() + 1,
            timestamp,
            basefee: self.base_fee,
            gas_limit: BLOCK_GAS_LIMIT,
            coinbase: self.coinbase,
            prevrandao: block::PREVRANDAO,
            chain_id: self.config.chain_id,
        }
    }
}
