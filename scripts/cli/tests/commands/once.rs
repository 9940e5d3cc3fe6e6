//! How `ballast keeper --once` ends, for whoever starts it by a timer.

use alloy::{
    network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use anyhow::{ensure, Result};
use ballast::{abi::Rebalancer, local::chain};
use e2e::proxy::{forward, serve, Reply};
use serde_json::{json, Value};

use crate::{
    keeping::{drifted, run_as_keeper},
    scene::{assert_schema, Ran, Scene},
};

const ONCE: [&str; 6] = [
    "--json",
    "--send",
    "keeper",
    "--once",
    "--config",
    "keeper.toml",
];

/// A treasury that has drifted on a chain that makes no blocks of itself, and a configuration that waits three seconds.
async fn still() -> Result<Scene> {
    let scene = drifted().await?;
    let text = "turn_timeout_s = 3\npoll_ms = 50\nstate_file = \"state.json\"\n[gas]\nreplace_after_s = 600\n";
    std::fs::write(scene.directory.path().join("keeper.toml"), text)?;
    let _: Value = scene
        .theatre
        .client
        .provider
        .raw_request("evm_setAutomine".into(), (false,))
        .await?;
    Ok(scene)
}

/// What a run that failed has shown before it did.
fn shown(ran: &Ran) -> Result<Value> {
    let turn: Value = serde_json::from_str(&ran.out)?;
    assert_schema("keeper", &turn);
    Ok(turn)
}

fn events(turn: &Value) -> Vec<&str> {
    let followed = turn["transactions"].as_array().into_iter().flatten();
    followed.filter_map(|one| one["event"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_mined_in_time_is_a_failure_until_it_is_mined() -> Result<()> {
    let scene = still().await?;
    for wanted in [vec!["sent"], vec![]] {
        let ran = run_as_keeper(&scene, &ONCE).await?;
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert_eq!(events(&shown(&ran)?), wanted);
        let failure = ran.failure()?;
        assert_eq!(failure["kind"], "chain");
        let message = failure["message"].to_string();
        assert!(message.contains("not mined within 3 s"), "{message}");
    }
    chain::advance_by(&scene.theatre.client, 1).await?;
    let ran = run_as_keeper(&scene, &ONCE).await?.json()?;
    assert_eq!(events(&ran), ["mined"]);
    assert_eq!(ran["waits"]["why"], "too_early");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_does_not_take_is_a_failure() -> Result<()> {
    let scene = still().await?;
    let node = scene.theatre.client.provider.clone();
    let url = serve(move |request| {
        let node = node.clone();
        async move {
            if request["method"] != "eth_sendRawTransaction" {
                return forward(&node, &request).await;
            }
            let error = json!({ "code": -32000, "message": "transaction underpriced" });
            Reply::Answer(
                200,
                json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }),
            )
        }
    })
    .await?;
    let mut arguments = ONCE.to_vec();
    arguments.extend(["--rpc", &url]);
    let ran = run_as_keeper(&scene, &arguments).await?;
    assert_eq!(ran.code, 4, "{}", ran.err);
    let turn = shown(&ran)?;
    assert_eq!(
        (events(&turn), &turn["sent"]),
        (vec!["rejected"], &false.into())
    );
    let message = ran.failure()?["message"].to_string();
    assert!(message.contains("did not take open"), "{message}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reverted_is_a_failure_of_its_own() -> Result<()> {
    let scene = still().await?;
    let (client, suite) = (&scene.theatre.client, &scene.theatre.suite);
    // Somebody else's opening waits for the same block, and comes first.
    let request = TransactionRequest::default()
        .with_from(scene.theatre.cast.stranger)
        .with_to(suite.rebalancer)
        .with_input(Rebalancer::openCall {}.abi_encode())
        .with_gas_limit(3_000_000);
    let _ = client.provider.send_transaction(request).await?;
    let mine = async {
        for _ in 0..200 {
            let status: Value = client
                .provider
                .raw_request("txpool_status".into(), ())
                .await?;
            if status["pending"] == "0x2" {
                return chain::advance_by(client, 1).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        ensure!(false, "the keeper sent nothing");
        Ok(())
    };
    let (ran, mined) = tokio::join!(run_as_keeper(&scene, &ONCE), mine);
    mined?;
    let ran = ran?;
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert_eq!(events(&shown(&ran)?), ["sent", "reverted"]);
    let failure = ran.failure()?;
    assert_eq!(failure["kind"], "refused");
    assert!(
        failure["message"].to_string().contains("open reverted"),
        "{failure}"
    );
    Ok(())
}
