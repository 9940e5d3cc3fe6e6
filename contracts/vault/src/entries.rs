//! In kind, in: the seed and mint.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::DEAD,
    erc20::{self, ALL_GAS},
};
use stylus_sdk::prelude::*;

use crate::{
    assets::require_length,
    slots::{add, sub},
    types::*,
    Vault,
};

/// Shares that the seed locks for ever, so that the supply never falls to where rounding matters.
pub const LOCKED_SHARES: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// Least shares of the seed: 1,000 times the locked ones.
pub const SEED_MIN: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

impl Vault {
    /// The first shares, for what governance brings.
    ///
    /// # Source
    /// Invariants 2 and 8.
    #[inline(never)]
    pub(crate) fn seed_from(
        &mut self,
        shares: U256,
        receiver: Address,
        amounts: Vec<U256>,
    ) -> Answer<()> {
        let supply = self.total_supply.get();
        if !supply.is_zero() {
            return Err(VaultAlreadySeeded { supply }.into());
        }
        if shares < SEED_MIN {
            return Err(VaultSeedTooSmall {
                shares,
                min: SEED_MIN,
            }
            .into());
        }
        self.require_receiver(receiver)?;
        self.require_below_cap(shares)?;
        let tokens = self.roster().tokens;
        require_length(amounts.len(), tokens.len())?;
        self.require_minimum(&tokens, &amounts)?;
        self.take_all(&tokens, &amounts)?;

        // {share} = {share} - {share}
        let rest = sub(shares, LOCKED_SHARES)?;
        if self.head.get().fees {
            let fees = self.fees.get();
            self.restart(fees);
        }
        self.issue(DEAD, LOCKED_SHARES)?;
        self.issue(receiver, rest)?;
        self.tell(Seeded {
            receiver,
            shares,
            tokens,
            amounts,
        });
        Ok(())
    }

    /// Shares for a proportional part of everything held.
    ///
    /// # Rounding
    /// Every amount up.
    ///
    /// # Source
    /// Invariants 4 to 8.
    #[inline(never)]
    pub(crate) fn mint_from(
        &mut self,
        shares: U256,
        receiver: Address,
        max_amounts: &[U256],
    ) -> Answer<Vec<U256>> {
        let until = self.head.get().mint_paused_until;
        if clock::now(self.vm()) < until {
            return Err(VaultMintPaused {
                until: U256::from(until),
            }
            .into());
        }
        if shares.is_zero() {
            return Err(VaultZeroShares {}.into());
        }
        self.require_receiver(receiver)?;
        let (tokens, held) = self.book()?;
        require_length(max_amounts.len(), tokens.len())?;
        self.accrue()?;
        let (recipient, toll) = self.mint_toll(shares)?;
        // {share} = {share} + {share}
        let made = add(shares, toll)?;
        let amounts = self.amounts_up(&held, made)?;
        self.require_below_cap(made)?;
        self.require_minimum(&tokens, &held)?;
        for ((token, amount), max) in tokens.iter().zip(&amounts).zip(max_amounts) {
            if amount > max {
                return Err(VaultAmountAboveMax {
                    token: *token,
                    amount: *amount,
                    max: *max,
                }
                .into());
            }
        }
        self.take_all(&tokens, &amounts)?;
        self.issue(receiver, shares)?;
        if !toll.is_zero() {
            self.issue(recipient, toll)?;
        }
        self.tell(Minted {
            caller: self.vm().msg_sender(),
            receiver,
            shares,
            amounts: amounts.clone(),
        });
        Ok(amounts)
    }

    /// Refuses unless some asset reaches its minimum: with all of them at dust, rounding up is all that
    /// stands between a share and nothing.
    fn require_minimum(&self, tokens: &[Address], held: &[U256]) -> Answer<()> {
        let enough = tokens
            .iter()
            .zip(held)
            .any(|(token, held)| *held >= self.asset(*token).min_holding.get());
        if !enough {
            return Err(VaultHoldingsBelowMinimum {}.into());
        }
        Ok(())
    }

    /// Takes the amounts from the caller and books them.
    ///
    /// The calls come before the effects on purpose: shares exist only once they are paid for, and a
    /// token that calls back finds the lock closed, so nothing that was read above can have changed.
    /// Each token is booked by itself right after its own measurement, from storage read anew.
    fn take_all(&mut self, tokens: &[Address], amounts: &[U256]) -> Answer<()> {
        let from = self.vm().msg_sender();
        for (place, (token, amount)) in tokens.iter().zip(amounts).enumerate() {
            if !amount.is_zero() {
                self.take(*token, place, from, *amount)?;
            }
        }
        Ok(())
    }

    /// Takes one amount; what arrives beyond it is a donation.
    fn take(&mut self, token: Address, place: usize, from: Address, amount: U256) -> Answer<()> {
        let vault = self.vm().contract_address();
        // A newcomer must not pay for a hole that others made.
        let before = self.covered_balance(token, Some(place))?;
        if !erc20::transfer_from(token, from, vault, amount, ALL_GAS) {
            return Err(VaultTransferFailed {
                token,
                to: vault,
                amount,
            }
            .into());
        }
        let received = self.balance_of_vault(token)?.saturating_sub(before);
        if received < amount {
            return Err(VaultReceivedLess {
                token,
                received,
                wanted: amount,
            }
            .into());
        }
        let held = add(self.entry(place).held, amount)?;
        self.set_held(place, token, held)
    }
}
