//! The one list of assets: what comes onto it, what leaves it, what its balances must cover.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    authority,
    constants::MAX_ASSETS,
    erc20::{self, ALL_GAS},
    raw,
};
use ballast_math::shares::{amount_down, amount_up};
use stylus_sdk::prelude::*;

use crate::{
    books::Entry, exits::BALANCE_GAS, roster::Roster, slots::add, streams::Stream, types::*, Vault,
};

impl Vault {
    /// Lists a token at the end.
    #[inline(never)]
    pub(crate) fn list(&mut self, token: Address, min_holding: U256) -> Answer<()> {
        if !raw::has_code(self.vm(), token) {
            return Err(VaultNotContract { account: token }.into());
        }
        let mut roster = self.roster();
        if self.is_module(&roster, token) {
            return Err(VaultAssetForbidden { token }.into());
        }
        if roster.lists(token) {
            return Err(VaultAssetListed { token }.into());
        }
        if min_holding.is_zero() {
            return Err(VaultMinHoldingZero { token }.into());
        }
        let balance = self.balance_of_vault(token)?;
        self.require_distinct(&roster, token, balance)?;
        let place = roster.tokens.len();
        roster.tokens.push(token);
        if roster.tokens.len() > MAX_ASSETS {
            return Err(VaultTooManyAssets {
                n: U256::from(roster.tokens.len()),
                max: U256::from(MAX_ASSETS),
            }
            .into());
        }
        self.set_roster(&roster)?;
        let mut asset = self.asset_mut(token);
        asset.min_holding.set(min_holding);
        // Claims outlast a delisting.
        let claimed = !asset.claims.get().is_zero();
        self.set_more(place, claimed)?;
        self.tell(AssetListed {
            token,
            minHolding: min_holding,
        });
        Ok(())
    }

    /// Takes a token off the list; the others keep their order. Claims on it stay collectable. What is held of it
    /// becomes a pocket, if that is asked for.
    #[inline(never)]
    pub(crate) fn delist(&mut self, token: Address, pocket: bool) -> Answer<()> {
        let mut roster = self.roster();
        let place = require_listed(&roster, token)?;
        // What streams in counts as held.
        let held = add(self.entry(place).held, self.asset(token).stream.get().rest)?;
        let weight_wad = authority::weight_of(roster.policy, token);
        let left = !held.is_zero();
        if (left && !pocket) || !weight_wad.is_zero() {
            return Err(VaultAssetInUse {
                token,
                held,
                weightWad: weight_wad,
            }
            .into());
        }
        if left {
            self.fill_pocket(token, held)?;
        }
        let entries = self.entries(roster.tokens.len()).into_iter();
        let mut kept: Vec<Entry> = entries
            .enumerate()
            .filter_map(|(i, entry)| (i != place).then_some(entry))
            .collect();
        // The half that the last one leaves.
        kept.push(Entry::default());
        self.set_entries(&kept)?;
        roster.tokens.retain(|t| *t != token);
        self.set_roster(&roster)?;
        {
            let mut asset = self.asset_mut(token);
            asset.min_holding.set(U256::ZERO);
            asset.stream.set(Stream::default());
        }
        self.tell(AssetDelisted { token });
        Ok(())
    }

    /// The list, and what is held of each.
    pub(crate) fn book(&self) -> Answer<(Vec<Address>, Vec<U256>)> {
        let tokens = self.roster().tokens;
        let entries = self.entries(tokens.len()).into_iter();
        let held: Answer<Vec<U256>> = tokens
            .iter()
            .zip(entries)
            .map(|(token, entry)| self.held_now(*token, entry))
            .collect();
        Ok((tokens, held?))
    }

    /// The vault's balance of a token, at a place of the list or none, if it covers what is owed.
    pub(crate) fn covered_balance(&self, token: Address, place: Option<usize>) -> Answer<U256> {
        let balance = self.balance_of_vault(token)?;
        let owed = self.owed(token, place)?;
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

    /// Refuses a token that shows the balance of another one that is listed: what the vault holds would count twice.
    ///
    /// Two addresses of one token always show the same. Two tokens do by chance, or because somebody sent as much as it
    /// takes; then a unit more tells them apart.
    ///
    /// # Source
    /// docs/decisions/0031.
    #[inline(never)]
    pub(crate) fn require_distinct(
        &self,
        roster: &Roster,
        token: Address,
        balance: U256,
    ) -> Answer<()> {
        if balance.is_zero() {
            return Ok(());
        }
        let vault = self.vm().contract_address();
        for listed in roster.tokens.iter().copied().filter(|t| *t != token) {
            if erc20::balance_of(listed, vault, BALANCE_GAS) == Some(balance) {
                return Err(VaultAssetAlias { token, listed }.into());
            }
        }
        Ok(())
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
        let supply = self.supply()?;
        if supply.is_zero() {
            return Err(VaultNotSeeded {}.into());
        }
        Ok(supply)
    }
}

/// The token's place in the list, or a refusal.
pub(crate) fn require_listed(roster: &Roster, token: Address) -> Answer<usize> {
    match roster.place(token) {
        Some(place) => Ok(place),
        None => Err(VaultAssetNotListed { token }.into()),
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
