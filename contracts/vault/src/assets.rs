//! The one list of assets, and what is recorded as held of each.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    authority,
    constants::MAX_ASSETS,
    erc20::{self, ALL_GAS},
    raw,
};
use ballast_math::shares::{amount_down, amount_up};
use stylus_sdk::{alloy_primitives::aliases::U8, prelude::*};

use crate::{slots::add, types::*, Vault};

impl Vault {
    /// Lists a token at the end.
    pub(crate) fn list(&mut self, token: Address, min_holding: U256) -> Answer<()> {
        if !raw::has_code(self.vm(), token) {
            return Err(VaultNotContract { account: token }.into());
        }
        if self.is_module(token) {
            return Err(VaultAssetForbidden { token }.into());
        }
        if self.is_listed(token) {
            return Err(VaultAssetListed { token }.into());
        }
        if min_holding.is_zero() {
            return Err(VaultMinHoldingZero { token }.into());
        }
        if erc20::balance_of(token, self.vm().contract_address(), ALL_GAS).is_none() {
            return Err(VaultBalanceUnreadable { token }.into());
        }
        let count = self.count();
        let full = || VaultTooManyAssets {
            n: U256::from(count).saturating_add(U256::from(1)),
            max: U256::from(MAX_ASSETS),
        };
        // The array ends at MAX_ASSETS: what does not fit has no slot.
        self.tokens.setter(count).ok_or_else(full)?.set(token);
        self.set_count(count.checked_add(1).ok_or_else(overflow)?);
        let mut asset = self.asset_mut(token);
        asset.listed.set(true);
        asset.min_holding.set(min_holding);
        self.tell(AssetListed {
            token,
            minHolding: min_holding,
        });
        Ok(())
    }

    /// Takes a token off the list; the others keep their order. Claims on it stay collectable.
    pub(crate) fn delist(&mut self, token: Address) -> Answer<()> {
        if !self.is_listed(token) {
            return Err(VaultAssetNotListed { token }.into());
        }
        let held = self.held(token);
        let weight_wad = authority::weight_of(self.policy.get(), token);
        if !held.is_zero() || !weight_wad.is_zero() {
            return Err(VaultAssetInUse {
                token,
                held,
                weightWad: weight_wad,
            }
            .into());
        }
        let kept: Vec<Address> = self.tokens().into_iter().filter(|t| *t != token).collect();
        for (i, t) in kept.iter().enumerate() {
            self.tokens.setter(i).ok_or_else(overflow)?.set(*t);
        }
        self.tokens
            .setter(kept.len())
            .ok_or_else(overflow)?
            .set(Address::ZERO);
        self.set_count(kept.len());
        let mut asset = self.asset_mut(token);
        asset.listed.set(false);
        asset.min_holding.set(U256::ZERO);
        self.tell(AssetDelisted { token });
        Ok(())
    }

    /// The list, in its order.
    pub(crate) fn tokens(&self) -> Vec<Address> {
        (0..self.count())
            .filter_map(|i| self.tokens.get(i))
            .collect()
    }

    /// The list, and what is held of each.
    pub(crate) fn book(&self) -> (Vec<Address>, Vec<U256>) {
        let tokens = self.tokens();
        let held = tokens.iter().map(|t| self.held(*t)).collect();
        (tokens, held)
    }

    /// How long the list is.
    pub(crate) fn count(&self) -> usize {
        let [limb] = self.count.get().into_limbs();
        usize::try_from(limb).unwrap_or(MAX_ASSETS)
    }

    /// Whether the token is on the list.
    pub(crate) fn is_listed(&self, token: Address) -> bool {
        self.asset(token).listed.get()
    }

    /// What is recorded as held: {tok}.
    pub(crate) fn held(&self, token: Address) -> U256 {
        self.asset(token).held.get()
    }

    /// What the vault owes of a token, to shareholders and claimants: {tok} = {tok} + {tok}.
    pub(crate) fn owed(&self, token: Address) -> Answer<U256> {
        let asset = self.asset(token);
        add(asset.held.get(), asset.claims.get())
    }

    /// The vault's balance, if it covers what is owed.
    pub(crate) fn covered_balance(&self, token: Address) -> Answer<U256> {
        let balance = self.balance_of_vault(token)?;
        let owed = self.owed(token)?;
        if balance < owed {
            return Err(VaultShortfall {
                token,
                balance,
                owed,
            }
            .into());
        }
        Ok(balance)
    }

    /// The vault's balance, or a refusal.
    pub(crate) fn balance_of_vault(&self, token: Address) -> Answer<U256> {
        erc20::balance_of(token, self.vm().contract_address(), ALL_GAS)
            .ok_or_else(|| VaultBalanceUnreadable { token }.into())
    }

    /// What so many shares cost of each asset: ⌈held · shares / supply⌉, {tok} = {tok} · {share} / {share}.
    pub(crate) fn amounts_up(&self, held: &[U256], shares: U256) -> Answer<Vec<U256>> {
        let supply = self.seeded_supply()?;
        held.iter()
            .map(|h| Ok(amount_up(*h, shares, supply)?))
            .collect()
    }

    /// What so many shares are worth of each asset: ⌊held · shares / supply⌋.
    pub(crate) fn amounts_down(&self, held: &[U256], shares: U256) -> Answer<Vec<U256>> {
        let supply = self.seeded_supply()?;
        held.iter()
            .map(|h| Ok(amount_down(*h, shares, supply)?))
            .collect()
    }

    /// The supply, refused before the seed.
    pub(crate) fn seeded_supply(&self) -> Answer<U256> {
        let supply = self.total_supply.get();
        if supply.is_zero() {
            return Err(VaultNotSeeded {}.into());
        }
        Ok(supply)
    }

    fn set_count(&mut self, count: usize) {
        self.count.set(U8::wrapping_from(count));
    }
}

/// Refuses an array that does not match the list it stands for.
pub(crate) fn require_length(given: usize, wanted: usize) -> Answer<()> {
    if given != wanted {
        return Err(VaultLengthMismatch {
            given: U256::from(given),
            wanted: U256::from(wanted),
        }
        .into());
    }
    Ok(())
}
