//! May this trade happen now, and did it help?
//!
//! ```text
//! open()      -> holdings, rules, market -> is a rebalance due? -> the clock of the auction starts
//! rebalance() -> vault.holdings() -> policy.rules() -> oracle.market() -> clamp
//!             -> vault.execute() -> filler.fill() -> judge -> budgets
//!             -> policy.settleTargets() when the targets are reached
//! close()     -> the clock stops, when nothing is due any more
//! ```
//!
//! The one place through which value leaves the treasury by trade, so every guard on trades stands
//! here, once. The keeper is anybody and chooses which trades, through which filler, and no economic
//! parameter. What a rebalance must bring begins, at an opening, above the worth of what it gives, by the lags of
//! the feeds, and falls over the ramp to the greatest slippage: keepers who compete end it early. A malicious
//! keeper or filler can make the treasury lose at most that slippage of what is sold, at most what the loss
//! budgets hold, and only towards the targets.
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
    auction::kept_wad_up,
    band,
    basket::{loss_bps, loss_wad_up, part_wad_up, turnover_bps},
    plan::min_buy_up,
};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::{
    ground::{Ground, Rules, Scene},
    trades::{at, Asked, Clamped, Outcome},
    types::*,
    words::{opening_from_word, opening_to_word, Buckets, Budgets, Head, Opening, MAX_REST_S},
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
    /// [`Opening`]: when the ramp was opened, and what its maker saw of the policy.
    opening: StorageU256,
    /// [`Budgets`]: what is used of the budgets for losses and turnover, and since when the schedule runs.
    budgets: StorageU256,
    /// Reserved.
    reserved_1: StorageU256,
    /// Reserved.
    reserved_2: StorageU256,
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
        let now = clock::now(self.vm());
        self.opening.set(opening_to_word(Opening::default()));
        let budgets = Budgets {
            at: now,
            schedule_from: now,
            ..Budgets::default()
        };
        self.budgets.set(budgets.to_word());
    }

    /// Starts the clock of the auction, for anybody, when a rebalance is due; answers when the opening is void.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse; paused, resting, no auction, an opening that holds, nothing due.
    ///
    /// # Source
    /// DESIGN section 7.2.
    pub fn open(&mut self) -> Result<U256, Error> {
        let now = clock::now(self.vm());
        let (head, scene) = self.rested(now)?;
        self.open_at(&head, &scene, now)
    }

    /// Stops the clock, for anybody: when no trigger is true and every drift is within half of its band, or when
    /// the opening is void already.
    ///
    /// # Errors
    /// [`RebalanceNotOpen`], [`RebalanceStillDue`]; of an opening that its age and the policy let hold, whatever
    /// vault and oracle refuse.
    ///
    /// # Source
    /// DESIGN section 7.2.
    pub fn close(&mut self) -> Result<(), Error> {
        let now = clock::now(self.vm());
        let (head, opening) = (self.head(), self.opening());
        if opening.at == 0 {
            return refuse(RebalanceNotOpen {});
        }
        let ground = Ground::read(self, head.vault)?;
        if ground.rules.held(opening, now).is_some() {
            let scene = Scene::read(self, ground, now)?;
            if scene.opening.is_some() {
                scene.require_calmed()?;
            }
        }
        self.close_opening(&head, opening.at);
        Ok(())
    }

    /// Tells the policy, for anybody, that the pending targets are reached: when the distance is below the minimum
    /// drift without a rebalance. While the weights still move the policy keeps them pending.
    ///
    /// # Errors
    /// [`RebalanceNothingPending`], [`RebalanceTargetsAhead`], [`RebalanceZeroNav`]; whatever vault, policy and
    /// oracle refuse.
    pub fn settle(&mut self) -> Result<(), Error> {
        let now = clock::now(self.vm());
        let ground = Ground::read(self, self.head().vault)?;
        if !ground.rules.pending {
            return refuse(RebalanceNothingPending {});
        }
        let scene = Scene::read(self, ground, now)?;
        if scene.basket.nav.is_zero() {
            return refuse(RebalanceZeroNav {});
        }
        let (distance, min) = (scene.plan.distance_wad, scene.limits().min_drift_wad);
        if distance >= min {
            return refuse(RebalanceTargetsAhead {
                distanceWad: distance,
                minDriftWad: min,
            });
        }
        calls::settle_targets(self)
    }

    /// Trades towards the targets through `filler`; for anybody.
    ///
    /// Trade k sells at most `mosts[k]` (2^256 − 1 for all that is useful) and at least `leasts[k]` of
    /// `sells[k]` for `buys[k]`, at no less than `min_rates_d36[k]` {buy tok/sell tok} · 1e36 (0 for none).
    /// Answers what the vault measured, at the first trade that names a token.
    ///
    /// # Errors
    /// In this order: deadline, arrays; whatever the vault refuses; policy nonce, pause, cooldown;
    /// whatever the oracle refuses; eligibility; each trade in turn; notional, turnover and its budget; whatever
    /// the vault or the filler refuses; least rates, slippage, overshoot, progress, notional, loss budgets.
    ///
    /// # Source
    /// DESIGN section 7.4; invariants 9 to 15 and 24.
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
        let asked = Asked {
            sells,
            buys,
            mosts,
            leasts,
            min_rates: min_rates_d36,
        };
        let now = clock::now(self.vm());
        let (head, scene) = self.prepare(&asked, deadline, policy_nonce, now)?;
        let clamped = trades::clamp(&asked, &scene)?;
        clamped.require_size(&scene)?;
        let (sold, bought) = self.trade(head, &scene, &asked, &clamped, filler, &data, now)?;
        Ok(Answers((sold, bought)))
    }

    /// What [`Self::rebalance`] would make of these trades now: the amount that each would sell and the least that it
    /// must buy, what each must keep of the sold value (WAD; above one is a required gain), and the reason.
    ///
    /// # Errors
    /// Those of [`Self::rebalance`], with the same numbers, but for what vault and filler refuse: what comes after
    /// the trade is judged as if each trade bought what it is worth, or its least where that is more.
    ///
    /// # Source
    /// DESIGN section 7.5.
    pub fn check(
        &self,
        sells: Vec<Address>,
        buys: Vec<Address>,
        mosts: Vec<U256>,
        leasts: Vec<U256>,
        min_rates_d36: Vec<U256>,
        deadline: U256,
        policy_nonce: U256,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>, Vec<U256>, U256)>, Error> {
        let asked = Asked {
            sells,
            buys,
            mosts,
            leasts,
            min_rates: min_rates_d36,
        };
        let now = clock::now(self.vm());
        let (_, scene) = self.prepare(&asked, deadline, policy_nonce, now)?;
        let clamped = trades::clamp(&asked, &scene)?;
        clamped.require_size(&scene)?;
        let fair = clamped.leasts.iter().zip(&clamped.fairs);
        let bought: Vec<U256> = fair.map(|(least, fair)| *least.max(fair)).collect();
        let outcome = trades::judge(&asked, &clamped, &scene, &clamped.amounts, &bought)?;
        spend(&scene, &outcome)?;
        let mut kept = Vec::with_capacity(clamped.sells.len());
        for (sell, buy) in clamped.sells.iter().zip(&clamped.buys) {
            kept.push(kept_wad_up(
                at(&scene.asks, *sell)?,
                at(&scene.counts, *buy)?,
            )?);
        }
        let reason = U256::from(scene.reason());
        Ok(Answers((clamped.amounts, clamped.leasts, kept, reason)))
    }

    /// The trades that reach the targets within the limits, what each must at least buy now and keep of the sold
    /// value (WAD; above one is a required gain), and why they may be made (0: they may not). Neither pause nor
    /// cooldown is looked at.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse.
    pub fn plan(
        &self,
    ) -> Result<
        Answers<(
            Vec<Address>,
            Vec<Address>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            U256,
        )>,
        Error,
    > {
        let scene = self.scene(clock::now(self.vm()))?;
        let n = scene.plan.trades.len();
        let (mut sells, mut buys) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut amounts, mut min_buys) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut kept = Vec::with_capacity(n);
        for trade in &scene.plan.trades {
            sells.push(at(&scene.ground.tokens, trade.sell)?);
            buys.push(at(&scene.ground.tokens, trade.buy)?);
            amounts.push(trade.amount);
            let (asks, counts) = (at(&scene.asks, trade.sell)?, at(&scene.counts, trade.buy)?);
            min_buys.push(min_buy_up(
                trade.amount,
                at(&scene.prices, trade.sell)?,
                at(&scene.prices, trade.buy)?,
                asks,
                counts,
            )?);
            kept.push(kept_wad_up(asks, counts)?);
        }
        let reason = U256::from(scene.reason());
        Ok(Answers((sells, buys, amounts, min_buys, kept, reason)))
    }

    /// Nonce, time of the last rebalance and earliest time of the next, seconds; time of the opening, 0 when there is
    /// none that age, policy and pause let hold; what may still be lost and sold now, WAD of NAV.
    ///
    /// # Errors
    /// Whatever the policy refuses.
    pub fn state(&self) -> Result<(U256, U256, U256, U256, U256, U256), Error> {
        let now = clock::now(self.vm());
        let head = self.head();
        let rules = Rules::read(self)?;
        let opened_at = rules.held(self.opening(), now).map_or(0, |o| o.at);
        let buckets = Buckets::at(&self.budgets(), &rules.limits.levels, now)?;
        Ok((
            U256::from(head.nonce),
            U256::from(head.last_at),
            U256::from(rules.next_at(&head)),
            U256::from(opened_at),
            buckets.loss_left(),
            buckets.turnover.left(),
        ))
    }

    /// What is left of each budget now, WAD of NAV: for losses, for losses within a year, for turnover.
    ///
    /// # Errors
    /// Whatever the policy refuses.
    pub fn budgets_left(&self) -> Result<(U256, U256, U256), Error> {
        let rules = Rules::read(self)?;
        let now = clock::now(self.vm());
        let buckets = Buckets::at(&self.budgets(), &rules.limits.levels, now)?;
        Ok((
            buckets.loss.left(),
            buckets.yearly.left(),
            buckets.turnover.left(),
        ))
    }

    /// The opening that holds, if one does: its time, the end of its ramp, when it is void (seconds, 0 for none); how
    /// much of the greatest slippage is released now, and the share of the best plan that a rebalance must make, bps.
    ///
    /// # Errors
    /// Whatever vault, policy and oracle refuse.
    pub fn auction(&self) -> Result<(U256, U256, U256, U256, U256), Error> {
        let scene = self.scene(clock::now(self.vm()))?;
        let limits = scene.limits();
        let (at, ramp_end, until) = match scene.opening {
            None => (0, 0, 0),
            Some(o) => (
                o.at,
                o.at.saturating_add(limits.ramp_s),
                o.until(limits.ramp_s, limits.hold_s),
            ),
        };
        Ok((
            U256::from(at),
            U256::from(ramp_end),
            U256::from(until),
            scene.terms.released_bps_up(),
            scene.moment.progress_bps_up(limits.min_progress_bps)?,
        ))
    }

    /// What [`Self::rebalance`] would see: assets, holdings, prices, weights (WAD), effective bands (bps), NAV,
    /// distance (WAD), reason.
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
        let scene = self.scene(clock::now(self.vm()))?;
        let mut bands = Vec::with_capacity(scene.bands.len());
        for band in &scene.bands {
            bands.push(band::shown_bps_down(*band)?);
        }
        let reason = scene.reason();
        Ok(Answers((
            scene.ground.tokens,
            scene.ground.held,
            scene.prices,
            scene.ground.weights,
            bands,
            scene.plan.nav,
            scene.plan.distance_wad,
            U256::from(reason),
        )))
    }

    /// Chainlink Automation's: whether [`Self::perform_upkeep`] has something to do, and what to pass to it.
    ///
    /// `check_data` names a filler in its first 20 bytes; what follows is told to it once for each trade of the plan.
    ///
    /// # Errors
    /// None: whatever refuses means that there is nothing to do.
    pub fn check_upkeep(&self, check_data: Bytes) -> Result<Answers<(bool, Bytes)>, Error> {
        let needed = self.is_needed(&check_data);
        Ok(Answers((needed, check_data)))
    }

    /// Opens the auction where there is one and it is not open; otherwise makes the whole plan through the filler that
    /// `perform_data` names, as [`Self::check_upkeep`] reads it. For anybody.
    ///
    /// # Errors
    /// [`RebalanceUpkeepData`]; those of [`Self::open`] and of [`Self::rebalance`].
    pub fn perform_upkeep(&mut self, perform_data: Bytes) -> Result<(), Error> {
        let now = clock::now(self.vm());
        let (filler, unit) = upkeep(&perform_data)?;
        let (head, scene) = self.rested(now)?;
        if scene.limits().ramp_s != 0 && scene.opening.is_none() {
            self.open_at(&head, &scene, now)?;
            return Ok(());
        }
        scene.require_due()?;
        let n = scene.plan.trades.len();
        let mut asked = Asked {
            sells: Vec::with_capacity(n),
            buys: Vec::with_capacity(n),
            mosts: Vec::with_capacity(n),
            leasts: vec![U256::ZERO; n],
            min_rates: vec![U256::ZERO; n],
        };
        for trade in &scene.plan.trades {
            asked.sells.push(at(&scene.ground.tokens, trade.sell)?);
            asked.buys.push(at(&scene.ground.tokens, trade.buy)?);
            asked.mosts.push(trade.amount);
        }
        let clamped = trades::clamp(&asked, &scene)?;
        clamped.require_size(&scene)?;
        self.trade(head, &scene, &asked, &clamped, filler, &unit.repeat(n), now)?;
        Ok(())
    }

    /// Gelato's: whether to call, and with which calldata; `check_data` as [`Self::check_upkeep`]'s.
    ///
    /// # Errors
    /// None, as [`Self::check_upkeep`].
    pub fn checker(&self, check_data: Bytes) -> Result<Answers<(bool, Bytes)>, Error> {
        let needed = self.is_needed(&check_data);
        Ok(Answers((needed, calls::perform_upkeep(&check_data).into())))
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

    pub(crate) fn opening(&self) -> Opening {
        opening_from_word(self.opening.get())
    }

    pub(crate) fn budgets(&self) -> Budgets {
        Budgets::from_word(self.budgets.get())
    }

    /// The scene, whether or not anything may be done in it.
    #[inline(never)]
    fn scene(&self, now: u64) -> Answer<Scene> {
        let ground = Ground::read(self, self.head().vault)?;
        Scene::read(self, ground, now)
    }

    /// The scene, unless paused or resting: then nothing is priced.
    #[inline(never)]
    fn rested(&self, now: u64) -> Answer<(Head, Scene)> {
        let head = self.head();
        let ground = Ground::read(self, head.vault)?;
        ground.require_rested(&head, now)?;
        Ok((head, Scene::read(self, ground, now)?))
    }

    /// The scene in which these trades may be made, if they may.
    #[inline(never)]
    fn prepare(
        &self,
        asked: &Asked,
        deadline: U256,
        policy_nonce: U256,
        now: u64,
    ) -> Answer<(Head, Scene)> {
        if U256::from(now) > deadline {
            return refuse(RebalanceExpired {
                deadline,
                now: U256::from(now),
            });
        }
        asked.require_shape()?;
        let head = self.head();
        let ground = Ground::read(self, head.vault)?;
        if policy_nonce != ground.rules.policy_nonce {
            return refuse(RebalanceStalePolicy {
                given: policy_nonce,
                current: ground.rules.policy_nonce,
            });
        }
        ground.require_rested(&head, now)?;
        let scene = Scene::read(self, ground, now)?;
        scene.require_due()?;
        Ok((head, scene))
    }

    /// Whether an upkeep would open, or try to trade: whether the trade pays is seen by simulating it.
    #[inline(never)]
    fn is_needed(&self, data: &[u8]) -> bool {
        let due = |now| {
            upkeep(data)?;
            self.rested(now)?.1.require_due()
        };
        due(clock::now(self.vm())).is_ok()
    }

    #[inline(never)]
    fn open_at(&mut self, head: &Head, scene: &Scene, now: u64) -> Answer<U256> {
        let limits = scene.limits();
        if limits.ramp_s == 0 {
            return refuse(RebalanceNoRamp {});
        }
        if let Some(opening) = scene.opening {
            return refuse(RebalanceAlreadyOpen {
                openedAt: U256::from(opening.at),
                until: U256::from(opening.until(limits.ramp_s, limits.hold_s)),
            });
        }
        scene.require_due()?;
        let opening = scene.ground.rules.today(now);
        self.opening.set(opening_to_word(opening));
        let until = U256::from(opening.until(limits.ramp_s, limits.hold_s));
        let topics = [
            RebalanceOpened::SIGNATURE_HASH,
            U256::from(head.nonce).into(),
            self.vm().msg_sender().into_word(),
        ];
        let words = [
            U256::from(scene.trigger),
            U256::from(now),
            U256::from(now.saturating_add(limits.ramp_s)),
            until,
        ];
        self.emit(&topics, &words);
        Ok(until)
    }

    #[inline(never)]
    fn close_opening(&mut self, head: &Head, opened_at: u64) {
        self.opening.set(opening_to_word(Opening::default()));
        let topics = [
            RebalanceClosed::SIGNATURE_HASH,
            U256::from(head.nonce).into(),
            self.vm().msg_sender().into_word(),
        ];
        self.emit(&topics, &[U256::from(opened_at)]);
    }

    /// Makes the trades, judges what was measured, books and logs it.
    #[allow(clippy::too_many_arguments)] // what stands, what is asked, and through whom
    #[inline(never)]
    fn trade(
        &mut self,
        head: Head,
        scene: &Scene,
        asked: &Asked,
        clamped: &Clamped,
        filler: Address,
        data: &[u8],
        now: u64,
    ) -> Answer<(Vec<U256>, Vec<U256>)> {
        let (sold, bought) = calls::execute(
            self,
            head.vault,
            &asked.sells,
            &asked.buys,
            &clamped.amounts,
            &clamped.leasts,
            filler,
            data,
        )?;
        let outcome = trades::judge(asked, clamped, scene, &sold, &bought)?;
        let buckets = spend(scene, &outcome)?;

        // The guard of the SDK refuses re-entry into this program, so nothing could have read the
        // clock or started another rebalance since.
        let head = self.advance(head, scene, &outcome, &buckets, now)?;
        let limits = scene.limits();
        if scene.ground.rules.pending && outcome.distance_wad < limits.min_drift_wad {
            calls::settle_targets(self)?;
        }

        self.report(&head, filler, scene, &outcome, &buckets)?;
        for (place, token) in scene.ground.tokens.iter().enumerate() {
            let (sold, bought) = (at(&outcome.sold, place)?, at(&outcome.bought, place)?);
            if !sold.is_zero() || !bought.is_zero() {
                let topics = [
                    AssetTraded::SIGNATURE_HASH,
                    U256::from(head.nonce).into(),
                    token.into_word(),
                ];
                self.emit(&topics, &[sold, bought, at(&scene.prices, place)?]);
            }
        }
        Ok((sold, bought))
    }

    /// Counts a rebalance, books what it used of the budgets, and sets when the next may be. One that leaves a
    /// trigger true is a slice: the next may be sooner, the opening goes on and the schedule stays due.
    #[inline(never)]
    fn advance(
        &mut self,
        head: Head,
        scene: &Scene,
        outcome: &Outcome,
        buckets: &Buckets,
        now: u64,
    ) -> Answer<Head> {
        let limits = scene.limits();
        let ended = scene.trigger_of(&outcome.basket, outcome.distance_wad)? == reason::NONE;
        let (rest, schedule_from) = if ended {
            (limits.cooldown_s, now)
        } else {
            (limits.slice_cooldown_s, scene.schedule_from)
        };
        let head = Head {
            nonce: head.nonce.saturating_add(1),
            last_at: now,
            rest: u32::try_from(rest).unwrap_or(MAX_REST_S),
            ..head
        };
        self.head.set(head.to_word());
        self.budgets.set(buckets.kept(now, schedule_from).to_word());
        if let Some(opening) = scene.opening.filter(|_| ended) {
            self.close_opening(&head, opening.at);
        }
        Ok(head)
    }

    /// Logs [`RebalanceExecuted`].
    #[inline(never)]
    fn report(
        &self,
        head: &Head,
        filler: Address,
        scene: &Scene,
        outcome: &Outcome,
        buckets: &Buckets,
    ) -> Answer<()> {
        let topics = [
            RebalanceExecuted::SIGNATURE_HASH,
            U256::from(head.nonce).into(),
            self.vm().msg_sender().into_word(),
            filler.into_word(),
        ];
        let (before, after) = (&scene.basket, &outcome.basket);
        let words = [
            U256::from(scene.trigger),
            before.nav,
            after.nav,
            scene.plan.distance_wad,
            outcome.distance_wad,
            turnover_bps(outcome.sold_value, outcome.bought_value, before.nav)?,
            loss_bps(before.nav, after.nav)?,
            scene.terms.released_bps_up(),
            U256::from(scene.opening.map_or(0, |o| o.at)),
            buckets.loss_left(),
            buckets.turnover.left(),
        ];
        self.emit(&topics, &words);
        Ok(())
    }

    /// Logs an event whose data are single words. The encoder of alloy takes 6 KB for eleven of them, and the
    /// SDK's own function copies byte by byte.
    #[inline(never)]
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

/// Uses the budgets for what a rebalance lost and sold, in parts of the NAV before it. Gains give nothing back.
///
/// # Source
/// DESIGN section 7.4; invariant 11.
#[inline(never)]
fn spend(scene: &Scene, outcome: &Outcome) -> Answer<Buckets> {
    let mut buckets = scene.buckets;
    let before = scene.basket.nav;
    let loss = loss_wad_up(before, outcome.basket.nav)?;
    if let Err(r) = buckets.loss.spend(loss) {
        return refuse(RebalanceLossBudgetSpent {
            lossWad: r.got,
            leftWad: r.bound,
        });
    }
    if let Err(r) = buckets.yearly.spend(loss) {
        return refuse(RebalanceYearlyLossSpent {
            lossWad: r.got,
            leftWad: r.bound,
        });
    }
    if let Err(r) = buckets
        .turnover
        .spend(part_wad_up(outcome.sold_value, before)?)
    {
        return refuse(RebalanceTurnoverBudgetSpent {
            turnoverWad: r.got,
            leftWad: r.bound,
        });
    }
    Ok(buckets)
}

/// The filler that an upkeep's data name, and what it is told for each trade.
fn upkeep(data: &[u8]) -> Answer<(Address, &[u8])> {
    match data.split_first_chunk::<20>() {
        Some((filler, unit)) => Ok((Address::new(*filler), unit)),
        None => refuse(RebalanceUpkeepData {
            length: U256::from(data.len()),
            min: U256::from(Address::len_bytes()),
        }),
    }
}
