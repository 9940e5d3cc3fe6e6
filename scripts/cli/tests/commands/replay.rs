//! `ballast replay`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::scene::{assert_schema, ballast, finish, Ran};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../replay")
        .join(name)
}

async fn replay(directory: &Path, arguments: &[&str]) -> Result<Ran> {
    let mut command = ballast(directory);
    command.arg("--json").arg("replay").args(arguments);
    finish(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_days_are_replayed_drawn_and_told_as_the_schema_says() -> Result<()> {
    let directory = TempDir::new()?;
    let prices = shipped("data/btc_eth_usdc_1h_2020-2024.csv");
    let policy = shipped("policies/three-assets.toml");
    let (prices, policy) = (prices.display().to_string(), policy.display().to_string());
    let span = ["--since", "2020-03-08", "--until", "2020-03-13"];
    let files = [
        "--prices", &prices, "--policy", &policy, "--charts", "drawn",
    ];
    let ran = replay(directory.path(), &[&files[..], &span[..]].concat()).await?;
    let document = ran.json()?;
    assert_schema("replay", &document);
    assert_eq!(document["replay"]["hours"], 120);
    assert!(document["replay"]["rebalances"].as_u64() > Some(0));
    for chart in ["nav", "weights", "distance", "cost"] {
        let svg = std::fs::read_to_string(
            directory
                .path()
                .join("drawn")
                .join(chart)
                .with_extension("svg"),
        )?;
        assert!(svg.starts_with("<svg") && svg.contains("12 Mar"), "{chart}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_is_told_with_file_and_line() -> Result<()> {
    let directory = TempDir::new()?;
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text);
    let policy = std::fs::read_to_string(shipped("policies/three-assets.toml"))?;
    write("good.toml", &policy)?;
    write("broken.toml", "treasury_usd = \n")?;
    write(
        "gridless.toml",
        policy.split("[grid]").next().unwrap_or_default(),
    )?;
    write(
        "good.csv",
        "unix_seconds,BTC,ETH,USDC\n1600000000,1,2,1\n1600003600,1,2,1\n",
    )?;
    write(
        "broken.csv",
        "unix_seconds,BTC\n1600000000,1\n1600003600,x\n",
    )?;
    write("btc.csv", "unix_seconds,BTC\n1600000000,1\n1600003600,1\n")?;
    for (prices, policy, more, expected) in [
        (
            "broken.csv",
            "good.toml",
            &[][..],
            "broken.csv:3: \"x\" is no price",
        ),
        ("good.csv", "broken.toml", &[], "broken.toml:1: "),
        (
            "nowhere.csv",
            "good.toml",
            &[],
            "nowhere.csv: cannot be read",
        ),
        (
            "btc.csv",
            "good.toml",
            &[],
            "no prices of ETH: there are BTC",
        ),
        (
            "good.csv",
            "good.toml",
            &["--since", "2021-01-01"],
            "no two hours in common",
        ),
        (
            "good.csv",
            "gridless.toml",
            &["--grid"],
            "gridless.toml: there is no [grid]",
        ),
    ] {
        let arguments = [&["--prices", prices, "--policy", policy][..], more].concat();
        let ran = replay(directory.path(), &arguments).await?;
        let message = ran.failure()?["message"].to_string().replace("\\\"", "\"");
        assert_eq!(ran.code, 3, "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let ran = replay(directory.path(), &["--prices", "good.csv"]).await?;
    assert_eq!(ran.code, 2, "{}", ran.err);
    Ok(())
}
