//! Several keepers side by side, and the mode in which a keeper earns nothing.

use alloy::{primitives::U256, providers::Provider};
use anyhow::Result;
use ballast::local::chain;
use ballast_keeper::{execute::Event, keeper::Keeper, strategy::Why};

use crate::scene::{automine, drifted, events, keeper, now, place, why};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keepers_one_acts_and_the_other_loses_nothing() -> Result<()> {
    let theatre = drifted().await?;
    let (mut first, mut second) = (
        keeper(&theatre, theatre.cast.keeper, "")?,
        keeper(&theatre, theatre.cast.stranger, "")?,
    );
    let opened = first.turn(now(&theatre).await?).await?;
    assert_eq!(opened.action, Some("open"));
    let late = second.turn(now(&theatre).await?).await?;
    let Some(Why::TooEarly { pays_at }) = why(&late) else {
        anyhow::bail!("{late:?}");
    };
    chain::advance_to(&theatre.client, *pays_at).await?;
    theatre.publish().await?;
    // Both decide on the same block and wait for the next one.
    automine(&theatre, false).await?;
    let one = first.turn(now(&theatre).await?).await?;
    let other = second.turn(now(&theatre).await?).await?;
    assert_eq!((one.action, one.sent), (Some("rebalance"), true));
    assert_eq!((other.action, other.sent), (Some("rebalance"), true));
    // Whoever sent already does not send again, whatever it sees.
    let again = first.turn(now(&theatre).await?).await?;
    assert_eq!(why(&again), Some(&Why::InFlight));
    chain::advance_by(&theatre.client, 1).await?;
    let one = first.turn(now(&theatre).await?).await?;
    let other = second.turn(now(&theatre).await?).await?;
    assert_eq!(events(&one), [Event::Mined]);
    // The race is lost on chain, by name and cheaply; there is no second rebalance.
    assert_eq!(events(&other), [Event::Reverted]);
    let fees: Vec<_> = [&one, &other]
        .iter()
        .filter_map(|turn| turn.transactions[0].fee)
        .collect();
    assert!(fees[1] < fees[0] / U256::from(2), "{fees:?}");
    assert_eq!(one.action, None);
    assert_eq!(other.action, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_race_that_is_seen_in_time_costs_nothing() -> Result<()> {
    let theatre = drifted().await?;
    let (mut first, mut second) = (
        keeper(&theatre, theatre.cast.keeper, "")?,
        keeper(&theatre, theatre.cast.stranger, "")?,
    );
    assert_eq!(
        second.turn(now(&theatre).await?).await?.action,
        Some("open")
    );
    chain::advance_by(&theatre.client, 1_800).await?;
    theatre.publish().await?;
    let before = second.turn(now(&theatre).await?).await?;
    assert_eq!(before.action, Some("rebalance"));
    let late = first.turn(now(&theatre).await?).await?;
    assert_eq!(why(&late), Some(&Why::NotDue));
    // Nothing was ever sent from it.
    let nonce = theatre
        .client
        .provider
        .get_transaction_count(theatre.cast.keeper);
    let used = nonce.await?;
    let again = first.turn(now(&theatre).await?).await?;
    assert!(again.transactions.is_empty() && again.spent_today.is_zero());
    let nonce = theatre
        .client
        .provider
        .get_transaction_count(theatre.cast.keeper);
    assert_eq!(nonce.await?, used);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_keeper_stops_at_its_ceilings() -> Result<()> {
    let theatre = drifted().await?;
    for (more, wanted) in [
        ("[gas]\nmax_price_gwei = 0.01\n", "gas_price"),
        ("[gas]\nmax_fee_usd = 0.0001\n", "fee"),
        ("[gas]\nbudget_usd_per_day = 0.0001\n", "gas_budget"),
        ("[gas]\nmax_reverts_per_day = 0\n", "too_many_reverts"),
        // The pools alone take 5 bps.
        ("[trade]\nmax_cost_bps = 4.0\n", "does_not_pay"),
    ] {
        let mut keeper = keeper(&theatre, theatre.cast.keeper, more)?;
        let turn = keeper.turn(now(&theatre).await?).await?;
        assert_eq!(why(&turn).map(Why::name), Some(wanted), "{turn:?}");
        assert!(turn.transactions.is_empty(), "{turn:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stuck_is_sent_again_an_eighth_dearer_and_never_above_the_ceiling() -> Result<()> {
    let theatre = drifted().await?;
    // At most 0.25 gwei, where gas costs 0.1 and twice that is offered: one replacement fits below it.
    let more = "[gas]\nmax_price_gwei = 0.25\nreplace_after_s = 10\n";
    let mut keeper = keeper(&theatre, theatre.cast.keeper, more)?;
    automine(&theatre, false).await?;
    let begun = now(&theatre).await?;
    let sent = keeper.turn(begun).await?;
    assert_eq!((sent.action, sent.sent), (Some("open"), true));
    let early = keeper.turn(begun + 9).await?;
    assert_eq!(events(&early), []);
    let replaced = keeper.turn(begun + 10).await?;
    assert_eq!(events(&replaced), [Event::Replaced]);
    assert_eq!(replaced.transactions[0].nonce, sent.transactions[0].nonce);
    assert_ne!(replaced.transactions[0].hash, sent.transactions[0].hash);
    // 0.225 gwei by now; another eighth would be 0.253.
    let repeated = keeper.turn(begun + 20).await?;
    assert_eq!(events(&repeated), [Event::Repeated]);
    assert_eq!(repeated.transactions[0].hash, replaced.transactions[0].hash);
    chain::advance_by(&theatre.client, 1).await?;
    let mined = keeper.turn(begun + 21).await?;
    assert_eq!(events(&mined), [Event::Mined]);
    assert_eq!(mined.transactions[0].hash, replaced.transactions[0].hash);
    assert!(mined.opening.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_and_would_revert_by_now_makes_way() -> Result<()> {
    let theatre = drifted().await?;
    let mut first = keeper(&theatre, theatre.cast.keeper, "")?;
    let mut second = keeper(&theatre, theatre.cast.stranger, "")?;
    automine(&theatre, false).await?;
    let begun = now(&theatre).await?;
    assert!(first.turn(begun).await?.sent);
    // It is dropped, and somebody else opens.
    let provider = &theatre.client.provider;
    let _: serde_json::Value = provider
        .raw_request("anvil_dropAllTransactions".into(), ())
        .await?;
    assert!(second.turn(begun).await?.sent);
    chain::advance_by(&theatre.client, 1).await?;
    let turn = first.turn(begun + 10).await?;
    assert_eq!(turn.transactions[0].event, Event::Cancelled, "{turn:?}");
    chain::advance_by(&theatre.client, 1).await?;
    let turn = first.turn(begun + 12).await?;
    assert_eq!(turn.transactions[0].event, Event::Mined);
    assert_eq!(turn.transactions[0].kind, "cancel");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_sending_and_mining_sends_nothing_twice() -> Result<()> {
    let theatre = drifted().await?;
    let file = std::env::temp_dir().join(format!("keeper-restart-{}.json", std::process::id()));
    // A field of the whole configuration stands before its tables.
    let text = format!(
        "state_file = {file:?}\n[venues]\nquoter = \"{}\"\n",
        theatre.uniswap.quoter
    );
    let place = place(&theatre, theatre.cast.keeper, &text)?;
    automine(&theatre, false).await?;
    let begun = now(&theatre).await?;
    let sent = Keeper::new(place.clone())?.turn(begun).await?;
    assert!(sent.sent, "{sent:?}");
    let mut other = Keeper::new(place)?;
    let waits = other.turn(begun + 1).await?;
    assert_eq!(why(&waits), Some(&Why::InFlight));
    chain::advance_by(&theatre.client, 1).await?;
    let mined = other.turn(begun + 2).await?;
    assert_eq!(mined.transactions[0].event, Event::Mined);
    assert_eq!(mined.transactions[0].hash, sent.transactions[0].hash);
    assert!(mined.spent_today > U256::ZERO);
    std::fs::remove_file(&file)?;
    Ok(())
}
