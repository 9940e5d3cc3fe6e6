//! A policy and a vault of their own on a chain with tokens, and the file that tells what they do.

use std::{collections::BTreeMap, fmt::Write as _, io::Write};

use alloy::{
    primitives::{hex, keccak256, Address, Bytes, B256, U256},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{ITestToken, IERC20},
    local::{
        deployer::STYLUS_DEPLOYER,
        stage::{Listing, Setting},
    },
    stylus::{self, arguments},
};
use devnode::{exec::State, Act, Chain, Prepared};

use super::calls;
use crate::{invariants::Random, raise, Mode};

/// {tok} of every token that each account has at the start.
const ENDOWMENT: u64 = 1_000_000_000_000_000_000;

/// What was written: calls carried out and refused, by signature.
pub type Written = BTreeMap<&'static str, (u64, u64)>;

/// One sequence.
pub(super) struct Scene<'a> {
    pub(super) chain: Chain,
    pub(super) policy: Address,
    pub(super) vault: Address,
    pub(super) tokens: Vec<Address>,
    /// Governor, guardian, and three others who have keys.
    pub(super) accounts: Vec<Address>,
    pub(super) keys: Vec<PrivateKeySigner>,
    pub(super) oracle: Address,
    pub(super) rebalancer: Address,
    pub(super) random: Random,
    /// Accounts that keep data.
    kept: Vec<Address>,
    text: String,
    written: &'a mut Written,
}

/// Writes `sequences` of `calls` random calls from `seed` on.
///
/// # Errors
/// What prevents a chain from being set up, or the file from being written.
pub async fn write(sequences: u64, calls: u64, seed: u64, out: &mut impl Write) -> Result<Written> {
    let setting = Setting {
        listings: ["ONE", "TWO", "SIX"]
            .map(|symbol| Listing::new(symbol, 18, "1", 1_000))
            .to_vec(),
        depth_usd: None,
        limits: vec![],
    };
    let theatre = raise(Mode::Uncached, setting).await?;
    let (client, cast) = (&theatre.client, theatre.cast);
    let accounts = vec![
        cast.maker,
        cast.guardian,
        cast.alice,
        cast.bob,
        cast.stranger,
    ];
    let put = async |name: &str, arguments: Vec<u8>| -> Result<Address> {
        let wasm = theatre.artifacts.wasm(name)?;
        let salt = keccak256(format!("differential {name}"));
        let from = cast.deployer;
        let done = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &arguments, salt);
        Ok(done.await?.address)
    };
    let (governor, guardian) = (cast.maker, cast.guardian);
    let policy = put("policy", arguments((governor, guardian, governor))).await?;
    let (name, symbol) = ("Ballast".to_owned(), "BAL".to_owned());
    let vault = put("vault", arguments((name, symbol, policy))).await?;
    let tokens: Vec<_> = theatre.members.iter().map(|m| m.token).collect();
    for token in &tokens {
        for who in &accounts {
            let balance = client
                .call(*token, IERC20::balanceOfCall { account: *who })
                .await?;
            let amount = U256::from(ENDOWMENT)
                .checked_sub(balance)
                .context("an account has too much")?;
            let call = ITestToken::mintCall { to: *who, amount };
            client.send(cast.deployer, *token, call).await?;
            let call = IERC20::approveCall {
                spender: vault,
                amount: U256::MAX,
            };
            client.send(*who, *token, call).await?;
        }
    }
    let prepared = theatre.node.prepared();
    let all = theatre.node.keys();
    let key = |who: &Address| all.iter().find(|key| key.address() == *who).cloned();
    let keys: Vec<_> = accounts.iter().filter_map(key).collect();
    ensure!(keys.len() == accounts.len(), "an account has no key");
    let mut written = Written::new();
    for number in 0..sequences {
        let seed = seed.wrapping_add(number);
        let mut scene = Scene {
            chain: prepared.start(),
            policy,
            vault,
            tokens: tokens.clone(),
            accounts: accounts.clone(),
            keys: keys.clone(),
            oracle: theatre.suite.oracle,
            rebalancer: theatre.suite.rebalancer,
            random: Random::new(seed),
            kept: Vec::new(),
            text: String::new(),
            written: &mut written,
        };
        scene.begin(&prepared)?;
        calls::set_up(&mut scene)?;
        for _ in 0..calls {
            calls::any(&mut scene)?;
        }
        out.write_all(scene.text.as_bytes())?;
    }
    Ok(written)
}

