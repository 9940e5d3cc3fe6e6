//! A treasury of N assets in the middle of its life: seeded, rebalanced once, its pools in use.

use std::ops::{Deref, DerefMut};

use alloy::primitives::{Address, U256};
use anyhow::{ensure, Result};
use ballast::{
    abi::{Policy, Rebalancer, Vault},
    keeper,
    local::{
        chain,
        stage::{Listing, Setting, HEARTBEAT_S},
        uniswap,
    },
};

use super::{floor::Floor, Run};
use crate::{raise, Mode, Theatre};

/// NAV at the start, USD.
const NAV_USD: u64 = 1_000_000;
/// USD on each side of each pool: deep enough that slippage decides nothing.
const DEPTH_USD: u64 = 50_000_000;
/// By how much the seed misses the targets, bps of NAV, in each asset of a pair.
const SEED_DRIFT_BPS: u64 = 150;
/// By how much the market then moves each asset of a pair, bps of NAV.
const MARKET_DRIFT_BPS: u64 = 100;
/// Bands of all assets, bps of NAV.
const BAND_BPS: u64 = 50;
/// Price of every asset before the market moves, USD.
const PRICE_USD: u64 = 5;
/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// A treasury, and beside it the script of its floor.
#[derive(Debug)]
pub struct Treasury {
    theatre: Theatre,
    /// The bare script with the same holdings.
    pub floor: Floor,
}

impl Deref for Treasury {
    type Target = Theatre;

    fn deref(&self) -> &Theatre {
        &self.theatre
    }
}

impl DerefMut for Treasury {
    fn deref_mut(&mut self) -> &mut Theatre {
        &mut self.theatre
    }
}

/// Target weights of `assets`, bps: equal, the remainder on the first ones.
fn weights(assets: usize) -> Vec<u64> {
    let n = assets as u64;
    (0..n)
        .map(|i| 10_000 / n + u64::from(i < 10_000 % n))
        .collect()
}

impl Treasury {
    /// Pairs of neighbours that trade with one another: (0, 1), (2, 3), …
    pub fn pairs(assets: usize) -> Vec<(usize, usize)> {
        (0..assets / 2).map(|k| (2 * k, 2 * k + 1)).collect()
    }

    /// A treasury of `assets` tokens that has been rebalanced to its targets once, and may be again.
    pub async fn found(assets: usize) -> Result<Self> {
        let weights = weights(assets);
        let pairs = Self::pairs(assets);
        let seed = |(i, weight): (usize, &u64)| {
            let weight = match () {
                () if i >= 2 * pairs.len() => *weight,
                () if i % 2 == 0 => weight + SEED_DRIFT_BPS,
                () => weight - SEED_DRIFT_BPS,
            };
            let usd = NAV_USD / 10_000 * weight;
            Listing::new(&format!("T{i}"), 18, &PRICE_USD.to_string(), usd).behind_proxy()
        };
        let setting = Setting {
            listings: weights.iter().enumerate().map(seed).collect(),
            depth_usd: None,
            limits: crate::at_once(),
        };
        let mut theatre = raise(Mode::Uncached, setting).await?;
        theatre.open_pools(DEPTH_USD, &pairs).await?;
        let floor = Floor::deploy(&theatre).await?;
        let mut treasury = Self { theatre, floor };
        treasury.set_targets(&weights, BAND_BPS).await?;
        treasury.publish().await?;
        if !pairs.is_empty() {
            treasury.rebalance_pairs(&pairs).await?;
        }
        treasury.rest().await?;
        Ok(treasury)
    }

    /// Lets the cooldown pass and publishes every price anew.
    async fn rest(&mut self) -> Result<()> {
        chain::advance_by(&self.client, HEARTBEAT_S + 1).await?;
        self.publish().await
    }

    /// The market moves: the first asset of each pair is worth more, the second less, NAV the same.
    pub async fn drift(&mut self, pairs: &[(usize, usize)]) -> Result<()> {
        let weights = weights(self.members.len());
        // {USD} = {USD} * {bps of NAV} / {bps of NAV}, in millionths of a dollar
        let micro = |weight: u64, target: u64| PRICE_USD * 1_000_000 * weight / target;
        for (i, j) in pairs {
            for (asset, weight) in [
                (*i, weights[*i] + MARKET_DRIFT_BPS),
                (*j, weights[*j] - MARKET_DRIFT_BPS),
            ] {
                let price = micro(weight, weights[asset]);
                let text = format!("{}.{:06}", price / 1_000_000, price % 1_000_000);
                self.set_price(&format!("T{asset}"), &text).await?;
            }
        }
        self.publish().await?;
        self.arbitrage().await
    }

    /// Governance moves the targets of the first pair by as much as the market would have, within a day.
    pub async fn retarget(&mut self) -> Result<()> {
        let mut weights = weights(self.members.len());
        weights[0] -= SEED_DRIFT_BPS;
        weights[1] += SEED_DRIFT_BPS;
        let mut call = self.targets_call(&weights, BAND_BPS).await?;
        call.duration = U256::from(DAY_S);
        self.govern(self.suite.policy, call).await?;
        chain::advance_by(&self.client, DAY_S).await?;
        self.publish().await
    }

    /// The call that sets the targets that are set already.
    pub async fn same_targets(&self) -> Result<Policy::setTargetsCall> {
        self.targets_call(&weights(self.members.len()), BAND_BPS)
            .await
    }

    /// The addresses of all programs.
    pub fn programs(&self) -> Vec<Address> {
        let programs = self.suite.programs.iter();
        programs.map(|program| program.on_chain.address).collect()
    }

    /// Sells all that is useful of the first asset of each pair for the second, through its pool.
    pub async fn rebalance_pairs(&self, pairs: &[(usize, usize)]) -> Result<Run> {
        let n = pairs.len();
        let token = |i: usize| self.members[i].token;
        let plan = keeper::Plan {
            sells: pairs.iter().map(|(i, _)| token(*i)).collect(),
            buys: pairs.iter().map(|(_, j)| token(*j)).collect(),
            amounts: vec![U256::MAX; n],
            reason: 0,
        };
        let route = keeper::uniswap_v3_route(vec![uniswap::FEE; n])?;
        let call =
            keeper::rebalance_call(&self.client, &self.suite, &plan, self.suite.filler, route)
                .await?;
        let call = Rebalancer::rebalanceCall {
            // The same number whenever it is measured: its bytes are paid for.
            deadline: U256::from(u32::MAX),
            ..call
        };
        let done = self.rebalance(call).await?;
        ensure!(
            done.traded.len() == 2 * n,
            "{} assets were traded instead of {}",
            done.traded.len(),
            2 * n
        );
        Run::of(self, done.receipt)
    }

    /// Gives `who` shares of the treasury, and the assets and allowances for as many again.
    pub async fn endow(&self, who: Address, shares: U256) -> Result<Vec<U256>> {
        self.mint(who, shares).await?;
        let amounts = self
            .client
            .call(self.suite.vault, Vault::previewMintCall { shares })
            .await?;
        for (member, amount) in self.members.iter().zip(&amounts) {
            // Twice as much: an account that is not emptied.
            self.grant(member, who, *amount * U256::from(2)).await?;
        }
        Ok(amounts)
    }
}
