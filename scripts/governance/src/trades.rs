//! What reaching new targets would take: the trades of `math::plan`, and what they would cost in the pools as they are.
//!
//! The plan is computed from the holdings, prices, modes and floors of this moment with the weights at the end of the ramp,
//! as if all of it were traded now. Its cost is not estimated but simulated: in one `eth_call` the vault itself sells each
//! amount through the recorded router, one after the other, and what it receives is valued at the oracle's prices.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::{anyhow, Context, Result};
use ballast::{
    abi::{ISwapRouter02, Oracle, Policy, Vault, IERC20},
    client::Client,
};
use ballast_math::{
    basket::Basket,
    clamp::Useful,
    plan::{self, Snapshot},
    price, ramp, MathError,
};
use serde::Serialize;

use crate::{
    book::Book,
    interfaces::{Call, Module},
    script,
};

/// Fees of Uniswap V3's pools, hundredths of a bip.
const TIERS: [u32; 4] = [100, 500, 3_000, 10_000];
const BPS: u64 = 10_000;
const WAD_PER_BPS: U256 = U256::from_limbs([100_000_000_000_000, 0, 0, 0]);
const QUARANTINED: u64 = 2;
const SELL_ONLY: u64 = 1;

/// What reaching the targets would take, at this moment's holdings and prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Value of what is held, USD in WAD.
    pub nav_wad: U256,
    /// Distance between holdings and new targets, bps of NAV.
    pub distance_bps: u64,
    /// Everything that would be sold, in the order of the plan.
    pub trades: Vec<Trade>,
    /// What all of it would cost by the simulation; nothing if some trade found no pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The most that the limits let it cost: the greatest slippage on everything that is sold.
    pub most: Cost,
    /// The router that was asked; nothing if the record names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<Address>,
}

/// A cost; below zero for a gain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// USD in WAD, in decimal with its sign.
    pub wad: String,
    /// Of NAV, in hundredths of a bp, with its sign.
    pub bps_e2: i64,
}

/// One trade of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// What is sold.
    pub sell: Address,
    /// What it is called.
    pub sell_symbol: String,
    /// What is bought.
    pub buy: Address,
    /// What it is called.
    pub buy_symbol: String,
    /// How much is sold, in the token's smallest unit.
    pub amount: U256,
    /// Its value, USD in WAD.
    pub value_wad: U256,
    /// The pool that pays most by itself, by its fee in hundredths of a bip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee_pips: Option<u32>,
    /// What all trades in a row would bring here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bought: Option<U256>,
    /// Its value, USD in WAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bought_value_wad: Option<U256>,
}

/// The market at one moment, without what is quarantined.
struct Market {
    tokens: Vec<Address>,
    held: Vec<U256>,
    prices: Vec<U256>,
    weights: Vec<U256>,
    barred: Vec<bool>,
    max_slippage_bps: U256,
}

/// What `weights` (bps) would take once `sender` has made `changes`. `Err` within says why it cannot be told.
///
/// # Errors
/// The chain does not answer.
pub async fn expected(
    client: &Client,
    book: &Book,
    weights: &[(Address, U256)],
    sender: Address,
    changes: &[Call],
) -> Result<Result<Expected, String>> {
    let after = After {
        client,
        sender,
        changes,
    };
    let market = match market(&after, book, weights).await? {
        Ok(market) => market,
        Err(why) => return Ok(Err(why)),
    };
    let (plan, distance) = planned(&market).map_err(|e| anyhow!("the plan: {e:?}"))?;
    let mut expected = Expected {
        nav_wad: plan.nav,
        distance_bps: distance
            .checked_div(WAD_PER_BPS)
            .unwrap_or_default()
            .saturating_to(),
        trades: Vec::new(),
        cost: None,
        most: cost_of(
            plan.sold_value.saturating_mul(market.max_slippage_bps) / U256::from(BPS),
            U256::ZERO,
            plan.nav,
        ),
        router: book
            .record
            .external
            .iter()
            .find(|external| external.name == "SwapRouter02")
            .map(|external| external.address),
    };
    for trade in &plan.trades {
        let of = |index: usize| market.tokens.get(index).copied().unwrap_or_default();
        let (sell, buy) = (of(trade.sell), of(trade.buy));
        expected.trades.push(Trade {
            sell,
            sell_symbol: book.called(sell),
            buy,
            buy_symbol: book.called(buy),
            amount: trade.amount,
            value_wad: trade.value,
            fee_pips: None,
            bought: None,
            bought_value_wad: None,
        });
    }
    if let Some(router) = expected.router {
        quote(
            client,
            book.module(Module::Vault)?,
            router,
            &market,
            &mut expected,
        )
        .await?;
    }
    Ok(Ok(expected))
}

