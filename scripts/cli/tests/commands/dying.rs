//! The node dies half-way, at every command: what is said, what is left behind, and that a second run finishes it.

use std::{collections::BTreeSet, path::Path};

use alloy::{
    primitives::{hex, Address, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    sol_types::SolCall,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{Oracle, Policy},
    client::http,
    local::stage::usd,
};
use e2e::proxy::{Death, Mortal};
use serde_json::Value;

use crate::{
    example::Ground,
    governor, keeping,
    scene::{ballast, finish, Ran, Scene},
    schemas,
};

/// On which stage a command loses its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// A treasury out of balance.
    Drifted,
    /// The same at the end of an auction's ramp.
    Ramp,
    /// A treasury that `ballast deploy` put there.
    Deployed,
    /// The same on the day before its programs end.
    Ending,
    /// A chain without a treasury.
    Bare,
    /// On none: it asks no node, for this reason.
    None(&'static str),
}

/// Every command, and where it loses its node.
const COMMANDS: [(&str, On); 22] = [
    ("advance", On::Drifted),
    ("cache", On::Deployed),
    ("completions", On::None("prints a shell's script")),
    ("decode", On::Drifted),
    ("deploy", On::Bare),
    ("devnode", On::None("is a node itself")),
    ("doctor", On::Deployed),
    ("governor", On::Drifted),
    ("keepalive", On::Ending),
    ("keeper", On::Drifted),
    ("manual", On::None("writes pages")),
    ("mint", On::Drifted),
    ("observe", On::Drifted),
    ("open", On::Drifted),
    ("plan", On::Drifted),
    ("propose", On::Drifted),
    ("rebalance", On::Ramp),
    ("redeem", On::Drifted),
    ("replay", On::None("runs its own chain in its own process")),
    ("report", On::Drifted),
    ("status", On::Drifted),
    ("verify", On::Deployed),
];

/// How a command is typed here.
struct Typed {
    words: Vec<String>,
    /// Whose key is there.
    who: Option<Address>,
    /// What it writes: there whole, or not there.
    files: Vec<&'static str>,
    /// Where it loses its node, given what it asks for.
    points: fn(&[String]) -> Vec<(usize, Death)>,
}

impl Typed {
    fn new(words: &[&str], who: Option<Address>) -> Self {
        Self {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            who,
            files: Vec::new(),
            points,
        }
    }

    fn sends(&self) -> bool {
        self.words.iter().any(|word| word == "--send")
    }
}

/// A chain and the binary beside it, with the proxy between them.
struct Bed<'a> {
    mortal: Mortal,
    node: DynProvider,
    directory: &'a Path,
    record: std::path::PathBuf,
    key: Box<dyn Fn(Address) -> Result<String> + 'a>,
}

