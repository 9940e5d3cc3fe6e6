//! Builds the programs of a checkout, as anybody who wants to compare would.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

/// Why the programs were not built.
#[derive(Debug)]
pub enum Unbuilt {
    /// No checkout of the project is there.
    NoCheckout(PathBuf),
    /// The build cannot be started.
    NotStarted(io::Error),
    /// The build failed; with what it printed, where that was not shown.
    Failed(ExitStatus, String),
}

impl std::fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCheckout(at) => write!(
                f,
                "{} is no checkout of Ballast: it has no contracts/ and no scripts/xtask/",
                at.display()
            ),
            Self::NotStarted(error) => write!(f, "cannot run `cargo xtask build`: {error}"),
            Self::Failed(status, printed) => {
                write!(f, "`cargo xtask build` failed ({status})")?;
                match printed.trim() {
                    "" => Ok(()),
                    printed => write!(f, ": {printed}"),
                }
            }
        }
    }
}

impl std::error::Error for Unbuilt {}

/// Whether `at` is the root of a checkout.
pub fn is_checkout(at: &Path) -> bool {
    ["contracts", "scripts/xtask"]
        .iter()
        .all(|folder| at.join(folder).join("Cargo.toml").is_file())
}

/// The checkout around `directory`: itself, or the next one above it.
pub fn around(directory: &Path) -> Option<PathBuf> {
    let mut above = directory.ancestors();
    above.find(|at| is_checkout(at)).map(Path::to_owned)
}

/// Runs `cargo xtask build` for `programs` in the checkout at `root`, which leaves them in its `target/stylus`. What it
/// prints goes to standard error, or with `silent` into the error.
///
/// # Errors
/// No checkout, no cargo, a build that fails.
pub fn build(root: &Path, programs: &[&str], silent: bool) -> Result<PathBuf, Unbuilt> {
    if !is_checkout(root) {
        return Err(Unbuilt::NoCheckout(root.to_owned()));
    }
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(root)
        .args(["xtask", "build"])
        .args(programs)
        // The checkout names its own compiler.
        .env_remove("RUSTUP_TOOLCHAIN")
        .stdin(Stdio::null());
    let (status, printed) = match silent {
        true => {
            let output = cargo.output().map_err(Unbuilt::NotStarted)?;
            let printed = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status, printed)
        }
        false => {
            cargo.stdout(io::stderr());
            let status = cargo.status().map_err(Unbuilt::NotStarted)?;
            (status, String::new())
        }
    };
    match status.success() {
        true => Ok(root.join("target/stylus")),
        false => Err(Unbuilt::Failed(status, printed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_found_from_within_and_not_from_beside() {
        let root = crate::bundle::checkout().canonicalize().unwrap();
        assert_eq!(around(&root.join("docs")), Some(root.clone()));
        assert_eq!(around(&root), Some(root));
        let beside = std::env::temp_dir();
        assert_eq!(around(&beside), None);
        let refused = build(&beside, &["policy"], true).unwrap_err().to_string();
        assert!(refused.contains("is no checkout of Ballast"), "{refused}");
    }
}
