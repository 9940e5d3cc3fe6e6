//! Somebody without a role, who tries everything that needs one, and what nobody may.

use alloy::primitives::{Address, Bytes, B256, U256};
use ballast::{
    abi::{Oracle, Policy, Vault},
    stylus::{arguments, constructor_call},
};

use super::{
    govern::{limit_call, targets_call},
    DAY, NONE,
};
use crate::invariants::{
    pending::roles,
    world::{Go, World},
};

/// How many things there are to try.
const TRIES: u64 = 33;

/// One of everything that needs a role, by somebody without; all but the last is refused.
pub(super) fn outsider(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let what = w.random.below(TRIES + 4);
    w.tell(format!("{from} tries what needs a role, {what}"));
    let refused = match what {
        0..=11 => of_policy(w, from, what)?,
        12..=21 => of_vault(w, from, what - 12)?,
        22..=30 => of_oracle(w, from, what - 22)?,
        31 => once(w)?,
        32 => again(w, from)?,
        _ => {
            let spender = w.depositor();
            let value = U256::ZERO;
            let call = Vault::approveCall { spender, value };
            !w.is_refused(from, w.vault(), call)?
        }
    };
    w.checks.that(19, refused, || {
        format!("attempt {what} of {from} was not refused")
    })?;
    w.check(&before, &was, NONE)
}

fn of_policy(w: &mut World<'_>, from: Address, what: u64) -> Go<bool> {
    let policy = w.stand.stage.suite.policy;
    let (oracle, rebalancer) = w.stand.engines[1];
    let until = U256::from(w.now() + DAY);
    let [admin, guardian] = roles();
    let account = from;
    match what {
        0 => {
            let call = targets_call(w)?;
            w.is_refused(from, policy, call)
        }
        1 => {
            let call = limit_call(w)?;
            w.is_refused(from, policy, call)
        }
        2 => w.is_refused(from, policy, Policy::pauseRebalanceCall { until }),
        3 => w.is_refused(from, policy, Policy::unpauseRebalanceCall {}),
        4 => w.is_refused(from, policy, Policy::settleTargetsCall {}),
        5 => w.is_refused(from, policy, Policy::holdTargetsCall {}),
        6 => w.is_refused(
            from,
            policy,
            Policy::transferOwnershipCall { newOwner: from },
        ),
        7 => {
            let call = Policy::queueModulesCall { oracle, rebalancer };
            w.is_refused(from, policy, call)
        }
        8 => {
            let role = *w.random.pick(&[admin, guardian]);
            w.is_refused(from, policy, Policy::grantRoleCall { role, account })
        }
        9 => {
            let account = w.governor;
            let role = admin;
            w.is_refused(from, policy, Policy::revokeRoleCall { role, account })
        }
        10 => {
            let call = Policy::setModeCall {
                token: w.stand.assets[0].token,
                mode: U256::from(w.random.below(3)),
            };
            w.is_refused(from, policy, call)
        }
        _ => {
            let call = Policy::setAssetBoundsCall {
                token: w.stand.assets[0].token,
                capBps: U256::from(10_000),
                floorD36: U256::ZERO,
            };
            w.is_refused(from, policy, call)
        }
    }
}

fn of_vault(w: &mut World<'_>, from: Address, what: u64) -> Go<bool> {
    let vault = w.vault();
    let token = w.random.pick(&w.stand.assets).token;
    let until = U256::from(w.now() + DAY);
    match what {
        0 => w.is_refused(from, vault, Vault::pauseMintCall { until }),
        1 => w.is_refused(from, vault, Vault::unpauseMintCall {}),
        2 => {
            let min_holding = U256::ONE;
            w.is_refused(
                from,
                vault,
                Vault::listAssetCall {
                    token,
                    minHolding: min_holding,
                },
            )
        }
        3 => w.is_refused(from, vault, Vault::delistAssetCall { token }),
        4 => w.is_refused(from, vault, Vault::pocketAssetCall { token }),
        5 => w.is_refused(from, vault, Vault::setRebalancerCall { rebalancer: from }),
        6 => w.is_refused(from, vault, Vault::announceAbsorbCall { token }),
        7 => w.is_refused(from, vault, Vault::setSupplyCapCall { cap: U256::MAX }),
        8 => {
            let call = Vault::setFeesCall {
                recipient: from,
                managementBps: U256::ONE,
                mintBps: U256::ZERO,
                redeemBps: U256::ZERO,
            };
            w.is_refused(from, vault, call)
        }
        _ => {
            let one = vec![U256::ONE];
            let call = Vault::executeCall {
                sells: vec![token],
                buys: vec![w.stand.assets[1].token],
                amounts: one.clone(),
                leasts: one,
                filler: w.stand.hostile,
                data: Bytes::new(),
            };
            w.is_refused(from, vault, call)
        }
    }
}

