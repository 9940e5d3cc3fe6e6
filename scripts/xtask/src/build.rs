//! `cargo xtask build`: from each program's crate to the bytes that are deployed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};

use crate::programs::{Program, Recipe};
use crate::wasm::{self, Sizes};
use crate::{setup, sh};

/// Where the deployable programs and `sizes.json` go.
pub(crate) fn folder() -> PathBuf {
    sh::target().join("stylus")
}

/// Builds, checks and writes these programs; answers the table of their sizes. With `keep_going` the first
/// failure does not stop the others.
pub(crate) fn build(programs: &[&Program], keep_going: bool) -> Result<String> {
    setup::setup()?;
    let mut table = Table::default();
    let mut failures = Vec::new();
    for program in programs {
        match one(program) {
            Ok(sizes) => table.push(program.name, sizes),
            Err(error) if !keep_going => return Err(error.context(program.name)),
            Err(error) => {
                sh::say(format!("{}: {error:#}", program.name));
                failures.push(program.name);
            }
        }
    }
    write_sizes(&table)?;
    if !failures.is_empty() {
        eprint!("{}", table.render());
        bail!(
            "not built: {}. The reasons stand above",
            failures.join(", ")
        );
    }
    Ok(table.render())
}

fn one(program: &Program) -> Result<Sizes> {
    let recipe = Recipe::of(program)?;
    let raw = compile(program, None)?;
    let out = folder().join(format!("{}.wasm", program.name));
    let finished = match cached(program, &raw, &recipe, &out) {
        Some(finished) => finished,
        None => finish(&raw, &recipe)?,
    };
    let (sizes, refusals) = wasm::inspect(&finished)?;
    if !refusals.is_empty() {
        // an older file must not pass for this build
        let _ = fs::remove_file(&out);
        let reasons: Vec<_> = refusals.iter().map(|r| format!("\n  - {r}")).collect();
        bail!("the program is refused:{}", reasons.concat());
    }
    sh::write(&out, &finished)?;
    let (input, used) = cache_paths(program);
    sh::write(&input, &raw)?;
    sh::write(&used, format!("{recipe:?}").as_bytes())?;
    Ok(sizes)
}

