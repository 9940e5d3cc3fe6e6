//! Every call by which governance changes something: its name here, what it does, and where the chain tells the result.

use crate::interfaces::Module::{self, Oracle, Policy, Vault};

/// A call that changes settings.
#[derive(Debug)]
pub struct Setter {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The program that has it.
    pub module: Module,
    /// The program's function.
    pub function: &'static str,
    /// What it does, to follow "would".
    pub title: &'static str,
    /// Why a reader should look twice, whatever the arguments.
    pub alarm: Option<Alarm>,
    /// Which views tell what it changes.
    pub watched: &'static [View],
}

/// A view that tells what a call changes.
#[derive(Debug)]
pub struct View {
    /// The program that has it.
    pub module: Module,
    /// The program's function.
    pub function: &'static str,
    /// Which of the call's arguments it is asked with.
    pub inputs: &'static [usize],
}

/// What is grave about a call whatever its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alarm {
    /// Somebody gets a role.
    RoleGrant,
    /// Somebody loses a role, or gives it up.
    RoleRemoved,
    /// The owner changes.
    Ownership,
    /// A program is replaced.
    Module,
    /// What an asset is priced by is replaced, or nothing prices it any more.
    Feed,
    /// There is no way back.
    Irreversible,
}

const fn view(module: Module, function: &'static str, inputs: &'static [usize]) -> View {
    View {
        module,
        function,
        inputs,
    }
}

macro_rules! setters {
    ($($name:literal, $module:ident . $function:literal, $title:literal, $alarm:expr, [$($m:ident . $v:literal ($($i:literal),*)),*];)*) => {
        &[$(Setter {
            name: $name, module: $module, function: $function, title: $title, alarm: $alarm,
            watched: &[$(view($m, $v, &[$($i),*])),*],
        }),*]
    };
}

/// All of them: what roles.md lists, and what anybody may do to finish it.
#[rustfmt::skip]
pub static SETTERS: &[Setter] = setters![
    "targets", Policy."setTargets", "set target weights", None, [Policy."targets"()];
    "hold-targets", Policy."holdTargets", "hold the ramp of the targets", None, [Policy."targets"()];
    "limit", Policy."setLimit", "set a limit", None, [Policy."limit"(0)];
    "mode", Policy."setMode", "set what may be done with an asset", None, [Policy."assetRule"(0)];
    "bounds", Policy."setAssetBounds", "set an asset's greatest weight and its floor price", None, [Policy."assetRule"(0)];
    "pause-rebalance", Policy."pauseRebalance", "pause rebalancing", None, [Policy."pausedUntil"()];
    "unpause-rebalance", Policy."unpauseRebalance", "end the pause of rebalancing", None, [Policy."pausedUntil"()];
    "wind-down", Policy."windDown", "end rebalancing and minting for ever", Some(Alarm::Irreversible), [Policy."pausedUntil"(), Vault."mintPausedUntil"()];
    "set-modules", Policy."setModules", "name vault, oracle and rebalancer", Some(Alarm::Module), [Policy."modules"()];
    "queue-modules", Policy."queueModules", "queue another oracle and rebalancer", Some(Alarm::Module), [Policy."pendingModules"()];
    "execute-modules", Policy."executeModules", "put the queued oracle and rebalancer into force", Some(Alarm::Module), [Policy."modules"(), Policy."pendingModules"()];
    "cancel-modules", Policy."cancelModules", "forget the queued modules", None, [Policy."pendingModules"()];
    "grant-role", Policy."grantRole", "give a role", Some(Alarm::RoleGrant), [Policy."hasRole"(0, 1), Policy."pendingGrant"(0, 1)];
    "execute-grant", Policy."executeGrant", "give a role that was queued", Some(Alarm::RoleGrant), [Policy."hasRole"(0, 1), Policy."pendingGrant"(0, 1)];
    "cancel-grant", Policy."cancelGrant", "take a queued grant back", None, [Policy."pendingGrant"(0, 1)];
    "revoke-role", Policy."revokeRole", "take a role", Some(Alarm::RoleRemoved), [Policy."hasRole"(0, 1), Policy."pendingGrant"(0, 1)];
    "renounce-role", Policy."renounceRole", "give up a role", Some(Alarm::RoleRemoved), [Policy."hasRole"(0, 1), Policy."pendingGrant"(0, 1)];
    "transfer-ownership", Policy."transferOwnership", "name another owner", Some(Alarm::Ownership), [Policy."owner"(), Policy."pendingOwner"(), Policy."ownershipAcceptedFrom"()];
    "accept-ownership", Policy."acceptOwnership", "become the owner", Some(Alarm::Ownership), [Policy."owner"(), Policy."pendingOwner"()];

    "set-rebalancer", Vault."setRebalancer", "name the vault's rebalancer", Some(Alarm::Module), [Vault."rebalancer"()];
    "list-asset", Vault."listAsset", "list an asset", None, [Vault."isConstituent"(0), Vault."minHolding"(0)];
    "delist-asset", Vault."delistAsset", "delist an asset", None, [Vault."isConstituent"(0)];
    "pocket-asset", Vault."pocketAsset", "delist an asset and set what is held of it aside for those who hold shares now", Some(Alarm::Irreversible), [Vault."isConstituent"(0), Vault."pocketCount"()];
    "seed", Vault."seed", "seed the vault", None, [Vault."seeded"(), Vault."totalSupply"()];
    "pause-mint", Vault."pauseMint", "pause minting", None, [Vault."mintPausedUntil"()];
    "unpause-mint", Vault."unpauseMint", "end the pause of minting", None, [Vault."mintPausedUntil"()];
    "supply-cap", Vault."setSupplyCap", "set the most shares that there may be", None, [Vault."supplyCap"()];
    "lower-supply-cap", Vault."lowerSupplyCap", "lower the most shares that there may be for a time", None, [Vault."supplyCap"()];
    "fees", Vault."setFees", "set the fees", None, [Vault."fees"(), Vault."pendingFees"()];
    "apply-fees", Vault."applyFees", "put the fees that wait into force", None, [Vault."fees"(), Vault."pendingFees"()];
    "cancel-fees", Vault."cancelFees", "drop the fees that wait", None, [Vault."pendingFees"()];
    "accrue-fees", Vault."accrueFees", "give the recipient what the management fee has made", None, [];
    "announce-absorb", Vault."announceAbsorb", "announce that stray tokens are absorbed", None, [Vault."absorption"(0)];
    "absorb", Vault."absorb", "absorb stray tokens", None, [Vault."absorption"(0)];

    "feed", Oracle."setFeed", "price an asset by a feed", None, [Oracle."isPriced"(0), Oracle."feedOf"(0)];
    "composite-feed", Oracle."setCompositeFeed", "price an asset by two feeds multiplied", None, [Oracle."isPriced"(0), Oracle."feedOf"(0), Oracle."detailsOf"(0)];
    "second-source", Oracle."setSecondSource", "set the source with which a price must agree", None, [Oracle."detailsOf"(0)];
    "queue-feed", Oracle."queueFeed", "queue another feed", Some(Alarm::Feed), [Oracle."pendingOf"(0)];
    "queue-second-source", Oracle."queueSecondSource", "queue another second source", Some(Alarm::Feed), [Oracle."pendingOf"(0)];
    "activate", Oracle."activate", "put a queued feed or second source into force", Some(Alarm::Feed), [Oracle."feedOf"(0), Oracle."detailsOf"(0), Oracle."pendingOf"(0)];
    "cancel-change", Oracle."cancelChange", "give up a queued feed or second source", None, [Oracle."pendingOf"(0)];
    "volatility", Oracle."setVolatility", "watch how much a price moves", None, [Oracle."detailsOf"(0)];
    "remove-feed", Oracle."removeFeed", "forget an asset's feed", Some(Alarm::Feed), [Oracle."isPriced"(0)];
    "sequencer-feed", Oracle."setSequencerFeed", "set the sequencer's uptime feed", Some(Alarm::Feed), [Oracle."sequencer"()];
    "pin-phase", Oracle."pinPhase", "pin the phases that an asset's feeds are in", None, [];
    "report-feed", Oracle."reportFeed", "note since when a price is refused", None, [Oracle."pendingOf"(0)];
    "observe", Oracle."observe", "look at prices", None, [];
];

