//! What happens around the treasury: prices, time, faults, other people's trades, a token with a mind of its own.

use alloy::primitives::{I256, U256};
use ballast::{
    abi::{ISwapRouter02, IERC20},
    local::uniswap::FEE,
};

use super::{DAY, NONE};
use crate::{
    invariants::{
        laws::Excuse,
        world::{Go, World},
    },
    IRevertingToken,
};

/// Prices move, time passes, every feed is updated.
pub(super) fn market(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let seconds = match w.random.below(8) {
        0 => w.random.within(DAY, 20 * DAY),
        1..=3 => w.random.within(600, 7_200),
        _ => w.random.within(1, 120),
    };
    w.pass(seconds);
    let wild = w.random.one_in(12);
    let silent = w.random.one_in(6);
    if !silent {
        for i in 0..w.stand.assets.len() - 1 {
            w.drift(i, if wild { 4_000 } else { 250 });
        }
        w.publish_all()?;
    }
    if !silent && (!w.sequencer.0 || w.random.one_in(2)) {
        let since = w.now().saturating_sub(10 * 3_600);
        w.set_sequencer(true, since)?;
    }
    w.tell(format!(
        "{seconds} seconds pass, prices move{}",
        if wild { " wildly" } else { "" }
    ));
    let priced = w.check_prices()?;
    w.count(priced);
    w.check(&before, &was, NONE)
}

pub(super) fn faults(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let i = w.random.index(w.stand.assets.len());
    let good = w.feeds[i].answer;
    let what = w.random.below(9);
    w.tell(format!("fault {what} of feed {i}"));
    match what {
        0 => {
            let mode = w.random.within(1, 5) as u8;
            w.set_feed_mode(i, mode)?;
        }
        1 => w.feeds[i].answer = -good,
        2 => w.feeds[i].answer = I256::ZERO,
        3 => w.feeds[i].answer = I256::from_raw(w.stand.answers[i].into_raw() * U256::from(100)),
        4 => w.write_feed(i, w.now().saturating_sub(4_000))?,
        5 => w.write_feed(i, w.now() + 1_000)?,
        6 => w.set_sequencer(false, w.now())?,
        7 => w.set_sequencer(true, w.now())?,
        _ => w.publish(i)?,
    }
    if (1..=3).contains(&what) {
        w.publish(i)?;
    }
    let priced = w.check_prices()?;
    w.count(priced);
    w.feeds[i].answer = good;
    if (1..=3).contains(&what) {
        w.publish(i)?;
    }
    w.check(&before, &was, NONE)
}

pub(super) fn push(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let i = w.random.index(w.stand.assets.len());
    let j = (i + 1 + w.random.index(w.stand.assets.len() - 1)) % w.stand.assets.len();
    let (sell, buy) = (w.stand.assets[i].clone(), w.stand.assets[j].clone());
    let amount = w.random.up_to(sell.balance(&w.chain, from) / U256::from(4));
    let least = if w.random.one_in(4) {
        U256::MAX
    } else {
        U256::ZERO
    };
    let params = ISwapRouter02::ExactInputSingleParams {
        tokenIn: sell.token,
        tokenOut: buy.token,
        fee: alloy::primitives::aliases::U24::from(FEE),
        recipient: from,
        amountIn: amount,
        amountOutMinimum: least,
        sqrtPriceLimitX96: Default::default(),
    };
    w.tell(format!(
        "{from} sells {amount} of asset {i} for {j} in the pool"
    ));
    let router = w.stand.stage.uniswap.router;
    w.act(from, router, ISwapRouter02::exactInputSingleCall { params })?;
    w.check(&before, &was, NONE)
}

pub(super) fn odd(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let i = w
        .stand
        .assets
        .iter()
        .position(|a| a.is_weird)
        .unwrap_or_default();
    let token = w.stand.assets[i].token;
    let mut slashed = false;
    match w.random.below(6) {
        0 => {
            w.odd.0 = w.random.within(1, 10) as u8;
            w.set(
                token,
                IRevertingToken::setTransferModeCall { mode: w.odd.0 },
            )?;
        }
        1 => {
            w.odd.1 = w.random.within(1, 6) as u8;
            w.set(token, IRevertingToken::setBalanceModeCall { mode: w.odd.1 })?;
        }
        2 => {
            let account = w.vault();
            let amount = w
                .random
                .up_to(w.stand.assets[i].balance(&w.chain, account) / U256::from(10));
            slashed = true;
            w.set(token, IRevertingToken::slashCall { account, amount })?;
        }
        _ => {
            w.behave()?;
        }
    }
    w.tell(format!(
        "the odd token is in modes {:?}{}",
        w.odd,
        if slashed { ", and slashed" } else { "" }
    ));
    let (from, to) = (w.depositor(), w.depositor());
    let amount = w
        .random
        .up_to(w.stand.assets[i].balance(&w.chain, from) / U256::from(1_000));
    w.act(from, token, IERC20::transferCall { to, amount })?;
    w.check(&before, &was, Excuse { odd: true, ..NONE })?;
    if slashed {
        super::shortfall::check_sharing(w)?;
    }
    Ok(())
}
