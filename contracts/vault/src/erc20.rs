//! The share: ERC-20's arithmetic, with ERC-6093's errors.

use alloy_primitives::{Address, U256};
use stylus_sdk::prelude::*;

use crate::{
    slots::{add, sub},
    types::*,
    Vault,
};

impl Vault {
    /// Refuses shares sent to nobody, and to the vault, where nobody could redeem them.
    pub(crate) fn require_receiver(&self, receiver: Address) -> Answer<()> {
        if receiver.is_zero() || receiver == self.vm().contract_address() {
            return Err(ERC20InvalidReceiver { receiver }.into());
        }
        Ok(())
    }

    /// Moves shares.
    ///
    /// # Errors
    /// `ERC20InvalidReceiver`, `ERC20InsufficientBalance`.
    pub(crate) fn move_shares(&mut self, from: Address, to: Address, value: U256) -> Answer<()> {
        self.require_receiver(to)?;
        self.debit(from, value)?;
        self.credit(to, value)?;
        self.tell(Transfer { from, to, value });
        Ok(())
    }

    /// Makes shares. The caller has checked the receiver.
    pub(crate) fn issue(&mut self, to: Address, value: U256) -> Answer<()> {
        let supply = self.total_supply.get();
        self.total_supply.set(add(supply, value)?);
        self.credit(to, value)?;
        let from = Address::ZERO;
        self.tell(Transfer { from, to, value });
        Ok(())
    }

    /// Destroys shares.
    pub(crate) fn burn(&mut self, from: Address, value: U256) -> Answer<()> {
        self.debit(from, value)?;
        let supply = self.total_supply.get();
        self.total_supply.set(sub(supply, value)?);
        let to = Address::ZERO;
        self.tell(Transfer { from, to, value });
        Ok(())
    }

    /// Sets an allowance and tells it.
    pub(crate) fn allow(&mut self, owner: Address, spender: Address, value: U256) -> Answer<()> {
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender }.into());
        }
        self.set_allowance(owner, spender, value);
        self.tell(Approval {
            owner,
            spender,
            value,
        });
        Ok(())
    }

    /// Uses up an allowance; an infinite one stays as it is.
    pub(crate) fn spend_allowance(
        &mut self,
        owner: Address,
        spender: Address,
        needed: U256,
    ) -> Answer<()> {
        let allowance = self.allowance_of(owner, spender);
        if allowance == U256::MAX {
            return Ok(());
        }
        let rest = allowance
            .checked_sub(needed)
            .ok_or(ERC20InsufficientAllowance {
                spender,
                allowance,
                needed,
            })?;
        // Of nobody, nothing passes: it has no allowance to use up.
        if owner.is_zero() {
            return Err(ERC20InvalidApprover { approver: owner }.into());
        }
        self.set_allowance(owner, spender, rest);
        Ok(())
    }

    fn debit(&mut self, sender: Address, needed: U256) -> Answer<()> {
        let before = self.balance_slot(sender).get();
        let balance = before.balance;
        let rest = balance
            .checked_sub(needed)
            .ok_or(ERC20InsufficientBalance {
                sender,
                balance,
                needed,
            })?;
        self.change_balance(sender, before, rest);
        Ok(())
    }

    fn credit(&mut self, to: Address, value: U256) -> Answer<()> {
        let before = self.balance_slot(to).get();
        let sum = add(before.balance, value)?;
        self.change_balance(to, before, sum);
        Ok(())
    }
}
