//! `ballast status`.

use alloy::primitives::U256;
use anyhow::Result;
use ballast::abi::{IPriceFeed, Policy};

use crate::scene::{assert_schema, ballast, finish, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_weights_beside_targets() -> Result<()> {
    let scene = Scene::new().await?;
    let status = scene.run(&["--json", "status"]).await?.json()?;
    assert_schema("status", &status);
    let of = |field: &str| -> Vec<_> {
        let assets = status["assets"].as_array().cloned().unwrap_or_default();
        assets.iter().map(|asset| asset[field].clone()).collect()
    };
    // The stage is seeded with 400,000, 300,000, 200,000 and 100,000 USD.
    assert_eq!(of("symbol"), ["WETH", "WBTC", "USDC", "LINK"]);
    assert_eq!(of("target_bps"), [4000, 3000, 2000, 1000]);
    for (weight, seeded) in of("weight_bps").iter().zip([4000, 3000, 2000, 1000]) {
        let weight = weight.as_u64().unwrap_or_default();
        assert!(weight.abs_diff(seeded) <= 1, "{weight} for {seeded}");
    }
    assert_eq!(status["reason"], "none");

    // The same over WebSocket.
    let socket = scene.theatre.node.url().replace("http://", "ws://");
    let other = scene.run(&["--rpc", &socket, "--json", "status"]).await?;
    assert_eq!(other.json()?, status);

    let text = scene.run(&["status"]).await?;
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out.contains("WETH") && text.out.contains("40.00"),
        "{}",
        text.out
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_holdings_while_prices_are_refused_and_says_why() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let dead = IPriceFeed::setModeCall { mode: 1 };
    let feed = theatre.members[1].feed;
    theatre.client.send(theatre.cast.maker, feed, dead).await?;
    let until = U256::from(theatre.client.now().await? + 86_400);
    let pause = Policy::pauseRebalanceCall { until };
    let (guardian, policy) = (theatre.cast.guardian, theatre.suite.policy);
    theatre.client.send(guardian, policy, pause).await?;

    let status = scene.run(&["--json", "status"]).await?.json()?;
    assert_schema("status", &status);
    assert!(status["nav_wad"].is_null() && status["assets"][0]["price_d36"].is_null());
    let held = serde_json::to_value(theatre.held().await?[0])?;
    assert_eq!(status["assets"][0]["held"], held);
    assert_eq!(status["assets"][0]["target_bps"], 4000);
    let refused = status["refused"]["message"].to_string();
    assert!(
        refused.contains("does not answer") && refused.contains("OracleFeedUnreadable"),
        "{refused}"
    );
    assert_eq!(status["rebalancing_paused_until"], until.to::<u64>());
    assert_eq!(status["guardian"][0]["words"], "rebalancing is paused");

    let text = scene.run(&["status"]).await?;
    assert!(
        text.code == 0 && text.out.contains("no prices: The feed"),
        "{}",
        text.out
    );
    assert!(
        text.out.contains("budgets left") && text.out.contains("rebalancing is paused until 20"),
        "{}",
        text.out
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_with_what_to_do() -> Result<()> {
    let scene = Scene::new().await?;
    let kind = |ran: &crate::scene::Ran| -> Result<(i32, String)> {
        Ok((ran.code, ran.failure()?["message"].to_string()))
    };
    let ran = scene
        .run(&["--json", "--deployment", "nowhere.json", "status"])
        .await?;
    let (code, message) = kind(&ran)?;
    assert!(
        code == 3 && message.contains("nowhere.json"),
        "{code} {message}"
    );

    let mut other = scene.record()?;
    other.chain_id = 42_161;
    let path = scene.directory.path().join("one.json");
    other.write(&path)?;
    let ran = scene
        .run(&["--json", "--deployment", "one.json", "status"])
        .await?;
    let (code, message) = kind(&ran)?;
    assert!(
        code == 4 && message.contains("42161") && message.contains("412346"),
        "{message}"
    );

    let mut command = ballast(scene.directory.path());
    command.args(["--json", "--rpc", "http://127.0.0.1:1", "status"]);
    let (code, message) = kind(&finish(command).await?)?;
    assert!(
        code == 4 && message.contains("127.0.0.1:1"),
        "{code} {message}"
    );

    let mut command = ballast(scene.directory.path());
    command.args(["--json", "--rpc", "gopher://x", "status"]);
    let (code, _) = kind(&finish(command).await?)?;
    assert_eq!(code, 4);
    Ok(())
}
