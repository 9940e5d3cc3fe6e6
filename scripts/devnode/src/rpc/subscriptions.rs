//! Subscriptions: clients on a lasting connection are told what is new.

use super::dispatch::Answer;
use super::error::RpcError;
use super::format::{self, quantity};
use super::params::{Number, Params};
use super::watch::Topic;
use crate::chain::{Chain, Event};
use alloy::rpc::types::Filter;
use serde_json::{json, Value};
use std::collections::{BTreeMap, VecDeque};

/// Subscriptions of one connection at most.
const MAX_SUBSCRIPTIONS: usize = 1_000;

/// The subscriptions of one connection, by id, and what is to be told.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    made: u64,
    topics: BTreeMap<u64, Subscribed>,
    /// The event to go on with.
    next: u64,
    /// What is to be told of the events before that.
    notices: VecDeque<String>,
}

#[derive(Debug)]
struct Subscribed {
    topic: Topic,
    /// The first event after the client subscribed.
    since: u64,
}

/// The connection did not take what it was told in time, and has lost events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FellBehind;

impl Subscriptions {
    pub(crate) fn subscribe(&mut self, chain: &Chain, p: &mut Params) -> Answer {
        let name: String = p.next("subscription")?;
        let topic = match &*name {
            "newHeads" => Topic::Heads,
            "logs" => Topic::logs(p.optional::<Filter>("filter")?.unwrap_or_default())?,
            "newPendingTransactions" => Topic::Pending {
                full: p.optional("full")?.unwrap_or(false),
            },
            _ => {
                return Err(RpcError::invalid_params(format_args!(
                    "no subscription {name:?}: there are newHeads, logs and newPendingTransactions"
                )))
            }
        };
        if self.topics.len() >= MAX_SUBSCRIPTIONS {
            return Err(RpcError::refused(format_args!(
                "too many subscriptions: {MAX_SUBSCRIPTIONS} on this connection; end some with eth_unsubscribe"
            )));
        }
        if self.topics.is_empty() && self.notices.is_empty() {
            self.next = chain.next_event();
        }
        self.made += 1;
        let since = chain.next_event();
        self.topics.insert(self.made, Subscribed { topic, since });
        Ok(quantity(self.made))
    }

    pub(crate) fn unsubscribe(&mut self, p: &mut Params) -> Answer {
        let Number(id) = p.next("id")?;
        if self.topics.remove(&id).is_none() {
            return Err(RpcError::refused("subscription not found"));
        }
        Ok(json!(true))
    }

    /// Hands on what is to be told for as long as `send` takes it; false if more is left.
    ///
    /// # Errors
    /// [`FellBehind`] if events are no longer kept that were to be told.
    pub(crate) fn tell(
        &mut self,
        chain: &Chain,
        mut send: impl FnMut(String) -> Result<(), String>,
    ) -> Result<bool, FellBehind> {
        loop {
            while let Some(notice) = self.notices.pop_front() {
                if let Err(refused) = send(notice) {
                    self.notices.push_front(refused);
                    return Ok(false);
                }
            }
            if self.topics.is_empty() {
                return Ok(true);
            }
            let event = chain.events_since(self.next).ok_or(FellBehind)?.next();
            let Some(event) = event else { return Ok(true) };
            self.take_note(event);
        }
    }

    fn take_note(&mut self, event: &Event) {
        let number = self.next;
        self.next += 1;
        for (id, subscribed) in self.topics.iter().filter(|(_, s)| s.since <= number) {
            // Blocks, logs and transactions are plain data: they have a form in JSON.
            let notices = subscribed.topic.notices(event, format::header);
            self.notices
                .extend(notices.into_iter().flatten().map(|n| notification(*id, n)));
        }
    }
}

fn notification(id: u64, result: Value) -> String {
    json!({
        "jsonrpc": "2.0",
        "method": "eth_subscription",
        "params": { "subscription": quantity(id), "result": result },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_begins_when_it_is_made_however_much_waits_for_others() {
        let mut chain = Chain::default();
        let mut subscriptions = Subscriptions::default();
        let heads = || Params::new(json!(["newHeads"])).unwrap();
        subscriptions.subscribe(&chain, &mut heads()).unwrap();
        chain.mine();
        subscriptions.subscribe(&chain, &mut heads()).unwrap();
        chain.mine();
        let mut told = Vec::new();
        let mut send = |notice: String| {
            let notice: Value = serde_json::from_str(&notice).unwrap();
            let params = &notice["params"];
            told.push(json!([params["subscription"], params["result"]["number"]]));
            Ok(())
        };
        assert_eq!(subscriptions.tell(&chain, &mut send), Ok(true));
        let expected = [["0x1", "0x1"], ["0x1", "0x2"], ["0x2", "0x2"]];
        assert_eq!(json!(told), json!(expected));
    }

    #[test]
    fn what_is_not_taken_waits_in_order() {
        let mut chain = Chain::default();
        let mut subscriptions = Subscriptions::default();
        let heads = &mut Params::new(json!(["newHeads"])).unwrap();
        subscriptions.subscribe(&chain, heads).unwrap();
        for _ in 0..5 {
            chain.mine();
        }
        let mut numbers = Vec::new();
        let mut tell = |most: usize| {
            let mut room = most;
            let left = subscriptions.tell(&chain, |notice| {
                if room == 0 {
                    return Err(notice);
                }
                room -= 1;
                let notice: Value = serde_json::from_str(&notice).unwrap();
                numbers.push(notice["params"]["result"]["number"].clone());
                Ok(())
            });
            left.unwrap()
        };
        assert_eq!(
            [tell(2), tell(0), tell(2), tell(2)],
            [false, false, false, true]
        );
        assert_eq!(json!(numbers), json!(["0x1", "0x2", "0x3", "0x4", "0x5"]));
    }
}
