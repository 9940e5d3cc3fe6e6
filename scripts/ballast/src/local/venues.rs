//! Other places to trade than Uniswap V3, real bytecode, and the fillers for them: opened on a stage that wants them.

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    sol,
    sol_types::{SolEvent, SolValue},
};
use anyhow::{Context, Result};

use super::{
    address, deploy,
    deployer::STYLUS_DEPLOYER,
    stage::{usd, Member, Stage},
    uint,
};
use crate::{
    abi::IERC20,
    stylus::{self, arguments},
};

sol! {
    #[allow(missing_docs)]
    interface IUniswapV2Factory {
        function createPair(address tokenA, address tokenB) external returns (address pair);
        function getPair(address tokenA, address tokenB) external view returns (address pair);
    }

    #[allow(missing_docs)]
    interface IUniswapV2Pair {
        function mint(address to) external returns (uint256 liquidity);
        function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);
    }

    #[allow(missing_docs)]
    interface IUniswapV2Router02 {
        function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] calldata path, address to, uint256 deadline) external returns (uint256[] memory amounts);
    }

    #[allow(missing_docs)]
    interface IWeightedPoolFactory {
        event PoolCreated(address indexed pool);
        function create(string memory name, string memory symbol, address[] memory tokens, uint256[] memory weights, uint256 swapFeePercentage, address owner) external returns (address pool);
    }

    #[allow(missing_docs)]
    interface IBalancerPool {
        function getPoolId() external view returns (bytes32 id);
    }

    #[allow(missing_docs)]
    interface IBalancerVault {
        struct JoinPoolRequest {
            address[] assets;
            uint256[] maxAmountsIn;
            bytes userData;
            bool fromInternalBalance;
        }
        function joinPool(bytes32 poolId, address sender, address recipient, JoinPoolRequest memory request) external payable;
    }
}

/// Fee of the Balancer pools here, WAD: 0.05 %, as of the pools of Uniswap V3.
const BALANCER_FEE_WAD: u64 = 500_000_000_000_000;

/// Venues beside Uniswap V3, one pool for each pair of assets in each, and a filler for each venue.
#[derive(Debug, Clone)]
pub struct Venues {
    /// UniswapV2Factory.
    pub v2_factory: Address,
    /// UniswapV2Router02.
    pub v2_router: Address,
    /// Balancer's V2 Vault.
    pub balancer: Address,
    /// The pools of Balancer, by their tokens in order.
    pub balancer_pools: Vec<(Address, Address, B256)>,
    /// The call filler.
    pub call_filler: Address,
    /// The Uniswap V2 filler.
    pub v2_filler: Address,
    /// The Balancer V2 filler.
    pub balancer_filler: Address,
}

impl Venues {
    /// Deploys venues and fillers; every pair gets `depth_usd` on each side of its pools.
    pub async fn open(stage: &Stage, depth_usd: u64) -> Result<Self> {
        let (client, artifacts) = (&stage.client, &stage.artifacts);
        let maker = stage.cast.maker;
        let put = async |name: &str, args: &[_]| deploy(client, artifacts, maker, name, args).await;
        let v2_factory = put("UniswapV2Factory", &[address(maker)]).await?;
        let v2_router = put(
            "UniswapV2Router02",
            &[address(v2_factory), address(stage.weth)],
        )
        .await?;
        let none = uint(U256::ZERO, 256);
        let args = [address(maker), address(stage.weth), none.clone(), none];
        let balancer = put("BalancerV2Vault", &args).await?;
        let factory = put("BalancerV2WeightedPoolFactory", &[address(balancer)]).await?;
        let mut venues = Self {
            v2_factory,
            v2_router,
            balancer,
            balancer_pools: Vec::new(),
            call_filler: put_bare(stage, "filler-call").await?,
            v2_filler: put_program(stage, "filler-uniswap-v2", v2_router).await?,
            balancer_filler: put_program(stage, "filler-balancer-v2", balancer).await?,
        };
        for (i, a) in stage.members.iter().enumerate() {
            for b in stage.members.iter().skip(i + 1) {
                let (low, high) = if a.token < b.token { (a, b) } else { (b, a) };
                venues.open_pair(stage, low, high, usd(depth_usd)).await?;
                let id = venues
                    .open_weighted(stage, factory, low, high, usd(depth_usd))
                    .await?;
                venues.balancer_pools.push((low.token, high.token, id));
            }
        }
        Ok(venues)
    }

