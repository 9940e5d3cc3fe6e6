//! What the venues would pay: pools of Uniswap V3 of every fee, alone, one after the other, or side by side.

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
    abi::{ISwapRouter02, IUniswapV3Factory, IUniswapV3Pool},
    client::Client,
    route::{self, Path},
    split,
};
use ballast_math::plan::Trade;

use crate::{
    config::{self, Config, Mode},
    state::{part, Leg, Market, Offer, Way},
};

sol! {
    #[allow(missing_docs)]
    interface IQuoterV2 {
        struct QuoteExactInputSingleParams {
            address tokenIn;
            address tokenOut;
            uint256 amountIn;
            uint24 fee;
            uint160 sqrtPriceLimitX96;
        }
        function quoteExactInputSingle(QuoteExactInputSingleParams memory params) external returns (uint256 amountOut, uint160 sqrtPriceX96After, uint32 initializedTicksCrossed, uint256 gasEstimate);
        function quoteExactInput(bytes memory path, uint256 amountIn) external returns (uint256 amountOut, uint160[] memory sqrtPriceX96AfterList, uint32[] memory initializedTicksCrossedList, uint256 gasEstimate);
    }

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

/// A pool of one fee.
#[derive(Debug, Clone, Copy)]
struct Pool {
    address: Address,
    fee: u32,
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

    /// Offers for every part of `plan` that the configuration names; none where a trade has no pool.
    ///
    /// # Errors
    /// A chain that does not answer. What a pool refuses is no offer.
    pub async fn offers(
        &self,
        client: &Client,
        block: BlockId,
        config: &Config,
        market: &Market,
        plan: &[Trade],
    ) -> Result<Vec<Offer>> {
        let mut offers = Vec::new();
        for share_bps in &config.trade.slices_bps {
            let quoted = self
                .quote(client, block, config, market, plan, *share_bps)
                .await?;
            offers.extend(quoted);
        }
        Ok(offers)
    }

    /// Offers for one part of `plan`.
    ///
    /// # Errors
    /// As [`Venues::offers`].
    pub async fn quote(
        &self,
        client: &Client,
        block: BlockId,
        config: &Config,
        market: &Market,
        plan: &[Trade],
        share_bps: u64,
    ) -> Result<Vec<Offer>> {
        let (mut alone, mut shared) = (Vec::new(), Vec::new());
        let own = config.mode == Mode::OwnFiller;
        for trade in plan {
            let amount = part(trade.amount, share_bps)
                .ok()
                .context("a share above one")?;
            let token = |place: usize| {
                let asset = market.assets.get(place);
                asset.map(|a| a.token).context("a trade of no asset")
            };
            let (sell, buy) = (token(trade.sell)?, token(trade.buy)?);
            let pools = self.pools(client, block, sell, buy).await?;
            let Some(one) = self
                .one_path(client, block, sell, buy, amount, &pools, own)
                .await?
            else {
                return Ok(Vec::new());
            };
            let several = match self.config.call_filler {
                Some(_) if !own => {
                    self.several(client, block, sell, buy, amount, &pools)
                        .await?
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
            let legs = plan.iter().zip(bought).map(|(trade, bought)| Leg {
                sell: trade.sell,
                buy: trade.buy,
                // Quoted above by the same formula.
                amount: part(trade.amount, share_bps).unwrap_or_default(),
                bought,
            });
            legs.collect()
        };
        let gas = &config.gas;
        let trades = u64::try_from(plan.len()).unwrap_or(u64::MAX);
        let assumed = gas
            .assumed
            .saturating_add(gas.assumed_per_trade.saturating_mul(trades));
        let mut offers = vec![Offer {
            share_bps,
            legs: legs(alone.iter().map(|strand| strand.bought).collect()),
            way: self.typed(&alone, own)?,
            gas: assumed,
            l1_gas: 0,
        }];
        let strands: usize = shared.iter().map(Vec::len).sum();
        // The typed filler knows paths, the call filler knows shares: a plan that needs both is made by the first.
        let is_direct = shared.iter().flatten().all(|s| s.path.hops.is_empty());
        let call_filler = self.config.call_filler.filter(|_| is_direct);
        if let Some(filler) = call_filler.filter(|_| strands > plan.len()) {
            let more = u64::try_from(strands - plan.len()).unwrap_or(u64::MAX);
            let sum = |strands: &Vec<Strand>| {
                strands
                    .iter()
                    .fold(U256::ZERO, |sum, strand| sum.saturating_add(strand.bought))
            };
            offers.push(Offer {
                share_bps,
                legs: legs(shared.iter().map(sum).collect()),
                way: self.by_calls(filler, market, plan, &shared)?,
                gas: assumed.saturating_add(SHARED_GAS.saturating_mul(more)),
                l1_gas: 0,
            });
        }
        Ok(offers)
    }

    async fn pools(
        &self,
        client: &Client,
        block: BlockId,
        a: Address,
        b: Address,
    ) -> Result<Vec<Pool>> {
        let mut pools = Vec::new();
        for fee in &self.config.fees {
            let call = IUniswapV3Factory::getPoolCall {
                tokenA: a,
                tokenB: b,
                fee: U24::from(*fee),
            };
            let asked = client.try_call_at(block, Address::ZERO, self.factory, call);
            match asked.await? {
                Ok(address) if !address.is_zero() => pools.push(Pool { address, fee: *fee }),
                _ => {}
            }
        }
        Ok(pools)
    }

    /// The best single path: one pool, or two where the pair has none.
    #[allow(clippy::too_many_arguments)]
    async fn one_path(
        &self,
        client: &Client,
        block: BlockId,
        sell: Address,
        buy: Address,
        amount: U256,
        pools: &[Pool],
        direct_only: bool,
    ) -> Result<Option<Strand>> {
        let mut best: Option<Strand> = None;
        let mut offer = |path: Path, bought: Option<U256>| {
            let better = |b: &U256| best.as_ref().is_none_or(|other| *b > other.bought);
            if let Some(bought) = bought.filter(better) {
                best = Some(Strand {
                    path,
                    amount,
                    bought,
                });
            }
        };
        for pool in pools {
            let bought = self
                .through(client, block, sell, buy, amount, *pool)
                .await?;
            offer(Path::direct(pool.fee), bought);
        }
        if !pools.is_empty() || direct_only {
            return Ok(best);
        }
        let Some(quoter) = self.config.quoter else {
            return Ok(best);
        };
        let via = self.config.via.iter().chain([&self.weth]);
        for middle in via.filter(|token| **token != sell && **token != buy) {
            for first in self.pools(client, block, sell, *middle).await? {
                for second in self.pools(client, block, *middle, buy).await? {
                    let path = Path {
                        fee: first.fee,
                        hops: vec![(*middle, second.fee)],
                    };
                    let call = IQuoterV2::quoteExactInputCall {
                        path: packed(sell, &path, buy),
                        amountIn: amount,
                    };
                    let asked = client
                        .try_call_at(block, Address::ZERO, quoter, call)
                        .await?;
                    offer(path, asked.ok().map(|answer| answer.amountOut));
                }
            }
        }
        Ok(best)
    }

    /// What one pool pays: by the quoter, or by the pool's state up to the greatest price there is.
    async fn through(
        &self,
        client: &Client,
        block: BlockId,
        sell: Address,
        buy: Address,
        amount: U256,
        pool: Pool,
    ) -> Result<Option<U256>> {
        let Some(quoter) = self.config.quoter else {
            let pool = state_of(client, block, sell, buy, pool).await?;
            return Ok(pool.map(|pool| pool.out(amount)));
        };
        let params = IQuoterV2::QuoteExactInputSingleParams {
            tokenIn: sell,
            tokenOut: buy,
            amountIn: amount,
            fee: U24::from(pool.fee),
            sqrtPriceLimitX96: U160::ZERO,
        };
        let call = IQuoterV2::quoteExactInputSingleCall { params };
        let asked = client
            .try_call_at(block, Address::ZERO, quoter, call)
            .await?;
        Ok(asked.ok().map(|answer| answer.amountOut))
    }

    /// The trade shared among pools by what each pays for its next unit, if more than one is used.
    async fn several(
        &self,
        client: &Client,
        block: BlockId,
        sell: Address,
        buy: Address,
        amount: U256,
        pools: &[Pool],
    ) -> Result<Option<Vec<Strand>>> {
        if pools.len() < 2 {
            return Ok(None);
        }
        let (mut known, mut states) = (Vec::new(), Vec::new());
        for pool in pools {
            if let Some(state) = state_of(client, block, sell, buy, *pool).await? {
                known.push(*pool);
                states.push(state);
            }
        }
        let parts = split::split(amount, &states);
        let mut strands = Vec::new();
        for (pool, part) in known.iter().zip(parts).filter(|(_, part)| !part.is_zero()) {
            let quoted = self.through(client, block, sell, buy, part, *pool).await?;
            let Some(bought) = quoted else {
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
        market: &Market,
        plan: &[Trade],
        shared: &[Vec<Strand>],
    ) -> Result<Way> {
        let (mut calls, mut all_words) = (Vec::new(), Vec::new());
        for (k, (trade, strands)) in plan.iter().zip(shared).enumerate() {
            let parts: Vec<_> = strands.iter().map(|strand| strand.amount).collect();
            let amount = parts
                .iter()
                .fold(U256::ZERO, |sum, part| sum.saturating_add(*part));
            let sell = market.assets.get(trade.sell).context("no such asset")?;
            let buy = market.assets.get(trade.buy).context("no such asset")?;
            for (index, share) in split::shares(amount, &parts) {
                let strand = strands.get(index).context("a share of no pool")?;
                let calldata = single(sell.token, buy.token, strand.path.fee, filler);
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

/// A pool as one side of a trade sees it, as if its liquidity were the same at all prices.
async fn state_of(
    client: &Client,
    block: BlockId,
    sell: Address,
    buy: Address,
    pool: Pool,
) -> Result<Option<split::Pool>> {
    let nobody = Address::ZERO;
    let slot = client
        .try_call_at(block, nobody, pool.address, IUniswapV3Pool::slot0Call {})
        .await?;
    let liquidity = client
        .try_call_at(
            block,
            nobody,
            pool.address,
            IUniswapV3Pool::liquidityCall {},
        )
        .await?;
    let (Ok(slot), Ok(liquidity)) = (slot, liquidity) else {
        return Ok(None);
    };
    // 2^-64 and 2^64 are as far as a price may go.
    let limit = match sell < buy {
        true => U160::from(1) << 64usize,
        false => U160::from(1) << 128usize,
    };
    if liquidity == 0 {
        return Ok(None);
    }
    Ok(split::Pool::uniswap_v3(liquidity, slot.sqrtPriceX96, limit, pool.fee).ok())
}

/// Tokens and fees one after the other, as the quoter reads them.
fn packed(sell: Address, path: &Path, buy: Address) -> Bytes {
    let mut bytes = sell.to_vec();
    let fee = |bytes: &mut Vec<u8>, fee: u32| bytes.extend(fee.to_be_bytes().into_iter().skip(1));
    fee(&mut bytes, path.fee);
    for (token, after) in &path.hops {
        bytes.extend(token);
        fee(&mut bytes, *after);
    }
    bytes.extend(buy);
    bytes.into()
}

/// A path for people: its fees in per cent.
fn words(path: &Path) -> String {
    let fees = [path.fee]
        .into_iter()
        .chain(path.hops.iter().map(|(_, fee)| *fee));
    let percent = |fee: u32| format!("{} %", f64::from(fee) / 1e4);
    fees.map(percent).collect::<Vec<_>>().join(" then ")
}
