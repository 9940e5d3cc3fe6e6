use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
};
use ballast_mocks::feeds::MockAnswer;
use ballast_policy::types::*;
use motsu::prelude::*;
use stylus_sdk::prelude::*;

use crate::{token, u, World, DAY, T0};

const READY: u64 = T0 + MODULE_DELAY_S;

/// A policy that is set up, and two programs that are to follow oracle and rebalancer.
struct Change {
    w: World,
    oracle: Contract<MockAnswer>,
    rebalancer: Contract<MockAnswer>,
}

impl Change {
    fn new() -> Self {
        let w = World::new();
        w.targets(&[(token(0), 10_000)], 0, 0);
        let change = Self {
            w,
            oracle: Contract::from_tag("another oracle"),
            rebalancer: Contract::from_tag("another rebalancer"),
        };
        change.names(change.made_for());
        change
    }

    /// What a rebalancer that fits names: vault, policy, oracle.
    fn made_for(&self) -> [Address; 3] {
        let w = &self.w;
        let oracle = self.oracle.address();
        [w.vault.address(), w.policy.address(), oracle]
    }

    /// The rebalancer's answer to `modules()`.
    fn names(&self, modules: [Address; 3]) {
        self.names_bytes(modules.map(|a| a.into_word()).concat());
    }

    fn names_bytes(&self, answer: Vec<u8>) {
        let mut rebalancer = self.rebalancer.sender(self.w.owner);
        rebalancer.set_answer(answer.into());
    }

    fn queue(&self) -> Result<(), Error> {
        self.w
            .policy
            .sender(self.w.owner)
            .queue_modules(self.oracle.address(), self.rebalancer.address())
            .motsu_res()
    }

    fn execute(&self) -> Result<(), Error> {
        self.w
            .policy
            .sender(self.w.stranger)
            .execute_modules()
            .motsu_res()
    }

    fn cancel(&self, by: Address) -> Result<(), Error> {
        self.w.policy.sender(by).cancel_modules().motsu_res()
    }

    fn pending(&self) -> (Address, Address, B256, B256, U256) {
        self.w.policy.sender(self.w.stranger).pending_modules()
    }

    fn modules(&self) -> (Address, Address, Address) {
        self.w.policy.sender(self.w.stranger).modules()
    }

    fn old(&self) -> (Address, Address, Address) {
        let w = &self.w;
        (
            w.vault.address(),
            w.oracle.address(),
            w.rebalancer.address(),
        )
    }

    fn new_ones(&self) -> (Address, Address, Address) {
        let vault = self.w.vault.address();
        (vault, self.oracle.address(), self.rebalancer.address())
    }
}

fn nothing() -> (Address, Address, B256, B256, U256) {
    Default::default()
}

#[test]
fn queue_modules_reverts_for_anybody_but_the_governor() {
    let c = Change::new();
    for caller in [c.w.guardian, c.w.stranger] {
        let err =
            c.w.policy
                .sender(caller)
                .queue_modules(c.oracle.address(), c.rebalancer.address())
                .motsu_unwrap_err();
        assert_eq!(
            err,
            AccessControlUnauthorizedAccount {
                account: caller,
                role: DEFAULT_ADMIN_ROLE
            }
            .into()
        );
    }
    assert_eq!(c.pending(), nothing());
}

#[test]
fn queue_modules_reverts_before_the_first_and_without_code() {
    let w = World::bare();
    let (oracle, rebalancer) = (w.oracle.address(), w.rebalancer.address());
    let queue = |oracle, rebalancer| {
        w.policy
            .sender(w.owner)
            .queue_modules(oracle, rebalancer)
            .motsu_res()
    };
    assert_eq!(queue(oracle, rebalancer), Err(PolicyModulesUnset {}.into()));
    w.set_modules();
    for bad in [Address::ZERO, w.stranger] {
        let refused = Err(PolicyNotContract { account: bad }.into());
        assert_eq!(queue(bad, rebalancer), refused);
        assert_eq!(queue(oracle, bad), refused);
    }
}

#[test]
fn queue_modules_reverts_for_a_rebalancer_of_another_vault_policy_or_oracle() {
    let c = Change::new();
    let rebalancer = c.rebalancer.address();
    let refused = |named, wanted| {
        Err(PolicyRebalancerForeign {
            rebalancer,
            named,
            wanted,
        }
        .into())
    };
    let fits = c.made_for();
    for (place, wanted) in fits.into_iter().enumerate() {
        let mut other = fits;
        other[place] = c.w.stranger;
        c.names(other);
        assert_eq!(c.queue(), refused(c.w.stranger, wanted));
    }
    // One that does not tell is none of ours, whatever it leaves out.
    for cut in [0, 31, 32, 64, 95] {
        let mut answer = fits.map(|a| a.into_word()).concat();
        answer.truncate(cut);
        c.names_bytes(answer);
        assert_eq!(c.queue(), refused(Address::ZERO, fits[cut / 32]), "{cut}");
    }
    assert_eq!(c.pending(), nothing());
    c.names(fits);
    assert_eq!(c.queue(), Ok(()));
}

