//! The keeper's routes: through two pools one after the other, and shared between pools, against pools of Uniswap's own bytecode.
//!
//! What each route pays is computed here from the reserves that were put into the pools, and not from the keeper's quotes.

use alloy::{
    network::EthereumWallet,
    primitives::{
        aliases::{U160, U24},
        Address, U256,
    },
};
use anyhow::{Context, Result};
use ballast::{
    abi::IUniswapV3Pool,
    local::{
        stage::{usd, Listing, Setting},
        uniswap,
        venues::put_bare,
    },
};
use ballast_keeper::{
    config::Config,
    keeper::{Keeper, Place, Turn},
};
use e2e::{at_once, raise, IQuoter, Mode, Theatre};

/// USD of ether that the treasury has too much of, and wants in bitcoin.
const SOLD_USD: u64 = 100_000;
/// How far a pool's answer may be from what is computed here in floats.
const CLOSE: f64 = 1e-9;

/// A pool of a pair of assets, by their places: USD on each side over all prices, and the fee.
type Pool = (usize, usize, u64, u32);

/// Half a million of ether, 300,000 of bitcoin and 200,000 of dollars, that should be 40, 40 and 20 % of a million.
async fn drifted(pools: &[Pool]) -> Result<Theatre> {
    towards(&[4_000, 4_000, 2_000], pools).await
}

/// The same with other targets.
async fn towards(targets_bps: &[u64], pools: &[Pool]) -> Result<Theatre> {
    let setting = Setting {
        listings: vec![
            Listing::new("WETH", 18, "2000", 500_000),
            Listing::new("WBTC", 8, "40000", 300_000),
            Listing::new("USDC", 6, "1", 200_000),
        ],
        depth_usd: None,
        limits: at_once(),
    };
    let theatre = raise(Mode::Uncached, setting).await?;
    let (t, maker) = (&theatre, theatre.cast.maker);
    for (a, b, depth, fee) in pools {
        let mut tokens = Vec::new();
        for place in [*a, *b] {
            let member = t.asset(place)?;
            t.grant(member, maker, member.amount(usd(*depth))? * U256::from(2))
                .await?;
            tokens.push((member.token, member.price_d36()?));
        }
        let tokens = [tokens[0], tokens[1]];
        uniswap::open_pool(
            &t.client,
            &t.uniswap,
            maker,
            tokens,
            usd(*depth),
            *fee,
            None,
        )
        .await?;
    }
    t.set_targets(targets_bps, 200).await?;
    t.publish().await?;
    Ok(theatre)
}

/// USD that a pool with `depth` USD on each side pays for `given`, where it has `fee` hundredths of a bip.
fn pays(depth: u64, fee: u32, given: f64) -> f64 {
    let (depth, after_fee) = (depth as f64, given * (1.0 - f64::from(fee) / 1e6));
    depth * after_fee / (depth + after_fee)
}

async fn turn(theatre: &Theatre, venues: &str) -> Result<Turn> {
    let who = theatre.cast.keeper;
    let keys = theatre.node.keys();
    let key = keys.into_iter().find(|key| key.address() == who);
    let usdc = theatre.asset(2)?.token;
    let text = format!("[venues]\nfees = [500, 3000, 10000]\nvia = [\"{usdc}\"]\n{venues}");
    let mut keeper = Keeper::new(Place {
        url: theatre.node.url(),
        wallet: EthereumWallet::from(key.context("nobody of the cast")?),
        keeper: who,
        suite: theatre.suite.clone(),
        config: Config::parse(&text)?,
        sends: true,
    })?;
    keeper.turn(theatre.client.now().await?).await
}

/// What the treasury sold and bought by a turn that rebalanced along `route`, USD.
async fn rebalances(theatre: &Theatre, venues: &str, route: &str) -> Result<(f64, f64)> {
    let before = theatre.held().await?;
    let done = turn(theatre, venues).await?;
    let trade = done.trade.as_ref().with_context(|| format!("{done:?}"))?;
    assert_eq!((trade.route.as_str(), trade.share_bps), (route, 10_000));
    assert!(done.rebalanced().is_some(), "{done:?}");
    let after = theatre.held().await?;
    assert_eq!(after[2], before[2], "what lies between was moved");
    let dollars = |place: usize, amount: U256| -> Result<f64> {
        Ok(f64::from(theatre.asset(place)?.value(amount)?) / 1e18)
    };
    let (sold, bought) = (before[0] - after[0], after[1] - before[1]);
    let bought = dollars(1, bought)?;
    // What was quoted is what came: nobody else traded.
    assert_close(f64::from(trade.weighed.bought) / 1e18, bought);
    Ok((dollars(0, sold)?, bought))
}

