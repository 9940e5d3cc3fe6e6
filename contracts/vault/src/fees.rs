//! Fees: shares made for a fixed recipient, with time and on mint and redeem.
//!
//! ```text
//! setFees() lower -> at once          higher, or another recipient -> MODULE_DELAY_S -> applyFees()
//! ```
//!
//! | bits | 0–159 | 160–223 | 224–239 | 240–247 | 248–255 |
//! |---|---|---|---|---|---|
//! | slot | recipient | since, s | management fee a year, bps | mint fee, bps | redeem fee, bps |
//!
//! `since` is when the management fee was last accrued or, of fees that wait, from when they may be applied.
//! No fee can stop an exit: it takes a part of the shares, asks nobody, and is cut where the supply could not hold it.

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE, MODULE_DELAY_S},
    slot::Word,
};
use ballast_math::fees::{streamed_down, toll_up};
use stylus_sdk::prelude::*;

use crate::{
    access::refused,
    caps::MAX_SUPPLY,
    head::{GuardianPause, Head},
    slots::{add, sub},
    types::*,
    Vault,
};

/// Most that the management fee takes a year, bps.
pub const MANAGEMENT_FEE_MAX_BPS: u64 = 200;

/// Most that the fee on minting, and that on redeeming, takes, bps.
pub const TOLL_MAX_BPS: u64 = 100;

/// What is taken, by whom.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Fees {
    /// Nobody while every rate is 0.
    pub(crate) recipient: Address,
    /// When the management fee was last accrued; of fees that wait, from when they may be applied: {s}.
    pub(crate) since: u64,
    pub(crate) management_bps: u16,
    pub(crate) mint_bps: u8,
    pub(crate) redeem_bps: u8,
}

impl Word for Fees {
    fn from_slot(word: B256) -> Self {
        let [redeem_bps, mint_bps, m1, m0, s7, s6, s5, s4, s3, s2, s1, s0, recipient @ ..] = word.0;
        Self {
            recipient: Address::new(recipient),
            since: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            management_bps: u16::from_le_bytes([m0, m1]),
            mint_bps,
            redeem_bps,
        }
    }

    fn to_slot(self) -> B256 {
        let [s0, s1, s2, s3, s4, s5, s6, s7] = self.since.to_le_bytes();
        let [m0, m1] = self.management_bps.to_le_bytes();
        let mut word = self.recipient.into_word();
        let [h11, h10, h9, h8, h7, h6, h5, h4, h3, h2, h1, h0, ..] = &mut word.0;
        (*h0, *h1, *h2, *h3) = (s0, s1, s2, s3);
        (*h4, *h5, *h6, *h7) = (s4, s5, s6, s7);
        (*h8, *h9, *h10, *h11) = (m0, m1, self.mint_bps, self.redeem_bps);
        word
    }
}

impl Fees {
    /// Whether nothing is taken.
    fn none(&self) -> bool {
        self.management_bps == 0 && self.mint_bps == 0 && self.redeem_bps == 0
    }

    /// Whether nobody pays more, or to another, than under `present`.
    fn within(&self, present: &Self) -> bool {
        self.management_bps <= present.management_bps
            && self.mint_bps <= present.mint_bps
            && self.redeem_bps <= present.redeem_bps
            && (self.recipient == present.recipient || self.none())
    }
}

impl Vault {
    /// The supply, counting the shares that the management fee has made since it was last accrued.
    #[inline(never)]
    pub(crate) fn supply(&self) -> Answer<U256> {
        let supply = self.total_supply.get();
        // {share} = {share} + {share}
        add(supply, self.streamed()?)
    }

    /// Shares that the management fee has made since it was last accrued: {share}.
    pub(crate) fn streamed(&self) -> Answer<U256> {
        if !self.head.get().fees {
            return Ok(U256::ZERO);
        }
        let (supply, fees) = (self.total_supply.get(), self.fees.get());
        let elapsed = clock::now(self.vm()).saturating_sub(fees.since);
        let streamed = streamed_down(supply, fees.management_bps.into(), elapsed)?;
        Ok(streamed.min(MAX_SUPPLY.saturating_sub(supply)))
    }

    /// Gives the recipient what the management fee has made. What is less than a share's unit goes on growing.
    ///
    /// # Source
    /// Invariants 2 to 4: to those who hold shares it is what `supply` said before.
    #[inline(never)]
    pub(crate) fn accrue(&mut self) -> Answer<U256> {
        let streamed = self.streamed()?;
        if !streamed.is_zero() {
            let fees = self.fees.get();
            self.restart(fees);
            self.issue(fees.recipient, streamed)?;
        }
        Ok(streamed)
    }

    /// Counts the management fee from now on.
    pub(crate) fn restart(&mut self, fees: Fees) {
        let since = clock::now(self.vm());
        self.fees.set(Fees { since, ..fees });
    }

    /// Who takes how much on top of the shares that are minted: {share}.
    pub(crate) fn mint_toll(&self, shares: U256) -> Answer<(Address, U256)> {
        if !self.head.get().fees {
            return Ok((Address::ZERO, U256::ZERO));
        }
        let fees = self.fees.get();
        Ok((fees.recipient, toll_up(shares, fees.mint_bps.into())?))
    }

    /// Who takes how much out of the shares that are redeemed: {share}.
    pub(crate) fn redeem_toll(&self, shares: U256) -> Answer<(Address, U256)> {
        if !self.head.get().fees {
            return Ok((Address::ZERO, U256::ZERO));
        }
        let fees = self.fees.get();
        Ok((fees.recipient, toll_up(shares, fees.redeem_bps.into())?))
    }

