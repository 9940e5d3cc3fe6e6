//! `ballast status`: what the treasury holds, wants and may do now.

use std::io::{self, Write};

use alloy::primitives::{Address, U256};
use ballast::{client::Client, tokens, words};
use ballast_report::state::{self, Asset, State};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Show what the treasury holds, wants and may do now
///
/// Holdings, values, weights beside targets and bands, value of a share, why a rebalance would be due, what budgets are
/// left, what is pending, what the guardian holds. What a program refuses to tell, a price for one, it names with the
/// reason, and shows the rest.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {}

pub(crate) async fn run(_: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    terminal.show(&Status(read(&session).await?))
}

/// Reads the state.
pub(crate) async fn read(session: &Session) -> Outcome<State> {
    let suite = session.suite().await?;
    Ok(state::read(&session.client, session.chain_id, &suite).await?)
}

/// Symbol and decimals of a token; its address where it tells no symbol.
pub(crate) async fn describe(client: &Client, token: Address) -> Outcome<(String, u8)> {
    let described = tokens::describe(client, &[token]).await.kind(Kind::Chain)?;
    let first = described.into_iter().next();
    Ok(first.map_or((token.to_string(), 0), |token| {
        (token.symbol, token.decimals)
    }))
}

/// Why a rebalance is eligible, in words.
pub(crate) fn reason(code: u64) -> &'static str {
    words::reason(U256::from(code))
}

/// An amount in whole tokens.
pub(crate) fn units(amount: U256, decimals: u8) -> String {
    words::decimal(amount, decimals)
}

/// WAD dollars with cents, and commas between thousands; rounded down.
pub(crate) fn usd(wad: U256) -> String {
    words::usd(wad)
}

/// The state, as this command shows it.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Status(State);

impl Answer for Status {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let state = &self.0;
        writeln!(out, "Treasury {} on chain {}", state.vault, state.chain_id)?;
        for untold in &state.untold {
            writeln!(out, "\nnot known: {}", untold.what.join(", "))?;
            writeln!(out, "  {}", untold.message)?;
            if let Some(next) = &untold.next {
                writeln!(out, "  next: {next}")?;
            }
        }
        if !state.programs_in_force {
            writeln!(
                out,
                "\nread from programs that the policy no longer names: deploy a new lens"
            )?;
        }
        table(out, &state.assets)?;
        let time = |seconds: u64| words::time(U256::from(seconds));
        if let (Some(nav), Some(share)) = (state.nav_wad, state.nav_per_share_wad) {
            writeln!(out, "NAV            ${}", usd(nav))?;
            writeln!(out, "NAV per share  ${}", words::decimal(share, 18))?;
        }
        writeln!(out, "supply         {}", words::decimal(state.supply, 18))?;
        if let (Some(distance), Some(reason)) = (state.distance_bps, state.reason) {
            let distance = words::percent_bps(U256::from(distance));
            writeln!(out, "distance       {distance}")?;
            writeln!(out, "due for        {reason}")?;
        }
        if let Some(rebalances) = state.rebalances {
            let next = state.next_rebalance_at.filter(|next| *next > state.at);
            let next = next.map(|next| format!(", the next from {}", time(next)));
            let next = next.unwrap_or_default();
            writeln!(out, "rebalances     {rebalances}{next}")?;
        }
        if let Some(budgets) = &state.budgets {
            let left = |wad| words::percent_wad(wad);
            writeln!(
                out,
                "budgets left   losses {}, losses of the year {}, turnover {}",
                left(budgets.loss_wad),
                left(budgets.yearly_loss_wad),
                left(budgets.turnover_wad)
            )?;
        }
        if let Some(auction) = &state.auction {
            writeln!(
                out,
                "auction        open since {}, {} of slippage released, void from {}",
                time(auction.opened_at),
                words::percent_bps(U256::from(auction.released_bps)),
                time(auction.until)
            )?;
        }
        if state.wound_down {
            writeln!(
                out,
                "the treasury is wound down: shares can only be redeemed"
            )?;
        }
        for (what, until) in [
            ("rebalancing", state.rebalancing_paused_until),
            ("minting", state.minting_paused_until),
        ] {
            if until > state.at && !state.wound_down {
                writeln!(out, "{what} is paused until {}", time(until))?;
            }
        }
        for change in &state.pending {
            let ready = time(change.ready_at);
            writeln!(
                out,
                "pending {}: {} (ready {ready})",
                change.what, change.words
            )?;
        }
        for act in &state.guardian {
            writeln!(out, "guardian: {} until {}", act.words, time(act.until))?;
        }
        match state.locked {
            true => writeln!(out, "the vault is in the middle of something"),
            false => Ok(()),
        }
    }
}

fn table(out: &mut dyn Write, assets: &[Asset]) -> io::Result<()> {
    let bps = |bps: u64| words::percent_bps(U256::from(bps));
    let known = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    writeln!(out)?;
    writeln!(
        out,
        "{:<12} {:>26} {:>18} {:>9} {:>9} {:>8}",
        "asset", "held", "value $", "weight", "target", "band"
    )?;
    for asset in assets {
        write!(
            out,
            "{:<12} {:>26} {:>18} {:>9} {:>9} {:>8}",
            asset.token.symbol,
            units(asset.held, asset.token.decimals),
            known(asset.value_wad.map(usd)),
            known(asset.weight_bps.map(bps)),
            bps(asset.target_bps),
            bps(asset.band_bps)
        )?;
        match asset.mode {
            "normal" => {}
            mode => write!(out, "  {mode}")?,
        }
        match asset.claims.is_zero() {
            true => writeln!(out)?,
            false => writeln!(
                out,
                "  {} owed as claims",
                words::decimal(asset.claims, asset.token.decimals)
            )?,
        }
    }
    writeln!(out)
}
