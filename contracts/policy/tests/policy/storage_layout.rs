//! Where things lie is part of what was deployed: the SDK miscounts slots in some layouts, so each is read raw.

use alloy_primitives::{keccak256, Address, B256, U256};
use ballast_interfaces::{
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
    data_account,
};
use ballast_mocks::feeds::MockAnswer;
use ballast_policy::{
    mandate::{Asset, Mandate, Rule, NAMED},
    words::{Act, Head, Limits},
    Policy,
};
use motsu::prelude::*;
use proptest::prelude::*;
use stylus_sdk::{prelude::*, storage::StorageType};

use crate::{token, u, World, DAY, T0};

fn raw(w: &World, slot: U256) -> U256 {
    U256::from_be_bytes(w.policy.sender(w.owner).vm().storage_load_bytes32(slot).0)
}

fn mapped(key: B256, slot: U256) -> U256 {
    keccak256([key.0, slot.to_be_bytes()].concat()).into()
}

fn address(a: Address) -> U256 {
    U256::from_be_bytes(a.into_word().0)
}

#[test]
fn storage_has_thirteen_slots_that_do_not_overlap() {
    assert_eq!(<Policy as StorageType>::REQUIRED_SLOTS, 13);
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(2), 2_500), (token(1), 7_500)], T0 + 3, 4 * DAY);
    w.policy
        .sender(w.guardian)
        .pause_rebalance(u(T0 + 9))
        .motsu_unwrap();
    w.policy
        .sender(w.guardian)
        .set_limit(u(0), u(33))
        .motsu_unwrap();
    w.policy
        .sender(w.owner)
        .transfer_ownership(w.stranger)
        .motsu_unwrap();

    let other = Contract::<MockAnswer>::from_tag("other");
    let queue = |oracle, rebalancer| {
        w.policy
            .sender(w.owner)
            .queue_modules(oracle, rebalancer)
            .motsu_unwrap();
    };
    w.made_for(&other, w.oracle.address());
    queue(w.oracle.address(), other.address());
    w.policy
        .sender(w.owner)
        .grant_role(GUARDIAN_ROLE, w.stranger)
        .motsu_unwrap();

    assert_eq!(raw(&w, u(0)), u(0), "roles");
    assert_eq!(raw(&w, u(1)), address(w.owner));
    let from = u(T0 + MODULE_DELAY_S);
    assert_eq!(raw(&w, u(2)), address(w.stranger) | from << 160);
    assert_eq!(raw(&w, u(3)), address(w.vault.address()));
    assert_eq!(raw(&w, u(4)), address(w.oracle.address()));
    assert_eq!(raw(&w, u(5)), address(w.rebalancer.address()));
    let head = Head::from_word(raw(&w, u(6)));
    assert_eq!(
        head,
        Head {
            mandate: head.mandate,
            nonce: 3,
            paused_until: T0 + 9,
            flags: 1,
            guarded: 1,
        }
    );
    let data = data_account::read(head.mandate);
    let mandate = Mandate::decode(&data).unwrap();
    assert_eq!((mandate.start, mandate.end), (T0 + 3, T0 + 3 + 4 * DAY));
    assert_eq!(mandate.nonce, 2, "the guardian's acts are not counted");
    for (id, want) in [
        50,
        3_600,
        60,
        1_000,
        100_000_000_000_000_000_000,
        100,
        10_000,
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(mandate.limits.get(id), want, "limit {id}");
    }
    let assets = [2u8, 1, 0].map(|t| Asset {
        token: token(t),
        from: if t == 0 { crate::WAD } else { 0 },
        to_bps: [0, 7_500, 2_500][usize::from(t)],
        band_bps: 500,
        flags: if t == 0 { 0 } else { NAMED },
        rule: Rule::default(),
    });
    assert_eq!(mandate.assets, assets);
    let act = |subject: U256| Act::from_word(raw(&w, mapped(subject.into(), u(7))));
    assert_eq!(
        act(u(0)),
        Act {
            value: 33,
            since: T0,
            until: T0 + 14 * DAY
        }
    );
    assert_eq!(
        act(U256::MAX),
        Act {
            value: 0,
            since: T0,
            until: T0 + 9
        }
    );
    assert_eq!(raw(&w, u(8)), address(w.oracle.address()));
    assert_eq!(raw(&w, u(9)), address(other.address()));
    assert!(!raw(&w, u(10)).is_zero() && !raw(&w, u(11)).is_zero());
    assert_eq!(raw(&w, u(12)), from);
    let guardians = mapped(GUARDIAN_ROLE, u(0));
    let queued = raw(&w, mapped(w.stranger.into_word(), guardians));
    assert_eq!(queued, from, "a queued grant is its time");
    for (role, account) in [
        (DEFAULT_ADMIN_ROLE, w.owner),
        (DEFAULT_ADMIN_ROLE, w.setup),
        (GUARDIAN_ROLE, w.guardian),
    ] {
        let members = mapped(role, u(0));
        assert_eq!(raw(&w, mapped(account.into_word(), members)), u(1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_words_are_what_they_hold_and_nothing_else(limbs in any::<[u64; 4]>(), second in any::<[u64; 4]>(), third in any::<(u64, u32)>()) {
        let word = U256::from_limbs(limbs);
        prop_assert_eq!(Head::from_word(word).to_word(), word);
        prop_assert_eq!(Act::from_word(word).to_word(), word);
        let third = U256::from_limbs([third.0, third.1.into(), 0, 0]);
        let words = [word, U256::from_limbs(second), third];
        prop_assert_eq!(Limits::from_words(words).to_words(), words);
    }

    #[test]
    fn prop_a_mandate_is_116_bytes_and_33_an_asset_and_45_a_rule(times in any::<(u64, u64, u32)>(), limits in any::<[[u64; 4]; 3]>(), assets in prop::collection::vec((any::<([u8; 20], u64, u16, u16, u8)>(), any::<Option<(u8, u16, [u64; 4], u64, u64)>>()), 0..33)) {
        const MAX_40: u64 = (1 << 40) - 1;
        let mandate = Mandate {
            start: times.0,
            end: times.1,
            nonce: times.2,
            limits: Limits::from_words(limits.map(U256::from_limbs)),
            assets: assets.iter().map(|(a, rule)| Asset {
                token: a.0.into(),
                from: a.1,
                to_bps: a.2,
                band_bps: a.3,
                // The second bit tells that a rule follows.
                flags: a.4 & !2,
                rule: rule.map_or(Rule::default(), |r| Rule {
                    mode: r.0,
                    cap_bps: r.1,
                    floor_d36: U256::from_limbs(r.2),
                    sell_only_until: r.3 & MAX_40,
                    quarantined_until: r.4 & MAX_40,
                }),
            }).collect(),
        };
        let rules = mandate.assets.iter().filter(|a| a.rule != Rule::default()).count();
        let data = mandate.encode();
        prop_assert_eq!(data.len(), 116 + 33 * assets.len() + 45 * rules);
        prop_assert_eq!(Mandate::decode(&data), Some(mandate));
        prop_assert_eq!(Mandate::decode(&data[..115]), None);
    }

    #[test]
    fn prop_a_limit_changes_itself_alone(limbs in any::<[[u64; 4]; 3]>(), id in 0usize..16, value in any::<u32>()) {
        let before = Limits::from_words(limbs.map(U256::from_limbs));
        let mut after = before;
        prop_assert_eq!(after.set(id, value.into()), Some(()));
        for k in 0..16 {
            let want = if k == id { value.into() } else { before.get(k) };
            prop_assert_eq!(after.get(k), want);
        }
        let old = before.get(id);
        after.set(id, old);
        prop_assert_eq!(after, before, "the bits beside it are untouched");
    }
}

#[test]
fn a_limit_that_does_not_fit_its_place_is_refused() {
    let mut limits = Limits::default();
    assert_eq!(limits.set(0, u128::from(u32::MAX)), Some(()));
    assert_eq!(limits.set(0, u128::from(u32::MAX) + 1), None);
    assert_eq!(limits.get(0), u128::from(u32::MAX));
    assert_eq!(limits.set(4, u128::MAX), Some(()));
    assert_eq!(limits.get(4), u128::MAX);
    assert_eq!(limits.set(16, 0), None);
}
