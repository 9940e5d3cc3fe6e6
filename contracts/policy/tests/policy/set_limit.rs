use alloy_primitives::U256;
use ballast_interfaces::{
    clock,
    constants::{limit, GUARDIAN_ACT_MAX_S, GUARDIAN_ROLE},
};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{u, World, DAY, T0};

/// id, default, floor, ceiling, tightens down: the specification's table, written a second time.
pub(crate) fn table() -> Vec<(u64, U256, U256, U256, bool)> {
    let wad = |n: u64| u(n) * u(crate::WAD);
    let thirty_days = u(2_592_000);
    vec![
        (0, u(50), u(0), u(300), true),
        (1, u(3_600), u(60), thirty_days, false),
        (2, u(60), u(0), thirty_days, false),
        (3, u(1_000), u(100), u(9_000), false),
        (4, wad(100), wad(1), wad(1_000_000_000_000), false),
        (5, u(100), u(10), u(10_000), false),
        (6, u(10_000), u(1), u(10_000), true),
        (7, u(1_800), u(0), u(86_400), false),
        (8, u(3_600), u(60), u(604_800), true),
        (9, u(100), u(0), u(500), true),
        (10, u(604_800), u(86_400), u(31_536_000), false),
        (11, u(300), u(0), u(1_000), true),
        (12, u(10_000), u(1), u(100_000), true),
        (13, thirty_days, u(3_600), u(31_536_000), false),
        (14, u(0), u(0), u(31_536_000), false),
        (15, u(30_000), u(10_000), u(50_000), false),
    ]
}

fn set(w: &World, by: alloy_primitives::Address, id: u64, value: U256) -> Result<(), Error> {
    w.policy.sender(by).set_limit(u(id), value).motsu_res()
}

#[test]
fn set_limit_reverts_for_strangers() {
    let w = World::bare();
    assert_eq!(
        set(&w, w.stranger, 0, u(10)),
        Err(AccessControlUnauthorizedAccount {
            account: w.stranger,
            role: GUARDIAN_ROLE
        }
        .into())
    );
}

#[test]
fn set_limit_reverts_for_an_unknown_id() {
    let w = World::bare();
    for id in [u(16), U256::MAX, U256::from(1) << 64] {
        let err = w
            .policy
            .sender(w.owner)
            .set_limit(id, u(0))
            .motsu_unwrap_err();
        assert_eq!(err, PolicyUnknownLimit { id }.into());
        let err = w.policy.sender(w.owner).limit(id).motsu_unwrap_err();
        assert_eq!(err, PolicyUnknownLimit { id }.into());
    }
}

#[test]
fn inv_20_set_limit_reverts_outside_floor_and_ceiling() {
    let w = World::bare();
    for (id, default, floor, ceiling, _) in table() {
        let mut outside = vec![
            ceiling + u(1),
            U256::MAX,
            ceiling + (u(1) << 32),
            ceiling + (u(1) << 128),
        ];
        if !floor.is_zero() {
            outside.push(floor - u(1));
        }
        for value in outside {
            for by in [w.owner, w.guardian] {
                assert_eq!(
                    set(&w, by, id, value),
                    Err(PolicyLimitOutOfRange {
                        id: u(id),
                        value,
                        floor,
                        ceiling
                    }
                    .into())
                );
            }
        }
        assert_eq!(w.limit(id), default);
    }
}

#[test]
fn inv_19_no_schedule_is_the_tightest_schedule() {
    let w = World::bare();
    // The guardian can start none.
    for value in [u(1), u(31_536_000)] {
        assert_eq!(
            set(&w, w.guardian, 14, value),
            Err(PolicyGuardianCannotLoosen {
                id: u(14),
                value,
                current: u(0)
            }
            .into())
        );
    }
    set(&w, w.owner, 14, u(DAY)).unwrap();
    assert!(set(&w, w.guardian, 14, u(DAY - 1)).is_err());
    set(&w, w.guardian, 14, u(DAY + 1)).unwrap();
    assert_eq!(w.limit(14), u(DAY + 1));
    set(&w, w.guardian, 14, u(0)).unwrap();
    assert_eq!(w.limit(14), u(0));
    clock::set(T0 + GUARDIAN_ACT_MAX_S);
    assert_eq!(w.limit(14), u(DAY));
}

#[test]
fn inv_19_set_limit_reverts_when_the_guardian_loosens_or_repeats() {
    let w = World::bare();
    for (id, default, floor, ceiling, down) in table() {
        let mut loose = vec![default];
        match down {
            true if default < ceiling => loose.extend([default + u(1), ceiling]),
            false if default > floor => loose.extend([default - u(1), floor]),
            _ => {}
        }
        for value in loose {
            assert_eq!(
                set(&w, w.guardian, id, value),
                Err(PolicyGuardianCannotLoosen {
                    id: u(id),
                    value,
                    current: default
                }
                .into()),
                "limit {id}"
            );
        }
        assert_eq!(w.limit(id), default);
    }
}

