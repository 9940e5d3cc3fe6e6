//! What the treasury is now, in as few reads as there are programs to ask, with or without prices.

use alloy::primitives::{Address, U256};
use anyhow::{bail, Result};
use ballast::{
    abi::{Lens, Policy, Rebalancer, Vault},
    advice,
    client::{Client, Refusal},
    suite::Suite,
    tokens::{self, Token},
    words::{self, Names},
};
use serde::Serialize;

use crate::pending::{self, Act, Pending};

/// The treasury's state. Values in USD with 18 decimals, parts in WAD or bps, times in seconds since 1970.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The chain.
    pub chain_id: u64,
    /// When this was read, by the chain's clock.
    pub at: u64,
    /// The vault.
    pub vault: Address,
    /// What is held.
    pub assets: Vec<Asset>,
    /// Why there are no values; nothing while the oracle answers.
    pub refused: Option<Refused>,
    /// Net asset value.
    pub nav_wad: Option<U256>,
    /// Shares.
    pub supply: U256,
    /// Value of a whole share.
    pub nav_per_share_wad: Option<U256>,
    /// Turnover that would reach the targets.
    pub distance_bps: Option<u64>,
    /// Why a rebalance is due: none, band, targets pending, schedule.
    pub reason: Option<&'static str>,
    /// Counts changes of what governs a rebalance.
    pub policy_nonce: u64,
    /// How many there were.
    pub rebalances: u64,
    /// When the next one may be made.
    pub next_rebalance_at: u64,
    /// Until when rebalancing rests.
    pub rebalancing_paused_until: u64,
    /// Until when minting rests.
    pub minting_paused_until: u64,
    /// Whether the vault is in the middle of something.
    pub locked: bool,
    /// What rebalances may still lose and sell, in parts of NAV.
    pub budgets: Budgets,
    /// The opening that holds.
    pub auction: Option<Auction>,
    /// What was decided and is not in force yet.
    pub pending: Vec<Pending>,
    /// Acts of the guardian in force.
    pub guardian: Vec<Act>,
}

/// One asset.
#[derive(Debug, Clone, Serialize)]
pub struct Asset {
    /// What it is.
    #[serde(flatten)]
    pub token: Token,
    /// Recorded holding.
    pub held: U256,
    /// Owed to those whom a redemption could not pay.
    pub claims: U256,
    /// Price of a smallest unit, by 1e36.
    pub price_d36: Option<U256>,
    /// What is held is worth.
    pub value_wad: Option<U256>,
    /// Part of NAV.
    pub weight_bps: Option<u64>,
    /// Wanted part, now.
    pub target_bps: u64,
    /// How far it may drift; with prices the effective band.
    pub band_bps: u64,
    /// What may be done with it: normal, sell-only, quarantined.
    pub mode: &'static str,
    /// Price below which it is not bought; 0 for none.
    pub floor_d36: U256,
}

/// Why the oracle names no prices.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// In words.
    pub message: String,
    /// What to do.
    pub next: Option<String>,
}

/// What is left of the budgets, WAD of NAV.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Budgets {
    /// Of losses at once.
    pub loss_wad: U256,
    /// Of losses in a year.
    pub yearly_loss_wad: U256,
    /// Of what is sold.
    pub turnover_wad: U256,
}

/// An opening.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Auction {
    /// When it began.
    pub opened_at: u64,
    /// When everything that is allowed is.
    pub ramp_end: u64,
    /// When it is void.
    pub until: u64,
    /// How much of the greatest slippage is released now.
    pub released_bps: u64,
    /// Least part of the best plan that must be made now.
    pub progress_bps: u64,
}

impl State {
    /// Symbols and decimals, for words.
    pub fn names(&self) -> Names {
        let all: Vec<Token> = self.assets.iter().map(|a| a.token.clone()).collect();
        tokens::names(&all)
    }
}

