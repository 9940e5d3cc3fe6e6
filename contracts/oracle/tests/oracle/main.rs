//! The oracle by itself, its feeds and the policy stood in for: one file for each entry point, reverts first.
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

mod change;
mod composite;
mod constructor;
mod errors;
mod faults;
mod market;
mod observe;
mod pin_phase;
mod prices;
mod remove_feed;
mod second;
mod sequencer;
mod set_feed;
mod storage_layout;

use alloy_primitives::{Address, I256, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::{feeds::MockFeed, modules::MockPolicy};
use ballast_oracle::{types::Error, Oracle};
use motsu::prelude::*;

/// When every test begins, seconds.
const T0: u64 = 1_800_000_000;
const HEARTBEAT: u64 = 3_600;
/// The compiled slack over the heartbeat, written a second time.
const SLACK: u64 = 300;
/// Bounds of every feed here, eight decimals: between $1 and $100,000.
const MIN: u64 = 100_000_000;
const MAX: u64 = 10_000_000_000_000;
/// $2,000.
const ANSWER: u64 = 200_000_000_000;

/// An oracle whose policy knows one governor, a token of 18 decimals and its feed of 8, not yet set.
struct World {
    oracle: Contract<Oracle>,
    policy: Contract<MockPolicy>,
    /// A feed tells its decimals as a token does, so it serves as one.
    token: Contract<MockFeed>,
    feed: Contract<MockFeed>,
    sequencer: Contract<MockFeed>,
    owner: Address,
    stranger: Address,
}

impl World {
    fn bare() -> Self {
        clock::set(T0);
        let world = Self {
            oracle: Contract::from_tag("oracle"),
            policy: Contract::from_tag("policy"),
            token: Contract::from_tag("token"),
            feed: Contract::from_tag("feed"),
            sequencer: Contract::from_tag("sequencer"),
            owner: Address::from_tag("owner"),
            stranger: Address::from_tag("stranger"),
        };
        let (policy, owner) = (world.policy.address(), world.owner);
        world
            .oracle
            .sender(owner)
            .constructor(policy)
            .motsu_unwrap();
        world
            .policy
            .sender(owner)
            .set_role(DEFAULT_ADMIN_ROLE, owner, true);
        world.token.sender(owner).set_decimals(u(18));
        world
            .feed
            .sender(owner)
            .set(answer(ANSWER as i128), u(T0), u(8));
        world
    }

    /// With the token's feed set.
    fn new() -> Self {
        let world = Self::bare();
        world.set_feed().expect("this feed is valid");
        world
    }

    fn set_feed(&self) -> Result<(), Error> {
        self.set_feed_with(u(HEARTBEAT), u(MIN), u(MAX), u(50))
    }

    fn set_feed_with(&self, heartbeat: U256, min: U256, max: U256, lag: U256) -> Result<(), Error> {
        self.oracle
            .sender(self.owner)
            .set_feed(
                self.token.address(),
                self.feed.address(),
                heartbeat,
                min,
                max,
                lag,
            )
            .motsu_res()
    }

    fn set_sequencer(&self, grace: u64) {
        self.oracle
            .sender(self.owner)
            .set_sequencer_feed(self.sequencer.address(), u(grace))
            .motsu_unwrap();
    }

    fn price(&self) -> Result<U256, Error> {
        let prices = self.prices(&[self.token.address()]);
        let latest = self
            .oracle
            .sender(self.stranger)
            .latest(self.token.address())
            .motsu_res();
        // The two never disagree.
        assert_eq!(prices.clone().map(|p| p[0]), latest.map(|(price, _)| price));
        prices.map(|p| p[0])
    }

    fn prices(&self, tokens: &[Address]) -> Result<Vec<U256>, Error> {
        self.oracle
            .sender(self.stranger)
            .prices(tokens.to_vec())
            .motsu_res()
    }
}

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn answer(value: i128) -> I256 {
    I256::try_from(value).unwrap()
}

fn ten_to(exponent: u64) -> U256 {
    U256::from(10).pow(u(exponent))
}
