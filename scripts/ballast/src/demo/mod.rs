//! The main job from beginning to end, told as a short story: a vote, a keeper, a crash, a way out.

mod market;
mod refused;
mod report;
mod story;

use std::time::Instant;

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use anyhow::{bail, ensure, Context, Result};

use self::{report::*, story::Story};
use crate::{
    abi::{ITimelock, Policy, Rebalancer, Vault, IERC20},
    keeper::{self, Auction, Executed, Plan},
    local::{
        chain, dao, embedded,
        stage::{usd, Listing, Member, Setting, Stage},
        uniswap,
    },
    proposal::Proposal,
};

/// Most that one trade may cost against the oracle, bps.
const MAX_SLIPPAGE_BPS: u64 = 50;
/// Rest between rebalances, seconds.
const COOLDOWN_S: u64 = 1800;
/// USD on each side of every pool: large against the treasury's trades, small against the market's.
const DEPTH_USD: u64 = 60_000_000;
/// What the DAO votes: symbol, weight, band.
const TARGETS: [(&str, u64, u64); 4] = [
    ("WETH", 3_000, 150),
    ("WBTC", 3_500, 150),
    ("USDC", 2_500, 150),
    ("LINK", 1_000, 100),
];

/// Seconds since 1970 at which the demo's chain begins: early enough for a vote before 12 March 2020.
const GENESIS: u64 = 1_582_934_400;

/// Runs the demo on an embedded chain of its own.
pub async fn on_embedded_chain(json: bool) -> Result<()> {
    let node = embedded::start(GENESIS)?;
    run(Place {
        url: &node.url(),
        keys: &node.keys(),
        json,
    })
    .await
}

/// Where the demo runs.
#[derive(Debug)]
pub struct Place<'a> {
    /// JSON-RPC over HTTP of a test chain whose clock stands before March 2020.
    pub url: &'a str,
    /// At least eight funded keys.
    pub keys: &'a [PrivateKeySigner],
    /// Print one JSON document instead of the story.
    pub json: bool,
}

/// Runs the demo; an error if anything that should happen does not, or the other way round.
pub async fn run(place: Place<'_>) -> Result<()> {
    let started = Instant::now();
    let story = Story::new(!place.json);
    let history = market::march_2020()?;
    let first = history.first().context("no prices")?;

    story.chapter("The stage");
    let setting = Setting {
        listings: vec![
            Listing::new("WETH", 18, &first.eth, 400_000),
            Listing::new("WBTC", 8, &first.btc, 400_000),
            Listing::new("USDC", 6, "1", 150_000),
            Listing::new("LINK", 18, &first.link, 50_000),
        ],
        depth_usd: Some(DEPTH_USD),
        limits: vec![
            (0, U256::from(MAX_SLIPPAGE_BPS)),
            (1, U256::from(COOLDOWN_S)),
        ],
    };
    let mut stage = Stage::set(place.url, place.keys, &setting).await?;
    let chain_id = stage.client.provider.get_chain_id().await?;
    let programs: Vec<ProgramReport> = programs(&stage)?;
    story.programs(chain_id, &programs);

    story.chapter("Two depositors join");
    stage.mint(stage.cast.alice, usd(300_000)).await?;
    stage.mint(stage.cast.bob, usd(100_000)).await?;
    story.line(
        "Alice minted 300,000 shares in kind, Bob 100,000; the DAO's own treasury holds 1,000,000.",
    );

    story.chapter("The DAO votes");
    let proposal = targets_proposal(&stage).await?;
    let proposal_id = dao::pass(&stage.client, &stage.dao, &proposal).await?;
    let timelock_delay_s: u64 = stage
        .client
        .call(stage.dao.timelock, ITimelock::getMinDelayCall {})
        .await?
        .saturating_to();
    let targets = stage
        .client
        .call(stage.suite.policy, Policy::targetsCall {})
        .await?;
    let (_, targets_bps, ..): (_, Vec<U256>, _, _, _, _) = targets.into();
    story.line(&format!(
        "Proposed, voted, queued, waited {} hours, executed: {}.",
        timelock_delay_s / 3600,
        TARGETS
            .map(|(s, w, _)| format!("{s} {:.1} %", w as f64 / 100.0))
            .join(", ")
    ));

    chain::advance_to(&stage.client, first.time).await?;
    follow(&mut stage, first).await?;
    let mut refused = refused::without_role(&stage).await?;
    let plan = eligible_plan(&stage)
        .await?
        .context("the vote left nothing to rebalance")?;
    // At the end of the ramp, where the bound is loosest.
    let auction = open(&stage).await?;
    chain::advance_to(&stage.client, auction.ramp_end).await?;
    refused.extend(refused::under_attack(&stage, &plan).await?);

    story.chapter("A keeper that nobody authorised");
    let mut rebalances = Vec::new();
    rebalances.push(rebalance(&stage, &plan, &story, first).await?);
    refused.extend(refused::too_soon(&stage, &plan).await?);

    story.chapter("12 and 13 March 2020, hour by hour");
    for hour in history.iter().skip(1) {
        chain::advance_to(&stage.client, hour.time).await?;
        follow(&mut stage, hour).await?;
        match eligible_plan(&stage).await? {
            Some(plan) => {
                rebalances.push(rebalance(&stage, &plan, &story, hour).await?);
            }
            None if refused.iter().all(|r| r.attempt != refused::INSIDE_BAND) => {
                rest(&stage).await?;
                refused.push(refused::inside_band(&stage, &plan).await?);
            }
            None => {}
        }
    }

    story.chapter("Refused");
    story.refused(&refused);

    story.chapter("Alice leaves");
    let redemption = redeem_all(&stage, stage.cast.alice).await?;
    story.redemption(&redemption);

    let report = Report {
        chain_id,
        programs,
        governance: GovernanceReport {
            proposal_id: proposal_id.to_string(),
            timelock_delay_s,
            targets_bps: targets_bps.iter().map(|w| w.saturating_to()).collect(),
        },
        rebalances,
        refused,
        redemption,
        elapsed_ms: started.elapsed().as_millis().try_into()?,
    };
    report.check(MAX_SLIPPAGE_BPS)?;
    if place.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        story.end(&report);
    }
    Ok(())
}

