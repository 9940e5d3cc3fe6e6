//! The policy's roles against OpenZeppelin's AccessControl: the same calls, the same answers, errors and events.
//!
//! They differ on purpose in one thing: the governor's role follows ownership, so the policy refuses to
//! grant it, and to part the owner from it. There the reference is not asked.

extern crate alloc;

use std::cell::Cell;

use alloy_primitives::{Address, B256};
use ballast_interfaces::constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE};
use ballast_policy::{
    types::{AccessControlEnforcedDefaultAdminRules, Error},
    Policy,
};
use motsu::prelude::*;
use openzeppelin_stylus::access::control::{self, AccessControl, IAccessControl};
use proptest::prelude::*;
use stylus_sdk::prelude::*;

/// OpenZeppelin's, as a contract of its own.
#[storage]
struct Reference {
    access: AccessControl,
}

// SAFETY: only ever used as a top-level contract.
unsafe impl TopLevelStorage for Reference {}

#[public]
impl Reference {
    fn seed(&mut self, role: B256, account: Address) {
        self.access._grant_role(role, account);
    }

    fn has_role(&self, role: B256, account: Address) -> bool {
        self.access.has_role(role, account)
    }

    fn get_role_admin(&self, role: B256) -> B256 {
        self.access.get_role_admin(role)
    }

    fn grant_role(&mut self, role: B256, account: Address) -> Result<(), control::Error> {
        self.access.grant_role(role, account)
    }

    fn revoke_role(&mut self, role: B256, account: Address) -> Result<(), control::Error> {
        self.access.revoke_role(role, account)
    }

    fn renounce_role(&mut self, role: B256, account: Address) -> Result<(), control::Error> {
        self.access.renounce_role(role, account)
    }
}

const OTHER_ROLE: B256 = B256::repeat_byte(7);

#[test]
fn prop_roles_behave_as_openzeppelins() {
    let (agreed, refused, differed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // Operation, caller, role, account; callers are the owner half of the time.
    let call = (
        0usize..3,
        prop_oneof![Just(0usize), 0usize..4],
        0usize..3,
        0usize..4,
    );
    proptest!(config, |(calls in prop::collection::vec(call, 1..40))| {
        let policy = Contract::<Policy>::new();
        let reference = Contract::<Reference>::new();
        let people = ["owner", "setup", "guardian", "stranger"].map(Address::from_tag);
        let roles = [DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, OTHER_ROLE];
        let [owner, setup, guardian, _] = people;
        policy.sender(owner).constructor(owner, guardian, setup).motsu_unwrap();
        for (role, account) in [
            (DEFAULT_ADMIN_ROLE, owner),
            (DEFAULT_ADMIN_ROLE, setup),
            (GUARDIAN_ROLE, guardian),
        ] {
            reference.sender(owner).seed(role, account);
        }
        for (operation, caller, role, account) in calls {
            let (caller, role, account) = (people[caller], roles[role], people[account]);
            let before = (policy.all_events().len(), reference.all_events().len());
            let ours = match operation {
                0 => policy.sender(caller).grant_role(role, account).motsu_res(),
                1 => policy.sender(caller).revoke_role(role, account).motsu_res(),
                _ => policy.sender(caller).renounce_role(role, account).motsu_res(),
            };
            if ours == Err(Error::from(AccessControlEnforcedDefaultAdminRules {})) {
                prop_assert_eq!(role, DEFAULT_ADMIN_ROLE);
                prop_assert!(operation == 0 || account == owner);
                prop_assert_eq!(policy.all_events().len(), before.0);
                differed.set(differed.get() + 1);
                continue;
            }
            let theirs = match operation {
                0 => reference.sender(caller).grant_role(role, account).motsu_res(),
                1 => reference.sender(caller).revoke_role(role, account).motsu_res(),
                _ => reference.sender(caller).renounce_role(role, account).motsu_res(),
            };
            match ours {
                Ok(()) => agreed.set(agreed.get() + 1),
                Err(_) => refused.set(refused.get() + 1),
            }
            prop_assert_eq!(ours.map_err(Vec::<u8>::from), theirs.map_err(Vec::<u8>::from));
            prop_assert_eq!(
                &policy.all_events()[before.0..],
                &reference.all_events()[before.1..]
            );
            for role in roles {
                prop_assert_eq!(
                    policy.sender(caller).get_role_admin(role),
                    reference.sender(caller).get_role_admin(role)
                );
                for account in people {
                    prop_assert_eq!(
                        policy.sender(caller).has_role(role, account),
                        reference.sender(caller).has_role(role, account)
                    );
                }
            }
        }
    });
    for (what, count) in [
        ("agreed", agreed),
        ("refused", refused),
        ("differed", differed),
    ] {
        assert!(count.get() > 50, "{what} hardly ever: {}", count.get());
    }
}
