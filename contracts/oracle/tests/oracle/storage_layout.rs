//! Where things lie is part of what was deployed: the SDK miscounts slots in some layouts, so each is read raw.

use alloy_primitives::{keccak256, Address, U256};
use ballast_oracle::{
    words::{Bounds, Sequencer, Source},
    Oracle,
};
use motsu::prelude::*;
use proptest::prelude::*;
use stylus_sdk::{prelude::*, storage::StorageType};

use crate::{u, World, HEARTBEAT, MAX, MIN};

fn raw(w: &World, slot: U256) -> U256 {
    U256::from_be_bytes(w.oracle.sender(w.owner).vm().storage_load_bytes32(slot).0)
}

fn address(a: Address) -> U256 {
    U256::from_be_bytes(a.into_word().0)
}

#[test]
fn storage_has_three_slots_that_do_not_overlap() {
    assert_eq!(<Oracle as StorageType>::REQUIRED_SLOTS, 3);
    let w = World::bare();
    w.feed.sender(w.owner).set_round_id(u(9) << 64);
    w.set_feed().unwrap();
    w.set_sequencer(1_234);
    assert_eq!(raw(&w, u(0)), address(w.policy.address()));
    assert_eq!(
        raw(&w, u(1)),
        (u(1_234) << 160) | address(w.sequencer.address())
    );
    assert_eq!(raw(&w, u(2)), u(0), "feeds");
    let at: U256 =
        keccak256([w.token.address().into_word().0, u(2).to_be_bytes::<32>()].concat()).into();
    let source = [
        (u(9), 224),
        (u(50), 208),
        (u(18), 200),
        (u(8), 192),
        (u(HEARTBEAT), 160),
        (address(w.feed.address()), 0),
    ]
    .into_iter()
    .fold(U256::ZERO, |word, (value, shift): (U256, usize)| {
        word | (value << shift)
    });
    assert_eq!(raw(&w, at), source);
    assert_eq!(raw(&w, at + u(1)), (u(MAX) << 128) | u(MIN));

    w.oracle
        .sender(w.owner)
        .remove_feed(w.token.address())
        .motsu_unwrap();
    assert_eq!([raw(&w, at), raw(&w, at + u(1))], [u(0), u(0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_words_are_what_they_hold_and_nothing_else(limbs in any::<[u64; 4]>()) {
        let word = U256::from_limbs(limbs);
        prop_assert_eq!(Source::from_word(word).to_word(), word);
        prop_assert_eq!(Bounds::from_word(word).to_word(), word);
        let sequencer = Sequencer::from_word(word);
        prop_assert_eq!(Sequencer::from_word(sequencer.to_word()), sequencer);
        prop_assert_eq!(sequencer.to_word(), word & ((u(1) << 192) - u(1)));
    }
}
