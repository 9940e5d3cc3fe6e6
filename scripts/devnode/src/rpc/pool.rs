//! Transactions that wait, and when blocks are made of them.

use super::dispatch::Answer;
use super::format::{self, quantity};
use super::params::{Number, Params};
use crate::chain::{Chain, Mining};
use alloy::consensus::Transaction as _;
use alloy::primitives::{Address, B256};
use alloy::rpc::types::Transaction;
use serde_json::{json, Map, Value};
use std::time::Duration;

pub(crate) fn automine(chain: &Chain) -> Answer {
    Ok(json!(chain.mining() == Mining::Auto))
}

pub(crate) fn set_automine(chain: &mut Chain, p: &mut Params) -> Answer {
    let enabled: bool = p.next("enabled")?;
    chain.set_mining(match enabled {
        true => Mining::Auto,
        false => Mining::Manual,
    });
    Ok(json!(true))
}

pub(crate) fn interval(chain: &Chain) -> Answer {
    Ok(match chain.mining() {
        Mining::Interval(every) => json!(every.as_secs()),
        _ => Value::Null,
    })
}

pub(crate) fn set_interval(chain: &mut Chain, p: &mut Params) -> Answer {
    let Number(seconds) = p.next("seconds")?;
    chain.set_mining(match seconds {
        0 => Mining::Manual,
        _ => Mining::Interval(Duration::from_secs(seconds)),
    });
    Ok(json!(true))
}

pub(crate) fn drop_one(chain: &mut Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    Ok(match chain.drop_waiting(hash) {
        true => json!(hash),
        false => Value::Null,
    })
}

pub(crate) fn drop_all(chain: &mut Chain) -> Answer {
    drop_where(chain, |_| true)
}

pub(crate) fn drop_of(chain: &mut Chain, p: &mut Params) -> Answer {
    let sender: Address = p.next("address")?;
    drop_where(chain, |from| from == sender)
}

fn drop_where(chain: &mut Chain, dropped: impl Fn(Address) -> bool) -> Answer {
    for (transaction, _) in chain.all_waiting() {
        if dropped(transaction.inner.signer()) {
            chain.drop_waiting(*transaction.inner.tx_hash());
        }
    }
    Ok(Value::Null)
}

pub(crate) fn status(chain: &Chain) -> Answer {
    let waiting = chain.all_waiting();
    let pending = waiting.iter().filter(|(_, ready)| *ready).count() as u64;
    Ok(json!({
        "pending": quantity(pending),
        "queued": quantity(waiting.len() as u64 - pending),
    }))
}

pub(crate) fn content(chain: &Chain) -> Answer {
    by_sender(chain, |transaction| format::value(transaction))
}

pub(crate) fn inspect(chain: &Chain) -> Answer {
    by_sender(chain, |transaction| {
        let to = match transaction.to() {
            Some(to) => to.to_checksum(None),
            None => "contract creation".to_owned(),
        };
        Ok(json!(format!(
            "{to}: {} wei + {} gas × {} wei",
            transaction.value(),
            transaction.gas_limit(),
            transaction.max_fee_per_gas()
        )))
    })
}

/// What can be run now and what cannot, by sender and nonce.
fn by_sender(chain: &Chain, show: impl Fn(&Transaction) -> Answer) -> Answer {
    let (mut pending, mut queued) = (Map::new(), Map::new());
    for (transaction, ready) in chain.all_waiting() {
        let part = if ready { &mut pending } else { &mut queued };
        let sender = transaction.inner.signer().to_checksum(None);
        let of_sender = part.entry(sender).or_insert_with(|| json!({}));
        of_sender[transaction.nonce().to_string()] = show(&transaction)?;
    }
    Ok(json!({ "pending": pending, "queued": queued }))
}