fn programs(stage: &Stage) -> Result<Vec<ProgramReport>> {
    stage
        .suite
        .programs
        .iter()
        .map(|p| {
            let measured = stage.artifacts.measured(p.name)?;
            Ok(ProgramReport {
                name: p.name.into(),
                address: p.on_chain.address,
                compressed_bytes: p.on_chain.compressed_bytes,
                wasm_bytes: p.wasm_bytes,
                data_bytes: measured.data_bytes,
                pages: measured.pages,
            })
        })
        .collect()
}

async fn targets_proposal(stage: &Stage) -> Result<Proposal> {
    let nonce = stage
        .client
        .call(stage.suite.policy, Policy::governanceNonceCall {})
        .await?;
    let mut tokens = Vec::new();
    for (symbol, _, _) in TARGETS {
        tokens.push(stage.member(symbol)?.token);
    }
    let call = Policy::setTargetsCall {
        tokens,
        weightsBps: TARGETS.iter().map(|t| U256::from(t.1)).collect(),
        bandsBps: TARGETS.iter().map(|t| U256::from(t.2)).collect(),
        start: U256::ZERO,
        duration: U256::ZERO,
        expectedNonce: nonce,
    };
    Ok(Proposal {
        targets: vec![stage.suite.policy],
        values: vec![U256::ZERO],
        calldatas: vec![call.abi_encode().into()],
        description: "Set the treasury's target weights".into(),
    })
}

/// Feeds and pools take this hour's prices.
async fn follow(stage: &mut Stage, hour: &market::Hour) -> Result<()> {
    for (symbol, price) in [
        ("WETH", &hour.eth),
        ("WBTC", &hour.btc),
        ("LINK", &hour.link),
    ] {
        stage.set_price(symbol, price).await?;
    }
    stage.publish().await?;
    stage.arbitrage().await
}

/// The plan, if the treasury is eligible and may be rebalanced now.
async fn eligible_plan(stage: &Stage) -> Result<Option<Plan>> {
    let plan = match keeper::plan(&stage.client, &stage.suite).await? {
        Ok(plan) => plan,
        Err(refusal) => bail!("no plan at this hour's prices: {refusal}"),
    };
    Ok((plan.reason != 0 && !plan.sells.is_empty()).then_some(plan))
}

/// The call that executes a plan through the pools.
async fn route(stage: &Stage, plan: &Plan) -> Result<Rebalancer::rebalanceCall> {
    let data = keeper::uniswap_v3_route(plan.sells.iter().map(|_| uniswap::FEE))?;
    let filler = stage.suite.filler;
    keeper::rebalance_call(&stage.client, &stage.suite, plan, filler, data).await
}

/// Waits until the last rebalance has rested.
async fn rest(stage: &Stage) -> Result<()> {
    let next_at = keeper::next_at(&stage.client, &stage.suite).await?;
    if stage.client.now().await? < next_at {
        chain::advance_to(&stage.client, next_at).await?;
    }
    Ok(())
}

