//! The calls that the compiled policy and vault were seen to make, repeated by the same sources natively: the same
//! answers, refusals, events and words of storage. `cargo xtask differential` writes the file and runs this.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may panic"
)]

use std::{collections::BTreeMap, str::FromStr};

use alloy_primitives::{hex, Address, LogData, B256, U256};
use ballast_interfaces::{clock, data_account};
use ballast_mocks::{
    modules::{MockCaller, MockOracle},
    tokens::MockToken,
};
use ballast_policy::Policy;
use ballast_vault::Vault;
use motsu::prelude::*;
use stylus_sdk::{abi::internal::CONSTRUCTOR_EXECUTED_SLOT, prelude::*};

/// Where the file is.
const VARIABLE: &str = "BALLAST_TRANSCRIPT";

/// A sequence's words, line by line.
type Lines<'a> = Vec<Vec<&'a str>>;

fn parse<T: FromStr>(word: &str) -> T
where
    T::Err: core::fmt::Debug,
{
    word.parse().expect(word)
}

fn bytes(word: Option<&&str>) -> Vec<u8> {
    hex::decode(word.copied().unwrap_or_default()).expect("hex")
}

/// The programs as they stand in one sequence.
struct World {
    policy: Contract<Policy>,
    vault: Contract<Vault>,
    callers: BTreeMap<Address, Contract<MockCaller>>,
    /// Kept alive, though nobody names them any more.
    _tokens: Vec<Contract<MockToken>>,
    _oracle: Contract<MockOracle>,
    /// Every word that the compiled programs have written: program, key, what it says.
    words: BTreeMap<(Address, U256), Vec<String>>,
    /// How many events of each program were compared.
    seen: BTreeMap<Address, usize>,
    line: usize,
}

impl World {
    fn new(lines: &Lines<'_>) -> Self {
        let one = |word: &str| -> Address {
            let line = lines.iter().find(|line| line[0] == word).expect(word);
            parse(line[1])
        };
        let all = |word: &str| -> Vec<&Vec<&str>> {
            lines.iter().filter(|line| line[0] == word).collect()
        };
        let policy = Contract::<Policy>::new_at(one("policy"));
        let vault = Contract::<Vault>::new_at(one("vault"));
        let oracle = Contract::<MockOracle>::new_at(one("oracle"));
        clock::set(parse(lines[0][1]));
        VM::context().set_chain_id(parse(all("chain")[0][1]));
        let accounts: Vec<Address> = all("account").iter().map(|line| parse(line[1])).collect();
        let mut callers = BTreeMap::new();
        for account in accounts.iter().copied().chain([one("module")]) {
            callers.insert(account, Contract::<MockCaller>::new_at(account));
        }
        let (governor, guardian) = (accounts[0], accounts[1]);
        policy
            .sender(governor)
            .constructor(governor, guardian, governor)
            .motsu_unwrap();
        vault
            .sender(governor)
            .constructor("Ballast".into(), "BAL".into(), policy.address())
            .motsu_unwrap();
        let mut tokens = Vec::new();
        for line in all("token") {
            let token = Contract::<MockToken>::new_at(parse(line[1]));
            for account in &accounts {
                token.sender(governor).mint(*account, parse(line[2]));
                token.sender(*account).approve(vault.address(), U256::MAX);
            }
            oracle
                .sender(governor)
                .set_price(token.address(), U256::ONE);
            tokens.push(token);
        }
        // What the constructors told was told before the file begins.
        let told = [
            (policy.address(), policy.all_events().len()),
            (vault.address(), vault.all_events().len()),
        ];
        Self {
            policy,
            vault,
            callers,
            _tokens: tokens,
            _oracle: oracle,
            words: BTreeMap::new(),
            seen: BTreeMap::from(told),
            line: 0,
        }
    }

    fn call(&self, line: &[&str]) -> Result<Vec<u8>, Vec<u8>> {
        clock::set(parse(line[1]));
        let caller = &self.callers[&parse::<Address>(line[2])];
        let data = bytes(line.get(4));
        let nobody = Address::ZERO;
        let answer = caller.sender(nobody).forward(parse(line[3]), data.into());
        answer.map(|answer| answer.to_vec())
    }

    fn load(&self, program: Address, key: U256) -> B256 {
        let nobody = Address::ZERO;
        if program == self.policy.address() {
            self.policy.sender(nobody).vm().storage_load_bytes32(key)
        } else {
            self.vault.sender(nobody).vm().storage_load_bytes32(key)
        }
    }

