//! Side pockets: what was held of a token when it left the list belongs to those who had shares at that moment.
//!
//! ```text
//! pocketAsset() -> each account's first change afterwards writes down what it had -> collectPocket(), for ever
//! ```
//!
//! A pocket's amount counts among the claims on its token, so it is owed and paid as they are; an account's part
//! is taken out of it once.
//!
//! | bits | 0–127 | 128–191 |
//! |---|---|---|
//! | slot of an account | its balance | how many pockets there were when it last changed |
//!
//! What an account had at a pocket is in its first checkpoint from that pocket's number on; if it has not changed
//! since, it is what it has. One checkpoint serves all the pockets that went before.
//!
//! A transfer must know whether there are pockets, and reads no slot that could tell. The vault's ether does, for 100 gas
//! instead of 2,100: the first pocket needs some, none ever leaves, and whoever sends some unasked makes
//! transfers read the count and find 0 (docs/decisions/0027).

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{constants::DEAD, slot::Word};
use ballast_math::shares::amount_down;
use stylus_sdk::prelude::*;

use crate::{
    head::Head,
    slots::{add, sub},
    types::*,
    Vault,
};

/// In a checkpoint: it was written, whatever the balance in it.
const WRITTEN: u64 = 1 << 63;

/// What an account has, and when it last changed.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Account {
    /// {share}, at most [`MAX_SUPPLY`](crate::MAX_SUPPLY).
    pub(crate) balance: U256,
    /// How many pockets there were then.
    pub(crate) seen: u64,
}

impl Word for Account {
    fn from_slot(word: B256) -> Self {
        let [a, b, seen, _] = U256::from_slot(word).into_limbs();
        let balance = U256::from_limbs([a, b, 0, 0]);
        Self { balance, seen }
    }

    fn to_slot(self) -> B256 {
        let [a, b, ..] = self.balance.into_limbs();
        U256::from_limbs([a, b, self.seen, 0]).to_slot()
    }
}

impl Vault {
    /// Records what an account has become; what it had, if there are pockets that it has not changed since.
    #[inline(never)]
    pub(crate) fn change_balance(&mut self, account: Address, before: Account, balance: U256) {
        let seen = self.pockets_made();
        if before.seen < seen {
            let [a, b, ..] = before.balance.into_limbs();
            let checkpoint = U256::from_limbs([a, b, 0, WRITTEN]);
            self.checkpoints
                .setter(account)
                .setter(U256::from(seen))
                .set(checkpoint);
        }
        self.balance_slot(account).set(Account { balance, seen });
    }

    /// How many pockets there are, cheaply while there are none.
    fn pockets_made(&self) -> u64 {
        if self.marked() {
            self.head.get().pockets.into()
        } else {
            0
        }
    }

    fn marked(&self) -> bool {
        !self.vm().balance(self.vm().contract_address()).is_zero()
    }

    /// Makes a pocket of what was held of a token.
    ///
    /// # Source
    /// Invariants 1 to 4.
    pub(crate) fn fill_pocket(&mut self, token: Address, amount: U256) -> Answer<()> {
        self.accrue()?;
        let supply = self.seeded_supply()?;
        if !self.marked() {
            return Err(VaultPocketUnmarked {}.into());
        }
        let head = self.head.get();
        let pockets = head.pockets.checked_add(1).ok_or(VaultTooManyPockets {
            max: U256::from(u8::MAX),
        })?;
        self.head.set(Head { pockets, ..head });
        let number = U256::from(pockets);
        {
            let mut pocket = self.pockets.setter(number);
            pocket.token.set(token);
            pocket.amount.set(amount);
            pocket.supply.set(supply);
        }
        // {tok} = {tok} + {tok}
        let claims = add(self.asset(token).claims.get(), amount)?;
        self.asset_mut(token).claims.set(claims);
        self.tell(PocketMade {
            token,
            number,
            amount,
            supply,
        });
        Ok(())
    }

