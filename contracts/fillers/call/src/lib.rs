//! How is it traded wherever calldata says?
//!
//! ```text
//! vault.execute() -> sell tokens arrive here -> fill()
//!   each call: approve(spender, its amount) -> target(calldata, amount written in) -> allowance to zero
//!   at the end: all that was bought, and all that was not sold, back to caller
//! ```
//!
//! For calldata that somebody else wrote: an aggregator's, or one call a venue of a trade that is split. Holds
//! nothing between calls and is trusted with nothing: the vault measures what arrived. What somebody
//! leaves here outside of a fill belongs to whoever calls next.
//!
//! **What a stranger's calldata can do.** Everybody may call `fill`, with any target and any calldata, and
//! be the program towards the target. So the program must be nobody:
//!
//! - It holds nothing between calls, and nobody ever needs to approve it: `transferFrom` of a victim finds
//!   no allowance. It must never be given a role, a balance or an allowance.
//! - An allowance *of* the program would outlive the call, and let its spender take what a later keeper's
//!   call has in flight. So whoever keeps allowances is no target: a token (it answers `allowance`),
//!   Permit2. The one allowance given is the exact one, to the spender named, gone when the call is over.
//! - It does not call itself; while it fills, the SDK's re-entrancy guard refuses everybody else.
//! - It never delegates, sends no ether, and signs nothing (ERC-1271).
//!
//! What is in flight belongs to who called: a keeper may send it wherever it likes, a recipient of its own
//! included, and then the vault, which measures, reverts everything.
//!
//! Assumption, safety: none. Assumption, liveness: targets do not answer `allowance(address,address)`.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
extern crate alloc;

pub mod types;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{address, Address, U256};
use ballast_interfaces::{
    erc20::{self, ALL_GAS},
    filling::{self, FillerApproveFailed, FillerReturnFailed, Route, Spend, Trades, REASON_MAX},
    raw,
};
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::types::*;

/// Keeps allowances for every token, under a name of its own.
const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");
/// Says that no amount is written into the calldata.
pub const NO_PATCH: usize = 0xffff;
/// The share of a call that sells all that is left of its trade.
pub const ALL_LEFT: usize = 0xffff;
const WORD: usize = 32;

/// The filler: nothing at all.
#[storage]
#[entrypoint]
pub struct CallFiller {}

/// A token that is sold, however many trades sell it.
struct Sold {
    token: Address,
    /// Sum of what the trades sell of it: {tok}.
    amount: U256,
    /// What was here before the first call: {tok}.
    before: U256,
}

#[public]
impl CallFiller {
    /// Makes the calls of `data` with `amounts[k]` of `sells[k]`, which have arrived; sends what came of it, and what was not sold, to the caller.
    ///
    /// `data` is a list of calls, one after the other, made in this order:
    ///
    /// ```text
    ///  0       1        3         23         43       45         47          47 + n
    ///  | trade | share  | target  | spender  | patch  | length n | calldata   |
    ///  |  1    |  2     |  20     |  20      |  2     |  2       |  n         |
    ///
    ///  trade    k: the call sells sells[k]
    ///  share    how much of amounts[k] the call sells, in 65,536ths, rounded up, at most what is left
    ///           of it; 0xffff for all that is left
    ///  spender  may take that much of sells[k] during the call
    ///  patch    where in the calldata that much is written, as a word; 0xffff for nowhere
    /// ```
    ///
    /// Numbers are big endian. A call that is left nothing to sell is not made. `leasts` are not looked at: what
    /// a call promises is in its calldata, and the vault measures.
    ///
    /// # Errors
    /// Those of [`Error`]: of shape, forbidden targets, the target's reason, tokens that refuse.
    ///
    /// # Source
    /// Invariants 16 and 17, on the filler's side.
    pub fn fill(
        &mut self,
        sells: Vec<Address>,
        buys: Vec<Address>,
        amounts: Vec<U256>,
        leasts: Vec<U256>,
        data: Bytes,
    ) -> Result<(), Error> {
        let (this, caller) = (self.vm().contract_address(), self.vm().msg_sender());
        let trades = Trades {
            sells,
            buys,
            amounts,
            leasts,
        };
        trades.require_shape()?;
        let sold = all_sold(&trades, this)?;
        let before_bought = balances(&trades.buys, this)?;
        // {tok}: what is left of each trade.
        let mut left = trades.amounts.clone();

        let mut route = Route::new(&data);
        let mut index = 0_usize;
        while !route.is_empty() {
            let call = Call::read(index, &mut route)?;
            let (sell, amount) = call.take(&trades, &mut left)?;
            if !amount.is_zero() {
                if !raw::has_code(self.vm(), call.target) || call.is_forbidden(this) {
                    return Err(FillerTargetForbidden {
                        index: U256::from(index),
                        target: call.target,
                    }
                    .into());
                }
                call.make(sell, amount, this)?;
            }
            index = index.saturating_add(1);
        }

        for leg in &sold {
            let now = balance(leg.token, this)?;
            // {tok}: what the calls took. What somebody else left here is not what is unsold: it could
            // make the vault's sale look smaller.
            let spent = leg.before.saturating_sub(now);
            let unsold = leg.amount.saturating_sub(spent);
            filling::send_up_to(leg.token, this, caller, unsold)?;
        }
        for (token, before) in trades.buys.iter().zip(before_bought) {
            // {tok}: what the calls brought, nothing the second time that a token is bought. A gift that
            // waits here stays here: in the vault it would shift weights, and spoil the keeper's call.
            let bought = balance(*token, this)?.saturating_sub(before);
            filling::send_up_to(*token, this, caller, bought)?;
        }
        Ok(())
    }
}

