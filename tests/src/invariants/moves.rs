//! What everybody may do, at random.

use alloy::{
    primitives::{Address, Bytes, I256, U256},
    sol_types::SolCall,
};
use ballast::{
    abi::{ISwapRouter02, Lens, Oracle, Policy, Rebalancer, Vault, IERC20},
    keeper,
    local::uniswap::FEE,
    stylus::{arguments, constructor_call},
};
use devnode::exec::State;

use super::{
    laws::Excuse,
    model::{crosses, is_closer, is_over, share_down, share_up, whole, wide, worth},
    world::{enrich, Go, View, World},
};
use crate::{IHostileFiller, IRevertingToken};

/// A move, and how often it is made beside the others.
type Move = (&'static str, u64, fn(&mut World<'_>) -> Go);

/// All moves.
pub(crate) const MOVES: [Move; 22] = [
    ("mint", 8, mint),
    ("redeem", 8, redeem),
    ("transfer shares", 3, transfer),
    ("collect a claim", 3, collect),
    ("redirect a claim", 2, redirect),
    ("donate", 3, donate),
    ("rebalance", 12, rebalance),
    ("rebalance, a slice", 4, slice),
    ("rebalance, hostile filler", 6, misfill),
    ("rebalance, senseless", 3, senseless),
    ("open", 3, open),
    ("close", 3, close),
    ("settle", 2, settle),
    ("observe", 2, observe),
    ("mark an asset", 4, mark),
    ("market", 14, market),
    ("faulty feed", 5, faults),
    ("push a pool", 4, push),
    ("governor", 7, govern),
    ("guardian", 4, guard),
    ("outsider", 4, outsider),
    ("odd token", 4, odd),
];

const NONE: Excuse = Excuse {
    odd: false,
    traded: false,
    configured: false,
};
const CONFIGURED: Excuse = Excuse {
    configured: true,
    ..NONE
};
const TRADED: Excuse = Excuse {
    traded: true,
    ..NONE
};
const DAY: u64 = 86_400;

impl World<'_> {
    fn depositor(&mut self) -> Address {
        let all = self.stand.depositors();
        *self.random.pick(all)
    }

    fn before(&self) -> (View, State) {
        (self.view.clone(), self.chain.state().clone())
    }

    fn shares_of(&self, who: Address) -> U256 {
        let place = self.stand.holders.iter().position(|h| *h == who);
        place.map_or(U256::ZERO, |i| self.view.shares[i])
    }

    /// Moves the answer of feed `i` by at most so many bps, within its bounds.
    fn drift(&mut self, i: usize, most_bps: u64) {
        let up = self.random.one_in(2);
        let bps = self.random.within(0, most_bps);
        let factor = if up { 10_000 + bps } else { 10_000 - bps };
        let first = self.stand.assets[i].answer.into_raw();
        let moved = self.feeds[i].answer.into_raw() * U256::from(factor) / U256::from(10_000);
        let most = U256::from(90);
        let kept = moved.clamp(first / most, first * most);
        self.feeds[i].answer = I256::from_raw(kept);
    }

    fn count(&mut self, done: bool) {
        let counts = self.counts.entry(self.kind).or_default();
        match done {
            true => counts.done += 1,
            false => counts.refused += 1,
        }
    }
}

fn mint(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (from, receiver) = (w.depositor(), w.depositor());
    let shares = w.random.up_to(before.supply / U256::from(20));
    let due = |held: &U256| share_up(*held, shares, before.supply);
    let mut most: Vec<_> = before.held.iter().map(due).collect();
    if w.random.one_in(8) {
        let i = w.random.index(most.len());
        most[i] = most[i].saturating_sub(U256::ONE);
    }
    let call = Vault::mintCall {
        shares,
        receiver,
        maxAmounts: most,
    };
    w.tell(format!("{from} mints {shares}"));
    if w.random.one_in(16) {
        check_split(w, from, shares)?;
    }
    let done = w.act(from, w.vault(), call)?;
    w.check(&before, &was, NONE)?;
    let Ok(amounts) = done.result else {
        return Ok(());
    };
    let after = w.view.clone();
    for (i, amount) in amounts.iter().enumerate() {
        let (held, held_after) = (before.held[i], after.held[i]);
        let kept = wide(held_after) * wide(before.supply) >= wide(held) * wide(after.supply);
        w.checks
            .that(4, kept, || format!("asset {i}: {held} became {held_after}"))?;
        let right = share_up(held, shares, before.supply);
        w.checks
            .that(5, *amount == right && held_after == held + right, || {
                format!("asset {i}: {amount} taken, not {right}; {held} became {held_after}")
            })?;
    }
    let paid = amounts.iter().any(|a| !a.is_zero());
    w.checks.that(6, paid && !shares.is_zero(), || {
        format!("{shares} shares for nothing")
    })?;
    Ok(())
}