    fn events(&self, program: Address) -> Vec<LogData> {
        if program == self.policy.address() {
            self.policy.all_events()
        } else {
            self.vault.all_events()
        }
    }

    /// The next event of a program is the one that the line tells.
    fn compare_event(&mut self, line: &[&str]) {
        let program: Address = parse(line[1]);
        let topics: Vec<B256> = line[2].split(',').map(parse).collect();
        let data = bytes(line.get(3));
        let seen = self.seen.entry(program).or_default();
        let place = *seen;
        *seen += 1;
        let told = self.events(program).get(place).cloned();
        let expected = LogData::new(topics, data.into());
        assert_eq!(
            told, expected,
            "event {place} of {program}, line {}",
            self.line
        );
    }

    /// No event more than were compared.
    fn compare_event_counts(&self) {
        for program in [self.policy.address(), self.vault.address()] {
            let compared = self.seen.get(&program).copied().unwrap_or_default();
            let told = self.events(program).len();
            assert_eq!(told, compared, "events of {program}, line {}", self.line);
        }
    }

    /// Every word that was ever written is what it should be.
    fn compare_words(&self) {
        for ((program, key), said) in &self.words {
            // The native side calls the constructors as functions.
            if *key == CONSTRUCTOR_EXECUTED_SLOT {
                continue;
            }
            let mut word = self.load(*program, *key);
            let expected: B256 = parse(&said[0]);
            if let Some(offset) = said.get(1) {
                let offset: usize = parse(offset);
                let place = offset..offset + 20;
                let account = Address::from_slice(&word[place.clone()]);
                let kept = data_account::read(account);
                let expected = hex::decode(said.get(2).map_or("", String::as_str)).expect("hex");
                assert_eq!(
                    hex::encode(&*kept),
                    hex::encode(expected),
                    "what {program} keeps at {key:#x}, line {}",
                    self.line
                );
                word[place].fill(0);
            }
            assert_eq!(word, expected, "{program} at {key:#x}, line {}", self.line);
        }
    }
}

/// Repeats one sequence; how many calls were carried out and refused.
fn repeat(lines: &Lines<'_>, first: usize) -> (u64, u64) {
    let mut world = World::new(lines);
    let mut answer = Ok(Vec::new());
    let mut counts = (0, 0);
    let mut last = "begin";
    for (number, line) in lines.iter().enumerate() {
        if line[0] == "call" {
            // All that came of the call before was told.
            world.compare_words();
            world.compare_event_counts();
            world.line = first + number + 1;
            answer = world.call(line);
        }
        match line[0] {
            "done" => {
                counts.0 += 1;
                let told = answer.as_ref().map(hex::encode);
                assert_eq!(
                    told,
                    Ok(hex::encode(bytes(line.get(1)))),
                    "line {}",
                    world.line
                );
            }
            "refused" => {
                counts.1 += 1;
                let told = answer.as_ref().map_err(hex::encode);
                let why = hex::encode(bytes(line.get(1)));
                assert_eq!(told.err(), Some(why), "line {}", world.line);
            }
            "log" => world.compare_event(line),
            "word" => {
                let key = U256::from_be_bytes(parse::<B256>(line[2]).0);
                let said = line[3..].iter().map(|word| (*word).to_owned()).collect();
                world.words.insert((parse(line[1]), key), said);
            }
            _ => {}
        }
        last = line[0];
    }
    assert_ne!(last, "call", "the file ends in the middle of a call");
    world.compare_words();
    world.compare_event_counts();
    counts
}

#[test]
#[ignore = "needs the file that `cargo xtask differential` writes"]
fn the_sources_natively_do_what_the_compiled_programs_did() {
    let path = std::env::var(VARIABLE).expect(VARIABLE);
    let text = std::fs::read_to_string(&path).expect(&path);
    let lines: Lines<'_> = text.lines().map(|line| line.split(' ').collect()).collect();
    let mut starts: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line[0] == "begin")
        .map(|(place, _)| place)
        .collect();
    starts.push(lines.len());
    let _precompiles = deploy_precompiles();
    let (mut done, mut refused) = (0, 0);
    for pair in starts.windows(2) {
        let sequence = lines[pair[0]..pair[1]].to_vec();
        let counts = repeat(&sequence, pair[0]);
        (done, refused) = (done + counts.0, refused + counts.1);
    }
    assert!(done > 0 && refused > 0, "{done} done, {refused} refused");
    println!(
        "{} sequences, {done} calls carried out and {refused} refused: no difference",
        starts.len() - 1
    );
}
