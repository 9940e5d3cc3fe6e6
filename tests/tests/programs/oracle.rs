//! Every way in which a feed can fail, on the compiled programs: refused by name, and the way out stays open (inv_21, inv_22).

use alloy::{
    primitives::{Address, I256, U256},
    sol,
};
use anyhow::Result;
use ballast::{
    abi::{IPriceFeed, Oracle, Rebalancer, Vault},
    local::{
        chain,
        stage::{usd, GRACE_S, HEARTBEAT_S},
    },
};
use e2e::{assert_refused, four_assets, raise, scenarios, Mode, Theatre, NOBODY};

sol! {
    interface IFeedRounds {
        function setRound(uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) external;
    }
}

/// Seconds over the heartbeat that are still accepted, as compiled into the oracle.
const SLACK_S: u64 = 300;

/// Every function that uses a price refuses with `error`; redemption pays all the same.
async fn refused_everywhere(theatre: &Theatre, fault: &str, error: &str) -> Result<()> {
    let suite = &theatre.suite;
    let who = theatre.cast.keeper;
    let tokens = theatre.members.iter().map(|m| m.token).collect::<Vec<_>>();
    let filler = NOBODY;
    let rebalance = Rebalancer::rebalanceCall {
        sells: vec![tokens[0]],
        buys: vec![tokens[1]],
        mosts: vec![U256::MAX],
        leasts: vec![U256::ZERO],
        minRatesD36: vec![U256::ZERO],
        filler,
        data: Default::default(),
        deadline: U256::MAX,
        policyNonce: theatre
            .client
            .call(suite.policy, ballast::abi::Policy::policyNonceCall {})
            .await?,
    };
    let words = [
        (
            "prices",
            theatre
                .refusal(who, suite.oracle, Oracle::pricesCall { tokens })
                .await?,
        ),
        (
            "plan",
            theatre
                .refusal(who, suite.rebalancer, Rebalancer::planCall {})
                .await?,
        ),
        (
            "assess",
            theatre
                .refusal(who, suite.rebalancer, Rebalancer::assessCall {})
                .await?,
        ),
        (
            "status",
            theatre
                .refusal(who, suite.lens, ballast::abi::Lens::statusCall {})
                .await?,
        ),
        (
            "rebalance",
            theatre.refusal(who, suite.rebalancer, rebalance).await?,
        ),
    ];
    for (function, words) in words {
        assert!(
            words.contains(error),
            "inv_21: {fault}: {function} refused with {words}, not {error}"
        );
    }
    let alice = theatre.cast.alice;
    let redeem = Vault::redeemCall {
        shares: usd(1_000),
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ONE; theatre.members.len()],
    };
    let paid = theatre.client.try_call(alice, suite.vault, redeem).await?;
    if let Err(refusal) = paid {
        panic!("inv_22: {fault}: {refusal}");
    }
    Ok(())
}

async fn ready(mode: Mode) -> Result<Theatre> {
    let theatre = raise(mode, four_assets()).await?;
    theatre.mint(theatre.cast.alice, usd(10_000)).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    Ok(theatre)
}

async fn set(theatre: &Theatre, feed: Address, answer: I256, updated_at: u64) -> Result<()> {
    let call = IPriceFeed::setCall {
        answer,
        updatedAt: U256::from(updated_at),
    };
    theatre
        .client
        .send(theatre.cast.maker, feed, call)
        .await
        .map(drop)
}

async fn every_fault_of_a_feed_is_refused_by_name_and_redemption_pays(mode: Mode) -> Result<()> {
    let theatre = ready(mode).await?;
    let member = theatre.asset(1)?.clone();
    let (feed, good) = (member.feed, member.answer);
    let now = theatre.client.now().await?;
    let (min, max) = (good / I256::try_from(100)?, good * I256::try_from(100)?);
    let answers = [
        ("a negative answer", -good, now, "OracleAnswerOutOfBounds"),
        (
            "an answer of zero",
            I256::ZERO,
            now,
            "OracleAnswerOutOfBounds",
        ),
        (
            "the smallest answer of all",
            I256::MIN,
            now,
            "OracleAnswerOutOfBounds",
        ),
        (
            "the largest answer of all",
            I256::MAX,
            now,
            "OracleAnswerOutOfBounds",
        ),
        (
            "an answer at the minimum",
            min,
            now,
            "OracleAnswerOutOfBounds",
        ),
        (
            "an answer at the maximum",
            max,
            now,
            "OracleAnswerOutOfBounds",
        ),
        (
            "an answer from the future",
            good,
            now + 86_400,
            "OracleFuture",
        ),
        ("an answer never given", good, 0, "OracleStale"),
        (
            "an old answer",
            good,
            now - HEARTBEAT_S - SLACK_S - 1,
            "OracleStale",
        ),
    ];
    for (fault, answer, updated_at, error) in answers {
        set(&theatre, feed, answer, updated_at).await?;
        refused_everywhere(&theatre, fault, error).await?;
    }
    theatre.publish().await?;
    // PriceFeed's modes: revert, burn all gas, one word, nothing, 100,000 bytes of zero.
    let modes = [
        (1, "OracleFeedUnreadable"),
        (2, "OracleFeedUnreadable"),
        (3, "OracleFeedUnreadable"),
        (4, "OracleFeedUnreadable"),
        (5, "Oracle"),
    ];
    for (mode, error) in modes {
        theatre
            .client
            .send(theatre.cast.maker, feed, IPriceFeed::setModeCall { mode })
            .await?;
        refused_everywhere(&theatre, &format!("feed mode {mode}"), error).await?;
    }
    theatre
        .client
        .send(
            theatre.cast.maker,
            feed,
            IPriceFeed::setModeCall { mode: 0 },
        )
        .await?;
    assert_eq!(
        theatre.prices().await?.len(),
        4,
        "a healed feed is priced again"
    );
    Ok(())
}

