//! `ballast deploy`: a treasury from a configuration.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use alloy::primitives::{
    utils::{format_ether, format_units},
    Address, U256,
};
use ballast::{steps::Step, wire};
use ballast_deployment::{
    bundle::{checkout, Bundle, Origin},
    carry::{Done, Run},
    check,
    config::Config,
    job::Job,
    plan::Plan,
    trouble::Trouble,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Deploy a treasury, or finish a deployment that was begun
///
/// Checks every value against the chain, estimates, and prints the steps; with --send it takes them. The record is
/// written before and after each transaction: whatever stops a run, the same command goes on from there. In the end the
/// deployer gives up its role, and reading back proves that only owner and guardian hold one.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// What shall be deployed: see deployments/example.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Let an account without code own the treasury
    #[arg(long)]
    allow_eoa_owner: bool,
    /// Where the built programs lie [default: target/stylus of the checkout]
    #[arg(long, value_name = "DIRECTORY")]
    wasm: Option<PathBuf>,
}

/// A deployment, planned or done.
#[derive(Debug, Serialize)]
pub(crate) struct Deployment {
    chain_id: u64,
    config: PathBuf,
    record: PathBuf,
    deployer: Address,
    owner: Address,
    guardian: Option<Address>,
    commit: String,
    /// Whether the programs' sources differ from that commit.
    is_modified: bool,
    /// What was left to do when the command began.
    plan: Plan,
    /// What was done; none in a dry run.
    done: Option<Done>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let config = Config::read(&options.config).kind(Kind::Input)?;
    let session = Session::connect(globals, terminal).await?;
    let (client, deployer) = (&session.client, session.actor.address);
    if session.chain_id != config.chain_id {
        let message = format!(
            "{} is for chain {}, and {} is chain {}",
            options.config.display(),
            config.chain_id,
            wire::place(&globals.rpc),
            session.chain_id
        );
        return Err(Failure::new(Kind::Chain, message).next("name the right chain with --rpc"));
    }
    let treasury = config.treasury().kind(Kind::Input)?;
    let names: Vec<_> = treasury.steps().iter().filter_map(program).collect();
    let bundle = bundle(options.wasm.as_deref(), &names)?;
    let path = session.record_path();
    let job = Job::new(client, &config, &bundle, deployer, path.clone());
    let job = job.await.map_err(failure)?;
    if !job.is_finished() {
        let allow = options.allow_eoa_owner;
        let seeded = job.is_seeded().await.map_err(failure)?;
        let unfit = check::check(client, &config, deployer, allow, seeded).await;
        let unfit = unfit.kind(Kind::Chain)?;
        if !unfit.is_empty() {
            return Err(failure(Trouble::Unfit(unfit)));
        }
    }
    let plan = job.plan().await.map_err(failure)?;
    let mut answer = Deployment {
        chain_id: session.chain_id,
        config: options.config.clone(),
        record: path,
        deployer,
        owner: config.roles.owner,
        guardian: config.roles.guardian,
        commit: bundle.origin.commit.clone(),
        is_modified: bundle.origin.is_modified,
        plan,
        done: None,
    };
    if bundle.origin.is_modified {
        terminal
            .warn("contracts/ differs from its commit: nobody else can build the same programs");
    }
    if globals.send {
        answer.done = Some(send(&session, job, &answer.plan).await?);
    }
    terminal.show(&answer)
}

async fn send(session: &Session, job: Job<'_>, plan: &Plan) -> Outcome<Done> {
    let terminal = &session.terminal;
    let left: usize = plan.steps.iter().map(|step| step.transactions).sum();
    if plan.balance < plan.most {
        let problem = format!(
            "{} has {} ether and needs {}, of which about {} are spent: every transaction is sent with half as much gas again as estimated, at twice the price",
            job.deployer,
            format_ether(plan.balance),
            format_ether(plan.most),
            format_ether(plan.total)
        );
        return Err(failure(Trouble::Unfunded { problem }));
    }
    let question = format!(
        "send {left} transactions as {}, for about {} ether, and {} at most?",
        job.deployer,
        format_ether(plan.total),
        format_ether(plan.most)
    );
    if left > 0 && !session.globals.yes && !terminal.confirm(&question)? {
        return Err(Failure::new(Kind::Input, "not confirmed: nothing was sent"));
    }
    let bar = terminal.progress(left as u64);
    let tell = |step: &str| {
        bar.inc(1);
        bar.set_message(step.to_owned());
    };
    let run = Run {
        tell: Some(&tell),
        ..Run::default()
    };
    let done = job.carry(run).await.map_err(failure);
    bar.finish_and_clear();
    done
}

