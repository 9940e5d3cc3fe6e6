//! `cargo xtask abi`: each program's interface, committed as Solidity and as JSON.
//!
//! Functions and errors come from the program's own export, the words around events and errors from the
//! `sol!` blocks of its sources, and the names of returned values, which Rust has none for, from
//! `docs/specification.md`; where the two disagree on types, that is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Context, Result};
use serde::{Deserialize, Serialize};

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
    let declared = declarations(&program.path().join("src"))?;
    Ok(Interface {
        solidity: exported.render(program, &constructor, &declared)?,
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

// ---------------------------------------------------------------------------------------- the export

/// The functions and errors that the SDK prints.
#[derive(Debug, Default)]
struct Export {
    functions: Vec<String>,
    errors: Vec<String>,
}

impl Export {
    fn parse(text: &str, returns: &Returns) -> Result<Self> {
        let mut export = Self::default();
        for line in text.lines().map(str::trim) {
            if line.starts_with("function ") {
                let function = name_returns(&camel_case_arguments(line), returns)?;
                if !export.functions.contains(&function) {
                    export.functions.push(function);
                }
            } else if line.starts_with("error ") {
                export.errors.push(line.to_owned());
            } else if line.starts_with("struct ") {
                bail!("{line}: structs get wrong selectors from the SDK; use parallel arrays");
            }
        }
        ensure!(
            !export.functions.is_empty(),
            "the program exports no function"
        );
        Ok(export)
    }

    fn render(
        &self,
        program: &Program,
        constructor: &str,
        declared: &[Declaration],
    ) -> Result<String> {
        let deployed = match constructor {
            "" => String::new(),
            _ => format!("/// Deployed by `{constructor}`.\n"),
        };
        let mut out = format!(
            "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
             // Generated by `cargo xtask abi` from contracts/{}. Do not edit.\n\
             pragma solidity ^0.8.24;\n\n\
             {deployed}\
             interface I{} {{\n",
            program.folder, program.interface
        );
        for function in &self.functions {
            writeln!(out, "    {function}")?;
        }
        let documented = |out: &mut String, d: &Declaration| -> Result<()> {
            for line in &d.docs {
                writeln!(out, "    /// {line}")?;
            }
            writeln!(out, "    {}", d.text)?;
            Ok(())
        };
        for kind in ["event", "error"] {
            for (n, declaration) in declared.iter().filter(|d| d.kind == kind).enumerate() {
                out.push_str(if n == 0 { "\n" } else { "" });
                documented(&mut out, declaration)?;
            }
        }
        let known = |e: &&String| {
            declared
                .iter()
                .all(|d| identifier(&d.text) != identifier(e))
        };
        for error in self.errors.iter().filter(known) {
            writeln!(out, "    {error}")?;
        }
        out.push_str("}\n");
        Ok(out)
    }
}

/// The name in `function name(...)`, `event name(...)`, `error name(...)`.
fn identifier(declaration: &str) -> &str {
    let rest = declaration
        .split_once(' ')
        .map_or(declaration, |(_, rest)| rest);
    rest.split('(').next().unwrap_or(rest).trim()
}

/// `min_amounts` to `minAmounts` in a declaration's arguments; the ABI's names are camelCase.
fn camel_case_arguments(declaration: &str) -> String {
    let Some((head, arguments)) = declaration.split_once('(') else {
        return declaration.to_owned();
    };
    let mut out = format!("{head}(");
    let mut chars = arguments.chars().peekable();
    let mut inside_word = false;
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '_' && inside_word && next.is_ascii_alphanumeric() => {
                out.push(next.to_ascii_uppercase());
                chars.next();
            }
            _ => out.push(c),
        }
        inside_word = c.is_ascii_alphanumeric() || (c == '_' && inside_word);
    }
    out
}

// --------------------------------------------------------------------------------- the specification

/// For each function the types and names of what it returns; the name may be missing.
type Returns = BTreeMap<String, Vec<(String, Option<String>)>>;

/// The text below a `## ` heading.
fn chapter<'a>(specification: &'a str, heading: &str) -> Result<&'a str> {
    let start = format!("\n## {heading}\n");
    let (_, rest) = specification
        .split_once(&start)
        .with_context(|| format!("docs/specification.md has no chapter {heading}"))?;
    Ok(rest
        .split_once("\n## ")
        .map_or(rest, |(chapter, _)| chapter))
}

