//! Transactions that are late: decided anew before they are sent again, and never forgotten while they may still be mined.

use std::sync::{
    atomic::{AtomicBool, Ordering},
    Arc,
};

use alloy::{
    consensus::Transaction,
    primitives::{
        aliases::{U160, U24},
        Address, B256, U256,
    },
    providers::Provider,
};
use anyhow::{Context, Result};
use ballast::{
    abi::Rebalancer,
    local::{self, chain, uniswap},
};
use ballast_keeper::{
    execute::Event,
    keeper::{Keeper, Turn},
    strategy::Why,
};
use e2e::{
    proxy::{forward, serve, Reply},
    IQuoter, Theatre,
};
use serde_json::{json, Value};

use crate::scene::{automine, drifted, events, keeper, now, place, why};

/// Wei for a unit of gas at which a rebalance costs hundreds of USD.
const DEAR_WEI: u64 = 50_000_000_000;
/// Ceilings that bear it.
const BEARS_MUCH: &str = "[gas]\nmax_price_gwei = 1000.0\nmax_l1_fee_usd = 10000.0\nmax_fee_usd = 240.0\nbudget_usd_per_day = 100000.0\n";

/// A treasury at the end of its ramp where gas is dear, and a keeper with a filler of its own whose rebalance was sent and lost.
async fn lost() -> Result<(Theatre, Keeper, Turn, u64)> {
    let theatre = drifted().await?;
    let _: Value = theatre
        .client
        .provider
        .raw_request("anvil_setNextBlockBaseFeePerGas".into(), (DEAR_WEI,))
        .await?;
    chain::advance_by(&theatre.client, 1).await?;
    let router = [local::address(theatre.uniswap.router)];
    let who = theatre.cast.keeper;
    let filler = local::deploy(
        &theatre.client,
        &theatre.artifacts,
        who,
        "KeeperFiller",
        &router,
    )
    .await?;
    let text = format!(
        "mode = \"own-filler\"\n[trade]\nslices_bps = [10000]\n{BEARS_MUCH}[venues]\nquoter = \"{}\"\nown_filler = \"{filler}\"\n",
        theatre.uniswap.quoter
    );
    let mut keeper = Keeper::new(place(&theatre, who, &text)?)?;
    let opened = keeper.turn(now(&theatre).await?).await?;
    assert_eq!(opened.action, Some("open"), "{opened:?}");
    chain::advance_by(&theatre.client, 1_800).await?;
    theatre.publish().await?;
    automine(&theatre, false).await?;
    let begun = now(&theatre).await?;
    let sent = keeper.turn(begun).await?;
    assert_eq!(
        (sent.action, sent.sent),
        (Some("rebalance"), true),
        "{sent:?}"
    );
    let _: Value = theatre
        .client
        .provider
        .raw_request("anvil_dropAllTransactions".into(), ())
        .await?;
    Ok((theatre, keeper, sent, begun))
}

/// Moves every pool so that what the treasury sells buys so many bps less than it is worth.
async fn worsen(theatre: &Theatre, bps: u64) -> Result<()> {
    automine(theatre, true).await?;
    let plan = theatre.plan().await?;
    for (sell, buy) in plan.sells.iter().zip(&plan.buys) {
        let pool = theatre.pool(*sell, *buy)?;
        let price = |token: Address| -> Result<U256> {
            let member = theatre.members.iter().find(|member| member.token == token);
            let price = member.context("a token of nobody's")?.price_d36()?;
            let kept = U256::from(if token == *sell { 10_000 - bps } else { 10_000 });
            Ok(price * kept / U256::from(10_000))
        };
        let (p0, p1) = (price(pool.token0)?, price(pool.token1)?);
        let maker = theatre.cast.maker;
        uniswap::move_pool(&theatre.client, &theatre.uniswap, maker, pool, p0, p1).await?;
    }
    automine(theatre, false).await
}

/// What each trade of the plan would leave its filler above what is owed, USD, by the rebalancer and the quoter.
async fn left_over(theatre: &Theatre) -> Result<Vec<f64>> {
    let client = &theatre.client;
    let plan = client
        .call(theatre.suite.rebalancer, Rebalancer::planCall {})
        .await?;
    let mut left = Vec::new();
    for k in 0..plan.sells.len() {
        let call = IQuoter::quoteExactInputSingleCall {
            params: IQuoter::Single {
                tokenIn: plan.sells[k],
                tokenOut: plan.buys[k],
                amountIn: plan.amounts[k],
                fee: U24::from(uniswap::FEE),
                sqrtPriceLimitX96: U160::ZERO,
            },
        };
        let quoted = client.call(theatre.uniswap.quoter, call).await?.amountOut;
        let member = theatre.members.iter().find(|m| m.token == plan.buys[k]);
        let member = member.context("a token of nobody's")?;
        let usd = |amount: U256| -> Result<f64> { Ok(f64::from(member.value(amount)?) / 1e18) };
        left.push(usd(quoted)? - usd(plan.minBuys[k])?);
    }
    Ok(left)
}

