//! A copy of the programs' sources in which guards are deleted, and its tests.
//!
//! Most guards need no compilation of their own: all of them are put behind a variable of the environment at once,
//! and each run of the tests does without one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{bail, Context, Result};
use serde_json::Value;

use super::seeds::{self, Seed, GONE};
use crate::sh;

/// The copy, with a target folder of its own.
pub(super) struct Yard {
    root: PathBuf,
}

/// Compiled tests by package, each with the folder it runs in.
type Tests = BTreeMap<String, Vec<(PathBuf, PathBuf)>>;

/// Tests of programs whose guards can be taken away one by one.
pub(super) struct Gated {
    tests: Tests,
    numbers: BTreeSet<usize>,
}

impl Yard {
    pub(super) fn new() -> Result<Self> {
        let root = sh::target().join("guards");
        let copy = root.join("contracts");
        if copy.exists() {
            fs::remove_dir_all(&copy).context("cannot clear target/guards/contracts")?;
        }
        copy_sources(&sh::contracts(), &copy)?;
        // The compiler is pinned there.
        let pin = "rust-toolchain.toml";
        fs::copy(sh::root().join(pin), root.join(pin))
            .context("cannot copy the toolchain's pin")?;
        // Some tests read the pages.
        copy_sources(&sh::root().join("docs"), &root.join("docs"))?;
        // Whoever reads the environment needs the standard library.
        let math = copy.join("math/src/lib.rs");
        let text = fs::read_to_string(&math)?;
        fs::write(&math, text.replace("#![no_std]", ""))?;
        Ok(Self { root })
    }

    fn contracts(&self) -> PathBuf {
        self.root.join("contracts")
    }

    /// The guards of the package in a folder.
    pub(super) fn seeds(&self, folder: &str) -> Result<Vec<Seed>> {
        let sources = self.contracts().join(folder).join("src");
        let mut files: Vec<PathBuf> = fs::read_dir(&sources)
            .with_context(|| format!("cannot list {}", sh::short(&sources)))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        files.retain(|path| path.extension().is_some_and(|end| end == "rs"));
        files.sort();
        let mut found = Vec::new();
        for path in files {
            let text = fs::read_to_string(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            found.extend(seeds::of(&format!("{folder}/src/{name}"), &text));
        }
        Ok(found)
    }

    /// Puts all guards behind the variable, but for those with which it does not compile.
    pub(super) fn gate(&self, seeds: &[&Seed], judges: &BTreeSet<&str>) -> Result<Gated> {
        let judges: Vec<&str> = judges.iter().copied().collect();
        let mut numbers: BTreeSet<usize> = (0..seeds.len()).collect();
        let whole = self.sources(seeds)?;
        let written = loop {
            for (file, text) in &whole {
                let mut text = text.clone();
                // From the last, so that the places of the others stay.
                for number in numbers.iter().rev().filter(|n| seeds[**n].file == *file) {
                    text = seeds[*number].gate(&text, *number);
                }
                fs::write(self.contracts().join(file), text)?;
            }
            let built = self.build(&judges)?;
            if built.status.success() {
                break self.tests(&built.stdout)?;
            }
            let told = errors(&built.stdout);
            let at = |(file, line): &(String, usize)| {
                let near = |n: &&usize| seeds[**n].file == *file && seeds[**n].last >= *line;
                numbers.iter().find(near).copied()
            };
            let ungated: BTreeSet<usize> = told.iter().filter_map(at).collect();
            if ungated.is_empty() {
                bail!(
                    "the programs do not compile: {}",
                    String::from_utf8_lossy(&built.stderr)
                );
            }
            numbers.retain(|n| !ungated.contains(n));
            sh::say(format!(
                "{} guards cannot be left to a variable; compiling again",
                seeds.len() - numbers.len()
            ));
        };
        for (file, text) in &whole {
            fs::write(self.contracts().join(file), text)?;
        }
        Ok(Gated {
            tests: written,
            numbers,
        })
    }

    fn sources(&self, seeds: &[&Seed]) -> Result<BTreeMap<String, String>> {
        let files: BTreeSet<&String> = seeds.iter().map(|seed| &seed.file).collect();
        let read = |file: &String| {
            let text = fs::read_to_string(self.contracts().join(file))?;
            Ok((file.clone(), text))
        };
        files.into_iter().map(read).collect()
    }

    /// Does `work` while a guard is gone.
    pub(super) fn without<T>(&self, seed: &Seed, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let path = self.contracts().join(&seed.file);
        let whole = fs::read_to_string(&path)?;
        fs::write(&path, seed.plant(&whole))?;
        let end = work();
        fs::write(&path, whole)?;
        end
    }

    /// The tests of packages as the sources are now, if they compile.
    pub(super) fn compile(&self, judges: &[&str]) -> Result<Option<Gated>> {
        let built = self.build(judges)?;
        if !built.status.success() {
            return Ok(None);
        }
        Ok(Some(Gated {
            tests: self.tests(&built.stdout)?,
            numbers: BTreeSet::new(),
        }))
    }

    fn build(&self, judges: &[&str]) -> Result<Output> {
        let mut cargo = sh::command(
            std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            &self.contracts(),
        );
        cargo.args(["test", "--quiet", "--locked", "--no-run"]);
        cargo.args(["--message-format", "json", "--target-dir"]);
        cargo.arg(self.root.join("target"));
        for judge in judges {
            cargo.args(["--package", judge]);
        }
        cargo
            .stderr(Stdio::piped())
            .output()
            .context("cannot start cargo")
    }

    /// Where cargo put the tests.
    fn tests(&self, messages: &[u8]) -> Result<Tests> {
        let mut tests = Tests::new();
        for message in parsed(messages) {
            let (Some(manifest), Some(executable)) = (
                message["manifest_path"].as_str(),
                message["executable"].as_str(),
            ) else {
                continue;
            };
            if message["profile"]["test"] != true {
                continue;
            }
            let folder = Path::new(manifest).parent().context("no folder")?;
            let text = fs::read_to_string(manifest)?;
            let name = text
                .lines()
                .find_map(|line| line.strip_prefix("name = \""))
                .and_then(|rest| rest.strip_suffix('"'))
                .context("a package has a name")?;
            let test = (PathBuf::from(executable), folder.to_path_buf());
            tests.entry(name.to_owned()).or_default().push(test);
        }
        Ok(tests)
    }
}

impl Gated {
    /// Whether a guard can be taken away by its number.
    pub(super) fn has(&self, number: usize) -> bool {
        self.numbers.contains(&number)
    }

