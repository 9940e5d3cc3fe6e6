//! In kind, out: redeem, what could not be delivered, and the one place where tokens leave to a person.
//!
//! Nothing here asks the policy, an oracle or a pause. A token that will not move costs its own share
//! of the exit a delay, never the rest.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::erc20;
use ballast_math::shares::{amount_down, haircut_down, unmoved_down};
use stylus_sdk::prelude::*;

use crate::{
    assets::require_length,
    slots::{add, sub},
    types::*,
    Vault,
};

/// Gas for a token to tell a balance.
pub const BALANCE_GAS: u64 = 50_000;

/// Gas for a token to move an amount.
pub const TRANSFER_GAS: u64 = 300_000;

/// Gas that goes before the callee's: a cold account and the host function.
const CALL_GAS: u64 = 5_000;

/// Who is paid before whom in a shortfall.
#[derive(Clone, Copy)]
enum Rank {
    /// Holders who leave, and claimants who took no part yet.
    Now,
    /// Who took a part, for the rest.
    Later,
}

impl Vault {
    /// Burns shares for a proportional part of everything held.
    ///
    /// # Rounding
    /// Every amount down.
    ///
    /// # Source
    /// Invariants 4, 5, 7 and 22.
    #[inline(never)]
    pub(crate) fn redeem_for(
        &mut self,
        shares: U256,
        receiver: Address,
        owner: Address,
        min_amounts: &[U256],
    ) -> Answer<Vec<U256>> {
        if shares.is_zero() {
            return Err(VaultZeroShares {}.into());
        }
        self.require_receiver(receiver)?;
        let tokens = self.roster().tokens;
        require_length(min_amounts.len(), tokens.len())?;
        self.accrue()?;
        let supply = self.seeded_supply()?;
        let caller = self.vm().msg_sender();

        // Effects first: the shares are gone and every amount is off the books before any token is
        // called, so whatever a token does, the same shares cannot be paid twice.
        if caller != owner {
            self.spend_allowance(owner, caller, shares)?;
        }
        let (recipient, toll) = self.redeem_toll(shares)?;
        self.burn(owner, shares)?;
        if !toll.is_zero() {
            self.issue(recipient, toll)?;
        }
        // {share} = {share} - {share}
        let paid_for = sub(shares, toll)?;
        let mut amounts = Vec::with_capacity(tokens.len());
        for (place, token) in tokens.iter().enumerate() {
            let held = self.touch(*token, place)?;
            // {tok} = {tok} · {share} / {share}
            let amount = amount_down(held, paid_for, supply)?;
            if !amount.is_zero() {
                self.set_held(place, *token, sub(held, amount)?)?;
            }
            amounts.push(amount);
        }

        let mut delivered = Vec::with_capacity(tokens.len());
        let list = tokens.iter().enumerate();
        for (((place, token), amount), min) in list.zip(&amounts).zip(min_amounts) {
            let moved = self.deliver(*token, Some(place), receiver, *amount)?;
            if moved < *min {
                return Err(VaultDeliveredBelowMin {
                    token: *token,
                    delivered: moved,
                    min: *min,
                }
                .into());
            }
            delivered.push(moved);
        }
        self.tell(Redeemed {
            caller,
            receiver,
            owner,
            shares,
            delivered: delivered.clone(),
        });
        Ok(delivered)
    }

    /// Pays what is claimed, as far as it moves; in a shortfall only when the account itself asks.
    #[inline(never)]
    pub(crate) fn collect_for(&mut self, token: Address, account: Address) -> Answer<U256> {
        let (claim, later) = (self.claim(token, account), self.later(token, account));
        // {tok} = {tok} + {tok}
        let amount = add(claim, later)?;
        if amount.is_zero() {
            return Err(VaultNothingToCollect { token, account }.into());
        }
        let place = self.roster().place(token);
        self.require_whole_or_own(token, place, account)?;
        // Off the books before the token is called; what does not move comes back.
        self.unbook(token, place, account, claim)?;
        let mut paid = self.pay(token, place, account, claim)?;
        if !later.is_zero() {
            self.move_later(token, account, later, U256::ZERO)?;
            let moved = self.send(token, place, account, later, Rank::Later)?.0;
            // {tok} = {tok} - {tok}
            self.move_later(token, account, U256::ZERO, sub(later, moved)?)?;
            // {tok} = {tok} + {tok}
            paid = add(paid, moved)?;
        }
        if paid.is_zero() {
            return Err(VaultTransferFailed {
                token,
                to: account,
                amount,
            }
            .into());
        }
        self.tell(ClaimPaid {
            token,
            account,
            amount: paid,
        });
        Ok(paid)
    }

