//! The fillers against real venues, and the call filler against everybody's calldata.

use alloy::{
    primitives::{aliases::U160, keccak256, Address, Bytes, U256},
    sol,
    sol_types::{SolCall, SolValue},
};
use anyhow::Result;
use ballast::{
    abi::{Filler, ISwapRouter02, IUniswapV3Pool, Policy, Rebalancer, Vault, IERC20},
    keeper::{self, Plan},
    local::{
        chain,
        stage::{usd, Stage},
        uniswap,
        venues::{IUniswapV2Factory, IUniswapV2Pair, IUniswapV2Router02, Venues},
    },
    route::{self, Call, Path, ALL_LEFT},
    split,
};
use e2e::{assert_good, assert_refused, four_assets, raise, Mode, Prepared, Theatre};
use tokio::sync::OnceCell;

/// USD on each side of each pool.
const DEPTH_USD: u64 = 50_000_000;
/// Where the amount stands in `exactInputSingle`: after the selector and four words.
const V3_AMOUNT: u16 = 4 + 4 * 32;
/// Where it stands in `swapExactTokensForTokens`.
const V2_AMOUNT: u16 = 4;

/// A drifted treasury and a market of three venues.
struct Fair {
    theatre: Theatre,
    venues: Venues,
}

static FAIR: OnceCell<(Prepared<Stage>, Venues)> = OnceCell::const_new();

async fn fair() -> Result<Fair> {
    let (prepared, venues) = FAIR
        .get_or_try_init(|| open(&[3_000, 3_500, 2_000, 1_500]))
        .await?;
    Ok(Fair {
        theatre: prepared.raise()?,
        venues: venues.clone(),
    })
}

/// A treasury that has these targets now.
async fn open(weights_bps: &[u64]) -> Result<(Prepared<Stage>, Venues)> {
    let mut setting = four_assets();
    setting.depth_usd = Some(DEPTH_USD);
    let theatre = raise(Mode::Uncached, setting).await?;
    let venues = Venues::open(&theatre, DEPTH_USD).await?;
    theatre.set_targets(weights_bps, 200).await?;
    theatre.publish().await?;
    Ok((theatre.prepared(), venues))
}

impl Fair {
    async fn call(
        &self,
        filler: Address,
        data: Bytes,
    ) -> Result<(Plan, Rebalancer::rebalanceCall)> {
        let t = &self.theatre;
        let plan = t.plan().await?;
        let call = keeper::rebalance_call(&t.client, &t.suite, &plan, filler, data).await?;
        Ok((plan, call))
    }

    /// Rebalances along the route that `data` makes of the plan, and asserts everything that must hold after it.
    async fn rebalances(
        &self,
        filler: Address,
        data: impl Fn(&Plan) -> Result<Bytes>,
    ) -> Result<()> {
        let t = &self.theatre;
        let plan = t.plan().await?;
        assert!(plan.sells.len() > 1, "one trade shows little");
        let (_, call) = self.call(filler, data(&plan)?).await?;
        let (before, supply) = (t.held().await?, t.supply().await?);
        let done = t.rebalance(call).await?;
        assert_good(t, &done, &before, supply, filler).await?;
        assert!(
            done.report.distanceAfterWad < done.report.distanceBeforeWad / U256::from(10),
            "inv_12: {} of {} left",
            done.report.distanceAfterWad,
            done.report.distanceBeforeWad
        );
        assert!(
            done.report.lossBps <= U256::from(6),
            "inv_24: lost {} bps",
            done.report.lossBps
        );
        self.assert_clean(filler).await
    }

    /// Panics unless `filler` holds nothing and allows nobody anything.
    async fn assert_clean(&self, filler: Address) -> Result<()> {
        let t = &self.theatre;
        let spenders = [
            t.uniswap.router,
            self.venues.v2_router,
            self.venues.balancer,
            t.cast.stranger,
            t.suite.vault,
        ];
        for m in &t.members {
            let left = t.balance(m, filler).await?;
            assert!(left.is_zero(), "{left} {} stayed in the filler", m.symbol);
            for spender in spenders {
                let call = IERC20::allowanceCall {
                    owner: filler,
                    spender,
                };
                let allowance = t.client.call(m.token, call).await?;
                assert!(allowance.is_zero(), "{} allowed to {spender}", m.symbol);
            }
        }
        Ok(())
    }

