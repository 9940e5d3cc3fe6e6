//! How many shares there may be: the governor's cap, and the guardian's lower one for a time.
//!
//! | bits | 0–127 | 128–255 |
//! |---|---|---|
//! | slot | the governor's cap | the guardian's |

use alloy_primitives::{B256, U256};
use ballast_interfaces::{clock, slot::Word};
use stylus_sdk::prelude::*;

use crate::{
    access::refused,
    head::{GuardianPause, Head},
    slots::add,
    types::*,
    Vault,
};

/// Most shares that there can be: 2^128 − 1, {share}. A cap as high is none.
pub const MAX_SUPPLY: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0, 0]);

/// The two caps, each at most [`MAX_SUPPLY`]: {share}.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Caps {
    pub(crate) governed: U256,
    /// While the guardian's act lasts.
    pub(crate) lowered: U256,
}

impl Word for Caps {
    fn from_slot(word: B256) -> Self {
        let [a, b, c, d] = U256::from_slot(word).into_limbs();
        Self {
            governed: U256::from_limbs([a, b, 0, 0]),
            lowered: U256::from_limbs([c, d, 0, 0]),
        }
    }

    fn to_slot(self) -> B256 {
        let [a, b, ..] = self.governed.into_limbs();
        let [c, d, ..] = self.lowered.into_limbs();
        U256::from_limbs([a, b, c, d]).to_slot()
    }
}

impl Vault {
    /// The caps as they are in force now.
    fn caps_now(&self) -> Caps {
        let mut caps = Caps {
            governed: MAX_SUPPLY,
            lowered: MAX_SUPPLY,
        };
        if self.head.get().capped {
            caps = self.caps.get();
            let GuardianPause(act) = self.cap_act.get();
            if clock::now(self.vm()) >= act.until {
                caps.lowered = MAX_SUPPLY;
            }
        }
        caps
    }

    /// Most shares that there may be now: {share}.
    pub(crate) fn cap(&self) -> U256 {
        let caps = self.caps_now();
        caps.governed.min(caps.lowered)
    }

    /// Refuses to make shares beyond the cap.
    pub(crate) fn require_below_cap(&self, shares: U256) -> Answer<()> {
        let cap = self.cap();
        // {share} = {share} + {share}
        let supply = add(self.supply()?, shares)?;
        if supply > cap {
            return Err(VaultSupplyCapExceeded { supply, cap }.into());
        }
        Ok(())
    }

    /// The governor's cap; ends what the guardian lowered, not its rest.
    #[inline(never)]
    pub(crate) fn govern_cap(&mut self, cap: U256) -> Answer<()> {
        let old = self.cap();
        let caps = Caps {
            governed: cap.min(MAX_SUPPLY),
            lowered: MAX_SUPPLY,
        };
        self.set_caps(old, caps, 0)
    }

    /// The guardian's lower cap until then: an act as its pause of minting.
    ///
    /// # Source
    /// Invariants 19 and 27; docs/decisions/0006.
    #[inline(never)]
    pub(crate) fn lower_cap(&mut self, cap: U256, until: U256) -> Answer<()> {
        let old = self.cap();
        if cap > old {
            return Err(VaultSupplyCapAbove { cap, present: old }.into());
        }
        let mut caps = self.caps_now();
        let GuardianPause(last) = self.cap_act.get();
        // What the governor ended is not there to be made longer.
        let present = if caps.lowered < MAX_SUPPLY {
            last.until
        } else {
            0
        };
        let now = clock::now(self.vm());
        let act = last
            .ask(now, present, until)
            .map_err(|refusal| refused(refusal, now, until))?;
        self.cap_act.set(GuardianPause(act));
        caps.lowered = cap;
        self.set_caps(old, caps, act.until)
    }

    fn set_caps(&mut self, old: U256, caps: Caps, until: u64) -> Answer<()> {
        self.caps.set(caps);
        let head = self.head.get();
        self.head.set(Head {
            capped: caps.governed.min(caps.lowered) < MAX_SUPPLY,
            ..head
        });
        self.tell(SupplyCapSet {
            by: self.vm().msg_sender(),
            oldCap: old,
            newCap: caps.governed.min(caps.lowered),
            until: U256::from(until),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cap_has_half_a_slot() {
        let word: U256 = MAX_SUPPLY << 128;
        let caps = Caps {
            governed: U256::ZERO,
            lowered: MAX_SUPPLY,
        };
        assert_eq!(caps.to_slot(), word.to_slot());
        assert_eq!(Caps::from_slot(word.to_slot()), caps);
        let word: U256 = MAX_SUPPLY;
        let caps = Caps {
            governed: MAX_SUPPLY,
            lowered: U256::ZERO,
        };
        assert_eq!(caps.to_slot(), word.to_slot());
        assert_eq!(Caps::from_slot(word.to_slot()), caps);
    }
}
