//! The lens's `screen` and `pending` beside what the programs themselves answer, in every state of the treasury: each part is
//! theirs, or it is missing and told with their own refusal.

use std::collections::BTreeMap;

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{lens::Lens, IPriceFeed, ITestToken, Oracle, Policy, Rebalancer, Vault},
    local::{
        self, chain,
        deployer::STYLUS_DEPLOYER,
        stage::{role, usd, GRACE_S, HEARTBEAT_S},
    },
    stylus::{self, arguments},
};
use e2e::{
    assert_refused, four_assets, limit, raise, scenarios, tokens_of, IReentrantToken, Mode, Theatre,
};

type Screen = Lens::screenReturn;
type Pending = Lens::pendingReturn;

const DAY_S: u64 = 86_400;
/// Until when rebalancing is paused of a treasury that is wound down.
const WOUND_DOWN: u64 = (1 << 40) - 1;
/// What either call takes at most, of 32 assets: a node gives a call 50,000,000 unless told otherwise.
const MOST_GAS: u64 = 10_000_000;

/// What was refused, by part, as a list of the lens tells it.
struct Told<'a> {
    theatre: &'a Theatre,
    refused: BTreeMap<U256, Bytes>,
    expected: usize,
}

/// What a refusal is told to be of.
fn part(selector: [u8; 4], subject: U256) -> U256 {
    let low = subject & (U256::MAX >> 96);
    (U256::from(u32::from_be_bytes(selector)) << 160) | low
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

fn address(word: U256) -> Address {
    Address::from_word(B256::from(word))
}

impl<'a> Told<'a> {
    fn new(theatre: &'a Theatre, parts: &[U256], refusals: &[Bytes]) -> Self {
        assert_eq!(parts.len(), refusals.len());
        let refused: BTreeMap<_, _> = parts
            .iter()
            .copied()
            .zip(refusals.iter().cloned())
            .collect();
        assert_eq!(refused.len(), parts.len(), "one part is told twice");
        Self {
            theatre,
            refused,
            expected: 0,
        }
    }

    /// What the program itself answers; nothing when it refuses, which must have been told with its bytes.
    async fn ask<C: SolCall>(
        &mut self,
        to: Address,
        subject: U256,
        call: C,
    ) -> Result<Option<C::Return>> {
        let part = part(C::SELECTOR, subject);
        match self
            .theatre
            .client
            .try_call(Address::ZERO, to, call)
            .await?
        {
            Ok(answer) => {
                let told = self.refused.get(&part);
                assert_eq!(told, None, "{} is told as refused", C::SIGNATURE);
                Ok(Some(answer))
            }
            Err(refusal) => {
                let told = self.refused.get(&part);
                assert_eq!(told, Some(&refusal.data), "{}", C::SIGNATURE);
                self.expected += 1;
                Ok(None)
            }
        }
    }

    /// Nothing else was told.
    fn end(self) {
        assert_eq!(self.expected, self.refused.len(), "{:?}", self.refused);
    }
}

/// {wad} / {wad/bps}, down
fn bps(wad: U256) -> U256 {
    wad / U256::from(10u64.pow(14))
}

/// Asks the lens, and everybody else about every part.
async fn screen(theatre: &Theatre) -> Result<Screen> {
    let (client, suite) = (&theatre.client, &theatre.suite);
    let (vault, policy) = (suite.vault, suite.policy);
    let (oracle, rebalancer) = (suite.oracle, suite.rebalancer);
    let seen = client.call(suite.lens, Lens::screenCall {}).await?;
    let mut told = Told::new(theatre, &seen.refusedParts, &seen.refusals);
    let zero = U256::ZERO;

    let holdings = told.ask(vault, zero, Vault::holdingsCall {}).await?;
    let holdings = holdings.context("the vault is locked")?;
    assert_eq!(
        (&seen.tokens, &seen.held),
        (&holdings.tokens, &holdings.held)
    );
    let tokens = seen.tokens.clone();
    let n = tokens.len();
    let call = Policy::rulesCall { tokens };
    let rules = told.ask(policy, zero, call).await?;
    let targets = told.ask(policy, zero, Policy::targetsCall {}).await?;
    let targets = targets.context("targets are always told")?;
    let assessed = told
        .ask(rebalancer, zero, Rebalancer::assessCall {})
        .await?;

    let mut nav = rules.is_some().then_some(zero);
    for (i, token) in seen.tokens.iter().copied().enumerate() {
        let subject = word(token);
        let claims = told.ask(vault, subject, Vault::totalClaimsCall { token });
        assert_eq!(Some(seen.claims[i]), claims.await?);
        let rule = told.ask(policy, subject, Policy::assetRuleCall { token });
        let rule = rule.await?.context("a rule")?;
        let shown = [
            seen.modes[i],
            seen.sellOnlyUntil[i],
            seen.quarantinedUntil[i],
            seen.capsBps[i],
            seen.floorsD36[i],
        ];
        let ruled = [
            rule.mode,
            rule.sellOnlyUntil,
            rule.quarantinedUntil,
            rule.capBps,
            rule.floorD36,
        ];
        assert_eq!(shown, ruled);
        let weight = told.ask(policy, subject, Policy::weightOfCall { token });
        let weight = weight.await?.context("a weight")?;
        let governed = (seen.governedBps[i], seen.finalsBps[i]);
        assert_eq!(governed, (bps(weight.nowWad), bps(weight.targetWad)));

        let mut value = Some(zero);
        if rule.mode == U256::from(2) {
            assert_eq!((seen.pricesD36[i], seen.pricedAt[i]), (zero, zero));
        } else {
            let latest = told.ask(oracle, subject, Oracle::latestCall { token });
            let latest = latest.await?;
            let price = latest.as_ref().map(|latest| latest.priceD36);
            let at = latest.map(|latest| latest.updatedAt);
            assert_eq!(seen.pricesD36[i], price.unwrap_or_default());
            assert_eq!(seen.pricedAt[i], at.unwrap_or_default());
            // {value} = {tok} * D36{value/tok} / D36
            value = price.map(|price| seen.held[i] * price / U256::from(10).pow(U256::from(36)));
        }
        assert_eq!(seen.valuesWad[i], value.unwrap_or_default());
        nav = nav.zip(value).map(|(nav, value)| nav + value);

        let named = targets.tokens.iter().position(|named| *named == token);
        let named = named.map_or(zero, |place| targets.bandsBps[place]);
        let band = rules.as_ref().map_or(named, |rules| rules.bandsBps[i]);
        assert_eq!(seen.bandsBps[i], band);
        if let Some(assessed) = &assessed {
            let place = assessed.tokens.iter().position(|of| *of == token);
            let band = place.map_or(zero, |place| assessed.bandsBps[place]);
            assert_eq!(seen.effectiveBandsBps[i], band);
            let price = place.map_or(zero, |place| assessed.pricesD36[place]);
            assert_eq!(seen.pricesD36[i], price);
        }
    }
    let length = |list: &Vec<U256>| list.len();
    assert_eq!(
        length(&seen.effectiveBandsBps),
        assessed.as_ref().map_or(0, |_| n)
    );
    let aimed = rules
        .as_ref()
        .map(|r| r.weightsWad.iter().map(|w| bps(*w)).collect());
    assert_eq!(seen.targetsBps, aimed.unwrap_or(vec![]));
    let parts = |nav: U256| {
        let part = |value: &U256| {
            (value * U256::from(10_000))
                .checked_div(nav)
                .unwrap_or_default()
        };
        seen.valuesWad.iter().map(part).collect()
    };
    assert_eq!(seen.weightsBps, nav.map_or(vec![], parts));
    let mut limits = rules.as_ref().map(|r| r.limits.clone()).unwrap_or_default();
    if rules.is_none() {
        for id in (0..16).map(U256::from) {
            let limit = told.ask(policy, id, Policy::limitCall { id }).await?;
            limits.push(limit.context("a limit")?.value);
        }
    }
    assert_eq!(seen.limits, limits);

    let supply = told.ask(vault, zero, Vault::totalSupplyCall {}).await?;
    let supply = supply.context("a supply")?;
    let share = nav.unwrap_or_default() * usd(1);
    let paused = told.ask(policy, zero, Policy::pausedUntilCall {}).await?;
    let paused = paused.context("a pause")?;
    let state = told.ask(rebalancer, zero, Rebalancer::stateCall {}).await?;
    let state = state.map(|s| [s.nonce, s.lastAt, s.nextAt, s.openedAt]);
    let budgets = told.ask(rebalancer, zero, Rebalancer::budgetsLeftCall {});
    let budgets = budgets.await?;
    let budgets = budgets.map(|b| [b.lossWad, b.yearlyLossWad, b.turnoverWad]);
    let auction = told
        .ask(rebalancer, zero, Rebalancer::auctionCall {})
        .await?;
    let auction = auction.map(|a| [a.openedAt, a.rampEnd, a.until, a.releasedBps, a.progressBps]);
    let fees = told.ask(vault, zero, Vault::feesCall {}).await?;
    let fees = fees.context("fees")?;
    let modules = told.ask(policy, zero, Policy::modulesCall {}).await?;
    let modules = modules.context("modules")?;
    let asked = (vault, oracle, rebalancer);
    let up = |wad: U256| wad.div_ceil(U256::from(10u64.pow(14)));
    let mut numbers = vec![
        U256::from(client.now().await?),
        U256::from(nav.is_some()),
        nav.unwrap_or_default(),
        supply,
        share.checked_div(supply).unwrap_or_default(),
        assessed.as_ref().map_or(zero, |a| up(a.distanceWad)),
        assessed.as_ref().map_or(zero, |a| a.reason),
    ];
    let ask = Policy::policyNonceCall {};
    numbers.extend(told.ask(policy, zero, ask).await?);
    let ask = Policy::governanceNonceCall {};
    numbers.extend(told.ask(policy, zero, ask).await?);
    numbers.extend([paused, U256::from(paused == U256::from(WOUND_DOWN))]);
    let ask = Vault::mintPausedUntilCall {};
    numbers.extend(told.ask(vault, zero, ask).await?);
    let locked = told.ask(vault, zero, Vault::isLockedCall {}).await?;
    numbers.extend(locked.map(U256::from));
    let seeded = told.ask(vault, zero, Vault::seededCall {}).await?;
    numbers.extend(seeded.map(U256::from));
    numbers.extend(state.unwrap_or_default());
    numbers.extend(budgets.unwrap_or_default());
    numbers.extend(auction.unwrap_or_default());
    numbers.extend([fees.managementBps, fees.mintBps, fees.redeemBps]);
    numbers.extend(told.ask(vault, zero, Vault::accruedFeesCall {}).await?);
    numbers.extend(told.ask(vault, zero, Vault::supplyCapCall {}).await?);
    numbers.extend(told.ask(vault, zero, Vault::pocketCountCall {}).await?);
    numbers.extend([targets.start, targets.end, U256::from(targets.pending)]);
    let named = (modules.vault, modules.oracle, modules.rebalancer);
    numbers.push(U256::from(named == asked));
    assert_eq!(seen.numbers, numbers);
    told.end();
    Ok(seen)
}

/// The same of what waits.
async fn pending(theatre: &Theatre) -> Result<Pending> {
    let (client, suite) = (&theatre.client, &theatre.suite);
    let (vault, policy, oracle) = (suite.vault, suite.policy, suite.oracle);
    let seen = client.call(suite.lens, Lens::pendingCall {}).await?;
    let mut told = Told::new(theatre, &seen.refusedParts, &seen.refusals);
    let zero = U256::ZERO;
    let holdings = told.ask(vault, zero, Vault::holdingsCall {}).await?;
    assert_eq!(Some(&seen.tokens), holdings.as_ref().map(|h| &h.tokens));
    for (i, token) in seen.tokens.iter().copied().enumerate() {
        let change = told.ask(oracle, word(token), Oracle::pendingOfCall { token });
        let change = change.await?.context("a change, or none")?;
        let of = |place: usize| change.get(place).copied().unwrap_or_default();
        assert_eq!((seen.feedKinds[i], seen.feedReadyAt[i]), (of(0), of(1)));
        let source = if of(0).is_zero() { of(3) } else { of(18) };
        assert_eq!(seen.feedSources[i], address(source));
        let absorption = told.ask(vault, word(token), Vault::absorptionCall { token });
        let absorption = absorption.await?.context("an absorption, or none")?;
        let (rest, end) = (seen.absorbRests[i], seen.absorbEnds[i]);
        assert_eq!((rest, end), (absorption.rest, absorption.end));
    }
    let subjects = (0..16).map(U256::from);
    let subjects = subjects.chain([U256::MAX - U256::ONE, U256::MAX]);
    for (place, subject) in subjects.enumerate() {
        let act = told.ask(policy, subject, Policy::guardianActCall { subject });
        let act = act.await?.context("an act, or none")?;
        assert_eq!(seen.actsUntil[place], act.until, "{place}");
    }
    assert_eq!(seen.actsUntil.len(), 18);
    let targets = told.ask(policy, zero, Policy::targetsCall {}).await?;
    let targets = targets.context("targets")?;
    assert_eq!(seen.targetTokens, targets.tokens);
    assert_eq!(seen.targetsBps, targets.weightsBps);
    let owner = told.ask(policy, zero, Policy::ownerCall {}).await?;
    let successor = told.ask(policy, zero, Policy::pendingOwnerCall {}).await?;
    let accepted = Policy::ownershipAcceptedFromCall {};
    let accepted = told.ask(policy, zero, accepted).await?;
    let fees = told.ask(vault, zero, Vault::feesCall {}).await?;
    let next = told.ask(vault, zero, Vault::pendingFeesCall {}).await?;
    let next = next.context("fees")?;
    let modules = told
        .ask(policy, zero, Policy::pendingModulesCall {})
        .await?;
    let modules = modules.context("modules")?;
    let accounts = [
        owner,
        successor,
        fees.map(|fees| fees.recipient),
        Some(next.recipient),
        Some(modules.oracle),
        Some(modules.rebalancer),
    ];
    assert_eq!(seen.accounts, accounts.map(Option::unwrap_or_default));
    let numbers = [
        U256::from(client.now().await?),
        accepted.unwrap_or_default(),
        next.readyAt,
        next.managementBps,
        next.mintBps,
        next.redeemBps,
        modules.readyAt,
        U256::from_be_bytes(modules.oracleCode.0),
        U256::from_be_bytes(modules.rebalancerCode.0),
        targets.start,
        targets.end,
        U256::from(targets.pending),
    ];
    assert_eq!(seen.numbers, numbers);
    told.end();
    Ok(seen)
}

/// Four assets at drifted weights, an auction that has begun, a deposit.
async fn ready(mode: Mode) -> Result<Theatre> {
    let theatre = raise(mode, four_assets()).await?;
    theatre.mint(theatre.cast.alice, usd(10_000)).await?;
    let weights = [3_000, 3_500, 2_000, 1_500];
    theatre.set_targets(&weights, 200).await?;
    let ramp = Policy::setLimitCall {
        id: U256::from(limit::RAMP_S),
        value: U256::from(1_800),
    };
    theatre.govern(theatre.suite.policy, ramp).await?;
    theatre.publish().await?;
    let (keeper, rebalancer) = (theatre.cast.keeper, theatre.suite.rebalancer);
    let open = Rebalancer::openCall {};
    theatre.client.send(keeper, rebalancer, open).await?;
    chain::advance_by(&theatre.client, 600).await?;
    Ok(theatre)
}

async fn quarantine_all(theatre: &Theatre) -> Result<()> {
    for member in &theatre.members {
        let (token, mode) = (member.token, U256::from(2));
        let call = Policy::setModeCall { token, mode };
        theatre.govern(theatre.suite.policy, call).await?;
    }
    Ok(())
}

async fn a_screen_is_what_the_programs_answer(mode: Mode) -> Result<()> {
    let theatre = ready(mode).await?;
    let seen = screen(&theatre).await?;
    assert_eq!(seen.refusals.len(), 0);
    assert_eq!(seen.numbers[1], U256::ONE, "NAV is known");
    assert!(!seen.numbers[21].is_zero(), "an auction holds");
    assert!(!seen.numbers[24].is_zero(), "and has released something");
    // As the older call says it.
    let call = Lens::statusCall {};
    let status = theatre.client.call(theatre.suite.lens, call).await?;
    assert_eq!(
        (seen.tokens, seen.held, seen.pricesD36, seen.valuesWad),
        (
            status.tokens,
            status.held,
            status.pricesD36,
            status.valuesWad
        )
    );
    assert_eq!(
        (seen.weightsBps, seen.targetsBps, seen.effectiveBandsBps),
        (status.weightsBps, status.targetsBps, status.bandsBps)
    );
    let places = [2, 3, 4, 5, 6, 7, 9, 16, 14, 11, 12];
    assert_eq!(places.map(|place| seen.numbers[place]), status.numbers[..]);
    pending(&theatre).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_prices_everything_else_is_told() -> Result<()> {
    let theatre = ready(Mode::Uncached).await?;
    let (client, maker) = (&theatre.client, theatre.cast.maker);
    let now = client.now().await?;
    let whole = screen(&theatre).await?;
    // One feed is a second too old.
    let member = theatre.asset(1)?.clone();
    let old = IPriceFeed::setCall {
        answer: member.answer,
        updatedAt: U256::from(now - HEARTBEAT_S - 301),
    };
    client.send(maker, member.feed, old).await?;
    let seen = screen(&theatre).await?;
    assert_eq!(seen.refusals.len(), 3, "its price, and what needs all");
    for refusal in &seen.refusals {
        assert_refused(&client.decode(refusal), "OracleStale");
    }
    let known: Vec<_> = seen.pricesD36.iter().map(|p| !p.is_zero()).collect();
    assert_eq!(known, [true, false, true, true]);
    assert_eq!(seen.numbers[1], U256::ZERO, "NAV is not known");
    // A feed that answers nothing, and burns what it is given.
    let burn = IPriceFeed::setModeCall { mode: 2 };
    client.send(maker, member.feed, burn).await?;
    let seen = screen(&theatre).await?;
    assert_refused(&client.decode(&seen.refusals[0]), "OracleFeedUnreadable");
    let honest = IPriceFeed::setModeCall { mode: 0 };
    client.send(maker, member.feed, honest).await?;
    theatre.publish().await?;

    let cases = [
        (false, now, "OracleSequencerDown"),
        (true, now, "OracleSequencerGrace"),
        (true, 0, "OracleSequencerUnready"),
    ];
    for (up, since, error) in cases {
        theatre.set_sequencer(up, since).await?;
        let seen = screen(&theatre).await?;
        assert_eq!(seen.refusals.len(), 6, "four prices, and what needs all");
        for refusal in &seen.refusals {
            assert_refused(&client.decode(refusal), error);
        }
        assert_eq!(seen.pricesD36, [U256::ZERO; 4]);
        assert_eq!(seen.targetsBps, whole.targetsBps);
        assert_eq!(seen.limits, whole.limits);
        assert_eq!(seen.numbers[14..18], whole.numbers[14..18], "an opening");
        assert!(!seen.numbers[17].is_zero());
    }
    theatre.set_sequencer(true, now - 2 * GRACE_S).await?;

    // Nobody looked at a volatility that is watched: what only shows goes on.
    let watch = Oracle::setVolatilityCall {
        token: member.token,
        referenceBps: U256::from(5_000),
        maxBps: U256::from(20_000),
    };
    theatre.govern(theatre.suite.oracle, watch).await?;
    chain::advance_by(client, DAY_S / 2).await?;
    theatre.publish().await?;
    let seen = screen(&theatre).await?;
    assert_eq!(seen.refusals.len(), 2, "assess and auction");
    assert_refused(&client.decode(&seen.refusals[0]), "OracleVolatilityStale");
    assert_eq!(seen.numbers[1], U256::ONE, "NAV is known");
    assert_eq!(seen.weightsBps.len(), 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_weight_in_quarantine_everything_else_is_told() -> Result<()> {
    let theatre = ready(Mode::Uncached).await?;
    let whole = screen(&theatre).await?;
    quarantine_all(&theatre).await?;
    let seen = screen(&theatre).await?;
    let refused = [
        Policy::rulesCall::SELECTOR,
        Rebalancer::assessCall::SELECTOR,
        Rebalancer::stateCall::SELECTOR,
        Rebalancer::budgetsLeftCall::SELECTOR,
        Rebalancer::auctionCall::SELECTOR,
    ];
    let refused = refused.map(|selector| part(selector, U256::ZERO));
    assert_eq!(seen.refusedParts, refused);
    for refusal in &seen.refusals {
        assert_refused(&theatre.client.decode(refusal), "PolicyNoWeightLeft");
    }
    assert_eq!(seen.modes, [U256::from(2); 4]);
    assert_eq!(seen.numbers[1], U256::ZERO, "NAV is not known");
    for (told, before) in [
        (&seen.held, &whole.held),
        (&seen.governedBps, &whole.governedBps),
        (&seen.finalsBps, &whole.finalsBps),
        (&seen.bandsBps, &whole.bandsBps),
        (&seen.limits, &whole.limits),
    ] {
        assert_eq!(told, before);
    }
    // The oracle's refusals are not asked for, and what waits is told as before.
    theatre.set_sequencer(false, 1).await?;
    assert_eq!(screen(&theatre).await?.refusedParts, refused);
    pending(&theatre).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_and_the_end_are_told() -> Result<()> {
    let theatre = ready(Mode::Uncached).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let (guardian, policy) = (theatre.cast.guardian, suite.policy);
    let until = U256::from(client.now().await? + 5_000);
    let pause = Policy::pauseRebalanceCall { until };
    client.send(guardian, policy, pause).await?;
    let pause = Vault::pauseMintCall { until };
    client.send(guardian, suite.vault, pause).await?;
    let tighten = Policy::setLimitCall {
        id: U256::ZERO,
        value: U256::from(7),
    };
    client.send(guardian, policy, tighten).await?;
    let token = theatre.asset(2)?.token;
    let mode = U256::ONE;
    let mark = Policy::setModeCall { token, mode };
    client.send(guardian, policy, mark).await?;
    let seen = screen(&theatre).await?;
    assert_eq!((seen.numbers[9], seen.numbers[11]), (until, until));
    assert_eq!(seen.numbers[10], U256::ZERO);
    assert_eq!(seen.limits[0], U256::from(7));
    assert!(!seen.sellOnlyUntil[2].is_zero());
    assert_eq!(seen.numbers[21], U256::ZERO, "the pause voids the opening");
    let waits = pending(&theatre).await?;
    assert!(waits.actsUntil[0] > until && waits.actsUntil[17] == until);

    theatre.govern(policy, Policy::windDownCall {}).await?;
    let seen = screen(&theatre).await?;
    assert_eq!(seen.numbers[10], U256::ONE);
    assert_eq!(seen.numbers[11], U256::from(u64::MAX));
    assert_eq!(seen.refusals.len(), 0);
    Ok(())
}

/// A new rebalancer, feed and second source for the treasury.
async fn successors(theatre: &Theatre) -> Result<(Address, Address, Address)> {
    let (client, artifacts, suite) = (&theatre.client, &theatre.artifacts, &theatre.suite);
    let args = arguments((suite.vault, suite.policy, suite.oracle));
    let (wasm, from) = (artifacts.wasm("rebalancer")?, theatre.cast.deployer);
    let salt = keccak256("another rebalancer");
    let rebalancer = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &args, salt).await?;
    let (maker, answer) = (theatre.cast.maker, theatre.asset(0)?.answer);
    let (feed, _) = local::feed(client, artifacts, maker, false, 8, "another", answer).await?;
    let pyth = local::deploy(client, artifacts, maker, "MockPyth", &[]).await?;
    Ok((rebalancer.address, feed, pyth))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_that_waits_is_told() -> Result<()> {
    let theatre = ready(Mode::Uncached).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let (policy, vault, oracle) = (suite.policy, suite.vault, suite.oracle);
    let (rebalancer, feed, pyth) = successors(&theatre).await?;
    let nobody = theatre.cast.stranger;
    let at = |i: usize| theatre.members[i].token;
    let quiet = pending(&theatre).await?;
    assert_eq!(quiet.feedReadyAt, [U256::ZERO; 4]);
    assert_eq!(quiet.numbers[1..9], [U256::ZERO; 8]);

    let start = client.now().await? + DAY_S;
    let targets = Policy::setTargetsCall {
        start: U256::from(start),
        duration: U256::from(10 * DAY_S),
        ..theatre
            .targets_call(&[4_000, 2_500, 2_500, 1_000], 300)
            .await?
    };
    theatre.govern(policy, targets).await?;
    let fees = Vault::setFeesCall {
        recipient: nobody,
        managementBps: U256::from(100),
        mintBps: U256::from(10),
        redeemBps: U256::from(20),
    };
    theatre.govern(vault, fees).await?;
    let modules = Policy::queueModulesCall { oracle, rebalancer };
    theatre.govern(policy, modules).await?;
    let transfer = Policy::transferOwnershipCall { newOwner: nobody };
    theatre.govern(policy, transfer).await?;
    let answer = theatre.asset(0)?.answer.into_raw();
    let change = Oracle::queueFeedCall {
        token: at(0),
        feeds: vec![feed],
        parameters: vec![
            U256::from(HEARTBEAT_S),
            U256::ONE,
            answer * U256::from(10),
            U256::from(25),
        ],
        maxGrowthBps: U256::ZERO,
    };
    theatre.govern(oracle, change).await?;
    let price = e2e::IMockPyth::setPriceCall {
        id: B256::repeat_byte(0x11),
        price: 4_000_000_000_000,
        conf: 100,
        expo: -8,
        publishTime: U256::from(client.now().await?),
    };
    client.send(theatre.cast.maker, pyth, price).await?;
    let second = Oracle::queueSecondSourceCall {
        token: at(1),
        source: pyth,
        id: B256::repeat_byte(0x11),
        window: U256::from(3_600),
        maxConfidenceBps: U256::from(100),
        limitBps: U256::from(200),
    };
    theatre.govern(oracle, second).await?;
    let gift = ITestToken::mintCall {
        to: vault,
        amount: U256::from(5_000_000),
    };
    client.send(theatre.cast.maker, at(2), gift).await?;
    let announce = Vault::announceAbsorbCall { token: at(2) };
    theatre.govern(vault, announce).await?;
    // Told nowhere but by its event.
    let grant = Policy::grantRoleCall {
        role: role("GUARDIAN_ROLE"),
        account: nobody,
    };
    theatre.govern(policy, grant).await?;

    let seen = pending(&theatre).await?;
    let now = client.now().await?;
    let later = |when: U256| when > U256::from(now) && when <= U256::from(now + 2 * DAY_S);
    assert_eq!(seen.feedKinds[..2], [U256::ZERO, U256::ONE]);
    assert!(later(seen.feedReadyAt[0]) && later(seen.feedReadyAt[1]));
    assert_eq!(seen.feedReadyAt[2..], [U256::ZERO; 2]);
    assert_eq!(seen.feedSources[..2], [feed, pyth]);
    assert!(seen.absorbRests[2].is_zero() && later(seen.absorbEnds[2]));
    assert_eq!(seen.accounts[1], nobody);
    assert_eq!(seen.accounts[3..], [nobody, oracle, rebalancer]);
    for place in [1, 2, 6] {
        assert!(later(seen.numbers[place]), "{place}");
    }
    assert_eq!(seen.numbers[3..6], [100, 10, 20].map(U256::from));
    assert_eq!(seen.numbers[9], U256::from(start));
    assert_eq!(
        seen.targetsBps,
        [4_000, 2_500, 2_500, 1_000].map(U256::from)
    );
    let shown = screen(&theatre).await?;
    assert_eq!(shown.finalsBps, seen.targetsBps);
    assert_eq!(
        shown.targetsBps,
        [3_000, 3_500, 2_000, 1_500].map(U256::from)
    );

    // What has waited streams, moves, and is another's.
    chain::advance_by(client, 2 * DAY_S + 1).await?;
    theatre.publish().await?;
    let absorb = Vault::absorbCall { token: at(2) };
    client.send(nobody, vault, absorb).await?;
    let execute = Policy::executeModulesCall {};
    client.send(nobody, policy, execute).await?;
    client.send(nobody, vault, Vault::applyFeesCall {}).await?;
    chain::advance_by(client, DAY_S).await?;
    let seen = pending(&theatre).await?;
    assert!(!seen.absorbRests[2].is_zero());
    assert_eq!((seen.numbers[2], seen.numbers[6]), (U256::ZERO, U256::ZERO));
    assert_eq!(seen.accounts[2], nobody);
    let shown = screen(&theatre).await?;
    assert_eq!(shown.numbers[35], U256::ZERO, "the rebalancer is another");
    assert!(!shown.numbers[29].is_zero(), "a fee accrues");
    assert_ne!(shown.targetsBps, shown.finalsBps);
    Ok(())
}

/// A lens that looks at these programs.
async fn lens_of(theatre: &Theatre, programs: [Address; 4]) -> Result<Address> {
    let [vault, policy, oracle, rebalancer] = programs;
    let args = arguments((vault, policy, oracle, rebalancer));
    let (wasm, from) = (theatre.artifacts.wasm("lens")?, theatre.cast.deployer);
    let salt = keccak256(&args);
    let client = &theatre.client;
    let deployed = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &args, salt).await?;
    Ok(deployed.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_none_hides_no_other() -> Result<()> {
    let theatre = ready(Mode::Uncached).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let whole = screen(&theatre).await?;
    let programs = [suite.vault, suite.policy, suite.oracle, suite.rebalancer];
    // Nobody is there; or somebody who answers something else.
    let others = [theatre.cast.stranger, theatre.asset(0)?.token];
    for (dead, other) in (0..4).flat_map(|dead| others.map(|other| (dead, other))) {
        let mut asked = programs;
        asked[dead] = other;
        let lens = lens_of(&theatre, asked).await?;
        let seen = client.call(lens, Lens::screenCall {}).await?;
        let waits = client.call(lens, Lens::pendingCall {}).await?;
        let what = format!("{dead} is {other}");
        assert!(!seen.refusals.is_empty(), "{what}");
        assert_eq!(seen.numbers.len(), 36, "{what}");
        assert_eq!(seen.numbers[35], U256::ZERO, "{what}");
        for refusal in seen.refusals.iter().chain(&waits.refusals) {
            let unreadable = client.decode(refusal).contains("LensUnreadable");
            assert_eq!(
                unreadable,
                other == others[0] || !refusal.is_empty(),
                "{what}"
            );
        }
        if dead == 0 {
            assert!(seen.tokens.is_empty() && seen.weightsBps.is_empty());
            assert_eq!(seen.limits, whole.limits);
        } else {
            assert_eq!((&seen.tokens, &seen.held), (&whole.tokens, &whole.held));
            assert_eq!(seen.numbers[3], whole.numbers[3], "supply: {what}");
            assert!(!waits.tokens.is_empty());
        }
        if dead != 1 {
            assert_eq!(seen.numbers[7..11], whole.numbers[7..11], "{what}");
            assert_eq!(seen.numbers[32..35], whole.numbers[32..35], "{what}");
            assert_eq!(waits.targetTokens, whole.tokens, "{what}");
        }
        if dead != 3 {
            assert_eq!(seen.numbers[14..24], whole.numbers[14..24], "{what}");
        }
        if dead == 3 {
            assert_eq!(seen.numbers[1..5], whole.numbers[1..5], "{what}");
            assert_eq!(seen.numbers[14..26], [U256::ZERO; 12], "{what}");
        }
        if dead == 2 {
            assert_eq!(seen.pricesD36, [U256::ZERO; 4]);
            assert_eq!(seen.effectiveBandsBps, whole.effectiveBandsBps);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_of_a_mint_a_screen_tells_what_is_not_the_vaults() -> Result<()> {
    let theatre = raise(
        Mode::Uncached,
        tokens_of("ReentrantToken", &[18, 6], 100_000),
    )
    .await?;
    let (alice, suite) = (theatre.cast.alice, &theatre.suite);
    let (client, token) = (&theatre.client, theatre.asset(0)?.token);
    theatre.mint(alice, usd(50_000)).await?;
    let arm = IReentrantToken::armCall {
        target: suite.lens,
        data: Lens::screenCall {}.abi_encode().into(),
        bubble: false,
    };
    client.send(alice, token, arm).await?;
    // A redemption would give the token too little gas for it.
    theatre.mint(alice, usd(1_000)).await?;
    let entered = client.call(token, IReentrantToken::lastSuccessCall {});
    assert!(entered.await?, "it refuses nothing");
    let returned = client
        .call(token, IReentrantToken::lastReturnCall {})
        .await?;
    let seen = Lens::screenCall::abi_decode_returns(&returned)?;
    assert!(seen.tokens.is_empty() && seen.numbers[3].is_zero());
    let vaults = [
        Vault::holdingsCall::SELECTOR,
        Rebalancer::assessCall::SELECTOR,
        Vault::totalSupplyCall::SELECTOR,
        Vault::mintPausedUntilCall::SELECTOR,
        Vault::isLockedCall::SELECTOR,
        Vault::seededCall::SELECTOR,
        Rebalancer::auctionCall::SELECTOR,
        Vault::feesCall::SELECTOR,
        Vault::accruedFeesCall::SELECTOR,
        Vault::supplyCapCall::SELECTOR,
        Vault::pocketCountCall::SELECTOR,
    ];
    // No program is entered twice (decision 0003): its views refuse, and what needs its holdings with them.
    let refused = vaults.map(|selector| part(selector, U256::ZERO));
    assert_eq!(seen.refusedParts, refused);
    assert_eq!(seen.numbers[1], U256::ZERO, "NAV is not known");
    assert_eq!(seen.numbers[35], U256::ONE);
    assert!(!seen.limits.is_empty() && !seen.numbers[7].is_zero());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_assets_fit_into_a_call() -> Result<()> {
    let theatre = raise(Mode::Uncached, tokens_of("TestToken", &[18; 32], 10_000)).await?;
    let (client, suite) = (&theatre.client, &theatre.suite);
    let weights: Vec<u64> = (0..32).map(|i| 312 + u64::from(i < 16)).collect();
    theatre.set_targets(&weights, 100).await?;
    // The longest mandate: every asset with a rule.
    for member in &theatre.members {
        let bounds = Policy::setAssetBoundsCall {
            token: member.token,
            capBps: U256::from(5_000),
            floorD36: U256::ONE,
        };
        theatre.govern(suite.policy, bounds).await?;
    }
    theatre.publish().await?;
    let gas = async |what: &str| -> Result<u64> {
        let mut most = 0;
        for (name, data) in [
            ("screen", Lens::screenCall {}.abi_encode()),
            ("pending", Lens::pendingCall {}.abi_encode()),
        ] {
            let before = chain::snapshot(client).await?;
            let (keeper, lens) = (theatre.cast.keeper, Some(suite.lens));
            let receipt = client.send_raw(keeper, lens, U256::ZERO, data).await?;
            assert!(receipt.status(), "{name}, {what}");
            println!("{name} of 32 assets, {what}: {} gas", receipt.gas_used);
            most = most.max(receipt.gas_used);
            chain::revert(client, before).await?;
        }
        Ok(most)
    };
    let seen = screen(&theatre).await?;
    assert_eq!((seen.tokens.len(), seen.refusals.len()), (32, 0));
    let mut most = gas("at rest").await?;
    // Every feed burns all that the oracle gives it.
    for member in &theatre.members {
        let burn = IPriceFeed::setModeCall { mode: 2 };
        client.send(theatre.cast.maker, member.feed, burn).await?;
    }
    let seen = screen(&theatre).await?;
    assert_eq!(seen.refusals.len(), 34, "32 prices, and what needs all");
    most = most.max(gas("every feed burning").await?);
    quarantine_all(&theatre).await?;
    assert_eq!(screen(&theatre).await?.refusals.len(), 5);
    most = most.max(gas("all in quarantine").await?);
    assert!(most < MOST_GAS, "{most}");
    Ok(())
}

scenarios! {
    a_screen_is_what_the_programs_answer,
}
