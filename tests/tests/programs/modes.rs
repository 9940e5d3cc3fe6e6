//! That the modes are what their names say, by the gas of one transfer of shares.

use anyhow::{Context, Result};
use ballast::{abi::Vault, local::stage::usd};
use devnode::exec::{
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    Frame,
};
use e2e::{four_assets, raise, Mode, Theatre};

/// The Stylus frames of a transfer of shares from one depositor to another, sent as tests send it.
async fn transfer(theatre: &Theatre) -> Result<Vec<Frame>> {
    let (alice, bob, vault) = (theatre.cast.alice, theatre.cast.bob, theatre.suite.vault);
    theatre.mint(alice, usd(1_000)).await?;
    let value = usd(10);
    let receipt = theatre
        .client
        .send(alice, vault, Vault::transferCall { to: bob, value })
        .await?;
    let profile = theatre.node.chain().profile(receipt.transaction_hash)?;
    let mut frames = profile.context("the transaction is in no block")?.frames;
    frames.retain(|frame| frame.is_stylus);
    Ok(frames)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_program_starts_cheaper_and_a_third_one_pays_for_its_pages() -> Result<()> {
    let mut ends = Vec::new();
    for mode in [Mode::Uncached, Mode::Cached, Mode::Nested] {
        let theatre = raise(mode, four_assets()).await?;
        let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
        let frames = transfer(&theatre).await?;
        let depths: Vec<_> = frames.iter().map(|frame| frame.depth).collect();
        match mode {
            Mode::Nested => assert_eq!(depths, [0, 1, 2], "{mode:?}"),
            Mode::Uncached | Mode::Cached => assert_eq!(depths, [0], "{mode:?}"),
        }
        let last = frames.last().context("no program ran")?;
        assert_eq!((last.from, last.to), (alice, vault), "{mode:?}");
        ends.push((theatre, last.gas_used));
    }
    let [(theatre, uncached), (_, cached), (_, nested)] = &ends[..] else {
        unreachable!("three modes")
    };
    let program = theatre.suite.vault;
    let call = ArbWasm::programInitGasCall { program };
    let start = theatre.client.call(ARB_WASM, call).await?;
    assert_eq!(uncached - cached, start.gas - start.gasWhenCached);

    // Two pages are free in a transaction, and the forwarders have one each: the vault pays 1,000 gas
    // for each of its pages that was free when it was alone. With the two of the forwarders no more
    // than 5 are open, and up to there the ramp adds nothing: floor(31,874,000 ^ (5 / 128)) is 1, as
    // for one page.
    let call = ArbWasm::programMemoryFootprintCall { program };
    let footprint = theatre.client.call(ARB_WASM, call).await?;
    assert!(footprint <= 3, "the ramp begins at 6 pages");
    assert_eq!(nested - uncached, 1_000 * u64::from(footprint.min(2)));
    Ok(())
}
