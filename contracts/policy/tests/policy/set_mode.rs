use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{mode, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE},
};
use ballast_policy::types::*;
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{bps, token, u, World, DAY, T0};

const NORMAL: u8 = mode::NORMAL;
const SELL_ONLY: u8 = mode::SELL_ONLY;
const QUARANTINED: u8 = mode::QUARANTINED;

fn set(w: &World, by: Address, token: Address, mode: u8) -> Result<(), Error> {
    w.policy
        .sender(by)
        .set_mode(token, U256::from(mode))
        .motsu_res()
}

fn mode_of(w: &World, token: Address) -> U256 {
    let by_view = w
        .policy
        .sender(w.stranger)
        .asset_rule(token)
        .motsu_unwrap()
        .0;
    let rules = w.policy.sender(w.stranger).rules(vec![token]).motsu_res();
    if let Ok(rules) = rules {
        assert_eq!(rules.0 .2, [by_view]);
    }
    by_view
}

/// 5,000, 3,000 and 2,000 bps in the tokens 0 to 2.
fn world() -> World {
    let w = World::new();
    w.targets(
        &[(token(0), 5_000), (token(1), 3_000), (token(2), 2_000)],
        0,
        0,
    );
    w
}

const ALL: [fn() -> Address; 3] = [|| token(0), || token(1), || token(2)];

fn weights(w: &World) -> Vec<U256> {
    w.weights(&ALL.map(|t| t()))
}

#[test]
fn set_mode_reverts_for_strangers_and_for_modes_that_there_are_not() {
    let w = world();
    assert_eq!(
        set(&w, w.stranger, token(0), QUARANTINED),
        Err(AccessControlUnauthorizedAccount {
            account: w.stranger,
            role: GUARDIAN_ROLE
        }
        .into())
    );
    for by in [w.owner, w.guardian] {
        for bad in [u(3), u(258), U256::MAX] {
            let err = w
                .policy
                .sender(by)
                .set_mode(token(0), bad)
                .motsu_unwrap_err();
            assert_eq!(
                err,
                PolicyUnknownMode {
                    mode: bad,
                    max: u(2)
                }
                .into()
            );
        }
    }
}

#[test]
fn inv_19_the_guardian_only_tightens_a_mode() {
    let w = world();
    set(&w, w.owner, token(0), SELL_ONLY).unwrap();
    set(&w, w.guardian, token(1), QUARANTINED).unwrap();
    for (i, current) in [(0, SELL_ONLY), (1, QUARANTINED), (2, NORMAL)] {
        for wanted in NORMAL..=current {
            assert_eq!(
                set(&w, w.guardian, token(i), wanted),
                Err(PolicyModeNotTighter {
                    token: token(i),
                    mode: U256::from(wanted),
                    current: U256::from(current)
                }
                .into())
            );
        }
    }
}

#[test]
fn inv_27_the_guardians_mode_ends_by_itself_and_rests() {
    for wanted in [SELL_ONLY, QUARANTINED] {
        let w = world();
        let until = T0 + GUARDIAN_ACT_MAX_S;
        set(&w, w.guardian, token(0), wanted).unwrap();
        w.policy.assert_emitted(&ModeSet {
            token: token(0),
            oldMode: u(0),
            newMode: U256::from(wanted),
            until: u(until),
            by: w.guardian,
        });
        assert_eq!((w.nonce(), w.expected()), (u(2), u(1)));
        clock::set(until - 1);
        assert_eq!(mode_of(&w, token(0)), U256::from(wanted));
        clock::set(until);
        assert_eq!(mode_of(&w, token(0)), u(0));
        let token_word = U256::from_be_bytes(token(0).into_word().0);
        let subject = (U256::from(wanted) << 160) | token_word;
        for now in [until, until + GUARDIAN_ACT_MAX_S - 1] {
            clock::set(now);
            assert_eq!(
                set(&w, w.guardian, token(0), wanted),
                Err(PolicyGuardianTooSoon {
                    id: subject,
                    now: u(now),
                    allowedFrom: u(until + GUARDIAN_ACT_MAX_S)
                }
                .into())
            );
        }
        // Another asset is another subject.
        set(&w, w.guardian, token(1), wanted).unwrap();
        clock::set(until + GUARDIAN_ACT_MAX_S);
        assert_eq!(set(&w, w.guardian, token(0), wanted), Ok(()));
    }
}