fn redeem(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let owner = w.depositor();
    let from = if w.random.one_in(10) {
        w.depositor()
    } else {
        owner
    };
    let receiver = w.depositor();
    let mut shares = w.random.up_to(w.shares_of(owner));
    if w.random.one_in(12) {
        shares = w.shares_of(owner) + U256::ONE;
    }
    let mut least = vec![U256::ZERO; before.held.len()];
    if w.random.one_in(8) {
        let i = w.random.index(least.len());
        least[i] = share_down(before.held[i], shares, before.supply) + U256::ONE;
    }
    let call = Vault::redeemCall {
        shares,
        receiver,
        owner,
        minAmounts: least,
    };
    w.burns = false;
    w.tell(format!("{from} redeems {shares} of {owner} for {receiver}"));
    if w.random.one_in(16) {
        check_donation(w, owner)?;
    }
    let done = w.act(from, w.vault(), call)?;
    let excuse = Excuse {
        odd: w.odd != (0, 0),
        ..NONE
    };
    w.check(&before, &was, excuse)?;
    let Ok(delivered) = done.result else {
        return Ok(());
    };
    let after = w.view.clone();
    for (i, got) in delivered.iter().enumerate() {
        let due = share_down(before.held[i], shares, before.supply);
        let kept =
            wide(after.held[i]) * wide(before.supply) >= wide(before.held[i]) * wide(after.supply);
        w.checks
            .that(4, kept, || format!("asset {i} after {shares} left"))?;
        let booked = after.claims[i] - before.claims[i];
        let right = after.held[i] == before.held[i] - due && *got + booked == due;
        w.checks.that(5, right, || {
            format!("asset {i}: {got} delivered and {booked} booked of {due}")
        })?;
    }
    Ok(())
}

/// Leaving in two steps pays no more than in one, and joining costs no less.
fn check_split(w: &mut World<'_>, who: Address, shares: U256) -> Go {
    if shares < U256::from(2) || w.shares_of(who) < shares || w.odd != (0, 0) {
        return Ok(());
    }
    let first = w.random.up_to(shares - U256::ONE);
    let vault = w.vault();
    let ways = [vec![shares], vec![first, shares - first]];
    let mut ends = Vec::new();
    for parts in &ways {
        for joins in [true, false] {
            let mut chain = w.chain.clone();
            enrich(&mut chain, who);
            let mut all = true;
            for part in parts.iter().filter(|part| !part.is_zero()) {
                let none = vec![U256::ZERO; w.view.held.len()];
                all &= match joins {
                    true => {
                        let max_amounts = vec![U256::MAX; none.len()];
                        let call = Vault::mintCall {
                            shares: *part,
                            receiver: who,
                            maxAmounts: max_amounts,
                        };
                        chain
                            .act(&devnode::Act::new(who, vault, call))?
                            .result
                            .is_ok()
                    }
                    false => {
                        let call = Vault::redeemCall {
                            shares: *part,
                            receiver: who,
                            owner: who,
                            minAmounts: none,
                        };
                        chain
                            .act(&devnode::Act::new(who, vault, call))?
                            .result
                            .is_ok()
                    }
                };
            }
            let assets = &w.stand.assets;
            let rest: Vec<_> = assets.iter().map(|a| a.balance(&chain, who)).collect();
            ends.push((all, rest));
        }
    }
    // One step, two steps; joined, left.
    for (one, two) in [(0, 2), (1, 3)] {
        let ((fine, at_once), (fine_too, in_two)) = (&ends[one], &ends[two]);
        if *fine && *fine_too {
            let no_better = at_once
                .iter()
                .zip(in_two)
                .all(|(once, twice)| twice <= once);
            w.checks.that(7, no_better, || {
                format!("{shares} shares at once leave {at_once:?}, in two steps {in_two:?}")
            })?;
        }
    }
    Ok(())
}

