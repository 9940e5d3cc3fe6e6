//! Rebalances: by keepers who ask for the plan, by those who take slices, cheat or make no sense.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use ballast::{
    abi::{Lens, Oracle, Policy, Rebalancer, Vault, IERC20},
    keeper,
    local::uniswap::FEE,
};

use super::{
    feeds,
    verdict::{attempt_with, Attempt},
    DAY, TRADED,
};
use crate::{
    invariants::world::{Go, World},
    IHostileFiller,
};

/// The trades of the plan, all of each, through `filler`; `None` if there is nothing to trade.
fn planned(w: &mut World<'_>, filler: Address) -> Go<Option<Rebalancer::rebalanceCall>> {
    let rebalancer = w.rebalancer();
    let keeper = w.stand.stage.cast.keeper;
    let Ok(plan) = w.try_ask(keeper, rebalancer, Rebalancer::planCall {})? else {
        return Ok(None);
    };
    let n = plan.sells.len();
    if n == 0 {
        return Ok(None);
    }
    let policy = w.stand.stage.suite.policy;
    let policy_nonce = w.ask(policy, Policy::policyNonceCall {})?;
    let data = match filler == w.stand.stage.suite.filler {
        true => keeper::uniswap_v3_route(vec![FEE; n])?,
        false => Bytes::new(),
    };
    Ok(Some(Rebalancer::rebalanceCall {
        sells: plan.sells,
        buys: plan.buys,
        mosts: vec![U256::MAX; n],
        leasts: vec![U256::ZERO; n],
        minRatesD36: vec![U256::ZERO; n],
        filler,
        data,
        deadline: U256::MAX,
        policyNonce: policy_nonce,
    }))
}

/// Something to try when there is no plan: one pair, all that is useful.
fn hopeless(w: &mut World<'_>, filler: Address) -> Go<Rebalancer::rebalanceCall> {
    let policy = w.stand.stage.suite.policy;
    let i = w.random.index(w.stand.assets.len());
    let j = w.random.index(w.stand.assets.len());
    let policy_nonce = w.ask(policy, Policy::policyNonceCall {})?;
    Ok(Rebalancer::rebalanceCall {
        sells: vec![w.stand.assets[i].token],
        buys: vec![w.stand.assets[j].token],
        mosts: vec![U256::MAX],
        leasts: vec![U256::ZERO],
        minRatesD36: vec![U256::ZERO],
        filler,
        data: Bytes::new(),
        deadline: U256::MAX,
        policyNonce: policy_nonce,
    })
}

fn plan_or_hope(w: &mut World<'_>, filler: Address) -> Go<Rebalancer::rebalanceCall> {
    match planned(w, filler)? {
        Some(call) => Ok(call),
        None => hopeless(w, filler),
    }
}

fn configure(w: &mut World<'_>, mode: u8, bps: u64) -> Go {
    w.burns = mode == 7;
    let call = IHostileFiller::configureCall {
        mode,
        bps: U256::from(bps),
    };
    w.set(w.stand.hostile, call)
}

/// Most of the time: the market is awake, whatever rest there was is over, and what hinders trading is mended.
fn ready(w: &mut World<'_>) -> Go {
    if w.random.one_in(8) {
        return Ok(());
    }
    if !w.random.one_in(5) {
        mend(w)?;
    }
    let state = w.ask(w.rebalancer(), Rebalancer::stateCall {})?;
    let next: u64 = state.nextAt.saturating_to();
    let now = w.now();
    w.pass(next.saturating_sub(now).clamp(1, 30 * DAY));
    // So that there is something to do.
    if !w.random.one_in(4) {
        let i = w.random.index(w.stand.assets.len() - 1);
        w.drift_by(i, 500, 3_500);
    }
    w.wake()?;
    w.view = w.look()?;
    Ok(())
}

/// The governor ends pauses and prices what is listed, gifts fill what is missing, the odd token behaves: often.
fn mend(w: &mut World<'_>) -> Go {
    let policy = w.stand.stage.suite.policy;
    let governor = w.governor;
    let paused = w.ask(policy, Policy::pausedUntilCall {})?;
    if paused > U256::from(w.now()) {
        w.quietly(governor, policy, Policy::unpauseRebalanceCall {})?;
    }
    let oracle = w.oracle();
    w.publish_all()?;
    for i in w.books.order.clone() {
        let token = w.stand.assets[i].token;
        if !w.ask(oracle, Oracle::isPricedCall { token })? {
            let call = feeds::single(w, i);
            w.quietly(governor, oracle, call)?;
        }
    }
    if w.random.one_in(2) {
        w.behave()?;
    }
    if w.odd == (0, 0) {
        let vault = w.vault();
        for (i, asset) in w.stand.assets.clone().iter().enumerate() {
            let missing = w
                .books
                .owed(i)
                .saturating_sub(asset.balance(&w.chain, vault));
            if !missing.is_zero() {
                let from = w.stand.stage.cast.maker;
                let call = IERC20::transferCall {
                    to: vault,
                    amount: missing,
                };
                w.quietly(from, asset.token, call)?;
            }
        }
    }
    Ok(())
}

