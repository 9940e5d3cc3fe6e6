//! The programs that shall be deployed, compressed and cut, and what they were built from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{bail, Context, Result};
use ballast::stylus::Packed;
use sha2::{Digest, Sha256};

/// One program as it goes on chain.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its pieces.
    pub packed: Packed,
    /// SHA-256 of the WASM, hexadecimal without prefix.
    pub wasm_sha256: String,
}

impl Built {
    /// Compresses a program.
    ///
    /// # Errors
    /// One that is too large for any chain.
    pub fn new(wasm: &[u8]) -> Result<Self> {
        Ok(Self {
            packed: Packed::new(wasm)?,
            wasm_sha256: hex::encode(Sha256::digest(wasm)),
        })
    }
}

/// Where the checkout is that this was built in.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where programs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The commit that was checked out.
    pub commit: String,
    /// The compiler.
    pub toolchain: String,
    /// Whether sources of the programs differ from that commit, so that nobody else can build the same.
    pub is_modified: bool,
}

/// Every program of a deployment, and its origin.
#[derive(Debug, Clone)]
pub struct Bundle {
    programs: BTreeMap<String, Built>,
    /// Where they come from.
    pub origin: Origin,
}

impl Bundle {
    /// The programs `names`, as `cargo xtask build` left them in `directory`.
    ///
    /// # Errors
    /// A program that is not built.
    pub fn read(directory: &Path, names: &[&str], origin: Origin) -> Result<Self> {
        let mut programs = BTreeMap::new();
        for name in names {
            let path = directory.join(format!("{name}.wasm"));
            let wasm = std::fs::read(&path).with_context(|| {
                format!("no program at {}: run `cargo xtask build`", path.display())
            })?;
            let built = Built::new(&wasm);
            programs.insert(
                (*name).into(),
                built.with_context(|| format!("packing {name}"))?,
            );
        }
        Ok(Self { programs, origin })
    }

    /// A program.
    ///
    /// # Errors
    /// It is not among them.
    pub fn program(&self, name: &str) -> Result<&Built> {
        let found = self.programs.get(name);
        found.with_context(|| format!("{name} was not built"))
    }
}

impl Origin {
    /// What the checkout at `root` says of itself.
    ///
    /// # Errors
    /// No git, no checkout, no pinned compiler.
    pub fn of_checkout(root: &Path) -> Result<Self> {
        let commit = git(root, &["rev-parse", "HEAD"])?.trim().to_owned();
        let modified = git(root, &["status", "--porcelain", "--", "contracts"])?;
        #[derive(serde::Deserialize)]
        struct Pinned {
            toolchain: Toolchain,
        }
        #[derive(serde::Deserialize)]
        struct Toolchain {
            channel: String,
        }
        let path = root.join("rust-toolchain.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let pinned: Pinned = toml::from_str(&text)?;
        Ok(Self {
            commit,
            toolchain: format!("rustc {}", pinned.toolchain.channel),
            is_modified: !modified.trim().is_empty(),
        })
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let run = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output();
    let output = run.context("cannot run git, which says what the programs were built from")?;
    if !output.status.success() {
        bail!(
            "git {} in {}: {}",
            arguments.join(" "),
            root.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
