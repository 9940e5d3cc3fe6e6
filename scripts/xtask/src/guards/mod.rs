//! `cargo xtask guards`: every refusal of the programs deleted in turn, and the tests that notice.

mod seeds;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{bail, ensure, Context, Result};

use crate::sh;
use seeds::Seed;

/// Packages whose refusals guard money, and their folders under `contracts/`.
const PACKAGES: [(&str, &str); 4] = [
    ("ballast-rebalancer", "rebalancer"),
    ("ballast-vault", "vault"),
    ("ballast-oracle", "oracle"),
    ("ballast-policy", "policy"),
];

/// Refusals whose absence the native tests of their program cannot see: error, file, reason.
const EXCUSED: [(&str, &str, &str); 3] = [
    (
        "RebalanceOvershoot",
        "rebalancer/src/trades.rs",
        "trades are clamped to the targets before",
    ),
    (
        "RebalanceTurnoverBudgetSpent",
        "rebalancer/src/lib.rs",
        "what is sent was held to the budget before, and no more than that can be sold",
    ),
    (
        "VaultGasTooLow",
        "vault/src/exits.rs",
        "natively nothing is metered; the tests on compiled WASM see it",
    ),
];

/// What became of a seed.
enum End {
    /// The first test that failed.
    Killed(String),
    /// The program cannot be written without the refusal.
    Needed,
    /// Nothing failed.
    Survived,
}

/// Deletes each refusal whose error's name contains `filter`, or whose package does, and runs the package's tests.
pub(crate) fn guards(filter: Option<&str>) -> Result<()> {
    let yard = Yard::new()?;
    let (mut passed, mut failed) = (0, 0);
    for (package, folder) in PACKAGES {
        let chosen = yard.seeds(package, folder, filter)?;
        if chosen.is_empty() {
            continue;
        }
        sh::say(format!(
            "{package}: {} guards; first, all is well without a seed",
            chosen.len()
        ));
        ensure!(
            matches!(yard.test(package)?, End::Survived),
            "the tests of {package} fail as they are: `cd contracts && cargo test -p {package}`"
        );
        for seed in chosen {
            let end = yard.plant(package, &seed)?;
            let place = format!("{}:{}", seed.file, seed.line);
            let same =
                |(error, file, _): &&(&str, &str, &str)| *error == seed.error && *file == seed.file;
            let excuse = EXCUSED.iter().find(same);
            let (sound, told) = match (&end, excuse) {
                (End::Killed(test), _) => (true, format!("killed by {test}")),
                (End::Needed, _) => (true, "the compiler wants it".to_owned()),
                (End::Survived, Some((_, _, why))) => (true, format!("excused: {why}")),
                (End::Survived, None) => (false, "SURVIVED".to_owned()),
            };
            println!("{:<36} {place:<34} {told}", seed.error);
            match sound {
                true => passed += 1,
                false => failed += 1,
            }
        }
    }
    ensure!(passed + failed > 0, "no guard's name contains {filter:?}");
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("nothing noticed that the guards marked SURVIVED were gone: each needs a test");
    }
    Ok(())
}

/// A copy of the programs' sources, with a target folder of its own.
struct Yard {
    root: PathBuf,
}

impl Yard {
    fn new() -> Result<Self> {
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
        Ok(Self { root })
    }

    fn contracts(&self) -> PathBuf {
        self.root.join("contracts")
    }

    fn seeds(&self, package: &str, folder: &str, filter: Option<&str>) -> Result<Vec<Seed>> {
        let sources = self.contracts().join(folder).join("src");
        let mut files: Vec<PathBuf> = fs::read_dir(&sources)
            .with_context(|| format!("cannot list {}", sh::short(&sources)))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        files.sort();
        let mut found = Vec::new();
        for path in files {
            let text = fs::read_to_string(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            found.extend(seeds::of(&format!("{folder}/src/{name}"), &text));
        }
        let wanted = |seed: &Seed| match filter {
            Some(filter) => package.contains(filter) || seed.error.contains(filter),
            None => true,
        };
        found.retain(wanted);
        Ok(found)
    }

    /// Deletes the refusal, tests, and puts it back.
    fn plant(&self, package: &str, seed: &Seed) -> Result<End> {
        let path = self.contracts().join(&seed.file);
        let whole = fs::read_to_string(&path)?;
        fs::write(&path, seed.plant(&whole))?;
        let end = self.test(package);
        fs::write(&path, whole)?;
        end
    }

    fn test(&self, package: &str) -> Result<End> {
        let cargo = |last: &[&str]| {
            let contracts = self.contracts();
            let mut cargo = sh::command(
                std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
                &contracts,
            );
            cargo
                .args(["test", "--quiet", "--locked", "--package", package])
                .args(last)
                .arg("--target-dir")
                .arg(self.root.join("target"))
                // The test VM keeps one storage for all threads.
                .env("RUST_TEST_THREADS", "1")
                .stderr(Stdio::piped());
            cargo
        };
        let built = cargo(&["--no-run"])
            .output()
            .context("cannot start cargo")?;
        if !built.status.success() {
            return Ok(End::Needed);
        }
        let run = cargo(&[]).output().context("cannot start cargo")?;
        if run.status.success() {
            return Ok(End::Survived);
        }
        let told = String::from_utf8_lossy(&run.stdout);
        let first = told.lines().skip_while(|line| line.trim() != "failures:");
        let name = first
            .filter_map(|line| line.strip_prefix("---- "))
            .find_map(|line| line.split_whitespace().next());
        Ok(End::Killed(
            name.unwrap_or("a test that crashed").to_owned(),
        ))
    }
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
