//! Where in ArbOS's storage a thing is: a tree of spaces, each with keys of its own.

use alloy::primitives::{keccak256, B256, U256};
use std::sync::LazyLock;

/// One space of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space(Option<B256>);

impl Space {
    /// The space that all others are in.
    pub(crate) const ROOT: Self = Self(None);

    /// The space called `id` in this one.
    pub(crate) fn sub(self, id: u8) -> Self {
        Self(Some(self.hash(&[id])))
    }

    /// The slot of a key: pages of 256 keys stay together.
    pub(crate) fn slot(self, key: B256) -> U256 {
        let (page, last) = key.split_at(31);
        let mut mapped = self.hash(page);
        mapped[31] = last[0];
        mapped.into()
    }

    /// The slot of a small key.
    pub(crate) fn at(self, offset: u64) -> U256 {
        self.slot(U256::from(offset).into())
    }

    fn hash(self, tail: &[u8]) -> B256 {
        let mut preimage = Vec::with_capacity(64);
        if let Some(key) = self.0 {
            preimage.extend_from_slice(key.as_slice());
        }
        preimage.extend_from_slice(tail);
        keccak256(preimage)
    }
}

/// The spaces in use.
#[derive(Debug)]
pub(crate) struct Spaces {
    pub(crate) l1_pricing: Space,
    pub(crate) batch_posters: Space,
    pub(crate) l2_pricing: Space,
    pub(crate) chain_owners: Space,
    pub(crate) outbox: Space,
    pub(crate) features: Space,
    pub(crate) native_token_owners: Space,
    pub(crate) filterers: Space,
    pub(crate) params: Space,
    pub(crate) program_data: Space,
    pub(crate) modules: Space,
    pub(crate) data_pricer: Space,
    pub(crate) cache_managers: Space,
    pub(crate) activation_gas: Space,
}

