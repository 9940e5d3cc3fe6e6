//! Who may do what: one owner, who is the governor; a setup account beside it until it renounces; guardians.

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use stylus_sdk::prelude::*;

use crate::{types::*, Policy};

/// What stands in the list of roles for one that is held; anything greater is the time of a queued grant.
pub(crate) const HELD: U256 = U256::ONE;

impl Policy {
    pub(crate) fn set_role(&mut self, role: B256, account: Address, state: U256) {
        self.roles.setter(role).setter(account).set(state);
    }

    /// Whether `account` holds `role`.
    #[inline(never)]
    pub(crate) fn holds(&self, role: B256, account: Address) -> bool {
        self.roles.getter(role).get(account) == HELD
    }

    /// Refuses a caller without `role`.
    #[inline(never)]
    pub(crate) fn only(&self, role: B256) -> Answer<()> {
        let account = self.vm().msg_sender();
        if self.holds(role, account) {
            return Ok(());
        }
        Err(AccessControlUnauthorizedAccount { account, role }.into())
    }

    /// Gives a role, and tells it when it was not held before.
    #[inline(never)]
    pub(crate) fn give(&mut self, role: B256, account: Address) {
        if self.holds(role, account) {
            return;
        }
        self.set_role(role, account, HELD);
        let sender = self.vm().msg_sender();
        self.tell(RoleGranted {
            role,
            account,
            sender,
        });
    }

    /// Takes a role or its queued grant, and tells it when it was held.
    #[inline(never)]
    pub(crate) fn take(&mut self, role: B256, account: Address) {
        let held = self.holds(role, account);
        self.set_role(role, account, U256::ZERO);
        if !held {
            return;
        }
        let sender = self.vm().msg_sender();
        self.tell(RoleRevoked {
            role,
            account,
            sender,
        });
    }

    /// Refuses to part the owner from the governor's role: setup must not lock the owner out.
    pub(crate) fn not_the_owners(&self, role: B256, account: Address) -> Answer<()> {
        if role == DEFAULT_ADMIN_ROLE && account == self.owner.get() {
            return Err(AccessControlEnforcedDefaultAdminRules {}.into());
        }
        Ok(())
    }

    /// Moves ownership, and the governor's role with it.
    #[inline(never)]
    pub(crate) fn move_ownership(&mut self, to: Address) {
        let from = self.owner.get();
        self.pending_owner.set(U256::ZERO);
        self.owner.set(to);
        if from != to {
            self.take(DEFAULT_ADMIN_ROLE, from);
        }
        self.give(DEFAULT_ADMIN_ROLE, to);
        self.tell(OwnershipTransferred {
            previousOwner: from,
            newOwner: to,
        });
    }
}