/// A setter by what it is called on the command line.
pub fn named(name: &str) -> Option<&'static Setter> {
    SETTERS.iter().find(|setter| setter.name == name)
}

/// A setter by the program's function.
pub fn of(module: Module, function: &str) -> Option<&'static Setter> {
    SETTERS
        .iter()
        .find(|setter| setter.module == module && setter.function == function)
}

/// Ids and names of the policy's limits.
pub const LIMITS: [&str; 16] = [
    "MAX_SLIPPAGE_BPS",
    "COOLDOWN_S",
    "SLICE_COOLDOWN_S",
    "MIN_PROGRESS_BPS",
    "MIN_NOTIONAL_WAD",
    "MIN_DRIFT_BPS",
    "MAX_TURNOVER_BPS",
    "RAMP_S",
    "HOLD_S",
    "LOSS_BUDGET_BPS",
    "LOSS_PERIOD_S",
    "YEARLY_LOSS_BPS",
    "TURNOVER_BUDGET_BPS",
    "TURNOVER_PERIOD_S",
    "SCHEDULE_INTERVAL_S",
    "BAND_STRESS_CAP_BPS",
];

/// What the oracle's `detailsOf` answers, by place; `pendingOf` from its ninth number on.
pub const DETAILS: [&str; 18] = [
    "baseFeed",
    "baseHeartbeat",
    "baseMinAnswer",
    "baseMaxAnswer",
    "baseLagBps",
    "baseDecimals",
    "capRatio",
    "capSince",
    "maxGrowthBps",
    "secondSource",
    "secondId",
    "secondWindow",
    "secondMaxConfidenceBps",
    "secondLimitBps",
    "volatilityReferenceBps",
    "breakerBps",
    "observedAt",
    "volatilityWad",
];

/// What the oracle's `pendingOf` answers first, by place.
pub const PENDING: [&str; 9] = [
    "isSecond",
    "readyAt",
    "refusedSince",
    "feed",
    "heartbeat",
    "minAnswer",
    "maxAnswer",
    "lagBps",
    "feedDecimals",
];
