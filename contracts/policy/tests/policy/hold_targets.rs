use alloy_primitives::U256;
use ballast_interfaces::{clock, constants::GUARDIAN_ROLE};
use ballast_policy::types::*;
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{bps, token, u, World, DAY, T0};

/// Subject of the guardian's act: 2^256 - 2.
fn subject() -> U256 {
    U256::MAX - u(1)
}

fn hold(w: &World) -> Result<(), Error> {
    w.policy.sender(w.guardian).hold_targets().motsu_res()
}

fn now_of(w: &World) -> Vec<U256> {
    w.weights(&[token(0), token(1)])
}

/// From all in token 0 to all in token 1, from now on, in ten days.
fn on_the_way() -> World {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], 0, 10 * DAY);
    w
}

#[test]
fn hold_targets_reverts_for_anybody_but_the_guardian() {
    let w = on_the_way();
    for caller in [w.owner, w.setup, w.stranger] {
        let err = w.policy.sender(caller).hold_targets().motsu_unwrap_err();
        assert_eq!(
            err,
            AccessControlUnauthorizedAccount {
                account: caller,
                role: GUARDIAN_ROLE
            }
            .into()
        );
    }
}

#[test]
fn hold_targets_reverts_when_nothing_moves() {
    let w = World::new();
    let nothing = |start, end, now| {
        Err(PolicyNothingToHold {
            start: u(start),
            end: u(end),
            now: u(now),
        }
        .into())
    };
    assert_eq!(hold(&w), nothing(0, 0, T0));
    w.targets(&[(token(0), 10_000)], 0, 0);
    assert_eq!(hold(&w), nothing(T0, T0, T0));
    w.targets(&[(token(1), 10_000)], 0, 4 * DAY);
    clock::set(T0 + 4 * DAY);
    let (end, now) = (T0 + 4 * DAY, T0 + 4 * DAY);
    assert_eq!(hold(&w), nothing(T0, end, now));
    // A ramp that starts after the act would have ended is not held by it.
    w.targets(&[(token(0), 10_000)], now + 14 * DAY, 4 * DAY);
    assert_eq!(hold(&w), nothing(now + 14 * DAY, now + 18 * DAY, now));
    clock::set(now + 1);
    assert_eq!(hold(&w), Ok(()));
}

#[test]
fn inv_27_a_held_ramp_rests_for_14_days_and_goes_on_as_fast_as_before() {
    let w = on_the_way();
    clock::set(T0 + 4 * DAY);
    let here = [bps(6_000), bps(4_000)];
    hold(&w).unwrap();
    for day in [4, 5, 18] {
        clock::set(T0 + day * DAY);
        assert_eq!(now_of(&w), here, "day {day}");
    }
    clock::set(T0 + 21 * DAY);
    assert_eq!(now_of(&w), [bps(3_000), bps(7_000)]);
    clock::set(T0 + 24 * DAY);
    assert_eq!(now_of(&w), [u(0), bps(10_000)]);
    w.policy.assert_emitted(&TargetsHeld {
        nonce: u(3),
        until: u(T0 + 18 * DAY),
        end: u(T0 + 24 * DAY),
    });
    let targets = w.policy.sender(w.stranger).targets().motsu_unwrap().0;
    assert_eq!((targets.3, targets.4), (u(T0 + 18 * DAY), u(T0 + 24 * DAY)));
    assert_eq!((w.nonce(), w.expected()), (u(3), u(2)));
}

#[test]
fn hold_targets_before_the_start_moves_the_ramp_as_a_whole() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], T0 + 3 * DAY, 10 * DAY);
    hold(&w).unwrap();
    clock::set(T0 + 14 * DAY);
    assert_eq!(now_of(&w), [bps(10_000), u(0)]);
    clock::set(T0 + 19 * DAY);
    assert_eq!(now_of(&w), [bps(5_000), bps(5_000)]);
    clock::set(T0 + 24 * DAY);
    assert_eq!(now_of(&w), [u(0), bps(10_000)]);
}

#[test]
fn inv_27_the_guardian_holds_once_in_28_days_whatever_is_set_meanwhile() {
    let w = on_the_way();
    hold(&w).unwrap();
    clock::set(T0 + DAY);
    // The governor puts its ramp back on the way at once.
    w.targets(&[(token(1), 10_000)], 0, 200 * DAY);
    for now in [T0 + DAY, T0 + 28 * DAY - 1] {
        clock::set(now);
        assert_eq!(
            hold(&w),
            Err(PolicyGuardianTooSoon {
                id: subject(),
                now: u(now),
                allowedFrom: u(T0 + 28 * DAY)
            }
            .into())
        );
    }
    assert_eq!(
        w.policy.sender(w.owner).guardian_act(subject()),
        (u(T0), u(T0 + 14 * DAY), u(T0 + 28 * DAY))
    );
    clock::set(T0 + 28 * DAY);
    assert_eq!(hold(&w), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 18, 20 and 27: held or not, weights are the whole, never ahead of the vote's line, and arrive.
    #[test]
    fn inv_20_prop_a_held_ramp_is_late_and_arrives(
        start in 0u64..14 * DAY, span in 4 * DAY..300 * DAY, at in 0u64..300 * DAY, looks in prop::collection::vec(0u64..700 * DAY, 1..8),
    ) {
        let w = World::new();
        w.targets(&[(token(0), 10_000)], 0, 0);
        w.targets(&[(token(1), 10_000)], T0 + start, span);
        let at = at % (start + span);
        clock::set(T0 + at);
        let before = now_of(&w);
        let held = hold(&w).is_ok();
        prop_assert_eq!(held, start < at + 14 * DAY);
        prop_assert_eq!(now_of(&w), before, "holding moves nothing");
        for look in looks {
            clock::set(T0 + at + look);
            let weights = now_of(&w);
            prop_assert_eq!(weights[0] + weights[1], bps(10_000), "inv_18");
            // The vote's own line, without the hold.
            let line = u(crate::WAD) * u((at + look).clamp(start, start + span) - start) / u(span);
            prop_assert!(weights[1] <= line + u(1), "inv_20: ahead of the vote");
            if at + look >= start + span + 14 * DAY {
                prop_assert_eq!(weights[1], bps(10_000), "inv_27: it arrives");
            }
        }
    }
}
