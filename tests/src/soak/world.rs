//! The treasury, the market and an independent judge of when there is something to do.

use alloy::{
    primitives::{
        aliases::{U160, U24},
        Address, U256, U512,
    },
    providers::Provider,
    sol_types::SolError,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{Oracle, Rebalancer},
    local::{
        self,
        stage::{Listing, Member, Setting, Stage},
        uniswap,
    },
};

use crate::{raise, IQuoter, Mode, Theatre};

/// Real prices of each hour; source and licence beside the data.
const CSV: &str = include_str!("../../../scripts/ballast/data/2020-03-12_13.csv");
/// USD on each side of every pool.
const DEPTH_USD: u64 = 60_000_000;
/// Narrow, so that there is much to do.
const BAND_BPS: u64 = 50;
/// Bps a year that are usual for ether here: with it somebody must look every six hours, and bands stay as narrow.
const USUAL_BPS: u64 = 1_000_000;

/// Prices of one hour, USD.
#[derive(Debug, Clone)]
pub(super) struct Hour([(&'static str, String); 3]);

/// The hours there and back again, for as long as anybody asks: no price jumps where they meet.
pub(super) fn hours() -> Result<impl Iterator<Item = Hour>> {
    let mut hours = Vec::new();
    for line in CSV.lines().skip(1) {
        let mut fields = line.split(',').skip(1).map(str::to_owned);
        let mut next = || fields.next().with_context(|| format!("short row: {line}"));
        let (btc, eth, link) = (next()?, next()?, next()?);
        hours.push(Hour([("WETH", eth), ("WBTC", btc), ("LINK", link)]));
    }
    let back: Vec<_> = hours.iter().rev().skip(1).cloned().collect();
    let there_and_back: Vec<_> = hours.into_iter().chain(back).collect();
    Ok(there_and_back.into_iter().cycle())
}

/// A treasury of a million on a market of sixty, ether watched, and the keeper's own filler.
pub(super) async fn raise_world() -> Result<(Theatre, Address)> {
    let first = hours()?.next().context("no prices")?;
    let price = |symbol: &str| {
        let found = first.0.iter().find(|(name, _)| *name == symbol);
        found.map(|(_, price)| price.clone()).context("no price")
    };
    let setting = Setting {
        listings: vec![
            Listing::new("WETH", 18, &price("WETH")?, 400_000),
            Listing::new("WBTC", 8, &price("WBTC")?, 300_000),
            Listing::new("USDC", 6, "1", 200_000),
            Listing::new("LINK", 18, &price("LINK")?, 100_000),
        ],
        depth_usd: Some(DEPTH_USD),
        // A rest of half an hour, and as much turnover as governance may allow.
        limits: vec![
            (1, U256::from(1_800)),
            (12, U256::from(100_000)),
            (13, U256::from(86_400)),
        ],
    };
    let theatre = raise(Mode::Uncached, setting).await?;
    theatre
        .set_targets(&[4_000, 3_000, 2_000, 1_000], BAND_BPS)
        .await?;
    let call = Oracle::setVolatilityCall {
        token: theatre.members.first().context("no ether")?.token,
        referenceBps: U256::from(USUAL_BPS),
        maxBps: U256::ZERO,
    };
    theatre.govern(theatre.suite.oracle, call).await?;
    let filler = local::deploy(
        &theatre.client,
        &theatre.artifacts,
        theatre.cast.keeper,
        "KeeperFiller",
        &[local::address(theatre.uniswap.router)],
    )
    .await?;
    Ok((theatre, filler))
}

/// Feeds and pools take this hour's prices, in blocks of their own.
pub(super) async fn follow(theatre: &mut Theatre, hour: &Hour) -> Result<()> {
    for (symbol, price) in &hour.0 {
        theatre.set_price(symbol, price).await?;
    }
    automine(theatre, true).await?;
    theatre.publish().await?;
    theatre.arbitrage().await?;
    automine(theatre, false).await
}

/// Whether every transaction has a block of its own at once.
pub(super) async fn automine(stage: &Stage, on: bool) -> Result<()> {
    let provider = &stage.client.provider;
    let _: serde_json::Value = provider
        .raw_request("evm_setAutomine".into(), (on,))
        .await?;
    Ok(())
}

/// Moves every pool so that what the treasury wants to sell buys 3 % less.
pub(super) async fn spoil(stage: &Stage) -> Result<()> {
    let answer = stage
        .client
        .try_call(
            Address::ZERO,
            stage.suite.rebalancer,
            Rebalancer::planCall {},
        )
        .await?;
    let Ok(plan) = answer else {
        return Ok(());
    };
    automine(stage, true).await?;
    for (sell, buy) in plan.sells.iter().zip(&plan.buys) {
        let pool = stage.pool(*sell, *buy)?;
        let price = |token: Address| -> Result<U256> {
            let price = member(stage, token)?.price_d36()?;
            let worse = U256::from(if token == *sell { 97 } else { 100 });
            Ok(price * worse / U256::from(100))
        };
        let (p0, p1) = (price(pool.token0)?, price(pool.token1)?);
        let maker = stage.cast.maker;
        uniswap::move_pool(&stage.client, &stage.uniswap, maker, pool, p0, p1).await?;
    }
    automine(stage, false).await
}

fn member(stage: &Stage, token: Address) -> Result<&Member> {
    let found = stage.members.iter().find(|m| m.token == token);
    found.context("a token of nobody's")
}

/// What there is to do, as the judge sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// Nothing, or nothing that surely pays.
    None,
    /// Nobody has looked at ether for too long.
    Look,
    /// An auction is due, and its end would surely pay.
    Open,
    /// A rebalance surely pays.
    Trade,
}

/// What the judge knows besides the chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge {
    /// USD, WAD: what a rebalance must bring at least, gas paid.
    pub(super) wanted: U256,
    /// Gas of the dearest rebalance so far.
    pub(super) gas: u64,
}

impl Judge {
    /// What there is to do now. The contract's own plan and bounds, and the quoter; nothing of the keeper's.
    pub(super) async fn window(&self, stage: &Stage) -> Result<Window> {
        let (client, rebalancer) = (&stage.client, stage.suite.rebalancer);
        let nobody = Address::ZERO;
        let plan = match client
            .try_call(nobody, rebalancer, Rebalancer::planCall {})
            .await?
        {
            Ok(plan) => plan,
            Err(refusal)
                if refusal
                    .data
                    .starts_with(&Oracle::OracleVolatilityStale::SELECTOR) =>
            {
                return Ok(Window::Look)
            }
            Err(_) => return Ok(Window::None),
        };
        let state = client.call(rebalancer, Rebalancer::stateCall {}).await?;
        let now = U256::from(client.now().await?);
        if plan.reason.is_zero() || plan.sells.is_empty() || now < state.nextAt {
            return Ok(Window::None);
        }
        let auction = client.call(rebalancer, Rebalancer::auctionCall {}).await?;
        // Two blocks before it is void an opening is nobody's.
        let is_ending = !auction.until.is_zero() && now + U256::from(1_200) >= auction.until;
        let (mut gain_now, mut gain_end) = (Some(U256::ZERO), Some(U256::ZERO));
        for k in 0..plan.sells.len() {
            let (sell, buy) = (member(stage, plan.sells[k])?, member(stage, plan.buys[k])?);
            let call = IQuoter::quoteExactInputSingleCall {
                params: IQuoter::Single {
                    tokenIn: sell.token,
                    tokenOut: buy.token,
                    amountIn: plan.amounts[k],
                    fee: U24::from(uniswap::FEE),
                    sqrtPriceLimitX96: U160::ZERO,
                },
            };
            let quoted = client.call(stage.uniswap.quoter, call).await?.amountOut;
            // At the end of the ramp half a per cent less than its worth is owed.
            let worth = buy.amount(sell.value(plan.amounts[k])?)?;
            let owed_end = worth - worth / U256::from(200);
            for (gain, owed) in [(&mut gain_now, plan.minBuys[k]), (&mut gain_end, owed_end)] {
                let more = quoted.checked_sub(owed).map(|more| buy.value(more));
                *gain = match (*gain, more) {
                    (Some(sum), Some(more)) => Some(sum + more?),
                    _ => None,
                };
            }
        }
        let price = U256::from(client.provider.get_gas_price().await?);
        let ether = member(stage, stage.weth)?.price_d36()?;
        let cost = |gas: u64| worth_of(U256::from(gas) * price, ether);
        // Half as much again as wanted: the keeper may weigh gas a little differently.
        let surely = self.wanted + self.wanted / U256::from(2) + cost(self.gas);
        if gain_now.is_some_and(|gain| gain >= surely) {
            return Ok(match is_ending {
                true => Window::None,
                false => Window::Trade,
            });
        }
        let opening = surely + cost(500_000);
        let opens = auction.openedAt.is_zero() && gain_end.is_some_and(|gain| gain >= opening);
        Ok(match opens {
            true => Window::Open,
            false => Window::None,
        })
    }
}

/// {value} = {wei} · D36{value/wei} / D36
pub(super) fn worth_of(wei: U256, ether_d36: U256) -> U256 {
    let d36 = U512::from(10).pow(U512::from(36));
    U256::from(U512::from(wei) * U512::from(ether_d36) / d36)
}

/// USD, WAD, of everything that `account` holds.
pub(super) async fn worth(theatre: &Theatre, account: Address) -> Result<U256> {
    let mut worth = U256::ZERO;
    for m in &theatre.members {
        worth += m.value(theatre.balance(m, account).await?)?;
    }
    Ok(worth)
}

/// D36{value/wei} of ether.
pub(super) fn ether_d36(theatre: &Theatre) -> Result<U256> {
    member(theatre, theatre.weth)?.price_d36()
}
