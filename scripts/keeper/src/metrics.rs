//! What the keeper counts, as Prometheus reads it.

use std::{
    fmt::Write as _,
    sync::{atomic::AtomicU64, Arc},
};

use prometheus_client::{
    encoding::{text::encode, EncodeLabelSet},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::keeper::Turn;

/// A fractional gauge.
type Amount = Gauge<f64, AtomicU64>;

/// Why nothing was done, or what was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: String,
}

/// A transaction of a kind, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Transaction {
    kind: String,
    event: String,
}

/// Counters and gauges of one keeper.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    turns: Family<Outcome, Counter>,
    failures: Counter,
    connections: Gauge,
    transactions: Family<Transaction, Counter>,
    fees: Counter<f64, AtomicU64>,
    profit: Amount,
    block: Gauge,
    block_time: Gauge,
    turned_at: Gauge,
    due: Gauge,
    opened: Gauge,
    nav: Amount,
    distance: Gauge,
    balance: Amount,
    gas_price: Amount,
    spent: Amount,
    seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        // From a local node's answer to a turn that is given up.
        let buckets = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let mut metrics = Self {
            registry: Arc::default(),
            turns: Family::default(),
            failures: Counter::default(),
            connections: Gauge::default(),
            transactions: Family::default(),
            fees: Counter::default(),
            profit: Amount::default(),
            block: Gauge::default(),
            block_time: Gauge::default(),
            turned_at: Gauge::default(),
            due: Gauge::default(),
            opened: Gauge::default(),
            nav: Amount::default(),
            distance: Gauge::default(),
            balance: Amount::default(),
            gas_price: Amount::default(),
            spent: Amount::default(),
            seconds: Histogram::new(buckets),
        };
        let mut registry = Registry::with_prefix("ballast_keeper");
        registry.register(
            "turns",
            "Turns by what they came to: an action, or why there was none",
            metrics.turns.clone(),
        );
        registry.register(
            "failures",
            "Turns that ended in an error",
            metrics.failures.clone(),
        );
        registry.register(
            "connections",
            "How often the keeper has connected",
            metrics.connections.clone(),
        );
        registry.register(
            "transactions",
            "Transactions by action and by what became of them",
            metrics.transactions.clone(),
        );
        registry.register("fees_ether", "Ether paid for gas", metrics.fees.clone());
        registry.register(
            "last_profit_usd",
            "Profit of the last rebalance by its quote, gas paid; in mode own-filler",
            metrics.profit.clone(),
        );
        registry.register(
            "block",
            "The block that was looked at last",
            metrics.block.clone(),
        );
        registry.register(
            "block_timestamp_seconds",
            "The time of that block",
            metrics.block_time.clone(),
        );
        registry.register(
            "turned_timestamp_seconds",
            "When the last turn without an error ended",
            metrics.turned_at.clone(),
        );
        registry.register("due", "1 while a rebalance is due", metrics.due.clone());
        registry.register(
            "opened_timestamp_seconds",
            "When the auction was opened, 0 without an opening",
            metrics.opened.clone(),
        );
        registry.register(
            "nav_usd",
            "The treasury's net asset value",
            metrics.nav.clone(),
        );
        registry.register(
            "distance_bps",
            "How far the treasury is from its targets",
            metrics.distance.clone(),
        );
        registry.register(
            "balance_ether",
            "What the keeper's account has",
            metrics.balance.clone(),
        );
        registry.register(
            "gas_price_gwei",
            "The price of gas",
            metrics.gas_price.clone(),
        );
        registry.register(
            "spent_today_ether",
            "What the transactions of the last day cost",
            metrics.spent.clone(),
        );
        registry.register(
            "turn_seconds",
            "How long a turn took",
            metrics.seconds.clone(),
        );
        metrics.registry = Arc::new(registry);
        metrics
    }
}

impl Metrics {
    /// Counts a turn that ended at `now`, seconds since 1970, after `seconds`, on the `connections`th connection.
    pub fn turned(&self, turn: &Turn, now: u64, seconds: f64, connections: u64) {
        let outcome = match (&turn.action, &turn.waits) {
            (Some(action), _) => action,
            (None, Some(waits)) => waits.why.name(),
            (None, None) => "none",
        };
        let outcome = outcome.to_owned();
        self.turns.get_or_create(&Outcome { outcome }).inc();
        for followed in &turn.transactions {
            let (kind, event) = (followed.kind.clone(), followed.event.name().to_owned());
            self.transactions
                .get_or_create(&Transaction { kind, event })
                .inc();
            if let Some(fee) = followed.fee {
                self.fees.inc_by(f64::from(fee) / 1e18);
            }
        }
        if let Some(trade) = &turn.trade {
            let profit = trade.weighed.profit;
            let size = f64::from(profit.unsigned_abs()) / 1e18;
            self.profit
                .set(if profit.is_negative() { -size } else { size });
        }
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.connections.set(whole(connections));
        self.block.set(whole(turn.block));
        self.block_time.set(whole(turn.time));
        self.turned_at.set(whole(now));
        self.due
            .set(i64::from(!matches!(turn.reason, "none" | "unpriced")));
        self.opened
            .set(whole(turn.opening.map_or(0, |opening| opening.opened_at)));
        self.nav.set(f64::from(turn.nav_wad) / 1e18);
        self.distance.set(whole(turn.distance_bps));
        self.balance.set(f64::from(turn.balance) / 1e18);
        self.gas_price.set(f64::from(turn.gas_price) / 1e9);
        self.spent.set(f64::from(turn.spent_today) / 1e18);
        self.seconds.observe(seconds);
    }

    /// Counts a turn that ended in an error.
    pub fn failed(&self) {
        self.failures.inc();
    }

    /// Everything, in Prometheus' text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a string does not fail; if it did, whoever scrapes sees it.
            let _ = writeln!(text, "# incomplete");
        }
        text
    }
}
