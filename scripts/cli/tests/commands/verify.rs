//! `ballast verify` builds what it compares with.

use std::{os::unix::fs::PermissionsExt, path::Path};

use anyhow::Result;
use ballast::record::Record;
use ballast_deployment::bundle::checkout;

use crate::{
    example::Ground,
    scene::{assert_schema, ballast, finish, Ran},
};

/// A directory that stands in for PATH: git, a shell, and what is named in `programs`.
fn path(directory: &Path, programs: &[(&str, &str)]) -> Result<String> {
    let folder = directory.join("path");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    for name in ["git", "sh"] {
        let dirs = std::env::var("PATH")?;
        let dirs = std::env::split_paths(&dirs);
        let found = dirs.map(|dir| dir.join(name)).find(|path| path.is_file());
        let found = found.expect("git and sh are there");
        std::os::unix::fs::symlink(found, folder.join(name))?;
    }
    for (name, script) in programs {
        let file = folder.join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}"))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder.display().to_string())
}

/// Verifies with `programs` in the place of all that PATH has.
async fn verify(ground: &Ground, programs: &[(&str, &str)], arguments: &[&str]) -> Result<Ran> {
    let path = path(ground.directory.path(), programs)?;
    let mut command = ballast(ground.directory.path());
    command
        .env("BALLAST_RPC", ground.node.url())
        .env("PATH", path)
        .env("RUSTUP_TOOLCHAIN", "another")
        .args(arguments);
    finish(command).await
}

/// Stands in for cargo: notes how it was called, prints as a build does, and builds nothing.
const STAND_IN: &str =
    "echo \"$PWD: $* [$RUSTUP_TOOLCHAIN]\" >> \"${0%/*}/called\"\necho a table of sizes\n";

#[tokio::test(flavor = "multi_thread")]
async fn verify_builds_the_recorded_programs_and_says_of_which_commit() -> Result<()> {
    let ground = Ground::new().await?;
    ground.deploy().await?.json()?;
    let file = ground.path("deployments/412346.json");
    let mut record = Record::read(&file)?;
    let called = ground.path("path/called");

    // The build's own output is no answer; it is progress, and only for people.
    let ran = verify(&ground, &[("cargo", STAND_IN)], &["--json", "verify"]).await?;
    let same = ran.json()?;
    assert_schema("verify", &same);
    assert_eq!(same["is_same"], true, "{same:#}");
    assert_eq!(same["is_rebuilt"], true);
    assert_eq!(ran.err, "");
    let names: Vec<_> = record.programs.iter().map(|p| p.name.as_str()).collect();
    let root = checkout().canonicalize()?;
    let wanted = format!("{}: xtask build {} []\n", root.display(), names.join(" "));
    assert_eq!(std::fs::read_to_string(&called)?, wanted);
    let text = verify(&ground, &[("cargo", STAND_IN)], &["verify"]).await?;
    assert!(
        text.code == 0 && text.err.contains("a table of sizes"),
        "{}",
        text.err
    );
    assert!(!text.out.contains("a table"), "{}", text.out);

    // What was built before is compared without any cargo.
    for arguments in [
        &["--json", "verify", "--built"][..],
        &[
            "--json",
            "verify",
            "--wasm",
            &root.join("target/stylus").display().to_string(),
        ],
    ] {
        let same = verify(&ground, &[], arguments).await?.json()?;
        assert_eq!(
            (&same["is_same"], &same["is_rebuilt"]),
            (&true.into(), &false.into())
        );
    }

    // Another commit of the same code is a warning with both.
    record.commit = "a".repeat(40);
    record.write(&file)?;
    let ran = verify(&ground, &[], &["--json", "verify", "--built"]).await?;
    let other = ran.json()?;
    assert_schema("verify", &other);
    let here = other["commit"].as_str().unwrap_or_default();
    let warned = other["warnings"][0].as_str().unwrap_or_default();
    assert!(
        warned.contains(here) && warned.contains(&record.commit),
        "{warned}"
    );
    let text = verify(&ground, &[], &["verify", "--built"]).await?;
    assert!(text.code == 0 && text.err.contains(warned), "{}", text.err);

    // Other code is a difference, whatever the commit.
    record.programs[0].wasm_sha256 = "0".repeat(64);
    record.write(&file)?;
    let ran = verify(&ground, &[], &["--json", "verify", "--built"]).await?;
    assert_eq!(
        (ran.code, &ran.failure()?["kind"]),
        (7, &"difference".into())
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_built_is_said_with_a_next_step() -> Result<()> {
    let ground = Ground::new().await?;
    ground.deploy().await?.json()?;
    let fails = async |programs: &[(&str, &str)], more: &[&str], code: i32, words: [&str; 2]| {
        let arguments = [&["--json", "verify"], more].concat();
        let ran = verify(&ground, programs, &arguments).await?;
        let failure = ran.failure()?;
        assert_eq!(ran.code, code, "{failure}");
        assert_eq!(ran.out, "", "half an answer");
        let (message, next) = (failure["message"].to_string(), failure["next"].to_string());
        assert!(
            message.contains(words[0]) && next.contains(words[1]),
            "{failure}"
        );
        anyhow::Ok(())
    };
    fails(&[], &[], 1, ["cannot run `cargo xtask build`", "--wasm"]).await?;
    let broken = "echo error: no such file >&2\nexit 101\n";
    let words = ["error: no such file", "--built"];
    fails(&[("cargo", broken)], &[], 1, words).await?;
    let words = ["no checkout of Ballast", "--source"];
    fails(&[("cargo", STAND_IN)], &["--source", "."], 3, words).await?;
    // Sources without their history: nobody can say which commit they are.
    let bare = ground.path("bare");
    for folder in ["contracts", "scripts/xtask"] {
        std::fs::create_dir_all(bare.join(folder))?;
        std::fs::write(bare.join(folder).join("Cargo.toml"), "")?;
    }
    fails(
        &[("cargo", STAND_IN)],
        &["--source", "bare"],
        3,
        ["git", "--source"],
    )
    .await
}
