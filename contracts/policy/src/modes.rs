//! What may be done with an asset: the governor's word has no end, the guardian's always has one.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{mode, DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
};
use stylus_sdk::prelude::*;

use crate::{mandate::BPS, targets::is_listed, types::*, Policy};

/// Subject of the guardian's act that gives `token` a mode: mode · 2^160 + token. No mode that tightens is 0,
/// so no limit has this id.
fn subject(token: Address, mode: u8) -> U256 {
    let [low, middle, high, _] = U256::from_be_bytes(token.into_word().0).into_limbs();
    // 32 bits of the third limb are the token's.
    U256::from_limbs([low, middle, high | u64::from(mode) << 32, 0])
}

impl Policy {
    /// Sets a mode for the governor, or tightens it for the guardian.
    #[inline(never)]
    pub(crate) fn set_mode_by_role(&mut self, token: Address, wanted: U256) -> Answer<()> {
        let by = self.vm().msg_sender();
        let by_governor = self.holds(DEFAULT_ADMIN_ROLE, by);
        if !by_governor {
            self.only(GUARDIAN_ROLE)?;
        }
        let max = mode::QUARANTINED;
        let new = u8::try_from(wanted)
            .ok()
            .filter(|m| *m <= max)
            .ok_or(PolicyUnknownMode {
                mode: wanted,
                max: U256::from(max),
            })?;

        let now = clock::now(self.vm());
        let vault = self.vault.get();
        let mut head = self.head();
        let mut mandate = self.mandate(&head)?;
        if !by_governor && mandate.place(token, 0).is_none() && !is_listed(vault, token) {
            return Err(PolicyAssetNotListed { token }.into());
        }
        let rule = &mut mandate.entry(token, now)?.rule;
        let old = rule.mode_at(now);
        let mut until = 0;
        if by_governor {
            rule.mode = new;
            rule.sell_only_until = 0;
            rule.quarantined_until = 0;
            mandate.count()?;
        } else {
            if new <= old {
                return Err(PolicyModeNotTighter {
                    token,
                    mode: wanted,
                    current: U256::from(old),
                }
                .into());
            }
            until = self.begin_act(subject(token, new), now)?.until;
            match new {
                mode::QUARANTINED => rule.quarantined_until = until,
                _ => rule.sell_only_until = until,
            }
        }
        self.set_mandate(&mut head, &mandate)?;
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        self.tell(ModeSet {
            token,
            oldMode: U256::from(old),
            newMode: wanted,
            until: U256::from(until),
            by,
        });
        Ok(())
    }

    /// Sets an asset's greatest weight and its floor price.
    #[inline(never)]
    pub(crate) fn set_bounds(
        &mut self,
        token: Address,
        cap_bps: U256,
        floor_d36: U256,
    ) -> Answer<()> {
        let cap = u16::try_from(cap_bps)
            .ok()
            .filter(|c| *c <= BPS)
            .ok_or(PolicyCapOutOfRange {
                capBps: cap_bps,
                maxBps: U256::from(BPS),
            })?;
        let now = clock::now(self.vm());
        let mut head = self.head();
        let mut mandate = self.mandate(&head)?;
        let rule = &mut mandate.entry(token, now)?.rule;
        let old = *rule;
        rule.cap_bps = cap;
        rule.floor_d36 = floor_d36;
        mandate.count()?;
        self.set_mandate(&mut head, &mandate)?;
        self.bump_nonce(&mut head)?;
        self.set_head(head);
        self.tell(AssetBoundsSet {
            token,
            oldCapBps: U256::from(old.cap_bps),
            newCapBps: cap_bps,
            oldFloorD36: old.floor_d36,
            newFloorD36: floor_d36,
        });
        Ok(())
    }
}
