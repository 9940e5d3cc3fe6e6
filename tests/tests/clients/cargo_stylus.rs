//! Arbitrum's own tool, from the crate registry: builds, checks, deploys and activates programs of ours.
//!
//! Ignored unless asked for: `cargo xtask clients` installs the tool first, which takes minutes.

use std::path::PathBuf;

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    sol,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::Lens,
    local::cache::{self, Terms},
};

use crate::scene::{node_module, output, Scene};

sol! {
    /// What this asks ArbOS.
    interface IArbWasm {
        function programVersion(address program) external view returns (uint16 version);
    }
}

const INSTALLED: &str = "target/tools/bin/cargo-stylus";
/// `ArbWasm`.
const ARB_WASM: Address = alloy::primitives::address!("0000000000000000000000000000000000000071");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

struct Tool<'a> {
    scene: &'a Scene,
    /// Where it runs: a program's folder.
    folder: PathBuf,
}

impl Tool<'_> {
    /// Everything that it prints, colours left out; an error if it fails.
    fn says(&self, args: &[&str]) -> Result<String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // It looks for wasm-opt there.
        let paths = std::iter::once(node_module(".bin")).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(paths)?;
        // In front of the options: `--constructor-args` takes all that follows it.
        let options = args.iter().position(|a| a.starts_with("--"));
        let (verb, options) = args.split_at(options.unwrap_or(args.len()));
        let out = output(root().join(INSTALLED), |command| {
            command
                .arg("stylus")
                .args(verb)
                .args(["--endpoint", &self.scene.url()])
                .args(options)
                .current_dir(&self.folder)
                .env("PATH", path)
                // Set by the cargo that runs this test, and wrong for another workspace.
                .env_remove("CARGO_MANIFEST_DIR")
                .env_remove("CARGO_TARGET_DIR")
                .env("NO_COLOR", "1");
        })?;
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        let said = plain(&said);
        ensure!(
            out.status.success(),
            "cargo stylus {}: {}\n{said}",
            args.join(" "),
            out.status
        );
        Ok(said)
    }
}

/// Without the colours' escape sequences, which the tool prints to no terminal too.
fn plain(said: &str) -> String {
    let mut out = String::new();
    let mut chars = said.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars
                .by_ref()
                .take_while(|c| !c.is_ascii_alphabetic())
                .count();
        } else {
            out.push(c);
        }
    }
    out
}

/// The first address behind `words`.
fn address_after(said: &str, words: &str) -> Result<Address> {
    let (_, rest) = said
        .split_once(words)
        .with_context(|| format!("no {words:?} in {said}"))?;
    let at = rest.find("0x").context("no address follows")?;
    let digits = rest.get(at..at + 42).context("the address is cut off")?;
    Ok(digits.parse()?)
}

fn key_of(scene: &Scene, account: Address) -> Result<String> {
    Ok(scene.key(account)?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cargo-stylus: cargo xtask clients"]
async fn cargo_stylus_checks_and_deploys_a_program_with_its_constructor() -> Result<()> {
    let scene = Scene::new().await?;
    let stage = &scene.stage;
    let tool = Tool {
        scene: &scene,
        folder: root().join("contracts/lens"),
    };
    let checked = tool.says(&["check"])?;
    assert!(checked.contains("contract size: "), "{checked}");
    assert!(checked.contains("wasm data fee: "), "{checked}");

    let s = &stage.suite;
    let arguments = [s.vault, s.policy, s.oracle, s.rebalancer].map(|a| a.to_string());
    let key = key_of(&scene, stage.cast.stranger)?;
    let mut args = vec!["deploy", "--no-verify", "--private-key", &key];
    args.push("--constructor-args");
    args.extend(arguments.iter().map(String::as_str));
    let said = tool.says(&args)?;
    let lens = address_after(&said, "deployed code at address")?;

    // It answers as the lens that this project's own tool deployed.
    let mut answers: Vec<(Vec<Address>, Vec<U256>)> = Vec::new();
    for at in [s.lens, lens] {
        let answer = stage.client.call(at, Lens::getConstituentsCall {}).await?;
        answers.push(answer.into());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0.len(), 2, "the treasury's assets");
    assert!(active(&scene, lens).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cargo-stylus: cargo xtask clients"]
async fn cargo_stylus_deploys_a_program_in_fragments() -> Result<()> {
    let scene = Scene::new().await?;
    let tool = Tool {
        scene: &scene,
        folder: root().join("contracts/rebalancer"),
    };
    let stage = &scene.stage;
    let key = key_of(&scene, stage.cast.stranger)?;
    let s = &stage.suite;
    let [vault, policy, oracle] = [s.vault, s.policy, s.oracle].map(|a| a.to_string());
    let said = tool.says(&[
        "deploy",
        "--no-verify",
        "--private-key",
        &key,
        "--constructor-args",
        &vault,
        &policy,
        &oracle,
    ])?;
    assert!(said.contains("(2 fragments)"), "{said}");
    let program = address_after(&said, "deployed code at address")?;
    let code = stage.client.provider.get_code_at(program).await?;
    assert!(
        code.starts_with(&[0xef, 0xf0, 0x02]),
        "not a root of fragments: {code}"
    );
    assert!(active(&scene, program).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cargo-stylus: cargo xtask clients"]
async fn cargo_stylus_activates_what_was_only_put_there_and_tells_of_the_cache() -> Result<()> {
    let scene = Scene::new().await?;
    let stage = &scene.stage;
    let tool = Tool {
        scene: &scene,
        folder: root().join("contracts/lens"),
    };
    let wasm = root().join("target/stylus/filler-uniswap-v3.wasm");
    let wasm = wasm.to_string_lossy();
    let key = key_of(&scene, stage.cast.stranger)?;
    let said = tool.says(&[
        "deploy",
        "--no-verify",
        "--no-activate",
        "--private-key",
        &key,
        "--wasm-file",
        &wasm,
    ])?;
    let program = address_after(&said, "deployed code at address")?;
    assert!(
        !active(&scene, program).await?,
        "active before it was activated"
    );
    let at = program.to_string();
    tool.says(&["activate", "--private-key", &key, "--address", &at])?;
    assert!(active(&scene, program).await?);

    cache::open(&stage.client, &stage.artifacts, Terms::default()).await?;
    let status = tool.says(&["cache", "status", "--address", &at])?;
    assert!(
        status.contains("Cache manager status: \"active\""),
        "{status}"
    );
    assert!(status.contains("\"is not yet cached\""), "{status}");
    tool.says(&["cache", "bid", "--private-key", &key, &at, "0"])?;
    let status = tool.says(&["cache", "status", "--address", &at])?;
    assert!(status.contains("\"is cached\""), "{status}");
    Ok(())
}

/// Whether `ArbWasm` knows a version of the program.
async fn active(scene: &Scene, program: Address) -> Result<bool> {
    let answer = scene
        .stage
        .client
        .try_call(program, ARB_WASM, IArbWasm::programVersionCall { program })
        .await?;
    Ok(answer.is_ok_and(|version| version > 0))
}