/// One call of the list.
struct Call<'a> {
    index: usize,
    trade: usize,
    share: usize,
    target: Address,
    spender: Address,
    patch: usize,
    calldata: &'a [u8],
}

impl<'a> Call<'a> {
    fn read(index: usize, route: &mut Route<'a>) -> Result<Self, Error> {
        let trade = route.byte()?;
        let share = route.short()?;
        let target = route.address()?;
        let spender = route.address()?;
        let patch = route.short()?;
        let length = route.short()?;
        let calldata = route.take(length)?;
        Ok(Self {
            index,
            trade,
            share,
            target,
            spender,
            patch,
            calldata,
        })
    }

    /// What the call sells, and how much of it: that is taken off what is left of the trade.
    fn take(&self, trades: &Trades, left: &mut [U256]) -> Result<(Address, U256), Error> {
        let count = left.len();
        let found = (
            trades.sells.get(self.trade),
            trades.amounts.get(self.trade),
            left.get_mut(self.trade),
        );
        let (Some(sell), Some(whole), Some(left)) = found else {
            return Err(FillerUnknownTrade {
                index: U256::from(self.index),
                trade: U256::from(self.trade),
                trades: U256::from(count),
            }
            .into());
        };
        let amount = if self.share == ALL_LEFT {
            *left
        } else {
            share_up(*whole, self.share).min(*left)
        };
        *left = left.saturating_sub(amount);
        Ok((*sell, amount))
    }

    /// Whether the target is the program itself or keeps allowances: what the program may spend, others might.
    fn is_forbidden(&self, this: Address) -> bool {
        self.target == this
            || self.target == PERMIT2
            || erc20::allowance(self.target, this, self.spender, ALL_GAS).is_some()
    }

    fn make(&self, sell: Address, amount: U256, this: Address) -> Result<(), Error> {
        let mut calldata = self.calldata.to_vec();
        if self.patch != NO_PATCH {
            let end = self.patch.saturating_add(WORD);
            let Some(word) = calldata.get_mut(self.patch..end) else {
                return Err(FillerPatchOutside {
                    index: U256::from(self.index),
                    patch: U256::from(self.patch),
                    length: U256::from(self.calldata.len()),
                }
                .into());
            };
            word.copy_from_slice(&amount.to_be_bytes::<WORD>());
        }
        let spent = filling::spend(sell, amount, this, self.spender, || {
            raw::call(self.target, &calldata, ALL_GAS, REASON_MAX).map(drop)
        });
        match spent {
            Ok(_) => Ok(()),
            Err(Spend::Approve) => Err(FillerApproveFailed { token: sell }.into()),
            Err(Spend::Call(reason)) => Err(FillerCallFailed {
                index: U256::from(self.index),
                target: self.target,
                reason: reason.into(),
            }
            .into()),
        }
    }
}

/// Every token that is sold, once, with what is here of it.
fn all_sold(trades: &Trades, this: Address) -> Result<Vec<Sold>, Error> {
    let mut all: Vec<Sold> = Vec::with_capacity(trades.sells.len());
    for trade in trades.iter() {
        match all.iter_mut().find(|leg| leg.token == trade.sell) {
            // {tok} = {tok} + {tok}; the vault has sent the sum, so it fits.
            Some(leg) => leg.amount = leg.amount.saturating_add(trade.amount),
            None => all.push(Sold {
                token: trade.sell,
                amount: trade.amount,
                before: balance(trade.sell, this)?,
            }),
        }
    }
    Ok(all)
}

fn balances(tokens: &[Address], this: Address) -> Result<Vec<U256>, FillerReturnFailed> {
    tokens.iter().map(|token| balance(*token, this)).collect()
}

fn balance(token: Address, this: Address) -> Result<U256, FillerReturnFailed> {
    erc20::balance_of(token, this, ALL_GAS).ok_or(FillerReturnFailed { token })
}

/// {tok} = ⌈{tok} · share / 2^16⌉, in two parts so that nothing overflows. Not a division, which would be a
/// fifth of the program.
fn share_up(whole: U256, share: usize) -> U256 {
    let bytes = whole.to_be_bytes::<WORD>();
    let Some((head, tail)) = bytes.split_last_chunk::<2>() else {
        return whole;
    };
    // {tok} = {tok / 2^16} * share + ceil({tok < 2^16} * share / 2^16)
    let rest = usize::from(u16::from_be_bytes(*tail));
    let part = rest.saturating_mul(share).div_ceil(0x1_0000);
    U256::try_from_be_slice(head)
        .unwrap_or(U256::ZERO)
        .saturating_mul(U256::from(share))
        .saturating_add(U256::from(part))
}