impl Bed<'_> {
    async fn run(&self, typed: &Typed, json: bool) -> Result<Ran> {
        let mut command = ballast(self.directory);
        command
            .env("BALLAST_RPC", &self.mortal.url)
            .env("BALLAST_DEPLOYMENT", &self.record);
        if let Some(who) = typed.who {
            command.env("BALLAST_PRIVATE_KEY", (self.key)(who)?);
        }
        if json {
            command.arg("--json");
        }
        command.args(&typed.words);
        finish(command).await
    }

    /// The files that lie there, with what is in them.
    fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut found = Vec::new();
        let mut open = vec![self.directory.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                match path.is_dir() {
                    true => open.push(path),
                    false => {
                        let name = path.strip_prefix(self.directory)?.display().to_string();
                        found.push((name, std::fs::read(&path)?));
                    }
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Puts the files back as they were.
    fn restore(&self, files: &[(String, Vec<u8>)]) -> Result<()> {
        for (name, _) in self.files()? {
            std::fs::remove_file(self.directory.join(name))?;
        }
        for (name, text) in files {
            std::fs::write(self.directory.join(name), text)?;
        }
        Ok(())
    }

    async fn snapshot(&self) -> Result<Value> {
        Ok(self.node.raw_request("evm_snapshot".into(), ()).await?)
    }

    async fn back(&self, snapshot: Value) -> Result<()> {
        let there: bool = self
            .node
            .raw_request("evm_revert".into(), (snapshot,))
            .await?;
        ensure!(there, "the snapshot is gone");
        Ok(())
    }

    async fn nonce(&self, who: Option<Address>) -> Result<u64> {
        Ok(match who {
            Some(who) => self.node.get_transaction_count(who).await?,
            None => 0,
        })
    }

    /// Each of `all` loses its node; what does not hold is told of all at once.
    async fn die(&self, all: Vec<Typed>) -> Result<()> {
        let mut faults = Vec::new();
        for typed in &all {
            let outcome = Box::pin(self.dies(typed)).await;
            faults.extend(outcome.err().map(|fault| format!("{fault:#}")));
        }
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(())
    }

    /// Runs the command whole, and then with a node that dies at every point that matters; each time it is run again.
    async fn dies(&self, typed: &Typed) -> Result<()> {
        let name = typed.words.join(" ");
        let files = self.files()?;
        let snapshot = self.snapshot().await?;
        let begun = self.nonce(typed.who).await?;
        self.mortal.live();
        let whole = self.run(typed, true).await?;
        ensure!([0, 7].contains(&whole.code), "{name}: {}", whole.err);
        let asked = self.mortal.live();
        let spent = self.nonce(typed.who).await? - begun;
        ensure!(
            !typed.sends() || spent > 0,
            "{name} sent nothing: {}",
            whole.out
        );
        self.back(snapshot).await?;
        self.restore(&files)?;
        let mut faults = Vec::new();
        let points = (typed.points)(&asked);
        for (turn, (answers, death)) in points.iter().copied().enumerate() {
            let snapshot = self.snapshot().await?;
            self.mortal.die_after(answers, death);
            let json = turn % 2 == 0;
            let dead = self.run(typed, json).await?;
            let told = self.must_tell(&dead, json);
            let whole_files = self.must_leave_whole(typed);
            let named = self.must_name_what_was_sent(typed, begun, &dead).await;
            self.mortal.live();
            // A command that leaves nothing behind is the same again after each death.
            let leaves = typed.sends() || !typed.files.is_empty() || turn + 1 == points.len();
            let finished = match leaves {
                true => {
                    let again = self.run(typed, true).await?;
                    let sent = self.nonce(typed.who).await? - begun;
                    self.must_have_finished((&whole, spent), (&again, sent))
                }
                false => Ok(()),
            };
            for fault in [told, whole_files, named, finished] {
                let place = || format!("{name}: {death:?} after {answers} of {}", asked.len());
                faults.extend(fault.err().map(|fault| format!("{}: {fault:#}", place())));
            }
            self.back(snapshot).await?;
            self.restore(&files)?;
        }
        println!("{name}: {} requests", asked.len());
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(())
    }

    /// The kind, the address, a next step, and nothing else.
    fn must_tell(&self, dead: &Ran, json: bool) -> Result<()> {
        let Ran { code, out, err } = dead;
        ensure!(*code == 4, "exit code {code}: {err}{out}");
        ensure!(out.is_empty(), "half an answer: {out}");
        ensure!(!err.contains("panicked"), "{err}");
        let (message, next) = match json {
            true => {
                let failure = dead.failure()?;
                ensure!(failure["kind"] == "chain", "{failure}");
                let text = |field: &str| failure[field].as_str().unwrap_or_default().to_owned();
                (text("message"), text("next"))
            }
            false => {
                let line = |start: &str| {
                    let mut lines = err.lines();
                    let found = lines.find_map(|line| line.trim_start().strip_prefix(start));
                    found.unwrap_or_default().trim().to_owned()
                };
                (line("error:"), line("next:"))
            }
        };
        ensure!(message.contains(&self.mortal.url), "no address in {err}");
        ensure!(!next.is_empty(), "no next step in {err}");
        Ok(())
    }

    /// What a command writes is there whole or not at all, and no draft of it.
    fn must_leave_whole(&self, typed: &Typed) -> Result<()> {
        for (name, text) in self.files()? {
            ensure!(!name.ends_with(".part"), "{name} is left");
            ensure!(!typed.files.contains(&name.as_str()), "{name} is written");
            if name.ends_with(".json") {
                let read: Result<Value, _> = serde_json::from_slice(&text);
                ensure!(read.is_ok(), "{name} is broken");
            }
        }
        Ok(())
    }

    /// Whoever may have sent something reads its hash.
    async fn must_name_what_was_sent(&self, typed: &Typed, begun: u64, dead: &Ran) -> Result<()> {
        if !typed.sends() || self.nonce(typed.who).await? == begun {
            return Ok(());
        }
        let newest = self.node.get_block_by_number(Default::default()).full();
        let newest = newest.await?.context("no block")?;
        let transactions = newest.transactions.into_transactions();
        let transaction = transactions.last().context("no transaction")?;
        ensure!(Some(transaction.inner.signer()) == typed.who, "not ours");
        let hash = transaction.inner.tx_hash().to_string();
        ensure!(dead.err.contains(&hash), "no {hash} in {}", dead.err);
        Ok(())
    }

    /// The second run comes to the same end, nothing was sent twice, and nothing is unsettled.
    fn must_have_finished(
        &self,
        (whole, spent): (&Ran, u64),
        (again, sent): (&Ran, u64),
    ) -> Result<()> {
        // A rebalance that was carried out leaves nothing to do.
        let is_done = again.code == 8 && again.err.contains("the run before");
        let same = again.code == whole.code || is_done;
        ensure!(same, "again: exit code {}: {}", again.code, again.err);
        ensure!(
            sent == spent,
            "{sent} transactions of both runs, {spent} of one"
        );
        for (name, _) in self.files()? {
            ensure!(!name.contains("unsettled"), "{name} is left");
        }
        Ok(())
    }
}

/// After how many of the answers that the whole command asks for the node ends, and how: at every one of the first, at some
/// of the others, at the last, and wherever a transaction is given to it.
fn points(asked: &[String]) -> Vec<(usize, Death)> {
    let mut at: BTreeSet<usize> = (0..=6).collect();
    let mut next = 9;
    while next < asked.len() {
        at.insert(next);
        next += next / 2;
    }
    at.insert(asked.len().saturating_sub(1));
    let mut points: Vec<_> = at.into_iter().map(|at| (at, Death::Deaf)).collect();
    let sends = asked.iter().enumerate();
    let sends = sends.filter(|(_, method)| *method == "eth_sendRawTransaction");
    for (place, _) in sends {
        points.extend([
            (place, Death::Deaf),
            (place, Death::Mute),
            (place, Death::Late),
            (place + 1, Death::Deaf),
        ]);
    }
    points.retain(|(at, _)| *at < asked.len());
    points.sort_by_key(|(at, death)| (*at, *death as u8));
    points.dedup();
    points
}

/// The same for a keeper, whose turn does not fail by an error in answer to sending: it looks again at the next one.
fn keeper_points(asked: &[String]) -> Vec<(usize, Death)> {
    let mut points = points(asked);
    points.retain(|(_, death)| *death != Death::Late);
    points
}

/// Of a command that takes long before it asks much: at the first answers, in the middle, at the last.
fn sparse_points(asked: &[String]) -> Vec<(usize, Death)> {
    let last = asked.len().saturating_sub(1);
    let at: BTreeSet<usize> = [0, 1, 2, 6, last / 2, last].into();
    at.into_iter().map(|at| (at, Death::Deaf)).collect()
}

fn of(stage: On) -> impl Iterator<Item = &'static str> {
    let rows = COMMANDS.iter().filter(move |(_, on)| *on == stage);
    rows.map(|(name, _)| *name)
}

