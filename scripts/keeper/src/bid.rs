//! What a transaction offers for its gas, and what its account must have for that.

use alloy::primitives::U256;

use crate::config::{gwei, Gas};

/// Gas of a transfer of nothing, with room for what it pays for L1 data.
const NOTHING_GAS: u64 = 200_000;

/// What is offered for a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    /// Gas limit.
    pub limit: u64,
    /// {wei}: most that a unit of gas may cost.
    pub max_fee: u128,
    /// {wei}: of that, for whoever makes the block.
    pub tip: u128,
}

impl Bid {
    /// The first bid for what takes `gas` while a unit costs `price`: a quarter more of it, at twice that price or the ceiling.
    ///
    /// Nothing goes to whoever makes the block: on Arbitrum that buys nothing.
    pub fn first(config: &Gas, gas: u64, price: u128) -> Self {
        Self {
            limit: gas.saturating_add(gas / 4),
            max_fee: price.saturating_mul(2).min(ceiling(config)),
            tip: 0,
        }
    }

    /// The first bid for a transaction that does nothing.
    pub fn nothing(config: &Gas, price: u128) -> Self {
        Self {
            limit: NOTHING_GAS,
            ..Self::first(config, 0, price)
        }
    }

    /// This bid, raised until a node takes it in the place of `old`; none where the ceiling forbids that.
    ///
    /// # Source
    /// go-ethereum's `txpool` (`list.Add`): fee cap and tip must both be greater than the old ones, and by a tenth. An eighth is
    /// offered, and a wei at least, for a tip of nothing grows by no part of itself.
    pub fn over(self, old: &Self, config: &Gas) -> Option<Self> {
        let max_fee = dearer(old.max_fee).max(self.max_fee);
        let tip = dearer(old.tip).max(self.tip);
        let is_borne = max_fee <= ceiling(config) && tip <= max_fee;
        is_borne.then_some(Self {
            limit: self.limit,
            max_fee,
            tip,
        })
    }

    /// {wei}: what a node demands that the account has before it takes the transaction, which sends no ether along.
    pub fn needed(&self) -> U256 {
        U256::from(self.limit).saturating_mul(U256::from(self.max_fee))
    }
}

/// {wei} = max(⌈{wei} · 9 / 8⌉, {wei} + 1)
fn dearer(wei: u128) -> u128 {
    let eighth = wei.div_ceil(8).max(1);
    wei.saturating_add(eighth)
}

/// {wei}: most that a unit of gas may cost.
fn ceiling(config: &Gas) -> u128 {
    gwei(config.max_price_gwei).saturating_to()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u128 = 1_000_000_000;

    #[test]
    fn a_first_bid_is_a_quarter_more_gas_at_twice_the_price_or_the_ceiling() {
        let config = Gas::default();
        let bid = Bid::first(&config, 1_000_000, GWEI / 10);
        assert_eq!((bid.limit, bid.max_fee, bid.tip), (1_250_000, GWEI / 5, 0));
        // 1,250,000 · 0.2 gwei
        assert_eq!(bid.needed(), U256::from(250_000_000_000_000u64));
        assert_eq!(Bid::first(&config, 1, 7 * GWEI).max_fee, GWEI);
    }

    #[test]
    fn every_bid_over_another_is_one_that_go_ethereum_takes() {
        let config = Gas::default();
        for (max_fee, tip) in [
            (0, 0),
            (1, 0),
            (9, 1),
            (GWEI / 5, 0),
            (GWEI / 5, 10),
            (8 * GWEI / 9, 99),
        ] {
            let old = Bid {
                limit: 1,
                max_fee,
                tip,
            };
            let new = Bid::first(&config, 1, 0).over(&old, &config);
            let new = new.expect("below the ceiling");
            for (new, old) in [(new.max_fee, max_fee), (new.tip, tip)] {
                assert!(new > old && new >= old * 110 / 100, "{new} over {old}");
            }
            assert!(new.max_fee <= GWEI, "{new:?}");
        }
        // What gas costs by now, where that is more than an eighth.
        let old = Bid::first(&config, 1, GWEI / 10);
        let new = Bid::first(&config, 2, GWEI / 3).over(&old, &config);
        assert_eq!(new.map(|bid| bid.max_fee), Some(2 * (GWEI / 3)));
        let high = Bid::first(&config, 1, GWEI);
        assert_eq!(high.over(&high, &config), None);
    }
}
