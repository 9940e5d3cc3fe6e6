//! Numbers and identifiers that more than one program must agree on.

use stylus_sdk::alloy_primitives::{Address, B256};

/// Most assets a vault holds.
pub const MAX_ASSETS: usize = 32;

/// AccessControl's admin role: the governor.
pub const DEFAULT_ADMIN_ROLE: B256 = B256::ZERO;

/// keccak256("GUARDIAN_ROLE").
pub const GUARDIAN_ROLE: B256 = B256::new(
    stylus_sdk::keccak_const::Keccak256::new()
        .update(b"GUARDIAN_ROLE")
        .finalize(),
);

/// Longest time for which a guardian's act lasts, seconds.
pub const GUARDIAN_ACT_MAX_S: u64 = 14 * 24 * 60 * 60;

/// How long a loosening, or a change of a module, of a feed in use or of a role, waits before it can take effect, seconds.
pub const MODULE_DELAY_S: u64 = 2 * 24 * 60 * 60;

/// Where the locked minimum of shares lies: an address without a key.
pub const DEAD: Address = Address::new([
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xde, 0xad,
]);

/// Indices into the array of limits that `policy.rules` answers.
pub mod limit {
    /// Allowed slippage of a trade against the oracle, bps.
    pub const MAX_SLIPPAGE_BPS: usize = 0;
    /// Rest after a rebalance that ends the trigger, seconds.
    pub const COOLDOWN_S: usize = 1;
    /// Rest after a rebalance that leaves the trigger true, seconds.
    pub const SLICE_COOLDOWN_S: usize = 2;
    /// Least share of the best plan's fall in distance, bps.
    pub const MIN_PROGRESS_BPS: usize = 3;
    /// Least value sold in a rebalance, WAD.
    pub const MIN_NOTIONAL_WAD: usize = 4;
    /// Least distance for the triggers *targets pending* and schedule, bps.
    pub const MIN_DRIFT_BPS: usize = 5;
    /// Most turnover of one rebalance, bps of NAV.
    pub const MAX_TURNOVER_BPS: usize = 6;
    /// Length of the price-time ramp of an opening, seconds; 0: no auction, the greatest slippage at once.
    pub const RAMP_S: usize = 7;
    /// How long an opening lasts after its ramp, seconds.
    pub const HOLD_S: usize = 8;
    /// Most that rebalances may lose at once, bps of NAV; refilled in [`LOSS_PERIOD_S`].
    pub const LOSS_BUDGET_BPS: usize = 9;
    /// Time that refills a spent loss budget, seconds.
    pub const LOSS_PERIOD_S: usize = 10;
    /// Most that rebalances may lose in any year, bps of NAV.
    pub const YEARLY_LOSS_BPS: usize = 11;
    /// Most that rebalances may sell at once, bps of NAV; refilled in [`TURNOVER_PERIOD_S`].
    pub const TURNOVER_BUDGET_BPS: usize = 12;
    /// Time that refills a spent turnover budget, seconds.
    pub const TURNOVER_PERIOD_S: usize = 13;
    /// Interval of the schedule, seconds; 0: no schedule.
    pub const SCHEDULE_INTERVAL_S: usize = 14;
    /// Greatest multiplier of bands in a storm, bps: 10,000 leaves them as they are.
    pub const BAND_STRESS_CAP_BPS: usize = 15;
    /// How many limits there are.
    pub const LIMIT_COUNT: usize = 16;
}

/// What may be done with an asset, as `policy.rules` answers it: the greater, the tighter.
pub mod mode {
    /// Bought and sold.
    pub const NORMAL: u8 = 0;
    /// Never bought.
    pub const SELL_ONLY: u8 = 1;
    /// Neither priced nor traded nor counted.
    pub const QUARANTINED: u8 = 2;
}

/// Bits of the flags that `policy.rules` answers.
pub mod flag {
    /// Targets were set and the holdings have not reached them yet.
    pub const TARGETS_PENDING: u64 = 1;
}

/// Why a rebalance is eligible, as `rebalancer.plan` and its event say it.
pub mod reason {
    /// Not eligible.
    pub const NONE: u64 = 0;
    /// Some asset's drift is outside its band.
    pub const BAND: u64 = 1;
    /// Targets are pending and the distance is at least the minimum drift.
    pub const TARGETS_PENDING: u64 = 2;
    /// The schedule's interval has passed and the distance is at least the minimum drift.
    pub const SCHEDULE: u64 = 3;
}