/// Whoever gives first and leaves after somebody joined has exactly what was given less.
fn check_donation(w: &mut World<'_>, who: Address) -> Go {
    let shares = w.shares_of(who);
    let victim = w.depositor();
    if shares.is_zero() || victim == who || w.odd != (0, 0) {
        return Ok(());
    }
    let i = w.random.index(w.stand.assets.len());
    let token = w.stand.assets[i].token;
    let gift = w.random.up_to(w.stand.assets[i].balance(&w.chain, who));
    let joined = w.random.up_to(w.view.supply / U256::from(50));
    let vault = w.vault();
    let mut ends = Vec::new();
    for given in [U256::ZERO, gift] {
        let mut chain = w.chain.clone();
        for account in [who, victim] {
            enrich(&mut chain, account);
        }
        let call = IERC20::transferCall {
            to: vault,
            amount: given,
        };
        chain.act(&devnode::Act::new(who, token, call))?;
        let max_amounts = vec![U256::MAX; w.view.held.len()];
        let call = Vault::mintCall {
            shares: joined,
            receiver: victim,
            maxAmounts: max_amounts,
        };
        chain.act(&devnode::Act::new(victim, vault, call))?;
        let call = Vault::redeemCall {
            shares,
            receiver: who,
            owner: who,
            minAmounts: vec![U256::ZERO; w.view.held.len()],
        };
        chain.act(&devnode::Act::new(who, vault, call))?;
        ends.push(
            w.stand
                .assets
                .iter()
                .map(|a| a.balance(&chain, who))
                .collect::<Vec<_>>(),
        );
    }
    // In a shortfall a gift pays what is owed, to the giver too.
    let mut books = w.view.balances.iter().zip(&w.view.held).zip(&w.view.claims);
    let short = books.any(|((balance, held), claims)| *balance < *held + *claims);
    for (j, (plain, after_gift)) in ends[0].iter().zip(&ends[1]).enumerate() {
        let expected = if i == j { *plain - gift } else { *plain };
        let right = *after_gift == expected || (short && after_gift <= plain);
        w.checks.that(8, right, || {
            format!(
                "a gift of {gift} of asset {i}: {after_gift} of asset {j} instead of {expected}"
            )
        })?;
    }
    Ok(())
}

fn transfer(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (from, to) = (w.depositor(), w.depositor());
    let mut value = w.random.up_to(w.shares_of(from));
    if w.random.one_in(4) {
        value = w.shares_of(from) + U256::ONE;
    }
    w.tell(format!("{from} sends {value} shares to {to}"));
    w.act(from, w.vault(), Vault::transferCall { to, value })?;
    w.check(&before, &was, NONE)
}

fn collect(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (from, mut account) = (w.depositor(), w.depositor());
    let mut token = w.random.pick(&w.stand.assets).token;
    // Where there is a claim, somebody's, if not this one's.
    if let Some(i) = w.view.claims.iter().position(|claim| !claim.is_zero()) {
        token = w.stand.assets[i].token;
        for holder in w.stand.depositors() {
            let call = Vault::claimOfCall {
                token,
                account: *holder,
            };
            if !w.ask(w.vault(), call)?.is_zero() {
                account = *holder;
            }
        }
    }
    w.tell(format!("{from} collects {token} for {account}"));
    let done = w.act(from, w.vault(), Vault::collectCall { token, account })?;
    let excuse = Excuse {
        odd: w.odd != (0, 0),
        ..NONE
    };
    w.check(&before, &was, excuse)?;
    if done.result.is_ok() {
        let same = before.held == w.view.held && before.supply == w.view.supply;
        w.checks
            .that(1, same, || "collecting changed a holding".to_owned())?;
    }
    Ok(())
}

fn redirect(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let token = w.random.pick(&w.stand.assets).token;
    let (account, to) = (w.depositor(), w.depositor());
    let claim = w.ask(w.vault(), Vault::claimOfCall { token, account })?;
    let mut amount = w.random.up_to(claim);
    if w.random.one_in(4) {
        amount = claim + U256::ONE;
    }
    w.tell(format!("{account} redirects {amount} of {token} to {to}"));
    w.act(
        account,
        w.vault(),
        Vault::redirectClaimCall { token, to, amount },
    )?;
    w.check(&before, &was, NONE)?;
    let same = before.claims == w.view.claims;
    w.checks.that(1, same, || {
        "redirecting changed the sum of claims".to_owned()
    })?;
    Ok(())
}

fn donate(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let i = w.random.index(w.stand.assets.len());
    let asset = w.stand.assets[i].clone();
    let have = asset.balance(&w.chain, from);
    let mut amount = w.random.up_to(have / U256::from(10));
    if w.random.one_in(5) {
        amount = have + U256::ONE;
    }
    let to = w.vault();
    w.tell(format!("{from} donates {amount} of asset {i}"));
    w.act(from, asset.token, IERC20::transferCall { to, amount })?;
    w.check(&before, &was, NONE)?;
    let same = before.held == w.view.held && before.supply == w.view.supply;
    w.checks
        .that(1, same, || "a donation changed the books".to_owned())?;
    Ok(())
}

