//! What the venues would pay: pools of Uniswap V3 of every fee, alone, one after the other, or side by side.

mod pools;

use alloy::{
    eips::BlockId,
    primitives::{
        aliases::{U160, U24},
        Address, Bytes, U256,
    },
    sol,
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::ISwapRouter02,
    client::Client,
    route::{self, Path},
    split,
};
use ballast_math::plan::Trade;

use crate::{
    config::{self, Config, Mode},
    state::{part, Leg, Market, Offer, Way},
};

use pools::{state_of, Pool, Pools};

sol! {
    #[allow(missing_docs)]
    interface IRouter {
        function router() external view returns (address);
        function factory() external view returns (address);
        function WETH9() external view returns (address);
    }
}

/// Gas of each further pool that a trade is shared with, before it was ever simulated.
const SHARED_GAS: u64 = 150_000;
/// Where `exactInputSingle` has its amount: selector, five words, amount.
const AMOUNT_AT: u16 = 4 + 4 * 32;

/// Where trades are quoted.
#[derive(Debug, Clone)]
pub struct Venues {
    /// The Uniswap V3 filler.
    pub filler: Address,
    /// SwapRouter02.
    pub router: Address,
    /// UniswapV3Factory.
    pub factory: Address,
    /// The wrapped ether of the router.
    pub weth: Address,
    /// What the configuration says.
    pub config: config::Venues,
}

/// What is asked: for whom, at which block, about which plan.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The block.
    pub block: BlockId,
    /// What the keeper was told.
    pub config: &'a Config,
    /// The treasury at validated prices.
    pub market: &'a Market,
    /// What is to be traded.
    pub plan: &'a [Trade],
}

impl Question<'_> {
    /// What `to` answers, if it does not refuse.
    async fn ask<C: SolCall + Clone>(&self, to: Address, call: C) -> Result<Option<C::Return>> {
        let asked = self.client.try_call_at(self.block, Address::ZERO, to, call);
        Ok(asked.await?.ok())
    }

    fn is_own(&self) -> bool {
        self.config.mode == Mode::OwnFiller
    }

    fn token(&self, place: usize) -> Result<Address> {
        let asset = self.market.assets.get(place);
        Ok(asset.context("a trade of no asset")?.token)
    }
}

/// A part of a trade through one path.
#[derive(Debug, Clone)]
struct Strand {
    path: Path,
    amount: U256,
    bought: U256,
}

impl Venues {
    /// Finds router and factory through the filler.
    ///
    /// # Errors
    /// A chain that does not answer, a filler of something else.
    pub async fn find(client: &Client, filler: Address, config: config::Venues) -> Result<Self> {
        let router = client.call(filler, IRouter::routerCall {}).await?;
        let factory = client.call(router, IRouter::factoryCall {}).await?;
        let weth = client.call(router, IRouter::WETH9Call {}).await?;
        Ok(Self {
            filler,
            router,
            factory,
            weth,
            config,
        })
    }

    /// Offers for every part of the plan that the configuration names; none where a trade has no pool.
    ///
    /// # Errors
    /// A chain that does not answer; [`config::ConfigError`] where the quotes could not be relied on. What a pool refuses is
    /// no offer.
    pub async fn offers(&self, question: &Question<'_>) -> Result<Vec<Offer>> {
        question.config.complete()?;
        let mut pools = Vec::new();
        for trade in question.plan {
            let (sell, buy) = (question.token(trade.sell)?, question.token(trade.buy)?);
            pools.push(self.pools(question, sell, buy).await?);
        }
        let mut offers = Vec::new();
        for share_bps in &question.config.trade.slices_bps {
            offers.extend(self.quote(question, &pools, *share_bps).await?);
        }
        Ok(offers)
    }

