//! JSON-RPC over HTTP and WebSocket, on one port.

use super::envelope::too_large;
use super::service::Service;
use super::socket;
use super::worker::{work, Job};
use crate::chain::Chain;
use anyhow::Context;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{header, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use axum::Router;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::sync::{mpsc, Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A contract of 24 KB in hex is 48 KB; fragments and batches of them need more.
pub(super) const MAX_BODY: usize = 32 << 20;

/// A chain behind a URL.
#[derive(Debug)]
pub struct Server;

/// A running [`Server`]; dropping it stops the server.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    service: Arc<Mutex<Service>>,
    jobs: Option<mpsc::Sender<Job>>,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves `chain` on 127.0.0.1 and `port`, or a free port when that is 0.
    ///
    /// # Errors
    /// When there is no such port or no thread to be had.
    pub fn start(chain: Chain, port: u16) -> anyhow::Result<ServerHandle> {
        Self::start_on(chain, Ipv4Addr::LOCALHOST.into(), port)
    }

    /// Serves `chain` on an interface of this machine and `port`, or a free port when that is 0.
    /// Whoever reaches it can do with the chain what he likes.
    ///
    /// # Errors
    /// When there is no such port or no thread to be had.
    pub fn start_on(chain: Chain, host: IpAddr, port: u16) -> anyhow::Result<ServerHandle> {
        let listener = std::net::TcpListener::bind((host, port)).with_context(|| {
            format!("cannot listen on {host} port {port}; port 0 takes any that is free")
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let service = Arc::new(Mutex::new(Service::new(chain)));

        let (jobs, queue) = mpsc::channel::<Job>();
        let worker = std::thread::Builder::new()
            .name("devnode-execution".into())
            .spawn({
                let service = Arc::clone(&service);
                move || work(&service, &queue)
            })?;

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let transport = std::thread::Builder::new()
            .name("devnode-transport".into())
            .spawn({
                let jobs = jobs.clone();
                move || {
                    runtime.block_on(async move {
                        tokio::select! {
                            _ = serve(listener, jobs) => {}
                            _ = stopped => {}
                        }
                    });
                    runtime.shutdown_background();
                }
            })?;
        let handle = ServerHandle {
            address,
            service,
            jobs: Some(jobs),
            stop: Some(stop),
            threads: vec![transport, worker],
        };
        // Blocks may be due in intervals from the start.
        handle.look();
        Ok(handle)
    }
}

impl ServerHandle {
    /// Where the server answers over HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the server answers over WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The chain itself, for what has no JSON-RPC method; requests wait while the guard lives.
    pub fn chain(&self) -> ChainGuard<'_> {
        ChainGuard {
            service: Some(self.service.lock().unwrap_or_else(PoisonError::into_inner)),
            handle: self,
        }
    }

    fn look(&self) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Look);
        }
    }
}

/// The chain behind a server. Subscribers are told what happened when it is given back.
#[derive(Debug)]
pub struct ChainGuard<'a> {
    service: Option<MutexGuard<'a, Service>>,
    handle: &'a ServerHandle,
}

impl Deref for ChainGuard<'_> {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.service.as_ref().expect("held until dropped").chain
    }
}

impl DerefMut for ChainGuard<'_> {
    fn deref_mut(&mut self) -> &mut Chain {
        &mut self.service.as_mut().expect("held until dropped").chain
    }
}

impl Drop for ChainGuard<'_> {
    fn drop(&mut self) {
        self.service = None;
        self.handle.look();
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
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
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    method: axum::http::Method,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return upgrade
            .max_message_size(MAX_BODY)
            .max_frame_size(MAX_BODY)
            .on_upgrade(|stream| socket::carry(stream, jobs));
    }
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
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let Ok(body) = body else {
        let refusal = too_large();
        return (StatusCode::PAYLOAD_TOO_LARGE, headers, refusal).into_response();
    };
    let (reply, answered) = oneshot::channel();
    if jobs.send(Job::Answer(body, reply)).is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, headers).into_response();
    }
    match answered.await {
        Ok(Some(answer)) => (StatusCode::OK, headers, answer).into_response(),
        Ok(None) => (StatusCode::NO_CONTENT, headers).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, headers).into_response(),
    }
}
