//! A vault of three assets in a world of people, for one entry point's tests at a time.
#![allow(dead_code, unreachable_pub)] // no file uses everything

use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
};
use ballast_mocks::{
    modules::{MockCaller, MockPolicy},
    tokens::MockToken,
};
use ballast_vault::{types::*, Vault, LOCKED_SHARES};
use motsu::prelude::*;

/// When the tests begin, seconds.
pub const START: u64 = 1_800_000_000;

/// 1e18.
pub const ONE: u64 = 1_000_000_000_000_000_000;

pub fn n(x: u64) -> U256 {
    U256::from(x)
}

/// What the world's vault holds after its seed of 1,000 shares.
pub const SEEDED: [u64; 3] = [5_000_000, 3_333_333, 7];

/// Shares of the seed.
pub fn seed_shares() -> U256 {
    n(1_000) * n(ONE)
}

pub struct World {
    pub vault: Contract<Vault>,
    pub policy: Contract<MockPolicy>,
    pub a: Contract<MockToken>,
    pub b: Contract<MockToken>,
    pub c: Contract<MockToken>,
    pub rebalancer: Contract<MockCaller>,
    pub governor: Address,
    pub guardian: Address,
    pub alice: Address,
    pub bob: Address,
    pub eve: Address,
}

impl World {
    /// A constructed vault, nothing else.
    pub fn bare() -> Self {
        clock::set(START);
        let world = Self {
            vault: Contract::new(),
            policy: Contract::new(),
            a: Contract::new(),
            b: Contract::new(),
            c: Contract::new(),
            rebalancer: Contract::new(),
            governor: Address::repeat_byte(0x90),
            guardian: Address::repeat_byte(0x9a),
            alice: Address::repeat_byte(0xa1),
            bob: Address::repeat_byte(0xb0),
            eve: Address::repeat_byte(0xee),
        };
        let deployer = Address::repeat_byte(0xde);
        world
            .vault
            .sender(deployer)
            .constructor("Ballast".into(), "BLST".into(), world.policy.address())
            .motsu_unwrap();
        let mut policy = world.policy.sender(world.governor);
        policy.set_role(DEFAULT_ADMIN_ROLE, world.governor, true);
        policy.set_role(GUARDIAN_ROLE, world.guardian, true);
        drop(policy);
        world
    }

    /// With its rebalancer and three assets, unseeded.
    pub fn listed() -> Self {
        let world = Self::bare();
        world
            .vault
            .sender(world.governor)
            .set_rebalancer(world.rebalancer.address())
            .motsu_unwrap();
        for token in world.tokens() {
            world
                .vault
                .sender(world.governor)
                .list_asset(token, n(1_000))
                .motsu_unwrap();
        }
        world
    }

    /// Seeded with [`SEEDED`] by the governor, who keeps the shares; alice and bob are rich and trusting.
    pub fn seeded() -> Self {
        Self::seeded_with(SEEDED.map(n))
    }

    /// Seeded with these amounts.
    pub fn seeded_with(amounts: [U256; 3]) -> Self {
        let world = Self::listed();
        for who in [world.governor, world.alice, world.bob] {
            world.enrich(who);
        }
        world
            .vault
            .sender(world.governor)
            .seed(seed_shares(), world.governor, amounts.to_vec())
            .motsu_unwrap();
        world
    }

    /// Puts fees into force for the guardian: a year's management fee, mint fee and redeem fee, bps. Their delay passes.
    pub fn charge(&self, [management, mint, redeem]: [u64; 3]) {
        self.vault
            .sender(self.governor)
            .set_fees(self.guardian, n(management), n(mint), n(redeem))
            .motsu_unwrap();
        if [management, mint, redeem] != [0; 3] {
            clock::set(START + MODULE_DELAY_S);
            self.vault.sender(self.eve).apply_fees().motsu_unwrap();
        }
    }

