//! A provider's URL holds a key: nothing of it is told, whatever goes wrong.

use alloy::providers::{Provider, ProviderBuilder};
use anyhow::Result;
use ballast::client::http;
use e2e::proxy::{forward, serve, Reply};
use serde_json::json;

use crate::{
    example::Ground,
    scene::{ballast, finish, Scene},
};

const KEY: &str = "Ab3dEfKEY9zz";

/// `place` with a key in every part that can hold one.
fn keyed(place: &str) -> String {
    let (scheme, host) = place.split_once("://").unwrap_or(("http", place));
    format!("{scheme}://u:{KEY}@{host}/v2/{KEY}?key={KEY}")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_a_url_that_may_be_a_key_is_told() -> Result<()> {
    let scene = Scene::new().await?;
    let node = ProviderBuilder::new()
        .connect_client(http(&scene.theatre.node.url())?)
        .erased();
    let there = serve(move |request| {
        let node = node.clone();
        async move { forward(&node, &request).await }
    });
    let there = keyed(&there.await?);
    // A provider that refuses, and repeats the key that it refuses.
    let refusing = |_| async {
        Reply::Answer(
            401,
            json!(format!("no project {KEY} at /v2/{KEY}?key={KEY}")),
        )
    };
    let refusing = keyed(&serve(refusing).await?);
    let mut record = scene.record()?;
    record.chain_id = 1;
    record.write(&scene.directory.path().join("other.json"))?;
    let ground = Ground::new().await?;
    let config = std::fs::read_to_string(ground.path("treasury.toml"))?;
    let config = config.replace("chain_id = 412346", "chain_id = 42161");
    std::fs::write(scene.directory.path().join("treasury.toml"), config)?;
    let other = ["--deployment", "other.json"];
    let deploy = ["deploy", "--config", "treasury.toml"];
    let dead = ["http://127.0.0.1:1", "ws://127.0.0.1:1"].map(keyed);
    let wrong = ["http://host:port", "http://[zz]", "htp://a b"].map(keyed);
    let mut rows: Vec<(&str, Vec<&str>, i32)> = vec![
        (&there, vec!["-v", "status"], 0),
        (&there, vec!["-vv", "plan"], 0),
        (&there, [&other[..], &["status"]].concat(), 4),
        (
            &there,
            [&other[..], &["propose", "limit", "max-slippage=0.4%"]].concat(),
            4,
        ),
        (&there, deploy.to_vec(), 4),
        (&there, vec!["--help"], 0),
        (&there, vec!["status", "--help"], 0),
        (&refusing, vec!["-v", "status"], 4),
        (&refusing, vec!["keeper", "--once"], 4),
    ];
    for url in dead.iter().chain(&wrong) {
        rows.push((url, vec!["-v", "status"], 4));
        rows.push((url, vec!["advance", "1s"], 4));
    }
    for (url, words, code) in rows {
        for json in [&[][..], &["--json"]] {
            for typed in [false, true] {
                let mut command = ballast(scene.directory.path());
                command.env("BALLAST_DEPLOYMENT", scene.record_path());
                match typed {
                    true => command.args(["--rpc", url]),
                    false => command.env("BALLAST_RPC", url),
                };
                command.args(json).args(&words);
                let ran = finish(command).await?;
                let told = format!("{}{}", ran.out, ran.err);
                assert!(!told.contains(KEY), "{words:?} at {url}: {told}");
                assert_eq!(ran.code, code, "{words:?} at {url}: {told}");
            }
        }
    }
    Ok(())
}
