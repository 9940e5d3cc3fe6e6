//! Stand-ins for vault, oracle and policy, where a unit test needs one program alone.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{answers::Answers, constants::limit::LIMIT_COUNT};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap, StorageU256, StorageVec},
};

/// A vault of which only the asset list and the holdings matter.
#[storage]
pub struct MockVault {
    listed: StorageMap<Address, StorageBool>,
    tokens: StorageVec<StorageAddress>,
    held: StorageMap<Address, StorageU256>,
    rebalancer: StorageAddress,
    mint_paused_until: StorageU256,
    is_stubborn: StorageBool,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockVault {}

#[public]
impl MockVault {
    /// Lists or delists a token.
    pub fn set_listed(&mut self, token: Address, listed: bool) {
        if listed && !self.listed.get(token) {
            self.tokens.push(token);
        }
        self.listed.setter(token).set(listed);
    }

    /// Sets the recorded holding of a token.
    pub fn set_held(&mut self, token: Address, held: U256) {
        self.held.setter(token).set(held);
    }

    /// Makes it refuse whatever changes its configuration.
    pub fn set_stubborn(&mut self, is_stubborn: bool) {
        self.is_stubborn.set(is_stubborn);
    }

    /// As the vault's, for anybody.
    pub fn set_rebalancer(&mut self, rebalancer: Address) -> Result<(), Vec<u8>> {
        if self.is_stubborn.get() {
            return Err(b"stubborn".to_vec());
        }
        self.rebalancer.set(rebalancer);
        Ok(())
    }

    /// As the vault's.
    pub fn rebalancer(&self) -> Address {
        self.rebalancer.get()
    }

    /// As the vault's, for anybody.
    pub fn pause_mint(&mut self, until: U256) -> Result<(), Vec<u8>> {
        if self.is_stubborn.get() {
            return Err(b"stubborn".to_vec());
        }
        self.mint_paused_until.set(until);
        Ok(())
    }

    /// As the vault's.
    pub fn mint_paused_until(&self) -> U256 {
        self.mint_paused_until.get()
    }

    /// As the vault's.
    pub fn is_constituent(&self, token: Address) -> bool {
        self.listed.get(token)
    }

    /// As the vault's, without its lock.
    pub fn holdings(&self) -> Answers<(Vec<Address>, Vec<U256>)> {
        Answers(
            (0..self.tokens.len())
                .filter_map(|i| self.tokens.get(i))
                .filter(|t| self.listed.get(*t))
                .map(|t| (t, self.held.get(t)))
                .unzip(),
        )
    }

    /// As the vault's, without its lock.
    pub fn get_reserve(&self, token: Address) -> U256 {
        self.held.get(token)
    }
}

/// An oracle that answers the prices it was told; a token without one is not priced.
#[storage]
pub struct MockOracle {
    prices: StorageMap<Address, StorageU256>,
    lags: StorageMap<Address, StorageU256>,
    stress: StorageMap<Address, StorageU256>,
    calm_since: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockOracle {}

#[public]
impl MockOracle {
    /// Sets a price, scaled by 1e36; 0 means that the token is not known.
    pub fn set_price(&mut self, token: Address, price_d36: U256) {
        self.prices.setter(token).set(price_d36);
    }

    /// As the oracle's.
    pub fn is_priced(&self, token: Address) -> bool {
        !self.prices.get(token).is_zero()
    }

    /// Sets lag (bps) and stress (WAD) of a token.
    pub fn set_mood(&mut self, token: Address, lag_bps: U256, stress_wad: U256) {
        self.lags.setter(token).set(lag_bps);
        self.stress.setter(token).set(stress_wad);
    }

    /// Sets since when the market is calm, seconds.
    pub fn set_calm_since(&mut self, calm_since: U256) {
        self.calm_since.set(calm_since);
    }

    /// As the oracle's, but reverts without a reason.
    #[allow(clippy::type_complexity)]
    pub fn market(
        &self,
        tokens: Vec<Address>,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>, Vec<U256>, U256)>, Vec<u8>> {
        let lags = tokens.iter().map(|t| self.lags.get(*t)).collect();
        let stress = tokens.iter().map(|t| self.stress.get(*t)).collect();
        let prices = self.prices(tokens)?;
        Ok(Answers((prices, lags, stress, self.calm_since.get())))
    }

