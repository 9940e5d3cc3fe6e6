//! A chain and what its clients asked to be told, behind messages.

use super::dispatch::Answer;
use super::envelope;
use super::error::RpcError;
use super::filters::Filters;
use super::params::Params;
use super::subscriptions::{FellBehind, Subscriptions};
use crate::chain::Chain;
use std::collections::BTreeMap;

/// What answers JSON-RPC, over any transport that carries text.
#[derive(Debug, Default)]
pub struct Service {
    pub(crate) chain: Chain,
    pub(crate) filters: Filters,
    connections: BTreeMap<u64, Subscriptions>,
}

/// What one request may touch.
pub(crate) struct Session<'a> {
    pub(crate) chain: &'a mut Chain,
    pub(crate) filters: &'a mut Filters,
    subscriptions: Option<&'a mut Subscriptions>,
}

impl Session<'_> {
    pub(crate) fn subscribe(&mut self, p: &mut Params) -> Answer {
        let subscriptions = self.subscriptions.as_deref_mut();
        subscriptions
            .ok_or_else(RpcError::notifications_unsupported)?
            .subscribe(self.chain, p)
    }

    pub(crate) fn unsubscribe(&mut self, p: &mut Params) -> Answer {
        let subscriptions = self.subscriptions.as_deref_mut();
        subscriptions
            .ok_or_else(RpcError::notifications_unsupported)?
            .unsubscribe(p)
    }
}

impl Service {
    /// Answers for `chain`.
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            ..Self::default()
        }
    }

    /// Answers one message, which is a request or a batch of them; `None` when no answer is due.
    pub fn answer(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let session = &mut Session {
            chain: &mut self.chain,
            filters: &mut self.filters,
            subscriptions: None,
        };
        envelope::answer(session, message)
    }

    /// The same for a message over a lasting connection, of which there may be subscriptions.
    pub(crate) fn answer_on(&mut self, connection: u64, message: &[u8]) -> Option<Vec<u8>> {
        let session = &mut Session {
            chain: &mut self.chain,
            filters: &mut self.filters,
            subscriptions: Some(self.connections.entry(connection).or_default()),
        };
        envelope::answer(session, message)
    }

    /// Tells a connection what it subscribed to for as long as `send` takes it; false if more is left.
    pub(crate) fn tell(
        &mut self,
        connection: u64,
        send: impl FnMut(String) -> Result<(), String>,
    ) -> Result<bool, FellBehind> {
        match self.connections.get_mut(&connection) {
            Some(subscriptions) => subscriptions.tell(&self.chain, send),
            None => Ok(true),
        }
    }

    /// Forgets a connection and its subscriptions.
    pub(crate) fn close(&mut self, connection: u64) {
        self.connections.remove(&connection);
    }
}