#[test]
fn set_mode_by_the_guardian_may_go_from_sell_only_to_quarantine_and_falls_back() {
    let w = world();
    set(&w, w.guardian, token(0), SELL_ONLY).unwrap();
    clock::set(T0 + 3 * DAY);
    set(&w, w.guardian, token(0), QUARANTINED).unwrap();
    clock::set(T0 + 16 * DAY);
    assert_eq!(mode_of(&w, token(0)), u(2));
    clock::set(T0 + 17 * DAY);
    assert_eq!(mode_of(&w, token(0)), u(0), "sell-only is over too");
    // What it falls back to is the governor's word.
    set(&w, w.owner, token(1), SELL_ONLY).unwrap();
    set(&w, w.guardian, token(1), QUARANTINED).unwrap();
    assert_eq!(mode_of(&w, token(1)), u(2));
    clock::set(T0 + 31 * DAY);
    assert_eq!(mode_of(&w, token(1)), u(1));
}

#[test]
fn set_mode_by_the_governor_has_no_end_and_ends_the_guardians_but_not_its_rest() {
    let w = world();
    set(&w, w.guardian, token(0), QUARANTINED).unwrap();
    // Ratified:
    set(&w, w.owner, token(0), QUARANTINED).unwrap();
    w.policy.assert_emitted(&ModeSet {
        token: token(0),
        oldMode: u(2),
        newMode: u(2),
        until: u(0),
        by: w.owner,
    });
    clock::set(T0 + 5_000 * DAY);
    assert_eq!(mode_of(&w, token(0)), u(2));
    set(&w, w.owner, token(0), NORMAL).unwrap();
    assert_eq!(mode_of(&w, token(0)), u(0));
    assert_eq!(weights(&w), [bps(5_000), bps(3_000), bps(2_000)]);

    // Ended early:
    set(&w, w.guardian, token(1), QUARANTINED).unwrap();
    set(&w, w.owner, token(1), NORMAL).unwrap();
    assert_eq!(mode_of(&w, token(1)), u(0));
    assert!(matches!(
        set(&w, w.guardian, token(1), QUARANTINED),
        Err(Error::PolicyGuardianTooSoon(_))
    ));
}

#[test]
fn set_mode_of_the_guardian_is_for_assets_of_the_vault_or_of_the_targets() {
    let w = world();
    assert_eq!(
        set(&w, w.guardian, token(9), QUARANTINED),
        Err(PolicyAssetNotListed { token: token(9) }.into())
    );
    // One that is held and has no target can break prices as well as any other.
    w.vault.sender(w.owner).set_listed(token(9), true);
    set(&w, w.guardian, token(9), QUARANTINED).unwrap();
    assert_eq!(mode_of(&w, token(9)), u(2));
    assert_eq!(weights(&w), [bps(5_000), bps(3_000), bps(2_000)]);
    w.vault.sender(w.owner).set_listed(token(0), false);
    set(&w, w.guardian, token(0), QUARANTINED).unwrap();
    // The governor may speak of any, before it is listed.
    set(&w, w.owner, token(33), SELL_ONLY).unwrap();
    assert_eq!(mode_of(&w, token(33)), u(1));
}

#[test]
fn inv_18_a_quarantined_assets_weight_is_among_the_others() {
    let w = world();
    set(&w, w.guardian, token(0), QUARANTINED).unwrap();
    // 3,000 and 2,000 of 5,000.
    assert_eq!(weights(&w), [u(0), bps(6_000), bps(4_000)]);
    // Its weight is still its own where it is asked whether an asset is in use.
    let of = w.policy.sender(w.owner).weight_of(token(0)).motsu_unwrap();
    assert_eq!(of, (bps(5_000), bps(5_000)));
    clock::set(T0 + 14 * DAY);
    assert_eq!(weights(&w), [bps(5_000), bps(3_000), bps(2_000)]);
}

#[test]
fn sell_only_leaves_the_weights_alone() {
    let w = world();
    set(&w, w.guardian, token(0), SELL_ONLY).unwrap();
    assert_eq!(weights(&w), [bps(5_000), bps(3_000), bps(2_000)]);
}