    /// What minting so many shares costs of each asset, the fee's shares included.
    pub(crate) fn mint_amounts(
        &self,
        held: &[U256],
        shares: U256,
    ) -> Answer<alloc::vec::Vec<U256>> {
        let (_, toll) = self.mint_toll(shares)?;
        self.amounts_up(held, add(shares, toll)?)
    }

    /// What redeeming so many shares pays of each asset, for those that the fee leaves.
    pub(crate) fn redeem_amounts(
        &self,
        held: &[U256],
        shares: U256,
    ) -> Answer<alloc::vec::Vec<U256>> {
        let (_, toll) = self.redeem_toll(shares)?;
        self.amounts_down(held, sub(shares, toll)?)
    }

    /// Lowers the fees, or queues what raises one or names another recipient. What waited before is dropped.
    ///
    /// Before the seed nobody can be overcharged: everything is at once.
    ///
    /// # Source
    /// Invariants 19 and 20.
    #[inline(never)]
    pub(crate) fn change_fees(
        &mut self,
        recipient: Address,
        management_bps: U256,
        mint_bps: U256,
        redeem_bps: U256,
    ) -> Answer<()> {
        let mut fees = Fees {
            recipient,
            since: 0,
            management_bps: bounded(management_bps, MANAGEMENT_FEE_MAX_BPS)?,
            mint_bps: bounded(mint_bps, TOLL_MAX_BPS)?,
            redeem_bps: bounded(redeem_bps, TOLL_MAX_BPS)?,
        };
        if fees.none() {
            fees.recipient = Address::ZERO;
        } else {
            self.require_receiver(recipient)?;
        }
        if fees.within(&self.fees.get()) || self.total_supply.get().is_zero() {
            self.fees_next.set(Fees::default());
            return self.set_fees_to(fees);
        }
        fees.since = clock::now(self.vm()).saturating_add(MODULE_DELAY_S);
        self.fees_next.set(fees);
        self.tell(FeesQueued {
            recipient,
            managementBps: management_bps,
            mintBps: mint_bps,
            redeemBps: redeem_bps,
            readyAt: U256::from(fees.since),
        });
        Ok(())
    }

    /// Puts the fees that waited long enough into force.
    #[inline(never)]
    pub(crate) fn apply_queued_fees(&mut self) -> Answer<()> {
        let next = self.queued_fees()?;
        let now = clock::now(self.vm());
        if now < next.since {
            return Err(VaultNotReady {
                now: U256::from(now),
                readyAt: U256::from(next.since),
            }
            .into());
        }
        self.fees_next.set(Fees::default());
        self.set_fees_to(next)
    }

    /// Drops the fees that wait, for whichever of the two roles the caller holds. The guardian's is an act of 14
    /// days, with a rest as long: what is queued again is then beyond its reach.
    ///
    /// # Source
    /// Invariant 27; docs/decisions/0006.
    pub(crate) fn cancel_queued_fees(&mut self) -> Answer<()> {
        let by = self.vm().msg_sender();
        let governor = self.has_role(DEFAULT_ADMIN_ROLE, by);
        if !governor {
            self.require_role(GUARDIAN_ROLE)?;
        }
        self.queued_fees()?;
        if !governor {
            let now = clock::now(self.vm());
            let until = U256::from(now.saturating_add(GUARDIAN_ACT_MAX_S));
            let GuardianPause(last) = self.fee_act.get();
            let act = last
                .ask(now, 0, until)
                .map_err(|refusal| refused(refusal, now, until))?;
            self.fee_act.set(GuardianPause(act));
        }
        self.fees_next.set(Fees::default());
        self.tell(FeesCancelled { by });
        Ok(())
    }

    fn queued_fees(&self) -> Answer<Fees> {
        let next = self.fees_next.get();
        if next.since == 0 {
            return Err(VaultNothingPending {}.into());
        }
        Ok(next)
    }

    /// Puts fees into force: what the old ones made until now is accrued first.
    fn set_fees_to(&mut self, fees: Fees) -> Answer<()> {
        self.accrue()?;
        let head = self.head.get();
        self.head.set(Head {
            fees: !fees.none(),
            ..head
        });
        self.restart(fees);
        self.tell(FeesSet {
            recipient: fees.recipient,
            managementBps: U256::from(fees.management_bps),
            mintBps: U256::from(fees.mint_bps),
            redeemBps: U256::from(fees.redeem_bps),
        });
        Ok(())
    }
}

/// A rate, refused above its ceiling.
fn bounded<T: TryFrom<U256>>(bps: U256, max: u64) -> Answer<T> {
    let max = U256::from(max);
    match T::try_from(bps) {
        Ok(rate) if bps <= max => Ok(rate),
        _ => Err(VaultFeeTooHigh { bps, max }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_fees_has_bits_of_its_own() {
        let none = Fees::default();
        let one = U256::from(1u64);
        let recipient = Address::repeat_byte(0xff);
        let since = 0x0102_0304_0506_0708;
        let cases: [(Fees, U256); 5] = [
            (Fees { recipient, ..none }, (one << 160) - one),
            (Fees { since, ..none }, U256::from(since) << 160),
            (
                Fees {
                    management_bps: 0x0102,
                    ..none
                },
                U256::from(0x0102) << 224,
            ),
            (
                Fees {
                    mint_bps: 0xff,
                    ..none
                },
                U256::from(0xff) << 240,
            ),
            (
                Fees {
                    redeem_bps: 0xff,
                    ..none
                },
                U256::from(0xff) << 248,
            ),
        ];
        for (fees, word) in cases {
            assert_eq!(fees.to_slot(), word.to_slot());
            assert_eq!(Fees::from_slot(word.to_slot()), fees);
        }
    }
}
