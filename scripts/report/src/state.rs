//! What the treasury is now, from one block and two answers of the lens, whatever any of its programs refuses.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{
    abi::Rebalancer,
    advice,
    client::{Client, Refusal},
    suite::Suite,
    tokens::{self, Token},
    words::{self, Names},
};
use serde::Serialize;

use crate::{
    pending::{self, Act, Pending},
    screen::{self, number, Screen},
    untold::{self, Untold},
};

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
    /// Why there is no NAV, or why no rebalance can be judged; nothing while everything answers.
    pub refused: Option<Refused>,
    /// Everything that is not known now, and why.
    pub untold: Vec<Untold>,
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
    /// How many there were; nothing while the rebalancer tells nothing.
    pub rebalances: Option<u64>,
    /// When the next one may be made.
    pub next_rebalance_at: Option<u64>,
    /// Until when rebalancing rests.
    pub rebalancing_paused_until: u64,
    /// Until when minting rests.
    pub minting_paused_until: u64,
    /// Whether rebalancing and minting have ended for ever.
    pub wound_down: bool,
    /// Whether the vault is in the middle of something.
    pub locked: bool,
    /// Most shares that there may be now.
    pub supply_cap: U256,
    /// What the treasury takes.
    pub fees: Fees,
    /// Whether this was read from the oracle and the rebalancer that the policy names.
    pub programs_in_force: bool,
    /// What rebalances may still lose and sell, in parts of NAV; nothing while the rebalancer tells nothing.
    pub budgets: Option<Budgets>,
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
    /// When it was answered.
    pub priced_at: Option<u64>,
    /// What is held is worth.
    pub value_wad: Option<U256>,
    /// Part of NAV.
    pub weight_bps: Option<u64>,
    /// Wanted part, now; as if nothing were quarantined while nothing can be aimed at.
    pub target_bps: u64,
    /// Wanted part at the end of the ramp of the targets.
    pub final_bps: u64,
    /// How far it may drift; with prices the effective band.
    pub band_bps: u64,
    /// What may be done with it: normal, sell-only, quarantined.
    pub mode: &'static str,
    /// Price below which it is not bought; 0 for none.
    pub floor_d36: U256,
    /// Most that targets may give it.
    pub cap_bps: u64,
}

/// Why something is refused.
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

/// Fees, bps.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Fees {
    /// Of the supply, a year.
    pub management_bps: u64,
    /// Of what is minted.
    pub mint_bps: u64,
    /// Of what is redeemed.
    pub redeem_bps: u64,
    /// Shares that the management fee has made and nobody has taken yet.
    pub accrued: U256,
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

