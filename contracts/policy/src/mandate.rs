//! The mandate: targets and limits as governance last set them, read in one piece.
//!
//! | bytes | what |
//! |---|---|
//! | 8, 8 | start and end of the ramp, seconds |
//! | 4 | the governor's changes so far |
//! | 32, 32, 32 | [`Limits`], three words |
//! | 33 an asset | token, 20; weight at the start, WAD, 8; weight at the end, bps, 2; band, bps, 2; flags, 1 |
//! | 45 behind an asset with a rule | mode, 1; greatest weight, bps, 2; floor price, 32; end of the guardian's sell-only, 5, and quarantine, 5 |
//!
//! All numbers big endian. The limits that the guardian tightened are not in it: they must be cheap. Its marks
//! on assets are: they are rare, and reading them is free. Either ends by itself.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::{mode, MAX_ASSETS};
use ballast_math::{ramp, MathError, WAD};

use crate::{targets::within_max, types::*, words::Limits};

/// Bytes before the assets.
const HEADER: usize = 116;
/// The whole, bps.
pub(crate) const BPS: u16 = 10_000;
/// Bytes of one asset without a rule.
const ASSET: usize = 33;

/// One basis point in WAD.
pub const WAD_PER_BPS: u64 = 100_000_000_000_000;

/// Flag of [`Asset`]: the last `setTargets` named it.
pub const NAMED: u8 = 1;

/// Bit of an asset's flags as they are written: a [`Rule`] follows.
const RULED: u8 = 2;

/// What governor and guardian said of an asset beside its target.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub struct Rule {
    /// The governor's, `interfaces::constants::mode`.
    pub mode: u8,
    /// Greatest weight that may be set, bps.
    pub cap_bps: u16,
    /// Price below which it is not bought, D36{value/tok}.
    pub floor_d36: U256,
    /// Until when the guardian makes it sell-only, seconds; 40 bits.
    pub sell_only_until: u64,
    /// Until when the guardian quarantines it, seconds; 40 bits.
    pub quarantined_until: u64,
}

impl Default for Rule {
    /// Nothing was said.
    fn default() -> Self {
        Self {
            mode: mode::NORMAL,
            cap_bps: BPS,
            floor_d36: U256::ZERO,
            sell_only_until: 0,
            quarantined_until: 0,
        }
    }
}

impl Rule {
    /// The mode in force at `now`: the tightest.
    ///
    /// # Source
    /// Invariant 27: nothing has to be done for a guardian's act to end.
    pub fn mode_at(&self, now: u64) -> u8 {
        if now < self.quarantined_until {
            return mode::QUARANTINED;
        }
        if now < self.sell_only_until {
            return self.mode.max(mode::SELL_ONLY);
        }
        self.mode
    }

    /// When the last of the guardian's marks that are over at `now` ended, seconds; 0 for none.
    pub fn ended_at(&self, now: u64) -> u64 {
        let ends = [self.sell_only_until, self.quarantined_until].into_iter();
        ends.filter(|until| *until <= now).max().unwrap_or(0)
    }

    fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (mode, rest) = bytes.split_first()?;
        let (cap, rest) = rest.split_first_chunk::<2>()?;
        let (floor, rest) = rest.split_first_chunk::<32>()?;
        let (sell_only, rest) = rest.split_first_chunk::<5>()?;
        let (quarantined, rest) = rest.split_first_chunk::<5>()?;
        let rule = Self {
            mode: *mode,
            cap_bps: u16::from_be_bytes(*cap),
            floor_d36: U256::from_be_bytes(*floor),
            sell_only_until: from_40_bits(*sell_only),
            quarantined_until: from_40_bits(*quarantined),
        };
        Some((rule, rest))
    }

    fn encode(&self, data: &mut Vec<u8>) {
        data.push(self.mode);
        data.extend_from_slice(&self.cap_bps.to_be_bytes());
        data.extend_from_slice(&self.floor_d36.to_be_bytes::<32>());
        for until in [self.sell_only_until, self.quarantined_until] {
            let [_, _, _, bytes @ ..] = until.to_be_bytes();
            data.extend_from_slice(&bytes);
        }
    }
}

