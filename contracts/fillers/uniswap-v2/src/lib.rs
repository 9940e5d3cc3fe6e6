//! How is it traded on Uniswap V2, and on the many exchanges that copied its router?
//!
//! ```text
//! vault.execute() -> sell tokens arrive here -> fill()
//!   each trade: approve(router, amount) -> router.swapExactTokensForTokens(.., to = caller) -> rest back to caller
//! ```
//!
//! Holds nothing between calls and is trusted with nothing: the vault measures what arrived. What
//! somebody leaves here outside of a fill belongs to whoever calls next.
//!
//! Assumption, safety: none. Assumption, liveness: the router is UniswapV2Router02 or answers like it.
//! Tokens that take a fee on the way are none of its business: the vault refuses them at the mint.
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

/// `swapExactTokensForTokens(uint256,uint256,address[],address,uint256)` of UniswapV2Router02.
const SWAP_EXACT_TOKENS_FOR_TOKENS: [u8; 4] = [0x38, 0xed, 0x17, 0x39];
const ADDRESS: usize = 20;

/// The filler: where the router is, and nothing else.
#[storage]
#[entrypoint]
pub struct UniswapV2Filler {
    router: StorageAddress,
}

#[public]
impl UniswapV2Filler {
    /// Trades through `router` for ever.
    #[constructor]
    pub fn constructor(&mut self, router: Address) {
        self.router.set(router);
    }

    /// UniswapV2Router02.
    pub fn router(&self) -> Address {
        self.router.get()
    }

    /// Sells `amounts[k]` of `sells[k]`, which have arrived, for at least `leasts[k]` of `buys[k]`, sent to the caller.
    ///
    /// `data` holds the tokens between the ends of each trade's path, one trade after the other:
    ///
    /// ```text
    ///  0        1           21
    ///  | hops h | token     | token ..     h times
    ///  |   1    |  20       |
    ///  sells[k] ---pair---> token ---pair---> .. ---pair---> buys[k]
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
    let between = route.take(hops.saturating_mul(ADDRESS))?;
    let mut call = Calldata::new(SWAP_EXACT_TOKENS_FOR_TOKENS);
    call.number(trade.amount)
        .number(trade.least)
        // Where the path begins: after the five words.
        .number(U256::from(5 * WORD))
        .address(recipient)
        // The rebalance has a deadline of its own.
        .number(U256::MAX)
        .number(U256::from(hops.saturating_add(2)))
        .address(trade.sell);
    for token in between.chunks_exact(ADDRESS) {
        call.address(Address::from_slice(token));
    }
    call.address(trade.buy);
    Ok(call)
}
