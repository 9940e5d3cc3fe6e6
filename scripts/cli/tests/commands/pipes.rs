//! Whoever reads may stop reading; and what a shell completes names every command.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{
    scene::{ballast, finish},
    schemas,
};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[tokio::test]
async fn every_shell_completes_every_command() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    let commands = schemas::commands().await?;
    for shell in SHELLS {
        let mut command = ballast(directory.path());
        command.args(["completions", shell]);
        let ran = finish(command).await?;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for name in &commands {
            assert!(ran.out.contains(name), "{shell} does not complete {name}");
        }
    }
    let mut command = ballast(directory.path());
    command.args(["completions", "--help"]);
    let help = finish(command).await?.out;
    let known = help.split_once("possible values: ").context("no shells")?.1;
    let known = known.split(']').next().unwrap_or_default();
    assert_eq!(known.split(", ").collect::<Vec<_>>(), SHELLS);
    Ok(())
}

/// Runs it with nobody who reads standard output, or standard error; answers its exit code and what the other one got.
fn unread(mut command: Command, error: bool) -> Result<(Option<i32>, String)> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    match error {
        true => drop(child.stderr.take()),
        false => drop(child.stdout.take()),
    }
    let output = child.wait_with_output()?;
    let other = if error { output.stdout } else { output.stderr };
    Ok((output.status.code(), String::from_utf8(other)?))
}

#[test]
fn nobody_who_reads_is_no_fault() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    for shell in SHELLS {
        let mut command = ballast(directory.path());
        command.args(["completions", shell]);
        assert_eq!(unread(command, false)?, (Some(0), String::new()), "{shell}");
    }
    for arguments in [&["--help"][..], &["status", "--help"], &["--version"]] {
        let mut command = ballast(directory.path());
        command.args(arguments);
        assert_eq!(
            unread(command, false)?,
            (Some(0), String::new()),
            "{arguments:?}"
        );
    }
    // The exit code stays what it is where nobody reads why.
    for arguments in [&["-v", "status"][..], &["--json", "status"]] {
        let mut command = ballast(directory.path());
        command
            .args(["--rpc", "http://127.0.0.1:1"])
            .args(arguments);
        assert_eq!(
            unread(command, true)?,
            (Some(4), String::new()),
            "{arguments:?}"
        );
    }
    Ok(())
}
