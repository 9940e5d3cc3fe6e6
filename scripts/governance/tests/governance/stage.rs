//! A treasury on the embedded chain, with its record, and proposals of changes as people type them.

use anyhow::{Context, Result};
use ballast::record::{Program, Record, Roles};
use ballast_governance::{
    arguments::Typed,
    book::Book,
    change::Change,
    interfaces::Interfaces,
    preview,
    proposing::{self, Ask, Proposed},
};
use e2e::{raise, Mode, Theatre};

/// A treasury with targets, and what the crate needs to talk about it.
pub(crate) struct Scene {
    pub(crate) theatre: Theatre,
    pub(crate) book: Book,
    pub(crate) interfaces: Interfaces,
}

impl Scene {
    pub(crate) async fn new() -> Result<Self> {
        let theatre = raise(Mode::Uncached, e2e::four_assets()).await?;
        theatre.set_targets(&[4000, 3000, 2000, 1000], 100).await?;
        let book = Book::read(record(&theatre), &theatre.client).await?;
        Ok(Self {
            theatre,
            book,
            interfaces: Interfaces::committed()?,
        })
    }

    pub(crate) async fn typed(&self, changes: &[&str]) -> Result<Vec<Change>> {
        let typed = Typed {
            book: &self.book,
            interfaces: &self.interfaces,
            now: self.theatre.client.now().await?,
        };
        let mut all = Vec::new();
        for change in changes {
            let words: Vec<_> = change.split(' ').map(str::to_owned).collect();
            let (name, rest) = words.split_first().context("an empty change")?;
            all.extend(typed.changes(name, rest)?);
        }
        Ok(all)
    }

    pub(crate) async fn propose(&self, changes: Vec<Change>) -> Result<Proposed> {
        let ask = Ask {
            changes,
            description: None,
            sender: None,
            governor: Some(self.theatre.dao.governor),
            safe: None,
            executor: None,
            delay: None,
            salt: None,
            direct: false,
        };
        let proposed =
            proposing::propose(&self.theatre.client, &self.book, &self.interfaces, &ask).await?;
        proposed.map_err(|refusal| anyhow::anyhow!("refused: {refusal}"))
    }

    /// Panics unless everything that was said to be different is so now.
    pub(crate) async fn assert_so(&self, changes: &[Change], proposed: &Proposed) -> Result<()> {
        let told =
            preview::told(&self.theatre.client, &self.book, &self.interfaces, changes).await?;
        assert!(!proposed.difference.is_empty());
        for row in proposed.difference.iter().filter(|row| !row.timed) {
            let now = told.iter().find(|(what, _)| *what == row.what);
            let now = now.map_or("none", |(_, value)| value.as_str());
            assert_eq!(now, row.after, "{}", row.what);
        }
        Ok(())
    }
}

fn record(theatre: &Theatre) -> Record {
    let program = |program: &ballast::suite::Program| Program {
        name: program.name.into(),
        address: program.on_chain.address,
        fragments: Vec::new(),
        transaction: Default::default(),
        block: 0,
        code_hash: Default::default(),
        wasm_sha256: String::new(),
        constructor_arguments: Default::default(),
        salt: Default::default(),
        activated_at: 0,
        expires_at: 0,
    };
    Record {
        chain_id: 412_346,
        commit: String::new(),
        toolchain: String::new(),
        programs: theatre.suite.programs.iter().map(program).collect(),
        roles: Roles {
            owner: theatre.dao.timelock,
            guardian: theatre.cast.guardian,
        },
        external: Vec::new(),
        calls: Vec::new(),
        progress: None,
    }
}

/// Settings of all three programs at once.
pub(crate) const MANY: &[&str] = &[
    "limit max-slippage=0.4% COOLDOWN_S=2h min-notional=$250",
    "mode LINK sell-only",
    "bounds token=USDC capBps=60% floorD36=0",
    "pause-rebalance +3d",
    "supply-cap 5000000shares",
    "fees guardian 0 10bps 0",
    "volatility WETH 60% 200%",
    "grant-role guardian 0x00000000000000000000000000000000000b0b0b",
];
