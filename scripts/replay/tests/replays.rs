//! Short stretches of real prices through the compiled programs: what must hold of every replay.

use std::path::Path;

use alloy::primitives::U256;
use anyhow::{Context, Result};
use ballast::abi::Vault;
use ballast_replay::{grid, run, Ended, History, Outcome, Settings, Site};
use devnode::Act;

const HOUR: u64 = 3_600;

fn settings(policy: &str) -> Result<Settings> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    Ok(Settings::read(&directory.join(policy))?)
}

fn history(since: &str, hours: u64) -> Result<History> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/btc_eth_usdc_1h_2020-2024.csv");
    let from = ballast_replay::parse_date(since).and_then(|t| u64::try_from(t).ok());
    let from = from.context("no day")?;
    Ok(History::read(&[file])?.between(from, from + hours * HOUR))
}

/// {value} of amounts.
fn value(amounts: &[U256], prices: &[U256]) -> U256 {
    ballast_math::price::total_down(amounts, prices).unwrap()
}

/// How many rebalances were made in some of the hours.
fn within(outcome: &Outcome, hours: &[u64]) -> usize {
    let all = outcome.log.iter();
    all.filter(|r| hours.contains(&(r.at - r.at % HOUR)))
        .count()
}

/// Of every replay: the books balance, each rebalance is bounded, and so are all of them together.
fn assert_laws(outcome: &Outcome, settings: &Settings) {
    let count = outcome.assets.len();
    let slack = U256::from(count) * U256::from(10).pow(U256::from(12));
    for (n, asset) in outcome.assets.iter().enumerate() {
        let sum = |pick: fn(&ballast_replay::Rebalance) -> &Vec<U256>| {
            outcome
                .log
                .iter()
                .fold(U256::ZERO, |sum, r| sum + pick(r)[n])
        };
        let (sold, bought) = (sum(|r| &r.sold), sum(|r| &r.bought));
        assert_eq!(
            asset.held_last + sold,
            asset.held_first + bought,
            "{}",
            asset.symbol
        );
    }
    let limits = settings.all_limits();
    let (max_bps, week_bps, year_bps) = (limits[0], limits[9], limits[11]);
    for r in &outcome.log {
        let (sold, bought) = (
            value(&r.sold, &r.prices_d36),
            value(&r.bought, &r.prices_d36),
        );
        // NAV′ = NAV − sold + bought at the snapshot, but for the rounding of each value.
        let (left, right) = (r.nav_after_wad + sold, r.nav_before_wad + bought);
        assert!(
            left.abs_diff(right) <= slack,
            "{}: {left} and {right}",
            r.at
        );
        // inv_09: what is lost is at most the limit on what is sold.
        let most = sold * U256::from(max_bps) / U256::from(10_000) + slack;
        assert!(r.nav_before_wad <= r.nav_after_wad + most, "{}", r.at);
        assert!(r.distance_after_bps < r.distance_before_bps, "{}", r.at);
    }
    // inv_11, in parts of NAV: any window T loses at most B · (1 + T / period).
    let lost = |r: &ballast_replay::Rebalance| {
        f64::from(r.nav_before_wad.saturating_sub(r.nav_after_wad)) / f64::from(r.nav_before_wad)
    };
    for (n, first) in outcome.log.iter().enumerate() {
        let mut sum = 0.0;
        for last in &outcome.log[n..] {
            sum += lost(last);
            let window = (last.at - first.at) as f64;
            let week = week_bps as f64 / 1e4 * (1.0 + window / limits[10] as f64);
            let year = year_bps as f64 / 2e4 * (1.0 + window / (365.0 * 86_400.0));
            assert!(
                sum <= week + 1e-9 && sum <= year + 1e-9,
                "{} to {}",
                first.at,
                last.at
            );
        }
    }
    let spent: f64 = outcome.log.iter().map(|r| r.waited_s as f64).sum();
    assert!(
        outcome.log.is_empty()
            || (spent / outcome.log.len() as f64 - outcome.mean_wait_s).abs() < 1e-6
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn march_2020_keeps_the_laws_and_host_and_programs_agree_every_hour() -> Result<()> {
    let mut settings = settings("three-assets.toml")?;
    settings.keeper.check_every_h = 1;
    // With its breakers it would sit the days out.
    settings.asset.iter_mut().for_each(|a| a.breaker_bps = 0);
    let history = history("2020-03-12", 48)?;
    let site = Site::build(&history, &settings).await?;
    let Ended {
        outcome,
        track,
        chain,
    } = run(&site, &settings, &history, |_| ())?;
    assert_eq!((outcome.hours, track.times.len()), (49, 49));
    // Every hour was asked of both, and both answered the same, or the run had failed.
    assert!(outcome.checks >= 49, "{}", outcome.checks);
    // BTC lost 40 % within the day: with a band of 3 % that cannot be sat out.
    assert!(outcome.rebalances >= 2, "{}", outcome.rebalances);
    assert_laws(&outcome, &settings);
    // Nobody beats having bought the fall at its lowest by much, nor is ruined: the same assets, a few trades.
    let ratio = f64::from(outcome.nav.last_wad) / f64::from(outcome.nav.held_wad);
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
    assert!(chain.latest().header.timestamp <= outcome.to + HOUR);

    let again = run(&site, &settings, &history, |_| ())?;
    let text = |outcome: &Outcome| serde_json::to_string(outcome);
    assert_eq!(
        text(&outcome)?,
        text(&again.outcome)?,
        "a replay is the same every time"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_usdc_is_off_its_peg_nothing_is_bought_and_exits_go_on() -> Result<()> {
    let mut settings = settings("three-assets.toml")?;
    settings.keeper.check_every_h = 1;
    settings.asset.iter_mut().for_each(|a| a.band_bps = 100);
    // Until 2023-03-11 13:00 UTC, when USDC was at 0.901.
    let history = history("2023-03-10", 37)?;
    let site = Site::build(&history, &settings).await?;
    let Ended {
        outcome,
        track,
        mut chain,
    } = run(&site, &settings, &history, |_| ())?;
    let refused = outcome
        .unpriced_hours
        .get("OracleAnswerOutOfBounds")
        .copied();
    assert!(
        refused.unwrap_or_default() >= 8,
        "{:?}",
        outcome.unpriced_hours
    );
    assert_eq!(
        track.unpriced.last(),
        Some(&outcome.to),
        "the last hour is refused"
    );
    assert_eq!(within(&outcome, &track.unpriced), 0);
    assert_laws(&outcome, &settings);

    // Without bounds the fall would have been bought.
    let mut unbounded = settings.clone();
    unbounded.asset.iter_mut().for_each(|a| a.min_usd = None);
    let open = Site::build(&history, &unbounded).await?;
    let bought = run(&open, &unbounded, &history, |_| ())?;
    assert!(within(&bought.outcome, &track.unpriced) > 0);

    let holder = site.cast.deployer;
    let shares = U256::from(1_000_000) * U256::from(10).pow(U256::from(18));
    let call = Vault::redeemCall {
        shares,
        receiver: holder,
        owner: holder,
        minAmounts: vec![U256::ZERO; site.tokens.len()],
    };
    let paid = chain.act(&Act::new(holder, site.suite.vault, call))?.result;
    let paid = paid.map_err(|error| anyhow::anyhow!("{error}"))?;
    for (amount, asset) in paid.iter().zip(&outcome.assets) {
        // A tenth of the shares, rounded down.
        assert_eq!(
            *amount,
            asset.held_last / U256::from(10),
            "{}",
            asset.symbol
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_stops_rebalancing_while_it_is_open() -> Result<()> {
    let mut settings = settings("three-assets.toml")?;
    settings.keeper.check_every_h = 1;
    for asset in &mut settings.asset {
        if asset.volatility_bps > 0 {
            (asset.volatility_bps, asset.breaker_bps) = (6_000, 12_000);
        }
    }
    let history = history("2020-03-11", 48)?;
    let site = Site::build(&history, &settings).await?;
    let Ended { outcome, track, .. } = run(&site, &settings, &history, |_| ())?;
    assert!(outcome.breaker_hours > 0, "{:?}", outcome.unpriced_hours);
    assert_eq!(
        outcome.unpriced_hours.get("OracleVolatilityTooHigh"),
        Some(&outcome.breaker_hours)
    );
    assert_eq!(within(&outcome, &track.unpriced), 0);
    assert_laws(&outcome, &settings);

    // Without a breaker there would have been rebalances in these hours.
    settings.asset.iter_mut().for_each(|a| a.breaker_bps = 0);
    let site = Site::build(&history, &settings).await?;
    let Ended { outcome, .. } = run(&site, &settings, &history, |_| ())?;
    assert!(within(&outcome, &track.unpriced) > 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_band_trades_more_often_and_a_thin_market_is_refused_by_name() -> Result<()> {
    let mut settings = settings("three-assets.toml")?;
    for asset in &mut settings.asset {
        (asset.volatility_bps, asset.breaker_bps) = (0, 0);
    }
    let history = history("2020-03-12", 30)?;
    settings.grid = toml::from_str("bands_bps = [200, 600]\nramps_s = [0]")?;
    let site = Site::build(&history, &settings).await?;
    let found = grid(&site, &settings, &history, |_| ())?;
    let [narrow, wide] = &found.cells[..] else {
        anyhow::bail!("{} cells", found.cells.len());
    };
    assert!(narrow.rebalances > wide.rebalances, "{narrow:?} {wide:?}");
    assert!(narrow.mean_distance_bps < wide.mean_distance_bps);

    // A market that a hundredth of the treasury moves by 2 %.
    settings.market.depth_usd = 100_000;
    let site = Site::build(&history, &settings).await?;
    let ended = run(&site, &settings, &history, |_| ())?;
    let refused: Vec<&String> = ended.outcome.refusals.keys().collect();
    assert!(
        refused
            .iter()
            .any(|name| name.contains("Too little received")),
        "{refused:?}"
    );
    assert_laws(&ended.outcome, &settings);
    Ok(())
}
