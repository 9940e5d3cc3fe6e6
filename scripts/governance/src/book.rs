//! Who is who: the record's addresses and the treasury's tokens, by name.

use std::fmt::Write as _;

use alloy::primitives::{keccak256, Address, B256, U256};
use anyhow::Result;
use ballast::{
    abi::{Policy, Vault, IERC20},
    client::Client,
    record::Record,
};
use serde::Serialize;

use crate::interfaces::Module;

/// A token that the treasury knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// What it calls itself; its address where it does not.
    pub symbol: String,
    /// Its address.
    pub address: Address,
    /// Its decimals.
    pub decimals: u8,
}

/// The names of a treasury's surroundings.
#[derive(Debug, Clone)]
pub struct Book {
    /// The record that was read.
    pub record: Record,
    /// Listed or with a target, in this order; none if nobody was asked.
    pub tokens: Vec<Token>,
}

impl Book {
    /// The record alone.
    pub fn of(record: Record) -> Self {
        Self {
            record,
            tokens: Vec::new(),
        }
    }

    /// The record, and what the chain says of the tokens.
    ///
    /// # Errors
    /// The chain does not answer, or has no treasury at the record's addresses.
    pub async fn read(record: Record, client: &Client) -> Result<Self> {
        let mut book = Self::of(record);
        let vault = book.module(Module::Vault)?;
        let policy = book.module(Module::Policy)?;
        let (mut tokens, _): (Vec<Address>, Vec<U256>) =
            client.call(vault, Vault::holdingsCall {}).await?.into();
        let targets = client.call(policy, Policy::targetsCall {}).await?;
        for token in targets.tokens {
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        for address in tokens {
            book.add(client, address).await?;
        }
        Ok(book)
    }

    /// Learns what a token calls itself.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn add(&mut self, client: &Client, address: Address) -> Result<()> {
        let symbol = client.heard(address, IERC20::symbolCall {}).await?;
        let decimals = client.heard(address, IERC20::decimalsCall {}).await?;
        let (Some(symbol), Some(decimals)) = (symbol, decimals) else {
            return Ok(());
        };
        self.tokens.push(Token {
            // A token chooses its name: what a terminal would obey is left out.
            symbol: symbol.chars().filter(|c| !c.is_control()).collect(),
            address,
            decimals,
        });
        Ok(())
    }

    /// The address of a program.
    ///
    /// # Errors
    /// The record does not name it.
    pub fn module(&self, module: Module) -> Result<Address> {
        Ok(self.record.program(module.name())?.address)
    }

    /// Which program with settings stands at `address`.
    pub fn module_at(&self, address: Address) -> Option<Module> {
        let at = |module: &Module| self.module(*module).is_ok_and(|there| there == address);
        Module::ALL.into_iter().find(at)
    }

    /// What stands at `address` by the record, or which token it is.
    pub fn name_of(&self, address: Address) -> Option<String> {
        let record = &self.record;
        if address.is_zero() {
            return Some("nobody".into());
        }
        let programs = record.programs.iter().map(|p| (p.address, p.name.as_str()));
        let external = record.external.iter().map(|e| (e.address, e.name.as_str()));
        let roles = [
            (record.roles.owner, "owner"),
            (record.roles.guardian, "guardian"),
        ];
        let tokens = self.tokens.iter().map(|t| (t.address, t.symbol.as_str()));
        programs
            .chain(roles)
            .chain(external)
            .chain(tokens)
            .find(|(there, _)| *there == address)
            .map(|(_, name)| name.to_owned())
    }

    /// The name with the address.
    pub fn called(&self, address: Address) -> String {
        match self.name_of(address) {
            Some(name) if address.is_zero() => name,
            Some(name) if self.token(address).is_some() => name,
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        }
    }

    /// The token at `address`.
    pub fn token(&self, address: Address) -> Option<&Token> {
        self.tokens.iter().find(|token| token.address == address)
    }

    /// Which address of the record looks like this one without being it: the same first and last four digits.
    pub fn look_alike(&self, address: Address) -> Option<Address> {
        let ends = |a: Address| -> [u8; 4] {
            let b = a.into_array();
            [b[0], b[1], b[18], b[19]]
        };
        let record = &self.record;
        let programs = record.programs.iter().map(|p| p.address);
        let external = record.external.iter().map(|e| e.address);
        let roles = [record.roles.owner, record.roles.guardian];
        let tokens = self.tokens.iter().map(|t| t.address);
        programs
            .chain(external)
            .chain(roles)
            .chain(tokens)
            .filter(|known| !known.is_zero())
            .find(|known| *known != address && ends(*known) == ends(address))
    }
}

/// A role's name; its hash where it is none of the policy's.
pub fn role(role: B256) -> String {
    if role.is_zero() {
        return "governor".into();
    }
    for (name, spelled) in [
        ("GUARDIAN_ROLE", "guardian"),
        ("PROPOSER_ROLE", "proposer"),
        ("EXECUTOR_ROLE", "executor"),
        ("CANCELLER_ROLE", "canceller"),
        ("ADMIN_ROLE", "admin"),
    ] {
        if role == keccak256(name) {
            return spelled.into();
        }
    }
    let mut text = String::from("role ");
    let _ = write!(text, "{role}");
    text
}
