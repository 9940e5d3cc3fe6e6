//! What keepers do in an hour in which something is due.

use alloy::primitives::{aliases::U24, Address, U256};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{
        ISwapRouter02, IUniswapV3Pool, Rebalancer,
        Rebalancer::{AssetTraded, RebalanceExecuted},
        Vault,
    },
    keeper::uniswap_v3_route,
    local::uniswap,
};
use ballast_math::{ramp, WAD_PER_BPS};

use super::{Replay, Thought};
use crate::{
    keeper::{Offer, Opening},
    outcome::Rebalance,
    question::{math, Asked},
    tally::Tally,
};

/// Parts of the plan that are tried, one after the other, bps.
const PARTS: [u64; 4] = [10_000, 5_000, 2_500, 1_250];
/// Rebalances in one hour at most: slices that do not end are no keeper's plan.
const MOST_AN_HOUR: usize = 24;
/// Seconds after a transaction at which a keeper can have seen it and act.
const REACTION_S: u64 = 1;
/// What is counted where an auction has not come to the price yet when the hour ends.
const WAITING: &str = "waiting for the ramp";

/// What a keeper can do now.
enum Chance {
    /// A rebalance that pays from a moment on.
    Pays(Box<(Offer, Rebalancer::rebalanceCall, u64)>),
    /// None within the hour, and the name of why.
    None(String),
}

