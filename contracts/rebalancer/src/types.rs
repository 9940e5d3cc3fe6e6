//! Events and errors of the rebalancer, as `docs/specification.md` lists them.

use alloc::vec::Vec;
use alloy_sol_types::sol;
use ballast_interfaces::errors;

sol! {
    /// A rebalance happened. Values in WAD. `allowedBps` is how much of the greatest slippage the ramp had released,
    /// `openedAt` 0 without an opening; what is left of the budgets is in WAD of NAV, of the loss budgets the lesser.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RebalanceExecuted(uint256 indexed nonce, address indexed keeper, address indexed filler, uint256 reason, uint256 navBefore, uint256 navAfter, uint256 distanceBeforeWad, uint256 distanceAfterWad, uint256 turnoverBps, uint256 lossBps, uint256 allowedBps, uint256 openedAt, uint256 lossBudgetLeft, uint256 turnoverBudgetLeft);
    /// What the vault gave and received of one asset in rebalance `nonce`, and the price it was judged at.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event AssetTraded(uint256 indexed nonce, address indexed token, uint256 sold, uint256 bought, uint256 priceD36);
    /// An opening was made after rebalance `nonce`: its ramp ends at `rampEnd`, it is void from `until` on.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RebalanceOpened(uint256 indexed nonce, address indexed opener, uint256 reason, uint256 openedAt, uint256 rampEnd, uint256 until);
    /// An opening was closed: by the rebalance `nonce` that ended its trigger, or by somebody after it.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RebalanceClosed(uint256 indexed nonce, address indexed by, uint256 openedAt);
}

sol! {
    /// The keeper's deadline has passed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceExpired(uint256 deadline, uint256 now);
    /// Two arrays that describe the same trades differ in length.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceLengthMismatch(uint256 a, uint256 b);
    /// Nothing to trade.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNoTrades();
    /// More trades than any plan needs.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceTooManyTrades(uint256 n, uint256 max);
    /// Governor or guardian paused rebalancing.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalancePaused(uint256 until);
    /// The last rebalance was too short a time ago.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceCooldown(uint256 now, uint256 nextAt);
    /// The policy changed since the keeper looked.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceStalePolicy(uint256 given, uint256 current);
    /// No trigger, or nothing worth trading: the drift furthest outside, and its effective band.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNotEligible(uint256 worstDriftBps, uint256 bandBps);
    /// The vault does not list the asset.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceUnknownAsset(address token);
    /// The asset is quarantined: neither sold nor bought.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceQuarantined(address token);
    /// The asset may be sold only.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceSellOnly(address token);
    /// The asset is not bought below its floor price.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceBelowFloor(address token, uint256 priceD36, uint256 floorD36);
    /// The same pair twice.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceDuplicateTrade(address sell, address buy);
    /// An asset to sell that is not overweight, or one to buy that is not underweight.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceWrongDirection(address token, int256 driftWad);
    /// What is available and useful is less than the keeper's least.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceBelowLeast(uint256 index, uint256 amount, uint256 least);
    /// Too little value sold.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNotionalTooSmall(uint256 soldValue, uint256 min);
    /// Too much value sold.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceTurnoverExceeded(uint256 turnoverBps, uint256 maxBps);
    /// What was bought is worth too little.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceSlippage(uint256 boughtValue, uint256 minValue);
    /// Less was bought than the keeper's least rates ask.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceRateTooLow(address buy, uint256 bought, uint256 min);
    /// A target was crossed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceOvershoot(address token, uint256 value, uint256 targetValue);
    /// The holdings are no closer to the targets.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNoProgress(uint256 distanceBefore, uint256 distanceAfter);
    /// The holdings are closer, but by too little.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceProgressTooSmall(uint256 fall, uint256 min);
    /// A number does not fit, or the programs disagree on how many assets there are.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceMathOverflow();
    /// Nothing of value is held.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceZeroNav();
    /// The policy wants no auction: nothing needs to be opened.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNoRamp();
    /// An opening holds already, until then.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceAlreadyOpen(uint256 openedAt, uint256 until);
    /// There is no opening to close.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNotOpen();
    /// The opening holds, and is wanted: a trigger is true (its reason), or a drift is beyond half of its band.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceStillDue(uint256 reason, uint256 worstDriftBps, uint256 halfBandBps);
    /// No targets are pending.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceNothingPending();
    /// The pending targets are not reached.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceTargetsAhead(uint256 distanceWad, uint256 minDriftWad);
    /// The rebalance lost more of NAV than is left of the budget.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceLossBudgetSpent(uint256 lossWad, uint256 leftWad);
    /// The rebalance lost more of NAV than is left of the year's budget.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceYearlyLossSpent(uint256 lossWad, uint256 leftWad);
    /// More of NAV is sold than is left of the turnover budget.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceTurnoverBudgetSpent(uint256 turnoverWad, uint256 leftWad);
    /// An upkeep's data name a filler, in 20 bytes, and then what it is told for each trade.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error RebalanceUpkeepData(uint256 length, uint256 min);
}

