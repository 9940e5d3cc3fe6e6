//! What breaks, one after the other, and for how long.

use std::sync::atomic::Ordering;

use alloy::{primitives::U256, providers::Provider, rpc::types::TransactionRequest};
use anyhow::Result;
use ballast::local::{chain, stage::usd};

use super::{proxy::Proxy, relay::Relay};
use crate::Theatre;

/// Something that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection over WebSocket is cut, while there is one.
    SocketCut,
    /// The keeper's process is killed and started again.
    Restart,
    /// The node answers nothing.
    NodeDown,
    /// The node answers late.
    SlowAnswers,
    /// The node takes the next transaction and loses it.
    LostTransaction,
    /// The node does not know receipts.
    NoReceipts,
    /// The block with the next transaction is taken back.
    TakenBack,
    /// Somebody else with the same key uses the nonce.
    NonceClash,
    /// The pools move after the quote.
    StaleQuote,
    /// The account has nothing.
    OutOfFunds,
    /// Gas is above the ceiling.
    DearGas,
}

impl Fault {
    /// Whether it keeps a keeper that does its work from acting, for as long as it lasts.
    ///
    /// It cannot where the node is not reached, and may not where it has nothing or gas is above what it was told to pay.
    /// That a transaction is lost it cannot know before it is late ([`NOTICED_AFTER`]): a lost look at ether delays the opening
    /// after it by so much. Whatever else breaks is made good within the blocks that a window may be missed.
    fn excuses(self, left: u64) -> bool {
        match self {
            Self::SocketCut | Self::NodeDown | Self::OutOfFunds | Self::DearGas => true,
            Self::LostTransaction => left > LASTS - NOTICED_AFTER,
            Self::Restart
            | Self::SlowAnswers
            | Self::NoReceipts
            | Self::TakenBack
            | Self::NonceClash
            | Self::StaleQuote => false,
        }
    }
}

/// How far the run is: which faults there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Over a WebSocket through the relay, which knows nothing of messages.
    Socket,
    /// Over HTTP through the proxy, and the process may be killed.
    Young,
    /// The same process until the end: its memory is watched.
    Settled,
}

impl Phase {
    fn knows(self, fault: Fault) -> bool {
        match fault {
            Fault::SocketCut => self == Self::Socket,
            Fault::Restart => self == Self::Young,
            Fault::TakenBack | Fault::NonceClash | Fault::OutOfFunds | Fault::DearGas => true,
            _ => self != Self::Socket,
        }
    }
}

/// All of them, in the order in which they come.
pub const FAULTS: [(Fault, &str); 11] = [
    (Fault::SocketCut, "WebSocket cut"),
    (Fault::Restart, "keeper killed and started"),
    (Fault::NodeDown, "node down, 3 blocks"),
    (Fault::SlowAnswers, "slow answers, 3 blocks"),
    (Fault::LostTransaction, "transaction lost by the node"),
    (Fault::NoReceipts, "no receipts, 3 blocks"),
    (Fault::TakenBack, "block with its transaction taken back"),
    (Fault::NonceClash, "nonce used by another"),
    (Fault::StaleQuote, "pools moved between quote and send"),
    (Fault::OutOfFunds, "account empty, 3 blocks"),
    (Fault::DearGas, "gas above the ceiling, 3 blocks"),
];

/// Blocks that a fault lasts which is not over at once.
const LASTS: u64 = 3;
/// Blocks after which the keeper takes a transaction for lost: its `replace_after_s`.
pub(super) const NOTICED_AFTER: u64 = 2;
/// Milliseconds before each answer of a slow node.
const SLOW_MS: u64 = 40;
/// Wei for a unit of gas: above the keeper's ceiling of one gwei, and as usual.
const DEAR_WEI: u64 = 5_000_000_000;
const USUAL_WEI: u64 = 100_000_000;

/// Breaks things in turn.
#[derive(Debug)]
pub(super) struct Breaker {
    proxy: Proxy,
    relay: Relay,
    every: u64,
    counts: [u64; FAULTS.len()],
    turn: usize,
    due_at: u64,
    /// What is broken, and for how many blocks more.
    active: Option<(Fault, u64)>,
    take_back: bool,
    is_on_socket: bool,
}

impl Breaker {
    pub(super) fn new(proxy: Proxy, relay: Relay, every: u64) -> Self {
        Self {
            proxy,
            relay,
            every,
            counts: [0; FAULTS.len()],
            turn: 0,
            due_at: every,
            active: None,
            take_back: false,
            is_on_socket: true,
        }
    }

    /// Where the keeper connects after a restart.
    pub(super) fn url(&self) -> String {
        self.proxy.url.clone()
    }

