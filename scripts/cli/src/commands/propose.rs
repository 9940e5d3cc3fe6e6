//! `ballast propose`: one change of the settings, in the form that any governor can carry.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256, U256};
use ballast_governance::{
    arguments::{duration, percent, Typed},
    book::Book,
    change::Change,
    effects::Effect,
    interfaces::Interfaces,
    preview::Row,
    problem::Problem,
    proposing::{self, Ask, Proposed},
    targets::{self, Wish},
    trades::{Cost, Expected},
    words,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Write a change of the settings for any governor to carry
///
/// Checks the change, makes it as the owner in a simulation on the present state, says what would be different, and
/// writes it for a Governor, a timelock, a Safe, an Aragon DAO and an UpgradeExecutor. Nothing is sent.
///
/// Several changes in one proposal are separated by a plus sign of their own:
///
///   ballast propose targets WETH=30 WBTC=35 USDC=25 LINK=10 --duration 4d + limit max-slippage=0.4%
///
/// A change is a name and its arguments, in order or as name=value. A bare number is what the contract takes;
/// 0.4% and 40bps, 2h and 3d, +3d from now, $250 and 1.5WETH are said otherwise. Tokens, programs, owner and
/// guardian go by their names. Changes:
///
/// targets, limit, mode, bounds, pause-rebalance, unpause-rebalance, wind-down, set-modules, queue-modules,
/// execute-modules, cancel-modules, grant-role, execute-grant, cancel-grant, revoke-role, renounce-role,
/// transfer-ownership, accept-ownership, hold-targets; set-rebalancer, list-asset, delist-asset, pocket-asset, seed,
/// pause-mint, unpause-mint, supply-cap, lower-supply-cap, fees, apply-fees, cancel-fees, accrue-fees,
/// announce-absorb, absorb; feed, composite-feed, second-source, queue-feed, queue-second-source, activate,
/// cancel-change, volatility, remove-feed, sequencer-feed, pin-phase, report-feed, observe
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The changes, separated by +
    #[arg(required = true, value_name = "CHANGE")]
    changes: Vec<String>,
    /// Band of every asset in new targets [default: each keeps its own]
    #[arg(long, value_name = "PERCENT", help_heading = "Targets")]
    band: Option<String>,
    /// When the ramp of new targets begins: seconds since 1970, or +3d from now [default: at execution]
    #[arg(long, value_name = "TIME", help_heading = "Targets")]
    start: Option<String>,
    /// How long the ramp of new targets takes [default: as short as allowed]
    #[arg(long, value_name = "TIME", help_heading = "Targets")]
    duration: Option<String>,
    /// The governance nonce that the change was written for [default: the present one]
    #[arg(long, value_name = "NUMBER", help_heading = "Targets")]
    nonce: Option<U256>,
    /// What members read [default: the changes in words]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who calls the programs in the end: an address, owner or guardian [default: owner]
    #[arg(long, value_name = "WHO")]
    sender: Option<String>,
    /// The Governor, to know the timelock's id of its proposal
    #[arg(long, value_name = "ADDRESS")]
    governor: Option<Address>,
    /// The Safe that the batch is for
    #[arg(long, value_name = "ADDRESS")]
    safe: Option<Address>,
    /// The UpgradeExecutor [default: the sender]
    #[arg(long, value_name = "ADDRESS")]
    upgrade_executor: Option<Address>,
    /// Delay of the timelock's operation [default: the least one]
    #[arg(long, value_name = "TIME")]
    delay: Option<String>,
    /// Salt of the timelock's operation [default: the description's hash]
    #[arg(long, value_name = "WORD")]
    salt: Option<B256>,
    /// Let Safe and Aragon call the programs themselves, though the owner is a timelock
    #[arg(long)]
    direct: bool,
    /// Also write a file for each carrier into this directory
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    if globals.send {
        let message = "propose sends nothing: whoever may propose sends what it prints";
        return Err(Failure::new(Kind::Input, message).next("leave --send out"));
    }
    let session = Session::connect(globals, terminal).await?;
    session.suite().await?;
    let client = &session.client;
    let book = Book::read(session.record()?, client)
        .await
        .kind(Kind::Chain)?;
    let interfaces = Interfaces::committed().kind(Kind::Fault)?;
    let ask = ask(options, &session, &book, &interfaces).await?;
    let proposed = proposing::propose(client, &book, &interfaces, &ask)
        .await
        .map_err(sort)?
        .map_err(Failure::from)?;
    if let Some(directory) = &options.out {
        write_files(directory, &proposed)?;
        terminal.note(format!("written to {}", directory.display()));
    }
    terminal.show(&Shown(proposed))
}

