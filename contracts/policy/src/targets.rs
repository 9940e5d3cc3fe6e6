//! Target weights: set by the governor, moving linearly, adding up to one at every moment.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{flag, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE, MAX_ASSETS},
    data_account, raw,
};
use ballast_math::ramp;
use stylus_sdk::prelude::*;

use crate::{
    limits,
    mandate::{Asset, Mandate, Rule, BPS, NAMED},
    types::*,
    words::Head,
    Policy,
};

/// Longest ramp, and longest wait for its start, seconds.
pub const MAX_RAMP_S: u64 = 365 * 24 * 60 * 60;

/// Fastest move of the targets after the first, bps of turnover a day: the whole portfolio in four days.
pub const MAX_SPEED_BPS_PER_DAY: u64 = 2_500;

/// Subject of the guardian's act under which a held ramp is booked: no limit has this id.
pub(crate) const HOLD: U256 = U256::MAX.wrapping_sub(U256::ONE);

const IS_CONSTITUENT: [u8; 4] = stylus_sdk::function_selector!("isConstituent", Address);
const IS_PRICED: [u8; 4] = stylus_sdk::function_selector!("isPriced", Address);

/// What `setTargets` was given, checked.
pub(crate) struct Wanted {
    /// Distinct tokens with their target weight and band, bps.
    assets: Vec<(Address, u16, u16)>,
    start: u64,
    end: u64,
}

impl Wanted {
    /// Checks everything that can be checked without asking anybody.
    #[inline(never)]
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
        let mut assets: Vec<(Address, u16, u16)> = Vec::with_capacity(tokens.len());
        for ((token, weight), band) in tokens.into_iter().zip(weights_bps).zip(bands_bps) {
            if assets.iter().any(|a| a.0 == token) {
                return Err(PolicyDuplicateAsset { token }.into());
            }
            let band_bps = u16::try_from(*band)
                .ok()
                .filter(|b| (1..=BPS).contains(b))
                .ok_or(PolicyBandOutOfRange {
                    bandBps: *band,
                    maxBps: whole,
                })?;
            // The sum is 10,000 bps, so each fits.
            let weight_bps = u16::try_from(*weight).map_err(|_| overflow())?;
            assets.push((token, weight_bps, band_bps));
        }
        Ok(Self { assets, start, end })
    }
}

/// Start and end of the ramp, seconds; start 0 is now.
#[inline(never)]
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

pub(crate) fn within_max(n: usize) -> Answer<()> {
    if n > MAX_ASSETS {
        return Err(PolicyTooManyAssets {
            n: U256::from(n),
            max: U256::from(MAX_ASSETS),
        }
        .into());
    }
    Ok(())
}

/// Whether the vault lists `token`; no answer is no.
pub(crate) fn is_listed(vault: Address, token: Address) -> bool {
    says_yes(vault, IS_CONSTITUENT, token)
}

