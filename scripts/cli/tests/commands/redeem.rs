//! `ballast redeem`.

use alloy::primitives::U256;
use anyhow::Result;
use ballast::{
    abi::{IPriceFeed, Policy, Vault},
    local::stage::usd,
};
use e2e::{tokens_of, IRevertingToken};

use crate::scene::{assert_schema, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn redeem_pays_though_every_feed_is_dead_and_everything_paused() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let (bob, suite) = (theatre.cast.bob, &theatre.suite);
    theatre.mint(bob, usd(1_000)).await?;
    for member in &theatre.members {
        let dead = IPriceFeed::setModeCall { mode: 1 };
        theatre
            .client
            .send(theatre.cast.maker, member.feed, dead)
            .await?;
    }
    let until = U256::from(theatre.client.now().await? + 86_400);
    let guardian = theatre.cast.guardian;
    let pause = Policy::pauseRebalanceCall { until };
    theatre.client.send(guardian, suite.policy, pause).await?;
    let pause = Vault::pauseMintCall { until };
    theatre.client.send(guardian, suite.vault, pause).await?;

    let from = bob.to_string();
    let seen = scene
        .run(&["--json", "--from", &from, "redeem"])
        .await?
        .json()?;
    assert_schema("redeem", &seen);
    assert!(seen["redeem"].is_null());

    let shares = usd(400);
    let call = Vault::previewRedeemCall { shares };
    let due = theatre.client.call(suite.vault, call).await?;
    let key = scene.key(bob)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let arguments = ["--json", "--send", "--yes", "redeem", "400"];
    let done = scene.run_with(&variables, &arguments).await?.json()?;
    assert_schema("redeem", &done);
    for (member, due) in theatre.members.iter().zip(due) {
        assert_eq!(
            theatre.balance(member, bob).await?,
            due,
            "{}",
            member.symbol
        );
    }
    let balance = Vault::balanceOfCall { account: bob };
    assert_eq!(theatre.client.call(suite.vault, balance).await?, usd(600));

    let ran = scene
        .run(&["--json", "--from", &from, "redeem", "601"])
        .await?;
    let message = ran.failure()?["message"].to_string();
    assert!(
        ran.code == 6 && message.contains("600"),
        "{} {message}",
        ran.code
    );
    let ran = scene.run(&["--json", "redeem"]).await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_move_is_a_claim_only_if_accepted_and_collected_later() -> Result<()> {
    let scene = Scene::of(tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let theatre = &scene.theatre;
    let (bob, suite) = (theatre.cast.bob, &theatre.suite);
    theatre.mint(bob, usd(1_000)).await?;
    let broken = theatre.members[0].token;
    let maker = theatre.cast.maker;
    let stop = IRevertingToken::setTransferModeCall { mode: 1 };
    theatre.client.send(maker, broken, stop).await?;

    let key = scene.key(bob)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let run = async |arguments: &[&str]| {
        let all = [&["--json", "--send", "--yes", "redeem"], arguments].concat();
        scene.run_with(&variables, &all).await
    };
    let ran = run(&["all"]).await?;
    let failure = ran.failure()?;
    assert_eq!(ran.code, 5, "{failure}");
    assert!(
        failure["next"].to_string().contains("--accept-claims"),
        "{failure}"
    );
    let balance = Vault::balanceOfCall { account: bob };
    let before = theatre.client.call(suite.vault, balance.clone()).await?;
    assert_eq!(before, usd(1_000), "nothing was sent");

    let done = run(&["all", "--accept-claims"]).await?.json()?;
    assert_schema("redeem", &done);
    assert_eq!(theatre.client.call(suite.vault, balance).await?, U256::ZERO);
    let claim = Vault::claimOfCall {
        token: broken,
        account: bob,
    };
    let owed = theatre.client.call(suite.vault, claim.clone()).await?;
    assert!(!owed.is_zero());
    assert_eq!(done["assets"][0]["amount"], serde_json::to_value(owed)?);

    // It still does not move: said, and no failure. Later it does.
    let tried = run(&["--collect"]).await?;
    assert!(
        tried.code == 0 && tried.err.contains("did not move"),
        "{}",
        tried.err
    );
    let go = IRevertingToken::setTransferModeCall { mode: 0 };
    theatre.client.send(maker, broken, go).await?;
    let named = broken.to_string();
    let fetched = run(&["--collect", "--token", &named]).await?.json()?;
    assert_eq!(fetched["claims"].as_array().map(Vec::len), Some(1));
    assert_schema("redeem", &fetched);
    assert_eq!(fetched["claims"][0]["amount"], serde_json::to_value(owed)?);
    assert_eq!(theatre.client.call(suite.vault, claim).await?, U256::ZERO);
    assert_eq!(theatre.balance(&theatre.members[0], bob).await?, owed);
    Ok(())
}
