//! One chain in the middle of a sequence: what it looks like, and acting on it.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, I256, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::abi::{Policy, Vault};
use devnode::{Act, Chain, ChainError};

use super::{
    books::{self, Books, Fees},
    catalogue::{Broken, Checks},
    random::Random,
    stand::Stand,
};

/// What anybody can see after a transaction, of every asset of the stand, listed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// {tok}: what is held, with what has flowed in.
    pub(crate) held: Vec<U256>,
    /// {tok}: the vault's balances, as the tokens keep them.
    pub(crate) balances: Vec<U256>,
    /// {tok}: of accounts and pockets.
    pub(crate) claims: Vec<U256>,
    /// {share}: with what the management fee has made.
    pub(crate) supply: U256,
    /// In the order of the stand's holders.
    pub(crate) shares: Vec<U256>,
    /// What it should be.
    pub(crate) books: Books,
}

impl View {
    /// The same at another time, if nobody does anything.
    pub(crate) fn at(&self, now: u64) -> Self {
        Self {
            held: (0..self.held.len())
                .map(|i| self.books.held(i, now))
                .collect(),
            supply: self.books.supply(now),
            ..self.clone()
        }
    }
}

/// A feed as it was last set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feed {
    pub(crate) answer: I256,
    pub(crate) updated: u64,
    pub(crate) mode: u8,
}

/// What becomes of the moves of one kind.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// That were carried out.
    pub done: u64,
    /// That were refused.
    pub refused: u64,
    /// Most gas that one took.
    pub gas: u64,
}

/// One sequence.
pub(crate) struct World<'a> {
    pub(crate) stand: &'a Stand,
    pub(crate) chain: Chain,
    pub(crate) random: Random,
    pub(crate) view: View,
    /// In the order of the stand's aggregators.
    pub(crate) feeds: Vec<Feed>,
    /// What Pyth says of one asset, 8 decimals, and since when.
    pub(crate) pyth: (u64, u64),
    /// What the vault's books should say.
    pub(crate) books: Books,
    /// Who governs.
    pub(crate) governor: Address,
    /// Which of the stand's pairs of oracle and rebalancer is in force.
    pub(crate) engine: usize,
    /// Fees that wait, and from when they may be applied.
    pub(crate) next_fees: Option<(Fees, u64)>,
    /// Whether the sequencer is up, and since when.
    pub(crate) sequencer: (bool, u64),
    /// How the odd token moves and tells balances; 0 is as it should.
    pub(crate) odd: (u8, u8),
    pub(crate) checks: Checks,
    /// By the name of the move.
    pub(crate) counts: BTreeMap<&'static str, Counts>,
    /// By the function called.
    pub(crate) functions: BTreeMap<&'static str, Counts>,
    /// Why moves were refused: the move and the error's name.
    pub(crate) refusals: BTreeMap<(&'static str, String), u64>,
    /// What was done so far, in words.
    pub(crate) story: Vec<String>,
    pub(crate) kind: &'static str,
    /// Whether the frames of this move are recorded.
    pub(crate) watched: bool,
    /// Whether the hostile filler burns all gas.
    pub(crate) burns: bool,
    /// {s} and {wad of NAV}: what rebalances lost, in order, by each rebalancer.
    pub(crate) losses: [Vec<(u64, U256)>; 2],
    /// Of each limit the loosest that was ever in force.
    pub(crate) loosest: Vec<U256>,
}

/// Why a sequence ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A law did not hold.
    Broken(Broken),
    /// All weight is in quarantine: the rebalancer tells nothing of itself until that ends.
    Weightless,
    /// The test itself failed.
    Failed(anyhow::Error),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ChainError> for Stop {
    fn from(error: ChainError) -> Self {
        Self::Failed(error.into())
    }
}

pub(crate) type Go<T = ()> = Result<T, Stop>;

/// What the policy says when all weight is in quarantine, and there is nothing left to share it among.
pub(crate) fn weightless() -> String {
    format!(
        "PolicyNoWeightLeft(quarantinedWad: {})",
        ballast::local::stage::usd(1)
    )
}

impl<'a> World<'a> {
    pub(crate) fn new(stand: &'a Stand, seed: u64) -> Result<Self, Stop> {
        let chain = stand.chain.start();
        let now = chain.latest().header.timestamp;
        let feeds = stand.answers.iter().map(|answer| Feed {
            answer: *answer,
            updated: 0,
            mode: 0,
        });
        let feeds = feeds.collect();
        let (holders, assets) = (stand.holders.len(), stand.assets.len());
        let nothing = Books::new(vec![U256::ZERO; holders], &vec![U256::ZERO; assets], vec![]);
        let mut world = Self {
            feeds,
            pyth: (0, 0),
            sequencer: (true, now.saturating_sub(10 * 3_600)),
            view: View {
                held: vec![],
                balances: vec![],
                claims: vec![],
                supply: U256::ZERO,
                shares: vec![],
                books: nothing.clone(),
            },
            books: nothing,
            governor: stand.stage.governor,
            engine: 0,
            next_fees: None,
            stand,
            chain,
            random: Random::new(seed),
            odd: (0, 0),
            checks: Checks::default(),
            counts: BTreeMap::new(),
            functions: BTreeMap::new(),
            refusals: BTreeMap::new(),
            story: Vec::new(),
            kind: "start",
            watched: false,
            burns: false,
            losses: Default::default(),
            loosest: Vec::new(),
        };
        // Every feed is fresh, so that the model knows when each was set.
        world.publish_all()?;
        world.set_sequencer(true, world.sequencer.1)?;
        world.view = world.look()?;
        // The last asset is not listed yet.
        let listed = (0..assets - 1).collect();
        world.books = Books::new(world.view.shares.clone(), &world.view.held, listed);
        world.view.books = world.books.clone();
        world.begin()?;
        let limits = world.limits()?;
        world.remember_limits(&limits);
        Ok(world)
    }

