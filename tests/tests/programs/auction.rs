//! The auction on the compiled programs, and those who would spoil it: donors, depositors, other keepers.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::{ensure, Result};
use ballast::{
    abi::{Policy, Rebalancer, Vault},
    keeper::{self, Auction, Executed},
    local::{chain, stage::usd},
};
use e2e::{assert_refused, four_assets, limit, raise, scenarios, Mode, Theatre};

/// The policy's defaults, seconds.
const RAMP_S: u64 = 1_800;
const HOLD_S: u64 = 3_600;
const SLICE_COOLDOWN_S: u64 = 60;
const COOLDOWN_S: u64 = 3_600;
/// How long a guardian's act lasts, seconds.
const GUARDIAN_ACT_S: u64 = 14 * 86_400;

/// Four assets under the default limits, 10 % of NAV from their targets, and a filler that pays the least it is told.
async fn drifted(mode: Mode) -> Result<(Theatre, Address)> {
    let mut setting = four_assets();
    setting.limits.clear();
    let theatre = raise(mode, setting).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    Ok((theatre, filler))
}

async fn open(theatre: &Theatre) -> Result<Auction> {
    match keeper::open(&theatre.client, &theatre.suite, theatre.cast.keeper).await? {
        Ok(auction) => Ok(auction),
        Err(refusal) => anyhow::bail!("not opened: {refusal}"),
    }
}

async fn auction(theatre: &Theatre) -> Result<Auction> {
    match keeper::auction(&theatre.client, &theatre.suite).await? {
        Ok(auction) => Ok(auction),
        Err(refusal) => anyhow::bail!("no auction: {refusal}"),
    }
}

/// The end of the ramp, with feeds that have just spoken.
async fn end_of_ramp(theatre: &Theatre, auction: &Auction) -> Result<()> {
    chain::advance_to(&theatre.client, auction.ramp_end).await?;
    theatre.publish().await
}

/// The whole plan, without a deadline.
async fn whole(theatre: &Theatre, filler: Address) -> Result<Rebalancer::rebalanceCall> {
    let plan = theatre.plan().await?;
    let call = theatre.call_of(&plan, filler).await?;
    Ok(Rebalancer::rebalanceCall {
        deadline: U256::MAX,
        ..call
    })
}

/// Everything useful was made, the opening is closed, the full rest has begun.
async fn assert_done(theatre: &Theatre, done: &Executed) -> Result<()> {
    assert!(done.report.distanceAfterWad < done.report.distanceBeforeWad / U256::from(10));
    assert_eq!(auction(theatre).await?.opened_at, 0, "the opening goes on");
    let next_at = keeper::next_at(&theatre.client, &theatre.suite).await?;
    let now = theatre.client.now().await?;
    assert_eq!(next_at, now + COOLDOWN_S);
    Ok(())
}

async fn what_is_asked_falls_from_a_gain_to_the_greatest_slippage(mode: Mode) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    let call = whole(&theatre, filler).await?;
    let auction = open(&theatre).await?;
    assert_eq!(auction.ramp_end, auction.opened_at + RAMP_S);
    assert_eq!(auction.until, auction.ramp_end + HOLD_S);
    let least = async || -> Result<Vec<U256>> {
        let answer = theatre
            .client
            .call(theatre.suite.rebalancer, Rebalancer::planCall {})
            .await?;
        Ok(answer.keptWad)
    };
    let one = U256::from(10).pow(U256::from(18));
    let first = least().await?;
    assert!(first.iter().all(|kept| *kept > one), "no gain: {first:?}");
    chain::advance_to(&theatre.client, auction.opened_at + RAMP_S / 2).await?;
    let second = least().await?;
    assert!(first.iter().zip(&second).all(|(a, b)| a > b));
    end_of_ramp(&theatre, &auction).await?;
    let last = least().await?;
    let max = one - one / U256::from(200);
    assert!(last.iter().all(|kept| *kept == max), "{last:?}");
    let done = theatre.rebalance(call).await?;
    assert_eq!(done.report.openedAt, U256::from(auction.opened_at));
    // Half a per cent of a tenth.
    assert_eq!(done.report.lossBps, U256::from(5));
    assert_done(&theatre, &done).await
}