#[test]
fn inv_19_modules_change_after_the_delay_and_the_vaults_rebalancer_with_them() {
    let c = Change::new();
    assert_eq!(c.execute(), Err(PolicyNothingQueued {}.into()));
    c.queue().unwrap();
    c.w.policy.assert_emitted(&ModulesQueued {
        oracle: c.oracle.address(),
        rebalancer: c.rebalancer.address(),
        readyAt: u(READY),
    });
    for now in [T0, READY - 1] {
        clock::set(now);
        assert_eq!(
            c.execute(),
            Err(PolicyTooEarly {
                now: u(now),
                readyAt: u(READY)
            }
            .into())
        );
        assert_eq!(c.modules(), c.old());
    }
    clock::set(READY);
    assert_eq!(c.execute(), Ok(()));
    assert_eq!(c.modules(), c.new_ones());
    let vaults = c.w.vault.sender(c.w.owner).rebalancer();
    assert_eq!(vaults, c.rebalancer.address());
    let (vault, oracle, rebalancer) = c.new_ones();
    c.w.policy.assert_emitted(&ModulesSet {
        vault,
        oracle,
        rebalancer,
    });
    assert_eq!(c.pending(), nothing());
    assert_eq!(c.execute(), Err(PolicyNothingQueued {}.into()), "once");
    // The old one is nobody any more.
    let err =
        c.w.policy
            .sender(c.w.rebalancer.address())
            .settle_targets()
            .motsu_unwrap_err();
    assert!(matches!(err, Error::PolicyNotRebalancer(_)));
}

#[test]
fn execute_modules_reverts_as_a_whole_when_the_vault_refuses() {
    let c = Change::new();
    c.queue().unwrap();
    let pending = c.pending();
    c.w.vault.sender(c.w.owner).set_stubborn(true);
    clock::set(READY);
    let vault = c.w.vault.address();
    assert_eq!(c.execute(), Err(PolicyVaultRefused { vault }.into()));
    assert_eq!((c.modules(), c.pending()), (c.old(), pending), "inv_14");
}

#[test]
fn execute_modules_does_not_tell_the_vault_of_the_rebalancer_that_it_has() {
    let c = Change::new();
    c.w.vault.sender(c.w.owner).set_stubborn(true);
    c.w.made_for(&c.w.rebalancer, c.oracle.address());
    c.w.policy
        .sender(c.w.owner)
        .queue_modules(c.oracle.address(), c.w.rebalancer.address())
        .motsu_unwrap();
    clock::set(READY);
    assert_eq!(c.execute(), Ok(()));
    assert_eq!(c.modules().1, c.oracle.address());
}

#[test]
fn inv_19_execute_modules_reverts_when_the_code_is_not_the_one_that_was_queued() {
    for (slot, changed) in [(10, 0), (11, 1)] {
        let c = Change::new();
        c.queue().unwrap();
        let pending = c.pending();
        let codes = [pending.2, pending.3];
        assert!(codes.iter().all(|code| !code.is_zero()));
        clock::set(READY);
        // The test VM cannot change code, so the pin is: what it stands for is the same.
        let pinned = B256::repeat_byte(7);
        let caller = c.w.policy.sender(c.w.owner);
        // SAFETY: nothing holds on to the slot.
        unsafe { caller.vm().storage_cache_bytes32(u(slot), pinned) };
        caller.vm().flush_cache(true);
        drop(caller);
        let account = [c.oracle.address(), c.rebalancer.address()][changed];
        assert_eq!(
            c.execute(),
            Err(PolicyCodeChanged {
                account,
                codeHash: codes[changed],
                pinned
            }
            .into())
        );
    }
}

#[test]
fn inv_20_queueing_again_is_never_earlier() {
    let c = Change::new();
    c.queue().unwrap();
    clock::set(T0 + DAY);
    c.queue().unwrap();
    assert_eq!(c.pending().4, u(READY + DAY));
    clock::set(READY);
    assert!(matches!(c.execute(), Err(Error::PolicyTooEarly(_))));
    c.cancel(c.w.owner).unwrap();
    c.queue().unwrap();
    assert_eq!(c.pending().4, u(READY + MODULE_DELAY_S));
}

#[test]
fn cancel_modules_by_the_governor_as_often_as_it_likes() {
    let c = Change::new();
    for _ in 0..3 {
        assert_eq!(c.cancel(c.w.owner), Err(PolicyNothingQueued {}.into()));
        c.queue().unwrap();
        c.cancel(c.w.owner).unwrap();
        c.w.policy.assert_emitted(&ModulesCancelled {
            oracle: c.oracle.address(),
            rebalancer: c.rebalancer.address(),
            by: c.w.owner,
        });
        assert_eq!(c.pending(), nothing());
    }
    clock::set(READY + DAY);
    assert_eq!(c.execute(), Err(PolicyNothingQueued {}.into()));
}

#[test]
fn inv_27_cancel_modules_by_the_guardian_once_in_28_days() {
    let c = Change::new();
    assert_eq!(
        c.cancel(c.w.stranger),
        Err(AccessControlUnauthorizedAccount {
            account: c.w.stranger,
            role: GUARDIAN_ROLE
        }
        .into())
    );
    assert_eq!(c.cancel(c.w.guardian), Err(PolicyNothingQueued {}.into()));
    c.queue().unwrap();
    c.cancel(c.w.guardian).unwrap();
    c.queue().unwrap();
    for now in [T0, READY, T0 + 28 * DAY - 1] {
        clock::set(now);
        assert_eq!(
            c.cancel(c.w.guardian),
            Err(PolicyGuardianTooSoon {
                id: U256::MAX - u(2),
                now: u(now),
                allowedFrom: u(T0 + 28 * DAY)
            }
            .into())
        );
    }
    // What was queued again passes.
    clock::set(READY);
    assert_eq!(c.execute(), Ok(()));
    clock::set(T0 + 28 * DAY);
    c.queue().unwrap();
    assert_eq!(c.cancel(c.w.guardian), Ok(()));
}
