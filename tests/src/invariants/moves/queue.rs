//! What waits in the policy: other modules, grants of roles, another governor.

use alloy::primitives::{Address, U256};
use ballast::abi::{Policy, Vault};

use super::CONFIGURED;
use crate::invariants::{
    books::DELAY_S,
    pending::roles,
    world::{Go, World},
};

/// Subjects of the guardian's acts that cancel modules and grants.
fn cancelled_modules() -> U256 {
    U256::MAX - U256::from(2)
}
fn cancelled_grant() -> U256 {
    U256::MAX - U256::from(3)
}

impl World<'_> {
    /// The delay passes, more often than not.
    fn wait_or_not(&mut self) {
        if !self.random.one_in(3) {
            let more = self.random.within(0, 3_600);
            self.pass(DELAY_S + more);
        }
    }

    /// A guardian: whoever holds the role, or would.
    pub(crate) fn guardian(&mut self) -> Go<Address> {
        let [_, role] = roles();
        let policy = self.stand.stage.suite.policy;
        let mut all = self.candidates();
        if self.random.one_in(2) {
            all.reverse();
        }
        for account in all {
            if self.ask(policy, Policy::hasRoleCall { role, account })? {
                return Ok(account);
            }
        }
        Ok(all[0])
    }

    /// Who may cancel, and who may not.
    fn canceller(&mut self) -> Go<Address> {
        Ok(match self.random.below(3) {
            0 => self.governor,
            1 => self.guardian()?,
            _ => self.depositor(),
        })
    }
}

pub(super) fn modules(w: &mut World<'_>) -> Go {
    let policy = w.stand.stage.suite.policy;
    let waits = w.ask(policy, Policy::pendingModulesCall {})?;
    let what = w.random.below(8);
    let is_queued = !waits.readyAt.is_zero();
    if is_queued && what > 2 {
        w.wait_or_not();
    }
    let (before, was) = w.before();
    let subjects = w.subjects()?;
    let now = w.chain.next_timestamp();
    if what == 0 {
        let from = w.canceller()?;
        w.tell(format!("{from} cancels modules"));
        let done = w.act(from, policy, Policy::cancelModulesCall {})?;
        if done.result.is_ok() && from != w.governor {
            w.check_act(cancelled_modules())?;
        }
    } else if is_queued && what > 1 {
        let from = w.depositor();
        w.tell(format!("{from} executes modules"));
        let done = w.act(from, policy, Policy::executeModulesCall {})?;
        let due = waits.readyAt <= U256::from(now);
        w.checks.that(19, due || done.result.is_err(), || {
            format!("modules were set at {now}, due at {}", waits.readyAt)
        })?;
        if done.result.is_ok() {
            let place = w.stand.engines.iter().position(|e| e.1 == waits.rebalancer);
            w.engine = place.unwrap_or_default();
        }
    } else {
        let (oracle, rebalancer) = w.stand.engines[1 - w.engine];
        let from = match w.random.one_in(6) {
            true => w.guardian()?,
            false => w.governor,
        };
        w.tell(format!("{from} queues modules {oracle} and {rebalancer}"));
        let call = Policy::queueModulesCall { oracle, rebalancer };
        w.act(from, policy, call)?;
    }
    let told = w.ask(w.vault(), Vault::rebalancerCall {})?;
    let right = told == w.rebalancer();
    w.checks
        .that(19, right, || format!("the vault obeys {told}"))?;
    w.check(&before, &was, CONFIGURED)?;
    let after = w.subjects()?;
    w.check_pending(&subjects, &after)
}

pub(super) fn roles_move(w: &mut World<'_>) -> Go {
    let policy = w.stand.stage.suite.policy;
    let [admin, guardian] = roles();
    let role = guardian;
    let account = *w.random.pick(&w.candidates());
    let ready = w.ask(policy, Policy::pendingGrantCall { role, account })?;
    let what = w.random.below(8);
    if !ready.is_zero() && what < 3 {
        w.wait_or_not();
    }
    let (before, was) = w.before();
    let subjects = w.subjects()?;
    w.tell(format!("the guardian's role of {account}, {what}"));
    let governor = w.governor;
    match what {
        0..=2 if !ready.is_zero() => {
            let from = w.depositor();
            w.act(from, policy, Policy::executeGrantCall { role, account })?;
        }
        3 => {
            let from = w.canceller()?;
            let call = Policy::cancelGrantCall { role, account };
            let done = w.act(from, policy, call)?;
            if done.result.is_ok() && from != governor {
                w.check_act(cancelled_grant())?;
            }
        }
        4 => {
            // The owner's own role is not taken.
            let (role, account) = match w.random.one_in(3) {
                true => (admin, governor),
                false => (role, account),
            };
            w.act(governor, policy, Policy::revokeRoleCall { role, account })?;
        }
        5 => {
            let confirmation = match w.random.one_in(3) {
                true => governor,
                false => account,
            };
            let call = Policy::renounceRoleCall { role, confirmation };
            w.act(account, policy, call)?;
        }
        _ => {
            let from = match w.random.one_in(4) {
                true => account,
                false => governor,
            };
            w.act(from, policy, Policy::grantRoleCall { role, account })?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    let after = w.subjects()?;
    w.check_pending(&subjects, &after)
}

pub(super) fn ownership(w: &mut World<'_>) -> Go {
    let policy = w.stand.stage.suite.policy;
    let successor = w.ask(policy, Policy::pendingOwnerCall {})?;
    let what = w.random.below(6);
    let accepts = !successor.is_zero() && what < 4;
    if accepts {
        w.wait_or_not();
    }
    let (before, was) = w.before();
    let subjects = w.subjects()?;
    let (governor, other) = (w.governor, w.other_governor());
    if accepts {
        let from = match w.random.one_in(5) {
            true => w.depositor(),
            false => successor,
        };
        w.tell(format!("{from} accepts to govern"));
        let done = w.act(from, policy, Policy::acceptOwnershipCall {})?;
        if done.result.is_ok() {
            w.checks.that(19, from == successor, || {
                format!("{from} governs instead of {successor}")
            })?;
            w.governor = successor;
        }
    } else {
        let new = match w.random.one_in(6) {
            true => Address::ZERO,
            false => other,
        };
        let from = match w.random.one_in(5) {
            true => other,
            false => governor,
        };
        w.tell(format!("{from} names {new} to govern"));
        let call = Policy::transferOwnershipCall { newOwner: new };
        w.act(from, policy, call)?;
    }
    let role = roles()[0];
    for account in [governor, other] {
        let holds = w.ask(policy, Policy::hasRoleCall { role, account })?;
        w.checks.that(19, holds == (account == w.governor), || {
            format!("{account} holds the governor's role: {holds}")
        })?;
    }
    w.check(&before, &was, CONFIGURED)?;
    let after = w.subjects()?;
    w.check_pending(&subjects, &after)
}
