//! All programs of one treasury: deployed, wired, listed.

use alloy::primitives::{Address, I256, U256};
use anyhow::{bail, Result};

use crate::{
    artifacts::Artifacts,
    client::Client,
    steps::{Addresses, Call, Step},
    stylus,
};

/// An asset as the vault lists it and the oracle prices it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The token.
    pub token: Address,
    /// Least amount that must be held, of at least one asset, for minting to go on.
    pub min_holding: U256,
    /// Chainlink-shaped price feed.
    pub feed: Address,
    /// Seconds within which the feed promises an answer.
    pub heartbeat: u64,
    /// Answers at or below are refused.
    pub min_answer: U256,
    /// Answers at or above are refused.
    pub max_answer: U256,
    /// The feed's deviation threshold, bps.
    pub lag_bps: u64,
    /// How its volatility is watched; none for not at all.
    pub volatility: Option<Volatility>,
}

/// How the volatility of an asset is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volatility {
    /// At which bands are as they were set, bps a year.
    pub reference_bps: u64,
    /// Above which nothing is rebalanced, bps a year; 0 for no breaker.
    pub max_bps: u64,
}

/// A filler beside that of Uniswap V3, and its venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filler {
    /// Any aggregator's calldata.
    Call,
    /// UniswapV2Router02.
    UniswapV2(Address),
    /// Balancer's V2 Vault.
    BalancerV2(Address),
}

/// What the treasury takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Who gets the shares.
    pub recipient: Address,
    /// Bps of the supply a year.
    pub management_bps: u64,
    /// Bps of what is minted.
    pub mint_bps: u64,
    /// Bps of what is redeemed.
    pub redeem_bps: u64,
}

/// The first shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// How many, the locked ones included.
    pub shares: U256,
    /// Who gets them.
    pub receiver: Address,
    /// What is taken for them of each asset.
    pub amounts: Vec<U256>,
}

/// What a treasury is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the share.
    pub name: String,
    /// Symbol of the share.
    pub symbol: String,
    /// Who governs: a timelock.
    pub owner: Address,
    /// Who may tighten; zero for nobody.
    pub guardian: Address,
    /// SwapRouter02 of the chain.
    pub router: Address,
    /// What is held, in order.
    pub assets: Vec<Asset>,
    /// Sequencer uptime feed and grace in seconds; none on a chain without one.
    pub sequencer: Option<(Address, u64)>,
    /// Limits that differ from the compiled defaults, by id.
    pub limits: Vec<(u64, U256)>,
    /// Fillers beside that of Uniswap V3.
    pub fillers: Vec<Filler>,
    /// Most shares that there may be; none for as many as the vault can count.
    pub supply_cap: Option<U256>,
    /// Fees; none for none.
    pub fees: Option<Fees>,
    /// The first shares; none where governance seeds.
    pub seed: Option<Seed>,
    /// Tells this treasury's addresses from another's.
    pub salt: String,
}

/// One program of a suite.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name, as in [`crate::artifacts::PROGRAMS`].
    pub name: &'static str,
    /// Bytes of WASM before compression.
    pub wasm_bytes: usize,
    /// Where and how it lies on chain.
    pub on_chain: stylus::Deployed,
}

/// The addresses of a deployed treasury.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Governance's decisions, and the roles.
    pub policy: Address,
    /// Custody and shares.
    pub vault: Address,
    /// Prices.
    pub oracle: Address,
    /// The choke-point of trades.
    pub rebalancer: Address,
    /// One-call reads.
    pub lens: Address,
    /// The Uniswap V3 filler.
    pub filler: Address,
    /// What was deployed, in order.
    pub programs: Vec<Program>,
}

impl Suite {
    /// Where the programs are, by name.
    pub fn addresses(&self) -> Addresses {
        let mut at = Addresses::default();
        let named = [
            ("policy", self.policy),
            ("vault", self.vault),
            ("oracle", self.oracle),
            ("rebalancer", self.rebalancer),
            ("lens", self.lens),
            ("filler-uniswap-v3", self.filler),
        ];
        for (name, address) in named {
            at.insert(name, address);
        }
        at
    }
}

/// Deploys and wires every program as `from`, lists the assets and sets the limits.
///
/// `from` keeps the setup role until [`hand_over`].
pub async fn deploy(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    deployer: Address,
    config: &Config,
) -> Result<Suite> {
    let mut programs = Vec::new();
    let mut at = Addresses::default();
    for step in config.steps() {
        match step {
            Step::Program(name) => {
                let wasm = artifacts.wasm(name)?;
                let arguments = config.arguments(name, from, &at)?;
                let salt = config.salt(name);
                let arguments = arguments.as_deref();
                let on_chain =
                    stylus::deploy_with(client, from, deployer, &wasm, arguments, salt).await?;
                at.insert(name, on_chain.address);
                programs.push(Program {
                    name,
                    wasm_bytes: wasm.len(),
                    on_chain,
                });
            }
            Step::Call(call) => send(client, from, &at, &call).await?,
        }
    }
    Ok(Suite {
        policy: at.of("policy")?,
        vault: at.of("vault")?,
        oracle: at.of("oracle")?,
        rebalancer: at.of("rebalancer")?,
        lens: at.of("lens")?,
        filler: at.of("filler-uniswap-v3")?,
        programs,
    })
}

async fn send(client: &Client, from: Address, at: &Addresses, call: &Call) -> Result<()> {
    let (to, input) = call.encode(from, at)?;
    let receipt = client.send_raw(from, Some(to), U256::ZERO, input.clone());
    if receipt.await?.status() {
        return Ok(());
    }
    match client.try_raw(from, to, U256::ZERO, input).await? {
        Ok(_) => bail!("{call:?} at {to} reverted, and no longer does"),
        Err(refusal) => bail!("{call:?} at {to} reverted: {refusal}"),
    }
}

/// Names the sequencer's uptime feed, and the seconds for which nothing is priced after it came back.
pub async fn set_sequencer(
    client: &Client,
    from: Address,
    suite: &Suite,
    feed: Address,
    grace: u64,
) -> Result<()> {
    send(
        client,
        from,
        &suite.addresses(),
        &Call::Sequencer(feed, grace),
    )
    .await
}

/// Sets limits by id.
pub async fn set_limits(
    client: &Client,
    from: Address,
    suite: &Suite,
    limits: &[(u64, U256)],
) -> Result<()> {
    for (id, value) in limits {
        send(client, from, &suite.addresses(), &Call::Limit(*id, *value)).await?;
    }
    Ok(())
}

/// Lists one asset in the vault and gives it a feed.
pub async fn list(client: &Client, from: Address, suite: &Suite, asset: &Asset) -> Result<()> {
    for call in asset.calls() {
        send(client, from, &suite.addresses(), &call).await?;
    }
    Ok(())
}

/// Gives up the setup role of `from`: from then on only the owner governs.
pub async fn hand_over(client: &Client, from: Address, suite: &Suite) -> Result<()> {
    send(client, from, &suite.addresses(), &Call::HandOver).await
}

/// A price in whole numeraire units with `decimals`, as a feed answers it.
pub fn answer(text: &str, decimals: u8) -> Result<I256> {
    let parsed = alloy::primitives::utils::parse_units(text, decimals)?;
    Ok(I256::try_from(parsed.get_absolute())?)
}