/// Bad input is told apart from a chain that does not answer.
pub(crate) fn sort(error: anyhow::Error) -> Failure {
    match error.downcast_ref::<Problem>() {
        Some(problem) => Failure::new(Kind::Input, problem.to_string()),
        None => Failure::of(Kind::Chain, &error),
    }
}

async fn ask(
    options: &Options,
    session: &Session,
    book: &Book,
    interfaces: &Interfaces,
) -> Outcome<Ask> {
    let client = &session.client;
    let now = client.now().await.kind(Kind::Chain)?;
    let typed = Typed {
        book,
        interfaces,
        now,
    };
    let mut changes: Vec<Change> = Vec::new();
    for words in options.changes.split(|word| word == "+") {
        let Some((name, rest)) = words.split_first() else {
            return Err(Failure::new(Kind::Input, "there is no change beside a +"));
        };
        match name.as_str() {
            "targets" => {
                let wish = wish(options, rest, &typed).map_err(sort)?;
                let present = targets::present(client, book, &wish, &changes)
                    .await
                    .map_err(sort)?;
                changes.push(wish.change(&present, book).map_err(sort)?);
            }
            name => changes.extend(typed.changes(name, rest).map_err(sort)?),
        }
    }
    let sender = options.sender.as_deref().map(|who| typed.account(who));
    let delay = options.delay.as_deref().map(duration);
    Ok(Ask {
        changes,
        description: options.description.clone(),
        sender: sender.transpose().map_err(sort)?,
        governor: options.governor,
        safe: options.safe,
        executor: options.upgrade_executor,
        delay: delay.transpose().map_err(sort)?,
        salt: options.salt,
        direct: options.direct,
    })
}

fn wish(options: &Options, words: &[String], typed: &Typed<'_>) -> anyhow::Result<Wish> {
    let mut weights = Vec::new();
    for word in words {
        let Some((token, weight)) = word.split_once('=') else {
            return Err(Problem(format!("{word:?} is no target: write ASSET=PERCENT")).into());
        };
        weights.push((typed.account(token)?, percent(weight)?));
    }
    if weights.is_empty() {
        return Err(Problem("targets needs ASSET=PERCENT for every asset".into()).into());
    }
    let start = options
        .start
        .as_deref()
        .map(|text| typed.number("start", text));
    Ok(Wish {
        weights,
        band: options.band.as_deref().map(percent).transpose()?,
        start: start.transpose()?.unwrap_or_default(),
        duration: options.duration.as_deref().map(duration).transpose()?,
        nonce: options.nonce,
    })
}

fn write_files(directory: &Path, proposed: &Proposed) -> Outcome {
    let fault = |error: io::Error| {
        let message = format!("cannot write to {}: {error}", directory.display());
        Failure::new(Kind::Input, message)
    };
    std::fs::create_dir_all(directory).map_err(fault)?;
    let write = |name: &str, document: serde_json::Value| -> Outcome {
        let text = serde_json::to_string_pretty(&document).kind(Kind::Fault)? + "\n";
        std::fs::write(directory.join(name), text).map_err(fault)
    };
    let value = |document: &dyn erased::Document| document.value().kind(Kind::Fault);
    write("governor.json", value(&proposed.governor)?)?;
    if let Some(timelock) = &proposed.timelock {
        write("timelock.json", value(timelock)?)?;
    }
    write("safe.json", value(&proposed.safe.batch)?)?;
    if let Some(later) = &proposed.safe.later {
        write("safe-later.json", value(later)?)?;
    }
    write("aragon.json", value(&proposed.aragon.actions)?)?;
    write("upgrade-executor.json", value(&proposed.upgrade_executor)?)
}

/// Anything that is written as JSON.
mod erased {
    use serde::Serialize;

    pub(super) trait Document {
        fn value(&self) -> serde_json::Result<serde_json::Value>;
    }

    impl<T: Serialize> Document for T {
        fn value(&self) -> serde_json::Result<serde_json::Value> {
            serde_json::to_value(self)
        }
    }
}

/// A proposal as it is shown.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(Proposed);

