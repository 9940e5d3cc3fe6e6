//! What else could be done with the same assets: nothing, or a rebalance on the first of each month whatever it costs.

use alloy::primitives::U256;
use anyhow::Result;
use ballast_math::{
    plan::{plan, Snapshot},
    price, BPS, WAD,
};

use crate::question::math;

/// A pool over all prices that stands at the market's, as both sides of its value.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// USD on each side.
    pub side_usd: f64,
    /// Part of what is sold.
    pub fee: f64,
}

impl Depth {
    /// The value that selling a value brings, by x · y = k after the fee.
    pub fn bought(&self, sold: f64) -> f64 {
        let net = sold * (1.0 - self.fee);
        self.side_usd * net / (self.side_usd + net)
    }
}

/// Who rebalances on the first hour of every month to the targets, all at once.
#[derive(Debug, Clone)]
pub struct MonthlyRebalancer {
    /// {tok}
    pub held: Vec<U256>,
    /// How often it did.
    pub rebalances: u64,
    /// Σ of what was sold, as parts of NAV.
    pub turnover: f64,
    /// Σ of what was lost, as parts of NAV.
    pub cost: f64,
    month: Option<(i64, u32)>,
}

impl MonthlyRebalancer {
    /// Begins with these holdings; the first month has no rebalance.
    pub fn new(held: Vec<U256>) -> Self {
        Self {
            held,
            rebalances: 0,
            turnover: 0.0,
            cost: 0.0,
            month: None,
        }
    }

    /// Rebalances if a month has begun.
    pub fn hour(
        &mut self,
        now: u64,
        prices: &[U256],
        weights_wad: &[U256],
        depth: Depth,
    ) -> Result<()> {
        let (year, month) = ballast_chart::month(i64::try_from(now).unwrap_or_default());
        let before = self.month.replace((year, month));
        if before.is_none() || before == self.month {
            return Ok(());
        }
        let snapshot = Snapshot {
            held: &self.held,
            prices,
            weights: weights_wad,
        };
        let plan = math(plan(&snapshot, BPS, WAD))?;
        if plan.trades.is_empty() {
            return Ok(());
        }
        let nav = f64::from(plan.nav);
        for trade in &plan.trades {
            let sold = f64::from(trade.value);
            let bought = depth.bought(sold / 1e18) * 1e18;
            let held = &mut self.held;
            if let Some(h) = held.get_mut(trade.sell) {
                *h = h.saturating_sub(trade.amount);
            }
            if let (Some(h), Some(p)) = (held.get_mut(trade.buy), prices.get(trade.buy)) {
                *h += math(price::amount_down(U256::from(bought), *p))?;
            }
            self.turnover += sold / nav;
            self.cost += (sold - bought) / nav;
        }
        self.rebalances += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_a_pool_never_gives_more_than_it_gets_nor_more_than_it_has() {
        let depth = Depth {
            side_usd: 1e9,
            fee: 0.0005,
        };
        let mut last = 0.0;
        for sold in [1.0, 1e3, 1e6, 1e8, 1e9, 1e12] {
            let bought = depth.bought(sold);
            assert!(bought > last && bought < sold * 0.9995 && bought < 1e9);
            last = bought;
        }
        // Selling what moves the price by 2 % loses about 1 % besides the fee.
        let moves = 1e9 * (1.02f64.sqrt() - 1.0);
        let lost = 1.0 - depth.bought(moves) / moves;
        assert!((lost - 0.0105).abs() < 0.0005, "{lost}");
    }

    #[test]
    fn it_rebalances_once_a_month_and_to_its_targets() {
        let price = U256::from(10).pow(U256::from(36));
        let usd = |n: u64| U256::from(n) * WAD;
        let half = WAD / U256::from(2);
        let depth = Depth {
            side_usd: 1e15,
            fee: 0.0,
        };
        let mut monthly = MonthlyRebalancer::new(vec![usd(600), usd(400)]);
        let january = 1_577_836_800;
        for hour in 0..24 * 40 {
            let now = january + hour * 3_600;
            monthly
                .hour(now, &[price, price], &[half, half], depth)
                .unwrap();
            let is_done = now >= january + 31 * 86_400;
            assert_eq!(monthly.rebalances, u64::from(is_done), "{hour}");
        }
        assert!((f64::from(monthly.held[0]) / 5e20 - 1.0).abs() < 1e-6);
        assert!((monthly.turnover - 0.1).abs() < 1e-9);
    }
}
