//! Data that only governance changes, kept as the code of an account that does nothing.
//!
//! A slot costs 2,100 gas to read cold; an account's code costs 3,300, however long it is: the price of two
//! slots for a whole list. What is written never changes: a change is a new account, named by a slot that
//! is rolled back with everything else.

use alloc::vec::Vec;
use core::ops::Deref;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{read, write};
#[cfg(target_arch = "wasm32")]
pub use on_chain::{read, write};

/// What an account holds: nothing for one that was not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    code: Vec<u8>,
}

impl Deref for Data {
    type Target = [u8];

    /// The code behind its first byte.
    fn deref(&self) -> &[u8] {
        self.code.get(1..).unwrap_or_default()
    }
}

/// EVM's `STOP`, the first byte of the code: whoever calls the account runs nothing.
const STOP: u8 = 0;

#[cfg(target_arch = "wasm32")]
#[allow(deprecated)] // the SDK's handle to the host would bring its whole table of functions into the program
mod on_chain {
    use super::{Data, Vec, STOP};
    use stylus_sdk::{
        alloy_primitives::{Address, U256},
        deploy::RawDeploy,
        types::AddressVM,
    };

    /// Makes an account that holds `data`; `None` when that fails: too much data, too little gas.
    #[inline(never)]
    pub fn write(data: &[u8]) -> Option<Address> {
        let length = u16::try_from(data.len().checked_add(1)?).ok()?;
        let [high, low] = length.to_be_bytes();
        // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: the code is what follows these 10 bytes.
        let mut init = Vec::with_capacity(data.len().saturating_add(11));
        init.extend_from_slice(&[0x61, high, low, 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, 0xf3]);
        init.push(STOP);
        init.extend_from_slice(data);
        // SAFETY: the init code calls nobody, so nothing is read or written in between.
        unsafe { RawDeploy::new().deploy(&init, U256::ZERO).ok() }
    }

    /// What [`write`] wrote to `account`.
    #[inline(never)]
    pub fn read(account: Address) -> Data {
        Data {
            code: account.code(),
        }
    }
}

/// The native test VM makes no accounts: here they stand beside it, by addresses of their own.
#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{Data, STOP};
    use core::cell::RefCell;
    use std::collections::BTreeMap;
    use stylus_sdk::alloy_primitives::{keccak256, Address, U256};

    std::thread_local! {
        static ACCOUNTS: RefCell<BTreeMap<Address, Data>> = const { RefCell::new(BTreeMap::new()) };
    }

    /// Keeps `data` under a new address.
    pub fn write(data: &[u8]) -> Option<Address> {
        ACCOUNTS.with_borrow_mut(|accounts| {
            let number = U256::from(accounts.len()).to_be_bytes::<32>();
            let account = Address::from_word(keccak256(number));
            let code = [&[STOP], data].concat();
            accounts.insert(account, Data { code });
            Some(account)
        })
    }

    /// What [`write`] keeps under `account`.
    pub fn read(account: Address) -> Data {
        ACCOUNTS.with_borrow(|accounts| accounts.get(&account).cloned().unwrap_or_default())
    }
}
