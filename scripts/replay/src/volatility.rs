//! What the oracle remembers of a price, kept on the host by the same formulas.

use alloy::primitives::U256;
use anyhow::{anyhow, Result};
use ballast_math::{
    volatility::{stress_up, variance_after_up, volatility_up},
    WAD_PER_BPS,
};

/// How old the last look may be, seconds; compiled into the oracle.
const MAX_UNSEEN_S: u64 = 21_600;

/// The last look at one asset, and what it is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) reference_bps: u64,
    pub(crate) breaker_bps: u64,
    pub(crate) price_d36: U256,
    pub(crate) at: u64,
    /// {wad/year}
    pub(crate) variance: U256,
}

/// What a price now says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// {wad}: volatility over its reference.
    Calm(U256),
    TooHigh,
    Stale,
}

impl Seen {
    /// The first look, as if the price had always moved by the reference.
    pub(crate) fn first(price_d36: U256, at: u64, reference_bps: u64, breaker_bps: u64) -> Self {
        let square = U256::from(reference_bps) * U256::from(reference_bps);
        Self {
            reference_bps,
            breaker_bps,
            price_d36: kept(price_d36),
            at,
            // {wad/year} = {bps}² · {wad/bps²}
            variance: square * U256::from(10_000_000_000u64),
        }
    }

    /// After a look now.
    pub(crate) fn after(&self, price_d36: U256, now: u64) -> Result<Self> {
        let elapsed = now.saturating_sub(self.at);
        if elapsed == 0 {
            return Ok(*self);
        }
        let price_d36 = kept(price_d36);
        let variance = variance_after_up(self.variance, self.price_d36, price_d36, elapsed)
            .map_err(|e| anyhow!("variance: {e:?}"))?;
        Ok(Self {
            price_d36,
            at: now,
            variance,
            ..*self
        })
    }

    /// What a price now says, before it is looked at.
    pub(crate) fn mood(&self, price_d36: U256, now: u64) -> Result<Mood> {
        if self.reference_bps == 0 {
            return Ok(Mood::Calm(U256::ZERO));
        }
        if now.saturating_sub(self.at) > MAX_UNSEEN_S {
            return Ok(Mood::Stale);
        }
        let volatility = volatility_up(self.after(price_d36, now)?.variance);
        let wad = |bps: u64| U256::from(bps) * WAD_PER_BPS;
        if self.breaker_bps != 0 && volatility > wad(self.breaker_bps) {
            return Ok(Mood::TooHigh);
        }
        let stress = stress_up(volatility, wad(self.reference_bps));
        Ok(Mood::Calm(stress.map_err(|e| anyhow!("stress: {e:?}"))?))
    }
}

/// What the oracle keeps of a price: its 8 highest bytes.
fn kept(price_d36: U256) -> U256 {
    let leading = price_d36.leading_zeros() / 8;
    let below = 24usize.saturating_sub(leading) * 8;
    price_d36 >> below << below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_price_the_eight_highest_bytes_are_kept() {
        assert_eq!(kept(U256::from(0x1234)), U256::from(0x1234));
        let long = U256::from(0x01_23_45_67_89_ab_cd_ef_u64) << 16 | U256::from(0xffff);
        assert_eq!(kept(long), U256::from(0x01_23_45_67_89_ab_cd_ef_u64) << 16);
    }

    #[test]
    fn a_storm_trips_the_breaker_and_a_long_silence_is_stale() {
        let price = |usd: u64| U256::from(usd) * U256::from(10).pow(U256::from(28));
        let seen = Seen::first(price(100), 1_000, 8_000, 30_000);
        assert!(matches!(seen.mood(price(101), 4_600), Ok(Mood::Calm(_))));
        assert_eq!(seen.mood(price(60), 4_600).unwrap(), Mood::TooHigh);
        assert_eq!(
            seen.mood(price(100), 1_001 + MAX_UNSEEN_S).unwrap(),
            Mood::Stale
        );
    }
}
