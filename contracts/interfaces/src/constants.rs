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

/// How long a loosening by the governor, or a change of a feed in use, waits before it can take effect, seconds.
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
    /// How many limits there are, the reserved ones included.
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
    /// The schedule's interval has passed (reserved).
    pub const SCHEDULE: u64 = 3;
}