/// Reads the state. What no program refuses is there, whatever the others say.
///
/// # Errors
/// A chain that does not answer; a lens of another version.
pub async fn read(client: &Client, chain_id: u64, suite: &Suite) -> Result<State> {
    let (screen, waiting) = screen::read(client, suite.lens).await?;
    let described = tokens::describe(client, &screen.tokens).await?;
    let names = tokens::names(&described);
    let refusals = screen::refusals(client, &screen, &waiting);
    let at = |place: usize| screen.numbers.get(place).copied().unwrap_or_default();
    let nav_known = !at(number::NAV_KNOWN).is_zero();
    let assessed = !untold::is_refused::<Rebalancer::assessCall>(&refusals);
    let assets = described.into_iter().enumerate();
    let assets: Vec<Asset> = assets
        .map(|(index, token)| asset(&screen, index, token))
        .collect();
    let why = refusals.iter().find(|(part, _)| {
        untold::is_assessment(*part) || (!nav_known && untold::hides_value(*part))
    });
    let (pending, guardian) = pending::of(&screen, &waiting, &names);
    Ok(State {
        chain_id,
        at: at(number::AT).saturating_to(),
        vault: suite.vault,
        assets,
        refused: why.map(|(_, refusal)| refused(refusal, &names)),
        untold: untold::told(&refusals, nav_known, &names),
        nav_wad: nav_known.then(|| at(number::NAV)),
        supply: at(number::SUPPLY),
        nav_per_share_wad: nav_known.then(|| at(number::NAV_PER_SHARE)),
        distance_bps: assessed.then(|| at(number::DISTANCE_BPS).saturating_to()),
        reason: assessed.then(|| words::reason(at(number::REASON))),
        policy_nonce: at(number::POLICY_NONCE).saturating_to(),
        rebalances: told::<Rebalancer::stateCall>(&refusals, at(number::REBALANCES)),
        next_rebalance_at: told::<Rebalancer::stateCall>(&refusals, at(number::NEXT_AT)),
        rebalancing_paused_until: at(number::PAUSED_UNTIL).saturating_to(),
        minting_paused_until: at(number::MINT_PAUSED_UNTIL).saturating_to(),
        wound_down: !at(number::WOUND_DOWN).is_zero(),
        locked: !at(number::LOCKED).is_zero(),
        supply_cap: at(number::SUPPLY_CAP),
        fees: Fees {
            management_bps: at(number::FEES).saturating_to(),
            mint_bps: at(number::FEES + 1).saturating_to(),
            redeem_bps: at(number::FEES + 2).saturating_to(),
            accrued: at(number::ACCRUED_FEES),
        },
        programs_in_force: !at(number::PROGRAMS_IN_FORCE).is_zero(),
        budgets: (!untold::is_refused::<Rebalancer::budgetsLeftCall>(&refusals)).then(|| Budgets {
            loss_wad: at(number::LOSS_LEFT),
            yearly_loss_wad: at(number::YEARLY_LOSS_LEFT),
            turnover_wad: at(number::TURNOVER_LEFT),
        }),
        auction: (!at(number::AUCTION).is_zero()).then(|| Auction {
            opened_at: at(number::AUCTION).saturating_to(),
            ramp_end: at(number::AUCTION + 1).saturating_to(),
            until: at(number::AUCTION + 2).saturating_to(),
            released_bps: at(number::AUCTION + 3).saturating_to(),
            progress_bps: at(number::AUCTION + 4).saturating_to(),
        }),
        pending,
        guardian,
    })
}

/// A number of `C`'s answer, unless that was refused.
fn told<C: alloy::sol_types::SolCall>(refusals: &[(U256, Refusal)], number: U256) -> Option<u64> {
    (!untold::is_refused::<C>(refusals)).then(|| number.saturating_to())
}

/// One row of the screen.
fn asset(screen: &Screen, index: usize, token: Token) -> Asset {
    let of = |list: &[U256]| list.get(index).copied();
    let number = |list: &[U256]| of(list).unwrap_or_default();
    let price = of(&screen.pricesD36).filter(|price| !price.is_zero());
    // What is not priced counts for nothing: its weight is not 0 but not asked for.
    let weight = of(&screen.weightsBps).filter(|_| price.is_some());
    let band = of(&screen.effectiveBandsBps).filter(|_| price.is_some());
    let target = of(&screen.targetsBps).unwrap_or_else(|| number(&screen.governedBps));
    Asset {
        token,
        held: number(&screen.held),
        claims: number(&screen.claims),
        price_d36: price,
        priced_at: price.map(|_| number(&screen.pricedAt).saturating_to()),
        value_wad: price.map(|_| number(&screen.valuesWad)),
        weight_bps: weight.map(|bps| bps.saturating_to()),
        target_bps: target.saturating_to(),
        final_bps: number(&screen.finalsBps).saturating_to(),
        band_bps: band
            .unwrap_or_else(|| number(&screen.bandsBps))
            .saturating_to(),
        mode: words::mode(number(&screen.modes)),
        floor_d36: number(&screen.floorsD36),
        cap_bps: number(&screen.capsBps).saturating_to(),
    }
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
