//! Who may do what, on the compiled programs: constructors, roles, limits (inv_19, inv_20, inv_26, inv_27).

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Oracle, Policy, Vault},
    local::{chain, deployer::STYLUS_DEPLOYER, stage::role},
    stylus::{arguments, constructor_call},
};
use e2e::{assert_refused, four_assets, raise, scenarios, Mode, Theatre};

const DAY: u64 = 86_400;

async fn inv_26_no_constructor_runs_twice_whoever_calls(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (suite, cast) = (&theatre.suite, theatre.cast);
    let evil = cast.stranger;
    let calls = [
        (suite.policy, arguments((evil, evil, evil))),
        (
            suite.vault,
            arguments(("x".to_string(), "x".to_string(), evil)),
        ),
        (suite.oracle, arguments((evil,))),
        (suite.rebalancer, arguments((evil, evil, evil))),
        (suite.filler, arguments((evil,))),
        (suite.lens, arguments((evil, evil, evil, evil))),
    ];
    for (program, args) in calls {
        let before = theatre
            .client
            .provider
            .get_storage_at(program, U256::ZERO)
            .await?;
        for from in [evil, cast.deployer, theatre.governor, STYLUS_DEPLOYER] {
            let data = constructor_call(&args);
            let asked = theatre.client.try_raw(from, program, U256::ZERO, data);
            assert!(
                asked.await?.is_err(),
                "inv_26: {from} ran the constructor of {program} again"
            );
        }
        let sent = theatre
            .client
            .send_raw(evil, Some(program), U256::ZERO, constructor_call(&args))
            .await?;
        assert!(!sent.status(), "inv_26: {program}");
        let after = theatre
            .client
            .provider
            .get_storage_at(program, U256::ZERO)
            .await?;
        assert_eq!(before, after, "inv_26: {program}");
    }
    Ok(())
}

/// A refusal for want of a role, whichever program says it.
fn assert_unauthorised(words: &str, who: Address) {
    assert!(
        words.contains("Unauthorized") && words.contains(&who.to_string()),
        "refused with {words}, not for want of a role"
    );
}

async fn forbidden<C: SolCall + Clone>(theatre: &Theatre, to: Address, call: C) -> Result<()> {
    let cast = theatre.cast;
    // The deployer gave its role up when the stage was set.
    for who in [cast.stranger, cast.keeper, cast.guardian, cast.deployer] {
        let words = theatre.refusal(who, to, call.clone()).await?;
        assert_unauthorised(&words, who);
    }
    Ok(())
}

async fn inv_19_nobody_but_the_governor_changes_the_configuration(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (suite, token) = (theatre.suite.clone(), theatre.asset(0)?.token);
    let who = theatre.cast.stranger;
    let (one, nonce) = (
        U256::ONE,
        theatre
            .client
            .call(suite.policy, Policy::governanceNonceCall {})
            .await?,
    );
    let targets = Policy::setTargetsCall {
        tokens: vec![token],
        weightsBps: vec![U256::from(10_000)],
        bandsBps: vec![U256::from(100)],
        start: U256::ZERO,
        duration: U256::ZERO,
        expectedNonce: nonce,
    };
    forbidden(&theatre, suite.policy, targets).await?;
    let modules = Policy::setModulesCall {
        vault: suite.vault,
        oracle: suite.oracle,
        rebalancer: suite.rebalancer,
    };
    forbidden(&theatre, suite.policy, modules).await?;
    forbidden(&theatre, suite.policy, Policy::unpauseRebalanceCall {}).await?;
    let grant = Policy::grantRoleCall {
        role: role("GUARDIAN_ROLE"),
        account: who,
    };
    forbidden(&theatre, suite.policy, grant).await?;
    let revoke = Policy::revokeRoleCall {
        role: role("GUARDIAN_ROLE"),
        account: theatre.cast.guardian,
    };
    forbidden(&theatre, suite.policy, revoke).await?;
    forbidden(
        &theatre,
        suite.policy,
        Policy::transferOwnershipCall { newOwner: who },
    )
    .await?;
    forbidden(
        &theatre,
        suite.vault,
        Vault::setRebalancerCall {
            rebalancer: suite.rebalancer,
        },
    )
    .await?;
    forbidden(
        &theatre,
        suite.vault,
        Vault::listAssetCall {
            token,
            minHolding: one,
        },
    )
    .await?;
    forbidden(&theatre, suite.vault, Vault::delistAssetCall { token }).await?;
    forbidden(&theatre, suite.vault, Vault::unpauseMintCall {}).await?;
    let seed = Vault::seedCall {
        shares: one,
        receiver: who,
        amounts: vec![one; 4],
    };
    forbidden(&theatre, suite.vault, seed).await?;
    let feed = Oracle::setFeedCall {
        token,
        feed: theatre.asset(0)?.feed,
        heartbeat: one,
        minAnswer: one,
        maxAnswer: one,
        lagBps: one,
    };
    forbidden(&theatre, suite.oracle, feed).await?;
    forbidden(&theatre, suite.oracle, Oracle::removeFeedCall { token }).await?;
    let sequencer = Oracle::setSequencerFeedCall {
        feed: theatre.sequencer,
        grace: one,
    };
    forbidden(&theatre, suite.oracle, sequencer).await
}

