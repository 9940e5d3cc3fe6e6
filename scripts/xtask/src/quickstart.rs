//! `cargo xtask quickstart`: what the README tells a newcomer to type, typed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Context, Result};

use crate::programs::PROGRAMS;
use crate::{build, sh};

/// What stands around the commands in the README.
const MARKS: (&str, &str) = ("<!-- quickstart:begin -->", "<!-- quickstart:end -->");
/// Installing is replaced: the binary is built here and put on the path.
const INSTALL: &str = "cargo install --locked --path scripts/cli";

/// What must be so after it, where every command may have gone well and nothing have come of it: the keeper rebalanced to the
/// voted targets, and the report is there.
const CHECK: &str = r#"ballast status --json > status.json
node -e '
  const { rebalances, distance_bps, policy_nonce } = JSON.parse(require("fs").readFileSync("status.json"));
  const is = `${rebalances} rebalances, ${distance_bps} bps from the targets, nonce ${policy_nonce}`;
  if (!(Number(rebalances) >= 1 && Number(distance_bps) < 200)) throw new Error(is);
  console.log(is);
'
test -s report.html
"#;

/// Builds programs and binary, and runs the README's commands literally, in an empty directory.
pub(crate) fn quickstart() -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let mut cargo = sh::cargo(&sh::root(), "build");
    // Of the whole workspace, whose dependencies are the tests' own and built already.
    cargo.args(["--quiet", "--locked", "--workspace", "--bin", "ballast"]);
    sh::run(&mut cargo, "the compiler's message stands above")?;

    let readme = std::fs::read_to_string(sh::root().join("README.md")).context("no README.md")?;
    let script = script(&readme)?;
    let directory = sh::target().join("quickstart");
    if directory.exists() {
        std::fs::remove_dir_all(&directory).context("cannot empty target/quickstart")?;
    }
    std::fs::create_dir_all(&directory)?;
    run(&(script + CHECK), &directory)
}

fn run(script: &str, directory: &Path) -> Result<()> {
    let mut path = vec![sh::target().join("debug")];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let path: std::ffi::OsString = std::env::join_paths::<_, PathBuf>(path)?;
    let mut bash: Command = sh::command("bash", directory);
    // Whatever was left running ends with the shell; every command is shown before it runs.
    let whole = format!("trap 'kill $(jobs -p) 2>/dev/null' EXIT\nset -euxo pipefail\n{script}");
    bash.args(["-c", &whole]).env("PATH", path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BALLAST_")) {
        bash.env_remove(name);
    }
    sh::run_attached(&mut bash, "the command that failed is the last one above")
}

/// The commands between the marks, without the installation.
fn script(readme: &str) -> Result<String> {
    let inside = readme
        .split_once(MARKS.0)
        .and_then(|(_, rest)| rest.split_once(MARKS.1))
        .map(|(inside, _)| inside)
        .with_context(|| format!("README.md has no {} … {}", MARKS.0, MARKS.1))?;
    let mut lines = Vec::new();
    let mut is_code = false;
    for line in inside.lines() {
        match line.trim_end() {
            "```sh" => is_code = true,
            "```" => is_code = false,
            code if is_code && !code.starts_with(INSTALL) => lines.push(code),
            _ => {}
        }
    }
    if lines.is_empty() || !inside.contains(INSTALL) {
        bail!("README.md tells nothing to type, or not `{INSTALL}`");
    }
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_between_the_marks_is_typed_and_nothing_is_installed() {
        let readme = format!(
            "```sh\nrm -rf /\n```\n{}\ntext\n```sh\n{INSTALL}\nballast status\n```\nmore\n```text\nnot this\n```\n{}\n```sh\nno\n```",
            MARKS.0, MARKS.1
        );
        assert_eq!(script(&readme).unwrap(), "ballast status\n");
    }

    #[test]
    fn a_readme_that_tells_nothing_is_refused() {
        for readme in [
            "",
            MARKS.0,
            &format!("{}\n```sh\nballast\n```\n{}", MARKS.0, MARKS.1),
        ] {
            assert!(script(readme).is_err(), "{readme}");
        }
    }
}