fn program(step: &Step) -> Option<&'static str> {
    match step {
        Step::Program(name) => Some(*name),
        Step::Call(_) => None,
    }
}

/// The built programs `names`; those of the checkout if no directory is named.
pub(crate) fn bundle(directory: Option<&Path>, names: &[&str]) -> Outcome<Bundle> {
    let built = checkout().join("target/stylus");
    let directory = directory.unwrap_or(&built);
    let origin = Origin::of_checkout(&checkout()).kind(Kind::Fault)?;
    let bundle = Bundle::read(directory, names, origin);
    bundle.kind(Kind::Input)
}

/// What stops a deployment, with what to do next.
pub(crate) fn failure(trouble: Trouble) -> Failure {
    let words = trouble.to_string();
    let (kind, next) = match trouble {
        Trouble::Unfit(_) => (Kind::Input, "correct the configuration; nothing was sent"),
        Trouble::Conflict(_) => (
            Kind::Input,
            "go on with the configuration and record that it was begun with, or move the record away to deploy anew",
        ),
        Trouble::File(_) => (Kind::Input, "see docs/deploying.md"),
        Trouble::Chain(_) | Trouble::Unsettled { .. } => (
            Kind::Chain,
            "run the same command again: it goes on from where this one ended",
        ),
        Trouble::Refused { .. } => (
            Kind::Refused,
            "remove the reason and run the same command again: it goes on from there",
        ),
        Trouble::Unfunded { .. } => (Kind::Key, "send it ether, or use another key"),
        Trouble::Unproved(_) => (
            Kind::Difference,
            "do not seed it: find out who did this, and run `ballast doctor`",
        ),
        Trouble::Stopped => (Kind::Fault, "run the same command again"),
    };
    Failure::new(kind, words).next(next)
}

impl Answer for Deployment {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Treasury of {} on chain {}, programs of commit {}",
            self.owner, self.chain_id, self.commit
        )?;
        for step in &self.plan.steps {
            let address = step.address.map(|a| format!(" at {a}")).unwrap_or_default();
            let cost = step.fee + step.activation_fee;
            match (step.done, cost.is_zero()) {
                (true, _) => writeln!(out, "  done  {}{address}", step.step)?,
                _ => writeln!(
                    out,
                    "        {}{address}: gas about {}, {} ether",
                    step.step,
                    step.gas,
                    format_ether(cost)
                )?,
            }
        }
        let plan = &self.plan;
        writeln!(
            out,
            "In all about {} gas at {} gwei: {} ether, and {} for activations; {} must have {}, and has {}.",
            plan.gas,
            format_units(plan.gas_price, "gwei").unwrap_or_default(),
            format_ether(plan.fee),
            format_ether(plan.activation_fee),
            self.deployer,
            format_ether(plan.most),
            format_ether(plan.balance)
        )?;
        let Some(done) = &self.done else {
            return writeln!(out, "Nothing was sent. Add --send to do it.");
        };
        let paid = done
            .sent
            .iter()
            .fold(U256::ZERO, |sum, sent| sum + sent.fee);
        writeln!(
            out,
            "Sent {} transactions for {} ether; recorded in {}.",
            done.sent.len(),
            format_ether(paid),
            self.record.display()
        )?;
        writeln!(
            out,
            "Read back: {} governs, {} guards, and of {} accounts ever named nobody else holds a role.",
            done.proof.owner,
            self.guardian.map_or_else(|| "nobody".into(), |g| g.to_string()),
            done.proof.asked
        )
    }
}
