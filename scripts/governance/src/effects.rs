//! Which way a change goes: as roles.md says of every setter what is tighter.

use alloy::{dyn_abi::DynSolValue, primitives::U256};
use serde::Serialize;

use crate::words;

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Less may happen than before.
    Tighter,
    /// More may happen than before.
    Looser,
    /// Neither.
    Neutral,
}

/// Which way a number goes; by the policy for limits, by roles.md for everything else.
pub fn of(name: &str, limit: Option<(U256, bool)>, old: U256, new: U256) -> Effect {
    let by = |down_is_tighter: bool| match (new < old) == down_is_tighter {
        true => Effect::Tighter,
        false => Effect::Looser,
    };
    if let Some((id, down)) = limit {
        // The schedule: a longer interval is tighter, and none is the tightest.
        if words::limit(id) == "SCHEDULE_INTERVAL_S" {
            let rank = |n: U256| if n.is_zero() { U256::MAX } else { n };
            return match rank(new) > rank(old) {
                true => Effect::Tighter,
                false => Effect::Looser,
            };
        }
        return by(down);
    }
    match name {
        "mode" | "governedMode" | "pausedUntil" | "mintPausedUntil" | "floorD36" | "minAnswer"
        | "minHolding" | "grace" | "baseMinAnswer" => by(false),
        "capBps" | "supplyCap" | "managementBps" | "mintBps" | "redeemBps" | "heartbeat"
        | "baseHeartbeat" | "maxAnswer" | "baseMaxAnswer" | "maxGrowthBps" => by(true),
        // None at all is the loosest.
        "secondLimitBps" | "secondMaxConfidenceBps" | "breakerBps" => {
            let rank = |n: U256| if n.is_zero() { U256::MAX } else { n };
            match rank(new) < rank(old) {
                true => Effect::Tighter,
                false => Effect::Looser,
            }
        }
        "pendingGrant" => by(true),
        _ => Effect::Neutral,
    }
}

/// Which way a yes or no goes.
pub fn of_flag(name: &str, after: Option<&DynSolValue>) -> Effect {
    match (name, after) {
        ("hasRole", Some(DynSolValue::Bool(true))) => Effect::Looser,
        ("hasRole", Some(DynSolValue::Bool(false))) => Effect::Tighter,
        _ => Effect::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(id: u64, down: bool, old: u64, new: u64) -> Effect {
        let limit = Some((U256::from(id), down));
        of("value", limit, U256::from(old), U256::from(new))
    }

    #[test]
    fn a_limit_tightens_in_its_own_direction() {
        assert_eq!(limit(0, true, 50, 40), Effect::Tighter);
        assert_eq!(limit(0, true, 50, 60), Effect::Looser);
        assert_eq!(limit(1, false, 50, 40), Effect::Looser);
        assert_eq!(limit(1, false, 50, 60), Effect::Tighter);
        // No schedule rebalances least often.
        assert_eq!(limit(14, false, 0, 60), Effect::Looser);
        assert_eq!(limit(14, false, 60, 0), Effect::Tighter);
        assert_eq!(limit(14, false, 60, 90), Effect::Tighter);
    }

    #[test]
    fn no_breaker_is_looser_than_any() {
        let breaker = |old: u64, new: u64| of("breakerBps", None, U256::from(old), U256::from(new));
        assert_eq!(breaker(0, 9_000), Effect::Tighter);
        assert_eq!(breaker(9_000, 0), Effect::Looser);
        assert_eq!(breaker(9_000, 12_000), Effect::Looser);
    }
}
