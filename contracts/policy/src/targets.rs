//! Target weights: set by the governor, moving linearly, adding up to one at every moment.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{flag, MAX_ASSETS},
    raw,
};
use ballast_math::ramp;
use stylus_sdk::prelude::*;

use crate::{
    types::*,
    words::{Asset, Head, NAMED},
    Policy,
};

/// Longest ramp, and longest wait for its start, seconds.
pub const MAX_RAMP_S: u64 = 365 * 24 * 60 * 60;

const BPS: u64 = 10_000;
/// One basis point in WAD.
const WAD_PER_BPS: u64 = 100_000_000_000_000;

const IS_CONSTITUENT: [u8; 4] = stylus_sdk::function_selector!("isConstituent", Address);
const IS_PRICED: [u8; 4] = stylus_sdk::function_selector!("isPriced", Address);

/// What `setTargets` was given, checked.
pub(crate) struct Wanted {
    /// Distinct tokens with their target weight (WAD) and band (bps).
    assets: Vec<(Address, u64, u32)>,
    start: u64,
    end: u64,
}

impl Wanted {
    /// Checks everything that can be checked without asking anybody.
    pub(crate) fn new(
        tokens: Vec<Address>,
        weights_bps: &[U256],
        bands_bps: &[U256],
        start: U256,
        duration: U256,
        now: u64,
    ) -> Answer<Self> {
        for other in [weights_bps.len(), bands_bps.len()] {
            if other != tokens.len() {
                return Err(PolicyLengthMismatch {
                    a: U256::from(tokens.len()),
                    b: U256::from(other),
                }
                .into());
            }
        }
        within_max(tokens.len())?;
        let (start, end) = span(start, duration, now)?;

        // Σ {bps} may be beyond a word: then it is not the whole either.
        let sum = weights_bps
            .iter()
            .try_fold(U256::ZERO, |sum, w| sum.checked_add(*w))
            .unwrap_or(U256::MAX);
        let whole = U256::from(BPS);
        if sum != whole {
            return Err(PolicyWeightsSum {
                sumBps: sum,
                wantedBps: whole,
            }
            .into());
        }
        let mut assets: Vec<(Address, u64, u32)> = Vec::with_capacity(tokens.len());
        for ((token, weight), band) in tokens.into_iter().zip(weights_bps).zip(bands_bps) {
            if assets.iter().any(|a| a.0 == token) {
                return Err(PolicyDuplicateAsset { token }.into());
            }
            let band_bps = u32::try_from(*band)
                .ok()
                .filter(|b| (1..=BPS).contains(&u64::from(*b)))
                .ok_or(PolicyBandOutOfRange {
                    bandBps: *band,
                    maxBps: whole,
                })?;
            // {wad} = {bps} * {wad/bps}; at most 10,000 bps, so at most 1e18
            let weight_wad = u64::try_from(*weight)
                .ok()
                .and_then(|w| w.checked_mul(WAD_PER_BPS))
                .ok_or_else(overflow)?;
            assets.push((token, weight_wad, band_bps));
        }
        Ok(Self { assets, start, end })
    }
}

/// Start and end of the ramp, seconds; start 0 is now.
fn span(start: U256, duration: U256, now: u64) -> Answer<(u64, u64)> {
    let duration = u64::try_from(duration)
        .ok()
        .filter(|d| *d <= MAX_RAMP_S)
        .ok_or(PolicyRampTooLong {
            duration,
            max: U256::from(MAX_RAMP_S),
        })?;
    let latest = now.checked_add(MAX_RAMP_S).ok_or_else(overflow)?;
    let begin = if start.is_zero() {
        now
    } else {
        let begin =
            u64::try_from(start)
                .ok()
                .filter(|s| *s <= latest)
                .ok_or(PolicyStartTooLate {
                    start,
                    latest: U256::from(latest),
                })?;
        if begin < now {
            return Err(PolicyStartInPast {
                start,
                now: U256::from(now),
            }
            .into());
        }
        begin
    };
    let end = begin.checked_add(duration).ok_or_else(overflow)?;
    Ok((begin, end))
}

