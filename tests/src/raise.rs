//! Stages built once a process: every test goes on from a copy of its own.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use ballast::local::{
    embedded::{self, Node},
    ground::{Ground, Mode},
    stage::{Setting, Stage},
};
use tokio::sync::OnceCell;

use crate::{Theatre, GENESIS};

/// A chain to start from, and what stands on it.
#[derive(Debug, Clone)]
pub struct Prepared<T> {
    /// The chain.
    pub chain: devnode::Prepared,
    /// What stands on it, connected to a chain that is gone.
    pub stands: T,
}

impl<T> Prepared<T> {
    fn new(node: &Node, stands: T) -> Self {
        let chain = node.prepared();
        Self { chain, stands }
    }
}

/// What was built, by name; what two tests ask for at once is built once.
type Shelf<T> = Mutex<BTreeMap<String, Arc<OnceCell<Prepared<T>>>>>;

static GROUNDS: Shelf<Ground> = Mutex::new(BTreeMap::new());
static STAGES: Shelf<Stage> = Mutex::new(BTreeMap::new());

async fn once<T: Clone>(
    shelf: &Shelf<T>,
    name: String,
    build: impl Future<Output = Result<Prepared<T>>>,
) -> Result<Prepared<T>> {
    let cell = {
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.entry(name).or_default().clone()
    };
    cell.get_or_try_init(|| build).await.cloned()
}

/// The ground in `mode`; what is cached differs from what is not by that alone.
async fn ground(mode: Mode) -> Result<Prepared<Ground>> {
    once(&GROUNDS, format!("{mode:?}"), async {
        if mode == Mode::Cached {
            let uncached = Box::pin(ground(Mode::Uncached)).await?;
            let node = embedded::start_from(&uncached.chain)?;
            let ground = uncached.stands.at(&node.url())?;
            ground.cache_programs().await?;
            return Ok(Prepared::new(&node, ground));
        }
        let node = embedded::start(GENESIS)?;
        let ground = Ground::lay(&node.url(), &node.keys(), mode).await?;
        Ok(Prepared::new(&node, ground))
    })
    .await
}

/// The stage of `setting` as every test finds it.
pub async fn prepare(mode: Mode, setting: &Setting) -> Result<Prepared<Stage>> {
    once(&STAGES, format!("{mode:?} {setting:?}"), async {
        let ground = ground(mode).await?;
        let node = embedded::start_from(&ground.chain)?;
        let stage = Stage::on(ground.stands.at(&node.url())?, setting).await?;
        Ok(Prepared::new(&node, stage))
    })
    .await
}

/// Starts a chain on which the stage is set.
pub async fn raise(mode: Mode, setting: Setting) -> Result<Theatre> {
    prepare(mode, &setting).await?.raise()
}

impl Prepared<Stage> {
    /// Starts a chain that goes on from here.
    pub fn raise(&self) -> Result<Theatre> {
        let node = embedded::start_from(&self.chain)?;
        let stage = self.stands.at(&node.url())?;
        Ok(Theatre { stage, node })
    }
}

impl Theatre {
    /// The chain as it is now, for others to go on from.
    pub fn prepared(&self) -> Prepared<Stage> {
        Prepared::new(&self.node, self.stage.clone())
    }
}
