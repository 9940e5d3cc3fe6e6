//! The keeper in a process of its own, which makes a turn when told to: its memory is its own too.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use anyhow::{bail, Context, Result};
use ballast::suite::Suite;
use ballast_keeper::{config::Config, keeper::Place};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use super::flaws::{Flaw, Flawed};

/// The name under which the process is told its place.
const PLACE: &str = "SOAK_PLACE";
/// Milliseconds that a turn may take.
const LIMIT_MS: u64 = 20_000;

/// Where the keeper works, as another process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Post {
    pub(super) url: String,
    pub(super) key: B256,
    pub(super) programs: [Address; 6],
    pub(super) config: String,
    pub(super) limit_ms: u64,
    pub(super) flaw: Option<Flaw>,
}

impl Post {
    pub(super) fn new(
        url: &str,
        key: B256,
        suite: &Suite,
        config: String,
        flaw: Option<Flaw>,
    ) -> Self {
        Self {
            url: url.into(),
            key,
            programs: [
                suite.policy,
                suite.vault,
                suite.oracle,
                suite.rebalancer,
                suite.lens,
                suite.filler,
            ],
            config,
            limit_ms: LIMIT_MS,
            flaw,
        }
    }
}

/// Makes turns for as long as somebody asks for them: what the process does.
///
/// # Errors
/// No place was told, or it makes no sense.
pub async fn serve() -> Result<()> {
    let post: Post = serde_json::from_str(&std::env::var(PLACE).context("no place was told")?)?;
    let signer = PrivateKeySigner::from_bytes(&post.key)?;
    let [policy, vault, oracle, rebalancer, lens, filler] = post.programs;
    let place = Place {
        url: post.url,
        keeper: signer.address(),
        wallet: EthereumWallet::from(signer),
        suite: Suite {
            policy,
            vault,
            oracle,
            rebalancer,
            lens,
            filler,
            programs: Vec::new(),
        },
        config: Config::parse(&post.config)?,
        sends: true,
    };
    let mut keeper = Flawed::new(place, post.flaw)?;
    let limit = Duration::from_millis(post.limit_ms);
    for line in std::io::stdin().lines() {
        let now: u64 = line?.trim().parse()?;
        let turn = match tokio::time::timeout(limit, keeper.turn(now)).await {
            Ok(turn) => turn,
            Err(_) => {
                keeper.disconnect();
                Err(anyhow::anyhow!("no answer within {} ms", limit.as_millis()))
            }
        };
        let mut answer = match turn {
            Ok(turn) => json!({ "turn": turn }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        answer["rss_kb"] = rss_kb().into();
        answer["connections"] = keeper.connections().into();
        println!("{answer}");
    }
    Ok(())
}

/// Kilobytes of memory that this process holds.
fn rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

/// The other end of the process.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pipes: Arc<Mutex<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Running {
    /// Starts `program` as a keeper at `post`.
    pub(super) fn start(program: &str, post: &Post) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("keeper")
            .env(PLACE, serde_json::to_string(post)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdin = child.stdin.take().context("no input")?;
        let stdout = BufReader::new(child.stdout.take().context("no output")?);
        let pipes = Arc::new(Mutex::new((stdin, stdout)));
        Ok(Self { child, pipes })
    }

    /// One turn at `now`.
    pub(super) async fn turn(&self, now: u64) -> Result<Value> {
        let pipes = self.pipes.clone();
        tokio::task::spawn_blocking(move || {
            let mut pipes = pipes.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(pipes.0, "{now}")?;
            let mut line = String::new();
            if pipes.1.read_line(&mut line)? == 0 {
                bail!("the keeper's process ended");
            }
            Ok(serde_json::from_str(&line)?)
        })
        .await?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