    /// A token on the way between two others.
    fn between(&self, sell: Address, buy: Address) -> Address {
        let mut tokens = self.theatre.members.iter().map(|m| m.token);
        tokens
            .find(|t| *t != sell && *t != buy)
            .expect("there are four")
    }

    /// SwapRouter02's call; the amount is written in by the filler.
    fn v3_call(&self, trade: u8, share: u16, plan: &Plan, recipient: Address) -> Call {
        let (sell, buy) = ends(plan, trade);
        let params = ISwapRouter02::ExactInputSingleParams {
            tokenIn: sell,
            tokenOut: buy,
            fee: uniswap::FEE.try_into().expect("a fee"),
            recipient,
            amountIn: U256::MAX,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: Default::default(),
        };
        let router = self.theatre.uniswap.router;
        Call {
            trade,
            share,
            target: router,
            spender: router,
            patch: Some(V3_AMOUNT),
            calldata: ISwapRouter02::exactInputSingleCall { params }
                .abi_encode()
                .into(),
        }
    }

    fn v2_call(&self, trade: u8, share: u16, plan: &Plan, to: Address) -> Call {
        let (sell, buy) = ends(plan, trade);
        let call = IUniswapV2Router02::swapExactTokensForTokensCall {
            amountIn: U256::MAX,
            amountOutMin: U256::ZERO,
            path: vec![sell, buy],
            to,
            deadline: U256::MAX,
        };
        Call {
            trade,
            share,
            target: self.venues.v2_router,
            spender: self.venues.v2_router,
            patch: Some(V2_AMOUNT),
            calldata: call.abi_encode().into(),
        }
    }
}

fn ends(plan: &Plan, trade: u8) -> (Address, Address) {
    let k = usize::from(trade);
    (plan.sells[k], plan.buys[k])
}

fn trades(plan: &Plan) -> impl Iterator<Item = u8> {
    0..u8::try_from(plan.sells.len()).expect("few trades")
}

fn pairs(plan: &Plan) -> impl Iterator<Item = (Address, Address)> + '_ {
    plan.sells.iter().copied().zip(plan.buys.iter().copied())
}

