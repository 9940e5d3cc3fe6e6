use alloy_primitives::U256;
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use ballast_policy::types::*;
use motsu::prelude::*;

use crate::{bps, token, u, World, DAY};

fn set(w: &World, i: u8, cap: u64, floor: u64) -> Result<(), Error> {
    w.policy
        .sender(w.owner)
        .set_asset_bounds(token(i), u(cap), u(floor))
        .motsu_res()
}

fn bounds(w: &World, i: u8) -> (U256, U256) {
    let rule = w
        .policy
        .sender(w.stranger)
        .asset_rule(token(i))
        .motsu_unwrap();
    (rule.4, rule.5)
}

#[test]
fn set_asset_bounds_reverts_for_anybody_but_the_governor() {
    let w = World::new();
    for caller in [w.guardian, w.stranger] {
        let err = w
            .policy
            .sender(caller)
            .set_asset_bounds(token(0), u(0), U256::MAX)
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
fn set_asset_bounds_reverts_for_more_than_the_whole() {
    let w = World::new();
    for cap in [u(10_001), U256::from(1) << 16, U256::MAX] {
        let err = w
            .policy
            .sender(w.owner)
            .set_asset_bounds(token(0), cap, u(0))
            .motsu_unwrap_err();
        assert_eq!(
            err,
            PolicyCapOutOfRange {
                capBps: cap,
                maxBps: u(10_000)
            }
            .into()
        );
    }
}

#[test]
fn set_asset_bounds_are_kept_told_and_answered() {
    let w = World::new();
    assert_eq!(bounds(&w, 0), (u(10_000), u(0)), "nothing was said");
    set(&w, 0, 4_000, 7).unwrap();
    w.policy.assert_emitted(&AssetBoundsSet {
        token: token(0),
        oldCapBps: u(10_000),
        newCapBps: u(4_000),
        oldFloorD36: u(0),
        newFloorD36: u(7),
    });
    set(&w, 0, 3_000, 8).unwrap();
    w.policy.assert_emitted(&AssetBoundsSet {
        token: token(0),
        oldCapBps: u(4_000),
        newCapBps: u(3_000),
        oldFloorD36: u(7),
        newFloorD36: u(8),
    });
    assert_eq!(bounds(&w, 0), (u(3_000), u(8)));
    let rules = w
        .policy
        .sender(w.stranger)
        .rules(vec![token(1), token(0)])
        .motsu_unwrap()
        .0;
    assert_eq!(rules.3, [u(0), u(8)]);
    assert_eq!((w.nonce(), w.expected()), (u(2), u(2)));
}

#[test]
fn inv_20_set_targets_reverts_above_a_cap_and_not_at_it() {
    let w = World::new();
    set(&w, 0, 4_000, 0).unwrap();
    assert_eq!(
        w.try_targets(&[(token(0), 4_001), (token(1), 5_999)], 0, 0),
        Err(PolicyWeightAboveCap {
            token: token(0),
            weightBps: u(4_001),
            capBps: u(4_000)
        }
        .into())
    );
    w.targets(&[(token(0), 4_000), (token(1), 6_000)], 0, 0);
    // A cap does not reach back: it binds what is set next.
    set(&w, 1, 100, 0).unwrap();
    assert_eq!(w.weights(&[token(0), token(1)]), [bps(4_000), bps(6_000)]);
    assert!(matches!(
        w.try_targets(&[(token(0), 4_000), (token(1), 6_000)], 0, 0),
        Err(Error::PolicyWeightAboveCap(_))
    ));
}

#[test]
fn set_asset_bounds_of_nothing_bans_a_token_before_it_is_listed_and_for_good() {
    let w = World::new();
    let own = token(77);
    w.policy
        .sender(w.owner)
        .set_asset_bounds(own, u(0), u(0))
        .motsu_unwrap();
    w.list(own);
    for _ in 0..2 {
        assert_eq!(
            w.try_targets(&[(token(0), 9_999), (own, 1)], 0, 4 * DAY),
            Err(PolicyWeightAboveCap {
                token: own,
                weightBps: u(1),
                capBps: u(0)
            }
            .into())
        );
        // Targets that do not name it do not forget it.
        w.targets(&[(token(0), 10_000)], 0, 4 * DAY);
    }
}

#[test]
fn set_asset_bounds_reverts_for_a_33rd_token_and_forgets_those_of_which_nothing_is_said() {
    let w = World::new();
    for i in 0..32 {
        set(&w, i, 1, 0).unwrap();
    }
    assert_eq!(
        set(&w, 32, 1, 0),
        Err(PolicyTooManyAssets {
            n: u(33),
            max: u(32)
        }
        .into())
    );
    set(&w, 5, 10_000, 0).unwrap();
    set(&w, 32, 1, 0).unwrap();
    assert_eq!(bounds(&w, 32), (u(1), u(0)));
    assert_eq!(bounds(&w, 4), (u(1), u(0)));
}
