//! Everything a screen or a bot needs in one call.
//!
//! Reads, and writes nothing: what it answers is a convenience that nobody who moves value relies on.
//! The views of ERC-7621 are here and not in the vault, which knows no weights and no prices.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
// The ABI answers several arrays at once.
#![allow(clippy::type_complexity)]
extern crate alloc;

mod asking;
pub mod encoded;
pub mod pending;
pub mod screen;
pub mod types;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    answers::Answers,
    constants::mode,
    modules::{IOracle, IPolicy, IRebalancer, IVault},
};
use ballast_math::{
    basket::Basket,
    mul_div::{mul_div_down, mul_div_up},
    BPS, WAD, WAD_PER_BPS,
};
use stylus_sdk::{prelude::*, storage::StorageAddress};

use crate::{pending::Pending, screen::Screen, types::*};

/// The lens: where the others are.
#[storage]
#[entrypoint]
pub struct Lens {
    vault: StorageAddress,
    policy: StorageAddress,
    oracle: StorageAddress,
    rebalancer: StorageAddress,
}

#[public]
impl Lens {
    /// Names the programs to look at, for ever.
    #[constructor]
    pub fn constructor(
        &mut self,
        vault: Address,
        policy: Address,
        oracle: Address,
        rebalancer: Address,
    ) {
        self.vault.set(vault);
        self.policy.set(policy);
        self.oracle.set(oracle);
        self.rebalancer.set(rebalancer);
    }

    /// ERC-7621: the assets and their effective target weights, bps, which sum to 10,000 once targets are set.
    ///
    /// # Rounding
    /// Down, and the rest to the largest.
    ///
    /// # Errors
    /// Whatever the vault refuses.
    pub fn get_constituents(&self) -> Result<Answers<(Vec<Address>, Vec<U256>)>, Error> {
        let (tokens, _) = self.vault().holdings(self)?;
        let (weights, ..) = self.policy().rules(self, tokens.clone())?;
        Ok(Answers((tokens, whole_bps(&weights)?)))
    }

    /// ERC-7621: the effective target weight of one asset, bps, as [`Self::get_constituents`] says it.
    ///
    /// # Errors
    /// [`LensNotConstituent`], and whatever the vault refuses.
    pub fn get_weight(&self, token: Address) -> Result<U256, Error> {
        let Answers((tokens, weights)) = self.get_constituents()?;
        match tokens.iter().zip(weights).find(|(t, _)| **t == token) {
            Some((_, weight)) => Ok(weight),
            None => Err(Error::Own(LensNotConstituent { token }.into())),
        }
    }

    /// ERC-7621: the recorded holding of one asset.
    ///
    /// # Errors
    /// Whatever the vault refuses.
    pub fn get_reserve(&self, token: Address) -> Result<U256, Error> {
        Ok(self.vault().get_reserve(self, token)?)
    }

    /// ERC-7621: NAV in WAD, `Σ ⌊held · price⌋` over assets that are not quarantined.
    ///
    /// # Errors
    /// Whatever the vault and the oracle refuse.
    pub fn total_basket_value(&self) -> Result<U256, Error> {
        let (tokens, held) = self.vault().holdings(self)?;
        let (_, _, modes, ..) = self.policy().rules(self, tokens.clone())?;
        let quarantined = U256::from(mode::QUARANTINED);
        let rows = tokens.into_iter().zip(held).zip(modes);
        let (tokens, held): (Vec<_>, Vec<_>) = rows
            .filter_map(|(row, mode)| (mode != quarantined).then_some(row))
            .unzip();
        let prices = IOracle::new(self.oracle.get()).prices(self, tokens)?;
        Ok(Basket::new(&held, &prices)?.nav)
    }

    /// The assets, what may be done with each (0 normal, 1 sell-only, 2 quarantined), and the price below which it is
    /// not bought, D36. Needs no price.
    ///
    /// # Errors
    /// Whatever vault and policy refuse.
    pub fn modes(&self) -> Result<Answers<(Vec<Address>, Vec<U256>, Vec<U256>)>, Error> {
        let (tokens, _) = self.vault().holdings(self)?;
        let (_, _, modes, floors, ..) = self.policy().rules(self, tokens.clone())?;
        Ok(Answers((tokens, modes, floors)))
    }

    /// ERC-7621: how many assets are listed.
    ///
    /// # Errors
    /// Whatever the vault refuses.
    pub fn total_constituents(&self) -> Result<U256, Error> {
        let (tokens, _) = self.vault().holdings(self)?;
        Ok(U256::from(tokens.len()))
    }

    /// ERC-7621: whether the vault lists the asset.
    ///
    /// # Errors
    /// Whatever the vault refuses.
    pub fn is_constituent(&self, token: Address) -> Result<bool, Error> {
        Ok(self.vault().is_constituent(self, token)?)
    }

