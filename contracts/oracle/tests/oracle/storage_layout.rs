//! Where things lie is part of what was deployed, so each is read raw: the slots, and the table that one of them points to.

use alloy_primitives::{Address, U256};
use ballast_interfaces::data_account;
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

fn table(w: &World) -> Vec<u8> {
    let account = Address::from_word(raw(w, u(1)).to_be_bytes::<32>().into());
    data_account::read(account).to_vec()
}

/// The word in which each value begins so many bits above the lowest.
fn fields<const N: usize>(fields: [(U256, usize); N]) -> [u8; 32] {
    let word = fields
        .into_iter()
        .fold(U256::ZERO, |word, (value, shift)| word | (value << shift));
    word.to_be_bytes()
}

#[test]
fn storage_has_six_slots_and_the_table_fields_that_do_not_overlap() {
    assert_eq!(<Oracle as StorageType>::REQUIRED_SLOTS, 6);
    let w = World::bare();
    assert_eq!(raw(&w, u(1)), u(0), "no table yet");
    w.feed.sender(w.owner).set_round_id(u(9) << 64);
    w.set_feed().unwrap();
    w.set_sequencer(1_234);
    assert_eq!(raw(&w, u(0)), address(w.policy.address()));
    let sequencer = fields([(u(1_234), 160), (address(w.sequencer.address()), 0)]);
    let source = fields([
        (u(9), 224),
        (u(50), 208),
        (u(18), 200),
        (u(8), 192),
        (u(HEARTBEAT), 160),
        (address(w.feed.address()), 0),
    ]);
    let bounds = fields([(u(MAX), 128), (u(MIN), 0)]);
    let entry = [w.token.address().as_slice(), &source, &bounds].concat();
    assert_eq!(table(&w), [&sequencer[..], &entry].concat());

    // Another token stands behind, and takes the place of the first when that goes.
    w.oracle
        .sender(w.owner)
        .set_feed(
            w.feed.address(),
            w.feed.address(),
            u(7),
            u(MIN),
            u(MAX),
            u(0),
        )
        .motsu_unwrap();
    assert_eq!(table(&w)[..32 + 84], [&sequencer[..], &entry].concat());
    assert_eq!(table(&w).len(), 32 + 2 * 84);
    assert_eq!(&table(&w)[116..136], w.feed.address().as_slice());
    let behind = table(&w)[116..].to_vec();
    w.oracle
        .sender(w.owner)
        .remove_feed(w.token.address())
        .motsu_unwrap();
    assert_eq!(table(&w), [&sequencer[..], &behind].concat());
    assert!(!w.oracle.sender(w.owner).is_priced(w.token.address()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_words_are_what_they_hold_and_nothing_else(limbs in any::<[u64; 4]>()) {
        let word = U256::from_limbs(limbs);
        let bytes = word.to_be_bytes();
        prop_assert_eq!(Source::from_bytes(bytes).to_bytes(), bytes);
        prop_assert_eq!(Bounds::from_bytes(bytes).to_bytes(), bytes);
        let sequencer = Sequencer::from_bytes(bytes);
        prop_assert_eq!(Sequencer::from_bytes(sequencer.to_bytes()), sequencer);
        let kept: U256 = word & ((u(1) << 192) - u(1));
        prop_assert_eq!(sequencer.to_bytes(), kept.to_be_bytes());
    }
}
