//! What every filler does around its venue: exact allowances, named refusals, and nothing left behind.
//!
//! ```text
//! each trade: its route -> calldata -> approve(venue, amount) -> call -> allowance to zero -> rest to the caller
//! ```
//!
//! A filler is trusted with nothing, so nothing here guards value: the vault measures what arrived. What
//! is guarded is the next caller, who must find neither an allowance nor a rest of this one.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use crate::{
    erc20,
    erc20::ALL_GAS,
    errors, raw,
    words::{self, WORD},
};

/// Most bytes of a venue's own words that an error carries: a token behind it may say anything.
pub const REASON_MAX: usize = 512;
const ADDRESS: usize = 20;

sol! {
    /// Two arrays that describe the same trades differ in length.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerLengthMismatch(uint256 a, uint256 b);
    /// `data` ends inside a route, or goes on after the last one: `wanted` is how long it should be at least, or at most.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerDataLength(uint256 given, uint256 wanted);
    /// The venue refused trade `index`; `reason` is what it said, cut after 512 bytes.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerSwapFailed(uint256 index, bytes reason);
    /// The token refused an approval, or does not tell an allowance.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerApproveFailed(address token);
    /// What is the caller's could not be sent to it.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error FillerReturnFailed(address token);
}

errors! {
    /// Why the filler of a venue refuses.
    pub enum Error {
        FillerLengthMismatch { a, b },
        FillerDataLength { given, wanted },
        FillerSwapFailed { index; reason },
        FillerApproveFailed { token },
        FillerReturnFailed { token },
    }
}

/// The trades of a fill, as parallel arrays.
#[derive(Debug)]
pub struct Trades {
    /// What is sold.
    pub sells: Vec<Address>,
    /// What is bought for it.
    pub buys: Vec<Address>,
    /// How much has arrived to be sold: {sell tok}.
    pub amounts: Vec<U256>,
    /// How much must be bought: {buy tok}.
    pub leasts: Vec<U256>,
}

/// One trade of a fill.
#[derive(Debug, Clone, Copy)]
pub struct Trade {
    /// What is sold.
    pub sell: Address,
    /// What is bought for it.
    pub buy: Address,
    /// {sell tok}
    pub amount: U256,
    /// {buy tok}
    pub least: U256,
}

impl Trades {
    /// Refuses arrays of different lengths.
    ///
    /// # Errors
    /// [`FillerLengthMismatch`].
    pub fn require_shape(&self) -> Result<(), FillerLengthMismatch> {
        let wanted = self.sells.len();
        for len in [self.buys.len(), self.amounts.len(), self.leasts.len()] {
            if len != wanted {
                return Err(FillerLengthMismatch {
                    a: U256::from(len),
                    b: U256::from(wanted),
                });
            }
        }
        Ok(())
    }

    /// The trades, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Trade> + '_ {
        self.sells
            .iter()
            .zip(&self.buys)
            .zip(&self.amounts)
            .zip(&self.leasts)
            .map(|(((sell, buy), amount), least)| Trade {
                sell: *sell,
                buy: *buy,
                amount: *amount,
                least: *least,
            })
    }
}

/// Who stands where while a venue is traded on.
#[derive(Debug, Clone, Copy)]
pub struct Desk {
    /// The filler.
    pub this: Address,
    /// Who asked for the fill: gets what is bought, and what is not sold.
    pub caller: Address,
    /// What is called, and may take what is sold.
    pub venue: Address,
}

/// Route data, read from the front.
#[derive(Debug)]
pub struct Route<'a> {
    data: &'a [u8],
    read: usize,
}

impl<'a> Route<'a> {
    /// Nothing is read yet.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, read: 0 }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`FillerDataLength`] when there are fewer.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], FillerDataLength> {
        let end = self.read.saturating_add(n);
        let taken = self
            .data
            .get(self.read..end)
            .ok_or_else(|| self.wrong(end))?;
        self.read = end;
        Ok(taken)
    }

    /// The next byte, as a number.
    ///
    /// # Errors
    /// As [`Route::take`].
    pub fn byte(&mut self) -> Result<usize, FillerDataLength> {
        Ok(self.take(1)?.first().copied().map_or(0, usize::from))
    }

    /// The next two bytes, as a number, big endian.
    ///
    /// # Errors
    /// As [`Route::take`].
    pub fn short(&mut self) -> Result<usize, FillerDataLength> {
        let bytes = self.take(2)?;
        Ok(<[u8; 2]>::try_from(bytes).map_or(0, |b| usize::from(u16::from_be_bytes(b))))
    }

    /// The next 20 bytes.
    ///
    /// # Errors
    /// As [`Route::take`].
    pub fn address(&mut self) -> Result<Address, FillerDataLength> {
        Ok(Address::from_slice(self.take(ADDRESS)?))
    }

    /// Whether everything is read.
    pub fn is_empty(&self) -> bool {
        self.read >= self.data.len()
    }

    /// Refuses what nobody has read.
    ///
    /// # Errors
    /// [`FillerDataLength`].
    pub fn require_end(&self) -> Result<(), FillerDataLength> {
        if self.is_empty() {
            return Ok(());
        }
        Err(self.wrong(self.read))
    }

    fn wrong(&self, wanted: usize) -> FillerDataLength {
        FillerDataLength {
            given: U256::from(self.data.len()),
            wanted: U256::from(wanted),
        }
    }
}

