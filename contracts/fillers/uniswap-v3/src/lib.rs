//! How is it traded on Uniswap V3?
//!
//! ```text
//! vault.execute() -> sell tokens arrive here -> fill()
//!   each trade: approve(router, amount) -> router.exactInput(.., recipient = caller) -> rest back to caller
//! ```
//!
//! Holds nothing between calls and is trusted with nothing: the vault measures what arrived. What
//! somebody leaves here outside of a fill belongs to whoever calls next. The program trades through
//! SwapRouter02 and not with the pools themselves, because a pool pays through a callback, and the
//! re-entrancy guard refuses every callback.
//!
//! Assumption, safety: none. Assumption, liveness: the router is Uniswap's SwapRouter02, whose
//! `exactInputSingle` and `exactInput` take no deadline and read an amount of zero as "all that the router holds".
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
// `#[entrypoint]` emits a function without documentation.
#![allow(missing_docs)]
extern crate alloc;

#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    filling::{self, Calldata, Desk, Error, Route, Trade, Trades},
    words::WORD,
};
use stylus_sdk::{abi::Bytes, prelude::*, storage::StorageAddress};

/// `exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))` of SwapRouter02.
const EXACT_INPUT_SINGLE: [u8; 4] = [0x04, 0xe4, 0x5a, 0xaf];
/// `exactInput((bytes,address,uint256,uint256))` of SwapRouter02.
const EXACT_INPUT: [u8; 4] = [0xb8, 0x58, 0x18, 0x3f];
/// Bytes of a pool's fee, `uint24`, big endian.
const FEE: usize = 3;
/// Bytes of a token and the fee of the pool after it.
const HOP: usize = 20 + FEE;

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
    /// `data` holds the path of each trade without its ends, one after the other:
    ///
    /// ```text
    ///  0        1          4           24         27
    ///  | hops h | fee      | token     | fee      | token ..     h times token and fee
    ///  |   1    |  3       |  20       |  3       |
    ///  sells[k] ---pool---> token ------pool-----> .. ---pool---> buys[k]
    /// ```
    ///
    /// What the router does not take goes back to the caller; no allowance is left.
    ///
    /// # Errors
    /// Those of [`Error`]: of shape, the router's reason, tokens that refuse.
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
        let desk = Desk {
            this: self.vm().contract_address(),
            caller: self.vm().msg_sender(),
            venue: self.router.get(),
        };
        let trades = Trades {
            sells,
            buys,
            amounts,
            leasts,
        };
        filling::fill(desk, &trades, &data, |trade, route| {
            calldata(trade, route, desk.caller)
        })
    }
}

/// The router's call for one trade.
fn calldata(trade: &Trade, route: &mut Route<'_>, recipient: Address) -> Result<Calldata, Error> {
    let hops = route.byte()?;
    let fee = route.take(FEE)?;
    let more = route.take(hops.saturating_mul(HOP))?;
    if more.is_empty() {
        let mut call = Calldata::new(EXACT_INPUT_SINGLE);
        call.address(trade.sell)
            .address(trade.buy)
            .bytes(&[0; WORD - FEE])
            .bytes(fee)
            .address(recipient)
            .number(trade.amount)
            .number(trade.least)
            // No limit on the price: `least` is the limit.
            .number(U256::ZERO);
        return Ok(call);
    }
    // sell, fee, what is between, buy: a hop is as long as an end and a fee.
    let path = more.len().saturating_add(HOP).saturating_add(20);
    let mut call = Calldata::new(EXACT_INPUT);
    // Where the tuple begins, and in it the path: after its four words.
    call.number(U256::from(WORD))
        .number(U256::from(4 * WORD))
        .address(recipient)
        .number(trade.amount)
        .number(trade.least)
        .number(U256::from(path))
        .bytes(trade.sell.as_slice())
        .bytes(fee)
        .bytes(more)
        .bytes(trade.buy.as_slice())
        .pad();
    Ok(call)
}
