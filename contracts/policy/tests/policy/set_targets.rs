use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_policy::{targets::MAX_RAMP_S, types::*};
use motsu::prelude::*;

use crate::{bps, token, u, World, DAY, T0};

/// Every argument at will, by the owner.
fn set(
    w: &World,
    tokens: &[Address],
    weights: &[U256],
    bands: &[U256],
    start: U256,
    duration: U256,
    nonce: U256,
) -> Result<(), Error> {
    w.policy
        .sender(w.owner)
        .set_targets(
            tokens.to_vec(),
            weights.to_vec(),
            bands.to_vec(),
            start,
            duration,
            nonce,
        )
        .motsu_res()
}

#[test]
fn set_targets_reverts_for_anybody_but_the_governor() {
    let w = World::new();
    for caller in [w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .set_targets(
                vec![token(0)],
                vec![u(10_000)],
                vec![u(500)],
                u(0),
                u(0),
                u(0),
            )
            .motsu_unwrap_err();
        assert_eq!(
            err,
            AccessControlUnauthorizedAccount {
                account: caller,
                role: DEFAULT_ADMIN_ROLE
            }
            .into()
        );
    }
}

#[test]
fn set_targets_reverts_without_modules() {
    let w = World::bare();
    assert_eq!(
        w.try_targets(&[(token(0), 10_000)], 0, 0),
        Err(PolicyModulesUnset {}.into())
    );
}

#[test]
fn inv_13_set_targets_reverts_at_another_nonce() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    for given in [u(0), u(2), U256::MAX] {
        assert_eq!(
            set(&w, &[token(0)], &[u(10_000)], &[u(1)], u(0), u(0), given),
            Err(PolicyStaleNonce {
                given,
                current: u(1)
            }
            .into())
        );
    }
}

#[test]
fn set_targets_reverts_when_lengths_differ() {
    let w = World::new();
    let two = [token(0), token(1)];
    let half = [u(5_000), u(5_000)];
    assert_eq!(
        set(&w, &two, &half[..1], &half, u(0), u(0), u(0)),
        Err(PolicyLengthMismatch { a: u(2), b: u(1) }.into())
    );
    assert_eq!(
        set(&w, &two, &half, &[], u(0), u(0), u(0)),
        Err(PolicyLengthMismatch { a: u(2), b: u(0) }.into())
    );
}

#[test]
fn set_targets_reverts_unless_the_weights_are_the_whole() {
    let w = World::new();
    let cases: [(&[U256], U256); 5] = [
        (&[], u(0)),
        (&[u(9_999)], u(9_999)),
        (&[u(10_001)], u(10_001)),
        (&[u(0), u(0)], u(0)),
        // Wraps to the whole if it is added without care.
        (&[U256::MAX, u(10_001)], U256::MAX),
    ];
    for (weights, sum) in cases {
        let n = weights.len();
        let tokens: Vec<Address> = (0..n).map(|i| token(i as u8)).collect();
        assert_eq!(
            set(&w, &tokens, weights, &vec![u(1); n], u(0), u(0), u(0)),
            Err(PolicyWeightsSum {
                sumBps: sum,
                wantedBps: u(10_000)
            }
            .into())
        );
    }
}

#[test]
fn inv_18_set_targets_reverts_on_a_duplicate() {
    let w = World::new();
    assert_eq!(
        w.try_targets(&[(token(0), 5_000), (token(1), 0), (token(0), 5_000)], 0, 0),
        Err(PolicyDuplicateAsset { token: token(0) }.into())
    );
}

#[test]
fn set_targets_reverts_for_a_band_of_nothing_or_more_than_the_whole() {
    let w = World::new();
    for band in [u(0), u(10_001), u(1) << 32, (u(1) << 32) + u(1), U256::MAX] {
        assert_eq!(
            set(&w, &[token(0)], &[u(10_000)], &[band], u(0), u(0), u(0)),
            Err(PolicyBandOutOfRange {
                bandBps: band,
                maxBps: u(10_000)
            }
            .into())
        );
    }
    for band in [1, 10_000] {
        let nonce = w.nonce();
        set(&w, &[token(0)], &[u(10_000)], &[u(band)], u(0), u(0), nonce).unwrap();
    }
}