    /// What each is called, and how often it happened.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let named = FAULTS.iter().zip(self.counts);
        named.map(|((_, name), count)| (*name, count)).collect()
    }

    /// Whether the keeper could act in this block.
    pub(super) fn is_able(&self) -> bool {
        // A transaction that is still to be lost excuses nothing.
        let is_to_come = self.proxy.faults.lose_next.load(Ordering::SeqCst);
        let excuses = |(fault, left): (Fault, u64)| !is_to_come && fault.excuses(left);
        !self.active.is_some_and(excuses)
    }

    /// Whether the block of the transaction that was just sent is to be taken back; once.
    pub(super) fn takes_back(&mut self) -> bool {
        std::mem::take(&mut self.take_back)
    }

    /// Breaks the next thing if it is time and there is something to do, so that it matters.
    pub(super) async fn next(
        &mut self,
        theatre: &Theatre,
        block: u64,
        matters: bool,
        phase: Phase,
    ) -> Result<Option<Fault>> {
        let must_restart = phase != Phase::Socket && self.is_on_socket;
        if self.active.is_some() || (block < self.due_at && !must_restart) {
            return Ok(None);
        }
        if must_restart {
            self.turn = FAULTS
                .iter()
                .position(|(fault, _)| *fault == Fault::Restart)
                .unwrap_or(0);
            self.is_on_socket = false;
        }
        while !phase.knows(self.at().1) && !must_restart {
            self.turn += 1;
        }
        let (place, fault) = self.at();
        // Whatever touches a transaction waits until there is one.
        if !matters && !matches!(fault, Fault::SocketCut | Fault::Restart) {
            return Ok(None);
        }
        self.turn += 1;
        self.due_at = block + self.every;
        self.counts[place] += 1;
        let faults = &self.proxy.faults;
        let lasts = match fault {
            Fault::SocketCut => {
                self.relay.cut();
                1
            }
            Fault::Restart => 1,
            Fault::NodeDown => {
                faults.down.store(true, Ordering::SeqCst);
                LASTS
            }
            Fault::SlowAnswers => {
                faults.slow_ms.store(SLOW_MS, Ordering::SeqCst);
                LASTS
            }
            Fault::LostTransaction => {
                faults.lose_next.store(true, Ordering::SeqCst);
                // Until it is sent again.
                LASTS
            }
            Fault::NoReceipts => {
                faults.no_receipts.store(true, Ordering::SeqCst);
                LASTS
            }
            Fault::TakenBack => {
                self.take_back = true;
                1
            }
            Fault::NonceClash => {
                clash(theatre).await?;
                1
            }
            Fault::StaleQuote => {
                faults.move_pools.store(true, Ordering::SeqCst);
                1
            }
            Fault::OutOfFunds => {
                chain::set_balance(&theatre.client, theatre.cast.keeper, U256::ZERO).await?;
                LASTS
            }
            Fault::DearGas => {
                base_fee(theatre, DEAR_WEI).await?;
                LASTS
            }
        };
        self.active = Some((fault, lasts));
        Ok(Some(fault))
    }

    fn at(&self) -> (usize, Fault) {
        let place = self.turn % FAULTS.len();
        (place, FAULTS[place].0)
    }

    /// Mends what has been broken for long enough, after a block.
    pub(super) async fn after(&mut self, theatre: &Theatre) -> Result<()> {
        let Some((fault, left)) = self.active else {
            return Ok(());
        };
        if left > 1 {
            self.active = Some((fault, left - 1));
            return Ok(());
        }
        let faults = &self.proxy.faults;
        faults.down.store(false, Ordering::SeqCst);
        faults.slow_ms.store(0, Ordering::SeqCst);
        faults.no_receipts.store(false, Ordering::SeqCst);
        faults.lose_next.store(false, Ordering::SeqCst);
        self.take_back = false;
        match fault {
            Fault::OutOfFunds => {
                chain::set_balance(&theatre.client, theatre.cast.keeper, usd(100)).await?;
            }
            Fault::DearGas => base_fee(theatre, USUAL_WEI).await?,
            Fault::StaleQuote => {
                faults.move_pools.store(false, Ordering::SeqCst);
                super::world::automine(theatre, true).await?;
                theatre.arbitrage().await?;
                super::world::automine(theatre, false).await?;
            }
            _ => {}
        }
        self.active = None;
        Ok(())
    }
}

async fn base_fee(theatre: &Theatre, wei: u64) -> Result<()> {
    let provider = &theatre.client.provider;
    let _: serde_json::Value = provider
        .raw_request("anvil_setNextBlockBaseFeePerGas".into(), (wei,))
        .await?;
    Ok(())
}

/// The keeper's key sends something from elsewhere, which waits for the next block.
async fn clash(theatre: &Theatre) -> Result<()> {
    let keeper = theatre.cast.keeper;
    let request = TransactionRequest::default()
        .from(keeper)
        .to(keeper)
        .gas_limit(200_000);
    let _ = theatre.client.provider.send_transaction(request).await?;
    Ok(())
}
