//! What waits for the compiled delay: other modules, grants of roles, another owner. And the end of everything.
//!
//! A time is written when something is queued, always `MODULE_DELAY_S` from then on, so none ever becomes earlier.
//! Before the first targets nothing trades and nothing waits: a treasury is set up in one run.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
    raw, words as abi,
};
use stylus_sdk::{function_selector, prelude::*};

use crate::{pause::WOUND_DOWN, roles::HELD, types::*, Policy};

/// Subject of the guardian's act that cancels queued modules: no limit has this id.
const MODULES: U256 = U256::MAX.wrapping_sub(U256::from_limbs([2, 0, 0, 0]));
/// Subject of the guardian's act that cancels a queued grant, whichever: no limit has this id.
const GRANTS: U256 = U256::MAX.wrapping_sub(U256::from_limbs([3, 0, 0, 0]));

const SET_REBALANCER: [u8; 4] = function_selector!("setRebalancer", Address);
const PAUSE_MINT: [u8; 4] = function_selector!("pauseMint", U256);
const MODULES_OF: [u8; 4] = function_selector!("modules");

impl Policy {
    /// Whether the treasury is set up: from its first targets on.
    #[inline(never)]
    pub(crate) fn is_set_up(&self) -> Answer<bool> {
        Ok(self.mandate(&self.head())?.has_targets())
    }

    /// From when something that is queued now may be executed, seconds.
    fn due(&self) -> u64 {
        clock::now(self.vm()).saturating_add(MODULE_DELAY_S)
    }

    /// Refuses before a time, seconds.
    #[inline(never)]
    pub(crate) fn require_due(&self, from: u64) -> Answer<()> {
        let now = clock::now(self.vm());
        if now < from {
            return Err(PolicyTooEarly {
                now: U256::from(now),
                readyAt: U256::from(from),
            }
            .into());
        }
        Ok(())
    }

