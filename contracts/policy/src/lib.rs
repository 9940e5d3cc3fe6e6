//! What did governance decide?
//!
//! ```text
//! setModules() once -> setTargets() -> weights ramp -> rules() at every rebalance -> settleTargets()
//! setLimit(): governor between floor and ceiling; guardian only tighter, and only for 14 days
//! pauseRebalance(): governor as it likes; guardian for 14 days, then a rest as long
//! ```
//!
//! Roles: a malicious *governor* can set any target and any limit between the compiled floors and
//! ceilings, pause for ever and appoint guardians; it cannot pass a ceiling, name modules twice, or
//! touch an exit, none of which asks this program. A malicious *guardian* can rest rebalancing for
//! half of the time and tighten limits for half of the time; it cannot loosen, extend its own acts or
//! keep its role. Anybody else changes nothing.
//!
//! `rules()` is what every rebalance reads: one slot of state ([`words`]) and the [`mandate`], one account,
//! however many assets; while the guardian has tightened limits, one more slot for each of them.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
// An error carries the value and its bounds: that is its size.
#![allow(clippy::result_large_err)]
extern crate alloc;

pub mod limits;
pub mod mandate;
mod modes;
mod pause;
mod queue;
mod roles;
pub mod targets;
mod tell;
pub mod types;
pub mod words;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{aliases::B32, Address, B256, U256};
use ballast_interfaces::{
    answers::Answers,
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE},
    raw,
    slot::Slot,
};
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::{
    mandate::NAMED,
    targets::Wanted,
    types::*,
    words::{Act, Head},
};

/// ERC-165.
const INTERFACE_ERC165: u32 = 0x01ff_c9a7;
/// AccessControl, as OpenZeppelin counts it.
const INTERFACE_ACCESS_CONTROL: u32 = 0x7965_db0b;
/// ERC-173, ownership.
const INTERFACE_ERC173: u32 = 0x7f58_28d0;

/// The policy: flat and append-only; what may grow is mapped.
#[storage]
#[entrypoint]
pub struct Policy {
    /// By role and account: 0 for none, [`roles::HELD`], or from when a queued grant may be executed, seconds.
    roles: StorageMap<B256, StorageMap<Address, Slot<U256>>>,
    owner: Slot<Address>,
    /// The successor, and above its 160 bits from when it may accept, seconds.
    pending_owner: Slot<U256>,
    vault: Slot<Address>,
    oracle: Slot<Address>,
    rebalancer: Slot<Address>,
    /// [`Head`].
    head: Slot<U256>,
    /// [`Act`], by subject: a limit's id, or [`pause::PAUSE`].
    acts: StorageMap<U256, Slot<U256>>,
    /// The queued modules, their code when they were queued, and from when they may be set, seconds: 0 for none.
    queued_oracle: Slot<Address>,
    queued_rebalancer: Slot<Address>,
    queued_oracle_code: Slot<B256>,
    queued_rebalancer_code: Slot<B256>,
    queued_modules_at: Slot<U256>,
}

#[public]
impl Policy {
    /// Makes `owner` the governor, `setup` a second one until it renounces, and `guardian` the guardian.
    ///
    /// # Errors
    /// [`OwnableInvalidOwner`] when `owner` is nobody; the other two may be.
    #[constructor]
    pub fn constructor(
        &mut self,
        owner: Address,
        guardian: Address,
        setup: Address,
    ) -> Result<(), Error> {
        if owner.is_zero() {
            return Err(OwnableInvalidOwner { owner }.into());
        }
        self.move_ownership(owner);
        if !guardian.is_zero() {
            self.give(GUARDIAN_ROLE, guardian);
        }
        if !setup.is_zero() {
            self.give(DEFAULT_ADMIN_ROLE, setup);
        }
        Ok(())
    }

    /// Whether `account` holds `role`.
    pub fn has_role(&self, role: B256, account: Address) -> bool {
        self.holds(role, account)
    }

