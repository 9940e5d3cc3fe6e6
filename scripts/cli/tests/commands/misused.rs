//! Every command with bad input: another chain's record, none, a broken one, broken files, nobody at the other end, an account
//! without ether. A sentence with a next step, a documented exit code, and nothing sent.

use std::collections::BTreeSet;

use alloy::{
    primitives::{hex, Address, U256},
    providers::Provider,
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Policy, Rebalancer},
    local::chain,
};
use serde_json::Value;

use crate::{
    dying,
    example::Ground,
    keeping,
    scene::{ballast, finish, Ran, Scene},
    schemas,
};

/// What a command needs from outside, and so what may be wrong with it.
#[derive(Debug)]
struct Row {
    name: &'static str,
    /// Typed so that it would succeed.
    words: Vec<String>,
    /// Whether it asks a chain.
    asks: bool,
    /// Whether it reads the deployment's record.
    records: bool,
    /// Whether it can send.
    sends: bool,
    /// Its exit code with a key whose account has nothing, where the stage lets it come so far.
    poor: Option<i32>,
    /// Files that it reads, each with what it is broken to.
    files: Vec<(&'static str, &'static str)>,
}

impl Row {
    fn new(name: &'static str, words: &[&str]) -> Self {
        let words = [&[name], words].concat();
        Self {
            name,
            words: words.into_iter().map(str::to_owned).collect(),
            asks: true,
            records: true,
            sends: false,
            poor: None,
            files: Vec::new(),
        }
    }

    fn offline(name: &'static str, words: &[&str]) -> Self {
        Self {
            asks: false,
            records: false,
            ..Self::new(name, words)
        }
    }

    fn unrecorded(self) -> Self {
        Self {
            records: false,
            ..self
        }
    }

    fn sends(self) -> Self {
        Self {
            sends: true,
            ..self
        }
    }

    fn poor(self, code: i32) -> Self {
        Self {
            poor: Some(code),
            ..self.sends()
        }
    }

    fn files(self, files: &[(&'static str, &'static str)]) -> Self {
        Self {
            files: files.to_vec(),
            ..self
        }
    }
}

fn rows(scene: &Scene) -> Vec<Row> {
    let governor = scene.theatre.dao.governor.to_string();
    let call = Policy::setLimitCall {
        id: U256::from(8),
        value: U256::from(1_200),
    };
    let data = hex::encode_prefixed(call.abi_encode());
    let prices = ["--prices", "prices.csv", "--policy", "policy.toml"];
    let keeper = ("keeper.toml", "[gas]\nmax_price_gwei = none\n");
    vec![
        Row::new("advance", &["1s"]).unrecorded(),
        // This chain has no cache to bid at.
        Row::new("cache", &["--bid", "0"]).poor(4),
        Row::offline("completions", &["bash"]),
        Row::new("decode", &[&data, "--to", "policy"]),
        Row::new("deploy", &["--config", "treasury.toml"])
            .unrecorded()
            .sends()
            .files(&[
                ("treasury.toml", "chain_id = \n"),
                ("treasury.toml", "chain_id = 412346\n"),
            ]),
        Row::offline("devnode", &[]),
        Row::new("doctor", &[]),
        Row::new("governor", &["submit", "p.json", "--governor", &governor])
            .unrecorded()
            .poor(6)
            .files(&[("p.json", "{"), ("p.json", "{\"proposal_id\": \"many\"}")]),
        Row::new("keepalive", &[]).sends(),
        Row::new("keeper", &["--once", "--config", "keeper.toml"])
            .poor(6)
            .files(&[keeper]),
        Row::offline("manual", &["pages"]),
        Row::new("mint", &["1000"]).poor(6),
        Row::new("observe", &[]).poor(6),
        Row::new("open", &[]).poor(6),
        Row::new("plan", &[]),
        Row::new("propose", &["limit", "max-slippage=0.4%"]),
        Row::new("rebalance", &["--config", "keeper.toml"])
            .sends()
            .files(&[keeper]),
        Row::new("redeem", &["400"]).poor(6),
        Row::offline("replay", &prices).files(&[
            ("prices.csv", "time,WETH\n1,none\n"),
            ("prices.csv", ""),
            ("policy.toml", "treasury_usd = \n"),
        ]),
        Row::new("report", &["--html", "out.html", "--events", "events.json"])
            .files(&[("events.json", "{"), ("events.json", "{\"chain_id\": 1}")]),
        Row::new("status", &[]),
        Row::new("verify", &["--built"]),
    ]
}

