//! Who may do what: one owner, who is the governor; a setup account beside it until it renounces; guardians.

use alloy_primitives::{Address, B256};
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use stylus_sdk::prelude::*;

use crate::{types::*, Policy};

impl Policy {
    /// Whether `account` holds `role`.
    pub(crate) fn holds(&self, role: B256, account: Address) -> bool {
        self.roles.getter(role).get(account)
    }

    /// Refuses a caller without `role`.
    pub(crate) fn only(&self, role: B256) -> Answer<()> {
        let account = self.vm().msg_sender();
        if self.holds(role, account) {
            return Ok(());
        }
        Err(AccessControlUnauthorizedAccount { account, role }.into())
    }

    /// Gives a role, and tells it when it was not held before.
    pub(crate) fn give(&mut self, role: B256, account: Address) {
        if self.holds(role, account) {
            return;
        }
        self.roles.setter(role).setter(account).set(true);
        let sender = self.vm().msg_sender();
        log(
            self.vm(),
            RoleGranted {
                role,
                account,
                sender,
            },
        );
    }

    /// Takes a role, and tells it when it was held.
    pub(crate) fn take(&mut self, role: B256, account: Address) {
        if !self.holds(role, account) {
            return;
        }
        self.roles.setter(role).setter(account).set(false);
        let sender = self.vm().msg_sender();
        log(
            self.vm(),
            RoleRevoked {
                role,
                account,
                sender,
            },
        );
    }

    /// Refuses to part the owner from the governor's role: setup must not lock the owner out.
    pub(crate) fn not_the_owners(&self, role: B256, account: Address) -> Answer<()> {
        if role == DEFAULT_ADMIN_ROLE && account == self.owner.get() {
            return Err(AccessControlEnforcedDefaultAdminRules {}.into());
        }
        Ok(())
    }

    /// Moves ownership, and the governor's role with it.
    pub(crate) fn move_ownership(&mut self, to: Address) {
        let from = self.owner.get();
        self.pending_owner.set(Address::ZERO);
        self.owner.set(to);
        if from != to {
            self.take(DEFAULT_ADMIN_ROLE, from);
        }
        self.give(DEFAULT_ADMIN_ROLE, to);
        log(
            self.vm(),
            OwnershipTransferred {
                previousOwner: from,
                newOwner: to,
            },
        );
    }
}