async fn the_deployer_keeps_no_role_and_the_timelock_governs(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let policy = theatre.suite.policy;
    assert_eq!(
        theatre.client.call(policy, Policy::ownerCall {}).await?,
        theatre.governor
    );
    for (who, admin) in [(theatre.cast.deployer, false), (theatre.governor, true)] {
        let call = Policy::hasRoleCall {
            role: Default::default(),
            account: who,
        };
        assert_eq!(theatre.client.call(policy, call).await?, admin, "{who}");
    }
    Ok(())
}

async fn inv_27_the_guardian_only_tightens_and_only_for_a_time(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (policy, guardian) = (theatre.suite.policy, theatre.cast.guardian);
    for id in 0..7u64 {
        let id = U256::from(id);
        let answer = theatre
            .client
            .call(policy, Policy::limitCall { id })
            .await?;
        let (value, floor, ceiling, down): (U256, U256, U256, bool) = answer.into();
        let (tighter, looser) = if down {
            (floor, value + U256::ONE)
        } else {
            (ceiling, value - U256::ONE)
        };
        let words = theatre
            .refusal(guardian, policy, Policy::setLimitCall { id, value: looser })
            .await?;
        assert!(
            words.contains("PolicyGuardianCannotLoosen") || words.contains("PolicyLimitOutOfRange"),
            "limit {id}: {words}"
        );
        theatre
            .client
            .send(
                guardian,
                policy,
                Policy::setLimitCall { id, value: tighter },
            )
            .await?;
        // Inv_20: nobody passes the compiled range.
        for beyond in [floor.checked_sub(U256::ONE), ceiling.checked_add(U256::ONE)]
            .into_iter()
            .flatten()
        {
            let call = Policy::setLimitCall { id, value: beyond };
            let words = theatre.refusal(theatre.governor, policy, call).await?;
            assert_refused(&words, "PolicyLimitOutOfRange");
        }
    }
    let now = theatre.client.now().await?;
    let pause = |until: u64| Policy::pauseRebalanceCall {
        until: U256::from(until),
    };
    let words = theatre
        .refusal(guardian, policy, pause(now + 15 * DAY))
        .await?;
    assert_refused(&words, "PolicyPauseOutOfRange");
    theatre
        .client
        .send(guardian, policy, pause(now + 10 * DAY))
        .await?;
    assert_unauthorised(
        &theatre
            .refusal(guardian, policy, Policy::unpauseRebalanceCall {})
            .await?,
        guardian,
    );
    chain::advance_to(&theatre.client, now + 11 * DAY).await?;
    let words = theatre
        .refusal(guardian, policy, pause(now + 12 * DAY))
        .await?;
    assert_refused(&words, "PolicyPauseTooSoon");
    chain::advance_to(&theatre.client, now + 21 * DAY).await?;
    theatre
        .client
        .send(guardian, policy, pause(now + 22 * DAY))
        .await?;
    theatre
        .govern(policy, Policy::unpauseRebalanceCall {})
        .await
}

scenarios! {
    inv_26_no_constructor_runs_twice_whoever_calls,
    inv_19_nobody_but_the_governor_changes_the_configuration,
    the_deployer_keeps_no_role_and_the_timelock_governs,
    inv_27_the_guardian_only_tightens_and_only_for_a_time,
}
