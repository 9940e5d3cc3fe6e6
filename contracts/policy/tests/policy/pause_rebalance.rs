use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE},
};
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{u, World, DAY, T0};

fn pause(w: &World, by: Address, until: u64) -> Result<(), Error> {
    w.policy.sender(by).pause_rebalance(u(until)).motsu_res()
}

fn paused_until(w: &World) -> U256 {
    let by_view = w.policy.sender(w.stranger).paused_until();
    let by_rules = w
        .policy
        .sender(w.stranger)
        .rules(vec![])
        .motsu_unwrap()
        .0
         .6;
    assert_eq!(by_view, by_rules);
    by_view
}

fn out_of_range(until: u64, earliest: u64, latest: u64) -> Result<(), Error> {
    Err(PolicyPauseOutOfRange {
        until: u(until),
        earliest: u(earliest),
        latest: u(latest),
    }
    .into())
}

#[test]
fn pause_rebalance_reverts_for_strangers() {
    let w = World::bare();
    assert_eq!(
        pause(&w, w.stranger, T0 + 1),
        Err(AccessControlUnauthorizedAccount {
            account: w.stranger,
            role: GUARDIAN_ROLE
        }
        .into())
    );
}

#[test]
fn pause_rebalance_reverts_when_the_guardian_asks_for_no_time_or_more_than_14_days() {
    let w = World::bare();
    for until in [0, T0 - 1, T0, T0 + 14 * DAY + 1, u64::MAX] {
        assert_eq!(
            pause(&w, w.guardian, until),
            out_of_range(until, T0 + 1, T0 + 14 * DAY)
        );
    }
    let err = w
        .policy
        .sender(w.guardian)
        .pause_rebalance(U256::from(T0 + 1) + (U256::from(1) << 64))
        .motsu_unwrap_err();
    assert!(matches!(err, Error::PolicyPauseOutOfRange(_)));
    assert_eq!(paused_until(&w), u(0));
}

#[test]
fn pause_rebalance_reverts_when_the_guardian_would_end_a_pause_earlier() {
    let w = World::bare();
    pause(&w, w.owner, T0 + 10 * DAY).unwrap();
    assert_eq!(
        pause(&w, w.guardian, T0 + 9 * DAY),
        out_of_range(T0 + 9 * DAY, T0 + 10 * DAY, T0 + 14 * DAY)
    );
    pause(&w, w.owner, T0 + 100 * DAY).unwrap();
    assert_eq!(
        pause(&w, w.guardian, T0 + 14 * DAY),
        out_of_range(T0 + 14 * DAY, T0 + 100 * DAY, T0 + 14 * DAY)
    );
    assert_eq!(paused_until(&w), u(T0 + 100 * DAY));
}

#[test]
fn pause_rebalance_reverts_when_the_governors_time_does_not_fit() {
    let w = World::bare();
    // The head has 40 bits for it, and all of them set is the end of everything.
    for until in [u(1_099_511_627_775), u(1_099_511_627_776), U256::MAX] {
        let err = w
            .policy
            .sender(w.owner)
            .pause_rebalance(until)
            .motsu_unwrap_err();
        assert_eq!(
            err,
            PolicyPauseOutOfRange {
                until,
                earliest: u(0),
                latest: u(1_099_511_627_774)
            }
            .into()
        );
    }
}

#[test]
fn inv_27_the_guardians_pause_cannot_be_stretched_beyond_14_days_from_its_begin() {
    let w = World::bare();
    pause(&w, w.guardian, T0 + 2 * DAY).unwrap();
    clock::set(T0 + DAY);
    assert_eq!(
        pause(&w, w.guardian, T0 + 15 * DAY),
        out_of_range(T0 + 15 * DAY, T0 + 2 * DAY, T0 + 14 * DAY)
    );
    pause(&w, w.guardian, T0 + 14 * DAY).unwrap();
    assert_eq!(paused_until(&w), u(T0 + 14 * DAY));
    assert_eq!(
        w.policy.sender(w.owner).guardian_act(U256::MAX),
        (u(T0), u(T0 + 14 * DAY), u(T0 + 28 * DAY))
    );
}