    /// Hands a part of the caller's claim to another.
    #[inline(never)]
    pub(crate) fn redirect(&mut self, token: Address, to: Address, amount: U256) -> Answer<()> {
        self.require_receiver(to)?;
        let from = self.vm().msg_sender();
        let place = self.roster().place(token);
        let (claim, later) = (self.claim(token, from), self.later(token, from));
        // What can be paid first goes first: {tok} = {tok} - {tok}
        let now = amount.min(claim);
        let rest = sub(amount, now)?;
        if rest > later {
            return Err(VaultClaimTooSmall {
                claim: claim.saturating_add(later),
                wanted: amount,
            }
            .into());
        }
        self.unbook(token, place, from, now)?;
        self.book_claim(token, place, to, now)?;
        self.move_later(token, from, rest, U256::ZERO)?;
        self.move_later(token, to, U256::ZERO, rest)?;
        self.tell(ClaimRedirected {
            token,
            from,
            to,
            amount,
        });
        Ok(())
    }

    /// Sends an amount that is off the books already, and claims what did not move for the receiver.
    pub(crate) fn deliver(
        &mut self,
        token: Address,
        place: Option<usize>,
        to: Address,
        amount: U256,
    ) -> Answer<U256> {
        if amount.is_zero() {
            return Ok(U256::ZERO);
        }
        let moved = self.pay(token, place, to, amount)?;
        // {tok} = {tok} - {tok}
        let rest = sub(amount, moved)?;
        if !rest.is_zero() {
            self.tell(ClaimBooked {
                token,
                account: to,
                amount: rest,
            });
        }
        Ok(moved)
    }

    /// Refuses to pay another account in a shortfall: it would take its part, and wait for the rest behind all who have
    /// not asked. When to do so is its own choice.
    ///
    /// # Errors
    /// `VaultShortfall`, `VaultBalanceUnreadable`.
    ///
    /// # Source
    /// Invariant 3; docs/decisions/0034.
    pub(crate) fn require_whole_or_own(
        &self,
        token: Address,
        place: Option<usize>,
        account: Address,
    ) -> Answer<()> {
        if self.vm().msg_sender() != account {
            self.covered_balance(token, place)?;
        }
        Ok(())
    }

    /// Sends an amount that is off the books already and books what did not move: what took no part in a shortfall as a
    /// claim, and what one holds back as a claim that is paid after all others.
    fn pay(
        &mut self,
        token: Address,
        place: Option<usize>,
        to: Address,
        amount: U256,
    ) -> Answer<U256> {
        if amount.is_zero() {
            return Ok(U256::ZERO);
        }
        let (moved, due) = self.send(token, place, to, amount, Rank::Now)?;
        let waits = unmoved_down(amount, moved, due)?;
        if !waits.is_zero() {
            self.book_claim(token, place, to, waits)?;
        }
        // {tok} = {tok} - {tok} - {tok}
        let short = sub(sub(amount, moved)?, waits)?;
        self.move_later(token, to, U256::ZERO, short)?;
        Ok(moved)
    }

    /// Takes from what a shortfall left unpaid to an account, or adds to it, and the sum with it.
    fn move_later(
        &mut self,
        token: Address,
        account: Address,
        less: U256,
        more: U256,
    ) -> Answer<()> {
        if less == more {
            return Ok(());
        }
        // {tok} = {tok} + {tok} - {tok}
        let later = sub(add(self.later(token, account), more)?, less)?;
        self.later.setter(token).setter(account).set(later);
        // {tok} = {tok} + {tok} - {tok}
        let total = sub(add(self.asset(token).later.get(), more)?, less)?;
        self.asset_mut(token).later.set(total);
        Ok(())
    }

