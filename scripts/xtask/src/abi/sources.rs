//! What a program's sources say about it: events, and the words around its interface.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::export::{camel_case_arguments, identifier};
use super::read;

/// An event or error of a `sol!` block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) kind: &'static str,
    pub(super) docs: Vec<String>,
    pub(super) text: String,
}

/// What a crate's sources tell beyond its export.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) declarations: Vec<Declaration>,
    /// First paragraph of the docs of each public function, by its name in the ABI.
    pub(super) functions: BTreeMap<String, Vec<String>>,
}

impl Sources {
    /// Reads all files of a crate in the order of their paths, without its tests.
    pub(super) fn read(src: &Path) -> Result<Self> {
        let mut files = Vec::new();
        rust_files(src, &mut files)?;
        files.sort();
        let mut sources = Self::default();
        for file in files {
            let text = read(&file)?;
            for declaration in declarations_in(&text) {
                if sources
                    .declarations
                    .iter()
                    .all(|d| d.text != declaration.text)
                {
                    sources.declarations.push(declaration);
                }
            }
            sources.functions.extend(function_docs(&text));
        }
        Ok(sources)
    }

    /// Takes from `other` the errors that the program has and its own sources do not declare.
    pub(super) fn borrow_errors(&mut self, other: Self, errors: &[String]) {
        let is_own = |d: &Declaration| errors.iter().any(|e| identifier(e) == identifier(&d.text));
        let declared = |all: &[Declaration], d: &Declaration| {
            all.iter()
                .any(|o| identifier(&o.text) == identifier(&d.text))
        };
        for declaration in other.declarations {
            if declaration.kind == "error"
                && is_own(&declaration)
                && !declared(&self.declarations, &declaration)
            {
                self.declarations.push(declaration);
            }
        }
    }
}

/// The first paragraph above each `pub fn` inside a `#[public]` block.
fn function_docs(source: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut public = false;
    let mut docs: Vec<String> = Vec::new();
    let mut paragraph_ended = false;
    for line in source.lines() {
        if line == "#[public]" || line == "}" {
            public = line == "#[public]";
        }
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///").map(str::trim) {
            paragraph_ended |= doc.is_empty() || doc.starts_with('#');
            if !paragraph_ended {
                docs.push(doc.to_owned());
            }
            continue;
        }
        if line.starts_with("#[") {
            continue;
        }
        if let Some((name, _)) = line
            .strip_prefix("pub fn ")
            .and_then(|rest| rest.split_once('('))
        {
            if public && !docs.is_empty() {
                let abi = camel_case_arguments(&format!("({name}"));
                found.push((
                    abi.trim_start_matches('(').to_owned(),
                    std::mem::take(&mut docs),
                ));
            }
        }
        docs.clear();
        paragraph_ended = false;
    }
    found
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

pub(super) fn declarations_in(source: &str) -> Vec<Declaration> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn functions_of_public_blocks_keep_their_first_paragraph() {
        let source = "
impl X {
    /// Not in the ABI.
    pub fn hidden(&self) {}
}

#[public]
impl X {
    /// One
    /// sentence.
    ///
    /// # Errors
    /// Many.
    #[payable]
    pub fn set_it(&mut self) {}

    pub fn bare(&self) {}

    /// Private.
    fn private(&self) {}
}
";
        let lines = vec!["One".to_owned(), "sentence.".to_owned()];
        assert_eq!(function_docs(source), [("setIt".to_owned(), lines)]);
    }
}
