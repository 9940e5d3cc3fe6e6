//! Which calls: everything of policy and vault that needs nobody else's bytecode but plain tokens.

use alloy::{
    primitives::{Address, B256, U256},
    signers::SignerSync,
    sol_types::{Eip712Domain, SolStruct},
};
use anyhow::{Context, Result};
use ballast::abi::{Policy, Vault, IERC20};

use super::scene::Scene;
use crate::invariants::{roles, Permit};

const DAY: u64 = 86_400;

/// A wired treasury with two assets of three, seeded or not, with targets or not.
pub(super) fn set_up(s: &mut Scene<'_>) -> Result<()> {
    let governor = s.accounts[0];
    let (policy, vault) = (s.policy, s.vault);
    let (oracle, rebalancer) = (s.oracle, s.rebalancer);
    s.call(governor, vault, Vault::setRebalancerCall { rebalancer })?;
    let modules = Policy::setModulesCall {
        vault,
        oracle,
        rebalancer,
    };
    s.call(governor, policy, modules)?;
    let listed: Vec<_> = s.tokens.iter().take(2).copied().collect();
    for token in listed {
        let call = Vault::listAssetCall {
            token,
            minHolding: U256::from(1_000),
        };
        s.call(governor, vault, call)?;
    }
    if !s.random.one_in(8) {
        seed(s)?;
    }
    if !s.random.one_in(8) {
        targets(s, governor, 0)?;
    }
    Ok(())
}

fn seed(s: &mut Scene<'_>) -> Result<()> {
    let governor = s.accounts[0];
    let call = Vault::seedCall {
        shares: U256::from(10).pow(U256::from(21)),
        receiver: s.anybody(),
        amounts: vec![U256::from(10).pow(U256::from(17)); 2],
    };
    s.call(governor, s.vault, call)
}

/// Whoever usually may, or anybody.
fn somebody(s: &mut Scene<'_>, usual: usize) -> Address {
    match s.random.one_in(5) {
        true => s.anybody(),
        false => s.accounts[usual],
    }
}

/// One random call, after some time.
pub(super) fn any(s: &mut Scene<'_>) -> Result<()> {
    let seconds = match s.random.below(6) {
        0 => s.random.within(DAY, 20 * DAY),
        1 | 2 => s.random.within(60, 7_200),
        _ => 1,
    };
    s.chain.increase_time(seconds);
    match s.random.below(10) {
        0..=1 => limits(s),
        2..=3 => waiting(s),
        4..=5 => shares(s),
        6 => money(s),
        7 => fees(s),
        8 => aside(s),
        _ => views(s),
    }
}

fn targets(s: &mut Scene<'_>, from: Address, duration: u64) -> Result<()> {
    let n = s.random.within(1, 3) as usize;
    let mut weights = vec![0u64; n];
    let mut left = 10_000;
    for weight in weights.iter_mut().take(n - 1) {
        *weight = s.random.within(0, left);
        left -= *weight;
    }
    weights[n - 1] = left - u64::from(s.random.one_in(12));
    let nonce = s.ask(s.policy, Policy::governanceNonceCall {})?;
    let stale = u64::from(s.random.one_in(10));
    let mut tokens = s.tokens[..n].to_vec();
    if n > 1 && s.random.one_in(12) {
        tokens[1] = tokens[0];
    }
    let start = match s.random.one_in(4) {
        true => s.now() + s.random.within(0, 3 * DAY),
        false => 0,
    };
    let call = Policy::setTargetsCall {
        tokens,
        weightsBps: weights.iter().map(|w| U256::from(*w)).collect(),
        bandsBps: (0..n)
            .map(|_| U256::from(s.random.within(0, 500)))
            .collect(),
        start: U256::from(start),
        duration: U256::from(duration),
        expectedNonce: nonce + U256::from(stale),
    };
    s.call(from, s.policy, call)
}

fn limits(s: &mut Scene<'_>) -> Result<()> {
    let policy = s.policy;
    let token = *s.random.pick(&s.tokens);
    let from = somebody(s, 0);
    match s.random.below(9) {
        0 | 1 => {
            let duration = *s.random.pick(&[0, DAY, 4 * DAY, 30 * DAY]);
            targets(s, from, duration)
        }
        2 | 3 => {
            let id = U256::from(s.random.below(18));
            let present = match s.ask(policy, Policy::limitCall { id }) {
                Ok(told) => told.value,
                Err(_) => U256::ZERO,
            };
            let percent = U256::from(s.random.within(60, 130));
            let value = present * percent / U256::from(100);
            let by = s.random.within(0, 1) as usize;
            let from = somebody(s, by);
            s.call(from, policy, Policy::setLimitCall { id, value })
        }
        4 => {
            let mode = U256::from(s.random.below(4));
            let by = s.random.within(0, 1) as usize;
            let from = somebody(s, by);
            s.call(from, policy, Policy::setModeCall { token, mode })
        }
        5 => {
            let call = Policy::setAssetBoundsCall {
                token,
                capBps: U256::from(s.random.within(0, 11_000)),
                floorD36: s.random.up_to(U256::MAX),
            };
            s.call(from, policy, call)
        }
        6 => {
            let until = U256::from(s.now() + s.random.within(0, 16 * DAY));
            let by = s.random.within(0, 1) as usize;
            let from = somebody(s, by);
            s.call(from, policy, Policy::pauseRebalanceCall { until })
        }
        7 => s.call(from, policy, Policy::unpauseRebalanceCall {}),
        _ => {
            if s.random.one_in(2) {
                targets(s, from, 30 * DAY)?;
            }
            let from = somebody(s, 1);
            s.call(from, policy, Policy::holdTargetsCall {})
        }
    }
}

