//! The whole suite between honest feeds and a filler that is as honest as it is told to be.
#![allow(dead_code, unreachable_pub)] // no file uses everything

use alloy_primitives::{Address, I256, U256};
use alloy_sol_types::SolEvent;
use ballast_interfaces::{clock, constants::limit};
use ballast_lens::Lens;
use ballast_mocks::{
    feeds::MockFeed,
    fillers::{MockFiller, PlainToken},
};
use ballast_oracle::Oracle;
use ballast_policy::Policy;
use ballast_rebalancer::{
    types::{AssetTraded, Error, RebalanceExecuted},
    Rebalancer,
};
use ballast_vault::Vault;
use motsu::prelude::*;

pub const NOW: u64 = 1_800_000_000;
pub const GOVERNOR: Address = Address::repeat_byte(0x90);
pub const GUARDIAN: Address = Address::repeat_byte(0x9a);
pub const KEEPER: Address = Address::repeat_byte(0x4e);
pub const FEED_DECIMALS: u8 = 8;

pub fn n(x: u64) -> U256 {
    U256::from(x)
}

pub fn pow10(exponent: u8) -> U256 {
    U256::from(10u8).pow(n(exponent.into()))
}

pub fn e18(x: u64) -> U256 {
    n(x) * pow10(18)
}

/// One asset as a test wants it.
#[derive(Clone, Debug)]
pub struct Spec {
    pub decimals: u8,
    /// The feed's answer: value of a whole token, 8 decimals.
    pub answer: u64,
    /// {tok} at the seed.
    pub held: U256,
    pub weight_bps: u64,
    pub band_bps: u64,
}

impl Spec {
    /// {value/tok} · 1e36
    pub fn price_d36(&self) -> U256 {
        n(self.answer) * pow10(54 - FEED_DECIMALS - self.decimals)
    }

    /// An asset of which so much value is held, in whole units of value.
    pub fn worth(decimals: u8, answer: u64, value: u64, weight_bps: u64) -> Self {
        let mut spec = Self {
            decimals,
            answer,
            held: U256::ZERO,
            weight_bps,
            band_bps: 500,
        };
        // {tok} = {value} * 1e36 / D36{value/tok}
        spec.held = e18(value) * pow10(18) / (spec.price_d36() / pow10(18));
        spec
    }
}

pub struct Suite {
    pub vault: Contract<Vault>,
    pub policy: Contract<Policy>,
    pub oracle: Contract<Oracle>,
    pub rebalancer: Contract<Rebalancer>,
    pub lens: Contract<Lens>,
    pub filler: Contract<MockFiller>,
    pub tokens: Vec<Contract<PlainToken>>,
    pub feeds: Vec<Contract<MockFeed>>,
    pub specs: Vec<Spec>,
}

/// Everything that a rebalance may not change by failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    pub held: Vec<U256>,
    pub balances: Vec<U256>,
    pub supply: U256,
    pub state: (U256, U256, U256, U256, U256, U256),
    pub pending: bool,
    pub allowances: Vec<U256>,
}

impl Suite {
    /// Deployed, listed, fed, seeded, with its targets; the filler is honest and rich.
    pub fn new(specs: &[Spec]) -> Self {
        clock::set(NOW);
        let s = Self {
            vault: Contract::new(),
            policy: Contract::new(),
            oracle: Contract::new(),
            rebalancer: Contract::new(),
            lens: Contract::new(),
            filler: Contract::new(),
            tokens: specs.iter().map(|_| Contract::new()).collect(),
            feeds: specs.iter().map(|_| Contract::new()).collect(),
            specs: specs.to_vec(),
        };
        let (vault, policy) = (s.vault.address(), s.policy.address());
        let (oracle, rebalancer) = (s.oracle.address(), s.rebalancer.address());
        let g = GOVERNOR;
        s.policy
            .sender(g)
            .constructor(g, GUARDIAN, Address::ZERO)
            .motsu_unwrap();
        s.vault
            .sender(g)
            .constructor("Ballast".into(), "BLST".into(), policy)
            .motsu_unwrap();
        s.oracle.sender(g).constructor(policy).motsu_unwrap();
        s.rebalancer.sender(g).constructor(vault, policy, oracle);
        s.lens
            .sender(g)
            .constructor(vault, policy, oracle, rebalancer);
        s.vault.sender(g).set_rebalancer(rebalancer).motsu_unwrap();
        s.policy
            .sender(g)
            .set_modules(vault, oracle, rebalancer)
            .motsu_unwrap();
        // No auction, and budgets at their ceilings: neither is the subject here.
        for (id, value) in [
            (limit::RAMP_S, 0),
            (limit::LOSS_BUDGET_BPS, 500),
            (limit::YEARLY_LOSS_BPS, 1_000),
            (limit::TURNOVER_BUDGET_BPS, 100_000),
        ] {
            s.set_limit(id, n(value));
        }
        for ((token, feed), spec) in s.tokens.iter().zip(&s.feeds).zip(specs) {
            token.sender(g).set_decimals(n(spec.decimals.into()));
            token.sender(g).mint(g, spec.held);
            token.sender(g).approve(vault, spec.held);
            token.sender(g).mint(s.filler.address(), U256::MAX >> 2);
            s.vault
                .sender(g)
                .list_asset(token.address(), n(1))
                .motsu_unwrap();
            feed.sender(g).set(
                I256::try_from(spec.answer).unwrap(),
                n(NOW),
                n(FEED_DECIMALS.into()),
            );
            s.oracle
                .sender(g)
                .set_feed(
                    token.address(),
                    feed.address(),
                    n(86_400),
                    U256::ZERO,
                    U256::from(u128::MAX),
                    n(10),
                )
                .motsu_unwrap();
            s.filler
                .sender(g)
                .set_price(token.address(), spec.price_d36());
        }
        s.filler.sender(g).set_shares(n(10_000), n(0));
        s.vault
            .sender(g)
            .seed(e18(1_000), g, specs.iter().map(|a| a.held).collect())
            .motsu_unwrap();
        s.set_targets();
        s
    }