    /// The first test of these packages that fails without the guard of that number.
    pub(super) fn run(&self, judges: &[&str], gone: Option<usize>) -> Result<Option<String>> {
        let all = judges.iter().filter_map(|judge| self.tests.get(*judge));
        for (executable, folder) in all.flatten() {
            let mut command = Command::new(executable);
            // The test VM keeps one storage for all threads.
            command.current_dir(folder).env("RUST_TEST_THREADS", "1");
            if let Some(number) = gone {
                command.env(GONE, number.to_string());
            }
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            if let Some(failure) = first_failure(&mut command)? {
                return Ok(Some(failure));
            }
        }
        Ok(None)
    }
}

/// The first test of an executable that fails; the rest is not waited for.
fn first_failure(command: &mut Command) -> Result<Option<String>> {
    let mut run = command.spawn().context("cannot start a test")?;
    let told = run.stdout.take().context("a test has no output")?;
    let failed = BufReader::new(told)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| failure(&line).map(str::to_owned));
    if failed.is_some() {
        // It may have ended by itself.
        let _ = run.kill();
    }
    let ended = run.wait().context("a test does not end")?;
    Ok(match failed {
        None if !ended.success() => Some("a test that crashed".to_owned()),
        failed => failed,
    })
}

/// The test that a line of the test harness says has failed.
fn failure(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

fn parsed(messages: &[u8]) -> impl Iterator<Item = Value> + '_ {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

/// Files, from `contracts/` on, and lines of what did not compile.
fn errors(messages: &[u8]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for message in parsed(messages) {
        let told = &message["message"];
        if told["level"] != "error" {
            continue;
        }
        for span in told["spans"].as_array().into_iter().flatten() {
            let (file, line) = (span["file_name"].as_str(), span["line_start"].as_u64());
            if let (Some(file), Some(line), true) = (file, line, span["is_primary"] == true) {
                found.push((file.to_owned(), usize::try_from(line).unwrap_or_default()));
            }
        }
    }
    found
}

/// Copies a folder without what was built in it.
fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", sh::short(to)))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => copy_sources(&path, &target)?,
            false => {
                fs::copy(&path, &target)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_named_and_a_crash_is_one() {
        let run = |script: &str| {
            let mut shell = Command::new("sh");
            first_failure(shell.args(["-c", script]).stdout(Stdio::piped())).unwrap()
        };
        let two = "printf 'test a ... ok\\ntest a::b ... FAILED\\ntest c ... FAILED\\n'; exit 101";
        assert_eq!(run(two).as_deref(), Some("a::b"));
        assert_eq!(run("exit 134").as_deref(), Some("a test that crashed"));
        assert_eq!(run("printf 'test a ... ok\\n'"), None);
    }

    #[test]
    fn errors_are_found_by_file_and_line() {
        let message = br#"{"message":{"level":"error","spans":[{"file_name":"math/src/guard.rs","line_start":7,"is_primary":true},{"file_name":"x.rs","line_start":1,"is_primary":false}]}}
{"message":{"level":"warning","spans":[{"file_name":"y.rs","line_start":1,"is_primary":true}]}}"#;
        assert_eq!(errors(message), [("math/src/guard.rs".to_owned(), 7)]);
    }
}