/// The spaces in use, hashed once.
pub(crate) static SPACES: LazyLock<Spaces> = LazyLock::new(|| {
    let root = Space::ROOT;
    let l1_pricing = root.sub(0);
    let programs = root.sub(8);
    Spaces {
        l1_pricing,
        batch_posters: l1_pricing.sub(0),
        l2_pricing: root.sub(1),
        chain_owners: root.sub(4),
        outbox: root.sub(5),
        features: root.sub(9),
        native_token_owners: root.sub(10),
        filterers: root.sub(11),
        params: programs.sub(0),
        program_data: programs.sub(1),
        modules: programs.sub(2),
        data_pricer: programs.sub(3),
        cache_managers: programs.sub(4),
        activation_gas: programs.sub(5),
    }
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    Root,
    L1Pricing,
    BatchPosters,
    L2Pricing,
    GasConstraints,
    MultiGasConstraints,
    Features,
    ActivationGas,
}

/// A single value, by its space and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field(Home, u64);

impl Field {
    pub(crate) const VERSION: Self = Self(Home::Root, 0);
    pub(crate) const UPGRADE_VERSION: Self = Self(Home::Root, 1);
    pub(crate) const UPGRADE_TIME: Self = Self(Home::Root, 2);
    pub(crate) const NETWORK_FEE_ACCOUNT: Self = Self(Home::Root, 3);
    pub(crate) const CHAIN_ID: Self = Self(Home::Root, 4);
    pub(crate) const INFRA_FEE_ACCOUNT: Self = Self(Home::Root, 6);
    pub(crate) const BROTLI_LEVEL: Self = Self(Home::Root, 7);
    pub(crate) const NATIVE_TOKEN_FROM: Self = Self(Home::Root, 8);
    pub(crate) const FILTERING_FROM: Self = Self(Home::Root, 9);
    pub(crate) const FILTERED_FUNDS_TO: Self = Self(Home::Root, 10);
    pub(crate) const COLLECT_TIPS: Self = Self(Home::Root, 11);

    pub(crate) const REWARDS_TO: Self = Self(Home::L1Pricing, 0);
    pub(crate) const EQUILIBRATION_UNITS: Self = Self(Home::L1Pricing, 1);
    pub(crate) const L1_INERTIA: Self = Self(Home::L1Pricing, 2);
    pub(crate) const REWARD_RATE: Self = Self(Home::L1Pricing, 3);
    pub(crate) const L1_UPDATE_TIME: Self = Self(Home::L1Pricing, 4);
    pub(crate) const REWARDS_DUE: Self = Self(Home::L1Pricing, 5);
    pub(crate) const UNITS_SINCE_UPDATE: Self = Self(Home::L1Pricing, 6);
    pub(crate) const L1_PRICE: Self = Self(Home::L1Pricing, 7);
    pub(crate) const LAST_SURPLUS: Self = Self(Home::L1Pricing, 8);
    pub(crate) const PER_BATCH_GAS: Self = Self(Home::L1Pricing, 9);
    pub(crate) const AMORTIZED_CAP: Self = Self(Home::L1Pricing, 10);
    pub(crate) const L1_FEES_AVAILABLE: Self = Self(Home::L1Pricing, 11);
    pub(crate) const GAS_FLOOR_PER_TOKEN: Self = Self(Home::L1Pricing, 12);
    pub(crate) const REFUNDS_DUE: Self = Self(Home::BatchPosters, 0);

    pub(crate) const SPEED_LIMIT: Self = Self(Home::L2Pricing, 0);
    pub(crate) const BLOCK_GAS_LIMIT: Self = Self(Home::L2Pricing, 1);
    pub(crate) const BASE_FEE: Self = Self(Home::L2Pricing, 2);
    pub(crate) const MIN_BASE_FEE: Self = Self(Home::L2Pricing, 3);
    pub(crate) const GAS_BACKLOG: Self = Self(Home::L2Pricing, 4);
    pub(crate) const L2_INERTIA: Self = Self(Home::L2Pricing, 5);
    pub(crate) const BACKLOG_TOLERANCE: Self = Self(Home::L2Pricing, 6);
    pub(crate) const TX_GAS_LIMIT: Self = Self(Home::L2Pricing, 7);
    pub(crate) const GAS_CONSTRAINTS: Self = Self(Home::GasConstraints, 0);
    pub(crate) const MULTI_GAS_CONSTRAINTS: Self = Self(Home::MultiGasConstraints, 0);

    pub(crate) const FEATURES: Self = Self(Home::Features, 0);
    pub(crate) const ACTIVATION_GAS: Self = Self(Home::ActivationGas, 0);

    /// Its slot.
    pub(crate) fn slot(self) -> U256 {
        let space = match self.0 {
            Home::Root => Space::ROOT,
            Home::L1Pricing => SPACES.l1_pricing,
            Home::BatchPosters => SPACES.batch_posters,
            Home::L2Pricing => SPACES.l2_pricing,
            Home::GasConstraints => SPACES.l2_pricing.sub(0),
            Home::MultiGasConstraints => SPACES.l2_pricing.sub(1),
            Home::Features => SPACES.features,
            Home::ActivationGas => SPACES.activation_gas,
        };
        space.at(self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    #[test]
    fn a_key_keeps_its_last_byte_and_its_page() {
        // keccak256 of 31 zero bytes, cut to 31 bytes, then the key's last byte.
        let page = keccak256([0u8; 31]);
        let mut expected = page;
        expected[31] = 7;
        assert_eq!(B256::from(Space::ROOT.at(7)), expected);
        // The version of ArbOS lies at the root's key 0: a well-known slot of every Nitro chain.
        let version = b256!("15fed0451499512d95f3ec5a41c878b9de55f21878b5b4e190d4667ec709b400");
        assert_eq!(B256::from(Field::VERSION.slot()), version);
        // A space's key stands before the page.
        let key = keccak256([1u8]);
        let mut expected = keccak256([key.as_slice(), &[0; 31]].concat());
        expected[31] = 3;
        assert_eq!(B256::from(Field::MIN_BASE_FEE.slot()), expected);
    }
}
