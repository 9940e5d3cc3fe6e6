//! Whether what lies on a chain is what we would deploy: every byte of every program's accounts, and how it was constructed.

use alloy::{primitives::keccak256, providers::Provider};
use anyhow::Result;
use ballast::{
    abi::{Filler, Policy, Vault},
    client::Client,
    local::deployer::STYLUS_DEPLOYER,
    record::{Program, Record},
    steps::CORE,
    stylus,
};
use serde::Serialize;

use crate::{bundle::Built, proof};

/// What comparing a program showed.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// The program.
    pub name: String,
    /// Where it is.
    pub address: alloy::primitives::Address,
    /// How many accounts hold it.
    pub accounts: usize,
    /// Bytes that were compared.
    pub bytes: usize,
    /// What differs; empty when nothing does.
    pub differences: Vec<String>,
}

/// Compares a recorded program with `built`, byte by byte.
///
/// # Errors
/// A chain that does not answer.
pub async fn program(client: &Client, recorded: &Program, built: &Built) -> Result<Verified> {
    let mut differences = Vec::new();
    let mut bytes = 0;
    if recorded.wasm_sha256 != built.wasm_sha256 {
        differences.push(format!(
            "the WASM built here has SHA-256 {}, the record says {}",
            built.wasm_sha256, recorded.wasm_sha256
        ));
    }
    let pieces = built.packed.fragments();
    if pieces.len() != recorded.fragments.len() {
        differences.push(format!(
            "it would be cut into {} pieces, the record names {}",
            pieces.len(),
            recorded.fragments.len()
        ));
    }
    for (index, (address, wanted)) in recorded.fragments.iter().zip(pieces).enumerate() {
        let code = client.provider.get_code_at(*address).await?;
        bytes += code.len();
        let what = format!("piece {} at {address}", index + 1);
        differences.extend(difference(&what, &code, wanted));
    }
    let root = built.packed.root(&recorded.fragments);
    let code = client.provider.get_code_at(recorded.address).await?;
    bytes += code.len();
    differences.extend(difference("the program's account", &code, &root));
    let hash = keccak256(&code);
    if hash != recorded.code_hash {
        differences.push(format!(
            "its code's hash is {hash}, the record says {}",
            recorded.code_hash
        ));
    }
    if let Some(salt) = recorded.salt {
        // An address is made of code, constructor arguments and salt: it proves with what it was constructed.
        let arguments = recorded.constructor_arguments.to_vec();
        let candidates = [Some(arguments.as_slice()), None];
        let mut made = Vec::new();
        for arguments in candidates {
            made.push(stylus::address(STYLUS_DEPLOYER, &root, arguments, salt)?);
        }
        // A program without constructor is recorded with no arguments.
        let possible = match arguments.is_empty() {
            true => &made[..],
            false => &made[..1],
        };
        if !possible.contains(&recorded.address) {
            differences.push(
                "the recorded constructor arguments and salt do not lead to its address".into(),
            );
        }
    }
    Ok(Verified {
        name: recorded.name.clone(),
        address: recorded.address,
        accounts: recorded.fragments.len() + 1,
        bytes,
        differences,
    })
}

/// How the programs say they are constructed and wired, against the record.
///
/// # Errors
/// A chain that does not answer, or a record that names no treasury.
pub async fn construction(client: &Client, record: &Record) -> Result<Vec<String>> {
    let mut differences = proof::wiring(client, record).await?;
    let suite = record.suite()?;
    let owner = client.call(suite.policy, Policy::ownerCall {}).await?;
    if owner != record.roles.owner {
        let wanted = record.roles.owner;
        differences.push(format!("the owner is {owner}, the record says {wanted}"));
    }
    let router = client.call(suite.filler, Filler::routerCall {}).await?;
    let recorded = &record.program("filler-uniswap-v3")?.constructor_arguments;
    if recorded.to_vec() != stylus::arguments((router,)) {
        differences.push(format!(
            "the filler's router is {router}, and not the recorded argument"
        ));
    }
    let name = client.call(suite.vault, Vault::nameCall {}).await?;
    let symbol = client.call(suite.vault, Vault::symbolCall {}).await?;
    let recorded = &record.program("vault")?.constructor_arguments;
    let told = stylus::arguments((name.clone(), symbol.clone(), suite.policy));
    if recorded.to_vec() != told {
        differences.push(format!(
            "the share is {name:?} ({symbol}), and not the recorded arguments"
        ));
    }
    for program in CORE {
        if record.program(program).is_err() {
            differences.push(format!("the record names no {program}"));
        }
    }
    Ok(differences)
}

/// Where two codes part, if they do.
fn difference(what: &str, code: &[u8], wanted: &[u8]) -> Option<String> {
    if code == wanted {
        return None;
    }
    let at = code.iter().zip(wanted).position(|(a, b)| a != b);
    let at = at.unwrap_or(code.len().min(wanted.len()));
    Some(format!(
        "{what} has {} bytes, {} are wanted; they part at byte {at}",
        code.len(),
        wanted.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_is_named_by_its_first_byte() {
        assert_eq!(difference("it", &[1, 2], &[1, 2]), None);
        let said = difference("it", &[1, 2, 3], &[1, 9, 3]).unwrap();
        assert!(said.ends_with("byte 1"), "{said}");
        let said = difference("it", &[1], &[1, 2]).unwrap();
        assert!(
            said.contains("has 1 bytes, 2 are wanted") && said.ends_with("byte 1"),
            "{said}"
        );
    }
}
