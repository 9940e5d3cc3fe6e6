//! What happened: every rebalance with its cost and its bound, and the value of a share at each.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::Log,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{Policy, Rebalancer, Vault},
    client::Client,
    suite::Suite,
    words,
};
use serde::Serialize;

use crate::ledger::Ledger;

/// One rebalance. Values in USD with 18 decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebalance {
    /// Its number.
    pub nonce: u64,
    /// When, seconds since 1970.
    pub at: u64,
    /// In which block.
    pub block: u64,
    /// By which transaction.
    pub transaction: B256,
    /// Who sent it.
    pub keeper: Address,
    /// Why it was due.
    pub reason: &'static str,
    /// Value before.
    pub nav_before_wad: U256,
    /// Value after, at the same prices.
    pub nav_after_wad: U256,
    /// Turnover that would have reached the targets before, WAD of NAV.
    pub distance_before_wad: U256,
    /// The same after.
    pub distance_after_wad: U256,
    /// Sold, bps of NAV.
    pub turnover_bps: u64,
    /// Lost, bps of NAV; 0 for a gain.
    pub loss_bps: u64,
    /// Lost of what was sold, bps: the realised cost, below 0 for a gain.
    pub cost_bps: i64,
    /// Most that could have been lost of what was sold, bps: its bound.
    pub allowed_bps: u64,
    /// What moved.
    pub trades: Vec<Trade>,
}

/// What one rebalance did to one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// The asset.
    pub token: Address,
    /// Given.
    pub sold: U256,
    /// Received.
    pub bought: U256,
    /// At what price of a smallest unit, by 1e36.
    pub price_d36: U256,
}

/// The value of a share at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Seconds since 1970.
    pub at: u64,
    /// NAV, USD with 18 decimals.
    pub nav_wad: U256,
    /// NAV of a whole share.
    pub nav_per_share_wad: U256,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// What it is: owner, governor, guardian.
    pub role: String,
    /// Who.
    pub account: Address,
    /// `held` as the policy says now, `waits` where a grant is queued.
    pub standing: &'static str,
    /// From when a queued grant may be executed.
    pub from: Option<u64>,
}

/// The rebalances in order, and the value of a share after each.
pub(crate) async fn rebalances(
    client: &Client,
    suite: &Suite,
    ledger: &Ledger,
) -> Result<(Vec<Rebalance>, Vec<Point>)> {
    let mut trades: BTreeMap<U256, Vec<Trade>> = BTreeMap::new();
    for (_, trade) in ledger.of::<Rebalancer::AssetTraded>(suite.rebalancer) {
        trades.entry(trade.nonce).or_default().push(Trade {
            token: trade.token,
            sold: trade.sold,
            bought: trade.bought,
            price_d36: trade.priceD36,
        });
    }
    let place = |log: &Log| (log.block_number, log.log_index);
    let supplies: Vec<_> = ledger
        .of::<Vault::Transfer>(suite.vault)
        .filter(|(_, moved)| moved.from.is_zero() != moved.to.is_zero())
        .scan(U256::ZERO, |supply, (log, moved)| {
            *supply = match moved.from.is_zero() {
                true => supply.saturating_add(moved.value),
                false => supply.saturating_sub(moved.value),
            };
            Some((place(log), *supply))
        })
        .collect();
    let (mut done, mut points) = (Vec::new(), Vec::new());
    let mut times = BTreeMap::new();
    for (log, event) in ledger.of::<Rebalancer::RebalanceExecuted>(suite.rebalancer) {
        let block = log.block_number.context("an event of no block")?;
        let at = time(client, &mut times, log, block).await?;
        let trades = trades.remove(&event.nonce).unwrap_or_default();
        let supply = supplies.iter().rev().find(|(at, _)| *at < place(log));
        if let Some((_, supply)) = supply.filter(|(_, supply)| !supply.is_zero()) {
            points.push(Point {
                at,
                nav_wad: event.navAfter,
                // {value/share · WAD} = {value} * WAD / {share}
                nav_per_share_wad: event.navAfter.saturating_mul(wad()) / *supply,
            });
        }
        done.push(Rebalance {
            nonce: event.nonce.saturating_to(),
            at,
            block,
            transaction: log.transaction_hash.unwrap_or_default(),
            keeper: event.keeper,
            reason: words::reason(event.reason),
            nav_before_wad: event.navBefore,
            nav_after_wad: event.navAfter,
            distance_before_wad: event.distanceBeforeWad,
            distance_after_wad: event.distanceAfterWad,
            turnover_bps: event.turnoverBps.saturating_to(),
            loss_bps: event.lossBps.saturating_to(),
            cost_bps: cost_bps(&trades),
            allowed_bps: event.allowedBps.saturating_to(),
            trades,
        });
    }
    Ok((done, points))
}

