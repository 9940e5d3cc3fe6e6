//! JSON-RPC over HTTP, on the loopback interface.

use super::envelope::answer;
use crate::chain::Chain;
use anyhow::Context;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{header, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use axum::Router;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{mpsc, Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A contract of 24 KB in hex is 48 KB; fragments and batches of them need more.
const MAX_BODY: usize = 32 << 20;

/// A chain behind a URL.
#[derive(Debug)]
pub struct Server;

/// A running [`Server`]; dropping it stops the server.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    chain: Arc<Mutex<Chain>>,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// A message, and where its answer goes.
type Job = (Bytes, oneshot::Sender<Option<Vec<u8>>>);

impl Server {
    /// Serves `chain` on 127.0.0.1 and `port`, or a free port when that is 0.
    pub fn start(chain: Chain, port: u16) -> anyhow::Result<ServerHandle> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on port {port}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let chain = Arc::new(Mutex::new(chain));

        let (jobs, queue) = mpsc::channel::<Job>();
        let executor = std::thread::Builder::new()
            .name("devnode-execution".into())
            .spawn({
                let chain = Arc::clone(&chain);
                move || execute(&chain, &queue)
            })?;

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let transport = std::thread::Builder::new()
            .name("devnode-http".into())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        _ = serve(listener, jobs) => {}
                        _ = stopped => {}
                    }
                });
                runtime.shutdown_background();
            })?;
        Ok(ServerHandle {
            address,
            chain,
            stop: Some(stop),
            threads: vec![transport, executor],
        })
    }
}

impl ServerHandle {
    /// Where the server answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The chain itself, for what has no JSON-RPC method; requests wait while the guard lives.
    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Carries out messages in the order they come.
fn execute(chain: &Mutex<Chain>, queue: &mpsc::Receiver<Job>) {
    while let Ok((message, reply)) = queue.recv() {
        let mut chain = chain.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = reply.send(answer(&mut chain, &message));
    }
}

async fn serve(listener: std::net::TcpListener, jobs: mpsc::Sender<Job>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(jobs);
    Ok(axum::serve(listener, router).await?)
}

async fn handle(
    State(jobs): State<mpsc::Sender<Job>>,
    method: axum::http::Method,
    body: Bytes,
) -> Response {
    let mut headers = HeaderMap::new();
    // Browser wallets and pages ask from another origin.
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("*"),
    );
    match method {
        axum::http::Method::POST => {}
        axum::http::Method::OPTIONS => return (StatusCode::NO_CONTENT, headers).into_response(),
        _ => return (StatusCode::METHOD_NOT_ALLOWED, headers).into_response(),
    }
    let (reply, answered) = oneshot::channel();
    if jobs.send((body, reply)).is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, headers).into_response();
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    match answered.await {
        Ok(Some(answer)) => (StatusCode::OK, headers, answer).into_response(),
        Ok(None) => (StatusCode::NO_CONTENT, headers).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, headers).into_response(),
    }
}