/// A venue's call while it is written: its selector, and words of Solidity's ABI.
#[derive(Debug)]
pub struct Calldata(Vec<u8>);

impl Calldata {
    /// Nothing but the selector.
    pub fn new(selector: [u8; 4]) -> Self {
        // The longest call without a path has fourteen words.
        let mut data = Vec::with_capacity(452);
        data.extend_from_slice(&selector);
        Self(data)
    }

    /// A word.
    pub fn number(&mut self, value: U256) -> &mut Self {
        self.bytes(&words::bytes(value))
    }

    /// A word whose last bytes are an address.
    pub fn address(&mut self, value: Address) -> &mut Self {
        self.bytes(value.into_word().as_slice())
    }

    /// Bytes as they are, of whatever length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Zeros up to the end of the word that has begun.
    pub fn pad(&mut self) -> &mut Self {
        let words = self.0.len().saturating_sub(4).next_multiple_of(WORD);
        self.0.resize(words.saturating_add(4), 0);
        self
    }
}

/// Runs every trade through the desk's venue: `calldata` reads a trade's route and makes the venue's call of it.
///
/// The venue sends what is bought to the caller itself, and answers at least one word. A trade of nothing
/// is passed over: to some routers zero means all that they hold.
///
/// # Errors
/// Those of [`Error`].
///
/// # Source
/// Invariants 16 and 17, on the filler's side.
pub fn fill(
    desk: Desk,
    trades: &Trades,
    data: &[u8],
    mut calldata: impl FnMut(&Trade, &mut Route<'_>) -> Result<Calldata, Error>,
) -> Result<(), Error> {
    trades.require_shape()?;
    let mut route = Route::new(data);
    for (index, trade) in trades.iter().enumerate() {
        let call = calldata(&trade, &mut route)?;
        if trade.amount.is_zero() {
            continue;
        }
        let left = match spend(trade.sell, trade.amount, desk.this, desk.venue, || {
            match raw::call(desk.venue, &call.0, ALL_GAS, REASON_MAX) {
                // An address without code answers nothing.
                Ok(answer) if answer.len() >= WORD => Ok(()),
                Ok(reason) | Err(reason) => Err(reason),
            }
        }) {
            Ok(left) => left,
            Err(Spend::Approve) => return Err(FillerApproveFailed { token: trade.sell }.into()),
            Err(Spend::Call(reason)) => {
                return Err(FillerSwapFailed {
                    index: U256::from(index),
                    reason: reason.into(),
                }
                .into())
            }
        };
        // The allowance tells how much was not taken, and not the balance: so nobody who sends tokens
        // here can make the vault's sale look smaller.
        send_up_to(trade.sell, desk.this, desk.caller, left)?;
    }
    route.require_end()?;
    Ok(())
}

/// Why [`spend`] failed.
#[derive(Debug)]
pub enum Spend {
    /// The token does not take or tell allowances.
    Approve,
    /// The call reverted, with these (cut) words.
    Call(Vec<u8>),
}

/// Lets `spender` take exactly `amount` during `call` and not a unit after it; answers what it did not take.
///
/// # Errors
/// [`Spend`].
pub fn spend(
    token: Address,
    amount: U256,
    this: Address,
    spender: Address,
    call: impl FnOnce() -> Result<(), Vec<u8>>,
) -> Result<U256, Spend> {
    if !erc20::approve(token, spender, amount, ALL_GAS) {
        return Err(Spend::Approve);
    }
    call().map_err(Spend::Call)?;
    let left = erc20::allowance(token, this, spender, ALL_GAS).ok_or(Spend::Approve)?;
    if !left.is_zero() && !erc20::approve(token, spender, U256::ZERO, ALL_GAS) {
        return Err(Spend::Approve);
    }
    Ok(left)
}

/// Sends `most` of `token`, or all that `this` holds if that is less.
///
/// # Errors
/// [`FillerReturnFailed`].
pub fn send_up_to(
    token: Address,
    this: Address,
    to: Address,
    most: U256,
) -> Result<(), FillerReturnFailed> {
    if most.is_zero() {
        return Ok(());
    }
    // Some tokens never lower the allowance of a spender that they know: what is left of it may be gone.
    let held = erc20::balance_of(token, this, ALL_GAS).ok_or(FillerReturnFailed { token })?;
    let amount = held.min(most);
    if !amount.is_zero() && !erc20::transfer(token, to, amount, ALL_GAS) {
        return Err(FillerReturnFailed { token });
    }
    Ok(())
}
