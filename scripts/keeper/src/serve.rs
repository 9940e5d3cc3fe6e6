//! Metrics and health over HTTP.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use axum::{extract::State, http::StatusCode, routing::get, Router};

use crate::metrics::Metrics;

/// What is served: `/metrics` for Prometheus, `/healthz` for whoever restarts.
#[derive(Debug, Clone)]
struct Served {
    metrics: Metrics,
    beat: Beat,
}

/// When the last turn without an error ended.
#[derive(Debug, Clone, Default)]
pub struct Beat(std::sync::Arc<std::sync::atomic::AtomicU64>);

/// Seconds without such a turn after which the keeper is not well.
const SILENCE_S: u64 = 300;

impl Beat {
    /// A turn ended now.
    pub fn strike(&self) {
        self.0.store(now(), std::sync::atomic::Ordering::Relaxed);
    }

    fn age(&self) -> u64 {
        now().saturating_sub(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// Serves until the process ends; answers where.
///
/// # Errors
/// An address that is taken.
pub async fn serve(at: SocketAddr, metrics: Metrics, beat: Beat) -> Result<SocketAddr> {
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(health))
        .with_state(Served { metrics, beat });
    let listener = tokio::net::TcpListener::bind(at)
        .await
        .with_context(|| format!("cannot serve metrics at {at}"))?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(bound)
}

async fn scrape(State(served): State<Served>) -> ([(&'static str, &'static str); 1], String) {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([("content-type", kind)], served.metrics.text())
}

async fn health(State(served): State<Served>) -> (StatusCode, String) {
    let age = served.beat.age();
    match age <= SILENCE_S {
        true => (StatusCode::OK, "ok\n".into()),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("no turn without an error for {age} s\n"),
        ),
    }
}

/// Seconds since 1970 by this machine's clock.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