/// Every `name(arguments) → (type name, ...)` that stands in backticks.
fn returns_in(chapter: &str) -> Returns {
    let spans = chapter.split('`').skip(1).step_by(2);
    spans
        .filter_map(|span| {
            let (call, returned) = span.split_once('→')?;
            let name = call.split_once('(')?.0.trim();
            let returned = returned
                .trim()
                .trim_start_matches('(')
                .trim_end_matches(')');
            let values = returned.split(',').filter_map(|value| {
                let mut words = value.split_whitespace();
                Some((words.next()?.to_owned(), words.next().map(str::to_owned)))
            });
            Some((name.to_owned(), values.collect()))
        })
        .collect()
}

/// Puts the specification's names on what a function returns.
fn name_returns(function: &str, returns: &Returns) -> Result<String> {
    let name = identifier(function);
    let Some(specified) = returns.get(name) else {
        return Ok(function.to_owned());
    };
    let told: Vec<_> = specified.iter().map(|(t, _)| t.as_str()).collect();
    let Some((head, values)) = function.split_once(" returns (") else {
        bail!(
            "{name} returns nothing, docs/specification.md says ({})",
            told.join(", ")
        );
    };
    let values: Vec<_> = values.trim_end_matches(");").split(", ").collect();
    let bare = |v: &str| v.trim_end_matches(" memory").to_owned();
    let types: Vec<_> = values.iter().map(|v| bare(v)).collect();
    ensure!(
        types == told,
        "{name} returns ({}), docs/specification.md says ({})",
        types.join(", "),
        told.join(", ")
    );
    let arguments = head.split_once('(').map_or("", |(_, a)| a);
    let taken = |n: &str| {
        arguments
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word == n)
    };
    let named: Vec<_> = values
        .iter()
        .zip(specified)
        .map(|(value, (_, name))| match name {
            Some(name) if !taken(name) => format!("{value} {name}"),
            _ => (*value).to_owned(),
        })
        .collect();
    Ok(format!("{head} returns ({});", named.join(", ")))
}

// -------------------------------------------------------------------------------------- the sources

/// An event or error of a `sol!` block.
#[derive(Debug, PartialEq, Eq)]
struct Declaration {
    kind: &'static str,
    docs: Vec<String>,
    text: String,
}

/// Of all files of a crate, in the order of their paths, without its tests.
fn declarations(src: &Path) -> Result<Vec<Declaration>> {
    let mut files = Vec::new();
    rust_files(src, &mut files)?;
    files.sort();
    let mut found: Vec<Declaration> = Vec::new();
    for file in files {
        for declaration in declarations_in(&read(&file)?) {
            if found.iter().all(|d| d.text != declaration.text) {
                found.push(declaration);
            }
        }
    }
    Ok(found)
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let tests = path.file_stem().is_some_and(|s| s == "tests");
        if path.is_dir() && !tests {
            rust_files(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "rs") && !tests {
            out.push(path);
        }
    }
    Ok(())
}

fn declarations_in(source: &str) -> Vec<Declaration> {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
    let mut found = Vec::new();
    for (at, opening) in source.match_indices("sol! {") {
        let preceded = source[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if !preceded {
            block(&source[at + opening.len()..], &mut found);
        }
    }
    found
}

/// Reads one block up to the brace that closes it.
fn block(text: &str, found: &mut Vec<Declaration>) {
    let mut docs = Vec::new();
    let mut pending = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('}') && pending.is_empty() {
            return;
        }
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim().to_owned());
            continue;
        }
        let starts = line.starts_with("event ") || line.starts_with("error ");
        if pending.is_empty() && !starts {
            // attributes and plain comments stand between docs and declaration
            if !line.is_empty() && !line.starts_with("#[") && !line.starts_with("//") {
                docs.clear();
            }
            continue;
        }
        if !pending.is_empty() && !pending.ends_with('(') && !line.starts_with(')') {
            pending.push(' ');
        }
        pending.push_str(line);
        if pending.ends_with(';') {
            let kind = if pending.starts_with("event ") {
                "event"
            } else {
                "error"
            };
            let text = std::mem::take(&mut pending).replace(",)", ")");
            found.push(Declaration {
                kind,
                docs: std::mem::take(&mut docs),
                text,
            });
        }
    }
}

