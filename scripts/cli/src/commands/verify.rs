//! `ballast verify`: is what stands what we would deploy?

use std::{
    io::{self, Write},
    path::PathBuf,
};

use ballast_deployment::verify::{self, Verified};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    commands::deploy::bundle,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Compare what stands on the chain with the programs built here
///
/// Run `cargo xtask build` in a clean checkout of the recorded commit first. Every byte of every account that holds a
/// program is compared with what would be deployed; the addresses prove the constructors' arguments; modules, owner, name and
/// venue are read back. A difference is exit code 7.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Where the built programs lie [default: target/stylus of the checkout]
    #[arg(long, value_name = "DIRECTORY")]
    wasm: Option<PathBuf>,
}

/// What was compared.
#[derive(Debug, Serialize)]
struct Verification {
    chain_id: u64,
    record: PathBuf,
    /// The commit that the record names.
    recorded_commit: String,
    /// The commit that is checked out here.
    commit: String,
    programs: Vec<Verified>,
    /// What is constructed or wired otherwise than recorded.
    differences: Vec<String>,
    is_same: bool,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let record = session.record()?;
    let names: Vec<_> = record.programs.iter().map(|p| p.name.as_str()).collect();
    let bundle = bundle(options.wasm.as_deref(), &names)?;
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
        Err(error) if sound => return Err(error).kind(Kind::Chain),
        Err(error) => vec![format!("{error:#}")],
    };
    let answer = Verification {
        chain_id: session.chain_id,
        record: session.record_path(),
        recorded_commit: record.commit.clone(),
        commit: bundle.origin.commit.clone(),
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
            "check out {}, run `cargo xtask build` and verify again; if it still differs, do not trust the deployment",
            answer.recorded_commit
        ))),
    }
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
        writeln!(
            out,
            "Recorded commit {}, built here from {}.",
            self.recorded_commit, self.commit
        )
    }
}
