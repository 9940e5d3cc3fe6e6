//! `ballast completions`: what a shell completes.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{cli::Cli, failure::Outcome, terminal::Terminal};

/// Print the completions of a shell
///
/// For bash: ballast completions bash > ~/.local/share/bash-completion/completions/ballast
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(options: &Options, terminal: &Terminal) -> Outcome {
    let mut command = Cli::command();
    // Written to memory first: the generator panics where whoever reads stops reading.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "ballast", &mut script);
    terminal.print(&script)
}
