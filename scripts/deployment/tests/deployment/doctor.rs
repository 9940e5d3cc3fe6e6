//! The doctor: everything is broken once, and found.

use alloy::primitives::{keccak256, Address, I256, U256};
use anyhow::Result;
use ballast::{
    abi::{IPriceFeed, ISequencerFeed, Oracle, Policy, Vault},
    artifacts::Artifacts,
    local::{chain, deployer::STYLUS_DEPLOYER},
    stylus,
    stylus::arguments,
};
use ballast_deployment::doctor::{examine, Finding, Severity, CHECKS};

use crate::yard::Yard;

/// What the doctor finds now, the configuration at hand.
async fn found(yard: &Yard) -> Result<Vec<Finding>> {
    let config = yard.config()?;
    let findings = examine(&yard.client, &yard.record()?, Some(&config)).await?;
    for finding in &findings {
        assert!(
            CHECKS.iter().any(|(id, _)| *id == finding.id),
            "{}",
            finding.id
        );
        assert!(!finding.next.is_empty(), "{finding:?}");
    }
    Ok(findings)
}

fn has(findings: &[Finding], id: &str, severity: Severity) -> bool {
    findings
        .iter()
        .any(|f| f.id == id && f.severity == severity)
}

/// Does `work` on a copy of the chain's state, and finds `id` there.
async fn breaks(
    yard: &Yard,
    id: &str,
    severity: Severity,
    work: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    let snapshot = chain::snapshot(&yard.client).await?;
    work().await?;
    let findings = found(yard).await?;
    assert!(has(&findings, id, severity), "{id}: {findings:#?}");
    chain::revert(&yard.client, snapshot).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_breaks_is_found() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let (client, suite) = (&yard.client, yard.record()?.suite()?);
    let timelock = yard.example.dao.timelock;
    let guardian = yard.example.cast.guardian;
    let weth = &yard.example.members[0];
    let now = client.now().await?;

    // In good health there is nothing but the cache to mention.
    let well = found(&yard).await?;
    assert!(
        well.iter().all(|f| f.severity == Severity::Note),
        "{well:#?}"
    );
    assert!(has(&well, "cache", Severity::Note));

    breaks(&yard, "roles", Severity::Bad, async || {
        let call = Policy::grantRoleCall {
            role: alloy::primitives::keccak256("GUARDIAN_ROLE"),
            account: Address::repeat_byte(9),
        };
        chain::send_as(client, timelock, suite.policy, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "rebalance-paused", Severity::Warning, async || {
        let until = U256::from(now + 86_400);
        let call = Policy::pauseRebalanceCall { until };
        client.send(guardian, suite.policy, call).await.map(drop)
    })
    .await?;
    breaks(&yard, "mint-paused", Severity::Warning, async || {
        let until = U256::from(now + 86_400);
        let call = Vault::pauseMintCall { until };
        client.send(guardian, suite.vault, call).await.map(drop)
    })
    .await?;
    breaks(&yard, "pending-modules", Severity::Warning, async || {
        let call = Policy::queueModulesCall {
            oracle: suite.oracle,
            rebalancer: suite.rebalancer,
        };
        chain::send_as(client, timelock, suite.policy, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "pending-fees", Severity::Warning, async || {
        let call = Vault::setFeesCall {
            recipient: timelock,
            managementBps: U256::from(100),
            mintBps: U256::ZERO,
            redeemBps: U256::ZERO,
        };
        chain::send_as(client, timelock, suite.vault, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "limits", Severity::Warning, async || {
        // ramp_s, which the configuration sets to 600.
        let call = Policy::setLimitCall {
            id: U256::from(7),
            value: U256::from(900),
        };
        client.send(guardian, suite.policy, call).await.map(drop)
    })
    .await?;
    breaks(&yard, "feed", Severity::Bad, async || {
        let call = IPriceFeed::setCall {
            answer: I256::MINUS_ONE,
            updatedAt: U256::from(now),
        };
        client
            .send(yard.deployer(), weth.aggregator, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "feed-bounds", Severity::Warning, async || {
        // The configuration believes 25 to 250,000 dollars.
        let call = IPriceFeed::setCall {
            answer: I256::try_from(26_00000000u64)?,
            updatedAt: U256::from(now),
        };
        client
            .send(yard.deployer(), weth.aggregator, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "feed-lag", Severity::Warning, async || {
        let token = weth.token;
        chain::send_as(
            client,
            timelock,
            suite.oracle,
            Oracle::removeFeedCall { token },
        )
        .await?;
        let call = Oracle::setFeedCall {
            token,
            feed: weth.feed,
            heartbeat: U256::from(3600),
            minAnswer: U256::from(1),
            maxAnswer: U256::from(10).pow(U256::from(18)),
            lagBps: U256::from(50),
        };
        chain::send_as(client, timelock, suite.oracle, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "volatility", Severity::Bad, async || {
        chain::advance_by(client, 21_700).await
    })
    .await?;
    breaks(&yard, "expiry", Severity::Warning, async || {
        chain::advance_by(client, 330 * 86_400).await
    })
    .await?;
    breaks(&yard, "expiry", Severity::Bad, async || {
        chain::advance_by(client, 366 * 86_400).await
    })
    .await?;
    breaks(&yard, "shortfall", Severity::Bad, async || {
        // The vault's WETH is gone, as if seized.
        let call = ballast::abi::IERC20::transferCall {
            to: Address::repeat_byte(9),
            amount: U256::ONE,
        };
        chain::send_as(client, suite.vault, weth.token, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "pending-feed", Severity::Warning, async || {
        let parameters = [3600u64, 1, 10u64.pow(18), 50].map(U256::from);
        let call = Oracle::queueFeedCall {
            token: weth.token,
            feeds: vec![weth.feed],
            parameters: parameters.to_vec(),
            maxGrowthBps: U256::ZERO,
        };
        chain::send_as(client, timelock, suite.oracle, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "modules", Severity::Bad, async || {
        // Another one of the same treasury, which the record does not know.
        let wasm = Artifacts::default().wasm("rebalancer")?;
        let args = arguments((suite.vault, suite.policy, suite.oracle));
        let (from, salt) = (yard.deployer(), keccak256("another rebalancer"));
        let another = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &args, salt).await?;
        let call = Policy::queueModulesCall {
            oracle: suite.oracle,
            rebalancer: another.address,
        };
        chain::send_as(client, timelock, suite.policy, call).await?;
        chain::advance_by(client, 172_801).await?;
        let call = Policy::executeModulesCall {};
        client
            .send(yard.deployer(), suite.policy, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "listing", Severity::Note, async || {
        let call = Vault::listAssetCall {
            token: yard.example.dao.token,
            minHolding: U256::ONE,
        };
        chain::send_as(client, timelock, suite.vault, call)
            .await
            .map(drop)
    })
    .await?;
    breaks(&yard, "stylus-version", Severity::Bad, async || {
        let mut node = yard.node.chain();
        let mut params = node.state().params();
        params.version = 2;
        node.state_mut().set_params(params)?;
        Ok(())
    })
    .await?;
    breaks(&yard, "code-changed", Severity::Bad, async || {
        chain::copy_code(client, suite.lens, suite.filler).await
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sequencer_and_an_unfinished_deployment_are_found() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let (client, suite) = (&yard.client, yard.record()?.suite()?);
    let set = client.call(suite.oracle, Oracle::sequencerCall {}).await?;
    let aggregator = client.call(set.feed, IProxy::aggregatorCall {}).await?;
    let now = client.now().await?;
    for (answer, severity) in [(1, Severity::Bad), (0, Severity::Warning)] {
        breaks(&yard, "sequencer", severity, async || {
            let call = ISequencerFeed::setCall {
                answer: I256::try_from(answer)?,
                startedAt: U256::from(now),
            };
            client
                .send(yard.deployer(), aggregator, call)
                .await
                .map(drop)
        })
        .await?;
    }
    let mut record = yard.record()?;
    record.progress = Some(Default::default());
    let findings = examine(client, &record, None).await?;
    assert!(
        has(&findings, "deployment-unfinished", Severity::Bad),
        "{findings:?}"
    );
    Ok(())
}

alloy::sol! {
    #[allow(missing_docs)]
    interface IProxy {
        function aggregator() external view returns (address);
    }
}

#[test]
fn every_check_finds_something_in_a_test() {
    let tests = include_str!("doctor.rs");
    for (id, what) in CHECKS {
        // No transaction leaves the vault's lock closed.
        let found = id == "locked" || tests.contains(&format!("\"{id}\", "));
        assert!(found, "{id}: {what}");
    }
}
