//! Errors are encoded by our own function: it must write what Solidity's ABI says.

use alloy_primitives::{Address, B256, I256, U256};
use alloy_sol_types::SolError;
use ballast_oracle::types::*;

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
        OracleUnauthorized {
            caller: a(1),
            role: B256::repeat_byte(2)
        },
        OracleNoFeed { token: a(1) },
        OracleFeedAlreadySet {
            token: a(1),
            feed: a(2)
        },
        OracleNotContract { account: a(1) },
        OracleFeedUnreadable { feed: a(1) },
        OracleTokenUnreadable { token: a(1) },
        OracleAnswerOutOfBounds {
            feed: a(1),
            answer: I256::MINUS_ONE,
            min: n(2),
            max: n(3)
        },
        OracleStale {
            feed: a(1),
            updatedAt: n(2),
            maxAge: n(3)
        },
        OracleFuture {
            feed: a(1),
            updatedAt: n(2),
            now: n(3)
        },
        OracleDecimalsChanged {
            feed: a(1),
            decimals: n(2),
            pinned: n(3)
        },
        OracleDecimalsTooMany {
            token: a(1),
            sum: n(2),
            max: n(3)
        },
        OracleSequencerDown {
            feed: a(1),
            answer: I256::MIN
        },
        OracleSequencerGrace {
            feed: a(1),
            startedAt: n(2),
            grace: n(3)
        },
        OracleSequencerUnready {
            feed: a(1),
            startedAt: n(2)
        },
        OracleParameterOutOfRange {
            value: n(1),
            min: n(2),
            max: n(3)
        },
        OracleAssetInUse {
            token: a(1),
            weightWad: n(2)
        },
        OracleTooManyFeeds { max: n(1) },
        OracleTableNotStored { size: n(1) },
        OracleTableUnreadable { account: a(1) },
        OracleRatioAboveCap {
            feed: a(1),
            ratio: n(2),
            cap: n(3)
        },
        OracleSpotRatio {
            feed: a(1),
            updatedAt: n(2)
        },
        OracleLengthMismatch {
            given: n(1),
            wanted: n(2)
        },
        OracleSourcesDiffer {
            token: a(1),
            firstD36: n(2),
            secondD36: n(3),
            limitBps: n(4)
        },
        OracleSecondUnreadable { source: a(1) },
        OraclePoolUnobservable {
            pool: a(1),
            window: n(2)
        },
        OraclePoolMismatch {
            pool: a(1),
            token: a(2)
        },
        OraclePythOutOfRange {
            pyth: a(1),
            price: I256::MINUS_ONE,
            exponent: I256::MIN
        },
        OraclePythUnsure {
            pyth: a(1),
            confidence: n(2),
            max: n(3)
        },
        OracleFeedQuoted {
            token: a(1),
            by: a(2)
        },
        OracleVolatilityStale {
            token: a(1),
            observedAt: n(2),
            maxAge: n(3)
        },
        OracleVolatilityTooHigh {
            token: a(1),
            volatility: n(2),
            max: n(3)
        },
        OracleNoReference { token: a(1) },
        OracleChangePending {
            token: a(1),
            readyAt: n(2)
        },
        OracleNoChange { token: a(1) },
        OracleChangeEarly {
            token: a(1),
            readyAt: n(2)
        },
        OracleChangeExpired {
            token: a(1),
            expiredAt: n(2)
        },
        OracleCodeChanged { account: a(1) },
        OracleFeedsDiffer {
            token: a(1),
            oldD36: n(2),
            newD36: n(3),
            limitBps: n(4)
        },
        OracleFeedNotDead {
            token: a(1),
            refusedSince: n(2),
            deadAfter: n(3)
        },
        OracleGuardianTooSoon {
            token: a(1),
            now: n(2),
            allowedFrom: n(3)
        },
        OracleMathOverflow {},
    ];
    assert_eq!(count, 41);
}