fn within_max(n: usize) -> Answer<()> {
    if n > MAX_ASSETS {
        return Err(PolicyTooManyAssets {
            n: U256::from(n),
            max: U256::from(MAX_ASSETS),
        }
        .into());
    }
    Ok(())
}

/// Whether `module` answers `true` to `selector(token)`; no answer is no.
fn says_yes(module: Address, selector: [u8; 4], token: Address) -> bool {
    let mut data = Vec::with_capacity(36);
    data.extend_from_slice(&selector);
    data.extend_from_slice(token.into_word().as_slice());
    match raw::static_call(module, &data, u64::MAX, 32) {
        Ok(answer) => {
            U256::try_from_be_slice(&answer) == Some(U256::from(1u8)) && answer.len() == 32
        }
        Err(_) => false,
    }
}

impl Policy {
    /// Stores checked targets, from the weights that are effective at this moment.
    ///
    /// # Source
    /// Invariant 18. Starting from the effective weights, not from the last targets, is what keeps
    /// them from jumping when targets are replaced half-way.
    pub(crate) fn store_targets(&mut self, wanted: Wanted, now: u64) -> Answer<()> {
        let (vault, oracle) = (self.vault.get(), self.oracle.get());
        for (token, weight, _) in &wanted.assets {
            if *weight == 0 {
                continue;
            }
            if !says_yes(vault, IS_CONSTITUENT, *token) {
                return Err(PolicyAssetNotListed { token: *token }.into());
            }
            if !says_yes(oracle, IS_PRICED, *token) {
                return Err(PolicyAssetNotPriced { token: *token }.into());
            }
        }

        let mut head = self.head();
        let old = self.effective_list(&head, now)?;
        let first = old.is_empty();
        let mut list: Vec<(Address, Asset)> = Vec::with_capacity(MAX_ASSETS);
        for (token, to, band) in wanted.assets {
            let before = old.iter().find(|o| o.0 == token);
            let from = match before {
                // The first targets have nothing to ramp from.
                _ if first => to,
                Some(o) => o.2,
                None => 0,
            };
            let kept = before.map(|o| o.1).unwrap_or_default();
            list.push((
                token,
                Asset {
                    from,
                    to,
                    band,
                    flags: kept.flags | NAMED,
                    ..kept
                },
            ));
        }
        for (token, asset, from) in &old {
            if list.iter().any(|l| l.0 == *token) {
                continue;
            }
            if *from == 0 {
                self.set_asset(*token, Asset::default());
                continue;
            }
            list.push((
                *token,
                Asset {
                    from: *from,
                    to: 0,
                    flags: asset.flags & !NAMED,
                    ..*asset
                },
            ));
        }
        within_max(list.len())?;

        for (i, (token, asset)) in list.iter_mut().enumerate() {
            asset.index = u8::try_from(i).map_err(|_| overflow())?;
            self.tokens.setter(U256::from(i)).set(*token);
            self.set_asset(*token, *asset);
        }
        head.start = wanted.start;
        head.end = wanted.end;
        head.assets = u8::try_from(list.len()).map_err(|_| overflow())?;
        head.flags |= PENDING;
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        log(
            self.vm(),
            TargetsSet {
                nonce: U256::from(head.nonce),
                tokens: list.iter().map(|l| l.0).collect(),
                oldWeightsWad: list.iter().map(|l| U256::from(l.1.from)).collect(),
                newWeightsWad: list.iter().map(|l| U256::from(l.1.to)).collect(),
                bandsBps: list.iter().map(|l| U256::from(l.1.band)).collect(),
                start: U256::from(head.start),
                end: U256::from(head.end),
            },
        );
        Ok(())
    }

