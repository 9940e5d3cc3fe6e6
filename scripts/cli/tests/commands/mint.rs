//! `ballast mint`.

use alloy::primitives::U256;
use anyhow::Result;
use ballast::{
    abi::{Vault, IERC20},
    local::stage::usd,
};

use crate::scene::{assert_schema, ballast, finish, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn mint_approves_exactly_and_mints() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let bob = theatre.cast.bob;
    let from = bob.to_string();

    // Without a key it is a preview: what it takes is what the vault says.
    let seen = scene.run(&["--json", "mint", "1000"]).await?.json()?;
    assert_schema("mint", &seen);
    assert!(seen["mint"].is_null() && seen["approvals"] == serde_json::json!([]));

    // An account that has nothing is told all that is missing, and nothing is sent.
    let ran = scene
        .run(&["--json", "--from", &from, "mint", "1000"])
        .await?;
    let failure = ran.failure()?;
    let message = failure["message"].to_string();
    assert_eq!(ran.code, 6, "{message}");
    assert!(
        message.contains("WETH") && message.contains("LINK"),
        "{message}"
    );

    let shares = usd(1_000);
    let call = Vault::previewMintCall { shares };
    let wanted = theatre.client.call(theatre.suite.vault, call).await?;
    for (member, amount) in theatre.members.iter().zip(&wanted) {
        theatre.grant(member, bob, *amount + *amount).await?;
    }
    // A dry run names one approval a token, of exactly the most that may be taken, and sends none.
    let dry = scene
        .run(&["--json", "--from", &from, "mint", "1000"])
        .await?
        .json()?;
    assert_schema("mint", &dry);
    assert_eq!(dry["approvals"].as_array().map(Vec::len), Some(4));
    assert!(dry["mint"].is_null());
    let vault = theatre.suite.vault;
    let allowed = IERC20::allowanceCall {
        owner: bob,
        spender: vault,
    };
    let weth = theatre.members[0].token;
    assert_eq!(
        theatre.client.call(weth, allowed.clone()).await?,
        U256::ZERO
    );

    let key = scene.key(bob)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let arguments = ["--json", "--send", "--yes", "mint", "1000"];
    let done = scene.run_with(&variables, &arguments).await?.json()?;
    assert_schema("mint", &done);
    assert!(done["mint"]["mined"]["transaction"].is_string(), "{done:#}");
    let balance = Vault::balanceOfCall { account: bob };
    assert_eq!(theatre.client.call(vault, balance).await?, shares);
    // What is left of the allowance is the tolerance, 50 bps rounded up, and nothing else.
    let left = theatre.client.call(weth, allowed).await?;
    assert_eq!(
        left,
        (wanted[0] * U256::from(50)).div_ceil(U256::from(10_000))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_mint_is_refused_in_words() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let now = theatre.client.now().await?;
    let until = U256::from(now + 86_400);
    let bob = theatre.cast.bob;
    for member in &theatre.members {
        theatre
            .grant(member, bob, member.amount(usd(10_000))?)
            .await?;
    }
    let pause = Vault::pauseMintCall { until };
    let guardian = theatre.cast.guardian;
    theatre
        .client
        .send(guardian, theatre.suite.vault, pause)
        .await?;
    let key = scene.key(bob)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let arguments = ["--json", "--send", "--yes", "mint", "1"];
    let ran = scene.run_with(&variables, &arguments).await?;
    let failure = ran.failure()?;
    let message = failure["message"].as_str().unwrap_or_default();
    assert_eq!(ran.code, 5, "{message}");
    assert!(
        message.starts_with("Minting is paused until 20"),
        "{message}"
    );
    assert!(message.contains("[VaultMintPaused(until: "), "{message}");
    let next = failure["next"].as_str().unwrap_or_default();
    assert!(next.contains("redeeming goes on"), "{next}");

    for bad in [
        &["mint", "0"][..],
        &["mint", "-1"],
        &["mint", "x"],
        &["mint"],
    ] {
        assert_eq!(scene.run(bad).await?.code, 2, "{bad:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_ether_is_told_so_and_sends_nothing() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let signer = alloy::signers::local::PrivateKeySigner::random();
    for member in &theatre.members {
        theatre
            .grant(member, signer.address(), member.amount(usd(10_000))?)
            .await?;
    }
    let key = alloy::primitives::B256::from_slice(&signer.to_bytes()[..]).to_string();
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let arguments = ["--json", "--send", "--yes", "mint", "1"];
    let ran = scene.run_with(&variables, &arguments).await?;
    let message = ran.failure()?["message"].to_string();
    assert!(
        ran.code == 6 && message.contains("ether"),
        "{} {message}",
        ran.code
    );
    let allowed = IERC20::allowanceCall {
        owner: signer.address(),
        spender: theatre.suite.vault,
    };
    let weth = theatre.members[0].token;
    assert_eq!(theatre.client.call(weth, allowed).await?, U256::ZERO);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_that_shall_send_is_refused_wherever_the_words_stand() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    for arguments in [
        ["--dry-run", "--send", "mint", "1"],
        ["--dry-run", "mint", "1", "--send"],
        ["--send", "mint", "--dry-run", "1"],
        ["mint", "1", "--send", "--dry-run"],
    ] {
        let mut command = ballast(directory.path());
        command.args(arguments);
        let ran = finish(command).await?;
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(
            ran.err.contains("--dry-run") && ran.err.contains("--send"),
            "{}",
            ran.err
        );
    }
    Ok(())
}