    /// Offers for one part of the plan, whose trades may go through `pools`.
    async fn quote(
        &self,
        question: &Question<'_>,
        pools: &[Pools],
        share_bps: u64,
    ) -> Result<Vec<Offer>> {
        let (mut alone, mut shared) = (Vec::new(), Vec::new());
        // What is quoted for one trade is not true any more where another went through the same pool.
        let direct = pools.iter().flat_map(|pools| &pools.direct);
        let mut taken: Vec<_> = direct.map(|pool| pool.address).collect();
        for (trade, pools) in question.plan.iter().zip(pools) {
            let amount = part(trade.amount, share_bps);
            let amount = amount.ok().context("a share above one")?;
            let one = self.one_path(question, pools, amount, &mut taken);
            let Some(one) = one.await? else {
                return Ok(Vec::new());
            };
            let several = match self.config.call_filler {
                Some(_) if !question.is_own() => {
                    self.several(question, &pools.direct, amount).await?
                }
                _ => None,
            };
            shared.push(several.unwrap_or_else(|| vec![one.clone()]));
            alone.push(one);
        }
        if alone.is_empty() {
            return Ok(Vec::new());
        }
        let legs = |bought: Vec<U256>| -> Vec<Leg> {
            let legs = question.plan.iter().zip(bought).map(|(trade, bought)| Leg {
                sell: trade.sell,
                buy: trade.buy,
                // Quoted above by the same formula.
                amount: part(trade.amount, share_bps).unwrap_or_default(),
                bought,
            });
            legs.collect()
        };
        let gas = &question.config.gas;
        let trades = u64::try_from(question.plan.len()).unwrap_or(u64::MAX);
        let assumed = gas
            .assumed
            .saturating_add(gas.assumed_per_trade.saturating_mul(trades));
        let mut offers = vec![Offer {
            share_bps,
            legs: legs(alone.iter().map(|strand| strand.bought).collect()),
            way: self.typed(&alone, question.is_own())?,
            gas: assumed,
            l1_gas: 0,
        }];
        let strands: usize = shared.iter().map(Vec::len).sum();
        // The typed filler knows paths, the call filler knows shares: a plan that needs both is made by the first.
        let is_direct = shared.iter().flatten().all(|s| s.path.hops.is_empty());
        let call_filler = self.config.call_filler.filter(|_| is_direct);
        if let Some(filler) = call_filler.filter(|_| strands > alone.len()) {
            let more = u64::try_from(strands - alone.len()).unwrap_or(u64::MAX);
            let sum = |strands: &Vec<Strand>| {
                strands
                    .iter()
                    .fold(U256::ZERO, |sum, strand| sum.saturating_add(strand.bought))
            };
            offers.push(Offer {
                share_bps,
                legs: legs(shared.iter().map(sum).collect()),
                way: self.by_calls(filler, question, &shared)?,
                gas: assumed.saturating_add(SHARED_GAS.saturating_mul(more)),
                l1_gas: 0,
            });
        }
        Ok(offers)
    }

    /// The best single path: one pool, or two that are not `taken`, unless the pair has none of its own.
    async fn one_path(
        &self,
        question: &Question<'_>,
        pools: &Pools,
        amount: U256,
        taken: &mut Vec<Address>,
    ) -> Result<Option<Strand>> {
        let direct = self.best(question, &pools.direct, amount).await?;
        let mut best = direct.map(|(pool, bought)| (Path::direct(pool.fee), bought, Vec::new()));
        let is_free = |pool: &&Pool| pools.direct.is_empty() || !taken.contains(&pool.address);
        for (middle, before, after) in &pools.around {
            // Pools pay more for more, so the best way to the middle is the begin of the best way through it.
            let before = before.iter().filter(is_free);
            let Some((first, carried)) = self.best(question, before, amount).await? else {
                continue;
            };
            let after = after.iter().filter(is_free);
            let Some((second, bought)) = self.best(question, after, carried).await? else {
                continue;
            };
            if best.as_ref().is_none_or(|(_, other, _)| bought > *other) {
                let (fee, hops) = (first.fee, vec![(*middle, second.fee)]);
                let used = vec![first.address, second.address];
                best = Some((Path { fee, hops }, bought, used));
            }
        }
        Ok(best.map(|(path, bought, used)| {
            taken.extend(used);
            Strand {
                path,
                amount,
                bought,
            }
        }))
    }

