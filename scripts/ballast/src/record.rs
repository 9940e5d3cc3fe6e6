//! A deployment's record: `deployments/<chain id>.json`, in the shape of `deployments/schema.json`.

use std::path::Path;

use alloy::primitives::{Address, Bytes, B256};
use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};

use crate::suite::Suite;

/// What was deployed on one chain, and what it was told to trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The chain.
    pub chain_id: u64,
    /// The commit that the programs were built from.
    pub commit: String,
    /// The compiler that built them.
    pub toolchain: String,
    /// Every program, in the order of deployment.
    pub programs: Vec<Program>,
    /// Who governs.
    pub roles: Roles,
    /// Contracts of others that the treasury was given, with where their addresses come from.
    pub external: Vec<External>,
    /// The calls that wired the programs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Called>,
    /// How far a deployment came; none when it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// A call of the set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// What it did.
    pub step: String,
    /// Its transaction.
    pub transaction: B256,
    /// The block of that transaction.
    pub block: u64,
}

/// How far an unfinished deployment came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Who deploys, and holds the setup role until the end.
    pub deployer: Address,
    /// Pieces that lie on the chain and belong to no program yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fragments: Vec<Fragment>,
    /// A transaction that was signed and of which nothing more is known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
}

/// A piece of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fragment {
    /// The account that holds it.
    pub address: Address,
    /// Keccak-256 of that account's code.
    pub code_hash: B256,
    /// The transaction that created it.
    pub transaction: B256,
}

/// A transaction that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The step that it takes.
    pub step: String,
    /// Its place among the deployer's transactions.
    pub nonce: u64,
    /// Its hash.
    pub transaction: B256,
}

/// One program as it was deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name, as in [`crate::artifacts::PROGRAMS`].
    pub name: String,
    /// Its address.
    pub address: Address,
    /// The accounts that hold its pieces; none if it is in one piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fragments: Vec<Address>,
    /// The transaction that created, activated and initialised it.
    pub transaction: B256,
    /// The block of that transaction.
    pub block: u64,
    /// Keccak-256 of the account's code.
    pub code_hash: B256,
    /// SHA-256 of the WASM before compression, hexadecimal without prefix.
    pub wasm_sha256: String,
    /// Constructor arguments, ABI-encoded.
    pub constructor_arguments: Bytes,
    /// What StylusDeployer was given to make the address of; none where it counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<B256>,
    /// When it was activated, seconds since 1970.
    pub activated_at: u64,
    /// When it must have been kept alive or activated anew, seconds since 1970.
    pub expires_at: u64,
}

/// Who governs the treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The governor: a timelock.
    pub owner: Address,
    /// Who may tighten; zero for nobody.
    pub guardian: Address,
}

/// A contract of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// What it is.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// Where the address comes from.
    pub source: String,
}

impl Record {
    /// Reads the record at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, or is not of the schema's shape.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the record {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is no record of a deployment", path.display()))
    }

    /// Writes the record to `path`, whole or not at all.
    ///
    /// # Errors
    /// A directory that cannot be made or written to.
    pub fn write(&self, path: &Path) -> Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let draft = path.with_extension("json.part");
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The address of a program.
    ///
    /// # Errors
    /// The record names no such program, or names it twice.
    pub fn program(&self, name: &str) -> Result<&Program> {
        let mut found = self.programs.iter().filter(|p| p.name == name);
        match (found.next(), found.next()) {
            (Some(program), None) => Ok(program),
            (None, _) => bail!("the record names no {name}"),
            (Some(_), Some(_)) => bail!("the record names two programs {name}"),
        }
    }

    /// The treasury's addresses, for whatever drives it.
    ///
    /// # Errors
    /// A program that a treasury needs is not named.
    pub fn suite(&self) -> Result<Suite> {
        let at = |name| Ok::<_, anyhow::Error>(self.program(name)?.address);
        Ok(Suite {
            policy: at("policy")?,
            vault: at("vault")?,
            oracle: at("oracle")?,
            rebalancer: at("rebalancer")?,
            lens: at("lens")?,
            filler: at("filler-uniswap-v3")?,
            programs: Vec::new(),
        })
    }
}
