//! Events and errors of the policy, as `docs/specification.md` lists them.

use alloy_sol_types::{sol, SolEvent};
use ballast_interfaces::{errors, errors::Word};

use crate::{
    tell::{Event, List},
    Policy,
};

sol! {
    /// `account` got `role` from `sender`.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    /// `account` lost `role`; `sender` took it, or gave it up.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    /// The owner named a successor, who has to accept; zero withdraws it.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    /// Ownership, and the governor's role with it, moved.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    /// The programs that this policy rules.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ModulesSet(address vault, address oracle, address rebalancer);
    /// Other modules may be set from `readyAt` on.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ModulesQueued(address oracle, address rebalancer, uint256 readyAt);
    /// The queued modules were taken back.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ModulesCancelled(address oracle, address rebalancer, address indexed by);
    /// `account` may be given `role` from `readyAt` on.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RoleGrantQueued(bytes32 indexed role, address indexed account, uint256 readyAt);
    /// The queued grant was taken back.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RoleGrantCancelled(bytes32 indexed role, address indexed account, address indexed by);
    /// New targets: `tokens` are the named ones first, then those that are on their way out.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event TargetsSet(uint256 indexed nonce, address[] tokens, uint256[] oldWeightsWad, uint256[] newWeightsWad, uint256[] bandsBps, uint256 start, uint256 end);
    /// The holdings reached the targets set at `nonce` or before.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event TargetsSettled(uint256 indexed nonce);
    /// The guardian holds the ramp: it goes on at `until` and ends at `end`.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event TargetsHeld(uint256 indexed nonce, uint256 until, uint256 end);
    /// The limit in force changed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event LimitSet(uint256 indexed id, uint256 oldValue, uint256 newValue, address indexed by);
    /// The guardian's tightening ends at `until`, when `governedValue` is in force again.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event LimitTightened(uint256 indexed id, uint256 governedValue, uint256 until);
    /// An asset's mode in force changed; `until` is the end of the guardian's act, 0 for the governor's word.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ModeSet(address indexed token, uint256 oldMode, uint256 newMode, uint256 until, address indexed by);
    /// The greatest weight that may be set for an asset, and the price below which it is not bought.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event AssetBoundsSet(address indexed token, uint256 oldCapBps, uint256 newCapBps, uint256 oldFloorD36, uint256 newFloorD36);
    /// Rebalancing rests until `newUntil`, which is the present when the pause ends.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RebalancePaused(uint256 oldUntil, uint256 newUntil, address indexed by);
}

sol! {
    /// The account lacks the role.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error AccessControlUnauthorizedAccount(address account, bytes32 role);
    /// The caller of `renounceRole` did not confirm with its own address.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error AccessControlBadConfirmation();
    /// The governor's role follows ownership: it is neither granted nor taken from the owner.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error AccessControlEnforcedDefaultAdminRules();
    /// Nobody's address cannot own.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OwnableInvalidOwner(address owner);
    /// The caller is not the owner, or not the successor that the owner named.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OwnableUnauthorizedAccount(address account);
    /// Modules are set once.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyModulesAlreadySet(address vault);
    /// Targets need to know vault and oracle.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyModulesUnset();
    /// Nothing is queued.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyNothingQueued();
    /// The delay is not over.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyTooEarly(uint256 now, uint256 readyAt);
    /// The code is not what it was when the module was queued.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyCodeChanged(address account, bytes32 codeHash, bytes32 pinned);
    /// The rebalancer was made for another vault, policy or oracle.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyRebalancerForeign(address rebalancer, address named, address wanted);
    /// The vault does not do as the policy says.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyVaultRefused(address vault);
    /// Rebalancing and minting have ended for ever.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyWoundDown();
    /// A module must have code.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyNotContract(address account);
    /// Parallel arrays of different lengths.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyLengthMismatch(uint256 a, uint256 b);
    /// Named tokens and those on their way out are more than a vault holds.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyTooManyAssets(uint256 n, uint256 max);
    /// Weights must add up to the whole.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyWeightsSum(uint256 sumBps, uint256 wantedBps);
    /// The token was named twice.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyDuplicateAsset(address token);
    /// A weight on a token that the vault does not list.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyAssetNotListed(address token);
    /// A weight on a token that the oracle does not know.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyAssetNotPriced(address token);
    /// A band is more than nothing and at most the whole.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyBandOutOfRange(uint256 bandBps, uint256 maxBps);
    /// The policy changed since the proposal was written.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyStaleNonce(uint256 given, uint256 current);
    /// A ramp cannot start in the past.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyStartInPast(uint256 start, uint256 now);
    /// A ramp starts within the longest ramp's time from now.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyStartTooLate(uint256 start, uint256 latest);
    /// The ramp is longer than allowed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyRampTooLong(uint256 duration, uint256 max);
    /// The targets would move faster than allowed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyTooFast(uint256 speedBpsPerDay, uint256 max);
    /// No ramp is running, or it starts only after the guardian's act would have ended.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyNothingToHold(uint256 start, uint256 end, uint256 now);
    /// The weight is more than governance allows this asset.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyWeightAboveCap(address token, uint256 weightBps, uint256 capBps);
    /// A greatest weight is at most the whole.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyCapOutOfRange(uint256 capBps, uint256 maxBps);
    /// There is no such mode.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyUnknownMode(uint256 mode, uint256 max);
    /// The guardian may only tighten.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyModeNotTighter(address token, uint256 mode, uint256 current);
    /// Every asset with a weight is quarantined: there is nothing to aim at.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyNoWeightLeft(uint256 quarantinedWad);
    /// There is no such limit.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyUnknownLimit(uint256 id);
    /// Outside the compiled floor and ceiling.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyLimitOutOfRange(uint256 id, uint256 value, uint256 floor, uint256 ceiling);
    /// The guardian may only tighten.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyGuardianCannotLoosen(uint256 id, uint256 value, uint256 current);
    /// The guardian's last act on this subject must first have rested for as long as it lasted.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyGuardianTooSoon(uint256 id, uint256 now, uint256 allowedFrom);
    /// The pause ends too early or too late.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyPauseOutOfRange(uint256 until, uint256 earliest, uint256 latest);
    /// The guardian's last pause must first have rested for as long as it lasted.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyPauseTooSoon(uint256 now, uint256 allowedFrom);
    /// Only the rebalancer settles targets.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyNotRebalancer(address caller, address rebalancer);
    /// The account that is to hold targets and limits could not be made: too little gas.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyMandateUnwritten(uint256 size);
    /// A number left its range; no input is known to lead here.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error PolicyMathOverflow();
}

