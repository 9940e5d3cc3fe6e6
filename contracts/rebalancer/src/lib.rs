//! May this trade happen now, and did it help?
//!
//! ```text
//! rebalance() -> vault.holdings() -> policy.rules() -> oracle.prices() -> clamp
//!             -> vault.execute() -> filler.fill() -> judge -> policy.settleTargets() when the targets are reached
//! ```
//!
//! The one place through which value leaves the treasury by trade, so every guard on trades stands
//! here, once. The keeper is anybody and chooses which trades, through which filler, and no economic
//! parameter. A malicious keeper or filler can make the treasury lose at most the allowed slippage of
//! what is sold, at most once a cooldown, and only towards the targets.
//!
//! Nobody administers this program: it has no setter. Its three neighbours are named at construction;
//! what they say when they refuse is passed on byte for byte.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
// The ABI answers several arrays at once.
#![allow(clippy::type_complexity)]
extern crate alloc;

mod calls;
mod ground;
pub mod trades;
pub mod types;
pub mod words;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use ballast_interfaces::{answers::Answers, clock, constants::reason, words as abi};
use ballast_math::{
    basket::{loss_bps, turnover_bps, Basket},
    clamp::Useful,
    plan::{min_buy_up, Plan},
};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::{
    ground::Ground,
    trades::{at, Asked, Outcome},
    types::*,
    words::{Head, MAX_REST_S},
};

/// The rebalancer: flat and append-only.
#[storage]
#[entrypoint]
#[allow(dead_code)] // places reserved in the layout
pub struct Rebalancer {
    /// [`Head`]: the vault and the clock.
    head: StorageU256,
    policy: StorageAddress,
    oracle: StorageAddress,
    /// Reserved: when the price-time ramp was opened, and at which policy nonce.
    opening: StorageU256,
    /// Reserved: level of the loss budget and when it was last refilled.
    loss_budget: StorageU256,
    /// Reserved: the same for the slow yearly budget.
    yearly_loss_budget: StorageU256,
    /// Reserved: the same for turnover.
    turnover_budget: StorageU256,
}

#[public]
impl Rebalancer {
    /// Names the vault it trades for, the policy that rules it and the oracle that it believes, for ever.
    #[constructor]
    pub fn constructor(&mut self, vault: Address, policy: Address, oracle: Address) {
        let head = Head {
            vault,
            ..Head::default()
        };
        self.head.set(head.to_word());
        self.policy.set(policy);
        self.oracle.set(oracle);
    }

