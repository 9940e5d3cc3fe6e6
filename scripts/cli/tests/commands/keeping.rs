//! `ballast plan`, `open`, `rebalance`, `observe` and `keeper`.

use std::io::{BufRead, BufReader, Read, Write};

use alloy::primitives::U256;
use anyhow::{Context, Result};
use ballast::{
    abi::{Oracle, Policy},
    local::{chain, stage::usd},
    record::External,
};
use serde_json::Value;

use crate::scene::{assert_schema, ballast, finish, Ran, Scene};

/// Of a ramp, seconds.
const RAMP_S: u64 = 1_800;

/// A treasury a tenth of which is in the wrong place since ether went up by half, with an auction of the usual length.
pub(crate) async fn drifted() -> Result<Scene> {
    let mut scene = Scene::new().await?;
    let t = &mut scene.theatre;
    let call = Policy::setLimitCall {
        id: U256::from(e2e::limit::RAMP_S),
        value: U256::from(RAMP_S),
    };
    t.govern(t.suite.policy, call).await?;
    t.set_price("WETH", "3000").await?;
    t.publish().await?;
    t.arbitrage().await?;
    Ok(scene)
}

/// The environment of the keeper's key.
pub(crate) fn as_keeper(scene: &Scene) -> Result<Vec<(&'static str, String)>> {
    let key = scene.key(scene.theatre.cast.keeper)?;
    Ok(vec![("BALLAST_PRIVATE_KEY", key)])
}

pub(crate) async fn run_as_keeper(scene: &Scene, arguments: &[&str]) -> Result<Ran> {
    let variables = as_keeper(scene)?;
    let borrowed: Vec<_> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
    scene.run_with(&borrowed, arguments).await
}

