//! `ballast decode`: hostile proposals are named for what they are, harmless ones pass.

use alloy::primitives::{keccak256, Address, Bytes, B256, U256};
use anyhow::{Context, Result};
use ballast::{
    abi::{IGovernor, ITimelock, Oracle, Policy, Vault},
    local::dao::TIMELOCK_DELAY_S,
};
use serde_json::{json, Value};

use crate::{
    proposals::{data, IExecutor, ISafeWallet, Pieces, Relay, CALL_ONLY, THIEF},
    scene::{assert_schema, Scene},
};

/// What the binary says of one proposal: its warnings' ids.
async fn warned(scene: &Scene, name: &str, proposal: &str) -> Result<Vec<String>> {
    let file = scene.directory.path().join("proposal");
    std::fs::write(&file, proposal)?;
    let path = file.to_str().context("a path in words")?;
    let ran = scene.run(&["--json", "decode", path]).await?;
    assert!(
        [0, 7].contains(&ran.code),
        "{name}: {} {}",
        ran.code,
        ran.err
    );
    let decoded: Value = serde_json::from_str(&ran.out)?;
    assert_schema("decode", &decoded);
    let warnings = decoded["warnings"].as_array().context("no list")?;
    assert_eq!(ran.code == 0, warnings.is_empty(), "{name}: {warnings:?}");
    let ids = warnings.iter().filter_map(|warning| warning["id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

fn hex(data: &Bytes) -> String {
    data.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_proposal_is_warned_of() -> Result<()> {
    let scene = Scene::new().await?;
    let p = Pieces::of(&scene).await?;
    let harmless = p.harmless();
    let with =
        |to: Address, value: u64, data: Bytes| [p.harmless(), vec![(to, value, data)]].concat();
    let batch = |change: &dyn Fn(&mut Value)| -> Result<String> {
        let mut batch = json!({
            "version": "1.0", "chainId": "412346", "createdAt": 0,
            "meta": { "name": "x", "description": "", "checksum": "" },
            "transactions": [{ "to": p.policy, "value": "0", "data": p.limit(0, 40) }],
        });
        change(&mut batch);
        Ok(batch.to_string())
    };
    let thief = || data(&ISafeWallet::enableModuleCall { module: THIEF });
    let transfer = data(&Vault::transferCall {
        to: THIEF,
        value: U256::from(1),
    });
    let raise = p.limit(0, 300);
    let mut dirty = p.grant().to_vec();
    dirty[40] = 1;
    let hostile: Vec<(&str, &str, String)> = vec![
        (
            "a role in a long list",
            "role-grant",
            hex(&p.proposed(with(p.policy, 0, p.grant()), "Tighten")),
        ),
        (
            "a role at the timelock itself",
            "role-grant",
            hex(&p.proposed(
                with(
                    p.timelock,
                    0,
                    data(&ITimelock::grantRoleCall {
                        role: keccak256("PROPOSER_ROLE"),
                        account: THIEF,
                    }),
                ),
                "Tighten",
            )),
        ),
        (
            "the owner gives itself up",
            "ownership-transfer",
            hex(&p.scheduled(
                with(
                    p.policy,
                    0,
                    data(&Policy::transferOwnershipCall { newOwner: THIEF }),
                ),
                TIMELOCK_DELAY_S,
            )),
        ),
        (
            "a role renounced",
            "role-removed",
            hex(&p.scheduled(
                with(
                    p.timelock,
                    0,
                    data(&ITimelock::renounceRoleCall {
                        role: B256::ZERO,
                        callerConfirmation: p.timelock,
                    }),
                ),
                TIMELOCK_DELAY_S,
            )),
        ),
        (
            "no delay at all",
            "zero-delay",
            hex(&p.scheduled(harmless.clone(), 0)),
        ),
        (
            "less than the timelock's delay",
            "short-delay",
            hex(&p.scheduled(harmless.clone(), 3_600)),
        ),
        (
            "the timelock's delay taken away",
            "zero-delay",
            hex(&p.proposed(
                with(
                    p.timelock,
                    0,
                    data(&ITimelock::updateDelayCall {
                        newDelay: U256::ZERO,
                    }),
                ),
                "Tighten",
            )),
        ),
        (
            "a function nobody knows",
            "unknown-function",
            hex(&p.proposed(
                with(p.vault, 0, Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef])),
                "Tighten",
            )),
        ),
        (
            "a contract nobody knows",
            "unknown-target",
            hex(&p.proposed(
                with(THIEF, 0, Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef])),
                "Tighten",
            )),
        ),
        (
            "ether on the way",
            "value-transfer",
            hex(&p.proposed(with(THIEF, 5, Bytes::new()), "Tighten")),
        ),
        (
            "ether with a setting",
            "value-transfer",
            hex(&p.proposed(vec![(p.policy, 5, p.limit(0, 40))], "Tighten")),
        ),
        (
            "another policy",
            "look-alike",
            hex(&p.proposed(vec![(THIEF, 0, p.limit(0, 40))], "Tighten")),
        ),
        (
            "an address like the policy's",
            "look-alike",
            hex(&p.proposed(
                vec![(p.twin(), 0, Bytes::from_static(&[1, 2, 3, 4]))],
                "Tighten",
            )),
        ),
        (
            "a limit loosened",
            "loosened",
            hex(&p.proposed(vec![(p.policy, 0, raise.clone())], "Tighten")),
        ),
        ("a limit loosened, bare", "loosened", hex(&raise)),
        (
            "a batch in a batch",
            "nested-batch",
            hex(&p.scheduled(
                vec![(
                    p.timelock,
                    0,
                    p.scheduled(harmless.clone(), TIMELOCK_DELAY_S),
                )],
                TIMELOCK_DELAY_S,
            )),
        ),
        (
            "a Safe in a multisend",
            "nested-batch",
            hex(&p.sent(
                vec![(p.timelock, 0, p.by_safe(p.policy, p.limit(0, 40), 0, 0))],
                0,
            )),
        ),
        (
            "bytes after the end",
            "not-canonical",
            hex(&[&p.limit(0, 40)[..], &[0; 32]].concat().into()),
        ),
        ("a dirty address", "not-canonical", hex(&dirty.into())),
        (
            "bytes after a batch",
            "not-canonical",
            hex(&[&p.proposed(harmless.clone(), "Tighten")[..], &[7]]
                .concat()
                .into()),
        ),
        (
            "another oracle",
            "module-replacement",
            hex(&p.proposed(
                vec![(
                    p.policy,
                    0,
                    data(&Policy::queueModulesCall {
                        oracle: p.oracle,
                        rebalancer: p.vault,
                    }),
                )],
                "Tighten",
            )),
        ),
        (
            "another feed",
            "feed-replacement",
            hex(&p.proposed(
                vec![(
                    p.oracle,
                    0,
                    data(&Oracle::activateCall { token: p.tokens[0] }),
                )],
                "Tighten",
            )),
        ),
        (
            "no way back",
            "irreversible",
            hex(&p.proposed(
                vec![(p.policy, 0, data(&Policy::windDownCall {}))],
                "Tighten",
            )),
        ),
        (
            "a delegatecall of a Safe",
            "delegatecall",
            hex(&p.by_safe(THIEF, p.limit(0, 40), 1, 0)),
        ),
        (
            "a delegatecall inside of MultiSend",
            "delegatecall",
            hex(&p.by_safe(CALL_ONLY, p.sent(harmless.clone(), 1), 1, 0)),
        ),
        (
            "an upgrade by delegatecall",
            "delegatecall",
            hex(&data(&IExecutor::executeCall {
                upgrade: THIEF,
                data: p.limit(0, 40),
            })),
        ),
        (
            "a MultiSend of somebody's own",
            "delegatecall",
            hex(&p.by_safe(THIEF, p.sent(harmless.clone(), 0), 1, 0)),
        ),
        (
            "a refund for executing",
            "safe-refund",
            hex(&p.by_safe(p.policy, p.limit(0, 40), 0, 9)),
        ),
        (
            "a module of a Safe",
            "safe-powers",
            hex(&p.sent(with(p.governor, 0, thief()), 0)),
        ),
        (
            "calls that may fail",
            "failures-allowed",
            hex(&p.acted(harmless.clone(), 1)),
        ),
        (
            "the vault's shares",
            "no-setting",
            hex(&p.proposed(with(p.vault, 0, transfer.clone()), "Tighten")),
        ),
        (
            "an asset approved",
            "token-moved",
            hex(&p.proposed(
                with(
                    p.tokens[0],
                    0,
                    data(&ballast::abi::IERC20::approveCall {
                        spender: THIEF,
                        amount: U256::MAX,
                    }),
                ),
                "Tighten",
            )),
        ),
        (
            "a text that turns",
            "deceptive-text",
            hex(&p.proposed(harmless.clone(), "Tighten \u{202e}nesool")),
        ),
        (
            "a relay of the Governor",
            "governor-powers",
            hex(&p.proposed(
                with(
                    p.governor,
                    0,
                    data(&Relay::relayCall {
                        target: THIEF,
                        value: U256::ZERO,
                        data: Bytes::new(),
                    }),
                ),
                "Tighten",
            )),
        ),
        (
            "lists of unequal length",
            "malformed",
            hex(&data(&IGovernor::proposeCall {
                targets: vec![p.policy],
                values: vec![U256::ZERO; 2],
                calldatas: vec![p.limit(0, 40)],
                description: String::new(),
            })),
        ),
        (
            "a stale nonce",
            "refused",
            hex(&p.proposed(vec![(p.policy, 0, p.limit(0, 301))], "Tighten")),
        ),
        (
            "an edited batch",
            "checksum-mismatch",
            batch(&|b| b["meta"]["checksum"] = "0x01".into())?,
        ),
        (
            "another chain",
            "wrong-chain",
            batch(&|b| b["chainId"] = "1".into())?,
        ),
        (
            "words beside the calldata",
            "words-differ",
            batch(&|b| {
                b["transactions"][0]["contractMethod"] = json!({"name": "setMode", "inputs": []})
            })?,
        ),
        (
            "a delegatecall in a batch",
            "delegatecall",
            batch(&|b| b["transactions"][0]["operation"] = 1.into())?,
        ),
    ];
    let mut silent = Vec::new();
    for (name, id, proposal) in &hostile {
        let ids = warned(&scene, name, proposal).await?;
        if !ids.iter().any(|warned| warned == id) {
            silent.push(format!("{name}: {id} is not among {ids:?}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn harmless_proposals_pass() -> Result<()> {
    let scene = Scene::new().await?;
    let p = Pieces::of(&scene).await?;
    // Targets name the nonce, which every change before them moves.
    let calls = [vec![(p.policy, 0, p.targets())], p.harmless()].concat();
    let operation = p.scheduled(calls.clone(), TIMELOCK_DELAY_S);
    let actions: Vec<_> = calls
        .iter()
        .map(|(to, value, data)| json!({"to": to, "value": value.to_string(), "data": data}))
        .collect();
    let proposals: Vec<(&str, String)> = vec![
        ("a setting", hex(&p.limit(0, 40))),
        ("targets", hex(&p.targets())),
        (
            "a proposal",
            hex(&p.proposed(calls.clone(), "Tighten\nand move")),
        ),
        ("an operation", hex(&operation)),
        (
            "a Safe's proposal to the timelock",
            hex(&p.by_safe(p.timelock, operation.clone(), 0, 0)),
        ),
        (
            "a Safe's batch",
            hex(&p.by_safe(CALL_ONLY, p.sent(calls.clone(), 0), 1, 0)),
        ),
        ("an Aragon DAO's actions", hex(&p.acted(calls.clone(), 0))),
        ("a list of actions", json!(actions).to_string()),
        (
            "an UpgradeExecutor's call",
            hex(&data(&IExecutor::executeCallCall {
                target: p.policy,
                data: p.targets(),
            })),
        ),
    ];
    for (name, proposal) in &proposals {
        assert_eq!(warned(&scene, name, proposal).await?, [""; 0], "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_propose_writes_decode_reads() -> Result<()> {
    let scene = Scene::new().await?;
    let command = [
        "--json",
        "propose",
        "limit",
        "max-slippage=0.4%",
        "+",
        "mode",
        "LINK",
        "sell-only",
    ];
    let proposed = scene.run(&command).await?.json()?;
    let written = [
        &proposed["governor"]["propose"],
        &proposed["governor"]["queue"],
        &proposed["governor"]["execute"],
        &proposed["timelock"]["schedule"],
        &proposed["timelock"]["execute"],
        &proposed["safe"]["batch"],
        &proposed["safe"]["later"],
        &proposed["aragon"]["create_proposal"],
        &proposed["aragon"]["execute"],
    ];
    for document in written {
        let text = match document {
            Value::String(hex) => hex.clone(),
            other => other.to_string(),
        };
        let file = scene.directory.path().join("document");
        std::fs::write(&file, text)?;
        let path = file.to_str().context("a path in words")?;
        let ran = scene.run(&["decode", path]).await?;
        assert_eq!(ran.code, 0, "{document}: {} {}", ran.out, ran.err);
        for words in [
            "Set the limit MAX_SLIPPAGE_BPS to 0.4 %",
            "Make LINK sell-only",
            "0.5 % -> 0.4 %",
        ] {
            assert!(ran.out.contains(words), "{words}: {}", ran.out);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_and_no_chain_is_no_comparison() -> Result<()> {
    let scene = Scene::new().await?;
    for (proposal, words) in [
        ("0x", "too few"),
        ("0xzz", "neither"),
        ("nowhere.json", "nowhere.json"),
        ("{", "no JSON"),
        ("[{\"value\": \"1\"}]", "whom it calls"),
        (
            "[{\"to\": \"0x00000000000000000000000000000000deadbeef\", \"value\": \"1.5\"}]",
            "wei",
        ),
    ] {
        let ran = scene.run(&["--json", "decode", proposal]).await?;
        assert_eq!(ran.code, 3, "{proposal}: {} {}", ran.out, ran.err);
        let message = ran.failure()?["message"].to_string();
        assert!(message.contains(words), "{proposal}: {message}");
    }
    let p = Pieces::of(&scene).await?;
    let record = scene.record_path();
    let record = record.to_str().context("a path in words")?;
    let limit = hex(&p.limit(0, 40));
    let nowhere = [
        "--json",
        "--rpc",
        "http://127.0.0.1:1",
        "--deployment",
        record,
        "decode",
        &limit,
    ];
    assert_eq!(scene.run(&nowhere).await?.code, 4);
    let ran = scene.run(&[&nowhere[..], &["--offline"]].concat()).await?;
    assert_eq!(ran.code, 7, "{}", ran.err);
    let decoded: Value = serde_json::from_str(&ran.out)?;
    assert_schema("decode", &decoded);
    assert_eq!(decoded["compared"], false);
    assert_eq!(decoded["warnings"][0]["id"], "not-compared");
    Ok(())
}

#[test]
fn every_warning_is_explained_and_told_by_the_schema() -> Result<()> {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/decode.json"))?;
    let told = schema["properties"]["warnings"]["items"]["properties"]["id"]["enum"].clone();
    let told: Vec<String> = serde_json::from_value(told)?;
    let docs = include_str!("../../../../docs/governance.md");
    for id in &told {
        assert!(docs.contains(&format!("`{id}`")), "{id} is not explained");
    }
    let all = ballast_governance::decoding::warnings::Id::ALL.map(serde_json::to_value);
    let all: Result<Vec<_>, _> = all.into_iter().collect();
    assert_eq!(serde_json::to_value(told)?, Value::Array(all?));
    Ok(())
}