/// A view that should answer whatever the market does.
pub(crate) async fn ask<C: alloy::sol_types::SolCall>(
    client: &Client,
    to: Address,
    call: C,
) -> Result<C::Return> {
    match client.try_call(Address::ZERO, to, call).await? {
        Ok(answer) => Ok(answer),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Reads the state. What needs no price is there whatever the oracle says.
///
/// # Errors
/// A chain that does not answer; programs that refuse what needs no price.
pub async fn read(client: &Client, chain_id: u64, suite: &Suite) -> Result<State> {
    let Suite {
        vault,
        policy,
        rebalancer,
        lens,
        ..
    } = *suite;
    let (at, held, supply, minting, locked, number, budgets, auction, market) = tokio::try_join!(
        client.now(),
        ask(client, vault, Vault::holdingsCall {}),
        ask(client, vault, Vault::totalSupplyCall {}),
        ask(client, vault, Vault::mintPausedUntilCall {}),
        ask(client, vault, Vault::isLockedCall {}),
        ask(client, rebalancer, Rebalancer::stateCall {}),
        ask(client, rebalancer, Rebalancer::budgetsLeftCall {}),
        // It looks at prices too.
        client.try_call(Address::ZERO, rebalancer, Rebalancer::auctionCall {}),
        client.try_call(Address::ZERO, lens, Lens::statusCall {}),
    )?;
    let list = held.tokens.clone();
    let claims = list
        .iter()
        .map(|token| (vault, Vault::totalClaimsCall { token: *token }));
    let call = Policy::rulesCall {
        tokens: list.clone(),
    };
    let (rules, described, claims) = tokio::try_join!(
        ask(client, policy, call),
        tokens::describe(client, &list),
        client.try_all(claims.collect()),
    )?;
    let count = list.len();
    let lists = [&held.held, &rules.weightsWad, &rules.bandsBps, &rules.modes];
    if lists.iter().any(|list| list.len() != count) || rules.floorsD36.len() != count {
        bail!("vault and policy answered lists of unequal length: the record mixes two treasuries, or two versions");
    }
    let bps = U256::from(10).pow(U256::from(14));
    let mut assets: Vec<Asset> = described
        .into_iter()
        .zip(claims)
        .enumerate()
        .map(|(index, (token, claims))| Asset {
            token,
            held: held.held[index],
            claims: claims.unwrap_or_default(),
            price_d36: None,
            value_wad: None,
            weight_bps: None,
            target_bps: (rules.weightsWad[index] / bps).saturating_to(),
            band_bps: rules.bandsBps[index].saturating_to(),
            mode: words::mode(rules.modes[index]),
            floor_d36: rules.floorsD36[index],
        })
        .collect();
    let names = tokens::names(&assets.iter().map(|a| a.token.clone()).collect::<Vec<_>>());
    let (pending, guardian) = pending::read(client, suite, at, &names, &assets).await?;
    let mut state = State {
        chain_id,
        at,
        vault,
        refused: None,
        nav_wad: None,
        supply,
        nav_per_share_wad: None,
        distance_bps: None,
        reason: None,
        policy_nonce: rules.policyNonce.saturating_to(),
        rebalances: number.nonce.saturating_to(),
        next_rebalance_at: number.nextAt.saturating_to(),
        rebalancing_paused_until: rules.pausedUntil.saturating_to(),
        minting_paused_until: minting.saturating_to(),
        locked,
        budgets: Budgets {
            loss_wad: budgets.lossWad,
            yearly_loss_wad: budgets.yearlyLossWad,
            turnover_wad: budgets.turnoverWad,
        },
        auction: auction
            .ok()
            .filter(|a| !a.openedAt.is_zero())
            .map(|auction| Auction {
                opened_at: auction.openedAt.saturating_to(),
                ramp_end: auction.rampEnd.saturating_to(),
                until: auction.until.saturating_to(),
                released_bps: auction.releasedBps.saturating_to(),
                progress_bps: auction.progressBps.saturating_to(),
            }),
        pending,
        guardian,
        assets: Vec::new(),
    };
    match market {
        Ok(market) => value(&mut state, &mut assets, &market)?,
        Err(refusal) => state.refused = Some(refused(&refusal, &names)),
    }
    state.assets = assets;
    Ok(state)
}

/// Puts prices and what follows from them into the state.
fn value(state: &mut State, assets: &mut [Asset], market: &Lens::statusReturn) -> Result<()> {
    let count = assets.len();
    let lists = [
        &market.pricesD36,
        &market.valuesWad,
        &market.weightsBps,
        &market.bandsBps,
    ];
    if market.tokens.len() > count
        || lists.iter().any(|list| list.len() != market.tokens.len())
        || market.numbers.len() < 5
    {
        bail!("the lens answered lists of unequal length: it is of another version");
    }
    // A quarantined asset may be left out.
    for (index, token) in market.tokens.iter().enumerate() {
        let Some(asset) = assets.iter_mut().find(|a| a.token.token == *token) else {
            bail!("the lens names {token}, which the vault does not list");
        };
        asset.price_d36 = Some(market.pricesD36[index]);
        asset.value_wad = Some(market.valuesWad[index]);
        asset.weight_bps = Some(market.weightsBps[index].saturating_to());
        asset.band_bps = market.bandsBps[index].saturating_to();
    }
    state.nav_wad = Some(market.numbers[0]);
    state.nav_per_share_wad = Some(market.numbers[2]);
    state.distance_bps = Some(market.numbers[3].saturating_to());
    state.reason = Some(words::reason(market.numbers[4]));
    Ok(())
}

/// A refusal in words, with the error itself in brackets.
pub(crate) fn refused(refusal: &Refusal, names: &Names) -> Refused {
    match advice::of(&refusal.data, names) {
        Some(advice) => Refused {
            message: format!("{} [{}]", advice.sentence, refusal.words),
            next: Some(advice.next),
        },
        None => Refused {
            message: refusal.words.clone(),
            next: None,
        },
    }
}
