//! What waits for the compiled delay, what nobody undoes, and who may say so, on the compiled programs (inv_19, inv_20).

use alloy::{
    primitives::{keccak256, Address, U256},
    providers::Provider,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{IPriceFeed, Lens, Policy, Vault},
    local::{
        chain,
        deployer::STYLUS_DEPLOYER,
        stage::{role, usd},
    },
    stylus::{self, arguments},
};
use e2e::{assert_refused, four_assets, raise, scenarios, Mode, Theatre};

const MODULE_DELAY_S: u64 = 2 * 86_400;

/// A treasury with targets: it is set up.
async fn set_up(mode: Mode) -> Result<Theatre> {
    let theatre = raise(mode, four_assets()).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    Ok(theatre)
}

/// Another rebalancer for the same treasury.
async fn another_rebalancer(theatre: &Theatre) -> Result<Address> {
    let suite = &theatre.suite;
    let wasm = theatre.artifacts.wasm("rebalancer")?;
    let (from, args) = (
        theatre.cast.deployer,
        arguments((suite.vault, suite.policy, suite.oracle)),
    );
    let salt = keccak256("another rebalancer");
    let deployed = stylus::deploy(&theatre.client, from, STYLUS_DEPLOYER, &wasm, &args, salt);
    Ok(deployed.await?.address)
}

async fn inv_19_another_rebalancer_waits_and_then_trades_alone(mode: Mode) -> Result<()> {
    let mut theatre = set_up(mode).await?;
    let (client, suite) = (theatre.client.clone(), theatre.suite.clone());
    let (stranger, guardian) = (theatre.cast.stranger, theatre.cast.guardian);
    let rebalancer = another_rebalancer(&theatre).await?;
    let queue = Policy::queueModulesCall {
        oracle: suite.oracle,
        rebalancer,
    };
    for who in [stranger, guardian] {
        let words = theatre.refusal(who, suite.policy, queue.clone()).await?;
        assert_refused(&words, "AccessControlUnauthorizedAccount");
    }
    theatre.govern(suite.policy, queue.clone()).await?;
    let pending = client
        .call(suite.policy, Policy::pendingModulesCall {})
        .await?;
    let ready_at: u64 = pending.readyAt.try_into()?;
    assert_eq!(ready_at, client.now().await? + MODULE_DELAY_S);
    let code = client.provider.get_code_at(rebalancer).await?;
    assert_eq!(pending.rebalancerCode, keccak256(&code));

    let execute = || Policy::executeModulesCall {};
    for who in [stranger, theatre.governor] {
        let words = theatre.refusal(who, suite.policy, execute()).await?;
        assert_refused(&words, "PolicyTooEarly");
    }
    // Not even the governor goes around the policy.
    let directly = Vault::setRebalancerCall { rebalancer };
    let words = theatre
        .refusal(theatre.governor, suite.vault, directly)
        .await?;
    assert_refused(&words, "VaultRebalancerAlreadySet");
    // The guardian cancels once; what is queued again is beyond its reach.
    client
        .send(guardian, suite.policy, Policy::cancelModulesCall {})
        .await?;
    theatre.govern(suite.policy, queue).await?;
    let words = theatre
        .refusal(guardian, suite.policy, Policy::cancelModulesCall {})
        .await?;
    assert_refused(&words, "PolicyGuardianTooSoon");

    chain::advance_by(&client, MODULE_DELAY_S + 1).await?;
    client.send(stranger, suite.policy, execute()).await?;
    let now_in = client.call(suite.vault, Vault::rebalancerCall {}).await?;
    assert_eq!(now_in, rebalancer);
    theatre.publish().await?;

    let filler = theatre.hostile_filler(0, 0).await?;
    let plan = theatre.plan().await?;
    let call = theatre.call_of(&plan, filler).await?;
    let words = theatre.rebalance_refusal(call).await?;
    assert_refused(&words, "VaultNotRebalancer");
    theatre.suite.rebalancer = rebalancer;
    let plan = theatre.plan().await?;
    theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    Ok(())
}

