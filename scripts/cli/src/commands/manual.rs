//! `ballast manual`: pages for man(1).

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::{
    cli::Cli,
    failure::{Kind, OfKind, Outcome},
};

/// Write manual pages: one for ballast, one for each command
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The directory they are written to
    #[arg(value_name = "DIRECTORY")]
    to: PathBuf,
}

pub(crate) fn run(options: &Options) -> Outcome {
    std::fs::create_dir_all(&options.to).kind(Kind::Input)?;
    clap_mangen::generate_to(Cli::command(), &options.to).kind(Kind::Input)
}