    /// Effective weights (WAD) of `asked` at `now`, in that order; 0 for a token without target.
    ///
    /// Before the ramp and after it a weight is what its own word says. Inside, the rounding's
    /// remainder goes to the largest target of the whole list, so the words that were not asked
    /// for are read too; a caller who asks for all of them, as the rebalancer does, pays for none twice.
    pub(crate) fn effective(&self, asked: &[Asset], head: &Head, now: u64) -> Answer<Vec<U256>> {
        if now >= head.end {
            return Ok(asked.iter().map(|a| U256::from(a.to)).collect());
        }
        if now <= head.start {
            return Ok(asked.iter().map(|a| U256::from(a.from)).collect());
        }
        let mut all: Vec<Option<Asset>> = Vec::new();
        all.resize(usize::from(head.assets), None);
        for a in asked.iter().filter(|a| a.is_member()) {
            if let Some(place) = all.get_mut(usize::from(a.index)) {
                *place = Some(*a);
            }
        }
        let all: Vec<Asset> = all
            .into_iter()
            .enumerate()
            .map(|(i, a)| a.unwrap_or_else(|| self.asset(self.tokens.get(U256::from(i)))))
            .collect();
        let weights = ramp_weights(&all, head, now)?;
        Ok(asked
            .iter()
            .map(|a| match a.is_member() {
                true => weights
                    .get(usize::from(a.index))
                    .copied()
                    .unwrap_or_default(),
                false => U256::ZERO,
            })
            .collect())
    }

    /// The token list in its order, each with its word and its effective weight (WAD) at `now`.
    fn effective_list(&self, head: &Head, now: u64) -> Answer<Vec<(Address, Asset, u64)>> {
        let tokens = self.token_list(head);
        let assets: Vec<Asset> = tokens.iter().map(|t| self.asset(*t)).collect();
        let weights = self.effective(&assets, head, now)?;
        tokens
            .into_iter()
            .zip(assets)
            .zip(weights)
            .map(|((token, asset), weight)| {
                let weight = u64::try_from(weight).map_err(|_| overflow())?;
                Ok((token, asset, weight))
            })
            .collect()
    }

    /// Every token that has, had or will have weight since the last `setTargets`.
    pub(crate) fn token_list(&self, head: &Head) -> Vec<Address> {
        (0..head.assets)
            .map(|i| self.tokens.get(U256::from(i)))
            .collect()
    }

    /// The tokens that the last `setTargets` named, with target (bps) and band (bps).
    pub(crate) fn named_targets(&self, head: &Head) -> (Vec<Address>, Vec<U256>, Vec<U256>) {
        let (mut tokens, mut weights, mut bands) = (Vec::new(), Vec::new(), Vec::new());
        for token in self.token_list(head) {
            let asset = self.asset(token);
            if asset.flags & NAMED == 0 {
                continue;
            }
            tokens.push(token);
            // {bps} = {wad} / {wad/bps}, exact: set as a multiple
            weights.push(U256::from(asset.to.checked_div(WAD_PER_BPS).unwrap_or(0)));
            bands.push(U256::from(asset.band));
        }
        (tokens, weights, bands)
    }

    /// Clears *targets pending* when the ramp has ended.
    pub(crate) fn settle(&mut self) {
        let mut head = self.head();
        if head.flags & PENDING == 0 || clock::now(self.vm()) < head.end {
            return;
        }
        head.flags &= !PENDING;
        self.set_head(head);
        log(
            self.vm(),
            TargetsSettled {
                nonce: U256::from(head.nonce),
            },
        );
    }
}

/// `flag::TARGETS_PENDING` as it is stored.
pub(crate) const PENDING: u8 = {
    let [low, ..] = flag::TARGETS_PENDING.to_le_bytes();
    low
};

fn ramp_weights(all: &[Asset], head: &Head, now: u64) -> Answer<Vec<U256>> {
    let from: Vec<U256> = all.iter().map(|a| U256::from(a.from)).collect();
    let to: Vec<U256> = all.iter().map(|a| U256::from(a.to)).collect();
    ramp::effective_weights(&from, &to, head.start, head.end, now).map_err(|_| overflow())
}
