//! What the rebalancer alone may do: hand tokens to a filler and count what comes back.
//!
//! ```text
//! balances before -> sell amounts to the filler -> fill() -> balances after -> books
//! ```
//!
//! The filler is trusted with nothing. Whatever it says is ignored; what the balances say is booked.
//! The vault grants no allowance, so tokens that the trades do not name cannot leave.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    erc20::{self, ALL_GAS},
    raw,
};
use stylus_sdk::{abi::Bytes, function_selector, prelude::*};

use crate::{
    assets::{require_length, require_listed},
    roster::Roster,
    slots::{add, sub},
    types::*,
    words::{encode, AsValue, Value},
    Vault,
};

const FILL: [u8; 4] = function_selector!(
    "fill",
    Vec<Address>,
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Bytes
);

/// Most that is kept of why a filler failed: bytes.
const REASON_MAX: usize = 256;

/// The trades, as parallel arrays.
pub(crate) struct Trades {
    pub(crate) sells: Vec<Address>,
    pub(crate) buys: Vec<Address>,
    pub(crate) amounts: Vec<U256>,
    pub(crate) leasts: Vec<U256>,
}

/// One token of the trades, however many trades name it.
struct Leg {
    token: Address,
    /// Its place in the vault's list.
    place: usize,
    /// Sum of what the trades sell of it: {tok}.
    amount: U256,
    /// The vault's balance before anything moved: {tok}.
    before: U256,
    /// The first trade that names it.
    first: usize,
}

impl Vault {
    /// Runs the trades through the filler.
    ///
    /// # Source
    /// Invariants 10, 15, 16 and 17.
    #[inline(never)]
    pub(crate) fn execute_with(
        &mut self,
        trades: Trades,
        filler: Address,
        data: &[u8],
    ) -> Answer<(Vec<U256>, Vec<U256>)> {
        let caller = self.vm().msg_sender();
        let roster = self.roster();
        let rebalancer = roster.rebalancer;
        if caller != rebalancer {
            return Err(VaultNotRebalancer { caller, rebalancer }.into());
        }
        let n = trades.sells.len();
        require_length(n, n.max(1))?;
        require_length(trades.buys.len(), n)?;
        require_length(trades.amounts.len(), n)?;
        require_length(trades.leasts.len(), n)?;
        self.require_filler(&roster, filler)?;

        let mut sells = legs(&roster, &trades.sells, Some(&trades.amounts))?;
        let mut buys = legs(&roster, &trades.buys, None)?;
        // With a hole in a balance, a trade would move value between shareholders and claimants.
        for leg in &mut sells {
            leg.before = self.covered_balance(leg.token, Some(leg.place))?;
            let held = self.touch(leg.token, leg.place)?;
            if leg.amount > held {
                return Err(VaultHoldingTooSmall {
                    token: leg.token,
                    amount: leg.amount,
                    held,
                }
                .into());
            }
        }
        for leg in &mut buys {
            if sells.iter().any(|sell| sell.token == leg.token) {
                return Err(VaultTokenBothSides { token: leg.token }.into());
            }
            leg.before = self.covered_balance(leg.token, Some(leg.place))?;
        }

        // Every balance is known before the first token moves: a token that calls out cannot get
        // between the measurement of one and the sending of another. The books change only after
        // the last measurement; until then the lock is closed and nobody can read or use them.
        for leg in &sells {
            if !erc20::transfer(leg.token, filler, leg.amount, ALL_GAS) {
                return Err(VaultTransferFailed {
                    token: leg.token,
                    to: filler,
                    amount: leg.amount,
                }
                .into());
            }
        }
        let mut calldata = FILL.to_vec();
        encode(
            &mut calldata,
            &[
                trades.sells.value(),
                trades.buys.value(),
                trades.amounts.value(),
                trades.leasts.value(),
                Value::Bytes(data),
            ],
        );
        if let Err(reason) = raw::call(filler, &calldata, ALL_GAS, REASON_MAX) {
            return Err(filler_failed(filler, reason));
        }

        let mut sold = alloc::vec![U256::ZERO; n];
        for leg in &sells {
            let amount = self.book_sold(leg)?;
            if let Some(slot) = sold.get_mut(leg.first) {
                *slot = amount;
            }
        }
        let mut bought = alloc::vec![U256::ZERO; n];
        for leg in &buys {
            let amount = self.book_bought(leg)?;
            if let Some(slot) = bought.get_mut(leg.first) {
                *slot = amount;
            }
        }
        self.tell(Executed {
            filler,
            sells: trades.sells,
            buys: trades.buys,
            sold: sold.clone(),
            bought: bought.clone(),
        });
        Ok((sold, bought))
    }

    /// Refuses a filler that is nobody, part of Ballast, a listed asset, or has no code. The policy is not
    /// asked for the other programs: none of them has a `fill`, and asking costs a program's start on
    /// every rebalance.
    fn require_filler(&self, roster: &Roster, filler: Address) -> Answer<()> {
        if filler.is_zero() || self.is_neighbour(roster, filler) || roster.lists(filler) {
            return Err(VaultFillerForbidden { filler }.into());
        }
        if !raw::has_code(self.vm(), filler) {
            return Err(VaultNotContract { account: filler }.into());
        }
        Ok(())
    }

    /// Takes off the books by how much the balance fell; what came back counts as unsold.
    fn book_sold(&mut self, leg: &Leg) -> Answer<U256> {
        let token = leg.token;
        let now = self.balance_of_vault(token)?;
        // {tok} = {tok} - {tok}
        let sold = leg.before.checked_sub(now).ok_or(VaultSoldRose {
            token,
            before: leg.before,
            now,
        })?;
        if sold > leg.amount {
            return Err(VaultSentTooMuch {
                token,
                fell: sold,
                wanted: leg.amount,
            }
            .into());
        }
        let held = sub(self.entry(leg.place).held, sold)?;
        self.set_held(leg.place, token, held)?;
        Ok(sold)
    }

    /// Books by how much the balance rose.
    fn book_bought(&mut self, leg: &Leg) -> Answer<U256> {
        let token = leg.token;
        let now = self.balance_of_vault(token)?;
        // {tok} = {tok} - {tok}
        let bought = now.checked_sub(leg.before).ok_or(VaultBoughtFell {
            token,
            before: leg.before,
            now,
        })?;
        let held = add(self.entry(leg.place).held, bought)?;
        self.set_held(leg.place, token, held)?;
        Ok(bought)
    }
}

/// The distinct tokens, in the order in which they are first named, with the sum of their amounts.
fn legs(roster: &Roster, tokens: &[Address], amounts: Option<&[U256]>) -> Answer<Vec<Leg>> {
    let mut legs: Vec<Leg> = Vec::with_capacity(tokens.len());
    for (i, token) in tokens.iter().enumerate() {
        let amount = amounts
            .and_then(|a| a.get(i).copied())
            .unwrap_or(U256::ZERO);
        match legs.iter_mut().find(|leg| leg.token == *token) {
            // {tok} = {tok} + {tok}
            Some(leg) => leg.amount = add(leg.amount, amount)?,
            None => legs.push(Leg {
                token: *token,
                place: require_listed(roster, *token)?,
                amount,
                before: U256::ZERO,
                first: i,
            }),
        }
    }
    Ok(legs)
}
