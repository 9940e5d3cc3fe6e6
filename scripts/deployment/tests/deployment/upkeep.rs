//! What programs need once a year, and their place in the cache.

use alloy::primitives::U256;
use anyhow::{Context, Result};
use ballast::local::{cache::ICacheManager, chain};
use ballast_deployment::upkeep::{cache_manager, cached, days, lifetimes};
use devnode::exec::precompiles::{arb_wasm::ArbWasm, ARB_WASM};

use crate::yard::Yard;

const DAY_S: u64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_kept_for_the_fee_that_is_told_once_they_are_old_enough() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let (client, record) = (&yard.client, yard.record()?);
    let young = lifetimes(client, &record).await?;
    assert!(
        young
            .iter()
            .all(|p| days(p.left_s) >= 364 && !p.can_be_kept),
        "{young:?}"
    );

    chain::advance_by(client, 350 * DAY_S).await?;
    let old = lifetimes(client, &record).await?;
    let policy = old.first().context("no program")?;
    assert!(
        (13..=15).contains(&days(policy.left_s)) && policy.can_be_kept,
        "{policy:?}"
    );
    // With that fee it goes, with a hundredth less it does not.
    let codehash = policy.code_hash;
    let keep = || ArbWasm::codehashKeepaliveCall { codehash };
    let less = policy.fee - policy.fee / U256::from(100);
    let refused = client
        .send_value(yard.deployer(), ARB_WASM, less, keep())
        .await;
    assert!(refused.is_err());
    client
        .send_value(yard.deployer(), ARB_WASM, policy.fee, keep())
        .await?;
    let kept = lifetimes(client, &record).await?;
    assert!(days(kept[0].left_s) >= 364, "{:?}", kept[0]);

    // The others end, and say so.
    chain::advance_by(client, 20 * DAY_S).await?;
    let ended = lifetimes(client, &record).await?;
    let vault = &ended[1];
    let why = vault.refused.as_deref().unwrap_or_default();
    assert!(
        why.contains("ProgramExpired") && vault.left_s == 0,
        "{vault:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bid_makes_a_program_start_from_the_cache() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let (client, record) = (&yard.client, yard.record()?);
    let before = cached(client, &record).await?;
    assert!(
        before
            .iter()
            .all(|p| !p.is_cached && p.cached_gas < p.init_gas),
        "{before:?}"
    );
    let program = before.first().context("no program")?;
    let manager = cache_manager(client).await?;
    let bid = ICacheManager::placeBidCall {
        program: program.address,
    };
    client
        .send_value(yard.deployer(), manager, program.min_bid, bid)
        .await?;
    let after = cached(client, &record).await?;
    assert!(after[0].is_cached && !after[1].is_cached, "{after:?}");
    Ok(())
}
