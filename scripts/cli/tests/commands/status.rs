//! `ballast status`.

use anyhow::Result;

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
