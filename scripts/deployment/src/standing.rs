//! What of a treasury stands already, read from the chain: a step that is done is not done again.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{
    abi::{Oracle, Policy, Vault, IERC20},
    client::Client,
    steps::{Addresses, Call},
};

/// Whether a call still has to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// What it sets is set.
    Done,
    /// It has to be made.
    Missing,
    /// Something else is set, which this call cannot change.
    Otherwise(String),
}

impl Standing {
    fn is(done: bool) -> Self {
        match done {
            true => Self::Done,
            false => Self::Missing,
        }
    }
}

/// Looks whether what `call` sets is set; `setup` is the deployer.
///
/// # Errors
/// A chain that does not answer, or a program that is not there.
pub async fn of(client: &Client, call: &Call, setup: Address, at: &Addresses) -> Result<Standing> {
    let (policy, vault, oracle) = (at.of("policy")?, at.of("vault")?, at.of("oracle")?);
    Ok(match call {
        Call::Rebalancer => {
            let set = client.call(vault, Vault::rebalancerCall {}).await?;
            named("the vault's rebalancer", set, at.of("rebalancer")?)
        }
        Call::Modules => {
            let set = client.call(policy, Policy::modulesCall {}).await?;
            let wanted = [vault, oracle, at.of("rebalancer")?];
            let set = [set.vault, set.oracle, set.rebalancer];
            match set == wanted || set == [Address::ZERO; 3] {
                true => Standing::is(set == wanted),
                false => Standing::Otherwise(format!("the policy's modules are {set:?}")),
            }
        }
        Call::Sequencer(feed, grace) => {
            let set = client.call(oracle, Oracle::sequencerCall {}).await?;
            match named("the sequencer's feed", set.feed, *feed) {
                Standing::Done if set.grace != U256::from(*grace) => {
                    Standing::Otherwise(format!("the sequencer's grace is {} s", set.grace))
                }
                standing => standing,
            }
        }
        Call::List(asset) => {
            let token = asset.token;
            let listed = client
                .call(vault, Vault::isConstituentCall { token })
                .await?;
            if !listed {
                return Ok(Standing::Missing);
            }
            let least = client.call(vault, Vault::minHoldingCall { token }).await?;
            match least == asset.min_holding {
                true => Standing::Done,
                false => Standing::Otherwise(format!("{token} is listed with min_holding {least}")),
            }
        }
        Call::Feed(asset) => {
            let token = asset.token;
            if !client.call(oracle, Oracle::isPricedCall { token }).await? {
                return Ok(Standing::Missing);
            }
            let set = client.call(oracle, Oracle::feedOfCall { token }).await?;
            let same = set.feed == asset.feed
                && set.heartbeat == U256::from(asset.heartbeat)
                && set.minAnswer == asset.min_answer
                && set.maxAnswer == asset.max_answer
                && set.lagBps == U256::from(asset.lag_bps);
            match same {
                true => Standing::Done,
                false => Standing::Otherwise(format!(
                    "{token} is priced by {} or by other bounds",
                    set.feed
                )),
            }
        }
        Call::Volatility(token, watched) => {
            let details = Oracle::detailsOfCall { token: *token };
            let Ok(details) = client.try_call(setup, oracle, details).await? else {
                // It has no feed yet.
                return Ok(Standing::Missing);
            };
            let set =
                [details.get(14), details.get(15)].map(|word| word.copied().unwrap_or_default());
            Standing::is(set == [watched.reference_bps, watched.max_bps].map(U256::from))
        }
        Call::Limit(id, value) => {
            let id = U256::from(*id);
            let set = client.call(policy, Policy::limitCall { id }).await?;
            Standing::is(set.value == *value)
        }
        Call::SupplyCap(cap) => {
            Standing::is(client.call(vault, Vault::supplyCapCall {}).await? == *cap)
        }
        Call::Fees(fees) => {
            let set = client.call(vault, Vault::feesCall {}).await?;
            let rates = [fees.management_bps, fees.mint_bps, fees.redeem_bps].map(U256::from);
            let same = set.recipient == fees.recipient
                && [set.managementBps, set.mintBps, set.redeemBps] == rates;
            Standing::is(same)
        }
        Call::Approve(token, amount) => {
            if client.call(vault, Vault::seededCall {}).await? {
                return Ok(Standing::Done);
            }
            let (owner, spender) = (setup, vault);
            let allowance = IERC20::allowanceCall { owner, spender };
            Standing::is(client.call(*token, allowance).await? >= *amount)
        }
        Call::Seed(_) => Standing::is(client.call(vault, Vault::seededCall {}).await?),
        Call::HandOver => {
            let role = Default::default();
            let account = setup;
            let held = Policy::hasRoleCall { role, account };
            Standing::is(!client.call(policy, held).await?)
        }
    })
}

fn named(what: &str, set: Address, wanted: Address) -> Standing {
    match set == wanted || set.is_zero() {
        true => Standing::is(set == wanted),
        false => Standing::Otherwise(format!("{what} is {set}")),
    }
}

/// The call in words.
pub(crate) fn words(call: &Call) -> String {
    match call {
        Call::Rebalancer => "name the vault's rebalancer".into(),
        Call::Modules => "name the policy's modules".into(),
        Call::Sequencer(feed, grace) => {
            format!("name the sequencer's feed {feed}, {grace} s of grace")
        }
        Call::List(asset) => format!("list {}", asset.token),
        Call::Feed(asset) => format!("price {} by {}", asset.token, asset.feed),
        Call::Volatility(token, watched) => format!(
            "watch the volatility of {token}: reference {} bps, breaker {} bps",
            watched.reference_bps, watched.max_bps
        ),
        Call::Limit(id, value) => format!("set {} to {value}", crate::limits::name_of(*id)),
        Call::SupplyCap(cap) => format!("cap the supply at {cap}"),
        Call::Fees(fees) => format!(
            "set fees of {}, {} and {} bps for {}",
            fees.management_bps, fees.mint_bps, fees.redeem_bps, fees.recipient
        ),
        Call::Approve(token, amount) => format!("let the vault take {amount} of {token}"),
        Call::Seed(seed) => format!("seed {} shares for {}", seed.shares, seed.receiver),
        Call::HandOver => "give up the setup role".into(),
    }
}

/// Gas that the call takes on a treasury of usual size; measured on the embedded chain, rounded up.
pub(crate) fn typical_gas(call: &Call) -> u64 {
    match call {
        Call::Rebalancer | Call::Modules => 200_000,
        Call::Sequencer(..) => 200_000,
        Call::List(_) => 300_000,
        Call::Feed(_) => 400_000,
        Call::Volatility(..) => 400_000,
        Call::Limit(..) => 200_000,
        Call::SupplyCap(_) | Call::Fees(_) => 150_000,
        Call::Approve(..) => 60_000,
        Call::Seed(seed) => 250_000 + 120_000 * seed.amounts.len() as u64,
        Call::HandOver => 80_000,
    }
}
