//! What was built: the programs' WASM and the counterparties' bytecode, under `target/`.

use std::path::{Path, PathBuf};

use alloy::{json_abi::JsonAbi, primitives::Bytes};
use anyhow::{bail, Context, Result};
use serde::Deserialize;

/// The programs, by the name of their file and crate.
pub const PROGRAMS: [&str; 9] = [
    "policy",
    "vault",
    "oracle",
    "rebalancer",
    "filler-uniswap-v3",
    "lens",
    "filler-call",
    "filler-uniswap-v2",
    "filler-balancer-v2",
];

/// Where the built files lie.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

/// A counterparty's creation code and interface.
#[derive(Debug, Clone, Deserialize)]
pub struct Fixture {
    /// The contract's interface.
    pub abi: JsonAbi,
    /// Creation code without constructor arguments.
    pub bytecode: Bytes,
    /// The package or source file it comes from.
    pub source: String,
}

impl Default for Artifacts {
    fn default() -> Self {
        Self::at(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
    }
}

impl Artifacts {
    /// The files of the checkout at `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The normalised WASM of a program.
    pub fn wasm(&self, program: &str) -> Result<Vec<u8>> {
        let path = self
            .root
            .join("target/stylus")
            .join(format!("{program}.wasm"));
        std::fs::read(&path)
            .with_context(|| format!("no program at {}: run `cargo xtask build`", path.display()))
    }

    /// The bytecode and interface of a counterparty.
    pub fn fixture(&self, name: &str) -> Result<Fixture> {
        let path = self
            .root
            .join("target/fixtures")
            .join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("no bytecode at {}: run `cargo xtask setup`", path.display())
        })?;
        let fixture: Fixture =
            serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
        if fixture.bytecode.is_empty() {
            bail!(
                "{} holds no bytecode: run `cargo xtask setup`",
                path.display()
            );
        }
        Ok(fixture)
    }

    /// The interfaces of all counterparties and programs: what [`crate::errors`] decodes with.
    pub fn interfaces(&self) -> Result<Vec<JsonAbi>> {
        let mut found = Vec::new();
        for (folder, wrapped) in [("contracts/abi", false), ("target/fixtures", true)] {
            let folder = self.root.join(folder);
            let entries = std::fs::read_dir(&folder).with_context(|| {
                format!("reading {}: run `cargo xtask build`", folder.display())
            })?;
            let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
            paths.sort();
            for path in paths
                .iter()
                .filter(|p| p.extension().is_some_and(|e| e == "json"))
            {
                let text = std::fs::read_to_string(path)?;
                let abi = if wrapped {
                    serde_json::from_str::<Fixture>(&text).map(|f| f.abi)
                } else {
                    serde_json::from_str::<JsonAbi>(&text)
                };
                found.push(abi.with_context(|| format!("reading {}", path.display()))?);
            }
        }
        Ok(found)
    }
}

/// What `cargo xtask build` measured of a program.
#[derive(Debug, Clone, Deserialize)]
pub struct Measured {
    /// Bytes of data and element segments.
    pub data_bytes: usize,
    /// Initial memory pages.
    pub pages: usize,
}

impl Artifacts {
    /// The build's figures of a program.
    pub fn measured(&self, program: &str) -> Result<Measured> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
            #[serde(flatten)]
            measured: Measured,
        }
        let path = self.root.join("target/stylus/sizes.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("no figures at {}: run `cargo xtask build`", path.display())
        })?;
        let all: Vec<Named> = serde_json::from_str(&text)?;
        all.into_iter()
            .find(|n| n.name == program)
            .map(|n| n.measured)
            .with_context(|| format!("no figures of {program} in {}", path.display()))
    }
}
