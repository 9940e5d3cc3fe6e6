//! Foundry's `cast`, as a person types it.

use std::path::PathBuf;

use alloy::{
    primitives::{Address, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use anyhow::{ensure, Context, Result};
use ballast::abi::{Vault, IERC20};
use serde_json::Value;

use crate::scene::{node_module, output, run, shares, Scene};

struct Cast<'a>(&'a Scene);

impl Cast<'_> {
    /// `$CAST`, or the one of the fixtures, which are packed for Linux on x86-64 only, or that on the path.
    fn program() -> PathBuf {
        let packed = node_module("@foundry-rs/cast-linux-amd64/bin/cast");
        match std::env::var_os("CAST") {
            Some(chosen) => chosen.into(),
            None if packed.is_file() => packed,
            None => "cast".into(),
        }
    }

    fn command(&self, args: &[&str]) -> impl FnOnce(&mut std::process::Command) {
        let url = self.0.url();
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        move |command| {
            command
                .args(args)
                .env("ETH_RPC_URL", url)
                .env("NO_COLOR", "1")
                .env("FOUNDRY_DISABLE_NIGHTLY_WARNING", "1");
        }
    }

    /// What it prints.
    fn says(&self, args: &[&str]) -> Result<String> {
        let printed = run(Self::program(), self.command(args))
            .with_context(|| format!("cast {}", args.join(" ")))?;
        Ok(printed.trim().to_owned())
    }

    /// What it complains of.
    fn refuses(&self, args: &[&str]) -> Result<String> {
        let out = output(Self::program(), self.command(args))?;
        ensure!(!out.status.success(), "cast {} succeeded", args.join(" "));
        Ok(String::from_utf8_lossy(&out.stderr).into_owned())
    }

    fn json(&self, args: &[&str]) -> Result<Value> {
        let said = self.says(args)?;
        serde_json::from_str(&said).with_context(|| format!("cast printed {said}"))
    }

    /// Signs with the key of `from`, sends, and waits for the receipt.
    fn sends(&self, from: Address, args: &[&str]) -> Result<TransactionReceipt> {
        let key = self.0.key(from)?.to_string();
        let mut all = vec!["send", "--json", "--private-key", &key];
        all.extend(args);
        let said = self.says(&all)?;
        serde_json::from_str(&said).with_context(|| format!("cast printed {said}"))
    }
}

