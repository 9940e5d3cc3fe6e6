//! What is measured at each number of assets.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Lens, Oracle, Policy, Rebalancer, Vault, IERC20},
    local::{chain, stage::usd},
};

use super::{frames, ratio, treasury::Treasury, Measured, Run};

/// The limit that is the length of the auction's ramp, and seconds of it.
const RAMP: U256 = U256::from_limbs([7, 0, 0, 0]);
const RAMP_S: u64 = 1_800;

/// Measures everything at one number of assets.
pub async fn all(assets: usize) -> Result<Vec<Measured>> {
    let mut treasury = Treasury::found(assets).await?;
    let mut bench = Bench {
        treasury: &mut treasury,
        done: Vec::new(),
    };
    bench.rebalances().await?;
    bench.deposits().await?;
    bench.reads().await?;
    bench.targets().await?;
    Ok(bench.done)
}

struct Bench<'a> {
    treasury: &'a mut Treasury,
    done: Vec<Measured>,
}

impl Bench<'_> {
    fn assets(&self) -> usize {
        self.treasury.members.len()
    }

    fn note(
        &mut self,
        scenario: &str,
        trades: usize,
        cached: bool,
        run: &Run,
        floor: Option<&Run>,
    ) -> Result<()> {
        let gas = run.outcome.gas_used;
        let floor = floor.map(|floor| floor.outcome.gas_used);
        self.done.push(Measured {
            scenario: scenario.into(),
            assets: self.assets(),
            trades,
            cached,
            gas,
            floor,
            ratio: floor.map(|floor| ratio(gas, floor)),
            parts: frames::split(self.treasury, run)?,
        });
        Ok(())
    }

    /// A rebalance because the market moved, with one trade and with as many as there are pairs, and
    /// one because governance set other targets. It takes two assets to trade.
    async fn rebalances(&mut self) -> Result<()> {
        let pairs = Treasury::pairs(self.assets());
        let Some(first) = pairs.first().copied() else {
            return Ok(());
        };
        let mut numbers = vec![1];
        numbers.extend((pairs.len() > 1).then_some(pairs.len()));
        for trades in numbers {
            let before = chain::snapshot(&self.treasury.client).await?;
            let members = self.treasury.members.clone();
            self.treasury.drift(&pairs[..trades]).await?;
            self.rebalance("rebalance", &pairs[..trades]).await?;
            chain::revert(&self.treasury.client, before).await?;
            self.treasury.members = members;
        }
        let before = chain::snapshot(&self.treasury.client).await?;
        self.treasury.retarget().await?;
        self.rebalance("rebalance to new targets", &[first]).await?;
        chain::revert(&self.treasury.client, before).await?;
        self.auction(first).await
    }

    /// What the auction costs on top: opening it, and a rebalance that ends it when its ramp has passed.
    async fn auction(&mut self, pair: (usize, usize)) -> Result<()> {
        let before = chain::snapshot(&self.treasury.client).await?;
        let members = self.treasury.members.clone();
        let (timelock, keeper) = (self.treasury.dao.timelock, self.treasury.cast.keeper);
        let (policy, rebalancer) = (self.treasury.suite.policy, self.treasury.suite.rebalancer);
        let call = Policy::setLimitCall {
            id: RAMP,
            value: U256::from(RAMP_S),
        };
        chain::send_as(&self.treasury.client, timelock, policy, call).await?;
        self.treasury.drift(&[pair]).await?;
        self.measure("open", keeper, rebalancer, Rebalancer::openCall {}, None)
            .await?;
        let client = &self.treasury.client;
        client
            .send(keeper, rebalancer, Rebalancer::openCall {})
            .await?;
        chain::advance_by(client, RAMP_S).await?;
        self.rebalance("rebalance in an auction", &[pair]).await?;
        chain::revert(&self.treasury.client, before).await?;
        self.treasury.members = members;
        Ok(())
    }

    async fn rebalance(&mut self, scenario: &str, pairs: &[(usize, usize)]) -> Result<()> {
        for cached in [true, false] {
            let before = chain::snapshot(&self.treasury.client).await?;
            if cached {
                self.treasury.cache_programs().await?;
            }
            let start = chain::snapshot(&self.treasury.client).await?;
            let run = self.treasury.rebalance_pairs(pairs).await?;
            chain::revert(&self.treasury.client, start).await?;
            let floor = self.treasury.floor.rebalance(self.treasury, &run).await?;
            self.note(scenario, pairs.len(), cached, &run, Some(&floor))?;
            chain::revert(&self.treasury.client, before).await?;
        }
        Ok(())
    }

    /// Sends `call` cached and uncached, and leaves no trace of it.
    async fn measure<C: SolCall + Clone>(
        &mut self,
        scenario: &str,
        from: Address,
        to: Address,
        call: C,
        floor: Option<&Run>,
    ) -> Result<()> {
        for cached in [true, false] {
            let before = chain::snapshot(&self.treasury.client).await?;
            if cached {
                self.treasury.cache_programs().await?;
            }
            let client = &self.treasury.client;
            let receipt = chain::send_as(client, from, to, call.clone()).await?;
            let run = Run::of(self.treasury, receipt)?;
            chain::revert(&self.treasury.client, before).await?;
            self.note(scenario, 0, cached, &run, floor)?;
        }
        Ok(())
    }

    /// A depositor who has shares and tokens mints as many shares again, or redeems half of them.
    async fn deposits(&mut self) -> Result<()> {
        let (alice, vault) = (self.treasury.cast.alice, self.treasury.suite.vault);
        let shares = usd(10_000);
        let before = chain::snapshot(&self.treasury.client).await?;
        let amounts = self.treasury.endow(alice, shares).await?;
        let start = chain::snapshot(&self.treasury.client).await?;
        self.allow(alice, self.treasury.floor.script, &amounts)
            .await?;
        let floor = self.treasury.floor;
        let floor = floor.mint(self.treasury, alice, amounts.clone()).await?;
        chain::revert(&self.treasury.client, start).await?;
        let start = chain::snapshot(&self.treasury.client).await?;
        self.allow(alice, vault, &amounts).await?;
        let call = Vault::mintCall {
            shares,
            receiver: alice,
            maxAmounts: amounts,
        };
        self.measure("mint", alice, vault, call, Some(&floor))
            .await?;
        chain::revert(&self.treasury.client, start).await?;

        let shares = shares / U256::from(2);
        let quote = Vault::previewRedeemCall { shares };
        let amounts = self.treasury.client.call(vault, quote).await?;
        let start = chain::snapshot(&self.treasury.client).await?;
        let floor = self.treasury.floor;
        let floor = floor.redeem(self.treasury, alice, amounts.clone()).await?;
        chain::revert(&self.treasury.client, start).await?;
        let call = Vault::redeemCall {
            shares,
            receiver: alice,
            owner: alice,
            minAmounts: amounts,
        };
        self.measure("redeem", alice, vault, call, Some(&floor))
            .await?;
        chain::revert(&self.treasury.client, before).await?;
        Ok(())
    }

    async fn allow(&self, owner: Address, spender: Address, amounts: &[U256]) -> Result<()> {
        for (member, amount) in self.treasury.members.iter().zip(amounts) {
            let call = IERC20::approveCall {
                spender,
                amount: *amount,
            };
            self.treasury.client.send(owner, member.token, call).await?;
        }
        Ok(())
    }

    /// Views, as whole transactions: what another contract pays on top of its own.
    async fn reads(&mut self) -> Result<()> {
        let keeper = self.treasury.cast.keeper;
        let (oracle, lens) = (self.treasury.suite.oracle, self.treasury.suite.lens);
        let tokens = self.treasury.members.iter().map(|m| m.token).collect();
        let before = chain::snapshot(&self.treasury.client).await?;
        let floor = self.treasury.floor.prices(self.treasury).await?;
        chain::revert(&self.treasury.client, before).await?;
        let call = Oracle::pricesCall {
            tokens: Vec::clone(&tokens),
        };
        self.measure("oracle.prices", keeper, oracle, call, Some(&floor))
            .await?;
        let call = Oracle::marketCall { tokens };
        self.measure("oracle.market", keeper, oracle, call, Some(&floor))
            .await?;
        let call = Lens::statusCall {};
        self.measure("lens.status", keeper, lens, call, None)
            .await?;
        let call = Lens::getConstituentsCall {};
        self.measure("lens.getConstituents", keeper, lens, call, None)
            .await
    }

    /// Governance sets the targets that are set already, for all assets.
    async fn targets(&mut self) -> Result<()> {
        let (timelock, policy) = (self.treasury.dao.timelock, self.treasury.suite.policy);
        let call = self.treasury.same_targets().await?;
        self.measure("setTargets", timelock, policy, call, None)
            .await
    }
}
