//! Calls that change a carrier itself, and those that move tokens.

use alloy::{primitives::Address, sol};

use self::IPowers::IPowersCalls;
use super::warnings::Id;
use crate::{
    book::{self, Book},
    words,
};

sol! {
    /// What changes a carrier itself.
    #[allow(missing_docs)]
    interface IPowers {
        function updateDelay(uint256 newDelay) external;
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address account) external;
        function addOwnerWithThreshold(address owner, uint256 threshold) external;
        function removeOwner(address prevOwner, address owner, uint256 threshold) external;
        function swapOwner(address prevOwner, address oldOwner, address newOwner) external;
        function changeThreshold(uint256 threshold) external;
        function enableModule(address module) external;
        function disableModule(address prevModule, address module) external;
        function setGuard(address guard) external;
        function setModuleGuard(address guard) external;
        function setFallbackHandler(address handler) external;
        function setVotingDelay(uint48 delay) external;
        function setVotingPeriod(uint32 period) external;
        function setProposalThreshold(uint256 threshold) external;
        function updateQuorumNumerator(uint256 numerator) external;
        function updateTimelock(address timelock) external;
        function relay(address target, uint256 value, bytes data) external payable;
        function grant(address where, address who, bytes32 permission) external;
        function revoke(address where, address who, bytes32 permission) external;
        function upgradeTo(address implementation) external;
        function upgradeToAndCall(address implementation, bytes data) external payable;
        function transfer(address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }
}

/// The function's name, what is the matter with it, and what it does, at `who`.
pub fn said(power: &IPowersCalls, who: &str, book: &Book) -> (&'static str, Id, String) {
    use IPowersCalls as P;
    let called = |address: Address| book.called(address);
    match power {
        P::updateDelay(c) => (
            "updateDelay",
            match c.newDelay.is_zero() {
                true => Id::ZeroDelay,
                false => Id::DelayChanged,
            },
            format!(
                "the timelock's least delay becomes {}",
                words::duration(c.newDelay)
            ),
        ),
        P::grantRole(c) => (
            "grantRole",
            Id::RoleGrant,
            format!(
                "{} becomes {} at {who}",
                called(c.account),
                book::role(c.role)
            ),
        ),
        P::revokeRole(c) => (
            "revokeRole",
            Id::RoleRemoved,
            format!(
                "{} is no longer {} at {who}",
                called(c.account),
                book::role(c.role)
            ),
        ),
        P::renounceRole(c) => (
            "renounceRole",
            Id::RoleRemoved,
            format!(
                "{} gives up being {} at {who}",
                called(c.account),
                book::role(c.role)
            ),
        ),
        P::grant(c) => (
            "grant",
            Id::RoleGrant,
            format!(
                "{} may {} at {}",
                called(c.who),
                c.permission,
                called(c.r#where)
            ),
        ),
        P::revoke(c) => (
            "revoke",
            Id::RoleRemoved,
            format!(
                "{} may no longer {} at {}",
                called(c.who),
                c.permission,
                called(c.r#where)
            ),
        ),
        P::addOwnerWithThreshold(c) => (
            "addOwnerWithThreshold",
            Id::SafePowers,
            format!(
                "{} becomes an owner of the Safe; {} must sign",
                called(c.owner),
                c.threshold
            ),
        ),
        P::removeOwner(c) => (
            "removeOwner",
            Id::SafePowers,
            format!(
                "{} is no longer an owner of the Safe; {} must sign",
                called(c.owner),
                c.threshold
            ),
        ),
        P::swapOwner(c) => (
            "swapOwner",
            Id::SafePowers,
            format!(
                "{} takes the place of {} in the Safe",
                called(c.newOwner),
                called(c.oldOwner)
            ),
        ),
        P::changeThreshold(c) => (
            "changeThreshold",
            Id::SafePowers,
            format!("{} owners of the Safe must sign", c.threshold),
        ),
        P::enableModule(c) => (
            "enableModule",
            Id::SafePowers,
            format!(
                "{} may act as the Safe without signatures",
                called(c.module)
            ),
        ),
        P::disableModule(c) => (
            "disableModule",
            Id::SafePowers,
            format!("{} may no longer act as the Safe", called(c.module)),
        ),
        P::setGuard(c) => (
            "setGuard",
            Id::SafePowers,
            format!("{} guards the Safe", called(c.guard)),
        ),
        P::setModuleGuard(c) => (
            "setModuleGuard",
            Id::SafePowers,
            format!("{} guards the modules of the Safe", called(c.guard)),
        ),
        P::setFallbackHandler(c) => (
            "setFallbackHandler",
            Id::SafePowers,
            format!("{} answers for the Safe", called(c.handler)),
        ),
        P::setVotingDelay(c) => (
            "setVotingDelay",
            Id::GovernorPowers,
            format!("votes begin {} after a proposal", c.delay),
        ),
        P::setVotingPeriod(c) => (
            "setVotingPeriod",
            Id::GovernorPowers,
            format!("votes last {}", c.period),
        ),
        P::setProposalThreshold(c) => (
            "setProposalThreshold",
            Id::GovernorPowers,
            format!("whoever has {} votes may propose", c.threshold),
        ),
        P::updateQuorumNumerator(c) => (
            "updateQuorumNumerator",
            Id::GovernorPowers,
            format!("the quorum's numerator becomes {}", c.numerator),
        ),
        P::updateTimelock(c) => (
            "updateTimelock",
            Id::GovernorPowers,
            format!("the Governor executes through {}", called(c.timelock)),
        ),
        P::relay(c) => (
            "relay",
            Id::GovernorPowers,
            format!(
                "the Governor itself calls {} with {} wei",
                called(c.target),
                c.value
            ),
        ),
        P::upgradeTo(c) => (
            "upgradeTo",
            Id::ModuleReplacement,
            format!(
                "the code of {who} becomes that of {}",
                called(c.implementation)
            ),
        ),
        P::upgradeToAndCall(c) => (
            "upgradeToAndCall",
            Id::ModuleReplacement,
            format!(
                "the code of {who} becomes that of {}",
                called(c.implementation)
            ),
        ),
        P::transfer(c) => (
            "transfer",
            Id::TokenMoved,
            format!("send {} of {who} to {}", c.amount, called(c.to)),
        ),
        P::approve(c) => (
            "approve",
            Id::TokenMoved,
            format!("{} may take {} of {who}", called(c.spender), c.amount),
        ),
        P::transferFrom(c) => (
            "transferFrom",
            Id::TokenMoved,
            format!(
                "send {} of {who} from {} to {}",
                c.amount,
                called(c.from),
                called(c.to)
            ),
        ),
    }
}
