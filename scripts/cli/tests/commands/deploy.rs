//! `ballast deploy`.

use anyhow::Result;
use ballast::record::Record;

use crate::{
    example::Ground,
    scene::{assert_schema, ballast, finish},
};

#[tokio::test(flavor = "multi_thread")]
async fn deploy_says_what_it_would_do_and_then_does_it_once() -> Result<()> {
    let ground = Ground::new().await?;
    let record = ground.path("deployments/412346.json");
    let deploy = ["--json", "deploy", "--config", "treasury.toml"];

    // A dry run needs no key, prints the steps, and leaves nothing.
    let dry = ground.run_as(None, &deploy).await?.json()?;
    assert_schema("deploy", &dry);
    assert!(dry["done"].is_null() && !record.exists());
    let steps = dry["plan"]["steps"].as_array().cloned().unwrap_or_default();
    assert!(steps.len() > 15 && steps.iter().all(|step| step["done"] == false));
    let text = ground.run_as(None, &deploy[1..]).await?;
    assert!(
        text.out.contains("deploy policy") && text.out.contains("Nothing was sent"),
        "{}",
        text.out
    );

    let sent = ground.deploy().await?.json()?;
    assert_schema("deploy", &sent);
    let owner = sent["done"]["proof"]["governors"].clone();
    assert_eq!(owner, serde_json::json!([ground.example.dao.timelock]));
    assert!(Record::read(&record)?.progress.is_none());

    let again = ground.deploy().await?.json()?;
    assert_eq!(again["done"]["sent"], serde_json::json!([]));
    assert_eq!(again["plan"]["gas"], 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_refuses_bad_input_with_its_reason_and_sends_nothing() -> Result<()> {
    let ground = Ground::new().await?;
    let good = std::fs::read_to_string(ground.path("treasury.toml"))?;
    let deploy = [
        "--json",
        "deploy",
        "--config",
        "treasury.toml",
        "--send",
        "--yes",
    ];
    let fails = async |code: i32, word: &str| -> Result<()> {
        let ran = ground.run(&deploy).await?;
        let failure = ran.failure()?;
        let message = failure["message"].as_str().unwrap_or_default();
        assert!(
            ran.code == code && message.contains(word),
            "{} {message}",
            ran.code
        );
        assert!(failure["next"].is_string(), "{failure}");
        assert!(!ground.path("deployments").exists());
        Ok(())
    };
    ground.configure(&good.replace("chain_id = 412346", "chain_id = 42161"))?;
    fails(4, "412346").await?;
    let timelock = ground.example.dao.timelock.to_string();
    let deployer = ground.example.cast.deployer.to_string();
    ground.configure(&good.replacen(&timelock, &deployer, 1))?;
    fails(3, "--allow-eoa-owner").await?;
    ground.configure(&good.replace("[share]", "[share]\ncolour = 1"))?;
    let ran = ground.run(&deploy).await?;
    assert!(
        ran.code == 3 && ran.err.contains("colour") && ran.err.contains("line 5"),
        "{}",
        ran.err
    );

    // Nobody's key, no key, an account without ether, no chain.
    ground.configure(&good)?;
    let ran = ground.run_as(None, &deploy).await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    let unseeded = good.split("[seed]").next().unwrap_or_default();
    ground.configure(unseeded)?;
    let mut command = ballast(ground.directory.path());
    let poor = format!("0x{}", "11".repeat(32));
    command
        .env("BALLAST_RPC", ground.node.url())
        .env("BALLAST_PRIVATE_KEY", poor);
    let ran = finish({
        command.args(deploy);
        command
    })
    .await?;
    assert!(
        ran.code == 6 && ran.err.contains("has 0"),
        "{} {}",
        ran.code,
        ran.err
    );
    let mut command = ballast(ground.directory.path());
    command.args([
        "--rpc",
        "http://127.0.0.1:1",
        "deploy",
        "--config",
        "treasury.toml",
    ]);
    assert_eq!(finish(command).await?.code, 4);
    let ran = ground.run(&["deploy", "--config", "nowhere.toml"]).await?;
    assert!(
        ran.code == 3 && ran.err.contains("nowhere.toml"),
        "{}",
        ran.err
    );
    assert!(!ground.path("deployments").exists());
    Ok(())
}