    /// Lets the governor cancel as it likes, and the guardian as an act of its own.
    ///
    /// # Source
    /// Invariant 27: what the guardian cancelled can be queued again, and is then beyond its reach.
    fn require_canceller(&mut self, subject: U256) -> Answer<()> {
        if self.holds(DEFAULT_ADMIN_ROLE, self.vm().msg_sender()) {
            return Ok(());
        }
        self.only(GUARDIAN_ROLE)?;
        let now = clock::now(self.vm());
        self.begin_act(subject, now)?;
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn queue_both(&mut self, oracle: Address, rebalancer: Address) -> Answer<()> {
        self.require_going_on()?;
        if self.vault.get().is_zero() {
            return Err(PolicyModulesUnset {}.into());
        }
        for account in [oracle, rebalancer] {
            if !raw::has_code(self.vm(), account) {
                return Err(PolicyNotContract { account }.into());
            }
        }
        self.require_of_this(oracle, rebalancer)?;
        let ready_at = U256::from(self.due());
        let codes = [oracle, rebalancer].map(|account| self.vm().code_hash(account));
        self.write_queue(oracle, rebalancer, codes, ready_at);
        self.tell(ModulesQueued {
            oracle,
            rebalancer,
            readyAt: ready_at,
        });
        Ok(())
    }

    /// Refuses a rebalancer that was made for another vault, policy or oracle: two days from now it would be in place and trade
    /// nothing, or believe another oracle than the policy does.
    fn require_of_this(&self, oracle: Address, rebalancer: Address) -> Answer<()> {
        let named = raw::static_call(rebalancer, &MODULES_OF, u64::MAX, 96).unwrap_or_default();
        let mut words = named.chunks_exact(32);
        for wanted in [self.vault.get(), self.vm().contract_address(), oracle] {
            let word = words.next().and_then(|word| B256::try_from(word).ok());
            let named = Address::from_word(word.unwrap_or_default());
            if named != wanted {
                return Err(PolicyRebalancerForeign {
                    rebalancer,
                    named,
                    wanted,
                }
                .into());
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn write_queue(
        &mut self,
        oracle: Address,
        rebalancer: Address,
        [oracle_code, rebalancer_code]: [B256; 2],
        ready_at: U256,
    ) {
        self.queued_oracle.set(oracle);
        self.queued_rebalancer.set(rebalancer);
        self.queued_oracle_code.set(oracle_code);
        self.queued_rebalancer_code.set(rebalancer_code);
        self.queued_modules_at.set(ready_at);
    }

    fn clear_queue(&mut self) {
        let nobody = Address::ZERO;
        self.write_queue(nobody, nobody, [B256::ZERO; 2], U256::ZERO);
    }

    #[inline(never)]
    pub(crate) fn set_queued(&mut self) -> Answer<()> {
        self.require_going_on()?;
        let ready_at = queued(self.queued_modules_at.get())?;
        self.require_due(ready_at)?;
        let (oracle, rebalancer) = (self.queued_oracle.get(), self.queued_rebalancer.get());
        let pinned = [
            (oracle, self.queued_oracle_code.get()),
            (rebalancer, self.queued_rebalancer_code.get()),
        ];
        for (account, pinned) in pinned {
            let code = self.vm().code_hash(account);
            if code != pinned {
                return Err(PolicyCodeChanged {
                    account,
                    codeHash: code,
                    pinned,
                }
                .into());
            }
        }
        self.clear_queue();
        self.oracle.set(oracle);
        let vault = self.vault.get();
        if rebalancer != self.rebalancer.get() {
            self.rebalancer.set(rebalancer);
            let word = U256::from_be_bytes(rebalancer.into_word().0);
            tell_vault(vault, SET_REBALANCER, word)?;
        }
        self.tell(ModulesSet {
            vault,
            oracle,
            rebalancer,
        });
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn cancel_both(&mut self) -> Answer<()> {
        self.require_canceller(MODULES)?;
        queued(self.queued_modules_at.get())?;
        let (oracle, rebalancer) = (self.queued_oracle.get(), self.queued_rebalancer.get());
        self.clear_queue();
        let by = self.vm().msg_sender();
        self.tell(ModulesCancelled {
            oracle,
            rebalancer,
            by,
        });
        Ok(())
    }

    /// From when a queued grant may be executed, seconds; 0 for none.
    pub(crate) fn queued_grant(&self, role: B256, account: Address) -> U256 {
        match self.roles.getter(role).get(account) {
            HELD => U256::ZERO,
            ready_at => ready_at,
        }
    }

    /// Queues a grant, and tells it; nothing for a role that is held.
    #[inline(never)]
    pub(crate) fn queue_grant(&mut self, role: B256, account: Address) {
        if self.holds(role, account) {
            return;
        }
        let ready_at = U256::from(self.due());
        self.set_role(role, account, ready_at);
        self.tell(RoleGrantQueued {
            role,
            account,
            readyAt: ready_at,
        });
    }

    #[inline(never)]
    pub(crate) fn give_queued(&mut self, role: B256, account: Address) -> Answer<()> {
        let ready_at = queued(self.queued_grant(role, account))?;
        self.require_due(ready_at)?;
        self.give(role, account);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn cancel_queued_grant(&mut self, role: B256, account: Address) -> Answer<()> {
        self.require_canceller(GRANTS)?;
        queued(self.queued_grant(role, account))?;
        self.set_role(role, account, U256::ZERO);
        let by = self.vm().msg_sender();
        self.tell(RoleGrantCancelled { role, account, by });
        Ok(())
    }

    /// Whom the owner named, and from when it may accept, seconds.
    pub(crate) fn successor(&self) -> (Address, u64) {
        let word = self.pending_owner.get();
        let [_, _, high, from] = word.into_limbs();
        // {s}: the time stands above 160 bits, in the upper half of one limb and the lower of the next.
        let from = from << 32 | high >> 32;
        (Address::from_word(word.into()), from)
    }

    /// Names a successor, who may accept at once only before the first targets.
    #[inline(never)]
    pub(crate) fn name_successor(&mut self, successor: Address) -> Answer<()> {
        let from = if self.is_set_up()? { self.due() } else { 0 };
        let [low, middle, high, _] = U256::from_be_bytes(successor.into_word().0).into_limbs();
        let word = U256::from_limbs([low, middle, high | from << 32, from >> 32]);
        self.pending_owner.set(word);
        Ok(())
    }

    /// Ends rebalancing and minting for ever.
    #[inline(never)]
    pub(crate) fn end_everything(&mut self) -> Answer<()> {
        let vault = self.vault.get();
        if vault.is_zero() {
            return Err(PolicyModulesUnset {}.into());
        }
        self.write_pause(WOUND_DOWN)?;
        tell_vault(vault, PAUSE_MINT, U256::from(u64::MAX))
    }
}

/// The time of something that is queued.
fn queued(ready_at: U256) -> Answer<u64> {
    match u64::try_from(ready_at) {
        Ok(ready_at) if ready_at != 0 => Ok(ready_at),
        _ => Err(PolicyNothingQueued {}.into()),
    }
}

/// Calls the vault with one word, as the one whom it obeys beside its governor.
fn tell_vault(vault: Address, selector: [u8; 4], word: U256) -> Answer<()> {
    let mut data = Vec::with_capacity(36);
    data.extend_from_slice(&selector);
    data.extend_from_slice(&abi::bytes(word));
    match raw::call(vault, &data, u64::MAX, 0) {
        Ok(_) => Ok(()),
        Err(_) => Err(PolicyVaultRefused { vault }.into()),
    }
}