/// Where there is an auction: opens it, and lets some of its ramp pass.
fn auction(w: &mut World<'_>) -> Go {
    let rebalancer = w.rebalancer();
    let limits = w.limits()?;
    let (ramp, hold) = (limits[7].value, limits[8].value);
    if ramp.is_zero() || w.random.one_in(8) {
        return Ok(());
    }
    let keeper = w.stand.stage.cast.keeper;
    w.tell("a keeper opens".to_owned());
    let (before, was) = w.before();
    w.act(keeper, rebalancer, Rebalancer::openCall {})?;
    w.check(&before, &was, TRADED)?;
    // Often to the end of the ramp, where everything is released.
    let ramp: u64 = ramp.saturating_to();
    let most = ramp.saturating_add(hold.saturating_to()).clamp(1, 2 * DAY);
    let least = match w.random.one_in(2) {
        true => ramp.min(most),
        false => 1,
    };
    let seconds = w.random.within(least, most);
    w.pass(seconds);
    w.wake()
}

pub(super) fn open(w: &mut World<'_>) -> Go {
    if w.random.one_in(2) {
        ready(w)?;
    }
    by_anybody(w, Rebalancer::openCall {})
}

pub(super) fn close(w: &mut World<'_>) -> Go {
    // An opening that is void by age, or whose reason is gone, may be closed by anybody.
    if !w.random.one_in(3) {
        ready(w)?;
        let keeper = w.stand.stage.cast.keeper;
        let (before, was) = w.before();
        w.act(keeper, w.rebalancer(), Rebalancer::openCall {})?;
        w.check(&before, &was, TRADED)?;
        w.pass(3 * DAY);
    }
    by_anybody(w, Rebalancer::closeCall {})
}

pub(super) fn settle(w: &mut World<'_>) -> Go {
    by_anybody(w, Rebalancer::settleCall {})
}

/// What anybody may ask of the rebalancer: neither holdings nor shares nor rules change.
fn by_anybody<C: SolCall>(w: &mut World<'_>, call: C) -> Go {
    let (before, was) = w.before();
    let limits = w.limits()?;
    let from = w.depositor();
    w.tell(format!("{from}: {}", C::SIGNATURE));
    w.act(from, w.rebalancer(), call)?;
    w.check(&before, &was, TRADED)?;
    let same = before == w.view;
    w.checks
        .that(15, same, || format!("{} changed the vault", C::SIGNATURE))?;
    w.check_limits(&limits, false)
}

pub(super) fn rebalance(w: &mut World<'_>) -> Go {
    ready(w)?;
    auction(w)?;
    let through_pools = w.random.one_in(3);
    let filler = match through_pools {
        true => w.stand.stage.suite.filler,
        false => w.stand.hostile,
    };
    // Pays what it must, more than that, or gives a part back.
    let (mode, most) = *w.random.pick(&[(0, 0), (9, 300), (4, 9_000)]);
    let bps = w.random.within(0, most);
    configure(w, mode, bps)?;
    let call = plan_or_hope(w, filler)?;
    if through_pools {
        // Pools stand near where the feeds do.
        for (sell, buy) in call.sells.iter().zip(&call.buys) {
            w.arbitrage(*sell, *buy, 60)?;
        }
    }
    w.tell(format!(
        "rebalance of {} trades, through pools: {through_pools}, mode {mode} at {bps}",
        call.sells.len()
    ));
    trade(w, call)
}

pub(super) fn slice(w: &mut World<'_>) -> Go {
    ready(w)?;
    auction(w)?;
    configure(w, 0, 0)?;
    let mut call = plan_or_hope(w, w.stand.hostile)?;
    let keep = w.random.index(call.sells.len());
    for (i, asset) in call.sells.clone().iter().enumerate() {
        let place = w.stand.assets.iter().position(|a| a.token == *asset);
        let held = place.map_or(U256::ZERO, |p| w.view.held[p]);
        let part = U256::from(w.random.within(2, 200));
        call.mosts[i] = held / part;
    }
    if w.random.one_in(2) {
        let one = |all: &Vec<Address>| vec![all[keep]];
        (call.sells, call.buys) = (one(&call.sells), one(&call.buys));
        call.mosts = vec![call.mosts[keep]];
        call.leasts = vec![U256::ZERO];
        call.minRatesD36 = vec![U256::ZERO];
    }
    w.tell(format!("a slice of {} trades", call.sells.len()));
    trade(w, call)
}

