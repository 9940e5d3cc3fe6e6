//! The mandate: targets and limits as governance last set them, read in one piece.
//!
//! | bytes | what |
//! |---|---|
//! | 8, 8 | start and end of the ramp, seconds |
//! | 4 | the governor's changes so far |
//! | 32, 32 | [`Limits`], two words |
//! | 33 an asset | token, 20; weight at the start, WAD, 8; weight at the end, bps, 2; band, bps, 2; flags, 1 |
//!
//! All numbers big endian. The guardian's acts are not in it: they must be cheap, and they end by themselves.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::MAX_ASSETS;
use ballast_math::ramp;

use crate::{types::*, words::Limits};

/// Bytes before the assets.
const HEADER: usize = 84;
/// Bytes of one asset.
const ASSET: usize = 33;

/// One basis point in WAD.
pub const WAD_PER_BPS: u64 = 100_000_000_000_000;

/// Flag of [`Asset`]: the last `setTargets` named it.
pub const NAMED: u8 = 1;

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
}

impl Asset {
    /// Weight at the end of the ramp, WAD: at most 65,535 · 1e14, which fits.
    pub fn to(&self) -> u64 {
        u64::from(self.to_bps).saturating_mul(WAD_PER_BPS)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (token, rest) = bytes.split_first_chunk::<20>()?;
        let (from, rest) = rest.split_first_chunk::<8>()?;
        let (to, rest) = rest.split_first_chunk::<2>()?;
        let (band, rest) = rest.split_first_chunk::<2>()?;
        Some(Self {
            token: Address::new(*token),
            from: u64::from_be_bytes(*from),
            to_bps: u16::from_be_bytes(*to),
            band_bps: u16::from_be_bytes(*band),
            flags: *rest.first()?,
        })
    }

    fn encode(&self, data: &mut Vec<u8>) {
        data.extend_from_slice(self.token.as_slice());
        data.extend_from_slice(&self.from.to_be_bytes());
        data.extend_from_slice(&self.to_bps.to_be_bytes());
        data.extend_from_slice(&self.band_bps.to_be_bytes());
        data.push(self.flags);
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
        let mut assets = Vec::with_capacity(MAX_ASSETS);
        for asset in rest.chunks_exact(ASSET).filter_map(Asset::decode) {
            assets.push(asset);
        }
        Some(Self {
            start: u64::from_be_bytes(*start),
            end: u64::from_be_bytes(*end),
            nonce: u32::from_be_bytes(*nonce),
            limits: Limits::from_words(U256::from_be_bytes(*first), U256::from_be_bytes(*second)),
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
        let (first, second) = self.limits.to_words();
        data.extend_from_slice(&first.to_be_bytes::<32>());
        data.extend_from_slice(&second.to_be_bytes::<32>());
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

    /// Where `token` stands; `likely` is looked at first, for who asks in the list's order.
    pub(crate) fn place(&self, token: Address, likely: usize) -> Option<usize> {
        match self.assets.get(likely) {
            Some(asset) if asset.token == token => Some(likely),
            _ => self.assets.iter().position(|a| a.token == token),
        }
    }
}