#[test]
fn set_targets_reverts_for_a_start_in_the_past_or_too_late() {
    let w = World::new();
    let at = |start| {
        set(
            &w,
            &[token(0)],
            &[u(10_000)],
            &[u(1)],
            start,
            u(0),
            w.nonce(),
        )
    };
    for start in [u(1), u(T0 - 1)] {
        assert_eq!(
            at(start),
            Err(PolicyStartInPast { start, now: u(T0) }.into())
        );
    }
    for start in [u(T0 + MAX_RAMP_S + 1), u(T0) + (u(1) << 64), U256::MAX] {
        assert_eq!(
            at(start),
            Err(PolicyStartTooLate {
                start,
                latest: u(T0 + MAX_RAMP_S)
            }
            .into())
        );
    }
    assert_eq!(at(u(T0)), Ok(()));
    assert_eq!(at(u(T0 + MAX_RAMP_S)), Ok(()));
}

#[test]
fn set_targets_reverts_for_a_ramp_of_more_than_365_days() {
    let w = World::new();
    let last = |duration| {
        set(
            &w,
            &[token(0)],
            &[u(10_000)],
            &[u(1)],
            u(0),
            duration,
            w.nonce(),
        )
    };
    for duration in [u(365 * DAY + 1), u(1) << 64, U256::MAX] {
        assert_eq!(
            last(duration),
            Err(PolicyRampTooLong {
                duration,
                max: u(365 * DAY)
            }
            .into())
        );
    }
    assert_eq!(last(u(365 * DAY)), Ok(()));
}

#[test]
fn set_targets_reverts_for_a_weight_on_a_token_that_is_not_listed() {
    let w = World::new();
    w.vault.sender(w.owner).set_listed(token(1), false);
    assert_eq!(
        w.try_targets(&[(token(0), 5_000), (token(1), 5_000)], 0, 0),
        Err(PolicyAssetNotListed { token: token(1) }.into())
    );
    assert_eq!(w.nonce(), u(0));
}

#[test]
fn set_targets_reverts_for_a_weight_on_a_token_that_is_not_priced() {
    let w = World::new();
    w.oracle.sender(w.owner).set_price(token(1), u(0));
    assert_eq!(
        w.try_targets(&[(token(0), 5_000), (token(1), 5_000)], 0, 0),
        Err(PolicyAssetNotPriced { token: token(1) }.into())
    );
}

#[test]
fn set_targets_takes_no_answer_for_no() {
    let w = World::bare();
    // The rebalancer's stand-in answers nothing at all, as an address without code does.
    let mute = w.rebalancer.address();
    w.policy
        .sender(w.owner)
        .set_modules(mute, w.oracle.address(), mute)
        .motsu_unwrap();
    assert_eq!(
        w.try_targets(&[(token(0), 10_000)], 0, 0),
        Err(PolicyAssetNotListed { token: token(0) }.into())
    );
    let word = |n: U256| n.to_be_bytes_vec();
    for answer in [
        word(u(2)),
        word(U256::MAX),
        vec![1],
        word(u(1))[1..].to_vec(),
    ] {
        w.rebalancer.sender(w.owner).set_answer(answer.into());
        assert_eq!(
            w.try_targets(&[(token(0), 10_000)], 0, 0),
            Err(PolicyAssetNotListed { token: token(0) }.into())
        );
    }
}

#[test]
fn set_targets_accepts_a_weight_of_0_on_any_token() {
    let w = World::new();
    w.targets(&[(token(0), 10_000), (token(99), 0)], 0, 0);
    assert_eq!(w.weights(&[token(0), token(99)]), [bps(10_000), u(0)]);
}

