//! CacheManager: Arbitrum's auction of the programs that start at the cached price, from its real
//! bytecode, behind a real proxy, at the address it has on Arbitrum One.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{address, b256, Address, B256},
    providers::Provider,
    sol,
    sol_types::SolCall,
};
use anyhow::Result;
use devnode::exec::{
    arbos::CHAIN_OWNER,
    precompiles::{arb_owner::ArbOwner, ARB_OWNER},
};

use super::chain;
use crate::{artifacts::Artifacts, client::Client};

/// Where it is on Arbitrum One.
pub const CACHE_MANAGER: Address = address!("51dEDBD2f190E0696AFbEE5E60bFdE96d86464ec");

/// Where a proxy keeps its implementation and its administrator (ERC-1967).
const PROXY_SLOTS: [B256; 2] = [
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"),
    b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"),
];

sol! {
    /// Arbitrum's auction of cached programs.
    #[allow(missing_docs)]
    interface ICacheManager {
        event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
        event DeleteBid(bytes32 indexed codehash, uint192 bid, uint64 size);
        error NotChainOwner(address sender);
        error AsmTooLarge(uint256 asm, uint256 queueSize, uint256 cacheSize);
        error AlreadyCached(bytes32 codehash);
        error BidTooSmall(uint192 bid, uint192 min);
        error BidsArePaused();
        function initialize(uint64 initCacheSize, uint64 initDecay) external;
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
        function cacheSize() external view returns (uint64);
        function queueSize() external view returns (uint64);
        function decay() external view returns (uint64);
        function setCacheSize(uint64 newSize) external;
        function paused() external;
    }
}

/// How large the cache is, and how bids lose weight.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Bytes of native code that it holds.
    pub size: u64,
    /// Wei that a bid loses each second.
    pub decay: u64,
}

impl Default for Terms {
    /// What Arbitrum's own scripts start it with.
    fn default() -> Self {
        Self {
            size: 536_870_912,
            decay: 10_322_197_911,
        }
    }
}

/// Opens the auction on the embedded chain, as its owner.
///
/// No transaction leads to the address of Arbitrum One: there a proxy was created by an account whose
/// key nobody here has. So a proxy is created elsewhere, and its code and two slots are put there;
/// everything after that is a call as on any chain.
///
/// # Errors
/// If a bytecode is missing, or the chain owner's key is not among the client's.
pub async fn open(client: &Client, artifacts: &Artifacts, terms: Terms) -> Result<()> {
    let from = CHAIN_OWNER;
    let logic = super::deploy(client, artifacts, from, "CacheManager", &[]).await?;
    let args = [
        super::address(logic),
        // The administrator's own calls do not reach the implementation: it is nobody who calls.
        super::address(ARB_OWNER),
        DynSolValue::Bytes(Vec::new()),
    ];
    let proxy = super::deploy(
        client,
        artifacts,
        from,
        "TransparentUpgradeableProxy",
        &args,
    )
    .await?;
    chain::copy_code(client, proxy, CACHE_MANAGER).await?;
    for slot in PROXY_SLOTS {
        let value = client.provider.get_storage_at(proxy, slot.into()).await?;
        chain::set_storage(client, CACHE_MANAGER, slot.into(), value).await?;
    }
    let call = ICacheManager::initializeCall {
        initCacheSize: terms.size,
        initDecay: terms.decay,
    };
    client.send(from, CACHE_MANAGER, call).await?;
    let manager = CACHE_MANAGER;
    act(client, ArbOwner::addWasmCacheManagerCall { manager }).await
}

/// Calls `ArbOwner` as the chain's owner.
async fn act<C: SolCall>(client: &Client, call: C) -> Result<()> {
    client.send(CHAIN_OWNER, ARB_OWNER, call).await.map(drop)
}