/// What waits in the policy, and its end.
fn waiting(s: &mut Scene<'_>) -> Result<()> {
    let policy = s.policy;
    let role = match s.random.one_in(4) {
        true => roles()[0],
        false => roles()[1],
    };
    let account = s.anybody();
    let from = somebody(s, 0);
    match s.random.below(12) {
        0..=2 => s.call(from, policy, Policy::grantRoleCall { role, account }),
        3..=4 => {
            if s.random.one_in(2) {
                s.call(from, policy, Policy::grantRoleCall { role, account })?;
                s.chain.increase_time(2 * DAY);
            }
            let from = s.anybody();
            s.call(from, policy, Policy::executeGrantCall { role, account })
        }
        5 => {
            let from = somebody(s, 1);
            s.call(from, policy, Policy::cancelGrantCall { role, account })
        }
        6 => s.call(from, policy, Policy::revokeRoleCall { role, account }),
        7 => {
            let confirmation = s.anybody();
            s.call(
                account,
                policy,
                Policy::renounceRoleCall { role, confirmation },
            )
        }
        8 => s.call(
            from,
            policy,
            Policy::transferOwnershipCall { newOwner: account },
        ),
        9 => s.call(account, policy, Policy::acceptOwnershipCall {}),
        10 => {
            let from = match s.random.one_in(3) {
                true => from,
                false => s.rebalancer,
            };
            s.call(from, policy, Policy::settleTargetsCall {})
        }
        _ => {
            let from = match s.random.one_in(8) {
                true => s.accounts[0],
                false => s.accounts[3],
            };
            s.call(from, policy, Policy::windDownCall {})
        }
    }
}

/// ERC-20 and its permits.
fn shares(s: &mut Scene<'_>) -> Result<()> {
    let vault = s.vault;
    let i = s.random.index(s.accounts.len());
    let (owner, spender) = (s.accounts[i], s.anybody());
    let balance = s.ask(vault, Vault::balanceOfCall { account: owner })?;
    let value = s.random.up_to(balance) + U256::from(u64::from(s.random.one_in(6)));
    let to = match s.random.one_in(10) {
        true => *s.random.pick(&[Address::ZERO, vault]),
        false => s.anybody(),
    };
    match s.random.below(5) {
        0 => s.call(owner, vault, Vault::transferCall { to, value }),
        1 => {
            let spender = if s.random.one_in(8) {
                Address::ZERO
            } else {
                spender
            };
            s.call(owner, vault, Vault::approveCall { spender, value })
        }
        2 | 3 => {
            let from = owner;
            s.call(spender, vault, Vault::transferFromCall { from, to, value })
        }
        _ => permit(s, i, spender, value),
    }
}

fn permit(s: &mut Scene<'_>, i: usize, spender: Address, value: U256) -> Result<()> {
    let (owner, vault) = (s.accounts[i], s.vault);
    let told = s.ask(vault, Vault::eip712DomainCall {})?;
    let (name, version) = (told._1.into(), told._2.into());
    let domain = Eip712Domain::new(
        Some(name),
        Some(version),
        Some(told._3),
        Some(told._4),
        None,
    );
    let spoilt = s.random.below(6);
    let deadline = U256::from(s.now() + if spoilt == 1 { 0 } else { 30 * DAY });
    let nonce = s.ask(vault, Vault::noncesCall { owner })?;
    let message = Permit {
        owner,
        spender,
        value,
        nonce: nonce + U256::from(u64::from(spoilt == 2)),
        deadline,
    };
    let hash = message.eip712_signing_hash(&domain);
    let signature = s.keys[i].sign_hash_sync(&hash).context("signing")?;
    let call = Vault::permitCall {
        owner,
        spender,
        value,
        deadline,
        v: 27 + u8::from(signature.v()) + u8::from(spoilt == 3),
        r: signature.r().into(),
        s: signature.s().into(),
    };
    s.call(spender, vault, call)
}