    /// Gives tokens to somebody and lets the vault take them.
    pub fn enrich(&self, who: Address) {
        for token in [&self.a, &self.b, &self.c] {
            token.sender(who).mint(who, n(u64::MAX));
            token.sender(who).approve(self.vault.address(), U256::MAX);
        }
    }

    pub fn tokens(&self) -> [Address; 3] {
        [self.a.address(), self.b.address(), self.c.address()]
    }

    pub fn token(&self, i: usize) -> &Contract<MockToken> {
        [&self.a, &self.b, &self.c][i]
    }

    /// What `who` has of each token, knobs or not.
    pub fn balances(&self, who: Address) -> [U256; 3] {
        [&self.a, &self.b, &self.c].map(|t| t.sender(who).balance_of(who).unwrap())
    }

    /// What the vault records as held.
    pub fn held(&self) -> [U256; 3] {
        let answers = self.vault.sender(self.eve).holdings().motsu_unwrap();
        let (tokens, held) = answers.0;
        assert_eq!(tokens, self.tokens());
        held.try_into().unwrap()
    }

    pub fn shares(&self, who: Address) -> U256 {
        self.vault.sender(self.eve).balance_of(who)
    }

    pub fn supply(&self) -> U256 {
        self.vault.sender(self.eve).total_supply().motsu_unwrap()
    }

    /// Mints without limits.
    pub fn mint(&self, who: Address, shares: U256) -> Vec<U256> {
        self.vault
            .sender(who)
            .mint(shares, who, vec![U256::MAX; 3])
            .motsu_unwrap()
    }

    /// Redeems one's own, without limits.
    pub fn redeem(&self, who: Address, shares: U256) -> Vec<U256> {
        self.vault
            .sender(who)
            .redeem(shares, who, who, vec![U256::ZERO; 3])
            .motsu_unwrap()
    }

    /// Invariants 1, 2 and 25, after every test that changes something.
    pub fn assert_sound(&self, people: &[Address]) {
        let vault = self.vault.address();
        for (i, held) in self.held().into_iter().enumerate() {
            let token = self.token(i);
            let claims = self.vault.sender(self.eve).total_claims(token.address());
            let balance = token.sender(self.eve).balance_of(vault).unwrap();
            let streams = self.vault.sender(self.eve).absorption(token.address());
            let rest = streams.motsu_unwrap().0;
            assert!(
                balance >= held + claims + rest,
                "INV-1: token {i}: {balance} < {held} + {claims} + {rest}"
            );
            let sum = people.iter().fold(U256::ZERO, |sum, who| {
                sum + self.vault.sender(self.eve).claim_of(token.address(), *who)
            });
            assert_eq!(sum, claims, "INV-1: token {i}: claims do not add up");
        }
        let dead = ballast_interfaces::constants::DEAD;
        let sum = people
            .iter()
            .chain(&[dead])
            .fold(U256::ZERO, |sum, who| sum + self.shares(*who));
        let accrued = self.vault.sender(self.eve).accrued_fees().motsu_unwrap();
        assert_eq!(sum + accrued, self.supply(), "INV-2: shares do not add up");
        assert!(
            self.supply().is_zero() || self.shares(dead) >= LOCKED_SHARES,
            "INV-2: the locked shares are gone"
        );
        assert!(!self.vault.sender(self.eve).is_locked(), "INV-25");
    }

    /// Everybody who may have shares or claims.
    pub fn people(&self) -> [Address; 5] {
        [self.governor, self.guardian, self.alice, self.bob, self.eve]
    }
}

/// ⌈a · b / d⌉, on numbers whose product fits.
pub fn ceil(a: U256, b: U256, d: U256) -> U256 {
    (a * b + d - n(1)) / d
}

/// ⌊a · b / d⌋, on numbers whose product fits.
pub fn floor(a: U256, b: U256, d: U256) -> U256 {
    a * b / d
}

/// The error of a refused call.
#[track_caller]
pub fn refused<T>(result: Result<T, Error>) -> Error {
    match result.motsu_res() {
        Ok(_) => panic!("was not refused"),
        Err(error) => error,
    }
}