/// USD that so much gas costs where ether is worth 3,000.
fn fee_usd(gas: u64) -> f64 {
    gas as f64 * DEAR_WEI as f64 / 1e18 * 3_000.0
}

async fn sent_with(theatre: &Theatre, hash: B256) -> Result<(u128, u128, u64)> {
    let provider = &theatre.client.provider;
    let found = provider.get_transaction_by_hash(hash).await?;
    let found = found.context("the node does not know it")?;
    let tip = found.max_priority_fee_per_gas().context("no tip")?;
    Ok((found.max_fee_per_gas(), tip, found.gas_limit()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_rebalance_that_would_not_pay_its_gas_any_more_is_cancelled() -> Result<()> {
    let (theatre, mut keeper, sent, begun) = lost().await?;
    let trade = sent.trade.as_ref().context("no trade")?;
    worsen(&theatre, 33).await?;
    // The filler can still pay what is owed, so nothing would revert; gas eats more than what is left.
    let left = left_over(&theatre).await?;
    assert!(left.iter().all(|usd| *usd > 0.0), "{left:?}");
    let fee = f64::from(trade.weighed.fee) / 1e18;
    assert!(left.iter().sum::<f64>() < fee, "{left:?} of {fee}");
    let turn = keeper.turn(begun + 10).await?;
    assert_eq!(events(&turn), [Event::Cancelled], "{turn:?}");
    assert_eq!(turn.transactions[0].nonce, sent.transactions[0].nonce);
    let held = theatre.held().await?;
    chain::advance_by(&theatre.client, 1).await?;
    let mined = keeper.turn(begun + 12).await?;
    assert_eq!(events(&mined), [Event::Mined]);
    assert_eq!(mined.transactions[0].kind, "cancel");
    assert_eq!(theatre.held().await?, held, "it traded");
    let paid = mined.transactions[0].fee.context("no fee")?;
    assert!(
        f64::from(paid) / 1e18 * 3_000.0 < fee_usd(100_000),
        "{paid}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_rebalance_that_still_pays_is_made_at_its_nonce() -> Result<()> {
    let (theatre, mut keeper, sent, begun) = lost().await?;
    // A little worse, so that what is sent is not what was lost.
    worsen(&theatre, 2).await?;
    let turn = keeper.turn(begun + 10).await?;
    assert_eq!(events(&turn), [Event::Replaced], "{turn:?}");
    assert_eq!(turn.transactions[0].nonce, sent.transactions[0].nonce);
    assert_ne!(turn.transactions[0].hash, sent.transactions[0].hash);
    // And once more while the node has it: both prices rise by a tenth and by a wei, or the node would refuse it.
    let again = keeper.turn(begun + 20).await?;
    assert_eq!(events(&again), [Event::Replaced], "{again:?}");
    let (fee, tip, _) = sent_with(&theatre, again.transactions[0].hash).await?;
    // Twice the price at first, an eighth more each time.
    assert!(
        u128::from(DEAR_WEI) * 2 * 81 / 64 <= fee && tip >= 2,
        "{fee} {tip}"
    );
    chain::advance_by(&theatre.client, 1).await?;
    let mined = keeper.turn(begun + 22).await?;
    assert_eq!(mined.rebalanced(), Some(again.transactions[0].hash));
    assert!(!mined.spent_today.is_zero());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_rebalance_above_a_ceiling_is_cancelled_though_it_pays() -> Result<()> {
    let (theatre, mut keeper, sent, begun) = lost().await?;
    let trade = sent.trade.as_ref().context("no trade")?;
    let provider = &theatre.client.provider;
    let _: Value = provider
        .raw_request("anvil_setNextBlockBaseFeePerGas".into(), (DEAR_WEI * 2,))
        .await?;
    chain::advance_by(&theatre.client, 1).await?;
    let fee = 2.0 * f64::from(trade.weighed.fee) / 1e18;
    let left: f64 = left_over(&theatre).await?.iter().sum();
    assert!(fee > 240.0 && left > fee + 1.0, "{left} {fee}");
    let turn = keeper.turn(begun + 10).await?;
    assert_eq!(events(&turn), [Event::Cancelled], "{turn:?}");
    assert_eq!(why(&turn).map(Why::name), Some("fee"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_mined_unseen_is_found_though_its_replacement_was_refused() -> Result<()> {
    let theatre = drifted().await?;
    // A node whose reads lag: it knows neither the receipt nor the nonce.
    let lags = Arc::new(AtomicBool::new(true));
    let nonce = theatre
        .client
        .provider
        .get_transaction_count(theatre.cast.keeper)
        .await?;
    let (node, inside) = (theatre.client.provider.clone(), lags.clone());
    let url = serve(move |request| {
        let (node, lags) = (node.clone(), inside.load(Ordering::SeqCst));
        async move {
            let stale = match request["method"].as_str() {
                Some("eth_getTransactionReceipt") => Some(Value::Null),
                Some("eth_getTransactionCount") => Some(json!(format!("{nonce:#x}"))),
                _ => None,
            };
            match stale.filter(|_| lags) {
                Some(result) => {
                    let id = &request["id"];
                    Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "result": result }))
                }
                None => forward(&node, &request).await,
            }
        }
    })
    .await?;
    let text = format!("[venues]\nquoter = \"{}\"\n", theatre.uniswap.quoter);
    let mut place = place(&theatre, theatre.cast.keeper, &text)?;
    place.url = url;
    let mut keeper = Keeper::new(place)?;
    let begun = now(&theatre).await?;
    let sent = keeper.turn(begun).await?;
    assert_eq!(
        (sent.action, events(&sent)),
        (Some("open"), vec![Event::Sent])
    );
    // It stands in a block already: "nonce too low".
    let refused = keeper.turn(begun + 10).await?;
    assert_eq!(events(&refused), [Event::Rejected], "{refused:?}");
    lags.store(false, Ordering::SeqCst);
    let found = keeper.turn(begun + 11).await?;
    assert_eq!(events(&found), [Event::Mined], "{found:?}");
    let mined = &found.transactions[0];
    assert_eq!(
        (mined.kind.as_str(), mined.hash),
        ("open", sent.transactions[0].hash)
    );
    let fee = mined.fee.context("no fee")?;
    assert!(!fee.is_zero());
    assert_eq!(found.spent_today, fee);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_forgot_for_a_while_is_booked_when_it_knows_it_again() -> Result<()> {
    let theatre = drifted().await?;
    let forgets = Arc::new(AtomicBool::new(true));
    let (node, inside) = (theatre.client.provider.clone(), forgets.clone());
    let url = serve(move |request| {
        let (node, forgets) = (node.clone(), inside.load(Ordering::SeqCst));
        async move {
            match request["method"].as_str() {
                Some("eth_getTransactionReceipt") if forgets => {
                    let id = &request["id"];
                    Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "result": null }))
                }
                _ => forward(&node, &request).await,
            }
        }
    })
    .await?;
    let text = format!("[venues]\nquoter = \"{}\"\n", theatre.uniswap.quoter);
    let mut place = place(&theatre, theatre.cast.keeper, &text)?;
    place.url = url;
    let mut keeper = Keeper::new(place)?;
    let begun = now(&theatre).await?;
    let sent = keeper.turn(begun).await?;
    assert_eq!(events(&sent), [Event::Sent]);
    // The nonce is used: nothing is sent again, and what used it is told once.
    let used = keeper.turn(begun + 10).await?;
    assert_eq!(events(&used), [Event::Superseded], "{used:?}");
    assert_ne!(why(&used), Some(&Why::InFlight));
    let quiet = keeper.turn(begun + 30).await?;
    assert_eq!(events(&quiet), [], "{quiet:?}");
    forgets.store(false, Ordering::SeqCst);
    let found = keeper.turn(begun + 31).await?;
    assert_eq!(events(&found), [Event::Mined], "{found:?}");
    assert_eq!(Some(found.spent_today), found.transactions[0].fee);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_less_than_a_node_demands_waits_for_more() -> Result<()> {
    let theatre = drifted().await?;
    let who = theatre.cast.keeper;
    // Nothing is assumed, so that what was measured decides.
    let more = "[gas]\nassumed = 1\nassumed_per_trade = 1\n";
    let mut keeper = keeper(&theatre, who, more)?;
    let opened = keeper.turn(now(&theatre).await?).await?;
    assert_eq!(opened.action, Some("open"));
    chain::advance_by(&theatre.client, 1_800).await?;
    theatre.publish().await?;
    // What the rebalance costs, by a run that sends nothing.
    let text = format!("[venues]\nquoter = \"{}\"\n", theatre.uniswap.quoter);
    let mut dry = place(&theatre, who, &text)?;
    dry.sends = false;
    let turn = Keeper::new(dry)?.turn(now(&theatre).await?).await?;
    let trade = turn.trade.as_ref().context("no trade")?;
    // {wei} = {value} / (USD 3,000)
    let costs = trade.weighed.fee / U256::from(3_000);
    chain::set_balance(&theatre.client, who, costs * U256::from(3) / U256::from(2)).await?;
    let poor = keeper.turn(now(&theatre).await?).await?;
    assert_eq!(why(&poor).map(Why::name), Some("purse"), "{poor:?}");
    assert_eq!(events(&poor), []);
    // A quarter more gas than measured, at twice the price, is what a node sees to.
    chain::set_balance(
        &theatre.client,
        who,
        costs * U256::from(26) / U256::from(10),
    )
    .await?;
    let done = keeper.turn(now(&theatre).await?).await?;
    assert!(done.rebalanced().is_some(), "{done:?}");
    Ok(())
}
