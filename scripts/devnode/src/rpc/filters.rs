//! Filters: clients ask from time to time what is new.

use super::dispatch::Answer;
use super::error::RpcError;
use super::format::{self, quantity};
use super::params::{Number, Params};
use super::watch::Topic;
use crate::chain::{Chain, MAX_EVENTS};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a filter that nobody asks lives, as in go-ethereum.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Filters that are open at most.
const MAX_FILTERS: usize = 1_000;

/// The open filters, by id.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    opened: u64,
    open: BTreeMap<u64, Filter>,
}

#[derive(Debug)]
struct Filter {
    topic: Topic,
    /// The event to begin the next answer with.
    next: u64,
    asked: Instant,
}

impl Filters {
    pub(crate) fn new_logs(&mut self, chain: &Chain, p: &mut Params) -> Answer {
        self.open(chain, Topic::logs(p.next("filter")?)?, Instant::now())
    }

    pub(crate) fn new_blocks(&mut self, chain: &Chain) -> Answer {
        self.open(chain, Topic::Heads, Instant::now())
    }

    pub(crate) fn new_pending(&mut self, chain: &Chain, p: &mut Params) -> Answer {
        let full = p.optional("full")?.unwrap_or(false);
        self.open(chain, Topic::Pending { full }, Instant::now())
    }

    /// What is new since the filter was opened or last asked.
    pub(crate) fn changes(&mut self, chain: &Chain, p: &mut Params) -> Answer {
        let Number(id) = p.next("id")?;
        self.take_changes(chain, id, Instant::now())
    }

    /// All logs that a filter on logs matches, new or not.
    pub(crate) fn logs(&mut self, chain: &Chain, p: &mut Params) -> Answer {
        let Number(id) = p.next("id")?;
        match &self.get(id, Instant::now())?.topic {
            Topic::Logs(filter) => format::value(chain.logs(filter)?),
            _ => Err(RpcError::refused(format_args!(
                "filter {id:#x} is not on logs: ask eth_getFilterChanges"
            ))),
        }
    }

    pub(crate) fn close(&mut self, p: &mut Params) -> Answer {
        let Number(id) = p.next("id")?;
        Ok(json!(self.open.remove(&id).is_some()))
    }

    fn open(&mut self, chain: &Chain, topic: Topic, now: Instant) -> Answer {
        self.drop_expired(now);
        if self.open.len() >= MAX_FILTERS {
            return Err(RpcError::refused(format_args!(
                "too many filters: {MAX_FILTERS} are open; close some with eth_uninstallFilter"
            )));
        }
        self.opened += 1;
        let filter = Filter {
            topic,
            next: chain.next_event(),
            asked: now,
        };
        self.open.insert(self.opened, filter);
        Ok(quantity(self.opened))
    }

    fn take_changes(&mut self, chain: &Chain, id: u64, now: Instant) -> Answer {
        let filter = self.get(id, now)?;
        let from = std::mem::replace(&mut filter.next, chain.next_event());
        let events = chain.events_since(from).ok_or_else(|| {
            RpcError::refused(format_args!(
                "filter {id:#x} was not asked for more than {MAX_EVENTS} events: some are lost; the next answer starts from here"
            ))
        })?;
        let mut news = Vec::new();
        for event in events {
            news.extend(filter.topic.notices(event, |block| Ok(json!(block.hash)))?);
        }
        Ok(Value::Array(news))
    }

    fn get(&mut self, id: u64, now: Instant) -> Result<&mut Filter, RpcError> {
        self.drop_expired(now);
        let filter = self
            .open
            .get_mut(&id)
            .ok_or_else(|| RpcError::refused(format_args!("filter not found: {id:#x}")))?;
        filter.asked = now;
        Ok(filter)
    }

    fn drop_expired(&mut self, now: Instant) {
        self.open
            .retain(|_, filter| now.saturating_duration_since(filter.asked) < LIFETIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_nobody_asks_expires_and_one_that_is_asked_does_not() {
        let (chain, mut filters) = (Chain::default(), Filters::default());
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..2 {
            filters.open(&chain, Topic::Heads, start).unwrap();
        }
        assert_eq!(filters.take_changes(&chain, 1, after(299)), Ok(json!([])));
        assert_eq!(filters.take_changes(&chain, 1, after(598)), Ok(json!([])));
        let gone = filters.take_changes(&chain, 2, after(598)).unwrap_err();
        assert_eq!(gone.message, "filter not found: 0x2");
        let gone = filters.take_changes(&chain, 1, after(898)).unwrap_err();
        assert_eq!(gone.message, "filter not found: 0x1");
    }

    #[test]
    fn no_more_filters_are_opened_than_allowed_until_some_are_gone() {
        let (chain, mut filters) = (Chain::default(), Filters::default());
        let start = Instant::now();
        for _ in 0..MAX_FILTERS {
            filters.open(&chain, Topic::Heads, start).unwrap();
        }
        let full = filters.open(&chain, Topic::Heads, start).unwrap_err();
        assert!(full.message.starts_with("too many filters: 1000"), "{full}");
        assert_eq!(
            filters.open(&chain, Topic::Heads, start + LIFETIME),
            Ok(json!("0x3e9"))
        );
    }

    #[test]
    fn a_filter_that_lost_events_says_so_and_goes_on() {
        let (mut chain, mut filters) = (Chain::default(), Filters::default());
        let now = Instant::now();
        filters.open(&chain, Topic::Heads, now).unwrap();
        for _ in 0..=MAX_EVENTS {
            chain.mine();
        }
        let lost = filters.take_changes(&chain, 1, now).unwrap_err();
        assert!(lost.message.contains("more than 131072 events"), "{lost}");
        chain.mine();
        let hash = chain.latest().hash;
        assert_eq!(filters.take_changes(&chain, 1, now), Ok(json!([hash])));
    }
}