/// The end of the ramp, with feeds that have just spoken.
pub(crate) async fn end_of_ramp(scene: &Scene) -> Result<()> {
    chain::advance_by(&scene.theatre.client, RAMP_S).await?;
    scene.theatre.publish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_says_what_is_in_the_way_or_what_is_traded() -> Result<()> {
    let scene = Scene::new().await?;
    let calm = scene.run(&["--json", "plan"]).await?.json()?;
    assert_schema("plan", &calm);
    assert_eq!(calm["reason"], "none");
    let obstacle = calm["obstacle"].as_str().context("no obstacle")?;
    assert!(obstacle.contains("worth trading"), "{obstacle}");

    let scene = drifted().await?;
    let due = scene.run(&["--json", "plan"]).await?.json()?;
    assert_schema("plan", &due);
    assert_eq!(due["reason"], "band");
    assert!(due.get("obstacle").is_none(), "{due}");
    // 600,000 of 1,200,000 USD, where 480,000 should be: 60,000, 40,000 and 20,000 are missing elsewhere.
    assert_eq!(due["distance_bps"], 1_000);
    let trades = due["trades"].as_array().context("no trades")?;
    let of = |trade: &Value| (trade["sell_symbol"].clone(), trade["buy_symbol"].clone());
    let pairs: Vec<_> = trades.iter().map(of).collect();
    let wanted = ["WBTC", "USDC", "LINK"].map(|symbol| ("WETH".into(), symbol.into()));
    assert_eq!(pairs, wanted);
    // Before the ramp more must come back than is sold.
    for trade in trades {
        let kept: U256 = serde_json::from_value(trade["kept_wad"].clone())?;
        assert!(kept > usd(1), "{trade}");
    }
    let text = scene.run(&["plan"]).await?;
    assert!(
        text.out.contains("sell") && text.out.contains("No auction is open"),
        "{}",
        text.out
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn open_and_rebalance_step_by_step() -> Result<()> {
    let scene = drifted().await?;
    // Nothing is sent without --send.
    let dry = run_as_keeper(&scene, &["--json", "open"]).await?.json()?;
    assert_schema("open", &dry);
    assert!(dry["transaction"].get("mined").is_none());
    // Without an auction it does not pay.
    let early = run_as_keeper(&scene, &["--json", "rebalance"]).await?;
    assert_eq!(early.code, 8, "{}", early.err);
    let next = early.failure()?["next"].to_string();
    assert!(next.contains("ballast open"), "{next}");

    let sent = run_as_keeper(&scene, &["--json", "--send", "--yes", "open"]).await?;
    let sent = sent.json()?;
    assert_schema("open", &sent);
    assert!(sent["transaction"]["mined"]["block"].is_u64(), "{sent}");
    let again = run_as_keeper(&scene, &["--json", "open"]).await?;
    assert_eq!(again.code, 5, "{}", again.out);
    let failure = again.failure()?;
    assert!(
        failure["message"]
            .to_string()
            .contains("RebalanceAlreadyOpen"),
        "{failure}"
    );
    assert!(
        failure["next"].to_string().contains("ballast rebalance"),
        "{failure}"
    );

    // Too early on the ramp: it says from when on it pays.
    let early = run_as_keeper(&scene, &["--json", "rebalance"]).await?;
    assert_eq!(early.code, 8, "{}", early.err);
    assert!(early.failure()?["message"]
        .to_string()
        .contains("does not pay yet"));

    end_of_ramp(&scene).await?;
    let before = scene.theatre.held().await?;
    let dry = run_as_keeper(&scene, &["--json", "rebalance"])
        .await?
        .json()?;
    assert_schema("rebalance", &dry);
    assert!(dry.get("executed").is_none());
    assert_eq!(
        scene.theatre.held().await?,
        before,
        "a dry run has no effect"
    );
    let done = run_as_keeper(&scene, &["--json", "--send", "--yes", "rebalance"]).await?;
    let done = done.json()?;
    assert_schema("rebalance", &done);
    // 60,000 USD of bitcoin at once would move its pool of 10,000,000 by more than the greatest slippage of 50 bps.
    assert_eq!(done["share_bps"], 5_000);
    let of = |name: &str| -> Result<U256> {
        Ok(serde_json::from_value(done["executed"][name].clone())?)
    };
    let fall = of("distance_before_wad")? - of("distance_after_wad")?;
    let half = of("distance_before_wad")? / U256::from(2);
    assert!(fall.abs_diff(half) < half / U256::from(100), "{done}");
    // At most half a per cent of a twentieth.
    assert!(of("loss_bps")? <= U256::from(3), "{done}");
    let after = run_as_keeper(&scene, &["--json", "rebalance"]).await?;
    assert_eq!(after.code, 8, "{}", after.out);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rebalance_quotes_by_the_quoter_as_by_the_pools() -> Result<()> {
    let scene = drifted().await?;
    run_as_keeper(&scene, &["--send", "--yes", "open"]).await?;
    end_of_ramp(&scene).await?;
    let by_state = run_as_keeper(&scene, &["--json", "rebalance"])
        .await?
        .json()?;
    let mut record = scene.record()?;
    record.external.push(External {
        name: "QuoterV2".into(),
        address: scene.theatre.uniswap.quoter,
        source: "deployed with the stage".into(),
    });
    record.write(&scene.record_path())?;
    let quoted = run_as_keeper(&scene, &["--json", "rebalance"])
        .await?
        .json()?;
    let trades = |answer: &Value| answer["trades"].as_array().cloned().unwrap_or_default();
    assert_eq!(trades(&quoted).len(), 3);
    for (a, b) in trades(&by_state).iter().zip(trades(&quoted)) {
        assert_eq!(a["amount"], b["amount"]);
        let (a, b): (U256, U256) = (
            serde_json::from_value(a["quoted"].clone())?,
            serde_json::from_value(b["quoted"].clone())?,
        );
        // The pools have one liquidity at all prices: what is left is rounding.
        assert!(
            a.abs_diff(b) <= a / U256::from(1_000_000) + U256::ONE,
            "{a} {b}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_looks_at_what_is_watched() -> Result<()> {
    let scene = Scene::new().await?;
    let t = &scene.theatre;
    let none = run_as_keeper(&scene, &["--json", "observe"]).await?;
    assert_eq!(none.code, 8, "{}", none.err);
    t.publish().await?;
    let call = Oracle::setVolatilityCall {
        token: t.members[0].token,
        referenceBps: U256::from(8_000),
        maxBps: U256::ZERO,
    };
    t.govern(t.suite.oracle, call).await?;
    chain::advance_by(&t.client, 3_000).await?;
    let sent = run_as_keeper(&scene, &["--json", "--send", "--yes", "observe"]).await?;
    let sent = sent.json()?;
    assert_schema("observe", &sent);
    assert_eq!(sent["tokens"][0]["symbol"], "WETH");
    let details = Oracle::detailsOfCall {
        token: t.members[0].token,
    };
    let details = t.client.call(t.suite.oracle, details).await?;
    assert_eq!(
        details[16],
        U256::from(t.client.now().await?),
        "seen in that block"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keeper_once_opens_waits_and_rebalances_over_both_transports() -> Result<()> {
    let scene = drifted().await?;
    let once = |send: bool, url: Option<String>| {
        let scene = &scene;
        async move {
            let mut arguments = vec!["--json", "keeper", "--once"];
            if send {
                arguments.push("--send");
            }
            if let Some(url) = &url {
                arguments.extend(["--rpc", url]);
            }
            let turn = run_as_keeper(scene, &arguments).await?.json()?;
            assert_schema("keeper", &turn);
            Ok::<_, anyhow::Error>(turn)
        }
    };
    let socket = || Some(scene.theatre.node.url().replace("http", "ws"));
    let dry = once(false, None).await?;
    assert_eq!(
        (&dry["action"], &dry["sent"]),
        (&"open".into(), &false.into())
    );
    let opened = once(true, socket()).await?;
    assert_eq!(
        (&opened["action"], &opened["sent"]),
        (&"open".into(), &true.into())
    );
    assert_eq!(opened["transactions"][1]["event"], "mined", "{opened}");
    let waits = once(true, None).await?;
    assert_eq!(waits["waits"]["why"], "too_early", "{waits}");
    let pays_at = waits["waits"]["pays_at"].as_u64().context("no time")?;
    // A second before that it waits, and then it acts.
    chain::advance_to(&scene.theatre.client, pays_at - 20).await?;
    scene.theatre.publish().await?;
    let waits = once(true, None).await?;
    assert_eq!(waits["waits"]["why"], "too_early", "{waits}");
    chain::advance_to(&scene.theatre.client, pays_at).await?;
    let done = once(true, socket()).await?;
    assert_eq!(done["action"], "rebalance", "{done}");
    assert_eq!(done["transactions"][1]["event"], "mined", "{done}");
    // A slice, for so much does not fit into the pools at once; the others follow while the ramp goes on.
    assert!(done["trade"]["share_bps"].as_u64() < Some(10_000), "{done}");
    let rests = once(true, None).await?;
    assert_eq!(rests["waits"]["why"], "resting", "{rests}");
    let mut rebalances = 1;
    for _ in 0..30 {
        chain::advance_by(&scene.theatre.client, 90).await?;
        scene.theatre.publish().await?;
        scene.theatre.arbitrage().await?;
        let turn = once(true, None).await?;
        rebalances += usize::from(turn["action"] == "rebalance");
        if turn["waits"]["why"] == "not_due" {
            assert!(
                rebalances > 1 && turn["distance_bps"].as_u64() < Some(100),
                "{turn}"
            );
            assert!(turn["opening"].is_null(), "{turn}");
            return Ok(());
        }
    }
    anyhow::bail!("{rebalances} rebalances did not reach the targets")
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_configurations_and_empty_purses_are_told() -> Result<()> {
    let scene = drifted().await?;
    let t = &scene.theatre;
    let file = scene.directory.path().join("keeper.toml");
    for (text, named) in [
        ("mode = \"own-filler\"", "venues.own_filler"),
        // The record names no quoter either.
        (
            "mode = \"own-filler\"\n[venues]\nown_filler = \"0x0000000000000000000000000000000000000001\"",
            "venues.quoter",
        ),
        ("[gas]\nmax_prize_gwei = 1.0", "max_prize_gwei"),
        ("[trade]\nslices_bps = [100, 200]", "trade.slices_bps"),
        ("mode =", "no configuration"),
    ] {
        std::fs::write(&file, text)?;
        let arguments = ["--json", "keeper", "--once", "--config", "keeper.toml"];
        let ran = run_as_keeper(&scene, &arguments).await?;
        assert_eq!(ran.code, 3, "{text}: {}", ran.err);
        let message = ran.failure()?["message"].to_string();
        assert!(message.contains(named), "{text}: {message}");
    }
    let missing = ["--json", "rebalance", "--config", "nowhere.toml"];
    let ran = run_as_keeper(&scene, &missing).await?;
    assert_eq!(ran.code, 3, "{}", ran.err);
    // Nobody acts, and somebody without ether.
    let ran = scene.run(&["--json", "keeper", "--once"]).await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    chain::set_balance(&t.client, t.cast.keeper, U256::ZERO).await?;
    let ran = run_as_keeper(&scene, &["--json", "keeper", "--once", "--send"]).await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    let turn: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(turn["waits"]["why"], "purse");
    assert_eq!(ran.failure()?["kind"], "key");
    let ran = run_as_keeper(&scene, &["--json", "--send", "--yes", "open"]).await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    // No record, another chain's record, and nobody at the other end.
    let ran = run_as_keeper(&scene, &["--json", "--deployment", "no.json", "plan"]).await?;
    assert_eq!(ran.code, 3, "{}", ran.err);
    let mut command = ballast(scene.directory.path());
    command.args(["--json", "--rpc", "ws://127.0.0.1:1", "keeper", "--once"]);
    let ran = finish(command).await?;
    assert_eq!(ran.code, 4, "{}", ran.err);
    Ok(())
}

/// What `path` answers at `address`, as text.
fn fetch(address: &str, path: &str) -> Result<String> {
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_logs_objects_and_serves_metrics() -> Result<()> {
    let scene = drifted().await?;
    std::fs::write(
        scene.directory.path().join("keeper.toml"),
        "metrics = \"127.0.0.1:0\"\nstate_file = \"state.json\"\npoll_ms = 50\n",
    )?;
    let mut command = ballast(scene.directory.path());
    command
        .env(
            "BALLAST_RPC",
            scene.theatre.node.url().replace("http", "ws"),
        )
        .env("BALLAST_DEPLOYMENT", scene.record_path())
        .envs(as_keeper(&scene)?)
        .args([
            "--send",
            "keeper",
            "--config",
            "keeper.toml",
            "--log-format",
            "json",
        ])
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn()?;
    let log = BufReader::new(child.stderr.take().context("no log")?);
    let served = tokio::task::spawn_blocking(move || -> Result<String> {
        let mut address = None;
        for line in log.lines() {
            let object: Value = serde_json::from_str(&line?)?;
            if let Some(at) = object["at"].as_str() {
                address = Some(at.to_owned());
            }
            // The last that follows from a due treasury before its ramp has gone on.
            if object["why"] == "too_early" {
                return address.context("no metrics were served");
            }
        }
        anyhow::bail!("the keeper ended")
    })
    .await?;
    let told = served.and_then(|at| Ok((fetch(&at, "/metrics")?, fetch(&at, "/healthz")?)));
    child.kill()?;
    child.wait()?;
    let (metrics, health) = told?;
    for line in [
        "ballast_keeper_transactions_total{kind=\"open\",event=\"mined\"} 1",
        "ballast_keeper_turns_total{outcome=\"open\"} 1",
        "ballast_keeper_due 1",
        "ballast_keeper_distance_bps 1000",
        "ballast_keeper_connections 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} in {metrics}"
        );
    }
    assert!(health.starts_with("HTTP/1.0 200"), "{health}");
    let state = std::fs::read_to_string(scene.directory.path().join("state.json"))?;
    assert!(state.contains("\"kind\": \"open\""), "{state}");
    Ok(())
}
