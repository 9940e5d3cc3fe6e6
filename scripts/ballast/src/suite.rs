//! All programs of one treasury: deployed, wired, listed.

use alloy::primitives::{keccak256, Address, I256, U256};
use anyhow::Result;

use crate::{
    abi::{Oracle, Policy, Vault},
    artifacts::Artifacts,
    client::Client,
    stylus::{self, arguments},
};

/// An asset as the vault lists it and the oracle prices it.
#[derive(Debug, Clone)]
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
    let mut put = async |name: &'static str, args: Vec<u8>| -> Result<Address> {
        let wasm = artifacts.wasm(name)?;
        let salt = keccak256(format!("ballast/{}/{name}", config.symbol));
        let on_chain = stylus::deploy(client, from, deployer, &wasm, &args, salt).await?;
        let address = on_chain.address;
        programs.push(Program {
            name,
            wasm_bytes: wasm.len(),
            on_chain,
        });
        Ok(address)
    };
    let policy = put("policy", arguments((config.owner, config.guardian, from))).await?;
    let vault = put(
        "vault",
        arguments((config.name.clone(), config.symbol.clone(), policy)),
    )
    .await?;
    let oracle = put("oracle", arguments((policy,))).await?;
    let rebalancer = put("rebalancer", arguments((vault, policy, oracle))).await?;
    let filler = put("filler-uniswap-v3", arguments((config.router,))).await?;
    let lens = put("lens", arguments((vault, policy, oracle, rebalancer))).await?;

    client
        .send(from, vault, Vault::setRebalancerCall { rebalancer })
        .await?;
    client
        .send(
            from,
            policy,
            Policy::setModulesCall {
                vault,
                oracle,
                rebalancer,
            },
        )
        .await?;
    let suite = Suite {
        policy,
        vault,
        oracle,
        rebalancer,
        lens,
        filler,
        programs,
    };
    if let Some((feed, grace)) = config.sequencer {
        set_sequencer(client, from, &suite, feed, grace).await?;
    }
    for asset in &config.assets {
        list(client, from, &suite, asset).await?;
    }
    set_limits(client, from, &suite, &config.limits).await?;
    Ok(suite)
}

/// Names the sequencer's uptime feed, and the seconds for which nothing is priced after it came back.
pub async fn set_sequencer(
    client: &Client,
    from: Address,
    suite: &Suite,
    feed: Address,
    grace: u64,
) -> Result<()> {
    let grace = U256::from(grace);
    let call = Oracle::setSequencerFeedCall { feed, grace };
    client.send(from, suite.oracle, call).await.map(drop)
}

/// Sets limits by id.
pub async fn set_limits(
    client: &Client,
    from: Address,
    suite: &Suite,
    limits: &[(u64, U256)],
) -> Result<()> {
    for (id, value) in limits {
        let call = Policy::setLimitCall {
            id: U256::from(*id),
            value: *value,
        };
        client.send(from, suite.policy, call).await?;
    }
    Ok(())
}

/// Lists one asset in the vault and gives it a feed.
pub async fn list(client: &Client, from: Address, suite: &Suite, asset: &Asset) -> Result<()> {
    let call = Vault::listAssetCall {
        token: asset.token,
        minHolding: asset.min_holding,
    };
    client.send(from, suite.vault, call).await?;
    let call = Oracle::setFeedCall {
        token: asset.token,
        feed: asset.feed,
        heartbeat: U256::from(asset.heartbeat),
        minAnswer: asset.min_answer,
        maxAnswer: asset.max_answer,
        lagBps: U256::from(asset.lag_bps),
    };
    client.send(from, suite.oracle, call).await?;
    Ok(())
}

/// Gives up the setup role of `from`: from then on only the owner governs.
pub async fn hand_over(client: &Client, from: Address, suite: &Suite) -> Result<()> {
    let call = Policy::renounceRoleCall {
        role: Default::default(),
        confirmation: from,
    };
    client.send(from, suite.policy, call).await?;
    Ok(())
}

/// A price in whole numeraire units with `decimals`, as a feed answers it.
pub fn answer(text: &str, decimals: u8) -> Result<I256> {
    let parsed = alloy::primitives::utils::parse_units(text, decimals)?;
    Ok(I256::try_from(parsed.get_absolute())?)
}
