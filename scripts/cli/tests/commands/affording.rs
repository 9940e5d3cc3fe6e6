//! What an account must have before anything is sent: the sum that is checked is the sum that the chain asks for.

use alloy::{
    primitives::{utils::parse_ether, Address, U256},
    providers::Provider,
};
use anyhow::{Context, Result};
use ballast::{artifacts::Artifacts, client::Client, local::chain};
use serde_json::Value;

use crate::{example::Ground, keeping, scene::Ran};

/// The sum that a refusal names: "has … ether and needs … ether".
fn needed(ran: &Ran) -> Result<U256> {
    let failure = ran.failure()?;
    let message = failure["message"].as_str().context("no message")?;
    let (_, rest) = message
        .split_once("and needs ")
        .context(message.to_owned())?;
    let sum = rest.split([':', ',', ' ']).next().unwrap_or_default();
    Ok(parse_ether(sum)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousandth_of_an_ether_opens_an_auction_and_so_does_exactly_what_is_asked_for(
) -> Result<()> {
    let scene = keeping::drifted().await?;
    let (client, keeper) = (&scene.theatre.client, scene.theatre.cast.keeper);
    let key = scene.key(keeper)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str())];
    let open = ["--json", "--send", "--yes", "open"];
    let snapshot: Value = client
        .provider
        .raw_request("evm_snapshot".into(), ())
        .await?;
    let milli = U256::from(1_000_000_000_000_000u64);
    chain::set_balance(client, keeper, milli).await?;
    let opened = scene.run_with(&variables, &open).await?.json()?;
    assert!(
        opened["transaction"]["mined"]["transaction"].is_string(),
        "{opened}"
    );
    let _: bool = client
        .provider
        .raw_request("evm_revert".into(), (snapshot,))
        .await?;

    let begun = client.provider.get_transaction_count(keeper).await?;
    chain::set_balance(client, keeper, U256::ONE).await?;
    let poor = scene.run_with(&variables, &open).await?;
    assert_eq!(poor.code, 6, "{}", poor.err);
    let sum = needed(&poor)?;
    chain::set_balance(client, keeper, sum - U256::ONE).await?;
    let short = scene.run_with(&variables, &open).await?;
    assert_eq!((short.code, needed(&short)?), (6, sum), "{}", short.err);
    assert_eq!(client.provider.get_transaction_count(keeper).await?, begun);
    chain::set_balance(client, keeper, sum).await?;
    let opened = scene.run_with(&variables, &open).await?.json()?;
    assert!(
        opened["transaction"]["mined"]["transaction"].is_string(),
        "{opened}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_with_exactly_what_its_plan_asks_for_is_finished() -> Result<()> {
    let ground = Ground::new().await?;
    let client = Client::connect(&ground.node.url(), &[], &Artifacts::default())?;
    let deployer: Address = ground.example.cast.deployer;
    let plan = ["--json", "deploy", "--config", "treasury.toml"];
    let plan = ground.run(&plan).await?.json()?["plan"].clone();
    let sum =
        |name: &str| -> Result<U256> { Ok(plan[name].as_str().context(name.to_owned())?.parse()?) };
    assert!(sum("most")? > sum("total")?, "{plan}");
    let begun = client.provider.get_transaction_count(deployer).await?;

    chain::set_balance(&client, deployer, sum("most")? - U256::ONE).await?;
    let short = ground.deploy().await?;
    assert_eq!(
        (short.code, needed(&short)?),
        (6, sum("most")?),
        "{}",
        short.err
    );
    assert_eq!(
        client.provider.get_transaction_count(deployer).await?,
        begun
    );
    assert!(!ground.path("deployments").exists());

    chain::set_balance(&client, deployer, sum("most")?).await?;
    let done = ground.deploy().await?.json()?;
    assert!(done["done"]["proof"]["owner"].is_string(), "{done}");
    let left = client.balance(deployer).await?;
    assert!(
        sum("most")? - left <= sum("total")?,
        "{left} left of {}",
        sum("most")?
    );
    Ok(())
}
