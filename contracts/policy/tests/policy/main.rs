//! The policy by itself, its modules stood in for: one file for each entry point, reverts first.
// A test that goes wrong may panic, and its sums are small.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::result_large_err,
    clippy::unwrap_used,
    missing_docs
)]

mod constructor;
mod errors;
mod grants;
mod hold_targets;
mod hostile;
mod ownership;
mod pause_rebalance;
mod properties;
mod queue_modules;
mod roles;
mod rules;
mod set_asset_bounds;
mod set_limit;
mod set_mode;
mod set_modules;
mod set_targets;
mod settle_targets;
mod storage_layout;
mod wind_down;

use ballast_interfaces::clock;
use ballast_mocks::{
    feeds::MockAnswer,
    modules::{MockOracle, MockVault},
};
use ballast_policy::{types::Error, Policy};
use motsu::prelude::*;
use stylus_sdk::alloy_primitives::{Address, U256};

/// When every test begins, seconds.
const T0: u64 = 1_800_000_000;
const DAY: u64 = 86_400;
const WAD: u64 = 1_000_000_000_000_000_000;
const BPS_IN_WAD: u64 = WAD / 10_000;

/// A policy with its modules, three listed and priced tokens, and everybody who may call it.
struct World {
    policy: Contract<Policy>,
    vault: Contract<MockVault>,
    oracle: Contract<MockOracle>,
    rebalancer: Contract<MockAnswer>,
    owner: Address,
    guardian: Address,
    setup: Address,
    stranger: Address,
}

impl World {
    /// Constructed at [`T0`], modules not yet set.
    fn bare() -> Self {
        clock::set(T0);
        let world = Self {
            policy: Contract::from_tag("policy"),
            vault: Contract::from_tag("vault"),
            oracle: Contract::from_tag("oracle"),
            rebalancer: Contract::from_tag("rebalancer"),
            owner: Address::from_tag("owner"),
            guardian: Address::from_tag("guardian"),
            setup: Address::from_tag("setup"),
            stranger: Address::from_tag("stranger"),
        };
        world
            .policy
            .sender(world.stranger)
            .constructor(world.owner, world.guardian, world.setup)
            .motsu_unwrap();
        world
    }

    /// With modules and the tokens 0 to 2.
    fn new() -> Self {
        let world = Self::bare();
        world.set_modules();
        for i in 0..3 {
            world.list(token(i));
        }
        world
    }

    fn set_modules(&self) {
        self.policy
            .sender(self.owner)
            .set_modules(
                self.vault.address(),
                self.oracle.address(),
                self.rebalancer.address(),
            )
            .motsu_unwrap();
    }

    /// Makes `rebalancer` name this vault, this policy and `oracle`, as `queueModules` wants it.
    fn made_for(&self, rebalancer: &Contract<MockAnswer>, oracle: Address) {
        let named = [self.vault.address(), self.policy.address(), oracle];
        let answer = named.map(|module| module.into_word()).concat();
        rebalancer.sender(self.owner).set_answer(answer.into());
    }

    /// Makes a token one that may have weight.
    fn list(&self, token: Address) {
        self.vault.sender(self.owner).set_listed(token, true);
        self.oracle.sender(self.owner).set_price(token, u(1));
    }

    fn nonce(&self) -> U256 {
        self.policy.sender(self.owner).policy_nonce()
    }

    /// What a proposal expects to find.
    fn expected(&self) -> U256 {
        self.policy
            .sender(self.owner)
            .governance_nonce()
            .motsu_unwrap()
    }

    /// `setTargets` by the owner, at the present nonce, bands of 500 bps.
    fn try_targets(
        &self,
        targets: &[(Address, u64)],
        start: u64,
        duration: u64,
    ) -> Result<(), Error> {
        let nonce = self.expected();
        self.policy
            .sender(self.owner)
            .set_targets(
                targets.iter().map(|t| t.0).collect(),
                targets.iter().map(|t| u(t.1)).collect(),
                targets.iter().map(|_| u(500)).collect(),
                u(start),
                u(duration),
                nonce,
            )
            .motsu_res()
    }

    fn targets(&self, targets: &[(Address, u64)], start: u64, duration: u64) {
        self.try_targets(targets, start, duration)
            .expect("these targets are valid");
    }

    /// Effective weights now, WAD.
    fn weights(&self, tokens: &[Address]) -> Vec<U256> {
        self.policy
            .sender(self.stranger)
            .rules(tokens.to_vec())
            .motsu_unwrap()
            .0
             .0
    }

    fn limit(&self, id: u64) -> U256 {
        self.policy
            .sender(self.stranger)
            .limit(u(id))
            .motsu_unwrap()
            .0
    }
}

/// The `i`-th token: an address is all that the policy knows of it.
fn token(i: u8) -> Address {
    Address::repeat_byte(0x40 + i)
}

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn bps(value: u64) -> U256 {
    u(value * BPS_IN_WAD)
}
