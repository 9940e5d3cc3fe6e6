//! The pause of rebalancing: the governor's has no end of its own, the guardian's always has one.

use alloy_primitives::U256;
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE},
};
use stylus_sdk::prelude::*;

use crate::{types::*, words::Act, Policy};

/// Subject of the guardian's act under which its pause is booked: no limit has this id.
pub(crate) const PAUSE: U256 = U256::MAX;

impl Policy {
    /// Pauses for whichever of the two roles the caller holds.
    pub(crate) fn pause_by_role(&mut self, until: U256) -> Answer<()> {
        let by = self.vm().msg_sender();
        if self.holds(DEFAULT_ADMIN_ROLE, by) {
            let new = u64::try_from(until).map_err(|_| PolicyPauseOutOfRange {
                until,
                earliest: U256::ZERO,
                latest: U256::from(u64::MAX),
            })?;
            self.write_pause(new);
            return Ok(());
        }
        self.only(GUARDIAN_ROLE)?;

        let now = clock::now(self.vm());
        let present = self.head().paused_until;
        let last = self.act(PAUSE);
        // The pause in force is the guardian's own: it may be made longer, up to its first day + 14 d.
        let lasting = present == last.until && now < last.until;
        let since = if lasting {
            last.since
        } else {
            let allowed_from = last.allowed_from();
            if now < allowed_from {
                return Err(PolicyPauseTooSoon {
                    now: U256::from(now),
                    allowedFrom: U256::from(allowed_from),
                }
                .into());
            }
            now
        };
        let earliest = now.checked_add(1).ok_or_else(overflow)?.max(present);
        let latest = since.checked_add(GUARDIAN_ACT_MAX_S).ok_or_else(overflow)?;
        let new = u64::try_from(until)
            .ok()
            .filter(|u| (earliest..=latest).contains(u))
            .ok_or(PolicyPauseOutOfRange {
                until,
                earliest: U256::from(earliest),
                latest: U256::from(latest),
            })?;
        self.set_act(
            PAUSE,
            Act {
                value: 0,
                since,
                until: new,
            },
        );
        self.write_pause(new);
        Ok(())
    }

    /// Stores the end of the pause and tells it.
    pub(crate) fn write_pause(&mut self, until: u64) {
        let mut head = self.head();
        let old = head.paused_until;
        head.paused_until = until;
        self.set_head(head);
        log(
            self.vm(),
            RebalancePaused {
                oldUntil: U256::from(old),
                newUntil: U256::from(until),
                by: self.vm().msg_sender(),
            },
        );
    }
}
