//! The laws that hold after every transaction, whatever it was.

use alloy::primitives::{Address, U256};
use anyhow::Context;
use ballast::{
    abi::{Policy, Vault},
    local::stage::{usd, HEARTBEAT_S},
};
use devnode::exec::State;

use super::{
    model::{share_down, wide},
    world::{Go, View, World},
};

/// What a move did that some laws make an exception for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Excuse {
    /// The odd token took something from the vault by itself.
    pub(crate) odd: bool,
    /// Holdings were traded.
    pub(crate) traded: bool,
    /// Somebody who may changed what was decided.
    pub(crate) configured: bool,
}

/// Seconds by which an update may be later than its heartbeat.
const SLACK_S: u64 = 300;
/// Longest act of the guardian, seconds.
const ACT_S: u64 = 14 * 86_400;
/// Limits that there are.
const LIMITS: u64 = 16;
const LOCKED_SHARES: u64 = 1_000_000_000_000_000;

/// A limit as the policy tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) value: U256,
    floor: U256,
    ceiling: U256,
    tightens_down: bool,
}

impl World<'_> {
    /// Checks what must hold now, given how everything looked before.
    pub(crate) fn check(&mut self, before: &View, was: &State, excuse: Excuse) -> Go {
        let after = self.look()?;
        self.check_books(before, &after, excuse)?;
        self.check_allowances()?;
        self.check_weights()?;
        self.check_lock()?;
        self.check_exit(&after)?;
        self.check_configuration(was, excuse)?;
        self.view = after;
        Ok(())
    }

    fn check_books(&mut self, before: &View, after: &View, excuse: Excuse) -> Go {
        for (i, asset) in self.stand.assets.iter().enumerate() {
            let odd = asset.is_weird && (excuse.odd || self.odd != (0, 0));
            let covered =
                |view: &View| wide(view.balances[i]) >= wide(view.held[i]) + wide(view.claims[i]);
            if covered(before) && !odd {
                self.checks.that(1, covered(after), || {
                    format!(
                        "asset {i}: balance {}, held {}, claimed {}",
                        after.balances[i], after.held[i], after.claims[i]
                    )
                })?;
            }
            if !excuse.traded {
                // A share's part of every asset: nobody who stands still loses any.
                let kept = wide(after.held[i]) * wide(before.supply)
                    >= wide(before.held[i]) * wide(after.supply);
                self.checks.that(3, kept, || {
                    format!(
                        "asset {i}: {} for {} shares became {} for {}",
                        before.held[i], before.supply, after.held[i], after.supply
                    )
                })?;
            }
        }
        let sum = after.shares.iter().fold(U256::ZERO, |sum, s| sum + *s);
        let sound = sum == after.supply && after.supply >= U256::from(LOCKED_SHARES);
        self.checks.that(2, sound, || {
            format!("shares add up to {sum}, the supply is {}", after.supply)
        })?;
        Ok(())
    }

    fn check_allowances(&mut self) -> Go {
        let suite = &self.stand.stage.suite;
        let mut spenders = vec![
            suite.policy,
            suite.oracle,
            suite.rebalancer,
            suite.filler,
            suite.lens,
            self.stand.stage.uniswap.router,
            self.stand.hostile,
        ];
        spenders.extend(&self.stand.holders);
        let vault = self.vault();
        for (i, asset) in self.stand.assets.iter().enumerate() {
            for spender in &spenders {
                let granted = asset.allowance(&self.chain, vault, *spender);
                self.checks.that(16, granted.is_zero(), || {
                    format!("{spender} may take {granted} of asset {i}")
                })?;
            }
        }
        Ok(())
    }

    fn check_weights(&mut self) -> Go {
        let call = Policy::rulesCall {
            tokens: self.stand.tokens(),
        };
        let rules = self.ask(self.stand.stage.suite.policy, call)?;
        let sum = rules.weightsWad.iter().fold(U256::ZERO, |sum, w| sum + *w);
        self.checks
            .that(18, sum == usd(1), || format!("weights add up to {sum}"))?;
        Ok(())
    }

    fn check_lock(&mut self) -> Go {
        let locked = self.ask(self.vault(), Vault::isLockedCall {})?;
        self.checks
            .that(25, !locked, || "the lock stayed closed".to_owned())?;
        Ok(())
    }

    /// One of the depositors could leave now, whatever is broken.
    fn check_exit(&mut self, view: &View) -> Go {
        let who = self.random.index(self.stand.acting);
        let owner = self.stand.holders[who];
        let shares = view.shares[who];
        if shares.is_zero() {
            return Ok(());
        }
        let call = Vault::redeemCall {
            shares,
            receiver: owner,
            owner,
            minAmounts: vec![U256::ZERO; view.held.len()],
        };
        let left = self.try_ask(owner, self.vault(), call)?;
        self.checks.that(22, left.is_ok(), || {
            format!("{owner} cannot leave: {:?}", left.as_ref().err())
        })?;
        let delivered = left.context("it was")?;
        for (i, asset) in self.stand.assets.iter().enumerate() {
            let due = share_down(view.held[i], shares, view.supply);
            if !asset.is_weird {
                self.checks.that(22, delivered[i] == due, || {
                    format!("asset {i}: {} delivered of {due}", delivered[i])
                })?;
            }
        }
        Ok(())
    }

    fn check_configuration(&mut self, was: &State, excuse: Excuse) -> Go {
        if excuse.configured || excuse.traded {
            return Ok(());
        }
        let suite = &self.stand.stage.suite;
        for program in [suite.policy, suite.oracle, suite.rebalancer] {
            let same = storage(was, program) == storage(self.chain.state(), program);
            self.checks
                .that(19, same, || format!("the storage of {program} changed"))?;
        }
        Ok(())
    }

    /// All limits in force.
    pub(crate) fn limits(&self) -> Go<Vec<Limit>> {
        let policy = self.stand.stage.suite.policy;
        let limit = |id: u64| {
            let call = Policy::limitCall { id: U256::from(id) };
            let answer = self.ask(policy, call)?;
            Ok(Limit {
                value: answer.value,
                floor: answer.floor,
                ceiling: answer.ceiling,
                tightens_down: answer.tightensDown,
            })
        };
        (0..LIMITS).map(limit).collect()
    }

    /// Keeps of each limit the loosest value that was ever in force.
    pub(crate) fn remember_limits(&mut self, limits: &[Limit]) {
        for (id, limit) in limits.iter().enumerate() {
            let known = self.loosest.get(id).copied();
            let loosest = match (known, limit.tightens_down) {
                (Some(known), true) => known.max(limit.value),
                (Some(known), false) => known.min(limit.value),
                (None, _) => limit.value,
            };
            match self.loosest.get_mut(id) {
                Some(place) => *place = loosest,
                None => self.loosest.push(loosest),
            }
        }
    }

    /// Of no window more is lost than the budget and what refilled it: B · (1 + T / period), of no year
    /// more than twice the yearly one.
    pub(crate) fn check_budgets(&mut self, now: u64, loss: U256) -> Go {
        self.losses.push((now, loss));
        let year = U256::from(365 * 86_400u64);
        let wad_per_bps = U256::from(100_000_000_000_000u64);
        let budgets = [
            (self.loosest[9], self.loosest[10]),
            (self.loosest[11], year),
        ];
        for (budget, period) in budgets {
            let mut sum = U256::ZERO;
            for (i, (time, loss)) in self.losses.iter().enumerate().rev() {
                sum += *loss;
                let window = U256::from(now - time);
                // {wad · s} = {bps} · {wad/bps} · {s}; each loss was rounded down by less than one.
                let most = wide(budget) * wide(wad_per_bps) * (wide(period) + wide(window));
                let rounded = wide(U256::from(self.losses.len() - i)) * wide(period);
                let within = wide(sum) * wide(period) <= most + rounded;
                self.checks.that(11, within, || {
                    format!(
                        "{sum} of NAV lost in {window} seconds, with {budget} bps each {period} s"
                    )
                })?;
            }
        }
        Ok(())
    }

    /// Limits stay between their floors and ceilings; the guardian's acts only tighten, and end.
    pub(crate) fn check_limits(&mut self, before: &[Limit], by_guardian: bool) -> Go {
        let after = self.limits()?;
        for (id, (old, new)) in before.iter().zip(&after).enumerate() {
            let held = new.floor <= new.value && new.value <= new.ceiling;
            self.checks
                .that(20, held, || format!("limit {id} is {}", new.value))?;
            let tighter = match new.tightens_down {
                true => new.value <= old.value,
                false => new.value >= old.value,
            };
            if by_guardian {
                self.checks.that(19, tighter, || {
                    format!(
                        "the guardian moved limit {id}: {} to {}",
                        old.value, new.value
                    )
                })?;
                self.check_act(U256::from(id))?;
            }
        }
        if by_guardian {
            self.check_act(U256::MAX)?;
        }
        self.remember_limits(&after);
        Ok(())
    }

    fn check_act(&mut self, subject: U256) -> Go {
        let call = Policy::guardianActCall { subject };
        let act = self.ask(self.stand.stage.suite.policy, call)?;
        let lasts = act.until.saturating_sub(act.since);
        let rests = act.allowedFrom >= act.until + lasts;
        let ends = lasts <= U256::from(ACT_S) && act.since <= U256::from(self.now());
        self.checks.that(27, ends && rests, || {
            format!(
                "the act on {subject} lasts from {} to {}",
                act.since, act.until
            )
        })?;
        Ok(())
    }

    /// Prices are answered just when each of them may be believed.
    pub(crate) fn check_prices(&mut self) -> Go<bool> {
        let now = self.now();
        let (up, since) = self.sequencer;
        let sequencer = up && since <= now && now - since > HEARTBEAT_S;
        let believed = |(feed, asset): (&super::world::Feed, &super::stand::Asset)| {
            let answer = feed.answer.into_raw();
            let hundred = U256::from(100);
            let first = asset.answer.into_raw();
            let inside =
                feed.answer.is_positive() && answer > first / hundred && answer < first * hundred;
            let fresh = feed.updated > 0
                && feed.updated <= now
                && now - feed.updated <= HEARTBEAT_S + SLACK_S;
            feed.mode == 0 && inside && fresh
        };
        let all = self.feeds.iter().zip(&self.stand.assets).all(believed);
        let told = self.prices()?;
        self.checks
            .that(21, told.is_ok() == (sequencer && all), || {
                format!(
                    "{:?} of {:?}, sequencer {:?} at {now}",
                    told, self.feeds, self.sequencer
                )
            })?;
        if let Ok(prices) = &told {
            for (i, asset) in self.stand.assets.iter().enumerate() {
                let right = self.feeds[i].answer.into_raw() * asset.scale;
                self.checks.that(21, prices[i] == right, || {
                    format!("asset {i} is priced {} instead of {right}", prices[i])
                })?;
            }
        }
        Ok(told.is_ok())
    }
}

fn storage(state: &State, of: Address) -> Option<&std::collections::HashMap<U256, U256>> {
    state.account(of).map(|account| &account.storage)
}
