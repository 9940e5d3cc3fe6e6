//! `ballast`: what operators, keepers and members run.

mod cli;
mod commands;
mod failure;
mod keys;
mod sending;
mod session;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, terminal::Terminal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = cli.consistent() {
        error.exit();
    }
    let terminal = Terminal::new(&cli.globals);
    match commands::run(&cli, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.fail(&failure);
            failure.kind.code()
        }
    }
}
