//! ERC-20 calls to tokens of any quality: no answer, `false`, no code and return bombs are all told apart.

use alloc::vec::Vec;
use stylus_sdk::alloy_primitives::{Address, U256};

use crate::raw;

/// Gas enough for any honest token when no tighter cap is asked; 63/64 of what is left still binds.
pub const ALL_GAS: u64 = u64::MAX;

const WORD: usize = 32;

const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
const TRANSFER_FROM: [u8; 4] = [0x23, 0xb8, 0x72, 0xdd];
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];
const BALANCE_OF: [u8; 4] = [0x70, 0xa0, 0x82, 0x31];
const ALLOWANCE: [u8; 4] = [0xdd, 0x62, 0xed, 0x3e];
const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];

/// `token.balanceOf(account)`, or `None` when the token has no code, reverts, or answers fewer than 32 bytes.
pub fn balance_of(token: Address, account: Address, gas: u64) -> Option<U256> {
    word(&raw::static_call(token, &encode(BALANCE_OF, &[addr(account)]), gas, WORD).ok()?)
}

/// `token.allowance(owner, spender)`, or `None` as for [`balance_of`].
pub fn allowance(token: Address, owner: Address, spender: Address, gas: u64) -> Option<U256> {
    word(
        &raw::static_call(
            token,
            &encode(ALLOWANCE, &[addr(owner), addr(spender)]),
            gas,
            WORD,
        )
        .ok()?,
    )
}

/// `token.decimals()`, or `None` when it does not answer a byte.
pub fn decimals(token: Address, gas: u64) -> Option<u8> {
    let answer = word(&raw::static_call(token, &encode(DECIMALS, &[]), gas, WORD).ok()?)?;
    u8::try_from(answer).ok()
}

/// `token.transfer(to, amount)`: true when it did not revert and answered nothing or `true`.
///
/// A token without code "succeeds" here: measure balances, or check for code when listing.
pub fn transfer(token: Address, to: Address, amount: U256, gas: u64) -> bool {
    accepted(raw::call(
        token,
        &encode(TRANSFER, &[addr(to), amount]),
        gas,
        WORD,
    ))
}

/// `token.transferFrom(from, to, amount)`, judged as [`transfer`].
pub fn transfer_from(token: Address, from: Address, to: Address, amount: U256, gas: u64) -> bool {
    accepted(raw::call(
        token,
        &encode(TRANSFER_FROM, &[addr(from), addr(to), amount]),
        gas,
        WORD,
    ))
}

/// `token.approve(spender, amount)`, judged as [`transfer`].
pub fn approve(token: Address, spender: Address, amount: U256, gas: u64) -> bool {
    accepted(raw::call(
        token,
        &encode(APPROVE, &[addr(spender), amount]),
        gas,
        WORD,
    ))
}

fn accepted(answer: Result<Vec<u8>, Vec<u8>>) -> bool {
    match answer {
        Ok(data) if data.is_empty() => true,
        Ok(data) => word(&data) == Some(U256::from(1u8)),
        Err(_) => false,
    }
}

pub(crate) fn addr(a: Address) -> U256 {
    U256::from_be_bytes(a.into_word().0)
}

fn word(data: &[u8]) -> Option<U256> {
    Some(U256::from_be_bytes::<WORD>(
        data.get(..WORD)?.try_into().ok()?,
    ))
}

pub(crate) fn encode(selector: [u8; 4], words: &[U256]) -> Vec<u8> {
    // At most three words follow a selector in ERC-20.
    let mut data = Vec::with_capacity(100);
    data.extend_from_slice(&selector);
    for w in words {
        data.extend_from_slice(&w.to_be_bytes::<WORD>());
    }
    data
}
