//! `ballast verify`: is what stands what we would deploy?

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use ballast::{record::Record, wire::Unanswered};
use ballast_deployment::{
    bundle::{checkout, Bundle, Origin},
    rebuild::{self, Unbuilt},
    verify::{self, Verified},
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Build the programs here and compare them with what stands on the chain
///
/// Runs `cargo xtask build` in the checkout, which should be a clean one of the recorded commit, and compares every byte of
/// every account that holds a program with what would be deployed; the addresses prove the constructors' arguments; modules,
/// owner, name and venue are read back. A difference is exit code 7. Another commit or changed sources are a warning: what
/// counts is the code.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The checkout to build [default: the one around the present directory, or else the one this was built in]
    #[arg(long, value_name = "DIRECTORY")]
    source: Option<PathBuf>,
    /// Build nothing: compare with what the last `cargo xtask build` left in the checkout
    #[arg(long)]
    built: bool,
    /// Build nothing: compare with the programs in this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "built")]
    wasm: Option<PathBuf>,
}

/// What was compared.
#[derive(Debug, Serialize)]
struct Verification {
    chain_id: u64,
    record: PathBuf,
    /// The checkout that it was compared with.
    source: PathBuf,
    /// Whether the programs were built for this.
    is_rebuilt: bool,
    /// The commit that the record names.
    recorded_commit: String,
    /// The commit that is checked out here.
    commit: String,
    /// Whether the programs' sources differ from that commit.
    is_modified: bool,
    /// What deserves a second look though it decides nothing.
    warnings: Vec<String>,
    programs: Vec<Verified>,
    /// What is constructed or wired otherwise than recorded.
    differences: Vec<String>,
    is_same: bool,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let record = session.record()?;
    let root = root(options)?;
    let origin = Origin::of_checkout(&root).kind(Kind::Input);
    let origin = origin.map_err(|failure| failure.next(CLONE))?;
    let warnings = warnings(&record, &origin, &root);
    for warning in warnings.iter().filter(|_| !terminal.json) {
        terminal.warn(warning);
    }
    let names: Vec<_> = record.programs.iter().map(|p| p.name.as_str()).collect();
    let is_rebuilt = !options.built && options.wasm.is_none();
    let directory = match &options.wasm {
        Some(directory) => directory.clone(),
        None if options.built => root.join("target/stylus"),
        None => build(&root, &names, terminal).await?,
    };
    let bundle = Bundle::read(&directory, &names, origin).kind(Kind::Input)?;
    let mut programs = Vec::new();
    for program in &record.programs {
        let built = bundle.program(&program.name).kind(Kind::Input)?;
        let verified = verify::program(&session.client, program, built).await;
        programs.push(verified.kind(Kind::Chain)?);
    }
    // Programs of other code may not even answer.
    let sound = programs
        .iter()
        .all(|program| program.differences.is_empty());
    let differences = match verify::construction(&session.client, &record).await {
        Ok(differences) => differences,
        Err(error) if sound || Unanswered::among(&error).is_some() => {
            return Err(error).kind(Kind::Chain)
        }
        Err(error) => vec![format!("{error:#}")],
    };
    let answer = Verification {
        chain_id: session.chain_id,
        record: session.record_path(),
        source: root,
        is_rebuilt,
        recorded_commit: record.commit.clone(),
        commit: bundle.origin.commit.clone(),
        is_modified: bundle.origin.is_modified,
        warnings,
        is_same: sound && differences.is_empty(),
        programs,
        differences,
    };
    terminal.show(&answer)?;
    match answer.is_same {
        true => Ok(()),
        false => Err(Failure::new(
            Kind::Difference,
            "what stands is not what would be deployed from here",
        )
        .next(format!(
            "check out {} and verify again; if it still differs, do not trust the deployment",
            answer.recorded_commit
        ))),
    }
}

/// What to do without a checkout.
const CLONE: &str =
    "run it in a clone of the project at the recorded commit, or name one with --source";

/// The checkout that is meant.
fn root(options: &Options) -> Outcome<PathBuf> {
    let root = match &options.source {
        Some(source) => source.clone(),
        None => std::env::current_dir()
            .ok()
            .and_then(|here| rebuild::around(&here))
            .unwrap_or_else(checkout),
    };
    match rebuild::is_checkout(&root) {
        true => Ok(root.canonicalize().unwrap_or(root)),
        false => Err(unbuilt(&Unbuilt::NoCheckout(root))),
    }
}

/// Builds the programs `names`; answers where they lie.
async fn build(root: &Path, names: &[&str], terminal: &Terminal) -> Outcome<PathBuf> {
    terminal.note(format!(
        "Building {} in {}",
        names.join(", "),
        root.display()
    ));
    let silent = terminal.json || terminal.quiet;
    let (root, names) = (
        root.to_owned(),
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
    );
    let building = tokio::task::spawn_blocking(move || {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        rebuild::build(&root, &names, silent)
    });
    building.await.kind(Kind::Fault)?.map_err(|e| unbuilt(&e))
}

fn unbuilt(unbuilt: &Unbuilt) -> Failure {
    let (kind, next) = match unbuilt {
        Unbuilt::NoCheckout(_) => (Kind::Input, CLONE),
        Unbuilt::NotStarted(_) => (
            Kind::Fault,
            "install Rust from https://rustup.rs, or name programs that were built elsewhere with --wasm",
        ),
        Unbuilt::Failed(..) => (
            Kind::Fault,
            "`cargo xtask build` there says more; --built compares with what was built before",
        ),
    };
    Failure::new(kind, unbuilt.to_string()).next(next)
}

/// Where this is not the clean recorded commit.
fn warnings(record: &Record, origin: &Origin, root: &Path) -> Vec<String> {
    let root = root.display();
    let mut warnings = Vec::new();
    if origin.commit != record.commit {
        warnings.push(format!(
            "the record is of commit {}, and {root} is at {}",
            record.commit, origin.commit
        ));
    }
    if origin.is_modified {
        warnings.push(format!(
            "contracts/ in {root} differs from commit {}: nobody else can build the same programs",
            origin.commit
        ));
    }
    warnings
}

impl Answer for Verification {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for program in &self.programs {
            let verdict = match program.differences.is_empty() {
                true => "same",
                false => "DIFFERENT",
            };
            writeln!(
                out,
                "{:<20} {} {verdict}: {} bytes in {} accounts",
                program.name, program.address, program.bytes, program.accounts
            )?;
            for difference in &program.differences {
                writeln!(out, "  {difference}")?;
            }
        }
        for difference in &self.differences {
            writeln!(out, "{difference}")?;
        }
        let built = match self.is_rebuilt {
            true => "built here now",
            false => "built here before",
        };
        writeln!(
            out,
            "Recorded commit {}, {built} from {}.",
            self.recorded_commit, self.commit
        )
    }
}
