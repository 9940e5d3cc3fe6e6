//! Every way in which a feed can fail, on the compiled programs: refused by name, and the way out stays open (inv_21, inv_22).

use alloy::{
    primitives::{Address, Bytes, B256, I256, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{bail, Result};
use ballast::{
    abi::{IPriceFeed, Lens, Oracle, Policy, Rebalancer, Vault},
    client::Refusal,
    local::{
        self, chain,
        stage::{usd, GRACE_S, HEARTBEAT_S},
        uniswap,
    },
};
use e2e::{assert_refused, four_assets, raise, scenarios, Mode, Theatre, NOBODY};

sol! {
    interface IFeedRounds {
        function setRound(uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) external;
    }

    interface IMockPyth {
        function setPrice(bytes32 id, int64 price, uint64 conf, int32 expo, uint256 publishTime) external;
    }
}

/// Seconds over the heartbeat that are still accepted, as compiled into the oracle.
const SLACK_S: u64 = 300;

/// A function that uses a price: its name, its contract and a call of it.
type Use = (&'static str, Address, Vec<u8>);

/// What needs a market that is calm enough to trade in.
async fn traders(theatre: &Theatre) -> Result<Vec<Use>> {
    let suite = &theatre.suite;
    let tokens: Vec<_> = theatre.members.iter().map(|m| m.token).collect();
    let nonce = Policy::policyNonceCall {};
    let policy_nonce = theatre.client.call(suite.policy, nonce).await?;
    let (sells, buys) = (vec![tokens[0]], vec![tokens[1]]);
    let (mosts, leasts) = (vec![U256::MAX], vec![U256::ZERO]);
    let rebalance = Rebalancer::rebalanceCall {
        sells: sells.clone(),
        buys: buys.clone(),
        mosts: mosts.clone(),
        leasts: leasts.clone(),
        minRatesD36: leasts.clone(),
        filler: NOBODY,
        data: Default::default(),
        deadline: U256::MAX,
        policyNonce: policy_nonce,
    };
    let check = Rebalancer::checkCall {
        sells,
        buys,
        mosts,
        leasts: leasts.clone(),
        minRatesD36: leasts,
        deadline: U256::MAX,
        policyNonce: policy_nonce,
    };
    let perform = Rebalancer::performUpkeepCall {
        performData: upkeep(),
    };
    let market = Oracle::marketCall { tokens };
    let rebalancer = suite.rebalancer;
    Ok(vec![
        ("market", suite.oracle, market.abi_encode()),
        ("rebalance", rebalancer, rebalance.abi_encode()),
        ("check", rebalancer, check.abi_encode()),
        ("open", rebalancer, Rebalancer::openCall {}.abi_encode()),
        ("settle", rebalancer, Rebalancer::settleCall {}.abi_encode()),
        ("plan", rebalancer, Rebalancer::planCall {}.abi_encode()),
        ("assess", rebalancer, Rebalancer::assessCall {}.abi_encode()),
        ("performUpkeep", rebalancer, perform.abi_encode()),
        // Tells what the rebalancer would do as well.
        ("status", suite.lens, Lens::statusCall {}.abi_encode()),
    ])
}

/// A filler and what it is told.
fn upkeep() -> Bytes {
    [NOBODY.as_slice(), &[0, 0, 1, 244]].concat().into()
}

/// Whether automation is told that there is something to do.
async fn is_due(theatre: &Theatre) -> Result<bool> {
    let rebalancer = theatre.suite.rebalancer;
    let check = Rebalancer::checkUpkeepCall {
        checkData: upkeep(),
    };
    let checker = Rebalancer::checkerCall {
        checkData: upkeep(),
    };
    let needed = theatre.client.call(rebalancer, check).await?.upkeepNeeded;
    let can = theatre.client.call(rebalancer, checker).await?.canExec;
    assert_eq!(needed, can);
    Ok(needed)
}

/// What only shows prices.
fn screens(theatre: &Theatre) -> Vec<Use> {
    let suite = &theatre.suite;
    let tokens = theatre.members.iter().map(|m| m.token).collect();
    let prices = Oracle::pricesCall { tokens };
    let value = Lens::totalBasketValueCall {};
    vec![
        ("prices", suite.oracle, prices.abi_encode()),
        ("totalBasketValue", suite.lens, value.abi_encode()),
    ]
}

async fn all_refuse(theatre: &Theatre, uses: Vec<Use>, fault: &str, error: &str) -> Result<()> {
    let keeper = theatre.cast.keeper;
    for (function, to, data) in uses {
        match theatre.client.try_raw(keeper, to, U256::ZERO, data).await? {
            Ok(_) => panic!("inv_21: {fault}: {function} was not refused"),
            Err(Refusal { words, .. }) => assert!(
                words.contains(error),
                "inv_21: {fault}: {function} refused with {words}, not {error}"
            ),
        }
    }
    assert!(!is_due(theatre).await?, "inv_21: {fault}: something is due");
    redemption_pays(theatre, fault).await
}

/// Every function that uses a price refuses with `error`; redemption pays all the same.
async fn refused_everywhere(theatre: &Theatre, fault: &str, error: &str) -> Result<()> {
    let mut uses = traders(theatre).await?;
    uses.extend(screens(theatre));
    all_refuse(theatre, uses, fault, error).await
}

async fn redemption_pays(theatre: &Theatre, fault: &str) -> Result<()> {
    let (suite, alice) = (&theatre.suite, theatre.cast.alice);
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
        (5, "OracleAnswerOutOfBounds"),
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
    assert!(is_due(&theatre).await?, "and traded at");
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
        ("started in the future", true, now + 86_400, "OracleFuture"),
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

/// Pyth's name of the price of LINK.
const LINK_ID: B256 = B256::repeat_byte(0x11);
/// 1 of 18 decimals: what the composite's ratio was at listing.
const ONE: i128 = 1_000_000_000_000_000_000;
const WINDOW_S: u64 = 1_800;
const RATIO_HEARTBEAT_S: u64 = 30 * 86_400;

/// WETH agrees with a pool, WBTC is a ratio times a base, LINK agrees with Pyth; WETH's volatility is watched.
struct Sources {
    theatre: Theatre,
    ratio: Address,
    pyth: Address,
}

impl Sources {
    async fn raise(mode: Mode) -> Result<Self> {
        let mut theatre = raise(mode, four_assets()).await?;
        theatre.open_pools(100_000, &[(0, 2)]).await?;
        let (client, artifacts) = (&theatre.client, &theatre.artifacts);
        let maker = theatre.cast.maker;
        let one = I256::try_from(ONE)?;
        let (ratio, _) =
            local::feed(client, artifacts, maker, false, 18, "WBTC / BTC", one).await?;
        let pyth = local::deploy(client, artifacts, maker, "MockPyth", &[]).await?;
        // The pool remembers only its last trade, which must be older than the window.
        chain::advance_by(client, WINDOW_S).await?;
        let sources = Self {
            theatre,
            ratio,
            pyth,
        };
        sources.mend().await?;
        sources.configure().await?;
        let theatre = &sources.theatre;
        theatre.mint(theatre.cast.alice, usd(10_000)).await?;
        theatre
            .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
            .await?;
        sources.mend().await?;
        Ok(sources)
    }

    async fn configure(&self) -> Result<()> {
        let theatre = &self.theatre;
        let oracle = theatre.suite.oracle;
        let [weth, wbtc, usdc, link] = &theatre.members[..] else {
            bail!("four assets");
        };
        let token = wbtc.token;
        theatre
            .govern(oracle, Oracle::removeFeedCall { token })
            .await?;
        let answer = wbtc.answer.into_raw();
        let (n, hundred) = (|x: u64| U256::from(x), U256::from(100));
        let one = U256::from(ONE as u128);
        let call = Oracle::setCompositeFeedCall {
            token,
            feeds: vec![self.ratio, wbtc.feed],
            parameters: vec![
                n(RATIO_HEARTBEAT_S),
                one / n(2),
                one * n(2),
                n(10),
                n(HEARTBEAT_S),
                answer / hundred,
                answer * hundred,
                n(50),
            ],
            maxGrowthBps: n(1_000),
        };
        theatre.govern(oracle, call).await?;
        let pool = theatre.pool(weth.token, usdc.token)?.address;
        let call = Oracle::setSecondSourceCall {
            token: weth.token,
            source: pool,
            id: B256::ZERO,
            window: n(WINDOW_S),
            maxConfidenceBps: U256::ZERO,
            // A tick is one, and a mean tick is rounded down.
            limitBps: n(3),
        };
        theatre.govern(oracle, call).await?;
        let call = Oracle::setSecondSourceCall {
            token: link.token,
            source: self.pyth,
            id: LINK_ID,
            window: n(600),
            maxConfidenceBps: n(100),
            limitBps: n(100),
        };
        theatre.govern(oracle, call).await?;
        let call = Oracle::setVolatilityCall {
            token: weth.token,
            referenceBps: n(8_000),
            maxBps: n(30_000),
        };
        theatre.govern(oracle, call).await
    }

    /// A round of the ratio's feed.
    fn ratio(&self, answer: i128, at: u64) -> Result<(Address, Vec<u8>)> {
        let call = IPriceFeed::setCall {
            answer: I256::try_from(answer)?,
            updatedAt: U256::from(at),
        };
        Ok((self.ratio, call.abi_encode()))
    }

    /// A price of Pyth, cents.
    fn pyth(&self, id: B256, cents: i64, conf: u64, expo: i32, at: u64) -> (Address, Vec<u8>) {
        let call = IMockPyth::setPriceCall {
            id,
            price: cents,
            conf,
            expo,
            publishTime: U256::from(at),
        };
        (self.pyth, call.abi_encode())
    }

    async fn send(&self, (to, data): (Address, Vec<u8>)) -> Result<()> {
        let maker = self.theatre.cast.maker;
        let client = &self.theatre.client;
        let sent = client.send_raw(maker, Some(to), U256::ZERO, data).await?;
        assert!(sent.status());
        Ok(())
    }

    /// Everything is as it should be, now.
    async fn mend(&self) -> Result<()> {
        let theatre = &self.theatre;
        for feed in theatre.members.iter().map(|m| m.feed).chain([self.ratio]) {
            let call = IPriceFeed::setModeCall { mode: 0 };
            self.send((feed, call.abi_encode())).await?;
        }
        theatre.publish().await?;
        let now = theatre.client.now().await?;
        self.send(self.ratio(ONE, now - 100)?).await?;
        self.send(self.pyth(LINK_ID, 1_500, 0, -2, now)).await
    }
}

async fn every_fault_of_composites_and_second_sources_is_refused_by_name_and_redemption_pays(
    mode: Mode,
) -> Result<()> {
    let sources = Sources::raise(mode).await?;
    let theatre = &sources.theatre;
    let [weth, wbtc, usdc, _] = &theatre.members[..] else {
        bail!("four assets");
    };
    for (member, price) in theatre.members.iter().zip(theatre.prices().await?) {
        assert_eq!(price, member.price_d36()?, "{}", member.symbol);
    }
    let now = theatre.client.now().await?;
    let set = |feed: Address, answer: I256, at: u64| {
        let call = IPriceFeed::setCall {
            answer,
            updatedAt: U256::from(at),
        };
        (feed, call.abi_encode())
    };
    let mode = |feed: Address, mode: u8| (feed, IPriceFeed::setModeCall { mode }.abi_encode());
    let percent = |answer: I256, percent: i64| -> Result<I256> {
        Ok(answer * I256::try_from(percent)? / I256::try_from(100)?)
    };
    let ratio = |answer, at| sources.ratio(answer, at);
    let pyth = |cents, conf, expo, at| sources.pyth(LINK_ID, cents, conf, expo, at);
    let faults = [
        (
            "a ratio of no value",
            ratio(0, now - 1)?,
            "OracleAnswerOutOfBounds",
        ),
        (
            "a negative ratio",
            ratio(-ONE, now - 1)?,
            "OracleAnswerOutOfBounds",
        ),
        (
            "a ratio at its bound",
            ratio(2 * ONE, now - 1)?,
            "OracleAnswerOutOfBounds",
        ),
        (
            "a ratio that grew by a tenth in a day",
            ratio(ONE * 11 / 10, now - 1)?,
            "OracleRatioAboveCap",
        ),
        (
            "a ratio of yesteryear",
            ratio(ONE, now - RATIO_HEARTBEAT_S - SLACK_S - 1)?,
            "OracleStale",
        ),
        (
            "a ratio from the future",
            ratio(ONE, now + 86_400)?,
            "OracleFuture",
        ),
        (
            "a ratio's feed that reverts",
            mode(sources.ratio, 1),
            "OracleFeedUnreadable",
        ),
        (
            "a ratio's feed that burns all gas",
            mode(sources.ratio, 2),
            "OracleFeedUnreadable",
        ),
        (
            "a base of no value",
            set(wbtc.feed, I256::ZERO, now),
            "OracleAnswerOutOfBounds",
        ),
        (
            "an old base",
            set(wbtc.feed, wbtc.answer, now - HEARTBEAT_S - SLACK_S - 1),
            "OracleStale",
        ),
        (
            "a base that is silent",
            mode(wbtc.feed, 4),
            "OracleFeedUnreadable",
        ),
        (
            "a feed that left the pool",
            set(weth.feed, percent(weth.answer, 105)?, now),
            "OracleSourcesDiffer",
        ),
        (
            "a quote that left the pool",
            set(usdc.feed, percent(usdc.answer, 95)?, now),
            "OracleSourcesDiffer",
        ),
        (
            "a quote that is silent",
            mode(usdc.feed, 1),
            "OracleFeedUnreadable",
        ),
        (
            "Pyth elsewhere",
            pyth(1_530, 0, -2, now),
            "OracleSourcesDiffer",
        ),
        (
            "Pyth out of date",
            pyth(1_500, 0, -2, now - 86_400),
            "OracleStale",
        ),
        (
            "Pyth from the future",
            pyth(1_500, 0, -2, now + 86_400),
            "OracleFuture",
        ),
        ("Pyth unsure", pyth(1_500, 16, -2, now), "OraclePythUnsure"),
        (
            "Pyth at nothing",
            pyth(0, 0, -2, now),
            "OraclePythOutOfRange",
        ),
        (
            "Pyth below nothing",
            pyth(-1_500, 0, -2, now),
            "OraclePythOutOfRange",
        ),
        (
            "Pyth of strange scale",
            pyth(15, 0, 1, now),
            "OraclePythOutOfRange",
        ),
        (
            "Pyth without the price",
            pyth(1_500, 0, -2, 0),
            "OracleSecondUnreadable",
        ),
    ];
    for (fault, call, error) in faults {
        sources.send(call).await?;
        refused_everywhere(theatre, fault, error).await?;
        sources.mend().await?;
    }
    assert_eq!(theatre.prices().await?.len(), 4, "mended");
    assert!(is_due(theatre).await?, "mended");

    // A trade, and the pool forgets what was before it.
    let pool = theatre.pool(weth.token, usdc.token)?;
    let (maker, exchange) = (theatre.cast.maker, &theatre.uniswap);
    let price = |token: Address, percent: u64| -> Result<U256> {
        let member = if token == weth.token { weth } else { usdc };
        let percent = if token == weth.token { percent } else { 100 };
        Ok(member.price_d36()? * U256::from(percent) / U256::from(100))
    };
    let client = &theatre.client;
    let (p0, p1) = (price(pool.token0, 110)?, price(pool.token1, 110)?);
    uniswap::move_pool(client, exchange, maker, pool, p0, p1).await?;
    refused_everywhere(theatre, "a young pool", "OraclePoolUnobservable").await?;
    // And whoever holds it there for the whole window is contradicted by the feed.
    chain::advance_by(client, WINDOW_S).await?;
    sources.mend().await?;
    refused_everywhere(theatre, "a pool held elsewhere", "OracleSourcesDiffer").await?;
    theatre.arbitrage().await?;
    chain::advance_by(client, WINDOW_S).await?;
    sources.mend().await?;
    assert_eq!(theatre.prices().await?.len(), 4, "mended");
    Ok(())
}

/// Whoever only looks is shown the prices.
async fn shown(theatre: &Theatre) -> Result<()> {
    for (function, to, data) in screens(theatre) {
        let answer = theatre.client.try_raw(NOBODY, to, U256::ZERO, data).await?;
        assert!(answer.is_ok(), "{function}");
    }
    Ok(())
}

async fn volatility_that_nobody_saw_or_that_is_too_high_is_refused_to_traders_and_redemption_pays(
    mode: Mode,
) -> Result<()> {
    let sources = Sources::raise(mode).await?;
    let theatre = &sources.theatre;
    let (client, oracle) = (&theatre.client, theatre.suite.oracle);
    let weth = theatre.asset(0)?;
    let tokens = vec![weth.token];
    let market = Oracle::marketCall {
        tokens: theatre.members.iter().map(|m| m.token).collect(),
    };
    let refusal = || theatre.refusal(NOBODY, oracle, market.clone());
    let wad = U256::from(10).pow(U256::from(18));
    let answer = client.call(oracle, market.clone()).await?;
    assert!(answer.stressWad[0] <= wad && answer.stressWad[0] > wad / U256::from(2));
    assert_eq!(answer.stressWad[1..], [U256::ZERO; 3]);
    assert_eq!(answer.lagsBps[1], U256::from(60), "ratio's and base's");

    chain::advance_by(client, 6 * 3_600 + 1).await?;
    sources.mend().await?;
    let stale = "OracleVolatilityStale";
    all_refuse(theatre, traders(theatre).await?, "nobody looked", stale).await?;
    shown(theatre).await?;
    let observe = Oracle::observeCall { tokens };
    let keeper = theatre.cast.keeper;
    client.send(keeper, oracle, observe.clone()).await?;
    assert!(client
        .try_call(NOBODY, oracle, market.clone())
        .await?
        .is_ok());

    // Ether falls by a third in a minute, in its feed and in its pool alike.
    chain::advance_by(client, 60).await?;
    let crash = weth.answer * I256::try_from(2)? / I256::try_from(3)?;
    set(theatre, weth.feed, crash, client.now().await?).await?;
    // A second source does not say so yet: that comes first.
    assert_refused(&refusal().await?, "OracleSourcesDiffer");
    client.send(keeper, oracle, observe.clone()).await?;
    sources.mend().await?;
    let storm = "OracleVolatilityTooHigh";
    all_refuse(theatre, traders(theatre).await?, "a storm", storm).await?;
    shown(theatre).await?;
    let tripped = client.now().await?;

    // It decays by a half in 18 hours, and is calm only since it tripped.
    for _ in 0..30 {
        chain::advance_by(client, 6 * 3_600).await?;
        sources.mend().await?;
        client.send(keeper, oracle, observe.clone()).await?;
    }
    let answer = client.call(oracle, market).await?;
    assert!(answer.calmSince >= U256::from(tripped - 60));
    Ok(())
}

async fn a_feed_in_use_is_replaced_after_two_days_by_the_code_that_was_queued(
    mode: Mode,
) -> Result<()> {
    let theatre = ready(mode).await?;
    let (client, oracle) = (&theatre.client, theatre.suite.oracle);
    let member = theatre.asset(3)?;
    let (token, maker) = (member.token, theatre.cast.maker);
    let artifacts = &theatre.artifacts;
    let (next, _) = local::feed(
        client,
        artifacts,
        maker,
        false,
        8,
        "LINK / USD",
        member.answer,
    )
    .await?;
    let answer = member.answer.into_raw();
    let call = Oracle::queueFeedCall {
        token,
        feeds: vec![next],
        parameters: [HEARTBEAT_S, 1]
            .map(U256::from)
            .into_iter()
            .chain([answer * U256::from(10), U256::from(25)])
            .collect(),
        maxGrowthBps: U256::ZERO,
    };
    theatre.govern(oracle, call).await?;
    let activate = Oracle::activateCall { token };
    let refused = || theatre.refusal(NOBODY, oracle, activate.clone());
    assert_refused(&refused().await?, "OracleChangeEarly");
    let pending = Oracle::pendingOfCall { token };
    let pending = client.call(oracle, pending).await?;
    assert_eq!(pending[3], U256::from_be_bytes(next.into_word().0));

    chain::advance_by(client, 2 * 86_400).await?;
    theatre.publish().await?;
    let now = client.now().await?;
    set(&theatre, next, member.answer * I256::try_from(2)?, now).await?;
    assert_refused(&refused().await?, "OracleFeedsDiffer");
    set(&theatre, next, member.answer, now).await?;

    // Another code at the same address: whatever it answers, it was not voted on.
    let snapshot = chain::snapshot(client).await?;
    chain::copy_code(client, theatre.sequencer, next).await?;
    assert_refused(&refused().await?, "OracleCodeChanged");
    chain::revert(client, snapshot).await?;

    client.send(theatre.cast.stranger, oracle, activate).await?;
    let feed = client.call(oracle, Oracle::feedOfCall { token }).await?;
    assert_eq!((feed.feed, feed.lagBps), (next, U256::from(25)));
    assert_eq!(theatre.prices().await?[3], member.price_d36()?);
    redemption_pays(&theatre, "another feed").await
}

scenarios! {
    every_fault_of_a_feed_is_refused_by_name_and_redemption_pays,
    an_answer_is_good_to_the_last_second_of_heartbeat_and_slack,
    every_fault_of_the_sequencer_is_refused_by_name_and_redemption_pays,
    prices_are_the_answers_scaled_by_all_decimals,
    a_new_aggregator_with_other_decimals_is_refused,
    every_fault_of_composites_and_second_sources_is_refused_by_name_and_redemption_pays,
    volatility_that_nobody_saw_or_that_is_too_high_is_refused_to_traders_and_redemption_pays,
    a_feed_in_use_is_replaced_after_two_days_by_the_code_that_was_queued,
}