errors! {
    /// Why the policy refuses.
    pub enum Error {
        AccessControlUnauthorizedAccount { account, role },
        AccessControlBadConfirmation {},
        AccessControlEnforcedDefaultAdminRules {},
        OwnableInvalidOwner { owner },
        OwnableUnauthorizedAccount { account },
        PolicyModulesAlreadySet { vault },
        PolicyModulesUnset {},
        PolicyNothingQueued {},
        PolicyTooEarly { now, readyAt },
        PolicyCodeChanged { account, codeHash, pinned },
        PolicyRebalancerForeign { rebalancer, named, wanted },
        PolicyVaultRefused { vault },
        PolicyWoundDown {},
        PolicyNotContract { account },
        PolicyLengthMismatch { a, b },
        PolicyTooManyAssets { n, max },
        PolicyWeightsSum { sumBps, wantedBps },
        PolicyDuplicateAsset { token },
        PolicyAssetNotListed { token },
        PolicyAssetNotPriced { token },
        PolicyBandOutOfRange { bandBps, maxBps },
        PolicyStaleNonce { given, current },
        PolicyStartInPast { start, now },
        PolicyStartTooLate { start, latest },
        PolicyRampTooLong { duration, max },
        PolicyTooFast { speedBpsPerDay, max },
        PolicyNothingToHold { start, end, now },
        PolicyWeightAboveCap { token, weightBps, capBps },
        PolicyCapOutOfRange { capBps, maxBps },
        PolicyUnknownMode { mode, max },
        PolicyModeNotTighter { token, mode, current },
        PolicyNoWeightLeft { quarantinedWad },
        PolicyUnknownLimit { id },
        PolicyLimitOutOfRange { id, value, floor, ceiling },
        PolicyGuardianCannotLoosen { id, value, current },
        PolicyGuardianTooSoon { id, now, allowedFrom },
        PolicyPauseOutOfRange { until, earliest, latest },
        PolicyPauseTooSoon { now, allowedFrom },
        PolicyNotRebalancer { caller, rebalancer },
        PolicyMandateUnwritten { size },
        PolicyMathOverflow {},
    }
}

/// Declares how each event is told: what is indexed; what is not. All are single words.
macro_rules! events {
    ($($name:ident($($indexed:ident),*; $($field:ident),*);)*) => {
        $(
            impl Event for $name {
                #[inline]
                fn tell(&self, policy: &Policy) {
                    policy.emit(
                        <$name as SolEvent>::SIGNATURE_HASH,
                        &[$(Word::from(&self.$indexed)),*],
                        &[$(Word::from(&self.$field)),*],
                        &[],
                    );
                }
            }
        )*
    };
}

events! {
    RoleGranted(role, account, sender; );
    RoleRevoked(role, account, sender; );
    OwnershipTransferStarted(previousOwner, newOwner; );
    OwnershipTransferred(previousOwner, newOwner; );
    ModulesSet(; vault, oracle, rebalancer);
    ModulesQueued(; oracle, rebalancer, readyAt);
    ModulesCancelled(by; oracle, rebalancer);
    RoleGrantQueued(role, account; readyAt);
    RoleGrantCancelled(role, account, by; );
    TargetsSettled(nonce; );
    TargetsHeld(nonce; until, end);
    LimitSet(id, by; oldValue, newValue);
    LimitTightened(id; governedValue, until);
    ModeSet(token, by; oldMode, newMode, until);
    AssetBoundsSet(token; oldCapBps, newCapBps, oldFloorD36, newFloorD36);
    RebalancePaused(by; oldUntil, newUntil);
}

impl Event for TargetsSet {
    fn tell(&self, policy: &Policy) {
        policy.emit(
            Self::SIGNATURE_HASH,
            &[Word::from(&self.nonce)],
            &[Word::from(&self.start), Word::from(&self.end)],
            &[
                List::Addresses(&self.tokens),
                List::Numbers(&self.oldWeightsWad),
                List::Numbers(&self.newWeightsWad),
                List::Numbers(&self.bandsBps),
            ],
        );
    }
}

/// What a private function of the program answers.
pub(crate) type Answer<T> = Result<T, Error>;

/// A number left its range.
pub(crate) fn overflow() -> Error {
    PolicyMathOverflow {}.into()
}