fn from_40_bits([a, b, c, d, e]: [u8; 5]) -> u64 {
    u64::from_be_bytes([0, 0, 0, a, b, c, d, e])
}

/// One asset's target.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Asset {
    /// The token.
    pub token: Address,
    /// Weight at the start of the ramp, WAD.
    pub from: u64,
    /// Weight at its end, bps.
    pub to_bps: u16,
    /// Band, bps.
    pub band_bps: u16,
    /// [`NAMED`].
    pub flags: u8,
    /// What else was said of it.
    pub rule: Rule,
}

impl Asset {
    /// Weight at the end of the ramp, WAD: at most 65,535 · 1e14, which fits.
    pub fn to(&self) -> u64 {
        u64::from(self.to_bps).saturating_mul(WAD_PER_BPS)
    }

    /// One of which nothing was said yet.
    pub(crate) fn new(token: Address) -> Self {
        Self {
            token,
            from: 0,
            to_bps: 0,
            band_bps: 0,
            flags: 0,
            rule: Rule::default(),
        }
    }

    /// Whether it has, or will have, a weight, was named, or has a rule.
    fn says_something(&self) -> bool {
        self.from != 0
            || self.to_bps != 0
            || self.flags & NAMED != 0
            || self.rule != Rule::default()
    }

    fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (token, rest) = bytes.split_first_chunk::<20>()?;
        let (from, rest) = rest.split_first_chunk::<8>()?;
        let (to, rest) = rest.split_first_chunk::<2>()?;
        let (band, rest) = rest.split_first_chunk::<2>()?;
        let (flags, rest) = rest.split_first()?;
        let (rule, rest) = match flags & RULED {
            0 => (Rule::default(), rest),
            _ => Rule::decode(rest)?,
        };
        let asset = Self {
            token: Address::new(*token),
            from: u64::from_be_bytes(*from),
            to_bps: u16::from_be_bytes(*to),
            band_bps: u16::from_be_bytes(*band),
            flags: flags & !RULED,
            rule,
        };
        Some((asset, rest))
    }

    fn encode(&self, data: &mut Vec<u8>) {
        data.extend_from_slice(self.token.as_slice());
        data.extend_from_slice(&self.from.to_be_bytes());
        data.extend_from_slice(&self.to_bps.to_be_bytes());
        data.extend_from_slice(&self.band_bps.to_be_bytes());
        if self.rule == Rule::default() {
            data.push(self.flags);
        } else {
            data.push(self.flags | RULED);
            self.rule.encode(data);
        }
    }
}

/// What governance decided.
#[derive(Clone, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Mandate {
    /// When the ramp starts, seconds.
    pub start: u64,
    /// When it has ended, seconds.
    pub end: u64,
    /// Changes by the governor so far: what a proposal expects to find.
    pub nonce: u32,
    /// The governor's limits.
    pub limits: Limits,
    /// Every token that has, had or will have weight since the last `setTargets`.
    pub assets: Vec<Asset>,
}

impl Mandate {
    /// Reads one; `None` when there is none, or it is cut off.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let (start, rest) = data.split_first_chunk::<8>()?;
        let (end, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<32>()?;
        let (second, rest) = rest.split_first_chunk::<32>()?;
        let (third, rest) = rest.split_first_chunk::<32>()?;
        let mut assets = Vec::with_capacity(MAX_ASSETS);
        let mut rest = rest;
        while let Some((asset, more)) = Asset::decode(rest) {
            assets.push(asset);
            rest = more;
        }
        Some(Self {
            start: u64::from_be_bytes(*start),
            end: u64::from_be_bytes(*end),
            nonce: u32::from_be_bytes(*nonce),
            limits: Limits::from_words([*first, *second, *third].map(U256::from_be_bytes)),
            assets,
        })
    }

