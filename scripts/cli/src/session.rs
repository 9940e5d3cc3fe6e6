//! A command's connection: the chain, the record of what stands there, and who acts.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy::{primitives::Address, providers::Provider};
use ballast::{client::Client, record::Record, suite::Suite, wire};
use tokio::sync::OnceCell;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    journal::Journal,
    keys::{self, Actor},
    settling::Earlier,
    terminal::{Answer, Terminal},
};

/// How soon a chain that did not answer is asked again.
const AGAIN: Duration = Duration::from_millis(200);

/// A connection to a chain.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) chain_id: u64,
    pub(crate) actor: Actor,
    pub(crate) terminal: Terminal,
    pub(crate) globals: Globals,
    /// What runs that were cut off had sent, once it was asked for.
    pub(crate) earlier: Arc<OnceCell<Vec<Earlier>>>,
}

impl Session {
    /// Connects; whoever has no key can look.
    pub(crate) async fn connect(globals: &Globals, terminal: &Terminal) -> Outcome<Self> {
        let actor = keys::actor(&globals.keys, globals.send, terminal).await?;
        let patience = Instant::now() + Duration::from_secs(globals.wait);
        let (client, chain_id) = loop {
            match reach(globals, &actor).await {
                Err(_) if Instant::now() < patience => tokio::time::sleep(AGAIN).await,
                reached => break reached?,
            }
        };
        // Providers' URLs hold keys.
        let (place, address) = (wire::place(&globals.rpc), actor.address);
        terminal.detail(format!("chain {chain_id} at {place}, as {address}"));
        Ok(Self {
            client,
            chain_id,
            actor,
            terminal: *terminal,
            globals: globals.clone(),
            earlier: Arc::default(),
        })
    }

    /// Where what is unsettled is written down.
    pub(crate) fn journal(&self) -> Journal {
        Journal::beside(&self.record_path(), self.chain_id)
    }

    /// Shows what a command that sends has done: from then on all of it is told.
    ///
    /// A command that found nothing left to send asks here what became of what a run before it sent.
    pub(crate) async fn show(&self, answer: &impl Answer) -> Outcome {
        self.settled().await?;
        self.terminal.show(answer)?;
        self.forget()
    }

    /// Where the record of this chain lies.
    pub(crate) fn record_path(&self) -> PathBuf {
        let usual = || PathBuf::from(format!("deployments/{}.json", self.chain_id));
        self.globals.deployment.clone().unwrap_or_else(usual)
    }

    /// The record of this chain.
    pub(crate) fn record(&self) -> Outcome<Record> {
        let path = self.record_path();
        let next = "deploy with `ballast deploy`, or name a record with --deployment";
        let record = Record::read(&path)
            .kind(Kind::Input)
            .map_err(|failure| failure.next(next))?;
        if record.chain_id != self.chain_id {
            let message = format!(
                "{} is a record of chain {}, and {} is chain {}",
                path.display(),
                record.chain_id,
                wire::place(&self.globals.rpc),
                self.chain_id
            );
            return Err(Failure::new(Kind::Chain, message)
                .next("name the right chain with --rpc, or the right record with --deployment"));
        }
        Ok(record)
    }

    /// The treasury of the record, which must be there.
    pub(crate) async fn suite(&self) -> Outcome<Suite> {
        let record = self.record()?;
        let suite = record.suite().kind(Kind::Input)?;
        self.must_stand(suite.lens, "lens").await?;
        Ok(suite)
    }

    /// Refuses an address without code.
    pub(crate) async fn must_stand(&self, address: Address, name: &str) -> Outcome {
        let code = self
            .client
            .provider
            .get_code_at(address)
            .await
            .kind(Kind::Chain)?;
        match code.is_empty() {
            false => Ok(()),
            true => Err(Failure::new(
                Kind::Chain,
                format!("chain {} has no {name} at {address}", self.chain_id),
            )
            .next("the chain was started anew, or the record is of another one: deploy again")),
        }
    }
}

async fn reach(globals: &Globals, actor: &Actor) -> Outcome<(Client, u64)> {
    let patience = Duration::from_secs(globals.timeout);
    let client = Client::open(&globals.rpc, actor.wallet.clone(), patience).await;
    let client = client.kind(Kind::Chain)?;
    let chain_id = client.provider.get_chain_id().await.kind(Kind::Chain)?;
    Ok((client, chain_id))
}
