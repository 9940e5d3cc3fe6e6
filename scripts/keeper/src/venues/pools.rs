//! Which pools of Uniswap V3 there are for a trade, and what each of them pays.

use alloy::{
    primitives::{
        aliases::{U160, U24},
        Address, U256,
    },
    sol,
};
use anyhow::Result;
use ballast::{
    abi::{IUniswapV3Factory, IUniswapV3Pool},
    split,
};

use super::{Question, Venues};

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
    }
}

/// A pool of two tokens as a trade of one for the other sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool {
    pub(super) address: Address,
    pub(super) fee: u32,
    sell: Address,
    buy: Address,
}

/// The pools that a trade may go through.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    pub(super) direct: Vec<Pool>,
    /// Through another token: those before it, and those after it.
    pub(super) around: Vec<(Address, Vec<Pool>, Vec<Pool>)>,
}

impl Venues {
    /// Every pool through which `sell` may become `buy`; the keeper's own filler knows no paths.
    pub(super) async fn pools(
        &self,
        question: &Question<'_>,
        sell: Address,
        buy: Address,
    ) -> Result<Pools> {
        let direct = self.between(question, sell, buy).await?;
        let mut around: Vec<(Address, Vec<Pool>, Vec<Pool>)> = Vec::new();
        let via = self.config.via.iter().chain([&self.weth]);
        for middle in via.filter(|token| **token != sell && **token != buy) {
            if question.is_own() || around.iter().any(|(known, ..)| known == middle) {
                continue;
            }
            let before = self.between(question, sell, *middle).await?;
            let after = match before.is_empty() {
                true => Vec::new(),
                false => self.between(question, *middle, buy).await?,
            };
            around.push((*middle, before, after));
        }
        Ok(Pools { direct, around })
    }

    async fn between(
        &self,
        question: &Question<'_>,
        sell: Address,
        buy: Address,
    ) -> Result<Vec<Pool>> {
        let mut pools = Vec::new();
        for fee in &self.config.fees {
            let call = IUniswapV3Factory::getPoolCall {
                tokenA: sell,
                tokenB: buy,
                fee: U24::from(*fee),
            };
            match question.ask(self.factory, call).await? {
                Some(address) if !address.is_zero() => pools.push(Pool {
                    address,
                    fee: *fee,
                    sell,
                    buy,
                }),
                _ => {}
            }
        }
        Ok(pools)
    }

    /// Which of `pools` pays most, and how much.
    pub(super) async fn best(
        &self,
        question: &Question<'_>,
        pools: impl IntoIterator<Item = &Pool>,
        amount: U256,
    ) -> Result<Option<(Pool, U256)>> {
        let mut best: Option<(Pool, U256)> = None;
        for pool in pools {
            let Some(bought) = self.through(question, *pool, amount).await? else {
                continue;
            };
            if best.is_none_or(|(_, other)| bought > other) {
                best = Some((*pool, bought));
            }
        }
        Ok(best)
    }

    /// What one pool pays: by the quoter, or by the pool's state up to the greatest price there is.
    pub(super) async fn through(
        &self,
        question: &Question<'_>,
        pool: Pool,
        amount: U256,
    ) -> Result<Option<U256>> {
        let Some(quoter) = self.config.quoter else {
            let state = state_of(question, pool).await?;
            return Ok(state.map(|pool| pool.out(amount)));
        };
        let params = IQuoterV2::QuoteExactInputSingleParams {
            tokenIn: pool.sell,
            tokenOut: pool.buy,
            amountIn: amount,
            fee: U24::from(pool.fee),
            sqrtPriceLimitX96: U160::ZERO,
        };
        let call = IQuoterV2::quoteExactInputSingleCall { params };
        let answer = question.ask(quoter, call).await?;
        Ok(answer.map(|answer| answer.amountOut))
    }
}

/// A pool as one side of a trade sees it, as if its liquidity were the same at all prices.
pub(super) async fn state_of(question: &Question<'_>, pool: Pool) -> Result<Option<split::Pool>> {
    let slot = question.ask(pool.address, IUniswapV3Pool::slot0Call {});
    let Some(slot) = slot.await? else {
        return Ok(None);
    };
    let liquidity = question.ask(pool.address, IUniswapV3Pool::liquidityCall {});
    let Some(liquidity) = liquidity.await?.filter(|liquidity| *liquidity > 0) else {
        return Ok(None);
    };
    // 2^-64 and 2^64 are as far as a price may go.
    let limit = match pool.sell < pool.buy {
        true => U160::from(1) << 64usize,
        false => U160::from(1) << 128usize,
    };
    Ok(split::Pool::uniswap_v3(liquidity, slot.sqrtPriceX96, limit, pool.fee).ok())
}
