//! A chain that others start from.

use super::Chain;
use std::sync::Arc;

/// A chain at the moment at which tests begin: built once, started from as often as wanted.
///
/// What starts from it shares its accounts until it writes to them, and is independent of it and of
/// everything else that does.
#[derive(Clone, Debug)]
pub struct Prepared {
    chain: Arc<Chain>,
}

impl Prepared {
    /// Takes a chain as it stands. Its blocks can still be asked for; the states before them, its
    /// snapshots and its events are forgotten.
    pub fn new(mut chain: Chain) -> Self {
        chain.before.clear();
        chain.snapshots = Default::default();
        chain.events = Default::default();
        Self {
            chain: Arc::new(chain),
        }
    }

    /// A chain of its own that goes on from here.
    pub fn start(&self) -> Chain {
        Chain::clone(&self.chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, Address, U256};

    const SOMEBODY: Address = address!("00000000000000000000000000000000000a11ce");

    #[test]
    fn chains_from_one_prepared_know_its_past_and_nothing_of_each_other() {
        let mut chain = Chain::default();
        chain
            .state_mut()
            .set_storage(SOMEBODY, U256::ZERO, U256::ONE);
        chain.mine();
        let prepared = Prepared::new(chain);
        let (mut one, two) = (prepared.start(), prepared.start());
        assert_eq!(one.latest().hash, two.latest().hash);
        assert_eq!(one.latest().number(), 1);

        one.state_mut()
            .set_storage(SOMEBODY, U256::ZERO, U256::from(2));
        one.increase_time(1_000);
        one.mine();
        let slot = |chain: &Chain| chain.state().storage(SOMEBODY, U256::ZERO);
        assert_eq!((slot(&one), slot(&two)), (U256::from(2), U256::ONE));
        assert_eq!((one.latest().number(), two.latest().number()), (2, 1));
        let later = prepared.start();
        assert_eq!(slot(&later), U256::ONE);
        assert_eq!(later.next_timestamp(), two.next_timestamp());
    }
}
