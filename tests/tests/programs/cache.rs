//! The auction of the cache: real CacheManager, Ballast's own programs.

use alloy::{
    primitives::{aliases::U192, Address, B256, U256},
    providers::Provider,
    rpc::types::TransactionReceipt,
    sol_types::{SolError, SolEvent},
};
use anyhow::{Context, Result};
use ballast::local::{
    cache::{self, ICacheManager, Terms, CACHE_MANAGER},
    chain,
};
use devnode::exec::precompiles::{
    arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_WASM, ARB_WASM_CACHE,
};
use e2e::{four_assets, raise, Mode, Theatre};

/// Wei that bids lose each second here.
const DECAY: u64 = 10;

/// One program up for auction.
#[derive(Debug, Clone, Copy)]
struct Lot {
    program: Address,
    codehash: B256,
    size: u64,
}

struct Auction {
    theatre: Theatre,
    lots: [Lot; 3],
}

impl Auction {
    /// A cache with room for the second lot and one other.
    async fn open() -> Result<Self> {
        let theatre = raise(Mode::Uncached, four_assets()).await?;
        let suite = &theatre.suite;
        let mut lots = Vec::new();
        for program in [suite.oracle, suite.lens, suite.policy] {
            let code = theatre.client.provider.get_code_at(program).await?;
            let codehash = alloy::primitives::keccak256(&code);
            let call = ArbWasm::codehashAsmSizeCall { codehash };
            let size = theatre.client.call(ARB_WASM, call).await?.into();
            lots.push(Lot {
                program,
                codehash,
                size,
            });
        }
        let lots: [Lot; 3] = lots.try_into().ok().context("three lots")?;
        let terms = Terms {
            size: lots[1].size + lots[0].size.max(lots[2].size),
            decay: DECAY,
        };
        cache::open(&theatre.client, &theatre.artifacts, terms).await?;
        Ok(Self { theatre, lots })
    }

    async fn bid(&self, lot: Lot, wei: u64) -> Result<TransactionReceipt> {
        let call = ICacheManager::placeBidCall {
            program: lot.program,
        };
        let from = self.theatre.cast.stranger;
        self.theatre
            .client
            .send_value(from, CACHE_MANAGER, U256::from(wei), call)
            .await
    }

    /// Why a bid of nothing is refused, as its data.
    async fn refusal(&self, lot: Lot) -> Result<Vec<u8>> {
        let call = ICacheManager::placeBidCall {
            program: lot.program,
        };
        let from = self.theatre.cast.stranger;
        let refused = self.theatre.client.try_call(from, CACHE_MANAGER, call);
        let refusal = refused.await?.err().context("it was taken")?;
        Ok(refusal.data.to_vec())
    }

    async fn is_cached(&self, lot: Lot) -> Result<bool> {
        let codehash = lot.codehash;
        let call = ArbWasmCache::codehashIsCachedCall { codehash };
        self.theatre.client.call(ARB_WASM_CACHE, call).await
    }

    /// Gas of a transaction in a block of its own that starts the program and nothing else: it reverts
    /// at a selector that nobody has.
    async fn start(&self, lot: Lot) -> Result<u64> {
        let from = self.theatre.cast.stranger;
        let input = vec![0xde, 0xad, 0xbe, 0xef];
        let to = Some(lot.program);
        let client = &self.theatre.client;
        Ok(client.send_raw(from, to, U256::ZERO, input).await?.gas_used)
    }

    async fn time_of(&self, receipt: &TransactionReceipt) -> Result<u64> {
        let number = receipt.block_number.context("no block")?;
        let provider = &self.theatre.client.provider;
        let block = provider.get_block_by_number(number.into()).await?;
        Ok(block.context("no such block")?.header.timestamp)
    }

    async fn least(&self, lot: Lot) -> Result<u64> {
        let call = ICacheManager::getMinBidCall {
            program: lot.program,
        };
        let min = self.theatre.client.call(CACHE_MANAGER, call).await?;
        Ok(min.to())
    }
}