#[test]
fn set_targets_reverts_beyond_32_tokens() {
    let w = World::new();
    let many = |n: u8, from: u8| -> Vec<(Address, u64)> {
        (from..from + n)
            .map(|i| (token(i), if i == from { 10_000 } else { 0 }))
            .collect()
    };
    for i in 0..100 {
        w.list(token(i));
    }
    assert_eq!(
        w.try_targets(&many(33, 0), 0, 0),
        Err(PolicyTooManyAssets {
            n: u(33),
            max: u(32)
        }
        .into())
    );
    w.targets(&many(32, 0), 0, 0);
    // The old one with weight stays in the list while it moves to 0.
    assert_eq!(
        w.try_targets(&many(32, 50), 0, 4 * DAY),
        Err(PolicyTooManyAssets {
            n: u(33),
            max: u(32)
        }
        .into())
    );
    w.targets(&many(31, 50), 0, 4 * DAY);
    assert_eq!(w.weights(&[token(0), token(50)]), [bps(10_000), u(0)]);
}

#[test]
fn set_targets_the_first_are_effective_at_once() {
    let w = World::new();
    w.targets(&[(token(0), 6_000), (token(1), 4_000)], T0 + DAY, DAY);
    assert_eq!(
        w.weights(&[token(1), token(0), token(2)]),
        [bps(4_000), bps(6_000), u(0)]
    );
    assert_eq!(w.nonce(), u(1));
    w.policy.assert_emitted(&TargetsSet {
        nonce: u(1),
        tokens: vec![token(0), token(1)],
        oldWeightsWad: vec![bps(6_000), bps(4_000)],
        newWeightsWad: vec![bps(6_000), bps(4_000)],
        bandsBps: vec![u(500), u(500)],
        start: u(T0 + DAY),
        end: u(T0 + 2 * DAY),
    });
}

#[test]
fn set_targets_moves_linearly_between_start_and_end() {
    let w = World::new();
    let all = [token(0), token(1), token(2)];
    w.targets(&[(token(0), 6_000), (token(1), 4_000)], 0, 0);
    w.targets(&[(token(1), 2_000), (token(2), 8_000)], T0 + DAY, 4 * DAY);
    let at = |t: u64| {
        clock::set(t);
        w.weights(&all)
    };
    let old = [bps(6_000), bps(4_000), u(0)];
    assert_eq!(at(T0), old);
    assert_eq!(at(T0 + DAY), old);
    assert_eq!(at(T0 + 2 * DAY), [bps(4_500), bps(3_500), bps(2_000)]);
    assert_eq!(at(T0 + 3 * DAY), [bps(3_000), bps(3_000), bps(4_000)]);
    assert_eq!(at(T0 + 5 * DAY), [u(0), bps(2_000), bps(8_000)]);
    assert_eq!(at(T0 + 500 * DAY), [u(0), bps(2_000), bps(8_000)]);
    w.policy.assert_emitted(&TargetsSet {
        nonce: u(2),
        tokens: vec![token(1), token(2), token(0)],
        oldWeightsWad: vec![bps(4_000), u(0), bps(6_000)],
        newWeightsWad: vec![bps(2_000), bps(8_000), u(0)],
        bandsBps: vec![u(500); 3],
        start: u(T0 + DAY),
        end: u(T0 + 5 * DAY),
    });
}

#[test]
fn set_targets_half_way_starts_from_where_the_weights_are() {
    let w = World::new();
    let all = [token(0), token(1), token(2)];
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], 0, 10 * DAY);
    clock::set(T0 + 4 * DAY);
    let before = w.weights(&all);
    assert_eq!(before, [bps(6_000), bps(4_000), u(0)]);
    w.targets(&[(token(2), 10_000)], 0, 10 * DAY);
    assert_eq!(w.weights(&all), before);
    clock::set(T0 + 9 * DAY);
    assert_eq!(w.weights(&all), [bps(3_000), bps(2_000), bps(5_000)]);
}

#[test]
fn set_targets_forgets_a_token_whose_weight_is_gone() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], 0, 4 * DAY);
    let bands = |w: &World| {
        w.policy
            .sender(w.owner)
            .rules(vec![token(0), token(1)])
            .motsu_unwrap()
            .0
             .1
    };
    clock::set(T0 + 4 * DAY);
    assert_eq!(bands(&w), [u(500), u(500)], "kept until the next targets");
    w.targets(&[(token(1), 10_000)], 0, DAY);
    assert_eq!(bands(&w), [u(0), u(500)]);
    // And it may come back as if new.
    w.targets(&[(token(0), 10_000)], 0, 8 * DAY);
    clock::set(T0 + 8 * DAY);
    assert_eq!(w.weights(&[token(0), token(1)]), [bps(5_000), bps(5_000)]);
}

