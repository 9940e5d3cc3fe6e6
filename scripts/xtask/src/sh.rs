//! Running other programs, and where things are.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

pub(crate) fn contracts() -> PathBuf {
    root().join("contracts")
}

pub(crate) fn fixtures() -> PathBuf {
    root().join("tests").join("fixtures")
}

/// Where this project's own products go: `target/` of the root workspace.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// A line of progress, on stderr so that stdout stays for results.
pub(crate) fn say(what: impl AsRef<str>) {
    eprintln!("xtask: {}", what.as_ref());
}

/// A command that runs in `folder`.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Cargo in one of the two workspaces, with that workspace's own target folder.
///
/// What `cargo run` told about this package is not passed on: build scripts, `ring`'s for one, watch these
/// variables, and everything above them would be built again whenever `cargo test` and `cargo xtask` take turns.
pub(crate) fn cargo(workspace: &Path, subcommand: &str) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(cargo, workspace);
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(told) {
            command.env_remove(name);
        }
    }
    command
        .arg(subcommand)
        .arg("--target-dir")
        .arg(workspace.join("target"));
    command
}

/// A binary of the root workspace, run. No package is named, so that its dependencies are those that the
/// tests were built with: cargo chooses their features by what it is asked to build.
pub(crate) fn binary(name: &str) -> Command {
    let mut command = cargo(&root(), "run");
    command.args(["--quiet", "--locked", "--bin", name, "--"]);
    command
}

/// Runs a command whose output is progress: all of it goes to stderr.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<()> {
    command.stdout(Stdio::from(stderr_handle()?));
    run_attached(command, hint)
}

/// Runs a command that owns our stdout: its output is the result.
pub(crate) fn run_attached(command: &mut Command, hint: &str) -> Result<()> {
    let shown = show(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{shown}`: {hint}"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status}): {hint}");
    }
    Ok(())
}

/// What a command prints on stdout.
pub(crate) fn output(command: &mut Command, hint: &str) -> Result<String> {
    let shown = show(command);
    let out = command
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("cannot start `{shown}`: {hint}"))?;
    if !out.status.success() {
        let told = String::from_utf8_lossy(&out.stderr);
        bail!(
            "`{shown}` failed ({}): {hint}\n{}",
            out.status,
            told.trim_end()
        );
    }
    String::from_utf8(out.stdout).with_context(|| format!("`{shown}` printed no text"))
}

/// The command as one would type it.
fn show(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(unix)]
fn stderr_handle() -> Result<std::os::fd::OwnedFd> {
    use std::os::fd::AsFd;
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .context("cannot share stderr")
}

#[cfg(windows)]
fn stderr_handle() -> Result<std::os::windows::io::OwnedHandle> {
    use std::os::windows::io::AsHandle;
    std::io::stderr()
        .as_handle()
        .try_clone_to_owned()
        .context("cannot share stderr")
}

/// Holds `target/xtask.lock` until dropped, so that two runs do not write the same files.
pub(crate) fn lock() -> Result<File> {
    let path = target().join("xtask.lock");
    std::fs::create_dir_all(target()).context("cannot create target/")?;
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    if file.try_lock().is_err() {
        say("waiting for another run to finish");
        file.lock().context("cannot take target/xtask.lock")?;
    }
    Ok(file)
}

/// Replaces a file at once: a reader sees the old content or the new.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    std::fs::write(&part, content)
        .and_then(|()| std::fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The path as one would type it from the root of the checkout.
pub(crate) fn short(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_whose_command_it_is() {
        // Set for every test by cargo itself.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let cargo = cargo(&root(), "test");
        let removed = |name: &str| {
            cargo
                .get_envs()
                .any(|(n, value)| n == name && value.is_none())
        };
        assert!(removed("CARGO_MANIFEST_DIR") && removed("CARGO_PKG_NAME"));
        assert!(!removed("PATH"));
    }
}
