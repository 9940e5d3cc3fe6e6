//! `ballast status`.

use alloy::primitives::U256;
use anyhow::Result;
use ballast::abi::{IPriceFeed, Policy, Vault};

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
    assert!(status["nav_wad"].is_null() && status["distance_bps"].is_null());
    // One dead feed hides one price.
    for (asset, hidden) in [false, true, false, false].iter().enumerate() {
        for field in ["price_d36", "priced_at", "value_wad"] {
            let told = &status["assets"][asset][field];
            assert_eq!(told.is_null(), *hidden, "{field} of {asset}: {told}");
        }
        assert!(status["assets"][asset]["weight_bps"].is_null());
    }
    let untold = &status["untold"][0]["what"];
    assert_eq!(
        (&untold[0], &untold[1]),
        (&"NAV".into(), &"the price of WBTC".into())
    );
    assert_eq!(
        status["untold"].as_array().map(Vec::len),
        Some(1),
        "{status:#}"
    );
    assert_eq!(status["untold"][0]["message"], status["refused"]["message"]);
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
        text.code == 0
            && text
                .out
                .contains("not known: NAV, the price of WBTC, distance"),
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
async fn status_tells_what_it_can_with_all_weight_in_quarantine() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let before = scene.run(&["--json", "status"]).await?.json()?;
    for member in &theatre.members {
        let call = Policy::setModeCall {
            token: member.token,
            mode: U256::from(2),
        };
        theatre.govern(theatre.suite.policy, call).await?;
    }
    let status = scene.run(&["--json", "status"]).await?.json()?;
    assert_schema("status", &status);
    for (asset, was) in (0..4).map(|i| (&status["assets"][i], &before["assets"][i])) {
        assert_eq!(asset["mode"], "quarantined");
        for field in ["symbol", "held", "target_bps", "final_bps", "band_bps"] {
            assert_eq!(asset[field], was[field], "{field}");
        }
        assert!(asset["price_d36"].is_null() && asset["weight_bps"].is_null());
    }
    for field in [
        "nav_wad",
        "rebalances",
        "next_rebalance_at",
        "budgets",
        "auction",
    ] {
        assert!(status[field].is_null(), "{field}: {}", status[field]);
    }
    for field in [
        "supply",
        "supply_cap",
        "fees",
        "locked",
        "programs_in_force",
    ] {
        assert_eq!(status[field], before[field], "{field}");
    }
    let untold = status["untold"].as_array().cloned().unwrap_or_default();
    assert_eq!(untold.len(), 1, "one refusal hides it all: {untold:#?}");
    let what = untold[0]["what"].to_string();
    for part in [
        "NAV",
        "what a rebalance aims at",
        "budgets",
        "rebalances so far",
        "the auction",
    ] {
        assert!(what.contains(part), "{what} without {part}");
    }
    let why = untold[0]["message"].to_string();
    assert!(
        why.contains("quarantined") && why.contains("PolicyNoWeightLeft"),
        "{why}"
    );

    let text = scene.run(&["status"]).await?;
    assert_eq!(text.code, 0, "{}", text.err);
    for part in [
        "not known: NAV, ",
        "Every asset with a weight is quarantined",
        "next: governance",
        "WETH",
        "supply  ",
    ] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    assert!(!text.out.contains("NAV per share"), "{}", text.out);
    let report = scene
        .run(&["--json", "report", "--html", "out.html"])
        .await?
        .json()?;
    assert_schema("report", &report);
    let page = std::fs::read_to_string(scene.directory.path().join("out.html"))?;
    assert!(page.contains("The value is not known now.") && page.contains("not asked"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_what_waits_and_when_it_is_over() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let (suite, client) = (&theatre.suite, &theatre.client);
    let stranger = theatre.cast.stranger;
    let fees = Vault::setFeesCall {
        recipient: stranger,
        managementBps: U256::from(100),
        mintBps: U256::ZERO,
        redeemBps: U256::ZERO,
    };
    theatre.govern(suite.vault, fees).await?;
    let transfer = Policy::transferOwnershipCall { newOwner: stranger };
    theatre.govern(suite.policy, transfer).await?;
    let announce = Vault::announceAbsorbCall {
        token: theatre.members[2].token,
    };
    theatre.govern(suite.vault, announce).await?;
    let mut targets = theatre
        .targets_call(&[3_000, 4_000, 2_000, 1_000], 100)
        .await?;
    targets.start = U256::from(client.now().await? + 86_400);
    targets.duration = U256::from(5 * 86_400);
    theatre.govern(suite.policy, targets).await?;
    let limit = Policy::setLimitCall {
        id: U256::ZERO,
        value: U256::from(9),
    };
    client
        .send(theatre.cast.guardian, suite.policy, limit)
        .await?;

    let status = scene.run(&["--json", "status"]).await?.json()?;
    assert_schema("status", &status);
    let pending = status["pending"].as_array().cloned().unwrap_or_default();
    let kinds: Vec<_> = pending
        .iter()
        .map(|change| change["what"].clone())
        .collect();
    assert_eq!(kinds, ["targets", "fees", "owner", "absorb"]);
    for (change, words) in pending.iter().zip([
        "WBTC 40.00 %",
        "management 1.00 %",
        "may take over",
        "stray USDC",
    ]) {
        assert!(change["words"].to_string().contains(words), "{change}");
        assert!(
            change["ready_at"].as_u64() > status["at"].as_u64(),
            "{change}"
        );
    }
    assert_eq!(status["assets"][0]["target_bps"], 4000);
    assert_eq!(status["assets"][0]["final_bps"], 3000);
    let held = status["guardian"][0]["words"].to_string();
    assert!(held.contains("MAX_SLIPPAGE_BPS"), "{held}");
    assert_eq!(status["untold"], serde_json::json!([]));
    assert_eq!(
        (&status["wound_down"], &status["programs_in_force"]),
        (&false.into(), &true.into())
    );

    theatre
        .govern(suite.policy, Policy::windDownCall {})
        .await?;
    let status = scene.run(&["--json", "status"]).await?.json()?;
    assert_schema("status", &status);
    assert_eq!(status["wound_down"], true);
    let text = scene.run(&["status"]).await?;
    assert!(
        text.out.contains("wound down") && !text.out.contains("is paused"),
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