impl Replay<'_> {
    /// Opens, waits, rebalances, as often as it pays until the hour is over.
    pub(super) fn act(&mut self, now: u64, at: u64, until: u64, market: &[U256]) -> Result<()> {
        let mut at = at;
        let mut done = 0;
        let refusal = loop {
            let asked = match self.think(at)? {
                Thought::Asked(asked) if asked.trigger != 0 => asked,
                // A breaker that trips within the hour is counted in the next one.
                _ => break None,
            };
            if at < self.next_at {
                at = self.next_at;
                if at >= until {
                    break Some("RebalanceCooldown".into());
                }
                continue;
            }
            if done >= MOST_AN_HOUR || at >= until {
                break None;
            }
            self.publish(now.max(self.driver.chain.latest().header.timestamp))?;
            let opening = match self.opening(at)? {
                Ok(opening) => opening,
                Err(refused) => break Some(refused),
            };
            self.arbitrage(at, market)?;
            match self.chance(&asked, &opening, at, until)? {
                Chance::None(why) => break Some(why),
                Chance::Pays(found) => {
                    let (offer, call, moment) = *found;
                    if let Err(refused) = self.execute(offer, call, &opening, moment, market)? {
                        break Some(refused);
                    }
                    done += 1;
                    at = moment + REACTION_S;
                }
            }
        };
        if let (0, Some(why)) = (done, refusal) {
            Tally::count(&mut self.tally.refusals, why);
        }
        Ok(())
    }

    /// The opening that holds, made if there is none; or why there is none.
    fn opening(&mut self, at: u64) -> Result<Result<Opening, String>> {
        let rebalancer = self.site.suite.rebalancer;
        let ramp_s = self.mandate.seconds(crate::settings::RAMP_S);
        let mut opened_at = 0;
        if ramp_s != 0 {
            let auction = self.view(at, rebalancer, Rebalancer::auctionCall {})?;
            let (held, ..): (U256, U256, U256, U256, U256) = auction.into();
            opened_at = held.saturating_to();
            if opened_at == 0 {
                let keeper = self.site.cast.keeper;
                let call = Rebalancer::openCall {};
                if let Err(refused) = self.driver.act(at, keeper, rebalancer, call)? {
                    return Ok(Err(refused));
                }
                self.tally.openings += 1;
                opened_at = at;
            }
        }
        Ok(Ok(Opening {
            opened_at,
            ramp_s,
            max_slippage_bps: self.mandate.limit(0),
            min_progress_bps: self.mandate.limit(3),
        }))
    }

    /// Trades every pool to the market's prices, as others do within a minute.
    fn arbitrage(&mut self, at: u64, market: &[U256]) -> Result<()> {
        let site = self.site;
        let maker = site.cast.maker;
        for pool in &site.pools {
            let price = |token| -> Result<U256> {
                let place = self.place(token)?;
                market.get(place).copied().context("no market price")
            };
            let target = uniswap::sqrt_price_x96(price(pool.token0)?, price(pool.token1)?)?;
            let slot = self.view(at, pool.address, IUniswapV3Pool::slot0Call {})?;
            if slot.sqrtPriceX96 == target {
                continue;
            }
            let (token_in, token_out) = match target < slot.sqrtPriceX96 {
                true => (pool.token0, pool.token1),
                false => (pool.token1, pool.token0),
            };
            let params = ISwapRouter02::ExactInputSingleParams {
                tokenIn: token_in,
                tokenOut: token_out,
                fee: U24::from(pool.fee),
                recipient: maker,
                amountIn: U256::from(10).pow(U256::from(44)),
                amountOutMinimum: U256::ZERO,
                sqrtPriceLimitX96: target,
            };
            let call = ISwapRouter02::exactInputSingleCall { params };
            self.driver.must(at, maker, site.uniswap.router, call)?;
            let then = self.view(at, pool.address, IUniswapV3Pool::slot0Call {})?;
            ensure!(
                then.sqrtPriceX96 == target,
                "pool {} stopped before the market's price",
                pool.address
            );
        }
        Ok(())
    }

    /// The first moment in the hour at which a part of the plan pays, the largest part first.
    fn chance(&self, asked: &Asked, opening: &Opening, at: u64, until: u64) -> Result<Chance> {
        let profit = ballast::local::stage::usd(self.settings.keeper.profit_usd);
        let last = (opening.opened_at + opening.ramp_s).max(at);
        let mut why = None;
        for part in PARTS {
            let call = self.call(asked, part)?;
            let answer = self.driver.ask(
                last,
                self.site.cast.keeper,
                self.site.suite.rebalancer,
                call.clone(),
            )?;
            let offer = match answer {
                Ok(answer) => {
                    let (sold, bought) = answer.into();
                    self.offer(&call, sold, bought, part)?
                }
                Err(refused) => {
                    why.get_or_insert(refused);
                    continue;
                }
            };
            if let Some(earliest) = opening.pays_from(&offer, profit, at, last)? {
                let moment = self.first_accepted(&call, earliest, last)?;
                if moment < until {
                    return Ok(Chance::Pays(Box::new((offer, call, moment))));
                }
                why.get_or_insert_with(|| WAITING.into());
            }
            why.get_or_insert_with(|| "keepers earn too little".into());
        }
        Ok(Chance::None(why.unwrap_or_default()))
    }

    /// The first second at which the programs let a call pass that they let pass at `yes`: the whole must pay, and each of
    /// its trades what is asked of it alone.
    fn first_accepted(
        &self,
        call: &Rebalancer::rebalanceCall,
        from: u64,
        mut yes: u64,
    ) -> Result<u64> {
        let passes = |at| -> Result<bool> {
            let (keeper, to) = (self.site.cast.keeper, self.site.suite.rebalancer);
            Ok(self.driver.ask(at, keeper, to, call.clone())?.is_ok())
        };
        if passes(from)? {
            return Ok(from);
        }
        let mut no = from;
        while yes - no > 1 {
            let middle = no + (yes - no) / 2;
            match passes(middle)? {
                true => yes = middle,
                false => no = middle,
            }
        }
        Ok(yes)
    }

    /// The call that makes a part of the plan through the pools.
    fn call(&self, asked: &Asked, part_bps: u64) -> Result<Rebalancer::rebalanceCall> {
        let trades = &asked.plan.trades;
        let token = |place: usize| -> Result<Address> {
            let token = self.site.tokens.get(place);
            Ok(token.context("a trade of nothing that is held")?.address)
        };
        let most = |amount: U256| match part_bps {
            10_000 => U256::MAX,
            part => amount * U256::from(part) / U256::from(10_000),
        };
        let none = vec![U256::ZERO; trades.len()];
        Ok(Rebalancer::rebalanceCall {
            sells: trades
                .iter()
                .map(|t| token(t.sell))
                .collect::<Result<_>>()?,
            buys: trades.iter().map(|t| token(t.buy)).collect::<Result<_>>()?,
            mosts: trades.iter().map(|t| most(t.amount)).collect(),
            leasts: none.clone(),
            minRatesD36: none,
            filler: self.site.suite.filler,
            data: uniswap_v3_route(trades.iter().map(|_| self.settings.market.fee))?,
            deadline: U256::MAX,
            policyNonce: self.policy_nonce,
        })
    }

    /// What a call moved, asset by asset.
    fn offer(
        &self,
        call: &Rebalancer::rebalanceCall,
        sold: Vec<U256>,
        bought: Vec<U256>,
        part_bps: u64,
    ) -> Result<Offer> {
        let mut offer = Offer {
            sold: vec![U256::ZERO; self.held.len()],
            bought: vec![U256::ZERO; self.held.len()],
            prices_d36: self.prices(),
            lags_bps: self
                .settings
                .asset
                .iter()
                .map(|a| U256::from(a.threshold_bps))
                .collect(),
            part_bps,
        };
        let moved = [
            (&mut offer.sold, &call.sells, sold),
            (&mut offer.bought, &call.buys, bought),
        ];
        for (amounts, tokens, reported) in moved {
            for (token, amount) in tokens.iter().zip(reported) {
                let place = self.place(*token)?;
                if let Some(sum) = amounts.get_mut(place) {
                    *sum += amount;
                }
            }
        }
        Ok(offer)
    }

    /// Sends a rebalance at its moment and notes what it did.
    fn execute(
        &mut self,
        offer: Offer,
        call: Rebalancer::rebalanceCall,
        opening: &Opening,
        at: u64,
        market: &[U256],
    ) -> Result<Result<(), String>> {
        let (keeper, rebalancer) = (self.site.cast.keeper, self.site.suite.rebalancer);
        let gas = match self.driver.act(at, keeper, rebalancer, call)? {
            Ok(gas) => gas,
            Err(refused) => return Ok(Err(refused)),
        };
        let report: RebalanceExecuted = self.driver.events().pop().context("nothing reported")?;
        let mut sold = vec![U256::ZERO; self.held.len()];
        let mut bought = sold.clone();
        for traded in self.driver.events::<AssetTraded>() {
            let place = self.place(traded.token)?;
            if let (Some(s), Some(b)) = (sold.get_mut(place), bought.get_mut(place)) {
                (*s, *b) = (traded.sold, traded.bought);
            }
        }
        let value = |amounts: &[U256]| math(ballast_math::price::total_down(amounts, market));
        let bps = |wad: U256| f64::from(wad) / f64::from(WAD_PER_BPS);
        let surplus = opening.surplus(&offer, at)?;
        let waited_s = match opening.ramp_s {
            0 => 0,
            _ => at - opening.opened_at,
        };
        self.tally.rebalance(Rebalance {
            at,
            reason: match report.reason.saturating_to::<u64>() {
                1 => "band",
                2 => "targets pending",
                _ => "schedule",
            },
            waited_s,
            part_bps: offer.part_bps,
            nav_before_wad: report.navBefore,
            nav_after_wad: report.navAfter,
            distance_before_bps: bps(report.distanceBeforeWad),
            distance_after_bps: bps(report.distanceAfterWad),
            sold_wad: value(&sold)?,
            bought_wad: value(&bought)?,
            sold,
            bought,
            prices_d36: self.prices(),
            surplus_wad: surplus.unwrap_or_default(),
            gas,
        });
        self.remember(at)?;
        Ok(Ok(()))
    }

    /// Reads back what a rebalance changed.
    fn remember(&mut self, at: u64) -> Result<()> {
        let suite = &self.site.suite;
        let holdings = self.view(at, suite.vault, Vault::holdingsCall {})?;
        let (_, held): (Vec<Address>, Vec<U256>) = holdings.into();
        self.held = held;
        let state = self.view(at, suite.rebalancer, Rebalancer::stateCall {})?;
        let (_, _, next_at, ..): (U256, U256, U256, U256, U256, U256) = state.into();
        self.next_at = next_at.saturating_to();
        let left = self.view(at, suite.rebalancer, Rebalancer::budgetsLeftCall {})?;
        let (_, _, turnover_left): (U256, U256, U256) = left.into();
        let budget = math(ramp::bps_to_wad(self.mandate.limit(12)))?;
        self.clocks.turnover_used = budget.saturating_sub(turnover_left);
        self.clocks.turnover_at = at;
        match self.think(at)? {
            Thought::Asked(asked) if asked.trigger == 0 => self.clocks.schedule_from = at,
            _ => self.tally.slices += 1,
        }
        Ok(())
    }
}
