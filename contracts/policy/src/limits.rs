//! Limits: compiled floors and ceilings, what the governor set, and what the guardian tightened for a time.

use alloc::vec::Vec;
use alloy_primitives::U256;
use ballast_interfaces::{
    clock,
    constants::{limit, DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
};
use stylus_sdk::prelude::*;

use crate::{
    types::*,
    words::{Head, Limits},
    Policy,
};

/// What is compiled in about one limit.
pub struct Spec {
    /// At construction.
    pub default: u128,
    /// Least value that anybody can set.
    pub floor: u128,
    /// Greatest value that anybody can set.
    pub ceiling: u128,
    /// Whether less is tighter.
    pub tightens_down: bool,
}

const WAD: u128 = 1_000_000_000_000_000_000;
const BPS: u128 = 10_000;
const HOUR: u128 = 3_600;
const DAY: u128 = 24 * HOUR;
const THIRTY_DAYS: u128 = 30 * DAY;
const YEAR: u128 = 365 * DAY;

/// The specification's table.
pub fn spec(id: usize) -> Option<Spec> {
    let (default, floor, ceiling, tightens_down) = match id {
        limit::MAX_SLIPPAGE_BPS => (50, 0, 300, true),
        limit::COOLDOWN_S => (3_600, 60, THIRTY_DAYS, false),
        limit::SLICE_COOLDOWN_S => (60, 0, THIRTY_DAYS, false),
        // At all of it, the rounding of one unit or any slippage would refuse every rebalance.
        limit::MIN_PROGRESS_BPS => (1_000, 100, 9_000, false),
        limit::MIN_NOTIONAL_WAD => (100 * WAD, WAD, 1_000_000_000_000 * WAD, false),
        limit::MIN_DRIFT_BPS => (100, 10, BPS, false),
        limit::MAX_TURNOVER_BPS => (BPS, 1, BPS, true),
        // A longer ramp gives up less value for the same wait.
        limit::RAMP_S => (1_800, 0, DAY, false),
        limit::HOLD_S => (HOUR, 60, 7 * DAY, true),
        limit::LOSS_BUDGET_BPS => (100, 0, 500, true),
        limit::LOSS_PERIOD_S => (7 * DAY, DAY, YEAR, false),
        limit::YEARLY_LOSS_BPS => (300, 0, 1_000, true),
        limit::TURNOVER_BUDGET_BPS => (BPS, 1, 10 * BPS, true),
        limit::TURNOVER_PERIOD_S => (THIRTY_DAYS, HOUR, YEAR, false),
        limit::SCHEDULE_INTERVAL_S => (0, 0, YEAR, false),
        // Wider bands trade less.
        limit::BAND_STRESS_CAP_BPS => (3 * BPS, BPS, 5 * BPS, false),
        _ => return None,
    };
    Some(Spec {
        default,
        floor,
        ceiling,
        tightens_down,
    })
}

/// The limits of a new policy.
///
/// # Errors
/// None by the table: every default fits its place.
pub(crate) fn defaults() -> Answer<Limits> {
    let mut limits = Limits::default();
    for id in 0..limit::LIMIT_COUNT {
        let spec = spec(id).ok_or_else(overflow)?;
        limits.set(id, spec.default).ok_or_else(overflow)?;
    }
    Ok(limits)
}

impl Policy {
    /// Index and specification of a limit that was asked for.
    pub(crate) fn known_limit(&self, id: U256) -> Answer<(usize, Spec)> {
        usize::try_from(id)
            .ok()
            .and_then(|i| Some((i, spec(i)?)))
            .ok_or_else(|| PolicyUnknownLimit { id }.into())
    }

    /// The limit in force at `now`: the guardian's while its act lasts, else the governor's.
    ///
    /// # Source
    /// Invariant 27: nothing has to be done for a guardian's act to end.
    pub(crate) fn limit_at(&self, id: usize, governed: &Limits, head: &Head, now: u64) -> u128 {
        if head.guarded & bit(id) != 0 {
            let act = self.act(U256::from(id));
            if now < act.until {
                return act.value;
            }
        }
        governed.get(id)
    }

    /// All limits in force at `now`, indexed by id.
    #[inline(never)]
    pub(crate) fn limits_at(&self, governed: &Limits, head: &Head, now: u64) -> Vec<U256> {
        (0..limit::LIMIT_COUNT)
            .map(|id| U256::from(self.limit_at(id, governed, head, now)))
            .collect()
    }

    /// When the last of the guardian's acts on limits that are over at `now` ended, seconds; 0 for none.
    #[inline(never)]
    pub(crate) fn limits_loosened_at(&self, head: &Head, now: u64) -> u64 {
        let guarded = (0..limit::LIMIT_COUNT).filter(|id| head.guarded & bit(*id) != 0);
        let ends = guarded.map(|id| self.act(U256::from(id)).until);
        ends.filter(|until| *until <= now).max().unwrap_or(0)
    }

    /// Sets a limit for the governor, or tightens it for the guardian.
    #[inline(never)]
    pub(crate) fn set_limit_by_role(&mut self, id: U256, value: U256) -> Answer<()> {
        let by = self.vm().msg_sender();
        let by_governor = self.holds(DEFAULT_ADMIN_ROLE, by);
        if !by_governor {
            self.only(GUARDIAN_ROLE)?;
        }
        let (i, spec) = self.known_limit(id)?;
        let out_of_range = || PolicyLimitOutOfRange {
            id,
            value,
            floor: U256::from(spec.floor),
            ceiling: U256::from(spec.ceiling),
        };
        let new = u128::try_from(value).map_err(|_| out_of_range())?;
        if new < spec.floor || new > spec.ceiling {
            return Err(out_of_range().into());
        }

        let now = clock::now(self.vm());
        let mut head = self.head();
        let mut mandate = self.mandate(&head)?;
        let old = self.limit_at(i, &mandate.limits, &head, now);
        if by_governor {
            mandate.limits.set(i, new).ok_or_else(overflow)?;
            mandate.count()?;
            self.set_mandate(&mut head, &mandate)?;
            head.guarded &= !bit(i);
        } else {
            let until = self.tighten(id, i, new, old, spec.tightens_down, &head, now)?;
            head.guarded |= bit(i);
            self.tell(LimitTightened {
                id,
                governedValue: U256::from(mandate.limits.get(i)),
                until: U256::from(until),
            });
        }
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        self.tell(LimitSet {
            id,
            oldValue: U256::from(old),
            newValue: value,
            by,
        });
        Ok(())
    }

    /// Books the guardian's tightening and answers when it ends.
    ///
    /// Tightening further while an act lasts does not make it last longer.
    #[allow(clippy::too_many_arguments)]
    fn tighten(
        &mut self,
        id: U256,
        i: usize,
        new: u128,
        old: u128,
        tightens_down: bool,
        head: &Head,
        now: u64,
    ) -> Answer<u64> {
        if !tighter(i, new, old, tightens_down) {
            return Err(PolicyGuardianCannotLoosen {
                id,
                value: U256::from(new),
                current: U256::from(old),
            }
            .into());
        }
        let mut act = self.act(id);
        let lasting = head.guarded & bit(i) != 0 && now < act.until;
        if !lasting {
            act = self.begin_act(id, now)?;
        }
        act.value = new;
        self.set_act(id, act);
        Ok(act.until)
    }
}

/// Whether `new` is tighter than `old`.
fn tighter(id: usize, new: u128, old: u128, tightens_down: bool) -> bool {
    if tightens_down {
        return new < old;
    }
    // Without a schedule nothing is due by it: the tightest there is.
    let interval = |value| match value {
        0 if id == limit::SCHEDULE_INTERVAL_S => u128::MAX,
        _ => value,
    };
    interval(new) > interval(old)
}

/// The bit of limit `id` in [`Head::guarded`].
fn bit(id: usize) -> u16 {
    u32::try_from(id)
        .ok()
        .and_then(|i| 1u16.checked_shl(i))
        .unwrap_or(0)
}