/// The programs as the changes leave them: their limits, modes, floors and feeds are those that count.
struct After<'a> {
    client: &'a Client,
    sender: Address,
    changes: &'a [Call],
}

impl After<'_> {
    /// Asks a view; `Err` within says in words why it refuses.
    async fn ask<C: SolCall>(&self, to: Address, call: C) -> Result<Result<C::Return, String>> {
        let mut calls = self.changes.to_vec();
        calls.push(Call {
            to,
            value: U256::ZERO,
            data: call.abi_encode().into(),
        });
        let ended = script::play(self.client, self.sender, &calls).await?;
        let answer = ended.last().context("no answer")?;
        match answer.ok {
            true => Ok(Ok(C::abi_decode_returns(&answer.data)?)),
            false => Ok(Err(self.client.decode(&answer.data))),
        }
    }
}

async fn market(
    after: &After<'_>,
    book: &Book,
    wanted: &[(Address, U256)],
) -> Result<Result<Market, String>> {
    let (vault, oracle) = (book.module(Module::Vault)?, book.module(Module::Oracle)?);
    let policy = book.module(Module::Policy)?;
    let (tokens, held): (Vec<Address>, Vec<U256>) =
        match after.ask(vault, Vault::holdingsCall {}).await? {
            Ok(holdings) => holdings.into(),
            Err(why) => return Ok(Err(why)),
        };
    let call = Policy::rulesCall {
        tokens: tokens.clone(),
    };
    let rules = match after.ask(policy, call).await? {
        Ok(rules) => rules,
        Err(why) => return Ok(Err(why)),
    };
    let mode = |index: usize| {
        rules
            .modes
            .get(index)
            .copied()
            .unwrap_or_default()
            .saturating_to::<u64>()
    };
    let all: Vec<_> = tokens
        .iter()
        .map(|token| {
            let weight = wanted.iter().find(|(other, _)| other == token);
            weight.map_or(U256::ZERO, |(_, bps)| bps.saturating_mul(WAD_PER_BPS))
        })
        .collect();
    let excluded: Vec<_> = (0..tokens.len()).map(|i| mode(i) >= QUARANTINED).collect();
    let Ok(all) = ramp::weights_without(&all, &excluded) else {
        return Ok(Err("every asset with a weight is quarantined".into()));
    };
    let kept: Vec<_> = (0..tokens.len()).filter(|i| !excluded[*i]).collect();
    let pick = |list: &[U256]| -> Vec<U256> {
        kept.iter().filter_map(|i| list.get(*i).copied()).collect()
    };
    let tokens: Vec<_> = kept
        .iter()
        .filter_map(|i| tokens.get(*i).copied())
        .collect();
    let call = Oracle::pricesCall {
        tokens: tokens.clone(),
    };
    let prices = match after.ask(oracle, call).await? {
        Ok(prices) => prices,
        Err(why) => return Ok(Err(why)),
    };
    let floors = pick(&rules.floorsD36);
    let barred = kept
        .iter()
        .zip(prices.iter().zip(&floors))
        .map(|(i, (price, floor))| mode(*i) == SELL_ONLY || price < floor);
    Ok(Ok(Market {
        held: pick(&held),
        weights: pick(&all),
        barred: barred.collect(),
        max_slippage_bps: rules.limits.first().copied().unwrap_or_default(),
        prices,
        tokens,
    }))
}

