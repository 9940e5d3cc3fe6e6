//! Uniswap V3, real bytecode: factory, router, positions; pools at a chosen price and depth that follow
//! the market when told to.

use alloy::primitives::{
    aliases::{I24, U160, U24, U512},
    Address, U256,
};
use anyhow::{ensure, Context, Result};

use super::{address, deploy};
use crate::{
    abi::{INonfungiblePositionManager, ISwapRouter02, IUniswapV3Factory, IUniswapV3Pool, IERC20},
    artifacts::Artifacts,
    client::Client,
};

/// The last tick that there is.
const MAX_TICK: i32 = 887_272;

/// Fee of every pool of a stage, in hundredths of a bip.
pub const FEE: u32 = 500;

/// Every fee of Uniswap V3 and the spacing of its ticks. The first was added by its governance.
pub const FEES: [(u32, i32); 4] = [(100, 1), (500, 10), (3_000, 60), (10_000, 200)];

/// The exchange's contracts.
#[derive(Debug, Clone)]
pub struct Uniswap {
    /// Pools by pair and fee.
    pub factory: Address,
    /// SwapRouter02.
    pub router: Address,
    /// NonfungiblePositionManager.
    pub positions: Address,
    /// QuoterV2.
    pub quoter: Address,
}

/// A pool and how its price follows from those of its tokens.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The pool's contract.
    pub address: Address,
    /// The token with the lower address.
    pub token0: Address,
    /// The other one.
    pub token1: Address,
    /// Its fee, in hundredths of a bip.
    pub fee: u32,
}

/// Deploys factory, router, position manager and quoter around `weth`.
pub async fn launch(
    client: &Client,
    artifacts: &Artifacts,
    from: Address,
    weth: Address,
) -> Result<Uniswap> {
    let factory = deploy(client, artifacts, from, "UniswapV3Factory", &[]).await?;
    let args = [address(factory), address(weth), address(Address::ZERO)];
    let positions = deploy(client, artifacts, from, "NonfungiblePositionManager", &args).await?;
    let args = [
        address(Address::ZERO),
        address(factory),
        address(positions),
        address(weth),
    ];
    let router = deploy(client, artifacts, from, "SwapRouter02", &args).await?;
    let args = [address(factory), address(weth)];
    let quoter = deploy(client, artifacts, from, "QuoterV2", &args).await?;
    Ok(Uniswap {
        factory,
        router,
        positions,
        quoter,
    })
}

/// √(price_0 / price_1) · 2^96 from prices per smallest unit.
pub fn sqrt_price_x96(price0_d36: U256, price1_d36: U256) -> Result<U160> {
    ensure!(!price1_d36.is_zero(), "a price is zero");
    let ratio_x192: U512 = (U512::from(price0_d36) << 192usize) / U512::from(price1_d36);
    let root = ratio_x192.root(2);
    ensure!(root.bit_len() <= 160, "price ratio outside Uniswap's range");
    Ok(U160::from(root))
}

/// Lets the factory make pools of `fee`, as its owner.
pub async fn enable_fee(
    client: &Client,
    uniswap: &Uniswap,
    owner: Address,
    fee: u32,
) -> Result<()> {
    let call = IUniswapV3Factory::enableFeeAmountCall {
        fee: U24::from(fee),
        tickSpacing: I24::try_from(spacing(fee)?)?,
    };
    client.send(owner, uniswap.factory, call).await.map(drop)
}

fn spacing(fee: u32) -> Result<i32> {
    let found = FEES.iter().find(|(known, _)| *known == fee);
    Ok(found.with_context(|| format!("no pools of fee {fee}"))?.1)
}

