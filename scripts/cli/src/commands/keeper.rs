//! `ballast keeper`: the keeper, once or for good.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use ballast::wire;
use ballast_keeper::{
    daemon,
    execute::{Event, Followed},
    keeper::{Keeper, Place, Turn},
    logs, serve,
    strategy::Why,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::keeping;
use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Watch the treasury and rebalance it when that is due and pays
///
/// Without --once it runs until it is ended: it opens the auction, waits on its ramp for the first moment that pays, and
/// rebalances; whatever fails is tried again. With --once it makes one turn and says what it came to: exit code 5 if a
/// transaction reverted, 4 if one was refused by the node or not mined, 6 if the account has too little, 0 otherwise. Nothing is sent
/// without --send. docs/keeper.md tells the modes: in `public-filler` it spends gas and earns nothing.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Its configuration [default: mode public-filler with the usual ceilings]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Make one turn: at most one transaction
    #[arg(long)]
    once: bool,
    /// How logs are written to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// What one turn came to.
#[derive(Debug, Serialize)]
struct Once {
    chain_id: u64,
    #[serde(flatten)]
    turn: Turn,
    /// Whether something that was sent may still be mined.
    #[serde(skip)]
    waits_for_any: bool,
    /// Seconds for which it was waited for.
    #[serde(skip)]
    patience_s: u64,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let suite = session.suite().await?;
    let config = keeping::config(&session, options.config.as_deref())?;
    config.complete().kind(Kind::Input)?;
    if !session.actor.signs && session.actor.address.is_zero() {
        return Err(Failure::new(Kind::Key, "nobody acts")
            .next("name a keystore with --keystore, or for a dry run an account with --from"));
    }
    let level = match (globals.quiet, globals.verbose) {
        (true, _) => "warn",
        (false, 0) => "info",
        (false, _) => "debug",
    };
    let format = match options.log_format {
        LogFormat::Text => logs::Format::Text,
        LogFormat::Json => logs::Format::Json,
    };
    // What one turn came to is its answer or its failure, not a log.
    let level = if options.once { "error" } else { level };
    logs::start(format, level);
    let place = Place {
        url: globals.rpc.clone(),
        wallet: session.actor.wallet.clone(),
        keeper: session.actor.address,
        suite,
        config,
        sends: globals.send,
    };
    match options.once {
        true => {
            let once = once(&session, place).await?;
            terminal.show(&once)?;
            once.end()
        }
        false => daemon::run(place).await.kind(Kind::Fault),
    }
}

async fn once(session: &Session, place: Place) -> Outcome<Once> {
    let patience = Duration::from_secs(place.config.turn_timeout_s);
    let every = Duration::from_millis(place.config.poll_ms.min(250));
    let mut keeper = Keeper::new(place).kind(Kind::Input)?;
    let timed = tokio::time::timeout(patience, keeper.turn(serve::now())).await;
    let mut turn = timed
        .map_err(|_| late(session, patience))?
        .kind(Kind::Chain)?;
    for followed in &turn.transactions {
        session.globals.trace.give(followed.hash, &followed.kind);
    }
    // What an earlier run has sent is waited for too.
    if session.globals.send {
        let settled = keeper.settle(serve::now(), patience, every).await;
        turn.transactions.extend(settled.kind(Kind::Chain)?);
    }
    Ok(Once {
        chain_id: session.chain_id,
        turn,
        waits_for_any: session.globals.send && keeper.waits_for_any(),
        patience_s: patience.as_secs(),
    })
}

impl Once {
    /// How the command ends: whoever starts it by a timer must hear of what went wrong, and not of a turn that waits.
    fn end(&self) -> Outcome {
        let followed = &self.turn.transactions;
        // What became of a transaction last is what became of it.
        let last = |(place, one): &(usize, &Followed)| {
            let later = followed.iter().skip(place + 1);
            !later.into_iter().any(|other| other.nonce == one.nonce)
        };
        let ends: Vec<_> = followed.iter().enumerate().filter(last).collect();
        let find = |events: &[Event]| ends.iter().find(|(_, one)| events.contains(&one.event));
        if let Some((_, Followed { kind, hash, .. })) = find(&[Event::Reverted]) {
            return Err(Failure::new(Kind::Refused, format!("{kind} reverted: {hash}"))
                .next("somebody else was first, or the market moved: the next run decides on what is there by then"));
        }
        if let Some((_, Followed { kind, hash, .. })) = find(&[Event::Rejected]) {
            return Err(
                Failure::new(Kind::Chain, format!("the node did not take {kind}: {hash}"))
                    .next("see whether somebody else sends with this key, and what the node demands of a transaction; then run the command again"),
            );
        }
        if let Some((_, Followed { kind, hash, .. })) = find(&[Event::Superseded]) {
            let message = format!("the nonce of {kind} was used by something else: {hash}");
            return Err(
                Failure::new(Kind::Chain, message).next("see that nobody else sends with this key")
            );
        }
        if self.waits_for_any {
            let message = format!("what was sent was not mined within {} s", self.patience_s);
            return Err(Failure::new(Kind::Chain, message).next(
                "run the command again: with a state_file in its configuration it goes on with what was sent",
            ));
        }
        match &self.turn.waits {
            Some(waits) if matches!(waits.why, Why::Purse { .. }) => {
                Err(Failure::new(Kind::Key, &waits.words).next("send it ether, or use another key"))
            }
            _ => Ok(()),
        }
    }
}

/// A turn that took too long, though each of its answers came.
fn late(session: &Session, patience: Duration) -> Failure {
    let place = wire::place(&session.globals.rpc);
    let message = format!(
        "{place} took more than {} s for one turn",
        patience.as_secs()
    );
    Failure::new(Kind::Chain, message)
        .next("run the command again, or give turn_timeout_s more time in its configuration")
}

impl Answer for Once {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let turn = &self.turn;
        writeln!(
            out,
            "Block {}: {:.2} % away from the targets, reason: {}",
            turn.block,
            turn.distance_bps as f64 / 100.0,
            turn.reason
        )?;
        if let Some(trade) = &turn.trade {
            let percent = trade.share_bps as f64 / 100.0;
            writeln!(out, "  {percent} % of the plan, {}", trade.route)?;
        }
        match (turn.action, turn.sent, &turn.waits) {
            (Some(action), true, _) => writeln!(out, "Sent: {action}")?,
            // With --send a turn that decided to act says what became of it below.
            (Some(action), false, _) if !turn.transactions.is_empty() => {
                writeln!(out, "Not sent: {action}")?;
            }
            (Some(action), false, _) => writeln!(out, "Would {action}. Add --send to do it.")?,
            (None, _, Some(waits)) => writeln!(out, "Waits: {}", waits.words)?,
            (None, _, None) => {}
        }
        for followed in &turn.transactions {
            writeln!(
                out,
                "  {} {}: {}",
                followed.kind,
                followed.hash,
                followed.event.name()
            )?;
        }
        Ok(())
    }
}