/// `cast call` prints numbers with a note of their magnitude behind them.
fn number(said: &str) -> Result<U256> {
    let first = said.split_whitespace().next().context("nothing printed")?;
    first
        .parse()
        .with_context(|| format!("{said} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_reads_the_chain_and_its_accounts() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, client) = (Cast(&scene), &scene.stage.client);
    let vault = scene.stage.suite.vault.to_string();
    assert_eq!(cast.says(&["chain-id"])?, "412346");
    let block = cast.says(&["block-number"])?;
    let head = cast.json(&["block", "latest", "--json"])?;
    assert_eq!(
        head["number"].as_str().context("no number")?,
        format!("{:#x}", block.parse::<u64>()?)
    );
    assert_eq!(cast.says(&["base-fee"])?, "100000000");
    assert_eq!(cast.says(&["gas-price"])?, "100000000");
    let filler = scene.stage.suite.filler.to_string();
    assert_eq!(
        cast.says(&["nonce", &filler])?,
        "1",
        "a contract that made none begins at one"
    );
    assert!(
        cast.says(&["code", &vault])?.starts_with("0xeff0"),
        "the vault is a Stylus program"
    );
    let alice = scene.stage.cast.alice;
    let by_client = alloy::providers::Provider::get_balance(&client.provider, alice).await?;
    let wei = cast.says(&["balance", &alice.to_string()])?;
    assert_eq!(wei, by_client.to_string());
    // Slot 0 of nothing is zero.
    let zero = format!("{:#066x}", 0);
    assert_eq!(cast.says(&["storage", &alice.to_string(), "0"])?, zero);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_calls_estimates_and_sends_to_a_program() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, stage) = (Cast(&scene), &scene.stage);
    let (alice, bob) = (stage.cast.alice, stage.cast.bob);
    let vault = stage.suite.vault.to_string();
    let supply = number(&cast.says(&["call", &vault, "totalSupply()(uint256)"])?)?;
    // 1,000,000 seeded, 1,000 minted.
    assert_eq!(supply, shares(1_001_000));
    assert_eq!(cast.says(&["call", &vault, "symbol()(string)"])?, "\"EXT\"");

    let amount = shares(400).to_string();
    let transfer = [
        &vault,
        "transfer(address,uint256)",
        &bob.to_string(),
        &amount,
    ];
    let mut estimate = vec!["estimate", "--from"];
    let from = alice.to_string();
    estimate.push(&from);
    estimate.extend(transfer);
    let estimated: u64 = cast.says(&estimate)?.parse()?;
    let receipt = cast.sends(alice, &transfer)?;
    assert!(receipt.status(), "the transfer failed");
    assert!(
        receipt.gas_used <= estimated && estimated <= receipt.gas_used * 11 / 10,
        "estimated {estimated}, used {}",
        receipt.gas_used
    );
    assert_eq!(receipt.effective_gas_price, 100_000_000);
    let account = bob;
    let held = stage
        .client
        .call(stage.suite.vault, IERC20::balanceOfCall { account })
        .await?;
    assert_eq!(held, shares(400));

    let hash = receipt.transaction_hash.to_string();
    assert_eq!(cast.json(&["receipt", &hash, "--json"])?["status"], "0x1");
    assert_eq!(
        cast.json(&["tx", &hash, "--json"])?["to"],
        format!("{:#x}", stage.suite.vault)
    );
    let block = receipt.block_number.context("no block")?.to_string();
    let event = "Transfer(address indexed,address indexed,uint256)";
    let logs = cast.json(&[
        "logs",
        "--json",
        "--from-block",
        &block,
        "--to-block",
        &block,
        "--address",
        &vault,
        event,
    ])?;
    let [log] = logs.as_array().context("no list")?.as_slice() else {
        anyhow::bail!("{logs} is not one log");
    };
    assert_eq!(log["data"], format!("{:#066x}", shares(400)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_shows_why_a_program_refuses() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, stage) = (Cast(&scene), &scene.stage);
    let vault = stage.suite.vault.to_string();
    let alice = stage.cast.alice.to_string();
    let to = stage.cast.bob.to_string();
    let amount = shares(1_000) + U256::ONE;
    let said = cast.refuses(&[
        "call",
        "--from",
        &alice,
        &vault,
        "transfer(address,uint256)",
        &to,
        &amount.to_string(),
    ])?;
    // ERC20InsufficientBalance(sender, balance, needed) of ERC-6093, and the numbers of this call.
    assert!(said.contains("e450d38c"), "{said}");
    assert!(said.contains(&format!("{:064x}", shares(1_000))), "{said}");
    assert!(said.contains(&format!("{amount:064x}")), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_signs_apart_from_sending_in_either_fee_style() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, stage) = (Cast(&scene), &scene.stage);
    let (alice, bob) = (stage.cast.alice, stage.cast.bob.to_string());
    let key = scene.key(alice)?.to_string();
    let mut before: U256 = cast.says(&["balance", &bob])?.parse()?;
    for style in [
        &["--legacy"][..],
        &["--gas-price", "2gwei", "--priority-gas-price", "0"],
    ] {
        let mut mktx = vec!["mktx", "--private-key", &key, "--value", "3gwei"];
        mktx.extend(style);
        mktx.push(&bob);
        let raw = cast.says(&mktx)?;
        let receipt = cast.json(&["publish", &raw])?;
        assert_eq!(receipt["status"], "0x1");
        let after: U256 = cast.says(&["balance", &bob])?.parse()?;
        assert_eq!(after - before, U256::from(3_000_000_000u64), "{style:?}");
        before = after;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_drives_the_development_methods_and_the_tracer() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, stage) = (Cast(&scene), &scene.stage);
    let stranger = stage.cast.stranger.to_string();
    let id = cast.json(&["rpc", "evm_snapshot"])?;
    cast.says(&["rpc", "anvil_setBalance", &stranger, "0x2a"])?;
    assert_eq!(cast.says(&["balance", &stranger])?, "42");
    cast.says(&["rpc", "evm_revert", id.as_str().context("no id")?])?;
    assert_ne!(cast.says(&["balance", &stranger])?, "42");

    let vault = stage.suite.vault.to_string();
    let timelock = stage.dao.timelock.to_string();
    cast.says(&["rpc", "anvil_impersonateAccount", &timelock])?;
    cast.says(&["rpc", "anvil_setBalance", &timelock, "0xde0b6b3a7640000"])?;
    let sent = cast.json(&[
        "send",
        "--json",
        "--unlocked",
        "--from",
        &timelock,
        &vault,
        "approve(address,uint256)",
        &stranger,
        "7",
    ])?;
    assert_eq!(sent["status"], "0x1");
    let hash = sent["transactionHash"].as_str().context("no hash")?;
    let trace = cast.json(&[
        "rpc",
        "debug_traceTransaction",
        hash,
        r#"{"tracer":"callTracer"}"#,
    ])?;
    assert_eq!(trace["from"], format!("{:#x}", stage.dao.timelock));
    assert_eq!(trace["to"], format!("{:#x}", stage.suite.vault));
    assert_eq!(trace["gasUsed"], sent["gasUsed"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_deploys_a_contract() -> Result<()> {
    let scene = Scene::new().await?;
    let (cast, stage) = (Cast(&scene), &scene.stage);
    let code = stage.artifacts.fixture("TestToken")?.bytecode;
    let code = format!("{code}");
    let sent = cast.sends(
        stage.cast.stranger,
        &[
            "--create",
            &code,
            "constructor(string,string,uint8)",
            "A token",
            "TOK",
            "9",
        ],
    )?;
    let token = sent.contract_address.context("no contract")?;
    let said = cast.says(&["call", &token.to_string(), "decimals()(uint8)"])?;
    assert_eq!(said, "9");
    // The same answer by hand.
    let data = Vault::decimalsCall {}.abi_encode();
    let raw = cast.says(&[
        "call",
        &token.to_string(),
        "--data",
        &alloy::hex::encode_prefixed(data),
    ])?;
    assert_eq!(raw, format!("{:#066x}", 9));
    Ok(())
}
