//! What deserves a second look, each by an id that never changes.

use serde::Serialize;

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// Somebody gets a role, or a permission at an Aragon DAO.
    RoleGrant,
    /// Somebody loses a role or gives it up.
    RoleRemoved,
    /// The owner changes.
    OwnershipTransfer,
    /// A program is replaced.
    ModuleReplacement,
    /// What an asset is priced by is replaced.
    FeedReplacement,
    /// There is no way back.
    Irreversible,
    /// An operation is held back for no time at all.
    ZeroDelay,
    /// An operation is held back for less than the timelock, or a day, asks.
    ShortDelay,
    /// The timelock's own delay changes.
    DelayChanged,
    /// A program is called with something that it does not have.
    UnknownFunction,
    /// A program is called, but not to set anything.
    NoSetting,
    /// A contract is called that the record does not name.
    UnknownTarget,
    /// A contract that the record does not name is called as one of our programs, or looks like one by its address.
    LookAlike,
    /// Somebody else's code runs as the caller.
    Delegatecall,
    /// Ether goes along.
    ValueTransfer,
    /// Something is loosened.
    Loosened,
    /// No chain was asked whether something is loosened.
    NotCompared,
    /// The programs would refuse it now.
    Refused,
    /// A batch in a batch.
    NestedBatch,
    /// Calldata is not written in the one usual way: trailing bytes, dirty padding, odd offsets.
    NotCanonical,
    /// Calldata is cut, or its lists do not match.
    Malformed,
    /// Some call may fail without the others being undone.
    FailuresAllowed,
    /// The Safe pays somebody for executing.
    SafeRefund,
    /// The owners, modules, guard or code of a Safe change.
    SafePowers,
    /// The rules of a Governor change, or it makes a call by itself.
    GovernorPowers,
    /// The document's checksum is not that of its content.
    ChecksumMismatch,
    /// The document is for another chain.
    WrongChain,
    /// What a document says in words is not what its calldata does.
    WordsDiffer,
    /// The text hides or turns characters.
    DeceptiveText,
    /// A token is approved or sent.
    TokenMoved,
}

impl Id {
    /// Every one.
    pub const ALL: [Self; 30] = [
        Self::RoleGrant,
        Self::RoleRemoved,
        Self::OwnershipTransfer,
        Self::ModuleReplacement,
        Self::FeedReplacement,
        Self::Irreversible,
        Self::ZeroDelay,
        Self::ShortDelay,
        Self::DelayChanged,
        Self::UnknownFunction,
        Self::NoSetting,
        Self::UnknownTarget,
        Self::LookAlike,
        Self::Delegatecall,
        Self::ValueTransfer,
        Self::Loosened,
        Self::NotCompared,
        Self::Refused,
        Self::NestedBatch,
        Self::NotCanonical,
        Self::Malformed,
        Self::FailuresAllowed,
        Self::SafeRefund,
        Self::SafePowers,
        Self::GovernorPowers,
        Self::ChecksumMismatch,
        Self::WrongChain,
        Self::WordsDiffer,
        Self::DeceptiveText,
        Self::TokenMoved,
    ];
}

/// One thing that deserves a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What is the matter.
    pub id: Id,
    /// Which call, as `2.1` is the first inside the second; empty for the document.
    pub path: String,
    /// The same in words.
    pub message: String,
}

impl Warning {
    /// A warning about the call at `path`.
    pub fn new(id: Id, path: &str, message: String) -> Self {
        Self {
            id,
            path: path.into(),
            message,
        }
    }
}

/// Whether a text holds characters that hide or turn others.
pub fn is_deceptive(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars()
        .any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c))
}