    /// Sequences begin differently: half without an auction, half with fees.
    fn begin(&mut self) -> Go {
        if self.random.one_in(2) {
            let call = Policy::setLimitCall {
                id: U256::from(7),
                value: U256::ZERO,
            };
            let governor = self.governor;
            self.pay(governor);
            let act = Act::new(governor, self.stand.stage.suite.policy, call);
            self.chain.act(&act)?.result?;
        }
        if self.random.one_in(2) {
            self.raise_fees()?;
            self.chain.increase_time(books::DELAY_S);
            self.apply_fees()?;
            self.wake()?;
        }
        self.view = self.look()?;
        Ok(())
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.latest().header.timestamp
    }

    pub(crate) fn oracle(&self) -> Address {
        self.stand.engines[self.engine].0
    }

    pub(crate) fn rebalancer(&self) -> Address {
        self.stand.engines[self.engine].1
    }

    /// The listed tokens, in the vault's order.
    pub(crate) fn listed(&self) -> Vec<Address> {
        let token = |i: &usize| self.stand.assets[*i].token;
        self.books.order.iter().map(token).collect()
    }

    /// Numbers of listed tokens, in the vault's order, by the places of their assets; the others' are zero.
    pub(crate) fn spread(&self, told: &[U256]) -> Vec<U256> {
        let mut all = vec![U256::ZERO; self.stand.assets.len()];
        for (i, number) in self.books.order.iter().zip(told) {
            all[*i] = *number;
        }
        all
    }

    /// The place of a holder of shares.
    pub(crate) fn holder(&self, who: Address) -> Option<usize> {
        self.stand.holders.iter().position(|holder| *holder == who)
    }

    /// The place of whoever takes the fees.
    pub(crate) fn recipient(&self) -> Option<usize> {
        self.holder(self.books.fees.recipient)
    }

    /// Whether the vault has what it owes of an asset; unknown while the token does not tell balances as it should.
    pub(crate) fn is_covered(&self, i: usize) -> Option<bool> {
        let asset = &self.stand.assets[i];
        let tells = !asset.is_weird || self.odd.1 == 0;
        tells.then(|| asset.balance(&self.chain, self.vault()) >= self.books.owed(i))
    }

    pub(crate) fn vault(&self) -> Address {
        self.stand.stage.suite.vault
    }

    /// What a view function answers, or why it refuses.
    pub(crate) fn try_ask<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: C,
    ) -> Go<Result<C::Return, ChainError>> {
        Ok(self.chain.ask(&Act::new(from, to, call))?.result)
    }

    /// A refusal in words.
    pub(crate) fn words(&self, refusal: &ChainError) -> String {
        match refusal {
            ChainError::Reverted { data, .. } => self.stand.decoder.decode(data),
            other => other.to_string(),
        }
    }

    /// What a view function answers that never refuses.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: C) -> Go<C::Return> {
        let answer = self.try_ask(Address::ZERO, to, call)?;
        if let Err(refusal) = &answer {
            if self.words(refusal) == weightless() {
                return Err(Stop::Weightless);
            }
        }
        Ok(answer.with_context(|| format!("{} of {to}", C::SIGNATURE))?)
    }

    /// Everything that the laws look at.
    pub(crate) fn look(&self) -> Go<View> {
        self.look_again(false)
    }

    /// The same; of an untouched vault only what time changes is asked anew.
    pub(crate) fn look_again(&self, untouched: bool) -> Go<View> {
        let vault = self.vault();
        let holdings = self.ask(vault, Vault::holdingsCall {})?;
        let place = |token: &Address| holdings.tokens.iter().position(|listed| listed == token);
        let mut claims = Vec::new();
        let mut held = Vec::new();
        for asset in &self.stand.assets {
            if !untouched {
                let call = Vault::totalClaimsCall { token: asset.token };
                claims.push(self.ask(vault, call)?);
            }
            held.push(place(&asset.token).map_or(U256::ZERO, |place| holdings.held[place]));
        }
        let mut shares = Vec::new();
        if untouched {
            (claims, shares) = (self.view.claims.clone(), self.view.shares.clone());
        } else {
            for account in &self.stand.holders {
                let call = Vault::balanceOfCall { account: *account };
                shares.push(self.ask(vault, call)?);
            }
        }
        let balance = |asset: &super::stand::Asset| asset.balance(&self.chain, vault);
        Ok(View {
            held,
            balances: self.stand.assets.iter().map(balance).collect(),
            claims,
            supply: self.ask(vault, Vault::totalSupplyCall {})?,
            shares,
            books: self.books.clone(),
        })
    }

    pub(crate) fn tell(&mut self, words: String) {
        self.story.push(words);
    }
}
