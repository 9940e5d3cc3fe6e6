//! How is it traded on Balancer V2?
//!
//! ```text
//! vault.execute() -> sell tokens arrive here -> fill()
//!   each trade: approve(venue, amount) -> venue.swap(pool, .., recipient = caller) -> rest back to caller
//! ```
//!
//! Holds nothing between calls and is trusted with nothing: the vault measures what arrived. What
//! somebody leaves here outside of a fill belongs to whoever calls next. Balancer's own vault is called
//! the *venue* here. It is the one spender for all of its pools.
//!
//! Assumption, safety: none. Assumption, liveness: the venue is Balancer's V2 Vault.
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

/// `swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),uint256,uint256)` of the V2 Vault.
const SWAP: [u8; 4] = [0x52, 0xbb, 0xbe, 0x29];
/// Bytes of a pool's id: its address, its kind and a count.
const POOL: usize = 32;

/// The filler: where Balancer's vault is, and nothing else.
#[storage]
#[entrypoint]
pub struct BalancerV2Filler {
    venue: StorageAddress,
}

#[public]
impl BalancerV2Filler {
    /// Trades with `venue` for ever.
    #[constructor]
    pub fn constructor(&mut self, venue: Address) {
        self.venue.set(venue);
    }

    /// Balancer's V2 Vault.
    pub fn venue(&self) -> Address {
        self.venue.get()
    }

    /// Sells `amounts[k]` of `sells[k]`, which have arrived, for at least `leasts[k]` of `buys[k]`, sent to the caller.
    ///
    /// `data` is the id of the pool of each trade, 32 bytes each. What the venue does not take goes back
    /// to the caller; no allowance is left.
    ///
    /// # Errors
    /// Those of [`Error`]: of shape, the venue's reason, tokens that refuse.
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
            venue: self.venue.get(),
        };
        let trades = Trades {
            sells,
            buys,
            amounts,
            leasts,
        };
        filling::fill(desk, &trades, &data, |trade, route| {
            calldata(trade, route, desk)
        })
    }
}

/// The venue's call for one trade.
fn calldata(trade: &Trade, route: &mut Route<'_>, desk: Desk) -> Result<Calldata, Error> {
    let pool = route.take(POOL)?;
    let mut call = Calldata::new(SWAP);
    // Where the one swap begins: after the seven words of what follows it.
    call.number(U256::from(7 * WORD))
        // Funds: from here, not from an internal balance, to the caller, not to an internal balance.
        .address(desk.this)
        .number(U256::ZERO)
        .address(desk.caller)
        .number(U256::ZERO)
        .number(trade.least)
        // The rebalance has a deadline of its own.
        .number(U256::MAX)
        .bytes(pool)
        // Given is what goes in.
        .number(U256::ZERO)
        .address(trade.sell)
        .address(trade.buy)
        .number(trade.amount)
        // Words for the pool: none, after the six words of the swap.
        .number(U256::from(6 * WORD))
        .number(U256::ZERO);
    Ok(call)
}
