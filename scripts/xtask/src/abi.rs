//! `cargo xtask abi`: each program's interface, committed as Solidity and as JSON.
//!
//! Functions and errors come from the program's own export, the words around events and errors from the
//! `sol!` blocks of its sources, and the names of returned values, which Rust has none for, from
//! `docs/specification.md`; where the two disagree on types, that is an error.

mod export;
mod sources;
mod specification;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use serde::{Deserialize, Serialize};

use self::export::{camel_case_arguments, Export};
use self::sources::Sources;
use self::specification::{chapter, returns_in};
use crate::programs::Program;
use crate::{setup, sh};

/// Writes `contracts/abi/<Interface>.sol` and `.json`; with `check`, compares with them instead.
pub(crate) fn abi(programs: &[&Program], check: bool) -> Result<()> {
    setup::setup()?;
    let specification = read(&sh::root().join("docs/specification.md"))?;
    let mut sources = BTreeMap::new();
    for program in programs {
        let interface = generate(program, &specification).context(program.name)?;
        sources.insert(program.interface.to_owned(), interface);
    }
    let compiled = compile(&sources)?;

    let mut drift = Vec::new();
    for (name, source) in &sources {
        let abi = compiled
            .get(name)
            .with_context(|| format!("solc answered nothing for {name}"))?;
        for (extension, text) in [("sol", &source.solidity), ("json", abi)] {
            let path = folder().join(format!("{name}.{extension}"));
            if !check {
                sh::write(&path, text.as_bytes())?;
                continue;
            }
            let committed = fs::read_to_string(&path).unwrap_or_default();
            if let Some(difference) = difference(&committed, text) {
                eprintln!(
                    "--- {} (committed)\n+++ (from the program)\n{difference}",
                    sh::short(&path)
                );
                drift.push(sh::short(&path));
            }
        }
    }
    ensure!(
        drift.is_empty(),
        "the programs' interfaces differ from {}: run `cargo xtask abi` and commit the result",
        drift.join(", ")
    );
    Ok(())
}

fn folder() -> PathBuf {
    sh::contracts().join("abi")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// An interface in Solidity, and its constructor, which interfaces cannot hold.
#[derive(Debug, Serialize)]
struct Interface {
    solidity: String,
    constructor: String,
}

fn generate(program: &Program, specification: &str) -> Result<Interface> {
    sh::say(format!("reading the interface of {}", program.name));
    let returns = returns_in(chapter(specification, program.chapter)?);
    let exported = Export::parse(&export(program, &[])?, &returns)?;
    let constructor = camel_case_arguments(export(program, &["constructor"])?.trim());
    let mut sources = Sources::read(&program.path().join("src"))?;
    // The words around errors that several programs share.
    let shared = Sources::read(&sh::contracts().join("interfaces/src"))?;
    sources.borrow_errors(shared, &exported.errors);
    Ok(Interface {
        solidity: exported.render(program, &constructor, &sources)?,
        constructor,
    })
}

/// What the program's own bin prints.
fn export(program: &Program, arguments: &[&str]) -> Result<String> {
    let mut cargo = sh::cargo(&sh::contracts(), "run");
    cargo.args([
        "--quiet",
        "--locked",
        "--package",
        program.package,
        "--features",
        "export-abi",
    ]);
    cargo.arg("--").args(arguments);
    sh::output(
        &mut cargo,
        "the program must compile natively with --features export-abi",
    )
}

/// JSON ABIs by solc, so that nothing here has to understand Solidity.
fn compile(sources: &BTreeMap<String, Interface>) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Compiled(BTreeMap<String, String>);

    let input = sh::target().join("abi-input.json");
    sh::write(&input, serde_json::to_string(sources)?.as_bytes())?;
    let text = sh::output(
        sh::command("node", &sh::fixtures())
            .arg("abi.mjs")
            .arg(&input),
        "solc refused the generated interface",
    )?;
    let compiled: Compiled = serde_json::from_str(&text).context("abi.mjs printed no JSON")?;
    Ok(compiled.0)
}

/// The lines in which two texts differ, between their common beginning and end.
fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = |lines: &[&str]| lines.len() - same_start;
    let same_end = (old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count())
    .min(rest(&old))
    .min(rest(&new));
    let mut text = format!("@@ line {} @@\n", same_start + 1);
    for (sign, lines) in [('-', &old), ('+', &new)] {
        for line in lines.iter().take(lines.len() - same_end).skip(same_start) {
            let _ = writeln!(text, "{sign}{line}");
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_lines_between_what_is_common() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(
            difference("a\nb\nd\n", "a\nc\nd\n").unwrap(),
            "@@ line 2 @@\n-b\n+c\n"
        );
        assert_eq!(difference("", "a\n").unwrap(), "@@ line 1 @@\n+a\n");
        assert_eq!(difference("a\na\n", "a\n").unwrap(), "@@ line 2 @@\n-a\n");
    }
}