#[test]
fn rules_revert_when_every_asset_with_a_weight_is_quarantined() {
    let w = world();
    for i in 0..3 {
        set(&w, w.owner, token(i), QUARANTINED).unwrap();
    }
    let err = w.policy.sender(w.owner).rules(vec![]).motsu_unwrap_err();
    assert_eq!(
        err,
        PolicyNoWeightLeft {
            quarantinedWad: bps(10_000)
        }
        .into()
    );
    set(&w, w.owner, token(1), NORMAL).unwrap();
    assert_eq!(weights(&w), [u(0), bps(10_000), u(0)]);
}

#[test]
fn set_mode_before_the_first_targets_gives_no_weight() {
    let w = World::new();
    set(&w, w.guardian, token(0), QUARANTINED).unwrap();
    assert_eq!(weights(&w), [u(0), u(0), u(0)]);
    w.targets(&[(token(0), 5_000), (token(1), 5_000)], 0, 0);
    assert_eq!(weights(&w), [u(0), bps(10_000), u(0)]);
    assert_eq!(mode_of(&w, token(0)), u(2), "targets keep modes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 18, 19, 23 and 27 over random acts of governor, guardian and stranger, through ramps.
    #[test]
    fn inv_19_prop_the_guardians_modes_only_tighten_and_end(
        acts in prop::collection::vec((0u8..4, 0u8..3, 0u8..3, 0u64..20 * DAY), 1..40)
    ) {
        let w = world();
        let mut now = T0;
        let mut governed = [NORMAL; 3];
        for (who, i, mode, pass) in acts {
            now += pass;
            clock::set(now);
            let at = usize::from(i);
            let before = mode_of(&w, token(i));
            let expected = w.expected();
            match who {
                0 => {
                    prop_assert_eq!(set(&w, w.owner, token(i), mode), Ok(()));
                    governed[at] = mode;
                    prop_assert_eq!(mode_of(&w, token(i)), U256::from(mode));
                }
                1 => {
                    let ok = set(&w, w.guardian, token(i), mode).is_ok();
                    let after = mode_of(&w, token(i));
                    prop_assert!(if ok { after > before } else { after == before }, "inv_19");
                    prop_assert_eq!(w.expected(), expected, "inv_19: no proposal is stale");
                }
                2 => prop_assert!(set(&w, w.stranger, token(i), mode).is_err(), "inv_19"),
                // Anything may happen to the targets meanwhile.
                _ => {
                    let to = [(token(i), 5_000), (token((i + 1) % 3), 5_000)];
                    w.targets(&to, 0, 5 * DAY + u64::from(mode));
                }
            }
            let modes: Vec<U256> = (0..3).map(|i| mode_of(&w, token(i))).collect();
            match w.policy.sender(w.stranger).rules(ALL.map(|t| t()).to_vec()).motsu_res() {
                Ok(rules) => {
                    let (weights, shown) = (rules.0.0, rules.0.2);
                    prop_assert_eq!(&shown, &modes);
                    let sum = weights.iter().fold(U256::ZERO, |a, b| a + *b);
                    prop_assert_eq!(sum, bps(10_000), "inv_18");
                    for (weight, mode) in weights.iter().zip(&modes) {
                        prop_assert!(weight.is_zero() || *mode < u(2), "inv_23");
                    }
                }
                Err(error) => {
                    let nothing_left = PolicyNoWeightLeft { quarantinedWad: bps(10_000) };
                    prop_assert_eq!(error, nothing_left.into());
                    for (i, mode) in (0..3).zip(&modes) {
                        let (weight, _) = w.policy.sender(w.owner).weight_of(token(i)).motsu_unwrap();
                        prop_assert!(weight.is_zero() || *mode == u(2));
                    }
                }
            }
            // Whatever the guardian did, in 14 days the governor's word stands alone.
            clock::set(now + 14 * DAY);
            for (i, mode) in (0..3).zip(governed) {
                prop_assert_eq!(mode_of(&w, token(i)), U256::from(mode), "inv_27");
            }
            clock::set(now);
        }
    }
}
