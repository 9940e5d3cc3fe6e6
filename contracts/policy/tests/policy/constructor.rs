use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::{limit, DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE};
use ballast_mocks::modules::MockCaller;
use ballast_policy::{types::*, Policy};
use motsu::prelude::*;

use crate::{u, World};

#[test]
fn constructor_reverts_when_owner_is_zero() {
    let policy = Contract::<Policy>::new();
    let anyone = Address::from_tag("anyone");
    let err = policy
        .sender(anyone)
        .constructor(Address::ZERO, anyone, anyone)
        .motsu_unwrap_err();
    assert_eq!(
        err,
        OwnableInvalidOwner {
            owner: Address::ZERO
        }
        .into()
    );
}

#[test]
fn inv_26_constructor_runs_once() {
    let policy = Contract::<Policy>::new();
    let caller = Contract::<MockCaller>::new();
    let (owner, thief) = (Address::from_tag("owner"), Address::from_tag("thief"));
    let init = |to: Address| {
        let mut data = stylus_sdk::abi::CONSTRUCTOR_SELECTOR.to_be_bytes().to_vec();
        for a in [to, Address::ZERO, Address::ZERO] {
            data.extend_from_slice(a.into_word().as_slice());
        }
        caller
            .sender(thief)
            .forward(policy.address(), data.into())
            .motsu_res()
    };
    assert!(init(owner).is_ok());
    assert!(init(thief).is_err());
    assert_eq!(policy.sender(thief).owner(), owner);
    assert!(!policy.sender(thief).has_role(DEFAULT_ADMIN_ROLE, thief));
}

#[test]
fn constructor_gives_each_its_role_and_nobody_else_any() {
    let w = World::bare();
    let holders = |role| {
        [w.owner, w.guardian, w.setup, w.stranger]
            .map(|a| w.policy.sender(w.stranger).has_role(role, a))
    };
    assert_eq!(holders(DEFAULT_ADMIN_ROLE), [true, false, true, false]);
    assert_eq!(holders(GUARDIAN_ROLE), [false, true, false, false]);
    assert_eq!(w.policy.sender(w.stranger).owner(), w.owner);
    assert_eq!(w.policy.sender(w.stranger).pending_owner(), Address::ZERO);

    w.policy.assert_emitted(&OwnershipTransferred {
        previousOwner: Address::ZERO,
        newOwner: w.owner,
    });
    for (role, account) in [
        (DEFAULT_ADMIN_ROLE, w.owner),
        (DEFAULT_ADMIN_ROLE, w.setup),
        (GUARDIAN_ROLE, w.guardian),
    ] {
        w.policy.assert_emitted(&RoleGranted {
            role,
            account,
            sender: w.stranger,
        });
    }
}

#[test]
fn constructor_gives_no_role_to_the_zero_address() {
    let policy = Contract::<Policy>::new();
    let owner = Address::from_tag("owner");
    policy
        .sender(owner)
        .constructor(owner, Address::ZERO, Address::ZERO)
        .motsu_unwrap();
    for role in [DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE] {
        assert!(!policy.sender(owner).has_role(role, Address::ZERO));
    }
}

#[test]
fn constructor_sets_the_default_limits() {
    let w = World::bare();
    let wad = U256::from(10).pow(u(18));
    for (id, value) in [
        (limit::MAX_SLIPPAGE_BPS, u(50)),
        (limit::COOLDOWN_S, u(3_600)),
        (limit::SLICE_COOLDOWN_S, u(60)),
        (limit::MIN_PROGRESS_BPS, u(1_000)),
        (limit::MIN_NOTIONAL_WAD, u(100) * wad),
        (limit::MIN_DRIFT_BPS, u(100)),
        (limit::MAX_TURNOVER_BPS, u(10_000)),
        (limit::RAMP_S, u(1_800)),
        (limit::HOLD_S, u(3_600)),
        (limit::LOSS_BUDGET_BPS, u(100)),
        (limit::LOSS_PERIOD_S, u(604_800)),
        (limit::YEARLY_LOSS_BPS, u(300)),
        (limit::TURNOVER_BUDGET_BPS, u(10_000)),
        (limit::TURNOVER_PERIOD_S, u(2_592_000)),
        (limit::SCHEDULE_INTERVAL_S, u(0)),
        (limit::BAND_STRESS_CAP_BPS, u(30_000)),
    ] {
        assert_eq!(w.limit(u64::try_from(id).unwrap()), value, "limit {id}");
    }
    assert_eq!(w.nonce(), U256::ZERO);
}
