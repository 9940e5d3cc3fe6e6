//! Where what is stored lies: each lookup once in the program, not once a use.

use alloy_primitives::{Address, U256};
use ballast_interfaces::slot::Slot;
use stylus_sdk::storage::{StorageGuard, StorageGuardMut};

use crate::{pockets::Account, types::*, Asset, Vault};

impl Vault {
    #[inline(never)]
    pub(crate) fn balance_slot(&mut self, account: Address) -> StorageGuardMut<'_, Slot<Account>> {
        self.balances.setter(account)
    }

    #[inline(never)]
    pub(crate) fn allowance_of(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    #[inline(never)]
    pub(crate) fn set_allowance(&mut self, owner: Address, spender: Address, value: U256) {
        self.allowances.setter(owner).setter(spender).set(value);
    }

    #[inline(never)]
    pub(crate) fn claim(&self, token: Address, account: Address) -> U256 {
        self.claims.getter(token).get(account)
    }

    #[inline(never)]
    pub(crate) fn set_claim(&mut self, token: Address, account: Address, amount: U256) {
        self.claims.setter(token).setter(account).set(amount);
    }

    #[inline(never)]
    pub(crate) fn later(&self, token: Address, account: Address) -> U256 {
        self.later.getter(token).get(account)
    }

    #[inline(never)]
    pub(crate) fn asset(&self, token: Address) -> StorageGuard<'_, Asset> {
        self.assets.getter(token)
    }

    #[inline(never)]
    pub(crate) fn asset_mut(&mut self, token: Address) -> StorageGuardMut<'_, Asset> {
        self.assets.setter(token)
    }
}

/// {tok} = {tok} + {tok}, or the named refusal.
#[inline(never)]
pub(crate) fn add(a: U256, b: U256) -> Answer<U256> {
    a.checked_add(b).ok_or_else(overflow)
}

/// {tok} = {tok} - {tok}, or the named refusal.
#[inline(never)]
pub(crate) fn sub(a: U256, b: U256) -> Answer<U256> {
    a.checked_sub(b).ok_or_else(overflow)
}
