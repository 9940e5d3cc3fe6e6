//! `ballast governor`: a proposal's way through an OpenZeppelin Governor, step by step.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use alloy::primitives::{Address, Bytes, U256};
use ballast::{abi::IGovernor, proposal::Proposal};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Carry a proposal through a Governor: submit, vote, queue, execute
///
/// Takes the file governor.json that `ballast propose --out DIRECTORY` wrote. `state` only says how far it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// What to do
    step: Step,
    /// The proposal
    #[arg(value_name = "FILE")]
    proposal: PathBuf,
    /// The Governor
    #[arg(
        long,
        env = "BALLAST_GOVERNOR",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    governor: Address,
    /// How to vote
    #[arg(long, value_enum, default_value_t = Support::For)]
    vote: Support,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Say how far it is
    State,
    /// Propose it
    Submit,
    /// Vote on it
    Vote,
    /// Hand it to the timelock, once it has passed
    Queue,
    /// Execute it, once the timelock's delay is over
    Execute,
}

/// As Governor's CountingSimple numbers votes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Support {
    Against = 0,
    For = 1,
    Abstain = 2,
}

/// What of the file is needed.
#[derive(Debug, Deserialize)]
struct File {
    proposal_id: U256,
    description: String,
    targets: Vec<Address>,
    values: Vec<U256>,
    calldatas: Vec<Bytes>,
}

#[derive(Debug, Serialize)]
struct Carried {
    governor: Address,
    proposal_id: U256,
    /// Where the proposal is after this.
    state: &'static str,
    /// What was sent, or would be; none when only asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
}

impl Answer for Carried {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(sent) = &self.sent {
            sent.write(out)?;
        }
        writeln!(out, "Proposal {}: {}", self.proposal_id, self.state)
    }
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let (id, proposal) = read(options)?;
    let session = Session::connect(globals, terminal).await?;
    session.must_stand(options.governor, "Governor").await?;
    let at = options.governor;
    let sent = match options.step {
        Step::State => None,
        Step::Submit => Some(
            session
                .act("propose", at, U256::ZERO, proposal.propose())
                .await?
                .0,
        ),
        Step::Queue => Some(
            session
                .act("queue the proposal", at, U256::ZERO, proposal.queue())
                .await?
                .0,
        ),
        Step::Execute => {
            let value = proposal
                .values
                .iter()
                .copied()
                .fold(U256::ZERO, U256::saturating_add);
            Some(
                session
                    .act("execute the proposal", at, value, proposal.execute())
                    .await?
                    .0,
            )
        }
        Step::Vote => {
            let call = IGovernor::castVoteCall {
                proposalId: id,
                support: options.vote as u8,
            };
            let what = format!("vote {:?} on the proposal", options.vote).to_lowercase();
            Some(session.act(&what, at, U256::ZERO, call).await?.0)
        }
    };
    let call = IGovernor::stateCall { proposalId: id };
    // A Governor refuses to tell the state of what it never saw.
    let state = match session
        .client
        .try_call(Address::ZERO, at, call)
        .await
        .kind(Kind::Chain)?
    {
        Ok(state) => name(state),
        Err(_) => "unknown to the Governor",
    };
    session
        .show(&Carried {
            governor: at,
            proposal_id: id,
            state,
            sent,
        })
        .await
}

fn read(options: &Options) -> Outcome<(U256, Proposal)> {
    let path = options.proposal.display();
    let next = "write one with `ballast propose … --out DIRECTORY` and name its governor.json";
    let text = std::fs::read_to_string(&options.proposal)
        .map_err(|e| Failure::new(Kind::Input, format!("cannot read {path}: {e}")).next(next))?;
    let file: File = serde_json::from_str(&text).map_err(|e| {
        Failure::new(
            Kind::Input,
            format!("{path} is no proposal for a Governor: {e}"),
        )
        .next(next)
    })?;
    let proposal = Proposal {
        targets: file.targets,
        values: file.values,
        calldatas: file.calldatas,
        description: file.description,
    };
    // The number is a hash of all the rest: who changed one and not the other meant something else.
    if proposal.id() != file.proposal_id {
        let message = format!(
            "{path} says proposal {}, and its calls and text are proposal {}",
            file.proposal_id,
            proposal.id()
        );
        return Err(Failure::new(Kind::Input, message).next(next));
    }
    Ok((file.proposal_id, proposal))
}

/// As Governor numbers them.
fn name(state: u8) -> &'static str {
    let names = [
        "pending",
        "active",
        "canceled",
        "defeated",
        "succeeded",
        "queued",
        "expired",
        "executed",
    ];
    names.get(usize::from(state)).copied().unwrap_or("unknown")
}