#[test]
fn set_targets_reverts_for_targets_that_move_too_fast() {
    let w = World::new();
    // The first have nothing to move from.
    w.targets(&[(token(0), 10_000)], 0, 0);
    let to = [(token(0), 4_999), (token(1), 5_001)];
    let too_fast = |speed| {
        Err(PolicyTooFast {
            speedBpsPerDay: speed,
            max: u(2_500),
        }
        .into())
    };
    // 5,001 bps at 2,500 a day take 172,834.56 seconds.
    assert_eq!(w.try_targets(&to, 0, 172_834), too_fast(u(2_501)));
    assert_eq!(w.try_targets(&to, T0 + DAY, 86_400), too_fast(u(5_001)));
    assert_eq!(w.try_targets(&to, 0, 0), too_fast(U256::MAX));
    assert_eq!(
        w.try_targets(&[(token(1), 10_000)], 0, 1),
        too_fast(u(864_000_000))
    );
    assert_eq!((w.nonce(), w.expected()), (u(1), u(1)));
    assert_eq!(w.try_targets(&to, 0, 172_835), Ok(()));
}

#[test]
fn set_targets_that_move_nothing_may_do_so_at_once() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    let bands = |band| {
        set(
            &w,
            &[token(0)],
            &[u(10_000)],
            &[band],
            u(0),
            u(0),
            w.expected(),
        )
    };
    assert_eq!(bands(u(7)), Ok(()));
    let rules = w
        .policy
        .sender(w.owner)
        .rules(vec![token(0)])
        .motsu_unwrap()
        .0;
    assert_eq!((rules.0, rules.1), (vec![bps(10_000)], vec![u(7)]));
}

#[test]
fn set_targets_on_the_way_are_measured_from_where_the_weights_are() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], 0, 4 * DAY);
    clock::set(T0 + 2 * DAY);
    // Half is done; the other half still takes two days.
    let rest = |duration| w.try_targets(&[(token(1), 10_000)], 0, duration);
    assert!(matches!(rest(2 * DAY - 1), Err(Error::PolicyTooFast(_))));
    assert_eq!(rest(2 * DAY), Ok(()));
}

#[test]
fn inv_19_an_act_of_the_guardian_does_not_make_the_governors_proposal_stale() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    let proposed = w.expected();
    w.policy
        .sender(w.guardian)
        .set_limit(u(0), u(10))
        .motsu_unwrap();
    assert_eq!(w.nonce(), u(2), "a keeper's rebalance is stale");
    assert_eq!(
        set(&w, &[token(0)], &[u(10_000)], &[u(1)], u(0), u(0), proposed),
        Ok(())
    );
    // The governor's own acts do.
    let proposed = w.expected();
    w.policy
        .sender(w.owner)
        .set_limit(u(0), u(10))
        .motsu_unwrap();
    assert_eq!(
        set(&w, &[token(0)], &[u(10_000)], &[u(1)], u(0), u(0), proposed),
        Err(PolicyStaleNonce {
            given: proposed,
            current: proposed + u(1)
        }
        .into())
    );
}

#[test]
fn targets_tells_what_was_set_last() {
    let w = World::new();
    assert_eq!(
        w.policy.sender(w.stranger).targets().motsu_unwrap().0,
        (vec![], vec![], vec![], u(0), u(0), false)
    );
    w.targets(&[(token(0), 6_000), (token(1), 4_000)], 0, 0);
    set(
        &w,
        &[token(2), token(1)],
        &[u(1), u(9_999)],
        &[u(7), u(10_000)],
        u(T0 + 5),
        u(4 * DAY),
        u(1),
    )
    .unwrap();
    assert_eq!(
        w.policy.sender(w.stranger).targets().motsu_unwrap().0,
        (
            vec![token(2), token(1)],
            vec![u(1), u(9_999)],
            vec![u(7), u(10_000)],
            u(T0 + 5),
            u(T0 + 5 + 4 * DAY),
            true
        )
    );
}