async fn an_answer_is_good_to_the_last_second_of_heartbeat_and_slack(mode: Mode) -> Result<()> {
    let theatre = ready(mode).await?;
    let member = theatre.asset(0)?.clone();
    let at = theatre.client.now().await?;
    theatre.publish().await?;
    set(&theatre, member.feed, member.answer, at).await?;
    let token = vec![member.token];
    let ask = || {
        theatre.client.try_call(
            Address::ZERO,
            theatre.suite.oracle,
            Oracle::pricesCall {
                tokens: token.clone(),
            },
        )
    };
    chain::advance_to(&theatre.client, at + HEARTBEAT_S + SLACK_S).await?;
    assert!(ask().await?.is_ok(), "refused at its last second");
    chain::advance_to(&theatre.client, at + HEARTBEAT_S + SLACK_S + 1).await?;
    let words = ask().await?.expect_err("accepted a second too late").words;
    assert_refused(&words, "OracleStale");
    Ok(())
}

async fn every_fault_of_the_sequencer_is_refused_by_name_and_redemption_pays(
    mode: Mode,
) -> Result<()> {
    let theatre = ready(mode).await?;
    let now = theatre.client.now().await?;
    let cases = [
        ("down", false, now - 10, "OracleSequencerDown"),
        ("up for too short", true, now - 10, "OracleSequencerGrace"),
        ("never started", true, 0, "OracleSequencerUnready"),
        ("started in the future", true, now + 86_400, "Oracle"),
    ];
    for (fault, up, since, error) in cases {
        theatre.set_sequencer(up, since).await?;
        refused_everywhere(&theatre, fault, error).await?;
    }
    theatre.set_sequencer(true, now - 2 * GRACE_S).await?;
    assert_eq!(theatre.prices().await?.len(), 4);
    Ok(())
}

async fn prices_are_the_answers_scaled_by_all_decimals(mode: Mode) -> Result<()> {
    let theatre = ready(mode).await?;
    for (member, price) in theatre.members.iter().zip(theatre.prices().await?) {
        assert_eq!(price, member.price_d36()?, "{}", member.symbol);
    }
    Ok(())
}

async fn a_new_aggregator_with_other_decimals_is_refused(mode: Mode) -> Result<()> {
    let theatre = ready(mode).await?;
    let member = theatre.asset(1)?.clone();
    let now = U256::from(theatre.client.now().await?);
    let round = |phase: u64| IFeedRounds::setRoundCall {
        roundId: (U256::from(phase) << 64usize).to(),
        answer: member.answer,
        startedAt: now,
        updatedAt: now,
        answeredInRound: (U256::from(phase) << 64usize).to(),
    };
    let maker = theatre.cast.maker;
    // A proxy that moved on: another phase, the same decimals.
    theatre.client.send(maker, member.feed, round(2)).await?;
    assert_eq!(theatre.prices().await?[1], member.price_d36()?);
    let decimals = IPriceFeed::setDecimalsCall { decimals: 18 };
    theatre.client.send(maker, member.feed, decimals).await?;
    refused_everywhere(&theatre, "other decimals", "OracleDecimalsChanged").await?;
    // A feed without phases is asked every time.
    theatre.client.send(maker, member.feed, round(0)).await?;
    refused_everywhere(&theatre, "other decimals", "OracleDecimalsChanged").await?;
    let decimals = IPriceFeed::setDecimalsCall { decimals: 8 };
    theatre.client.send(maker, member.feed, decimals).await?;
    assert_eq!(theatre.prices().await?[1], member.price_d36()?);
    Ok(())
}

scenarios! {
    every_fault_of_a_feed_is_refused_by_name_and_redemption_pays,
    an_answer_is_good_to_the_last_second_of_heartbeat_and_slack,
    every_fault_of_the_sequencer_is_refused_by_name_and_redemption_pays,
    prices_are_the_answers_scaled_by_all_decimals,
    a_new_aggregator_with_other_decimals_is_refused,
}
