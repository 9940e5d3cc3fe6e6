//! What a fresh chain looks like: ArbOS, the CREATE2 factory and funded accounts.

use super::accounts::{dev_accounts, DevAccount, MNEMONIC_ACCOUNTS};
use super::block::{MinedBlock, BLOCK_GAS_LIMIT, PREVRANDAO, SEQUENCER};
use crate::exec::{arbos::Field, Block as Env, State, DEFAULT_CHAIN_ID};
use alloy::primitives::{address, bytes, Address, Bytes, B256, U256};

/// What a fresh chain starts from.
#[derive(Clone, Debug)]
pub struct Config {
    /// Chain id.
    pub chain_id: u64,
    /// Timestamp of the first block, seconds since 1970.
    pub genesis_timestamp: u64,
    /// Height of the parent chain at the first block.
    pub genesis_l1_number: u64,
    /// Base fee in wei per gas.
    pub base_fee: u64,
    /// How many accounts of the mnemonic are funded, at most [`MNEMONIC_ACCOUNTS`]; Nitro's own is too.
    pub dev_accounts: usize,
    /// What the parent chain charges for data, in wei per gas of its own; none by default, so that
    /// gas figures are those of execution alone.
    pub l1_base_fee: u64,
    /// Wei that each development account starts with.
    pub dev_balance: U256,
    /// Whether blocks are stamped by the wall clock instead of one second after one another.
    pub follow_wall_clock: bool,
    /// How many past blocks can still be asked about their state.
    pub history: usize,
}

/// So many ether in wei.
pub fn ether(ether: u64) -> U256 {
    U256::from(ether) * U256::from(1_000_000_000_000_000_000_u64)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            chain_id: DEFAULT_CHAIN_ID,
            genesis_timestamp: 1_735_689_600,
            genesis_l1_number: 21_525_000,
            base_fee: 100_000_000,
            dev_accounts: MNEMONIC_ACCOUNTS,
            dev_balance: ether(10_000),
            l1_base_fee: 0,
            follow_wall_clock: false,
            history: 256,
        }
    }
}

impl Config {
    /// The funded accounts: those of the mnemonic, then Nitro's own.
    pub fn accounts(&self) -> Vec<DevAccount> {
        let mut accounts = dev_accounts();
        accounts.drain(self.dev_accounts.min(MNEMONIC_ACCOUNTS)..MNEMONIC_ACCOUNTS);
        accounts
    }
}

/// The factory that deterministic deployments go through.
const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// The state before the first block.
pub(crate) fn state(config: &Config) -> State {
    let mut state = State::new();
    for (field, value) in [
        (Field::CHAIN_ID, config.chain_id),
        (Field::BASE_FEE, config.base_fee),
        (Field::MIN_BASE_FEE, config.base_fee),
        (Field::L1_PRICE, config.l1_base_fee),
    ] {
        state.set_arbos(field, U256::from(value));
    }
    state.set_code(CREATE2_FACTORY, CREATE2_FACTORY_CODE);
    state.set_nonce(CREATE2_FACTORY, 1);
    for account in config.accounts() {
        state.set_balance(account.address, config.dev_balance);
    }
    state.note_block_hash(0, block(config).hash);
    state
}

/// The first block.
pub(crate) fn block(config: &Config) -> MinedBlock {
    let env = Env {
        number: config.genesis_l1_number,
        l2_number: 0,
        timestamp: config.genesis_timestamp,
        basefee: config.base_fee,
        gas_limit: BLOCK_GAS_LIMIT,
        coinbase: SEQUENCER,
        prevrandao: PREVRANDAO,
        chain_id: config.chain_id,
    };
    MinedBlock::seal(B256::ZERO, &env, Vec::new())
}