impl Answer for Shown {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let proposed = &self.0;
        writeln!(
            out,
            "As {} on chain {}:",
            proposed.sender, proposed.chain_id
        )?;
        for (index, step) in proposed.changes.iter().enumerate() {
            writeln!(out, "  {}. {}", index + 1, step.sentence)?;
            writeln!(
                out,
                "     {}.{} at {}",
                step.program.name(),
                step.function,
                step.to
            )?;
        }
        write_difference(out, &proposed.difference)?;
        if let Some(expected) = &proposed.expected {
            write_expected(out, expected)?;
        }
        if !proposed.notes.is_empty() {
            writeln!(out)?;
        }
        for note in &proposed.notes {
            writeln!(out, "Note: {note}.")?;
        }
        let governor = &proposed.governor;
        writeln!(out, "\nGovernor")?;
        writeln!(out, "  proposal id    {}", governor.proposal_id)?;
        if let Some(id) = governor.operation_id {
            writeln!(out, "  operation id   {id}")?;
        }
        writeln!(out, "  propose        {}", governor.propose)?;
        writeln!(out, "  queue          {}", governor.queue)?;
        writeln!(out, "  execute        {}", governor.execute)?;
        if let Some(timelock) = &proposed.timelock {
            writeln!(out, "\nTimelock {}", timelock.timelock)?;
            writeln!(out, "  operation id   {}", timelock.operation_id)?;
            writeln!(out, "  delay          {}", words::duration(timelock.delay))?;
            writeln!(out, "  schedule       {}", timelock.schedule)?;
            writeln!(out, "  execute        {}", timelock.execute)?;
        }
        writeln!(out, "\nSafe Transaction Builder")?;
        let batch = serde_json::to_string(&proposed.safe.batch).map_err(io::Error::from)?;
        writeln!(out, "  {batch}")?;
        writeln!(out, "\nAragon")?;
        writeln!(out, "  createProposal {}", proposed.aragon.create_proposal)?;
        writeln!(out, "  execute        {}", proposed.aragon.execute)?;
        writeln!(out, "\nUpgradeExecutor")?;
        for call in &proposed.upgrade_executor.calls {
            writeln!(out, "  executeCall    {} at {}", call.data, call.to)?;
        }
        Ok(())
    }
}

/// Old and new, side by side.
pub(crate) fn write_difference(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat would be different:")?;
    let wide = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max();
    let (what, before) = (wide(|row| &row.what), wide(|row| &row.before));
    for row in rows {
        let effect = match row.effect {
            Effect::Tighter => "  (tighter)",
            Effect::Looser => "  (LOOSER)",
            Effect::Neutral => "",
        };
        writeln!(
            out,
            "  {:<what$}  {:>before$} -> {}{}{effect}",
            row.what,
            row.before,
            row.after,
            if row.timed { " *" } else { "" },
            what = what.unwrap_or_default(),
            before = before.unwrap_or_default(),
        )?;
    }
    Ok(())
}

fn write_expected(out: &mut dyn Write, expected: &Expected) -> io::Result<()> {
    let dollars = |wad: U256| super::status::usd(wad);
    writeln!(
        out,
        "\nTo reach the targets (NAV ${}, distance {}):",
        dollars(expected.nav_wad),
        words::percent(U256::from(expected.distance_bps))
    )?;
    for trade in &expected.trades {
        write!(
            out,
            "  sell ${} of {} for {}",
            dollars(trade.value_wad),
            trade.sell_symbol,
            trade.buy_symbol
        )?;
        match (trade.bought_value_wad, trade.fee_pips) {
            (Some(worth), Some(fee)) => writeln!(
                out,
                ": brings ${} through the pool with a fee of {} %",
                dollars(worth),
                f64::from(fee) / 10_000.0
            )?,
            _ => writeln!(out)?,
        }
    }
    if let Some(cost) = &expected.cost {
        writeln!(out, "  expected cost  {}", cost_words(cost))?;
    }
    writeln!(
        out,
        "  at most        {} by the limits",
        cost_words(&expected.most)
    )
}

fn cost_words(cost: &Cost) -> String {
    let (sign, digits) = match cost.wad.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", cost.wad.as_str()),
    };
    let wad = digits.parse().unwrap_or_default();
    let bps = cost.bps_e2 as f64 / 100.0;
    format!("{sign}${} ({bps:.2} bps of NAV)", super::status::usd(wad))
}