    /// The role that grants `role`: the governor's, whichever it is.
    #[allow(unused_variables)] // the name is the ABI's
    pub fn get_role_admin(&self, role: B256) -> B256 {
        DEFAULT_ADMIN_ROLE
    }

    /// Gives `role` to `account`: at once before the first targets, afterwards by [`Self::execute_grant`] once
    /// `MODULE_DELAY_S` has passed.
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`] for anybody but the governor;
    /// [`AccessControlEnforcedDefaultAdminRules`] for the governor's own role, which follows ownership.
    ///
    /// # Source
    /// Invariants 19 and 20.
    pub fn grant_role(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        if role == DEFAULT_ADMIN_ROLE {
            return Err(AccessControlEnforcedDefaultAdminRules {}.into());
        }
        if self.is_set_up()? {
            self.queue_grant(role, account);
        } else {
            self.give(role, account);
        }
        Ok(())
    }

    /// Gives a role whose grant was queued for long enough. For anybody.
    ///
    /// # Errors
    /// [`PolicyNothingQueued`], [`PolicyTooEarly`].
    pub fn execute_grant(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.give_queued(role, account)
    }

    /// Takes a queued grant back: the governor, or the guardian once in 28 days.
    ///
    /// # Errors
    /// [`PolicyNothingQueued`], [`PolicyGuardianTooSoon`].
    pub fn cancel_grant(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.cancel_queued_grant(role, account)
    }

    /// From when a queued grant may be executed, seconds; 0 for none.
    pub fn pending_grant(&self, role: B256, account: Address) -> U256 {
        self.queued_grant(role, account)
    }

    /// Takes `role`, or a queued grant of it, from `account`, at once.
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`] for anybody but the governor;
    /// [`AccessControlEnforcedDefaultAdminRules`] for the owner's role of governor.
    pub fn revoke_role(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        self.not_the_owners(role, account)?;
        self.take(role, account);
        Ok(())
    }

    /// Gives up the caller's own `role`.
    ///
    /// # Errors
    /// [`AccessControlBadConfirmation`] unless `confirmation` is the caller;
    /// [`AccessControlEnforcedDefaultAdminRules`] for the owner's role of governor.
    pub fn renounce_role(&mut self, role: B256, confirmation: Address) -> Result<(), Error> {
        if self.vm().msg_sender() != confirmation {
            return Err(AccessControlBadConfirmation {}.into());
        }
        self.not_the_owners(role, confirmation)?;
        self.take(role, confirmation);
        Ok(())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: B32) -> bool {
        matches!(
            u32::from_be_bytes(interface_id.0),
            INTERFACE_ERC165 | INTERFACE_ACCESS_CONTROL | INTERFACE_ERC173
        )
    }

    /// The owner, who is the governor.
    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// Whom the owner named as successor.
    pub fn pending_owner(&self) -> Address {
        self.successor().0
    }

    /// From when the successor may accept, seconds.
    pub fn ownership_accepted_from(&self) -> U256 {
        U256::from(self.successor().1)
    }

    /// Names a successor, who has to accept: from the first targets on no sooner than after `MODULE_DELAY_S`.
    /// Zero withdraws it.
    ///
    /// # Errors
    /// [`OwnableUnauthorizedAccount`] for anybody but the owner.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let owner = self.owner.get();
        if account != owner {
            return Err(OwnableUnauthorizedAccount { account }.into());
        }
        self.name_successor(new_owner)?;
        self.tell(OwnershipTransferStarted {
            previousOwner: owner,
            newOwner: new_owner,
        });
        Ok(())
    }

    /// Completes the transfer; the governor's role moves with it.
    ///
    /// # Errors
    /// [`OwnableUnauthorizedAccount`] for anybody but the named successor; [`PolicyTooEarly`].
    pub fn accept_ownership(&mut self) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let (successor, from) = self.successor();
        if account != successor {
            return Err(OwnableUnauthorizedAccount { account }.into());
        }
        self.require_due(from)?;
        self.move_ownership(account);
        Ok(())
    }

    /// Names the programs that this policy rules, once.
    ///
    /// # Errors
    /// [`PolicyModulesAlreadySet`]; [`PolicyNotContract`] for an address without code.
    pub fn set_modules(
        &mut self,
        vault: Address,
        oracle: Address,
        rebalancer: Address,
    ) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        let present = self.vault.get();
        if !present.is_zero() {
            return Err(PolicyModulesAlreadySet { vault: present }.into());
        }
        for account in [vault, oracle, rebalancer] {
            if !raw::has_code(self.vm(), account) {
                return Err(PolicyNotContract { account }.into());
            }
        }
        self.vault.set(vault);
        self.oracle.set(oracle);
        self.rebalancer.set(rebalancer);
        self.tell(ModulesSet {
            vault,
            oracle,
            rebalancer,
        });
        Ok(())
    }

    /// Queues another oracle and another rebalancer, with the code that they have now. Governor. What was queued
    /// before is forgotten.
    ///
    /// # Errors
    /// [`PolicyModulesUnset`], [`PolicyNotContract`], [`PolicyWoundDown`]; [`PolicyRebalancerForeign`] for a rebalancer that
    /// trades for another vault, obeys another policy or believes another oracle than the one queued with it.
    ///
    /// # Source
    /// Invariants 19 and 20; docs/decisions/0024 and 0032.
    pub fn queue_modules(&mut self, oracle: Address, rebalancer: Address) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        self.queue_both(oracle, rebalancer)
    }

    /// Sets the queued modules, and the vault's rebalancer with them, once `MODULE_DELAY_S` has passed. For anybody.
    ///
    /// # Errors
    /// [`PolicyNothingQueued`], [`PolicyTooEarly`], [`PolicyCodeChanged`], [`PolicyVaultRefused`],
    /// [`PolicyWoundDown`].
    pub fn execute_modules(&mut self) -> Result<(), Error> {
        self.set_queued()
    }

    /// Forgets the queued modules: the governor, or the guardian once in 28 days.
    ///
    /// # Errors
    /// [`PolicyNothingQueued`], [`PolicyGuardianTooSoon`].
    pub fn cancel_modules(&mut self) -> Result<(), Error> {
        self.cancel_both()
    }

    /// The queued oracle and rebalancer, the hashes of their code when they were queued, and from when they may
    /// be set, seconds: 0 for none.
    pub fn pending_modules(&self) -> (Address, Address, B256, B256, U256) {
        (
            self.queued_oracle.get(),
            self.queued_rebalancer.get(),
            self.queued_oracle_code.get(),
            self.queued_rebalancer_code.get(),
            self.queued_modules_at.get(),
        )
    }

    /// Ends rebalancing and minting for ever; whoever holds shares can redeem them. Governor.
    ///
    /// # Errors
    /// [`PolicyModulesUnset`], [`PolicyVaultRefused`].
    pub fn wind_down(&mut self) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        self.end_everything()
    }

    /// Sets target weights and bands (bps); weights move linearly from the effective ones over `duration`.
    ///
    /// The first targets are effective at once, later ones move no faster than
    /// [`targets::MAX_SPEED_BPS_PER_DAY`]. `expected_nonce` is [`Self::governance_nonce`]. Tokens that are not named move to 0 and keep their band.
    ///
    /// # Errors
    /// Whatever is wrong with the arrays, the nonce or the ramp, each with its value and bound.
    ///
    /// # Source
    /// Invariants 18 and 19.
    pub fn set_targets(
        &mut self,
        tokens: Vec<Address>,
        weights_bps: Vec<U256>,
        bands_bps: Vec<U256>,
        start: U256,
        duration: U256,
        expected_nonce: U256,
    ) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        if self.vault.get().is_zero() {
            return Err(PolicyModulesUnset {}.into());
        }
        let now = clock::now(self.vm());
        let wanted = Wanted::new(tokens, &weights_bps, &bands_bps, start, duration, now)?;
        self.store_targets(wanted, expected_nonce, now)
    }

    /// Holds a ramp for the time of a guardian's act: its weights rest where they are, then move on. Guardian.
    ///
    /// # Errors
    /// [`PolicyNothingToHold`], [`PolicyGuardianTooSoon`].
    ///
    /// # Source
    /// Invariants 20 and 27.
    pub fn hold_targets(&mut self) -> Result<(), Error> {
        self.hold()
    }

    /// Sets what may be done with an asset: the governor as it likes and until it says otherwise, which ends
    /// the guardian's acts on it; the guardian only tighter, and for 14 days.
    ///
    /// # Errors
    /// [`PolicyUnknownMode`], [`PolicyModeNotTighter`], [`PolicyGuardianTooSoon`], [`PolicyAssetNotListed`]
    /// (guardian), [`PolicyTooManyAssets`].
    ///
    /// # Source
    /// Invariants 19, 23 and 27.
    pub fn set_mode(&mut self, token: Address, mode: U256) -> Result<(), Error> {
        self.set_mode_by_role(token, mode)
    }

    /// Sets the greatest weight that targets may give an asset, bps, and the price below which it is never
    /// bought, D36{value/tok}. Governor. A weight that is already set is not touched.
    ///
    /// # Errors
    /// [`PolicyCapOutOfRange`], [`PolicyTooManyAssets`].
    pub fn set_asset_bounds(
        &mut self,
        token: Address,
        cap_bps: U256,
        floor_d36: U256,
    ) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        self.set_bounds(token, cap_bps, floor_d36)
    }

    /// The mode of an asset in force, the governor's, until when the guardian makes it sell-only and
    /// quarantines it (seconds), its greatest weight (bps) and its floor price (D36).
    #[allow(clippy::type_complexity)]
    pub fn asset_rule(
        &self,
        token: Address,
    ) -> Result<(U256, U256, U256, U256, U256, U256), Error> {
        let mandate = self.mandate(&self.head())?;
        let asset = mandate.place(token, 0).and_then(|p| mandate.assets.get(p));
        let rule = asset.map(|a| a.rule).unwrap_or_default();
        Ok((
            U256::from(rule.mode_at(clock::now(self.vm()))),
            U256::from(rule.mode),
            U256::from(rule.sell_only_until),
            U256::from(rule.quarantined_until),
            U256::from(rule.cap_bps),
            rule.floor_d36,
        ))
    }

    /// Sets a limit: the governor between floor and ceiling, the guardian only tighter and for 14 days.
    ///
    /// # Errors
    /// [`PolicyUnknownLimit`], [`PolicyLimitOutOfRange`], [`PolicyGuardianCannotLoosen`],
    /// [`PolicyGuardianTooSoon`].
    ///
    /// # Source
    /// Invariants 19, 20 and 27.
    pub fn set_limit(&mut self, id: U256, value: U256) -> Result<(), Error> {
        self.set_limit_by_role(id, value)
    }

    /// The limit in force, its compiled floor and ceiling, and whether less is tighter.
    ///
    /// # Errors
    /// [`PolicyUnknownLimit`].
    pub fn limit(&self, id: U256) -> Result<(U256, U256, U256, bool), Error> {
        let (i, spec) = self.known_limit(id)?;
        let now = clock::now(self.vm());
        let head = self.head();
        let value = self.limit_at(i, &self.mandate(&head)?.limits, &head, now);
        Ok((
            U256::from(value),
            U256::from(spec.floor),
            U256::from(spec.ceiling),
            spec.tightens_down,
        ))
    }

    /// Rests rebalancing until a moment, seconds.
    ///
    /// # Errors
    /// [`PolicyPauseOutOfRange`], [`PolicyPauseTooSoon`] (guardian), [`PolicyWoundDown`].
    ///
    /// # Source
    /// Invariant 27.
    pub fn pause_rebalance(&mut self, until: U256) -> Result<(), Error> {
        self.pause_by_role(until)
    }

    /// Ends a pause, whoever began it, but not a wind-down.
    ///
    /// # Errors
    /// [`PolicyWoundDown`].
    pub fn unpause_rebalance(&mut self) -> Result<(), Error> {
        self.only(DEFAULT_ADMIN_ROLE)?;
        self.write_pause(0)
    }

    /// Until when rebalancing rests, seconds; in the past when it does not.
    pub fn paused_until(&self) -> U256 {
        U256::from(self.head().paused_until)
    }

    /// How often targets or limits changed, whoever changed them: what a keeper names.
    pub fn policy_nonce(&self) -> U256 {
        U256::from(self.head().nonce)
    }

    /// How often the governor changed targets or limits: what a proposal names. No act of the guardian
    /// moves it, or the guardian could make a proposal fail again and again.
    pub fn governance_nonce(&self) -> Result<U256, Error> {
        Ok(U256::from(self.mandate(&self.head())?.nonce))
    }

    /// Vault, oracle and rebalancer.
    pub fn modules(&self) -> (Address, Address, Address) {
        (self.vault.get(), self.oracle.get(), self.rebalancer.get())
    }

    /// The targets of the last `setTargets`: tokens, weights and bands (bps), start and end of the ramp, pending.
    #[allow(clippy::type_complexity)]
    pub fn targets(
        &self,
    ) -> Result<Answers<(Vec<Address>, Vec<U256>, Vec<U256>, U256, U256, bool)>, Error> {
        let head = self.head();
        let mandate = self.mandate(&head)?;
        let named = || mandate.assets.iter().filter(|a| a.flags & NAMED != 0);
        Ok(Answers((
            named().map(|a| a.token).collect(),
            named().map(|a| U256::from(a.to_bps)).collect(),
            named().map(|a| U256::from(a.band_bps)).collect(),
            U256::from(mandate.start),
            U256::from(mandate.end),
            head.flags & targets::PENDING != 0,
        )))
    }

    /// Everything that a rebalance needs to know: weights to aim at (WAD), bands (bps), modes
    /// (`constants::mode`) and floor prices (D36) in the order asked, limits by id, nonce, end of the pause
    /// (seconds; the end of another act of the guardian's, if that ended later), flags. A quarantined asset's weight
    /// is among the others.
    ///
    /// # Errors
    /// [`PolicyNoWeightLeft`] when every asset with a weight is quarantined.
    ///
    /// # Source
    /// Invariants 18 and 23: over the whole token list the weights add up to exactly 1e18.
    #[allow(clippy::type_complexity)]
    pub fn rules(
        &self,
        tokens: Vec<Address>,
    ) -> Result<
        Answers<(
            Vec<U256>,
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
        Ok(Answers(self.rules_of(&tokens)?))
    }

    /// The weight of `token` effective now, and the one that it moves to, WAD, quarantined or not.
    ///
    /// An asset is in use while either is more than 0: a ramp that has yet to start is no reason to delist.
    pub fn weight_of(&self, token: Address) -> Result<(U256, U256), Error> {
        let mandate = self.mandate(&self.head())?;
        let Some(place) = mandate.place(token, 0) else {
            return Ok((U256::ZERO, U256::ZERO));
        };
        let effective = mandate.effective(clock::now(self.vm()))?;
        let weight = effective.get(place).copied().unwrap_or_default();
        let target = mandate.assets.get(place).map(|a| U256::from(a.to()));
        Ok((weight, target.unwrap_or_default()))
    }

    /// The guardian's last act on a subject, a limit's id, 2^256 - 1 for the pause, 2^256 - 2 for a held ramp,
    /// 2^256 - 3 for cancelled modules, 2^256 - 4 for a cancelled grant or mode · 2^160 + token: when it began, when it ends and from when it may be repeated, seconds.
    pub fn guardian_act(&self, subject: U256) -> (U256, U256, U256) {
        let act = self.act(subject);
        (
            U256::from(act.since),
            U256::from(act.until),
            U256::from(act.allowed_from()),
        )
    }

    /// Clears *targets pending* when the ramp has ended.
    ///
    /// # Errors
    /// [`PolicyNotRebalancer`].
    pub fn settle_targets(&mut self) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        let rebalancer = self.rebalancer.get();
        if caller != rebalancer {
            return Err(PolicyNotRebalancer { caller, rebalancer }.into());
        }
        self.settle()
    }
}