async fn inv_19_another_guardian_and_another_owner_wait(mode: Mode) -> Result<()> {
    let theatre = set_up(mode).await?;
    let (client, policy) = (&theatre.client, theatre.suite.policy);
    let (stranger, guardian) = (theatre.cast.stranger, theatre.cast.guardian);
    let role = role("GUARDIAN_ROLE");
    let grant = Policy::grantRoleCall {
        role,
        account: stranger,
    };
    let transfer = Policy::transferOwnershipCall { newOwner: stranger };
    theatre.govern(policy, grant).await?;
    theatre.govern(policy, transfer).await?;
    let execute = Policy::executeGrantCall {
        role,
        account: stranger,
    };
    let words = theatre.refusal(stranger, policy, execute.clone()).await?;
    assert_refused(&words, "PolicyTooEarly");
    let words = theatre
        .refusal(stranger, policy, Policy::acceptOwnershipCall {})
        .await?;
    assert_refused(&words, "PolicyTooEarly");
    let now = U256::from(client.now().await?);
    let pause = Policy::pauseRebalanceCall {
        until: now + U256::from(10_000_000),
    };
    let words = theatre.refusal(stranger, policy, pause).await?;
    assert_refused(&words, "AccessControlUnauthorizedAccount");
    // Taking a role is immediate.
    let revoke = Policy::revokeRoleCall {
        role,
        account: guardian,
    };
    theatre.govern(policy, revoke).await?;
    let held = |account| {
        let call = Policy::hasRoleCall { role, account };
        client.call(policy, call)
    };
    assert!(!held(guardian).await?);

    chain::advance_by(client, MODULE_DELAY_S + 1).await?;
    client.send(guardian, policy, execute).await?;
    assert!(held(stranger).await?);
    client
        .send(stranger, policy, Policy::acceptOwnershipCall {})
        .await?;
    assert_eq!(client.call(policy, Policy::ownerCall {}).await?, stranger);
    Ok(())
}

async fn wind_down_ends_trading_and_minting_and_leaves_the_exit(mode: Mode) -> Result<()> {
    let theatre = set_up(mode).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let alice = theatre.cast.alice;
    let minted = theatre.mint(alice, usd(100_000)).await;
    minted.context("before the end")?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let plan = theatre.plan().await?;
    let call = theatre.call_of(&plan, filler).await?;
    for who in [theatre.cast.guardian, theatre.cast.stranger] {
        let words = theatre
            .refusal(who, suite.policy, Policy::windDownCall {})
            .await?;
        assert_refused(&words, "AccessControlUnauthorizedAccount");
    }
    theatre
        .govern(suite.policy, Policy::windDownCall {})
        .await?;

    // Later the programs themselves would have to be kept alive, which anybody can do.
    chain::advance_by(client, 300 * 86_400).await?;
    theatre.publish().await?;
    let call = ballast::abi::Rebalancer::rebalanceCall {
        deadline: U256::MAX,
        ..call
    };
    let words = theatre.rebalance_refusal(call).await?;
    assert_refused(&words, "RebalancePaused");
    let governor = theatre.governor;
    for until in [U256::ZERO, U256::from(u64::MAX)] {
        let pause = Vault::pauseMintCall { until };
        let words = theatre.refusal(governor, suite.vault, pause).await?;
        assert!(
            words.contains("VaultWoundDown") || words.contains("VaultPauseOutOfRange"),
            "{words}"
        );
    }
    let unpause = Vault::unpauseMintCall {};
    let words = theatre.refusal(governor, suite.vault, unpause).await?;
    assert_refused(&words, "VaultWoundDown");
    let unpause = Policy::unpauseRebalanceCall {};
    let words = theatre.refusal(governor, suite.policy, unpause).await?;
    assert_refused(&words, "PolicyWoundDown");
    let mint = Vault::mintCall {
        shares: U256::ONE,
        receiver: alice,
        maxAmounts: vec![U256::MAX; 4],
    };
    let words = theatre.refusal(alice, suite.vault, mint).await?;
    assert_refused(&words, "VaultMintPaused");

    let shares = client
        .call(suite.vault, Vault::balanceOfCall { account: alice })
        .await?;
    assert!(!shares.is_zero());
    let redeem = Vault::redeemCall {
        shares,
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ONE; 4],
    };
    client.send(alice, suite.vault, redeem).await?;
    Ok(())
}