errors! {
    /// Why the rebalancer itself refuses.
    pub enum Refusal {
        RebalanceExpired { deadline, now },
        RebalanceLengthMismatch { a, b },
        RebalanceNoTrades {},
        RebalanceTooManyTrades { n, max },
        RebalancePaused { until },
        RebalanceCooldown { now, nextAt },
        RebalanceStalePolicy { given, current },
        RebalanceNotEligible { worstDriftBps, bandBps },
        RebalanceUnknownAsset { token },
        RebalanceQuarantined { token },
        RebalanceSellOnly { token },
        RebalanceBelowFloor { token, priceD36, floorD36 },
        RebalanceDuplicateTrade { sell, buy },
        RebalanceWrongDirection { token, driftWad },
        RebalanceBelowLeast { index, amount, least },
        RebalanceNotionalTooSmall { soldValue, min },
        RebalanceTurnoverExceeded { turnoverBps, maxBps },
        RebalanceSlippage { boughtValue, minValue },
        RebalanceRateTooLow { buy, bought, min },
        RebalanceOvershoot { token, value, targetValue },
        RebalanceNoProgress { distanceBefore, distanceAfter },
        RebalanceProgressTooSmall { fall, min },
        RebalanceMathOverflow {},
        RebalanceZeroNav {},
        RebalanceNoRamp {},
        RebalanceAlreadyOpen { openedAt, until },
        RebalanceNotOpen {},
        RebalanceStillDue { reason, worstDriftBps, halfBandBps },
        RebalanceNothingPending {},
        RebalanceTargetsAhead { distanceWad, minDriftWad },
        RebalanceLossBudgetSpent { lossWad, leftWad },
        RebalanceYearlyLossSpent { lossWad, leftWad },
        RebalanceTurnoverBudgetSpent { turnoverWad, leftWad },
        RebalanceUpkeepData { length, min },
    }
}

/// Why a call fails: the rebalancer's own refusal, or what vault, policy, oracle or filler said, byte for byte.
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
pub enum Error {
    /// The rebalancer's own.
    Own(Refusal),
    /// Another program's.
    Passed(Vec<u8>),
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        match error {
            Error::Own(refusal) => refusal.into(),
            Error::Passed(data) => data,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Own(refusal)
    }
}

#[allow(deprecated)] // the type that `sol_interface!` answers
impl From<stylus_sdk::call::Error> for Error {
    fn from(error: stylus_sdk::call::Error) -> Self {
        Self::Passed(error.into())
    }
}

impl From<ballast_math::MathError> for Error {
    fn from(_: ballast_math::MathError) -> Self {
        Self::Own(RebalanceMathOverflow {}.into())
    }
}

#[cfg(feature = "export-abi")]
impl stylus_sdk::abi::export::internal::InnerTypes for Error {
    fn inner_types() -> Vec<stylus_sdk::abi::export::internal::InnerType> {
        Refusal::inner_types()
    }
}

/// What a private function of the program answers.
pub(crate) type Answer<T> = Result<T, Error>;

/// Refuses.
pub(crate) fn refuse<T>(refusal: impl Into<Refusal>) -> Answer<T> {
    Err(Error::Own(refusal.into()))
}
