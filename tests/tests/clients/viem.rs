//! viem, the TypeScript client: one case of `viem.mjs` each.

use anyhow::{Context, Result};
use serde_json::json;

use crate::scene::{node_module, run, Scene};

async fn passes(case: &str) -> Result<()> {
    let scene = Scene::new().await?;
    let stage = &scene.stage;
    let here = env!("CARGO_MANIFEST_DIR");
    let told = json!({
        "url": scene.url(),
        "wsUrl": scene.ws_url(),
        "fixtures": node_module("..").canonicalize().context("run `cargo xtask setup`")?,
        "vaultAbi": format!("{here}/../contracts/abi/Vault.json"),
        "vault": stage.suite.vault,
        "timelock": stage.dao.timelock,
        "aliceKey": scene.key(stage.cast.alice)?,
        // viem hands addresses out with their checksum.
        "bob": stage.cast.bob.to_checksum(None),
    });
    let printed = run("node", |command| {
        command
            .arg(format!("{here}/tests/clients/viem.mjs"))
            .arg(case)
            .env("SCENE", told.to_string());
    })?;
    assert_eq!(printed.trim(), json!({ "passed": case }).to_string());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_reads_alone_and_in_batches() -> Result<()> {
    passes("reads").await
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_simulates_sends_and_finds_its_events() -> Result<()> {
    passes("sends").await
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_decodes_a_programs_refusal_and_overrides_state() -> Result<()> {
    passes("decodes").await
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_drives_the_chain_as_a_test_node() -> Result<()> {
    passes("tests").await
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_polls_filters() -> Result<()> {
    passes("filters").await
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_subscribes_over_websocket() -> Result<()> {
    passes("subscriptions").await
}
