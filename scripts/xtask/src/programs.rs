//! The on-chain programs, and how each is optimised.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Context, Result};

use crate::sh;

/// A program that is deployed.
#[derive(Debug)]
pub(crate) struct Program {
    /// What `target/stylus/<name>.wasm` is called.
    pub(crate) name: &'static str,
    /// Its crate.
    pub(crate) package: &'static str,
    /// Its folder under `contracts/`.
    pub(crate) folder: &'static str,
    /// What `contracts/abi/<interface>.json` is called.
    pub(crate) interface: &'static str,
    /// The heading of its chapter in `docs/specification.md`.
    pub(crate) chapter: &'static str,
}

/// Every program, in the order of deployment.
pub(crate) const PROGRAMS: [Program; 9] = [
    Program {
        name: "policy",
        package: "ballast-policy",
        folder: "policy",
        interface: "Policy",
        chapter: "Policy",
    },
    Program {
        name: "vault",
        package: "ballast-vault",
        folder: "vault",
        interface: "Vault",
        chapter: "Vault",
    },
    Program {
        name: "oracle",
        package: "ballast-oracle",
        folder: "oracle",
        interface: "Oracle",
        chapter: "Oracle",
    },
    Program {
        name: "rebalancer",
        package: "ballast-rebalancer",
        folder: "rebalancer",
        interface: "Rebalancer",
        chapter: "Rebalancer",
    },
    Program {
        name: "lens",
        package: "ballast-lens",
        folder: "lens",
        interface: "Lens",
        chapter: "Lens",
    },
    Program {
        name: "filler-uniswap-v3",
        package: "ballast-filler-uniswap-v3",
        folder: "fillers/uniswap-v3",
        interface: "FillerUniswapV3",
        chapter: "Fillers",
    },
    Program {
        name: "filler-call",
        package: "ballast-filler-call",
        folder: "fillers/call",
        interface: "FillerCall",
        chapter: "Fillers",
    },
    Program {
        name: "filler-uniswap-v2",
        package: "ballast-filler-uniswap-v2",
        folder: "fillers/uniswap-v2",
        interface: "FillerUniswapV2",
        chapter: "Fillers",
    },
    Program {
        name: "filler-balancer-v2",
        package: "ballast-filler-balancer-v2",
        folder: "fillers/balancer-v2",
        interface: "FillerBalancerV2",
        chapter: "Fillers",
    },
];

/// The programs of these names; all of them when none is named.
pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Program>> {
    if names.is_empty() {
        return Ok(PROGRAMS.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            PROGRAMS.iter().find(|p| p.name == name).with_context(|| {
                let known: Vec<_> = PROGRAMS.iter().map(|p| p.name).collect();
                format!(
                    "no program is called {name:?}: choose from {}",
                    known.join(", ")
                )
            })
        })
        .collect()
}

impl Program {
    pub(crate) fn path(&self) -> PathBuf {
        sh::contracts().join(self.folder)
    }

    /// What cargo calls the library's WASM.
    pub(crate) fn artefact(&self) -> String {
        format!("{}.wasm", self.package.replace('-', "_"))
    }
}

/// How wasm-opt is run, from the `[wasm-opt]` tables that cargo-stylus reads too: the program's own
/// `Stylus.toml` over that of the workspace. So the official verification repeats our build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// Version of binaryen.
    pub(crate) version: String,
    /// Flags of wasm-opt, in order.
    pub(crate) flags: Vec<String>,
}

impl Recipe {
    pub(crate) fn of(program: &Program) -> Result<Self> {
        let shared = Table::read(&sh::contracts().join("Stylus.toml"))?;
        let own = Table::read(&program.path().join("Stylus.toml"))?;
        ensure!(
            own.present,
            "contracts/{}/Stylus.toml has no [wasm-opt] table: cargo-stylus would verify another build",
            program.folder
        );
        let version = own.version.or(shared.version);
        let flags = own.flags.or(shared.flags);
        Ok(Self {
            version: version.context("contracts/Stylus.toml pins no wasm-opt version")?,
            flags: flags.context("contracts/Stylus.toml has no wasm-opt flags")?,
        })
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    present: bool,
    version: Option<String>,
    flags: Option<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// The `[wasm-opt]` table: one key a line, values that JSON would take as well.
    fn parse(text: &str) -> Result<Self> {
        let mut table = Self::default();
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                inside = line == "[wasm-opt]";
                table.present |= inside;
                continue;
            }
            if !inside || line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line
                .split_once('=')
                .with_context(|| format!("not a setting: {line}"))?;
            let value = value.trim();
            match key.trim() {
                "version" => table.version = Some(serde_json::from_str(value)?),
                "flags" => table.flags = Some(serde_json::from_str(value)?),
                other => bail!("[wasm-opt] has no setting {other:?}"),
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn select_finds_by_name_and_names_the_choice() {
        let all: Vec<_> = select(&[]).unwrap().iter().map(|p| p.name).collect();
        assert_eq!(all.len(), PROGRAMS.len());
        assert_eq!(
            select(&["vault".into()]).unwrap()[0].package,
            "ballast-vault"
        );
        let error = select(&["vualt".into()]).unwrap_err().to_string();
        assert!(
            error.contains("vualt") && error.contains("rebalancer"),
            "{error}"
        );
    }

    #[test]
    fn every_program_has_a_recipe_and_all_pin_the_installed_binaryen() {
        let manifest = fs::read_to_string(sh::fixtures().join("package.json")).unwrap();
        for program in &PROGRAMS {
            let recipe = Recipe::of(program).unwrap();
            let pinned = format!("\"binaryen\": \"{}.0.0\"", recipe.version);
            assert!(
                manifest.contains(&pinned),
                "{}: {pinned} is not in package.json",
                program.name
            );
            assert!(
                recipe.flags.iter().any(|f| f.starts_with("-O")),
                "{}",
                program.name
            );
        }
    }

    #[test]
    fn a_table_is_read_and_an_unknown_setting_refused() {
        let text = "[contract]\nversion = \"9\"\n\n[wasm-opt] \n# why\nversion = \"132\"\nflags = [\"-O3\", \"-x\"]\n";
        let table = Table::parse(text).unwrap();
        assert_eq!(table.version.as_deref(), Some("132"));
        assert_eq!(table.flags.unwrap(), ["-O3", "-x"]);
        assert_eq!(Table::parse("[contract]\n").unwrap(), Table::default());
        assert!(Table::parse("[wasm-opt]\nflag = []\n").is_err());
    }
}
