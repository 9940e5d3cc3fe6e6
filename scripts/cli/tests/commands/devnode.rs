//! `ballast devnode`, as users start it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use alloy::{
    primitives::Address,
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    client,
    local::{
        cache::{ICacheManager, CACHE_MANAGER},
        deployer::STYLUS_DEPLOYER,
    },
};
use devnode::exec::precompiles::{arb_wasm_cache::ArbWasmCache, ARB_WASM_CACHE};

/// A running chain; ended with the test.
struct Running {
    child: Child,
    provider: DynProvider,
}

impl Running {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ballast"))
            .args(["devnode", "--port", "0", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let says: serde_json::Value = serde_json::from_str(&line)?;
        crate::scene::assert_schema("devnode", &says);
        let url = says["url"].as_str().context("no url")?;
        let provider = ProviderBuilder::new()
            .connect_client(client::http(url)?)
            .erased();
        Ok(Self { child, provider })
    }

    async fn has_code(&self, at: Address) -> Result<bool> {
        Ok(!self.provider.get_code_at(at).await?.is_empty())
    }

    async fn ask<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        let request = alloy::rpc::types::TransactionRequest::default()
            .to(to)
            .input(call.abi_encode().into());
        Ok(C::abi_decode_returns(&self.provider.call(request).await?)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arbitrums_contracts_stand_at_their_usual_addresses() -> Result<()> {
    // Whoever makes no blocks finds them all the same.
    for mining in [&[][..], &["--no-mining", "--balance", "0"]] {
        let node = Running::start(mining)?;
        assert!(node.has_code(STYLUS_DEPLOYER).await?, "{mining:?}");
        let managers = node.ask(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
        assert_eq!(managers.await?, [CACHE_MANAGER], "{mining:?}");
        // The size that Arbitrum's own scripts start it with.
        let size = node.ask(CACHE_MANAGER, ICacheManager::cacheSizeCall {});
        assert_eq!(size.await?, 536_870_912, "{mining:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_chain_has_nothing_but_its_precompiles() -> Result<()> {
    let node = Running::start(&["--bare"])?;
    assert_eq!(node.provider.get_block_number().await?, 0);
    for at in [STYLUS_DEPLOYER, CACHE_MANAGER] {
        assert!(!node.has_code(at).await?, "{at}");
    }
    let managers = node.ask(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
    assert!(managers.await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dumped_chain_is_loaded_as_it_was() -> Result<()> {
    let directory = std::env::temp_dir().join(format!("ballast-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let file = directory.join("chain.dump");
    let path = file.to_str().context("a path in words")?;
    let mut node = Running::start(&["--dump-state", path])?;
    let block = node.provider.get_block_number().await?;
    let pid = node.child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status()?;
    assert!(node.child.wait()?.success());

    let node = Running::start(&["--load-state", path])?;
    assert_eq!(node.provider.get_block_number().await?, block);
    assert!(node.has_code(STYLUS_DEPLOYER).await?);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_writes_what_a_deployment_needs() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    let at = directory.path().join("treasury");
    let node = Running::start(&["--example", at.to_str().context("a path in words")?])?;
    let governor: Address = std::fs::read_to_string(at.join("governor"))?
        .trim()
        .parse()?;
    assert!(node.has_code(governor).await?);
    let configuration = std::fs::read_to_string(at.join("deploy.toml"))?;
    let addresses: std::collections::BTreeSet<Address> = configuration
        .split('"')
        .filter_map(|word| word.parse().ok())
        .collect();
    // Timelock, sequencer feed, three tokens, three feeds, router; the guardian is a person.
    let mut stand = 0;
    for address in &addresses {
        stand += usize::from(node.has_code(*address).await?);
    }
    assert_eq!((stand, addresses.len()), (9, 10));

    // The keystores open with the password beside them, and are of funded accounts.
    let password = std::fs::read_to_string(at.join("keys/password"))?;
    for who in ["deployer", "voter", "keeper", "alice", "guardian"] {
        let key = PrivateKeySigner::decrypt_keystore(at.join("keys").join(who), password.trim())?;
        assert!(
            !node.provider.get_balance(key.address()).await?.is_zero(),
            "{who}"
        );
    }
    Ok(())
}
