//! Reads a [`State`] from the chain, all of it at one block.

use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::BlockNumberOrTag,
    sol_types::{SolCall, SolError},
};
use anyhow::{anyhow, ensure, Context, Result};
use ballast::{
    abi::{Oracle, Policy, Rebalancer},
    client::{Client, Refusal},
    suite::Suite,
};
use ballast_math::D36;

use crate::{
    config::{wad, Config},
    state::{Asset, Limits, Market, Opening, Purse, State, Unpriced, Watched},
};

/// A mode of an asset that may be traded both ways.
const NORMAL: U256 = U256::ZERO;
/// Flag of the policy: targets were set that are not reached.
const PENDING: U256 = U256::from_limbs([1, 0, 0, 0]);

/// What else than the chain a state is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Wei that the transactions of the last day cost.
    pub spent_today: U256,
    /// How many of them reverted.
    pub reverted_today: u64,
    /// A transaction of ours is not mined yet.
    pub in_flight: bool,
    /// The block of the last one that was mined.
    pub acted_in: u64,
}

/// Reads of one block.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The block.
    pub block: BlockId,
}

impl View<'_> {
    /// Asks; `Err` within is the contract's refusal.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn ask<C: SolCall>(
        &self,
        to: Address,
        call: C,
    ) -> Result<Result<C::Return, Refusal>> {
        let nobody = Address::ZERO;
        self.client.try_call_at(self.block, nobody, to, call).await
    }

    async fn must<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        let name = C::SIGNATURE;
        let answer = self.ask(to, call).await?;
        answer.map_err(|refusal| anyhow!("{name} at {to} refused: {refusal}"))
    }
}

/// Reads the state at the newest block, as `keeper` sees it; `weth` tells what ether is worth, if the treasury lists it.
///
/// # Errors
/// A chain that does not answer, programs that are not what they should be, ether that has no price.
pub async fn collect(
    client: &Client,
    suite: &Suite,
    config: &Config,
    keeper: Address,
    weth: Address,
    memory: Memory,
) -> Result<State> {
    let latest = client
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await?
        .context("the chain has no block")?;
    let number = latest.header.number;
    let view = View {
        client,
        block: BlockId::number(number),
    };
    let rebalancer = suite.rebalancer;
    let state = view.must(rebalancer, Rebalancer::stateCall {}).await?;
    let budgets = view
        .must(rebalancer, Rebalancer::budgetsLeftCall {})
        .await?;
    let policy_targets = view.must(suite.policy, Policy::targetsCall {}).await?;
    let assessed = view.ask(rebalancer, Rebalancer::assessCall {}).await?;
    let tokens = match &assessed {
        Ok(assessed) => assessed.tokens.clone(),
        Err(_) => policy_targets.tokens.clone(),
    };
    let rules = Policy::rulesCall {
        tokens: tokens.clone(),
    };
    let rules = view.must(suite.policy, rules).await?;
    let market = match assessed {
        Ok(assessed) => {
            let lags = Oracle::lagsCall {
                tokens: tokens.clone(),
            };
            Ok(market(
                assessed,
                &rules,
                &view.must(suite.oracle, lags).await?,
            )?)
        }
        Err(refusal) => Err(Unpriced {
            unseen: refusal
                .data
                .starts_with(&Oracle::OracleVolatilityStale::SELECTOR),
            words: refusal.words,
        }),
    };
    let opening = match &market {
        Ok(_) => opening(&view, rebalancer).await?,
        Err(_) => None,
    };
    let ether_d36 = ether_d36(config, &market, weth)?;
    let provider = &client.provider;
    let purse = Purse {
        balance: provider.get_balance(keeper).block_id(view.block).await?,
        gas_price: U256::from(provider.get_gas_price().await?),
        ether_d36,
        spent_today: memory.spent_today,
        reverted_today: memory.reverted_today,
    };
    Ok(State {
        block: number,
        now: latest.header.timestamp,
        rebalances: state.nonce.saturating_to(),
        policy_nonce: rules.policyNonce,
        paused_until: rules.pausedUntil.saturating_to(),
        next_at: state.nextAt.saturating_to(),
        opening,
        market,
        targets_pending: rules.flags & PENDING == PENDING,
        weights_end: policy_targets.end.saturating_to(),
        limits: limits(&rules.limits)?,
        loss_left_wad: budgets.lossWad.min(budgets.yearlyLossWad),
        turnover_left_wad: budgets.turnoverWad,
        watched: watched(&view, suite.oracle, &tokens).await?,
        purse,
        in_flight: memory.in_flight,
        acted_in: memory.acted_in,
    })
}