impl Scene<'_> {
    fn line(&mut self, words: std::fmt::Arguments<'_>) -> Result<()> {
        Ok(writeln!(self.text, "{words}")?)
    }

    /// What stands where, and every word of both programs.
    fn begin(&mut self, from: &Prepared) -> Result<()> {
        let now = self.now();
        let (policy, vault) = (self.policy, self.vault);
        self.line(format_args!("begin {now}"))?;
        self.line(format_args!("chain {}", self.chain.chain_id()))?;
        self.line(format_args!("policy {policy}"))?;
        self.line(format_args!("vault {vault}"))?;
        for account in self.accounts.clone() {
            self.line(format_args!("account {account}"))?;
        }
        for token in self.tokens.clone() {
            self.line(format_args!("token {token} {ENDOWMENT}"))?;
        }
        let (oracle, rebalancer) = (self.oracle, self.rebalancer);
        self.line(format_args!("oracle {oracle}"))?;
        self.line(format_args!("module {rebalancer}"))?;
        let nothing = State::default();
        self.words(&nothing, &from.start())
    }

    pub(super) fn now(&self) -> u64 {
        self.chain.latest().header.timestamp
    }

    /// One of the accounts.
    pub(super) fn anybody(&mut self) -> Address {
        *self.random.pick(&self.accounts)
    }

    /// What a view answers now, with no line written.
    pub(super) fn ask<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        let act = Act::new(Address::ZERO, to, call);
        Ok(self.chain.ask(&act)?.result?)
    }

    /// A call, and all that came of it.
    pub(super) fn call<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Result<()> {
        let before = self.chain.state().clone();
        let data = hex::encode(call.abi_encode());
        let time = self.chain.next_timestamp();
        self.line(format_args!("call {time} {from} {to} {data}"))?;
        let ether = U256::from(10).pow(U256::from(24));
        self.chain.state_mut().set_balance(from, ether);
        self.chain.act(&Act::new(from, to, call))?;
        let mined = self
            .chain
            .latest()
            .transactions
            .first()
            .context("an act is mined")?;
        let hash = mined.receipt.transaction_hash;
        let done = mined.receipt.status();
        let logs: Vec<_> = mined
            .receipt
            .inner
            .logs()
            .iter()
            .map(|log| log.inner.clone())
            .collect();
        let again = self.chain.profile(hash)?.context("it can be run again")?;
        let counts = self.written.entry(C::SIGNATURE).or_default();
        let word = if done {
            counts.0 += 1;
            "done"
        } else {
            counts.1 += 1;
            "refused"
        };
        let output = hex::encode(&again.output);
        self.line(format_args!("{word} {output}"))?;
        for log in logs {
            if [self.policy, self.vault].contains(&log.address) {
                let topics: Vec<_> = log.topics().iter().map(B256::to_string).collect();
                let (topics, data) = (topics.join(","), hex::encode(&log.data.data));
                self.line(format_args!("log {} {topics} {data}", log.address))?;
            }
        }
        let after = self.chain.clone();
        self.words(&before, &after)
    }

    /// What changed in the storage of both programs.
    fn words(&mut self, before: &State, after: &Chain) -> Result<()> {
        let after = after.state();
        // Kept data begins with STOP; programs and tokens do not.
        for (address, account) in after.accounts() {
            let code: Bytes = account.code.original_bytes();
            if code.first() == Some(&0) && !self.kept.contains(address) {
                self.kept.push(*address);
            }
        }
        for program in [self.policy, self.vault] {
            let of = |state: &State| -> BTreeMap<U256, U256> {
                let account = state.account(program);
                let words = account.map(|account| account.storage.clone());
                words.unwrap_or_default().into_iter().collect()
            };
            let (old, new) = (of(before), of(after));
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let (was, is) = (old.get(key), new.get(key));
                let zero = U256::ZERO;
                let (was, is) = (was.unwrap_or(&zero), is.unwrap_or(&zero));
                if was != is {
                    let word = self.word(after, B256::from(*is));
                    self.line(format_args!("word {program} {} {word}", B256::from(*key)))?;
                }
            }
        }
        Ok(())
    }

    /// A word; with an address of kept data in it, that address left out, where it stands, and the data.
    fn word(&self, state: &State, word: B256) -> String {
        for offset in 0..=12 {
            let address = Address::from_slice(&word[offset..offset + 20]);
            if self.kept.contains(&address) {
                let code = state.account(address).map(|a| a.code.original_bytes());
                let code = hex::encode(&code.unwrap_or_default()[1..]);
                let mut rest = word;
                rest[offset..offset + 20].fill(0);
                return format!("{rest} {offset} {code}");
            }
        }
        word.to_string()
    }
}