/// The trades of the plan, all of each, through `filler`; `None` if there is nothing to trade.
fn planned(w: &mut World<'_>, filler: Address) -> Go<Option<Rebalancer::rebalanceCall>> {
    let rebalancer = w.stand.stage.suite.rebalancer;
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

/// Most of the time: the market is awake, and whatever rest there was is over.
fn ready(w: &mut World<'_>) -> Go {
    if w.random.one_in(4) {
        return Ok(());
    }
    let state = w.ask(w.stand.stage.suite.rebalancer, Rebalancer::stateCall {})?;
    let next: u64 = state.nextAt.saturating_to();
    let now = w.now();
    w.chain
        .increase_time(next.saturating_sub(now).clamp(1, 30 * DAY));
    w.chain.mine();
    for i in 0..w.feeds.len() {
        if w.feeds[i].mode != 0 {
            w.set_feed_mode(i, 0)?;
        }
        w.publish(i)?;
    }
    let since = w.now().saturating_sub(10 * 3_600);
    w.set_sequencer(true, since)?;
    let tokens = vec![w.stand.assets[0].token];
    w.set(w.stand.stage.suite.oracle, Oracle::observeCall { tokens })
}

/// Where there is an auction: opens it, and lets some of its ramp pass.
fn auction(w: &mut World<'_>) -> Go {
    let rebalancer = w.stand.stage.suite.rebalancer;
    let limits = w.limits()?;
    let (ramp, hold) = (limits[7].value, limits[8].value);
    if ramp.is_zero() || w.random.one_in(4) {
        return Ok(());
    }
    let keeper = w.stand.stage.cast.keeper;
    w.tell("a keeper opens".to_owned());
    let (before, was) = w.before();
    w.act(keeper, rebalancer, Rebalancer::openCall {})?;
    w.check(&before, &was, TRADED)?;
    let most: u64 = (ramp + hold).saturating_to();
    w.chain
        .increase_time(w.random.within(1, most.clamp(1, 2 * DAY)));
    w.chain.mine();
    for i in 0..w.feeds.len() {
        w.publish(i)?;
    }
    Ok(())
}

fn open(w: &mut World<'_>) -> Go {
    by_anybody(w, Rebalancer::openCall {})
}

fn close(w: &mut World<'_>) -> Go {
    by_anybody(w, Rebalancer::closeCall {})
}

fn settle(w: &mut World<'_>) -> Go {
    by_anybody(w, Rebalancer::settleCall {})
}

/// What anybody may ask of the rebalancer: neither holdings nor shares nor rules change.
fn by_anybody<C: SolCall>(w: &mut World<'_>, call: C) -> Go {
    let (before, was) = w.before();
    let limits = w.limits()?;
    let from = w.depositor();
    w.tell(format!("{from}: {}", C::SIGNATURE));
    w.act(from, w.stand.stage.suite.rebalancer, call)?;
    w.check(&before, &was, TRADED)?;
    let same = before == w.view;
    w.checks
        .that(15, same, || format!("{} changed the vault", C::SIGNATURE))?;
    w.check_limits(&limits, false)
}

fn observe(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    // One of them is watched.
    let tokens = vec![w.random.pick(&w.stand.assets[..2]).token];
    w.tell(format!("{from} observes"));
    w.act(
        from,
        w.stand.stage.suite.oracle,
        Oracle::observeCall { tokens },
    )?;
    w.check(&before, &was, CONFIGURED)
}

/// An asset is sold only, quarantined, given a floor, or let be again.
fn mark(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let policy = w.stand.stage.suite.policy;
    let (governor, guardian) = (w.stand.stage.governor, w.stand.stage.cast.guardian);
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

fn rebalance(w: &mut World<'_>) -> Go {
    ready(w)?;
    auction(w)?;
    let filler = match w.random.below(4) {
        0 => w.stand.stage.suite.filler,
        _ => w.stand.hostile,
    };
    // Pays what it must, more than that, or gives a part back.
    let (mode, most) = *w.random.pick(&[(0, 0), (9, 300), (4, 9_000)]);
    let bps = w.random.within(0, most);
    configure(w, mode, bps)?;
    let call = plan_or_hope(w, filler)?;
    w.tell(format!(
        "rebalance of {} trades, mode {mode} at {bps}",
        call.sells.len()
    ));
    trade(w, call)
}

fn slice(w: &mut World<'_>) -> Go {
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

fn misfill(w: &mut World<'_>) -> Go {
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
    let none = vec![U256::ZERO; w.view.held.len()];
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
        (suite.rebalancer, call.abi_encode()),
        (suite.rebalancer, Rebalancer::planCall {}.abi_encode()),
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

fn senseless(w: &mut World<'_>) -> Go {
    ready(w)?;
    configure(w, 0, 0)?;
    let mut call = plan_or_hope(w, w.stand.hostile)?;
    match w.random.below(5) {
        0 => std::mem::swap(&mut call.sells, &mut call.buys),
        1 => call.deadline = U256::from(w.now().saturating_sub(1)),
        2 => call.policyNonce += U256::ONE,
        3 => {
            let rate = U256::from(10).pow(U256::from(w.random.within(0, 60)));
            call.minRatesD36 = vec![rate; call.sells.len()];
        }
        _ => call.leasts = vec![w.random.up_to(U256::MAX); call.sells.len()],
    }
    w.tell("senseless trades".to_owned());
    trade(w, call)
}

/// Makes a rebalance and holds it against everything that must be true of one.
fn trade(w: &mut World<'_>, call: Rebalancer::rebalanceCall) -> Go {
    let (before, was) = w.before();
    let stage = &w.stand.stage;
    let (rebalancer, policy, keeper) = (
        stage.suite.rebalancer,
        stage.suite.policy,
        stage.cast.keeper,
    );
    let rules = w.ask(
        policy,
        Policy::rulesCall {
            tokens: w.stand.tokens(),
        },
    )?;
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
    let (deadline, nonce, through) = (call.deadline, call.policyNonce, call.filler);
    let pairs: Vec<_> = call
        .sells
        .iter()
        .zip(&call.buys)
        .map(|(s, b)| (*s, *b))
        .collect();
    let done = w.act(keeper, rebalancer, call)?;
    let traded = done.result.is_ok();
    let excuse = Excuse {
        traded,
        odd: w.odd != (0, 0),
        configured: false,
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
    let allowed = nonce == rules.policyNonce && U256::from(now) >= rules.pausedUntil;
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

/// Prices move, time passes, every feed is updated.
fn market(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let seconds = match w.random.below(8) {
        0 => w.random.within(DAY, 20 * DAY),
        1..=3 => w.random.within(600, 7_200),
        _ => w.random.within(1, 120),
    };
    w.chain.increase_time(seconds);
    w.chain.mine();
    let wild = w.random.one_in(12);
    let silent = w.random.one_in(6);
    for i in 0..w.feeds.len() {
        if silent {
            continue;
        }
        w.drift(i, if wild { 4_000 } else { 250 });
        if w.feeds[i].mode != 0 {
            w.set_feed_mode(i, 0)?;
        }
        w.publish(i)?;
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

fn faults(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let i = w.random.index(w.feeds.len());
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
        3 => {
            w.feeds[i].answer =
                I256::from_raw(w.stand.assets[i].answer.into_raw() * U256::from(100))
        }
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

fn push(w: &mut World<'_>) -> Go {
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

fn targets_call(w: &mut World<'_>) -> Go<Policy::setTargetsCall> {
    let n = w.stand.assets.len();
    let mut weights = vec![0u64; n];
    let mut left = 10_000;
    for weight in weights.iter_mut().take(n - 1) {
        *weight = w.random.within(0, left);
        left -= *weight;
    }
    weights[n - 1] = left;
    let policy = w.stand.stage.suite.policy;
    let nonce = w.ask(policy, Policy::governanceNonceCall {})?;
    let duration = *w.random.pick(&[0, DAY, 4 * DAY, 60 * DAY]);
    let stale = u64::from(w.random.one_in(10));
    Ok(Policy::setTargetsCall {
        tokens: w.stand.tokens(),
        weightsBps: weights.into_iter().map(U256::from).collect(),
        bandsBps: (0..n)
            .map(|_| U256::from(w.random.within(1, 400)))
            .collect(),
        start: U256::ZERO,
        duration: U256::from(duration),
        expectedNonce: nonce + U256::from(stale),
    })
}

fn limit_call(w: &mut World<'_>) -> Go<Policy::setLimitCall> {
    let limits = w.limits()?;
    let id = w.random.index(9);
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

fn govern(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let governor = w.stand.stage.governor;
    let policy = w.stand.stage.suite.policy;
    let limits = w.limits()?;
    match w.random.below(4) {
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
        _ => {
            w.tell("governor ends the pauses".to_owned());
            w.act(governor, policy, Policy::unpauseRebalanceCall {})?;
            w.act(governor, w.vault(), Vault::unpauseMintCall {})?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    w.check_limits(&limits, false)
}

fn guard(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let guardian = w.stand.stage.cast.guardian;
    let policy = w.stand.stage.suite.policy;
    let limits = w.limits()?;
    let until = U256::from(w.now() + w.random.within(0, 16 * DAY));
    match w.random.below(4) {
        0 | 1 => {
            let call = limit_call(w)?;
            w.tell(format!("guardian sets limit {} to {}", call.id, call.value));
            w.act(guardian, policy, call)?;
        }
        2 => {
            w.tell(format!("guardian rests rebalancing until {until}"));
            w.act(guardian, policy, Policy::pauseRebalanceCall { until })?;
        }
        _ => {
            w.tell(format!("guardian rests minting until {until}"));
            w.act(guardian, w.vault(), Vault::pauseMintCall { until })?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    w.check_limits(&limits, true)
}

/// Somebody without a role tries everything that needs one; all but the last is refused.
fn outsider(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let suite = w.stand.stage.suite.clone();
    let what = w.random.below(12);
    w.tell(format!("{from} tries what needs a role, {what}"));
    let token = w.stand.assets[0].token;
    let until = U256::from(w.now() + DAY);
    let refused = match what {
        0 => {
            let call = targets_call(w)?;
            w.is_refused(from, suite.policy, call)?
        }
        1 => {
            let call = limit_call(w)?;
            w.is_refused(from, suite.policy, call)?
        }
        2 => w
            .act(from, suite.policy, Policy::pauseRebalanceCall { until })?
            .result
            .is_err(),
        3 => w
            .act(from, suite.vault, Vault::pauseMintCall { until })?
            .result
            .is_err(),
        4 => w
            .act(from, suite.policy, Policy::settleTargetsCall {})?
            .result
            .is_err(),
        5 => {
            let call = Vault::delistAssetCall { token };
            w.is_refused(from, suite.vault, call)?
        }
        6 => {
            let call = Vault::setRebalancerCall { rebalancer: from };
            w.is_refused(from, suite.vault, call)?
        }
        7 => {
            let call = Oracle::removeFeedCall { token };
            w.is_refused(from, suite.oracle, call)?
        }
        8 => {
            let call = Policy::transferOwnershipCall { newOwner: from };
            w.is_refused(from, suite.policy, call)?
        }
        9 => {
            let one = vec![U256::ONE];
            let call = Vault::executeCall {
                sells: vec![token],
                buys: vec![w.stand.assets[1].token],
                amounts: one.clone(),
                leasts: one,
                filler: w.stand.hostile,
                data: Bytes::new(),
            };
            w.is_refused(from, suite.vault, call)?
        }
        10 => again(w, from)?,
        _ => {
            let call = Vault::approveCall {
                spender: w.depositor(),
                value: U256::ZERO,
            };
            w.act(from, suite.vault, call)?.result.is_ok()
        }
    };
    w.checks.that(19, refused, || {
        format!("attempt {what} of {from} was not refused")
    })?;
    w.check(&before, &was, NONE)
}

/// A constructor called once more.
fn again(w: &mut World<'_>, from: Address) -> Go<bool> {
    let suite = w.stand.stage.suite.clone();
    let programs = [
        (suite.policy, arguments((from, from, from))),
        (
            suite.vault,
            arguments(("x".to_owned(), "x".to_owned(), from)),
        ),
        (suite.oracle, arguments((from,))),
        (suite.rebalancer, arguments((from, from, from))),
        (suite.filler, arguments((from,))),
        (suite.lens, arguments((from, from, from, from))),
    ];
    let (program, arguments) = w.random.pick(&programs).clone();
    let refused = w.send(from, program, constructor_call(&arguments))?;
    w.checks
        .that(26, refused, || format!("{program} was constructed again"))?;
    Ok(refused)
}

fn odd(w: &mut World<'_>) -> Go {
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
            w.odd = (0, 0);
            w.set(token, IRevertingToken::setTransferModeCall { mode: 0 })?;
            w.set(token, IRevertingToken::setBalanceModeCall { mode: 0 })?;
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
    w.check(&before, &was, Excuse { odd: true, ..NONE })
}