    /// What an account had when the pocket was made: {share}.
    fn balance_at(&self, number: U256, account: Address) -> U256 {
        let Account { balance, seen } = self.balances.get(account);
        let seen = U256::from(seen);
        let mut at = number;
        while at <= seen {
            let [a, b, _, written] = self.checkpoints.getter(account).get(at).into_limbs();
            if written == WRITTEN {
                return U256::from_limbs([a, b, 0, 0]);
            }
            at = at.saturating_add(U256::from(1));
        }
        balance
    }

    /// What an account has not collected of a pocket: {tok}. The locked shares collect nothing.
    pub(crate) fn share_of_pocket(&self, number: U256, account: Address) -> Answer<U256> {
        let pocket = self.pockets.getter(number);
        let supply = pocket.supply.get();
        let taken = bit(number).is_none_or(|bit| has(self.collected.get(account), bit));
        if supply.is_zero() || taken || account == DEAD {
            return Ok(U256::ZERO);
        }
        // {tok} = {tok} · {share} / {share}
        let balance = self.balance_at(number, account);
        Ok(amount_down(pocket.amount.get(), balance, supply)?)
    }

    /// Takes an account's part out of a pocket and delivers it; what does not move is claimed. In a shortfall only when the
    /// account itself asks.
    ///
    /// # Source
    /// Invariants 1 and 22.
    pub(crate) fn collect_pocket_for(&mut self, number: U256, account: Address) -> Answer<U256> {
        let token = self.pockets.getter(number).token.get();
        let amount = self.share_of_pocket(number, account)?;
        let Some(bit) = bit(number).filter(|_| !amount.is_zero()) else {
            return Err(VaultNothingToCollect { token, account }.into());
        };
        let place = self.roster().place(token);
        self.require_whole_or_own(token, place, account)?;
        // Off the books before the token is called.
        let collected = self.collected.get(account);
        self.collected.setter(account).set(with(collected, bit));
        // {tok} = {tok} - {tok}
        let claims = sub(self.asset(token).claims.get(), amount)?;
        self.set_claims(token, place, claims)?;
        let moved = self.deliver(token, place, account, amount)?;
        self.tell(PocketCollected {
            token,
            account,
            number,
            amount,
            moved,
        });
        Ok(moved)
    }
}

/// A pocket's bit, as the limb and the mask in it.
type Bit = (usize, u64);

fn bit(number: U256) -> Option<Bit> {
    let number = u8::try_from(number).ok()?;
    let mask = 1_u64.checked_shl(u32::from(number & 63))?;
    Some((usize::from(number >> 6), mask))
}

fn has(set: U256, (limb, mask): Bit) -> bool {
    set.as_limbs().get(limb).is_some_and(|x| x & mask != 0)
}

fn with(set: U256, (limb, mask): Bit) -> U256 {
    let mut limbs = set.into_limbs();
    if let Some(x) = limbs.get_mut(limb) {
        *x |= mask;
    }
    U256::from_limbs(limbs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_SUPPLY;

    #[test]
    fn a_balance_and_what_it_has_seen_have_bits_of_their_own() {
        for (balance, seen) in [(MAX_SUPPLY, 0), (U256::ZERO, 255), (U256::from(7), 3)] {
            let account = Account { balance, seen };
            let word: U256 = balance | U256::from(seen) << 128;
            assert_eq!(account.to_slot(), word.to_slot());
            assert_eq!(Account::from_slot(word.to_slot()), account);
        }
    }

    #[test]
    fn each_pocket_has_a_bit_of_its_own() {
        let mut set = U256::ZERO;
        for number in 0..256_u64 {
            let bit = bit(U256::from(number)).unwrap();
            assert!(!has(set, bit), "{number}");
            set = with(set, bit);
            assert_eq!(U256::from(set.count_ones()), U256::from(number + 1));
        }
        assert_eq!(bit(U256::from(256_u64)), None);
    }
}