    /// Those of the specs, from now on.
    pub fn set_targets(&self) {
        let nonce = self.policy.sender(GOVERNOR).policy_nonce();
        self.policy
            .sender(GOVERNOR)
            .set_targets(
                self.addresses(),
                self.specs.iter().map(|a| n(a.weight_bps)).collect(),
                self.specs.iter().map(|a| n(a.band_bps)).collect(),
                n(0),
                n(0),
                nonce,
            )
            .motsu_unwrap();
    }

    pub fn set_limit(&self, id: usize, value: U256) {
        self.policy
            .sender(GOVERNOR)
            .set_limit(U256::from(id), value)
            .motsu_unwrap();
    }

    pub fn addresses(&self) -> Vec<Address> {
        self.tokens.iter().map(Contract::address).collect()
    }

    pub fn prices(&self) -> Vec<U256> {
        self.specs.iter().map(Spec::price_d36).collect()
    }

    pub fn held(&self) -> Vec<U256> {
        self.vault.sender(KEEPER).holdings().motsu_unwrap().0 .1
    }

    pub fn balances_of(&self, account: Address) -> Vec<U256> {
        let balance = |t: &Contract<PlainToken>| t.sender(KEEPER).balance_of(account);
        self.tokens.iter().map(balance).collect()
    }

    pub fn photo(&self) -> Photo {
        let vault = self.vault.address();
        let allowance =
            |t: &Contract<PlainToken>| t.sender(KEEPER).allowance(vault, self.filler.address());
        Photo {
            held: self.held(),
            balances: self.balances_of(vault),
            supply: self.vault.sender(KEEPER).total_supply().motsu_unwrap(),
            state: self.rebalancer.sender(KEEPER).state().motsu_unwrap(),
            pending: self.policy.sender(KEEPER).targets().motsu_unwrap().0 .5,
            allowances: self.tokens.iter().map(allowance).collect(),
        }
    }

    /// Executes exactly what `plan()` says.
    pub fn follow_plan(&self) -> Result<(Vec<U256>, Vec<U256>), Error> {
        let (sells, buys, amounts, ..) = self.rebalancer.sender(KEEPER).plan().motsu_unwrap().0;
        self.rebalance(&sells, &buys, &amounts)
    }

    pub fn rebalance(
        &self,
        sells: &[Address],
        buys: &[Address],
        mosts: &[U256],
    ) -> Result<(Vec<U256>, Vec<U256>), Error> {
        let nonce = self.policy.sender(KEEPER).policy_nonce();
        self.rebalancer
            .sender(KEEPER)
            .rebalance(
                sells.to_vec(),
                buys.to_vec(),
                mosts.to_vec(),
                vec![U256::ZERO; sells.len()],
                vec![U256::ZERO; sells.len()],
                self.filler.address(),
                vec![].into(),
                U256::MAX,
                nonce,
            )
            .map(|answers| answers.0)
            .motsu_res()
    }

    /// The last rebalance's event.
    pub fn executed(&self) -> RebalanceExecuted {
        self.rebalancer
            .all_events()
            .iter()
            .rev()
            .find_map(|log| RebalanceExecuted::decode_log_data(log, true).ok())
            .unwrap()
    }

    /// What was logged of each asset in rebalance `nonce`, in the order logged.
    pub fn traded(&self, nonce: U256) -> Vec<AssetTraded> {
        self.rebalancer
            .all_events()
            .iter()
            .filter_map(|log| AssetTraded::decode_log_data(log, true).ok())
            .filter(|event| event.nonce == nonce)
            .collect()
    }
}
