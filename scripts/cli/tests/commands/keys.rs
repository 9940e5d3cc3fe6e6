//! Whose key signs: a keystore, the environment, a Ledger.

use std::path::PathBuf;

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    signers::local::LocalSigner,
};
use anyhow::Result;
use ballast::{abi::Vault, local::stage::usd};

use crate::scene::{assert_schema, Scene};

const PASSWORD: &str = "correct horse";

/// A keystore of `who` and a file with its password.
fn keystore(scene: &Scene, who: Address) -> Result<(String, String)> {
    let directory = scene.directory.path();
    let key: B256 = scene.key(who)?.parse()?;
    let mut random = rand::thread_rng();
    LocalSigner::encrypt_keystore(directory, &mut random, key, PASSWORD, Some("keystore"))?;
    // What follows the first line is no part of it.
    let password = write(scene, "password", &format!("{PASSWORD}\nof the keystore\n"))?;
    Ok((text(directory.join("keystore")), password))
}

fn write(scene: &Scene, name: &str, content: &str) -> Result<String> {
    let path = scene.directory.path().join(name);
    std::fs::write(&path, content)?;
    Ok(text(path))
}

fn text(path: PathBuf) -> String {
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_keystore_spends_over_http_and_over_a_websocket() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let (bob, vault) = (theatre.cast.bob, theatre.suite.vault);
    for member in &theatre.members {
        theatre
            .grant(member, bob, member.amount(usd(10_000))?)
            .await?;
    }
    let (keystore, password) = keystore(&scene, bob)?;
    let http = theatre.node.url();
    let socket = http.replace("http://", "ws://");
    assert_ne!(http, socket);
    let mut shares = U256::ZERO;
    for url in [&http, &socket] {
        let arguments = [
            "--rpc",
            url,
            "--keystore",
            &keystore,
            "--password-file",
            &password,
            "--json",
            "--send",
            "--yes",
            "mint",
            "1000",
        ];
        let done = scene.run(&arguments).await?.json()?;
        assert_schema("mint", &done);
        assert_eq!(done["mint"]["from"], serde_json::json!(bob), "{url}");
        assert!(done["mint"]["mined"]["transaction"].is_string(), "{url}");
        shares += usd(1_000);
        let balance = Vault::balanceOfCall { account: bob };
        assert_eq!(theatre.client.call(vault, balance).await?, shares, "{url}");
        // The same program, asked again, sees what it did.
        let supply = Vault::totalSupplyCall {};
        let supply = theatre.client.call(vault, supply).await?;
        let status = scene.run(&["--rpc", url, "--json", "status"]).await?;
        assert_eq!(status.json()?["supply"], serde_json::json!(supply), "{url}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_had_is_told_so_and_nothing_is_sent() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let (bob, alice) = (theatre.cast.bob, theatre.cast.alice);
    let (keystore, password) = keystore(&scene, bob)?;
    let provider = &theatre.client.provider;
    let before = provider.get_transaction_count(bob).await?;
    let wrong = write(&scene, "wrong", "incorrect horse\n")?;
    let empty = write(&scene, "empty", "")?;
    let other = write(&scene, "other", "{\"version\": 3}")?;
    let nowhere = text(scene.directory.path().join("nowhere"));
    let alice = alice.to_string();
    let cases: [(&[&str], &str); 8] = [
        (
            &["--keystore", &keystore, "--password-file", &wrong],
            "cannot unlock",
        ),
        (
            &["--keystore", &keystore, "--password-file", &empty],
            "cannot unlock",
        ),
        (
            &["--keystore", &keystore, "--password-file", &nowhere],
            "cannot read",
        ),
        // Nobody is at the terminal.
        (&["--keystore", &keystore], "nobody is there to type"),
        (
            &["--keystore", &other, "--password-file", &password],
            "cannot unlock",
        ),
        (
            &["--keystore", &nowhere, "--password-file", &password],
            "cannot read",
        ),
        (
            &[
                "--keystore",
                &keystore,
                "--password-file",
                &password,
                "--from",
                &alice,
            ],
            "not of",
        ),
        (&[], "there is no key"),
    ];
    for (keys, word) in cases {
        let arguments = [&["--json", "--send", "--yes"], keys, &["mint", "1"]].concat();
        let ran = scene.run(&arguments).await?;
        let failure = ran.failure()?;
        let message = failure["message"].as_str().unwrap_or_default();
        assert_eq!((ran.code, &failure["kind"]), (6, &"key".into()), "{keys:?}");
        assert!(message.contains(word), "{keys:?}: {message}");
    }
    // A key with a slip in it is not repeated.
    let slip = "0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg";
    let ran = scene
        .run_with(
            &[("BALLAST_PRIVATE_KEY", slip)],
            &["--json", "--send", "--yes", "mint", "1"],
        )
        .await?;
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(!format!("{}{}", ran.out, ran.err).contains("abcdef"));
    // Whoever only looks is told how to do without.
    let look = [
        "--json",
        "--keystore",
        &keystore,
        "--password-file",
        &wrong,
        "status",
    ];
    let next = scene.run(&look).await?.failure()?["next"].to_string();
    assert!(next.contains("--from"), "{next}");
    assert_eq!(provider.get_transaction_count(bob).await?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_named_by_path_and_never_beside_another_key() -> Result<()> {
    let scene = Scene::new().await?;
    for (path, word) in [
        ("m/44'/60'/2147483648'/0/0", "index 2147483648 is above"),
        ("2147483648", "index 2147483648 is above"),
        ("44'/60'/0'/0/0", "`44'/60'/0'/0/0` is neither"),
        ("m/44'/x", "`m/44'/x` is neither"),
    ] {
        let ran = scene.run(&[&format!("--ledger={path}"), "status"]).await?;
        assert_eq!(ran.code, 2, "{path}");
        assert!(ran.err.contains(word), "{path}: {}", ran.err);
    }
    // Before the command and after it, and in the environment.
    for (variables, arguments) in [
        (
            &[][..],
            &["--ledger", "--keystore", "k", "--json", "status"][..],
        ),
        (&[], &["--keystore", "k", "--json", "status", "--ledger=1"]),
        (
            &[("BALLAST_KEYSTORE", "k")],
            &["--json", "--ledger", "status"],
        ),
    ] {
        let ran = scene.run_with(variables, arguments).await?;
        let message = ran.failure()?["message"].to_string();
        assert_eq!(ran.code, 6, "{arguments:?}");
        assert!(message.contains("two keys are named"), "{message}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ledger_a_command_says_what_to_do_and_a_look_from_outside_needs_none(
) -> Result<()> {
    let scene = Scene::new().await?;
    let bob = scene.theatre.cast.bob.to_string();
    let looked = scene
        .run(&["--json", "--ledger", "--from", &bob, "status"])
        .await?;
    assert_schema("status", &looked.json()?);

    let path = "--ledger=m/44'/60'/0'/0/3";
    for arguments in [
        &["--json", path, "status"][..],
        &["--json", "--send", "--yes", "--from", &bob, path, "open"],
    ] {
        let ran = scene.run(arguments).await?;
        let failure = ran.failure()?;
        let (message, next) = (failure["message"].to_string(), failure["next"].to_string());
        assert_eq!(
            (ran.code, &failure["kind"]),
            (6, &"key".into()),
            "{message}"
        );
        let is_said = match cfg!(feature = "ledger") {
            // Where there is no USB at all, it cannot even be looked for.
            true => message.contains("Ledger") && next.contains("open its Ethereum app"),
            false => message.contains("built without") && next.contains("--features ledger"),
        };
        assert!(is_said, "{message} {next}");
        assert_eq!(
            next.contains("--from"),
            !arguments.contains(&"--send"),
            "{next}"
        );
    }
    Ok(())
}