    /// As the oracle's, but reverts without a reason.
    pub fn prices(&self, tokens: Vec<Address>) -> Result<Vec<U256>, Vec<u8>> {
        tokens
            .into_iter()
            .map(|t| match self.prices.get(t) {
                p if p.is_zero() => Err(b"not priced".to_vec()),
                p => Ok(p),
            })
            .collect()
    }
}

/// A policy whose roles, weights and rules can be set at will.
#[storage]
pub struct MockPolicy {
    roles: StorageMap<B256, StorageMap<Address, StorageBool>>,
    weights: StorageMap<Address, StorageU256>,
    targets: StorageMap<Address, StorageU256>,
    bands: StorageMap<Address, StorageU256>,
    modes: StorageMap<Address, StorageU256>,
    floors: StorageMap<Address, StorageU256>,
    limits: StorageMap<U256, StorageU256>,
    nonce: StorageU256,
    paused_until: StorageU256,
    flags: StorageU256,
    settled: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockPolicy {}

#[public]
impl MockPolicy {
    /// Grants or takes a role.
    pub fn set_role(&mut self, role: B256, account: Address, has: bool) {
        self.roles.setter(role).setter(account).set(has);
    }

    /// Sets the effective weight (WAD), which becomes the target too, and the band (bps) of a token.
    pub fn set_weight(&mut self, token: Address, weight_wad: U256, band_bps: U256) {
        self.weights.setter(token).set(weight_wad);
        self.targets.setter(token).set(weight_wad);
        self.bands.setter(token).set(band_bps);
    }

    /// Sets where the weight of a token is going, WAD.
    pub fn set_target(&mut self, token: Address, target_wad: U256) {
        self.targets.setter(token).set(target_wad);
    }

    /// Sets the mode and the floor price of a token.
    pub fn set_rule(&mut self, token: Address, mode: U256, floor_d36: U256) {
        self.modes.setter(token).set(mode);
        self.floors.setter(token).set(floor_d36);
    }

    /// Sets a limit.
    pub fn set_limit(&mut self, id: U256, value: U256) {
        self.limits.setter(id).set(value);
    }

    /// Sets what [`Self::rules`] answers last.
    pub fn set_state(&mut self, nonce: U256, paused_until: U256, flags: U256) {
        self.nonce.set(nonce);
        self.paused_until.set(paused_until);
        self.flags.set(flags);
    }

    /// As the policy's.
    pub fn has_role(&self, role: B256, account: Address) -> bool {
        self.roles.getter(role).get(account)
    }

    /// As the policy's.
    pub fn weight_of(&self, token: Address) -> (U256, U256) {
        (self.weights.get(token), self.targets.get(token))
    }

    /// As the policy's.
    #[allow(clippy::type_complexity)]
    pub fn rules(
        &self,
        tokens: Vec<Address>,
    ) -> Answers<(
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        U256,
        U256,
        U256,
    )> {
        Answers((
            tokens.iter().map(|t| self.weights.get(*t)).collect(),
            tokens.iter().map(|t| self.bands.get(*t)).collect(),
            tokens.iter().map(|t| self.modes.get(*t)).collect(),
            tokens.iter().map(|t| self.floors.get(*t)).collect(),
            (0..LIMIT_COUNT)
                .map(|i| self.limits.get(U256::from(i)))
                .collect(),
            self.nonce.get(),
            self.paused_until.get(),
            self.flags.get(),
        ))
    }

    /// Counts the calls and clears the flags.
    pub fn settle_targets(&mut self) {
        let settled = self.settled.get();
        self.settled.set(settled.wrapping_add(U256::from(1)));
        self.flags.set(U256::ZERO);
    }

    /// How often [`Self::settle_targets`] was called.
    pub fn settled(&self) -> U256 {
        self.settled.get()
    }
}

/// Calls anything with any bytes: for what a program does behind its router, and for how it encodes.
#[storage]
pub struct MockCaller {}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockCaller {}

#[public]
impl MockCaller {
    /// What `to` answers to `data`.
    pub fn forward(
        &mut self,
        to: Address,
        data: stylus_sdk::abi::Bytes,
    ) -> Result<stylus_sdk::abi::Bytes, Vec<u8>> {
        ballast_interfaces::raw::call(to, data.as_ref(), u64::MAX, 65_536).map(Into::into)
    }
}
