//! What was decided and is not in force yet, and what the guardian holds for a while.

use alloy::primitives::{Address, B256, U256};
use anyhow::Result;
use ballast::{
    abi::{Oracle, Policy, Vault},
    client::Client,
    suite::Suite,
    words::{self, Names},
};
use serde::Serialize;

use crate::state::{ask, Asset};

/// A change that waits, or is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Its kind: targets, fees, modules, feed, owner, grant, absorb.
    pub what: &'static str,
    /// In words.
    pub words: String,
    /// From when it is in force or may be put into force; of targets the end of their ramp.
    pub ready_at: u64,
}

/// An act of the guardian in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// In words.
    pub words: String,
    /// When it ends.
    pub until: u64,
}

/// Reads both.
pub(crate) async fn read(
    client: &Client,
    suite: &Suite,
    now: u64,
    names: &Names,
    assets: &[Asset],
) -> Result<(Vec<Pending>, Vec<Act>)> {
    let (policy, vault) = (suite.policy, suite.vault);
    let tokens: Vec<Address> = assets.iter().map(|asset| asset.token.token).collect();
    let feeds = tokens
        .iter()
        .map(|token| (suite.oracle, Oracle::pendingOfCall { token: *token }));
    let rules = tokens
        .iter()
        .map(|token| (policy, Policy::assetRuleCall { token: *token }));
    let subjects = (0..words::LIMITS.len())
        .map(U256::from)
        .chain([HELD_RAMP, PAUSE]);
    let acts = subjects
        .clone()
        .map(|subject| (policy, Policy::guardianActCall { subject }));
    let limits =
        (0..words::LIMITS.len()).map(|id| (policy, Policy::limitCall { id: U256::from(id) }));
    let (targets, fees, modules, successor, accepted, feeds, rules, acts, limits) = tokio::try_join!(
        ask(client, policy, Policy::targetsCall {}),
        ask(client, vault, Vault::pendingFeesCall {}),
        ask(client, policy, Policy::pendingModulesCall {}),
        ask(client, policy, Policy::pendingOwnerCall {}),
        ask(client, policy, Policy::ownershipAcceptedFromCall {}),
        client.try_all(feeds.collect()),
        client.try_all(rules.collect()),
        client.try_all(acts.collect()),
        client.try_all(limits.collect()),
    )?;
    let mut pending = Vec::new();
    let mut add = |what, words: String, ready_at: U256| {
        let ready_at = ready_at.saturating_to();
        pending.push(Pending {
            what,
            words,
            ready_at,
        });
    };
    if targets.end > U256::from(now) || targets.pending {
        let named: Vec<String> = targets
            .tokens
            .iter()
            .zip(&targets.weightsBps)
            .map(|(token, bps)| {
                format!(
                    "{} {}",
                    words::token(*token, names),
                    words::percent_bps(*bps)
                )
            })
            .collect();
        let way = match targets.end > U256::from(now) {
            true => format!(
                "weights move from {} to {}",
                words::time(targets.start),
                words::time(targets.end)
            ),
            false => "the weights have arrived, the holdings have not".into(),
        };
        add(
            "targets",
            format!("{}; {way}", named.join(", ")),
            targets.end,
        );
    }
    if !fees.readyAt.is_zero() {
        let words = format!(
            "management {} a year, mint {}, redeem {}, for {}",
            words::percent_bps(fees.managementBps),
            words::percent_bps(fees.mintBps),
            words::percent_bps(fees.redeemBps),
            fees.recipient
        );
        add("fees", words, fees.readyAt);
    }
    if !modules.readyAt.is_zero() {
        let words = format!(
            "oracle {}, rebalancer {}",
            modules.oracle, modules.rebalancer
        );
        add("modules", words, modules.readyAt);
    }
    if !successor.is_zero() {
        add("owner", format!("{successor} may take over"), accepted);
    }
    for (asset, change) in assets.iter().zip(feeds) {
        let Some(change) = change.filter(|change| change.len() > 3) else {
            continue;
        };
        let source = Address::from_word(B256::from(change[3]));
        let words = match change[0].is_zero() {
            true => format!("{} is to be priced by {source}", asset.token.symbol),
            false => format!("{} is to have another second source", asset.token.symbol),
        };
        add("feed", words, change[1]);
    }
    let mut guardian = Vec::new();
    let mut hold = |words: String, until: U256| {
        if until > U256::from(now) {
            guardian.push(Act {
                words,
                until: until.saturating_to(),
            });
        }
    };
    for (asset, rule) in assets.iter().zip(rules) {
        let Some(rule) = rule else { continue };
        hold(
            format!("{} is sell-only", asset.token.symbol),
            rule.sellOnlyUntil,
        );
        hold(
            format!("{} is quarantined", asset.token.symbol),
            rule.quarantinedUntil,
        );
    }
    for (subject, act) in subjects.zip(acts) {
        let Some(act) = act else { continue };
        let words = match subject {
            HELD_RAMP => "the ramp of the targets is held".into(),
            PAUSE => "rebalancing is paused".into(),
            id => {
                let value = limits
                    .get(id.saturating_to::<usize>())
                    .and_then(|limit| limit.as_ref())
                    .map(|limit| limit.value);
                let (name, value) = words::limit(id, value.unwrap_or_default());
                format!("{name} is tightened to {value}")
            }
        };
        hold(words, act.until);
    }
    Ok((pending, guardian))
}

/// Subject of a guardian's pause, as the specification numbers it.
const PAUSE: U256 = U256::MAX;
/// Subject of a held ramp.
const HELD_RAMP: U256 = U256::from_limbs([u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]);

/// Grants of roles that wait.
pub(crate) fn grants(roles: &[crate::history::Role]) -> Vec<Pending> {
    let waits = roles.iter().filter_map(|role| Some((role, role.from?)));
    waits
        .map(|(role, ready_at)| Pending {
            what: "grant",
            words: format!("{} is to become {}", role.account, role.role),
            ready_at,
        })
        .collect()
}
