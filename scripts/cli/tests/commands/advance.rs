//! `ballast advance`, and `--wait`.

use std::time::Duration;

use anyhow::Result;

use crate::scene::{assert_schema, ballast, finish, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_moves_by_what_was_asked() -> Result<()> {
    let scene = Scene::new().await?;
    let before = scene.theatre.client.now().await?;
    let moved = scene.run(&["--json", "advance", "90m"]).await?.json()?;
    assert_schema("advance", &moved);
    assert_eq!(moved["from"], before);
    assert_eq!(moved["to"], before + 5_400);
    assert_eq!(scene.theatre.client.now().await?, before + 5_400);
    let wrong = scene.run(&["advance", "soon"]).await?;
    assert!(
        wrong.code == 2 && wrong.err.contains("soon"),
        "{}",
        wrong.err
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_is_late_is_waited_for() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    let chain = devnode::Chain::new(devnode::Config::default());
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let mut early = ballast(directory.path());
    early.args(["--rpc", &url, "advance", "1s"]);
    assert_eq!(finish(early).await?.code, 4);

    let mut patient = ballast(directory.path());
    patient.args(["--rpc", &url, "--wait", "60", "advance", "1s"]);
    let patient = tokio::spawn(finish(patient));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let _server = devnode::Server::start(chain, port)?;
    let ran = patient.await??;
    assert_eq!(ran.code, 0, "{}", ran.err);
    Ok(())
}
