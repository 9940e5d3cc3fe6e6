//! `ballast verify`, `doctor`, `keepalive` and `cache`, on one deployed treasury.

use alloy::primitives::{Bytes, U256};
use alloy::providers::{Provider, ProviderBuilder};
use anyhow::{Context, Result};
use ballast::record::Record;
use serde_json::Value;

use crate::{
    example::Ground,
    scene::{assert_schema, ballast, finish},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_verified_examined_kept_and_cached() -> Result<()> {
    let ground = Ground::new().await?;
    ground.deploy().await?.json()?;
    let record = Record::read(&ground.path("deployments/412346.json"))?;
    let provider = ProviderBuilder::new().connect_http(ground.node.url().parse()?);

    let same = ground.run_as(None, &["--json", "verify", "--built"]);
    let same = same.await?.json()?;
    assert_schema("verify", &same);
    assert_eq!(same["is_same"], true, "{same:#}");
    let socket = ground.node.url().replacen("http", "ws", 1);
    let over = ["--json", "--rpc", socket.as_str(), "verify", "--built"];
    assert_eq!(ground.run_as(None, &over).await?.json()?, same);

    let well = ground
        .run_as(None, &["--json", "doctor", "--config", "treasury.toml"])
        .await?;
    let well = well.json()?;
    assert_schema("doctor", &well);
    assert_eq!(well["is_well"], true, "{well:#}");

    // The cache: shown, bid for in words, bid for.
    let shown = ground.run_as(None, &["--json", "cache"]).await?.json()?;
    assert_schema("cache", &shown);
    let cached = |answer: &Value| -> usize {
        let programs = answer["programs"].as_array().cloned().unwrap_or_default();
        programs.iter().filter(|p| p["is_cached"] == true).count()
    };
    assert_eq!(cached(&shown), 0);
    let bid = ["--json", "cache", "--bid", "0"];
    let said = ground.run(&bid).await?.json()?;
    assert_eq!(
        (cached(&said), said["sent"][0]["mined"].is_null()),
        (0, true)
    );
    let done = ground
        .run(&[&bid[..], &["--send", "--yes"]].concat())
        .await?
        .json()?;
    assert_schema("cache", &done);
    assert_eq!(cached(&done), record.programs.len());

    // Nothing is near its end, until it is.
    let keep = ["--json", "keepalive"];
    let idle = ground.run(&keep).await?.json()?;
    assert_schema("keepalive", &idle);
    assert_eq!(idle["sent"], serde_json::json!([]));
    let _: U256 = provider
        .raw_request("evm_increaseTime".into(), (340 * 86_400,))
        .await?;
    let _: Value = provider.raw_request("evm_mine".into(), ()).await?;
    let said = ground.run(&keep).await?.json()?;
    assert_eq!(
        said["sent"].as_array().map(Vec::len),
        Some(record.programs.len())
    );
    let done = ground
        .run(&[&keep[..], &["--send", "--yes"]].concat())
        .await?
        .json()?;
    assert_schema("keepalive", &done);
    let idle = ground.run(&keep).await?.json()?;
    assert_eq!(idle["sent"], serde_json::json!([]));

    // Feeds are old by now, and one byte of the lens is another: it lies in pieces, and the address names them.
    let lens = record.program("lens")?.address;
    let mut code = provider.get_code_at(lens).await?.to_vec();
    let byte = code.last_mut().context("the lens has no code")?;
    *byte ^= 1;
    let code = Bytes::from(code);
    let _: Value = provider
        .raw_request("anvil_setCode".into(), (lens, code))
        .await?;
    for command in [&["verify", "--built"][..], &["doctor"]] {
        let ran = ground
            .run_as(None, &[&["--json"], command].concat())
            .await?;
        let command = command[0];
        assert_eq!(ran.code, 7, "{command}: {}", ran.err);
        assert_eq!(ran.failure()?["kind"], "difference");
        let answer: Value = serde_json::from_str(&ran.out)?;
        assert!(ran.out.contains("lens"), "{answer:#}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_record_or_a_chain_nothing_is_said_to_be_well() -> Result<()> {
    let ground = Ground::new().await?;
    for command in ["verify", "doctor", "keepalive", "cache"] {
        let ran = ground.run_as(None, &["--json", command]).await?;
        assert_eq!(ran.code, 3, "{command}: {}", ran.err);
        let mut unreachable = ballast(ground.directory.path());
        unreachable.args(["--json", "--rpc", "http://127.0.0.1:1", command]);
        let ran = finish(unreachable).await?;
        assert_eq!(ran.code, 4, "{command}: {}", ran.err);
    }
    let ran = ground
        .run(&["--json", "doctor", "--config", "nowhere.toml"])
        .await?;
    assert_eq!(ran.code, 3, "{}", ran.err);
    Ok(())
}