/// The stage: a treasury out of balance with a file for whoever reads one, and an account without ether.
struct Stage {
    scene: Scene,
    ground: Ground,
    poor: PrivateKeySigner,
}

impl Stage {
    async fn new() -> Result<Self> {
        let scene = dying::busy().await?;
        let ground = Ground::new().await?;
        let write =
            |name: &str, text: &str| std::fs::write(scene.directory.path().join(name), text);
        // Without a seed, for which whoever has nothing would lack tokens first.
        let treasury = std::fs::read_to_string(ground.path("treasury.toml"))?;
        write(
            "treasury.toml",
            treasury.split("[seed]").next().unwrap_or_default(),
        )?;
        write("keeper.toml", "poll_ms = 50\n")?;
        write("prices.csv", "")?;
        let replay = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../replay");
        let policy = std::fs::read_to_string(replay.join("policies/three-assets.toml"))?;
        write("policy.toml", &policy)?;
        let mut other = scene.record()?;
        other.chain_id = 1;
        other.write(&scene.directory.path().join("other.json"))?;
        let whole = std::fs::read_to_string(scene.record_path())?;
        write("cut.json", &whole[..whole.len() / 2])?;
        write("strange.json", "{\"chain_id\": 412346, \"colour\": 1}")?;
        let poor = PrivateKeySigner::from_slice(&[0x11; 32])?;
        chain::set_balance(&scene.theatre.client, poor.address(), U256::ZERO).await?;
        Ok(Self {
            scene,
            ground,
            poor,
        })
    }

    /// Runs `words` as whoever has nothing.
    async fn run(&self, words: &[&str]) -> Result<Ran> {
        let mut command = ballast(self.scene.directory.path());
        command
            .env("BALLAST_RPC", self.scene.theatre.node.url())
            .env("BALLAST_DEPLOYMENT", self.scene.record_path())
            .env(
                "BALLAST_PRIVATE_KEY",
                hex::encode_prefixed(self.poor.credential().to_bytes()),
            )
            .arg("--json")
            .args(words);
        finish(command).await
    }

    /// Everybody's nonce.
    async fn nonces(&self) -> Result<Vec<u64>> {
        let provider = &self.scene.theatre.client.provider;
        let keys = self.scene.theatre.node.keys();
        let all = keys
            .iter()
            .map(|key| key.address())
            .chain([self.poor.address()]);
        let all: Vec<Address> = all.collect();
        let mut nonces = Vec::new();
        for account in all {
            nonces.push(provider.get_transaction_count(account).await?);
        }
        Ok(nonces)
    }

    /// Whoever has nothing, at the commands that are for another time or another chain.
    async fn late(&self, rows: &[Row]) -> Result<Vec<String>> {
        let theatre = &self.scene.theatre;
        let open = Rebalancer::openCall {};
        let (keeper, rebalancer) = (theatre.cast.keeper, theatre.suite.rebalancer);
        theatre.client.send(keeper, rebalancer, open).await?;
        keeping::end_of_ramp(&self.scene).await?;
        let begun = self.nonces().await?;
        let url = self.ground.node.url();
        let elsewhere = ["--rpc", url.as_str(), "--deployment", "fresh.json"];
        let mut faults = Vec::new();
        for (name, options) in [
            ("rebalance", &[][..]),
            ("deploy", &elsewhere),
            ("keepalive", &[]),
        ] {
            if name == "keepalive" {
                chain::advance_by(&theatre.client, 340 * 86_400).await?;
            }
            let options = [&["--send", "--yes"], options].concat();
            for row in rows.iter().filter(|row| row.name == name) {
                faults.extend(self.misuse(row, &options, 6, &["has 0"]).await?);
            }
        }
        assert_eq!(self.nonces().await?, begun);
        assert!(!self.scene.directory.path().join("fresh.json").exists());
        Ok(faults)
    }

