//! What stands between a command and its node, to break in the middle: a server of HTTP that answers, hangs up or keeps
//! silent as whoever serves by it says, and a node behind one that lives for so many requests.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use alloy::{
    providers::{DynProvider, Provider, ProviderBuilder},
    transports::RpcError,
};
use anyhow::Result;
use ballast::client::http;
use serde_json::{json, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a request gets.
#[derive(Debug)]
pub enum Reply {
    /// A document, with its HTTP status.
    Answer(u16, Value),
    /// The end of the connection.
    HangUp,
    /// Nothing, and the connection stays.
    Silence,
}

/// Serves JSON over HTTP on a port of its own until the runtime ends, each request by `reply`; answers its URL.
///
/// # Errors
/// No port.
pub async fn serve<R, F>(reply: R) -> Result<String>
where
    R: Fn(Value) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let reply = reply.clone();
            // Whoever asks may hang up too.
            tokio::spawn(async move { drop(converse(stream, reply).await) });
        }
    });
    Ok(url)
}

async fn converse<R, F>(mut stream: TcpStream, reply: R) -> io::Result<()>
where
    R: Fn(Value) -> F,
    F: Future<Output = Reply>,
{
    let mut held = Vec::new();
    while let Some(body) = request(&mut stream, &mut held).await? {
        let request = serde_json::from_slice(&body).unwrap_or_default();
        match reply(request).await {
            Reply::Answer(status, document) => {
                let body = document.to_string();
                let head = format!(
                    "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + &body).as_bytes()).await?;
            }
            Reply::HangUp => return Ok(()),
            Reply::Silence => std::future::pending().await,
        }
    }
    Ok(())
}

/// The next request's body; none when whoever asks has hung up. What came after it stays in `held`.
async fn request(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    loop {
        let head = held.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head.map(|at| at + 4) {
            let head = String::from_utf8_lossy(&held[..end]).to_ascii_lowercase();
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length:"));
            let length = length.and_then(|length| length.trim().parse().ok());
            let whole = end + length.unwrap_or(0usize);
            if held.len() >= whole {
                let body = held[end..whole].to_vec();
                held.drain(..whole);
                return Ok(Some(body));
            }
        }
        if stream.read_buf(held).await? == 0 {
            return Ok(None);
        }
    }
}

/// What `node` answers to a request.
pub async fn forward(node: &DynProvider, request: &Value) -> Reply {
    let id = &request["id"];
    let method = request["method"].as_str().unwrap_or_default().to_owned();
    let params = request["params"].clone();
    match node
        .raw_request::<Value, Value>(method.into(), params)
        .await
    {
        Ok(result) => Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "result": result })),
        Err(RpcError::ErrorResp(error)) => {
            Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "error": error }))
        }
        Err(error) => Reply::Answer(502, json!(error.to_string())),
    }
}

/// How a node ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The next request does not reach it: the connection is closed.
    Deaf,
    /// The next request reaches it and is carried out, and the answer is lost.
    Mute,
    /// It takes every request and answers none.
    Stuck,
    /// The next request reaches it and is carried out, and is answered with an error: whoever it was handed on to was too
    /// slow to say so.
    Late,
}

/// A node that lives for so many requests.
#[derive(Debug, Clone)]
pub struct Mortal {
    /// Where it listens.
    pub url: String,
    life: Arc<Mutex<Life>>,
}

#[derive(Debug)]
struct Life {
    /// Answers until the end, and what the end is.
    end: Option<(usize, Death)>,
    /// The methods that were asked for.
    asked: Vec<String>,
}

impl Mortal {
    /// One with the node at `url` behind it, which lives until it is told otherwise.
    ///
    /// # Errors
    /// No port, or no URL.
    pub async fn before(url: &str) -> Result<Self> {
        let node = ProviderBuilder::new().connect_client(http(url)?).erased();
        let life = Arc::new(Mutex::new(Life {
            end: None,
            asked: Vec::new(),
        }));
        let inside = life.clone();
        let url = serve(move |request| {
            let (node, life) = (node.clone(), inside.clone());
            async move { reply(&node, &life, &request).await }
        });
        Ok(Self {
            url: url.await?,
            life,
        })
    }

    /// Lives on and forgets; answers what it was asked for until now.
    pub fn live(&self) -> Vec<String> {
        let mut life = open(&self.life);
        life.end = None;
        std::mem::take(&mut life.asked)
    }

    /// Dies after `answers` more.
    pub fn die_after(&self, answers: usize, death: Death) {
        *open(&self.life) = Life {
            end: Some((answers, death)),
            asked: Vec::new(),
        };
    }
}

async fn reply(node: &DynProvider, life: &Mutex<Life>, request: &Value) -> Reply {
    let (place, end) = {
        let mut life = open(life);
        let method = request["method"].as_str().unwrap_or_default();
        life.asked.push(method.to_owned());
        (life.asked.len() - 1, life.end)
    };
    match end {
        Some((_, Death::Stuck)) if end.is_some_and(|(last, _)| place >= last) => Reply::Silence,
        Some((last, Death::Mute)) if place == last => {
            drop(forward(node, request).await);
            Reply::HangUp
        }
        Some((last, Death::Late)) if place == last => {
            drop(forward(node, request).await);
            let error = json!({ "code": -32000, "message": "context deadline exceeded" });
            Reply::Answer(
                200,
                json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }),
            )
        }
        Some((last, _)) if place >= last => Reply::HangUp,
        _ => forward(node, request).await,
    }
}

fn open(life: &Mutex<Life>) -> MutexGuard<'_, Life> {
    life.lock().unwrap_or_else(PoisonError::into_inner)
}
