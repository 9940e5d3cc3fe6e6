//! What waits for its delay, and what is in force: nothing comes sooner than it was said to, nothing unannounced.

use alloy::primitives::{Address, B256, U256};
use ballast::abi::{Oracle, Policy, Vault};

use super::{
    books::DELAY_S,
    world::{Go, World},
};

/// AccessControl's names of the roles: the governor's, the guardian's.
pub(crate) fn roles() -> [B256; 2] {
    [B256::ZERO, ballast::local::stage::role("GUARDIAN_ROLE")]
}

/// One thing that can only be changed after a delay.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    name: String,
    /// What is in force.
    present: Vec<B256>,
    /// What waits, and from when it may come into force: 0 for nothing.
    next: Vec<B256>,
    ready: U256,
    /// Whether the change is a tightening, which needs no delay.
    tightens: fn(&[B256], &[B256]) -> bool,
}

fn word(of: Address) -> B256 {
    of.into_word()
}

fn number(of: U256) -> B256 {
    of.into()
}

fn never(_: &[B256], _: &[B256]) -> bool {
    false
}

/// To nobody.
fn taken(_: &[B256], now: &[B256]) -> bool {
    now.iter().all(|word| word.is_zero())
}

/// Fees that nobody pays more of: recipient, three rates.
fn cheaper(before: &[B256], now: &[B256]) -> bool {
    let none = now[1..].iter().all(|rate| rate.is_zero());
    let less = now[1..].iter().zip(&before[1..]).all(|(n, b)| n <= b);
    less && (none || now[0] == before[0])
}

impl World<'_> {
    /// Everything that waits or could.
    pub(crate) fn subjects(&self) -> Go<Vec<Subject>> {
        let (policy, vault) = (self.stand.stage.suite.policy, self.vault());
        let modules = self.ask(policy, Policy::modulesCall {})?;
        let next = self.ask(policy, Policy::pendingModulesCall {})?;
        let mut all = vec![Subject {
            name: "modules".to_owned(),
            present: vec![word(modules.oracle), word(modules.rebalancer)],
            next: vec![word(next.oracle), word(next.rebalancer)],
            ready: next.readyAt,
            tightens: never,
        }];
        let successor = self.ask(policy, Policy::pendingOwnerCall {})?;
        let from = self.ask(policy, Policy::ownershipAcceptedFromCall {})?;
        all.push(Subject {
            name: "owner".to_owned(),
            present: vec![word(self.ask(policy, Policy::ownerCall {})?)],
            next: vec![word(successor)],
            ready: if successor.is_zero() {
                U256::ZERO
            } else {
                from
            },
            tightens: never,
        });
        let fees = self.ask(vault, Vault::feesCall {})?;
        let next = self.ask(vault, Vault::pendingFeesCall {})?;
        let rates = |rates: [U256; 3]| rates.map(number);
        all.push(Subject {
            name: "fees".to_owned(),
            present: [
                &[word(fees.recipient)][..],
                &rates([fees.managementBps, fees.mintBps, fees.redeemBps]),
            ]
            .concat(),
            next: [
                &[word(next.recipient)][..],
                &rates([next.managementBps, next.mintBps, next.redeemBps]),
            ]
            .concat(),
            ready: next.readyAt,
            tightens: cheaper,
        });
        // The governor's moves with ownership.
        let [_, role] = roles();
        for account in self.candidates() {
            let held = self.ask(policy, Policy::hasRoleCall { role, account })?;
            let ready = self.ask(policy, Policy::pendingGrantCall { role, account })?;
            all.push(Subject {
                name: format!("the guardian's role of {account}"),
                present: vec![number(U256::from(held))],
                next: vec![number(U256::ONE)],
                ready,
                tightens: taken,
            });
        }
        Ok(all)
    }

    /// How the new oracle's feeds are priced, for the same law: only what was there and changed.
    pub(crate) fn feeds_in_force(&self) -> Go<Vec<Subject>> {
        let oracle = self.oracle();
        let mut all = Vec::new();
        for token in self.stand.tokens() {
            let how = self.try_ask(Address::ZERO, oracle, Oracle::feedOfCall { token })?;
            let next = self.ask(oracle, Oracle::pendingOfCall { token })?;
            let details = match &how {
                Ok(_) => self.ask(oracle, Oracle::detailsOfCall { token })?,
                Err(_) => vec![],
            };
            // The feeds themselves and the second source: what a delay protects.
            let mut present = Vec::new();
            if let Ok(how) = &how {
                present = vec![word(how.feed), number(details[0]), number(details[9])];
            }
            all.push(Subject {
                name: format!("how {token} is priced"),
                present,
                // When it was reported to be refused, in between, is no part of it.
                next: next.iter().skip(3).map(|word| number(*word)).collect(),
                ready: next.get(1).copied().unwrap_or_default(),
                tightens: first_source,
            });
        }
        Ok(all)
    }

    /// Accounts that may come to hold a role.
    pub(crate) fn candidates(&self) -> [Address; 2] {
        let cast = self.stand.stage.cast;
        [cast.guardian, cast.maker]
    }

    /// Who governs after the first.
    pub(crate) fn other_governor(&self) -> Address {
        let (first, second) = (self.stand.stage.governor, self.stand.stage.cast.voter);
        if self.governor == first {
            second
        } else {
            first
        }
    }

    /// Nothing that waits comes sooner, and nothing comes that did not wait.
    pub(crate) fn check_pending(&mut self, before: &[Subject], after: &[Subject]) -> Go {
        let now = self.now();
        for (old, new) in before.iter().zip(after) {
            let moved = new.ready != old.ready || new.next != old.next;
            let waits = new.ready.is_zero() || new.ready >= U256::from(now + DELAY_S);
            self.checks.that(20, !moved || waits, || {
                format!("at {now} {} is due at {}", new.name, new.ready)
            })?;
            let changed = old.present != new.present;
            let waited = !old.ready.is_zero() && old.ready <= U256::from(now);
            let fine = !changed || waited || (new.tightens)(&old.present, &new.present);
            self.checks
                .that(19, fine, || format!("at {now} {old:?} became {new:?}"))?;
        }
        Ok(())
    }
}

/// A feed for a token that had none, or none any more; a second source where there was none.
fn first_source(before: &[B256], now: &[B256]) -> bool {
    match (before, now) {
        ([], _) | (_, []) => true,
        ([a, b, c], [d, e, f]) => (a, b) == (d, e) && (c.is_zero() || f.is_zero()),
        _ => false,
    }
}