fn planned(market: &Market) -> Result<(plan::Plan, U256), MathError> {
    let snapshot = Snapshot {
        held: &market.held,
        prices: &market.prices,
        weights: &market.weights,
    };
    let basket = Basket::new(snapshot.held, snapshot.prices)?;
    let mut useful = Useful::new(&snapshot, &basket)?;
    for (index, barred) in market.barred.iter().enumerate() {
        if *barred {
            useful.bar(index);
        }
    }
    let plan = plan::plan_of(&snapshot, &basket, useful, U256::from(BPS), U256::ZERO)?;
    let distance = plan.distance_wad;
    Ok((plan, distance))
}

/// Sells as the vault, and forgets it.
async fn quote(
    client: &Client,
    vault: Address,
    router: Address,
    market: &Market,
    expected: &mut Expected,
) -> Result<()> {
    for trade in &mut expected.trades {
        let mut best = U256::ZERO;
        for fee in TIERS {
            let ended = script::play(client, vault, &swap(router, vault, trade, fee)).await?;
            let Some(out) = ended.last().and_then(received) else {
                continue;
            };
            if out > best {
                (best, trade.fee_pips) = (out, Some(fee));
            }
        }
    }
    let Some(fees) = expected
        .trades
        .iter()
        .map(|trade| trade.fee_pips)
        .collect::<Option<Vec<_>>>()
    else {
        return Ok(());
    };
    let all = expected.trades.iter().zip(&fees);
    let calls: Vec<_> = all
        .flat_map(|(trade, fee)| swap(router, vault, trade, *fee))
        .collect();
    let ended = script::play(client, vault, &calls).await?;
    let (mut sold, mut bought) = (U256::ZERO, U256::ZERO);
    for (trade, pair) in expected.trades.iter_mut().zip(ended.chunks(2)) {
        let Some(out) = pair.last().and_then(received) else {
            return Ok(());
        };
        let at = market.tokens.iter().position(|token| *token == trade.buy);
        let price = at
            .and_then(|at| market.prices.get(at))
            .context("an unpriced asset")?;
        let worth = price::value_down(out, *price).map_err(|e| anyhow!("a value: {e:?}"))?;
        (trade.bought, trade.bought_value_wad) = (Some(out), Some(worth));
        sold = sold.saturating_add(trade.value_wad);
        bought = bought.saturating_add(worth);
    }
    expected.cost = Some(cost_of(sold, bought, expected.nav_wad));
    Ok(())
}

fn swap(router: Address, vault: Address, trade: &Trade, fee: u32) -> Vec<Call> {
    let approve = IERC20::approveCall {
        spender: router,
        amount: trade.amount,
    };
    let swap = ISwapRouter02::exactInputSingleCall {
        params: ISwapRouter02::ExactInputSingleParams {
            tokenIn: trade.sell,
            tokenOut: trade.buy,
            fee: alloy::primitives::Uint::from(fee),
            recipient: vault,
            amountIn: trade.amount,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: alloy::primitives::Uint::ZERO,
        },
    };
    let call = |to: Address, data: Vec<u8>| Call {
        to,
        value: U256::ZERO,
        data: data.into(),
    };
    vec![
        call(trade.sell, approve.abi_encode()),
        call(router, swap.abi_encode()),
    ]
}

fn received(ended: &script::Ended) -> Option<U256> {
    let out = ISwapRouter02::exactInputSingleCall::abi_decode_returns(&ended.data).ok();
    out.filter(|out| ended.ok && !out.is_zero())
}

fn cost_of(sold: U256, bought: U256, nav: U256) -> Cost {
    let (sign, size) = match sold >= bought {
        true => ("", sold - bought),
        false => ("-", bought - sold),
    };
    let hundred = U256::from(100 * BPS);
    let bps = size
        .saturating_mul(hundred)
        .checked_div(nav)
        .unwrap_or_default();
    let bps = i64::try_from(bps).unwrap_or(i64::MAX);
    Cost {
        wad: format!("{sign}{size}"),
        bps_e2: if sign.is_empty() { bps } else { -bps },
    }
}