/// What the pool of a pair alone would pay for the same, USD, by the quoter.
async fn alone(theatre: &Theatre, fee: u32) -> Result<f64> {
    let (sell, buy) = (theatre.asset(0)?, theatre.asset(1)?);
    let params = IQuoter::Single {
        tokenIn: sell.token,
        tokenOut: buy.token,
        amountIn: sell.amount(usd(SOLD_USD))?,
        fee: U24::from(fee),
        sqrtPriceLimitX96: U160::ZERO,
    };
    let call = IQuoter::quoteExactInputSingleCall { params };
    let quoted = theatre.client.call(theatre.uniswap.quoter, call).await?;
    Ok(f64::from(buy.value(quoted.amountOut)?) / 1e18)
}

fn assert_close(seen: f64, wanted: f64) {
    // A unit of bitcoin is worth 0.0004 USD, pools round down, and shares of a trade are 65,536ths.
    let tolerance = wanted * CLOSE + 0.001;
    assert!(
        (seen - wanted).abs() <= tolerance,
        "{seen} instead of {wanted}"
    );
}

fn quoter(theatre: &Theatre) -> String {
    format!("quoter = \"{}\"\n", theatre.uniswap.quoter)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_deep_pools_are_chosen_over_a_dear_one() -> Result<()> {
    let pools = [
        (0, 1, 60_000_000, 3_000),
        (0, 2, 600_000_000, 500),
        (2, 1, 400_000_000, 500),
    ];
    let theatre = drifted(&pools).await?;
    let direct = alone(&theatre, 3_000).await?;
    assert_close(direct, pays(60_000_000, 3_000, SOLD_USD as f64));
    let venues = quoter(&theatre);
    let (sold, bought) = rebalances(&theatre, &venues, "Uniswap V3: 0.05 % then 0.05 %").await?;
    assert_close(sold, SOLD_USD as f64);
    let wanted = pays(400_000_000, 500, pays(600_000_000, 500, sold));
    assert_close(bought, wanted);
    // 325 USD: what the direct pool's fee and depth cost more than both others.
    assert!(
        (320.0..330.0).contains(&(bought - direct)),
        "{bought} {direct}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_pool_is_chosen_over_two_that_cost_more() -> Result<()> {
    let pools = [
        (0, 1, 60_000_000, 500),
        (0, 2, 600_000_000, 500),
        (2, 1, 400_000_000, 3_000),
    ];
    let theatre = drifted(&pools).await?;
    let venues = quoter(&theatre);
    let (sold, bought) = rebalances(&theatre, &venues, "Uniswap V3: 0.05 %").await?;
    assert_close(bought, pays(60_000_000, 500, sold));
    assert!(bought > pays(400_000_000, 3_000, pays(600_000_000, 500, sold)) + 50.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_pair_has_no_pool_the_best_of_several_ways_round_is_found() -> Result<()> {
    // Each half of the way has a cheap shallow pool and a dear deep one: the best is cheap, then dear.
    let pools = [
        (0, 2, 200_000_000, 500),
        (0, 2, 900_000_000, 3_000),
        (2, 1, 20_000_000, 500),
        (2, 1, 900_000_000, 3_000),
    ];
    let theatre = drifted(&pools).await?;
    let venues = quoter(&theatre);
    let (sold, bought) = rebalances(&theatre, &venues, "Uniswap V3: 0.05 % then 0.3 %").await?;
    let through = |first: usize, second: usize| {
        let ((.., a, fee), (.., b, after)) = (pools[first], pools[2 + second]);
        pays(b, after, pays(a, fee, sold))
    };
    assert_close(bought, through(0, 1));
    for (first, second) in [(0, 0), (1, 0), (1, 1)] {
        assert!(bought > through(first, second) + 10.0, "{first} {second}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trade_goes_round_through_a_pool_that_another_uses() -> Result<()> {
    // Ether becomes dollars and bitcoin; for bitcoin the way through the pool of dollars would be the better one, alone.
    let pools = [
        (0, 1, 60_000_000, 3_000),
        (0, 2, 60_000_000, 500),
        (2, 1, 400_000_000, 500),
    ];
    let theatre = towards(&[3_000, 4_000, 3_000], &pools).await?;
    let sold = SOLD_USD as f64;
    let direct = pays(60_000_000, 3_000, sold);
    assert!(pays(400_000_000, 500, pays(60_000_000, 500, sold)) > direct + 100.0);
    let before = theatre.held().await?;
    let done = turn(&theatre, &quoter(&theatre)).await?;
    let trade = done.trade.as_ref().with_context(|| format!("{done:?}"))?;
    let mut ways: Vec<_> = trade
        .route
        .trim_start_matches("Uniswap V3: ")
        .split(", ")
        .collect();
    ways.sort_unstable();
    assert_eq!(ways, ["0.05 %", "0.3 %"]);
    assert!(done.rebalanced().is_some(), "{done:?}");
    let after = theatre.held().await?;
    for (place, wanted) in [(1, direct), (2, pays(60_000_000, 500, sold))] {
        let bought = theatre.asset(place)?.value(after[place] - before[place])?;
        assert_close(f64::from(bought) / 1e18, wanted);
    }
    Ok(())
}

/// The most that two pools can pay together for `given`, and what the first takes of it: halving, until both pay the same for
/// the next dollar.
fn best_of_both(pools: [(u64, u32); 2], given: f64) -> (f64, f64) {
    let [(a, fee_a), (b, fee_b)] = pools;
    let together = |first: f64| pays(a, fee_a, first) + pays(b, fee_b, given - first);
    let (mut low, mut high) = (0.0, given);
    for _ in 0..200 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        match together(left) < together(right) {
            true => low = left,
            false => high = right,
        }
    }
    (together(low), low)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_trade_is_shared_between_two_fees() -> Result<()> {
    const POOLS: [(u64, u32); 2] = [(30_000_000, 500), (50_000_000, 3_000)];
    let theatre = drifted(&POOLS.map(|(depth, fee)| (0, 1, depth, fee))).await?;
    let call_filler = put_bare(&theatre, "filler-call").await?;
    let sold = SOLD_USD as f64;
    let (wanted, first) = best_of_both(POOLS, sold);
    let percent = (first / sold * 100.0) as u64;
    assert!(
        (60..80).contains(&percent),
        "{percent} % is no split worth the name"
    );
    // By the quoter, and by the pools' own state.
    let snapshot = theatre.prepared();
    for quoter in [quoter(&theatre), String::new()] {
        let theatre = snapshot.raise()?;
        let mut singles = Vec::new();
        for (_, fee) in POOLS {
            singles.push(alone(&theatre, fee).await?);
        }
        let before = [price(&theatre, 500).await?, price(&theatre, 3_000).await?];
        let venues = format!("{quoter}call_filler = \"{call_filler}\"\n");
        let route = format!("calls: {percent} % 0.05 %, rest 0.3 %");
        let (sold, bought) = rebalances(&theatre, &venues, &route).await?;
        assert_close(sold, SOLD_USD as f64);
        // A share is written in 65,536ths of what is sold, which is next to nothing so near the best.
        assert!(
            bought <= wanted + 0.001 && bought > wanted - 0.01,
            "{bought} of {wanted}"
        );
        for single in singles {
            assert!(bought > single + 30.0, "{bought} {single}");
        }
        let after = [price(&theatre, 500).await?, price(&theatre, 3_000).await?];
        assert!(
            before[0] != after[0] && before[1] != after[1],
            "a pool was left out"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_trade_stays_in_the_cheap_pool() -> Result<()> {
    // So deep that 0.25 % more fee is never worth it.
    let pools = [(0, 1, 600_000_000, 500), (0, 1, 600_000_000, 3_000)];
    let theatre = drifted(&pools).await?;
    let call_filler = put_bare(&theatre, "filler-call").await?;
    let venues = format!("{}call_filler = \"{call_filler}\"\n", quoter(&theatre));
    let (sold, bought) = rebalances(&theatre, &venues, "Uniswap V3: 0.05 %").await?;
    assert_close(bought, pays(600_000_000, 500, sold));
    Ok(())
}

/// The price of the pool of the traded pair that has `fee`.
async fn price(theatre: &Theatre, fee: u32) -> Result<U160> {
    let call = ballast::abi::IUniswapV3Factory::getPoolCall {
        tokenA: theatre.asset(0)?.token,
        tokenB: theatre.asset(1)?.token,
        fee: U24::from(fee),
    };
    let pool: Address = theatre.client.call(theatre.uniswap.factory, call).await?;
    let slot = theatre
        .client
        .call(pool, IUniswapV3Pool::slot0Call {})
        .await?;
    Ok(slot.sqrtPriceX96)
}
