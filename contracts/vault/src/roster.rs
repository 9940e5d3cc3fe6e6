//! What only governance changes: the policy, the rebalancer and the list of assets, read in one piece.

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::{constants::MAX_ASSETS, data_account};

use crate::{head::Head, types::*, Vault};

/// Bytes of an address.
const ADDRESS: usize = 20;

/// The vault's neighbours and its assets.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Roster {
    pub(crate) policy: Address,
    /// Zero until it is named.
    pub(crate) rebalancer: Address,
    /// In the list's order.
    pub(crate) tokens: Vec<Address>,
}

impl Roster {
    /// Reads policy, rebalancer, tokens, one behind the other.
    fn decode(data: &[u8]) -> Self {
        let mut addresses = data
            .chunks_exact(ADDRESS)
            .filter_map(|bytes| Some(Address::new(bytes.try_into().ok()?)));
        let policy = addresses.next().unwrap_or_default();
        let rebalancer = addresses.next().unwrap_or_default();
        let mut tokens = Vec::with_capacity(MAX_ASSETS);
        for token in addresses {
            tokens.push(token);
        }
        Self {
            policy,
            rebalancer,
            tokens,
        }
    }

    /// The inverse of [`Self::decode`].
    fn encode(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for address in [self.policy, self.rebalancer].iter().chain(&self.tokens) {
            data.extend_from_slice(address.as_slice());
        }
        data
    }

    /// The token's place in the list.
    pub(crate) fn place(&self, token: Address) -> Option<usize> {
        self.tokens.iter().position(|t| *t == token)
    }

    /// Whether the token is on the list.
    pub(crate) fn lists(&self, token: Address) -> bool {
        self.place(token).is_some()
    }
}

impl Vault {
    #[inline(never)]
    pub(crate) fn roster(&self) -> Roster {
        Roster::decode(&data_account::read(self.head.get().roster))
    }

    /// Replaces the roster.
    ///
    /// # Errors
    /// `VaultRosterUnwritten` when the account that is to hold it cannot be made.
    #[inline(never)]
    pub(crate) fn set_roster(&mut self, roster: &Roster) -> Answer<()> {
        let data = roster.encode();
        let account = data_account::write(&data).ok_or(VaultRosterUnwritten {
            size: U256::from(data.len()),
        })?;
        let head = self.head.get();
        self.head.set(Head {
            roster: account,
            ..head
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_is_twenty_bytes_an_address() {
        let roster = Roster {
            policy: Address::repeat_byte(1),
            rebalancer: Address::repeat_byte(2),
            tokens: vec![Address::repeat_byte(3), Address::repeat_byte(4)],
        };
        let data = roster.encode();
        assert_eq!(data, [[1; 20], [2; 20], [3; 20], [4; 20]].concat());
        assert_eq!(Roster::decode(&data), roster);
        assert_eq!(Roster::decode(&[]), Roster::default());
    }
}