// ---------------------------------------------------------------------------------------- the result

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
    use crate::programs::PROGRAMS;

    const CHAPTER: &str = "| `plan() → (address[] sells, uint256 reason)` | view |\n\
        `getReserve(address) → uint256`, `mint(uint256 shares) → uint256[] amounts`";

    fn named(function: &str) -> Result<String> {
        name_returns(function, &returns_in(CHAPTER))
    }

    #[test]
    fn returned_values_get_the_names_of_the_specification() {
        assert_eq!(
            named("function plan() external view returns (address[] memory, uint256);").unwrap(),
            "function plan() external view returns (address[] memory sells, uint256 reason);"
        );
        assert_eq!(
            named("function mint(uint256 shares) external returns (uint256[] memory);").unwrap(),
            "function mint(uint256 shares) external returns (uint256[] memory amounts);"
        );
        let unnamed = "function getReserve(address token) external view returns (uint256);";
        assert_eq!(named(unnamed).unwrap(), unnamed);
        let unspecified = "function other() external view returns (uint256);";
        assert_eq!(named(unspecified).unwrap(), unspecified);
    }

    #[test]
    fn an_argument_of_the_same_name_keeps_the_returned_value_unnamed() {
        let function = "function mint(uint256 amounts) external returns (uint256[] memory);";
        assert_eq!(named(function).unwrap(), function);
    }

    #[test]
    fn a_function_that_returns_other_types_than_specified_is_refused() {
        for function in [
            "function plan() external view returns (address[] memory, int256);",
            "function plan() external view returns (address[] memory);",
            "function plan() external view;",
        ] {
            let error = named(function).unwrap_err().to_string();
            assert!(
                error.contains("plan") && error.contains("specification"),
                "{error}"
            );
        }
    }

    #[test]
    fn arguments_become_camel_case_and_names_of_functions_stay() {
        assert_eq!(
            camel_case_arguments("function DOMAIN_SEPARATOR(uint256 min_rates_d36, address _x, bytes32 a_) external;"),
            "function DOMAIN_SEPARATOR(uint256 minRatesD36, address _x, bytes32 a_) external;"
        );
    }

    #[test]
    fn sol_blocks_yield_events_and_errors_with_their_docs() {
        let source = "
use x;
sol! {
    /// Went well.
    #[cfg_attr(a, derive(Debug))]
    event Done(uint256 indexed nonce);

    // not a doc
    error Long(
        uint256 a,
        address b,
    );
}
sol_interface! { interface I { function f() external; } }
sol! { }
#[cfg(test)]
mod tests { sol! {
    error OnlyInTests();
} }
";
        let text = |kind: &'static str, docs: &[&str], text: &str| Declaration {
            kind,
            docs: docs.iter().map(|d| (*d).to_owned()).collect(),
            text: text.to_owned(),
        };
        assert_eq!(
            declarations_in(source),
            [
                text(
                    "event",
                    &["Went well."],
                    "event Done(uint256 indexed nonce);"
                ),
                text("error", &[], "error Long(uint256 a, address b);"),
            ]
        );
    }

    #[test]
    fn the_export_is_rendered_once_with_declared_errors_before_the_others() {
        let text = "interface IA {\n    function f(uint256 a_b) external;\n}\n\
            interface IB is IA {\n    function f(uint256 a_b) external;\n    error Known(uint256 a);\n    error Other();\n}";
        let export = Export::parse(text, &Returns::new()).unwrap();
        let declared = declarations_in("sol! {\n    /// Why.\n    error Known(uint256 a);\n}");
        let out = export
            .render(&PROGRAMS[0], "constructor()", &declared)
            .unwrap();
        assert_eq!(out.matches("function f(uint256 aB) external;").count(), 1);
        assert!(
            out.contains("    /// Why.\n    error Known(uint256 a);\n    error Other();\n}\n"),
            "{out}"
        );
    }

    #[test]
    fn structs_and_empty_exports_are_refused() {
        let none = Returns::new();
        assert!(Export::parse("interface I {\n}", &none).is_err());
        let with_struct = "interface I {\n function f() external;\n struct S { uint256 a; }\n}";
        assert!(Export::parse(with_struct, &none)
            .unwrap_err()
            .to_string()
            .contains("parallel arrays"));
    }

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