    /// Runs the command; what is wrong with how it ended, if anything.
    async fn misuse(
        &self,
        row: &Row,
        options: &[&str],
        code: i32,
        words: &[&str],
    ) -> Result<Vec<String>> {
        let typed: Vec<&str> = options
            .iter()
            .copied()
            .chain(row.words.iter().map(String::as_str))
            .collect();
        let ran = self.run(&typed).await?;
        let mut faults = Vec::new();
        let mut must = |held: bool, what: String| {
            if !held {
                faults.push(format!(
                    "{}: {what}: exit code {}: {}{}",
                    typed.join(" "),
                    ran.code,
                    ran.err,
                    ran.out
                ));
            }
        };
        must(ran.code == code, format!("not {code}"));
        must(ran.out.is_empty(), "half an answer".into());
        must(!ran.err.contains("panicked"), "a panic".into());
        match ran.failure() {
            Ok(failure) => {
                let message = failure["message"].as_str().unwrap_or_default();
                for word in words {
                    must(message.contains(word), format!("no {word}"));
                }
                must(failure["next"].is_string(), "no next step".into());
            }
            Err(error) => must(false, format!("no failure: {error:#}")),
        }
        Ok(faults)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_at_every_command_and_nothing_is_sent() -> Result<()> {
    let stage = Stage::new().await?;
    let rows = rows(&stage.scene);
    let table: BTreeSet<String> = rows.iter().map(|row| row.name.to_owned()).collect();
    let mut commands = schemas::commands().await?;
    commands.remove("help");
    assert_eq!(table, commands);

    let begun = stage.nonces().await?;
    let mut faults = Vec::new();
    for row in &rows {
        let send: &[&str] = if row.sends { &["--send", "--yes"] } else { &[] };
        let with = |options: &[&'static str]| [send, options].concat();
        if row.asks {
            let nobody = with(&["--rpc", "http://127.0.0.1:1"]);
            faults.extend(
                stage
                    .misuse(row, &nobody, 4, &["http://127.0.0.1:1"])
                    .await?,
            );
        }
        if row.records {
            for (file, code, word) in [
                ("other.json", 4, "chain 1"),
                ("nowhere.json", 3, "nowhere.json"),
                ("cut.json", 3, "cut.json"),
                ("strange.json", 3, "strange.json"),
            ] {
                let options = with(&["--deployment", file]);
                faults.extend(stage.misuse(row, &options, code, &[word]).await?);
            }
        }
        for (file, broken) in &row.files {
            let path = stage.scene.directory.path().join(file);
            let good = std::fs::read(&path).ok();
            std::fs::write(&path, broken)?;
            faults.extend(stage.misuse(row, send, 3, &[file]).await?);
            std::fs::remove_file(&path)?;
            // A ledger of events is begun anew where there is none.
            if *file != "events.json" {
                faults.extend(stage.misuse(row, send, 3, &[file]).await?);
            }
            if let Some(good) = good {
                std::fs::write(&path, good)?;
            }
        }
        match row.poor {
            // A keeper's turn is its answer even where it ends so.
            Some(code) if row.name == "keeper" => {
                let words: Vec<&str> = row.words.iter().map(String::as_str).collect();
                let ran = stage.run(&[send, &words[..]].concat()).await?;
                let waits: Value = serde_json::from_str(&ran.out).unwrap_or_default();
                let told = ran.failure()?["next"].is_string();
                if ran.code != code || waits["waits"]["why"] != "purse" || !told {
                    faults.push(format!("{}: {} {waits} {}", row.name, ran.code, ran.err));
                }
            }
            Some(code) => faults.extend(stage.misuse(row, send, code, &[]).await?),
            None => {}
        }
    }
    assert_eq!(stage.nonces().await?, begun);
    faults.extend(stage.late(&rows).await?);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_nobody_knows_is_told_by_its_name() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    let mut command = ballast(directory.path());
    let url = "https://ballast-nowhere.invalid";
    command.args(["--json", "--rpc", url, "--timeout", "20", "status"]);
    let ran = finish(command).await?;
    let failure = ran.failure()?;
    let told = failure["message"]
        .as_str()
        .is_some_and(|message| message.contains(url));
    assert!(
        ran.code == 4 && told && failure["next"].is_string(),
        "{failure}"
    );
    Ok(())
}