    /// The whole state at once: assets, holdings, prices, values (WAD), weights, targets and bands (bps), numbers.
    ///
    /// Numbers: NAV, supply, NAV per share (WAD), distance (bps), reason, policy nonce, paused until, next
    /// rebalance at, rebalance nonce, minting paused until, locked.
    ///
    /// # Rounding
    /// Everything down; the distance up.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse.
    pub fn status(
        &self,
    ) -> Result<
        Answers<(
            Vec<Address>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
        )>,
        Error,
    > {
        let (vault, policy) = (self.vault(), self.policy());
        let rebalancer = IRebalancer::new(self.rebalancer.get());
        let (tokens, held, prices, weights_wad, bands, nav, distance_wad, reason) =
            rebalancer.assess(self)?;
        // No tokens: only what the policy says of itself.
        let (.., policy_nonce, paused_until, _) = policy.rules(self, Vec::new())?;
        let (nonce, _, next_at, ..) = rebalancer.state(self)?;
        let supply = vault.total_supply(self)?;

        let values = Basket::new(&held, &prices)?.values;
        let mut weights = Vec::with_capacity(values.len());
        for value in &values {
            // {bps} = {value} * BPS / {value}
            weights.push(or_zero(*value, BPS, nav)?);
        }
        let mut targets = Vec::with_capacity(weights_wad.len());
        for weight in weights_wad {
            // {bps} = {wad} / {wad/bps}
            targets.push(mul_div_down(weight, U256::ONE, WAD_PER_BPS)?);
        }
        let numbers = vec![
            nav,
            supply,
            // {value/share} · WAD = {value} * WAD / {share}
            or_zero(nav, WAD, supply)?,
            // {bps} = {wad} / {wad/bps}
            mul_div_up(distance_wad, U256::ONE, WAD_PER_BPS)?,
            reason,
            policy_nonce,
            paused_until,
            next_at,
            nonce,
            vault.mint_paused_until(self)?,
            U256::from(vault.is_locked(self)?),
        ];
        Ok(Answers((
            tokens, held, prices, values, weights, targets, bands, numbers,
        )))
    }

    /// What a first screen shows, whatever any of the programs refuses: what is refused is empty or 0, and a list says so.
    ///
    /// By asset: holdings, claims, prices and when they were made (0: not known), values (WAD), parts of NAV, weights
    /// aimed at, as governed and at the end of their ramp, bands as set and effective (bps), modes, floor prices, caps,
    /// ends of the guardian's marks. Then the limits in force by id, numbers, and what was refused: the part,
    /// `selector · 2^160 + subject` of the view, and the refusal's bytes. docs/specification.md names the numbers.
    ///
    /// # Rounding
    /// Everything down; the distance up.
    pub fn screen(&self) -> Screen {
        self.screen_of()
    }

    /// What was decided and is not in force yet, and what the guardian holds, whatever any of the programs refuses.
    ///
    /// By asset: change of the feed (0) or second source (1), when it may be activated (0: none waits), its source; what
    /// still streams of an absorption, and until when. Then the targets last set, the ends of the guardian's acts by
    /// limit, on a ramp and on the pause, accounts, numbers, and what was refused as in [`Self::screen`].
    ///
    /// A call of its own because it is another question and needs as many calls again; what waits changes seldom.
    pub fn pending(&self) -> Pending {
        self.pending_of()
    }

    /// What `shares` are worth in kind, asset by asset: `⌊held · shares / supply⌋`. Needs no price.
    ///
    /// # Errors
    /// Whatever the vault refuses.
    pub fn in_kind(&self, shares: U256) -> Result<Answers<(Vec<Address>, Vec<U256>)>, Error> {
        let (tokens, _) = self.vault().holdings(self)?;
        let amounts = self.vault().preview_redeem(self, shares)?;
        Ok(Answers((tokens, amounts)))
    }
}

impl Lens {
    fn vault(&self) -> IVault {
        IVault::new(self.vault.get())
    }

    fn policy(&self) -> IPolicy {
        IPolicy::new(self.policy.get())
    }
}

/// `⌊a · b / d⌋`, and 0 where there is nothing to divide by.
fn or_zero(a: U256, b: U256, d: U256) -> Result<U256, Error> {
    if d.is_zero() {
        return Ok(U256::ZERO);
    }
    Ok(mul_div_down(a, b, d)?)
}

/// Weights in bps that sum to 10,000: each rounded down, the rest on the largest. All zero when none is set.
fn whole_bps(weights_wad: &[U256]) -> Result<Vec<U256>, Error> {
    let mut rest = BPS;
    let mut largest = (0, U256::ZERO);
    let mut weights = Vec::with_capacity(weights_wad.len());
    for (place, weight) in weights_wad.iter().enumerate() {
        if *weight > largest.1 {
            largest = (place, *weight);
        }
        // {bps} = {wad} / {wad/bps}
        let bps = mul_div_down(*weight, U256::ONE, WAD_PER_BPS)?;
        rest = rest.saturating_sub(bps);
        weights.push(bps);
    }
    if let Some(weight) = weights.get_mut(largest.0).filter(|_| !largest.1.is_zero()) {
        *weight = weight.saturating_add(rest);
    }
    Ok(weights)
}