async fn bed<'a>(scene: &'a Scene) -> Result<Bed<'a>> {
    Ok(Bed {
        mortal: Mortal::before(&scene.theatre.node.url()).await?,
        node: scene.theatre.client.provider.clone(),
        directory: scene.directory.path(),
        record: scene.record_path(),
        key: Box::new(|who| scene.key(who)),
    })
}

async fn ground_bed<'a>(ground: &'a Ground) -> Result<Bed<'a>> {
    let mortal = Mortal::before(&ground.node.url()).await?;
    let connection = http(&ground.node.url())?;
    Ok(Bed {
        mortal,
        node: ProviderBuilder::new().connect_client(connection).erased(),
        directory: ground.directory.path(),
        record: ground.path("412346.json"),
        key: Box::new(|who| ground.key(who)),
    })
}

/// How each command on the treasury out of balance is typed.
fn typed(name: &str, scene: &Scene) -> Vec<Typed> {
    let theatre = &scene.theatre;
    let (bob, keeper, voter) = (theatre.cast.bob, theatre.cast.keeper, theatre.dao.voter);
    let governor = theatre.dao.governor.to_string();
    let send = ["--send", "--yes", name];
    let sending = |words: &[&str], who| Typed::new(&[&send, words].concat(), Some(who));
    let looking = |words: &[&str]| Typed::new(&[&[name], words].concat(), None);
    match name {
        "advance" => vec![looking(&["90m"])],
        "decode" => {
            let call = Policy::setLimitCall {
                id: U256::from(8),
                value: U256::from(1_200),
            };
            let data = hex::encode_prefixed(call.abi_encode());
            vec![looking(&[&data, "--to", "policy"])]
        }
        "governor" => vec![
            looking(&["state", "p.json", "--governor", &governor]),
            sending(&["submit", "p.json", "--governor", &governor], voter),
        ],
        "keeper" => vec![
            Typed::new(&["keeper", "--once"], Some(keeper)),
            Typed {
                points: keeper_points,
                ..sending(&["--once"], keeper)
            },
        ],
        "mint" => vec![looking(&["10"]), sending(&["1000"], bob)],
        "observe" => vec![sending(&[], keeper)],
        "open" => vec![sending(&[], keeper)],
        "plan" | "status" => vec![looking(&[])],
        "propose" => vec![Typed {
            files: vec!["out/governor.json", "out/safe.json", "out/aragon.json"],
            ..looking(&["limit", "max-slippage=0.4%", "--out", "out"])
        }],
        "rebalance" => vec![sending(&[], keeper)],
        "redeem" => vec![sending(&["400"], bob), sending(&["all"], bob)],
        "report" => vec![Typed {
            files: vec!["out.html"],
            ..looking(&["--html", "out.html", "--events", "events.json"])
        }],
        other => panic!("{other} is typed nowhere"),
    }
}

