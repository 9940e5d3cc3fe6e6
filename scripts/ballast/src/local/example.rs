//! An example to try everything on: a DAO, tokens, feeds and pools, and no treasury yet.

use alloy::{primitives::Address, signers::local::PrivateKeySigner};
use anyhow::Result;
use devnode::{Chain, Prepared};

use super::{
    dao,
    dao::Dao,
    embedded, market,
    market::{usd, Listing, Member},
    stage::{Cast, GRACE_S},
    uniswap,
    uniswap::Uniswap,
};
use crate::{artifacts::Artifacts, client::Client};

/// Dollars on each side of each pool.
const DEPTH_USD: u64 = 20_000_000;
/// Dollars of each asset that the DAO gave to its deployer, to seed the treasury with.
pub const FUNDS_USD: [u64; 3] = [500_000, 300_000, 200_000];
/// Dollars of each asset that the example's depositor holds.
const PURSE_USD: u64 = 100_000;

/// What stands on the example's chain.
#[derive(Debug, Clone)]
pub struct Example {
    /// Who may act, with the keys of a development chain.
    pub cast: Cast,
    /// The DAO; its timelock will own the treasury.
    pub dao: Dao,
    /// WETH, WBTC and USDC.
    pub members: Vec<Member>,
    /// The exchange, with a pool of every pair.
    pub uniswap: Uniswap,
    /// The sequencer's uptime feed.
    pub sequencer: Address,
}

/// What is listed in the example.
fn listings() -> [Listing; 3] {
    let [weth, wbtc, usdc] = FUNDS_USD;
    [
        Listing::new("WETH", 18, "2500", weth).behind_proxy(),
        Listing::new("WBTC", 8, "60000", wbtc).behind_proxy(),
        Listing::new("USDC", 6, "1", usdc).behind_proxy(),
    ]
}

/// The same chain with the example on it. Feeds answer once, as of now.
///
/// # Errors
/// If a bytecode is missing: `cargo xtask setup` fetches them.
pub async fn open(chain: Chain) -> Result<(Chain, Example)> {
    let node = embedded::start_from(&Prepared::new(chain))?;
    let keys = node.keys();
    let example = on(&node.url(), &keys).await?;
    let chain = node.chain().clone();
    Ok((chain, example))
}

async fn on(url: &str, keys: &[PrivateKeySigner]) -> Result<Example> {
    let artifacts = Artifacts::default();
    let client = Client::connect(url, keys, &artifacts)?;
    let cast = Cast::of(keys)?;
    let (client, artifacts) = (&client, &artifacts);
    let from = cast.deployer;
    let balance = client.balance(from).await?;
    for who in [from, cast.maker] {
        // Rich enough to make the market, for a moment.
        super::chain::set_balance(client, who, usd(1_000_000_000_000)).await?;
    }
    let weth = super::deploy(client, artifacts, from, "WETH9", &[]).await?;
    let uniswap = uniswap::launch(client, artifacts, from, weth).await?;
    let dao = dao::found(client, artifacts, from, cast.voter).await?;
    let members = market::issue(client, artifacts, from, weth, &listings()).await?;
    let since = client.now().await?.saturating_sub(10 * GRACE_S);
    let (sequencer, _) = super::sequencer_feed(client, artifacts, from, true, since).await?;
    let issued = (from, members.as_slice());
    let pairs = market::every_pair(members.len());
    market::open_pools(client, &uniswap, issued, cast.maker, DEPTH_USD, &pairs).await?;
    for (member, funds) in members.iter().zip(FUNDS_USD) {
        let amount = member.amount(usd(funds))?;
        market::grant(client, from, member, from, amount).await?;
        let purse = member.amount(usd(PURSE_USD))?;
        market::grant(client, from, member, cast.alice, purse).await?;
    }
    for who in [from, cast.maker] {
        super::chain::set_balance(client, who, balance).await?;
    }
    Ok(Example {
        cast,
        dao,
        members,
        uniswap,
        sequencer,
    })
}
