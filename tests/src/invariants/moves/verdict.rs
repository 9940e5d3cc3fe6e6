//! A rebalance, held against everything that must be true of one.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use ballast::abi::{Policy, Rebalancer};

use crate::invariants::{
    laws::Excuse,
    model::{crosses, is_closer, is_over, whole, wide, worth},
    world::{Go, World},
};

/// What a call of the rebalancer is for.
pub(super) struct Attempt {
    pub(super) deadline: U256,
    /// The policy's nonce, if it names one.
    pub(super) nonce: Option<U256>,
    /// The filler.
    pub(super) through: Address,
    /// What may be sold for what.
    pub(super) pairs: Vec<(Address, Address)>,
}

/// Makes the call and judges what it did.
pub(super) fn attempt_with<C: SolCall>(w: &mut World<'_>, call: C, attempt: Attempt) -> Go {
    let (before, was) = w.before();
    let (rebalancer, policy) = (w.rebalancer(), w.stand.stage.suite.policy);
    let keeper = w.stand.stage.cast.keeper;
    let tokens = w.listed();
    let rules = w.try_ask(Address::ZERO, policy, Policy::rulesCall { tokens })?;
    let Ok(mut rules) = rules else {
        // All weight is in quarantine: nothing can be aimed at, so nothing is done.
        let done = w.act(keeper, rebalancer, call)?;
        w.checks.that(13, done.result.is_err(), || {
            "it was done though the policy had no rule".to_owned()
        })?;
        return w.check(&before, &was, w.odd_excuse());
    };
    // By the places of the assets.
    rules.modes = w.spread(&rules.modes);
    rules.weightsWad = w.spread(&rules.weightsWad);
    rules.floorsD36 = w.spread(&rules.floorsD36);
    let told = w.prices_but(&rules.modes)?;
    let ramp_end = w.ask(policy, Policy::targetsCall {})?.end;
    let state = w.ask(rebalancer, Rebalancer::stateCall {})?;
    let opened = state.openedAt;
    let limits = w.limits()?;
    let filler_had: Vec<_> = w
        .stand
        .assets
        .iter()
        .map(|a| a.balance(&w.chain, w.stand.hostile))
        .collect();
    let now = w.chain.next_timestamp();
    let Attempt {
        deadline,
        nonce,
        through,
        pairs,
    } = attempt;
    let done = w.act(keeper, rebalancer, call)?;
    let count = w.ask(rebalancer, Rebalancer::stateCall {})?.nonce;
    // An upkeep may have opened the auction instead.
    let traded = done.result.is_ok() && count != state.nonce;
    if traded {
        book(w, &before.balances, &pairs, now)?;
    }
    let excuse = Excuse {
        traded: done.result.is_ok(),
        ..w.odd_excuse()
    };
    w.check(&before, &was, excuse)?;
    if !traded {
        return Ok(());
    }
    let after = w.view.clone();
    w.check_limits(&limits, false)?;
    let prices = match told {
        Ok(prices) => prices,
        Err(refusal) => {
            let told = || format!("it was done though prices were refused: {refusal}");
            w.checks.that(21, false, told)?;
            return Ok(());
        }
    };

    // 13: only when it may.
    let in_time = U256::from(now) >= state.nextAt && U256::from(now) <= deadline;
    let current = nonce.is_none_or(|nonce| nonce == rules.policyNonce);
    let allowed = current && U256::from(now) >= rules.pausedUntil;
    w.checks.that(13, in_time && allowed, || {
        format!(
            "at {now}: next {}, deadline {deadline}, paused until {}",
            state.nextAt, rules.pausedUntil
        )
    })?;

    let n = before.held.len();
    let fall: Vec<_> = (0..n)
        .map(|i| before.balances[i].saturating_sub(after.balances[i]))
        .collect();
    let rise: Vec<_> = (0..n)
        .map(|i| after.balances[i].saturating_sub(before.balances[i]))
        .collect();
    // What a token hides of its balances or moves besides, nobody can measure: its holders' own loss.
    let odd = w.stand.assets.iter().position(|asset| asset.is_weird);
    if let Some(i) = odd.filter(|_| w.odd != (0, 0)) {
        if !fall[i].is_zero() || !rise[i].is_zero() {
            return Ok(());
        }
    }
    let (sold, bought) = (worth(&fall, &prices), worth(&rise, &prices));
    let nav = worth(&before.held, &prices);
    let nav_after = worth(&after.held, &prices);
    let units = prices
        .iter()
        .fold(whole(U256::ONE), |sum, p| sum + wide(*p));
    let slippage = wide(limits[0].value);
    let ten_thousand = wide(U256::from(10_000));
    let lost = sold * slippage / ten_thousand + units;

    // 10: without an opening, where openings there are, the vault gains.
    if !limits[7].value.is_zero() && opened.is_zero() {
        w.checks.that(10, bought + units >= sold, || {
            format!("{sold} sold and {bought} bought with nothing released")
        })?;
    }
    // 11: losses add up to no more than the budgets.
    let loss =
        U256::from(nav.saturating_sub(nav_after) * wide(U256::from(10).pow(U256::from(18))) / nav);
    w.check_budgets(now, loss)?;
    // 23: what is marked is left alone, what is cheap or sell-only is not bought.
    for i in 0..n {
        let quarantined = rules.modes[i] == U256::from(2);
        let barred = !rules.modes[i].is_zero() || prices[i] < rules.floorsD36[i];
        let still = fall[i].is_zero() && rise[i].is_zero();
        let fine = (!quarantined || still) && (!barred || rise[i].is_zero());
        w.checks.that(23, fine, || {
            format!(
                "asset {i} in mode {} at {} moved",
                rules.modes[i], prices[i]
            )
        })?;
    }
    // 9 and 10: value, by measured balances.
    w.checks.that(10, bought + lost >= sold, || {
        format!("{sold} sold, {bought} bought")
    })?;
    w.checks.that(9, nav_after + lost >= nav, || {
        format!("NAV {nav} became {nav_after}")
    })?;
    // 24: and by what the filler has now.
    if through == w.stand.hostile {
        let has: Vec<_> = w
            .stand
            .assets
            .iter()
            .map(|a| a.balance(&w.chain, w.stand.hostile))
            .collect();
        let (had, has) = (worth(&filler_had, &prices), worth(&has, &prices));
        w.checks.that(24, has <= had + lost, || {
            format!("the filler had {had}, has {has}")
        })?;
    }
    // 13: turnover. 12: direction, overshoot, progress.
    let cap = nav * wide(limits[6].value) / ten_thousand;
    w.checks
        .that(13, sold <= cap + units, || format!("{sold} sold of {cap}"))?;
    let weights = &rules.weightsWad;
    for i in 0..n {
        let over = is_over(&before.held, &prices, weights, i);
        let moved_out = !fall[i].is_zero();
        let moved = moved_out || !rise[i].is_zero();
        // During a ramp the weights of the next second are others.
        if moved && ramp_end <= U256::from(now) {
            w.checks.that(12, over == moved_out, || {
                format!("asset {i} moved the wrong way")
            })?;
            if moved_out {
                let crossed = crosses(nav, after.held[i], prices[i], weights[i], true);
                w.checks.that(12, !crossed, || {
                    format!("asset {i} was sold below its target")
                })?;
            }
        }
        // 15: nothing else moves.
        let token = w.stand.assets[i].token;
        let named = pairs
            .iter()
            .any(|(sell, buy)| [*sell, *buy].contains(&token));
        w.checks
            .that(15, named || !moved_out, || format!("asset {i} fell"))?;
    }
    if ramp_end <= U256::from(now) {
        let closer = is_closer(&before.held, &after.held, &prices, weights);
        w.checks
            .that(12, closer, || "it came no closer".to_owned())?;
    }
    let same = before.shares == after.shares && before.supply == after.supply;
    w.checks.that(15, same, || "shares changed".to_owned())?;
    Ok(())
}

/// What the balances say was sold and bought goes into the books.
fn book(w: &mut World<'_>, had: &[U256], pairs: &[(Address, Address)], now: u64) -> Go {
    let vault = w.vault();
    let told = w.look()?.held;
    for (i, asset) in w.stand.assets.clone().iter().enumerate() {
        let has = asset.balance(&w.chain, vault);
        let (sold, bought) = (had[i].saturating_sub(has), has.saturating_sub(had[i]));
        let is_sell = pairs.iter().any(|(sell, _)| *sell == asset.token);
        w.books.trade(i, now, sold, bought, is_sell);
        // What a token hides of its balances nobody can book.
        if asset.is_weird && w.odd != (0, 0) {
            w.books.adopt(i, now, told[i]);
        }
    }
    Ok(())
}