/// A treasury out of balance in which everybody has something to do.
pub(crate) async fn busy() -> Result<Scene> {
    let scene = keeping::drifted().await?;
    let theatre = &scene.theatre;
    let bob = theatre.cast.bob;
    theatre.mint(bob, usd(1_000)).await?;
    for member in &theatre.members {
        theatre
            .grant(member, bob, member.amount(usd(10_000))?)
            .await?;
    }
    let call = Oracle::setVolatilityCall {
        token: theatre.members[0].token,
        referenceBps: U256::from(8_000),
        maxBps: U256::ZERO,
    };
    theatre.govern(theatre.suite.oracle, call).await?;
    std::fs::write(
        scene.directory.path().join("p.json"),
        governor::written(&scene).to_string(),
    )?;
    Ok(scene)
}

#[tokio::test]
async fn no_command_is_forgotten() -> Result<()> {
    let table: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).into()).collect();
    let mut commands = schemas::commands().await?;
    commands.remove("help");
    assert_eq!(table, commands);
    for (name, on) in COMMANDS {
        if let On::None(reason) = on {
            assert!(!reason.is_empty(), "{name}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_on_a_treasury_lose_their_node() -> Result<()> {
    let scene = busy().await?;
    let bed = bed(&scene).await?;
    let each = of(On::Drifted).flat_map(|name| typed(name, &scene));
    bed.die(each.collect()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_loses_its_node() -> Result<()> {
    let scene = keeping::drifted().await?;
    let theatre = &scene.theatre;
    let open = ballast::abi::Rebalancer::openCall {};
    let (keeper, rebalancer) = (theatre.cast.keeper, theatre.suite.rebalancer);
    theatre.client.send(keeper, rebalancer, open).await?;
    keeping::end_of_ramp(&scene).await?;
    let bed = bed(&scene).await?;
    let each = of(On::Ramp).flat_map(|name| typed(name, &scene));
    bed.die(each.collect()).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "compresses every program for each of fifty runs: minutes; run it with --ignored after a change of these commands"]
async fn operators_lose_their_node() -> Result<()> {
    let ground = Ground::new().await?;
    let bed = ground_bed(&ground).await?;
    let deployer = Some(ground.example.cast.deployer);
    let sending = |words: &[&str]| Typed::new(&[&["--send", "--yes"], words].concat(), deployer);
    let sparse = |words: &[&str]| Typed {
        points: sparse_points,
        ..Typed::new(words, None)
    };
    let each = of(On::Bare).map(|name| sparse(&[name, "--config", "treasury.toml"]));
    bed.die(each.collect()).await?;
    let deploy = sending(&["deploy", "--config", "treasury.toml"]);
    bed.run(&deploy, true).await?.json()?;
    let typed = |name| match name {
        "cache" => vec![
            Typed::new(&["cache"], None),
            sending(&["cache", "--bid", "0"]),
        ],
        "doctor" => vec![Typed::new(&["doctor", "--config", "treasury.toml"], None)],
        "verify" => vec![sparse(&["verify", "--built"])],
        other => panic!("{other} is typed nowhere"),
    };
    bed.die(of(On::Deployed).flat_map(typed).collect()).await?;
    let _: U256 = bed
        .node
        .raw_request("evm_increaseTime".into(), (340 * 86_400,))
        .await?;
    let _: Value = bed.node.raw_request("evm_mine".into(), ()).await?;
    let each = of(On::Ending).map(|name| sending(&[name]));
    bed.die(each.collect()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_takes_requests_and_answers_none_is_given_up() -> Result<()> {
    let directory = tempfile::TempDir::new()?;
    let chain = devnode::Chain::new(devnode::Config::default());
    let server = devnode::Server::start(chain, 0)?;
    let mortal = Mortal::before(&server.url()).await?;
    for answers in [0, 1, 3] {
        mortal.die_after(answers, Death::Stuck);
        let mut command = ballast(directory.path());
        let url = mortal.url.as_str();
        command.args(["--json", "--rpc", url, "--timeout", "1", "advance", "1s"]);
        let ran = finish(command).await?;
        let failure = ran.failure()?;
        assert_eq!(ran.code, 4, "{failure}");
        let message = failure["message"].to_string();
        let told = message.contains(url) && message.contains("nothing came for 1 seconds");
        assert!(told && failure["next"].is_string(), "{failure}");
    }

    // Over a WebSocket too, even where the greeting is not answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}", silent.local_addr()?);
    let mut command = ballast(directory.path());
    command.args(["--json", "--rpc", &url, "--timeout", "1", "advance", "1s"]);
    let ran = finish(command).await?;
    let failure = ran.failure()?;
    assert!(
        ran.code == 4 && failure["message"].to_string().contains(&url),
        "{failure}"
    );
    Ok(())
}
