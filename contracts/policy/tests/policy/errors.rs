//! Errors are encoded by our own function: it must write what Solidity's ABI says.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolError;
use ballast_policy::types::*;

fn a(i: u8) -> Address {
    Address::repeat_byte(i)
}

fn n(i: u8) -> U256 {
    U256::from_be_bytes(B256::repeat_byte(i).0)
}

macro_rules! same {
    ($($error:expr),* $(,)?) => {{
        let mut count = 0;
        $(
            let error = $error;
            let solidity = error.abi_encode();
            assert_eq!(Vec::<u8>::from(Error::from(error)), solidity, "{}", stringify!($error));
            count += 1;
        )*
        count
    }};
}

#[test]
fn every_error_is_encoded_as_solidity_does() {
    let count = same![
        AccessControlUnauthorizedAccount {
            account: a(1),
            role: B256::repeat_byte(2)
        },
        AccessControlBadConfirmation {},
        AccessControlEnforcedDefaultAdminRules {},
        OwnableInvalidOwner { owner: a(1) },
        OwnableUnauthorizedAccount { account: a(1) },
        PolicyModulesAlreadySet { vault: a(1) },
        PolicyModulesUnset {},
        PolicyNothingQueued {},
        PolicyTooEarly {
            now: n(1),
            readyAt: n(2)
        },
        PolicyCodeChanged {
            account: a(1),
            codeHash: B256::repeat_byte(2),
            pinned: B256::repeat_byte(3)
        },
        PolicyRebalancerForeign {
            rebalancer: a(1),
            named: a(2),
            wanted: a(3)
        },
        PolicyVaultRefused { vault: a(1) },
        PolicyWoundDown {},
        PolicyNotContract { account: a(1) },
        PolicyLengthMismatch { a: n(1), b: n(2) },
        PolicyTooManyAssets { n: n(1), max: n(2) },
        PolicyWeightsSum {
            sumBps: n(1),
            wantedBps: n(2)
        },
        PolicyDuplicateAsset { token: a(1) },
        PolicyAssetNotListed { token: a(1) },
        PolicyAssetNotPriced { token: a(1) },
        PolicyBandOutOfRange {
            bandBps: n(1),
            maxBps: n(2)
        },
        PolicyStaleNonce {
            given: n(1),
            current: n(2)
        },
        PolicyStartInPast {
            start: n(1),
            now: n(2)
        },
        PolicyStartTooLate {
            start: n(1),
            latest: n(2)
        },
        PolicyRampTooLong {
            duration: n(1),
            max: n(2)
        },
        PolicyTooFast {
            speedBpsPerDay: n(1),
            max: n(2)
        },
        PolicyNothingToHold {
            start: n(1),
            end: n(2),
            now: n(3)
        },
        PolicyWeightAboveCap {
            token: a(1),
            weightBps: n(2),
            capBps: n(3)
        },
        PolicyCapOutOfRange {
            capBps: n(1),
            maxBps: n(2)
        },
        PolicyUnknownMode {
            mode: n(1),
            max: n(2)
        },
        PolicyModeNotTighter {
            token: a(1),
            mode: n(2),
            current: n(3)
        },
        PolicyNoWeightLeft {
            quarantinedWad: n(1)
        },
        PolicyUnknownLimit { id: n(1) },
        PolicyLimitOutOfRange {
            id: n(1),
            value: n(2),
            floor: n(3),
            ceiling: n(4)
        },
        PolicyGuardianCannotLoosen {
            id: n(1),
            value: n(2),
            current: n(3)
        },
        PolicyGuardianTooSoon {
            id: n(1),
            now: n(2),
            allowedFrom: n(3)
        },
        PolicyPauseOutOfRange {
            until: n(1),
            earliest: n(2),
            latest: n(3)
        },
        PolicyPauseTooSoon {
            now: n(1),
            allowedFrom: n(2)
        },
        PolicyNotRebalancer {
            caller: a(1),
            rebalancer: a(2)
        },
        PolicyMathOverflow {},
    ];
    assert_eq!(count, 40);
}