/// In and out, and gifts to absorb.
fn money(s: &mut Scene<'_>) -> Result<()> {
    let vault = s.vault;
    let n = s.ask(vault, Vault::totalConstituentsCall {})?;
    let n: usize = n.saturating_to();
    let (from, receiver) = (s.anybody(), s.anybody());
    let supply = s.ask(vault, Vault::totalSupplyCall {})?;
    if supply.is_zero() {
        return seed(s);
    }
    let length = n + usize::from(s.random.one_in(12));
    if s.random.one_in(2) {
        let most = match s.random.one_in(6) {
            true => U256::from(s.random.below(1_000_000)),
            false => U256::MAX,
        };
        let call = Vault::mintCall {
            shares: s.random.up_to(supply / U256::from(10)),
            receiver,
            maxAmounts: vec![most; length],
        };
        return s.call(from, vault, call);
    }
    let owner = match s.random.one_in(4) {
        true => s.anybody(),
        false => from,
    };
    let balance = s.ask(vault, Vault::balanceOfCall { account: owner })?;
    let least = U256::from(u64::from(s.random.one_in(8)) << 60);
    let call = Vault::redeemCall {
        shares: s.random.up_to(balance),
        receiver,
        owner,
        minAmounts: vec![least; length],
    };
    s.call(from, vault, call)
}

fn fees(s: &mut Scene<'_>) -> Result<()> {
    let vault = s.vault;
    let from = somebody(s, 0);
    match s.random.below(7) {
        0 | 1 => {
            let call = Vault::setFeesCall {
                recipient: s.anybody(),
                managementBps: U256::from(s.random.within(0, 220)),
                mintBps: U256::from(s.random.within(0, 110)),
                redeemBps: U256::from(s.random.within(0, 110)),
            };
            s.call(from, vault, call)
        }
        2 => s.call(from, vault, Vault::applyFeesCall {}),
        3 => s.call(from, vault, Vault::cancelFeesCall {}),
        4 => s.call(from, vault, Vault::accrueFeesCall {}),
        5 => {
            let cap = s.random.up_to(U256::MAX >> 100);
            s.call(from, vault, Vault::setSupplyCapCall { cap })
        }
        _ => {
            let from = somebody(s, 1);
            let cap = s.random.up_to(U256::MAX >> 128);
            let until = U256::from(s.now() + s.random.within(0, 16 * DAY));
            s.call(from, vault, Vault::lowerSupplyCapCall { cap, until })
        }
    }
}

/// The list, pauses, gifts, claims.
fn aside(s: &mut Scene<'_>) -> Result<()> {
    let vault = s.vault;
    let token = *s.random.pick(&s.tokens);
    let (account, to) = (s.anybody(), s.anybody());
    let from = somebody(s, 0);
    match s.random.below(9) {
        0 => {
            let call = Vault::listAssetCall {
                token,
                minHolding: U256::from(s.random.below(100)),
            };
            s.call(from, vault, call)
        }
        1 => s.call(from, vault, Vault::delistAssetCall { token }),
        2 => s.call(from, vault, Vault::announceAbsorbCall { token }),
        3 => {
            // Somebody gives what the governor wants to keep.
            if s.random.one_in(2) {
                s.call(from, vault, Vault::announceAbsorbCall { token })?;
                let amount = s.random.up_to(U256::from(1_000_000));
                s.call(to, token, IERC20::transferCall { to: vault, amount })?;
                s.chain.increase_time(2 * DAY);
            }
            s.call(from, vault, Vault::absorbCall { token })
        }
        4 => s.call(from, vault, Vault::collectCall { token, account }),
        5 => {
            let amount = s.random.up_to(U256::from(10));
            s.call(from, vault, Vault::redirectClaimCall { token, to, amount })
        }
        6 => {
            let until = U256::from(s.now() + s.random.within(0, 16 * DAY));
            let by = s.random.within(0, 1) as usize;
            let from = somebody(s, by);
            s.call(from, vault, Vault::pauseMintCall { until })
        }
        7 => s.call(from, vault, Vault::unpauseMintCall {}),
        _ => s.call(from, vault, Vault::pocketAssetCall { token }),
    }
}

fn views(s: &mut Scene<'_>) -> Result<()> {
    let (policy, vault) = (s.policy, s.vault);
    let (from, account) = (s.anybody(), s.anybody());
    let token = *s.random.pick(&s.tokens);
    let shares = s.random.up_to(U256::from(10).pow(U256::from(21)));
    match s.random.below(13) {
        0 => {
            let tokens = s.tokens.clone();
            s.call(from, policy, Policy::rulesCall { tokens })
        }
        1 => s.call(from, policy, Policy::targetsCall {}),
        2 => {
            let id = U256::from(s.random.below(17));
            s.call(from, policy, Policy::limitCall { id })
        }
        3 => s.call(from, policy, Policy::weightOfCall { token }),
        4 => s.call(from, policy, Policy::assetRuleCall { token }),
        5 => {
            let subject = U256::MAX - U256::from(s.random.below(5));
            s.call(from, policy, Policy::guardianActCall { subject })
        }
        6 => {
            let role: B256 = roles()[1];
            s.call(from, policy, Policy::pendingGrantCall { role, account })
        }
        7 => s.call(from, vault, Vault::previewMintCall { shares }),
        8 => s.call(from, vault, Vault::previewRedeemCall { shares }),
        9 => s.call(from, vault, Vault::holdingsCall {}),
        10 => s.call(from, vault, Vault::pendingFeesCall {}),
        11 => s.call(from, vault, Vault::absorptionCall { token }),
        _ => s.call(from, vault, Vault::totalSupplyCall {}),
    }
}
