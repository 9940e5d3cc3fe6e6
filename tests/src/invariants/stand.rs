//! Where every sequence starts: a treasury with a market, depositors, and those who mean it no good.

use alloy::{
    primitives::{keccak256, Address, B256, I256, U256},
    signers::local::PrivateKeySigner,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{Oracle, Policy, Vault, IERC20},
    errors::Decoder,
    local::{
        self,
        deployer::STYLUS_DEPLOYER,
        stage::{usd, Listing, Member, Setting, Stage, FEED_DECIMALS, GRACE_S, HEARTBEAT_S},
    },
    stylus::{self, arguments},
};
use devnode::{Act, Chain};

use super::laws::Limit;
use crate::{raise, Mode, Theatre};

/// Place of the asset that is not listed at the start; its own aggregator has the same place.
pub(crate) const NEW: usize = 4;
/// Place of the aggregator that may replace the first asset's.
pub(crate) const SPARE: usize = 5;
/// Place of the aggregator that tells how much of the first asset the new one is worth.
pub(crate) const RATIO: usize = 6;
/// The asset that Pyth prices too.
pub(crate) const TWICE: usize = 2;

/// USD on each side of each pool.
const DEPTH_USD: u64 = 2_000_000;

/// A listed token, as a model that looks past its functions sees it.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) token: Address,
    /// D36{value/tok} of an answer of 1 with 8 decimals.
    pub(crate) scale: U256,
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
    /// Those listed at the start, and one that is not.
    pub(crate) assets: Vec<Asset>,
    /// One an asset in the same order, then [`SPARE`] and [`RATIO`].
    pub(crate) aggregators: Vec<Address>,
    /// What they say at the start.
    pub(crate) answers: Vec<I256>,
    pub(crate) pyth: Address,
    /// Oracle and rebalancer at the start, and others of the same code.
    pub(crate) engines: [(Address, Address); 2],
    /// The limits at the start, with their floors and ceilings.
    pub(crate) limits: Vec<Limit>,
    /// Keys of those who act.
    pub(crate) keys: Vec<PrivateKeySigner>,
    /// Everybody who may ever hold shares; the first are those who act, the last has no key.
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
        let spare = |symbol, answer| another_feed(&theatre, symbol, answer);
        let new = newcomer(&theatre).await?;
        let hostile = theatre.hostile_filler(0, 0).await?;
        let first = theatre.asset(0)?.answer;
        let ratio = new.answer * eight_decimals() / first;
        let extra = [
            (spare("AAA, another", first).await?, first),
            (spare("NEW / AAA", ratio).await?, ratio),
        ];
        let (client, cast) = (&theatre.client, theatre.cast);
        let pyth = local::deploy(client, &theatre.artifacts, cast.maker, "MockPyth", &[]).await?;
        let mut members = theatre.members.clone();
        members.push(new);
        theatre
            .grant(
                &members[NEW],
                hostile,
                members[NEW].amount(usd(10_000_000))?,
            )
            .await?;
        endow(&theatre, &members).await?;
        let mut aggregators: Vec<_> = members.iter().map(|m| m.aggregator).collect();
        let mut answers: Vec<_> = members.iter().map(|m| m.answer).collect();
        for (aggregator, answer) in extra {
            aggregators.push(aggregator);
            answers.push(answer);
        }
        let suite = &theatre.suite;
        let other = other_engine(&theatre).await?;
        let named = [cast.alice, cast.bob, cast.stranger];
        let keys = theatre.node.keys();
        let key = |who: &Address| keys.iter().find(|key| key.address() == *who).cloned();
        let stand = Self {
            chain: theatre.node.prepared(),
            assets: members.iter().map(asset).collect::<Result<_>>()?,
            aggregators,
            answers,
            pyth,
            engines: [(suite.oracle, suite.rebalancer), other],
            limits: limits(&theatre).await?,
            keys: named.iter().filter_map(key).collect(),
            holders: [&named[..], &[cast.deployer, cast.voter, cast.keeper, DEAD]].concat(),
            acting: named.len(),
            hostile,
            decoder: Decoder::new(&theatre.artifacts.interfaces()?),
            stage: Stage::clone(&theatre),
        };
        ensure!(stand.keys.len() == stand.acting, "a depositor has no key");
        stand.check_layouts()?;
        Ok(stand)
    }

    pub(crate) fn tokens(&self) -> Vec<Address> {
        self.assets.iter().map(|a| a.token).collect()
    }

    /// The programs whose functions are counted.
    pub(crate) fn programs(&self) -> [Address; 6] {
        let suite = &self.stage.suite;
        let [(a, b), (c, d)] = self.engines;
        [suite.vault, suite.policy, a, b, c, d]
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
            let owner = self.stage.cast.alice;
            let call = IERC20::balanceOfCall { account: owner };
            let told = chain.ask(&Act::new(vault, asset.token, call))?.result?;
            ensure!(told == asset.balance(&chain, owner) && !told.is_zero());
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
async fn endow(theatre: &Theatre, members: &[Member]) -> Result<()> {
    let cast = theatre.cast;
    for who in [cast.alice, cast.bob, cast.stranger] {
        theatre.mint(who, usd(100_000)).await?;
        for member in members {
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

fn eight_decimals() -> I256 {
    I256::from_raw(U256::from(100_000_000u64))
}

async fn another_feed(theatre: &Theatre, description: &str, answer: I256) -> Result<Address> {
    let (client, from) = (&theatre.client, theatre.cast.maker);
    let artifacts = &theatre.artifacts;
    let decimals = FEED_DECIMALS;
    let (feed, _) = local::feed(
        client,
        artifacts,
        from,
        false,
        decimals,
        description,
        answer,
    )
    .await?;
    Ok(feed)
}

/// A token that nothing knows of: worth one and a half of the first, which backs it.
async fn newcomer(theatre: &Theatre) -> Result<Member> {
    let decimals = 18;
    let token = theatre.unlisted_token("NEW", decimals).await?;
    let answer = theatre.asset(0)?.answer * I256::from_raw(U256::from(3)) / I256::unchecked_from(2);
    let feed = another_feed(theatre, "NEW / USD", answer).await?;
    Ok(Member {
        symbol: "NEW".to_owned(),
        token,
        decimals,
        feed,
        aggregator: feed,
        answer,
    })
}

/// An oracle that prices what is listed, and a rebalancer that asks it.
async fn other_engine(theatre: &Theatre) -> Result<(Address, Address)> {
    let (suite, from) = (&theatre.suite, theatre.cast.deployer);
    let put = async |name: &str, arguments: Vec<u8>| -> Result<Address> {
        let wasm = theatre.artifacts.wasm(name)?;
        let salt = keccak256(format!("another {name}"));
        let client = &theatre.client;
        let done = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &arguments, salt);
        Ok(done.await?.address)
    };
    let oracle = put("oracle", arguments((suite.policy,))).await?;
    let modules = arguments((suite.vault, suite.policy, oracle));
    let rebalancer = put("rebalancer", modules).await?;
    let call = Oracle::setSequencerFeedCall {
        feed: theatre.sequencer,
        grace: U256::from(GRACE_S),
    };
    theatre.govern(oracle, call).await?;
    for member in &theatre.members {
        let answer = member.answer.into_raw();
        let hundred = U256::from(100);
        let call = Oracle::setFeedCall {
            token: member.token,
            feed: member.feed,
            heartbeat: U256::from(HEARTBEAT_S),
            minAnswer: answer / hundred,
            maxAnswer: answer * hundred,
            lagBps: U256::from(50),
        };
        theatre.govern(oracle, call).await?;
    }
    Ok((oracle, rebalancer))
}

/// Limits that there are.
const LIMITS: u64 = 16;

async fn limits(theatre: &Theatre) -> Result<Vec<Limit>> {
    let mut all = Vec::new();
    for id in 0..LIMITS {
        let call = Policy::limitCall { id: U256::from(id) };
        let told = theatre.client.call(theatre.suite.policy, call).await?;
        all.push(Limit {
            value: told.value,
            floor: told.floor,
            ceiling: told.ceiling,
            tightens_down: told.tightensDown,
        });
    }
    Ok(all)
}

fn asset(member: &Member) -> Result<Asset> {
    let is_weird = member.symbol == "ODD";
    // As the compilers laid them out: OpenZeppelin's ERC20, and ours.
    let (balances, allowances) = if is_weird { (9, 3) } else { (0, 1) };
    let exponent = 54u8
        .checked_sub(FEED_DECIMALS + member.decimals)
        .context("decimals above 46")?;
    Ok(Asset {
        token: member.token,
        scale: U256::from(10).pow(U256::from(exponent)),
        balances,
        allowances,
        is_weird,
    })
}
