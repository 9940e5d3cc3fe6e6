use alloy_primitives::Address;
use ballast_interfaces::clock;
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{token, u, World, DAY, T0};

fn pending(w: &World) -> bool {
    let by_view = w.policy.sender(w.owner).targets().motsu_unwrap().0 .5;
    let flags = w.policy.sender(w.owner).rules(vec![]).motsu_unwrap().0 .7;
    assert_eq!(u(by_view.into()), flags);
    by_view
}

#[test]
fn settle_targets_reverts_for_anybody_but_the_rebalancer() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    for caller in [w.owner, w.guardian, w.stranger] {
        let err = w.policy.sender(caller).settle_targets().motsu_unwrap_err();
        assert_eq!(
            err,
            PolicyNotRebalancer {
                caller,
                rebalancer: w.rebalancer.address()
            }
            .into()
        );
    }
    assert!(pending(&w));
}

#[test]
fn settle_targets_reverts_for_everybody_before_modules_are_set() {
    let w = World::bare();
    let err = w.policy.sender(w.owner).settle_targets().motsu_unwrap_err();
    assert_eq!(
        err,
        PolicyNotRebalancer {
            caller: w.owner,
            rebalancer: Address::ZERO
        }
        .into()
    );
}

#[test]
fn settle_targets_waits_for_the_end_of_the_ramp() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, DAY);
    let settle = || {
        w.policy
            .sender(w.rebalancer.address())
            .settle_targets()
            .motsu_unwrap()
    };
    clock::set(T0 + DAY - 1);
    settle();
    assert!(pending(&w));
    assert!(!w.policy.emitted(&TargetsSettled { nonce: u(1) }));

    clock::set(T0 + DAY);
    settle();
    assert!(!pending(&w));
    w.policy.assert_emitted(&TargetsSettled { nonce: u(1) });
    assert_eq!(w.nonce(), u(1), "settling is no change of policy");

    let events = w.policy.all_events().len();
    settle();
    assert_eq!(w.policy.all_events().len(), events);
}

#[test]
fn settle_targets_is_undone_by_new_targets() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.policy
        .sender(w.rebalancer.address())
        .settle_targets()
        .motsu_unwrap();
    w.targets(&[(token(1), 10_000)], 0, 4 * DAY);
    assert!(pending(&w));
}
