//! The funded accounts of a fresh chain, whose keys everybody knows.

use alloy::primitives::{b256, Address, B256};
use alloy::signers::local::PrivateKeySigner;

/// Whose accounts every development node funds.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// How many accounts of the mnemonic are known here.
pub const MNEMONIC_ACCOUNTS: usize = 10;

/// Keys 0 to 9 of [`MNEMONIC`], path `m/44'/60'/0'/0/i`.
const DEV_KEYS: [B256; MNEMONIC_ACCOUNTS] = [
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// The owner's key of a local Nitro node started with `--dev`.
const NITRO_DEV_KEY: B256 =
    b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");

/// An account whose key is known, and funded at genesis.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key.
    pub key: B256,
}

impl DevAccount {
    /// The key as a signer.
    pub fn signer(&self) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.key).expect("the development keys are valid scalars")
    }
}

/// The ten development accounts, then Nitro's own.
pub fn dev_accounts() -> Vec<DevAccount> {
    DEV_KEYS
        .iter()
        .chain([&NITRO_DEV_KEY])
        .map(|key| {
            let signer = PrivateKeySigner::from_bytes(key);
            let address = signer
                .expect("the development keys are valid scalars")
                .address();
            DevAccount { address, key: *key }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn dev_accounts_have_the_addresses_that_wallets_know() {
        let accounts = dev_accounts();
        assert_eq!(accounts.len(), 11);
        assert_eq!(
            accounts[0].address,
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        assert_eq!(
            accounts[9].address,
            address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720")
        );
        assert_eq!(
            accounts[10].address,
            address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E")
        );
    }
}
