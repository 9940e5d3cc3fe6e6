//! One chain in the middle of a sequence: what it looks like, and acting on it.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, Bytes, I256, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::abi::{IPriceFeed, ISequencerFeed, Oracle, Policy, Vault};
use devnode::{
    exec::{arbos::ARBOS, Frame, State},
    Act, Chain, ChainError, Done,
};

use super::{
    catalogue::{Broken, Checks},
    random::Random,
    stand::Stand,
};

/// Most gas of a transaction with four assets, one of which burns all that it is given: two capped
/// reads and a capped transfer of it beside what docs/gas.md says of the rest.
const GAS_MOST: u64 = 4_000_000;

/// What anybody can see after a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// {tok}: recorded, in the vault's order.
    pub(crate) held: Vec<U256>,
    /// {tok}: the vault's balances, as the tokens keep them.
    pub(crate) balances: Vec<U256>,
    /// {tok}
    pub(crate) claims: Vec<U256>,
    pub(crate) supply: U256,
    /// In the order of the stand's holders.
    pub(crate) shares: Vec<U256>,
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
    pub(crate) feeds: Vec<Feed>,
    /// Whether the sequencer is up, and since when.
    pub(crate) sequencer: (bool, u64),
    /// How the odd token moves and tells balances; 0 is as it should.
    pub(crate) odd: (u8, u8),
    pub(crate) checks: Checks,
    /// By the name of the move.
    pub(crate) counts: BTreeMap<&'static str, Counts>,
    /// What was done so far, in words.
    pub(crate) story: Vec<String>,
    pub(crate) kind: &'static str,
    /// Whether the frames of this move are recorded.
    pub(crate) watched: bool,
    /// Whether the hostile filler burns all gas.
    pub(crate) burns: bool,
    /// {s} and {wad of NAV}: what rebalances lost, in order.
    pub(crate) losses: Vec<(u64, U256)>,
    /// Of each limit the loosest that was ever in force.
    pub(crate) loosest: Vec<U256>,
}

/// Why a sequence ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A law did not hold.
    Broken(Broken),
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

impl<'a> World<'a> {
    pub(crate) fn new(stand: &'a Stand, seed: u64) -> Result<Self, Stop> {
        let chain = stand.chain.start();
        let now = chain.latest().header.timestamp;
        let feeds = stand.assets.iter().map(|asset| Feed {
            answer: asset.answer,
            updated: 0,
            mode: 0,
        });
        let mut world = Self {
            feeds: feeds.collect(),
            sequencer: (true, now.saturating_sub(10 * 3_600)),
            view: View {
                held: vec![],
                balances: vec![],
                claims: vec![],
                supply: U256::ZERO,
                shares: vec![],
            },
            stand,
            chain,
            random: Random::new(seed),
            odd: (0, 0),
            checks: Checks::default(),
            counts: BTreeMap::new(),
            story: Vec::new(),
            kind: "start",
            watched: false,
            burns: false,
            losses: Vec::new(),
            loosest: Vec::new(),
        };
        // Every feed is fresh, so that the model knows when each was set.
        for i in 0..world.feeds.len() {
            world.publish(i)?;
        }
        world.set_sequencer(true, world.sequencer.1)?;
        // Half of the sequences have no auction.
        if world.random.one_in(2) {
            let call = Policy::setLimitCall {
                id: U256::from(7),
                value: U256::ZERO,
            };
            let governor = stand.stage.governor;
            world.pay(governor);
            let act = Act::new(governor, stand.stage.suite.policy, call);
            world.chain.act(&act)?.result?;
        }
        world.view = world.look()?;
        let limits = world.limits()?;
        world.remember_limits(&limits);
        Ok(world)
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.latest().header.timestamp
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

    /// What a view function answers that never refuses.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: C) -> Go<C::Return> {
        let answer = self.try_ask(Address::ZERO, to, call)?;
        Ok(answer.with_context(|| format!("{} of {to}", C::SIGNATURE))?)
    }