impl Policy {
    #[inline(never)]
    #[allow(clippy::type_complexity)]
    fn rules_of(
        &self,
        tokens: &[Address],
    ) -> Answer<(
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        Vec<U256>,
        U256,
        U256,
        U256,
    )> {
        let now = clock::now(self.vm());
        let head = self.head();
        let mandate = self.mandate(&head)?;
        let (modes_now, quarantine) = mandate.modes(now);
        let effective = if quarantine {
            mandate.aimed_at(&modes_now, now)?
        } else {
            mandate.effective(now)?
        };
        let n = tokens.len();
        let (mut weights, mut bands) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut modes, mut floors) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for (i, token) in tokens.iter().enumerate() {
            let place = mandate.place(*token, i);
            let weight = place.and_then(|p| effective.get(p));
            let mode = place.and_then(|p| modes_now.get(p));
            let asset = place.and_then(|p| mandate.assets.get(p));
            weights.push(weight.copied().unwrap_or_default());
            bands.push(asset.map(|a| U256::from(a.band_bps)).unwrap_or_default());
            modes.push(mode.map(|m| U256::from(*m)).unwrap_or_default());
            floors.push(asset.map(|a| a.rule.floor_d36).unwrap_or_default());
        }
        // What was opened under an act of the guardian's was opened under other rules, as what was opened before a pause.
        let marks = mandate.assets.iter().map(|asset| asset.rule.ended_at(now));
        let ended_at = marks.fold(self.limits_loosened_at(&head, now), u64::max);
        Ok((
            weights,
            bands,
            modes,
            floors,
            self.limits_at(&mandate.limits, &head, now),
            U256::from(head.nonce),
            U256::from(head.paused_until.max(ended_at)),
            U256::from(head.flags),
        ))
    }

    fn head(&self) -> Head {
        Head::from_word(self.head.get())
    }

    fn set_head(&mut self, head: Head) {
        self.head.set(head.to_word());
    }

    fn act(&self, subject: U256) -> Act {
        Act::from_word(self.acts.get(subject))
    }

    fn set_act(&mut self, subject: U256, act: Act) {
        self.acts.setter(subject).set(act.to_word());
    }

    /// Books an act of the guardian that begins now, if the rest after the last one on `subject` is over.
    ///
    /// # Source
    /// Invariant 27; docs/decisions/0006.
    fn begin_act(&mut self, subject: U256, now: u64) -> Answer<Act> {
        let allowed_from = self.act(subject).allowed_from();
        if now < allowed_from {
            return Err(PolicyGuardianTooSoon {
                id: subject,
                now: U256::from(now),
                allowedFrom: U256::from(allowed_from),
            }
            .into());
        }
        let act = Act {
            value: 0,
            since: now,
            until: now.saturating_add(GUARDIAN_ACT_MAX_S),
        };
        self.set_act(subject, act);
        Ok(act)
    }

    fn bump_nonce(&mut self, head: &mut Head) -> Answer<()> {
        head.nonce = head.nonce.checked_add(1).ok_or_else(overflow)?;
        Ok(())
    }
}
