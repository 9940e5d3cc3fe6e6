//! What the other programs ask the policy: who holds a role, and whether an asset is wanted. One place, fail-closed.

use stylus_sdk::{
    alloy_primitives::{Address, B256, U256},
    function_selector,
};

use crate::{
    erc20::{addr, encode, ALL_GAS},
    raw,
};

const HAS_ROLE: [u8; 4] = function_selector!("hasRole", B256, Address);
const WEIGHT_OF: [u8; 4] = function_selector!("weightOf", Address);

/// Whether `policy` gives `role` to `account`; one that answers anything but `true` gives no role.
pub fn has_role(policy: Address, role: B256, account: Address) -> bool {
    let data = encode(HAS_ROLE, &[U256::from_be_bytes(role.0), addr(account)]);
    let answer = raw::static_call(policy, &data, ALL_GAS, 32).unwrap_or_default();
    answer.len() == 32 && U256::try_from_be_slice(&answer) == Some(U256::from(1u8))
}

/// The greater of a token's effective and coming weight, WAD; a policy that cannot tell counts as wanting all.
pub fn weight_of(policy: Address, token: Address) -> U256 {
    let data = encode(WEIGHT_OF, &[addr(token)]);
    let answer = raw::static_call(policy, &data, ALL_GAS, 64).unwrap_or_default();
    let mut words = answer.chunks_exact(32).filter_map(U256::try_from_be_slice);
    match (words.next(), words.next()) {
        (Some(now), Some(coming)) => now.max(coming),
        _ => U256::MAX,
    }
}