#[test]
fn set_limit_by_the_governor_reaches_floor_and_ceiling_and_touches_no_other() {
    let w = World::bare();
    let mut want: Vec<U256> = table().iter().map(|l| l.1).collect();
    let mut nonce = 0;
    for (i, (id, _, floor, ceiling, down)) in table().into_iter().enumerate() {
        for value in [floor, ceiling] {
            let old = want[i];
            set(&w, w.owner, id, value).unwrap();
            want[i] = value;
            nonce += 1;
            assert_eq!(w.nonce(), u(nonce));
            for (k, v) in want.iter().enumerate() {
                assert_eq!(w.limit(k as u64), *v, "limit {k} after {id}");
            }
            w.policy.assert_emitted(&LimitSet {
                id: u(id),
                oldValue: old,
                newValue: value,
                by: w.owner,
            });
        }
        assert_eq!(
            w.policy.sender(w.owner).limit(u(id)).motsu_unwrap(),
            (ceiling, floor, ceiling, down)
        );
    }
}

#[test]
fn set_limit_by_the_guardian_tightens_for_14_days() {
    let w = World::bare();
    let until = T0 + GUARDIAN_ACT_MAX_S;
    set(&w, w.guardian, 0, u(20)).unwrap();
    assert_eq!(w.limit(0), u(20));
    assert_eq!(w.nonce(), u(1));
    w.policy.assert_emitted(&LimitSet {
        id: u(0),
        oldValue: u(50),
        newValue: u(20),
        by: w.guardian,
    });
    w.policy.assert_emitted(&LimitTightened {
        id: u(0),
        governedValue: u(50),
        until: u(until),
    });
    assert_eq!(
        w.policy.sender(w.owner).guardian_act(u(0)),
        (u(T0), u(until), u(until + GUARDIAN_ACT_MAX_S))
    );
    clock::set(until - 1);
    assert_eq!(w.limit(0), u(20));
}

#[test]
fn inv_27_a_tightened_limit_returns_by_itself() {
    let w = World::bare();
    for (id, default, floor, ceiling, down) in table() {
        clock::set(T0);
        let tight = match id {
            14 => continue, // no schedule is as tight as it gets
            _ if down => floor,
            _ => ceiling,
        };
        set(&w, w.guardian, id, tight).unwrap();
        clock::set(T0 + GUARDIAN_ACT_MAX_S);
        assert_eq!(w.limit(id), default, "limit {id}");
        let limits = w.policy.sender(w.owner).rules(vec![]).motsu_unwrap().0 .4;
        assert_eq!(limits[id as usize], default, "limit {id} in the rules");
    }
}

#[test]
fn inv_27_tightening_further_does_not_last_longer() {
    let w = World::bare();
    set(&w, w.guardian, 0, u(20)).unwrap();
    clock::set(T0 + 13 * DAY);
    set(&w, w.guardian, 0, u(10)).unwrap();
    assert_eq!(w.limit(0), u(10));
    clock::set(T0 + 14 * DAY);
    assert_eq!(w.limit(0), u(50));
}

#[test]
fn inv_27_the_guardian_rests_as_long_as_its_act_lasted() {
    let w = World::bare();
    set(&w, w.guardian, 0, u(20)).unwrap();
    for now in [T0 + 14 * DAY, T0 + 28 * DAY - 1] {
        clock::set(now);
        assert_eq!(
            set(&w, w.guardian, 0, u(20)),
            Err(PolicyGuardianTooSoon {
                id: u(0),
                now: u(now),
                allowedFrom: u(T0 + 28 * DAY)
            }
            .into())
        );
    }
    // Another limit is another subject.
    set(&w, w.guardian, 6, u(100)).unwrap();
    clock::set(T0 + 28 * DAY);
    set(&w, w.guardian, 0, u(20)).unwrap();
    assert_eq!(w.limit(0), u(20));
}

#[test]
fn set_limit_by_the_governor_ends_the_guardians_act_but_not_its_rest() {
    let w = World::bare();
    set(&w, w.guardian, 0, u(20)).unwrap();
    set(&w, w.owner, 0, u(40)).unwrap();
    assert_eq!(w.limit(0), u(40));
    clock::set(T0 + DAY);
    assert!(matches!(
        set(&w, w.guardian, 0, u(20)),
        Err(Error::PolicyGuardianTooSoon(_))
    ));
    clock::set(T0 + 20 * DAY);
    assert_eq!(w.limit(0), u(40), "the old act is over for good");
}

#[test]
fn rules_tell_the_limits_by_id() {
    let w = World::bare();
    set(&w, w.guardian, 6, u(7)).unwrap();
    let limits = w
        .policy
        .sender(w.stranger)
        .rules(vec![])
        .motsu_unwrap()
        .0
         .4;
    assert_eq!(limits.len(), limit::LIMIT_COUNT);
    for (id, default, ..) in table() {
        let want = if id == 6 { u(7) } else { default };
        assert_eq!(limits[id as usize], want, "limit {id}");
    }
}