/// Compiles one program by itself: beside another, cargo would merge the features of both.
fn compile(program: &Program, opt_level: Option<&str>) -> Result<Vec<u8>> {
    sh::say(format!("compiling {}", program.name));
    let contracts = sh::contracts();
    let mut cargo = sh::cargo(&contracts, "build");
    cargo.args([
        "--quiet",
        "--release",
        "--locked",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    cargo.args(["--package", program.package]);
    if let Some(level) = opt_level {
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
    }
    sh::run(&mut cargo, "the compiler's messages stand above")?;
    let path = contracts
        .join("target/wasm32-unknown-unknown/release")
        .join(program.artefact());
    fs::read(&path).with_context(|| format!("cargo left no {}", path.display()))
}

/// What cargo made into what is deployed: normalised, optimised, without custom sections.
fn finish(raw: &[u8], recipe: &Recipe) -> Result<Vec<u8>> {
    let plain = wasm::normalise(raw)?;
    let optimised = wasm_opt(&plain, recipe)?;
    wasm::strip_custom_sections(&optimised)
}

fn wasm_opt(wasm: &[u8], recipe: &Recipe) -> Result<Vec<u8>> {
    let binary = sh::fixtures().join("node_modules/binaryen/bin/wasm-opt");
    let node = |args: &[&Path]| {
        let mut command = sh::command("node", &sh::fixtures());
        command.arg(&binary).args(args);
        command
    };
    let hint = "run `cargo xtask setup`; if it stays, delete tests/fixtures/node_modules first";
    let version = sh::output(&mut node(&[Path::new("--version")]), hint)?;
    if version.split_whitespace().nth(2) != Some(&recipe.version) {
        bail!(
            "Stylus.toml pins wasm-opt {}, installed is {:?}: {hint}",
            recipe.version,
            version.trim()
        );
    }
    let scratch = sh::target()
        .join("stylus")
        .join(format!(".wasm-opt-{}", std::process::id()));
    let (input, output) = (scratch.join("in.wasm"), scratch.join("out.wasm"));
    sh::write(&input, wasm)?;
    let mut command = node(&[]);
    command
        .args(&recipe.flags)
        .arg(&input)
        .arg("-o")
        .arg(&output);
    let result = sh::run(
        &mut command,
        "wasm-opt refused the module; its message stands above",
    )
    .and_then(|()| fs::read(&output).context("wasm-opt left no output"));
    let _ = fs::remove_dir_all(&scratch);
    result
}

fn cache_paths(program: &Program) -> (PathBuf, PathBuf) {
    let cache = folder().join("cache");
    (
        cache.join(format!("{}.input", program.name)),
        cache.join(format!("{}.recipe", program.name)),
    )
}

/// The finished program of an earlier run from the same input by the same recipe.
fn cached(program: &Program, raw: &[u8], recipe: &Recipe, out: &Path) -> Option<Vec<u8>> {
    let (input, used) = cache_paths(program);
    let same =
        fs::read(input).ok()? == raw && fs::read(used).ok()? == format!("{recipe:?}").as_bytes();
    same.then(|| fs::read(out).ok()).flatten()
}

/// One program's entry in `sizes.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) sizes: Sizes,
}

/// The sizes that builds left behind.
pub(crate) fn sizes() -> Result<Vec<Entry>> {
    let path = folder().join("sizes.json");
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", sh::short(&path)))?;
    serde_json::from_slice(&bytes).with_context(|| format!("reading {}", sh::short(&path)))
}

/// Sizes of each program; those that were not built now keep their earlier entry.
fn write_sizes(table: &Table) -> Result<()> {
    let path = folder().join("sizes.json");
    let mut entries: Vec<Entry> = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    entries.retain(|e| table.rows.iter().all(|(name, _)| *name != e.name));
    entries.extend(table.rows.iter().map(|(name, sizes)| Entry {
        name: name.clone(),
        sizes: sizes.clone(),
    }));
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut text = serde_json::to_string_pretty(&entries)?;
    text.push('\n');
    sh::write(&path, text.as_bytes())
}

/// Every way to optimise each program, side by side: how the recipes were chosen.
pub(crate) fn compare(programs: &[&Program]) -> Result<String> {
    setup::setup()?;
    let mut table = Table::default();
    for program in programs {
        let chosen = Recipe::of(program)?;
        for level in ["3", "s", "z"] {
            let raw = compile(program, Some(level))?;
            let plain = wasm::normalise(&raw)?;
            table.push(
                format!("{} {level}", program.name),
                wasm::inspect(&plain)?.0,
            );
            for pass in ["-O3", "-Oz"] {
                let flags = with_level(&chosen.flags, pass);
                let finished = finish(
                    &raw,
                    &Recipe {
                        flags,
                        ..chosen.clone()
                    },
                )?;
                let (sizes, refusals) = wasm::inspect(&finished)?;
                let name = format!("{} {level} {pass}", program.name);
                for refusal in refusals {
                    sh::say(format!("{name} would be refused: {refusal}"));
                }
                table.push(name, sizes);
            }
        }
    }
    Ok(table.render())
}

/// The same flags at another level of optimisation.
fn with_level(flags: &[String], level: &str) -> Vec<String> {
    flags
        .iter()
        .map(|f| {
            if f.starts_with("-O") {
                level.to_owned()
            } else {
                f.clone()
            }
        })
        .collect()
}

/// Rows of sizes under one heading.
#[derive(Default)]
struct Table {
    rows: Vec<(String, Sizes)>,
}

impl Table {
    fn push(&mut self, name: impl Into<String>, sizes: Sizes) {
        self.rows.push((name.into(), sizes));
    }

    fn render(&self) -> String {
        let width = self
            .rows
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0)
            .max(7);
        let mut text = format!(
            "{:width$}  {:>8} {:>10} {:>9} {:>6} {:>9} {:>5} {:>11} {:>13}\n",
            "program",
            "raw",
            "compressed",
            "fragments",
            "data",
            "functions",
            "pages",
            "init cached",
            "init uncached"
        );
        for (name, s) in &self.rows {
            let _ = writeln!(
                text,
                "{name:width$}  {:>8} {:>10} {:>9} {:>6} {:>9} {:>5} {:>11} {:>13}",
                s.raw,
                s.compressed,
                s.fragments,
                s.data_bytes,
                s.functions,
                s.pages,
                s.init_cached,
                s.init_uncached
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_level_replaces_only_the_level() {
        let flags = ["-O3".to_owned(), "--enable-sign-ext".to_owned()];
        assert_eq!(with_level(&flags, "-Oz"), ["-Oz", "--enable-sign-ext"]);
    }
}
