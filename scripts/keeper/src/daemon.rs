//! Turn after turn, until the process is ended. Whatever fails is tried again.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    keeper::{Keeper, Place, Turn},
    metrics::Metrics,
    serve::{self, Beat},
};

/// The longest pause after failures, seconds.
const LONGEST_PAUSE_S: u64 = 30;

/// Runs for ever.
///
/// # Errors
/// A book that cannot be read, an address for metrics that is taken: both before the first turn.
pub async fn run(place: Place) -> Result<()> {
    let (metrics, beat) = (Metrics::default(), Beat::default());
    let config = place.config.clone();
    if let Some(at) = config.metrics {
        let at = serve::serve(at, metrics.clone(), beat.clone()).await?;
        tracing::info!(%at, "serving metrics");
    }
    if !place.sends {
        tracing::warn!("a dry run: nothing is sent without --send");
    }
    if config.state_file.is_none() && place.sends {
        tracing::warn!("no state_file: what is not settled is forgotten at a restart");
    }
    let mut keeper = Keeper::new(place)?;
    let (poll, limit) = (
        Duration::from_millis(config.poll_ms),
        Duration::from_secs(config.turn_timeout_s),
    );
    let (mut failures, mut last) = (0u32, String::new());
    loop {
        let begun = Instant::now();
        let turn = match tokio::time::timeout(limit, keeper.turn(serve::now())).await {
            Ok(turn) => turn,
            Err(_) => {
                keeper.disconnect();
                Err(anyhow::anyhow!("no answer within {} s", limit.as_secs()))
            }
        };
        match turn {
            Ok(turn) => {
                let seconds = begun.elapsed().as_secs_f64();
                metrics.turned(&turn, serve::now(), seconds, keeper.connections());
                beat.strike();
                failures = 0;
                tell(&turn, &mut last);
                tokio::time::sleep(poll.saturating_sub(begun.elapsed())).await;
            }
            Err(error) => {
                metrics.failed();
                failures = failures.saturating_add(1);
                let pause = pause(poll, failures);
                let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(
                    error = format!("{error:#}"),
                    failures,
                    pause_ms,
                    "turn failed"
                );
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Twice as long after every failure.
fn pause(poll: Duration, failures: u32) -> Duration {
    let doubled = poll.saturating_mul(2u32.saturating_pow(failures.min(16)));
    doubled.min(Duration::from_secs(LONGEST_PAUSE_S))
}

/// Logs what happened, and what is waited for when that changes.
fn tell(turn: &Turn, last: &mut String) {
    for followed in &turn.transactions {
        let fee = followed.fee.map(|fee| fee.to_string());
        tracing::info!(
            kind = followed.kind,
            event = followed.event.name(),
            nonce = followed.nonce,
            hash = %followed.hash,
            block = followed.block,
            fee_wei = fee,
            "transaction"
        );
    }
    if let Some(action) = turn.action {
        let trade = turn.trade.as_ref();
        tracing::info!(
            action,
            sent = turn.sent,
            block = turn.block,
            reason = turn.reason,
            share_bps = trade.map(|trade| trade.share_bps),
            route = trade.map(|trade| trade.route.as_str()),
            profit_wad = trade.map(|trade| trade.weighed.profit.to_string()),
            cost_wad = trade.map(|trade| trade.weighed.cost.to_string()),
            "acts"
        );
        last.clear();
    }
    if let Some(waits) = &turn.waits {
        let name = waits.why.name();
        if last != name {
            tracing::info!(
                why = name,
                words = waits.words,
                block = turn.block,
                reason = turn.reason,
                distance_bps = turn.distance_bps,
                "waits"
            );
            name.clone_into(last);
        }
    }
}