async fn without_an_opening_a_rebalance_must_gain(mode: Mode) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    // Pays 10 bps less than is asked: still far above what the end of a ramp would ask.
    let poor = theatre.hostile_filler(2, 10).await?;
    let words = theatre
        .rebalance_refusal(whole(&theatre, poor).await?)
        .await?;
    assert_refused(&words, "RebalanceSlippage");
    // Pays what is asked and a hundredth of a per cent, which covers the rounding.
    let rich = theatre.hostile_filler(9, 1).await?;
    let done = theatre.rebalance(whole(&theatre, rich).await?).await?;
    ensure!(done.report.navAfter > done.report.navBefore, "no gain");
    assert_eq!(done.report.openedAt, U256::ZERO);
    theatre.assert_sound(filler).await
}

async fn a_restart_of_the_sequencer_voids_the_opening(mode: Mode) -> Result<()> {
    let (theatre, _) = drifted(mode).await?;
    let opening = open(&theatre).await?;
    theatre
        .set_sequencer(true, theatre.client.now().await?)
        .await?;
    // Longer than its grace, shorter than the opening would have lasted.
    chain::advance_to(&theatre.client, opening.until - 1).await?;
    theatre.publish().await?;
    assert_eq!(auction(&theatre).await?.opened_at, 0);
    // What the end of a ramp would have let through is not enough any more.
    let poor = theatre.hostile_filler(2, 10).await?;
    let words = theatre
        .rebalance_refusal(whole(&theatre, poor).await?)
        .await?;
    assert_refused(&words, "RebalanceSlippage");
    let anew = open(&theatre).await?;
    assert!(anew.opened_at > opening.opened_at);
    Ok(())
}

/// The guardian tightens a limit; answers when that ends.
async fn tighten(theatre: &Theatre, id: u64, seconds: u64) -> Result<u64> {
    let call = Policy::setLimitCall {
        id: U256::from(id),
        value: U256::from(seconds),
    };
    let (client, policy) = (&theatre.client, theatre.suite.policy);
    chain::send_as(client, theatre.cast.guardian, policy, call).await?;
    Ok(client.now().await? + GUARDIAN_ACT_S)
}

async fn the_end_of_a_guardians_act_voids_the_opening(mode: Mode) -> Result<()> {
    let (theatre, _) = drifted(mode).await?;
    // A ramp of a day, of which next to nothing has passed when the act ends.
    let end = tighten(&theatre, limit::RAMP_S, 86_400).await?;
    chain::advance_to(&theatre.client, end - 2 * RAMP_S).await?;
    theatre.publish().await?;
    let opened = open(&theatre).await?;
    assert_eq!(opened.ramp_end, opened.opened_at + 86_400);
    chain::advance_to(&theatre.client, end - 1).await?;
    assert_eq!(auction(&theatre).await?.opened_at, opened.opened_at);
    // By the governor's limits its ramp would be over, and all of it allowed at once.
    chain::advance_to(&theatre.client, end).await?;
    theatre.publish().await?;
    assert_eq!(auction(&theatre).await?.opened_at, 0, "the opening goes on");
    let anew = open(&theatre).await?;
    assert_eq!(anew.ramp_end, anew.opened_at + RAMP_S);
    Ok(())
}

async fn a_guardians_cooldown_ends_with_his_act(mode: Mode) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    let month = 30 * 86_400;
    let end = tighten(&theatre, limit::COOLDOWN_S, month).await?;
    chain::advance_to(&theatre.client, end - 3_600).await?;
    theatre.publish().await?;
    open(&theatre).await?;
    theatre.rebalance(whole(&theatre, filler).await?).await?;
    let done_at = theatre.client.now().await?;
    let next_at = async || keeper::next_at(&theatre.client, &theatre.suite).await;
    assert_eq!(next_at().await?, done_at + month);
    chain::advance_to(&theatre.client, end).await?;
    assert_eq!(next_at().await?, done_at + COOLDOWN_S);
    Ok(())
}

