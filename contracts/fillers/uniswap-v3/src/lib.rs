//! How is it traded on Uniswap V3?
//!
//! ```text
//! vault.execute() -> sell tokens arrive here -> fill()
//!   each trade: approve(router, amount) -> router.exactInputSingle(.., recipient = caller) -> rest back to caller
//! ```
//!
//! Holds nothing between calls and is trusted with nothing: the vault measures what arrived. What
//! somebody leaves here outside of a fill belongs to whoever calls next. The program trades through
//! SwapRouter02 and not with the pools themselves, because a pool pays through a callback, and the
//! re-entrancy guard refuses every callback.
//!
//! Assumption, safety: none. Assumption, liveness: the router is Uniswap's SwapRouter02, whose
//! `exactInputSingle` takes no deadline and reads an amount of zero as "all that the router holds".
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
extern crate alloc;

pub mod types;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{erc20, erc20::ALL_GAS, raw};
use stylus_sdk::{abi::Bytes, prelude::*, storage::StorageAddress};

use crate::types::*;

/// `exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))` of SwapRouter02.
const EXACT_INPUT_SINGLE: [u8; 4] = [0x04, 0xe4, 0x5a, 0xaf];
/// Bytes of a pool's fee, `uint24`, big endian.
const FEE_BYTES: usize = 3;
/// Most bytes of the router's own words that an error carries: a token behind it may say anything.
pub const REASON_MAX: usize = 512;
const WORD: usize = 32;

/// The filler: where the router is, and nothing else.
#[storage]
#[entrypoint]
pub struct UniswapV3Filler {
    router: StorageAddress,
}

#[public]
impl UniswapV3Filler {
    /// Trades through `router` for ever.
    #[constructor]
    pub fn constructor(&mut self, router: Address) {
        self.router.set(router);
    }

    /// SwapRouter02.
    pub fn router(&self) -> Address {
        self.router.get()
    }

    /// Sells `amounts[k]` of `sells[k]`, which have arrived, for at least `leasts[k]` of `buys[k]`, sent to the caller.
    ///
    /// `data` is the fee of the pool of each trade, three bytes each. What the router does not take
    /// goes back to the caller; no allowance is left.
    ///
    /// # Errors
    /// [`FillerLengthMismatch`], [`FillerDataLength`]; [`FillerSwapFailed`] with the router's reason;
    /// [`FillerApproveFailed`] and [`FillerReturnFailed`] for tokens that refuse.
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
        for len in [buys.len(), amounts.len(), leasts.len()] {
            if len != sells.len() {
                return Err(FillerLengthMismatch {
                    a: U256::from(len),
                    b: U256::from(sells.len()),
                }
                .into());
            }
        }
        let wanted = sells.len().saturating_mul(FEE_BYTES);
        if data.len() != wanted {
            return Err(FillerDataLength {
                given: U256::from(data.len()),
                wanted: U256::from(wanted),
            }
            .into());
        }

        let venue = Venue {
            router: self.router.get(),
            recipient: self.vm().msg_sender(),
            this: self.vm().contract_address(),
        };
        let trades = sells
            .into_iter()
            .zip(buys)
            .zip(amounts)
            .zip(leasts)
            .zip(data.chunks_exact(FEE_BYTES));
        for (index, ((((sell, buy), amount), least), fee)) in trades.enumerate() {
            // The router would read zero as all that it holds itself.
            if !amount.is_zero() {
                venue.trade(index, sell, buy, amount, least, fee)?;
            }
        }
        Ok(())
    }
}

struct Venue {
    router: Address,
    recipient: Address,
    this: Address,
}

impl Venue {
    fn trade(
        &self,
        index: usize,
        sell: Address,
        buy: Address,
        amount: U256,
        least: U256,
        fee: &[u8],
    ) -> Result<(), Error> {
        if !erc20::approve(sell, self.router, amount, ALL_GAS) {
            return Err(FillerApproveFailed { token: sell }.into());
        }
        let call = self.exact_input_single(sell, buy, amount, least, fee);
        match raw::call(self.router, &call, ALL_GAS, REASON_MAX) {
            // An address without code answers nothing.
            Ok(answer) if answer.len() >= WORD => {}
            Ok(reason) | Err(reason) => {
                return Err(FillerSwapFailed {
                    index: U256::from(index),
                    reason: reason.into(),
                }
                .into())
            }
        }
        self.clean_up(sell)
    }

    /// Takes back what the router was allowed and did not take, and sends it where it came from.
    ///
    /// The allowance tells how much that is, and not the balance: so nobody who sends tokens here
    /// can make the vault's sale look smaller.
    fn clean_up(&self, sell: Address) -> Result<(), Error> {
        let left = erc20::allowance(sell, self.this, self.router, ALL_GAS)
            .ok_or(FillerApproveFailed { token: sell })?;
        if left.is_zero() {
            return Ok(());
        }
        if !erc20::approve(sell, self.router, U256::ZERO, ALL_GAS) {
            return Err(FillerApproveFailed { token: sell }.into());
        }
        // Some tokens never lower the allowance of a router that they know.
        let held = erc20::balance_of(sell, self.this, ALL_GAS)
            .ok_or(FillerReturnFailed { token: sell })?;
        let rest = held.min(left);
        if !rest.is_zero() && !erc20::transfer(sell, self.recipient, rest, ALL_GAS) {
            return Err(FillerReturnFailed { token: sell }.into());
        }
        Ok(())
    }

    fn exact_input_single(
        &self,
        sell: Address,
        buy: Address,
        amount: U256,
        least: U256,
        fee: &[u8],
    ) -> Vec<u8> {
        let mut data = Vec::with_capacity(228);
        data.extend_from_slice(&EXACT_INPUT_SINGLE);
        data.extend_from_slice(sell.into_word().as_slice());
        data.extend_from_slice(buy.into_word().as_slice());
        data.extend_from_slice(&[0; WORD - FEE_BYTES]);
        data.extend_from_slice(fee);
        data.extend_from_slice(self.recipient.into_word().as_slice());
        data.extend_from_slice(&amount.to_be_bytes::<WORD>());
        data.extend_from_slice(&least.to_be_bytes::<WORD>());
        // No limit on the price: `least` is the limit.
        data.extend_from_slice(&[0; WORD]);
        data
    }
}
