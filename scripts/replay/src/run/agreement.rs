//! Host and programs are asked the same; a replay in which they differ is no replay.

use alloy::primitives::{Bytes, U256};
use anyhow::Result;
use ballast::abi::Rebalancer;

use super::{Replay, Thought};

impl Replay<'_> {
    /// Asks both for the plan at `at`, and whether a keeper is needed.
    pub(super) fn check(&mut self, now: u64, at: u64) -> Result<()> {
        self.publish(now)?;
        let rebalancer = self.site.suite.rebalancer;
        let keeper = self.site.cast.keeper;
        let theirs = self
            .driver
            .ask(at, keeper, rebalancer, Rebalancer::planCall {})?;
        let mut data = self.site.suite.filler.to_vec();
        data.extend([0; 4]);
        let upkeep = Rebalancer::checkUpkeepCall {
            checkData: Bytes::from(data),
        };
        let (needed, _): (bool, Bytes) = self.view(at, rebalancer, upkeep)?.into();
        let ours = self.think(at)?;
        let due = match (&ours, theirs) {
            (Thought::Refused(name), Err(refused)) => {
                Self::same("the refusal", at, name, &refused, *name == refused)?;
                false
            }
            (Thought::Asked(asked), Ok(answer)) => {
                let (sells, buys, amounts, _min, _kept, reason): (
                    _,
                    _,
                    Vec<U256>,
                    Vec<U256>,
                    Vec<U256>,
                    U256,
                ) = answer.into();
                let is_same = reason == U256::from(asked.reason());
                Self::same("the reason", at, asked.reason(), reason, is_same)?;
                let address = |place: usize| self.site.tokens.get(place).map(|t| t.address);
                let trades = &asked.plan.trades;
                let sold: Vec<_> = trades.iter().filter_map(|t| address(t.sell)).collect();
                let bought: Vec<_> = trades.iter().filter_map(|t| address(t.buy)).collect();
                let sizes: Vec<_> = trades.iter().map(|t| t.amount).collect();
                let is_same = (&sold, &bought, &sizes) == (&sells, &buys, &amounts);
                Self::same("the plan", at, trades, (sells, buys, amounts), is_same)?;
                asked.reason() != 0
            }
            (Thought::Refused(name), Ok(_)) => {
                Self::same("whether there are prices", at, name, "a plan", false)?;
                false
            }
            (Thought::Asked(asked), Err(refused)) => {
                Self::same(
                    "whether there are prices",
                    at,
                    asked.trigger,
                    refused,
                    false,
                )?;
                false
            }
        };
        let wanted = due && at >= self.next_at;
        Self::same("the upkeep", at, wanted, needed, wanted == needed)?;
        self.tally.checks += 1;
        Ok(())
    }
}