/// Opens the auction as the keeper.
async fn open(stage: &Stage) -> Result<Auction> {
    rest(stage).await?;
    match keeper::open(&stage.client, &stage.suite, stage.cast.keeper).await? {
        Ok(auction) => Ok(auction),
        Err(refusal) => bail!("an eligible auction was refused: {refusal}"),
    }
}

/// Opens the auction, executes the plan as soon as it pays, tells it, and reports it.
async fn rebalance(
    stage: &Stage,
    plan: &Plan,
    story: &Story,
    hour: &market::Hour,
) -> Result<RebalanceReport> {
    let before = weights(stage).await?;
    let auction = open(stage).await?;
    loop {
        let call = route(stage, plan).await?;
        match keeper::execute(&stage.client, &stage.suite, stage.cast.keeper, call).await? {
            Ok(done) => {
                story.rebalance(stage, hour, &done, &before, &weights(stage).await?);
                return Ok(rebalance_report(stage, &done));
            }
            // It does not pay yet: a minute later less is asked.
            Err(refusal) => {
                let now = stage.client.now().await?;
                ensure!(
                    now < auction.ramp_end,
                    "an eligible rebalance was refused: {refusal}"
                );
                chain::advance_to(&stage.client, now + 60).await?;
            }
        }
    }
}

fn rebalance_report(stage: &Stage, done: &Executed) -> RebalanceReport {
    let r = &done.report;
    // 1e18 = all of NAV, 1e14 = 1 bps.
    let bps = |wad: U256| -> f64 { f64::from(wad) / 1e14 };
    RebalanceReport {
        tx: done.receipt.transaction_hash,
        gas: done.receipt.gas_used,
        assets: stage.members.len(),
        trades: done.trades,
        distance_before_bps: bps(r.distanceBeforeWad),
        distance_after_bps: bps(r.distanceAfterWad),
        nav_before: r.navBefore.to_string(),
        nav_after: r.navAfter.to_string(),
        turnover_bps: r.turnoverBps.saturating_to(),
        loss_bps: r.lossBps.saturating_to(),
        released_bps: r.allowedBps.saturating_to(),
    }
}

/// Recorded holdings, in the vault's order.
async fn holdings(stage: &Stage) -> Result<Vec<U256>> {
    let answer = stage
        .client
        .call(stage.suite.vault, Vault::holdingsCall {})
        .await?;
    let (_, held): (Vec<Address>, _) = answer.into();
    Ok(held)
}

/// Weight of every asset now, bps.
async fn weights(stage: &Stage) -> Result<Vec<f64>> {
    let held = holdings(stage).await?;
    let values: Vec<f64> = stage
        .members
        .iter()
        .zip(held)
        .map(|(m, h)| Ok(f64::from(m.value(h)?)))
        .collect::<Result<_>>()?;
    let nav: f64 = values.iter().sum();
    Ok(values.iter().map(|v| v / nav * 1e4).collect())
}

async fn redeem_all(stage: &Stage, who: Address) -> Result<RedemptionReport> {
    let vault = stage.suite.vault;
    let balance = |m: &Member| {
        let call = IERC20::balanceOfCall { account: who };
        let token = m.token;
        async move { stage.client.call(token, call).await }
    };
    let shares = stage
        .client
        .call(vault, Vault::balanceOfCall { account: who })
        .await?;
    let supply = stage.client.call(vault, Vault::totalSupplyCall {}).await?;
    let held = holdings(stage).await?;
    let mut before = Vec::new();
    for m in &stage.members {
        before.push(balance(m).await?);
    }
    let call = Vault::redeemCall {
        shares,
        receiver: who,
        owner: who,
        minAmounts: vec![U256::ZERO; stage.members.len()],
    };
    let receipt = stage.client.send(who, vault, call).await?;
    let (mut value_in, mut value_out, mut one_unit_each) = (U256::ZERO, U256::ZERO, U256::ZERO);
    for ((m, held), before) in stage.members.iter().zip(held).zip(before) {
        // {value} = {share} * {value} / {share}, exact to a unit of WAD
        let part = alloy::primitives::U512::from(m.value(held)?)
            * alloy::primitives::U512::from(shares)
            / alloy::primitives::U512::from(supply);
        value_in += U256::from(part);
        value_out += m.value(balance(m).await? - before)?;
        one_unit_each += m.value(U256::ONE)?.max(U256::ONE) + U256::ONE;
    }
    ensure!(
        value_out <= value_in,
        "redeemed {value_out} for a part worth {value_in}"
    );
    ensure!(
        value_in - value_out <= one_unit_each,
        "redeemed {value_out} of {value_in}: more than a unit of each asset is missing"
    );
    Ok(RedemptionReport {
        shares: shares.to_string(),
        value_in: value_in.to_string(),
        value_out: value_out.to_string(),
        gas: receipt.gas_used,
    })
}