    /// A transaction of one of the moves: counted, timed in gas, and without effect if refused (inv_14).
    pub(crate) fn act<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: C,
    ) -> Go<Done<C::Return>> {
        let before = self.chain.state().clone();
        let act = Act::new(from, to, call);
        let act = if self.watched { act.traced() } else { act };
        self.pay(from);
        let done = self.chain.act(&act)?;
        let counts = self.counts.entry(self.kind).or_default();
        // What was done all the same, and answered with something else than it should.
        let refusal = match &done.result {
            Ok(_) | Err(ChainError::Undecodable(_)) => None,
            Err(refusal) => Some(refusal),
        };
        match refusal {
            None => counts.done += 1,
            Some(_) => counts.refused += 1,
        }
        counts.gas = counts.gas.max(done.gas_used);
        if let Some(refusal) = refusal {
            let words = match refusal {
                ChainError::Reverted { data, .. } => self.stand.decoder.decode(data),
                other => other.to_string(),
            };
            self.story.push(format!("  {words}"));
            let changed = changed(&before, self.chain.state());
            self.checks.that(14, changed.is_none(), || {
                format!("{changed:?} changed, though {} was refused", C::SIGNATURE)
            })?;
        }
        // Exits are capped whatever tokens do; elsewhere whoever brings a filler or a token that burns
        // gas burns their own.
        let exit = ["redeem", "collect a claim"].contains(&self.kind);
        if exit || (!self.burns && self.odd == (0, 0)) {
            self.checks.that(28, done.gas_used <= GAS_MOST, || {
                format!("{} took {} gas", C::SIGNATURE, done.gas_used)
            })?;
        }
        if self.watched {
            self.check_calls(&done.frames)?;
        }
        Ok(done)
    }

    /// A transaction of one of the moves: whether it was refused.
    pub(crate) fn is_refused<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: C,
    ) -> Go<bool> {
        Ok(self.act(from, to, call)?.result.is_err())
    }

    /// A transaction with data that no interface has: whether it was refused.
    pub(crate) fn send(&mut self, from: Address, to: Address, data: Vec<u8>) -> Go<bool> {
        let before = self.chain.state().clone();
        self.pay(from);
        let request = alloy::rpc::types::TransactionRequest::default()
            .from(from)
            .to(to)
            .gas_limit(32_000_000)
            .input(Bytes::from(data).into());
        self.chain.impersonate(from);
        let hash = self.chain.send(request)?;
        let mined = self.chain.transaction(hash).context("it was mined")?;
        let refused = !mined.1.receipt.status();
        let counts = self.counts.entry(self.kind).or_default();
        match refused {
            false => counts.done += 1,
            true => counts.refused += 1,
        }
        if refused {
            let changed = changed(&before, self.chain.state());
            self.checks.that(14, changed.is_none(), || {
                format!("{changed:?} changed by a refused transaction")
            })?;
        }
        Ok(refused)
    }

    /// A transaction that sets the scene and is no move of its own.
    pub(crate) fn set<C: SolCall>(&mut self, to: Address, call: C) -> Go {
        let maker = self.stand.stage.cast.maker;
        self.pay(maker);
        let done = self.chain.act(&Act::new(maker, to, call))?;
        done.result.with_context(|| C::SIGNATURE.to_owned())?;
        Ok(())
    }

    fn pay(&mut self, who: Address) {
        enrich(&mut self.chain, who);
    }

    /// What the vault calls are tokens, its modules and the filler it was told of, never by borrowing code.
    fn check_calls(&mut self, frames: &[Frame]) -> Go {
        use devnode::exec::FrameKind;
        let suite = &self.stand.stage.suite;
        let mut known = vec![suite.policy, suite.filler, self.stand.hostile, ECRECOVER];
        known.extend(self.stand.tokens());
        let vault = self.vault();
        for frame in frames.iter().filter(|frame| frame.from == vault) {
            let lent = matches!(frame.kind, FrameKind::DelegateCall | FrameKind::CallCode);
            // What governance writes down stands in accounts of its own that run nothing.
            let made = matches!(frame.kind, FrameKind::Create | FrameKind::Create2);
            let fine = !lent && (made || known.contains(&frame.to));
            self.checks.that(17, fine, || {
                format!("the vault entered {} by {:?}", frame.to, frame.kind)
            })?;
        }
        Ok(())
    }

    /// Writes the model's answer of feed `i` into it, stamped now.
    pub(crate) fn publish(&mut self, i: usize) -> Go {
        let updated = self.chain.next_timestamp();
        self.write_feed(i, updated)
    }

    /// The same with another stamp.
    pub(crate) fn write_feed(&mut self, i: usize, updated: u64) -> Go {
        let feed = &mut self.feeds[i];
        feed.updated = updated;
        let call = IPriceFeed::setCall {
            answer: feed.answer,
            updatedAt: U256::from(updated),
        };
        self.set(self.stand.assets[i].aggregator, call)
    }

    pub(crate) fn set_feed_mode(&mut self, i: usize, mode: u8) -> Go {
        self.feeds[i].mode = mode;
        self.set(
            self.stand.assets[i].aggregator,
            IPriceFeed::setModeCall { mode },
        )
    }

    pub(crate) fn set_sequencer(&mut self, up: bool, since: u64) -> Go {
        self.sequencer = (up, since);
        let call = ISequencerFeed::setCall {
            answer: if up { I256::ZERO } else { I256::ONE },
            startedAt: U256::from(since),
        };
        self.set(self.stand.stage.sequencer_aggregator, call)
    }

    /// Validated prices, or why there are none.
    pub(crate) fn prices(&self) -> Go<Result<Vec<U256>, ChainError>> {
        let tokens = self.stand.tokens();
        let oracle = self.stand.stage.suite.oracle;
        self.try_ask(Address::ZERO, oracle, Oracle::pricesCall { tokens })
    }

    /// Prices of what is not quarantined, 0 for what is; or why there are none.
    pub(crate) fn prices_but(&self, modes: &[U256]) -> Go<Result<Vec<U256>, ChainError>> {
        let quarantined = U256::from(2);
        let tokens = self.stand.tokens().into_iter().zip(modes);
        let tokens = tokens.filter(|(_, mode)| **mode != quarantined);
        let call = Oracle::pricesCall {
            tokens: tokens.map(|(token, _)| token).collect(),
        };
        let oracle = self.stand.stage.suite.oracle;
        let told = self.try_ask(Address::ZERO, oracle, call)?;
        Ok(told.map(|told| {
            let mut told = told.into_iter();
            let price = |mode: &U256| match *mode == quarantined {
                true => U256::ZERO,
                false => told.next().unwrap_or_default(),
            };
            modes.iter().map(price).collect()
        }))
    }

    /// Everything that the laws look at.
    pub(crate) fn look(&self) -> Go<View> {
        let vault = self.vault();
        let holdings = self.ask(vault, Vault::holdingsCall {})?;
        let mut claims = Vec::new();
        for asset in &self.stand.assets {
            let call = Vault::totalClaimsCall { token: asset.token };
            claims.push(self.ask(vault, call)?);
        }
        let mut shares = Vec::new();
        for account in &self.stand.holders {
            let call = Vault::balanceOfCall { account: *account };
            shares.push(self.ask(vault, call)?);
        }
        let balance = |asset: &super::stand::Asset| asset.balance(&self.chain, vault);
        Ok(View {
            held: holdings.held,
            balances: self.stand.assets.iter().map(balance).collect(),
            claims,
            supply: self.ask(vault, Vault::totalSupplyCall {})?,
            shares,
        })
    }

    pub(crate) fn tell(&mut self, words: String) {
        self.story.push(words);
    }
}

const ECRECOVER: Address = Address::with_last_byte(1);

/// Gives `who` ether for the gas.
pub(crate) fn enrich(chain: &mut Chain, who: Address) {
    let ether = U256::from(10).pow(U256::from(24));
    chain.state_mut().set_balance(who, ether);
}

/// An account whose code or storage is not what it was, but for ArbOS's own books.
fn changed(before: &State, after: &State) -> Option<Address> {
    let differs = |(address, account): (&Address, &devnode::exec::Account)| {
        let same = match before.account(*address) {
            Some(old) if std::ptr::eq(old, account) => true,
            Some(old) => old.code_hash == account.code_hash && old.storage == account.storage,
            None => account.storage.is_empty() && account.code.is_empty(),
        };
        (!same && *address != ARBOS).then_some(*address)
    };
    after.accounts().find_map(differs)
}
