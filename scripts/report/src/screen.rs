//! The lens's two answers, asked of one block and named by what they are.

use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    providers::Provider,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::lens::Lens,
    client::{Client, Refusal},
    words,
};

/// What a first screen shows.
pub(crate) type Screen = Lens::screenReturn;
/// What waits, and what the guardian holds.
pub(crate) type Waiting = Lens::pendingReturn;

/// Places among the numbers of [`Screen`], as the specification names them.
pub(crate) mod number {
    pub(crate) const AT: usize = 0;
    pub(crate) const NAV_KNOWN: usize = 1;
    pub(crate) const NAV: usize = 2;
    pub(crate) const SUPPLY: usize = 3;
    pub(crate) const NAV_PER_SHARE: usize = 4;
    pub(crate) const DISTANCE_BPS: usize = 5;
    pub(crate) const REASON: usize = 6;
    pub(crate) const POLICY_NONCE: usize = 7;
    pub(crate) const PAUSED_UNTIL: usize = 9;
    pub(crate) const WOUND_DOWN: usize = 10;
    pub(crate) const MINT_PAUSED_UNTIL: usize = 11;
    pub(crate) const LOCKED: usize = 12;
    pub(crate) const REBALANCES: usize = 14;
    pub(crate) const NEXT_AT: usize = 16;
    pub(crate) const LOSS_LEFT: usize = 18;
    pub(crate) const YEARLY_LOSS_LEFT: usize = 19;
    pub(crate) const TURNOVER_LEFT: usize = 20;
    pub(crate) const AUCTION: usize = 21;
    pub(crate) const FEES: usize = 26;
    pub(crate) const ACCRUED_FEES: usize = 29;
    pub(crate) const SUPPLY_CAP: usize = 30;
    pub(crate) const PROGRAMS_IN_FORCE: usize = 35;
    /// How many there are at least.
    pub(crate) const COUNT: usize = 36;
}

/// Places among the numbers of [`Waiting`].
pub(crate) mod waits {
    pub(crate) const SUCCESSOR_FROM: usize = 1;
    pub(crate) const FEES_FROM: usize = 2;
    pub(crate) const FEES: usize = 3;
    pub(crate) const MODULES_FROM: usize = 6;
    pub(crate) const TARGETS_START: usize = 9;
    pub(crate) const TARGETS_END: usize = 10;
    pub(crate) const TARGETS_PENDING: usize = 11;
    /// How many there are at least.
    pub(crate) const COUNT: usize = 12;
    /// Accounts: the successor, the recipient of the fees that wait, oracle and rebalancer that wait.
    pub(crate) const SUCCESSOR: usize = 1;
    pub(crate) const RECIPIENT: usize = 3;
    pub(crate) const ORACLE: usize = 4;
    pub(crate) const REBALANCER: usize = 5;
    /// How many accounts there are at least.
    pub(crate) const ACCOUNTS: usize = 6;
}

/// Asks both of the newest block.
///
/// # Errors
/// A chain that does not answer; a lens that is none, or of another version.
pub(crate) async fn read(client: &Client, lens: Address) -> Result<(Screen, Waiting)> {
    let block = BlockId::number(client.provider.get_block_number().await?);
    let nobody = Address::ZERO;
    let (screen, waiting) = tokio::try_join!(
        client.try_call_at(block, nobody, lens, Lens::screenCall {}),
        client.try_call_at(block, nobody, lens, Lens::pendingCall {}),
    )?;
    let version = || format!("the lens at {lens} is none of this version");
    let (screen, waiting) = (
        screen.with_context(version)?,
        waiting.with_context(version)?,
    );
    ensure!(fits(&screen) && wait_fit(&waiting), version());
    Ok((screen, waiting))
}

fn fits(screen: &Screen) -> bool {
    let n = screen.tokens.len();
    let all = [
        &screen.held,
        &screen.claims,
        &screen.pricesD36,
        &screen.pricedAt,
        &screen.valuesWad,
        &screen.governedBps,
        &screen.finalsBps,
        &screen.bandsBps,
        &screen.modes,
        &screen.floorsD36,
        &screen.capsBps,
        &screen.sellOnlyUntil,
        &screen.quarantinedUntil,
    ];
    let some = [
        &screen.weightsBps,
        &screen.targetsBps,
        &screen.effectiveBandsBps,
    ];
    all.iter().all(|list| list.len() == n)
        && some.iter().all(|list| list.is_empty() || list.len() == n)
        && screen.limits.len() == words::LIMITS.len()
        && screen.numbers.len() >= number::COUNT
        && screen.refusedParts.len() == screen.refusals.len()
}

fn wait_fit(waiting: &Waiting) -> bool {
    let n = waiting.tokens.len();
    let all = [
        &waiting.feedKinds,
        &waiting.feedReadyAt,
        &waiting.absorbRests,
        &waiting.absorbEnds,
    ];
    all.iter().all(|list| list.len() == n)
        && waiting.feedSources.len() == n
        && waiting.targetTokens.len() == waiting.targetsBps.len()
        && waiting.actsUntil.len() == words::LIMITS.len() + 2
        && waiting.accounts.len() >= waits::ACCOUNTS
        && waiting.numbers.len() >= waits::COUNT
        && waiting.refusedParts.len() == waiting.refusals.len()
}

/// The refusals of both, by part; what both were refused is there once.
pub(crate) fn refusals(
    client: &Client,
    screen: &Screen,
    waiting: &Waiting,
) -> Vec<(U256, Refusal)> {
    let seen = screen.refusedParts.iter().zip(&screen.refusals);
    let waits = waiting.refusedParts.iter().zip(&waiting.refusals);
    let mut all: Vec<(U256, Refusal)> = Vec::new();
    for (part, data) in seen.chain(waits) {
        if all.iter().all(|(known, _)| known != part) {
            let words = client.decode(data);
            let data = data.clone();
            all.push((*part, Refusal { data, words }));
        }
    }
    all
}
