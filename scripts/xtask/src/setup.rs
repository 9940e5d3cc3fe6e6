//! `cargo xtask setup`: what a build and the tests need beyond a Rust toolchain.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Context, Result};

use crate::sh;

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const NODE_MAJOR: u32 = 20;

/// Brings target, npm packages and fixtures up to date; does nothing when they are.
pub(crate) fn setup() -> Result<()> {
    let _lock = sh::lock()?;
    target(WASM_TARGET)?;
    let packages = packages()?;
    fixtures(packages)
}

/// Adds a target to the toolchain, if it is missing.
pub(crate) fn target(name: &str) -> Result<()> {
    let root = sh::root();
    let hint = "install Rust with rustup (https://rustup.rs)";
    let folder = sh::output(
        sh::command("rustc", &root).args(["--print", "target-libdir", "--target", name]),
        hint,
    )?;
    if Path::new(folder.trim()).exists() {
        return Ok(());
    }
    sh::say(format!(
        "the target {name} is missing: adding it with rustup"
    ));
    sh::run(
        sh::command("rustup", &root).args(["target", "add", name]),
        "without rustup, install rustc's standard library for this target yourself",
    )
}

fn node() -> Result<()> {
    let hint = format!("install Node.js {NODE_MAJOR} or newer, with npm (https://nodejs.org)");
    let version = sh::output(sh::command("node", &sh::root()).arg("--version"), &hint)?;
    let major =
        node_major(&version).with_context(|| format!("`node --version` said {version:?}"))?;
    ensure!(
        major >= NODE_MAJOR,
        "node {} is too old: {hint}",
        version.trim()
    );
    Ok(())
}

fn node_major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Installs what `package-lock.json` names; says whether it had to.
fn packages() -> Result<bool> {
    let folder = sh::fixtures();
    let inputs = [
        folder.join("package.json"),
        folder.join("package-lock.json"),
        folder.join(".npmrc"),
    ];
    let stamp = Stamp::of("npm", &inputs)?;
    if stamp.is_current() && folder.join("node_modules").is_dir() {
        return Ok(false);
    }
    sh::say("installing the tests' npm packages (tests/fixtures/package-lock.json)");
    stamp.forget()?;
    npm_ci(&folder)?;
    stamp.keep()?;
    Ok(true)
}

/// Installs what the `package-lock.json` of `folder` names, and runs nothing of it.
pub(crate) fn npm_ci(folder: &Path) -> Result<()> {
    node()?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let lock = sh::short(&folder.join("package-lock.json"));
    sh::run(
        sh::command(npm, folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
        &format!(
            "npm must reach a registry that serves the packages of {lock}; its address is npm's own setting \
             (`npm config get registry`)"
        ),
    )
}

/// Compiles and gathers `target/fixtures/*.json`.
fn fixtures(packages_changed: bool) -> Result<()> {
    let folder = sh::fixtures();
    let mut inputs = vec![folder.join("compile.mjs"), folder.join("package-lock.json")];
    inputs.extend(sources(&folder.join("src"))?);
    inputs.extend(sources(&folder.join("src/weird"))?);
    let stamp = Stamp::of("fixtures", &inputs)?;
    let out = sh::target().join("fixtures");
    if !packages_changed && stamp.is_current() && out.is_dir() {
        return Ok(());
    }
    node()?;
    sh::say("compiling tests/fixtures/src and gathering bytecode into target/fixtures");
    stamp.forget()?;
    sh::run(
        sh::command("node", &folder).arg("compile.mjs").arg(&out),
        "the messages above name the source; if a package is missing, delete \
         tests/fixtures/node_modules and run `cargo xtask setup` again",
    )?;
    stamp.keep()
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "sol") {
            found.push(path);
        }
    }
    if found.is_empty() {
        bail!("{} holds no Solidity source", folder.display());
    }
    found.sort();
    Ok(found)
}

/// A copy of everything that a product was made from: equal copies, nothing to do.
pub(crate) struct Stamp {
    path: PathBuf,
    content: Vec<u8>,
}

impl Stamp {
    pub(crate) fn of(name: &str, inputs: &[PathBuf]) -> Result<Self> {
        let mut content = Vec::new();
        for input in inputs {
            let bytes =
                fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
            content.extend_from_slice(sh::short(input).as_bytes());
            content.extend_from_slice(format!(" {}\n", bytes.len()).as_bytes());
            content.extend_from_slice(&bytes);
        }
        Ok(Self {
            path: sh::target().join("stamps").join(name),
            content,
        })
    }

    pub(crate) fn is_current(&self) -> bool {
        fs::read(&self.path).is_ok_and(|kept| kept == self.content)
    }

    /// Before the work: what fails half-way must run again.
    pub(crate) fn forget(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(e).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn keep(&self) -> Result<()> {
        sh::write(&self.path, &self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_major_is_read_from_what_node_says() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("v8.0.0"), Some(8));
        assert_eq!(node_major("20.1.0"), None);
        assert_eq!(node_major(""), None);
    }

    #[test]
    fn the_lock_files_name_no_host() {
        let names = ["package-lock.json", ".npmrc", "package.json"];
        let folders = [sh::fixtures(), sh::root().join("tests").join("browser")];
        for name in folders
            .iter()
            .flat_map(|at| names.map(|name| at.join(name)))
        {
            let text = fs::read_to_string(&name).unwrap();
            let name = sh::short(&name);
            // Where a package asks for donations is no place that anything is fetched from.
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("\"url\": "));
            for line in lines {
                assert!(!line.contains("://"), "{name} names an address: {line}");
                assert!(
                    !line.contains("resolved\""),
                    "{name} names a download: {line}"
                );
            }
        }
    }

    #[test]
    fn a_stamp_is_current_until_an_input_changes() {
        let folder = std::env::temp_dir().join(format!("ballast-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let input = folder.join("input");
        let stamp = |text: &str| {
            fs::write(&input, text).unwrap();
            Stamp {
                path: folder.join("stamp"),
                ..Stamp::of("test", std::slice::from_ref(&input)).unwrap()
            }
        };
        let first = stamp("a");
        assert!(!first.is_current());
        first.keep().unwrap();
        assert!(first.is_current());
        assert!(!stamp("b").is_current());
        first.forget().unwrap();
        assert!(!first.is_current());
        first.forget().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
