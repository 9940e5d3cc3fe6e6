//! `ballast`: what operators, keepers and members run.

mod cli;
mod commands;
mod failure;
mod journal;
mod keys;
mod sending;
mod session;
mod settling;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, terminal::Terminal};

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    if let Err(error) = cli.consistent() {
        error.exit();
    }
    cli.globals.trace.command = format!("{:?}", cli.command);
    let terminal = Terminal::new(&cli.globals);
    match commands::run(&cli, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let failure = cli.globals.trace.told(failure).or_usual_next();
            terminal.fail(&failure);
            failure.kind.code()
        }
    }
}
