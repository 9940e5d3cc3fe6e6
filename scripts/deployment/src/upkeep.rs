//! What programs need after they were deployed: to be kept alive once a year, and a place in the chain's cache.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolError},
};
use anyhow::{Context, Result};
use ballast::{
    client::{Client, Refusal},
    local::cache::ICacheManager,
    record::{Program, Record},
};
use devnode::exec::precompiles::{
    arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_WASM, ARB_WASM_CACHE,
};
use serde::Serialize;

use crate::plan::{activation_fee, OFFERED};

const DAY_S: u64 = 86_400;

/// How long a program still runs.
#[derive(Debug, Clone, Serialize)]
pub struct Lifetime {
    /// The program.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// The hash of its code, by which the chain counts.
    pub code_hash: B256,
    /// Seconds left; 0 where it does not run any more.
    pub left_s: u64,
    /// Why it does not run, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether the chain lets it be kept alive now: not before it is a month old.
    pub can_be_kept: bool,
    /// Wei that it takes now to keep it alive, or to activate it anew where it does not run.
    pub fee: U256,
}

/// How long each recorded program still runs.
///
/// # Errors
/// A chain that does not answer.
pub async fn lifetimes(client: &Client, record: &Record) -> Result<Vec<Lifetime>> {
    let mut lifetimes = Vec::new();
    for program in &record.programs {
        lifetimes.push(lifetime(client, program).await?);
    }
    Ok(lifetimes)
}

/// How long one program still runs. Its fee rises with every program that is activated or kept alive: ask before each.
///
/// # Errors
/// A chain that does not answer.
pub async fn lifetime(client: &Client, program: &Program) -> Result<Lifetime> {
    let left = ArbWasm::programTimeLeftCall {
        program: program.address,
    };
    let asked = client.try_call(Address::ZERO, ARB_WASM, left).await?;
    let (left_s, refused) = match asked {
        Ok(left) => (left, None),
        Err(refusal) => (0, Some(words(&refusal))),
    };
    let (can_be_kept, fee) = match refused {
        None => match keepalive_fee(client, program.code_hash).await? {
            Some(fee) => (true, fee),
            None => (false, U256::ZERO),
        },
        Some(_) => {
            let root = client.provider.get_code_at(program.address).await?;
            let fee = activation_fee(client, Address::ZERO, &root, Default::default()).await?;
            (false, fee)
        }
    };
    Ok(Lifetime {
        name: program.name.clone(),
        address: program.address,
        code_hash: program.code_hash,
        left_s,
        refused,
        can_be_kept,
        fee,
    })
}

/// Why the chain says that a program does not run.
fn words(refusal: &Refusal) -> String {
    if let Ok(expired) = ArbWasm::ProgramExpired::abi_decode(&refusal.data) {
        return format!(
            "it ended, {} days after it was activated (ProgramExpired)",
            days(expired.ageInSeconds)
        );
    }
    if let Ok(old) = ArbWasm::ProgramNeedsUpgrade::abi_decode(&refusal.data) {
        let (version, wanted) = (old.version, old.stylusVersion);
        return format!(
            "it was activated for Stylus {version}, the chain runs {wanted} (ProgramNeedsUpgrade)"
        );
    }
    if ArbWasm::ProgramNotActivated::abi_decode(&refusal.data).is_ok() {
        return "it is not activated (ProgramNotActivated)".into();
    }
    refusal.words.clone()
}

/// Wei that keeping a program alive takes; none where the chain refuses.
///
/// The call answers nothing and reports the fee in an event, so the least value with which it succeeds is looked for.
async fn keepalive_fee(client: &Client, codehash: B256) -> Result<Option<U256>> {
    let call = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let accepts = async |value: U256| -> Result<bool> {
        let rich = alloy::rpc::types::state::StateOverridesBuilder::default()
            .with_balance(Address::ZERO, U256::from(OFFERED))
            .build();
        let request = TransactionRequest::default()
            .with_from(Address::ZERO)
            .with_to(ARB_WASM)
            .with_value(value)
            .with_input(call.clone());
        match client.provider.call(request).overrides(rich).await {
            Ok(_) => Ok(true),
            Err(error) if error.as_error_resp().is_some() => Ok(false),
            Err(error) => Err(error).context("asking what keeping a program alive takes"),
        }
    };
    let (mut low, mut high) = (U256::ZERO, U256::from(OFFERED));
    if !accepts(high).await? {
        return Ok(None);
    }
    // To a thousandth: the price moves more between now and the transaction.
    while high - low > (high / U256::from(1000)).max(U256::ONE) {
        let middle = low + (high - low) / U256::from(2);
        match accepts(middle).await? {
            true => high = middle,
            false => low = middle,
        }
    }
    Ok(Some(high))
}

/// Whether a program starts at the cached price.
#[derive(Debug, Clone, Serialize)]
pub struct Cached {
    /// The program.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// Whether it is in the cache.
    pub is_cached: bool,
    /// Gas of its start without the cache.
    pub init_gas: u64,
    /// Gas of its start from the cache.
    pub cached_gas: u64,
    /// Wei of the least bid that the auction takes now.
    pub min_bid: U256,
}

/// Where the chain's cache is auctioned: the first of its cache managers.
///
/// # Errors
/// A chain that does not answer, or has no cache manager.
pub async fn cache_manager(client: &Client) -> Result<Address> {
    let managers = client.call(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
    let managers = managers.await?;
    managers
        .first()
        .copied()
        .context("this chain has no cache manager")
}

/// What of each recorded program is in the cache, and what a place costs.
///
/// # Errors
/// A chain that does not answer.
pub async fn cached(client: &Client, record: &Record) -> Result<Vec<Cached>> {
    let manager = cache_manager(client).await?;
    let mut all = Vec::new();
    for program in &record.programs {
        let codehash = program.code_hash;
        let is_cached = ArbWasmCache::codehashIsCachedCall { codehash };
        let is_cached = client.call(ARB_WASM_CACHE, is_cached).await?;
        let address = program.address;
        let gas = ArbWasm::programInitGasCall { program: address };
        let gas = client.call(ARB_WASM, gas).await?;
        let min_bid = ICacheManager::getMinBidCall { program: address };
        all.push(Cached {
            name: program.name.clone(),
            address,
            is_cached,
            init_gas: gas.gas,
            cached_gas: gas.gasWhenCached,
            min_bid: U256::from(client.call(manager, min_bid).await?),
        });
    }
    Ok(all)
}

/// Days, rounded down.
pub fn days(seconds: u64) -> u64 {
    seconds / DAY_S
}