pub(super) fn misfill(w: &mut World<'_>) -> Go {
    ready(w)?;
    auction(w)?;
    // Less than it must by up to everything, nothing at all, the wrong token, too much gas, entering again …
    let mode = *w.random.pick(&[1, 2, 2, 2, 3, 5, 6, 7, 8, 10, 12, 13]);
    let most = *w.random.pick(&[0, 1, 60, 10_000]);
    let bps = w.random.within(0, most);
    configure(w, mode, bps)?;
    let call = plan_or_hope(w, w.stand.hostile)?;
    if mode == 3 {
        return reenter(w, call);
    }
    w.tell(format!("hostile filler, mode {mode} at {bps}"));
    trade(w, call)
}

/// Everything that is listed for the lock, called from inside a fill.
fn reenter(w: &mut World<'_>, call: Rebalancer::rebalanceCall) -> Go {
    let suite = w.stand.stage.suite.clone();
    let rebalancer = w.rebalancer();
    let none = vec![U256::ZERO; w.books.order.len()];
    let who = w.stand.hostile;
    let token = w.stand.assets[0].token;
    let tries: [(Address, Vec<u8>); 8] = [
        (suite.vault, Vault::holdingsCall {}.abi_encode()),
        (
            suite.vault,
            Vault::mintCall {
                shares: U256::ONE,
                receiver: who,
                maxAmounts: vec![U256::MAX; none.len()],
            }
            .abi_encode(),
        ),
        (
            suite.vault,
            Vault::redeemCall {
                shares: U256::ONE,
                receiver: who,
                owner: w.stand.holders[0],
                minAmounts: none,
            }
            .abi_encode(),
        ),
        (
            suite.vault,
            Vault::collectCall {
                token,
                account: who,
            }
            .abi_encode(),
        ),
        (suite.vault, Vault::getReserveCall { token }.abi_encode()),
        (rebalancer, call.abi_encode()),
        (rebalancer, Rebalancer::planCall {}.abi_encode()),
        (suite.lens, Lens::statusCall {}.abi_encode()),
    ];
    let (target, data) = w.random.pick(&tries).clone();
    w.tell(format!("re-entering {target}"));
    let armed = IHostileFiller::setReentryCall {
        target,
        data: data.into(),
        bubble: false,
    };
    w.set(who, armed)?;
    let before = w.ask(who, IHostileFiller::attemptsCall {})?;
    trade(w, call)?;
    if w.ask(who, IHostileFiller::attemptsCall {})? > before {
        let entered = w.ask(who, IHostileFiller::lastSuccessCall {})?;
        w.checks.that(25, !entered, || {
            format!("{target} was entered during a fill")
        })?;
    }
    Ok(())
}

pub(super) fn senseless(w: &mut World<'_>) -> Go {
    ready(w)?;
    configure(w, 0, 0)?;
    let mut call = plan_or_hope(w, w.stand.hostile)?;
    match w.random.below(6) {
        0 => std::mem::swap(&mut call.sells, &mut call.buys),
        1 => call.deadline = U256::from(w.now().saturating_sub(1)),
        2 => call.policyNonce += U256::ONE,
        3 => call.minRatesD36 = vec![U256::ONE; call.sells.len()],
        4 => {
            let rate = U256::from(10).pow(U256::from(w.random.within(0, 60)));
            call.minRatesD36 = vec![rate; call.sells.len()];
        }
        _ => call.leasts = vec![w.random.up_to(U256::MAX); call.sells.len()],
    }
    w.tell("senseless trades".to_owned());
    trade(w, call)
}

/// What automation does: opens, or makes the whole plan.
pub(super) fn upkeep(w: &mut World<'_>) -> Go {
    ready(w)?;
    if w.random.one_in(2) {
        auction(w)?;
    }
    configure(w, 0, 0)?;
    let hostile = w.stand.hostile;
    let plan = planned(w, hostile)?;
    let pairs = plan.map_or_else(Vec::new, |plan| pairs_of(&plan));
    let data = match w.random.one_in(8) {
        true => Bytes::from_static(b"too short"),
        false => Bytes::copy_from_slice(hostile.as_slice()),
    };
    let call = Rebalancer::performUpkeepCall { performData: data };
    w.tell(format!("an upkeep of {} trades", pairs.len()));
    let attempt = Attempt {
        deadline: U256::MAX,
        nonce: None,
        through: hostile,
        pairs,
    };
    attempt_with(w, call, attempt)
}

fn pairs_of(call: &Rebalancer::rebalanceCall) -> Vec<(Address, Address)> {
    let pairs = call.sells.iter().zip(&call.buys);
    pairs.map(|(sell, buy)| (*sell, *buy)).collect()
}

/// Makes a rebalance and holds it against everything that must be true of one.
fn trade(w: &mut World<'_>, call: Rebalancer::rebalanceCall) -> Go {
    let attempt = Attempt {
        deadline: call.deadline,
        nonce: Some(call.policyNonce),
        through: call.filler,
        pairs: pairs_of(&call),
    };
    attempt_with(w, call, attempt)
}
