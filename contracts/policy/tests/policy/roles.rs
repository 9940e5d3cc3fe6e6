use alloy_primitives::{aliases::B32, b256, Address, B256};
use ballast_interfaces::constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::World;

const OTHER_ROLE: B256 = B256::repeat_byte(7);

#[test]
fn grant_role_reverts_for_anybody_but_the_governor() {
    let w = World::bare();
    for caller in [w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .grant_role(GUARDIAN_ROLE, w.stranger)
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
    assert!(!w.policy.sender(w.owner).has_role(GUARDIAN_ROLE, w.stranger));
}

#[test]
fn grant_role_reverts_for_the_governors_own_role() {
    let w = World::bare();
    for caller in [w.owner, w.setup] {
        let err = w
            .policy
            .sender(caller)
            .grant_role(DEFAULT_ADMIN_ROLE, w.stranger)
            .motsu_unwrap_err();
        assert_eq!(err, AccessControlEnforcedDefaultAdminRules {}.into());
    }
    assert!(!w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.stranger));
}

#[test]
fn grant_role_gives_the_role_and_tells_it_once() {
    let w = World::bare();
    let before = w.policy.all_events().len();
    for _ in 0..2 {
        w.policy
            .sender(w.setup)
            .grant_role(GUARDIAN_ROLE, w.stranger)
            .motsu_unwrap();
    }
    assert!(w.policy.sender(w.owner).has_role(GUARDIAN_ROLE, w.stranger));
    assert!(w.policy.sender(w.owner).has_role(GUARDIAN_ROLE, w.guardian));
    assert_eq!(w.policy.all_events().len(), before + 1);
    w.policy.assert_emitted(&RoleGranted {
        role: GUARDIAN_ROLE,
        account: w.stranger,
        sender: w.setup,
    });
}

#[test]
fn revoke_role_reverts_for_the_guardian_even_on_itself() {
    let w = World::bare();
    let err = w
        .policy
        .sender(w.guardian)
        .revoke_role(GUARDIAN_ROLE, w.guardian)
        .motsu_unwrap_err();
    assert_eq!(
        err,
        AccessControlUnauthorizedAccount {
            account: w.guardian,
            role: DEFAULT_ADMIN_ROLE
        }
        .into()
    );
}

#[test]
fn revoke_role_never_parts_the_owner_from_governing() {
    let w = World::bare();
    for caller in [w.owner, w.setup] {
        let err = w
            .policy
            .sender(caller)
            .revoke_role(DEFAULT_ADMIN_ROLE, w.owner)
            .motsu_unwrap_err();
        assert_eq!(err, AccessControlEnforcedDefaultAdminRules {}.into());
    }
    assert!(w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.owner));
}

#[test]
fn revoke_role_ends_setup_and_guardian() {
    let w = World::bare();
    for (role, account) in [(DEFAULT_ADMIN_ROLE, w.setup), (GUARDIAN_ROLE, w.guardian)] {
        w.policy
            .sender(w.owner)
            .revoke_role(role, account)
            .motsu_unwrap();
        assert!(!w.policy.sender(w.owner).has_role(role, account));
        w.policy.assert_emitted(&RoleRevoked {
            role,
            account,
            sender: w.owner,
        });
    }
    let events = w.policy.all_events().len();
    w.policy
        .sender(w.owner)
        .revoke_role(GUARDIAN_ROLE, w.guardian)
        .motsu_unwrap();
    assert_eq!(w.policy.all_events().len(), events, "nothing was taken");
}

#[test]
fn renounce_role_reverts_without_ones_own_address() {
    let w = World::bare();
    let err = w
        .policy
        .sender(w.stranger)
        .renounce_role(GUARDIAN_ROLE, w.guardian)
        .motsu_unwrap_err();
    assert_eq!(err, AccessControlBadConfirmation {}.into());
    assert!(w.policy.sender(w.owner).has_role(GUARDIAN_ROLE, w.guardian));
}

#[test]
fn renounce_role_reverts_for_the_owners_governing() {
    let w = World::bare();
    let err = w
        .policy
        .sender(w.owner)
        .renounce_role(DEFAULT_ADMIN_ROLE, w.owner)
        .motsu_unwrap_err();
    assert_eq!(err, AccessControlEnforcedDefaultAdminRules {}.into());
}

#[test]
fn renounce_role_ends_setup() {
    let w = World::bare();
    w.policy
        .sender(w.setup)
        .renounce_role(DEFAULT_ADMIN_ROLE, w.setup)
        .motsu_unwrap();
    assert!(!w
        .policy
        .sender(w.owner)
        .has_role(DEFAULT_ADMIN_ROLE, w.setup));
    w.policy.assert_emitted(&RoleRevoked {
        role: DEFAULT_ADMIN_ROLE,
        account: w.setup,
        sender: w.setup,
    });
    let err = w
        .policy
        .sender(w.setup)
        .grant_role(GUARDIAN_ROLE, w.setup)
        .motsu_unwrap_err();
    assert!(matches!(err, Error::AccessControlUnauthorizedAccount(_)));
}

#[test]
fn get_role_admin_is_the_governor_for_every_role() {
    let w = World::bare();
    for role in [DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, OTHER_ROLE] {
        assert_eq!(
            w.policy.sender(w.stranger).get_role_admin(role),
            DEFAULT_ADMIN_ROLE
        );
    }
}

#[test]
fn guardian_role_is_the_hash_of_its_name() {
    // cast keccak "GUARDIAN_ROLE", as OpenZeppelin's contracts have it
    assert_eq!(
        GUARDIAN_ROLE,
        b256!("55435dd261a4b9b3364963f7738a7a662ad9c84396d64be3365284bb7f0a5041")
    );
    assert_eq!(GUARDIAN_ROLE, alloy_primitives::keccak256("GUARDIAN_ROLE"));
}

#[test]
fn supports_interface_knows_its_three_standards_only() {
    let w = World::bare();
    let supports = |id: u32| {
        w.policy
            .sender(w.stranger)
            .supports_interface(B32::from(id.to_be_bytes()))
    };
    for id in [0x01ff_c9a7, 0x7965_db0b, 0x7f58_28d0] {
        assert!(supports(id), "{id:08x}");
    }
    for id in [0xffff_ffff, 0, 0x7965_db0a] {
        assert!(!supports(id), "{id:08x}");
    }
}

#[test]
fn a_role_without_meaning_gives_no_power() {
    let w = World::bare();
    w.policy
        .sender(w.owner)
        .grant_role(OTHER_ROLE, w.stranger)
        .motsu_unwrap();
    let err = w
        .policy
        .sender(w.stranger)
        .pause_rebalance(alloy_primitives::U256::MAX)
        .motsu_unwrap_err();
    assert_eq!(
        err,
        AccessControlUnauthorizedAccount {
            account: w.stranger,
            role: GUARDIAN_ROLE
        }
        .into()
    );
    assert!(!w.policy.sender(w.owner).has_role(OTHER_ROLE, Address::ZERO));
}
