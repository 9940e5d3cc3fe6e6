//! Where every sequence starts: a treasury with a market, depositors, and those who mean it no good.

use alloy::primitives::{keccak256, Address, B256, I256, U256};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{Oracle, Vault, IERC20},
    errors::Decoder,
    local::stage::{usd, Listing, Setting, Stage, FEED_DECIMALS},
};
use devnode::{Act, Chain};

use crate::{raise, Mode, Theatre};

/// USD on each side of each pool.
const DEPTH_USD: u64 = 2_000_000;

/// A listed token, as a model that looks past its functions sees it.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) token: Address,
    pub(crate) aggregator: Address,
    /// D36{value/tok} of an answer of 1.
    pub(crate) scale: U256,
    /// The answer at the start.
    pub(crate) answer: I256,
    /// Storage slots of its maps of balances and allowances.
    balances: u64,
    allowances: u64,
    /// Whether it misbehaves when told to.
    pub(crate) is_weird: bool,
}

fn mapped(key: B256, slot: B256) -> B256 {
    keccak256([key, slot].concat())
}

impl Asset {
    pub(crate) fn balance(&self, chain: &Chain, of: Address) -> U256 {
        let slot = mapped(of.into_word(), U256::from(self.balances).into());
        chain.state().storage(self.token, slot.into())
    }

    pub(crate) fn allowance(&self, chain: &Chain, owner: Address, spender: Address) -> U256 {
        let outer = mapped(owner.into_word(), U256::from(self.allowances).into());
        let slot = mapped(spender.into_word(), outer);
        chain.state().storage(self.token, slot.into())
    }
}

/// The stage, the assets on it, and who may hold shares.
#[derive(Debug)]
pub(crate) struct Stand {
    pub(crate) chain: devnode::Prepared,
    pub(crate) stage: Stage,
    pub(crate) assets: Vec<Asset>,
    /// Everybody who may ever hold shares; the first are those who act.
    pub(crate) holders: Vec<Address>,
    /// How many of the holders act.
    pub(crate) acting: usize,
    /// Pays as it is told to.
    pub(crate) hostile: Address,
    /// Refusals in words.
    pub(crate) decoder: Decoder,
}

/// The address without a key that keeps the locked shares.
const DEAD: Address = alloy::primitives::address!("000000000000000000000000000000000000dead");

impl Stand {
    /// Four assets of different decimals, one of which misbehaves when told to, with a pool for each pair.
    pub(crate) async fn set() -> Result<Self> {
        let setting = Setting {
            listings: vec![
                Listing::new("AAA", 18, "2000", 400_000),
                Listing::new("BBB", 8, "40000", 300_000),
                Listing::new("CCC", 6, "1", 200_000),
                Listing::new("ODD", 18, "15", 100_000).of("RevertingToken"),
            ],
            depth_usd: Some(DEPTH_USD),
            limits: vec![],
        };
        let theatre = raise(Mode::Cached, setting).await?;
        theatre
            .set_targets(&[4_000, 3_000, 2_000, 1_000], 100)
            .await?;
        // One asset is watched: its band widens in a storm, and a wild one stops the trade.
        let watch = Oracle::setVolatilityCall {
            token: theatre.asset(0)?.token,
            referenceBps: U256::from(10_000),
            maxBps: U256::from(100_000),
        };
        theatre.govern(theatre.suite.oracle, watch).await?;
        let hostile = theatre.hostile_filler(0, 0).await?;
        endow(&theatre).await?;
        let assets = assets(&theatre)?;
        let cast = theatre.cast;
        let chain = theatre.node.prepared();
        let stand = Self {
            chain,
            assets,
            holders: vec![cast.alice, cast.bob, cast.stranger, cast.deployer, DEAD],
            acting: 3,
            hostile,
            decoder: Decoder::new(&theatre.artifacts.interfaces()?),
            stage: Stage::clone(&theatre),
        };
        stand.check_layouts()?;
        Ok(stand)
    }

    pub(crate) fn tokens(&self) -> Vec<Address> {
        self.assets.iter().map(|a| a.token).collect()
    }

    /// Those who hold shares and act.
    pub(crate) fn depositors(&self) -> &[Address] {
        &self.holders[..self.acting]
    }

    /// Where the model looks is where the tokens keep it.
    fn check_layouts(&self) -> Result<()> {
        let chain = self.chain.start();
        let vault = self.stage.suite.vault;
        for asset in &self.assets {
            let call = IERC20::balanceOfCall { account: vault };
            let told = chain.ask(&Act::new(vault, asset.token, call))?.result?;
            ensure!(told == asset.balance(&chain, vault) && !told.is_zero());
            let owner = self.stage.cast.alice;
            let call = IERC20::allowanceCall {
                owner,
                spender: vault,
            };
            let told = chain.ask(&Act::new(vault, asset.token, call))?.result?;
            ensure!(told == asset.allowance(&chain, owner, vault) && !told.is_zero());
        }
        Ok(())
    }
}

/// Gives the depositors shares, tokens and approvals.
async fn endow(theatre: &Theatre) -> Result<()> {
    let cast = theatre.cast;
    for who in [cast.alice, cast.bob, cast.stranger] {
        theatre.mint(who, usd(100_000)).await?;
        for member in &theatre.members {
            let amount = member.amount(usd(1_000_000))?;
            theatre.grant(member, who, amount).await?;
            for spender in [theatre.suite.vault, theatre.uniswap.router] {
                let call = IERC20::approveCall {
                    spender,
                    amount: U256::MAX,
                };
                theatre.client.send(who, member.token, call).await?;
            }
        }
    }
    let supply = theatre
        .client
        .call(theatre.suite.vault, Vault::totalSupplyCall {})
        .await?;
    ensure!(supply == usd(1_300_000), "the supply is {supply}");
    Ok(())
}

fn assets(theatre: &Theatre) -> Result<Vec<Asset>> {
    let asset = |member: &ballast::local::stage::Member| -> Result<Asset> {
        let is_weird = member.symbol == "ODD";
        // As the compilers laid them out: OpenZeppelin's ERC20, and ours.
        let (balances, allowances) = if is_weird { (9, 3) } else { (0, 1) };
        let exponent = 54u8
            .checked_sub(FEED_DECIMALS + member.decimals)
            .context("decimals above 46")?;
        Ok(Asset {
            token: member.token,
            aggregator: member.aggregator,
            scale: U256::from(10).pow(U256::from(exponent)),
            answer: member.answer,
            balances,
            allowances,
            is_weird,
        })
    };
    theatre.members.iter().map(asset).collect()
}
