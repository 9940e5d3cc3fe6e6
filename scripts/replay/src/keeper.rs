//! When does it pay? Keepers compete, so the first moment at which it does is the one that counts.

use alloy::primitives::U256;
use anyhow::Result;
use ballast_math::auction::{asked_up, counted_down, Moment, Terms};

use crate::question::math;

/// What a rebalance would move, asset by asset, and against what it is held.
#[derive(Debug, Clone)]
pub struct Offer {
    /// {tok}
    pub sold: Vec<U256>,
    /// {tok}
    pub bought: Vec<U256>,
    /// D36{value/tok}
    pub prices_d36: Vec<U256>,
    /// {bps}: the oracle's lag, by asset.
    pub lags_bps: Vec<U256>,
    /// Part of the best plan that it is.
    pub part_bps: u64,
}

/// An opening and what it allows.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// When it was opened.
    pub opened_at: u64,
    /// Length of its ramp; 0 for none: everything is allowed at once.
    pub ramp_s: u64,
    /// {bps}
    pub max_slippage_bps: U256,
    /// {bps}
    pub min_progress_bps: U256,
}

impl Opening {
    fn moment(&self, at: u64) -> Moment {
        match self.ramp_s {
            0 => Moment::END,
            ramp => Moment::of(at.saturating_sub(self.opened_at), ramp),
        }
    }

    /// {value}: what the offer brings beyond what is asked of it at a moment; none where it brings less.
    pub fn surplus(&self, offer: &Offer, at: u64) -> Result<Option<U256>> {
        let terms = math(Terms::new(self.moment(at), self.max_slippage_bps))?;
        let (mut asks, mut counts) = (Vec::new(), Vec::new());
        for lag in &offer.lags_bps {
            asks.push(math(terms.sell_ppb_up(*lag))?);
            counts.push(math(terms.buy_ppb_down(*lag))?);
        }
        let asked = math(asked_up(&offer.sold, &offer.prices_d36, &asks))?;
        let counted = math(counted_down(&offer.bought, &offer.prices_d36, &counts))?;
        Ok(counted.checked_sub(asked))
    }

    fn pays(&self, offer: &Offer, at: u64, profit: U256) -> Result<bool> {
        let wanted = math(self.moment(at).progress_bps_up(self.min_progress_bps))?;
        // A whole plan makes all the progress there is; of a part a little is lost to its cost.
        let made = match offer.part_bps {
            10_000 => U256::MAX,
            part => U256::from(part.saturating_sub(100)),
        };
        Ok(made >= wanted && self.surplus(offer, at)?.is_some_and(|s| s >= profit))
    }

    /// The first second from `from` to `until`, both included, at which the offer leaves `profit`: less and less is
    /// asked over the ramp.
    pub fn pays_from(
        &self,
        offer: &Offer,
        profit: U256,
        from: u64,
        until: u64,
    ) -> Result<Option<u64>> {
        if from > until || !self.pays(offer, until, profit)? {
            return Ok(None);
        }
        let (mut no, mut yes) = (from, until);
        if self.pays(offer, from, profit)? {
            return Ok(Some(from));
        }
        while yes - no > 1 {
            let middle = no + (yes - no) / 2;
            match self.pays(offer, middle, profit)? {
                true => yes = middle,
                false => no = middle,
            }
        }
        Ok(Some(yes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sells 1,000 USD of one asset for `bought` of another, at lags of 50 and 25.
    fn offer(bought: u64) -> Offer {
        let wad = U256::from(10).pow(U256::from(18));
        Offer {
            sold: vec![U256::from(1_000) * wad, U256::ZERO],
            bought: vec![U256::ZERO, U256::from(bought) * wad / U256::from(10)],
            prices_d36: vec![U256::from(10).pow(U256::from(36)); 2],
            lags_bps: vec![U256::from(50), U256::from(25)],
            part_bps: 10_000,
        }
    }

    fn opening() -> Opening {
        Opening {
            opened_at: 1_000,
            ramp_s: 1_000,
            max_slippage_bps: U256::from(50),
            min_progress_bps: U256::from(1_000),
        }
    }

    #[test]
    fn what_is_asked_falls_from_the_lags_to_the_limit() {
        let none = U256::ZERO;
        let from = |bought| opening().pays_from(&offer(bought), none, 1_000, 2_000);
        // 75 bps more than was sold: at once. 50 bps less: at the end. Less than that: never.
        assert_eq!(from(10_080).unwrap(), Some(1_000));
        assert_eq!(from(9_950).unwrap(), Some(2_000));
        assert_eq!(from(9_949).unwrap(), None);
        let at_par = from(10_000).unwrap().unwrap();
        // 75 bps of 125 have been given up.
        assert!((1_598..=1_602).contains(&at_par), "{at_par}");
    }

    #[test]
    fn law_it_pays_from_the_first_moment_on_and_not_before() {
        let profit = U256::from(10).pow(U256::from(17));
        for bought in (9_940..10_090).step_by(7) {
            let (opening, offer) = (opening(), offer(bought));
            let found = opening.pays_from(&offer, profit, 1_000, 2_000).unwrap();
            for at in (1_000..=2_000).step_by(13) {
                let pays = opening.pays(&offer, at, profit).unwrap();
                assert_eq!(
                    pays,
                    found.is_some_and(|from| at >= from),
                    "{bought} at {at}"
                );
            }
        }
    }

    #[test]
    fn a_small_part_waits_until_little_progress_is_asked() {
        let mut small = offer(10_080);
        small.part_bps = 2_500;
        let found = opening().pays_from(&small, U256::ZERO, 1_000, 2_000);
        // 50 % is asked at first, 10 % at the end: 24 % after 65 % of the ramp.
        assert_eq!(found.unwrap(), Some(1_650));
    }
}
