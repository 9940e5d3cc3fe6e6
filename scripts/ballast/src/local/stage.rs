//! A whole stage: a DAO, its treasury, a market, and everybody who acts on it.

use std::ops::{Deref, DerefMut};

use alloy::{
    primitives::{keccak256, Address, I256, U256},
    signers::local::PrivateKeySigner,
};
use anyhow::{ensure, Context, Result};

pub use super::market::{usd, Listing, Member, FEED_DECIMALS};
use super::{
    ground::{Ground, Mode},
    market, uniswap,
    uniswap::Pool,
};
use crate::{
    abi::{IPriceFeed, ISequencerFeed, Oracle, Vault, IERC20},
    suite::{self, Asset},
};

/// Seconds within which a feed promises an answer.
pub const HEARTBEAT_S: u64 = 3600;
/// Seconds for which nothing is priced after the sequencer came back.
pub const GRACE_S: u64 = 3600;

/// Who acts. Each has one key; none but the owner and the guardian has a role in the treasury.
#[derive(Debug, Clone, Copy)]
pub struct Cast {
    /// Deploys and wires, then gives the role up.
    pub deployer: Address,
    /// Makes the market.
    pub maker: Address,
    /// Rebalances; an address with no role.
    pub keeper: Address,
    /// A depositor.
    pub alice: Address,
    /// Another depositor.
    pub bob: Address,
    /// The guardian multisig's stand-in.
    pub guardian: Address,
    /// Nobody in particular.
    pub stranger: Address,
    /// Holds the DAO's votes.
    pub voter: Address,
}

impl Cast {
    /// Gives every part a key.
    pub fn of(keys: &[PrivateKeySigner]) -> Result<Self> {
        let [deployer, maker, keeper, alice, bob, guardian, stranger, voter, ..] = keys else {
            anyhow::bail!("{} keys are too few for the cast of 8", keys.len());
        };
        Ok(Self {
            deployer: deployer.address(),
            maker: maker.address(),
            keeper: keeper.address(),
            alice: alice.address(),
            bob: bob.address(),
            guardian: guardian.address(),
            stranger: stranger.address(),
            voter: voter.address(),
        })
    }

    /// Every part.
    pub fn everybody(&mut self) -> [&mut Address; 8] {
        let Self {
            deployer,
            maker,
            keeper,
            alice,
            bob,
            guardian,
            stranger,
            voter,
        } = self;
        [
            deployer, maker, keeper, alice, bob, guardian, stranger, voter,
        ]
    }
}

/// How the stage is set.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What is held, in order.
    pub listings: Vec<Listing>,
    /// USD on each side of the pool of every pair; none for no market at all.
    pub depth_usd: Option<u64>,
    /// Limits that differ from the defaults.
    pub limits: Vec<(u64, U256)>,
}

/// Everything that was put on the chain: the ground, and what stands on it.
#[derive(Debug, Clone)]
pub struct Stage {
    /// What does not depend on what the treasury holds.
    pub ground: Ground,
    /// A pool for every pair, if there is a market.
    pub pools: Vec<Pool>,
    /// The sequencer's uptime feed, as the oracle reads it.
    pub sequencer: Address,
    /// Where its answer is set.
    pub sequencer_aggregator: Address,
    /// The assets, in the vault's order.
    pub members: Vec<Member>,
}

impl Deref for Stage {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut Ground {
        &mut self.ground
    }
}

impl Stage {
    /// Puts everything on the chain at `url`: market, DAO, programs, listings, seed. Roles end with the timelock.
    pub async fn set(url: &str, keys: &[PrivateKeySigner], setting: &Setting) -> Result<Self> {
        let ground = Ground::lay(url, keys, Mode::Uncached).await?;
        Self::on(ground, setting).await
    }

    /// Lists and seeds what `setting` says, opens the market and ends the setup role.
    pub async fn on(ground: Ground, setting: &Setting) -> Result<Self> {
        let Ground {
            client,
            artifacts,
            cast,
            suite,
            ..
        } = &ground;
        let from = cast.deployer;
        let members =
            market::issue(client, artifacts, from, ground.weth, &setting.listings).await?;
        let long_ago = client.now().await?.saturating_sub(10 * GRACE_S);
        let is_proxied = setting.listings.iter().any(|l| l.is_proxied);
        let (sequencer, sequencer_aggregator) =
            super::sequencer_feed(client, artifacts, from, is_proxied, long_ago).await?;
        suite::set_sequencer(client, from, suite, sequencer, GRACE_S).await?;
        for (member, listing) in members.iter().zip(&setting.listings) {
            let asset = asset(member, listing.lag_bps)?;
            suite::list(client, from, suite, &asset).await?;
        }
        suite::set_limits(client, from, suite, &setting.limits).await?;
        let mut stage = Self {
            ground,
            pools: Vec::new(),
            sequencer,
            sequencer_aggregator,
            members,
        };
        if let Some(depth) = setting.depth_usd {
            let pairs = market::every_pair(stage.members.len());
            stage.open_pools(depth, &pairs).await?;
        }
        stage.seed(setting).await?;
        suite::hand_over(&stage.client, from, &stage.suite).await?;
        Ok(stage)
    }

    /// The same on a copy of the chain at `url`.
    pub fn at(&self, url: &str) -> Result<Self> {
        Ok(Self {
            ground: self.ground.at(url)?,
            ..self.clone()
        })
    }

