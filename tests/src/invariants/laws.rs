//! The laws that hold after every transaction, whatever it was.

use alloy::primitives::{Address, U256};
use anyhow::Context;
use ballast::{
    abi::{Policy, Vault},
    local::stage::usd,
};
use devnode::{exec::State, Act};

use super::{
    books::Books,
    model::wide,
    world::{weightless, Go, View, World},
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
    /// This asset became a side pocket.
    pub(crate) pocketed: Option<usize>,
}

/// The limit that is the schedule's interval, where zero is none.
const SCHEDULE: usize = 14;
/// Longest act of the guardian, seconds.
const ACT_S: u64 = 14 * 86_400;
const LOCKED_SHARES: u64 = 1_000_000_000_000_000;

/// A limit as the policy tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) value: U256,
    pub(crate) floor: U256,
    pub(crate) ceiling: U256,
    pub(crate) tightens_down: bool,
}

impl World<'_> {
    /// Checks what must hold now, given how everything looked before.
    pub(crate) fn check(&mut self, before: &View, was: &State, excuse: Excuse) -> Go {
        let untouched = same(was, self.chain.state(), self.vault());
        let after = self.look_again(untouched)?;
        let before = &before.at(self.now());
        self.check_books(&after)?;
        if !untouched {
            self.check_claims()?;
        }
        self.check_shares(before, &after, excuse)?;
        self.check_allowances(was)?;
        self.check_weights()?;
        self.check_lock()?;
        // Where nothing was done to the vault, every other time.
        if !untouched || self.random.one_in(2) {
            self.check_exit()?;
        }
        self.check_configuration(was, excuse)?;
        self.view = after;
        Ok(())
    }

    /// What the vault says is what the books say that it should.
    fn check_books(&mut self, told: &View) -> Go {
        let now = self.now();
        for i in 0..told.held.len() {
            let right = (self.books.held(i, now), self.books.claimed(i));
            let found = (told.held[i], told.claims[i]);
            self.checks.that(1, found == right, || {
                format!("asset {i}: held and claimed are {found:?}, not {right:?}")
            })?;
        }
        let supply = self.books.supply(now);
        let right = told.shares == self.books.shares && told.supply == supply;
        self.checks.that(2, right, || {
            format!(
                "{:?} of {}, not {:?} of {supply}",
                told.shares, told.supply, self.books.shares
            )
        })?;
        let sum = told.shares.iter().fold(U256::ZERO, |sum, s| sum + *s);
        let sound = sum + self.books.streamed(now) == told.supply
            && told.supply >= U256::from(LOCKED_SHARES);
        self.checks.that(2, sound, || {
            format!("shares add up to {sum}, the supply is {}", told.supply)
        })?;
        Ok(())
    }

    /// Each claim on a token that may fail to move is what the books say; that the sum is right says nothing of whose they are.
    fn check_claims(&mut self) -> Go {
        let (vault, assets) = (self.vault(), &self.stand.assets);
        for (i, asset) in assets.iter().enumerate().filter(|(_, a)| a.is_weird) {
            for (holder, account) in self.stand.holders.iter().enumerate() {
                let (token, account) = (asset.token, *account);
                let call = Vault::claimOfCall { token, account };
                let told = self.chain.ask(&Act::new(account, vault, call))?.result?;
                let right = self.books.claim_of(i, holder);
                self.checks.that(1, told == right, || {
                    format!("{account} claims {told} of asset {i}, not {right}")
                })?;
            }
        }
        Ok(())
    }

    fn check_shares(&mut self, before: &View, after: &View, excuse: Excuse) -> Go {
        for (i, asset) in self.stand.assets.iter().enumerate() {
            let odd = asset.is_weird && (excuse.odd || self.odd != (0, 0));
            let covered = |view: &View, books: &Books| view.balances[i] >= books.owed(i);
            if covered(before, &before.books) && !odd {
                self.checks.that(1, covered(after, &self.books), || {
                    format!("asset {i}: {} of {}", after.balances[i], self.books.owed(i))
                })?;
            }
            if !excuse.traded && excuse.pocketed != Some(i) {
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
        Ok(())
    }

    /// Of every token that something was done to.
    fn check_allowances(&mut self, was: &State) -> Go {
        let suite = &self.stand.stage.suite;
        let mut spenders = vec![
            suite.policy,
            self.oracle(),
            self.rebalancer(),
            suite.filler,
            suite.lens,
            self.stand.stage.uniswap.router,
            self.stand.hostile,
        ];
        spenders.extend(&self.stand.holders);
        let vault = self.vault();
        for (i, asset) in self.stand.assets.iter().enumerate() {
            if same(was, self.chain.state(), asset.token) {
                continue;
            }
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
            tokens: self.listed(),
        };
        let rules = match self.try_ask(Address::ZERO, self.stand.stage.suite.policy, call)? {
            Ok(rules) => rules,
            Err(refusal) => {
                let words = self.words(&refusal);
                let holds = words == weightless();
                return Ok(self.checks.that(18, holds, || words)?);
            }
        };
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
    fn check_exit(&mut self) -> Go {
        let who = self.random.index(self.stand.acting);
        let owner = self.stand.holders[who];
        let shares = self.books.shares[who];
        if shares.is_zero() {
            return Ok(());
        }
        let (due, _) = self.books.redeem_amounts(self.now(), shares);
        let call = Vault::redeemCall {
            shares,
            receiver: owner,
            owner,
            minAmounts: vec![U256::ZERO; due.len()],
        };
        let left = self.try_ask(owner, self.vault(), call)?;
        self.checks.that(22, left.is_ok(), || {
            format!("{owner} cannot leave: {:?}", left.as_ref().err())
        })?;
        let delivered = left.context("it was")?;
        for ((i, due), got) in self.books.order.iter().zip(&due).zip(&delivered) {
            if !self.stand.assets[*i].is_weird {
                self.checks.that(22, got == due, || {
                    format!("asset {i}: {got} delivered of {due}")
                })?;
            }
        }
        Ok(())
    }

    fn check_configuration(&mut self, was: &State, excuse: Excuse) -> Go {
        if excuse.configured || excuse.traded {
            return Ok(());
        }
        let [(a, b), (c, d)] = self.stand.engines;
        for program in [self.stand.stage.suite.policy, a, b, c, d] {
            let same = storage(was, program) == storage(self.chain.state(), program);
            self.checks
                .that(19, same, || format!("the storage of {program} changed"))?;
        }
        Ok(())
    }

    /// All limits in force.
    pub(crate) fn limits(&self) -> Go<Vec<Limit>> {
        let call = Policy::rulesCall { tokens: vec![] };
        let told = self.ask(self.stand.stage.suite.policy, call)?.limits;
        let compiled = self.stand.limits.iter().zip(told);
        Ok(compiled
            .map(|(limit, value)| Limit {
                value,
                ..limit.clone()
            })
            .collect())
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
        let engine = self.engine;
        self.losses[engine].push((now, loss));
        let losses = &self.losses[engine];
        let year = U256::from(365 * 86_400u64);
        let wad_per_bps = U256::from(100_000_000_000_000u64);
        let budgets = [
            (self.loosest[9], self.loosest[10]),
            (self.loosest[11], year),
        ];
        for (budget, period) in budgets {
            let mut sum = U256::ZERO;
            for (i, (time, loss)) in losses.iter().enumerate().rev() {
                sum += *loss;
                let window = U256::from(now - time);
                // {wad · s} = {bps} · {wad/bps} · {s}; each loss was rounded down by less than one.
                let most = wide(budget) * wide(wad_per_bps) * (wide(period) + wide(window));
                let rounded = wide(U256::from(losses.len() - i)) * wide(period);
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
            // No schedule at all is the tightest one.
            let rank = |value: U256| match id == SCHEDULE && value.is_zero() {
                true => U256::MAX,
                false => value,
            };
            let tighter = match new.tightens_down {
                true => new.value <= old.value,
                false => rank(new.value) >= rank(old.value),
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

    /// An act of the guardian ends, and a rest as long comes after it.
    pub(crate) fn check_act(&mut self, subject: U256) -> Go {
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
}

fn storage(state: &State, of: Address) -> Option<&std::collections::HashMap<U256, U256>> {
    state.account(of).map(|account| &account.storage)
}

/// Whether nothing was done to an account.
fn same(was: &State, is: &State, account: Address) -> bool {
    match (was.account(account), is.account(account)) {
        (Some(was), Some(is)) => std::ptr::eq(was, is),
        _ => false,
    }
}
