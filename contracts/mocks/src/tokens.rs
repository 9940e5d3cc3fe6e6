//! Weird tokens: an ERC-20 with one knob for each way in which tokens differ from the textbook.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ballast_interfaces::{erc20::ALL_GAS, raw};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageBytes, StorageMap, StorageU256},
};

const BPS: u64 = 10_000;

/// An honest token until a knob is turned. Anybody may mint, burn and turn.
#[storage]
pub struct MockToken {
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    blocked: StorageMap<Address, StorageBool>,
    /// Kept from what the receiver gets.
    fee_bps: StorageU256,
    /// Taken from the sender besides.
    sender_fee: StorageU256,
    /// Every transfer reverts.
    frozen: StorageBool,
    /// `transfer` and `transferFrom` answer `false`: without moving, or after.
    refuses: StorageBool,
    lies: StorageBool,
    /// Answers `true` and moves nothing.
    stuck: StorageBool,
    /// `balanceOf` reverts.
    mute: StorageBool,
    /// `balanceOf` reverts from the next transfer on.
    mute_later: StorageBool,
    hook_target: StorageAddress,
    hook_data: StorageBytes,
    hook_calls: StorageU256,
    hook_succeeded: StorageBool,
    hook_answer: StorageBytes,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockToken {}

#[public]
impl MockToken {
    /// Makes tokens.
    pub fn mint(&mut self, to: Address, amount: U256) {
        let balance = self.balances.get(to);
        self.balances.setter(to).set(balance.saturating_add(amount));
    }

    /// Destroys anybody's tokens: a slash, a seizure, a negative rebase.
    pub fn burn(&mut self, from: Address, amount: U256) {
        let balance = self.balances.get(from);
        self.balances
            .setter(from)
            .set(balance.saturating_sub(amount));
    }

    /// Blocks an account from receiving.
    pub fn set_blocked(&mut self, account: Address, blocked: bool) {
        self.blocked.setter(account).set(blocked);
    }

    /// Keeps bps of every transfer from the receiver, and takes an amount from the sender besides.
    pub fn set_fees(&mut self, fee_bps: U256, sender_fee: U256) {
        self.fee_bps.set(fee_bps);
        self.sender_fee.set(sender_fee);
    }

    /// Makes every transfer revert.
    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen.set(frozen);
    }

    /// Makes transfers answer `false`, `moving` or not.
    pub fn set_refusing(&mut self, refuses: bool, moving: bool) {
        self.refuses.set(refuses && !moving);
        self.lies.set(refuses && moving);
    }

    /// Makes transfers answer `true` and move nothing.
    pub fn set_stuck(&mut self, stuck: bool) {
        self.stuck.set(stuck);
    }

    /// Makes `balanceOf` revert, now or from the next transfer on.
    pub fn set_mute(&mut self, now: bool, after_transfer: bool) {
        self.mute.set(now);
        self.mute_later.set(after_transfer);
    }

    /// Makes every transfer call `target` with `data` before it moves anything; zero for no call.
    pub fn set_hook(&mut self, target: Address, data: Bytes) {
        self.hook_target.set(target);
        self.hook_data.set_bytes(data.as_ref());
    }

    /// How often the hook was called, whether it succeeded the last time, and what it answered.
    pub fn hook_result(&self) -> (U256, bool, Bytes) {
        (
            self.hook_calls.get(),
            self.hook_succeeded.get(),
            self.hook_answer.get_bytes().into(),
        )
    }

    /// As ERC-20's.
    pub fn decimals(&self) -> u8 {
        18
    }

    /// As ERC-20's, unless mute.
    pub fn balance_of(&self, account: Address) -> Result<U256, Vec<u8>> {
        if self.mute.get() {
            return Err(b"mute".to_vec());
        }
        Ok(self.balances.get(account))
    }

    /// As ERC-20's.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// As ERC-20's.
    pub fn approve(&mut self, spender: Address, amount: U256) -> bool {
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).setter(spender).set(amount);
        true
    }

    /// As ERC-20's, but for the knobs.
    pub fn transfer(&mut self, to: Address, amount: U256) -> Result<bool, Vec<u8>> {
        let from = self.vm().msg_sender();
        self.shift(from, to, amount)
    }

    /// As ERC-20's, but for the knobs; an infinite allowance is not decreased.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<bool, Vec<u8>> {
        let spender = self.vm().msg_sender();
        let allowance = self.allowances.getter(from).get(spender);
        if allowance != U256::MAX {
            let rest = allowance
                .checked_sub(amount)
                .ok_or_else(|| b"allowance".to_vec())?;
            self.allowances.setter(from).setter(spender).set(rest);
        }
        self.shift(from, to, amount)
    }
}

impl MockToken {
    fn shift(&mut self, from: Address, to: Address, amount: U256) -> Result<bool, Vec<u8>> {
        let target = self.hook_target.get();
        if !target.is_zero() {
            let calls = self.hook_calls.get();
            self.hook_calls.set(calls.wrapping_add(U256::from(1)));
            let result = raw::call(target, &self.hook_data.get_bytes(), ALL_GAS, 1024);
            self.hook_succeeded.set(result.is_ok());
            self.hook_answer.set_bytes(result.unwrap_or_else(|e| e));
        }
        if self.frozen.get() || self.blocked.get(to) {
            return Err(b"frozen".to_vec());
        }
        if self.refuses.get() {
            return Ok(false);
        }
        if self.stuck.get() {
            return Ok(true);
        }
        let taken = amount.saturating_add(self.sender_fee.get());
        let left = self
            .balances
            .get(from)
            .checked_sub(taken)
            .ok_or_else(|| b"balance".to_vec())?;
        let fee = amount
            .checked_mul(self.fee_bps.get())
            .and_then(|x| x.checked_div(U256::from(BPS)))
            .ok_or_else(|| b"fee".to_vec())?;
        self.balances.setter(from).set(left);
        let balance = self.balances.get(to);
        self.balances
            .setter(to)
            .set(balance.saturating_add(amount.saturating_sub(fee)));
        if self.mute_later.get() {
            self.mute.set(true);
        }
        Ok(!self.lies.get())
    }
}

/// A token of the kind that answers nothing to a transfer, honest otherwise.
#[storage]
pub struct SilentToken {
    balances: StorageMap<Address, StorageU256>,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for SilentToken {}

#[public]
impl SilentToken {
    /// Makes tokens.
    pub fn mint(&mut self, to: Address, amount: U256) {
        let balance = self.balances.get(to);
        self.balances.setter(to).set(balance.saturating_add(amount));
    }

    /// As ERC-20's.
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// Moves, and answers nothing.
    pub fn transfer(&mut self, to: Address, amount: U256) -> Result<(), Vec<u8>> {
        let from = self.vm().msg_sender();
        self.shift(from, to, amount)
    }

    /// Moves without asking for an allowance, and answers nothing.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<(), Vec<u8>> {
        self.shift(from, to, amount)
    }
}

impl SilentToken {
    fn shift(&mut self, from: Address, to: Address, amount: U256) -> Result<(), Vec<u8>> {
        let left = self
            .balances
            .get(from)
            .checked_sub(amount)
            .ok_or_else(|| b"balance".to_vec())?;
        self.balances.setter(from).set(left);
        let balance = self.balances.get(to);
        self.balances.setter(to).set(balance.saturating_add(amount));
        Ok(())
    }
}