    /// The asset called `symbol`.
    pub fn member(&self, symbol: &str) -> Result<&Member> {
        self.members
            .iter()
            .find(|m| m.symbol == symbol)
            .with_context(|| format!("no {symbol} here"))
    }

    /// Gives `to` an amount of an asset out of nothing, or out of ether.
    pub async fn grant(&self, member: &Member, to: Address, amount: U256) -> Result<()> {
        market::grant(&self.client, self.cast.deployer, member, to, amount).await
    }

    /// Gives `depositor` what `shares` cost and mints them.
    pub async fn mint(&self, depositor: Address, shares: U256) -> Result<()> {
        let amounts = self
            .client
            .call(self.suite.vault, Vault::previewMintCall { shares })
            .await?;
        for (member, amount) in self.members.iter().zip(&amounts) {
            self.grant(member, depositor, *amount).await?;
            let call = IERC20::approveCall {
                spender: self.suite.vault,
                amount: *amount,
            };
            self.client.send(depositor, member.token, call).await?;
        }
        let call = Vault::mintCall {
            shares,
            receiver: depositor,
            maxAmounts: amounts,
        };
        self.client.send(depositor, self.suite.vault, call).await?;
        Ok(())
    }

    /// Sets one asset's price in USD, in the feed only.
    pub async fn set_price(&mut self, symbol: &str, price: &str) -> Result<()> {
        let answer = suite::answer(price, FEED_DECIMALS)?;
        let member = self
            .members
            .iter_mut()
            .find(|m| m.symbol == symbol)
            .with_context(|| format!("no {symbol} here"))?;
        member.answer = answer;
        Ok(())
    }

    /// Publishes every price now: new rounds in all feeds.
    pub async fn publish(&self) -> Result<()> {
        let now = self.client.now().await?;
        for m in &self.members {
            let call = IPriceFeed::setCall {
                answer: m.answer,
                updatedAt: U256::from(now),
            };
            self.client
                .send(self.cast.maker, m.aggregator, call)
                .await?;
        }
        Ok(())
    }

    /// Moves every pool to the published prices.
    pub async fn arbitrage(&self) -> Result<()> {
        for pool in &self.pools {
            let price = |token: Address| -> Result<U256> {
                let member = self.members.iter().find(|m| m.token == token);
                member.context("a pool of an unlisted token")?.price_d36()
            };
            let (p0, p1) = (price(pool.token0)?, price(pool.token1)?);
            uniswap::move_pool(&self.client, &self.uniswap, self.cast.maker, pool, p0, p1).await?;
        }
        Ok(())
    }

    /// The pool of two assets.
    pub fn pool(&self, a: Address, b: Address) -> Result<&Pool> {
        let found = self
            .pools
            .iter()
            .find(|p| (p.token0, p.token1) == (a, b) || (p.token0, p.token1) == (b, a));
        found.context("no pool of that pair")
    }

    /// Sets the sequencer feed: `up`, since `since`.
    pub async fn set_sequencer(&self, up: bool, since: u64) -> Result<()> {
        let answer = if up { I256::ZERO } else { I256::ONE };
        let call = ISequencerFeed::setCall {
            answer,
            startedAt: U256::from(since),
        };
        self.client
            .send(self.cast.maker, self.sequencer_aggregator, call)
            .await?;
        Ok(())
    }

    /// Validated prices, as the oracle answers them.
    pub async fn prices(&self) -> Result<Vec<U256>> {
        let tokens = self.members.iter().map(|m| m.token).collect();
        self.client
            .call(self.suite.oracle, Oracle::pricesCall { tokens })
            .await
    }

    /// Opens pools of pairs of assets, by their places, with `depth_usd` on each side of each.
    pub async fn open_pools(&mut self, depth_usd: u64, pairs: &[(usize, usize)]) -> Result<()> {
        let (client, uniswap, cast) = (&self.client, &self.uniswap, &self.cast);
        let issued = (cast.deployer, self.members.as_slice());
        let opened =
            market::open_pools(client, uniswap, issued, cast.maker, depth_usd, pairs).await?;
        self.pools.extend(opened);
        Ok(())
    }

    async fn seed(&self, setting: &Setting) -> Result<()> {
        let from = self.cast.deployer;
        let mut amounts = Vec::new();
        let mut total = 0u64;
        for (m, l) in self.members.iter().zip(&setting.listings) {
            let amount = m.amount(usd(l.seed_usd))?;
            self.grant(m, from, amount).await?;
            let call = IERC20::approveCall {
                spender: self.suite.vault,
                amount,
            };
            self.client.send(from, m.token, call).await?;
            amounts.push(amount);
            total += l.seed_usd;
        }
        ensure!(total > 0, "nothing to seed the vault with");
        // One share for one dollar, to begin with.
        let call = Vault::seedCall {
            shares: usd(total),
            receiver: from,
            amounts,
        };
        self.client.send(from, self.suite.vault, call).await?;
        Ok(())
    }
}

fn asset(m: &Member, lag_bps: u64) -> Result<Asset> {
    let answer = m.answer.into_raw();
    Ok(Asset {
        token: m.token,
        // A cent's worth, at least one unit.
        min_holding: m.amount(U256::from(10).pow(U256::from(16)))?.max(U256::ONE),
        feed: m.feed,
        heartbeat: HEARTBEAT_S,
        min_answer: answer / U256::from(100),
        max_answer: answer * U256::from(100),
        lag_bps,
        volatility: None,
    })
}

/// AccessControl's name of a role.
pub fn role(name: &str) -> alloy::primitives::B256 {
    keccak256(name)
}
