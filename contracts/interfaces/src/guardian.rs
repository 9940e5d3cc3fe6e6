//! How long a guardian's pause may last, and when the next one may begin: one rule for every program that can be paused.

use stylus_sdk::alloy_primitives::U256;

use crate::constants::GUARDIAN_ACT_MAX_S;

/// The guardian's last pause of one thing, seconds since 1970.
#[derive(Clone, Copy, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub struct Pause {
    /// When it began.
    pub since: u64,
    /// When it was declared to end.
    pub until: u64,
}

/// Why the guardian may not pause as asked.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub enum Refusal {
    /// The rest after the last pause is not over.
    TooSoon {
        /// From when it is.
        allowed_from: u64,
    },
    /// The end asked for is too early or too late.
    OutOfRange {
        /// Earliest end.
        earliest: u64,
        /// Latest end.
        latest: u64,
    },
}

impl Pause {
    /// From when the guardian may pause anew: {s} = until + (until − since), a rest as long as was declared.
    pub fn allowed_from(self) -> u64 {
        self.until
            .saturating_add(self.until.saturating_sub(self.since))
    }

    /// The guardian's pause after it asked, at `now`, for one until `until`; `present` is the end in force,
    /// whoever set it.
    ///
    /// The guardian's own pause in force may be made longer, up to `GUARDIAN_ACT_MAX_S` after it began. Any
    /// other one is new and has to wait out the rest: a pause that the governor ended early rests as long as
    /// it was declared to last. Nothing is ever made shorter.
    ///
    /// # Source
    /// Invariant 27; docs/decisions/0006.
    pub fn ask(self, now: u64, present: u64, until: U256) -> Result<Self, Refusal> {
        let lasting = present == self.until && now < self.until;
        let allowed_from = self.allowed_from();
        if !lasting && now < allowed_from {
            return Err(Refusal::TooSoon { allowed_from });
        }
        let since = if lasting { self.since } else { now };
        let earliest = now.saturating_add(1).max(present);
        let latest = since.saturating_add(GUARDIAN_ACT_MAX_S);
        match u64::try_from(until) {
            Ok(until) if (earliest..=latest).contains(&until) => Ok(Self { since, until }),
            _ => Err(Refusal::OutOfRange { earliest, latest }),
        }
    }
}