fn wad() -> U256 {
    U256::from(10).pow(U256::from(18))
}

/// (sold value − bought value) / sold value, bps, rounded towards a cost.
fn cost_bps(trades: &[Trade]) -> i64 {
    let unit = U256::from(10).pow(U256::from(36));
    let value = |amount: U256, price: U256| {
        let product: alloy::primitives::U512 = amount.widening_mul(price);
        U256::from_limbs_slice(&(product / alloy::primitives::U512::from(unit)).as_limbs()[..4])
    };
    let (sold, bought) = trades.iter().fold((U256::ZERO, U256::ZERO), |(s, b), t| {
        (
            s.saturating_add(value(t.sold, t.price_d36)),
            b.saturating_add(value(t.bought, t.price_d36)),
        )
    });
    let whole = U256::from(10_000);
    let small = |bps: U256| i64::try_from(bps).unwrap_or(i64::MAX);
    match (sold.is_zero(), bought >= sold) {
        (true, _) => 0,
        (_, true) => -small((bought - sold).saturating_mul(whole) / sold),
        (_, false) => small((sold - bought).saturating_mul(whole).div_ceil(sold)),
    }
}

async fn time(
    client: &Client,
    known: &mut BTreeMap<u64, u64>,
    log: &Log,
    block: u64,
) -> Result<u64> {
    if let Some(at) = log.block_timestamp.or_else(|| known.get(&block).copied()) {
        return Ok(at);
    }
    let header = client.provider.get_block_by_number(block.into()).await?;
    let at = header
        .context("a block with events is gone")?
        .header
        .timestamp;
    known.insert(block, at);
    Ok(at)
}

/// Everybody who was ever given a role and still has it, by asking, and every grant that waits.
pub(crate) async fn roles(client: &Client, suite: &Suite, ledger: &Ledger) -> Result<Vec<Role>> {
    let policy = suite.policy;
    let owner = crate::state::ask(client, policy, Policy::ownerCall {}).await?;
    let mut pairs: Vec<(B256, Address)> = vec![(B256::ZERO, owner)];
    pairs.extend(
        ledger
            .of::<Policy::RoleGranted>(policy)
            .map(|(_, e)| (e.role, e.account)),
    );
    let queued = ledger.of::<Policy::RoleGrantQueued>(policy);
    pairs.extend(queued.map(|(_, e)| (e.role, e.account)));
    let mut seen = std::collections::BTreeSet::new();
    pairs.retain(|pair| seen.insert(*pair));
    let holds = pairs.iter().map(|(role, account)| {
        (
            policy,
            Policy::hasRoleCall {
                role: *role,
                account: *account,
            },
        )
    });
    let waits = pairs.iter().map(|(role, account)| {
        (
            policy,
            Policy::pendingGrantCall {
                role: *role,
                account: *account,
            },
        )
    });
    let (holds, waits) = tokio::try_join!(
        client.try_all(holds.collect()),
        client.try_all(waits.collect())
    )?;
    let mut roles = vec![Role {
        role: "owner".into(),
        account: owner,
        standing: "held",
        from: None,
    }];
    for ((pair, holds), waits) in pairs.iter().zip(holds).zip(waits) {
        let role = |standing, from| Role {
            role: name(pair.0),
            account: pair.1,
            standing,
            from,
        };
        if holds.unwrap_or_default() {
            roles.push(role("held", None));
        }
        let from = waits.unwrap_or_default();
        if !from.is_zero() {
            roles.push(role("waits", Some(from.saturating_to())));
        }
    }
    Ok(roles)
}

fn name(role: B256) -> String {
    match role {
        B256::ZERO => "governor".into(),
        role if role == alloy::primitives::keccak256("GUARDIAN_ROLE") => "guardian".into(),
        role => role.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_what_was_lost_of_what_was_sold() {
        let price_d36 = U256::from(10).pow(U256::from(36));
        let trade = |sold: u64, bought: u64| Trade {
            token: Address::ZERO,
            sold: U256::from(sold),
            bought: U256::from(bought),
            price_d36,
        };
        assert_eq!(cost_bps(&[trade(10_000, 0), trade(0, 9_970)]), 30);
        assert_eq!(cost_bps(&[trade(10_000, 0), trade(0, 10_020)]), -20);
        // Rounded up: a loss of anything is a cost.
        assert_eq!(cost_bps(&[trade(1_000_000, 0), trade(0, 999_999)]), 1);
        assert_eq!(cost_bps(&[]), 0);
    }
}