#[test]
fn inv_27_the_guardian_rests_as_long_as_its_pause_lasted() {
    let w = World::bare();
    pause(&w, w.guardian, T0 + 3 * DAY).unwrap();
    for now in [T0 + 3 * DAY, T0 + 6 * DAY - 1] {
        clock::set(now);
        assert_eq!(
            pause(&w, w.guardian, now + 10),
            Err(PolicyPauseTooSoon {
                now: u(now),
                allowedFrom: u(T0 + 6 * DAY)
            }
            .into())
        );
    }
    clock::set(T0 + 6 * DAY);
    pause(&w, w.guardian, T0 + 20 * DAY).unwrap();
    assert_eq!(paused_until(&w), u(T0 + 20 * DAY));
}

#[test]
fn inv_27_the_guardian_cannot_renew_a_pause_that_the_governor_ended() {
    let w = World::bare();
    pause(&w, w.guardian, T0 + 14 * DAY).unwrap();
    clock::set(T0 + DAY);
    w.policy.sender(w.owner).unpause_rebalance().motsu_unwrap();
    assert_eq!(paused_until(&w), u(T0 + DAY), "now: it is over");
    assert_eq!(
        pause(&w, w.guardian, T0 + 14 * DAY),
        Err(PolicyPauseTooSoon {
            now: u(T0 + DAY),
            allowedFrom: u(T0 + 28 * DAY)
        }
        .into())
    );
    // Nor hide behind a pause of the governor's own.
    pause(&w, w.owner, T0 + 2 * DAY).unwrap();
    assert!(matches!(
        pause(&w, w.guardian, T0 + 14 * DAY),
        Err(Error::PolicyPauseTooSoon(_))
    ));
}

#[test]
fn pause_rebalance_by_the_guardian_is_kept_and_told() {
    let w = World::bare();
    let nonce = w.nonce();
    pause(&w, w.guardian, T0 + 1).unwrap();
    assert_eq!(paused_until(&w), u(T0 + 1));
    assert_eq!(w.nonce(), nonce, "a pause is no change of policy");
    w.policy.assert_emitted(&RebalancePaused {
        oldUntil: u(0),
        newUntil: u(T0 + 1),
        by: w.guardian,
    });
}

#[test]
fn pause_rebalance_by_the_governor_may_end_at_any_time() {
    let w = World::bare();
    let mut old = 0;
    for asked in [1_099_511_627_774, T0 + 1, T0 + 400 * DAY, 0] {
        pause(&w, w.owner, asked).unwrap();
        // A pause that ends in the past ends now.
        let until = asked.max(T0);
        assert_eq!(paused_until(&w), u(until));
        w.policy.assert_emitted(&RebalancePaused {
            oldUntil: u(old),
            newUntil: u(until),
            by: w.owner,
        });
        old = until;
    }
}

#[test]
fn unpause_rebalance_reverts_for_anybody_but_the_governor() {
    let w = World::bare();
    pause(&w, w.guardian, T0 + DAY).unwrap();
    for caller in [w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .unpause_rebalance()
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
    assert_eq!(paused_until(&w), u(T0 + DAY));
}

#[test]
fn unpause_rebalance_ends_the_pause_and_tells_it() {
    let w = World::bare();
    pause(&w, w.guardian, T0 + DAY).unwrap();
    clock::set(T0 + 60);
    w.policy.sender(w.setup).unpause_rebalance().motsu_unwrap();
    // Not 0 again: whoever saw 0 before the pause must see that there was one.
    assert_eq!(paused_until(&w), u(T0 + 60));
    w.policy.assert_emitted(&RebalancePaused {
        oldUntil: u(T0 + DAY),
        newUntil: u(T0 + 60),
        by: w.setup,
    });
}
