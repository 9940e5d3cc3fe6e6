//! Reads back who holds which role, and how the programs are wired: nobody but the owner and the guardian may be
//! found with one.

use std::collections::BTreeSet;

use alloy::{
    primitives::{keccak256, Address, B256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{Lens, Oracle, Policy, Rebalancer, Vault},
    client::Client,
    record::Record,
};
use serde::Serialize;

/// What reading back showed.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Who governs.
    pub owner: Address,
    /// Everybody who holds the governor's role.
    pub governors: Vec<Address>,
    /// Everybody who holds the guardian's role.
    pub guardians: Vec<Address>,
    /// How many accounts were ever given or promised a role, and were asked for.
    pub asked: usize,
    /// What is otherwise than the record says; empty when all is well.
    pub findings: Vec<String>,
}

/// The roles by name, as AccessControl has them.
pub(crate) fn roles() -> [(&'static str, B256); 2] {
    let guardian = keccak256("GUARDIAN_ROLE");
    [("governor", B256::ZERO), ("guardian", guardian)]
}

/// Reads everything back from the chain.
///
/// # Errors
/// A chain that does not answer, or a record without a policy.
pub async fn of(client: &Client, record: &Record) -> Result<Proof> {
    let policy = record.program("policy")?;
    let to = policy.address;
    let logs = logs(client, to, policy.block).await?;
    let mut findings = Vec::new();
    let mut asked = BTreeSet::new();
    let mut holders: [Vec<Address>; 2] = Default::default();
    for ((name, role), held) in roles().into_iter().zip(&mut holders) {
        for account in named(&logs, role) {
            asked.insert(account);
            if client
                .call(to, Policy::hasRoleCall { role, account })
                .await?
            {
                held.push(account);
            }
            let waits = Policy::pendingGrantCall { role, account };
            let ready_at = client.call(to, waits).await?;
            if !ready_at.is_zero() {
                findings.push(format!("{account} may become {name} from {ready_at} on"));
            }
        }
        let admin = client.call(to, Policy::getRoleAdminCall { role }).await?;
        if admin != B256::ZERO {
            findings.push(format!(
                "the {name}'s role is given by {admin}, not by the governor"
            ));
        }
    }
    let [governors, guardians] = holders;
    let wanted = record.roles;
    let mut must_be = |name: &str, held: &[Address], wanted: Address| {
        let wanted: Vec<_> = (!wanted.is_zero()).then_some(wanted).into_iter().collect();
        for account in held.iter().filter(|account| !wanted.contains(account)) {
            findings.push(format!(
                "{account} is {name}, and the record does not say so"
            ));
        }
        for account in wanted.iter().filter(|account| !held.contains(account)) {
            findings.push(format!("{account} is not {name}, and the record says so"));
        }
    };
    must_be("governor", &governors, wanted.owner);
    must_be("guardian", &guardians, wanted.guardian);
    let owner = client.call(to, Policy::ownerCall {}).await?;
    if owner != wanted.owner {
        findings.push(format!(
            "the owner is {owner}, the record says {}",
            wanted.owner
        ));
    }
    let successor = client.call(to, Policy::pendingOwnerCall {}).await?;
    if !successor.is_zero() {
        findings.push(format!("{successor} may become the owner"));
    }
    findings.extend(wiring(client, record).await?);
    Ok(Proof {
        owner,
        governors,
        guardians,
        asked: asked.len(),
        findings,
    })
}

/// Every account that `role` was given or promised to.
fn named(logs: &[Log], role: B256) -> BTreeSet<Address> {
    let mut accounts = BTreeSet::new();
    for log in logs {
        let log = &log.inner;
        if let Ok(event) = Policy::RoleGranted::decode_log(log) {
            accounts.extend((event.role == role).then_some(event.account));
        }
        if let Ok(event) = Policy::RoleGrantQueued::decode_log(log) {
            accounts.extend((event.role == role).then_some(event.account));
        }
        if let Ok(event) = Policy::OwnershipTransferred::decode_log(log) {
            accounts.extend((role == B256::ZERO).then_some(event.newOwner));
        }
    }
    accounts
}

/// All that the policy told since it stands. A node that answers only short ranges is asked for halves.
async fn logs(client: &Client, policy: Address, from: u64) -> Result<Vec<Log>> {
    let latest = client.provider.get_block_number().await?;
    let topics = vec![
        Policy::RoleGranted::SIGNATURE_HASH,
        Policy::RoleGrantQueued::SIGNATURE_HASH,
        Policy::OwnershipTransferred::SIGNATURE_HASH,
    ];
    let filter = Filter::new().address(policy).event_signature(topics);
    let mut ranges = vec![(from, latest)];
    let mut logs = Vec::new();
    while let Some((from, to)) = ranges.pop() {
        let asked = filter.clone().from_block(from).to_block(to);
        match client.provider.get_logs(&asked).await {
            Ok(found) => logs.extend(found),
            Err(error) if error.as_error_resp().is_some() && to > from => {
                let middle = from + (to - from) / 2;
                ranges.extend([(middle + 1, to), (from, middle)]);
            }
            Err(error) => return Err(error).context("reading who was given a role"),
        }
    }
    Ok(logs)
}

/// What is wired otherwise than the record says.
pub(crate) async fn wiring(client: &Client, record: &Record) -> Result<Vec<String>> {
    let suite = record.suite()?;
    let policy = suite.policy;
    let of_policy = client.call(policy, Policy::modulesCall {}).await?;
    let of_rebalancer = client
        .call(suite.rebalancer, Rebalancer::modulesCall {})
        .await?;
    let pairs = [
        ("the policy's vault", of_policy.vault, suite.vault),
        ("the policy's oracle", of_policy.oracle, suite.oracle),
        (
            "the policy's rebalancer",
            of_policy.rebalancer,
            suite.rebalancer,
        ),
        (
            "the vault's policy",
            client.call(suite.vault, Vault::policyCall {}).await?,
            policy,
        ),
        (
            "the vault's rebalancer",
            client.call(suite.vault, Vault::rebalancerCall {}).await?,
            suite.rebalancer,
        ),
        (
            "the oracle's policy",
            client.call(suite.oracle, Oracle::policyCall {}).await?,
            policy,
        ),
        ("the rebalancer's vault", of_rebalancer.vault, suite.vault),
        ("the rebalancer's policy", of_rebalancer.policy, policy),
        (
            "the rebalancer's oracle",
            of_rebalancer.oracle,
            suite.oracle,
        ),
    ];
    let mut findings = Vec::new();
    for (what, set, wanted) in pairs {
        if set != wanted {
            findings.push(format!("{what} is {set}, the record says {wanted}"));
        }
    }
    // The lens names its modules only by what it answers: the assets of the vault.
    let answer = client
        .call(suite.lens, Lens::totalConstituentsCall {})
        .await?;
    let listed = client
        .call(suite.vault, Vault::totalConstituentsCall {})
        .await?;
    if answer != listed {
        findings.push(format!(
            "the lens sees {answer} assets, the vault has {listed}"
        ));
    }
    Ok(findings)
}
