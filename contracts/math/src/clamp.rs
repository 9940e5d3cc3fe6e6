//! How much of a proposed trade is available and useful?

use crate::basket::{Basket, Gap};
use crate::plan::Snapshot;
use crate::{price, same_assets, MathError};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// Why a trade cannot be clamped.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum ClampError {
    /// The sold asset is not overweight; its place in the arrays.
    NotOver(usize),
    /// The bought asset is not underweight; its place in the arrays.
    NotUnder(usize),
    /// No answer, or an index outside the assets.
    Math(MathError),
}

impl From<MathError> for ClampError {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}

/// Which side an asset is on at the snapshot; it stays there, however much is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Over,
    Under,
    On,
}

/// One asset: what is left of it while a list of trades is clamped.
#[derive(Clone, Copy)]
struct Left {
    side: Side,
    /// {value}: to the target.
    gap: U256,
    /// {tok}
    held: U256,
    price_d36: U256,
}

/// What a list of trades may still use: excess, deficit and holding of every asset.
#[derive(Clone)]
pub struct Useful {
    assets: Vec<Left>,
}

impl Useful {
    /// Everything that is useful at a snapshot.
    ///
    /// # Rounding
    ///
    /// Gaps towards zero: no trade crosses a target.
    ///
    /// # Errors
    ///
    /// [`MathError::LengthMismatch`], [`MathError::TooManyAssets`], [`MathError::Overflow`].
    pub fn new(snapshot: &Snapshot<'_>, basket: &Basket) -> Result<Self, MathError> {
        same_assets(snapshot.held.len(), snapshot.prices.len())?;
        same_assets(snapshot.held.len(), basket.values.len())?;
        let gaps = basket.gaps(snapshot.weights)?;
        let mut assets = Vec::with_capacity(gaps.len());
        for (gap, (held, price_d36)) in gaps
            .into_iter()
            .zip(snapshot.held.iter().zip(snapshot.prices))
        {
            let side = match gap {
                Gap::Over(_) => Side::Over,
                Gap::Under(_) => Side::Under,
                Gap::On => Side::On,
            };
            assets.push(Left {
                side,
                gap: gap.size(),
                held: *held,
                price_d36: *price_d36,
            });
        }
        Ok(Self { assets })
    }

    /// Bars an asset from being bought: from now on an underweight one counts as on its target. Answers whether
    /// it was underweight.
    ///
    /// # Source
    ///
    /// Invariant 23.
    pub fn bar(&mut self, index: usize) -> bool {
        match self.assets.get_mut(index) {
            Some(left) if left.side == Side::Under => {
                (left.side, left.gap) = (Side::On, U256::ZERO);
                true
            }
            _ => false,
        }
    }

    /// Clamps a trade and takes it from what is left:
    /// `{tok} = min(most, held left, ⌊min(excess left, deficit left) * D36 / price of sell⌋)`.
    ///
    /// Zero when earlier trades used everything.
    ///
    /// # Rounding
    ///
    /// The amount down; what it takes from excess and deficit up.
    ///
    /// # Errors
    ///
    /// [`ClampError::NotOver`], [`ClampError::NotUnder`]; [`MathError::LengthMismatch`] for an index
    /// outside the assets, [`MathError::DivisionByZero`] for a price of zero.
    ///
    /// # Source
    ///
    /// DESIGN section 7.4; invariant 12.
    pub fn take(&mut self, sell: usize, buy: usize, most: U256) -> Result<U256, ClampError> {
        Ok(self.take_within(sell, buy, most, U256::MAX)?.0)
    }

    /// [`Useful::take`] within a value besides; answers the amount and its value, {value} rounded up.
    ///
    /// # Errors
    ///
    /// As [`Useful::take`].
    pub fn take_within(
        &mut self,
        sell: usize,
        buy: usize,
        most: U256,
        most_value: U256,
    ) -> Result<(U256, U256), ClampError> {
        let seller = self.get(sell)?;
        let buyer = self.get(buy)?;
        if seller.side != Side::Over {
            return Err(ClampError::NotOver(sell));
        }
        if buyer.side != Side::Under {
            return Err(ClampError::NotUnder(buy));
        }
        // {value}
        let room = seller.gap.min(buyer.gap).min(most_value);
        // {tok} = {value} * D36 / D36{value/tok}; the holding binds only if values were not its own
        let amount = price::amount_down(room, seller.price_d36)?
            .min(most)
            .min(seller.held);
        // {value} = {tok} * D36{value/tok} / D36; at most `room`, because `amount` was rounded down
        let value = price::value_up(amount, seller.price_d36)?;

        let held = crate::sub(seller.held, amount)?;
        let excess = crate::sub(seller.gap, value)?;
        let deficit = crate::sub(buyer.gap, value)?;
        if let Some(left) = self.assets.get_mut(sell) {
            left.held = held;
            left.gap = excess;
        }
        if let Some(left) = self.assets.get_mut(buy) {
            left.gap = deficit;
        }
        Ok((amount, value))
    }

    fn get(&self, index: usize) -> Result<Left, MathError> {
        self.assets
            .get(index)
            .copied()
            .ok_or(MathError::LengthMismatch)
    }

    /// The overweight and the underweight asset with the most left; the first of equals.
    pub(crate) fn largest(&self) -> Option<(usize, usize)> {
        Some((self.largest_of(Side::Over)?, self.largest_of(Side::Under)?))
    }

    fn largest_of(&self, side: Side) -> Option<usize> {
        let mut found = None;
        let mut most = U256::ZERO;
        for (index, left) in self.assets.iter().enumerate() {
            if left.side == side && left.gap > most {
                (found, most) = (Some(index), left.gap);
            }
        }
        found
    }

    /// {value}: what is left between an asset and its target.
    pub(crate) fn gap(&self, index: usize) -> Result<U256, MathError> {
        Ok(self.get(index)?.gap)
    }

    /// {value} of one unit, rounded up.
    pub(crate) fn unit_up(&self, index: usize) -> Result<U256, MathError> {
        let price_d36 = self.get(index)?.price_d36;
        if price_d36.is_zero() {
            return Err(MathError::DivisionByZero);
        }
        price::value_up(U256::ONE, price_d36)
    }

    /// Drops what is left of an asset: it is less than one unit of a token can carry.
    pub(crate) fn drop_rest(&mut self, index: usize) {
        if let Some(left) = self.assets.get_mut(index) {
            left.gap = U256::ZERO;
        }
    }
}