    /// The trade shared among pools by what each pays for its next unit, if more than one is used.
    async fn several(
        &self,
        question: &Question<'_>,
        pools: &[Pool],
        amount: U256,
    ) -> Result<Option<Vec<Strand>>> {
        if pools.len() < 2 {
            return Ok(None);
        }
        let (mut known, mut states) = (Vec::new(), Vec::new());
        for pool in pools {
            if let Some(state) = state_of(question, *pool).await? {
                known.push(*pool);
                states.push(state);
            }
        }
        let parts = split::split(amount, &states);
        let mut strands = Vec::new();
        for (pool, part) in known.iter().zip(parts).filter(|(_, part)| !part.is_zero()) {
            let Some(bought) = self.through(question, *pool, part).await? else {
                return Ok(None);
            };
            strands.push(Strand {
                path: Path::direct(pool.fee),
                amount: part,
                bought,
            });
        }
        Ok((strands.len() > 1).then_some(strands))
    }

    /// Through the typed filler, or the keeper's own, which reads a fee of three bytes for each trade.
    fn typed(&self, strands: &[Strand], own: bool) -> Result<Way> {
        let paths: Vec<_> = strands.iter().map(|strand| strand.path.clone()).collect();
        let words = paths.iter().map(words).collect::<Vec<_>>().join(", ");
        let (filler, data) = match (own, self.config.own_filler) {
            (true, Some(filler)) => {
                let fee = |path: &Path| path.fee.to_be_bytes().into_iter().skip(1);
                (
                    filler,
                    paths.iter().flat_map(fee).collect::<Vec<u8>>().into(),
                )
            }
            _ => (self.filler, route::uniswap_v3(&paths)?),
        };
        Ok(Way {
            filler,
            data,
            words: format!("Uniswap V3: {words}"),
        })
    }

    /// Through the call filler, one call for each pool of each trade.
    fn by_calls(
        &self,
        filler: Address,
        question: &Question<'_>,
        shared: &[Vec<Strand>],
    ) -> Result<Way> {
        let (mut calls, mut all_words) = (Vec::new(), Vec::new());
        for (k, (trade, strands)) in question.plan.iter().zip(shared).enumerate() {
            let parts: Vec<_> = strands.iter().map(|strand| strand.amount).collect();
            let amount = parts
                .iter()
                .fold(U256::ZERO, |sum, part| sum.saturating_add(*part));
            let (sell, buy) = (question.token(trade.sell)?, question.token(trade.buy)?);
            for (index, share) in split::shares(amount, &parts) {
                let strand = strands.get(index).context("a share of no pool")?;
                let calldata = single(sell, buy, strand.path.fee, filler);
                calls.push(route::Call {
                    trade: u8::try_from(k)?,
                    share,
                    target: self.router,
                    spender: self.router,
                    patch: Some(AMOUNT_AT),
                    calldata,
                });
                let percent = u32::from(share) * 100 / 65_536;
                all_words.push(match share {
                    route::ALL_LEFT => format!("rest {}", words(&strand.path)),
                    _ => format!("{percent} % {}", words(&strand.path)),
                });
            }
        }
        Ok(Way {
            filler,
            data: route::calls(&calls)?,
            words: format!("calls: {}", all_words.join(", ")),
        })
    }
}

fn single(sell: Address, buy: Address, fee: u32, recipient: Address) -> Bytes {
    let params = ISwapRouter02::ExactInputSingleParams {
        tokenIn: sell,
        tokenOut: buy,
        fee: U24::from(fee),
        recipient,
        amountIn: U256::ZERO,
        amountOutMinimum: U256::ZERO,
        sqrtPriceLimitX96: U160::ZERO,
    };
    let call = ISwapRouter02::exactInputSingleCall { params };
    call.abi_encode().into()
}

/// A path for people: its fees in per cent.
fn words(path: &Path) -> String {
    let fees = [path.fee]
        .into_iter()
        .chain(path.hops.iter().map(|(_, fee)| *fee));
    let percent = |fee: u32| format!("{} %", f64::from(fee) / 1e4);
    fees.map(percent).collect::<Vec<_>>().join(" then ")
}
