//! `ballast status`: what the treasury holds, wants and may do now.

use std::io::{self, Write};

use alloy::primitives::{utils::format_units, Address, U256};
use ballast::{
    abi::{Lens, IERC20},
    client::Client,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Show what the treasury holds, wants and may do now
///
/// One read of the lens: holdings, values, weights beside targets and bands, NAV per share, the reason for which a
/// rebalance would be eligible, pauses. It fails where the oracle refuses a price; holdings are in `ballast redeem`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {}

/// The treasury's state. Values in USD with 18 decimals, weights in bps.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    pub(crate) chain_id: u64,
    pub(crate) vault: Address,
    pub(crate) assets: Vec<Asset>,
    pub(crate) nav_wad: U256,
    pub(crate) supply: U256,
    pub(crate) nav_per_share_wad: U256,
    pub(crate) distance_bps: u64,
    pub(crate) reason: &'static str,
    pub(crate) policy_nonce: u64,
    pub(crate) rebalances: u64,
    /// Seconds since 1970; 0 for never.
    pub(crate) next_rebalance_at: u64,
    pub(crate) rebalancing_paused_until: u64,
    pub(crate) minting_paused_until: u64,
    pub(crate) locked: bool,
}

/// One asset of the treasury.
#[derive(Debug, Serialize)]
pub(crate) struct Asset {
    pub(crate) symbol: String,
    pub(crate) token: Address,
    pub(crate) decimals: u8,
    pub(crate) held: U256,
    pub(crate) price_d36: U256,
    pub(crate) value_wad: U256,
    pub(crate) weight_bps: u64,
    pub(crate) target_bps: u64,
    pub(crate) band_bps: u64,
}

pub(crate) async fn run(_: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    terminal.show(&read(&session).await?)
}

/// Reads the state through the lens.
pub(crate) async fn read(session: &Session) -> Outcome<Status> {
    let suite = session.suite().await?;
    let client = &session.client;
    let answer = client
        .try_call(Address::ZERO, suite.lens, Lens::statusCall {})
        .await
        .kind(Kind::Chain)??;
    let (tokens, held, prices, values, weights, targets, bands, numbers) = answer.into();
    let lists: [&Vec<U256>; 6] = [&held, &prices, &values, &weights, &targets, &bands];
    if lists.iter().any(|list| list.len() != tokens.len()) || numbers.len() < 11 {
        return Err(
            Failure::new(Kind::Chain, "the lens answered lists of unequal length")
                .next("the lens is of another version than this program"),
        );
    }
    let mut assets = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let (symbol, decimals) = describe(client, *token).await?;
        assets.push(Asset {
            symbol,
            token: *token,
            decimals,
            held: held[index],
            price_d36: prices[index],
            value_wad: values[index],
            weight_bps: weights[index].saturating_to(),
            target_bps: targets[index].saturating_to(),
            band_bps: bands[index].saturating_to(),
        });
    }
    let number = |index: usize| numbers[index].saturating_to::<u64>();
    Ok(Status {
        chain_id: session.chain_id,
        vault: suite.vault,
        assets,
        nav_wad: numbers[0],
        supply: numbers[1],
        nav_per_share_wad: numbers[2],
        distance_bps: number(3),
        reason: reason(number(4)),
        policy_nonce: number(5),
        rebalancing_paused_until: number(6),
        next_rebalance_at: number(7),
        rebalances: number(8),
        minting_paused_until: number(9),
        locked: !numbers[10].is_zero(),
    })
}

/// Symbol and decimals of a token; its address where it tells no symbol.
pub(crate) async fn describe(client: &Client, token: Address) -> Outcome<(String, u8)> {
    let symbol = client
        .try_call(Address::ZERO, token, IERC20::symbolCall {})
        .await;
    let decimals = client
        .try_call(Address::ZERO, token, IERC20::decimalsCall {})
        .await
        .kind(Kind::Chain)??;
    let symbol = match symbol {
        Ok(Ok(symbol)) => symbol,
        _ => token.to_string(),
    };
    Ok((symbol, decimals))
}

/// Why a rebalance is eligible, in words.
pub(crate) fn reason(code: u64) -> &'static str {
    match code {
        1 => "band",
        2 => "targets pending",
        3 => "schedule",
        _ => "none",
    }
}

impl Answer for Status {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let percent = |bps: u64| format!("{:.2}", bps as f64 / 100.0);
        writeln!(out, "Treasury {} on chain {}", self.vault, self.chain_id)?;
        writeln!(out)?;
        writeln!(
            out,
            "{:<8} {:>24} {:>18} {:>8} {:>8} {:>6}",
            "asset", "held", "value $", "weight", "target", "band"
        )?;
        for asset in &self.assets {
            writeln!(
                out,
                "{:<8} {:>24} {:>18} {:>8} {:>8} {:>6}",
                asset.symbol,
                units(asset.held, asset.decimals),
                usd(asset.value_wad),
                percent(asset.weight_bps),
                percent(asset.target_bps),
                percent(asset.band_bps)
            )?;
        }
        writeln!(out)?;
        writeln!(out, "NAV            ${}", usd(self.nav_wad))?;
        writeln!(out, "NAV per share  ${}", units(self.nav_per_share_wad, 18))?;
        writeln!(out, "supply         {}", units(self.supply, 18))?;
        writeln!(out, "distance       {} %", percent(self.distance_bps))?;
        writeln!(out, "reason         {}", self.reason)?;
        writeln!(
            out,
            "rebalances     {}, next from {}",
            self.rebalances, self.next_rebalance_at
        )?;
        for (what, until) in [
            ("rebalancing", self.rebalancing_paused_until),
            ("minting", self.minting_paused_until),
        ] {
            if until > 0 {
                writeln!(out, "{what} is paused until {until}")?;
            }
        }
        Ok(())
    }
}

/// An amount in whole tokens.
pub(crate) fn units(amount: U256, decimals: u8) -> String {
    format_units(amount, decimals).unwrap_or_else(|_| amount.to_string())
}

/// WAD dollars with cents, and commas between thousands; rounded down.
pub(crate) fn usd(wad: U256) -> String {
    let cents = wad / U256::from(10).pow(U256::from(16));
    let hundred = U256::from(100);
    let whole = (cents / hundred).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", (cents % hundred).to::<u64>())
}
