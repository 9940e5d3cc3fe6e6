//! What every stage stands on, whatever is listed there: an exchange, a DAO, the programs.

use alloy::{primitives::Address, signers::local::PrivateKeySigner};
use anyhow::{ensure, Result};
use devnode::exec::arbos::CHAIN_OWNER;

use super::{
    chain, dao,
    dao::Dao,
    deployer::{self, STYLUS_DEPLOYER},
    forwarders::Forwarders,
    stage::{usd, Cast},
    uniswap,
    uniswap::Uniswap,
};
use crate::{
    artifacts::Artifacts,
    client::Client,
    stylus,
    suite::{self, Suite},
};

/// How the programs are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// By people, and paying the whole start of each program.
    Uncached,
    /// By people, every program in the chain's cache.
    Cached,
    /// Uncached, and behind two programs each: the first program of the treasury that is entered is
    /// the third of the transaction.
    Nested,
}

/// Everything that does not depend on what the treasury holds.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The connection.
    pub client: Client,
    /// What was built.
    pub artifacts: Artifacts,
    /// Who acts.
    pub cast: Cast,
    /// Who governs the programs: the timelock, or the account it acts through.
    pub governor: Address,
    /// WETH9.
    pub weth: Address,
    /// The DAO.
    pub dao: Dao,
    /// The exchange.
    pub uniswap: Uniswap,
    /// The treasury; nothing is listed yet, and the deployer holds the setup role.
    pub suite: Suite,
}

impl Ground {
    /// Puts all of it on the chain at `url`.
    pub async fn lay(url: &str, keys: &[PrivateKeySigner], mode: Mode) -> Result<Self> {
        let artifacts = Artifacts::default();
        let mut client = Client::connect(url, keys, &artifacts)?;
        let mut cast = Cast::of(keys)?;
        // Rich enough to make any market in WETH.
        for who in [cast.deployer, cast.maker] {
            chain::set_balance(&client, who, usd(1_000_000_000_000)).await?;
        }
        let forwarders = match mode {
            Mode::Nested => Some(Forwarders::open(&client, cast.deployer).await?),
            Mode::Uncached | Mode::Cached => None,
        };
        if let Some(forwarders) = &forwarders {
            for who in cast.everybody() {
                *who = forwarders.account(&mut client, *who).await?;
            }
            forwarders.route_views(&mut client).await?;
        }
        let from = cast.deployer;
        deployer::open(&client, &artifacts, from).await?;
        let weth = super::deploy(&client, &artifacts, from, "WETH9", &[]).await?;
        let uniswap = uniswap::launch(&client, &artifacts, from, weth).await?;
        let dao = dao::found(&client, &artifacts, from, cast.voter).await?;
        let governor = match &forwarders {
            Some(forwarders) => forwarders.account(&mut client, dao.timelock).await?,
            None => dao.timelock,
        };
        let config = suite::Config {
            name: "Example Treasury".into(),
            symbol: "EXT".into(),
            owner: governor,
            guardian: cast.guardian,
            router: uniswap.router,
            assets: Vec::new(),
            sequencer: None,
            limits: Vec::new(),
            fillers: Vec::new(),
            supply_cap: None,
            fees: None,
            seed: None,
            salt: "EXT".into(),
        };
        let suite = suite::deploy(&client, &artifacts, from, STYLUS_DEPLOYER, &config).await?;
        let ground = Self {
            client,
            artifacts,
            cast,
            governor,
            weth,
            dao,
            uniswap,
            suite,
        };
        if mode == Mode::Cached {
            ground.cache_programs().await?;
        }
        Ok(ground)
    }

    /// Puts every program into the chain's cache.
    pub async fn cache_programs(&self) -> Result<()> {
        for program in &self.suite.programs {
            let address = program.on_chain.address;
            stylus::cache(&self.client, CHAIN_OWNER, address).await?;
            let cached = stylus::is_cached(&self.client, address).await?;
            ensure!(cached, "{} was not cached", program.name);
        }
        Ok(())
    }

    /// The same on a copy of the chain at `url`.
    pub fn at(&self, url: &str) -> Result<Self> {
        Ok(Self {
            client: self.client.at(url)?,
            ..self.clone()
        })
    }
}
