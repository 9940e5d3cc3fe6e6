//! What a transaction offers for its gas, and so what it may cost: the sum that an account must have before it is sent.

use alloy::primitives::U256;

/// Gas and price of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// {gas}: its limit.
    pub gas: u64,
    /// {wei/gas}: the most that a unit costs.
    pub max_fee: u128,
    /// {wei/gas}: of that, for whoever makes the block.
    pub tip: u128,
}

impl Offer {
    /// The usual one: half as much gas again as was estimated, and twice the price of now. What is not used is not paid.
    pub fn usual(estimate: u64, price: u128) -> Self {
        Self {
            gas: estimate.saturating_add(estimate / 2),
            max_fee: price.saturating_mul(2),
            // Arbitrum's sequencer takes none, and orders by arrival.
            tip: 0,
        }
    }

    /// {wei}: what the account must have for it: the whole limit at the greatest price, and what it sends along.
    pub fn most(&self, value: U256) -> U256 {
        // {wei} = {gas} · {wei/gas} + {wei}
        U256::from(self.gas)
            .saturating_mul(U256::from(self.max_fee))
            .saturating_add(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_there_is_the_whole_limit_at_the_greatest_price() {
        let offer = Offer::usual(101, 7);
        assert_eq!((offer.gas, offer.max_fee, offer.tip), (151, 14, 0));
        assert_eq!(offer.most(U256::from(5)), U256::from(151 * 14 + 5));
        let endless = Offer::usual(u64::MAX, u128::MAX);
        assert!(endless.most(U256::MAX) == U256::MAX);
    }
}