/// The point of a quarantine: one dead feed stops every rebalance, and a quarantine of its asset lets the others go on.
async fn inv_23_a_quarantine_lets_the_others_be_rebalanced_though_a_feed_is_dead(
    mode: Mode,
) -> Result<()> {
    let theatre = set_up(mode).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let (guardian, alice) = (theatre.cast.guardian, theatre.cast.alice);
    theatre.mint(alice, usd(100_000)).await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let before = theatre.plan().await?;
    let call = theatre.call_of(&before, filler).await?;

    // The feed of an asset that is to be sold dies.
    let dead = theatre
        .members
        .iter()
        .position(|m| Some(&m.token) == before.sells.first())
        .context("nothing is to be sold")?;
    let broken = theatre.asset(dead)?;
    let (token, feed) = (broken.token, broken.feed);
    let dies = IPriceFeed::setModeCall { mode: 1 };
    client.send(theatre.cast.maker, feed, dies).await?;
    let words = theatre.rebalance_refusal(call.clone()).await?;
    assert_refused(&words, "OracleFeedUnreadable");
    assert!(theatre.plan().await.is_err(), "a plan at a dead feed");

    let quarantine = Policy::setModeCall {
        token,
        mode: U256::from(2),
    };
    let words = theatre
        .refusal(theatre.cast.stranger, suite.policy, quarantine.clone())
        .await?;
    assert_refused(&words, "AccessControlUnauthorizedAccount");
    let begun = client.now().await?;
    client.send(guardian, suite.policy, quarantine).await?;
    let words = theatre.rebalance_refusal(call).await?;
    assert_refused(&words, "RebalanceStalePolicy");

    // Screens say so, and price nothing of it.
    let seen = client.call(suite.lens, Lens::modesCall {}).await?;
    let (tokens, modes) = (seen.tokens, seen.modes);
    for (i, (of, mode)) in tokens.iter().zip(modes).enumerate() {
        assert_eq!(mode, U256::from(if i == dead { 2 } else { 0 }), "{of}");
    }
    let nav = client
        .call(suite.lens, Lens::totalBasketValueCall {})
        .await?;
    let held = theatre.held().await?;
    let mut others = U256::ZERO;
    for (i, member) in theatre.members.iter().enumerate() {
        if i != dead {
            others += member.value(held[i])?;
        }
    }
    assert_eq!(nav, others, "NAV counts what is quarantined");

    let plan = theatre.plan().await?;
    assert_ne!(plan.reason, 0, "nothing is due");
    assert!(!plan.sells.contains(&token) && !plan.buys.contains(&token));
    let call = theatre.call_of(&plan, filler).await?;
    let touching = ballast::abi::Rebalancer::rebalanceCall {
        sells: vec![token],
        buys: vec![plan.buys[0]],
        mosts: vec![U256::MAX],
        leasts: vec![U256::ZERO],
        minRatesD36: vec![U256::ZERO],
        ..call.clone()
    };
    let words = theatre.rebalance_refusal(touching).await?;
    assert_refused(&words, "RebalanceQuarantined");
    let done = theatre.rebalance(call).await?;
    assert!(done.traded.iter().all(|t| t.token != token), "inv_23");
    assert_eq!(theatre.held().await?[dead], held[dead], "inv_23");

    // Nobody waits for it: the exit pays all four.
    let shares = client
        .call(suite.vault, Vault::balanceOfCall { account: alice })
        .await?;
    let redeem = Vault::redeemCall {
        shares,
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ONE; 4],
    };
    client.send(alice, suite.vault, redeem).await?;

    // Inv_27: it ends by itself, and the feed counts again.
    chain::advance_to(client, begun + 14 * 86_400 + 60).await?;
    theatre.publish().await?;
    let dies = IPriceFeed::setModeCall { mode: 1 };
    client.send(theatre.cast.maker, feed, dies).await?;
    assert!(theatre.plan().await.is_err(), "inv_27: still quarantined");
    Ok(())
}

scenarios! {
    inv_23_a_quarantine_lets_the_others_be_rebalanced_though_a_feed_is_dead,
    inv_19_another_rebalancer_waits_and_then_trades_alone,
    inv_19_another_guardian_and_another_owner_wait,
    wind_down_ends_trading_and_minting_and_leaves_the_exit,
}
