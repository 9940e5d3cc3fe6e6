//! What nearly every call reads first, in one slot; and the guardian's pause in another.
//!
//! | bits | 0–159 | 160–167 | 168–231 | 232 | 233 | 240–247 |
//! |---|---|---|---|---|---|---|
//! | slot 0 | account of the roster | lock | until when minting is paused, s | whether there are fees | whether the supply is capped | how many pockets |
//!
//! The flags tell that there is more to read elsewhere: where there is not, nothing more is read.
//!
//! | bits | 0–63 | 64–127 |
//! |---|---|---|
//! | slot 1 | when the guardian's last pause of minting began, s | when it ends, s |

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{guardian::Pause, slot::Word};

/// The first slot: never zero once set up, so that the lock closes and opens at the price of a warm slot.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Head {
    /// The account that holds the roster.
    pub(crate) roster: Address,
    /// Whether the vault is in the middle of something.
    pub(crate) locked: bool,
    /// Until when minting is paused, seconds.
    pub(crate) mint_paused_until: u64,
    /// Whether some fee's rate is more than nothing.
    pub(crate) fees: bool,
    /// Whether governor or guardian set a cap of the supply.
    pub(crate) capped: bool,
    /// How many side pockets were ever made.
    pub(crate) pockets: u8,
}

const FEES: u8 = 1;
const CAPPED: u8 = 2;

impl Word for Head {
    fn from_slot(word: B256) -> Self {
        let [_, pockets, flags, p7, p6, p5, p4, p3, p2, p1, p0, locked, rest @ ..] = word.0;
        Self {
            roster: Address::new(rest),
            locked: locked != 0,
            mint_paused_until: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
            fees: flags & FEES != 0,
            capped: flags & CAPPED != 0,
            pockets,
        }
    }

    fn to_slot(self) -> B256 {
        let [p0, p1, p2, p3, p4, p5, p6, p7] = self.mint_paused_until.to_le_bytes();
        let mut word = self.roster.into_word();
        let [_, pockets, flags, h7, h6, h5, h4, h3, h2, h1, h0, locked, ..] = &mut word.0;
        (*h7, *h6, *h5, *h4) = (p7, p6, p5, p4);
        (*h3, *h2, *h1, *h0) = (p3, p2, p1, p0);
        *locked = self.locked.into();
        *pockets = self.pockets;
        let flag = |is: bool, bit| if is { bit } else { 0 };
        *flags = flag(self.fees, FEES) | flag(self.capped, CAPPED);
        word
    }
}

/// The second slot.
#[derive(Clone, Copy)]
pub(crate) struct GuardianPause(pub(crate) Pause);

impl Word for GuardianPause {
    fn from_slot(word: B256) -> Self {
        let [since, until, ..] = U256::from_slot(word).into_limbs();
        Self(Pause { since, until })
    }

    fn to_slot(self) -> B256 {
        U256::from_limbs([self.0.since, self.0.until, 0, 0]).to_slot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_first_slot_has_bits_of_its_own() {
        let one = U256::from(1u64);
        let none = Head::default();
        let cases: [(Head, U256); 6] = [
            (
                Head {
                    roster: Address::repeat_byte(0xff),
                    ..none
                },
                (one << 160) - one,
            ),
            (
                Head {
                    locked: true,
                    ..none
                },
                one << 160,
            ),
            (
                Head {
                    mint_paused_until: 0x0102_0304_0506_0708,
                    ..none
                },
                U256::from(0x0102_0304_0506_0708_u64) << 168,
            ),
            (Head { fees: true, ..none }, one << 232),
            (
                Head {
                    capped: true,
                    ..none
                },
                one << 233,
            ),
            (
                Head {
                    pockets: 0xff,
                    ..none
                },
                U256::from(0xff) << 240,
            ),
        ];
        for (head, word) in cases {
            assert_eq!(head.to_slot(), word.to_slot());
            assert_eq!(Head::from_slot(word.to_slot()), head);
        }
    }
}