/// Whether `module` answers `true` to `selector(token)`; no answer is no.
#[inline(never)]
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
    #[inline(never)]
    pub(crate) fn store_targets(
        &mut self,
        wanted: Wanted,
        expected_nonce: U256,
        now: u64,
    ) -> Answer<()> {
        let mut head = self.head();
        let mandate = self.mandate(&head)?;
        let current = U256::from(mandate.nonce);
        if expected_nonce != current {
            return Err(PolicyStaleNonce {
                given: expected_nonce,
                current,
            }
            .into());
        }
        let (vault, oracle) = (self.vault.get(), self.oracle.get());
        for (token, weight, _) in &wanted.assets {
            if *weight == 0 {
                continue;
            }
            if !is_listed(vault, *token) {
                return Err(PolicyAssetNotListed { token: *token }.into());
            }
            if !says_yes(oracle, IS_PRICED, *token) {
                return Err(PolicyAssetNotPriced { token: *token }.into());
            }
        }

        let old = frozen(&mandate, now)?;
        let first = !mandate.has_targets();
        let mut list: Vec<Asset> = Vec::with_capacity(MAX_ASSETS);
        for (token, to_bps, band_bps) in wanted.assets {
            let before = old.iter().find(|o| o.token == token);
            let before = before.copied().unwrap_or(Asset::new(token));
            let cap_bps = before.rule.cap_bps;
            if to_bps > cap_bps {
                return Err(PolicyWeightAboveCap {
                    token,
                    weightBps: U256::from(to_bps),
                    capBps: U256::from(cap_bps),
                }
                .into());
            }
            let mut asset = Asset {
                to_bps,
                band_bps,
                flags: NAMED,
                ..before
            };
            // The first targets have nothing to ramp from.
            if first {
                asset.from = asset.to();
            }
            list.push(asset);
        }
        for asset in old {
            if (asset.from != 0 || asset.rule != Rule::default())
                && !list.iter().any(|l| l.token == asset.token)
            {
                list.push(Asset {
                    to_bps: 0,
                    flags: asset.flags & !NAMED,
                    ..asset
                });
            }
        }
        within_max(list.len())?;

        let mut mandate = Mandate {
            start: wanted.start,
            end: wanted.end,
            assets: list,
            ..mandate
        };
        mandate.count()?;
        require_slow(&mandate)?;
        self.set_mandate(&mut head, &mandate)?;
        head.flags |= PENDING;
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        let list = &mandate.assets;
        self.tell(TargetsSet {
            nonce: U256::from(head.nonce),
            tokens: list.iter().map(|a| a.token).collect(),
            oldWeightsWad: list.iter().map(|a| U256::from(a.from)).collect(),
            newWeightsWad: list.iter().map(|a| U256::from(a.to())).collect(),
            bandsBps: list.iter().map(|a| U256::from(a.band_bps)).collect(),
            start: U256::from(mandate.start),
            end: U256::from(mandate.end),
        });
        Ok(())
    }

    /// Holds a ramp that has not ended: its weights rest where they are for the time of a guardian's act, and
    /// then move on as fast as before.
    ///
    /// # Source
    /// Invariants 18, 20 and 27; docs/decisions/0022.
    #[inline(never)]
    pub(crate) fn hold(&mut self) -> Answer<()> {
        self.only(GUARDIAN_ROLE)?;
        let now = clock::now(self.vm());
        let mut head = self.head();
        let mut mandate = self.mandate(&head)?;
        let until = now.saturating_add(GUARDIAN_ACT_MAX_S);
        if mandate.end <= now || mandate.start >= until {
            return Err(PolicyNothingToHold {
                start: U256::from(mandate.start),
                end: U256::from(mandate.end),
                now: U256::from(now),
            }
            .into());
        }
        self.begin_act(HOLD, now)?;
        // {s} = {s} - {s}: what the ramp has still to run.
        let left = mandate.end.saturating_sub(mandate.start.max(now));
        mandate.assets = frozen(&mandate, now)?;
        mandate.start = until;
        mandate.end = until.checked_add(left).ok_or_else(overflow)?;
        self.set_mandate(&mut head, &mandate)?;
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        self.tell(TargetsHeld {
            nonce: U256::from(head.nonce),
            until: U256::from(until),
            end: U256::from(mandate.end),
        });
        Ok(())
    }

    /// The mandate in force: before the first, the compiled limits and no targets.
    #[inline(never)]
    pub(crate) fn mandate(&self, head: &Head) -> Answer<Mandate> {
        if head.mandate.is_zero() {
            return Ok(Mandate {
                limits: limits::defaults()?,
                ..Mandate::default()
            });
        }
        Mandate::decode(&data_account::read(head.mandate)).ok_or_else(overflow)
    }

    /// Writes a mandate and names it in `head`.
    #[inline(never)]
    pub(crate) fn set_mandate(&self, head: &mut Head, mandate: &Mandate) -> Answer<()> {
        let data = mandate.encode();
        head.mandate = data_account::write(&data).ok_or(PolicyMandateUnwritten {
            size: U256::from(data.len()),
        })?;
        Ok(())
    }

    /// Clears *targets pending* when the ramp has ended.
    #[inline(never)]
    pub(crate) fn settle(&mut self) -> Answer<()> {
        let mut head = self.head();
        if head.flags & PENDING == 0 || clock::now(self.vm()) < self.mandate(&head)?.end {
            return Ok(());
        }
        head.flags &= !PENDING;
        self.set_head(head);
        self.tell(TargetsSettled {
            nonce: U256::from(head.nonce),
        });
        Ok(())
    }
}

/// Refuses a ramp that moves the targets faster than [`MAX_SPEED_BPS_PER_DAY`].
///
/// # Source
/// DESIGN section 5. Ramps start from the effective weights, so no chain of ramps is faster than its fastest.
#[inline(never)]
fn require_slow(mandate: &Mandate) -> Answer<()> {
    let of = |weight: fn(&Asset) -> u64| -> Vec<U256> {
        let assets = mandate.assets.iter();
        assets.map(|a| U256::from(weight(a))).collect()
    };
    let duration = mandate.end.saturating_sub(mandate.start);
    let speed = ramp::speed_bps_per_day_up(&of(|a| a.from), &of(Asset::to), duration)
        // A ramp of no length jumps.
        .unwrap_or(U256::MAX);
    let max = U256::from(MAX_SPEED_BPS_PER_DAY);
    if speed > max {
        return Err(PolicyTooFast {
            speedBpsPerDay: speed,
            max,
        }
        .into());
    }
    Ok(())
}

/// `flag::TARGETS_PENDING` as it is stored.
pub(crate) const PENDING: u8 = {
    let [low, ..] = flag::TARGETS_PENDING.to_le_bytes();
    low
};

/// The assets of a mandate with the weights effective at `now` as those to start from.
#[inline(never)]
fn frozen(mandate: &Mandate, now: u64) -> Answer<Vec<Asset>> {
    let weights = mandate.effective(now)?;
    let assets = mandate.assets.iter().zip(weights);
    assets
        .map(|(asset, weight)| {
            let from = u64::try_from(weight).map_err(|_| overflow())?;
            Ok(Asset { from, ..*asset })
        })
        .collect()
}
