use alloy_primitives::Address;
use ballast_interfaces::constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::World;

#[test]
fn transfer_ownership_reverts_for_anybody_but_the_owner() {
    let w = World::bare();
    for caller in [w.setup, w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .transfer_ownership(caller)
            .motsu_unwrap_err();
        assert_eq!(err, OwnableUnauthorizedAccount { account: caller }.into());
    }
    assert_eq!(w.policy.sender(w.owner).pending_owner(), Address::ZERO);
}

#[test]
fn accept_ownership_reverts_for_anybody_but_the_successor() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();
    for caller in [w.setup, w.guardian, w.owner] {
        let err = w
            .policy
            .sender(caller)
            .accept_ownership()
            .motsu_unwrap_err();
        assert_eq!(err, OwnableUnauthorizedAccount { account: caller }.into());
    }
    assert_eq!(w.policy.sender(w.owner).owner(), w.owner);
}

#[test]
fn transfer_ownership_moves_nothing_before_acceptance() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();
    assert_eq!(w.policy.sender(w.owner).owner(), w.owner);
    assert_eq!(w.policy.sender(w.owner).pending_owner(), w.stranger);
    assert!(!w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.stranger));
    w.policy.assert_emitted(&OwnershipTransferStarted {
        previousOwner: w.owner,
        newOwner: w.stranger,
    });
}

#[test]
fn transfer_ownership_to_zero_withdraws_the_offer() {
    let w = World::bare();
    for to in [w.stranger, Address::ZERO] {
        w.policy
            .sender(w.owner)
            .transfer_ownership(to)
            .motsu_unwrap();
    }
    let err = w
        .policy
        .sender(w.stranger)
        .accept_ownership()
        .motsu_unwrap_err();
    assert_eq!(
        err,
        OwnableUnauthorizedAccount {
            account: w.stranger
        }
        .into()
    );
}

#[test]
fn accept_ownership_moves_the_governors_role_too() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();
    w.policy
        .sender(w.stranger)
        .accept_ownership()
        .motsu_unwrap();

    assert_eq!(w.policy.sender(w.owner).owner(), w.stranger);
    assert_eq!(w.policy.sender(w.owner).pending_owner(), Address::ZERO);
    let governs =
        [w.owner, w.stranger].map(|a| w.policy.sender(w.owner).has_role(DEFAULT_ADMIN_ROLE, a));
    assert_eq!(governs, [false, true]);
    w.policy.assert_emitted(&OwnershipTransferred {
        previousOwner: w.owner,
        newOwner: w.stranger,
    });
    w.policy.assert_emitted(&RoleRevoked {
        role: DEFAULT_ADMIN_ROLE,
        account: w.owner,
        sender: w.stranger,
    });
    w.policy.assert_emitted(&RoleGranted {
        role: DEFAULT_ADMIN_ROLE,
        account: w.stranger,
        sender: w.stranger,
    });
    // The old owner is a stranger now.
    let err = w
        .policy
        .sender(w.owner)
        .grant_role(GUARDIAN_ROLE, w.owner)
        .motsu_unwrap_err();
    assert!(matches!(err, Error::AccessControlUnauthorizedAccount(_)));
}

#[test]
fn accept_ownership_by_setup_keeps_one_role_that_it_cannot_renounce() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.setup)
        .motsu_unwrap();
    w.policy.sender(w.setup).accept_ownership().motsu_unwrap();
    let err = w
        .policy
        .sender(w.setup)
        .renounce_role(DEFAULT_ADMIN_ROLE, w.setup)
        .motsu_unwrap_err();
    assert_eq!(err, AccessControlEnforcedDefaultAdminRules {}.into());
}

#[test]
fn accept_ownership_by_the_owner_itself_loses_nothing() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.owner)
        .motsu_unwrap();
    w.policy.sender(w.owner).accept_ownership().motsu_unwrap();
    assert!(w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.owner));
}
