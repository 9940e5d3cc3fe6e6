//! What is remembered of a token's price from one look to the next, in one word.
//!
//! | bytes 0–7 | 8–15 | 16–18 | 19 | 20–31 |
//! |---|---|---|---|---|
//! | the price's 8 highest bytes | seconds | since the breaker tripped, s and one; 0 for never | how many bytes are lower | variance, WAD a year |

use alloy_primitives::{Address, U256};
use ballast_interfaces::words as abi;
use ballast_math::volatility::{stress_up, variance_after_up, volatility_up};

use crate::{feed::overflow, types::*, words::Mood};

/// How old the last look may be, seconds: how long a price may move unseen.
pub const MAX_UNSEEN_S: u64 = 21_600;
/// Greatest reference and breaker, bps a year: a hundredfold in a year's standard deviation.
pub const MAX_VOLATILITY_BPS: u32 = 1_000_000;
/// {wad/bps}
const WAD_PER_BPS: u128 = 100_000_000_000_000;

/// The last look.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Seen {
    /// {value/tok} · 1e36, of which at least 57 bits are kept.
    pub price_d36: U256,
    /// Seconds; 0 for never.
    pub at: u64,
    /// {wad/year}
    pub variance: U256,
    /// When the breaker was last seen to trip, seconds; 0 for not within [`TRIPPED_MAX_S`] before `at`.
    pub tripped_at: u64,
}

/// For how long it is known that a breaker tripped, seconds: half a year. No opening holds for as long.
const TRIPPED_MAX_S: u64 = (1 << 24) - 2;

/// A number's 8 highest bytes, and how many are below them.
fn highest_bytes(number: U256) -> (u64, u8) {
    let bytes = abi::bytes(number);
    let below = |i: u8| 24_u8.saturating_sub(i);
    let windows = (0..).zip(bytes.windows(8));
    // The first that begins with a byte that is not zero, or the last.
    let found = windows
        .clone()
        .find(|(_, window)| window.first() != Some(&0));
    let (i, window) = found.or(windows.last()).unwrap_or_default();
    let number = window.first_chunk().copied().map_or(0, u64::from_be_bytes);
    (number, below(i))
}

/// The number whose 8 highest bytes these are, so many bytes above its end.
fn number_of(highest: u64, below: u8) -> U256 {
    let mut bytes = [0; 32];
    let at = usize::from(24_u8.saturating_sub(below));
    for (byte, value) in bytes.iter_mut().skip(at).zip(highest.to_be_bytes()) {
        *byte = value;
    }
    abi::number(bytes)
}

impl Seen {
    /// Unpacks.
    #[inline(never)]
    pub fn from_word(word: U256) -> Self {
        let [low, high, at, highest] = word.into_limbs();
        let [a, b, c, below, ..] = high.to_be_bytes();
        let ago = u64::from(u32::from_be_bytes([0, a, b, c])).checked_sub(1);
        Self {
            price_d36: number_of(highest, below),
            at,
            variance: U256::from_limbs([low, high & 0xffff_ffff, 0, 0]),
            tripped_at: ago.map_or(0, |ago| at.saturating_sub(ago)),
        }
    }

    /// Packs; of the price only what is kept.
    #[inline(never)]
    pub fn to_word(self) -> U256 {
        let [low, high, ..] = self.variance.into_limbs();
        let (highest, below) = highest_bytes(self.price_d36);
        let ago = self.at.saturating_sub(self.tripped_at);
        let tripped = match self.tripped_at {
            1.. if ago <= TRIPPED_MAX_S => ago.saturating_add(1),
            _ => 0,
        };
        let high = high & 0xffff_ffff | u64::from(below) << 32 | tripped << 40;
        U256::from_limbs([low, high, self.at, highest])
    }

    /// The first look, as if the price had always moved by the reference.
    pub(crate) fn first(price_d36: U256, at: u64, mood: &Mood) -> Self {
        let reference = u128::from(mood.reference_bps);
        // {wad/year} = {bps}² · {wad/bps²}; 20 bits twice and 34
        let variance = reference
            .saturating_mul(reference)
            .saturating_mul(10_000_000_000);
        let variance = U256::from(variance);
        Self {
            price_d36,
            at,
            variance,
            tripped_at: 0,
        }
    }

    /// Whether nobody has looked for too long.
    pub(crate) fn is_stale(&self, now: u64) -> bool {
        self.at == 0 || now.saturating_sub(self.at) > MAX_UNSEEN_S
    }

    /// After a look at `price_d36` now; none in the same second.
    #[inline(never)]
    pub(crate) fn after(&self, price_d36: U256, now: u64) -> Answer<Self> {
        let elapsed = now.saturating_sub(self.at);
        if elapsed == 0 {
            return Ok(*self);
        }
        // Only what is kept of a price is compared: an unchanged one has not moved.
        let (highest, below) = highest_bytes(price_d36);
        let price_d36 = number_of(highest, below);
        let variance = variance_after_up(self.variance, self.price_d36, price_d36, elapsed);
        Ok(Self {
            price_d36,
            at: now,
            variance: variance.map_err(overflow)?,
            tripped_at: self.tripped_at,
        })
    }

    /// {wad}: volatility a year.
    #[inline(never)]
    pub(crate) fn volatility(&self) -> U256 {
        volatility_up(self.variance)
    }

    /// {wad}: volatility over its reference, at a price now.
    ///
    /// # Errors
    /// [`OracleVolatilityStale`], [`OracleVolatilityTooHigh`].
    #[inline(never)]
    pub(crate) fn stress(
        &self,
        token: Address,
        mood: &Mood,
        price_d36: U256,
        now: u64,
    ) -> Answer<U256> {
        if self.is_stale(now) {
            return Err(OracleVolatilityStale {
                token,
                observedAt: U256::from(self.at),
                maxAge: U256::from(MAX_UNSEEN_S),
            }
            .into());
        }
        let volatility = self.after(price_d36, now)?.volatility();
        if let Some(max) = mood.max_below(volatility) {
            return Err(OracleVolatilityTooHigh {
                token,
                volatility,
                max,
            }
            .into());
        }
        let reference = wad(mood.reference_bps);
        Ok(stress_up(volatility, reference).map_err(overflow)?)
    }
}

/// {wad} = {bps} · {wad/bps}; 20 and 47 bits
fn wad(bps: u32) -> U256 {
    U256::from(u128::from(bps).saturating_mul(WAD_PER_BPS))
}

impl Mood {
    /// The breaker, WAD, if `volatility` is above it.
    pub(crate) fn max_below(&self, volatility: U256) -> Option<U256> {
        let max = wad(self.max_bps);
        (self.max_bps != 0 && volatility > max).then_some(max)
    }
}
