//! `ballast completions`: what a shell completes.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{cli::Cli, failure::Outcome};

/// Print the completions of a shell
///
/// For bash: ballast completions bash > ~/.local/share/bash-completion/completions/ballast
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let mut command = Cli::command();
    clap_complete::generate(
        options.shell,
        &mut command,
        "ballast",
        &mut std::io::stdout(),
    );
    Ok(())
}