    /// Trades towards the targets through `filler`; for anybody.
    ///
    /// Trade k sells at most `mosts[k]` (2^256 − 1 for all that is useful) and at least `leasts[k]` of
    /// `sells[k]` for `buys[k]`, at no less than `min_rates_d36[k]` {buy tok/sell tok} · 1e36 (0 for none).
    /// Answers what the vault measured, at the first trade that names a token.
    ///
    /// # Errors
    /// In this order: deadline, arrays; whatever the vault refuses; policy nonce, pause, cooldown;
    /// whatever the oracle refuses; eligibility; each trade in turn; notional, turnover; whatever the
    /// vault or the filler refuses; least rates, slippage, overshoot, progress, notional.
    ///
    /// # Source
    /// DESIGN section 7.4; invariants 9, 10, 12, 13, 14, 15 and 24.
    pub fn rebalance(
        &mut self,
        sells: Vec<Address>,
        buys: Vec<Address>,
        mosts: Vec<U256>,
        leasts: Vec<U256>,
        min_rates_d36: Vec<U256>,
        filler: Address,
        data: Bytes,
        deadline: U256,
        policy_nonce: U256,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>)>, Error> {
        let now = clock::now(self.vm());
        if U256::from(now) > deadline {
            return refuse(RebalanceExpired {
                deadline,
                now: U256::from(now),
            });
        }
        let asked = Asked {
            sells,
            buys,
            mosts,
            leasts,
            min_rates: min_rates_d36,
        };
        asked.require_shape()?;

        let head = self.head();
        let ground = Ground::read(self, head.vault)?;
        require_open(&ground, &head, now, policy_nonce)?;

        let prices = ground.prices(self)?;
        let snapshot = ground.snapshot(&prices);
        let basket = Basket::new(&ground.held, &prices)?;
        if basket.nav.is_zero() {
            return refuse(RebalanceZeroNav {});
        }
        let useful = Useful::new(&snapshot, &basket)?;
        let plan = ground.plan(&snapshot, &basket, useful.clone())?;
        let reason = ground.trigger(&basket, plan.distance_wad)?;
        if reason == reason::NONE || plan.trades.is_empty() {
            return ground.not_eligible(&basket);
        }

        let clamped = trades::clamp(&asked, &ground, &snapshot, &basket, useful)?;
        clamped.require_size(&ground, basket.nav)?;
        let (sold, bought) = calls::execute(
            self,
            head.vault,
            &asked.sells,
            &asked.buys,
            &clamped.amounts,
            &clamped.leasts,
            filler,
            &data,
        )?;
        let outcome = trades::judge(
            &asked, &clamped, &ground, &snapshot, &basket, &plan, &sold, &bought,
        )?;

        // The guard of the SDK refuses re-entry into this program, so nothing could have read the
        // clock or started another rebalance since.
        let head = self.advance(head, &ground, &outcome, now)?;
        if ground.pending && outcome.distance_wad < ground.limits.min_drift_wad {
            calls::settle_targets(self)?;
        }

        self.report(&head, filler, reason, &ground, &basket, &plan, &outcome)?;
        for (place, token) in ground.tokens.iter().enumerate() {
            let (sold, bought) = (at(&outcome.sold, place)?, at(&outcome.bought, place)?);
            if !sold.is_zero() || !bought.is_zero() {
                let topics = [
                    AssetTraded::SIGNATURE_HASH,
                    U256::from(head.nonce).into(),
                    token.into_word(),
                ];
                self.emit(&topics, &[sold, bought, at(&prices, place)?]);
            }
        }
        Ok(Answers((sold, bought)))
    }

    /// The trades that reach the targets within the limits, what each must at least buy, why they may be made
    /// now (0: they may not) and the allowed slippage, bps. Neither pause nor cooldown is looked at.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse.
    pub fn plan(
        &self,
    ) -> Result<Answers<(Vec<Address>, Vec<Address>, Vec<U256>, Vec<U256>, U256, U256)>, Error>
    {
        let ground = Ground::read(self, self.head().vault)?;
        let prices = ground.prices(self)?;
        let (plan, reason) = ground.assess(&prices)?;
        let bound = ground.limits.slippage_bps;
        let n = plan.trades.len();
        let (mut sells, mut buys) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut amounts, mut min_buys) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for trade in &plan.trades {
            sells.push(at(&ground.tokens, trade.sell)?);
            buys.push(at(&ground.tokens, trade.buy)?);
            amounts.push(trade.amount);
            min_buys.push(min_buy_up(
                trade.amount,
                at(&prices, trade.sell)?,
                at(&prices, trade.buy)?,
                bound,
            )?);
        }
        Ok(Answers((
            sells,
            buys,
            amounts,
            min_buys,
            U256::from(reason),
            bound,
        )))
    }

    /// Nonce, time of the last rebalance and earliest time of the next, seconds; three reserved zeroes.
    pub fn state(&self) -> (U256, U256, U256, U256, U256, U256) {
        let head = self.head();
        (
            U256::from(head.nonce),
            U256::from(head.last_at),
            U256::from(head.next_at()),
            U256::ZERO,
            U256::ZERO,
            U256::ZERO,
        )
    }

    /// What [`Self::rebalance`] would see: assets, holdings, prices, weights (WAD), bands (bps), NAV, distance
    /// (WAD), reason.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse.
    pub fn assess(
        &self,
    ) -> Result<
        Answers<(
            Vec<Address>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            U256,
            U256,
            U256,
        )>,
        Error,
    > {
        let ground = Ground::read(self, self.head().vault)?;
        let prices = ground.prices(self)?;
        let (plan, reason) = ground.assess(&prices)?;
        Ok(Answers((
            ground.tokens,
            ground.held,
            prices,
            ground.weights,
            ground.bands,
            plan.nav,
            plan.distance_wad,
            U256::from(reason),
        )))
    }

    /// The vault, the policy and the oracle.
    pub fn modules(&self) -> (Address, Address, Address) {
        (self.head().vault, self.policy.get(), self.oracle.get())
    }
}