/// The pair's code that the router expects is the code that the factory deploys.
#[tokio::test(flavor = "multi_thread")]
async fn the_v2_router_finds_the_pairs_of_the_factory() -> Result<()> {
    let artifacts = ballast::artifacts::Artifacts::default();
    let pair = keccak256(artifacts.fixture("UniswapV2Pair")?.bytecode);
    let router = artifacts.fixture("UniswapV2Router02")?.bytecode;
    assert!(router.windows(32).any(|w| w == pair.as_slice()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_along_paths_through_several_v3_pools() -> Result<()> {
    let fair = fair().await?;
    let filler = fair.theatre.suite.filler;
    fair.rebalances(filler, |plan| {
        // The first trade through one pool, the others through two.
        let paths: Vec<_> = pairs(plan)
            .enumerate()
            .map(|(k, (sell, buy))| Path {
                fee: uniswap::FEE,
                hops: match k {
                    0 => vec![],
                    _ => vec![(fair.between(sell, buy), uniswap::FEE)],
                },
            })
            .collect();
        route::uniswap_v3(&paths)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_through_uniswap_v2() -> Result<()> {
    // 0.3 % is more than a trade may cost in the pools of half a per cent: but not than the limit.
    let fair = fair().await?;
    let filler = fair.venues.v2_filler;
    let t = &fair.theatre;
    let plan = t.plan().await?;
    let data = route::uniswap_v2(&vec![vec![]; plan.sells.len()])?;
    let (before, supply) = (t.held().await?, t.supply().await?);
    let done = t.rebalance(fair.call(filler, data).await?.1).await?;
    assert_good(t, &done, &before, supply, filler).await?;
    fair.assert_clean(filler).await?;
    // 0.3 % of a turnover of a tenth, and little impact: 3 bps of NAV, rounded up, and no less than the fee.
    let loss = done.report.lossBps;
    assert!(loss >= U256::from(3) && loss <= U256::from(5), "{loss} bps");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pairs_of_uniswap_v2_cost_more_than_the_limit_allows() -> Result<()> {
    let fair = fair().await?;
    let plan = fair.theatre.plan().await?;
    let paths: Vec<_> = pairs(&plan)
        .map(|(sell, buy)| vec![fair.between(sell, buy)])
        .collect();
    let (_, call) = fair
        .call(fair.venues.v2_filler, route::uniswap_v2(&paths)?)
        .await?;
    let words = fair.theatre.rebalance_refusal(call).await?;
    assert_refused(&words, "INSUFFICIENT_OUTPUT_AMOUNT");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_through_balancer_v2() -> Result<()> {
    let fair = fair().await?;
    fair.rebalances(fair.venues.balancer_filler, |plan| {
        let pools = pairs(plan).map(|(sell, buy)| fair.venues.balancer_pool(sell, buy));
        Ok(route::balancer_v2(&pools.collect::<Result<Vec<_>>>()?))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_by_calldata_that_pays_the_filler_or_the_vault() -> Result<()> {
    for pays_the_vault in [false, true] {
        let fair = fair().await?;
        let filler = fair.venues.call_filler;
        let to = match pays_the_vault {
            false => filler,
            true => fair.theatre.suite.vault,
        };
        fair.rebalances(filler, |plan| {
            let calls: Vec<_> = trades(plan)
                .map(|k| fair.v3_call(k, ALL_LEFT, plan, to))
                .collect();
            route::calls(&calls)
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_split_over_two_venues_by_calldata() -> Result<()> {
    let fair = fair().await?;
    let filler = fair.venues.call_filler;
    let sold_to = async |pair_of: &Plan| -> Result<Vec<U256>> {
        let t = &fair.theatre;
        let mut reserves = Vec::new();
        for (sell, buy) in pairs(pair_of) {
            let call = IUniswapV2Factory::getPairCall {
                tokenA: sell,
                tokenB: buy,
            };
            let account = t.client.call(fair.venues.v2_factory, call).await?;
            let call = IERC20::balanceOfCall { account };
            reserves.push(t.client.call(sell, call).await?);
        }
        Ok(reserves)
    };
    let plan = fair.theatre.plan().await?;
    let before = sold_to(&plan).await?;
    // A sixteenth through V2, what is left through V3.
    fair.rebalances(filler, |plan| {
        let calls: Vec<_> = trades(plan)
            .flat_map(|k| {
                [
                    fair.v2_call(k, 0x1000, plan, filler),
                    fair.v3_call(k, ALL_LEFT, plan, filler),
                ]
            })
            .collect();
        route::calls(&calls)
    })
    .await?;
    for ((was, is), amount) in before.iter().zip(sold_to(&plan).await?).zip(&plan.amounts) {
        let share = is - was;
        // The plan's amounts are clamped again when executed: to the unit or not much less.
        let wanted = amount / U256::from(16);
        assert!(share <= wanted + U256::ONE && share >= wanted - wanted / U256::from(1_000));
    }
    Ok(())
}

/// The pools of one trade as the keeper sees them: Uniswap V3's, then V2's.
async fn pools(fair: &Fair, sell: Address, buy: Address) -> Result<Vec<split::Pool>> {
    let client = &fair.theatre.client;
    let v3 = fair.theatre.pool(sell, buy)?;
    let slot = client
        .call(v3.address, IUniswapV3Pool::slot0Call {})
        .await?;
    let liquidity = client
        .call(v3.address, IUniswapV3Pool::liquidityCall {})
        .await?;
    // The pool's liquidity is the same at all prices: 2^-64 and 2^64 are as far as it may go.
    let limit = match sell == v3.token0 {
        true => U160::from(1) << 64usize,
        false => U160::from(1) << 128usize,
    };
    let v3 = split::Pool::uniswap_v3(liquidity, slot.sqrtPriceX96, limit, v3.fee)?;
    let call = IUniswapV2Factory::getPairCall {
        tokenA: sell,
        tokenB: buy,
    };
    let pair = client.call(fair.venues.v2_factory, call).await?;
    let reserves = client
        .call(pair, IUniswapV2Pair::getReservesCall {})
        .await?;
    let (low, high) = (U256::from(reserves.reserve0), U256::from(reserves.reserve1));
    let (reserve_in, reserve_out) = if sell < buy { (low, high) } else { (high, low) };
    Ok(vec![v3, split::Pool::uniswap_v2(reserve_in, reserve_out)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_by_marginal_price_buys_more_than_one_venue_alone() -> Result<()> {
    // So much of one asset that the cheaper pool becomes the dearer one on the way.
    let (prepared, venues) = open(&[2_500, 4_500, 2_000, 1_000]).await?;
    let theatre = prepared.raise()?;
    let fair = Fair { theatre, venues };
    let (t, filler) = (&fair.theatre, fair.venues.call_filler);
    let plan = t.plan().await?;
    let call_at = |venue: usize, k: u8, share: u16| match venue {
        0 => fair.v3_call(k, share, &plan, filler),
        _ => fair.v2_call(k, share, &plan, filler),
    };
    let mut navs = Vec::new();
    for only in [None, Some(0)] {
        let mut calls = Vec::new();
        let mut promised = vec![];
        for k in trades(&plan) {
            let (sell, buy) = ends(&plan, k);
            let amount = plan.amounts[usize::from(k)];
            let pools = pools(&fair, sell, buy).await?;
            let parts = match only {
                None => split::split(amount, &pools),
                Some(venue) => (0..2)
                    .map(|v| if v == venue { amount } else { U256::ZERO })
                    .collect(),
            };
            let bought = split::bought(&pools, &parts);
            assert!(bought > split::bought(&pools, &[U256::ZERO, amount]));
            promised.push(bought);
            let shares = split::shares(amount, &parts);
            assert_eq!(shares.len(), if only.is_none() { 2 } else { 1 });
            calls.extend(shares.into_iter().map(|(v, share)| call_at(v, k, share)));
        }
        let (_, call) = fair.call(filler, route::calls(&calls)?).await?;
        let snapshot = chain::snapshot(&t.client).await?;
        let (before, supply) = (t.held().await?, t.supply().await?);
        let done = t.rebalance(call).await?;
        assert_good(t, &done, &before, supply, filler).await?;
        for ((m, was), is) in t.members.iter().zip(before).zip(t.held().await?) {
            let promised: U256 = plan
                .buys
                .iter()
                .zip(&promised)
                .filter(|(b, _)| **b == m.token)
                .map(|(_, p)| p)
                .sum();
            // The keeper's own arithmetic is the venues', but for shares of 1/65,536 and the last unit.
            let bought = is.saturating_sub(was);
            let off = bought.abs_diff(promised);
            assert!(
                off <= promised / U256::from(100_000) + U256::from(4),
                "{}: {bought}, not {promised}",
                m.symbol
            );
        }
        navs.push(done.report.navAfter);
        chain::revert(&t.client, snapshot).await?;
    }
    assert!(navs[0] > navs[1], "{navs:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calldata_does_not_sell_is_unsold() -> Result<()> {
    let fair = fair().await?;
    let (t, filler) = (&fair.theatre, fair.venues.call_filler);
    let plan = t.plan().await?;
    let calls: Vec<_> = trades(&plan)
        .map(|k| fair.v3_call(k, 0x8000, &plan, filler))
        .collect();
    let (before, supply) = (t.held().await?, t.supply().await?);
    let (_, call) = fair.call(filler, route::calls(&calls)?).await?;
    let done = t.rebalance(call).await?;
    assert_good(t, &done, &before, supply, filler).await?;
    fair.assert_clean(filler).await?;
    let after = done.report.distanceAfterWad * U256::from(100) / done.report.distanceBeforeWad;
    assert!(
        after >= U256::from(49) && after <= U256::from(52),
        "half was sold, {after} % are left"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dust_and_gifts_in_the_filler_change_nothing() -> Result<()> {
    let mut reports = Vec::new();
    for gift_usd in [None, Some(0), Some(1_000_000)] {
        let fair = fair().await?;
        let (t, filler) = (&fair.theatre, fair.venues.call_filler);
        let plan = t.plan().await?;
        let mut gifts = Vec::new();
        for m in &t.members {
            let gift = match gift_usd {
                None => U256::ZERO,
                Some(0) => U256::ONE,
                Some(gift) => m.amount(usd(gift))?,
            };
            t.grant(m, filler, gift).await?;
            gifts.push(gift);
        }
        let calls: Vec<_> = trades(&plan)
            .map(|k| fair.v3_call(k, ALL_LEFT, &plan, filler))
            .collect();
        let (before, supply) = (t.held().await?, t.supply().await?);
        let (_, call) = fair.call(filler, route::calls(&calls)?).await?;
        let done = t.rebalance(call).await?;
        assert_good(t, &done, &before, supply, filler).await?;
        for (m, gift) in t.members.iter().zip(gifts) {
            assert_eq!(t.balance(m, filler).await?, gift, "{}", m.symbol);
        }
        reports.push((done.report.navAfter, done.report.distanceAfterWad));
    }
    assert_eq!(reports[0], reports[1], "dust");
    assert_eq!(reports[0], reports[2], "gifts");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_says_which_and_why() -> Result<()> {
    let fair = fair().await?;
    let filler = fair.venues.call_filler;
    let plan = fair.theatre.plan().await?;
    let mut greedy = fair.v3_call(1, ALL_LEFT, &plan, filler);
    let mut data = greedy.calldata.to_vec();
    let least = usize::from(V3_AMOUNT) + 32;
    data[least..least + 32].copy_from_slice(&[0x7f; 32]);
    greedy.calldata = data.into();
    let calls = [fair.v3_call(0, ALL_LEFT, &plan, filler), greedy];
    let (_, call) = fair.call(filler, route::calls(&calls)?).await?;
    let words = fair.theatre.rebalance_refusal(call).await?;
    assert_refused(&words, "FillerCallFailed(index: 1");
    assert_refused(&words, "Too little received");
    Ok(())
}

sol! {
    function increaseAllowance(address spender, uint256 addedValue) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function grantRole(bytes32 role, address account) external;
    function policyNonce() external view returns (uint256);
    function router() external view returns (address);
    function factory() external view returns (address);
    function vault() external view returns (address);
    function multicall(bytes[] calldata data) external payable returns (bytes[] memory results);
}

/// Whatever calldata stands in for an aggregator's: in a rebalance and by itself, nothing of anybody's moves that the
/// guards do not allow, and the filler is left with nothing.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_calldata_takes_from_nobody() -> Result<()> {
    let fair = fair().await?;
    let (t, filler) = (&fair.theatre, fair.venues.call_filler);
    let (suite, thief, victim) = (&t.suite, t.cast.stranger, t.cast.alice);
    // The victim has shares, has tokens, and has allowed the vault all of them; and by mistake the filler too.
    t.mint(victim, usd(10_000)).await?;
    for m in &t.members {
        t.grant(m, victim, m.amount(usd(1_000))?).await?;
        for spender in [suite.vault, filler] {
            let amount = U256::MAX;
            let call = IERC20::approveCall { spender, amount };
            t.client.send(victim, m.token, call).await?;
        }
    }
    let call = IERC20::approveCall {
        spender: filler,
        amount: U256::MAX,
    };
    t.client.send(victim, suite.vault, call).await?;
    t.publish().await?;

    let (plan, _) = fair.call(filler, Bytes::new()).await?;
    let n = t.members.len();
    let one = U256::ONE;
    let token = t.members[0].token;
    let targets = [
        plan.sells[0],
        plan.buys[0],
        suite.vault,
        suite.oracle,
        suite.policy,
        suite.rebalancer,
        suite.lens,
        filler,
        suite.filler,
        t.uniswap.router,
        t.uniswap.positions,
        fair.venues.v2_router,
        fair.venues.balancer,
        thief,
        victim,
    ];
    let to_thief = [
        fair.v3_call(0, ALL_LEFT, &plan, thief).calldata,
        fair.v2_call(0, ALL_LEFT, &plan, thief).calldata,
    ];
    let mut inputs: Vec<Vec<u8>> = vec![
        transferFromCall {
            from: victim,
            to: thief,
            amount: one,
        }
        .abi_encode(),
        transferFromCall {
            from: suite.vault,
            to: thief,
            amount: one,
        }
        .abi_encode(),
        IERC20::approveCall {
            spender: thief,
            amount: U256::MAX,
        }
        .abi_encode(),
        increaseAllowanceCall {
            spender: thief,
            addedValue: one,
        }
        .abi_encode(),
        IERC20::transferCall {
            to: thief,
            amount: one,
        }
        .abi_encode(),
        Vault::redeemCall {
            shares: usd(1),
            receiver: thief,
            owner: victim,
            minAmounts: vec![U256::ZERO; n],
        }
        .abi_encode(),
        Vault::mintCall {
            shares: usd(1),
            receiver: thief,
            maxAmounts: vec![U256::MAX; n],
        }
        .abi_encode(),
        Vault::executeCall {
            sells: vec![token],
            buys: vec![t.members[1].token],
            amounts: vec![one],
            leasts: vec![U256::ZERO],
            filler: thief,
            data: Bytes::new(),
        }
        .abi_encode(),
        Vault::setRebalancerCall { rebalancer: thief }.abi_encode(),
        Policy::setLimitCall {
            id: U256::ZERO,
            value: U256::from(300),
        }
        .abi_encode(),
        grantRoleCall {
            role: Default::default(),
            account: thief,
        }
        .abi_encode(),
        Rebalancer::rebalanceCall {
            ..fair.call(suite.filler, Bytes::new()).await?.1
        }
        .abi_encode(),
        Filler::fillCall {
            sells: vec![token],
            buys: vec![token],
            amounts: vec![one],
            leasts: vec![U256::ZERO],
            data: Bytes::new(),
        }
        .abi_encode(),
        multicallCall {
            data: to_thief.to_vec(),
        }
        .abi_encode(),
        // What somebody answers and nobody minds.
        policyNonceCall {}.abi_encode(),
        routerCall {}.abi_encode(),
        factoryCall {}.abi_encode(),
        vaultCall {}.abi_encode(),
        vec![],
        vec![0xff; 100],
        (thief, one).abi_encode(),
    ];
    let places = inputs.len();
    inputs.extend(to_thief.iter().map(|d| d.to_vec()));

    let victims = async || -> Result<Vec<U256>> {
        let mut all = vec![
            t.client
                .call(suite.vault, IERC20::balanceOfCall { account: victim })
                .await?,
        ];
        for m in &t.members {
            all.push(t.balance(m, victim).await?);
        }
        Ok(all)
    };
    let before = t.held().await?;
    let supply = t.supply().await?;
    let theirs = victims().await?;
    let (mut refused, mut passed) = (0, 0);
    let all = targets
        .iter()
        .flat_map(|target| inputs.iter().enumerate().map(move |input| (*target, input)));
    for (i, (target, (place, input))) in all.enumerate() {
        let hostile = |share| Call {
            trade: 0,
            share,
            target,
            spender: if i % 3 == 0 { thief } else { target },
            patch: match place.checked_sub(places) {
                Some(0) => Some(V3_AMOUNT),
                Some(_) => Some(V2_AMOUNT),
                None => (i % 4 == 0 && input.len() >= 36).then_some(4),
            },
            calldata: input.clone().into(),
        };
        // A share small enough that an honest rest lets the rebalance pass, or all of it.
        let share = if i % 5 == 0 { ALL_LEFT } else { 8 };
        let mut calls = vec![hostile(share)];
        calls.extend(trades(&plan).map(|k| fair.v3_call(k, ALL_LEFT, &plan, filler)));
        let (_, call) = fair.call(filler, route::calls(&calls)?).await?;
        let snapshot = chain::snapshot(&t.client).await?;
        match keeper::execute(&t.client, suite, t.cast.keeper, call).await? {
            Ok(done) => {
                passed += 1;
                assert_good(t, &done, &before, supply, filler).await?;
            }
            Err(_) => {
                refused += 1;
                assert_eq!(t.held().await?, before, "inv_14");
                t.assert_sound(filler).await?;
            }
        }
        // By anybody, outside of a rebalance.
        let call = Filler::fillCall {
            sells: vec![plan.sells[0]],
            buys: vec![plan.buys[0]],
            amounts: vec![one],
            leasts: vec![U256::ZERO],
            data: route::calls(&[hostile(ALL_LEFT)])?,
        };
        let held = t.held().await?;
        t.client
            .send_raw(thief, Some(filler), U256::ZERO, call.abi_encode())
            .await?;
        assert_eq!(t.held().await?, held, "{target} {input:02x?}");
        assert_eq!(t.supply().await?, supply, "inv_15: {target} {input:02x?}");
        assert_eq!(victims().await?, theirs, "{target} {input:02x?}");
        fair.assert_clean(filler).await?;
        t.assert_sound(thief).await?;
        chain::revert(&t.client, snapshot).await?;
    }
    assert!(
        refused > 100 && passed > 3,
        "{refused} refused, {passed} passed"
    );
    Ok(())
}
