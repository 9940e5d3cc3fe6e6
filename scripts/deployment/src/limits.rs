//! The limits by name, with the floors and ceilings that are compiled into the policy.

use alloy::primitives::U256;

/// One limit, as the specification's table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name in a configuration: the constant's, in lower case.
    pub name: &'static str,
    /// Least value that anybody can set.
    pub floor: u128,
    /// Greatest value that anybody can set.
    pub ceiling: u128,
}

const WAD: u128 = 1_000_000_000_000_000_000;
const DAY: u128 = 86_400;
const YEAR: u128 = 365 * DAY;

const fn limit(name: &'static str, floor: u128, ceiling: u128) -> Limit {
    Limit {
        name,
        floor,
        ceiling,
    }
}

/// Every limit, by id.
pub const LIMITS: [Limit; 16] = [
    limit("max_slippage_bps", 0, 300),
    limit("cooldown_s", 60, 30 * DAY),
    limit("slice_cooldown_s", 0, 30 * DAY),
    limit("min_progress_bps", 100, 9_000),
    limit("min_notional_wad", WAD, 1_000_000_000_000 * WAD),
    limit("min_drift_bps", 10, 10_000),
    limit("max_turnover_bps", 1, 10_000),
    limit("ramp_s", 0, DAY),
    limit("hold_s", 60, 7 * DAY),
    limit("loss_budget_bps", 0, 500),
    limit("loss_period_s", DAY, YEAR),
    limit("yearly_loss_bps", 0, 1_000),
    limit("turnover_budget_bps", 1, 100_000),
    limit("turnover_period_s", 3_600, YEAR),
    limit("schedule_interval_s", 0, YEAR),
    limit("band_stress_cap_bps", 10_000, 50_000),
];

/// Id of a limit, and what is compiled in about it.
pub fn by_name(name: &str) -> Option<(u64, Limit)> {
    (0u64..).zip(LIMITS).find(|(_, limit)| limit.name == name)
}

/// Name of a limit.
pub fn name_of(id: u64) -> &'static str {
    let index = usize::try_from(id).unwrap_or(usize::MAX);
    LIMITS.get(index).map_or("unknown", |limit| limit.name)
}

impl Limit {
    /// Whether anybody can set this value.
    pub fn admits(&self, value: U256) -> bool {
        value >= U256::from(self.floor) && value <= U256::from(self.ceiling)
    }
}
