//! The governor: targets, limits, marks, pauses, and the end.

use alloy::primitives::U256;
use ballast::abi::{Oracle, Policy, Vault};

use super::{CONFIGURED, DAY};
use crate::invariants::world::{Go, World};

/// An asset is sold only, quarantined, given a floor, or let be again.
pub(super) fn mark(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let policy = w.stand.stage.suite.policy;
    let (governor, guardian) = (w.governor, w.stand.stage.cast.guardian);
    let i = w.random.index(w.stand.assets.len());
    let token = w.stand.assets[i].token;
    match w.random.below(5) {
        0 | 1 => {
            let from = if w.random.one_in(2) {
                guardian
            } else {
                governor
            };
            let mode = U256::from(w.random.within(0, 3));
            w.tell(format!("{from} marks asset {i} with mode {mode}"));
            w.act(from, policy, Policy::setModeCall { token, mode })?;
        }
        2 => {
            let price = w.feeds[i].answer.into_raw() * w.stand.assets[i].scale;
            let percent = U256::from(w.random.within(50, 110));
            let call = Policy::setAssetBoundsCall {
                token,
                capBps: U256::from(10_000),
                floorD36: price * percent / U256::from(100),
            };
            w.tell(format!("asset {i} has a floor at {percent} %"));
            w.act(governor, policy, call)?;
        }
        _ => {
            w.tell(format!("asset {i} is as any other"));
            let mode = U256::ZERO;
            w.act(governor, policy, Policy::setModeCall { token, mode })?;
            let call = Policy::setAssetBoundsCall {
                token,
                capBps: U256::from(10_000),
                floorD36: U256::ZERO,
            };
            w.act(governor, policy, call)?;
        }
    }
    w.check(&before, &was, CONFIGURED)
}

/// Targets for some of what is listed and priced.
pub(super) fn targets_call(w: &mut World<'_>) -> Go<Policy::setTargetsCall> {
    let mut tokens = Vec::new();
    for i in w.books.order.clone() {
        let token = w.stand.assets[i].token;
        if w.ask(w.oracle(), Oracle::isPricedCall { token })? && !w.random.one_in(8) {
            tokens.push(token);
        }
    }
    if tokens.is_empty() {
        tokens.push(w.stand.assets[0].token);
    }
    let n = tokens.len();
    let mut weights = vec![0u64; n];
    let mut left = 10_000;
    for weight in weights.iter_mut().take(n - 1) {
        *weight = w.random.within(0, left);
        left -= *weight;
    }
    weights[n - 1] = left;
    let policy = w.stand.stage.suite.policy;
    let nonce = w.ask(policy, Policy::governanceNonceCall {})?;
    let duration = *w.random.pick(&[0, DAY, 4 * DAY, 4 * DAY, 60 * DAY]);
    let start = match w.random.one_in(6) {
        true => U256::from(w.now() + w.random.within(1, 5 * DAY)),
        false => U256::ZERO,
    };
    let stale = u64::from(w.random.one_in(10));
    Ok(Policy::setTargetsCall {
        weightsBps: weights.into_iter().map(U256::from).collect(),
        bandsBps: (0..n)
            .map(|_| U256::from(w.random.within(1, 400)))
            .collect(),
        tokens,
        start,
        duration: U256::from(duration),
        expectedNonce: nonce + U256::from(stale),
    })
}

pub(super) fn limit_call(w: &mut World<'_>) -> Go<Policy::setLimitCall> {
    let limits = w.limits()?;
    let id = w.random.index(limits.len());
    let present = limits[id].value;
    // Near what it is, or anything.
    let value = match w.random.below(3) {
        0 => present * U256::from(w.random.within(50, 150)) / U256::from(100),
        1 => w.random.up_to(U256::from(100_000)),
        _ => present,
    };
    Ok(Policy::setLimitCall {
        id: U256::from(id),
        value,
    })
}

pub(super) fn govern(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let governor = w.governor;
    let policy = w.stand.stage.suite.policy;
    let limits = w.limits()?;
    match w.random.below(5) {
        0 | 1 => {
            let call = targets_call(w)?;
            w.tell(format!(
                "governor sets targets {:?} in {}",
                call.weightsBps, call.duration
            ));
            w.act(governor, policy, call)?;
        }
        2 => {
            let call = limit_call(w)?;
            w.tell(format!("governor sets limit {} to {}", call.id, call.value));
            w.act(governor, policy, call)?;
        }
        3 => {
            let until = U256::from(w.now() + w.random.within(0, 5 * DAY));
            w.tell(format!("governor rests everything until {until}"));
            w.act(governor, policy, Policy::pauseRebalanceCall { until })?;
            w.act(governor, w.vault(), Vault::pauseMintCall { until })?;
        }
        _ => {
            w.tell("governor ends the pauses".to_owned());
            w.act(governor, policy, Policy::unpauseRebalanceCall {})?;
            w.act(governor, w.vault(), Vault::unpauseMintCall {})?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    w.check_limits(&limits, false)
}

/// The end of everything but exits; rarely, since not much happens afterwards.
pub(super) fn wind_down(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let policy = w.stand.stage.suite.policy;
    let from = match w.random.one_in(12) {
        true => w.governor,
        false => w.depositor(),
    };
    w.tell(format!("{from} winds down"));
    let done = w.act(from, policy, Policy::windDownCall {})?;
    w.check(&before, &was, CONFIGURED)?;
    let may = from == w.governor;
    w.checks.that(19, may || done.result.is_err(), || {
        format!("{from} wound down")
    })?;
    if done.result.is_ok() {
        let forever = U256::from(u64::MAX);
        let until = w.ask(w.vault(), Vault::mintPausedUntilCall {})?;
        w.checks.that(20, until == forever, || {
            format!("after the end minting rests until {until}")
        })?;
    }
    Ok(())
}