impl Rebalancer {
    fn head(&self) -> Head {
        Head::from_word(self.head.get())
    }

    /// Counts a rebalance and sets when the next may be: sooner when a trigger is still true.
    fn advance(
        &mut self,
        head: Head,
        ground: &Ground,
        outcome: &Outcome,
        now: u64,
    ) -> Answer<Head> {
        let still = ground.trigger(&outcome.basket, outcome.distance_wad)?;
        let rest = match still {
            reason::NONE => ground.limits.cooldown_s,
            _ => ground.limits.slice_cooldown_s,
        };
        let head = Head {
            nonce: head.nonce.saturating_add(1),
            last_at: now,
            rest: u32::try_from(rest).unwrap_or(MAX_REST_S),
            ..head
        };
        self.head.set(head.to_word());
        Ok(head)
    }

    /// Logs [`RebalanceExecuted`].
    #[allow(clippy::too_many_arguments)] // everything that an indexer wants to draw
    fn report(
        &self,
        head: &Head,
        filler: Address,
        reason: u64,
        ground: &Ground,
        before: &Basket,
        plan: &Plan,
        outcome: &Outcome,
    ) -> Answer<()> {
        let topics = [
            RebalanceExecuted::SIGNATURE_HASH,
            U256::from(head.nonce).into(),
            self.vm().msg_sender().into_word(),
            filler.into_word(),
        ];
        let after = &outcome.basket;
        let words = [
            U256::from(reason),
            before.nav,
            after.nav,
            plan.distance_wad,
            outcome.distance_wad,
            turnover_bps(outcome.sold_value, outcome.bought_value, before.nav)?,
            loss_bps(before.nav, after.nav)?,
            ground.limits.slippage_bps,
            // Reserved: time of the opening, and what is left of the two budgets.
            U256::ZERO,
            U256::ZERO,
            U256::ZERO,
        ];
        self.emit(&topics, &words);
        Ok(())
    }

    /// Logs an event whose data are single words. The encoder of alloy takes 6 KB for eleven of them, and the
    /// SDK's own function copies byte by byte.
    fn emit(&self, topics: &[B256], words: &[U256]) {
        let all = topics.len().saturating_add(words.len());
        let mut data = Vec::with_capacity(all.saturating_mul(abi::WORD));
        for topic in topics {
            data.extend_from_slice(topic.as_slice());
        }
        for word in words {
            data.extend_from_slice(&abi::bytes(*word));
        }
        self.vm().emit_log(&data, topics.len());
    }
}

/// What must hold before anything is priced.
fn require_open(ground: &Ground, head: &Head, now: u64, policy_nonce: U256) -> Answer<()> {
    if policy_nonce != ground.policy_nonce {
        return refuse(RebalanceStalePolicy {
            given: policy_nonce,
            current: ground.policy_nonce,
        });
    }
    if U256::from(now) < ground.paused_until {
        return refuse(RebalancePaused {
            until: ground.paused_until,
        });
    }
    let next_at = head.next_at();
    if now < next_at {
        return refuse(RebalanceCooldown {
            now: U256::from(now),
            nextAt: U256::from(next_at),
        });
    }
    Ok(())
}