fn market(
    assessed: Rebalancer::assessReturn,
    rules: &Policy::rulesReturn,
    lags: &[U256],
) -> Result<Market> {
    let n = assessed.tokens.len();
    let lists = [
        assessed.held.len(),
        assessed.pricesD36.len(),
        assessed.weightsWad.len(),
        rules.modes.len(),
        rules.floorsD36.len(),
        lags.len(),
    ];
    ensure!(
        lists.iter().all(|length| *length == n),
        "the programs answered lists of unequal length: {n} and {lists:?}"
    );
    let assets = (0..n).map(|i| Asset {
        token: assessed.tokens[i],
        held: assessed.held[i],
        price_d36: assessed.pricesD36[i],
        weight_wad: assessed.weightsWad[i],
        lag_bps: lags[i],
        barred: rules.modes[i] != NORMAL || assessed.pricesD36[i] < rules.floorsD36[i],
    });
    Ok(Market {
        assets: assets.collect(),
        nav: assessed.nav,
        distance_wad: assessed.distanceWad,
        reason: assessed.reason.saturating_to(),
    })
}

async fn opening(view: &View<'_>, rebalancer: Address) -> Result<Option<Opening>> {
    let auction = view.must(rebalancer, Rebalancer::auctionCall {}).await?;
    Ok((!auction.openedAt.is_zero()).then(|| Opening {
        opened_at: auction.openedAt.saturating_to(),
        ramp_end: auction.rampEnd.saturating_to(),
        until: auction.until.saturating_to(),
    }))
}

fn limits(values: &[U256]) -> Result<Limits> {
    let limit = |id: usize| {
        let value = values.get(id).copied();
        value.with_context(|| format!("the policy knows no limit {id}"))
    };
    Ok(Limits {
        max_slippage_bps: limit(0)?,
        min_progress_bps: limit(3)?,
        min_notional: limit(4)?,
        min_drift_bps: limit(5)?,
        max_turnover_bps: limit(6)?,
        ramp_s: limit(7)?.saturating_to(),
    })
}

/// The watched ones of `tokens`: those with a volatility that is usual.
async fn watched(view: &View<'_>, oracle: Address, tokens: &[Address]) -> Result<Vec<Watched>> {
    let mut watched = Vec::new();
    for token in tokens {
        let details = view.ask(oracle, Oracle::detailsOfCall { token: *token });
        // A token without a feed is not watched.
        let Ok(details) = details.await? else {
            continue;
        };
        let detail = |place: usize| details.get(place).copied().unwrap_or_default();
        if !detail(14).is_zero() {
            watched.push(Watched {
                token: *token,
                observed_at: detail(16).saturating_to(),
            });
        }
    }
    Ok(watched)
}

/// D36{value/wei}: by the treasury's own feed, or by the configuration.
fn ether_d36(config: &Config, market: &Result<Market, Unpriced>, weth: Address) -> Result<U256> {
    let listed = market.as_ref().ok().and_then(|market| {
        let asset = market.assets.iter().find(|asset| asset.token == weth);
        asset.map(|asset| asset.price_d36)
    });
    // {value/wei} · D36 = USD · WAD / 1e18 · D36
    let told = config
        .ether_usd
        .map(|usd| wad(usd).saturating_mul(D36) / U256::from(10).pow(U256::from(18)));
    match (listed, told) {
        (Some(price), _) => Ok(price),
        (None, Some(price)) => Ok(price),
        // Nothing can be weighed now, and whatever is sent meanwhile is held to the other ceilings.
        (None, None) if market.is_err() => Ok(U256::ZERO),
        (None, None) => Err(anyhow!(
            "the treasury does not price {weth}, the wrapped ether: name ether_usd in the configuration"
        )),
    }
}
