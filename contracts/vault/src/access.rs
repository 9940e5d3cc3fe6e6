//! Who may do what, and when: the lock, the roles that the policy keeps, the pause of minting.

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{
    authority, clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
    erc20::ALL_GAS,
    guardian::Refusal,
    raw,
};
use stylus_sdk::{function_selector, prelude::*};

use crate::{
    head::{GuardianPause, Head},
    roster::Roster,
    types::*,
    words::{to_address, word},
    Vault,
};

/// The end of the pause that never ends: only the policy sets it, and nothing changes it.
const WOUND_DOWN: u64 = u64::MAX;

const MODULES: [u8; 4] = function_selector!("modules");

impl Vault {
    /// Runs `act` with the lock closed: the one place where it opens or closes.
    ///
    /// A refusal leaves it to the frame's roll-back to open the lock again, with everything else.
    ///
    /// # Source
    /// Invariant 25.
    pub(crate) fn guarded<T>(&mut self, act: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        self.require_open()?;
        self.set_locked(true);
        let answer = act(self)?;
        self.set_locked(false);
        Ok(answer)
    }

    /// Refuses while the lock is closed.
    pub(crate) fn require_open(&self) -> Answer<()> {
        if self.head.get().locked {
            return Err(VaultLocked {}.into());
        }
        Ok(())
    }

    fn set_locked(&mut self, locked: bool) {
        let head = self.head.get();
        self.head.set(Head { locked, ..head });
    }

    /// Refuses a caller to whom the policy gives no `role`.
    pub(crate) fn require_role(&self, role: B256) -> Answer<()> {
        let caller = self.vm().msg_sender();
        if !self.has_role(role, caller) {
            return Err(VaultUnauthorized { caller, role }.into());
        }
        Ok(())
    }

    /// Whether `account` is the vault, its policy or its rebalancer.
    pub(crate) fn is_neighbour(&self, roster: &Roster, account: Address) -> bool {
        account == self.vm().contract_address()
            || account == roster.policy
            || account == roster.rebalancer
    }

    /// Whether `account` is one of the programs around the vault, or the vault.
    pub(crate) fn is_module(&self, roster: &Roster, account: Address) -> bool {
        if self.is_neighbour(roster, account) {
            return true;
        }
        let answer = raw::static_call(roster.policy, &MODULES, ALL_GAS, 96).unwrap_or_default();
        (0..3).any(|i| word(&answer, i).map(to_address) == Some(account))
    }

    /// Pauses minting for whichever of the two roles the caller holds.
    ///
    /// The guardian's pause ends within `GUARDIAN_ACT_MAX_S` of its first day, however often it is made
    /// longer, and the next one has to wait for as long as the last was declared to last.
    ///
    /// # Source
    /// Invariant 27.
    #[inline(never)]
    pub(crate) fn pause_by_role(&mut self, until: U256) -> Answer<()> {
        // The policy ends minting for ever; it is in the middle of a call and cannot be asked about itself.
        if self.is_policy() {
            return self.write_pause(WOUND_DOWN);
        }
        let by = self.vm().msg_sender();
        if self.has_role(DEFAULT_ADMIN_ROLE, by) {
            let latest = WOUND_DOWN.saturating_sub(1);
            return match u64::try_from(until) {
                Ok(new) if new <= latest => self.write_pause(new),
                _ => Err(out_of_range(until, 0, latest)),
            };
        }
        self.require_role(GUARDIAN_ROLE)?;

        let now = clock::now(self.vm());
        let GuardianPause(last) = self.guardian.get();
        let pause = last
            .ask(now, self.head.get().mint_paused_until, until)
            .map_err(|refusal| refused(refusal, now, until))?;
        self.guardian.set(GuardianPause(pause));
        self.write_pause(pause.until)
    }

    /// Whether the policy calls.
    pub(crate) fn is_policy(&self) -> bool {
        self.vm().msg_sender() == self.roster().policy
    }

    /// Stores the end of the pause of minting and tells it; a wind-down has none.
    pub(crate) fn write_pause(&mut self, until: u64) -> Answer<()> {
        let head = self.head.get();
        if head.mint_paused_until == WOUND_DOWN {
            return Err(VaultWoundDown {}.into());
        }
        self.head.set(Head {
            mint_paused_until: until,
            ..head
        });
        self.tell(MintPaused {
            oldUntil: U256::from(head.mint_paused_until),
            newUntil: U256::from(until),
            by: self.vm().msg_sender(),
        });
        Ok(())
    }

    pub(crate) fn has_role(&self, role: B256, account: Address) -> bool {
        authority::has_role(self.roster().policy, role, account)
    }
}

pub(crate) fn refused(refusal: Refusal, now: u64, until: U256) -> Error {
    match refusal {
        Refusal::TooSoon { allowed_from } => VaultPauseTooSoon {
            now: U256::from(now),
            allowedFrom: U256::from(allowed_from),
        }
        .into(),
        Refusal::OutOfRange { earliest, latest } => out_of_range(until, earliest, latest),
    }
}

fn out_of_range(until: U256, earliest: u64, latest: u64) -> Error {
    VaultPauseOutOfRange {
        until,
        earliest: U256::from(earliest),
        latest: U256::from(latest),
    }
    .into()
}