    /// The inverse of [`Self::decode`].
    pub fn encode(&self) -> Vec<u8> {
        let bytes = self.assets.len().saturating_mul(ASSET);
        let mut data = Vec::with_capacity(bytes.saturating_add(HEADER));
        data.extend_from_slice(&self.start.to_be_bytes());
        data.extend_from_slice(&self.end.to_be_bytes());
        data.extend_from_slice(&self.nonce.to_be_bytes());
        for word in self.limits.to_words() {
            data.extend_from_slice(&word.to_be_bytes::<32>());
        }
        for asset in &self.assets {
            asset.encode(&mut data);
        }
        data
    }

    /// Counts a change by the governor.
    pub(crate) fn count(&mut self) -> Answer<()> {
        self.nonce = self.nonce.checked_add(1).ok_or_else(overflow)?;
        Ok(())
    }

    /// Whether targets were ever set.
    pub(crate) fn has_targets(&self) -> bool {
        self.end != 0
    }

    /// The weight of every asset effective at `now`, WAD.
    ///
    /// # Source
    /// Invariant 18: they add up to exactly 1e18, the rounding's remainder on the largest target.
    #[inline(never)]
    pub(crate) fn effective(&self, now: u64) -> Answer<Vec<U256>> {
        let to = || self.assets.iter().map(|a| U256::from(a.to())).collect();
        let from = || self.assets.iter().map(|a| U256::from(a.from)).collect();
        if now >= self.end {
            return Ok(to());
        }
        if now <= self.start {
            return Ok(from());
        }
        let (from, to): (Vec<U256>, Vec<U256>) = (from(), to());
        ramp::effective_weights(&from, &to, self.start, self.end, now).map_err(|_| overflow())
    }

    /// The mode of every asset in force at `now`, and whether any is quarantined.
    #[inline(never)]
    pub(crate) fn modes(&self, now: u64) -> (Vec<u8>, bool) {
        let mut modes = Vec::with_capacity(self.assets.len());
        let mut quarantine = false;
        for asset in &self.assets {
            let mode = asset.rule.mode_at(now);
            quarantine |= mode == mode::QUARANTINED;
            modes.push(mode);
        }
        (modes, quarantine)
    }

    /// The weights that a rebalance aims at: [`Self::effective`], a quarantined asset's share among the others.
    ///
    /// # Errors
    /// [`PolicyNoWeightLeft`] when every asset with a weight is quarantined.
    ///
    /// # Source
    /// Invariants 18 and 23.
    #[inline(never)]
    pub(crate) fn aimed_at(&self, modes: &[u8], now: u64) -> Answer<Vec<U256>> {
        let weights = self.effective(now)?;
        if !self.has_targets() {
            return Ok(weights);
        }
        let mut excluded = Vec::with_capacity(modes.len());
        for mode in modes {
            excluded.push(*mode == mode::QUARANTINED);
        }
        match ramp::weights_without(&weights, &excluded) {
            Ok(weights) => Ok(weights),
            Err(MathError::DivisionByZero) => Err(PolicyNoWeightLeft {
                quarantinedWad: WAD,
            }
            .into()),
            Err(_) => Err(overflow()),
        }
    }

    /// The entry of `token`, a new one if there is none: the guardian's acts that are over are forgotten, and
    /// entries that say nothing with them.
    #[inline(never)]
    pub(crate) fn entry(&mut self, token: Address, now: u64) -> Answer<&mut Asset> {
        for asset in &mut self.assets {
            let rule = &mut asset.rule;
            for until in [&mut rule.sell_only_until, &mut rule.quarantined_until] {
                if *until <= now {
                    *until = 0;
                }
            }
        }
        let place = match self.place(token, 0) {
            Some(place) => place,
            None => {
                self.assets.retain(Asset::says_something);
                self.assets.push(Asset::new(token));
                within_max(self.assets.len())?;
                self.assets.len().saturating_sub(1)
            }
        };
        self.assets.get_mut(place).ok_or_else(overflow)
    }

    /// Where `token` stands; `likely` is looked at first, for who asks in the list's order.
    #[inline(never)]
    pub(crate) fn place(&self, token: Address, likely: usize) -> Option<usize> {
        match self.assets.get(likely) {
            Some(asset) if asset.token == token => Some(likely),
            _ => self.assets.iter().position(|a| a.token == token),
        }
    }
}