async fn a_donation_a_redemption_and_a_mint_change_nothing_for_a_keeper(mode: Mode) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    theatre.mint(theatre.cast.alice, usd(50_000)).await?;
    theatre.publish().await?;
    let call = whole(&theatre, filler).await?;
    let opening = open(&theatre).await?;
    // A donation of everything.
    for member in &theatre.members {
        let amount = member.amount(usd(1_000_000))?;
        theatre.grant(member, theatre.suite.vault, amount).await?;
    }
    // One unit of a share.
    let redeem = Vault::redeemCall {
        shares: U256::ONE,
        receiver: theatre.cast.alice,
        owner: theatre.cast.alice,
        minAmounts: vec![U256::ZERO; theatre.members.len()],
    };
    theatre
        .client
        .send(theatre.cast.alice, theatre.suite.vault, redeem)
        .await?;
    // Twice as much as there is.
    theatre.mint(theatre.cast.bob, usd(1_000_000)).await?;
    assert_eq!(auction(&theatre).await?, opening);
    end_of_ramp(&theatre, &opening).await?;
    let done = theatre.rebalance(call).await?;
    assert!(
        done.report.navBefore > usd(2_000_000),
        "the mint counts, the donation does not"
    );
    assert!(
        done.report.navBefore < usd(2_100_000),
        "the mint counts, the donation does not"
    );
    assert_done(&theatre, &done).await
}

async fn a_lost_race_is_a_cheap_named_refusal(mode: Mode) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    let call = whole(&theatre, filler).await?;
    let opening = open(&theatre).await?;
    let keeper = theatre.cast.keeper;
    let words = theatre
        .refusal(keeper, theatre.suite.rebalancer, Rebalancer::openCall {})
        .await?;
    assert_refused(&words, "RebalanceAlreadyOpen");
    end_of_ramp(&theatre, &opening).await?;
    let done = theatre.rebalance(call.clone()).await?;
    let words = theatre.rebalance_refusal(call.clone()).await?;
    assert_refused(&words, "RebalanceCooldown");
    let lost = theatre
        .client
        .send_raw(
            keeper,
            Some(theatre.suite.rebalancer),
            U256::ZERO,
            call.abi_encode(),
        )
        .await?;
    assert!(!lost.status());
    assert!(
        lost.gas_used < done.receipt.gas_used / 2,
        "{} of {}",
        lost.gas_used,
        done.receipt.gas_used
    );
    Ok(())
}

async fn a_griefers_slices_neither_end_the_opening_nor_start_the_cooldown(
    mode: Mode,
) -> Result<()> {
    let (theatre, filler) = drifted(mode).await?;
    let call = whole(&theatre, filler).await?;
    let opening = open(&theatre).await?;
    end_of_ramp(&theatre, &opening).await?;
    // The least share: a tenth of the plan, and a little for the slippage it loses.
    let mut slices = 0;
    for _ in 0..3 {
        let plan = theatre.plan().await?;
        let mut slice = whole(&theatre, filler).await?;
        slice.mosts = plan
            .amounts
            .iter()
            .map(|amount| amount * U256::from(12) / U256::from(100))
            .collect();
        let done = theatre.rebalance(slice).await?;
        slices += 1;
        assert_eq!(auction(&theatre).await?, opening, "slice {slices}");
        let now = theatre.client.now().await?;
        let next_at = keeper::next_at(&theatre.client, &theatre.suite).await?;
        assert_eq!(next_at, now + SLICE_COOLDOWN_S);
        assert!(done.report.distanceAfterWad < done.report.distanceBeforeWad);
        let words = theatre.rebalance_refusal(call.clone()).await?;
        assert_refused(&words, "RebalanceCooldown");
        chain::advance_to(&theatre.client, next_at).await?;
    }
    // The honest keeper's call from before them passes as it is.
    let done = theatre.rebalance(call).await?;
    assert_done(&theatre, &done).await
}

scenarios! {
    what_is_asked_falls_from_a_gain_to_the_greatest_slippage,
    without_an_opening_a_rebalance_must_gain,
    a_restart_of_the_sequencer_voids_the_opening,
    the_end_of_a_guardians_act_voids_the_opening,
    a_guardians_cooldown_ends_with_his_act,
    a_donation_a_redemption_and_a_mint_change_nothing_for_a_keeper,
    a_lost_race_is_a_cheap_named_refusal,
    a_griefers_slices_neither_end_the_opening_nor_start_the_cooldown,
}