fn of_oracle(w: &mut World<'_>, from: Address, what: u64) -> Go<bool> {
    let oracle = w.oracle();
    let token = w.stand.assets[0].token;
    let feed = w.stand.aggregators[1];
    let zero = U256::ZERO;
    let (feeds, parameters) = (vec![feed], vec![U256::ONE; 4]);
    let (id, window, limit) = (B256::ZERO, U256::from(3_600), U256::from(100));
    match what {
        0 => {
            let call = Oracle::setFeedCall {
                token: w.stand.tokens()[4],
                feed,
                heartbeat: U256::ONE,
                minAnswer: zero,
                maxAnswer: U256::MAX >> 128,
                lagBps: zero,
            };
            w.is_refused(from, oracle, call)
        }
        1 => {
            let call = Oracle::setCompositeFeedCall {
                token: w.stand.tokens()[4],
                feeds: vec![feed; 2],
                parameters: vec![U256::ONE; 8],
                maxGrowthBps: zero,
            };
            w.is_refused(from, oracle, call)
        }
        2 => {
            let call = Oracle::setSecondSourceCall {
                token,
                source: Address::ZERO,
                id,
                window,
                maxConfidenceBps: zero,
                limitBps: limit,
            };
            w.is_refused(from, oracle, call)
        }
        3 => {
            let call = Oracle::queueFeedCall {
                token,
                feeds,
                parameters,
                maxGrowthBps: zero,
            };
            w.is_refused(from, oracle, call)
        }
        4 => {
            let call = Oracle::queueSecondSourceCall {
                token,
                source: Address::ZERO,
                id,
                window,
                maxConfidenceBps: zero,
                limitBps: limit,
            };
            w.is_refused(from, oracle, call)
        }
        5 => w.is_refused(from, oracle, Oracle::cancelChangeCall { token }),
        6 => {
            let call = Oracle::setVolatilityCall {
                token,
                referenceBps: zero,
                maxBps: zero,
            };
            w.is_refused(from, oracle, call)
        }
        7 => w.is_refused(from, oracle, Oracle::removeFeedCall { token }),
        _ => {
            let call = Oracle::setSequencerFeedCall {
                feed: Address::ZERO,
                grace: zero,
            };
            w.is_refused(from, oracle, call)
        }
    }
}

/// What even the governor does only once, in the beginning.
fn once(w: &mut World<'_>) -> Go<bool> {
    let (governor, vault) = (w.governor, w.vault());
    let (oracle, rebalancer) = w.stand.engines[1];
    match w.random.below(3) {
        0 => {
            let call = Vault::seedCall {
                shares: U256::from(10).pow(U256::from(18)),
                receiver: governor,
                amounts: vec![U256::ZERO; w.books.order.len()],
            };
            w.is_refused(governor, vault, call)
        }
        1 => w.is_refused(governor, vault, Vault::setRebalancerCall { rebalancer }),
        _ => {
            let call = Policy::setModulesCall {
                vault,
                oracle,
                rebalancer,
            };
            w.is_refused(governor, w.stand.stage.suite.policy, call)
        }
    }
}

/// A constructor called once more.
fn again(w: &mut World<'_>, from: Address) -> Go<bool> {
    let suite = w.stand.stage.suite.clone();
    let (oracle, rebalancer) = (w.oracle(), w.rebalancer());
    let programs = [
        (suite.policy, arguments((from, from, from))),
        (
            suite.vault,
            arguments(("x".to_owned(), "x".to_owned(), from)),
        ),
        (oracle, arguments((from,))),
        (rebalancer, arguments((from, from, from))),
        (suite.filler, arguments((from,))),
        (suite.lens, arguments((from, from, from, from))),
    ];
    let (program, arguments) = w.random.pick(&programs).clone();
    let refused = w.send(from, program, constructor_call(&arguments))?;
    w.checks
        .that(26, refused, || format!("{program} was constructed again"))?;
    Ok(refused)
}