    /// The id of Balancer's pool of two tokens.
    pub fn balancer_pool(&self, a: Address, b: Address) -> Result<B256> {
        let found = self
            .balancer_pools
            .iter()
            .find(|(low, high, _)| (*low, *high) == (a.min(b), a.max(b)));
        found.map(|(.., id)| *id).context("no pool of that pair")
    }

    async fn open_pair(&self, stage: &Stage, a: &Member, b: &Member, value: U256) -> Result<()> {
        let (client, maker) = (&stage.client, stage.cast.maker);
        let (token_a, token_b) = (a.token, b.token);
        let call = IUniswapV2Factory::createPairCall {
            tokenA: token_a,
            tokenB: token_b,
        };
        client.send(maker, self.v2_factory, call).await?;
        let call = IUniswapV2Factory::getPairCall {
            tokenA: token_a,
            tokenB: token_b,
        };
        let pair = client.call(self.v2_factory, call).await?;
        for member in [a, b] {
            stage.grant(member, pair, member.amount(value)?).await?;
        }
        let call = IUniswapV2Pair::mintCall { to: maker };
        client.send(maker, pair, call).await.map(drop)
    }

    async fn open_weighted(
        &self,
        stage: &Stage,
        factory: Address,
        a: &Member,
        b: &Member,
        value: U256,
    ) -> Result<B256> {
        let (client, maker) = (&stage.client, stage.cast.maker);
        let tokens = vec![a.token, b.token];
        let half = U256::from(500_000_000_000_000_000u64);
        let call = IWeightedPoolFactory::createCall {
            name: "Pool".into(),
            symbol: "POOL".into(),
            tokens: tokens.clone(),
            weights: vec![half; 2],
            swapFeePercentage: U256::from(BALANCER_FEE_WAD),
            owner: Address::ZERO,
        };
        let receipt = client.send(maker, factory, call).await?;
        let pool = receipt
            .logs()
            .iter()
            .find_map(|l| IWeightedPoolFactory::PoolCreated::decode_log(&l.inner).ok())
            .context("the factory reported no pool")?
            .pool;
        let id = client.call(pool, IBalancerPool::getPoolIdCall {}).await?;
        let mut amounts = Vec::new();
        for member in [a, b] {
            let amount = member.amount(value)?;
            stage.grant(member, maker, amount).await?;
            let call = IERC20::approveCall {
                spender: self.balancer,
                amount,
            };
            client.send(maker, member.token, call).await?;
            amounts.push(amount);
        }
        // Kind 0: the pool's first tokens.
        let user_data = (U256::ZERO, amounts.clone()).abi_encode_params();
        let request = IBalancerVault::JoinPoolRequest {
            assets: tokens,
            maxAmountsIn: amounts,
            userData: user_data.into(),
            fromInternalBalance: false,
        };
        let call = IBalancerVault::joinPoolCall {
            poolId: id,
            sender: maker,
            recipient: maker,
            request,
        };
        client.send(maker, self.balancer, call).await?;
        Ok(id)
    }
}

/// Deploys the filler of a venue.
pub async fn put_program(stage: &Stage, name: &str, venue: Address) -> Result<Address> {
    let wasm = stage.artifacts.wasm(name)?;
    let from = stage.cast.deployer;
    let args = arguments((venue,));
    let salt = keccak256(format!("ballast/{name}"));
    let done = stylus::deploy(&stage.client, from, STYLUS_DEPLOYER, &wasm, &args, salt).await?;
    Ok(done.address)
}

/// Deploys a program that has no constructor.
pub async fn put_bare(stage: &Stage, name: &str) -> Result<Address> {
    let wasm = stage.artifacts.wasm(name)?;
    let from = stage.cast.deployer;
    let program = stylus::deploy_bare(&stage.client, from, &wasm).await?;
    stylus::activate(&stage.client, from, program).await?;
    Ok(program)
}