fn inserted(receipt: &TransactionReceipt) -> Option<ICacheManager::InsertBid> {
    let mut logs = receipt.logs().iter();
    logs.find_map(|log| ICacheManager::InsertBid::decode_log(&log.inner).ok())
        .map(|log| log.data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bid_lowers_what_a_program_costs_by_its_initial_cost() -> Result<()> {
    let auction = Auction::open().await?;
    let lot = auction.lots[0];
    let client = &auction.theatre.client;
    let managers = ArbWasmCache::allCacheManagersCall {};
    assert_eq!(
        client.call(ARB_WASM_CACHE, managers).await?,
        [CACHE_MANAGER]
    );
    assert_eq!(auction.least(lot).await?, 0);
    let call = ArbWasm::programInitGasCall {
        program: lot.program,
    };
    let gas = client.call(ARB_WASM, call).await?;
    let before = auction.start(lot).await?;
    assert!(!auction.is_cached(lot).await?);

    let receipt = auction.bid(lot, 1_000).await?;
    let event = inserted(&receipt).context("no bid")?;
    assert_eq!((event.codehash, event.size), (lot.codehash, lot.size));
    // What was paid, and what all bids lose until then.
    let now = auction.time_of(&receipt).await?;
    assert_eq!(event.bid, U192::from(1_000 + DECAY * now));
    assert!(auction.is_cached(lot).await?);

    let saved = before - auction.start(lot).await?;
    // 69 · 128 and the program's own: the difference of the two published prices.
    assert_eq!(saved, gas.gas - gas.gasWhenCached);
    assert!(saved > 8_832, "{saved}");

    let again = ICacheManager::AlreadyCached {
        codehash: lot.codehash,
    };
    assert_eq!(auction.refusal(lot).await?, again.abi_encode());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cache_gives_way_to_a_higher_bid_and_to_time() -> Result<()> {
    let auction = Auction::open().await?;
    let [first, second, third] = auction.lots;
    let cold = auction.start(first).await?;
    let lowest = auction.bid(first, 1_000_000).await?;
    auction.bid(second, 5_000_000).await?;
    assert!(auction.start(first).await? < cold);

    // The lowest bid, less what it lost since.
    let since = auction.theatre.client.now().await? - auction.time_of(&lowest).await?;
    let least = 1_000_000 - DECAY * since;
    assert_eq!(auction.least(third).await?, least);

    // Nothing is too little, and the refusal says how little.
    let now = auction.theatre.client.now().await?;
    let too_small = ICacheManager::BidTooSmall {
        bid: U192::from(DECAY * now),
        min: U192::from(DECAY * now + least),
    };
    assert_eq!(auction.refusal(third).await?, too_small.abi_encode());
    assert!(auction.is_cached(first).await?);

    // The least is enough, and the lowest goes.
    let receipt = auction.bid(third, least).await?;
    let logs = receipt.logs();
    let gone: Vec<_> = logs
        .iter()
        .filter_map(|log| ICacheManager::DeleteBid::decode_log(&log.inner).ok())
        .map(|log| log.codehash)
        .collect();
    assert_eq!(gone, [first.codehash]);
    assert!(!auction.is_cached(first).await?);
    assert!(auction.is_cached(second).await? && auction.is_cached(third).await?);
    assert_eq!(auction.start(first).await?, cold);

    // 100,000 seconds are worth 1,000,000 wei: the bid that won is worth nothing any more.
    chain::advance_by(&auction.theatre.client, 100_000).await?;
    assert_eq!(auction.least(first).await?, 0);
    auction.bid(first, 0).await?;
    assert!(auction.is_cached(first).await? && auction.is_cached(second).await?);
    assert!(!auction.is_cached(third).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_chains_owner_sets_terms() -> Result<()> {
    let auction = Auction::open().await?;
    let sender = auction.theatre.cast.stranger;
    let call = ICacheManager::setCacheSizeCall { newSize: 1 };
    let refused = auction.theatre.client.try_call(sender, CACHE_MANAGER, call);
    let refusal = refused.await?.err().context("anybody may")?;
    let error = ICacheManager::NotChainOwner { sender };
    assert_eq!(refusal.data.to_vec(), error.abi_encode());
    Ok(())
}
