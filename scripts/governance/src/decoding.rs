//! Whatever a governor is asked to carry, back in words, with what deserves a second look.

pub mod carried;
pub mod documents;
pub mod powers;
pub mod reading;
pub mod warnings;

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{abi::ITimelock, client::Client};
use serde::Serialize;

use self::{
    documents::Document,
    reading::{Node, Reader},
    warnings::{Id, Warning},
};
use crate::{
    book::Book,
    effects::Effect,
    interfaces::Interfaces,
    preview::{self, Row},
};

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decoded {
    /// What sort of document it is, in words.
    pub document: String,
    /// Its calls, with those inside of them.
    pub calls: Vec<Node>,
    /// What would be different, if the chain was asked.
    pub difference: Vec<Row>,
    /// Whether the chain was asked.
    pub compared: bool,
    /// What deserves a second look; nothing for a harmless change.
    pub warnings: Vec<Warning>,
}

/// What the chain knows that calldata does not say.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    /// The connection.
    pub client: &'a Client,
    /// Who calls the programs in the end.
    pub sender: Address,
}

/// Reads `text`: calldata in hexadecimal, a batch for a Safe, a list of actions, or a single call. `to` is whom calldata
/// is for, where that is known; without a chain nothing is compared.
///
/// # Errors
/// Text that is none of these is a [`crate::problem::Problem`]; the chain does not answer.
pub async fn decode(
    text: &str,
    to: Option<Address>,
    book: &Book,
    interfaces: &Interfaces,
    chain: Option<Chain<'_>>,
) -> Result<Decoded> {
    let mut found = Vec::new();
    let document = Document::read(text, book, &mut found)?;
    let least_delay = match chain {
        Some(chain) => least_delay(chain.client, book.record.roles.owner).await?,
        None => None,
    };
    let mut reader = Reader::new(book, interfaces, least_delay);
    let calls = reader.top(&document, to);
    found.append(&mut reader.warnings);
    let mut difference = Vec::new();
    if let Some(chain) = chain {
        let changes: Vec<_> = reader
            .changes
            .iter()
            .map(|(_, change)| change.clone())
            .collect();
        if !changes.is_empty() {
            let preview =
                preview::preview(chain.client, book, interfaces, chain.sender, &changes).await?;
            difference = preview.rows;
            for row in difference.iter().filter(|row| row.effect == Effect::Looser) {
                found.push(Warning::new(
                    Id::Loosened,
                    "",
                    format!("{}: {} becomes {}", row.what, row.before, row.after),
                ));
            }
            if let Some(refused) = preview.refused {
                let path = reader
                    .changes
                    .get(refused.index)
                    .map_or("", |(path, _)| path);
                found.push(Warning::new(
                    Id::Refused,
                    path,
                    format!("the programs would refuse this now: {}", refused.why),
                ));
            }
        }
    } else if let Some((path, _)) = reader
        .changes
        .iter()
        .find(|(_, change)| change.setter.alarm.is_none())
    {
        found.push(Warning::new(
            Id::NotCompared,
            path,
            "no chain was asked: whether something is loosened is not known".into(),
        ));
    }
    Ok(Decoded {
        document: document.title().into(),
        calls,
        difference,
        compared: chain.is_some(),
        warnings: found,
    })
}

/// The least delay of the timelock that owns the treasury; none if its owner is no timelock.
async fn least_delay(client: &Client, owner: Address) -> Result<Option<U256>> {
    let call = alloy::sol_types::SolCall::abi_encode(&ITimelock::getMinDelayCall {});
    let answer = client
        .try_raw(Address::ZERO, owner, U256::ZERO, call)
        .await?;
    Ok(answer
        .ok()
        .filter(|data| data.len() == 32)
        .map(|data| U256::from_be_slice(&data)))
}
