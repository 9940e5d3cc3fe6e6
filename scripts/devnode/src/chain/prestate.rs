//! What a message found and what it left, as go-ethereum's `prestateTracer` writes it.
//!
//! # Source
//! Shape and rules of go-ethereum as Nitro v3.10.0 has it, `eth/tracers/native/prestate.go`.

use crate::exec::{Outcome, State, Touched};
use alloy::primitives::{Address, Bytes, B256, KECCAK256_EMPTY, U256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the tracer shall leave out.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrestateConfig {
    /// Show what changed instead of what was found.
    pub diff_mode: bool,
    /// Leave out code.
    pub disable_code: bool,
    /// Leave out storage.
    pub disable_storage: bool,
    /// Show accounts that were empty.
    pub include_empty: bool,
}

/// Accounts as the tracer shows them.
pub type Accounts = BTreeMap<Address, AccountState>;

/// One account as the tracer shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountState {
    /// Wei.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<U256>,
    /// Code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Bytes>,
    /// Its hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<B256>,
    /// Next nonce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<u64>,
    /// Slots that were looked at, or written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<B256, B256>,
}

/// What was found, or what was found and changed, and what it became.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Prestate {
    /// Every account that was looked at, as it was.
    Found(Accounts),
    /// The accounts that changed.
    Changed {
        /// What changed, as it is now.
        post: Accounts,
        /// The accounts as they were, with the slots that changed.
        pre: Accounts,
    },
}

/// Tells what `outcome` found in the state `before`.
pub(crate) fn prestate(before: &State, outcome: &Outcome, config: PrestateConfig) -> Prestate {
    let mut pre: Accounts = outcome
        .touched
        .iter()
        .map(|(address, touched)| (*address, found(before, *address, touched, config)))
        .collect();
    let mut post = Accounts::new();
    if config.diff_mode {
        for (address, touched) in &outcome.touched {
            let changed = pre
                .get_mut(address)
                .and_then(|was| changes(before, *address, touched, was, config));
            match changed {
                Some(now) if !touched.deleted => drop(post.insert(*address, now)),
                Some(_) => {}
                None => drop(pre.remove(address)),
            }
        }
    }
    if !config.include_empty {
        pre.retain(|address, _| !is_empty(before, *address));
    }
    match config.diff_mode {
        true => Prestate::Changed { post, pre },
        false => Prestate::Found(pre),
    }
}

fn is_empty(state: &State, address: Address) -> bool {
    state.account(address).is_none_or(|account| {
        account.balance.is_zero() && account.nonce == 0 && account.code_hash == KECCAK256_EMPTY
    })
}

fn found(
    before: &State,
    address: Address,
    touched: &Touched,
    config: PrestateConfig,
) -> AccountState {
    let code = before.code(address);
    let nonce = before.nonce(address);
    let slots = touched
        .storage
        .keys()
        .filter(|_| !config.disable_storage)
        .map(|slot| (B256::from(*slot), before.storage(address, *slot).into()));
    AccountState {
        balance: Some(before.balance(address)),
        code_hash: before
            .account(address)
            .map(|account| account.code_hash)
            .filter(|hash| *hash != KECCAK256_EMPTY),
        code: Some(code).filter(|code| !code.is_empty() && !config.disable_code),
        nonce: Some(nonce).filter(|nonce| *nonce > 0),
        storage: slots.collect(),
    }
}

/// What is different now, if anything is; slots that are not, or were empty, are taken out of `was`.
fn changes(
    before: &State,
    address: Address,
    touched: &Touched,
    was: &mut AccountState,
    config: PrestateConfig,
) -> Option<AccountState> {
    let info = &touched.info;
    let mut now = AccountState::default();
    let mut modified = touched.deleted;
    if Some(info.balance) != was.balance {
        modified = true;
        now.balance = Some(info.balance);
    }
    if info.nonce != was.nonce.unwrap_or_default() {
        modified = true;
        now.nonce = Some(info.nonce);
    }
    let code_hash = Some(info.code_hash).filter(|hash| *hash != KECCAK256_EMPTY);
    if code_hash != was.code_hash {
        modified = true;
        now.code_hash = Some(code_hash.unwrap_or_default());
        if !config.disable_code {
            now.code = info.code.as_ref().map(|code| code.original_bytes());
        }
    }
    if !config.disable_storage {
        for (slot, value) in &touched.storage {
            let old = before.storage(address, *slot);
            let key = B256::from(*slot);
            if old == *value || old.is_zero() {
                was.storage.remove(&key);
            }
            if old != *value {
                modified = true;
                if !value.is_zero() {
                    now.storage.insert(key, (*value).into());
                }
            }
        }
    }
    modified.then_some(now)
}
