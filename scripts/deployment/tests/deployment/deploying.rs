//! Deploying: the whole of it, what is left to do after it was stopped, what it refuses.

use std::sync::Mutex;

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{Oracle, Policy, Vault},
    local::{chain, embedded},
    record::Record,
};
use ballast_deployment::{
    bundle::{checkout, Bundle},
    carry::{Moment, Run, Stop},
    job::Job,
    limits::LIMITS,
    trouble::Trouble,
};

use crate::yard::{Yard, PROGRAMS};

type Settled = (String, Address, Vec<Address>, String, Vec<u8>);

/// What must be equal however often a deployment was stopped: all but blocks, times and hashes of transactions.
fn settled(record: &Record) -> Vec<Settled> {
    let of = |p: &ballast::record::Program| {
        let hash = format!("{} {}", p.code_hash, p.wasm_sha256);
        let arguments = p.constructor_arguments.to_vec();
        (
            p.name.clone(),
            p.address,
            p.fragments.clone(),
            hash,
            arguments,
        )
    };
    record.programs.iter().map(of).collect()
}

async fn nonce(yard: &Yard) -> Result<u64> {
    let provider = &yard.client.provider;
    Ok(provider.get_transaction_count(yard.deployer()).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_leaves_everything_set_and_nobody_with_a_role_but_owner_and_guardian(
) -> Result<()> {
    let yard = Yard::new().await?;
    let plan = yard.job().await?.plan().await?;
    let planned: usize = plan.steps.iter().map(|step| step.transactions).sum();
    let before = yard.client.provider.get_balance(yard.deployer()).await?;
    let done = yard.run(None).await?;
    let after = yard.client.provider.get_balance(yard.deployer()).await?;

    // The estimate: as many transactions, and not less money than it took, nor twice as much.
    assert_eq!(done.sent.len(), planned);
    let spent = before - after;
    assert!(
        spent <= plan.total && plan.total < spent * U256::from(2),
        "{spent} of {}",
        plan.total
    );
    for step in &plan.steps {
        assert!(!step.done, "{}", step.step);
        if let Some(address) = step.address {
            // Addresses are known before.
            let name = step.step.trim_start_matches("deploy ");
            assert_eq!(yard.program(name)?, address, "{name}");
        }
    }

    // What is set is what the configuration says.
    let (record, config) = (yard.record()?, yard.config()?.treasury()?);
    let (client, suite) = (&yard.client, record.suite()?);
    let (tokens, _) = client
        .call(suite.vault, Vault::holdingsCall {})
        .await?
        .into();
    let listed: Vec<_> = config.assets.iter().map(|asset| asset.token).collect();
    assert_eq!(tokens, listed);
    for asset in &config.assets {
        let token = asset.token;
        let set = client
            .call(suite.oracle, Oracle::feedOfCall { token })
            .await?;
        assert_eq!(
            (set.feed, set.minAnswer, set.maxAnswer),
            (asset.feed, asset.min_answer, asset.max_answer)
        );
    }
    for (id, value) in &config.limits {
        let id = U256::from(*id);
        assert_eq!(
            client
                .call(suite.policy, Policy::limitCall { id })
                .await?
                .value,
            *value
        );
    }
    let (_, held) = client
        .call(suite.vault, Vault::holdingsCall {})
        .await?
        .into();
    let seed = config
        .seed
        .as_ref()
        .map(|seed| (seed.shares, seed.amounts.clone()));
    let account = yard.example.dao.timelock;
    let owned = client
        .call(suite.vault, Vault::balanceOfCall { account })
        .await?;
    // The locked shares are nobody's.
    let made = owned + U256::from(10).pow(U256::from(15));
    assert_eq!(Some((made, held)), seed);
    let cap = client.call(suite.vault, Vault::supplyCapCall {}).await?;
    assert_eq!(Some(cap), config.supply_cap);

    // The deployer has no role, and cannot get one back.
    assert_eq!(done.proof.governors, [yard.example.dao.timelock]);
    assert_eq!(done.proof.guardians, [yard.example.cast.guardian]);
    let renew = Policy::grantRoleCall {
        role: Default::default(),
        account: yard.deployer(),
    };
    let refused = client
        .try_call(yard.deployer(), suite.policy, renew)
        .await?;
    assert!(refused.is_err());

    // A second run finds everything done.
    let again = yard.run(None).await?;
    assert!(again.sent.is_empty());
    let plan = yard.job().await?.plan().await?;
    assert!(plan.steps.iter().all(|step| step.done) && plan.total.is_zero());

    // Of another treasury it says nothing.
    let mut other = yard;
    other.text = other
        .text
        .replacen("symbol = \"EXT\"", "symbol = \"EXU\"", 1);
    let refused = other.run(None).await;
    assert!(
        matches!(&refused, Err(Trouble::Conflict(why)) if why.contains("vault")),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_stopped_at_every_step_ends_as_one_that_was_not() -> Result<()> {
    let whole = Yard::new().await?;
    let stopped = whole.copy()?;
    let transactions = whole.run(None).await?.sent.len();
    let moments = [
        Moment::Signed,
        Moment::Sent,
        Moment::Mined,
        Moment::Recorded,
    ];
    let mut runs = 0;
    // Every run is stopped in its first transaction that is at all; the moments take turns, so that each
    // transaction is stopped before it is sent and once more later.
    for turn in 0.. {
        let moment = moments[turn % moments.len()];
        match stopped.run(Some(Stop { at: 1, moment })).await {
            Ok(_) => break,
            Err(Trouble::Stopped) => runs += 1,
            Err(other) => return Err(other.into()),
        }
        ensure!(turn < 10 * transactions, "it does not end");
    }
    assert!(
        runs >= transactions,
        "{runs} stops in {transactions} transactions"
    );
    assert_eq!(settled(&stopped.record()?), settled(&whole.record()?));
    let calls = |record: Record| -> Vec<_> { record.calls.into_iter().map(|c| c.step).collect() };
    assert_eq!(calls(stopped.record()?), calls(whole.record()?));
    // No transaction was sent twice: an account counts those that were mined.
    assert_eq!(nonce(&stopped).await?, nonce(&whole).await?);
    assert!(stopped.record()?.progress.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_of_the_schemas_shape_half_way_and_in_the_end() -> Result<()> {
    let yard = Yard::new().await?;
    let schema = serde_json::from_str(include_str!("../../../../deployments/schema.json"))?;
    let schema = jsonschema::validator_for(&schema)?;
    let assert_valid = || -> Result<()> {
        let text = std::fs::read_to_string(yard.path())?;
        let record: serde_json::Value = serde_json::from_str(&text)?;
        let errors: Vec<_> = schema.iter_errors(&record).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        Ok(())
    };
    let stop = Stop {
        at: 2,
        moment: Moment::Sent,
    };
    assert!(matches!(yard.run(Some(stop)).await, Err(Trouble::Stopped)));
    let progress = yard.record()?.progress;
    assert!(progress.is_some_and(|p| p.pending.is_some() && p.fragments.len() == 1));
    assert_valid()?;
    yard.run(None).await?;
    assert_valid()?;

    // Another configuration, another deployer, another chain: not what this record is of.
    let mut other = yard.record()?;
    other.chain_id += 1;
    other.write(&yard.path())?;
    assert!(matches!(yard.run(None).await, Err(Trouble::Conflict(why)) if why.contains("412347")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_configuration_does_not_go_on_with_what_was_begun() -> Result<()> {
    let mut yard = Yard::new().await?;
    let stop = Stop {
        at: 9,
        moment: Moment::Recorded,
    };
    assert!(matches!(yard.run(Some(stop)).await, Err(Trouble::Stopped)));
    let text = yard.text.clone();
    yard.text = text.replacen("symbol = \"EXT\"", "symbol = \"EXU\"", 1);
    let refused = yard.run(None).await;
    assert!(
        matches!(&refused, Err(Trouble::Conflict(why)) if why.contains("vault")),
        "{refused:?}"
    );
    yard.text = text;
    yard.run(None).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_build_does_not_go_on_with_what_was_begun() -> Result<()> {
    let mut yard = Yard::new().await?;
    let stop = Stop {
        at: 9,
        moment: Moment::Recorded,
    };
    assert!(matches!(yard.run(Some(stop)).await, Err(Trouble::Stopped)));
    let begun = yard.record()?;
    let sent = nonce(&yard).await?;

    // The same programs, and one of them with a section that means nothing.
    let directory = tempfile::TempDir::new()?;
    let (built, changed) = (checkout().join("target/stylus"), "policy");
    begun.program(changed)?;
    for name in PROGRAMS {
        let file = format!("{name}.wasm");
        let mut wasm = std::fs::read(built.join(&file))?;
        if name == changed {
            wasm.extend([0, 2, 1, b'x']);
        }
        std::fs::write(directory.path().join(&file), wasm)?;
    }
    let origin = yard.bundle.origin.clone();
    let other = Bundle::read(directory.path(), &PROGRAMS, origin)?;
    let right = std::mem::replace(&mut yard.bundle, other);
    let refused = yard.run(None).await;
    assert!(
        matches!(&refused, Err(Trouble::Conflict(why)) if why.contains(changed) && why.contains(&begun.commit)),
        "{refused:?}"
    );
    assert_eq!(nonce(&yard).await?, sent, "something was sent");

    // With the build that began it ends; then another one has nothing to do, and that is no conflict.
    let other = std::mem::replace(&mut yard.bundle, right);
    yard.run(None).await?;
    yard.bundle = other;
    yard.run(None).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_chain_is_named_before_anything_is_sent() -> Result<()> {
    let yard = Yard::new().await?;
    let example = &yard.example;
    let timelock = format!("owner = \"{}\"", example.dao.timelock);
    let guardian = format!("guardian = \"{}\"", example.cast.guardian);
    let nobody = "0x00000000000000000000000000000000000b0b0b";
    let [weth, ..] = example.members.as_slice() else {
        anyhow::bail!("no assets");
    };
    let cases = [
        (
            timelock.clone(),
            format!("owner = \"{}\"", yard.deployer()),
            "roles.owner",
            "deployer",
        ),
        (
            timelock,
            format!("owner = \"{nobody}\""),
            "roles.owner",
            "no contract",
        ),
        (
            guardian,
            format!("guardian = \"{}\"", yard.deployer()),
            "roles.guardian",
            "deployer",
        ),
        (
            weth.token.to_string(),
            nobody.into(),
            "assets[0].token",
            "no contract",
        ),
        (
            "decimals = 18".into(),
            "decimals = 17".into(),
            "assets[0].decimals",
            "18",
        ),
        (
            weth.feed.to_string(),
            nobody.into(),
            "assets[0].feed",
            "no contract",
        ),
        (
            "feed_decimals = 8".into(),
            "feed_decimals = 9".into(),
            "assets[0].feed_decimals",
            "8",
        ),
        (
            "max_price = \"250000\"".into(),
            "max_price = \"2500\"".into(),
            "assets[0].feed",
            "outside",
        ),
        (
            example.uniswap.router.to_string(),
            nobody.into(),
            "fillers.uniswap_v3",
            "no contract",
        ),
        (
            example.sequencer.to_string(),
            nobody.into(),
            "sequencer.feed",
            "no contract",
        ),
        (
            "lag_bps = 50".into(),
            "lag_bps = 1001".into(),
            "assets[0].lag_bps",
            "1000",
        ),
        (
            "heartbeat_s = 3600".into(),
            "heartbeat_s = 2592001".into(),
            "assets[0].heartbeat_s",
            "2592000",
        ),
        (
            "max_bps = 30000".into(),
            "max_bps = 6000".into(),
            "assets[0].volatility",
            "above the reference",
        ),
        (
            "grace_s = 3600".into(),
            "grace_s = 86401".into(),
            "sequencer.grace_s",
            "86400",
        ),
        (
            "mint_bps = 5".into(),
            "mint_bps = 101".into(),
            "fees.mint_bps",
            "100",
        ),
        (
            "chain_id = 412346".into(),
            "chain_id = 42161".into(),
            "chain_id",
            "412346",
        ),
    ];
    for (from, to, key, word) in cases {
        let unfit = yard.unfit(&from, &to).await?;
        let named = unfit
            .iter()
            .any(|u| u.key.starts_with(key) && u.problem.contains(word));
        assert!(named, "{to}: {unfit:?}");
    }
    assert_eq!(yard.unfit("salt", "salt").await?, []);
    // A feed that has said nothing for long.
    chain::advance_by(&yard.client, 86_400).await?;
    let unfit = yard.unfit("salt", "salt").await?;
    assert!(
        unfit
            .iter()
            .any(|u| u.key.starts_with("assets[0].feed") && u.problem.contains("old")),
        "{unfit:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_limits_is_the_policys() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let policy = yard.program("policy")?;
    for (id, limit) in (0u64..).zip(LIMITS) {
        let id = U256::from(id);
        let compiled = yard.client.call(policy, Policy::limitCall { id }).await?;
        let ours = (U256::from(limit.floor), U256::from(limit.ceiling));
        assert_eq!((compiled.floor, compiled.ceiling), ours, "{}", limit.name);
    }
    let id = U256::from(LIMITS.len());
    let beyond = yard
        .client
        .try_call(Address::ZERO, policy, Policy::limitCall { id });
    assert!(beyond.await?.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_goes_away_half_way_is_an_error_and_the_next_run_finishes() -> Result<()> {
    let yard = Yard::new().await?;
    let whole = yard.copy()?;
    let transactions = whole.run(None).await?.sent.len();
    let (config, path, deployer) = (yard.config()?, yard.path(), yard.deployer());
    let Yard {
        node,
        client,
        bundle,
        directory: _directory,
        ..
    } = yard;
    // The seventh transaction finds nobody there any more.
    let node = Mutex::new((Some(node), None, 0));
    let tell = |_: &str| {
        let mut node = node.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        node.2 += 1;
        if node.2 == 7 {
            node.1 = node.0.take().map(|node| node.prepared());
        }
    };
    let run = || Run {
        tell: Some(&tell),
        ..Run::default()
    };
    let job = Job::new(&client, &config, &bundle, deployer, path.clone()).await?;
    let cut = job.carry(run()).await;
    // It was on the way: whether it arrived, nobody answered.
    assert!(matches!(cut, Err(Trouble::Unsettled { .. })), "{cut:?}");
    let again = Job::new(&client, &config, &bundle, deployer, path.clone()).await;
    assert!(matches!(again, Err(Trouble::Chain(_))));

    let prepared = node
        .into_inner()
        .map_err(|_| anyhow::anyhow!("poisoned"))?
        .1;
    let node = embedded::start_from(&prepared.context("it never went away")?)?;
    let client = client.at(&node.url())?;
    let job = Job::new(&client, &config, &bundle, deployer, path.clone()).await?;
    let done = job.carry(Run::default()).await?;
    assert_eq!(done.sent.len(), transactions - 6);
    let record = Record::read(&path)?;
    assert_eq!(settled(&record), settled(&whole.record()?));
    let sent = client.provider.get_transaction_count(deployer).await?;
    assert_eq!(sent, nonce(&whole).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployer_that_shall_own_the_treasury_keeps_its_role() -> Result<()> {
    let mut yard = Yard::new().await?;
    let (timelock, deployer) = (yard.example.dao.timelock, yard.deployer());
    yard.text = yard
        .text
        .replace(&timelock.to_string(), &deployer.to_string());
    let done = yard.run(None).await?;
    assert_eq!(done.proof.governors, [deployer]);
    assert!(done.sent.iter().all(|sent| !sent.step.contains("give up")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_record_is_no_reason_to_send_anything() -> Result<()> {
    let mut yard = Yard::new().await?;
    let unseeded = yard.text.split("[seed]").next().map(str::to_owned);
    yard.text = unseeded.context("no configuration")?;
    yard.run(None).await?;
    let sent = nonce(&yard).await?;
    std::fs::remove_file(yard.path())?;
    // A filler's address follows from venue and salt alone: it is taken.
    let refused = yard.run(None).await;
    assert!(
        matches!(&refused, Err(Trouble::Conflict(why)) if why.contains("another salt")),
        "{refused:?}"
    );
    assert_eq!(nonce(&yard).await?, sent);
    yard.text = yard
        .text
        .replacen("salt = \"example\"", "salt = \"second\"", 1);
    yard.run(None).await?;
    Ok(())
}
