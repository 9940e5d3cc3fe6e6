//! The pause of rebalancing: the governor's has no end of its own, the guardian's always has one.

use alloy_primitives::U256;
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
    guardian::{Pause, Refusal},
};
use stylus_sdk::prelude::*;

use crate::{
    types::*,
    words::{Act, MAX_PAUSED_UNTIL},
    Policy,
};

/// Subject of the guardian's act under which its pause is booked: no limit has this id.
pub(crate) const PAUSE: U256 = U256::MAX;

/// The end of the pause that never ends: only a wind-down sets it, and nothing changes it.
pub(crate) const WOUND_DOWN: u64 = MAX_PAUSED_UNTIL;

impl Policy {
    /// Pauses for whichever of the two roles the caller holds.
    #[inline(never)]
    pub(crate) fn pause_by_role(&mut self, until: U256) -> Answer<()> {
        let by = self.vm().msg_sender();
        if self.holds(DEFAULT_ADMIN_ROLE, by) {
            let new = u64::try_from(until)
                .ok()
                .filter(|u| *u < WOUND_DOWN)
                .ok_or(PolicyPauseOutOfRange {
                    until,
                    earliest: U256::ZERO,
                    latest: U256::from(WOUND_DOWN.saturating_sub(1)),
                })?;
            return self.write_pause(new);
        }
        self.only(GUARDIAN_ROLE)?;

        let now = clock::now(self.vm());
        let last = self.act(PAUSE).pause();
        let Pause { since, until: new } = last
            .ask(now, self.head().paused_until, until)
            .map_err(|refusal| refused(refusal, now, until))?;
        self.set_act(
            PAUSE,
            Act {
                value: 0,
                since,
                until: new,
            },
        );
        self.write_pause(new)
    }

    /// Refuses once everything has ended.
    pub(crate) fn require_going_on(&self) -> Answer<()> {
        if self.head().paused_until == WOUND_DOWN {
            return Err(PolicyWoundDown {}.into());
        }
        Ok(())
    }

    /// Stores the end of the pause and tells it; a wind-down has none. One that has ended ends now: that it was is
    /// what voids an opening.
    #[inline(never)]
    pub(crate) fn write_pause(&mut self, until: u64) -> Answer<()> {
        self.require_going_on()?;
        let until = until.max(clock::now(self.vm()));
        let mut head = self.head();
        let old = head.paused_until;
        head.paused_until = until;
        self.set_head(head);
        self.tell(RebalancePaused {
            oldUntil: U256::from(old),
            newUntil: U256::from(until),
            by: self.vm().msg_sender(),
        });
        Ok(())
    }
}

fn refused(refusal: Refusal, now: u64, until: U256) -> Error {
    match refusal {
        Refusal::TooSoon { allowed_from } => PolicyPauseTooSoon {
            now: U256::from(now),
            allowedFrom: U256::from(allowed_from),
        }
        .into(),
        Refusal::OutOfRange { earliest, latest } => PolicyPauseOutOfRange {
            until,
            earliest: U256::from(earliest),
            latest: U256::from(latest),
        }
        .into(),
    }
}
