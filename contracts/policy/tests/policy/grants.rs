//! Roles and ownership once the treasury is set up: `grantRole`, `executeGrant`, `cancelGrant`, `transferOwnership`.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{token, u, World, DAY, T0};

const READY: u64 = T0 + MODULE_DELAY_S;

fn world() -> World {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w
}

fn grant(w: &World, to: Address) -> Result<(), Error> {
    w.policy
        .sender(w.owner)
        .grant_role(GUARDIAN_ROLE, to)
        .motsu_res()
}

fn execute(w: &World, to: Address) -> Result<(), Error> {
    w.policy
        .sender(w.stranger)
        .execute_grant(GUARDIAN_ROLE, to)
        .motsu_res()
}

fn cancel(w: &World, by: Address, of: Address) -> Result<(), Error> {
    w.policy
        .sender(by)
        .cancel_grant(GUARDIAN_ROLE, of)
        .motsu_res()
}

fn guards(w: &World, who: Address) -> bool {
    w.policy.sender(w.stranger).has_role(GUARDIAN_ROLE, who)
}

fn pending(w: &World, who: Address) -> U256 {
    w.policy
        .sender(w.stranger)
        .pending_grant(GUARDIAN_ROLE, who)
}

#[test]
fn inv_19_grant_role_waits_once_there_are_targets() {
    let w = world();
    grant(&w, w.stranger).unwrap();
    w.policy.assert_emitted(&RoleGrantQueued {
        role: GUARDIAN_ROLE,
        account: w.stranger,
        readyAt: u(READY),
    });
    for now in [T0, READY - 1] {
        clock::set(now);
        assert!(!guards(&w, w.stranger));
        assert_eq!(pending(&w, w.stranger), u(READY));
        assert_eq!(
            execute(&w, w.stranger),
            Err(PolicyTooEarly {
                now: u(now),
                readyAt: u(READY)
            }
            .into())
        );
        // A queued guardian is no guardian.
        let err = w
            .policy
            .sender(w.stranger)
            .pause_rebalance(u(now + 1))
            .motsu_unwrap_err();
        assert!(matches!(err, Error::AccessControlUnauthorizedAccount(_)));
    }
    clock::set(READY);
    execute(&w, w.stranger).unwrap();
    assert!(guards(&w, w.stranger));
    assert_eq!(pending(&w, w.stranger), u(0));
    assert_eq!(execute(&w, w.stranger), Err(PolicyNothingQueued {}.into()));
}

#[test]
fn grant_role_of_a_role_that_is_held_queues_nothing() {
    let w = world();
    let events = w.policy.all_events().len();
    grant(&w, w.guardian).unwrap();
    assert_eq!(pending(&w, w.guardian), u(0));
    assert_eq!(w.policy.all_events().len(), events);
}

#[test]
fn inv_20_granting_again_is_never_earlier() {
    let w = world();
    grant(&w, w.stranger).unwrap();
    clock::set(T0 + DAY);
    grant(&w, w.stranger).unwrap();
    assert_eq!(pending(&w, w.stranger), u(READY + DAY));
}

#[test]
fn revoke_role_is_immediate_and_takes_a_queued_grant_too() {
    let w = world();
    grant(&w, w.stranger).unwrap();
    for who in [w.stranger, w.guardian] {
        w.policy
            .sender(w.owner)
            .revoke_role(GUARDIAN_ROLE, who)
            .motsu_unwrap();
        assert!(!guards(&w, who));
    }
    clock::set(READY);
    assert_eq!(execute(&w, w.stranger), Err(PolicyNothingQueued {}.into()));
}

#[test]
fn inv_27_cancel_grant_by_the_guardian_once_in_28_days_whoever_is_to_be_appointed() {
    let w = world();
    let other = Address::from_tag("other");
    assert_eq!(
        cancel(&w, w.stranger, w.stranger),
        Err(AccessControlUnauthorizedAccount {
            account: w.stranger,
            role: GUARDIAN_ROLE
        }
        .into())
    );
    let none = Err(PolicyNothingQueued {}.into());
    assert_eq!(cancel(&w, w.guardian, w.stranger), none);
    assert_eq!(
        cancel(&w, w.guardian, w.guardian),
        none,
        "a role that is held is not queued"
    );
    grant(&w, w.stranger).unwrap();
    grant(&w, other).unwrap();
    cancel(&w, w.guardian, w.stranger).unwrap();
    w.policy.assert_emitted(&RoleGrantCancelled {
        role: GUARDIAN_ROLE,
        account: w.stranger,
        by: w.guardian,
    });
    // It cannot keep itself the only one.
    assert_eq!(
        cancel(&w, w.guardian, other),
        Err(PolicyGuardianTooSoon {
            id: U256::MAX - u(3),
            now: u(T0),
            allowedFrom: u(T0 + 28 * DAY)
        }
        .into())
    );
    clock::set(READY);
    assert_eq!(execute(&w, w.stranger), none);
    assert_eq!(execute(&w, other), Ok(()));
    // The governor cancels as it likes.
    grant(&w, w.stranger).unwrap();
    cancel(&w, w.owner, w.stranger).unwrap();
    assert_eq!(pending(&w, w.stranger), u(0));
}

#[test]
fn inv_19_ownership_moves_after_the_delay_once_there_are_targets() {
    let w = world();
    let accept = || w.policy.sender(w.stranger).accept_ownership().motsu_res();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();
    let view = w.policy.sender(w.owner);
    assert_eq!(view.pending_owner(), w.stranger);
    assert_eq!(view.ownership_accepted_from(), u(READY));
    drop(view);
    for now in [T0, READY - 1] {
        clock::set(now);
        assert_eq!(
            accept(),
            Err(PolicyTooEarly {
                now: u(now),
                readyAt: u(READY)
            }
            .into())
        );
    }
    // Inv_20: naming it again is not earlier.
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();
    clock::set(READY);
    assert!(matches!(accept(), Err(Error::PolicyTooEarly(_))));
    clock::set(READY - 1 + MODULE_DELAY_S);
    assert_eq!(accept(), Ok(()));
    assert_eq!(w.policy.sender(w.owner).owner(), w.stranger);
    assert!(!w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.owner));
    assert_eq!(w.policy.sender(w.owner).ownership_accepted_from(), u(0));
}