/// Creates the pool of two tokens at the ratio of `prices_d36` and fills it with `value_wad` of each: over all prices, or within so many ticks.
pub async fn open_pool(
    client: &Client,
    uniswap: &Uniswap,
    maker: Address,
    tokens: [(Address, U256); 2],
    value_wad: U256,
    fee: u32,
    range: Option<i32>,
) -> Result<Pool> {
    let [mut a, mut b] = tokens;
    if a.0 > b.0 {
        std::mem::swap(&mut a, &mut b);
    }
    let sqrt = sqrt_price_x96(a.1, b.1)?;
    let spacing = spacing(fee)?;
    let pool_fee = U24::from(fee);
    let call = INonfungiblePositionManager::createAndInitializePoolIfNecessaryCall {
        token0: a.0,
        token1: b.0,
        fee: pool_fee,
        sqrtPriceX96: sqrt,
    };
    client.send(maker, uniswap.positions, call).await?;
    let call = IUniswapV3Factory::getPoolCall {
        tokenA: a.0,
        tokenB: b.0,
        fee: pool_fee,
    };
    let address = client.call(uniswap.factory, call).await?;
    let d36 = U256::from(10).pow(U256::from(36));
    let mut amounts = [U256::ZERO; 2];
    for (amount, (token, price)) in amounts.iter_mut().zip([a, b]) {
        // {tok} = {value} * D36 / D36{value/tok}
        *amount = U256::from(U512::from(value_wad) * U512::from(d36) / U512::from(price));
        for spender in [uniswap.positions, uniswap.router] {
            client
                .send(
                    maker,
                    token,
                    IERC20::approveCall {
                        spender,
                        amount: U256::MAX,
                    },
                )
                .await?;
        }
    }
    let slot = client.call(address, IUniswapV3Pool::slot0Call {}).await?;
    let (lower, upper) = match range {
        None => (MAX_TICK / spacing * -spacing, MAX_TICK / spacing * spacing),
        Some(range) => {
            let tick: i32 = slot.tick.as_i32();
            let lower = (tick - range).div_euclid(spacing);
            let upper = -(-tick - range).div_euclid(spacing);
            (lower * spacing, upper * spacing)
        }
    };
    let params = INonfungiblePositionManager::MintParams {
        token0: a.0,
        token1: b.0,
        fee: pool_fee,
        tickLower: I24::try_from(lower)?,
        tickUpper: I24::try_from(upper)?,
        amount0Desired: amounts[0],
        amount1Desired: amounts[1],
        amount0Min: U256::ZERO,
        amount1Min: U256::ZERO,
        recipient: maker,
        deadline: U256::MAX,
    };
    client
        .send(
            maker,
            uniswap.positions,
            INonfungiblePositionManager::mintCall { params },
        )
        .await?;
    Ok(Pool {
        address,
        token0: a.0,
        token1: b.0,
        fee,
    })
}

/// Trades as `maker` until the pool stands at the ratio of the prices: what arbitrage does in a market.
pub async fn move_pool(
    client: &Client,
    uniswap: &Uniswap,
    maker: Address,
    pool: &Pool,
    price0_d36: U256,
    price1_d36: U256,
) -> Result<()> {
    let target = sqrt_price_x96(price0_d36, price1_d36)?;
    let now = client
        .call(pool.address, IUniswapV3Pool::slot0Call {})
        .await?
        .sqrtPriceX96;
    if now == target {
        return Ok(());
    }
    let (token_in, token_out) = if target < now {
        (pool.token0, pool.token1)
    } else {
        (pool.token1, pool.token0)
    };
    let amount_in = client
        .call(token_in, IERC20::balanceOfCall { account: maker })
        .await?;
    let params = ISwapRouter02::ExactInputSingleParams {
        tokenIn: token_in,
        tokenOut: token_out,
        fee: U24::from(pool.fee),
        recipient: maker,
        amountIn: amount_in,
        amountOutMinimum: U256::ZERO,
        sqrtPriceLimitX96: target,
    };
    client
        .send(
            maker,
            uniswap.router,
            ISwapRouter02::exactInputSingleCall { params },
        )
        .await?;
    let then = client
        .call(pool.address, IUniswapV3Pool::slot0Call {})
        .await?
        .sqrtPriceX96;
    ensure!(
        then == target,
        "pool {} stopped at {then} before {target}: maker out of tokens",
        pool.address
    );
    Ok(())
}