    /// Sends an amount that is off the books already, less its share of a shortfall, and answers by how
    /// much the vault's balance fell, and how much was due. What the token answers is not believed, only what it did.
    ///
    /// In a shortfall everybody is paid the same part of what is due, once. What is held back is not counted again: it
    /// would be paid its part anew at each call, until nothing were left for the others. It is due when there is more
    /// than the others are owed, to whoever collects first.
    ///
    /// Every call has its gas cap funded beforehand: nobody can make a transfer fail, and so turn a
    /// payment into a claim, by bringing too little gas.
    ///
    /// A token that takes more than was sent blocks nobody either: the answer is what was sent, and the
    /// hole is a shortfall, which those who leave later and those who stay share.
    ///
    /// # Errors
    /// `VaultGasTooLow`.
    ///
    /// # Source
    /// Invariant 22; docs/decisions/0010.
    fn send(
        &mut self,
        token: Address,
        place: Option<usize>,
        to: Address,
        amount: U256,
        rank: Rank,
    ) -> Answer<(U256, U256)> {
        let vault = self.vm().contract_address();
        self.require_gas(BALANCE_GAS)?;
        let Some(before) = erc20::balance_of(token, vault, BALANCE_GAS) else {
            return Ok((U256::ZERO, amount));
        };
        let owed = self.owed(token, place)?;
        let due = match rank {
            // {tok} = {tok} · min(1, {tok} / ({tok} + {tok}))
            Rank::Now => haircut_down(amount, before, add(owed, amount)?)?,
            // {tok} = min({tok}, {tok} - {tok})
            Rank::Later => amount.min(before.saturating_sub(owed)),
        };
        if due.is_zero() {
            return Ok((U256::ZERO, due));
        }
        self.require_gas(TRANSFER_GAS)?;
        let _ = erc20::transfer(token, to, due, TRANSFER_GAS);
        self.require_gas(BALANCE_GAS)?;
        let Some(after) = erc20::balance_of(token, vault, BALANCE_GAS) else {
            return Ok((U256::ZERO, due));
        };
        Ok((before.saturating_sub(after).min(due), due))
    }

    /// Refuses unless 63/64 of the gas left funds a call of `cap`.
    fn require_gas(&self, cap: u64) -> Answer<()> {
        let left = self.vm().evm_gas_left();
        let needed = gas_needed(cap).ok_or_else(overflow)?;
        if left < needed {
            return Err(VaultGasTooLow {
                left: U256::from(left),
                needed: U256::from(needed),
            }
            .into());
        }
        Ok(())
    }

    fn book_claim(
        &mut self,
        token: Address,
        place: Option<usize>,
        account: Address,
        amount: U256,
    ) -> Answer<()> {
        let sum = add(self.claim(token, account), amount)?;
        self.set_claim(token, account, sum);
        let total = add(self.asset(token).claims.get(), amount)?;
        self.set_claims(token, place, total)
    }

    fn unbook(
        &mut self,
        token: Address,
        place: Option<usize>,
        account: Address,
        amount: U256,
    ) -> Answer<()> {
        let claim = self.claim(token, account);
        let rest = claim.checked_sub(amount).ok_or(VaultClaimTooSmall {
            claim,
            wanted: amount,
        })?;
        self.set_claim(token, account, rest);
        let total = sub(self.asset(token).claims.get(), amount)?;
        self.set_claims(token, place, total)
    }

    /// Records the sum of the claims, and beside the holding of a listed token whether there is one, or a stream.
    pub(crate) fn set_claims(
        &mut self,
        token: Address,
        place: Option<usize>,
        total: U256,
    ) -> Answer<()> {
        self.asset_mut(token).claims.set(total);
        match place {
            Some(place) => {
                let more = !total.is_zero() || !self.asset(token).stream.get().rest.is_zero();
                self.set_more(place, more)
            }
            None => Ok(()),
        }
    }
}

/// Gas that must be left so that 63/64 of it, less the call's own price, is `cap`: {gas}.
///
/// # Rounding
/// Up.
fn gas_needed(cap: u64) -> Option<u64> {
    let funded = cap.checked_add(CALL_GAS)?;
    funded.checked_add(funded.checked_div(63)?)?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_needed_is_the_least_that_funds_the_cap() {
        for cap in [0, 1, 62, 63, 64, BALANCE_GAS, TRANSFER_GAS, 30_000_000] {
            let needed = gas_needed(cap).unwrap();
            let usable = |left: u64| left - left / 64;
            assert!(usable(needed) >= cap + CALL_GAS, "{cap}");
            assert!(usable(needed - 3) < cap + CALL_GAS, "{cap}");
        }
    }
}
