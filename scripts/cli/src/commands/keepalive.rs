//! `ballast keepalive`: programs expire a year after they were activated or kept alive.

use std::io::{self, Write};

use alloy::primitives::{utils::format_ether, U256};
use ballast_deployment::upkeep::{days, lifetime, lifetimes, Lifetime};
use clap::Args;
use devnode::exec::precompiles::{arb_wasm::ArbWasm, ARB_WASM};
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Keep programs alive that are near their end
///
/// Every program of the record that ends within so many days is kept alive for another year, for the chain's fee. Anybody
/// may do so, once a program is a month old. A program that has ended already is activated anew by its address.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Which programs: those that end within so many days
    #[arg(long, default_value_t = 60, value_name = "DAYS")]
    within: u64,
}

/// What was kept alive, or would be.
#[derive(Debug, Serialize)]
struct Kept {
    chain_id: u64,
    within_days: u64,
    programs: Vec<Lifetime>,
    sent: Vec<Sent>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let record = session.record()?;
    let programs = lifetimes(&session.client, &record)
        .await
        .kind(Kind::Chain)?;
    let mut sent = Vec::new();
    let mut hopeless = Vec::new();
    let ending = |program: &&Lifetime| days(program.left_s) < options.within;
    for program in programs.iter().filter(ending) {
        let recorded = record.program(&program.name).kind(Kind::Input)?;
        let program = lifetime(&session.client, recorded)
            .await
            .kind(Kind::Chain)?;
        let what = format!("keep {} alive", program.name);
        // A fifth more than it takes now: what is too much comes back.
        let more = |fee: U256| fee + fee / U256::from(5);
        if program.refused.is_some() {
            let call = ArbWasm::activateProgramCall {
                program: program.address,
            };
            let what = format!("activate {} anew", program.name);
            let value = more(program.fee);
            sent.push(session.act(&what, ARB_WASM, value, call).await?.0);
        } else if program.can_be_kept {
            let call = ArbWasm::codehashKeepaliveCall {
                codehash: program.code_hash,
            };
            sent.push(
                session
                    .act(&what, ARB_WASM, more(program.fee), call)
                    .await?
                    .0,
            );
        } else {
            hopeless.push(program.name);
        }
    }
    let answer = Kept {
        chain_id: session.chain_id,
        within_days: options.within,
        programs,
        sent,
    };
    session.show(&answer).await?;
    match hopeless.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(
            Kind::Refused,
            format!(
                "the chain does not let {} be kept alive yet",
                hopeless.join(", ")
            ),
        )
        .next("a program must be a month old: wait, or name fewer days with --within")),
    }
}

impl Answer for Kept {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for program in &self.programs {
            let fee = match program.can_be_kept {
                true => format!("to be kept for {} ether", format_ether(program.fee)),
                false => "cannot be kept yet".into(),
            };
            let words = match &program.refused {
                Some(why) => format!("does not run: {why}"),
                None => format!("{} days left, {fee}", days(program.left_s)),
            };
            writeln!(out, "{:<20} {} {words}", program.name, program.address)?;
        }
        for sent in &self.sent {
            sent.write(out)?;
        }
        if self.sent.is_empty() {
            writeln!(out, "None ends within {} days.", self.within_days)?;
        }
        Ok(())
    }
}
